/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/login_page: the form is the same for everybody, its state
 * is used again while it is good, and what people typed is text and nothing
 * else.
 */
#include "login_page.h"

#include <stdio.h>
#include <time.h>

#include "check.h"
#include "config.h"
#include "core/csrf.h"
#include "signing.h"

#include "base/banned.h"

/* Makes the page for a browser with that state (empty: none). */
static struct desk *
make(const struct gh_login_page *page, struct gh_text pre)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct gh_exchange *x = desk->exchange;
    char cookie[128];
    int len =
        snprintf(cookie, sizeof(cookie), "__Host-pre=%.*s", GH_TEXT_ARG(pre));

    if (pre.len > 0)
        desk_set(desk, "HTTP_COOKIE", (struct gh_text){cookie, (size_t)len});
    check_number(0, desk_parse(desk));
    check_status(GH_OK, gh_login_page(&x->context, &x->request, page,
                                      &x->outcome.reply));
    return desk;
}

/* The token in the page. */
static struct gh_text
token_of(const struct desk *desk)
{
    const struct gh_text mark = GH_TEXT("name=\"csrf\" value=\"");
    struct gh_text rest = signing_reply(desk)->body;

    while (rest.len > 0 && !gh_text_starts(rest, mark))
        rest = gh_text_from(rest, 1);
    return gh_text_first(gh_text_from(rest, mark.len), GH_CSRF_LEN);
}

static void
state_that_is_good_is_used_again(void)
{
    const struct gh_login_page page = {.status = 200};
    struct gh_text pre = signing_pre(0);
    struct desk *desk = make(&page, pre);

    check_number(200, signing_reply(desk)->status);
    check(signing_cookie(desk, "__Host-pre").at == NULL);
    check_status(GH_OK, gh_csrf_check(signing_keys(), GH_TEXT("login"), pre,
                                      token_of(desk)));
    signing_end(desk);
}

/* A new state is made and the token belongs to that one. */
static void
check_new(struct gh_text pre)
{
    const struct gh_login_page page = {.status = 200};
    struct desk *desk = make(&page, pre);
    struct gh_text made = signing_cookie(desk, "__Host-pre");

    check_number(GH_PRE_LEN, made.len);
    check(!gh_text_equal(made, pre));
    check_status(GH_OK,
                 gh_pre_check(signing_keys(), (int64_t)time(NULL), made));
    check_status(GH_OK, gh_csrf_check(signing_keys(), GH_TEXT("login"), made,
                                      token_of(desk)));
    signing_end(desk);
}

static void
state_that_is_missing_old_or_foreign_is_made_anew(void)
{
    char foreign[GH_PRE_LEN];
    struct gh_text pre = signing_pre(0);

    for (size_t i = 0; i < GH_PRE_LEN; i++)
        foreign[i] = pre.at[i];
    foreign[20] = foreign[20] == 'A' ? 'B' : 'A';
    check_new((struct gh_text){0});
    check_new(signing_pre(GH_PRE_LIFE_S + 1));
    check_new((struct gh_text){foreign, sizeof(foreign)});
    check_new(GH_TEXT("x"));
}

static void
no_two_pages_hold_the_same_token(void)
{
    const struct gh_login_page page = {.status = 200};
    char first[GH_CSRF_LEN];
    struct gh_text pre = signing_pre(0);
    struct desk *desk = make(&page, pre);
    struct gh_text token = token_of(desk);

    for (size_t i = 0; i < GH_CSRF_LEN && i < token.len; i++)
        first[i] = token.at[i];
    signing_end(desk);
    desk = make(&page, pre);
    check(
        !gh_text_equal((struct gh_text){first, sizeof(first)}, token_of(desk)));
    signing_end(desk);
}

