/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_logout: only a form that this session was shown ends
 * it, nobody is told before it has ended, and a browser that is not signed in
 * is made to forget nothing on another site's word.
 */
#include "act.h"

#include <stdio.h>

#include "check.h"
#include "core/csrf.h"
#include "fresh.h"
#include "signing.h"

#include "base/banned.h"

#define COOKIE "__Host-id=" SIGNING_TOKEN
#define DELETED                                                                \
    "Set-Cookie: __Host-id=; Path=/; Secure; HttpOnly; SameSite=Lax; "         \
    "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
#define END                                                                    \
    {                                                                          \
        .stmt = &gh_stmt_session_end                                           \
    }
#define EVENT                                                                  \
    {                                                                          \
        .stmt = &gh_stmt_event_write                                           \
    }

static struct fake_value *
live(void)
{
    return signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
}

/* A form with a token. */
static struct gh_text
form_with(struct gh_text token)
{
    static char at[256];
    int len = snprintf(at, sizeof(at), "csrf=%.*s", GH_TEXT_ARG(token));

    return (struct gh_text){at, (size_t)len};
}

/* The form as alice was shown it. */
static struct gh_text
good_form(void)
{
    return form_with(
        signing_token(GH_TEXT("logout"), GH_TEXT(SIGNING_REFERENCE)));
}

/* What is posted: a form, and one parameter that is not as usual. */
struct post {
    const struct fake_step *steps; /* the script */
    size_t n;                      /* of it */
    const char *cookies_z;         /* NULL: none */
    struct gh_text form;           /* encoded */
    const char *header_z;          /* parameter to change, or NULL */
    const char *value_z;           /* to this; NULL: drop it */
};

static struct desk *
lay(const struct post *post)
{
    struct desk *desk = signing_begin(post->steps, post->n, 1);

    signing_post(desk, "/auth/logout", post->cookies_z, post->form);
    if (post->header_z != NULL && post->value_z != NULL)
        desk_set(desk, post->header_z, gh_text_of_z(post->value_z));
    else if (post->header_z != NULL)
        desk_drop(desk, post->header_z);
    return desk;
}

static struct desk *
try(const struct post *post)
{
    struct desk *desk = lay(post);

    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

static bool
forgets(const struct desk *desk)
{
    bool is_deleted = signing_has_line(desk, GH_TEXT(DELETED));

    check(signing_has_line(
              desk, GH_TEXT("Clear-Site-Data: \"cache\", \"storage\"")) ==
          is_deleted);
    check(is_deleted == (signing_cookie(desk, "__Host-id").at != NULL));
    check(signing_cookie(desk, "__Host-device").at == NULL);
    return is_deleted;
}

/* Opens a page of ours with these cookies. */
static struct desk *
show(const char *target_z, const char *cookies_z, const struct fake_step *steps,
     size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);

    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    if (cookies_z != NULL)
        desk_set(desk, "HTTP_COOKIE", gh_text_of_z(cookies_z));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

static void
good_form_ends_the_session_and_makes_the_browser_forget(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(live()), END};
    const struct post post = {.steps = steps,
                              .n = GH_COUNT(steps),
                              .cookies_z = COOKIE,
                              .form = good_form()};
    struct desk *desk = try(&post);

    check_number(303, signing_reply(desk)->status);
    check(signing_has_line(desk, GH_TEXT("Location: /auth/logged-out")));
    check(forgets(desk));
    check_text(fake_database_bytes(0, 0), fake_database_bytes(1, 0));
    check_text(GH_TEXT("logout"), fake_database_bytes(1, 1));
    check_text(GH_TEXT("Firefox"), fake_database_bytes(1, 3));
    check_text(GH_TEXT("public"), fake_database_bytes(1, 4));
    check_text(GH_TEXT("node-1"), fake_database_bytes(1, 6));
    check(!fake_database_holds(GH_TEXT(SIGNING_TOKEN)));
    signing_end(desk);
}

