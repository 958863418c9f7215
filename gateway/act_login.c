/* SPDX-License-Identifier: Apache-2.0
 *
 * The act of signing in: shows the form, takes it, reserves a guess, checks
 * the password, begins the session. Owns what struct gh_login keeps between
 * its runs. Refuses forms of others and guesses over the limit; what is
 * refused looks and costs the same whether the account exists, is disabled
 * or locked, or the password is wrong. Called by step_act until it is done.
 *
 * Each step of it is one SQL function: sign_in_reserve counts the guess
 * before it is checked, sign_in_succeed makes session and audit rows
 * together, sign_in_fail records.
 */
#include "act.h"

#include <string.h>

#include "core/csrf.h"
#include "database.h"
#include "fresh.h"
#include "guard.h"
#include "hashing.h"
#include "login_int.h"
#include "login_page.h"
#include "metrics.h"
#include "reply.h"
#include "web/form.h"
#include "web/local.h"

#include "base/banned.h"

enum {
    FORM_MAX = 16 * 1024, /* bytes of a form */
};

static const struct gh_form_input query_inputs[] = {
    {GH_TEXT_INIT("return_to"), GH_INPUT_SECRET, GH_LOCAL_MAX, false},
    {GH_TEXT_INIT("reason"), GH_INPUT_TOKEN, 32, false},
};

enum gh_status
act_login_form(struct gh_context *context, const struct gh_request *request,
               const struct gh_principal *principal, struct gh_outcome *out)
{
    struct gh_text values[GH_COUNT(query_inputs)] = {{0}};
    struct gh_login_page page = {.status = 200};
    struct gh_text query = gh_text_from(request->target.query, 1);
    enum gh_status status = GH_MALFORMED;

    /* Whatever else is in the query, passwords included, is not looked at. */
    if (query.len > 0)
        status = gh_form_parse(context->arena, query, query_inputs,
                               GH_COUNT(query_inputs), values);
    if (gh_is_fault(status))
        return status;
    if (status != GH_OK)
        memset(values, 0, sizeof(values));
    page.notice = gh_login_notice(values[1]);
    if (gh_text_equal(values[1], gh_login_confirm))
        page.username = principal->account;
    status =
        gh_local_parse(context->arena, values[0],
                       context->settings->gateway.base_path, &page.return_to);
    if (status != GH_OK)
        return status;
    out->kind = GH_OUTCOME_REPLY;
    return gh_login_page(context, request, &page, &out->reply);
}

static const struct gh_audit_event not_declared = {
    .event_z = "input_validation_fail", .reason_z = "sign-in form"};
static const struct gh_audit_event not_ours = {.event_z = "malicious_csrf",
                                               .reason_z = "sign-in form"};

/* Has a refusal of the form recorded, to be answered with a status. */
static enum gh_status
ask_refuse(struct gh_context *context, const struct gh_request *request,
           const struct gh_audit_event *event, unsigned refused)
{
    gh_metrics_sign_in(context->worker->gateway, GH_SIGN_IN_REFUSED);
    return gh_login_ask_refuse(context, request, event, refused);
}

/* Counts a malformed form as a guess of its network: who tries many ways to
 * say one thing guesses, too (LOGIN-009). Not when a page of others sent it,
 * or that page could use up the guesses of all its visitors. */
static enum gh_status
count_malformed(struct gh_context *context, const struct gh_request *request)
{
    struct gh_login *login = context->login;
    enum gh_status status;

    if (!gh_guard_is_same_origin(request))
        return ask_refuse(context, request, &not_declared, 400);
    login->is_malformed = true;
    status = gh_login_prepare(context, request, login);
    if (status == GH_OK)
        status = gh_login_ask_reserve(context);
    return status == GH_OK ? GH_WAIT : status;
}

/* Whether the form's state is good. A page of our own whose state is gone,
 * because another tab has signed in meanwhile, is merely too old. */
