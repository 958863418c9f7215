/* SPDX-License-Identifier: Apache-2.0
 *
 * The acts about one's own account: shows it, ends other sessions, and does
 * what is to be done when something was not the person. Owns nothing. Refuses
 * forms that this session was not shown, and sessions of other accounts, which
 * look like none at all. Called by step_act until they are done.
 */
#include "act.h"

#include <string.h>

#include "account_int.h"
#include "core/csrf.h"
#include "core/session.h"
#include "database.h"
#include "event.h"
#include "fresh.h"
#include "guard.h"
#include "reply.h"
#include "visit.h"

#include "base/banned.h"

enum inputs {
    INPUT_CSRF,
    INPUT_END,
    N_INPUTS,
};

static const struct gh_form_input account_inputs[N_INPUTS] = {
    [INPUT_CSRF] = {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, GH_CSRF_LEN, false},
    [INPUT_END] = {GH_TEXT_INIT("end"), GH_INPUT_TOKEN, 32, true},
};
const struct gh_own_form gh_account_form = {GH_TEXT_INIT("account"),
                                            account_inputs, N_INPUTS};

static const struct gh_form_input not_me_inputs[] = {
    {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, GH_CSRF_LEN, false},
};
static const struct gh_own_form not_me_form = {
    GH_TEXT_INIT("not_me"), not_me_inputs, GH_COUNT(not_me_inputs)};

static const struct gh_form_input done = {GH_TEXT_INIT("done"), GH_INPUT_TOKEN,
                                          16, false};

enum gh_status
gh_account_turn_away(struct gh_context *context,
                     const struct gh_exchange *so_far, struct gh_outcome *out)
{
    if (so_far->principal.kind == GH_PRINCIPAL_UNKNOWN)
        return act_refuse(context, &so_far->request, 503, out);
    return act_sign_in(context, &so_far->request, &so_far->principal, out);
}

static bool
is_known(const struct gh_exchange *so_far)
{
    return so_far->principal.kind == GH_PRINCIPAL_ACCOUNT;
}

enum gh_status
gh_account_lead_on(struct gh_context *context, const struct gh_exchange *so_far,
                   struct gh_text path, struct gh_outcome *out)
{
    char at[GH_OWN_PATH_MAX];

    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_see_other(context, &so_far->request,
                              gh_own_path(context, path, at),
                              (struct gh_text){0}, &out->reply);
}

enum gh_status
gh_account_reference(struct gh_context *context,
                     const struct gh_exchange *so_far, struct gh_param *out)
{
    unsigned char *at = gh_arena_new(context->arena, GH_REFERENCE_LEN);

    if (at == NULL)
        return GH_FAULT_MEMORY;
    gh_reference_read(so_far->principal.reference, at);
    *out = gh_param_bytea(
        (struct gh_text){.at = (const char *)at, .len = GH_REFERENCE_LEN});
    return GH_OK;
}

enum gh_status
gh_account_query(struct gh_context *context, const struct gh_request *request,
                 const struct gh_form_input *input, struct gh_text *out)
{
    struct gh_text query = gh_text_from(request->target.query, 1);
    struct gh_text value = {0};
    enum gh_status status =
        gh_form_parse(context->arena, query, input, 1, &value);

    if (gh_is_fault(status))
        return status;
    *out = status == GH_OK ? value : (struct gh_text){0};
    return GH_OK;
}

/* The session that asks is not among the live ones: it ended just now. */
static enum gh_status
say_ended(struct gh_context *context, const struct gh_request *request,
          struct gh_outcome *out)
{
    const struct gh_principal nobody = {.kind = GH_PRINCIPAL_NOBODY,
                                        .nobody = GH_NOBODY_REVOKED};

    gh_database_done(context);
    return act_sign_in(context, request, &nobody, out);
}

enum gh_status
act_account(struct gh_context *context, const struct gh_exchange *so_far,
            struct gh_outcome *out)
{
    const struct gh_rows *rows;
    struct gh_param reference;
    struct gh_text code;
    enum gh_status status;

