/* SPDX-License-Identifier: Apache-2.0
 *
 * The sign-in form. Owns nothing. The page is the same for everybody who has
 * the same reason to see it: it never says whether an account exists. Called
 * by the sign-in act.
 */
#include "login_page.h"

#include "base/clock.h"
#include "core/csrf.h"
#include "reply.h"
#include "web/cookie.h"
#include "web/local.h"

#include "base/banned.h"

enum {
    ADDRESS_MAX = 128, /* bytes of the form's own path */
    COOKIE_MAX = 256,  /* bytes of one Set-Cookie line */
};

const struct gh_text gh_login_confirm = GH_TEXT_INIT("confirm");

/* A reason and what the person is told. */
struct notice {
    struct gh_text code; /* as it stands in the address */
    struct gh_text text; /* one or two sentences */
};

static const struct notice notices[] = {
    {GH_TEXT_INIT("idle"),
     GH_TEXT_INIT("You were signed out because nothing happened for a while. "
                  "Please sign in again.")},
    {GH_TEXT_INIT("expired"),
     GH_TEXT_INIT("Your session has reached its full length. Please sign in "
                  "again.")},
    {GH_TEXT_INIT("signed_out"),
     GH_TEXT_INIT("You have signed out. To go on, please sign in again.")},
    {GH_TEXT_INIT("ended"),
     GH_TEXT_INIT("Your session was ended. Please sign in again.")},
    {GH_TEXT_INIT("reused"),
     GH_TEXT_INIT("Your session was ended for your safety: it was used from "
                  "two places. Please sign in again; if that was not you, tell "
                  "the people who run this site.")},
    {GH_TEXT_INIT("account"),
     GH_TEXT_INIT("Your session was ended because your account was changed. "
                  "Please sign in again.")},
    {GH_TEXT_INIT("permissions"),
     GH_TEXT_INIT("Your access rights changed. Sign in again.")},
    {GH_TEXT_INIT("confirm"),
     GH_TEXT_INIT("Please confirm that it is you: what you want to open asks "
                  "for a recent sign-in. Sign in again to go on.")},
    {GH_TEXT_INIT("server_moved"),
     GH_TEXT_INIT("The sign-in service was moved to another server. Please "
                  "sign in again.")},
    {GH_TEXT_INIT("moved"),
     GH_TEXT_INIT("Your session was ended for your safety: it was used from "
                  "another network, or with another browser, than you signed "
                  "in with. Please sign in again; if that was not you, tell "
                  "the people who run this site.")},
};

int64_t
gh_wall_clock_s(void)
{
    return gh_clock_us(CLOCK_REALTIME) / GH_SECOND_US;
}

struct gh_text
gh_login_notice(struct gh_text code)
{
    for (size_t i = 0; i < GH_COUNT(notices); i++) {
        if (gh_text_equal(code, notices[i].code))
            return notices[i].text;
    }
    return (struct gh_text){0};
}

enum gh_status
gh_login_address(struct gh_context *context, struct gh_text return_to,
                 struct gh_text code, struct gh_text *out)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(
        context->arena, ADDRESS_MAX + 3 * return_to.len + code.len, &buf);

    if (status != GH_OK)
        return status;
    /* base_path and the codes are ours. */
    gh_buf_checked(&buf, context->settings->gateway.base_path);
    gh_buf_lit(&buf, "/login?return_to=");
    gh_buf_url(&buf, return_to);
    if (code.len > 0) {
        gh_buf_lit(&buf, "&reason=");
        gh_buf_url(&buf, code);
    }
    gh_assert(!buf.is_failed);
    *out = gh_buf_text(&buf);
    return GH_OK;
}

enum gh_status
gh_login_address_of(struct gh_context *context,
                    const struct gh_request *request, struct gh_text code,
                    struct gh_text *out)
{
    struct gh_text back;
    struct gh_buf buf;
    enum gh_status status =
        gh_buf_in(context->arena,
                  request->target.path.len + request->target.query.len, &buf);

    if (status != GH_OK)
        return status;
    /* Both were checked by parse. */
    gh_buf_checked(&buf, request->target.path);
    gh_buf_checked(&buf, request->target.query);
    status = gh_local_parse(context->arena, gh_buf_text(&buf),
                            context->settings->gateway.base_path, &back);
    if (status != GH_OK)
        return status;
    return gh_login_address(context, back, code, out);
}

/* The state before sign-in: the one that came, while it is good, or a new one
 * and the cookie line for it. */
static enum gh_status
find_pre(struct gh_context *context, const struct gh_request *request,
         struct gh_text *pre, struct gh_text *fields)
{
    const struct gh_keys *keys = context->settings->ring;
    struct gh_buf value;
    struct gh_buf line;
    enum gh_status status = gh_pre_check(keys, gh_wall_clock_s(), request->pre);

    *pre = request->pre;
    *fields = (struct gh_text){0};
    if (status == GH_OK || gh_is_fault(status))
        return status;
    status = gh_buf_in(context->arena, GH_PRE_LEN, &value);
    if (status == GH_OK)
        status = gh_buf_in(context->arena, COOKIE_MAX, &line);
    if (status == GH_OK)
        status = gh_pre_make(keys, gh_wall_clock_s(), &value);
    if (status != GH_OK)
        return status;
    *pre = gh_buf_text(&value);
    /* No Max-Age: the browser must still send it when it has grown old, or
     * an old form could not be told from a foreign one. */
    gh_cookie_write(&line, gh_cookie_pre, *pre, 0);
    gh_assert(!line.is_failed);
    *fields = gh_buf_text(&line);
    return GH_OK;
}

enum gh_status
gh_login_page(struct gh_context *context, const struct gh_request *request,
              const struct gh_login_page *page, struct gh_reply *out)
{
    struct gh_text pre;
    struct gh_text fields;
    char token[GH_CSRF_LEN];
    char path[ADDRESS_MAX];
    struct gh_buf csrf = gh_buf_over(token, sizeof(token));
    struct gh_buf action = gh_buf_over(path, sizeof(path));
    enum gh_status status = find_pre(context, request, &pre, &fields);

    if (status == GH_OK)
        status =
            gh_csrf_make(context->settings->ring, GH_TEXT("login"), pre, &csrf);
    if (status != GH_OK)
        return status;
    gh_buf_checked(&action, context->settings->gateway.base_path);
    gh_buf_lit(&action, "/login");
    const struct gh_page_value values[] = {
        {GH_TEXT("alert"), page->alert},
        {GH_TEXT("notice"), page->notice},
        {GH_TEXT("username"), page->username},
        {GH_TEXT("return_to"), page->return_to},
        {GH_TEXT("csrf"), gh_buf_text(&csrf)},
        {GH_TEXT("action"), gh_buf_text(&action)},
    };

    return gh_reply_page(
        context, request,
        &(struct gh_reply_page){.status = page->status,
                                .layout = context->settings->login,
                                .values = values,
                                .n_values = GH_COUNT(values),
                                .fields = fields,
                                .retry_after_s = page->retry_after_s},
        out);
}
