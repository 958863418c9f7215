/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/login_fail: a client that hangs up while its guess is
 * under way has guessed all the same, and the audit trail says so once. How
 * failures look: test_login_guess.c.
 */
#include "login_int.h"

#include "attempt.h"
#include "check.h"
#include "config.h"
#include "pipeline.h"

#include "base/banned.h"

enum {
    TURNS_MAX = 10, /* calls after which recording is stuck */
};

static const struct attempt right = {0};

/* Begins an attempt whose last statement so far is not answered, and runs the
 * act once: it waits there. */
static struct desk *
begin(const struct fake_step *steps, size_t n)
{
    struct desk *desk = attempt_lay(&right, steps, n);
    struct gh_exchange *x = desk->exchange;

    if (!signing_know(desk))
        return desk;
    x->next = GH_STEP_ACT;
    check_status(GH_WAIT, act_own(&x->context, x, &x->outcome));
    return desk;
}

/* Lets the act go on until it is in a phase. */
static void
go_on(struct desk *desk, enum gh_login_phase phase)
{
    struct gh_exchange *x = desk->exchange;

    for (int i = 0; i < TURNS_MAX && x->context.login->phase != phase; i++)
        check_status(GH_WAIT, act_own(&x->context, x, &x->outcome));
    check_number(phase, x->context.login->phase);
}

/* The client hangs up; everything is recorded that is to be, and nobody is
 * answered. */
static void
hang_up(struct desk *desk)
{
    struct gh_exchange *x = desk->exchange;

    gh_pipeline_leave(x);
    for (int i = 0; i < TURNS_MAX && x->next != GH_STEP_DONE; i++)
        gh_pipeline_leave(x);
    check_number(GH_STEP_DONE, x->next);
    check_number(0, x->outcome.reply.status);
    gh_database_done(&x->context);
}

static void
guess_that_was_being_counted_is_recorded(void)
{
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_FAIL};
    struct desk *desk;

    steps[0].n_waits = 3;
    desk = begin(steps, GH_COUNT(steps));
    hang_up(desk);
    check_text(GH_TEXT("abandoned"), fake_database_bytes(1, ATTEMPT_REASON));
    check_text(fake_database_bytes(0, 1), fake_database_bytes(1, 0));
    check_number(SIGNING_ID, attempt_number(1, 1));
    check_text(GH_TEXT("Firefox"), fake_database_bytes(1, 5));
    check(desk->exchange->context.place == NULL);
    signing_end(desk);
}

static void
form_that_was_being_counted_is_recorded_as_malformed(void)
{
    static const struct attempt malformed = {.more_z = "&password=x"};
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_FAIL};
    struct desk *desk;
    struct gh_exchange *x;

    steps[0].n_waits = 3;
    desk = attempt_lay(&malformed, steps, GH_COUNT(steps));
    x = desk->exchange;
    check(signing_know(desk));
    x->next = GH_STEP_ACT;
    check_status(GH_WAIT, act_own(&x->context, x, &x->outcome));
    hang_up(desk);
    check_text(GH_TEXT("malformed"), fake_database_bytes(1, ATTEMPT_REASON));
    signing_end(desk);
}

static void
guess_that_was_refused_is_recorded_as_that(void)
{
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_FAIL};
    struct desk *desk;

    row[GH_RESERVE_IS_ALLOWED].number = 0;
    row[GH_RESERVE_IS_FIRST_REFUSAL].number = 1;
    row[GH_RESERVE_REFUSAL] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("source"), 0};
    steps[0].n_waits = 3;
    desk = begin(steps, GH_COUNT(steps));
    hang_up(desk);
    check_text(GH_TEXT("source"), fake_database_bytes(1, ATTEMPT_REASON));
    check_number(1, attempt_number(1, 3));
    signing_end(desk);
}

static void
password_that_was_being_checked_is_recorded_and_let_go(void)
{
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_FAIL};
    struct desk *desk = begin(steps, GH_COUNT(steps));

    go_on(desk, GH_LOGIN_HASH);
    check(desk->exchange->context.job != NULL);
    hang_up(desk);
    check(desk->exchange->context.job == NULL);
    check_text(GH_TEXT("abandoned"), fake_database_bytes(1, ATTEMPT_REASON));
    signing_end(desk);
}

static void
password_of_others_is_recorded_beside_the_guess(void)
{
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_EVENT,
                                ATTEMPT_FAIL};
    struct desk *desk;

    row[GH_RESERVE_CREDENTIAL_MAC] = (struct fake_value){0};
    steps[1].n_waits = FAKE_NEVER;
    desk = begin(steps, GH_COUNT(steps));
    go_on(desk, GH_LOGIN_UNBOUND);
    hang_up(desk);
    check_text(GH_TEXT("abandoned"), fake_database_bytes(2, ATTEMPT_REASON));
    signing_end(desk);
}

static void
failure_that_was_being_recorded_is_not_recorded_twice(void)
{
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_FAIL};
    struct desk *desk;

    row[GH_RESERVE_IS_ALLOWED].number = 0;
    steps[1].n_waits = 3;
    desk = begin(steps, GH_COUNT(steps));
    go_on(desk, GH_LOGIN_FAIL);
    hang_up(desk);
    signing_end(desk);
}