    if (!is_known(so_far))
        return gh_account_turn_away(context, so_far, out);
    if (context->query == NULL) {
        status = gh_account_reference(context, so_far, &reference);
        if (status == GH_OK)
            status =
                gh_database_ask(context, &gh_stmt_account_read, &reference, 1);
        return status == GH_OK ? GH_WAIT : status;
    }
    status = gh_database_answer(context, &rows);
    if (status == GH_WAIT)
        return GH_WAIT;
    if (status == GH_OK && rows->n == 0)
        return say_ended(context, &so_far->request, out);
    if (status == GH_OK)
        status = gh_account_query(context, &so_far->request, &done, &code);
    if (status == GH_OK)
        status = gh_account_page(context, so_far, rows, gh_account_notice(code),
                                 &out->reply);
    gh_database_done(context);
    out->kind = GH_OUTCOME_REPLY;
    return status == GH_OK || gh_is_fault(status) ? status : GH_FAULT_DB;
}

/* Has sessions ended: one, or all others (null). */
static enum gh_status
ask_end(struct gh_context *context, const struct gh_exchange *so_far,
        const struct gh_param *other, struct gh_text cause)
{
    struct gh_param reference;
    struct gh_visit visit;
    enum gh_status status = gh_account_reference(context, so_far, &reference);

    if (status == GH_OK)
        status = gh_visit_of(context, &so_far->request, &visit);
    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {
        reference,        *other,      gh_param_text(cause), visit.client,
        visit.user_agent, visit.entry, visit.exchange,       visit.node};

    status = gh_database_ask(context, &gh_stmt_account_session_end, params,
                             GH_COUNT(params));
    return status == GH_OK ? GH_WAIT : status;
}

/* Which session a form names: "others", or a reference of 32 digits.
 * GH_NONE: none that could be. */
static enum gh_status
read_other(struct gh_context *context, struct gh_text end, struct gh_param *out)
{
    unsigned char *at;

    *out = gh_param_null(GH_SQL_BYTEA);
    if (gh_text_equal(end, GH_TEXT("others")))
        return GH_OK;
    if (end.len != 2 * (size_t)GH_REFERENCE_LEN ||
        !gh_text_all(end, GH_CLASS_HEX))
        return GH_NONE;
    at = gh_arena_new(context->arena, GH_REFERENCE_LEN);
    if (at == NULL)
        return GH_FAULT_MEMORY;
    gh_reference_read(end, at);
    *out = gh_param_bytea(
        (struct gh_text){.at = (const char *)at, .len = GH_REFERENCE_LEN});
    return GH_OK;
}

/* The first run: the form. */
static enum gh_status
begin_end(struct gh_context *context, const struct gh_exchange *so_far,
          struct gh_outcome *out)
{
    static const struct gh_audit_event not_ours = {.event_z = "malicious_csrf",
                                                   .reason_z = "account form"};
    const struct gh_request *request = &so_far->request;
    struct gh_text values[N_INPUTS];
    struct gh_param other;
    enum gh_status status;

    if (request->body == GH_REQUEST_STREAM)
        return act_refuse(context, request, 411, out);
    status = gh_guard_own_form(context, so_far, &gh_account_form, values);
    if (status == GH_MALFORMED)
        return gh_event_ask_refusal(context, request, &not_ours, 403);
    if (status == GH_OK)
        status = read_other(context, values[INPUT_END], &other);
    if (status == GH_NONE)
        return act_refuse(context, request, 404, out);
    return status == GH_OK ? ask_end(context, so_far, &other, GH_TEXT("own"))
                           : status;
}

/* The word of account_session_end for what came of it. What ended, ends here
 * before anybody is told; elsewhere within the freshness bound. */
static enum gh_status
take_outcome(struct gh_context *context, const struct gh_principal *principal,
             struct gh_text *word)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    *word = (struct gh_text){0};
    if (status == GH_OK && context->refusal == 0)
        status =
            gh_row_text(context->arena, rows, 0, GH_SESSION_END_OUTCOME, word);
    gh_database_done(context);
    gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_ACCOUNT,
                   principal->account_id);
    return status == GH_OK || gh_is_fault(status) ? status : GH_FAULT_DB;
}

/* What came of it, and where that leads. */
static const struct {
    struct gh_text word; /* of account_session_end */
    struct gh_text path; /* of ours */
} ways[] = {
    {GH_TEXT_INIT("ended"), GH_TEXT_INIT("/account?done=ended")},
    {GH_TEXT_INIT("over"), GH_TEXT_INIT("/account?done=over")},
    {GH_TEXT_INIT("all"), GH_TEXT_INIT("/account?done=all")},
    /* Is asked again who it is, and learns why it is nobody. */
    {GH_TEXT_INIT("nobody"), GH_TEXT_INIT("/account")},
    {GH_TEXT_INIT("own"), GH_TEXT_INIT("/logout")},
};

