/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/login_guess through act_login(): guesses that do not lead
 * in. Whatever the reason, the page is the same byte by byte and PostgreSQL
 * is asked the same; what was stored by others counts as nothing.
 */
#include "login_int.h"

#include <string.h>

#include "attempt.h"
#include "check.h"
#include "config.h"
#include "core/csrf.h"

#include "base/banned.h"

#define FAILED "Sign-in failed. Check the user name and the password."

/* Copies the page without the parts that differ each time: the token, and
 * the name that was typed. */
static struct gh_text
plain_page(const struct desk *desk, const char *username_z, char *at,
           size_t size)
{
    struct gh_text body = signing_reply(desk)->body;
    struct gh_text name = gh_text_of_z(username_z);
    struct gh_buf out = gh_buf_over(at, size);

    while (body.len > 0 && !out.is_failed) {
        struct gh_text csrf = GH_TEXT("name=\"csrf\" value=\"");

        if (gh_text_starts(body, csrf)) {
            body = gh_text_from(body, csrf.len + GH_CSRF_LEN);
        } else if (name.len > 0 && gh_text_starts(body, name)) {
            body = gh_text_from(body, name.len);
        } else {
            gh_buf_checked(&out, gh_text_first(body, 1));
            body = gh_text_from(body, 1);
        }
    }
    check(!out.is_failed);
    return gh_buf_text(&out);
}

/* Fails to sign in: the form again, 401, no session; compares with the page
 * of the first failure. */
static void
check_failure(const struct attempt *attempt, const struct fake_step *steps,
              size_t n, const char *reason_z)
{
    static char first[16384];
    static size_t first_len;
    char page[16384];
    const char *name_z =
        attempt->username_z == NULL ? "alice" : attempt->username_z;
    struct desk *desk = attempt_try(attempt, steps, n);
    struct gh_text text = plain_page(desk, name_z, page, sizeof(page));

    check_number(401, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT(FAILED)));
    check(!signing_has(desk, GH_TEXT(SIGNING_PASSWORD)));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    check(signing_cookie(desk, "__Host-device").at == NULL);
    check_text(gh_text_of_z(reason_z),
               fake_database_bytes(n - 1, ATTEMPT_REASON));
    check_text(fake_database_bytes(0, 1), fake_database_bytes(n - 1, 0));
    check(!fake_database_holds(GH_TEXT(SIGNING_PASSWORD)));
    if (first_len == 0) {
        memcpy(first, text.at, text.len);
        first_len = text.len;
    }
    check_text(attempt_bytes(first, first_len), text);
    signing_end(desk);
}

/* The columns of a name that no account has. */
static struct fake_value *
nobody_row(void)
{
    struct fake_value *row = signing_reserve_row();

    memset(&row[GH_RESERVE_ACCOUNT_ID], 0,
           (ATTEMPT_N_RESERVE - GH_RESERVE_ACCOUNT_ID) * sizeof(row[0]));
    return row;
}

/* The columns of alice's account in another state. */
static struct fake_value *
state_row(struct gh_text state)
{
    struct fake_value *row = signing_reserve_row();

    row[GH_RESERVE_STATUS].text = state;
    return row;
}

static void
four_kinds_of_failure_look_and_ask_the_same(void)
{
    const struct attempt wrong = {.password_z = "correct-horse-battery-8"};
    const struct attempt unknown = {.username_z = "mallory"};
    const struct attempt right = {0};
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_FAIL};

    check_failure(&wrong, steps, GH_COUNT(steps), "wrong");
    steps[0].row = nobody_row();
    check_failure(&unknown, steps, GH_COUNT(steps), "unknown");
    check_failure(&right, steps, GH_COUNT(steps), "unknown");
    steps[0].row = state_row(GH_TEXT("disabled"));
    check_failure(&right, steps, GH_COUNT(steps), "disabled");
    check_failure(&wrong, steps, GH_COUNT(steps), "disabled");
    steps[0].row = state_row(GH_TEXT("locked"));
    check_failure(&right, steps, GH_COUNT(steps), "locked");
    check_failure(&wrong, steps, GH_COUNT(steps), "locked");
}

static void
state_that_is_not_known_does_not_lead_in(void)
{
    const struct attempt right = {0};
    struct fake_step steps[] = {ATTEMPT_RESERVE(state_row(GH_TEXT("pending"))),
                                ATTEMPT_FAIL};
    struct fake_value *row;

    check_failure(&right, steps, GH_COUNT(steps), "wrong");
    row = signing_reserve_row();
    row[GH_RESERVE_STATUS] = (struct fake_value){0};
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
}

