/* SPDX-License-Identifier: Apache-2.0
 *
 * Sign-ins that do not lead in: each leaves its row in the audit trail, and
 * all look the same. Owns nothing. A guess that was counted is recorded also
 * when nobody waits for the answer any more, or hanging up in time would be a
 * way around the limit that leaves no trace. Called by the sign-in act, and
 * by step_act for exchanges that were left.
 */
#include "login_int.h"

#include "act.h"
#include "database.h"
#include "hashing.h"
#include "login_page.h"

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

enum gh_status
gh_login_ask_fail(struct gh_context *context, struct gh_text reason)
{
    struct gh_login *login = context->login;
    const struct gh_param params[] = {
        login->name_key,       login->account_id,
        gh_param_text(reason), gh_param_bool(login->is_first_refusal),
        login->visit.client,   login->visit.user_agent,
        login->visit.entry,    login->visit.exchange,
        login->visit.node};
    enum gh_status status = gh_database_ask(context, &gh_stmt_sign_in_fail,
                                            params, GH_COUNT(params));

    login->phase = GH_LOGIN_FAIL;
    gh_hashing_give_back(&context->place);
    return status == GH_OK ? GH_WAIT : status;
}

enum gh_status
gh_login_after_fail(struct gh_context *context,
                    const struct gh_request *request, struct gh_outcome *out)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    return gh_login_again(
        context, request,
        (struct gh_login_page){
            .status = context->login->is_source ? 429 : 401,
            .retry_after_s = context->login->retry_after_s,
            .alert = GH_TEXT("Sign-in failed. Check the user name and the "
                             "password.")},
        out);
}

/* Has it recorded that a guess was counted and not checked. */
static enum gh_status
ask_abandoned(struct gh_context *context)
{
    return gh_login_ask_fail(context, GH_TEXT("abandoned"));
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

/* The session is being made; when it cannot be, the guess is a failure. */
static enum gh_status
leave_success(struct gh_context *context)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    return status == GH_CONFLICT ? ask_abandoned(context) : status;
}

enum gh_status
act_login_leave(struct gh_context *context)
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
        return leave_success(context);
    case GH_LOGIN_FAIL:
        return gh_database_answer(context, &rows);
    case GH_LOGIN_BEGIN:
    case GH_LOGIN_REHASH:
    case GH_LOGIN_REFUSE:
        break;
    }
    return GH_OK;
}
