/* SPDX-License-Identifier: Apache-2.0
 *
 * A text file that was named on the command line, such as a policy. Limits:
 * 16 MiB. Called by call.c.
 */
#ifndef GH_GATEWAY_CTL_GIVEN_H
#define GH_GATEWAY_CTL_GIVEN_H

#include "ctl/ctl.h"

/* Reads it whole, "-" is standard input; the text lives in the arena. CTL_DONE,
 * or CTL_NOT_FOUND or CTL_FAILED after a sentence. */
int given_read(struct ctl *ctl, const char *path_z, struct gh_text *out);

#endif