static enum gh_status
check_pre(struct gh_context *context, const struct gh_request *request)
{
    if (request->pre.len == 0 && gh_guard_is_same_origin(request))
        return GH_EXPIRED;
    return gh_pre_check(context->settings->ring, gh_wall_clock_s(),
                        request->pre);
}

/* The first run: the form itself. */
static enum gh_status
begin(struct gh_context *context, const struct gh_request *request,
      const struct gh_body *body, struct gh_outcome *out)
{
    struct gh_login *login = context->login;
    struct gh_guard guard = {.purpose = GH_TEXT("login"),
                             .subject = request->pre};
    struct gh_text type = gh_request_field(request, GH_TEXT("Content-Type"));
    enum gh_status status;

    if (!gh_form_is_type(type))
        return act_refuse(context, request, 415, out);
    if (request->body == GH_REQUEST_STREAM)
        return act_refuse(context, request, 411, out);
    if (request->length > FORM_MAX)
        return act_refuse(context, request, 413, out);
    login->began_ms = gh_loop_now(context->worker->loop);
    status = gh_login_read_form(context, gh_body_whole(body, request->length),
                                login, &guard.token);
    if (status == GH_MALFORMED || status == GH_LIMIT)
        return count_malformed(context, request);
    if (status != GH_OK)
        return status;

    status = check_pre(context, request);
    if (status == GH_EXPIRED)
        return gh_login_again(
            context, request,
            (struct gh_login_page){
                .status = request->pre.len > 0 ? 200 : 403,
                .notice = GH_TEXT("This page was open for too long. Please "
                                  "sign in again.")},
            out);
    if (status == GH_OK)
        status = gh_guard_form(context, request, &guard);
    if (status == GH_MALFORMED)
        return ask_refuse(context, request, &not_ours, 403);
    if (status == GH_OK)
        status = gh_login_prepare(context, request, login);
    /* Before the guess is counted: being busy must cost nobody a guess. */
    if (status == GH_OK)
        status = gh_hashing_borrow(context->worker->gateway->hashing,
                                   &context->place);
    if (status == GH_LIMIT) {
        gh_metrics_sign_in(context->worker->gateway, GH_SIGN_IN_BUSY);
        return act_refuse(context, request, 503, out);
    }
    if (status == GH_OK)
        status = gh_login_ask_reserve(context);
    return status == GH_OK ? GH_WAIT : status;
}

/* The reservation has come: checks the password, or records the refusal. */
static enum gh_status
after_reserve(struct gh_context *context, const struct gh_request *request)
{
    const struct gh_login *login = context->login;
    enum gh_status status = gh_login_take_guess(context);

    if (status != GH_OK)
        return status;
    if (login->is_malformed && !login->is_source)
        return ask_refuse(context, request, &not_declared, 400);
    return gh_login_check(context, request);
}

/* Has the session made, together with its audit rows. */
static enum gh_status
ask_succeed(struct gh_context *context, struct gh_login *login)
{
    const struct gh_settings_session *limits = &context->settings->session;
    const struct gh_new_session *session = &login->session;
    struct gh_text old = context->token_hash;
    const struct gh_param params[] = {
        login->account_id,
        gh_param_int8(login->version),
        login->name_key,
        login->device_key,
        login->sources,
        gh_param_bytea((struct gh_text){(const char *)session->token_hash,
                                        sizeof(session->token_hash)}),
        gh_param_bytea((struct gh_text){(const char *)session->reference,
                                        sizeof(session->reference)}),
        gh_param_bytea((struct gh_text){(const char *)session->binding,
                                        sizeof(session->binding)}),
        old.len > 0 ? gh_param_bytea(old) : gh_param_null(GH_SQL_BYTEA),
        login->visit.client,
        login->visit.user_agent,
        login->visit.entry,
        login->visit.exchange,
        login->visit.node,
        gh_param_interval((int64_t)limits->idle),
        gh_param_interval((int64_t)limits->absolute),
        gh_param_int4((int32_t)limits->per_account),
        login->visit.device,
        login->device_at,
        login->device_since};

    login->phase = GH_LOGIN_SUCCEED;
    return gh_database_ask(context, &gh_stmt_sign_in_succeed, params,
                           GH_COUNT(params));
}

