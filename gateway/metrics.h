/* SPDX-License-Identifier: Apache-2.0
 *
 * The process in numbers: counted as exchanges end, written in Prometheus'
 * text format. No label has a value that a client or a person chooses, so the
 * number of lines is fixed. Called by finish and by the operations act.
 */
#ifndef GH_GATEWAY_METRICS_H
#define GH_GATEWAY_METRICS_H

#include "exchange.h"

enum {
    GH_METRICS_MAX = 64 * 1024, /* bytes of all metrics, with room to spare */
};

/* Counts an exchange that is over: its decision, status and duration. */
void gh_metrics_count(const struct gh_exchange *x);

/* Writes all metrics of the process into a buffer of GH_METRICS_MAX bytes. */
void gh_metrics_write(struct gh_gateway *gateway, struct gh_buf *out);

#endif
