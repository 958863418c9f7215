/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of base/precis. The input is an account name and a password.
 * Properties: what is accepted obeys the pattern and the limits, is well
 * formed, shows every character, and stays the same when it is enforced
 * again; a name does not change with the case of its letters; ASCII passwords
 * come out as they went in; only long ones are over the limit.
 */
#include "base/precis.h"

#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

static bool
is_name(struct gh_text text)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char more[] = "abcdefghijklmnopqrstuvwxyz0123456789._@+-";

    if (text.len < 1 || text.len > 64 ||
        memchr(first, text.at[0], sizeof(first) - 1) == NULL)
        return false;
    for (size_t i = 1; i < text.len; i++) {
        if (memchr(more, text.at[i], sizeof(more) - 1) == NULL)
            return false;
    }
    return true;
}

static bool
is_ascii(struct gh_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] >= 0x80)
            return false;
    }
    return true;
}

static void
check_account(struct gh_arena *arena, struct gh_text raw)
{
    struct gh_text name;
    struct gh_text again;

    if (gh_precis_account(arena, raw, &name) != GH_OK) {
        gh_assert(!is_name(raw));
        return;
    }
    gh_assert(is_name(name));
    gh_assert(gh_precis_account(arena, name, &again) == GH_OK);
    gh_assert(gh_text_equal(name, again));
    if (is_ascii(raw))
        gh_assert(gh_text_equal_nocase(raw, name));
}

static size_t
count_points(struct gh_text text)
{
    size_t n = 0;

    /* Every byte that is no continuation begins a character. */
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.at[i] & 0xc0) != 0x80;
    return n;
}

static void
assert_password(struct gh_text text)
{
    gh_assert(text.len >= 1 && text.len <= GH_PASSWORD_BYTES_MAX);
    gh_assert(gh_text_is_utf8(text));
    gh_assert(count_points(text) <= GH_PASSWORD_POINTS_MAX);
    for (size_t i = 0; i < text.len; i++)
        gh_assert(!gh_text_is_control(gh_text_from(text, i)));
}

static void
check_password(struct gh_arena *arena, struct gh_text raw)
{
    struct gh_text text;
    struct gh_text again;
    enum gh_status status = gh_precis_password(arena, raw, &text);

    gh_assert(status == GH_OK || status == GH_MALFORMED || status == GH_LIMIT);
    if (status == GH_LIMIT)
        gh_assert(raw.len > GH_PASSWORD_POINTS_MAX);
    if (status != GH_OK)
        return;
    assert_password(text);
    gh_assert(gh_precis_password(arena, text, &again) == GH_OK);
    gh_assert(gh_text_equal(text, again));
    if (is_ascii(raw))
        gh_assert(gh_text_equal(raw, text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gh_arena arena;

    gh_arena_init(&arena, 1024 * 1024);
    check_account(&arena, fuzz_text(data, size));
    check_password(&arena, fuzz_text(data, size));
    gh_arena_done(&arena);
    return 0;
}
