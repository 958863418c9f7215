/* SPDX-License-Identifier: Apache-2.0
 *
 * The act of changing one's own password: shows the form, judges the new
 * password, counts and checks the old one as a sign-in does, and has the new
 * one stored. Owns nothing; what it keeps between its runs is in struct
 * gh_login. Refuses forms that this session was not shown, new passwords that
 * are guessed first, and guesses over the limits that sign-ins have. Called by
 * step_act until it is done.
 *
 * One SQL function stores the password, ends all sessions, begins one under a
 * new token for the browser that asks, and writes the audit rows.
 */
#include "act.h"

#include "account_int.h"
#include "core/csrf.h"
#include "core/new_password.h"
#include "database.h"
#include "fresh.h"
#include "guard.h"
#include "hashing.h"
#include "login_int.h"
#include "reply.h"

#include "base/banned.h"

enum input {
    INPUT_CSRF,
    INPUT_CURRENT,
    INPUT_NEW,
    INPUT_USERNAME, /* for password managers; not looked at */
    N_INPUTS,
};

static const struct gh_form_input inputs[N_INPUTS] = {
    [INPUT_CSRF] = {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, GH_CSRF_LEN, false},
    [INPUT_CURRENT] = {GH_TEXT_INIT("current"), GH_INPUT_SECRET, 4096, true},
    [INPUT_NEW] = {GH_TEXT_INIT("new"), GH_INPUT_SECRET, 4096, true},
    [INPUT_USERNAME] = {GH_TEXT_INIT("username"), GH_INPUT_TEXT, 1024, false},
};
static const struct gh_own_form form = {GH_TEXT_INIT("password"), inputs,
                                        N_INPUTS};

static const struct gh_form_input why = {GH_TEXT_INIT("reason"), GH_INPUT_TOKEN,
                                         16, false};

/* What the page says this time. */
struct page {
    unsigned status;        /* HTTP status */
    unsigned retry_after_s; /* with 429 */
    struct gh_text notice;  /* why it is shown */
    struct gh_text alert;   /* what went wrong */
    bool is_current;        /* with the current password */
};

/* Why a new password is refused. */
struct refusal {
    const char *reason_z; /* in the trail */
    struct gh_text alert; /* on the page */
};

static const struct refusal refusals[] = {
    [GH_NEW_PASSWORD_UNFIT] =
        {"unfit", GH_TEXT_INIT("The new password is empty, or has a character "
                               "that cannot be seen.")},
    [GH_NEW_PASSWORD_SHORT] = {"short",
                               GH_TEXT_INIT(
                                   "The new password is too short. It needs 15 "
                                   "characters or more.")},
    [GH_NEW_PASSWORD_LONG] =
        {"long", GH_TEXT_INIT("The new password is too long. It may have 256 "
                              "characters.")},
    [GH_NEW_PASSWORD_COMMON] =
        {"common", GH_TEXT_INIT("The new password is common or breached: it "
                                "is among the first that are tried.")},
    [GH_NEW_PASSWORD_NAMES] = {"names",
                               GH_TEXT_INIT(
                                   "The new password consists of names that "
                                   "others know, such as yours.")},
};
static const struct refusal same = {
    "same", GH_TEXT_INIT("The new password is the one that you have.")};

static enum gh_status
show(struct gh_context *context, const struct gh_exchange *so_far,
     const struct page *page, struct gh_outcome *out)
{
    char at[2][GH_OWN_PATH_MAX];
    char token[GH_CSRF_LEN];
    struct gh_buf csrf = gh_buf_over(token, sizeof(token));
    enum gh_status status = gh_csrf_make(context->settings->ring, form.purpose,
                                         so_far->principal.reference, &csrf);

    if (status != GH_OK)
        return status;
    const struct gh_page_value values[] = {
        {GH_TEXT("csrf"), gh_buf_text(&csrf)},
        {GH_TEXT("username"), so_far->principal.account},
        {GH_TEXT("notice"), page->notice},
        {GH_TEXT("alert"), page->alert},
        {GH_TEXT("current"),
         page->is_current ? GH_TEXT("yes") : (struct gh_text){0}},
        {GH_TEXT("action"),
         gh_own_path(context, GH_TEXT("/account/password"), at[0])},
        {GH_TEXT("account"), gh_own_path(context, GH_TEXT("/account"), at[1])},
    };

    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_page(
        context, &so_far->request,
        &(struct gh_reply_page){.status = page->status,
                                .retry_after_s = page->retry_after_s,
                                .layout = context->settings->new_password,
                                .values = values,
                                .n_values = GH_COUNT(values)},
        &out->reply);
}

enum gh_status
act_password_form(struct gh_context *context, const struct gh_exchange *so_far,
                  struct gh_outcome *out)
{
    struct page page = {.status = 200};
    struct gh_text code;
    enum gh_status status;

