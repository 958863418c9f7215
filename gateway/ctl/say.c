/* SPDX-License-Identifier: Apache-2.0
 *
 * Sentences for people, on standard error. Owns nothing. Called by all of
 * gateway/ctl/.
 */
#include "ctl/say.h"

#include <stdarg.h>

#include "base/banned.h"

void
ctl_say(const char *format, ...)
{
    va_list more;

    fputs("gatehousectl: ", stderr);
    va_start(more, format);
    vfprintf(stderr, format, more);
    va_end(more);
    fputc('\n', stderr);
}

void
ctl_hint(const char *format, ...)
{
    va_list more;

    fputs("hint: ", stderr);
    va_start(more, format);
    vfprintf(stderr, format, more);
    va_end(more);
    fputc('\n', stderr);
}
