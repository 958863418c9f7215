/* SPDX-License-Identifier: Apache-2.0
 *
 * Growing bytes. Owns one heap block each. Nothing is refused: a test that
 * runs out of memory ends here.
 */
#include "bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* Makes room for len more bytes, doubling so that floods stay linear. */
static void
reserve(struct bytes *bytes, size_t len)
{
    size_t room = bytes->room > 0 ? bytes->room : 512;

    while (room - bytes->len < len)
        room *= 2;
    if (room != bytes->room) {
        bytes->at = realloc(bytes->at, room);
        gh_assert(bytes->at != NULL);
        bytes->room = room;
    }
}

void
bytes_add(struct bytes *bytes, const void *at, size_t len)
{
    if (len == 0)
        return;
    reserve(bytes, len);
    memcpy(bytes->at + bytes->len, at, len);
    bytes->len += len;
}

void
bytes_text_add(struct bytes *bytes, struct gh_text text)
{
    bytes_add(bytes, text.at, text.len);
}

void
bytes_z(struct bytes *bytes, const char *text_z)
{
    bytes_add(bytes, text_z, strlen(text_z));
}

void
bytes_fill(struct bytes *bytes, int c, size_t n)
{
    if (n == 0)
        return;
    reserve(bytes, n);
    memset(bytes->at + bytes->len, c, n);
    bytes->len += n;
}

void
bytes_byte(struct bytes *bytes, unsigned value)
{
    unsigned char byte = (unsigned char)value;

    bytes_add(bytes, &byte, 1);
}

void
bytes_print(struct bytes *bytes, const char *format, ...)
{
    char line[4096];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    gh_assert(len >= 0 && (size_t)len < sizeof(line));
    bytes_add(bytes, line, (size_t)len);
}

void
bytes_drop(struct bytes *bytes, size_t n)
{
    gh_assert(n <= bytes->len);
    if (n == 0)
        return;
    bytes->len -= n;
    memmove(bytes->at, bytes->at + n, bytes->len);
}

struct gh_text
bytes_text(const struct bytes *bytes)
{
    return (struct gh_text){.at = bytes->at, .len = bytes->len};
}

bool
bytes_have(const struct bytes *bytes, const char *needle_z)
{
    return text_has(bytes_text(bytes), needle_z);
}

void
bytes_done(struct bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct bytes){.at = NULL};
}

bool
text_has(struct gh_text text, const char *needle_z)
{
    size_t len = strlen(needle_z);

    return text.len >= len && memmem(text.at, text.len, needle_z, len) != NULL;
}
