/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_session: what scripts and people are told of who is
 * signed in and for how long, and the button that keeps the session alive.
 */
#include "act.h"

#include <stdio.h>

#include "check.h"
#include "config.h"
#include "core/csrf.h"
#include "signing.h"

#include "base/banned.h"

/* Opens a page of ours as people do, or asks for it as scripts do, with that
 * found under the token. */
static struct desk *
get(const char *target_z, const char *mode_z, const struct fake_step *steps,
    size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);

    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    desk_set(desk, "HTTP_SEC_FETCH_MODE", gh_text_of_z(mode_z));
    if (n > 0)
        desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=" SIGNING_TOKEN));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

static struct desk *
ask(const struct fake_step *steps, size_t n)
{
    return get("/auth/session", "cors", steps, n);
}

static void
who_is_signed_in_is_told_in_json(void)
{
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))};
    struct desk *desk = ask(steps, GH_COUNT(steps));

    check_number(200, signing_reply(desk)->status);
    check_text(GH_TEXT("{\"is_signed_in\":true,\"account\":\"alice\","
                       "\"name\":\"Alice \\\"A\\\" <Example>\","
                       "\"session\":\"" SIGNING_REFERENCE "\",\"level\":1,"
                       "\"idle_left\":590,\"absolute_left\":7100}\n"),
               signing_reply(desk)->body);
    check(config_contains(signing_reply(desk)->head,
                          GH_TEXT("Cache-Control: no-store")));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
}

static void
nobody_is_told_in_the_same_form(void)
{
    struct desk *desk = ask(NULL, 0);

    check_number(200, signing_reply(desk)->status);
    check_text(GH_TEXT("{\"is_signed_in\":false}\n"),
               signing_reply(desk)->body);
    signing_end(desk);
}

static void
time_that_is_over_is_zero(void)
{
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    struct desk *desk;

    row[GH_FIND_IDLE_LEFT].number = -3;
    desk = ask(steps, GH_COUNT(steps));
    check(config_contains(signing_reply(desk)->body,
                          GH_TEXT("\"idle_left\":0,")));
    signing_end(desk);
}

static void
what_cannot_be_had_is_no_answer(void)
{
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_session_find, .status = GH_FAULT_DB}};
    struct desk *desk = ask(steps, GH_COUNT(steps));

    check_number(503, signing_reply(desk)->status);
    check(!config_contains(signing_reply(desk)->body, GH_TEXT("is_signed_in")));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
}