/* The way on, with the cookies. */
static enum gh_status
let_in(struct gh_context *context, const struct gh_request *request,
       struct gh_outcome *out)
{
    struct gh_text cookies;
    enum gh_status status = gh_login_cookies(context, &cookies);

    if (status != GH_OK)
        return status;
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_see_other(context, request, context->login->return_to,
                              cookies, &out->reply);
}

/* Has the stronger hash stored. */
static enum gh_status
ask_rehash(struct gh_context *context, struct gh_login *login)
{
    struct gh_text pepper_kid;
    unsigned char mac[GH_DIGEST_LEN];
    enum gh_status status = gh_login_bind(context, &pepper_kid, mac);

    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {
        login->account_id, gh_param_int8(login->version),
        gh_param_text(login->rehashed), gh_param_text(pepper_kid),
        gh_param_bytea((struct gh_text){(const char *)mac, sizeof(mac)})};

    login->phase = GH_LOGIN_REHASH;
    return gh_database_ask(context, &gh_stmt_password_rehash, params,
                           GH_COUNT(params));
}

/* Counts and checks the guess once more, against what is stored now. */
static enum gh_status
try_again(struct gh_context *context)
{
    enum gh_status status;

    context->login->is_again = true;
    status = gh_login_ask_reserve(context);
    return status == GH_OK ? GH_WAIT : status;
}

enum gh_status
gh_login_take_session(struct gh_context *context,
                      const struct gh_request *request, bool *is_travel)
{
    struct gh_login *login = context->login;
    const struct gh_rows *rows;
    int64_t n_over = 0;
    enum gh_status travel = GH_NONE;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status == GH_OK)
        status = gh_row_time(rows, 0, GH_SUCCEED_BEGAN_AT, &login->began_us);
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_SUCCEED_OVER, &n_over);
    if (status == GH_OK)
        status =
            gh_row_time(rows, 0, GH_SUCCEED_DEVICE_SINCE, &login->since_us);
    if (status == GH_OK)
        travel = gh_travel_find(context, request, rows, &login->travel);
    gh_database_done(context);
    if (status == GH_CONFLICT)
        return GH_CONFLICT;
    if (gh_is_fault(travel))
        status = travel;
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    *is_travel = travel == GH_OK;
    atomic_fetch_add_explicit(&context->worker->gateway->counters.over,
                              (uint64_t)n_over, memory_order_relaxed);
    return GH_OK;
}

enum gh_status
gh_login_ask_travel(struct gh_context *context,
                    const struct gh_request *request)
{
    struct gh_login *login = context->login;
    struct gh_principal principal = {.kind = GH_PRINCIPAL_ACCOUNT,
                                     .account = login->name,
                                     .account_id = login->account};
    const struct gh_text reference = {(const char *)login->session.reference,
                                      GH_REFERENCE_LEN};
    enum gh_status status =
        gh_reference_write(context->arena, reference, &principal.reference);

    if (status != GH_OK)
        return status;
    login->phase = GH_LOGIN_TRAVEL;
    status = gh_travel_ask(context, request, &principal, &login->travel);
    return status == GH_OK ? GH_WAIT : status;
}

/* Everything is recorded: has a stronger hash stored, or lets them in. */
static enum gh_status
go_in(struct gh_context *context, const struct gh_request *request,
      struct gh_outcome *out)
{
    if (context->login->rehashed.len > 0 &&
        ask_rehash(context, context->login) == GH_OK)
        return GH_WAIT;
    return let_in(context, request, out);
}

