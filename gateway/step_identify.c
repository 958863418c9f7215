/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 2: who asks, and under which policy. Owns nothing. A token is looked up
 * under every session key of the ring, the current one first; a session that is
 * over is recorded as used, and its owner told why. When the truth cannot be
 * had the principal is unknown, never nobody. Called by the pipeline, again and
 * again until the database has answered.
 */
#include "step.h"

#include "core/session.h"
#include "database.h"
#include "estate.h"
#include "event.h"
#include "fresh.h"
#include "keeper.h"
#include "locate.h"
#include "moved.h"
#include "recall.h"
#include "visit.h"
#include "web/agent.h"

#include "base/banned.h"

enum {
    SECOND_US = 1000000,
    OFFER_EVERY_US = 60 * SECOND_US, /* from one offer of a token to the next,
                                        while the browser does not take it */
};

/* Nobody, for a reason. */
static enum gh_status
nobody(struct gh_principal *out, enum gh_nobody why)
{
    *out = (struct gh_principal){.kind = GH_PRINCIPAL_NOBODY, .nobody = why};
    return GH_OK;
}

/* The truth cannot be had; the log says why. */
static enum gh_status
unknown(struct gh_context *context, struct gh_principal *out)
{
    gh_database_done(context);
    gh_log_say(context->worker->log, GH_LOG_WARNING, "db_unavailable",
               "a session could not be looked up");
    *out = (struct gh_principal){.kind = GH_PRINCIPAL_UNKNOWN};
    return GH_OK;
}

/* Whom the database did not tell: for an application that goes on without it,
 * who is remembered; for our own pages nobody is. */
static enum gh_status
do_without(struct gh_context *context, const struct gh_request *request,
           struct gh_principal *out)
{
    enum gh_status status = GH_NONE;

    gh_database_done(context);
    if (context->is_away && !request->is_ours)
        status = gh_recall_outage(context, request, out);
    if (status != GH_OK)
        return unknown(context, out);
    context->fault = (struct gh_fault){0};
    return GH_OK;
}

/* Asks for the token under the key that is next. GH_NONE: there is none. */
static enum gh_status
ask_next(struct gh_context *context, const struct gh_request *request)
{
    unsigned char *hash = gh_arena_new(context->arena, GH_DIGEST_LEN);
    struct gh_param param;
    enum gh_status status;

    if (hash == NULL)
        return GH_FAULT_MEMORY;
    status = gh_session_hash(context->settings->ring, context->n_tried,
                             request->token, hash);
    if (status != GH_OK)
        return status;
    context->n_tried++;
    context->token_hash =
        (struct gh_text){.at = (const char *)hash, .len = GH_DIGEST_LEN};
    context->asked_at = gh_fresh_moment(context->worker->gateway->fresh);
    param = gh_param_bytea(context->token_hash);
    return gh_database_ask(context, &gh_stmt_session_find, &param, 1);
}

/* Whether the row is one that only the gateway can have written. */
static enum gh_status
check_binding(struct gh_context *context, const struct gh_rows *rows,
              const struct gh_session_row *row, bool *is_bound)
{
    struct gh_text mac;
    enum gh_status status =
        gh_row_bytea(context->arena, rows, 0, GH_FIND_BINDING, &mac);

    if (status == GH_NONE)
        return GH_OK;
    if (status != GH_OK)
        return status;
    return gh_session_is_bound(context->settings->ring, row, mac, is_bound);
}

/* The reference in hexadecimal, as applications and the log know it. */
static enum gh_status
write_reference(struct gh_context *context, struct gh_text reference,
                struct gh_text *out)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(context->arena, 2 * reference.len, &buf);

    if (status != GH_OK)
        return status;
    gh_buf_hex(&buf, reference.at, reference.len);
    *out = gh_buf_text(&buf);
    return GH_OK;
}

/* Optional text: null is empty. */
static enum gh_status
read_text(struct gh_context *context, const struct gh_rows *rows, size_t column,
          struct gh_text *out)
{
    enum gh_status status = gh_row_text(context->arena, rows, 0, column, out);