static void
people_read_how_long_is_left(void)
{
    static const struct {
        const char *target_z;
        int64_t idle_s, absolute_s;
        const char *says_z;    /* on the page */
        const char *not_z;     /* nowhere on it */
        const char *refresh_z; /* field line; NULL: none */
    } table[] = {
        {"/auth/session", 1799, 40000,
         "<p>You will be signed out in 29 minutes, on 2026-11-23 11:03:19 UTC, "
         "if you do nothing until then.</p>",
         "ends soon", NULL},
        {"/auth/session", 1799, 40000, "href=\"/auth/session?watch=yes\"",
         "Stop looking", NULL},
        {"/auth/session?watch=yes", 1799, 40000, "Stop looking", "ends soon",
         "Refresh: 1500\r\n"},
        {"/auth/session?watch=yes", 301, 40000, "<title>Your session",
         "ends soon", "Refresh: 2\r\n"},
        {"/auth/session?watch=yes", 300, 40000, "<title>5 minutes left",
         "<title>Your", "Refresh: 1\r\n"},
        {"/auth/session?watch=yes", 299, 40000, "<title>4 minutes left",
         "<title>Your", "Refresh: 60\r\n"},
        {"/auth/session", 119, 40000, "in <strong>1 minute</strong>",
         "<title>Your", NULL},
        {"/auth/session", 119, 40000, "<p>Your session ends on ", "in 1 minute",
         NULL},
        {"/auth/session?watch=yes", 7, 40000, "<title>less than a minute left",
         "<title>Your", "Refresh: 8\r\n"},
        {"/auth/session", -3, 40000, "less than a minute", "-", NULL},
        {"/auth/session", 7260, 7500, "in 2 hours 1 minute, ",
         "no session lasts longer", NULL},
        {"/auth/session", 7200, 3600, "in 1 hour, on ", "Stay signed in", NULL},
        {"/auth/session", 7200, 3600, "no session lasts longer",
         "if you do nothing", NULL},
        {"/auth/session?watch=no", 1799, 40000, "warn me", "Stop looking",
         NULL},
        {"/auth/session?watch=yes&x=1", 1799, 40000, "warn me", "Stop looking",
         NULL},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
        const struct fake_step steps[] = {SIGNING_FOUND(row)};
        struct desk *desk;

        row[GH_FIND_IDLE_LEFT].number = table[i].idle_s;
        row[GH_FIND_ABSOLUTE_LEFT].number = table[i].absolute_s;
        desk = get(table[i].target_z, "navigate", steps, 1);
        check_number(200, signing_reply(desk)->status);
        if (!check(signing_has(desk, gh_text_of_z(table[i].says_z))))
            fprintf(stderr, "    %s is missing\n", table[i].says_z);
        if (table[i].not_z[0] != '-')
            check(!signing_has(desk, gh_text_of_z(table[i].not_z)));
        check(
            config_contains(signing_reply(desk)->head, GH_TEXT("Refresh: ")) ==
            (table[i].refresh_z != NULL));
        if (table[i].refresh_z != NULL)
            check(config_contains(signing_reply(desk)->head,
                                  gh_text_of_z(table[i].refresh_z)));
        signing_end(desk);
    }
}

/* Opens the page of a session with so much left, for who wants to be warned so
 * many minutes before, by clocks that are 5:45 hours ahead. */
static struct desk *
look_ahead(int64_t warn_minutes, int64_t left_s)
{
    static struct fake_step steps[1];
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);

    row[GH_FIND_IDLE_LEFT].number = left_s;
    row[GH_FIND_WARN_MINUTES] =
        (struct fake_value){FAKE_NUMBER, {0}, warn_minutes};
    row[GH_FIND_UTC_OFFSET] = (struct fake_value){FAKE_NUMBER, {0}, 20700};
    steps[0] = (struct fake_step)SIGNING_FOUND(row);
    return get("/auth/session?watch=yes", "navigate", steps, 1);
}

static void
people_are_warned_when_they_have_chosen(void)
{
    static const struct {
        int64_t minutes, left_s;
        const char *refresh_z; /* field line */
        const char *says_z;    /* on the page */
    } table[] = {
        {2, 121, "Refresh: 2\r\n", "<title>Your session"},
        {2, 121, "Refresh: 2\r\n", "when 2 minutes are left"},
        {2, 120, "Refresh: 1\r\n", "<title>2 minutes left"},
        {10, 590, "Refresh: 51\r\n", "<title>9 minutes left"},
        {10, 601, "Refresh: 2\r\n", "when 10 minutes are left"},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct desk *desk = look_ahead(table[i].minutes, table[i].left_s);

        check(signing_has(desk, gh_text_of_z(table[i].says_z)));
        check(config_contains(signing_reply(desk)->head,
                              gh_text_of_z(table[i].refresh_z)));
        signing_end(desk);
    }
}

static void
people_who_want_no_warning_get_none(void)
{
    static const int64_t left_s[] = {1799, 60, 0};

    for (size_t i = 0; i < GH_COUNT(left_s); i++) {
        struct desk *desk = look_ahead(0, left_s[i]);

        check(signing_has(desk, GH_TEXT("<title>Your session")));
        check(signing_has(desk, GH_TEXT("href=\"/auth/account/preferences\"")));
        check(!signing_has(desk, GH_TEXT("watch=yes")));
        check(!signing_has(desk, GH_TEXT("role=\"alert\"")));
        check(
            !config_contains(signing_reply(desk)->head, GH_TEXT("Refresh: ")));
        signing_end(desk);
    }
}

