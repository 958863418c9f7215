/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/chunked. The input is a chunked body, and content that is
 * encoded here. Properties: whole, byte by byte and in pieces the result and
 * the content are the same; what is encoded decodes to itself and nothing
 * behind its end is touched.
 */
#include "web/chunked.h"

#include <stdio.h>
#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

enum {
    MAX_INPUT = 4096,
    MAX_CODED = 16 * MAX_INPUT,
};

/* What a body came to. Call lifetime, static for its size. */
struct result {
    enum gh_status status; /* GH_OK: not complete */
    size_t used;           /* bytes up to the end, unless refused */
    size_t len;            /* bytes of content */
    char content[MAX_CODED];
};

/* Decodes one piece until nothing of it is left. False: nothing more. */
static bool
decode_piece(struct gh_chunked *chunked, struct gh_text piece,
             struct result *out)
{
    while (piece.len > 0) {
        struct gh_text content = {0};
        size_t used = 0;

        out->status = gh_chunked_decode(chunked, piece, &content, &used);
        if (out->status != GH_OK && out->status != GH_NONE)
            return false;
        gh_assert(used <= piece.len && content.len <= used);
        gh_assert(content.len == 0 ||
                  content.at + content.len == piece.at + used);
        if (content.len > 0)
            memcpy(out->content + out->len, content.at, content.len);
        out->len += content.len;
        out->used += used;
        if (out->status == GH_NONE)
            return false;
        gh_assert(used > 0);
        piece = gh_text_from(piece, used);
    }
    return true;
}

static void
decode(struct gh_text bytes, size_t piece_len, struct result *out)
{
    struct gh_chunked chunked = {0};

    out->status = GH_OK;
    out->used = 0;
    out->len = 0;
    while (bytes.len > 0 &&
           decode_piece(&chunked, gh_text_first(bytes, piece_len), out))
        bytes = gh_text_from(bytes, piece_len);
}

/* The next line of *rest, which must end in CRLF and nothing else. */
static struct gh_text
cut_line(struct gh_text *rest)
{
    size_t end = gh_text_find(*rest, '\n');
    struct gh_text line;

    gh_assert(end < rest->len && end > 0 && rest->at[end - 1] == '\r');
    line = gh_text_first(*rest, end - 1);
    gh_assert(gh_text_find(line, '\r') == line.len);
    *rest = gh_text_from(*rest, end + 1);
    return line;
}

/* The number in front of a line's extensions. */
static size_t
size_of(struct gh_text line)
{
    struct gh_text digits = gh_text_first(line, gh_text_find(line, ';'));
    size_t size = 0;

    gh_assert(digits.len > 0 && digits.len <= 16);
    for (size_t i = 0; i < digits.len; i++) {
        gh_assert(strchr("0123456789abcdefABCDEF", digits.at[i]) != NULL);
        size = size * 16 + (size_t)gh_hex_digit(digits.at[i]);
    }
    return size;
}

/* Reads a complete body again, line by line instead of byte by byte. */
static void
assert_grammar(struct gh_text bytes, const struct result *result)
{
    size_t len = 0;
    size_t size = size_of(cut_line(&bytes));

    while (size > 0) {
        gh_assert(size <= bytes.len && len + size <= result->len);
        gh_assert(memcmp(result->content + len, bytes.at, size) == 0);
        len += size;
        bytes = gh_text_from(bytes, size);
        gh_assert(cut_line(&bytes).len == 0);
        size = size_of(cut_line(&bytes));
    }
    gh_assert(len == result->len);
    while (cut_line(&bytes).len > 0)
        continue;
    gh_assert(bytes.len == 0);
}

static void
check_pieces(struct gh_text bytes)
{
    static const size_t pieces[] = {1, 2, 3, 7, 64};
    static struct result whole;
    static struct result result;

    decode(bytes, bytes.len, &whole);
    gh_assert(!gh_is_fault(whole.status));
    if (whole.status == GH_NONE)
        assert_grammar(gh_text_first(bytes, whole.used), &whole);
    for (size_t i = 0; i < GH_COUNT(pieces); i++) {
        decode(bytes, pieces[i], &result);
        gh_assert(result.status == whole.status);
        gh_assert(result.len == whole.len);
        gh_assert(memcmp(result.content, whole.content, whole.len) == 0);
        if (whole.status == GH_OK || whole.status == GH_NONE)
            gh_assert(result.used == whole.used);
    }
}

/* content in chunks whose sizes its own bytes choose, with "X" behind it. */
static struct gh_text
encode(struct gh_text content, char at[MAX_CODED])
{
    size_t len = 0;

    while (content.len > 0) {
        size_t want = (unsigned char)content.at[0] % 32U + 1;
        struct gh_text chunk = gh_text_first(content, want);

        len +=
            (size_t)snprintf(at + len, MAX_CODED - len, "%zX;a\r\n", chunk.len);
        memcpy(at + len, chunk.at, chunk.len);
        len += chunk.len;
        memcpy(at + len, "\r\n", 2);
        len += 2;
        content = gh_text_from(content, chunk.len);
    }
    memcpy(at + len, "0\r\nT: v\r\n\r\nX", 12);
    return (struct gh_text){.at = at, .len = len + 12};
}

static void
check_round_trip(struct gh_text content)
{
    static char coded[MAX_CODED];
    static struct result result;
    struct gh_text bytes = encode(content, coded);

    decode(bytes, bytes.len, &result);
    gh_assert(result.status == GH_NONE && result.used == bytes.len - 1);
    gh_assert(result.len == content.len);
    gh_assert(content.len == 0 ||
              memcmp(result.content, content.at, content.len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gh_text bytes = gh_text_first(fuzz_text(data, size), MAX_INPUT);

    check_pieces(bytes);
    check_round_trip(bytes);
    return 0;
}
