/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/act_password: the old password is counted before it is
 * checked, the new one is judged before anything is counted, and nobody is
 * told before it is stored.
 */
#include "act.h"

#include <stdio.h>

#include "attempt.h"
#include "check.h"
#include "core/csrf.h"
#include "core/password.h"
#include "core/session.h"
#include "hashing.h"

#include "base/banned.h"

#define COOKIE "__Host-id=" SIGNING_TOKEN
#define NEW "a-brand-new-phrase-77"
#define FOUND SIGNING_FOUND(signing_find_row(GH_TEXT(SIGNING_TOKEN), 0))
#define CHANGE                                                                 \
    {                                                                          \
        .stmt = &gh_stmt_password_change, .row = changed,                      \
        .n_columns = N_COLUMNS                                                 \
    }
#define FAIL                                                                   \
    {                                                                          \
        .stmt = &gh_stmt_password_change_fail                                  \
    }
#define EVENT                                                                  \
    {                                                                          \
        .stmt = &gh_stmt_event_write                                           \
    }

enum {
    N_COLUMNS = GH_CHANGE_SESSIONS_ENDED + 1,
    PARAM_REASON = 2,        /* of password_change_fail */
    PARAM_SESSION = 9,       /* likewise */
    PARAM_HASH = 6,          /* of password_change */
    PARAM_EVENT_REASON = 10, /* of event_write */
};

static const struct fake_value changed[N_COLUMNS] = {
    [GH_CHANGE_BEGAN_AT] = {FAKE_TIME, {0}, ATTEMPT_BEGAN_US},
    [GH_CHANGE_SESSIONS_ENDED] = {FAKE_NUMBER, {0}, 2},
};

/* The form of a page that alice was shown; texts are encoded. */
static struct gh_text
form_of(const char *current_z, const char *new_z)
{
    static char at[2048];
    struct gh_text token =
        signing_token(GH_TEXT("password"), GH_TEXT(SIGNING_REFERENCE));
    int len = snprintf(at, sizeof(at), "csrf=%.*s&current=%s&new=%s",
                       GH_TEXT_ARG(token), current_z, new_z);

    return (struct gh_text){at, (size_t)len};
}

/* Posts a form with so many places for hashes. */
static struct desk *
lay(struct gh_text form, const struct fake_step *steps, size_t n, size_t queue)
{
    struct desk *desk = signing_begin(steps, n, queue);

    signing_post(desk, "/auth/account/password", COOKIE, form);
    return desk;
}

static struct desk *
try(struct gh_text form, const struct fake_step *steps, size_t n)
{
    struct desk *desk = lay(form, steps, n, 1);

    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    return desk;
}

static struct gh_text
good_form(void)
{
    return form_of(SIGNING_PASSWORD, NEW);
}

static void
new_password_is_stored_with_a_new_session(void)
{
    const struct fake_step steps[] = {
        FOUND, ATTEMPT_RESERVE(signing_reserve_row()), CHANGE};
    struct desk *desk = try(good_form(), steps, GH_COUNT(steps));
    struct gh_marker says = {.at_us = 0};
    bool matches = false;

    check_number(303, signing_reply(desk)->status);
    check(signing_has_line(desk,
                           GH_TEXT("Location: /auth/account?done=password")));
    check_number(GH_TOKEN_LEN, signing_cookie(desk, "__Host-id").len);
    check(!gh_text_equal(GH_TEXT(SIGNING_TOKEN),
                         signing_cookie(desk, "__Host-id")));
    /* The new password makes every browser new. */
    check_status(GH_OK,
                 gh_device_check(signing_keys(), GH_TEXT("alice"),
                                 signing_cookie(desk, "__Host-device"), &says));
    check_number(ATTEMPT_BEGAN_US, says.at_us);
    check_number(ATTEMPT_BEGAN_US / 1000000, says.since_s);
    check_text(GH_TEXT("alice"), fake_database_bytes(1, 0));
    check_number(SIGNING_ID, attempt_number(2, 0));
    check_number(SIGNING_VERSION, attempt_number(2, 1));
    check_number(16, fake_database_bytes(2, 2).len);
    check_status(GH_OK, gh_password_verify(
                            signing_keys(), fake_database_bytes(2, PARAM_HASH),
                            fake_database_bytes(2, PARAM_HASH + 1),
                            GH_TEXT(NEW), &matches));
    check(matches);
    check(!fake_database_holds(GH_TEXT(NEW)));
    check(!fake_database_holds(GH_TEXT(SIGNING_PASSWORD)));
    signing_end(desk);
}