    if (so_far->principal.kind != GH_PRINCIPAL_ACCOUNT)
        return gh_account_turn_away(context, so_far, out);
    status = gh_account_query(context, &so_far->request, &why, &code);
    if (status != GH_OK)
        return status;
    if (gh_text_equal(code, GH_TEXT("not_me")))
        page.notice = GH_TEXT("All your other sessions have ended. Whoever it "
                              "was may know your password: choose a new one "
                              "now.");
    return show(context, so_far, &page, out);
}

/* Has a new password refused. */
static enum gh_status
refuse_new(struct gh_context *context, const struct gh_exchange *so_far,
           const struct refusal *refusal)
{
    const struct gh_audit_event event = {.event_z =
                                             "authn_password_change_fail",
                                         .reason_z = refusal->reason_z,
                                         .principal = &so_far->principal};

    context->login->alert = refusal->alert;
    return gh_login_ask_refuse(context, &so_far->request, &event, 422);
}

/* Whether the new password may be one; login->new_password then. */
static enum gh_status
judge(struct gh_context *context, const struct gh_exchange *so_far,
      struct gh_text typed, const struct refusal **refusal)
{
    const struct gh_principal *principal = &so_far->principal;
    struct gh_login *login = context->login;
    size_t at = gh_text_find(principal->email, '@');
    const struct gh_text names[] = {
        principal->account, principal->display_name, principal->email,
        gh_text_first(principal->email, at), so_far->request.origin->host.name};
    const struct gh_new_password_case of = {
        .typed = typed, .names = names, .n_names = GH_COUNT(names)};
    enum gh_new_password verdict;
    enum gh_status status = gh_new_password_judge(context->arena, &of, &verdict,
                                                  &login->new_password);

    *refusal = NULL;
    if (status == GH_OK && verdict != GH_NEW_PASSWORD_FIT)
        *refusal = &refusals[verdict];
    return status;
}

/* Has the guess counted, once there is a place for its hash. */
static enum gh_status
count(struct gh_context *context, const struct gh_request *request,
      struct gh_outcome *out)
{
    enum gh_status status =
        gh_hashing_borrow(context->worker->gateway->hashing, &context->place);

    if (status == GH_LIMIT)
        return act_refuse(context, request, 503, out);
    if (status == GH_OK)
        status = gh_login_ask_reserve(context);
    return status == GH_OK ? GH_WAIT : status;
}

/* The form is one of ours: judges the new password, prepares the guess. */
static enum gh_status
take_form(struct gh_context *context, const struct gh_exchange *so_far,
          const struct gh_text *values, const struct refusal **refusal)
{
    struct gh_login *login = context->login;
    enum gh_status status = judge(context, so_far, values[INPUT_NEW], refusal);

    login->began_ms = gh_loop_now(context->worker->loop);
    login->username = so_far->principal.account;
    login->password = values[INPUT_CURRENT];
    if (status != GH_OK || *refusal != NULL)
        return status;
    status = gh_login_prepare(context, &so_far->request, login);
    if (status == GH_OK)
        status = gh_account_reference(context, so_far, &login->own);
    if (gh_text_equal(login->password, login->new_password))
        *refusal = &same;
    return status;
}

/* The first run: the form. */
static enum gh_status
begin(struct gh_context *context, const struct gh_exchange *so_far,
      struct gh_outcome *out)
{
    static const struct gh_audit_event not_ours = {.event_z = "malicious_csrf",
                                                   .reason_z = "password form"};
    const struct gh_request *request = &so_far->request;
    const struct refusal *refusal = NULL;
    struct gh_text values[N_INPUTS];
    enum gh_status status;

    if (request->body == GH_REQUEST_STREAM)
        return act_refuse(context, request, 411, out);
    status = gh_guard_own_form(context, so_far, &form, values);
    if (status == GH_MALFORMED)
        return gh_login_ask_refuse(context, request, &not_ours, 403);
    if (status == GH_OK)
        status = take_form(context, so_far, values, &refusal);
    if (status != GH_OK)
        return status;
    if (refusal != NULL)
        return refuse_new(context, so_far, refusal);
    return count(context, request, out);
}