static void
failure_names_the_account_when_there_is_one(void)
{
    const struct attempt wrong = {.password_z = "x"};
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_FAIL};
    struct desk *desk = attempt_try(&wrong, steps, GH_COUNT(steps));

    check_number(SIGNING_ID, attempt_number(1, 1));
    check_number(0, attempt_number(1, 3));
    check_text(GH_TEXT("Firefox"), fake_database_bytes(1, 5));
    check_text(GH_TEXT("node-1"), fake_database_bytes(1, 8));
    signing_end(desk);
    steps[0].row = nobody_row();
    desk = attempt_try(&wrong, steps, GH_COUNT(steps));
    check(!fake_database_param(1, 1).is_set);
    signing_end(desk);
}

/* A reservation that is refused, for the reason in the database's words. The
 * password is right: if it were checked, a session would be asked for. */
static struct desk *
refused(const char *refusal_z, bool is_first, int64_t left_s)
{
    const struct attempt right = {0};
    static struct fake_step steps[2];
    struct fake_value *row = signing_reserve_row();

    row[GH_RESERVE_IS_ALLOWED].number = 0;
    row[GH_RESERVE_IS_FIRST_REFUSAL].number = is_first;
    row[GH_RESERVE_REFUSAL] =
        (struct fake_value){FAKE_TEXT, gh_text_of_z(refusal_z), 0};
    row[GH_RESERVE_RETRY_AFTER].number = left_s;
    steps[0] = (struct fake_step)ATTEMPT_RESERVE(row);
    steps[1] = (struct fake_step)ATTEMPT_FAIL;
    return attempt_try(&right, steps, GH_COUNT(steps));
}

static void
guess_over_the_limit_is_not_checked_and_looks_like_a_wrong_one(void)
{
    const struct attempt wrong = {.password_z = "x"};
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_FAIL};
    char page[16384];
    char other[16384];
    struct desk *desk = refused("account", false, 30);
    struct gh_text text = plain_page(desk, "alice", page, sizeof(page));

    check_number(401, signing_reply(desk)->status);
    check_text(GH_TEXT("throttled"), fake_database_bytes(1, ATTEMPT_REASON));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
    steps[0].row = signing_reserve_row();
    desk = attempt_try(&wrong, steps, GH_COUNT(steps));
    check_text(text, plain_page(desk, "alice", other, sizeof(other)));
    signing_end(desk);
}

static void
lane_that_is_closed_looks_like_a_wrong_password(void)
{
    struct desk *desk = refused("closed", true, 0);

    check_number(401, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT(FAILED)));
    check_number(1, attempt_number(1, 3));
    signing_end(desk);
}

static void
network_over_the_limit_is_told_when_to_come_back(void)
{
    struct desk *desk = refused("source", true, 417);

    check_number(429, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT(FAILED)));
    check(signing_has_line(desk, GH_TEXT("Retry-After: 417")));
    check_number(1, attempt_number(1, 3));
    signing_end(desk);
}

static void
time_to_come_back_is_neither_none_nor_more_than_a_day(void)
{
    struct desk *desk = refused("source", true, -1);

    check(signing_has_line(desk, GH_TEXT("Retry-After: 1")));
    signing_end(desk);
    desk = refused("source", true, INT64_MAX);
    check(signing_has_line(desk, GH_TEXT("Retry-After: 86400")));
    signing_end(desk);
}

/* Or everybody could see that a name has too many guesses. */
static void
name_over_the_limit_is_not_told_when_to_come_back(void)
{
    struct desk *desk = refused("account", true, 30);

    check(
        !config_contains(signing_reply(desk)->head, GH_TEXT("Retry-After: ")));
    signing_end(desk);
}

static void
password_that_nobody_of_us_stored_opens_nothing(void)
{
    const struct attempt right = {0};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_EVENT,
                                ATTEMPT_FAIL};

    row[GH_RESERVE_CREDENTIAL_MAC] = (struct fake_value){0};
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
    row = signing_reserve_row();
    row[GH_RESERVE_CREDENTIAL_MAC].text =
        GH_TEXT("0123456789abcdef0123456789abcdef");
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
    /* Moved to alice from another account. */
    row = signing_reserve_row();
    row[GH_RESERVE_ACCOUNT_ID].number = SIGNING_ID + 1;
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
}

static void
password_that_nobody_of_us_stored_is_recorded(void)
{
    const struct attempt right = {0};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_EVENT,
                                ATTEMPT_FAIL};
    struct desk *desk;

    row[GH_RESERVE_CREDENTIAL_MAC] = (struct fake_value){0};
    desk = attempt_try(&right, steps, GH_COUNT(steps));
    check_text(GH_TEXT("crypt_decrypt_fail"), fake_database_bytes(1, 0));
    check_text(GH_TEXT("/auth/login"), fake_database_bytes(1, 7));
    signing_end(desk);
}