static void
end_is_told_by_the_persons_clocks(void)
{
    struct desk *desk = look_ahead(0, 1799);

    check(signing_has(desk, GH_TEXT("on 2026-11-23 16:48:19 UTC+5:45, if")));
    signing_end(desk);
}

static void
people_whose_session_is_over_read_why(void)
{
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row),
                                      {.stmt = &gh_stmt_session_dead_use}};
    struct desk *desk;

    row[GH_FIND_STATE] = (struct fake_value){FAKE_TEXT, GH_TEXT("idle"), 0};
    desk = get("/auth/session?watch=yes", "navigate", steps, 2);
    check_number(200, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("<title>Signed out")));
    check(signing_has(desk, GH_TEXT("because nothing happened for a while")));
    check(signing_has(desk, GH_TEXT("href=\"/auth/login\"")));
    check(!config_contains(signing_reply(desk)->head, GH_TEXT("Refresh: ")));
    signing_end(desk);
    desk = get("/auth/session", "navigate", NULL, 0);
    check(signing_has(desk, GH_TEXT("You are signed out")));
    signing_end(desk);
}

/* Presses the button on a page of a purpose. */
static struct desk *
stay(const char *target_z, const char *purpose_z, const struct fake_step *steps,
     size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);
    struct gh_text token =
        signing_token(gh_text_of_z(purpose_z), GH_TEXT(SIGNING_REFERENCE));
    char form[GH_CSRF_LEN + 8];
    struct gh_buf buf = gh_buf_over(form, sizeof(form));

    gh_buf_lit(&buf, "csrf=");
    gh_buf_checked(&buf, token);
    signing_post(desk, target_z, "__Host-id=" SIGNING_TOKEN, gh_buf_text(&buf));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

static void
button_keeps_the_session_alive(void)
{
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
        {.stmt = &gh_stmt_session_seen}};
    struct desk *desk = stay("/auth/session", "session", steps, 2);

    check_number(303, signing_reply(desk)->status);
    check(signing_has_line(desk, GH_TEXT("Location: /auth/session")));
    signing_end(desk);
    desk = stay("/auth/session?watch=yes", "session", steps, 2);
    check(signing_has_line(desk, GH_TEXT("Location: /auth/session?watch=yes")));
    signing_end(desk);
}

static void
button_of_another_page_keeps_nothing_alive(void)
{
    const struct fake_step steps[] = {
        SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0)),
        {.stmt = &gh_stmt_event_write}};
    struct desk *desk = stay("/auth/session", "logout", steps, 2);

    check_number(403, signing_reply(desk)->status);
    check_text(GH_TEXT("malicious_csrf"), fake_database_bytes(1, 0));
    signing_end(desk);
}

static void
button_that_comes_too_late_leads_to_the_form(void)
{
    struct fake_value *row = signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row),
                                      {.stmt = &gh_stmt_session_dead_use}};
    struct desk *desk;

    row[GH_FIND_STATE] = (struct fake_value){FAKE_TEXT, GH_TEXT("idle"), 0};
    desk = stay("/auth/session", "session", steps, 2);
    check_number(401, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("\"reason\":\"idle\"")));
    signing_end(desk);
}

const struct check_case act_session_cases[] = {
    CHECK_CASE(people_read_how_long_is_left),
    CHECK_CASE(people_are_warned_when_they_have_chosen),
    CHECK_CASE(people_who_want_no_warning_get_none),
    CHECK_CASE(end_is_told_by_the_persons_clocks),
    CHECK_CASE(people_whose_session_is_over_read_why),
    CHECK_CASE(button_keeps_the_session_alive),
    CHECK_CASE(button_of_another_page_keeps_nothing_alive),
    CHECK_CASE(button_that_comes_too_late_leads_to_the_form),
    CHECK_CASE(who_is_signed_in_is_told_in_json),
    CHECK_CASE(nobody_is_told_in_the_same_form),
    CHECK_CASE(time_that_is_over_is_zero),
    CHECK_CASE(what_cannot_be_had_is_no_answer),
    {0},
};
