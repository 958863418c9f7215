/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/core/application: prefixes by whole segments, and what is left
 * of a path behind one.
 */
#include "core/application.h"

#include "check.h"

#include "base/banned.h"

extern const struct check_case application_cases[];

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
rest_of_a_path_begins_with_a_slash(void)
{
    static const struct {
        struct gh_text prefix, path, rest;
    } rows[] = {
        {GH_TEXT_INIT("/app"), GH_TEXT_INIT("/app"), GH_TEXT_INIT("/")},
        {GH_TEXT_INIT("/app"), GH_TEXT_INIT("/app/"), GH_TEXT_INIT("/")},
        {GH_TEXT_INIT("/app"), GH_TEXT_INIT("/app/x"), GH_TEXT_INIT("/x")},
        {GH_TEXT_INIT("/app/"), GH_TEXT_INIT("/app/"), GH_TEXT_INIT("/")},
        {GH_TEXT_INIT("/app/"), GH_TEXT_INIT("/app/x"), GH_TEXT_INIT("/x")},
        {GH_TEXT_INIT("/app/"), GH_TEXT_INIT("/app//x"), GH_TEXT_INIT("//x")},
        {GH_TEXT_INIT("/app/"), GH_TEXT_INIT("/app/x/"), GH_TEXT_INIT("/x/")},
        {GH_TEXT_INIT("/"), GH_TEXT_INIT("/"), GH_TEXT_INIT("/")},
        {GH_TEXT_INIT("/"), GH_TEXT_INIT("/x/y"), GH_TEXT_INIT("/x/y")},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        check(gh_application_covers(rows[i].prefix, rows[i].path));
        check_text(rows[i].rest,
                   gh_application_rest(rows[i].prefix, rows[i].path));
    }
}

static void
entries_are_whole_names(void)
{
    static const struct {
        struct gh_text entries, entry;
        bool is_served;
    } rows[] = {
        {GH_TEXT_INIT(""), GH_TEXT_INIT("public"), true},
        {GH_TEXT_INIT(""), GH_TEXT_INIT(""), true},
        {GH_TEXT_INIT("admin"), GH_TEXT_INIT("admin"), true},
        {GH_TEXT_INIT("admin"), GH_TEXT_INIT("public"), false},
        {GH_TEXT_INIT("admin"), GH_TEXT_INIT("adm"), false},
        {GH_TEXT_INIT("admin"), GH_TEXT_INIT("admin2"), false},
        {GH_TEXT_INIT("admin"), GH_TEXT_INIT(""), false},
        {GH_TEXT_INIT("admin inside"), GH_TEXT_INIT("inside"), true},
        {GH_TEXT_INIT("admin inside"), GH_TEXT_INIT("admin inside"), false},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const struct gh_application one = {.entries = rows[i].entries};

        check(gh_application_is_served(&one, rows[i].entry) ==
              rows[i].is_served);
    }
}

const struct check_case application_cases[] = {
    CHECK_CASE(prefixes_match_whole_segments_only),
    CHECK_CASE(rest_of_a_path_begins_with_a_slash),
    CHECK_CASE(entries_are_whole_names),
    {0},
};
