/* SPDX-License-Identifier: Apache-2.0
 *
 * Acts that end in an answer of our own: refusals, the way to the sign-in
 * form, and the addresses under base_path. Owns the table of those addresses.
 * Called by step_act.
 */
#include "act.h"

#include "core/session.h"
#include "login_page.h"
#include "reply.h"
#include "web/cookie.h"

#include "base/banned.h"

enum {
    COOKIE_MAX = 256, /* bytes of one Set-Cookie line */
};

/* Our addresses, below base_path. */
enum page {
    PAGE_STYLE,
    PAGE_LOGIN,
    PAGE_LOGOUT,
    PAGE_LOGGED_OUT,
    PAGE_SESSION,
    PAGE_ACCOUNT,
    PAGE_NOT_ME,
    PAGE_PASSWORD,
    PAGE_PREFERENCES,
    PAGE_WELL_KNOWN,
    PAGE_HELP,
    PAGE_DATA, /* and everything below it */
    N_PAGES,
};

static const struct {
    struct gh_text path; /* behind base_path */
    bool takes_forms;    /* POST is possible */
    bool is_sign_in;     /* only where somebody can sign in */
} pages[N_PAGES] = {
    [PAGE_STYLE] = {GH_TEXT_INIT("/static/style.css"), false, false},
    [PAGE_LOGIN] = {GH_TEXT_INIT("/login"), true, true},
    [PAGE_LOGOUT] = {GH_TEXT_INIT("/logout"), true, true},
    [PAGE_LOGGED_OUT] = {GH_TEXT_INIT("/logged-out"), false, true},
    [PAGE_SESSION] = {GH_TEXT_INIT("/session"), true, true},
    [PAGE_ACCOUNT] = {GH_TEXT_INIT("/account"), true, true},
    [PAGE_NOT_ME] = {GH_TEXT_INIT("/account/not-me"), true, true},
    [PAGE_PASSWORD] = {GH_TEXT_INIT("/account/password"), true, true},
    [PAGE_PREFERENCES] = {GH_TEXT_INIT("/account/preferences"), true, true},
    /* Not behind base_path: see gh_parse_place(). */
    [PAGE_WELL_KNOWN] = {GH_TEXT_INIT(GH_WELL_KNOWN_PASSWORD), false, true},
    [PAGE_HELP] = {GH_TEXT_INIT("/help"), false, true},
    [PAGE_DATA] = {GH_TEXT_INIT("/data/"), false, true},
};

enum gh_status
act_refuse(struct gh_context *context, const struct gh_request *request,
           unsigned status, struct gh_outcome *out)
{
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_message(context, request, status, &out->reply);
}

/* {"reason":"idle","login":"/auth/login?…"} for scripts. */
static enum gh_status
say_sign_in(struct gh_context *context, const struct gh_request *request,
            struct gh_text reason, struct gh_text login, struct gh_reply *out)
{
    struct gh_buf buf;
    enum gh_status status =
        gh_buf_in(context->arena, 128 + 2 * login.len, &buf);

    if (status != GH_OK)
        return status;
    gh_buf_lit(&buf, "{\"status\":401,\"reason\":\"");
    gh_buf_json(&buf, reason);
    gh_buf_lit(&buf, "\",\"login\":\"");
    gh_buf_json(&buf, login);
    gh_buf_lit(&buf, "\"}\n");
    return gh_reply_json(context, request, 401, gh_buf_text(&buf), out);
}

enum gh_status
act_sign_in(struct gh_context *context, const struct gh_request *request,
            const struct gh_principal *principal, struct gh_outcome *out)
{
    bool is_known = principal->kind == GH_PRINCIPAL_ACCOUNT;
    struct gh_text reason =
        is_known ? gh_login_confirm : gh_nobody_word(principal->nobody);
    char at[COOKIE_MAX];
    struct gh_buf cookie = gh_buf_over(at, sizeof(at));
    struct gh_text login;
    enum gh_status status;

    if (context->worker->database == NULL)
        return act_refuse(context, request, 401, out);
    status =
        gh_login_address_of(context, request,
                            !is_known && principal->nobody == GH_NOBODY_NO_TOKEN
                                ? (struct gh_text){0}
                                : reason,
                            &login);
    if (status != GH_OK)
        return status;
    out->kind = GH_OUTCOME_REPLY;
    if (!request->is_navigation)
        return say_sign_in(context, request, reason, login, &out->reply);
    /* Whose rights changed, or who was not signed out by anybody, takes what
     * scripts kept along to the next session, which finds it by the token. */
    if (request->token.len > 0 && !is_known &&
        principal->nobody != GH_NOBODY_RIGHTS &&
        principal->nobody != GH_NOBODY_FAILOVER)
        gh_cookie_write(&cookie, context->settings->cookies.session,
                        (struct gh_text){0}, 0);
    return gh_reply_see_other(context, request, login, gh_buf_text(&cookie),
                              &out->reply);
}