static void
nobody_is_told_before_the_session_has_ended(void)
{
    struct fake_step steps[] = {SIGNING_FOUND(live()), END};
    const struct post post = {.steps = steps,
                              .n = GH_COUNT(steps),
                              .cookies_z = COOKIE,
                              .form = good_form()};

    for (size_t i = 0; i < 4; i++) {
        struct desk *desk;

        steps[1].asked = i == 0 ? GH_FAULT_DB : GH_OK;
        steps[1].status = i == 1 ? GH_FAULT_DB : GH_NONE;
        steps[1].n_waits = (unsigned)i;
        desk = lay(&post);
        if (signing_know(desk))
            check_status(GH_FAULT_DB, signing_act(desk));
        check_number(0, desk->exchange->outcome.reply.head.len);
        signing_end(desk);
    }
}

/* Whether alice's session goes on here after that. */
static bool
goes_on_after(const struct post *post)
{
    struct gh_fresh *fresh = NULL;
    uint64_t before;
    bool is_held;
    struct desk *desk = lay(post);

    check_status(GH_OK, gh_fresh_new(&fresh));
    desk->gateway.fresh = fresh;
    before = gh_fresh_moment(fresh);
    if (signing_know(desk))
        check(signing_act(desk) != GH_WAIT);
    is_held = gh_fresh_holds(fresh, before, 31, SIGNING_ID);
    desk->gateway.fresh = NULL;
    gh_fresh_free(fresh);
    signing_end(desk);
    return is_held;
}

static void
good_form_ends_the_session_here_whatever_the_database_says(void)
{
    struct fake_step steps[] = {SIGNING_FOUND(live()), END};
    struct fake_step refused[] = {SIGNING_FOUND(live()), EVENT};
    struct post post = {.steps = steps,
                        .n = GH_COUNT(steps),
                        .cookies_z = COOKIE,
                        .form = good_form()};

    check(!goes_on_after(&post));
    steps[1].status = GH_FAULT_DB;
    check(!goes_on_after(&post));
    steps[1].asked = GH_FAULT_DB;
    check(!goes_on_after(&post));
    post.steps = refused;
    post.form = form_with(GH_TEXT("x"));
    check(goes_on_after(&post));
    refused[1].status = GH_FAULT_DB;
    check(goes_on_after(&post));
}

/* Refused: one event, 403, and alice is still signed in. */
static void
check_refused(struct post post)
{
    const struct fake_step steps[] = {SIGNING_FOUND(live()), EVENT};
    struct desk *desk;

    post.steps = steps;
    post.n = GH_COUNT(steps);
    post.cookies_z = COOKIE;
    desk = try(&post);
    check_number(403, signing_reply(desk)->status);
    check_text(GH_TEXT("malicious_csrf"), fake_database_bytes(1, 0));
    check(!forgets(desk));
    signing_end(desk);
}

static void
form_of_another_session_or_purpose_ends_nothing(void)
{
    const struct post bob = {
        .form = form_with(signing_token(
            GH_TEXT("logout"), GH_TEXT("00112233445566778899aabbccddeeff")))};
    struct post login;

    check_refused(bob);
    login = (struct post){.form = form_with(signing_token(
                              GH_TEXT("login"), GH_TEXT(SIGNING_REFERENCE)))};
    check_refused(login);
    check_refused((struct post){.form = form_with(GH_TEXT(""))});
    check_refused((struct post){.form = GH_TEXT("")});
    check_refused((struct post){.form = GH_TEXT("csrf=x&more=1")});
}

static void
token_that_was_touched_ends_nothing(void)
{
    char at[GH_CSRF_LEN + 8];

    for (size_t i = 0; i < 3; i++) {
        struct gh_text good =
            signing_token(GH_TEXT("logout"), GH_TEXT(SIGNING_REFERENCE));
        int len = snprintf(at, sizeof(at), "%.*s%s", GH_TEXT_ARG(good),
                           i == 1 ? "A" : "");

        if (i == 0)
            len--;
        if (i == 2)
            at[50] = at[50] == 'A' ? 'B' : 'A';
        check_refused((struct post){
            .form = form_with((struct gh_text){at, (size_t)len})});
    }
}

