/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/keeper, with PostgreSQL by script: when it reads the
 * policy, when it does not, and whom it tells.
 */
#include "keeper.h"

#include "check.h"
#include "estate.h"
#include "signing.h"

#include "base/banned.h"

extern const struct check_case keeper_cases[];

enum {
    GUARD_MS = 5000,     /* against hanging */
    NOW_US = 1795423267, /* the database's time, in microseconds */
    MAX_TOLD = 8,
};

/* What the listener heard. */
static struct {
    size_t n;                   /* how often */
    int64_t versions[MAX_TOLD]; /* of what */
    size_t enough;              /* ends the loop */
    struct gh_loop *loop;
} told;

static void
hear(void *ctx, struct gh_mounts *mounts)
{
    (void)ctx;
    if (check(told.n < MAX_TOLD))
        told.versions[told.n++] = gh_rules_version(mounts->rules);
    if (told.n == told.enough)
        gh_loop_stop(told.loop);
}

static void
on_guard(struct gh_deadline *deadline)
{
    (void)deadline;
    gh_loop_stop(told.loop);
}

/* The columns of policy_state, and of policy_read when nothing is mounted. */
static const struct fake_value *
state_row(struct fake_value row[2], int64_t version)
{
    row[GH_STATE_VERSION] = (struct fake_value){FAKE_NUMBER, {0}, version};
    row[GH_STATE_NOW] = (struct fake_value){FAKE_TIME, {0}, NOW_US};
    return row;
}

static const struct fake_value *
policy_row(struct fake_value row[GH_POLICY_UNTIL + 1], int64_t relation,
           int64_t version)
{
    row[GH_POLICY_RELATION] = (struct fake_value){FAKE_NUMBER, {0}, relation};
    row[GH_POLICY_ID] = (struct fake_value){FAKE_NUMBER, {0}, version};
    return row;
}

#define STATE(columns)                                                         \
    {                                                                          \
        .stmt = &gh_stmt_policy_state, .row = (columns), .n_columns = 2        \
    }
#define POLICY(columns)                                                        \
    {                                                                          \
        .stmt = &gh_stmt_policy_read, .row = (columns),                        \
        .n_columns = GH_POLICY_UNTIL + 1                                       \
    }

/* A keeper plays the script until it told of so many policies, or as long as
 * ms allows. */
static struct desk *
keep(const struct fake_step *steps, size_t n, size_t enough, int64_t ms)
{
    struct gh_deadline guard = {.on_late = on_guard};
    const struct gh_keeper_listener listener = {hear, NULL};
    struct desk *desk = signing_begin(steps, n, 0);
    struct gh_keeper *keeper = NULL;

    told.n = 0;
    told.enough = enough;
    told.loop = desk->worker.loop;
    check_status(GH_OK, gh_keeper_new(&desk->worker, &listener, &keeper));
    check(desk->gateway.keeper_loop == told.loop);
    gh_deadline_set(told.loop, &guard, ms);
    gh_loop_run(told.loop);
    gh_deadline_clear(&guard);
    gh_keeper_free(keeper);
    return desk;
}

static void
policy_is_read_and_told_of_once(void)
{
    struct fake_value state[2];
    struct fake_value policy[GH_POLICY_UNTIL + 1] = {{0}};
    const struct fake_step steps[] = {STATE(state_row(state, 7)),
                                      POLICY(policy_row(policy, 0, 7)),
                                      STATE(state)};
    struct desk *desk = keep(steps, GH_COUNT(steps), 2, 400);

    check_number(1, told.n);
    check_number(7, told.versions[0]);
    check(gh_gateway_now_us(&desk->gateway) >= NOW_US);
    check(gh_gateway_now_us(&desk->gateway) < NOW_US + 60 * 1000000LL);
    signing_end(desk);
}

static void
next_version_is_read_too(void)
{
    struct fake_value first[2];
    struct fake_value second[2];
    struct fake_value policy[2][GH_POLICY_UNTIL + 1] = {{{0}}};
    const struct fake_step steps[] = {
        STATE(state_row(first, 7)), POLICY(policy_row(policy[0], 0, 7)),
        STATE(state_row(second, 8)), POLICY(policy_row(policy[1], 0, 9))};
    struct desk *desk = keep(steps, GH_COUNT(steps), 2, GUARD_MS);

    check_number(2, told.n);
    check_number(9, told.versions[1]);
    signing_end(desk);
}

static void
fault_is_no_policy_and_is_asked_again(void)
{
    struct fake_value state[2];
    struct fake_value policy[GH_POLICY_UNTIL + 1] = {{0}};
    const struct fake_step steps[] = {
        {.stmt = &gh_stmt_policy_state, .asked = GH_FAULT_DB},
        {.stmt = &gh_stmt_policy_state, .status = GH_FAULT_DB},
        STATE(state_row(state, 7)),
        {.stmt = &gh_stmt_policy_read, .status = GH_FAULT_DB},
        STATE(state),
        POLICY(policy_row(policy, 0, 7))};
    struct desk *desk = keep(steps, GH_COUNT(steps), 1, GUARD_MS);

    check_number(1, told.n);
    signing_end(desk);
}

static void
policy_that_is_none_is_never_told_of(void)
{
    struct fake_value state[2];
    struct fake_value policy[GH_POLICY_UNTIL + 1] = {{0}};
    const struct fake_step steps[] = {STATE(state_row(state, 7)),
                                      POLICY(policy_row(policy, 1, 7))};
    struct desk *desk = keep(steps, GH_COUNT(steps), 1, 10);

    check_number(0, told.n);
    signing_end(desk);
}

static void
policy_that_is_gone_when_it_is_read_is_asked_for_again(void)
{
    struct fake_value state[2];
    struct fake_value policy[GH_POLICY_UNTIL + 1] = {{0}};
    const struct fake_step steps[] = {STATE(state_row(state, 7)),
                                      {.stmt = &gh_stmt_policy_read},
                                      STATE(state),
                                      POLICY(policy_row(policy, 0, 7))};
    struct desk *desk = keep(steps, GH_COUNT(steps), 1, GUARD_MS);

    check_number(1, told.n);
    signing_end(desk);
}

static void
no_policy_at_all_permits_nothing(void)
{
    const struct fake_step steps[] = {{.stmt = &gh_stmt_policy_state}};
    struct desk *desk = keep(steps, GH_COUNT(steps), 1, GUARD_MS);

    check_number(1, told.n);
    check_number(0, told.versions[0]);
    signing_end(desk);
}

static void
newest_version_that_is_wanted_is_kept(void)
{
    struct desk *desk = signing_begin(NULL, 0, 0);

    gh_keeper_want(&desk->gateway, 5);
    gh_keeper_want(&desk->gateway, 3);
    check_number(5, atomic_load(&desk->gateway.policy_wanted));
    check_number(0, gh_gateway_now_us(&desk->gateway));
    gh_keeper_free(NULL);
    signing_end(desk);
}

const struct check_case keeper_cases[] = {
    CHECK_CASE(policy_is_read_and_told_of_once),
    CHECK_CASE(next_version_is_read_too),
    CHECK_CASE(fault_is_no_policy_and_is_asked_again),
    CHECK_CASE(policy_that_is_none_is_never_told_of),
    CHECK_CASE(policy_that_is_gone_when_it_is_read_is_asked_for_again),
    CHECK_CASE(no_policy_at_all_permits_nothing),
    CHECK_CASE(newest_version_that_is_wanted_is_kept),
    {0},
};
