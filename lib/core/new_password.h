/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a password that somebody wants to have may be one (NIST SP
 * 800-63B): long enough, not too long, nothing that is guessed first. Asks for
 * no digits, signs or capitals. One judge for people who change theirs and for
 * administrators who set one. Called by the password act and by gatehousectl.
 */
#ifndef GH_CORE_NEW_PASSWORD_H
#define GH_CORE_NEW_PASSWORD_H

#include "base/arena.h"

/* Code points of the shortest password. */
#define GH_PASSWORD_POINTS_MIN 15

/* What a new password is. */
enum gh_new_password {
    GH_NEW_PASSWORD_UNFIT = 0, /* empty, not UTF-8, or with what cannot be
                                  seen */
    GH_NEW_PASSWORD_SHORT,     /* fewer than GH_PASSWORD_POINTS_MIN */
    GH_NEW_PASSWORD_LONG,      /* over 256 code points or 1,024 bytes */
    GH_NEW_PASSWORD_COMMON,    /* on the list of those that are guessed first */
    GH_NEW_PASSWORD_NAMES,     /* names of the account or site, with digits */
    GH_NEW_PASSWORD_FIT,       /* may be one */
};

/* What is judged; texts need to live for the call only. */
struct gh_new_password_case {
    struct gh_text typed;        /* as it came */
    const struct gh_text *names; /* what others know of account and site: a
                                    password of these alone is refused */
    size_t n_names;              /* how many; empty ones do not count */
};

/* Judges it. *out is its one form, to be hashed, when *verdict is FIT, and
 * lives in arena, which is wiped with it. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_new_password_judge(struct gh_arena *arena,
                      const struct gh_new_password_case *of,
                      enum gh_new_password *verdict, struct gh_text *out);

#endif
