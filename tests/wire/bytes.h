/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that grow: what a test sends and what it received. Unlike gh_buf it
 * takes any byte without a door, because the wire tests must be able to write
 * what no product code may. Running out of memory ends the test program. The
 * whole wire suite uses it.
 */
#ifndef GH_TESTS_WIRE_BYTES_H
#define GH_TESTS_WIRE_BYTES_H

#include "base/text.h"

/* The zero value is empty; owned by whoever declared it. */
struct bytes {
    char *at;    /* heap memory, or NULL */
    size_t len;  /* bytes in use */
    size_t room; /* bytes of memory */
};

/* Appends len bytes. */
void bytes_add(struct bytes *bytes, const void *at, size_t len);

/* Appends a text. */
void bytes_text_add(struct bytes *bytes, struct gh_text text);

/* Appends a NUL-terminated string without its NUL. */
void bytes_z(struct bytes *bytes, const char *text_z);

/* Appends n times the byte c. */
void bytes_fill(struct bytes *bytes, int c, size_t n);

/* Appends one byte. */
void bytes_byte(struct bytes *bytes, unsigned value);

/* Appends like printf. */
void bytes_print(struct bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes the first n bytes away. */
void bytes_drop(struct bytes *bytes, size_t n);

/* What is held; valid until the next change. */
struct gh_text bytes_text(const struct bytes *bytes);

/* True when needle occurs in it. */
bool bytes_have(const struct bytes *bytes, const char *needle_z);

/* Frees the memory; takes the zero value too. */
void bytes_done(struct bytes *bytes);

/* True when needle occurs in text; bytes, not strings. */
bool text_has(struct gh_text text, const char *needle_z);

#endif