/* True for GET and HEAD: what reads. */
static bool
is_read(const struct gh_request *request)
{
    return request->is_head || gh_text_equal(request->method, GH_TEXT("GET"));
}

/* Which of our addresses is meant; N_PAGES for none that exists here. */
static enum page
find_page(const struct gh_context *context, const struct gh_request *request)
{
    struct gh_text path = request->target.path;
    struct gh_text rest =
        gh_text_equal(path, GH_TEXT(GH_WELL_KNOWN_PASSWORD))
            ? path
            : gh_text_from(path, context->settings->gateway.base_path.len);
    bool can_sign_in =
        context->worker->database != NULL && context->settings->ring != NULL;

    for (size_t i = 0; i < N_PAGES; i++) {
        bool is_it = i == PAGE_DATA ? gh_text_starts(rest, pages[i].path)
                                    : gh_text_equal(rest, pages[i].path);

        if (is_it && (can_sign_in || !pages[i].is_sign_in))
            return (enum page)i;
    }
    return N_PAGES;
}

/* Where browsers and password managers find the password page (W3C: A
 * Well-Known URL for Changing Passwords). */
static enum gh_status
show_way(struct gh_context *context, const struct gh_request *request,
         struct gh_outcome *out)
{
    char at[GH_OWN_PATH_MAX];

    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_found(
        context, request,
        gh_own_path(context, GH_TEXT("/account/password"), at), &out->reply);
}

/* How to sign in and out safely. */
static enum gh_status
show_help(struct gh_context *context, const struct gh_request *request,
          struct gh_outcome *out)
{
    char logout_at[GH_OWN_PATH_MAX];
    char account_at[GH_OWN_PATH_MAX];
    const struct gh_page_value values[] = {
        {GH_TEXT("action"),
         gh_own_path(context, GH_TEXT("/logout"), logout_at)},
        {GH_TEXT("return_to"),
         gh_own_path(context, GH_TEXT("/account"), account_at)},
        {GH_TEXT("back"), GH_TEXT("/")},
    };

    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_page(
        context, request,
        &(struct gh_reply_page){.status = 200,
                                .layout = context->settings->help,
                                .values = values,
                                .n_values = GH_COUNT(values)},
        &out->reply);
}

/* Whether a page takes the method; if not, which it does take is kept. */
static bool
takes_method(struct gh_context *context, const struct gh_request *request,
             enum page page)
{
    if (is_read(request) || (pages[page].takes_forms &&
                             gh_text_equal(request->method, GH_TEXT("POST"))))
        return true;
    context->allowed = pages[page].takes_forms ? GH_TEXT("GET, HEAD, POST")
                                               : GH_TEXT("GET, HEAD");
    return false;
}

enum gh_status
act_own(struct gh_context *context, const struct gh_exchange *so_far,
        struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    const struct gh_principal *principal = &so_far->principal;
    enum page page = find_page(context, request);
    bool is_form = gh_text_equal(request->method, GH_TEXT("POST"));

    if (page == N_PAGES)
        return act_refuse(context, request, 404, out);
    if (page == PAGE_DATA)
        return act_data(context, so_far, out);
    if (!takes_method(context, request, page))
        return act_refuse(context, request, 405, out);
    switch (page) {
    case PAGE_STYLE:
        out->kind = GH_OUTCOME_REPLY;
        return gh_reply_style(context, request, &out->reply);
    case PAGE_LOGIN:
        if (is_form)
            return act_login(context, request, principal, &so_far->body, out);
        return act_login_form(context, request, principal, out);
    case PAGE_LOGOUT:
        if (is_form)
            return act_logout(context, so_far, out);
        return act_logout_form(context, request, principal, out);
    case PAGE_LOGGED_OUT:
        return act_logged_out(context, request, principal, out);
    case PAGE_SESSION:
        if (is_form)
            return act_session_stay(context, so_far, out);
        return act_session(context, so_far, out);
    case PAGE_ACCOUNT:
        if (is_form)
            return act_account_end(context, so_far, out);
        return act_account(context, so_far, out);
    case PAGE_NOT_ME:
        if (is_form)
            return act_not_me(context, so_far, out);
        return act_not_me_form(context, so_far, out);
    case PAGE_PASSWORD:
        if (is_form)
            return act_password(context, so_far, out);
        return act_password_form(context, so_far, out);
    case PAGE_PREFERENCES:
        if (is_form)
            return act_preference(context, so_far, out);
        return act_preference_form(context, so_far, out);
    case PAGE_WELL_KNOWN:
        return show_way(context, request, out);
    case PAGE_HELP:
        return show_help(context, request, out);
    case PAGE_DATA:
    case N_PAGES:
        break;
    }
    return act_refuse(context, request, 404, out);
}