/* Nothing to record, and nothing to wait for. */
static void
exchange_that_counted_nothing_is_over_at_once(void)
{
    struct desk *desk = attempt_lay(&right, NULL, 0);

    check(signing_know(desk));
    gh_pipeline_leave(desk->exchange);
    check_number(GH_STEP_DONE, desk->exchange->next);
    desk->exchange->next = GH_STEP_ACT;
    gh_pipeline_leave(desk->exchange);
    check_number(GH_STEP_DONE, desk->exchange->next);
    signing_end(desk);
}

static void
database_that_is_away_ends_it(void)
{
    struct fake_step steps[] = {ATTEMPT_RESERVE(signing_reserve_row()),
                                ATTEMPT_FAIL};
    struct desk *desk;

    steps[0].n_waits = 1;
    steps[1].asked = GH_FAULT_DB;
    desk = begin(steps, GH_COUNT(steps));
    hang_up(desk);
    signing_end(desk);
    steps[0].status = GH_FAULT_DB;
    desk = begin(steps, 1);
    hang_up(desk);
    check(desk->exchange->context.place != NULL);
    signing_end(desk);
}

/* Milliseconds until a failure is answered, with these settings. */
static int64_t
answered_after(const struct fake_value *row, uint64_t delay, uint64_t jitter)
{
    const struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_FAIL};
    struct desk *desk = attempt_lay(&right, steps, GH_COUNT(steps));
    struct gh_settings *settings = desk->worker.site->settings;
    int64_t began_ms = gh_loop_now(desk->worker.loop);
    int64_t ended_ms;

    settings->password.fail_delay = delay;
    settings->password.fail_jitter = jitter;
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    ended_ms = gh_loop_now(desk->worker.loop);
    check(signing_reply(desk)->status == 401 ||
          signing_reply(desk)->status == 429);
    check(!desk->exchange->context.is_late);
    check(desk->exchange->context.place == NULL);
    signing_end(desk);
    return ended_ms - began_ms;
}

static void
every_failure_is_answered_after_the_same_delay(void)
{
    static const char *const refusals[] = {"account", "source", "closed"};
    static const char *const states[] = {"disabled", "locked"};
    struct fake_value *row;

    for (size_t i = 0; i < GH_COUNT(refusals); i++) {
        row = signing_reserve_row();
        row[GH_RESERVE_IS_ALLOWED].number = 0;
        row[GH_RESERVE_REFUSAL] =
            (struct fake_value){FAKE_TEXT, gh_text_of_z(refusals[i]), 0};
        check(answered_after(row, 400, 0) >= 400);
    }
    for (size_t i = 0; i < GH_COUNT(states); i++) {
        row = signing_reserve_row();
        row[GH_RESERVE_STATUS].text = gh_text_of_z(states[i]);
        check(answered_after(row, 400, 0) >= 400);
    }
}

static void
delay_has_a_random_part(void)
{
    struct fake_value *row = signing_reserve_row();
    int64_t least = INT64_MAX;
    int64_t most = 0;

    row[GH_RESERVE_IS_ALLOWED].number = 0;
    for (int i = 0; i < 8; i++) {
        int64_t ms = answered_after(row, 20, 200);

        least = ms < least ? ms : least;
        most = ms > most ? ms : most;
    }
    check(least >= 20);
    /* That eight of 201 lie so close happens four times in a million. */
    check(most - least > 25);
}

static void
failure_that_waits_goes_on_only_when_it_is_late(void)
{
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_FAIL};
    struct desk *desk;
    struct gh_exchange *x;

    row[GH_RESERVE_IS_ALLOWED].number = 0;
    desk = begin(steps, GH_COUNT(steps));
    x = desk->exchange;
    desk->worker.site->settings->password.fail_delay = 5000;
    go_on(desk, GH_LOGIN_DELAY);
    check_status(GH_WAIT, act_own(&x->context, x, &x->outcome));
    check(gh_link_is_in(&x->deadline.link));
    x->context.is_late = true;
    check_status(GH_OK, act_own(&x->context, x, &x->outcome));
    check_number(401, signing_reply(desk)->status);
    signing_end(desk);
}

static void
failure_that_waits_and_is_left_is_over(void)
{
    struct fake_value *row = signing_reserve_row();
    struct fake_step steps[] = {ATTEMPT_RESERVE(row), ATTEMPT_FAIL};
    struct desk *desk;

    row[GH_RESERVE_IS_ALLOWED].number = 0;
    desk = begin(steps, GH_COUNT(steps));
    desk->worker.site->settings->password.fail_delay = 5000;
    go_on(desk, GH_LOGIN_DELAY);
    hang_up(desk);
    signing_end(desk);
}

const struct check_case login_fail_cases[] = {
    CHECK_CASE(guess_that_was_being_counted_is_recorded),
    CHECK_CASE(form_that_was_being_counted_is_recorded_as_malformed),
    CHECK_CASE(guess_that_was_refused_is_recorded_as_that),
    CHECK_CASE(password_that_was_being_checked_is_recorded_and_let_go),
    CHECK_CASE(password_of_others_is_recorded_beside_the_guess),
    CHECK_CASE(failure_that_was_being_recorded_is_not_recorded_twice),
    CHECK_CASE(exchange_that_counted_nothing_is_over_at_once),
    CHECK_CASE(database_that_is_away_ends_it),
    CHECK_CASE(every_failure_is_answered_after_the_same_delay),
    CHECK_CASE(delay_has_a_random_part),
    CHECK_CASE(failure_that_waits_goes_on_only_when_it_is_late),
    CHECK_CASE(failure_that_waits_and_is_left_is_over),
    {0},
};
