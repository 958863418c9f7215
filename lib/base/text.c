/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading text: slices, classes, numbers. Owns one constant table of
 * character classes. Refuses numbers with signs or spaces. Called by every
 * floor.
 */
#include "base/text.h"

#include <string.h>

#include "base/banned.h"

#define D (GH_CLASS_DIGIT | GH_CLASS_HEX)
#define U (GH_CLASS_ALPHA | GH_CLASS_UPPER)
#define L (GH_CLASS_ALPHA)
#define X (GH_CLASS_HEX)
#define T (GH_CLASS_TOKEN)
#define N (GH_CLASS_UNRESERVED | GH_CLASS_PCHAR)
#define P (GH_CLASS_PCHAR)
#define B (GH_CLASS_BASE64URL)
#define F (GH_CLASS_FIELD)
#define V (GH_CLASS_FIELD | GH_CLASS_VISIBLE)

/* One entry a byte; what is not named here is in no class. */
static const uint16_t classes[256] = {
    ['\t'] = F,
    [' '] = F,
    ['!'] = V | T | P,
    ['"'] = V,
    ['#'] = V | T,
    ['$'] = V | T | P,
    ['%'] = V | T,
    ['&'] = V | T | P,
    ['\''] = V | T | P,
    ['('] = V | P,
    [')'] = V | P,
    ['*'] = V | T | P,
    ['+'] = V | T | P,
    [','] = V | P,
    ['-'] = V | T | N | B,
    ['.'] = V | T | N,
    ['/'] = V,
    ['0'] = V | T | N | B | D,
    ['1'] = V | T | N | B | D,
    ['2'] = V | T | N | B | D,
    ['3'] = V | T | N | B | D,
    ['4'] = V | T | N | B | D,
    ['5'] = V | T | N | B | D,
    ['6'] = V | T | N | B | D,
    ['7'] = V | T | N | B | D,
    ['8'] = V | T | N | B | D,
    ['9'] = V | T | N | B | D,
    [':'] = V | P,
    [';'] = V | P,
    ['<'] = V,
    ['='] = V | P,
    ['>'] = V,
    ['?'] = V,
    ['@'] = V | P,
    ['A'] = V | T | N | B | U | X,
    ['B'] = V | T | N | B | U | X,
    ['C'] = V | T | N | B | U | X,
    ['D'] = V | T | N | B | U | X,
    ['E'] = V | T | N | B | U | X,
    ['F'] = V | T | N | B | U | X,
    ['G'] = V | T | N | B | U,
    ['H'] = V | T | N | B | U,
    ['I'] = V | T | N | B | U,
    ['J'] = V | T | N | B | U,
    ['K'] = V | T | N | B | U,
    ['L'] = V | T | N | B | U,
    ['M'] = V | T | N | B | U,
    ['N'] = V | T | N | B | U,
    ['O'] = V | T | N | B | U,
    ['P'] = V | T | N | B | U,
    ['Q'] = V | T | N | B | U,
    ['R'] = V | T | N | B | U,
    ['S'] = V | T | N | B | U,
    ['T'] = V | T | N | B | U,
    ['U'] = V | T | N | B | U,
    ['V'] = V | T | N | B | U,
    ['W'] = V | T | N | B | U,
    ['X'] = V | T | N | B | U,
    ['Y'] = V | T | N | B | U,
    ['Z'] = V | T | N | B | U,
    ['['] = V,
    ['\\'] = V,
    [']'] = V,
    ['^'] = V | T,
    ['_'] = V | T | N | B,
    ['`'] = V | T,
    ['a'] = V | T | N | B | L | X,
    ['b'] = V | T | N | B | L | X,
    ['c'] = V | T | N | B | L | X,
    ['d'] = V | T | N | B | L | X,
    ['e'] = V | T | N | B | L | X,
    ['f'] = V | T | N | B | L | X,
    ['g'] = V | T | N | B | L,
    ['h'] = V | T | N | B | L,
    ['i'] = V | T | N | B | L,
    ['j'] = V | T | N | B | L,
    ['k'] = V | T | N | B | L,
    ['l'] = V | T | N | B | L,
    ['m'] = V | T | N | B | L,
    ['n'] = V | T | N | B | L,
    ['o'] = V | T | N | B | L,
    ['p'] = V | T | N | B | L,
    ['q'] = V | T | N | B | L,
    ['r'] = V | T | N | B | L,
    ['s'] = V | T | N | B | L,
    ['t'] = V | T | N | B | L,
    ['u'] = V | T | N | B | L,
    ['v'] = V | T | N | B | L,
    ['w'] = V | T | N | B | L,
    ['x'] = V | T | N | B | L,
    ['y'] = V | T | N | B | L,
    ['z'] = V | T | N | B | L,
    ['{'] = V,
    ['|'] = V | T,
    ['}'] = V,
    ['~'] = V | T | N,
    /* clang-format off */
    [0x80] = F, [0x81] = F, [0x82] = F, [0x83] = F,
    [0x84] = F, [0x85] = F, [0x86] = F, [0x87] = F,
    [0x88] = F, [0x89] = F, [0x8a] = F, [0x8b] = F,
    [0x8c] = F, [0x8d] = F, [0x8e] = F, [0x8f] = F,
    [0x90] = F, [0x91] = F, [0x92] = F, [0x93] = F,
    [0x94] = F, [0x95] = F, [0x96] = F, [0x97] = F,
    [0x98] = F, [0x99] = F, [0x9a] = F, [0x9b] = F,
    [0x9c] = F, [0x9d] = F, [0x9e] = F, [0x9f] = F,
    [0xa0] = F, [0xa1] = F, [0xa2] = F, [0xa3] = F,
    [0xa4] = F, [0xa5] = F, [0xa6] = F, [0xa7] = F,
    [0xa8] = F, [0xa9] = F, [0xaa] = F, [0xab] = F,
    [0xac] = F, [0xad] = F, [0xae] = F, [0xaf] = F,
    [0xb0] = F, [0xb1] = F, [0xb2] = F, [0xb3] = F,
    [0xb4] = F, [0xb5] = F, [0xb6] = F, [0xb7] = F,
    [0xb8] = F, [0xb9] = F, [0xba] = F, [0xbb] = F,
    [0xbc] = F, [0xbd] = F, [0xbe] = F, [0xbf] = F,
    [0xc0] = F, [0xc1] = F, [0xc2] = F, [0xc3] = F,
    [0xc4] = F, [0xc5] = F, [0xc6] = F, [0xc7] = F,
    [0xc8] = F, [0xc9] = F, [0xca] = F, [0xcb] = F,
    [0xcc] = F, [0xcd] = F, [0xce] = F, [0xcf] = F,
    [0xd0] = F, [0xd1] = F, [0xd2] = F, [0xd3] = F,
    [0xd4] = F, [0xd5] = F, [0xd6] = F, [0xd7] = F,
    [0xd8] = F, [0xd9] = F, [0xda] = F, [0xdb] = F,
    [0xdc] = F, [0xdd] = F, [0xde] = F, [0xdf] = F,
    [0xe0] = F, [0xe1] = F, [0xe2] = F, [0xe3] = F,
    [0xe4] = F, [0xe5] = F, [0xe6] = F, [0xe7] = F,
    [0xe8] = F, [0xe9] = F, [0xea] = F, [0xeb] = F,
    [0xec] = F, [0xed] = F, [0xee] = F, [0xef] = F,
    [0xf0] = F, [0xf1] = F, [0xf2] = F, [0xf3] = F,
    [0xf4] = F, [0xf5] = F, [0xf6] = F, [0xf7] = F,
    [0xf8] = F, [0xf9] = F, [0xfa] = F, [0xfb] = F,
    [0xfc] = F, [0xfd] = F, [0xfe] = F, [0xff] = F,
    /* clang-format on */
};

