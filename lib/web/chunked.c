/* SPDX-License-Identifier: Apache-2.0
 *
 * The chunked coding, one state a place in its grammar. Owns nothing. Refuses
 * what RFC 9112 7.1 lets recipients tolerate, and limits what is skipped.
 * Called by the back-end client.
 *
 *   5;name=value CRLF hello CRLF 0 CRLF Trailer: value CRLF CRLF
 *   SIZE EXTENSION    DATA       SIZE   TRAILER
 */
#include "web/chunked.h"

#include "base/banned.h"

enum {
    MAX_DIGITS = 16,        /* of a chunk size */
    MAX_EXTENSION = 256,    /* bytes of one chunk's extensions */
    MAX_TRAILERS = 8 * 1024 /* bytes of the trailer section */
};

/* What comes next. The numbers are private; zero is the start. */
enum state {
    STATE_SIZE = 0,     /* hexadecimal digits */
    STATE_EXTENSION,    /* the rest of the size line */
    STATE_SIZE_LF,      /* the end of the size line */
    STATE_DATA,         /* content */
    STATE_DATA_CR,      /* the end of the chunk */
    STATE_DATA_LF,      /* its second byte */
    STATE_TRAILER,      /* the beginning of a trailer line, or the last CR */
    STATE_TRAILER_LINE, /* the rest of a trailer line */
    STATE_TRAILER_LF,   /* its end */
    STATE_LAST_LF,      /* the end of the body */
    STATE_DONE,         /* nothing */
};

/* The next state when c is the byte that must come, or GH_MALFORMED. */
static enum gh_status
expect(struct gh_chunked *chunked, char c, char must, enum state next)
{
    if (c != must)
        return GH_MALFORMED;
    chunked->state = (int)next;
    return GH_OK;
}

static enum gh_status
take_size(struct gh_chunked *chunked, char c)
{
    int digit = gh_hex_digit(c);

    if (digit >= 0) {
        if (chunked->n_digits++ == MAX_DIGITS)
            return GH_MALFORMED;
        chunked->left = chunked->left << 4 | (uint64_t)digit;
        return chunked->left > INT64_MAX ? GH_MALFORMED : GH_OK;
    }
    if (chunked->n_digits == 0)
        return GH_MALFORMED;
    chunked->n_skipped = 0;
    if (c == ';') {
        chunked->n_skipped = 1;
        chunked->state = STATE_EXTENSION;
        return GH_OK;
    }
    return expect(chunked, c, '\r', STATE_SIZE_LF);
}

/* Takes a byte that is dropped, up to the CR of its line. */
static enum gh_status
skip(struct gh_chunked *chunked, char c, size_t max, enum state at_cr)
{
    if (c == '\r') {
        chunked->state = (int)at_cr;
        return GH_OK;
    }
    if (!gh_class_has((unsigned char)c, GH_CLASS_FIELD))
        return GH_MALFORMED;
    return ++chunked->n_skipped > max ? GH_LIMIT : GH_OK;
}

/* Behind the size line: content, or trailers after a size of zero. */
static enum gh_status
end_size(struct gh_chunked *chunked, char c)
{
    bool is_last = chunked->left == 0;

    chunked->n_skipped = 0;
    return expect(chunked, c, '\n', is_last ? STATE_TRAILER : STATE_DATA);
}

/* Behind a chunk: the next size. */
static enum gh_status
end_chunk(struct gh_chunked *chunked, char c)
{
    chunked->n_digits = 0;
    return expect(chunked, c, '\n', STATE_SIZE);
}

static enum gh_status
begin_trailer(struct gh_chunked *chunked, char c)
{
    if (c != '\r')
        chunked->state = STATE_TRAILER_LINE;
    return skip(chunked, c, MAX_TRAILERS, STATE_LAST_LF);
}

/* Takes one byte that is not content. */
static enum gh_status
take(struct gh_chunked *chunked, char c)
{
    switch ((enum state)chunked->state) {
    case STATE_SIZE:
        return take_size(chunked, c);
    case STATE_EXTENSION:
        return skip(chunked, c, MAX_EXTENSION, STATE_SIZE_LF);
    case STATE_SIZE_LF:
        return end_size(chunked, c);
    case STATE_DATA_CR:
        return expect(chunked, c, '\r', STATE_DATA_LF);
    case STATE_DATA_LF:
        return end_chunk(chunked, c);
    case STATE_TRAILER:
        return begin_trailer(chunked, c);
    case STATE_TRAILER_LINE:
        return skip(chunked, c, MAX_TRAILERS, STATE_TRAILER_LF);
    case STATE_TRAILER_LF:
        return expect(chunked, c, '\n', STATE_TRAILER);
    case STATE_LAST_LF:
        return expect(chunked, c, '\n', STATE_DONE);
    case STATE_DATA:
    case STATE_DONE:
        break;
    }
    return GH_FAULT_BUG;
}

/* Content at the start of rest, as far as it has arrived. */
static struct gh_text
take_content(struct gh_chunked *chunked, struct gh_text rest)
{
    size_t len = chunked->left < rest.len ? (size_t)chunked->left : rest.len;

    chunked->left -= len;
    if (chunked->left == 0)
        chunked->state = STATE_DATA_CR;
    return gh_text_first(rest, len);
}

enum gh_status
gh_chunked_decode(struct gh_chunked *chunked, struct gh_text bytes,
                  struct gh_text *content, size_t *used)
{
    struct gh_text found = {0};
    size_t i = 0;

    while (i < bytes.len && chunked->state != STATE_DATA &&
           chunked->state != STATE_DONE) {
        enum gh_status status = take(chunked, bytes.at[i]);

        if (status != GH_OK)
            return status;
        i++;
    }
    if (i < bytes.len && chunked->state == STATE_DATA) {
        found = take_content(chunked, gh_text_from(bytes, i));
        i += found.len;
    }
    *content = found;
    *used = i;
    return chunked->state == STATE_DONE ? GH_NONE : GH_OK;
}
