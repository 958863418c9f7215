/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/login_form through act_login(): forms that are none of
 * ours, not as declared or too old, and how the form is shown. What is
 * refused is recorded, and nothing is counted or checked.
 */
#include "login_int.h"

#include <string.h>
#include <time.h>

#include "attempt.h"
#include "check.h"
#include "core/csrf.h"

#include "base/banned.h"

#define TOO_OLD "This page was open for too long. Please sign in again."

/* Refused before anything is counted: one event, this status, no cookie. */
static void
check_refused(const struct attempt *attempt, unsigned status,
              const char *event_z)
{
    const struct fake_step steps[] = {ATTEMPT_EVENT};
    size_t n = event_z == NULL ? 0 : 1;
    struct desk *desk = attempt_try(attempt, steps, n);

    check_number(status, signing_reply(desk)->status);
    check(signing_cookie(desk, "__Host-id").at == NULL);
    check(signing_cookie(desk, "__Host-device").at == NULL);
    check(!signing_has(desk, GH_TEXT(SIGNING_PASSWORD)));
    if (n > 0) {
        check_text(gh_text_of_z(event_z), fake_database_bytes(0, 0));
        check_text(GH_TEXT("denied"), fake_database_bytes(0, 1));
        check(!fake_database_holds(GH_TEXT(SIGNING_PASSWORD)));
    }
    signing_end(desk);
}

static void
form_of_another_type_or_length_is_refused(void)
{
    const struct attempt type = {.header_z = "CONTENT_TYPE",
                                 .value_z = "text/plain"};
    const struct attempt none = {.header_z = "CONTENT_TYPE"};
    const struct attempt stream = {.header_z = "CONTENT_LENGTH", .value_z = ""};

    check_refused(&type, 415, NULL);
    check_refused(&none, 415, NULL);
    check_refused(&stream, 411, NULL);
}

static void
form_that_is_too_large_is_refused(void)
{
    static char large[16 * 1024 + 1];
    struct desk *desk = signing_begin(NULL, 0, 4);

    memset(large, 'x', sizeof(large));
    signing_post(desk, "/auth/login", NULL,
                 (struct gh_text){large, sizeof(large)});
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(413, signing_reply(desk)->status);
    signing_end(desk);
}

/* Counted as a guess of its network at no name, then refused and recorded;
 * nothing of it is checked. */
static void
check_malformed(const struct attempt *attempt)
{
    const struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                      ATTEMPT_EVENT};
    struct desk *desk = attempt_try(attempt, steps, GH_COUNT(steps));

    check_number(400, signing_reply(desk)->status);
    check(signing_cookie(desk, "__Host-id").at == NULL);
    check(signing_cookie(desk, "__Host-device").at == NULL);
    check(!signing_has(desk, GH_TEXT(SIGNING_PASSWORD)));
    check(desk->exchange->context.place == NULL);
    check_text(GH_TEXT(""), fake_database_bytes(0, 0));
    check_number(GH_DIGEST_LEN, fake_database_bytes(0, 1).len);
    check(!fake_database_param(0, 2).is_set);
    check(!fake_database_param(0, 3).is_set);
    check(fake_database_param(0, 5).is_set);
    check_text(GH_TEXT("input_validation_fail"), fake_database_bytes(1, 0));
    check_text(GH_TEXT("denied"), fake_database_bytes(1, 1));
    check(!fake_database_holds(GH_TEXT(SIGNING_PASSWORD)));
    signing_end(desk);
}

static void
LOGIN_009_malformed_forms_use_up_the_guesses_of_their_network(void)
{
    const struct attempt attempt = {.more_z = "&password=x"};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_FAIL};
    struct fake_step event[] = {ATTEMPT_RESERVE(row), ATTEMPT_EVENT};
    struct desk *desk;

    row[GH_RESERVE_IS_ALLOWED].number = 0;
    row[GH_RESERVE_REFUSAL] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("source"), 0};
    desk = attempt_try(&attempt, steps, GH_COUNT(steps));
    check_number(429, signing_reply(desk)->status);
    check_text(GH_TEXT("source"), fake_database_bytes(1, ATTEMPT_REASON));
    signing_end(desk);
    /* The lane that stands in for the name limits nothing. */
    row[GH_RESERVE_REFUSAL].text = GH_TEXT("account");
    desk = attempt_try(&attempt, event, GH_COUNT(event));
    check_number(400, signing_reply(desk)->status);
    signing_end(desk);
}

static void
malformed_form_of_another_site_is_no_guess(void)
{
    const struct attempt foreign = {.more_z = "&password=x",
                                    .header_z = "HTTP_SEC_FETCH_SITE",
                                    .value_z = "cross-site"};

    check_refused(&foreign, 400, "input_validation_fail");
}

static void
form_that_is_not_as_declared_is_refused_and_recorded(void)
{
    static const char *const more[] = {
        "&username=bob",
        "&password=x",
        "&csrf=x",
        "&unknown=1",
        "&",
        "&return_to=%",
        "&return_to=%zz",
        "&return_to=%c3(",
        "&return_to=&return_to=",
    };
    static const char *const names[] = {"a%00b", "a%0ab", "a%7f", "%c3%28"};

    for (size_t i = 0; i < GH_COUNT(more); i++) {
        const struct attempt attempt = {.more_z = more[i]};

        check_malformed(&attempt);
    }
    for (size_t i = 0; i < GH_COUNT(names); i++) {
        const struct attempt attempt = {.username_z = names[i]};

        check_malformed(&attempt);
    }
}

