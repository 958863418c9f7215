/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a password comes from: a prompt without echo, standard input, or a
 * file; never the command line, which every account of the machine can read.
 * Called by the commands that set one.
 */
#ifndef GH_GATEWAY_CTL_ASK_H
#define GH_GATEWAY_CTL_ASK_H

#include "ctl/ctl.h"

/* The new password of the account of that name in its one form, in the arena.
 * At the prompt it is asked for twice. Refuses what core/new_password refuses.
 * An exit status, after a sentence when it is not CTL_DONE. */
int ask_new_password(struct ctl *ctl, struct gh_text name, struct gh_text *out);

#endif
