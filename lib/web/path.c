/* SPDX-License-Identifier: Apache-2.0
 *
 * The canonical request target. Owns nothing; what it makes lives in the
 * caller's arena. Refuses whatever two parsers could read as two different
 * paths, because the text decided on is the text that is sent. Called by
 * parse and by whatever validates a local path.
 *
 * Two passes: the first decodes and encodes byte by byte into a new buffer,
 * the second removes dot segments in place. Doing it in this order makes
 * %2e%2e a dot segment; looking for double encoding in the second pass, in
 * the finished text, makes "%25%34%31" the same as "%2541".
 */
#include "web/path.h"

#include <string.h>

#include "base/banned.h"

enum {
    TRIPLET = 3, /* bytes of "%41" */
};

/* The canonical path while it grows. Lives on the stack of one call. */
struct canon {
    char *at;              /* in the arena, large enough by construction */
    size_t len;            /* bytes written */
    unsigned traits;       /* enum gh_path_trait, or-ed */
    unsigned utf8_left;    /* continuation bytes that must follow */
    unsigned char lowest;  /* bounds of the next one: no overlong forms, */
    unsigned char highest; /* no surrogates, nothing past U+10FFFF */
};

/* Takes the first byte of a UTF-8 sequence. U+0080 to U+009F are control
 * characters and refused like the ASCII ones. */
static bool
begin_utf8(struct canon *canon, unsigned char byte)
{
    canon->lowest = 0x80;
    canon->highest = 0xbf;
    if (byte >= 0xc2 && byte <= 0xdf)
        canon->utf8_left = 1;
    else if (byte >= 0xe0 && byte <= 0xef)
        canon->utf8_left = 2;
    else if (byte >= 0xf0 && byte <= 0xf4)
        canon->utf8_left = 3;
    else
        return false;

    if (byte == 0xc2 || byte == 0xe0)
        canon->lowest = 0xa0;
    else if (byte == 0xed)
        canon->highest = 0x9f;
    else if (byte == 0xf0)
        canon->lowest = 0x90;
    else if (byte == 0xf4)
        canon->highest = 0x8f;
    return true;
}

/* Follows the UTF-8 that triplets spell. False when byte cannot come next. */
static bool
follow_utf8(struct canon *canon, unsigned char byte)
{
    if (canon->utf8_left > 0) {
        if (byte < canon->lowest || byte > canon->highest)
            return false;
        canon->lowest = 0x80;
        canon->highest = 0xbf;
        canon->utf8_left--;
        return true;
    }
    return byte < 0x80 || begin_utf8(canon, byte);
}

static void
put_triplet(struct canon *canon, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    canon->at[canon->len] = '%';
    canon->at[canon->len + 1] = digits[byte >> 4];
    canon->at[canon->len + 2] = digits[byte & 15];
    canon->len += TRIPLET;
}

/* Takes the triplet at the start of rest. */
static enum gh_status
take_triplet(struct canon *canon, struct gh_text rest)
{
    int high = rest.len < TRIPLET ? -1 : gh_hex_digit(rest.at[1]);
    int low = rest.len < TRIPLET ? -1 : gh_hex_digit(rest.at[2]);
    unsigned char byte;

    if (high < 0 || low < 0)
        return GH_MALFORMED;
    byte = (unsigned char)(high << 4 | low);
    if (byte < 0x20 || byte == 0x7f || byte == '\\')
        return GH_MALFORMED;
    if (!follow_utf8(canon, byte))
        return GH_MALFORMED;

    if (gh_class_has(byte, GH_CLASS_UNRESERVED)) {
        canon->at[canon->len++] = (char)byte;
        return GH_OK;
    }
    if (byte == '/')
        canon->traits |= GH_PATH_ENCODED_SLASH;
    if (byte == ';')
        canon->traits |= GH_PATH_SEMICOLON;
    put_triplet(canon, byte);
    return GH_OK;
}

/* Takes one byte that is not part of a triplet. */
static enum gh_status
take_byte(struct canon *canon, unsigned char byte)
{
    if (canon->utf8_left > 0)
        return GH_MALFORMED;
    if (gh_class_has(byte, GH_CLASS_PCHAR)) {
        if (byte == ';')
            canon->traits |= GH_PATH_SEMICOLON;
        canon->at[canon->len++] = (char)byte;
        return GH_OK;
    }
    if (byte == '/') {
        if (canon->len > 0 && canon->at[canon->len - 1] == '/')
            canon->traits |= GH_PATH_EMPTY_SEGMENT;
        canon->at[canon->len++] = '/';
        return GH_OK;
    }
    if (byte == '[' || byte == ']' || byte == '|' || byte == '^') {
        put_triplet(canon, byte);
        return GH_OK;
    }
    return GH_MALFORMED;
}

static enum gh_status
decode(struct canon *canon, struct gh_text path)
{
    size_t i = 0;

    while (i < path.len) {
        bool is_triplet = path.at[i] == '%';
        enum gh_status status =
            is_triplet ? take_triplet(canon, gh_text_from(path, i))
                       : take_byte(canon, (unsigned char)path.at[i]);

        if (status != GH_OK)
            return status;
        i += is_triplet ? TRIPLET : 1;
    }
    return canon->utf8_left > 0 ? GH_MALFORMED : GH_OK;
}

