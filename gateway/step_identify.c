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
#include "found.h"
#include "fresh.h"
#include "keeper.h"
#include "locate.h"
#include "moved.h"
#include "recall.h"
#include "visit.h"

#include "base/banned.h"

enum {
    ANEW_MOST =
        3, /* times that somebody is found anew, as the policy changes */
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
                             request->origin->host.name, request->token, hash);
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
    context->is_renewing = false;
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
    struct gh_found found;
    bool is_bound = false;
    enum gh_status status = gh_found_read(context, rows, &found);

    if (status == GH_OK) {
        row.reference = found.reference;
        row.account_id = found.principal.account_id;
        row.level = found.principal.level;
        status = check_binding(context, rows, &row, &is_bound);
    }
    gh_database_done(context);
    if (status != GH_OK)
        return GH_FAULT_DB;
    if (!is_bound) {
        gh_recall_end(context, request);
        return ask_unbound(context, request);
    }
    *out = found.principal;
    if (found.is_next)
        return ask_renew(context, request);
    /* What it may is not what its roles may: each request asks, until it has
     * the next one. */
    if (!out->held.is_outgrown)
        gh_remember(context, &row, out, found.until_us, found.renew_us);
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
        gh_recall_end(context, request);
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

/* Forgets who asks, to find it out anew. */
static void
forget(struct gh_context *context, struct gh_principal *out)
{
    gh_estate_release(context->estate);
    context->estate = NULL;
    context->is_identified = false;
    context->n_tried = 0;
    context->n_anew++;
    *out = (struct gh_principal){0};
}

/* What the principal may by that policy, and when that is. */
static enum gh_status
take_rights(struct gh_context *context, const struct gh_request *request,
            struct gh_principal *out)
{
    const struct gh_rules *rules = gh_context_rules(context);
    struct gh_circumstances circumstances;
    struct gh_address whence;

    if (out->kind != GH_PRINCIPAL_ACCOUNT)
        out->now_us = gh_gateway_now_us(context->worker->gateway);
    if (rules == NULL)
        return GH_OK;
    whence = gh_request_whence(request);
    out->location = gh_locate_client(context->worker, rules, &whence);
    circumstances = gh_circumstances_of(request, out);
    return gh_rules_roles(context->arena, rules,
                          out->kind == GH_PRINCIPAL_ACCOUNT, &out->held,
                          &circumstances, &out->roles);
}

/* Who asks, and the policy that decides, which are of one version. */
static enum gh_status
find_both(struct gh_context *context, const struct gh_request *request,
          struct gh_principal *out)
{
    enum gh_status status;

    while (context->estate == NULL) {
        if (!context->is_identified) {
            status = find_out(context, request, out);
            if (status != GH_OK)
                return status;
            context->is_identified = true;
            context->appearance = out->preference.appearance;
        }
        if (request->is_ours)
            return GH_OK;
        status = take_policy(context, out);
        if (status != GH_OK || !gh_estate_overtakes(context, out))
            return status;
        if (context->n_anew == ANEW_MOST)
            return unknown(context, out);
        forget(context, out);
    }
    return GH_OK;
}

enum gh_status
step_identify(struct gh_context *context, const struct gh_request *request,
              struct gh_principal *out)
{
    enum gh_status status = find_both(context, request, out);
    const struct gh_rules *rules = gh_context_rules(context);

    if (request->is_ours || status != GH_OK)
        return status;
    status = gh_moved_check(
        context, request,
        rules == NULL ? NULL : gh_request_application(request, rules), out);
    if (gh_is_fault(status))
        status = unknown(context, out);
    return status == GH_OK ? take_rights(context, request, out) : status;
}