    if (status != GH_NONE)
        return status;
    *out = (struct gh_text){0};
    return GH_OK;
}

/* The texts of a live session's row. */
static enum gh_status
read_texts(struct gh_context *context, const struct gh_rows *rows,
           struct gh_principal *out)
{
    enum gh_status status =
        read_text(context, rows, GH_FIND_ACCOUNT_NAME, &out->account);

    if (status == GH_OK)
        status =
            read_text(context, rows, GH_FIND_DISPLAY_NAME, &out->display_name);
    if (status == GH_OK)
        status = read_text(context, rows, GH_FIND_EMAIL, &out->email);
    return status;
}

/* The numbers of a live session's row. */
static enum gh_status
read_numbers(const struct gh_rows *rows, struct gh_principal *out)
{
    int64_t level = 0;
    enum gh_status status =
        gh_row_int8(rows, 0, GH_FIND_ACCOUNT_ID, &out->account_id);

    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_SESSION_ID, &out->session_id);
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_LEVEL, &level);
    if (status == GH_OK)
        status = gh_row_time(rows, 0, GH_FIND_AUTHENTICATED_AT,
                             &out->authenticated_us);
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_IDLE_LEFT, &out->idle_left_s);
    if (status == GH_OK)
        status =
            gh_row_int8(rows, 0, GH_FIND_ABSOLUTE_LEFT, &out->absolute_left_s);
    out->level = (int)level;
    return status;
}

/* Has it recorded that a session row was made by somebody else; it counts as
 * none. */
static enum gh_status
ask_unbound(struct gh_context *context, const struct gh_request *request)
{
    static const struct gh_audit_event event = {.event_z = "crypt_decrypt_fail",
                                                .reason_z = "session row"};
    enum gh_status status = gh_event_ask(context, request, &event);

    context->dead = GH_NOBODY_STRANGE;
    return status == GH_OK ? GH_WAIT : status;
}

/* What the row says of the sign-in before. */
static enum gh_status
read_previous(struct gh_context *context, const struct gh_rows *rows,
              struct gh_principal *out)
{
    enum gh_status status =
        gh_row_time(rows, 0, GH_FIND_PREVIOUS_AT, &out->previous_at_us);

    if (status == GH_OK)
        status = gh_row_inet(context->arena, rows, 0, GH_FIND_PREVIOUS_CLIENT,
                             &out->previous_client);
    if (status != GH_OK && status != GH_NONE)
        return status;
    return gh_row_int8(rows, 0, GH_FIND_FAILURES_BEFORE, &out->failures_before);
}

/* What the person has chosen; what is null stays as it is for everybody. */
static enum gh_status
read_preference(struct gh_context *context, const struct gh_rows *rows,
                struct gh_principal *out)
{
    struct gh_preference *preference = &out->preference;
    const struct {
        size_t column; /* of the row */
        int64_t *out;  /* where it goes */
    } numbers[] = {{GH_FIND_UTC_OFFSET, &preference->utc_offset_s},
                   {GH_FIND_PREVIOUS_OFFSET, &out->previous_offset_s},
                   {GH_FIND_WARN_MINUTES, &preference->warn_minutes}};
    struct gh_text word;
    const struct gh_choice *choice;
    enum gh_status status =
        read_text(context, rows, GH_FIND_TIME_ZONE, &preference->time_zone);

    if (status == GH_OK)
        status = read_text(context, rows, GH_FIND_APPEARANCE, &word);
    if (status != GH_OK)
        return status;
    choice = gh_choice_find(&gh_appearances, word);
    if (choice != NULL)
        preference->appearance = (enum gh_appearance)choice->value;
    preference->warn_minutes = GH_WARN_MINUTES;
    for (size_t i = 0; i < GH_COUNT(numbers); i++) {
        status = gh_row_int8(rows, 0, numbers[i].column, numbers[i].out);
        if (status != GH_OK && status != GH_NONE)
            return status;
    }
    return GH_OK;
}

