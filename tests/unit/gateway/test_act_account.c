/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_account: only a form that this session was shown ends
 * another one, nobody is told before it has ended, and a session of somebody
 * else looks like none.
 */
#include "act.h"

#include <stdio.h>

#include "check.h"
#include "signing.h"

#include "base/banned.h"

#define COOKIE "__Host-id=" SIGNING_TOKEN
#define OTHER "30313233343536373839616263646566"
#define FOUND SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))
#define EVENT                                                                  \
    {                                                                          \
        .stmt = &gh_stmt_event_write                                           \
    }

enum {
    N_COLUMNS = GH_SESSION_END_ENDED + 1,
    PARAM_OTHER = 1, /* of account_session_end */
    PARAM_CAUSE = 2,
};

/* What account_session_end says. */
static struct fake_step
end_step(const char *outcome_z)
{
    static struct fake_value row[N_COLUMNS];

    row[GH_SESSION_END_OUTCOME] =
        (struct fake_value){FAKE_TEXT, gh_text_of_z(outcome_z), 0};
    row[GH_SESSION_END_ENDED] = (struct fake_value){FAKE_NUMBER, {0}, 1};
    return (struct fake_step){.stmt = &gh_stmt_account_session_end,
                              .row = row,
                              .n_columns = N_COLUMNS};
}

/* A form with the token of a purpose, and more. */
static struct gh_text
form_with(const char *purpose_z, const char *more_z)
{
    static char at[256];
    struct gh_text token =
        signing_token(gh_text_of_z(purpose_z), GH_TEXT(SIGNING_REFERENCE));
    int len =
        snprintf(at, sizeof(at), "csrf=%.*s%s", GH_TEXT_ARG(token), more_z);

    return (struct gh_text){at, (size_t)len};
}

/* Posts a form; the desk with its outcome. */
static struct desk *
post(const char *target_z, struct gh_text form, const struct fake_step *steps,
     size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);

    signing_post(desk, target_z, COOKIE, form);
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

static struct desk *
end_other(const struct fake_step *steps, size_t n)
{
    return post("/auth/account", form_with("account", "&end=" OTHER), steps, n);
}

static void
session_is_ended_before_anybody_is_told(void)
{
    struct fake_step steps[] = {FOUND, end_step("ended")};
    struct desk *desk;

    steps[1].n_waits = 2;
    desk = end_other(steps, GH_COUNT(steps));
    check_number(303, signing_reply(desk)->status);
    check(
        signing_has_line(desk, GH_TEXT("Location: /auth/account?done=ended")));
    check_number(16, fake_database_bytes(1, 0).len);
    check_text(GH_TEXT("0123456789abcdef"),
               fake_database_bytes(1, PARAM_OTHER));
    check_text(GH_TEXT("own"), fake_database_bytes(1, PARAM_CAUSE));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
}

static void
all_others_are_none_by_name(void)
{
    const struct fake_step steps[] = {FOUND, end_step("all")};
    struct desk *desk =
        post("/auth/account", form_with("account", "&end=others"), steps,
             GH_COUNT(steps));

    check(signing_has_line(desk, GH_TEXT("Location: /auth/account?done=all")));
    check(!fake_database_param(1, PARAM_OTHER).is_set);
    signing_end(desk);
}

static void
what_came_of_it_leads_on(void)
{
    static const char *const ways[][2] = {
        {"over", "Location: /auth/account?done=over"},
        {"own", "Location: /auth/logout"},
        {"nobody", "Location: /auth/account"},
    };

    for (size_t i = 0; i < GH_COUNT(ways); i++) {
        const struct fake_step steps[] = {FOUND, end_step(ways[i][0])};
        struct desk *desk = end_other(steps, GH_COUNT(steps));

        check_number(303, signing_reply(desk)->status);
        check(signing_has_line(desk, gh_text_of_z(ways[i][1])));
        signing_end(desk);
    }
}

/* RBAC-016. */
static void
session_of_somebody_else_is_recorded_and_looks_like_none(void)
{
    struct fake_step steps[] = {FOUND, end_step("foreign"), EVENT};
    struct desk *desk = end_other(steps, GH_COUNT(steps));

    check_number(404, signing_reply(desk)->status);
    check_text(GH_TEXT("malicious_direct_reference"),
               fake_database_bytes(2, 0));
    check_text(GH_TEXT("alice"), fake_database_bytes(2, 3));
    signing_end(desk);
    steps[1] = end_step("missing");
    desk = end_other(steps, 2);
    check_number(404, signing_reply(desk)->status);
    signing_end(desk);
}

static void
outcome_that_is_new_is_not_success(void)
{
    const struct fake_step steps[] = {FOUND, end_step("brand-new")};
    struct desk *desk = end_other(steps, GH_COUNT(steps));

    check_number(404, signing_reply(desk)->status);
    signing_end(desk);
}

static void
what_is_no_reference_is_not_asked_for(void)
{
    static const char *const strange[] = {
        "&end=", "&end=all", "&end=3031323334353637383961626364656",
        "&end=3031323334353637383961626364656g"};

    for (size_t i = 0; i < GH_COUNT(strange); i++) {
        const struct fake_step steps[] = {FOUND};
        struct desk *desk =
            post("/auth/account", form_with("account", strange[i]), steps,
                 GH_COUNT(steps));

        check_number(404, signing_reply(desk)->status);
        signing_end(desk);
    }
}