/* True when text still holds an encoded triplet: "%2541", "%252F". */
static bool
is_encoded_twice(struct gh_text text)
{
    size_t at;

    while ((at = gh_text_find(text, '%')) < text.len) {
        text = gh_text_from(text, at);
        if (gh_text_starts(text, GH_TEXT("%25")) && text.len >= TRIPLET + 2 &&
            gh_hex_digit(text.at[3]) >= 0 && gh_hex_digit(text.at[4]) >= 0)
            return true;
        text = gh_text_from(text, TRIPLET);
    }
    return false;
}

/* 1 for ".", 2 for "..", 0 for anything else. */
static unsigned
dots(struct gh_text segment)
{
    if (gh_text_equal(segment, GH_TEXT(".")))
        return 1;
    return gh_text_equal(segment, GH_TEXT("..")) ? 2 : 0;
}

/* Length of the separator at the start of rest that other parsers know:
 * a decoded %2F, or the beginning of path parameters. 0: none. */
static size_t
separator_len(struct gh_text rest)
{
    if (gh_text_starts(rest, GH_TEXT(";")))
        return 1;
    if (gh_text_starts(rest, GH_TEXT("%2F")) ||
        gh_text_starts(rest, GH_TEXT("%3B")))
        return TRIPLET;
    return 0;
}

/* True when a part of segment would be a dot segment to a parser that decodes
 * %2F or drops path parameters: "..;x", "a%2F..", ".%3B". */
static bool
hides_dots(struct gh_text segment)
{
    size_t begin = 0;

    for (size_t i = 0; i < segment.len; i++) {
        size_t len = separator_len(gh_text_from(segment, i));

        if (len == 0)
            continue;
        if (dots(gh_text_first(gh_text_from(segment, begin), i - begin)) > 0)
            return true;
        begin = i + len;
    }
    return begin > 0 && dots(gh_text_from(segment, begin)) > 0;
}

/* Removes the last segment of the first len bytes; the new length. */
static size_t
drop_segment(const char *at, size_t len)
{
    while (len > 0 && at[len - 1] != '/')
        len--;
    return len - 1;
}

/* RFC 3986 5.2.4 in place. What has been written ends without "/", so that
 * ".." takes the last "/segment" off; writing never overtakes reading. */
static enum gh_status
remove_dots(struct canon *canon)
{
    const unsigned suspect = GH_PATH_ENCODED_SLASH | GH_PATH_SEMICOLON;
    struct gh_text rest = {.at = canon->at + 1, .len = canon->len - 1};
    struct gh_text segment;
    size_t len = 0;
    unsigned n_dots = 0;

    while (gh_text_cut(&rest, '/', &segment)) {
        n_dots = dots(segment);
        if (n_dots == 2 && len == 0)
            return GH_MALFORMED;
        if (n_dots == 2)
            len = drop_segment(canon->at, len);
        if (n_dots > 0)
            continue;
        if ((canon->traits & suspect) != 0 && hides_dots(segment))
            return GH_MALFORMED;
        canon->at[len++] = '/';
        memmove(canon->at + len, segment.at, segment.len);
        len += segment.len;
    }
    if (n_dots > 0)
        canon->at[len++] = '/';
    canon->len = len;
    return GH_OK;
}

static bool
has_dot_segment(struct gh_text path)
{
    return memmem(path.at, path.len, "/.", 2) != NULL;
}

/* Bytes that the canonical form of path may need. */
static size_t
canon_size(struct gh_text path)
{
    size_t size = path.len;

    for (size_t i = 0; i < path.len; i++) {
        char c = path.at[i];

        if (c == '[' || c == ']' || c == '|' || c == '^')
            size += TRIPLET - 1;
    }
    return size;
}

/* Decides on the decoded path; what is left to do depends on what it has. */
static enum gh_status
settle(struct canon *canon)
{
    struct gh_text path = {.at = canon->at, .len = canon->len};

    if (is_encoded_twice(path))
        return GH_MALFORMED;
    if (canon->traits == 0 && !has_dot_segment(path))
        return GH_OK;
    return remove_dots(canon);
}

enum gh_status
gh_target_parse(struct gh_arena *arena, struct gh_text raw, size_t max_path,
                struct gh_target *out)
{
    size_t end = gh_text_find(raw, '?');
    struct gh_text path = gh_text_first(raw, end);
    struct gh_text query = gh_text_from(raw, end);
    struct canon canon = {0};
    enum gh_status status;
    size_t size;

    if (path.len > max_path)
        return GH_LIMIT;
    if (path.len == 0 || path.at[0] != '/')
        return GH_MALFORMED;
    if (!gh_text_all(query, GH_CLASS_VISIBLE) ||
        gh_text_find(query, '#') < query.len)
        return GH_MALFORMED;

    size = canon_size(path);
    canon.at = gh_arena_new(arena, size + query.len);
    if (canon.at == NULL)
        return GH_FAULT_MEMORY;
    status = decode(&canon, path);
    if (status == GH_OK)
        status = settle(&canon);
    if (status != GH_OK)
        return status;

    if (query.len > 0)
        query.at = memcpy(canon.at + size, query.at, query.len);
    *out = (struct gh_target){.path = {.at = canon.at, .len = canon.len},
                              .query = query,
                              .traits = canon.traits};
    return GH_OK;
}
