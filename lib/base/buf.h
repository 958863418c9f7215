/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that is written: memory of a fixed size, filled from the front.
 * Writing past the end writes nothing and sets a failure that stays; it is
 * checked once, at the end. There is one door for each output language; raw
 * bytes come in only as literals. Every floor uses it.
 */
#ifndef GH_BASE_BUF_H
#define GH_BASE_BUF_H

#include "base/arena.h"
#include "base/text.h"

/* A plain value over somebody else's memory; lives as long as that. */
struct gh_buf {
    char *at;       /* start of the memory */
    size_t len;     /* bytes written */
    size_t cap;     /* bytes of memory: the most it can ever hold */
    bool is_failed; /* something did not fit, or was refused by its door */
};

/* A buffer over cap bytes at `at`. */
struct gh_buf gh_buf_over(char *at, size_t cap);

/* A buffer of cap bytes that lives in arena. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_buf_in(struct gh_arena *arena, size_t cap,
                                       struct gh_buf *out);

/* What was written so far; valid until the buffer changes. */
struct gh_text gh_buf_text(const struct gh_buf *buf);

/* Appends a string literal as it stands. */
#define gh_buf_lit(buf, literal) gh_buf_append_(buf, GH_TEXT(literal))

/* Appends bytes that a parser has already checked for the language written:
 * a canonical path, a checked field, a number. Named so that a reader of the
 * call asks "checked by whom?"; the comment at the call answers. */
void gh_buf_checked(struct gh_buf *buf, struct gh_text text);

/* HTML text and double-quoted attribute values: & < > " ' become references;
 * bytes that are not UTF-8 and control characters become U+FFFD. */
void gh_buf_html(struct gh_buf *buf, struct gh_text text);

/* An HTTP field value: bytes of GH_CLASS_FIELD only; anything else (CR, LF,
 * NUL, other controls) fails the buffer. */
void gh_buf_header(struct gh_buf *buf, struct gh_text text);

/* Percent-encodes everything but RFC 3986 unreserved characters. */
void gh_buf_url(struct gh_buf *buf, struct gh_text text);

/* A value of an identity field: printable ASCII as it is, "%" and everything
 * else percent-encoded. Applications read other bytes as Latin-1, or not at
 * all. */
void gh_buf_identity(struct gh_buf *buf, struct gh_text text);

/* The inside of a JSON string (RFC 8259), without the quotes. Bytes that are
 * not UTF-8 become U+FFFD. */
void gh_buf_json(struct gh_buf *buf, struct gh_text text);

/* One value of a key=value log line: as it is when every byte is visible and
 * none is a quote or "=", else in double quotes with \xHH for what is not
 * printable ASCII. One value is never more than one line. */
void gh_buf_log(struct gh_buf *buf, struct gh_text text);

/* A number in decimal. */
void gh_buf_number(struct gh_buf *buf, uint64_t value);

/* Bytes in lower-case hexadecimal. */
void gh_buf_hex(struct gh_buf *buf, const void *bytes, size_t n);

/* Not for callers: what gh_buf_lit() expands to. */
void gh_buf_append_(struct gh_buf *buf, struct gh_text text);

#endif