static void
stored_hash_is_bound_to_the_account(void)
{
    const struct fake_step steps[] = {
        FOUND, ATTEMPT_RESERVE(signing_reserve_row()), CHANGE};
    struct desk *desk = try(good_form(), steps, GH_COUNT(steps));
    const struct gh_credential credential = {
        .account_id = SIGNING_ID,
        .phc = fake_database_bytes(2, PARAM_HASH),
        .pepper_kid = fake_database_bytes(2, PARAM_HASH + 1)};
    bool is_bound = false;

    check_status(GH_OK, gh_credential_is_bound(
                            signing_keys(), &credential,
                            fake_database_bytes(2, PARAM_HASH + 2), &is_bound));
    check(is_bound);
    signing_end(desk);
}

/* Refused after it was counted; the reason in the trail. */
static void
check_failed(struct gh_text form, struct fake_value *reserve, unsigned status,
             struct gh_text reason)
{
    const struct fake_step steps[] = {FOUND, ATTEMPT_RESERVE(reserve), FAIL};
    struct desk *desk = try(form, steps, GH_COUNT(steps));

    check_number(status, signing_reply(desk)->status);
    check_text(reason, fake_database_bytes(2, PARAM_REASON));
    check_number(16, fake_database_bytes(2, PARAM_SESSION).len);
    check(signing_has(desk, GH_TEXT("Check the current password")));
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
}

static void
wrong_old_password_changes_nothing(void)
{
    check_failed(form_of("wrong-wrong-wrong-1", NEW), signing_reserve_row(),
                 403, GH_TEXT("wrong"));
    /* What cannot be a password is one all the same, of the same account. */
    check_failed(form_of("a%00b", NEW), signing_reserve_row(), 403,
                 GH_TEXT("wrong"));
    check_text(GH_TEXT("alice"), fake_database_bytes(1, 0));
    check_failed(form_of("", NEW), signing_reserve_row(), 403,
                 GH_TEXT("wrong"));
}

static void
guess_over_the_limit_is_not_looked_at(void)
{
    struct fake_value *row = signing_reserve_row();

    row[GH_RESERVE_IS_ALLOWED].number = 0;
    row[GH_RESERVE_REFUSAL] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("account"), 0};
    check_failed(good_form(), row, 403, GH_TEXT("throttled"));
    row[GH_RESERVE_REFUSAL].text = GH_TEXT("source");
    check_failed(good_form(), row, 429, GH_TEXT("source"));
}

static void
account_that_is_not_active_changes_nothing(void)
{
    struct fake_value *row = signing_reserve_row();

    row[GH_RESERVE_STATUS].text = GH_TEXT("locked");
    check_failed(good_form(), row, 403, GH_TEXT("locked"));
}

/* Judged before anything is counted. */
static void
check_unfit(struct gh_text form, const char *reason_z, const char *words_z)
{
    const struct fake_step steps[] = {FOUND, EVENT};
    struct desk *desk = try(form, steps, GH_COUNT(steps));

    check_number(422, signing_reply(desk)->status);
    check_text(GH_TEXT("authn_password_change_fail"),
               fake_database_bytes(1, 0));
    check_text(GH_TEXT("alice"), fake_database_bytes(1, 3));
    check_text(gh_text_of_z(reason_z),
               fake_database_bytes(1, PARAM_EVENT_REASON));
    check(signing_has(desk, gh_text_of_z(words_z)));
    signing_end(desk);
}

