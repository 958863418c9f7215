/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/look: one look serves all that came before it was sent and
 * nobody else, nobody waits for one that does not come, and the keeper looks
 * at once when somebody waits.
 */
#include "look.h"

#include "check.h"
#include "followed.h"
#include "keeping.h"

#include "base/banned.h"

/* Whoever comes now, on a desk whose keeper looks. */
static struct desk *
begin(int64_t came_us)
{
    struct desk *desk = desk_begin(NULL);

    desk->gateway.keeper_loop = desk->worker.loop;
    gh_look_end(&desk->gateway, 1);
    desk->exchange->context.came_us = came_us;
    return desk;
}

static bool
is_posted(const struct desk *desk)
{
    return gh_link_is_in(&desk->exchange->task.link);
}

static void
look_that_was_sent_later_is_waited_for(void)
{
    struct desk *desk = begin(1000);
    struct gh_context *context = &desk->exchange->context;

    check_status(GH_WAIT, gh_look_await(context));
    check(gh_look_is_wanted(&desk->gateway));
    check(gh_look_is_awaited(&desk->worker));
    check(!gh_look_is_awaited(&desk->worker));
    gh_look_begin(&desk->gateway);
    check(!gh_look_is_wanted(&desk->gateway));
    gh_look_end(&desk->gateway, 1001);
    gh_look_collect(&desk->worker);
    check(is_posted(desk));
    check(!gh_link_is_in(&context->waiting));
    check(!gh_link_is_in(&desk->exchange->deadline.link));
    desk_end(desk);
}

static void
look_that_was_under_way_is_not_enough(void)
{
    struct desk *desk = begin(1000);
    struct gh_context *context = &desk->exchange->context;

    gh_look_begin(&desk->gateway);
    check_status(GH_WAIT, gh_look_await(context));
    (void)gh_look_is_awaited(&desk->worker);
    gh_look_end(&desk->gateway, 1000);
    gh_look_collect(&desk->worker);
    check(!is_posted(desk));
    check(gh_link_is_in(&context->waiting));
    /* The next one is wanted, and this loop wants to hear of it. */
    check(gh_look_is_wanted(&desk->gateway));
    check(gh_look_is_awaited(&desk->worker));
    desk_end(desk);
}

static void
look_that_is_not_wanted_yet_is_wanted_by_who_still_waits(void)
{
    struct desk *desk = begin(1000);

    check_status(GH_WAIT, gh_look_await(&desk->exchange->context));
    /* At the same microsecond, so that nobody knows which was first. */
    gh_look_begin(&desk->gateway);
    gh_look_end(&desk->gateway, 1000);
    gh_look_collect(&desk->worker);
    check(!is_posted(desk));
    check(gh_look_is_wanted(&desk->gateway));
    desk_end(desk);
}

static void
look_that_is_over_already_is_not_waited_for(void)
{
    struct desk *desk = begin(1000);
    struct gh_context *context = &desk->exchange->context;

    gh_look_end(&desk->gateway, 1001);
    check_status(GH_NONE, gh_look_await(context));
    check(!gh_link_is_in(&context->waiting));
    check(!gh_link_is_in(&desk->exchange->deadline.link));
    check(!gh_look_is_wanted(&desk->gateway));
    desk_end(desk);
}

static void
failure_sends_everybody_to_ask_alone(void)
{
    struct desk *desk = begin(gh_fresh_clock());
    struct gh_context *context = &desk->exchange->context;

    check_status(GH_WAIT, gh_look_await(context));
    gh_look_stop(&desk->gateway);
    gh_look_collect(&desk->worker);
    check(is_posted(desk));
    check_status(GH_NONE, gh_look_await(context));
    /* So is who comes before it looks again. */
    context->came_us = gh_fresh_clock() + 1000000;
    check_status(GH_NONE, gh_look_await(context));
    check(!gh_link_is_in(&context->waiting));
    desk_end(desk);
}

