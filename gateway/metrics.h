/* SPDX-License-Identifier: Apache-2.0
 *
 * The process in numbers: counted as exchanges end, written in Prometheus'
 * text format. No label has a value that a client or a person chooses, so the
 * number of lines is fixed. What only the database knows is what the last
 * upkeep brought; looking at metrics asks it nothing. Called by finish, by the
 * sign-in act and by the operations act.
 */
#ifndef GH_GATEWAY_METRICS_H
#define GH_GATEWAY_METRICS_H

#include "exchange.h"

enum {
    GH_METRICS_MAX = 64 * 1024, /* bytes of all metrics, with room to spare */
};

/* Counts an exchange that is over: its decision, status and duration. */
void gh_metrics_count(const struct gh_exchange *x);

/* Counts an attempt to sign in that is over. */
void gh_metrics_sign_in(struct gh_gateway *gateway, enum gh_sign_in how);

/* Writes all metrics of the process into a buffer of GH_METRICS_MAX bytes. */
void gh_metrics_write(struct gh_gateway *gateway, struct gh_buf *out);

#endif
