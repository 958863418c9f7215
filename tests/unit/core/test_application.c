/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/core/application: prefixes by whole segments, hosts, and which
 * of several matches wins.
 */
#include "core/application.h"

#include "check.h"

#include "base/banned.h"

extern const struct check_case application_cases[];

static const struct gh_application table[] = {
    {.name = GH_TEXT_INIT("root"), .path = GH_TEXT_INIT("/")},
    {.name = GH_TEXT_INIT("app"), .path = GH_TEXT_INIT("/app/")},
    {.name = GH_TEXT_INIT("bare"), .path = GH_TEXT_INIT("/bare")},
    {.name = GH_TEXT_INIT("deep"), .path = GH_TEXT_INIT("/app/deep/")},
    {.name = GH_TEXT_INIT("console"),
     .host = GH_TEXT_INIT("admin.test"),
     .path = GH_TEXT_INIT("/app/")},
};

/* The name of what serves path on host; "-" for nothing. */
static struct gh_text
found(size_t from, struct gh_text host, struct gh_text path)
{
    const struct gh_applications all = {.at = table + from,
                                        .n = GH_COUNT(table) - from};
    const struct gh_application *one = gh_application_find(&all, host, path);

    return one == NULL ? GH_TEXT("-") : one->name;
}

static void
prefixes_match_whole_segments_only(void)
{
    check(gh_application_covers(GH_TEXT("/app"), GH_TEXT("/app")));
    check(gh_application_covers(GH_TEXT("/app"), GH_TEXT("/app/x")));
    check(gh_application_covers(GH_TEXT("/app/"), GH_TEXT("/app/")));
    check(!gh_application_covers(GH_TEXT("/app/"), GH_TEXT("/app")));
    check(!gh_application_covers(GH_TEXT("/app"), GH_TEXT("/apple")));
    check(!gh_application_covers(GH_TEXT("/app/"), GH_TEXT("/APP/x")));
    check(!gh_application_covers(GH_TEXT("/app/"), GH_TEXT("/ap")));
}

static void
the_longest_prefix_wins(void)
{
    check_text(GH_TEXT("deep"), found(0, GH_TEXT("h"), GH_TEXT("/app/deep/x")));
    check_text(GH_TEXT("app"), found(0, GH_TEXT("h"), GH_TEXT("/app/deeper")));
    check_text(GH_TEXT("root"), found(0, GH_TEXT("h"), GH_TEXT("/apple")));
    check_text(GH_TEXT("bare"), found(0, GH_TEXT("h"), GH_TEXT("/bare")));
}

static void
a_named_host_wins_over_every_host(void)
{
    check_text(GH_TEXT("console"),
               found(0, GH_TEXT("admin.test"), GH_TEXT("/app/x")));
    check_text(GH_TEXT("app"), found(0, GH_TEXT("h"), GH_TEXT("/app/x")));
}

static void
what_is_not_mounted_is_not_found(void)
{
    check_text(GH_TEXT("-"), found(1, GH_TEXT("h"), GH_TEXT("/")));
    check_text(GH_TEXT("-"), found(1, GH_TEXT("h"), GH_TEXT("/other/app/")));
    check_text(GH_TEXT("-"), found(4, GH_TEXT("h"), GH_TEXT("/app/x")));
}

const struct check_case application_cases[] = {
    CHECK_CASE(prefixes_match_whole_segments_only),
    CHECK_CASE(the_longest_prefix_wins),
    CHECK_CASE(a_named_host_wins_over_every_host),
    CHECK_CASE(what_is_not_mounted_is_not_found),
    {0},
};