bool
gh_class_has(unsigned char c, unsigned mask)
{
    return (classes[c] & mask) != 0;
}

bool
gh_text_all(struct gh_text text, unsigned mask)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!gh_class_has((unsigned char)text.at[i], mask))
            return false;
    }
    return true;
}

struct gh_text
gh_text_of_z(const char *text_z)
{
    if (text_z == NULL)
        return (struct gh_text){0};
    return (struct gh_text){.at = text_z, .len = strlen(text_z)};
}

bool
gh_text_equal(struct gh_text a, struct gh_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

char
gh_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool
gh_text_equal_nocase(struct gh_text a, struct gh_text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (gh_lower(a.at[i]) != gh_lower(b.at[i]))
            return false;
    }
    return true;
}

bool
gh_text_starts(struct gh_text text, struct gh_text prefix)
{
    return gh_text_equal(gh_text_first(text, prefix.len), prefix);
}

bool
gh_text_starts_nocase(struct gh_text text, struct gh_text prefix)
{
    return gh_text_equal_nocase(gh_text_first(text, prefix.len), prefix);
}

bool
gh_text_ends(struct gh_text text, struct gh_text suffix)
{
    if (text.len < suffix.len)
        return false;
    return gh_text_equal(gh_text_from(text, text.len - suffix.len), suffix);
}

