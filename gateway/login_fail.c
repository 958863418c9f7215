/* SPDX-License-Identifier: Apache-2.0
 *
 * Guesses that do not lead in: each leaves its row in the audit trail, and
 * all look the same and are answered no sooner than others. Owns nothing. A
 * guess that was counted is recorded also when nobody waits for the answer any
 * more, or hanging up in time would be a way around the limit that leaves no
 * trace. Called by the acts that check a password, and by step_act for
 * exchanges that were left.
 */
#include "login_int.h"

#include "act.h"
#include "base/secret.h"
#include "database.h"
#include "hashing.h"
#include "login_page.h"
#include "metrics.h"

#include "base/banned.h"

enum gh_status
gh_login_again(struct gh_context *context, const struct gh_request *request,
               struct gh_login_page page, struct gh_outcome *out)
{
    page.username = context->login->username;
    page.return_to = context->login->return_to;
    out->kind = GH_OUTCOME_REPLY;
    return gh_login_page(context, request, &page, &out->reply);
}

/* Counts what became of a sign-in; a change of password is none. */
static void
count(const struct gh_context *context, enum gh_sign_in what)
{
    if (context->login->new_password.len == 0)
        gh_metrics_sign_in(context->worker->gateway, what);
}

enum gh_status
gh_login_ask_fail(struct gh_context *context, struct gh_text reason)
{
    struct gh_login *login = context->login;
    const struct gh_stmt *stmt = login->new_password.len > 0
                                     ? &gh_stmt_password_change_fail
                                     : &gh_stmt_sign_in_fail;
    /* The one has a parameter more, the last. */
    const struct gh_param params[] = {
        login->name_key,       login->account_id,
        gh_param_text(reason), gh_param_bool(login->is_first_refusal),
        login->visit.client,   login->visit.user_agent,
        login->visit.entry,    login->visit.exchange,
        login->visit.node,     login->own};
    enum gh_status status =
        gh_database_ask(context, stmt, params, stmt->n_params);

    count(context, login->is_allowed ? GH_SIGN_IN_FAILURE : GH_SIGN_IN_LIMITED);
    login->phase = GH_LOGIN_FAIL;
    gh_hashing_give_back(&context->place);
    return status == GH_OK ? GH_WAIT : status;
}

unsigned
gh_login_fail_status(const struct gh_context *context, unsigned usual)
{
    return context->login->is_source ? 429 : usual;
}

/* How long the answer must wait still. */
static enum gh_status
find_delay(const struct gh_context *context, int64_t *ms)
{
    const struct gh_settings_password *password = &context->settings->password;
    uint32_t dice;
    enum gh_status status = gh_random(&dice, sizeof(dice));

    if (status != GH_OK)
        return status;
    *ms = context->login->began_ms + (int64_t)password->fail_delay +
          (int64_t)(dice % (password->fail_jitter + 1)) -
          gh_loop_now(context->worker->loop);
    return GH_OK;
}

enum gh_status
gh_login_after_fail(struct gh_context *context)
{
    const struct gh_rows *rows;
    int64_t ms = 0;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    if (status == GH_OK)
        status = find_delay(context, &ms);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    if (ms <= 0)
        return GH_OK;
    context->login->phase = GH_LOGIN_DELAY;
    context->is_late = false;
    gh_deadline_set(context->worker->loop, context->deadline, ms);
    return GH_WAIT;
}

enum gh_status
gh_login_after_delay(struct gh_context *context)
{
    if (!context->is_late)
        return GH_WAIT;
    context->is_late = false;
    return GH_OK;
}

enum gh_status
gh_login_ask_refuse(struct gh_context *context,
                    const struct gh_request *request,
                    const struct gh_audit_event *event, unsigned refused)
{
    enum gh_status status = gh_event_ask(context, request, event);

    context->login->phase = GH_LOGIN_REFUSE;
    context->login->refused = refused;
    return status == GH_OK ? GH_WAIT : status;
}

enum gh_status
gh_login_after_refuse(struct gh_context *context)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    return gh_is_fault(status) ? status : GH_OK;
}

/* Has it recorded that a guess was counted and not checked. */
static enum gh_status
ask_abandoned(struct gh_context *context)
{
    return gh_login_ask_fail(context, context->login->is_malformed
                                          ? GH_TEXT("malformed")
                                          : GH_TEXT("abandoned"));
}

/* The guess is being counted: whether it may be checked decides how it is
 * recorded. */
static enum gh_status
leave_reserve(struct gh_context *context)
{
    const struct gh_login *login = context->login;
    enum gh_status status = gh_login_take_guess(context);

    if (status != GH_OK)
        return status;
    return login->is_allowed ? ask_abandoned(context)
                             : gh_login_ask_fail(context, login->failure);
}

/* The password is being checked, which nobody needs any more. */
static enum gh_status
leave_check(struct gh_context *context)
{
    gh_database_done(context);
    gh_hashing_abandon(context->job);
    context->job = NULL;
    return ask_abandoned(context);
}

/* The session is being made, or the password changed; when that cannot be, the
 * guess is a failure. */
static enum gh_status
leave_success(struct gh_context *context, const struct gh_request *request)
{
    const struct gh_rows *rows;
    bool is_travel = false;
    enum gh_status status =
        context->login->new_password.len > 0
            ? gh_database_answer(context, &rows)
            : gh_login_take_session(context, request, &is_travel);

    if (status == GH_OK)
        count(context, GH_SIGN_IN_SUCCESS);
    if (status == GH_CONFLICT)
        return ask_abandoned(context);
    /* Nobody signs in from far away unnoticed by hanging up. */
    return is_travel ? gh_login_ask_travel(context, request) : status;
}

enum gh_status
act_login_leave(struct gh_context *context, const struct gh_request *request)
{
    const struct gh_rows *rows;

    if (context->login == NULL)
        return GH_OK;
    switch (context->login->phase) {
    case GH_LOGIN_RESERVE:
        return leave_reserve(context);
    case GH_LOGIN_UNBOUND:
    case GH_LOGIN_HASH:
        return leave_check(context);
    case GH_LOGIN_SUCCEED:
        return leave_success(context, request);
    case GH_LOGIN_FAIL:
    case GH_LOGIN_TRAVEL:
        return gh_database_answer(context, &rows);
    case GH_LOGIN_BEGIN:
    case GH_LOGIN_REHASH:
    case GH_LOGIN_DELAY:
    case GH_LOGIN_REFUSE:
        break;
    }
    return GH_OK;
}
