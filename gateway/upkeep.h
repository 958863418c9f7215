/* SPDX-License-Identifier: Apache-2.0
 *
 * What the database needs from time to time: sessions that ran out without
 * anybody asking for them are ended, old ones removed, partitions of the
 * audit trail made ahead, and guards that somebody switched off told of. The
 * work is one SQL function, gatehouse.maintain(); here is only the clock that
 * calls it, at the start and every so often. One a gateway, on its first
 * worker.
 */
#ifndef GH_GATEWAY_UPKEEP_H
#define GH_GATEWAY_UPKEEP_H

#include "context.h"

/* The clock. Owned by the caller, who zeroed it. */
struct gh_upkeep {
    struct gh_context context;   /* to ask the database with */
    struct gh_arena scratch;     /* of one answer */
    struct gh_task task;         /* an answer is there */
    struct gh_deadline deadline; /* it is time again */
};

/* Lets it run on a worker, from its loop or before that runs. Nothing happens
 * without a database, or while [database] maintain is zero. */
void gh_upkeep_start(struct gh_upkeep *upkeep, struct gh_worker *worker);

/* Stops it; what is under way is no longer waited for. One that was never
 * started is fine. */
void gh_upkeep_stop(struct gh_upkeep *upkeep);

#endif
