/* SPDX-License-Identifier: Apache-2.0
 *
 * The keeper follows the database: asks it, again and again, what changed and
 * which version of the policy there is. Spoils what is remembered of what
 * changed (fresh); reads the policy whole when it is another one, and hands it
 * to all loops. A version that cannot be used is refused as a whole, and the
 * one before stays. Also keeps the database's clock, and says when
 * ours differs from it. One a gateway, on its first loop.
 */
#ifndef GH_GATEWAY_KEEPER_H
#define GH_GATEWAY_KEEPER_H

#include "gateway.h"

struct gh_keeper;
struct gh_mounts;

/* Who hears of what the keeper found; called on the keeper's loop. */
struct gh_keeper_listener {
    void (*on_policy)(void *ctx, struct gh_mounts *mounts); /* there is a new
                                     policy; who wants to keep it, holds it */
    void (*on_look)(void *ctx); /* a look at the database is over (look.h) */
    void *ctx;                  /* first argument of both */
};

/* A keeper on a worker with a database; it begins to ask at once.
 * GH_MALFORMED: libpq does not understand listen_dsn. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_keeper_new(struct gh_worker *worker,
              const struct gh_keeper_listener *listener,
              struct gh_keeper **out);

/* Drops what is under way and frees; NULL is fine. */
void gh_keeper_free(struct gh_keeper *keeper);

/* Somebody needs this version of the policy, or a later one. From any loop. */
void gh_keeper_want(struct gh_gateway *gateway, int64_t version);

/* The keeper's loop was woken: looks whether somebody wants something. */
void gh_keeper_look(struct gh_keeper *keeper);

/* Reads the policy anew, and looks names up anew, though it is the same. On
 * the keeper's loop. */
void gh_keeper_again(struct gh_keeper *keeper);

/* The database's time, microseconds since 1970, as of the last answer and what
 * has passed since; 0 while there was none. From any loop. */
int64_t gh_gateway_now_us(struct gh_gateway *gateway);

#endif
