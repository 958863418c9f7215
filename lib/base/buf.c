/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing text: one append that knows the size, and one door for each output
 * language on top of it. Owns nothing; the memory is the caller's. Limits
 * every buffer to the size it was made with. Called by every floor.
 *
 * A door writes its value piece by piece, a piece being one character or its
 * escape. A piece that does not fit is not written at all, so that what is in
 * a failed buffer is cut between pieces, never inside an escape.
 */
#include "base/buf.h"

#include <string.h>

#include "base/banned.h"

/* U+FFFD, for what may not be written as it is. */
#define REPLACEMENT "\xef\xbf\xbd"

struct gh_buf
gh_buf_over(char *at, size_t cap)
{
    return (struct gh_buf){.at = at, .cap = cap};
}

enum gh_status
gh_buf_in(struct gh_arena *arena, size_t cap, struct gh_buf *out)
{
    char *at = gh_arena_new(arena, cap);

    if (at == NULL)
        return GH_FAULT_MEMORY;
    *out = gh_buf_over(at, cap);
    return GH_OK;
}

struct gh_text
gh_buf_text(const struct gh_buf *buf)
{
    return (struct gh_text){.at = buf->at, .len = buf->len};
}

void
gh_buf_append_(struct gh_buf *buf, struct gh_text text)
{
    if (buf->is_failed || text.len > buf->cap - buf->len) {
        buf->is_failed = true;
        return;
    }
    if (text.len == 0)
        return;
    memcpy(buf->at + buf->len, text.at, text.len);
    buf->len += text.len;
}

void
gh_buf_checked(struct gh_buf *buf, struct gh_text text)
{
    gh_buf_append_(buf, text);
}

/* One piece: the character at the start of text as HTML. */
static void
put_html(struct gh_buf *buf, struct gh_text character)
{
    switch (character.at[0]) {
    case '&':
        gh_buf_lit(buf, "&amp;");
        return;
    case '<':
        gh_buf_lit(buf, "&lt;");
        return;
    case '>':
        gh_buf_lit(buf, "&gt;");
        return;
    case '"':
        gh_buf_lit(buf, "&quot;");
        return;
    case '\'':
        gh_buf_lit(buf, "&#39;");
        return;
    default:
        gh_buf_append_(buf, character);
    }
}

void
gh_buf_html(struct gh_buf *buf, struct gh_text text)
{
    while (text.len > 0 && !buf->is_failed) {
        size_t len = gh_utf8_first(text);

        if (len == 0 || gh_text_is_control(text))
            gh_buf_lit(buf, REPLACEMENT);
        else
            put_html(buf, gh_text_first(text, len));
        text = gh_text_from(text, len == 0 ? 1 : len);
    }
}

void
gh_buf_header(struct gh_buf *buf, struct gh_text text)
{
    if (gh_text_all(text, GH_CLASS_FIELD))
        gh_buf_append_(buf, text);
    else
        buf->is_failed = true;
}

/* prefix and two hexadecimal digits, as one piece. */
static void
put_escape(struct gh_buf *buf, struct gh_text prefix, const char digits[16],
           unsigned char c)
{
    char piece[8];
    struct gh_buf writer = gh_buf_over(piece, sizeof(piece));
    const char hex[2] = {digits[c >> 4], digits[c & 15]};

    gh_buf_append_(&writer, prefix);
    gh_buf_append_(&writer, (struct gh_text){.at = hex, .len = 2});
    gh_buf_append_(buf, gh_buf_text(&writer));
}

static const char lower_digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                      '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
static const char upper_digits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                      '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'};

void
gh_buf_url(struct gh_buf *buf, struct gh_text text)
{
    for (size_t i = 0; i < text.len && !buf->is_failed; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (gh_class_has(c, GH_CLASS_UNRESERVED))
            gh_buf_append_(buf, gh_text_first(gh_text_from(text, i), 1));
        else
            put_escape(buf, GH_TEXT("%"), upper_digits, c);
    }
}

void
gh_buf_identity(struct gh_buf *buf, struct gh_text text)
{
    for (size_t i = 0; i < text.len && !buf->is_failed; i++) {
        unsigned char c = (unsigned char)text.at[i];
        bool is_plain = gh_class_has(c, GH_CLASS_VISIBLE) || c == ' ';

        if (is_plain && c != '%')
            gh_buf_append_(buf, gh_text_first(gh_text_from(text, i), 1));
        else
            put_escape(buf, GH_TEXT("%"), upper_digits, c);
    }
}

/* One piece: the character at the start of text inside a JSON string. */
static void
put_json(struct gh_buf *buf, struct gh_text character)
{
    unsigned char c = (unsigned char)character.at[0];

    if (c == '"')
        gh_buf_lit(buf, "\\\"");
    else if (c == '\\')
        gh_buf_lit(buf, "\\\\");
    else if (c < 0x20)
        put_escape(buf, GH_TEXT("\\u00"), lower_digits, c);
    else
        gh_buf_append_(buf, character);
}

void
gh_buf_json(struct gh_buf *buf, struct gh_text text)
{
    while (text.len > 0 && !buf->is_failed) {
        size_t len = gh_utf8_first(text);

        if (len == 0)
            gh_buf_lit(buf, REPLACEMENT);
        else
            put_json(buf, gh_text_first(text, len));
        text = gh_text_from(text, len == 0 ? 1 : len);
    }
}

/* True when a log value needs no quotes. */
static bool
is_plain(struct gh_text text)
{
    return gh_text_all(text, GH_CLASS_VISIBLE) &&
           gh_text_find(text, '"') == text.len &&
           gh_text_find(text, '=') == text.len;
}

/* One piece: a byte inside a quoted log value. */
static void
put_log(struct gh_buf *buf, struct gh_text byte)
{
    unsigned char c = (unsigned char)byte.at[0];

    if (c == '"')
        gh_buf_lit(buf, "\\\"");
    else if (c == '\\')
        gh_buf_lit(buf, "\\\\");
    else if (c == ' ' || gh_class_has(c, GH_CLASS_VISIBLE))
        gh_buf_append_(buf, byte);
    else
        put_escape(buf, GH_TEXT("\\x"), lower_digits, c);
}

void
gh_buf_log(struct gh_buf *buf, struct gh_text text)
{
    if (is_plain(text)) {
        gh_buf_append_(buf, text);
        return;
    }
    gh_buf_lit(buf, "\"");
    for (size_t i = 0; i < text.len && !buf->is_failed; i++)
        put_log(buf, gh_text_first(gh_text_from(text, i), 1));
    gh_buf_lit(buf, "\"");
}

void
gh_buf_number(struct gh_buf *buf, uint64_t value)
{
    char digits[20]; /* of 2^64 - 1 */
    size_t from = sizeof(digits);

    do {
        digits[--from] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    gh_buf_append_(buf, (struct gh_text){.at = digits + from,
                                         .len = sizeof(digits) - from});
}

void
gh_buf_hex(struct gh_buf *buf, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < n && !buf->is_failed; i++)
        put_escape(buf, GH_TEXT(""), lower_digits, at[i]);
}
