/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy snapshot as the gateway uses it: the rules, and where each
 * application's sockets are. Built whole, then only read; all loops share it
 * by reference count. Made by the keeper of the policy, or from the
 * configuration of a gateway without a database.
 */
#ifndef GH_GATEWAY_MOUNTS_H
#define GH_GATEWAY_MOUNTS_H

#include <stdatomic.h>

#include "core/rules.h"
#include "reach.h"

enum {
    GH_BUSY_SLOTS = 2 * GH_RULES_APPLICATIONS, /* counters of requests */
};

/* The snapshot. */
struct gh_mounts {
    atomic_uint n_refs;       /* holders; the last one frees */
    struct gh_arena arena;    /* of everything, itself included */
    struct gh_rules *rules;   /* sealed */
    size_t n;                 /* applications */
    struct gh_reach *reaches; /* one each, in the order of the rules */
    unsigned *slots;          /* which counter counts its requests */
};

/* A snapshot of sealed rules, which it holds. An application that `before`
 * had, by its id, keeps its counter, and its addresses when its URLs are the
 * same; of others what needs no lookup is there. before may be NULL. NULL
 * without memory. */
struct gh_mounts *gh_mounts_new(struct gh_rules *rules,
                                const struct gh_mounts *before);

/* The same snapshot with other addresses, one for each application. NULL
 * without memory. */
struct gh_mounts *gh_mounts_at(const struct gh_mounts *mounts,
                               const struct gh_reach *reaches);

/* What is known of an application's reach before its addresses. */
struct gh_reach gh_reach_of(const struct gh_application *application);

/* One holder more, and one less; NULL is fine for less. */
void gh_mounts_hold(struct gh_mounts *mounts);
void gh_mounts_release(struct gh_mounts *mounts);

#endif