static void
check_refused(const char *target_z, struct gh_text form)
{
    const struct fake_step steps[] = {FOUND, EVENT};
    struct desk *desk = post(target_z, form, steps, GH_COUNT(steps));

    check_number(403, signing_reply(desk)->status);
    check_text(GH_TEXT("malicious_csrf"), fake_database_bytes(1, 0));
    signing_end(desk);
}

static void
form_of_another_page_ends_nothing(void)
{
    check_refused("/auth/account", form_with("not_me", "&end=others"));
    check_refused("/auth/account", form_with("logout", "&end=others"));
    check_refused("/auth/account", form_with("account", ""));
    check_refused("/auth/account", form_with("account", "&end=others&x=1"));
    check_refused("/auth/account", GH_TEXT("end=others"));
    check_refused("/auth/account", GH_TEXT(""));
    check_refused("/auth/account/not-me", form_with("account", ""));
    check_refused("/auth/account/not-me", form_with("not_me", "&end=others"));
}

static void
fault_is_no_answer(void)
{
    static const char *const targets[] = {"/auth/account",
                                          "/auth/account/not-me"};

    for (size_t i = 0; i < 4; i++) {
        struct fake_step steps[] = {FOUND, end_step("all")};
        struct desk *desk;

        steps[1].asked = i < 2 ? GH_FAULT_DB : GH_OK;
        steps[1].status = GH_FAULT_DB;
        desk = signing_begin(steps, GH_COUNT(steps), 1);
        signing_post(desk, targets[i % 2], COOKIE,
                     i % 2 == 0 ? form_with("account", "&end=others")
                                : form_with("not_me", ""));
        if (signing_know(desk))
            check_status(GH_FAULT_DB, signing_act(desk));
        signing_end(desk);
    }
}

static void
who_was_not_it_is_led_to_a_new_password(void)
{
    const struct fake_step steps[] = {FOUND, end_step("all")};
    struct desk *desk = post("/auth/account/not-me", form_with("not_me", ""),
                             steps, GH_COUNT(steps));

    check(signing_has_line(
        desk, GH_TEXT("Location: /auth/account/password?reason=not_me")));
    check_text(GH_TEXT("not_me"), fake_database_bytes(1, PARAM_CAUSE));
    check(!fake_database_param(1, PARAM_OTHER).is_set);
    signing_end(desk);
}

static void
session_that_ended_meanwhile_sees_nothing(void)
{
    const struct fake_step steps[] = {FOUND, {.stmt = &gh_stmt_account_read}};
    struct desk *desk = signing_begin(steps, GH_COUNT(steps), 1);

    desk_set(desk, "REQUEST_URI", GH_TEXT("/auth/account"));
    desk_set(desk, "HTTP_SEC_FETCH_MODE", GH_TEXT("navigate"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(303, signing_reply(desk)->status);
    check(signing_has_line(desk, GH_TEXT("Location: /auth/login?return_to="
                                         "%2Fauth%2Faccount&reason=ended")));
    check(signing_cookie(desk, "__Host-id").at != NULL);
    check_number(0, signing_cookie(desk, "__Host-id").len);
    signing_end(desk);
}

static void
page_says_first_what_will_be_done(void)
{
    const struct fake_step steps[] = {FOUND};
    struct desk *desk = signing_begin(steps, GH_COUNT(steps), 1);

    desk_set(desk, "REQUEST_URI", GH_TEXT("/auth/account/not-me"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(200, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("action=\"/auth/account/not-me\"")));
    signing_end(desk);
}

/* Opens or posts to a page without a session, or with one that nobody can
 * look up. */
static unsigned
without_session(const char *target_z, const char *method_z,
                const struct fake_step *steps, size_t n)
{
    struct desk *desk = signing_begin(steps, n, 1);
    unsigned status;

    signing_post(desk, target_z, n == 0 ? NULL : COOKIE, GH_TEXT("csrf=x"));
    desk_set(desk, "REQUEST_METHOD", gh_text_of_z(method_z));
    desk_set(desk, "HTTP_SEC_FETCH_MODE", GH_TEXT("navigate"));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    status = signing_reply(desk)->status;
    signing_end(desk);
    return status;
}

static void
pages_are_for_who_is_signed_in(void)
{
    static const char *const targets[] = {
        "/auth/account", "/auth/account/not-me", "/auth/account/password",
        "/auth/account/preferences"};
    const struct fake_step broken[] = {
        {.stmt = &gh_stmt_session_find, .status = GH_FAULT_DB}};

    for (size_t i = 0; i < GH_COUNT(targets); i++) {
        check_number(303, without_session(targets[i], "GET", NULL, 0));
        check_number(303, without_session(targets[i], "POST", NULL, 0));
        check_number(503, without_session(targets[i], "GET", broken, 1));
        check_number(503, without_session(targets[i], "POST", broken, 1));
    }
}

const struct check_case act_account_cases[] = {
    CHECK_CASE(session_is_ended_before_anybody_is_told),
    CHECK_CASE(all_others_are_none_by_name),
    CHECK_CASE(what_came_of_it_leads_on),
    CHECK_CASE(session_of_somebody_else_is_recorded_and_looks_like_none),
    CHECK_CASE(outcome_that_is_new_is_not_success),
    CHECK_CASE(what_is_no_reference_is_not_asked_for),
    CHECK_CASE(form_of_another_page_ends_nothing),
    CHECK_CASE(fault_is_no_answer),
    CHECK_CASE(who_was_not_it_is_led_to_a_new_password),
    CHECK_CASE(session_that_ended_meanwhile_sees_nothing),
    CHECK_CASE(page_says_first_what_will_be_done),
    CHECK_CASE(pages_are_for_who_is_signed_in),
    {0},
};
