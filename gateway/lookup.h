/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of back ends into addresses, without holding up the loop: all
 * applications of one snapshot, one name after the other. Embedded in the
 * keeper of the policy, which calls it now and then.
 */
#ifndef GH_GATEWAY_LOOKUP_H
#define GH_GATEWAY_LOOKUP_H

#include "mounts.h"
#include "store/resolve.h"

/* One round. Zeroed memory is one that is not running; it must stay where it
 * is while it runs. */
struct gh_lookup {
    struct gh_mounts *mounts;  /* whose applications; NULL: not running */
    struct gh_reach *reaches;  /* what was found so far */
    size_t place;              /* the application under way */
    struct gh_text urls;       /* of it, those that are left */
    unsigned n_urls;           /* of it, those that were taken */
    struct gh_backend_url url; /* whose name is being looked up */
    struct gh_resolve resolve; /* the lookup itself */
    struct gh_arena arena;     /* of the URL */
    struct gh_arena found;     /* of what was found */
    size_t n_names;            /* names that were looked up */
};

/* Begins a round; holds the snapshot until it is over. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_lookup_begin(struct gh_lookup *lookup,
                                             struct gh_mounts *mounts);

/* Goes on. GH_WAIT: call again in a few milliseconds. GH_OK: the round is
 * over, and *out is the snapshot with what was found, for the caller to
 * release, or NULL when that is what was known before. A name that cannot
 * be found now keeps the addresses that it had, whatever came of others.
 * GH_FAULT_MEMORY: it is over, too. */
GH_MUST_CHECK enum gh_status gh_lookup_go_on(struct gh_lookup *lookup,
                                             struct gh_mounts **out);

/* Ends a round; one that is not running is fine. */
void gh_lookup_done(struct gh_lookup *lookup);

#endif