enum gh_status
act_account_end(struct gh_context *context, const struct gh_exchange *so_far,
                struct gh_outcome *out)
{
    const struct gh_audit_event foreign = {
        .event_z = "malicious_direct_reference",
        .reason_z = "session of another account",
        .principal = &so_far->principal};
    const struct gh_request *request = &so_far->request;
    struct gh_text word;
    enum gh_status status;

    if (!is_known(so_far))
        return gh_account_turn_away(context, so_far, out);
    if (context->query == NULL)
        return begin_end(context, so_far, out);
    status = take_outcome(context, &so_far->principal, &word);
    if (status != GH_OK)
        return status;
    if (context->refusal != 0)
        return act_refuse(context, request, context->refusal, out);
    if (gh_text_equal(word, GH_TEXT("foreign")))
        return gh_event_ask_refusal(context, request, &foreign, 404);
    for (size_t i = 0; i < GH_COUNT(ways); i++) {
        if (gh_text_equal(word, ways[i].word))
            return gh_account_lead_on(context, so_far, ways[i].path, out);
    }
    return act_refuse(context, request, 404, out);
}

enum gh_status
act_not_me_form(struct gh_context *context, const struct gh_exchange *so_far,
                struct gh_outcome *out)
{
    char at[2][GH_OWN_PATH_MAX];
    char token[GH_CSRF_LEN];
    struct gh_buf csrf = gh_buf_over(token, sizeof(token));
    enum gh_status status;

    if (!is_known(so_far))
        return gh_account_turn_away(context, so_far, out);
    status = gh_csrf_make(context->settings->ring, not_me_form.purpose,
                          so_far->principal.reference, &csrf);
    if (status != GH_OK)
        return status;
    const struct gh_page_value values[] = {
        {GH_TEXT("csrf"), gh_buf_text(&csrf)},
        {GH_TEXT("username"), so_far->principal.account},
        {GH_TEXT("action"),
         gh_own_path(context, GH_TEXT("/account/not-me"), at[0])},
        {GH_TEXT("account"), gh_own_path(context, GH_TEXT("/account"), at[1])},
    };

    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_page(
        context, &so_far->request,
        &(struct gh_reply_page){.status = 200,
                                .layout = context->settings->not_me,
                                .values = values,
                                .n_values = GH_COUNT(values)},
        &out->reply);
}

/* The first run: the form. */
static enum gh_status
begin_not_me(struct gh_context *context, const struct gh_exchange *so_far,
             struct gh_outcome *out)
{
    static const struct gh_audit_event not_ours = {.event_z = "malicious_csrf",
                                                   .reason_z = "not-me form"};
    const struct gh_param others = gh_param_null(GH_SQL_BYTEA);
    struct gh_text values[GH_COUNT(not_me_inputs)];
    enum gh_status status;

    if (so_far->request.body == GH_REQUEST_STREAM)
        return act_refuse(context, &so_far->request, 411, out);
    status = gh_guard_own_form(context, so_far, &not_me_form, values);
    if (status == GH_MALFORMED)
        return gh_event_ask_refusal(context, &so_far->request, &not_ours, 403);
    return status == GH_OK
               ? ask_end(context, so_far, &others, GH_TEXT("not_me"))
               : status;
}

enum gh_status
act_not_me(struct gh_context *context, const struct gh_exchange *so_far,
           struct gh_outcome *out)
{
    struct gh_text word;
    enum gh_status status;

    if (!is_known(so_far))
        return gh_account_turn_away(context, so_far, out);
    if (context->query == NULL)
        return begin_not_me(context, so_far, out);
    status = take_outcome(context, &so_far->principal, &word);
    if (status != GH_OK)
        return status;
    if (context->refusal != 0)
        return act_refuse(context, &so_far->request, context->refusal, out);
    if (!gh_text_equal(word, GH_TEXT("all")))
        return gh_account_lead_on(context, so_far, GH_TEXT("/account"), out);
    return gh_account_lead_on(context, so_far,
                              GH_TEXT("/account/password?reason=not_me"), out);
}
