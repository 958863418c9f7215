/* SPDX-License-Identifier: Apache-2.0
 *
 * The two PRECIS profiles on libunistring's tables. Owns nothing; working
 * memory is the arena's or a wiped buffer of this call. Refuses more than
 * 4,096 raw bytes before any work. Called by the login form and by
 * gatehousectl.
 *
 * Where this departs from the letter of RFC 8265:
 *  - Account names end as ASCII. No code point of the IdentifierClass that is
 *    not ASCII becomes ASCII by lower-casing and NFC (U+212A, the one that
 *    would, is no member), so whatever is not ASCII after width mapping is
 *    refused, and lower-casing needs no tables.
 *  - The contextual rules of RFC 5892 appendix A (joiners, middle dots, Arabic
 *    digits) are not applied to passwords. They guard against texts that look
 *    alike; nobody compares passwords by eye, and people do type them.
 *  - Unassigned code points are refused as the RFC says, and for a reason:
 *    how they normalize may change with the next version of Unicode, and
 *    then the password would stop working.
 */
#include "base/precis.h"

#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/banned.h"

enum {
    MAX_RAW = 4096, /* bytes that are looked at at all */
};

/* One code point of an account name without its width: U+FF21 is A. */
static ucs4_t
narrow(ucs4_t point)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    int tag = UC_DECOMP_CANONICAL;

    if (point >= 0x80 && uc_decomposition(point, &tag, parts) == 1 &&
        (tag == UC_DECOMP_WIDE || tag == UC_DECOMP_NARROW))
        return parts[0];
    return point;
}

static bool
is_name_char(char c, bool is_first)
{
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        return true;
    return !is_first &&
           (c == '.' || c == '_' || c == '@' || c == '+' || c == '-');
}

enum gh_status
gh_precis_account(struct gh_arena *arena, struct gh_text raw,
                  struct gh_text *out)
{
    const uint8_t *at = (const uint8_t *)raw.at;
    char name[GH_ACCOUNT_NAME_MAX];
    size_t len = 0;
    size_t used = 0;

    if (!gh_text_is_utf8(raw))
        return GH_MALFORMED;
    while (used < raw.len) {
        ucs4_t point;
        char c;

        used += (size_t)u8_mbtouc(&point, at + used, raw.len - used);
        point = narrow(point);
        if (point >= 0x80 || len == sizeof(name))
            return GH_MALFORMED;
        c = gh_lower((char)point);
        if (!is_name_char(c, len == 0))
            return GH_MALFORMED;
        name[len++] = c;
    }
    if (len == 0)
        return GH_MALFORMED;
    return gh_arena_copy(arena, (struct gh_text){.at = name, .len = len}, out);
}

/* Conjoining jamo, which RFC 8264 9.9 forbids: their syllables have code
 * points of their own. */
static bool
is_old_jamo(ucs4_t point)
{
    return (point >= 0x1100 && point <= 0x11ff) ||
           (point >= 0xa960 && point <= 0xa97c) ||
           (point >= 0xd7b0 && point <= 0xd7fb);
}

/* A member of the FreeformClass (RFC 8264 4.3), contextual ones included:
 * letters, marks, numbers, punctuation, symbols, spaces, and the joiners. */
static bool
is_freeform(ucs4_t point)
{
    if (point == 0x200c || point == 0x200d)
        return true;
    return uc_is_general_category_withtable(
               point, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M |
                          UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_P |
                          UC_CATEGORY_MASK_S | UC_CATEGORY_MASK_Zs) &&
           !uc_is_property_default_ignorable_code_point(point) &&
           !is_old_jamo(point);
}

static bool
is_space(ucs4_t point)
{
    return uc_is_general_category_withtable(point, UC_CATEGORY_MASK_Zs);
}

/* The code points of raw with every space as U+0020. points has room for one
 * a byte. GH_MALFORMED. */
static enum gh_status
read_points(struct gh_text raw, ucs4_t *points, size_t *n)
{
    const uint8_t *at = (const uint8_t *)raw.at;
    size_t used = 0;

    *n = 0;
    while (used < raw.len) {
        ucs4_t point;

        used += (size_t)u8_mbtouc(&point, at + used, raw.len - used);
        if (!is_freeform(point))
            return GH_MALFORMED;
        points[(*n)++] = is_space(point) ? ' ' : point;
    }
    return GH_OK;
}

/* points in NFC, in arena. GH_FAULT_MEMORY. */
static enum gh_status
compose(struct gh_arena *arena, const ucs4_t *points, size_t n, ucs4_t **out,
        size_t *n_out)
{
    /* No code point becomes more than three in NFC (Unicode, UAX 15). */
    size_t room = n * 3;
    ucs4_t *memory = gh_arena_array(arena, room, sizeof(*memory));
    ucs4_t *made;

    if (memory == NULL)
        return GH_FAULT_MEMORY;
    made = u32_normalize(UNINORM_NFC, points, n, memory, &room);
    if (made == NULL)
        return GH_FAULT_MEMORY;
    gh_assert(made == memory);
    *out = made;
    *n_out = room;
    return GH_OK;
}

/* The points as UTF-8 in arena. GH_LIMIT, GH_FAULT_MEMORY. */
static enum gh_status
write_points(struct gh_arena *arena, const ucs4_t *points, size_t n,
             struct gh_text *out)
{
    char *at;
    size_t len = 0;

    if (n > GH_PASSWORD_POINTS_MAX)
        return GH_LIMIT;
    at = gh_arena_new(arena, n * 4 + 1);
    if (at == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < n; i++)
        len += (size_t)u8_uctomb((uint8_t *)at + len, points[i], 4);
    if (len > GH_PASSWORD_BYTES_MAX)
        return GH_LIMIT;
    *out = (struct gh_text){.at = at, .len = len};
    return GH_OK;
}

enum gh_status
gh_precis_password(struct gh_arena *arena, struct gh_text raw,
                   struct gh_text *out)
{
    enum gh_status status;
    ucs4_t *points;
    size_t n;

    if (raw.len > MAX_RAW)
        return GH_LIMIT;
    if (raw.len == 0 || !gh_text_is_utf8(raw))
        return GH_MALFORMED;
    points = gh_arena_array(arena, raw.len, sizeof(*points));
    if (points == NULL)
        return GH_FAULT_MEMORY;

    status = read_points(raw, points, &n);
    if (status == GH_OK)
        status = compose(arena, points, n, &points, &n);
    if (status == GH_OK)
        status = write_points(arena, points, n, out);
    return status;
}

/* Letter by letter, because whole words go through memory of the library's,
 * which nobody wipes. */
enum gh_status
gh_precis_lower(struct gh_arena *arena, struct gh_text text,
                struct gh_text *out)
{
    const uint8_t *at = (const uint8_t *)text.at;
    uint8_t *made = gh_arena_array(arena, text.len + 1, 4);
    size_t used = 0;
    size_t len = 0;

    if (made == NULL)
        return GH_FAULT_MEMORY;
    while (used < text.len) {
        ucs4_t point;

        used += (size_t)u8_mbtouc(&point, at + used, text.len - used);
        len += (size_t)u8_uctomb(made + len, uc_tolower(point), 4);
    }
    *out = (struct gh_text){.at = (const char *)made, .len = len};
    return GH_OK;
}

size_t
gh_precis_points(struct gh_text text)
{
    size_t n = 0;

    for (; text.len > 0; n++)
        text = gh_text_from(text, gh_utf8_first(text));
    return n;
}