static void
what_was_typed_is_escaped(void)
{
    const struct gh_login_page page = {
        .status = 401,
        .username = GH_TEXT("\"><script>alert(1)</script>&'"),
        .return_to = GH_TEXT("/x?a=\"b\"&c")};
    struct desk *desk = make(&page, signing_pre(0));
    struct gh_text body = signing_reply(desk)->body;

    check_number(401, signing_reply(desk)->status);
    check(!config_contains(body, GH_TEXT("<script")));
    check(!config_contains(body, GH_TEXT("\"><s")));
    check(config_contains(body, GH_TEXT("&lt;script&gt;")));
    check(!config_contains(body, GH_TEXT("a=\"b\"")));
    signing_end(desk);
}

static void
page_sends_its_form_to_us_and_protects_itself(void)
{
    const struct gh_login_page page = {.status = 200,
                                       .alert = GH_TEXT("Went wrong."),
                                       .notice = GH_TEXT("Because.")};
    struct desk *desk = make(&page, signing_pre(0));
    struct gh_text head = signing_reply(desk)->head;
    struct gh_text body = signing_reply(desk)->body;

    check(config_contains(body, GH_TEXT("action=\"/auth/login\"")));
    check(config_contains(body, GH_TEXT("Went wrong.")));
    check(config_contains(body, GH_TEXT("Because.")));
    check(config_contains(head, GH_TEXT("Cache-Control: no-store")));
    check(config_contains(head, GH_TEXT("frame-ancestors 'none'")));
    check(config_contains(head, GH_TEXT("form-action 'self'")));
    check(config_contains(head, GH_TEXT("Referrer-Policy: same-origin")));
    signing_end(desk);
}

static void
reasons_have_words_and_other_codes_have_none(void)
{
    static const char *const ours[] = {"idle",         "expired", "signed_out",
                                       "ended",        "account", "permissions",
                                       "server_moved", "moved"};
    static const char *const others[] = {"",     "sign_in", "unknown",
                                         "Idle", "idle ",   "x"};

    for (size_t i = 0; i < GH_COUNT(ours); i++)
        check(gh_login_notice(gh_text_of_z(ours[i])).len > 0);
    for (size_t i = 0; i < GH_COUNT(others); i++)
        check_number(0, gh_login_notice(gh_text_of_z(others[i])).len);
}

static void
address_carries_the_way_back_and_the_reason(void)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct gh_context *context = &desk->exchange->context;
    struct gh_text address;

    check_status(GH_OK, gh_login_address(context, GH_TEXT("/x?a=b&c#d e"),
                                         GH_TEXT("idle"), &address));
    check_text(GH_TEXT("/auth/login?return_to=%2Fx%3Fa%3Db%26c%23d%20e"
                       "&reason=idle"),
               address);
    check_status(
        GH_OK, gh_login_address(context, GH_TEXT("/"), GH_TEXT(""), &address));
    check_text(GH_TEXT("/auth/login?return_to=%2F"), address);
    signing_end(desk);
}

static void
address_has_room_for_the_longest_way_back(void)
{
    static char path[4096];
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct gh_text address;

    path[0] = '/';
    for (size_t i = 1; i < sizeof(path); i++)
        path[i] = '?';
    check_status(GH_OK, gh_login_address(&desk->exchange->context,
                                         (struct gh_text){path, sizeof(path)},
                                         GH_TEXT("signed_out"), &address));
    check(address.len > 3 * sizeof(path));
    signing_end(desk);
}

const struct check_case login_page_cases[] = {
    CHECK_CASE(state_that_is_good_is_used_again),
    CHECK_CASE(state_that_is_missing_old_or_foreign_is_made_anew),
    CHECK_CASE(no_two_pages_hold_the_same_token),
    CHECK_CASE(what_was_typed_is_escaped),
    CHECK_CASE(page_sends_its_form_to_us_and_protects_itself),
    CHECK_CASE(reasons_have_words_and_other_codes_have_none),
    CHECK_CASE(address_carries_the_way_back_and_the_reason),
    CHECK_CASE(address_has_room_for_the_longest_way_back),
    {0},
};