static void
good_form_from_elsewhere_ends_nothing(void)
{
    check_refused((struct post){.form = good_form(),
                                .header_z = "HTTP_SEC_FETCH_SITE",
                                .value_z = "cross-site"});
    check_refused((struct post){.form = good_form(),
                                .header_z = "HTTP_ORIGIN",
                                .value_z = "https://evil.example"});
    check_refused(
        (struct post){.form = good_form(), .header_z = "HTTP_SEC_FETCH_SITE"});
    check_refused((struct post){.form = good_form(),
                                .header_z = "CONTENT_TYPE",
                                .value_z = "text/plain"});
}

static void
refusal_that_cannot_be_recorded_is_a_fault(void)
{
    struct fake_step steps[] = {SIGNING_FOUND(live()), EVENT};
    const struct post post = {.steps = steps,
                              .n = GH_COUNT(steps),
                              .cookies_z = COOKIE,
                              .form = form_with(GH_TEXT("x"))};
    struct desk *desk;

    steps[1].status = GH_FAULT_DB;
    desk = lay(&post);
    if (signing_know(desk))
        check_status(GH_FAULT_DB, signing_act(desk));
    signing_end(desk);
}

static void
body_of_unknown_length_is_refused(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(live())};
    const struct post post = {.steps = steps,
                              .n = GH_COUNT(steps),
                              .cookies_z = COOKIE,
                              .form = good_form(),
                              .header_z = "CONTENT_LENGTH",
                              .value_z = ""};
    struct desk *desk = try(&post);

    check_number(411, signing_reply(desk)->status);
    check(!forgets(desk));
    signing_end(desk);
}

/* Another site's form comes without our cookie, because it is SameSite=Lax:
 * the browser that keeps it must not be told to forget. */
static void
form_of_another_site_makes_nobody_forget(void)
{
    const struct post post = {.form = GH_TEXT("csrf=x"),
                              .header_z = "HTTP_SEC_FETCH_SITE",
                              .value_z = "cross-site"};
    const struct post silent = {.form = GH_TEXT("csrf=x"),
                                .header_z = "HTTP_SEC_FETCH_SITE"};
    struct desk *desk = try(&post);

    check(!forgets(desk));
    signing_end(desk);
    desk = try(&silent);
    check(!forgets(desk));
    signing_end(desk);
}

/* Signs out with a session that is over, as the browser says from there. */
static bool
second_click_forgets(const char *site_z)
{
    struct fake_value *row = live();
    const struct fake_step steps[] = {SIGNING_FOUND(row),
                                      {.stmt = &gh_stmt_session_dead_use}};
    const struct post post = {.steps = steps,
                              .n = GH_COUNT(steps),
                              .cookies_z = COOKIE,
                              .form = good_form(),
                              .header_z = "HTTP_SEC_FETCH_SITE",
                              .value_z = site_z};
    struct desk *desk;
    bool does;

    row[GH_FIND_STATE].text = GH_TEXT("logout");
    desk = try(&post);
    check_number(303, signing_reply(desk)->status);
    check(signing_has_line(desk, GH_TEXT("Location: /auth/logged-out")));
    does = forgets(desk);
    signing_end(desk);
    return does;
}

static void
second_click_is_as_good_as_the_first(void)
{
    check(second_click_forgets("same-origin"));
    check(!second_click_forgets("cross-site"));
}

static void
page_asks_first_and_names_who_is_signed_in(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(live())};
    struct desk *desk = show("/auth/logout", COOKIE, steps, GH_COUNT(steps));

    check_number(200, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("alice")));
    check(signing_has(desk, GH_TEXT("action=\"/auth/logout\"")));
    check(signing_has(desk, GH_TEXT("name=\"csrf\" value=\"")));
    check(!forgets(desk));
    signing_end(desk);
}

static void
token_on_the_page_is_one_of_this_session(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(live())};
    struct desk *desk = show("/auth/logout", COOKIE, steps, GH_COUNT(steps));
    const struct gh_text mark = GH_TEXT("name=\"csrf\" value=\"");
    struct gh_text rest = signing_reply(desk)->body;

    while (rest.len > 0 && !gh_text_starts(rest, mark))
        rest = gh_text_from(rest, 1);
    check_status(GH_OK,
                 gh_csrf_check(
                     signing_keys(), GH_TEXT("logout"),
                     GH_TEXT(SIGNING_REFERENCE),
                     gh_text_first(gh_text_from(rest, mark.len), GH_CSRF_LEN)));
    signing_end(desk);
}

