/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/path. The input is a request target. Properties: what
 * comes out is in the grammar of RFC 3986 with upper-case triplets; parsing
 * it again changes nothing; it decodes to what the input decodes to once dot
 * segments are removed; and no lenient decoder finds a dot segment in it.
 */
#include "web/path.h"

#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

enum {
    MAX_PATH = 1024,
};

/* Bytes with their triplets decoded once. Call lifetime. */
struct plain {
    char at[MAX_PATH * 3];
    size_t len;
};

static void
decode(struct gh_text text, struct plain *out)
{
    out->len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c == '%' && i + 2 < text.len &&
            gh_class_has((unsigned char)text.at[i + 1], GH_CLASS_HEX) &&
            gh_class_has((unsigned char)text.at[i + 2], GH_CLASS_HEX)) {
            c = (char)(gh_hex_digit(text.at[i + 1]) * 16 +
                       gh_hex_digit(text.at[i + 2]));
            i += 2;
        }
        out->at[out->len++] = c;
    }
}

static struct gh_text
text_of(const struct plain *plain)
{
    return (struct gh_text){.at = plain->at, .len = plain->len};
}

/* RFC 3986 5.2.4 letter by letter: input buffer, output buffer. Nothing that
 * was accepted goes above the root. */
static void
remove_dots(struct gh_text in, struct plain *out)
{
    out->len = 0;
    while (in.len > 0) {
        bool is_up = gh_text_starts(in, GH_TEXT("/../")) ||
                     gh_text_equal(in, GH_TEXT("/.."));
        bool is_here = gh_text_starts(in, GH_TEXT("/./")) ||
                       gh_text_equal(in, GH_TEXT("/."));
        size_t len = is_up ? 3 : 2;

        if (is_up) {
            gh_assert(out->len > 0);
            while (out->len > 0 && out->at[--out->len] != '/')
                continue;
        }
        if (is_up || is_here) {
            in = in.len == len ? GH_TEXT("/") : gh_text_from(in, len);
            continue;
        }
        do {
            out->at[out->len++] = in.at[0];
            in = gh_text_from(in, 1);
        } while (in.len > 0 && in.at[0] != '/');
    }
}

static void
assert_grammar(struct gh_text path)
{
    static const char others[] = "-._~!$&'()*+,;=:@/%";

    gh_assert(path.len > 0 && path.at[0] == '/');
    for (size_t i = 0; i < path.len; i++) {
        char c = path.at[i];

        gh_assert((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') ||
                  memchr(others, c, sizeof(others) - 1) != NULL);
        if (c != '%')
            continue;
        gh_assert(i + 2 < path.len);
        gh_assert(strchr("234567ABCDEF89", path.at[i + 1]) != NULL);
        gh_assert(strchr("0123456789ABCDEF", path.at[i + 2]) != NULL);
    }
}

/* What the triplets spell is UTF-8 without control characters: U+0080 to
 * U+009F begin with 0xc2 and are the only ones with a second byte so low. */
static void
assert_text(struct gh_text text)
{
    gh_assert(gh_text_is_utf8(text));
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        gh_assert(c >= 0x20 && c != 0x7f && c != '\\');
        gh_assert(c != 0xc2 || (unsigned char)text.at[i + 1] >= 0xa0);
    }
}

/* No part between separators that anybody knows is a dot segment. */
static void
assert_no_dots(struct gh_text text)
{
    size_t begin = 0;

    for (size_t i = 0; i <= text.len; i++) {
        struct gh_text part;

        if (i < text.len && memchr("/\\;", text.at[i], 3) == NULL)
            continue;
        part = gh_text_first(gh_text_from(text, begin), i - begin);
        gh_assert(!gh_text_equal(part, GH_TEXT(".")));
        gh_assert(!gh_text_equal(part, GH_TEXT("..")));
        begin = i + 1;
    }
}

static void
assert_traits(const struct gh_target *target)
{
    struct gh_text path = target->path;
    bool has_slash = fuzz_contains_nocase(path, GH_TEXT("%2f"));
    bool has_semicolon = gh_text_find(path, ';') < path.len ||
                         fuzz_contains_nocase(path, GH_TEXT("%3b"));
    bool has_empty = fuzz_contains_nocase(path, GH_TEXT("//"));

    /* Dot segments may have taken what was marked away, never the reverse. */
    gh_assert(!has_slash || (target->traits & GH_PATH_ENCODED_SLASH) != 0);
    gh_assert(!has_semicolon || (target->traits & GH_PATH_SEMICOLON) != 0);
    gh_assert(!has_empty || (target->traits & GH_PATH_EMPTY_SEGMENT) != 0);
}

static void
check_target(struct gh_arena *arena, struct gh_text raw,
             const struct gh_target *target)
{
    static struct plain before;
    static struct plain expected;
    static struct plain once;
    static struct plain twice;
    struct gh_target again;

    assert_grammar(target->path);
    gh_assert(gh_target_parse(arena, target->path, 3 * MAX_PATH, &again) ==
              GH_OK);
    gh_assert(gh_text_equal(target->path, again.path));
    gh_assert((again.traits & ~target->traits) == 0);
    gh_assert(gh_text_ends(raw, target->query));
    for (size_t i = 0; i < raw.len; i++)
        gh_assert(raw.at[i] > 0x20 && raw.at[i] < 0x7f && raw.at[i] != '#');

    decode(target->path, &once);
    decode(text_of(&once), &twice);
    assert_traits(target);
    assert_text(text_of(&once));
    assert_no_dots(text_of(&once));
    assert_no_dots(text_of(&twice));
    if ((target->traits & GH_PATH_ENCODED_SLASH) != 0)
        return;
    decode(gh_text_first(raw, gh_text_find(raw, '?')), &before);
    remove_dots(text_of(&before), &expected);
    gh_assert(gh_text_equal(text_of(&expected), text_of(&once)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text raw = fuzz_text(data, size);
    struct gh_target target;
    enum gh_status status;

    gh_arena_init(&arena, 8 * size + 64 * 1024);
    status = gh_target_parse(&arena, raw, MAX_PATH, &target);
    gh_assert(status == GH_OK || status == GH_MALFORMED || status == GH_LIMIT);
    if (status == GH_OK)
        check_target(&arena, raw, &target);
    return 0;
}
