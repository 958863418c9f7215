/* SPDX-License-Identifier: Apache-2.0
 *
 * The act of signing out: GET asks, POST ends the session in the database
 * before anybody is told, and the page behind it says so. Owns nothing.
 * Refuses forms of others. Called by step_act until it is done.
 */
#include "act.h"

#include "account_int.h"
#include "core/csrf.h"
#include "core/session.h"
#include "database.h"
#include "event.h"
#include "fresh.h"
#include "guard.h"
#include "recall.h"
#include "reply.h"
#include "visit.h"
#include "web/cookie.h"

#include "base/banned.h"

enum {
    FIELDS_MAX = 512, /* bytes of the field lines of a sign-out */
};

static const struct gh_form_input inputs[] = {
    {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, GH_CSRF_LEN, false},
};

static const struct gh_own_form form = {GH_TEXT_INIT("logout"), inputs,
                                        GH_COUNT(inputs)};

/* The page behind a sign-out, for who is not signed in. */
static enum gh_status
show_logged_out(struct gh_context *context, const struct gh_request *request,
                struct gh_outcome *out)
{
    char at[GH_OWN_PATH_MAX];
    const struct gh_page_value values[] = {
        {GH_TEXT("action"), gh_own_path(context, GH_TEXT("/login"), at)},
    };

    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_page(
        context, request,
        &(struct gh_reply_page){.status = 200,
                                .layout = context->settings->logged_out,
                                .values = values,
                                .n_values = GH_COUNT(values)},
        &out->reply);
}

enum gh_status
act_logged_out(struct gh_context *context, const struct gh_request *request,
               const struct gh_principal *principal, struct gh_outcome *out)
{
    char at[GH_OWN_PATH_MAX];

    switch (principal->kind) {
    case GH_PRINCIPAL_NOBODY:
        break;
    case GH_PRINCIPAL_ACCOUNT:
        /* Signed in again meanwhile: that page says as whom. */
        out->kind = GH_OUTCOME_REPLY;
        return gh_reply_see_other(context, request,
                                  gh_own_path(context, GH_TEXT("/logout"), at),
                                  (struct gh_text){0}, &out->reply);
    case GH_PRINCIPAL_UNKNOWN:
        return act_refuse(context, request, 503, out);
    }
    return show_logged_out(context, request, out);
}

enum gh_status
act_logout_form(struct gh_context *context, const struct gh_request *request,
                const struct gh_principal *principal, struct gh_outcome *out)
{
    char at[GH_OWN_PATH_MAX];
    char timing[GH_OWN_PATH_MAX];
    char left[GH_SESSION_LEFT_MAX];
    char token[GH_CSRF_LEN];
    struct gh_buf csrf = gh_buf_over(token, sizeof(token));
    enum gh_status status;

    if (principal->kind == GH_PRINCIPAL_UNKNOWN)
        return act_refuse(context, request, 503, out);
    if (principal->kind != GH_PRINCIPAL_ACCOUNT)
        return show_logged_out(context, request, out);
    status = gh_csrf_make(context->settings->ring, form.purpose,
                          principal->reference, &csrf);
    if (status != GH_OK)
        return status;
    const struct gh_page_value values[] = {
        {GH_TEXT("username"), principal->account},
        {GH_TEXT("csrf"), gh_buf_text(&csrf)},
        {GH_TEXT("action"), gh_own_path(context, GH_TEXT("/logout"), at)},
        {GH_TEXT("return_to"), GH_TEXT("/")},
        {GH_TEXT("timing"), gh_own_path(context, GH_TEXT("/session"), timing)},
        {GH_TEXT("left"), gh_session_left(principal, left)},
    };

    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_page(
        context, request,
        &(struct gh_reply_page){.status = 200,
                                .layout = context->settings->logout,
                                .values = values,
                                .n_values = GH_COUNT(values)},
        &out->reply);
}

/* Has the session ended, with its audit row. */
static enum gh_status
ask_end(struct gh_context *context, const struct gh_request *request)
{
    struct gh_visit visit;
    enum gh_status status = gh_visit_of(context, request, &visit);

    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {gh_param_bytea(context->token_hash),
                                      gh_param_text(GH_TEXT("logout")),
                                      visit.client,
                                      visit.user_agent,
                                      visit.entry,
                                      visit.exchange,
                                      visit.node};

    return gh_database_ask(context, &gh_stmt_session_end, params,
                           GH_COUNT(params));
}

/* The way to the page that says so. With is_over the browser is told to
 * forget the session; not by "cookies", which would reach the whole
 * registrable domain. */
static enum gh_status
say_goodbye(struct gh_context *context, const struct gh_request *request,
            bool is_over, struct gh_outcome *out)
{
    char at[GH_OWN_PATH_MAX];
    struct gh_buf fields;
    enum gh_status status = gh_buf_in(context->arena, FIELDS_MAX, &fields);

    if (status != GH_OK)
        return status;
    if (is_over) {
        gh_cookie_write(&fields, context->settings->cookies.session,
                        (struct gh_text){0}, 0);
        gh_buf_lit(&fields, "Clear-Site-Data: \"cache\", \"storage\"\r\n");
    }
    gh_assert(!fields.is_failed);
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_see_other(context, request,
                              gh_own_path(context, GH_TEXT("/logged-out"), at),
                              gh_buf_text(&fields), &out->reply);
}

/* The session is over here at once; elsewhere within the freshness bound. */
static void
end_here(struct gh_context *context, const struct gh_principal *principal)
{
    gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_SESSION,
                   principal->session_id);
}

enum gh_status
act_logout(struct gh_context *context, const struct gh_exchange *so_far,
           struct gh_outcome *out)
{
    static const struct gh_audit_event not_ours = {.event_z = "malicious_csrf",
                                                   .reason_z = "sign-out form"};
    const struct gh_request *request = &so_far->request;
    const struct gh_principal *principal = &so_far->principal;
    struct gh_text values[GH_COUNT(inputs)];
    const struct gh_rows *rows;
    enum gh_status status;

    /* It cannot be said that it is over, but it is here. */
    if (principal->kind == GH_PRINCIPAL_UNKNOWN) {
        if (gh_guard_is_same_origin(request))
            gh_recall_end(context, request);
        return act_refuse(context, request, 503, out);
    }
    /* The same click twice, or a session that is over anyway; or the page of
     * another site, whose requests come without our cookie: that one must not
     * make the browser forget. */
    if (principal->kind != GH_PRINCIPAL_ACCOUNT)
        return say_goodbye(
            context, request,
            request->token.len > 0 && gh_guard_is_same_origin(request), out);
    if (request->body == GH_REQUEST_STREAM)
        return act_refuse(context, request, 411, out);
    if (context->query == NULL) {
        status = gh_guard_own_form(context, so_far, &form, values);
        if (status == GH_MALFORMED)
            return gh_event_ask_refusal(context, request, &not_ours, 403);
        if (status != GH_OK)
            return status;
        /* Also when the database cannot be told. */
        end_here(context, principal);
        status = ask_end(context, request);
        return status == GH_OK ? GH_WAIT : status;
    }
    status = gh_database_answer(context, &rows);
    if (status == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    /* Again: it may have been found while that was under way. */
    if (context->refusal == 0)
        end_here(context, principal);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    if (context->refusal != 0)
        return act_refuse(context, request, context->refusal, out);
    return say_goodbye(context, request, true, out);
}