static void
form_without_its_token_is_refused_and_recorded(void)
{
    const struct attempt none = {.token_z = ""};
    const struct attempt other = {.purpose_z = "logout"};
    const struct attempt foreign = {.header_z = "HTTP_SEC_FETCH_SITE",
                                    .value_z = "cross-site"};
    const struct attempt silent = {.header_z = "HTTP_SEC_FETCH_SITE"};

    check_refused(&none, 403, "malicious_csrf");
    check_refused(&other, 403, "malicious_csrf");
    check_refused(&foreign, 403, "malicious_csrf");
    check_refused(&silent, 403, "malicious_csrf");
}

static void
form_without_the_state_it_was_shown_with_is_refused(void)
{
    const struct attempt foreign = {.has_no_pre = true,
                                    .header_z = "HTTP_SEC_FETCH_SITE",
                                    .value_z = "cross-site"};
    const struct attempt own = {.has_no_pre = true};

    check_refused(&foreign, 403, "malicious_csrf");
    /* Of our own origin it is merely too old: CSRF-015. */
    check_refused(&own, 403, NULL);
}

static void
form_that_is_too_old_is_shown_again_with_the_name(void)
{
    const struct attempt attempt = {.pre_ago_s = GH_PRE_LIFE_S + 5,
                                    .more_z = "&return_to=%2Faccount%2Fx"};
    struct desk *desk = attempt_try(&attempt, NULL, 0);
    struct gh_text pre = signing_cookie(desk, "__Host-pre");

    check_number(200, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT(TOO_OLD)));
    check(signing_has(desk, GH_TEXT("value=\"alice\"")));
    check(signing_has(desk, GH_TEXT("value=\"/account/x\"")));
    check(!signing_has(desk, GH_TEXT(SIGNING_PASSWORD)));
    check_status(GH_OK, gh_pre_check(signing_keys(), (int64_t)time(NULL), pre));
    signing_end(desk);
}

/* Shows the form at a target. */
static struct desk *
show(const char *target_z)
{
    struct desk *desk = signing_begin(NULL, 0, 4);

    desk_set(desk, "REQUEST_URI", gh_text_of_z(target_z));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(200, signing_reply(desk)->status);
    return desk;
}

static void
form_is_shown_with_the_way_back_and_the_reason(void)
{
    struct desk *desk = show("/auth/login?return_to=%2Fx%3Fa%3Db&reason=idle");

    check(signing_has(desk, GH_TEXT("name=\"return_to\" value=\"/x?a=b\"")));
    check(signing_has(desk, GH_TEXT("nothing happened for a while")));
    check(!signing_has(desk, GH_TEXT("role=\"alert\"")));
    signing_end(desk);
}

static void
query_that_is_not_as_declared_is_not_looked_at(void)
{
    static const char *const queries[] = {
        "/auth/login?return_to=%2Fx&password=hunter2",
        "/auth/login?return_to=%2Fx&return_to=%2Fy",
        "/auth/login?username=mallory&return_to=%2Fx",
        "/auth/login?return_to=%2Fx&reason=no+token",
        "/auth/login?",
    };

    for (size_t i = 0; i < GH_COUNT(queries); i++) {
        struct desk *desk = show(queries[i]);

        check(signing_has(desk, GH_TEXT("name=\"return_to\" value=\"/\"")));
        check(!signing_has(desk, GH_TEXT("hunter2")));
        check(!signing_has(desk, GH_TEXT("mallory")));
        signing_end(desk);
    }
}

static void
way_back_that_leads_away_is_the_front_page(void)
{
    static const char *const queries[] = {
        "/auth/login?return_to=https%3A%2F%2Fevil.example%2F",
        "/auth/login?return_to=%2F%2Fevil.example%2F",
        "/auth/login?return_to=%2F%5Cevil.example",
        "/auth/login?return_to=%2Fauth%2Flogout",
    };

    for (size_t i = 0; i < GH_COUNT(queries); i++) {
        struct desk *desk = show(queries[i]);

        check(signing_has(desk, GH_TEXT("name=\"return_to\" value=\"/\"")));
        signing_end(desk);
    }
}

const struct check_case login_form_cases[] = {
    CHECK_CASE(form_of_another_type_or_length_is_refused),
    CHECK_CASE(form_that_is_too_large_is_refused),
    CHECK_CASE(form_that_is_not_as_declared_is_refused_and_recorded),
    CHECK_CASE(LOGIN_009_malformed_forms_use_up_the_guesses_of_their_network),
    CHECK_CASE(malformed_form_of_another_site_is_no_guess),
    CHECK_CASE(form_without_its_token_is_refused_and_recorded),
    CHECK_CASE(form_without_the_state_it_was_shown_with_is_refused),
    CHECK_CASE(form_that_is_too_old_is_shown_again_with_the_name),
    CHECK_CASE(form_is_shown_with_the_way_back_and_the_reason),
    CHECK_CASE(query_that_is_not_as_declared_is_not_looked_at),
    CHECK_CASE(way_back_that_leads_away_is_the_front_page),
    {0},
};
