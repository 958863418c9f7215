/* SPDX-License-Identifier: Apache-2.0
 *
 * One exchange with an application over HTTP/1.1: the request goes out, the
 * answer comes back, both streamed with back-pressure. Lives in the
 * exchange's arena; the borrowed connection is in the exchange's context.
 * Called by respond.
 */
#ifndef GH_GATEWAY_RELAY_H
#define GH_GATEWAY_RELAY_H

#include "exchange.h"

struct gh_relay;

/* Prepares the exchange that outcome describes; nothing is sent yet. NULL
 * without memory. */
struct gh_relay *gh_relay_new(struct gh_context *context,
                              const struct gh_request *request,
                              const struct gh_outcome *outcome,
                              struct gh_body *body, struct gh_front *front);

/* Goes on as far as possible. GH_OK: the answer is complete, or broken off
 * (receipt->is_cut). GH_WAIT. GH_STOP: nothing was sent to the web server
 * yet, and stop says what to answer instead. Faults only before anything was
 * sent. */
GH_MUST_CHECK enum gh_status gh_relay_run(struct gh_relay *relay,
                                          struct gh_receipt *receipt,
                                          struct gh_stop *stop);

/* Gives the connection up, whatever its state; NULL is fine. */
void gh_relay_abandon(struct gh_relay *relay);

#endif