size_t
gh_text_find(struct gh_text text, char c)
{
    const char *found;

    if (text.len == 0)
        return 0;
    found = memchr(text.at, c, text.len);
    return found == NULL ? text.len : (size_t)(found - text.at);
}

struct gh_text
gh_text_from(struct gh_text text, size_t from)
{
    if (from >= text.len)
        return (struct gh_text){0};
    return (struct gh_text){.at = text.at + from, .len = text.len - from};
}

struct gh_text
gh_text_first(struct gh_text text, size_t len)
{
    if (len < text.len)
        text.len = len;
    return text;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct gh_text
gh_text_trim(struct gh_text text)
{
    while (text.len > 0 && is_blank(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.at[text.len - 1]))
        text.len--;
    return text;
}

bool
gh_text_cut(struct gh_text *rest, char sep, struct gh_text *out)
{
    size_t end;

    if (rest->at == NULL)
        return false;

    end = gh_text_find(*rest, sep);
    *out = gh_text_first(*rest, end);
    if (end == rest->len)
        *rest = (struct gh_text){0};
    else
        *rest = (struct gh_text){.at = rest->at + end + 1,
                                 .len = rest->len - end - 1};
    return true;
}

enum gh_status
gh_text_number(struct gh_text text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;

    if (text.len == 0 || !gh_text_all(text, GH_CLASS_DIGIT))
        return GH_MALFORMED;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(text.at[i] - '0');

        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value) || value > max)
            return GH_LIMIT;
    }
    *out = value;
    return GH_OK;
}

/* Bytes that a lead byte announces, or 0, and the bounds of the second byte:
 * the bounds are what keeps out overlong forms, surrogates and values over
 * U+10FFFF (Unicode table 3-7). */
static size_t
utf8_shape(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    if (lead >= 0xf0 && lead <= 0xf4)
        return 4;
    return 0;
}

size_t
gh_utf8_first(struct gh_text text)
{
    unsigned char low;
    unsigned char high;
    size_t len;

    if (text.len == 0)
        return 0;
    len = utf8_shape((unsigned char)text.at[0], &low, &high);
    if (len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (c < low || c > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return len;
}

bool
gh_text_is_utf8(struct gh_text text)
{
    while (text.len > 0) {
        size_t len = gh_utf8_first(text);

        if (len == 0)
            return false;
        text = gh_text_from(text, len);
    }
    return true;
}

bool
gh_text_is_control(struct gh_text text)
{
    unsigned char c;

    if (text.len == 0)
        return false;
    c = (unsigned char)text.at[0];
    if (c == 0xc2 && gh_utf8_first(text) == 2)
        return (unsigned char)text.at[1] < 0xa0;
    return c < 0x20 || c == 0x7f;
}

int
gh_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}
