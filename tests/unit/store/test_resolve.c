/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/resolve with names that need no network. Each test owns its
 * lookup.
 */
#include "store/resolve.h"

#include <string.h>
#include <time.h>

#include "check.h"

#include "base/banned.h"

/* Asks until it is over; 10 seconds at most. */
static enum gh_status
await(struct gh_resolve *resolve, struct gh_resolved *out)
{
    const struct timespec nap = {.tv_nsec = 5000000};
    enum gh_status status = GH_WAIT;

    for (int i = 0; i < 2000 && status == GH_WAIT; i++) {
        status = gh_resolve_poll(resolve, out);
        if (status == GH_WAIT)
            nanosleep(&nap, NULL);
    }
    return status;
}

static void
localhost_has_an_address(void)
{
    struct gh_resolve resolve = {0};
    struct gh_resolved found = {0};

    check_status(GH_OK, gh_resolve_begin(&resolve, "localhost"));
    check_status(GH_OK, gh_resolve_begin(&resolve, "localhost"));
    check_status(GH_OK, await(&resolve, &found));
    check(found.n >= 1 && found.n <= GH_RESOLVE_MAX);
    check(strcmp(found.at_z[0], "127.0.0.1") == 0 ||
          strcmp(found.at_z[0], "::1") == 0);
    gh_resolve_done(&resolve);
}

static void
a_name_that_cannot_be_is_none(void)
{
    struct gh_resolve resolve = {0};
    struct gh_resolved found = {0};

    check_status(GH_OK, gh_resolve_begin(&resolve,
                                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    check_status(GH_NONE, await(&resolve, &found));
    gh_resolve_done(&resolve);
}

static void
a_lookup_may_be_ended_at_any_time(void)
{
    struct gh_resolve resolve = {0};

    gh_resolve_done(&resolve);
    check_status(GH_OK, gh_resolve_begin(&resolve, "localhost"));
    gh_resolve_done(&resolve);
    check(!resolve.is_running);
}

const struct check_case resolve_cases[] = {
    CHECK_CASE(localhost_has_an_address),
    CHECK_CASE(a_name_that_cannot_be_is_none),
    CHECK_CASE(a_lookup_may_be_ended_at_any_time),
    {0},
};