/* Where the session began: the sign-in's network and browser. */
static enum gh_status
read_place(struct gh_context *context, const struct gh_rows *rows,
           struct gh_principal *out)
{
    struct gh_address client = {0};
    struct gh_text text;
    enum gh_status status =
        gh_row_inet(context->arena, rows, 0, GH_FIND_CLIENT, &text);

    if (status == GH_OK)
        status = gh_address_parse(text, &client);
    else if (status == GH_NONE)
        status = GH_OK;
    if (status == GH_OK)
        status =
            gh_row_text(context->arena, rows, 0, GH_FIND_USER_AGENT, &text);
    if (status != GH_OK)
        return status;
    out->network = gh_address_network(&client);
    return gh_agent_words(context->arena, text, &out->device);
}

/* The roles that the account was given, and when each of them holds. */
static enum gh_status
read_held(struct gh_context *context, const struct gh_rows *rows,
          struct gh_held *out)
{
    size_t n = 0;
    enum gh_status status = gh_row_int8s(
        context->arena, rows, 0, GH_FIND_ROLE_IDS, &out->role_ids, &out->n);

    /* No array of conditions: none has one, as with most. */
    if (status != GH_OK || gh_row_is_null(rows, 0, GH_FIND_CONDITION_IDS))
        return status;
    status = gh_row_int8s(context->arena, rows, 0, GH_FIND_CONDITION_IDS,
                          &out->condition_ids, &n);
    return status == GH_OK && n != out->n ? GH_FAULT_BUG : status;
}

/* What is decided with: the roles, and the policy's version and time; and
 * until when that is so, the end of time when nothing is to change it. */
static enum gh_status
read_rights(struct gh_context *context, const struct gh_rows *rows,
            struct gh_principal *out, int64_t *until_us)
{
    enum gh_status status = read_held(context, rows, &out->held);

    if (status == GH_OK)
        status =
            gh_row_int8(rows, 0, GH_FIND_POLICY_VERSION, &out->policy_version);
    if (status == GH_OK)
        status = gh_row_time(rows, 0, GH_FIND_NOW, &out->now_us);
    if (status != GH_OK)
        return status;
    status = gh_row_time(rows, 0, GH_FIND_RIGHTS_UNTIL, until_us);
    if (status == GH_NONE) {
        *until_us = INT64_MAX;
        status = GH_OK;
    }
    return status;
}

/* What is known of a token besides whose it is. */
struct token {
    bool is_next;     /* it follows the current one, and comes the first time */
    int64_t until_us; /* it is good so long; INT64_MAX: it stays good */
    int64_t renew_us; /* ask again then; INT64_MAX: no need */
};

/* How old the token is, and whether it is time for the next: then every
 * answer is one to offer it with, but once it was offered, once a minute. */
static enum gh_status
read_token(const struct gh_context *context, const struct gh_rows *rows,
           struct gh_principal *out, struct token *token)
{
    int64_t renew_us = (int64_t)context->settings->session.renew * 1000;
    struct gh_text use;
    int64_t age_s = 0;
    bool is_offered = false;
    enum gh_status status =
        gh_row_text(context->arena, rows, 0, GH_FIND_TOKEN_USE, &use);

    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_TOKEN_AGE, &age_s);
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_GENERATION, &out->generation);
    if (status == GH_OK)
        status = gh_row_bool(rows, 0, GH_FIND_IS_OFFERED, &is_offered);
    if (status != GH_OK)
        return status;
    token->is_next = gh_text_equal(use, GH_TEXT("next"));
    token->until_us = INT64_MAX;
    token->renew_us = INT64_MAX;
    if (gh_text_equal(use, GH_TEXT("previous")))
        return gh_row_time(rows, 0, GH_FIND_TOKEN_UNTIL, &token->until_us);
    if (renew_us == 0 || token->is_next)
        return GH_OK;
    out->is_renewal_due = age_s * SECOND_US >= renew_us;
    token->renew_us =
        out->now_us + (out->is_renewal_due ? is_offered ? OFFER_EVERY_US : 0
                                           : renew_us - age_s * SECOND_US);
    return GH_OK;
}

/* Has the token that came made the current one, now that the browser has it;
 * the one before is good for a while. */
