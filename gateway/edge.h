/* SPDX-License-Identifier: Apache-2.0
 *
 * The edge of one loop: its listening sockets and the connections of web
 * servers. Accepts, counts, closes; what goes over a connection is
 * connection.c's business. Program lifetime.
 */
#ifndef GH_GATEWAY_EDGE_H
#define GH_GATEWAY_EDGE_H

#include "gateway.h"

struct gh_edge;

/* An edge for the loop of worker. fds: one listening socket for each entry of
 * the configuration, in its order; they stay the caller's. GH_FAULT_MEMORY,
 * GH_FAULT_IO. */
GH_MUST_CHECK enum gh_status gh_edge_new(struct gh_worker *worker,
                                         const int *fds, size_t n,
                                         struct gh_edge **out);

/* Closes every connection and frees the edge; NULL is fine. */
void gh_edge_free(struct gh_edge *edge);

/* Stops listening and closes idle connections; the others end with their
 * exchange. */
void gh_edge_drain(struct gh_edge *edge);

/* True when no connection is left, and nothing that outlives one. */
bool gh_edge_is_over(const struct gh_edge *edge);

#endif
