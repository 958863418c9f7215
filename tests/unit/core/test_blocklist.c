/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/blocklist: the list is what its header says, and every entry
 * is found.
 */
#include "core/blocklist.h"

#include <string.h>

#include "base/precis.h"
#include "check.h"
#include "core/new_password.h"

#include "base/banned.h"

enum {
    LEAST_ENTRIES = 3000, /* NIST SP 800-63B, OWASP ASVS 6.2.4 */
};

static void
list_is_long_sorted_and_fit(void)
{
    struct gh_text rest = gh_blocklist_words();
    struct gh_text before = {0};
    struct gh_text line;
    size_t n = 0;

    check(gh_text_is_utf8(rest));
    while (gh_text_cut(&rest, '\n', &line) && rest.at != NULL) {
        size_t len = line.len < before.len ? line.len : before.len;
        int order = len == 0 ? 1 : memcmp(line.at, before.at, len);
        bool is_after = order > 0 || (order == 0 && line.len > before.len);
        bool is_lower = true;

        for (size_t i = 0; i < line.len; i++)
            is_lower = is_lower && gh_lower(line.at[i]) == line.at[i];
        if (!is_after || !is_lower ||
            gh_precis_points(line) < GH_PASSWORD_POINTS_MIN)
            check_text(GH_TEXT("a good line"), line);
        before = line;
        n++;
    }
    check(n >= LEAST_ENTRIES);
}

static void
every_entry_is_found(void)
{
    struct gh_text rest = gh_blocklist_words();
    struct gh_text line;
    size_t n_missing = 0;

    while (gh_text_cut(&rest, '\n', &line) && rest.at != NULL)
        n_missing += !gh_blocklist_has(line);
    check_number(0, n_missing);
}

static void
what_people_think_of_first_is_there(void)
{
    check(gh_blocklist_has(GH_TEXT("passwordpassword")));
    check(gh_blocklist_has(GH_TEXT("123456789012345")));
    check(gh_blocklist_has(GH_TEXT("qwertyuiopasdfgh")));
    check(gh_blocklist_has(GH_TEXT("correcthorsebatterystaple")));
    check(gh_blocklist_has(GH_TEXT("aaaaaaaaaaaaaaa")));
    check(gh_blocklist_has(GH_TEXT("iloveyouiloveyou")));
}

static void
only_whole_entries_are_found(void)
{
    check(!gh_blocklist_has(GH_TEXT("")));
    check(!gh_blocklist_has(GH_TEXT("passwordpasswor")));
    check(!gh_blocklist_has(GH_TEXT("passwordpassword\n")));
    check(!gh_blocklist_has(GH_TEXT("xpasswordpassword")));
    check(!gh_blocklist_has(GH_TEXT("plain lower case words")));
    check(!gh_blocklist_has(GH_TEXT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                                    "\xff\xff\xff\xff\xff")));
}

const struct check_case blocklist_cases[] = {
    CHECK_CASE(list_is_long_sorted_and_fit),
    CHECK_CASE(every_entry_is_found),
    CHECK_CASE(what_people_think_of_first_is_there),
    CHECK_CASE(only_whole_entries_are_found),
    {0},
};