static void
account_without_a_password_is_a_wrong_one_and_no_event(void)
{
    const struct attempt right = {0};
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_FAIL};

    row[GH_RESERVE_PASSWORD_HASH] = (struct fake_value){0};
    row[GH_RESERVE_PEPPER_ID] = (struct fake_value){0};
    row[GH_RESERVE_CREDENTIAL_MAC] = (struct fake_value){0};
    row[GH_RESERVE_CREDENTIAL_VERSION] = (struct fake_value){0};
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
}

static void
account_that_keeps_changing_while_it_is_checked_does_not_lead_in(void)
{
    const struct attempt right = {0};
    struct fake_step steps[] = {
        ATTEMPT_RESERVE(signing_reserve_row()), ATTEMPT_SUCCEED,
        ATTEMPT_RESERVE(signing_reserve_row()), ATTEMPT_SUCCEED, ATTEMPT_FAIL};

    steps[1].status = steps[3].status = GH_CONFLICT;
    check_failure(&right, steps, GH_COUNT(steps), "wrong");
}

/* As when another sign-in has just stored a stronger hash. */
static void
account_that_changed_once_is_checked_against_what_is_stored_now(void)
{
    const struct attempt right = {0};
    struct fake_step steps[] = {
        ATTEMPT_RESERVE(signing_reserve_row()), ATTEMPT_SUCCEED,
        ATTEMPT_RESERVE(signing_reserve_row()), ATTEMPT_SUCCEED};
    struct desk *desk;

    steps[1].status = GH_CONFLICT;
    desk = attempt_try(&right, steps, GH_COUNT(steps));
    check_number(303, signing_reply(desk)->status);
    signing_end(desk);
}

/* Disabled, or given another password, between the two. */
static void
account_that_changed_for_good_does_not_lead_in(void)
{
    static struct fake_value now[ATTEMPT_N_RESERVE];
    const struct attempt right = {0};
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_SUCCEED, ATTEMPT_RESERVE(now),
                                ATTEMPT_FAIL};

    memcpy(now, signing_reserve_row(), sizeof(now));
    steps[1].status = GH_CONFLICT;
    now[GH_RESERVE_STATUS].text = GH_TEXT("disabled");
    check_failure(&right, steps, GH_COUNT(steps), "disabled");
}

static void
name_or_password_that_cannot_be_one_goes_the_same_way(void)
{
    const struct attempt name = {.username_z = "no%20name"};
    const struct attempt password = {.password_z = "a%00b"};
    struct fake_step steps[] = {ATTEMPT_RESERVE(nobody_row()), ATTEMPT_FAIL};
    struct desk *desk = attempt_try(&name, steps, GH_COUNT(steps));

    check_number(401, signing_reply(desk)->status);
    check_text(GH_TEXT(""), fake_database_bytes(0, 0));
    signing_end(desk);
    desk = attempt_try(&password, steps, GH_COUNT(steps));
    check_number(401, signing_reply(desk)->status);
    check_text(GH_TEXT(""), fake_database_bytes(0, 0));
    signing_end(desk);
}

const struct check_case login_guess_cases[] = {
    CHECK_CASE(four_kinds_of_failure_look_and_ask_the_same),
    CHECK_CASE(state_that_is_not_known_does_not_lead_in),
    CHECK_CASE(failure_names_the_account_when_there_is_one),
    CHECK_CASE(guess_over_the_limit_is_not_checked_and_looks_like_a_wrong_one),
    CHECK_CASE(lane_that_is_closed_looks_like_a_wrong_password),
    CHECK_CASE(network_over_the_limit_is_told_when_to_come_back),
    CHECK_CASE(time_to_come_back_is_neither_none_nor_more_than_a_day),
    CHECK_CASE(name_over_the_limit_is_not_told_when_to_come_back),
    CHECK_CASE(password_that_nobody_of_us_stored_opens_nothing),
    CHECK_CASE(password_that_nobody_of_us_stored_is_recorded),
    CHECK_CASE(account_without_a_password_is_a_wrong_one_and_no_event),
    CHECK_CASE(
        account_that_keeps_changing_while_it_is_checked_does_not_lead_in),
    CHECK_CASE(account_that_changed_once_is_checked_against_what_is_stored_now),
    CHECK_CASE(account_that_changed_for_good_does_not_lead_in),
    CHECK_CASE(name_or_password_that_cannot_be_one_goes_the_same_way),
    {0},
};
