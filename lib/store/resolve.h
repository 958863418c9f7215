/* SPDX-License-Identifier: Apache-2.0
 *
 * Host names into addresses without waiting: the C library looks them up on a
 * thread of its own (getaddrinfo_a) and the owner asks now and then whether
 * it is done. Limits: one lookup at a time, 4 addresses. Called by store/db
 * for hosts that are neither numeric nor local.
 */
#ifndef GH_STORE_RESOLVE_H
#define GH_STORE_RESOLVE_H

#include <netdb.h>

#include "base/text.h"

enum {
    GH_RESOLVE_MAX = 4,   /* addresses of one name */
    GH_RESOLVE_TEXT = 64, /* bytes of one address, its NUL included */
};

/* One lookup. Zeroed memory is one that is not running; it must stay where it
 * is from begin to done. */
struct gh_resolve {
    bool is_running;       /* the C library holds what is below */
    struct gaicb request;  /* its question */
    struct addrinfo hints; /* part of it */
};

/* What was found. */
struct gh_resolved {
    size_t n;                                   /* addresses */
    char at_z[GH_RESOLVE_MAX][GH_RESOLVE_TEXT]; /* numeric, with zone */
};

/* Starts looking up host_z, which lives until done. One that is still running
 * just goes on. GH_FAULT_MEMORY, GH_FAULT_IO. */
GH_MUST_CHECK enum gh_status gh_resolve_begin(struct gh_resolve *resolve,
                                              const char *host_z);

/* GH_WAIT, GH_OK with at least one address, or GH_NONE when there is none; the
 * lookup is over in the last two. */
GH_MUST_CHECK enum gh_status gh_resolve_poll(struct gh_resolve *resolve,
                                             struct gh_resolved *out);

/* Ends it. One that is already at work cannot be stopped: it is waited for,
 * as long as the resolver's own timeouts. */
void gh_resolve_done(struct gh_resolve *resolve);

#endif
