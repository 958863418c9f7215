/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that is read: a slice of somebody else's memory with a length. Nothing
 * here copies, looks for a NUL or depends on the locale. The slice lives as
 * long as the memory it points into. Every floor uses it.
 */
#ifndef GH_BASE_TEXT_H
#define GH_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/status.h"

/* A plain value; lives wherever its owner puts it. The zero value is the
 * empty text. */
struct gh_text {
    const char *at; /* first byte; may be NULL when len is 0 */
    size_t len;     /* bytes */
};

/* A text from a string literal. */
#define GH_TEXT(literal)                                                       \
    ((struct gh_text){.at = "" literal, .len = sizeof(literal) - 1})

/* The same for the initializer of a static table. */
#define GH_TEXT_INIT(literal)                                                  \
    {                                                                          \
        .at = "" literal, .len = sizeof(literal) - 1                           \
    }

/* For printf's "%.*s". Lengths over INT_MAX never reach a log line. */
#define GH_TEXT_ARG(text) (int)(text).len, (text).at

/* Character classes of RFC 9110 and RFC 3986, one bit each. */
enum gh_class {
    GH_CLASS_DIGIT = 1 << 0,      /* 0-9 */
    GH_CLASS_ALPHA = 1 << 1,      /* A-Z a-z */
    GH_CLASS_UPPER = 1 << 2,      /* A-Z */
    GH_CLASS_HEX = 1 << 3,        /* 0-9 A-F a-f */
    GH_CLASS_TOKEN = 1 << 4,      /* tchar, RFC 9110 5.6.2 */
    GH_CLASS_UNRESERVED = 1 << 5, /* RFC 3986 2.3 */
    GH_CLASS_PCHAR = 1 << 6,      /* pchar without "%", RFC 3986 3.3 */
    GH_CLASS_BASE64URL = 1 << 7,  /* RFC 4648 5, no padding */
    GH_CLASS_FIELD = 1 << 8,      /* field value: VCHAR SP HTAB obs-text */
    GH_CLASS_VISIBLE = 1 << 9,    /* VCHAR: 0x21 to 0x7e */
};

/* True when byte c is in any of the classes of mask. */
bool gh_class_has(unsigned char c, unsigned mask);

/* True when every byte of text is in mask; true for the empty text. */
bool gh_text_all(struct gh_text text, unsigned mask);

/* The text of a NUL-terminated string; NULL gives the empty text. */
struct gh_text gh_text_of_z(const char *text_z);

/* Equal byte by byte; a NUL is a byte like others. */
bool gh_text_equal(struct gh_text a, struct gh_text b);

/* Equal when ASCII letters are compared without case; other bytes exactly. */
bool gh_text_equal_nocase(struct gh_text a, struct gh_text b);

/* True when text begins with prefix; every text begins with the empty one. */
bool gh_text_starts(struct gh_text text, struct gh_text prefix);

/* The same, compared as gh_text_equal_nocase() does. */
bool gh_text_starts_nocase(struct gh_text text, struct gh_text prefix);

/* True when text ends in suffix; every text ends in the empty one. */
bool gh_text_ends(struct gh_text text, struct gh_text suffix);

/* Position of the first byte c, or text.len when there is none. */
size_t gh_text_find(struct gh_text text, char c);

/* The part from `from` on; empty when from is past the end. */
struct gh_text gh_text_from(struct gh_text text, size_t from);

/* The first len bytes, or the whole text when it is shorter. */
struct gh_text gh_text_first(struct gh_text text, size_t len);

/* Without SP and HTAB at both ends (OWS of RFC 9110 5.6.3). */
struct gh_text gh_text_trim(struct gh_text text);

/* Takes the part before the next sep off *rest into *out and skips sep.
 * False when *rest is used up (its at is NULL then). "a,,b" gives three
 * parts, the empty text gives one empty part. */
bool gh_text_cut(struct gh_text *rest, char sep, struct gh_text *out);

/* Decimal digits only, no sign, no white space, at least one digit.
 * GH_MALFORMED, or GH_LIMIT when the value is over max. */
GH_MUST_CHECK enum gh_status gh_text_number(struct gh_text text, uint64_t max,
                                            uint64_t *out);

/* Bytes of the well-formed UTF-8 character (Unicode table 3-7) that text
 * begins with, 1 to 4; 0 when it begins with none: the empty text, an overlong
 * form, a surrogate, a value over U+10FFFF, a stray or missing byte. */
size_t gh_utf8_first(struct gh_text text);

/* True when text is well-formed UTF-8 from its first byte to its last. */
bool gh_text_is_utf8(struct gh_text text);

/* True when text begins with a control character: U+0000 to U+001F, U+007F,
 * or U+0080 to U+009F in its UTF-8 form. */
bool gh_text_is_control(struct gh_text text);

/* Value of a hexadecimal digit, or -1. */
int gh_hex_digit(char c);

/* ASCII lower case; other bytes unchanged. */
char gh_lower(char c);

#endif
