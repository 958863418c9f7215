/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of base/clock, beside the kernel's own clocks. Pure but for those.
 */
#include "base/clock.h"

#include "check.h"

#include "base/banned.h"

static struct timespec
look(clockid_t clock)
{
    struct timespec at = {0};

    check(clock_gettime(clock, &at) == 0);
    return at;
}

/* Whether an instant lies between two others, the ends included. */
static bool
is_between(struct timespec before, int64_t us, struct timespec after)
{
    struct timespec at = {.tv_sec = us / GH_SECOND_US,
                          .tv_nsec = us % GH_SECOND_US * 1000};
    bool is_early = at.tv_sec < before.tv_sec ||
                    (at.tv_sec == before.tv_sec &&
                     at.tv_nsec < before.tv_nsec / 1000 * 1000);
    bool is_late = at.tv_sec > after.tv_sec ||
                   (at.tv_sec == after.tv_sec && at.tv_nsec > after.tv_nsec);

    return !is_early && !is_late;
}

static void
a_clock_shows_what_the_kernel_does(void)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC,
                                       CLOCK_BOOTTIME};

    for (size_t i = 0; i < GH_COUNT(clocks); i++) {
        struct timespec before = look(clocks[i]);
        int64_t us = gh_clock_us(clocks[i]);

        check(is_between(before, us, look(clocks[i])));
    }
}

static void
a_second_is_as_wide_as_its_products(void)
{
    /* A day is more than 32 bits hold. */
    check_number(INT64_C(86400000000), 86400 * GH_SECOND_US);
}

const struct check_case clock_cases[] = {
    CHECK_CASE(a_clock_shows_what_the_kernel_does),
    CHECK_CASE(a_second_is_as_wide_as_its_products),
    {0},
};