static enum gh_status
ask_renew(struct gh_context *context, const struct gh_request *request)
{
    struct gh_visit visit;
    enum gh_status status = gh_visit_of(context, request, &visit);

    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {
        gh_param_bytea(context->token_hash),
        gh_param_interval((int64_t)context->settings->session.overlap),
        visit.client,
        visit.user_agent,
        visit.entry,
        visit.exchange,
        visit.node};

    context->is_renewing = true;
    status = gh_database_ask(context, &gh_stmt_session_renew, params,
                             GH_COUNT(params));
    return status == GH_OK ? GH_WAIT : status;
}

/* The token that came is the current one; or the session ended meanwhile. */
static enum gh_status
take_renewed(struct gh_context *context, const struct gh_rows *rows,
             struct gh_principal *out)
{
    struct gh_text state;
    enum gh_nobody why;
    enum gh_status status = gh_row_text(context->arena, rows, 0, 0, &state);

    gh_database_done(context);
    if (status != GH_OK)
        return GH_FAULT_DB;
    gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_SESSION,
                   out->session_id);
    why = gh_session_nobody(state);
    return why == GH_NOBODY_NO_TOKEN ? GH_OK : nobody(out, why);
}

/* A row whose state is live: an account, if the row is genuine. */
static enum gh_status
take_live(struct gh_context *context, const struct gh_request *request,
          const struct gh_rows *rows, struct gh_principal *out)
{
    struct gh_session_row row = {.token_hash = context->token_hash};
    struct gh_principal found = {.kind = GH_PRINCIPAL_ACCOUNT};
    struct token token = {0};
    int64_t until_us = 0;
    bool is_bound = false;
    enum gh_status status = gh_row_bytea(context->arena, rows, 0,
                                         GH_FIND_REFERENCE, &row.reference);

    if (status == GH_OK)
        status = read_numbers(rows, &found);
    row.account_id = found.account_id;
    row.level = found.level;
    if (status == GH_OK)
        status = read_texts(context, rows, &found);
    if (status == GH_OK)
        status = read_previous(context, rows, &found);
    if (status == GH_OK)
        status = read_preference(context, rows, &found);
    if (status == GH_OK)
        status = read_place(context, rows, &found);
    if (status == GH_OK)
        status = read_rights(context, rows, &found, &until_us);
    if (status == GH_OK)
        status = read_token(context, rows, &found, &token);
    if (status == GH_OK)
        status = check_binding(context, rows, &row, &is_bound);
    if (status == GH_OK)
        status = write_reference(context, row.reference, &found.reference);
    gh_database_done(context);
    if (status != GH_OK)
        return GH_FAULT_DB;
    if (!is_bound) {
        gh_recall_end(context, request->token);
        return ask_unbound(context, request);
    }
    *out = found;
    if (token.is_next)
        return ask_renew(context, request);
    gh_remember(context, &row, out,
                until_us < token.until_us ? until_us : token.until_us,
                token.renew_us);
    return GH_OK;
}

/* Has the use of a dead session recorded. */
static enum gh_status
ask_dead_use(struct gh_context *context, const struct gh_request *request)
{
    struct gh_visit visit;
    enum gh_status status = gh_visit_of(context, request, &visit);

    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {gh_param_bytea(context->token_hash),
                                      visit.client,
                                      visit.user_agent,
                                      visit.entry,
                                      visit.exchange,
                                      visit.node};

    return gh_database_ask(context, &gh_stmt_session_dead_use, params,
                           GH_COUNT(params));
}

/* The row of session_find. GH_NONE: there is none. Who is not live is over here
 * at once, whatever comes of the record. */
static enum gh_status
take_row(struct gh_context *context, const struct gh_request *request,
         const struct gh_rows *rows, struct gh_principal *out)
{
    struct gh_text state;
    enum gh_status status;

    if (rows->n == 0) {
        gh_database_done(context);
        gh_recall_end(context, request->token);
        return GH_NONE;
    }
    status = gh_row_text(context->arena, rows, 0, GH_FIND_STATE, &state);
    if (status != GH_OK)
        return GH_FAULT_DB;
    context->dead = gh_session_nobody(state);
    if (context->dead == GH_NOBODY_NO_TOKEN)
        return take_live(context, request, rows, out);
    status = gh_row_int8(rows, 0, GH_FIND_SESSION_ID, &out->session_id);
    gh_database_done(context);
    if (status != GH_OK)
        return GH_FAULT_DB;
    gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_SESSION,
                   out->session_id);
    status = ask_dead_use(context, request);
    return status == GH_OK ? GH_WAIT : status;
}