static void
page_for_nobody_asks_nothing(void)
{
    struct desk *desk = show("/auth/logout", NULL, NULL, 0);

    check_number(200, signing_reply(desk)->status);
    check(!signing_has(desk, GH_TEXT("name=\"csrf\"")));
    check(!forgets(desk));
    signing_end(desk);
}

static void
page_afterwards_is_for_who_is_signed_out(void)
{
    const struct fake_step steps[] = {SIGNING_FOUND(live())};
    struct desk *desk = show("/auth/logged-out", NULL, NULL, 0);

    check_number(200, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("href=\"/auth/login\"")));
    signing_end(desk);
    desk = show("/auth/logged-out", COOKIE, steps, GH_COUNT(steps));
    check_number(303, signing_reply(desk)->status);
    check(signing_has_line(desk, GH_TEXT("Location: /auth/logout")));
    check(!forgets(desk));
    signing_end(desk);
}

static void
who_cannot_be_known_is_neither_asked_nor_signed_out(void)
{
    static const char *const pages[] = {"/auth/logout", "/auth/logged-out"};
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_find, .status = GH_FAULT_DB}};
    const struct post post = {.steps = steps,
                              .n = GH_COUNT(steps),
                              .cookies_z = COOKIE,
                              .form = good_form()};
    struct desk *desk;

    for (size_t i = 0; i < GH_COUNT(pages); i++) {
        desk = show(pages[i], COOKIE, steps, GH_COUNT(steps));
        check_number(503, signing_reply(desk)->status);
        check(!forgets(desk));
        signing_end(desk);
    }
    desk = try(&post);
    check_number(503, signing_reply(desk)->status);
    check(!forgets(desk));
    signing_end(desk);
}

static void
other_methods_change_nothing(void)
{
    static const char *const methods[] = {"OPTIONS", "DELETE", "PUT"};
    const struct fake_step steps[] = {SIGNING_FOUND(live())};
    struct post post = {.steps = steps,
                        .n = GH_COUNT(steps),
                        .cookies_z = COOKIE,
                        .form = good_form(),
                        .header_z = "REQUEST_METHOD",
                        .value_z = "HEAD"};
    struct desk *desk = try(&post);

    check_number(200, signing_reply(desk)->status);
    check_number(0, signing_reply(desk)->body.len);
    check(!forgets(desk));
    signing_end(desk);
    for (size_t i = 0; i < GH_COUNT(methods); i++) {
        post.value_z = methods[i];
        desk = try(&post);
        check_number(405, signing_reply(desk)->status);
        check(!forgets(desk));
        signing_end(desk);
    }
}

const struct check_case act_logout_cases[] = {
    CHECK_CASE(good_form_ends_the_session_and_makes_the_browser_forget),
    CHECK_CASE(nobody_is_told_before_the_session_has_ended),
    CHECK_CASE(good_form_ends_the_session_here_whatever_the_database_says),
    CHECK_CASE(form_of_another_session_or_purpose_ends_nothing),
    CHECK_CASE(token_that_was_touched_ends_nothing),
    CHECK_CASE(good_form_from_elsewhere_ends_nothing),
    CHECK_CASE(refusal_that_cannot_be_recorded_is_a_fault),
    CHECK_CASE(body_of_unknown_length_is_refused),
    CHECK_CASE(form_of_another_site_makes_nobody_forget),
    CHECK_CASE(second_click_is_as_good_as_the_first),
    CHECK_CASE(page_asks_first_and_names_who_is_signed_in),
    CHECK_CASE(token_on_the_page_is_one_of_this_session),
    CHECK_CASE(page_for_nobody_asks_nothing),
    CHECK_CASE(page_afterwards_is_for_who_is_signed_out),
    CHECK_CASE(who_cannot_be_known_is_neither_asked_nor_signed_out),
    CHECK_CASE(other_methods_change_nothing),
    {0},
};