/* The session is there, with its audit rows: the person may know. */
static enum gh_status
after_succeed(struct gh_context *context, const struct gh_request *request,
              const struct gh_principal *before, struct gh_outcome *out)
{
    struct gh_fresh *fresh = context->worker->gateway->fresh;
    bool is_travel = false;
    enum gh_status status = gh_login_take_session(context, request, &is_travel);

    /* The account or its password changed while the guess was checked; often
     * it is only the same password, hashed anew by another sign-in. */
    if (status == GH_CONFLICT && !context->login->is_again)
        return try_again(context);
    if (status == GH_CONFLICT)
        return gh_login_ask_fail(context, GH_TEXT("wrong"));
    if (status == GH_WAIT)
        return GH_WAIT;
    /* The last session of this browser, whoever's it was, or the oldest of too
     * many, has ended; also when what was said of it is of no use. */
    gh_fresh_spoil(fresh, GH_FRESH_SESSION, before->session_id);
    gh_fresh_spoil(fresh, GH_FRESH_ACCOUNT, context->login->account);
    if (status != GH_OK)
        return status;
    gh_metrics_sign_in(context->worker->gateway, GH_SIGN_IN_SUCCESS);
    gh_hashing_give_back(&context->place);
    return is_travel ? gh_login_ask_travel(context, request)
                     : go_in(context, request, out);
}

/* It is in the trail, or nobody is let in. */
static enum gh_status
after_travel(struct gh_context *context, const struct gh_request *request,
             struct gh_outcome *out)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    gh_database_done(context);
    return go_in(context, request, out);
}

/* The stronger hash is stored, or is not: both are fine for today. */
static enum gh_status
after_rehash(struct gh_context *context, const struct gh_request *request,
             struct gh_outcome *out)
{
    const struct gh_rows *rows;

    if (gh_database_answer(context, &rows) == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    return let_in(context, request, out);
}

/* The refusal of a form is recorded. */
static enum gh_status
after_refuse(struct gh_context *context, const struct gh_request *request,
             struct gh_outcome *out)
{
    enum gh_status status = gh_login_after_refuse(context);

    return status == GH_OK
               ? act_refuse(context, request, context->login->refused, out)
               : status;
}

/* Answers a failure when its time has come: the form again, always with the
 * same words. */
static enum gh_status
answer_failure(struct gh_context *context, const struct gh_request *request,
               enum gh_status status, struct gh_outcome *out)
{
    if (status != GH_OK)
        return status;
    return gh_login_again(
        context, request,
        (struct gh_login_page){
            .status = gh_login_fail_status(context, 401),
            .retry_after_s = context->login->retry_after_s,
            .alert = GH_TEXT("Sign-in failed. Check the user name and the "
                             "password.")},
        out);
}

enum gh_status
act_login(struct gh_context *context, const struct gh_request *request,
          const struct gh_principal *before, const struct gh_body *body,
          struct gh_outcome *out)
{
    const struct gh_login *login = gh_login_of(context);

    if (login == NULL)
        return GH_FAULT_MEMORY;
    switch (login->phase) {
    case GH_LOGIN_BEGIN:
        return begin(context, request, body, out);
    case GH_LOGIN_RESERVE:
        return after_reserve(context, request);
    case GH_LOGIN_UNBOUND:
        return gh_login_after_unbound(context);
    case GH_LOGIN_HASH:
        return gh_login_after_hash(context, ask_succeed);
    case GH_LOGIN_SUCCEED:
        return after_succeed(context, request, before, out);
    case GH_LOGIN_TRAVEL:
        return after_travel(context, request, out);
    case GH_LOGIN_REHASH:
        return after_rehash(context, request, out);
    case GH_LOGIN_FAIL:
        return answer_failure(context, request, gh_login_after_fail(context),
                              out);
    case GH_LOGIN_DELAY:
        return answer_failure(context, request, gh_login_after_delay(context),
                              out);
    case GH_LOGIN_REFUSE:
        return after_refuse(context, request, out);
    }
    return GH_FAULT_BUG;
}
