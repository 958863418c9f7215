/* SPDX-License-Identifier: Apache-2.0
 *
 * What a command gives back, an exit status, and the sentence that goes with
 * it. Owns nothing. Used everywhere in gateway/ctl/.
 */
#ifndef GH_GATEWAY_CTL_SAY_H
#define GH_GATEWAY_CTL_SAY_H

#include <stdio.h>

#include "base/attr.h"

/* Exit statuses (DESIGN: contracts of programs). */
enum {
    CTL_DONE = 0,           /* what was asked is done */
    CTL_FAILED = 1,         /* it is not, and none of the others says why */
    CTL_USAGE = 2,          /* the command line is wrong */
    CTL_NOT_FOUND = 3,      /* there is no such account, key, file */
    CTL_CONFLICT = 4,       /* it is there already, or changed meanwhile */
    CTL_DENIED = 5,         /* refused: a right or a rule forbids it */
    CTL_UNAVAILABLE = 69,   /* the database cannot be reached */
    CTL_CONFIGURATION = 78, /* the configuration is not usable */
};

/* One line on standard error: "gatehousectl: …". */
void ctl_say(const char *format, ...) GH_PRINTF(1, 2);

/* "hint: …" below it. */
void ctl_hint(const char *format, ...) GH_PRINTF(1, 2);

#endif