/* Nobody, and that is recorded. A token that was replaced has ended the
 * session just now: whoever is remembered with another one of it is over here
 * at once. */
static enum gh_status
take_dead(struct gh_context *context, struct gh_principal *out)
{
    gh_database_done(context);
    gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_SESSION,
                   out->session_id);
    return nobody(out, context->dead);
}

/* One answer of the database. */
static enum gh_status
take_answer(struct gh_context *context, const struct gh_request *request,
            struct gh_principal *out)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status != GH_OK)
        return status == GH_WAIT ? GH_WAIT : GH_FAULT_DB;
    if (context->is_renewing)
        return take_renewed(context, rows, out);
    if (context->dead != GH_NOBODY_NO_TOKEN)
        return take_dead(context, out);
    return take_row(context, request, rows, out);
}

/* Who asks. */
static enum gh_status
find_out(struct gh_context *context, const struct gh_request *request,
         struct gh_principal *out)
{
    enum gh_status status = GH_NONE;

    if (request->token.len == 0 || context->worker->database == NULL ||
        context->settings->ring == NULL)
        return nobody(out, GH_NOBODY_NO_TOKEN);
    if (context->query != NULL)
        status = take_answer(context, request, out);
    else if (context->n_tried == 0 && !request->is_ours)
        status = gh_recall(context, request, out);
    if (status == GH_NONE) {
        status = ask_next(context, request);
        if (status == GH_OK)
            return GH_WAIT;
        if (status == GH_NONE || status == GH_MALFORMED)
            return nobody(out, GH_NOBODY_STRANGE);
    }
    return gh_is_fault(status) ? do_without(context, request, out) : status;
}

/* Takes the policy that decides: as new as the one that the session was found
 * under. An account whose policy does not come in time is not to be judged. */
static enum gh_status
take_policy(struct gh_context *context, struct gh_principal *out)
{
    enum gh_status status = gh_estate_await(context, out->policy_version);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status == GH_NONE && (out->kind == GH_PRINCIPAL_ACCOUNT ||
                              gh_context_rules(context) == NULL))
        *out = (struct gh_principal){.kind = GH_PRINCIPAL_UNKNOWN};
    return GH_OK;
}

/* What the principal may by that policy, and when that is. */
static enum gh_status
take_rights(struct gh_context *context, const struct gh_request *request,
            struct gh_principal *out)
{
    const struct gh_rules *rules = gh_context_rules(context);
    struct gh_circumstances circumstances;

    if (out->kind != GH_PRINCIPAL_ACCOUNT)
        out->now_us = gh_gateway_now_us(context->worker->gateway);
    if (rules == NULL)
        return GH_OK;
    out->location = gh_locate_client(context->worker, rules, &request->client);
    circumstances = gh_circumstances_of(request, out);
    return gh_rules_roles(context->arena, rules,
                          out->kind == GH_PRINCIPAL_ACCOUNT, &out->held,
                          &circumstances, &out->roles);
}

enum gh_status
step_identify(struct gh_context *context, const struct gh_request *request,
              struct gh_principal *out)
{
    enum gh_status status = GH_OK;

    if (!context->is_identified) {
        status = find_out(context, request, out);
        if (status != GH_OK)
            return status;
        context->is_identified = true;
        context->appearance = out->preference.appearance;
    }
    if (request->is_ours)
        return GH_OK;
    if (context->estate == NULL)
        status = take_policy(context, out);
    if (status == GH_OK)
        status = gh_moved_check(context, request, out);
    if (gh_is_fault(status))
        status = unknown(context, out);
    return status == GH_OK ? take_rights(context, request, out) : status;
}
