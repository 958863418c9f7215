/* SPDX-License-Identifier: Apache-2.0
 *
 * The threads: one loop each, with its edge and its log. Nobody else knows
 * that there are threads. Called by main, on the main thread.
 */
#ifndef GH_GATEWAY_WORKERS_H
#define GH_GATEWAY_WORKERS_H

#include "gateway.h"
#include "socket.h"

struct gh_workers;

/* Starts the loops on the given sockets, which know these places (NULL: none)
 * from the first request on. Signals must be blocked already.
 * GH_FAULT_MEMORY, GH_FAULT_IO. */
GH_MUST_CHECK enum gh_status gh_workers_start(struct gh_gateway *gateway,
                                              struct gh_settings *settings,
                                              const struct gh_sockets *sockets,
                                              struct gh_places *places,
                                              struct gh_workers **out);

/* Has every loop use settings for the requests that begin from now on. */
void gh_workers_reload(struct gh_workers *workers,
                       struct gh_settings *settings);

/* Has every loop look up clients in these places from now on. */
void gh_workers_relocate(struct gh_workers *workers, struct gh_places *places);

/* Has every loop stop listening; returns when all have, so that the sockets
 * can be closed. Running exchanges go on. */
void gh_workers_drain(struct gh_workers *workers);

/* Waits for running exchanges as long as the configuration allows, ends the
 * threads and frees everything. Drains first, if nobody has. */
void gh_workers_stop(struct gh_workers *workers);

#endif