/* Has the new password stored, the sessions ended and one begun. */
static enum gh_status
ask_change(struct gh_context *context, struct gh_login *login)
{
    const struct gh_settings_session *limits = &context->settings->session;
    const struct gh_new_session *session = &login->session;
    struct gh_text pepper_kid;
    unsigned char mac[GH_DIGEST_LEN];
    enum gh_status status = gh_login_bind(context, &pepper_kid, mac);

    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {
        login->account_id,
        gh_param_int8(login->version),
        login->own,
        login->name_key,
        login->device_key,
        login->sources,
        gh_param_text(login->rehashed),
        gh_param_text(pepper_kid),
        gh_param_bytea((struct gh_text){(const char *)mac, sizeof(mac)}),
        gh_param_bytea((struct gh_text){(const char *)session->token_hash,
                                        sizeof(session->token_hash)}),
        gh_param_bytea((struct gh_text){(const char *)session->reference,
                                        sizeof(session->reference)}),
        gh_param_bytea((struct gh_text){(const char *)session->binding,
                                        sizeof(session->binding)}),
        login->visit.client,
        login->visit.user_agent,
        login->visit.entry,
        login->visit.exchange,
        login->visit.node,
        gh_param_interval((int64_t)limits->idle),
        gh_param_interval((int64_t)limits->absolute),
        gh_param_int4((int32_t)limits->per_account),
        login->visit.device};

    login->phase = GH_LOGIN_SUCCEED;
    return gh_database_ask(context, &gh_stmt_password_change, params,
                           GH_COUNT(params));
}

/* The guess is counted: on to the check. */
static enum gh_status
after_reserve(struct gh_context *context, const struct gh_request *request)
{
    enum gh_status status = gh_login_take_guess(context);

    return status == GH_OK ? gh_login_check(context, request) : status;
}

/* The new password is there, with its audit rows: the person may know. */
static enum gh_status
after_change(struct gh_context *context, const struct gh_exchange *so_far,
             struct gh_outcome *out)
{
    char at[GH_OWN_PATH_MAX];
    const struct gh_rows *rows;
    struct gh_text cookies;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status == GH_OK)
        status =
            gh_row_time(rows, 0, GH_CHANGE_BEGAN_AT, &context->login->began_us);
    /* A new password makes every browser new, this one as well. */
    context->login->since_us = context->login->began_us;
    gh_database_done(context);
    /* The session ended, or the account changed, while the old password was
     * checked (RACE-013). */
    if (status == GH_CONFLICT)
        return gh_login_ask_fail(context, GH_TEXT("wrong"));
    if (status == GH_OK)
        status = gh_login_cookies(context, &cookies);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    gh_hashing_give_back(&context->place);
    /* All other sessions have ended: here at once. */
    gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_ACCOUNT,
                   so_far->principal.account_id);
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_see_other(
        context, &so_far->request,
        gh_own_path(context, GH_TEXT("/account?done=password"), at), cookies,
        &out->reply);
}

/* The refusal is recorded. */
static enum gh_status
after_refuse(struct gh_context *context, const struct gh_exchange *so_far,
             struct gh_outcome *out)
{
    const struct gh_login *login = context->login;
    const struct page page = {.status = login->refused, .alert = login->alert};
    enum gh_status status = gh_login_after_refuse(context);

    if (status != GH_OK)
        return status;
    if (login->alert.len == 0)
        return act_refuse(context, &so_far->request, login->refused, out);
    return show(context, so_far, &page, out);
}

/* Answers a failure when its time has come: the form again, with the same
 * words whether the guess was wrong or was not looked at. */
static enum gh_status
answer_failure(struct gh_context *context, const struct gh_exchange *so_far,
               enum gh_status status, struct gh_outcome *out)
{
    if (status != GH_OK)
        return status;
    return show(context, so_far,
                &(struct page){
                    .status = gh_login_fail_status(context, 403),
                    .retry_after_s = context->login->retry_after_s,
                    .alert = GH_TEXT("The password was not changed. Check the "
                                     "current password; after many attempts, "
                                     "wait a while."),
                    .is_current = true},
                out);
}

/* One run for somebody who is signed in. */
static enum gh_status
go_on(struct gh_context *context, const struct gh_exchange *so_far,
      struct gh_outcome *out)
{
    switch (context->login->phase) {
    case GH_LOGIN_BEGIN:
        return begin(context, so_far, out);
    case GH_LOGIN_RESERVE:
        return after_reserve(context, &so_far->request);
    case GH_LOGIN_UNBOUND:
        return gh_login_after_unbound(context);
    case GH_LOGIN_HASH:
        return gh_login_after_hash(context, ask_change);
    case GH_LOGIN_SUCCEED:
        return after_change(context, so_far, out);
    case GH_LOGIN_FAIL:
        return answer_failure(context, so_far, gh_login_after_fail(context),
                              out);
    case GH_LOGIN_DELAY:
        return answer_failure(context, so_far, gh_login_after_delay(context),
                              out);
    case GH_LOGIN_REFUSE:
        return after_refuse(context, so_far, out);
    case GH_LOGIN_TRAVEL:
    case GH_LOGIN_REHASH:
        break;
    }
    return GH_FAULT_BUG;
}

enum gh_status
act_password(struct gh_context *context, const struct gh_exchange *so_far,
             struct gh_outcome *out)
{
    if (so_far->principal.kind != GH_PRINCIPAL_ACCOUNT)
        return gh_account_turn_away(context, so_far, out);
    if (gh_login_of(context) == NULL)
        return GH_FAULT_MEMORY;
    return go_on(context, so_far, out);
}
