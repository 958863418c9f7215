/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks passwords up in the list. Owns nothing. Called by core/new_password.
 */
#include "core/blocklist.h"

#include <string.h>

#include "base/banned.h"

/* How a and b are ordered: less than, equal to or greater than 0. */
static int
compare(struct gh_text a, struct gh_text b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.at, b.at, len);

    if (order != 0 || a.len == b.len)
        return order;
    return a.len < b.len ? -1 : 1;
}

/* The start of the line that byte `at` is in. */
static size_t
line_start(struct gh_text words, size_t at)
{
    while (at > 0 && words.at[at - 1] != '\n')
        at--;
    return at;
}

bool
gh_blocklist_has(struct gh_text lower)
{
    struct gh_text words = gh_blocklist_words();
    size_t low = 0;
    size_t high = words.len;

    /* Between low and high are whole lines. */
    while (low < high) {
        size_t start = line_start(words, low + (high - low) / 2);
        struct gh_text line = gh_text_from(words, start);
        int order;

        line = gh_text_first(line, gh_text_find(line, '\n'));
        order = compare(lower, line);
        if (order == 0)
            return true;
        if (order < 0)
            high = start;
        else
            low = start + line.len + 1;
    }
    return false;
}
