/* SPDX-License-Identifier: Apache-2.0
 *
 * Names by script: a double of store/resolve, put in its place at link time.
 * A script says which names are looked up, in their order, and what is found.
 * One script and one lookup at a time.
 */
#ifndef GH_TESTS_FAKE_RESOLVE_H
#define GH_TESTS_FAKE_RESOLVE_H

#include "store/resolve.h"

/* One name that is expected, and what comes of it. */
struct fake_name {
    const char *host_z;                  /* which one */
    const char *found_z[GH_RESOLVE_MAX]; /* addresses; none: not found */
    unsigned n_waits;                    /* how often it is not there yet */
    enum gh_status begun;                /* GH_OK, or a fault to begin with */
};

/* Begins a script of n names, which live until the next one. */
void fake_resolve_play(const struct fake_name *names, size_t n);

/* How many names were looked up. */
size_t fake_resolve_asked(void);

/* How many lookups were ended while they ran: each would hold up its loop. */
size_t fake_resolve_ended(void);

/* Checks that the script was played to its end and nothing is under way. */
void fake_resolve_end(void);

#endif