static void
new_password_that_cannot_be_one_is_refused_uncounted(void)
{
    check_unfit(form_of(SIGNING_PASSWORD, "fourteen+chars"), "short",
                "too short");
    check_unfit(form_of(SIGNING_PASSWORD, "passwordpassword"), "common",
                "common or breached");
    check_unfit(form_of(SIGNING_PASSWORD, "alice%40example.org1"), "names",
                "names that others know");
    check_unfit(form_of(SIGNING_PASSWORD, ""), "unfit", "is empty");
    check_unfit(form_of(SIGNING_PASSWORD, SIGNING_PASSWORD), "same",
                "the one that you have");
}

static void
form_of_another_page_changes_nothing(void)
{
    const struct fake_step steps[] = {FOUND, EVENT};
    static char at[256];
    struct gh_text token =
        signing_token(GH_TEXT("account"), GH_TEXT(SIGNING_REFERENCE));
    int len = snprintf(at, sizeof(at), "csrf=%.*s&current=x&new=" NEW,
                       GH_TEXT_ARG(token));
    struct desk *desk =
        try((struct gh_text){at, (size_t)len}, steps, GH_COUNT(steps));

    check_number(403, signing_reply(desk)->status);
    check_text(GH_TEXT("malicious_csrf"), fake_database_bytes(1, 0));
    check(!signing_has(desk, GH_TEXT("name=\"new\"")));
    signing_end(desk);
}

/* RACE-013. */
static void
change_that_came_too_late_is_a_failure(void)
{
    struct fake_step steps[] = {FOUND, ATTEMPT_RESERVE(signing_reserve_row()),
                                CHANGE, FAIL};
    struct desk *desk;

    steps[2].status = GH_CONFLICT;
    desk = try(good_form(), steps, GH_COUNT(steps));
    check_number(403, signing_reply(desk)->status);
    check(signing_cookie(desk, "__Host-id").at == NULL);
    signing_end(desk);
}

static void
being_busy_costs_no_guess(void)
{
    const struct fake_step steps[] = {FOUND};
    struct desk *desk = lay(good_form(), steps, GH_COUNT(steps), 0);

    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(503, signing_reply(desk)->status);
    signing_end(desk);
}

static void
fault_is_no_answer(void)
{
    for (size_t i = 1; i < 4; i++) {
        struct fake_step steps[] = {
            FOUND, ATTEMPT_RESERVE(signing_reserve_row()), CHANGE};
        struct desk *desk;

        steps[i < 3 ? i : 2].status = GH_FAULT_DB;
        steps[2].asked = i == 3 ? GH_FAULT_DB : GH_OK;
        desk = lay(good_form(), steps, i == 1 ? 2 : 3, 1);
        if (signing_know(desk))
            check_status(GH_FAULT_DB, signing_act(desk));
        check_number(0, desk->exchange->outcome.reply.head.len);
        gh_hashing_give_back(&desk->exchange->context.place);
        signing_end(desk);
    }
}

static void
page_says_why_it_is_shown(void)
{
    const struct fake_step steps[] = {FOUND};
    struct desk *desk = signing_begin(steps, GH_COUNT(steps), 1);

    desk_set(desk, "REQUEST_URI",
             GH_TEXT("/auth/account/password?reason=not_me"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT(COOKIE));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(200, signing_reply(desk)->status);
    check(signing_has(desk, GH_TEXT("All your other sessions have ended.")));
    check(signing_has(desk, GH_TEXT("autocomplete=\"new-password\"")));
    signing_end(desk);
}

const struct check_case act_password_cases[] = {
    CHECK_CASE(new_password_is_stored_with_a_new_session),
    CHECK_CASE(stored_hash_is_bound_to_the_account),
    CHECK_CASE(wrong_old_password_changes_nothing),
    CHECK_CASE(guess_over_the_limit_is_not_looked_at),
    CHECK_CASE(account_that_is_not_active_changes_nothing),
    CHECK_CASE(new_password_that_cannot_be_one_is_refused_uncounted),
    CHECK_CASE(form_of_another_page_changes_nothing),
    CHECK_CASE(change_that_came_too_late_is_a_failure),
    CHECK_CASE(being_busy_costs_no_guess),
    CHECK_CASE(fault_is_no_answer),
    CHECK_CASE(page_says_why_it_is_shown),
    {0},
};