static void
who_goes_on_waits_for_nothing(void)
{
    struct desk *desk = begin(1000);
    struct gh_context *context = &desk->exchange->context;

    check_status(GH_WAIT, gh_look_await(context));
    gh_look_leave(context);
    check(!gh_link_is_in(&context->waiting));
    check(!gh_link_is_in(&context->deadline->link));
    /* It may be the estate that the deadline is of. */
    gh_deadline_set(desk->worker.loop, context->deadline, 1000);
    gh_look_leave(context);
    check(gh_link_is_in(&context->deadline->link));
    gh_deadline_clear(context->deadline);
    desk_end(desk);
}

static void
wait_has_an_end(void)
{
    struct desk *desk = begin(1000);
    struct gh_context *context = &desk->exchange->context;

    check_status(GH_WAIT, gh_look_await(context));
    check(gh_link_is_in(&desk->exchange->deadline.link));
    check_status(GH_WAIT, gh_look_await(context));
    context->is_late = true;
    check_status(GH_NONE, gh_look_await(context));
    check(!context->is_late);
    check(!gh_link_is_in(&context->waiting));
    desk_end(desk);
}

static void
exchange_that_leaves_waits_no_longer(void)
{
    struct desk *desk = begin(1000);

    check_status(GH_WAIT, gh_look_await(&desk->exchange->context));
    gh_exchange_end(desk->exchange);
    check(gh_list_is_empty(&desk->worker.look_waiters));
    gh_look_collect(&desk->worker);
    desk_end(desk);
}

/* --- the keeper's part ---------------------------------------------------- */

static const struct fake_value seven[ROWS][COLUMNS] =
    ROWS_OF(7, "forward", "http://unix:/s");

/* Somebody wants a look, whom the loop's own wake would tell of. */
static void
want(struct gh_keeper *keeper)
{
    atomic_store(&now.desk->gateway.looks.is_wanted, true);
    gh_keeper_look(keeper);
}

static void
wanted_look_comes_at_once(void)
{
    const struct fake_step steps[] = {STATE(7), POLICY(seven), STATE(7),
                                      STATE(7), SILENCE};
    const struct mark marks[] = {{3, 1, want}, {4, 1, want}, {5, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    /* Sooner than by the poll, a quarter of a second after the last answer. */
    check(now.ms[1] + now.ms[2] < 250);
    check(atomic_load(&now.desk->gateway.looks.is_on));
    /* One ended when the policy was read, two were answered. */
    check_number(3, now.n_looks);
    check(atomic_load(&now.desk->gateway.looks.over_us) <= gh_fresh_clock());
    keeping_end();
}

static void
nobody_waits_while_the_policy_is_read(void)
{
    const struct fake_step steps[] = {
        STATE(7), {.stmt = &gh_stmt_policy_read, .n_waits = FAKE_NEVER}};
    const struct mark marks[] = {{2, 0, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(!atomic_load(&now.desk->gateway.looks.is_on));
    keeping_end();
}

static void
nobody_waits_after_a_failure(void)
{
    const struct fake_step steps[] = {
        STATE(7),
        POLICY(seven),
        STATE(7),
        {.stmt = &gh_stmt_follow, .status = GH_FAULT_DB},
        SILENCE};
    const struct mark marks[] = {{3, 1, NULL}, {5, 1, NULL}};

    keeping_play(steps, GH_COUNT(steps), marks, GH_COUNT(marks));
    check(!atomic_load(&now.desk->gateway.looks.is_on));
    check_number(3, now.n_looks);
    keeping_end();
}

const struct check_case look_cases[] = {
    CHECK_CASE(look_that_was_sent_later_is_waited_for),
    CHECK_CASE(look_that_was_under_way_is_not_enough),
    CHECK_CASE(look_that_is_not_wanted_yet_is_wanted_by_who_still_waits),
    CHECK_CASE(look_that_is_over_already_is_not_waited_for),
    CHECK_CASE(failure_sends_everybody_to_ask_alone),
    CHECK_CASE(who_goes_on_waits_for_nothing),
    CHECK_CASE(wait_has_an_end),
    CHECK_CASE(exchange_that_leaves_waits_no_longer),
    CHECK_CASE(wanted_look_comes_at_once),
    CHECK_CASE(nobody_waits_while_the_policy_is_read),
    CHECK_CASE(nobody_waits_after_a_failure),
    {0},
};
