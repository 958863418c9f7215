/* SPDX-License-Identifier: Apache-2.0
 *
 * Audit events that no other SQL function writes along with its change: what
 * was refused at the door. Called by the acts.
 */
#ifndef GH_GATEWAY_EVENT_H
#define GH_GATEWAY_EVENT_H

#include "cards.h"
#include "context.h"

/* One event; constant. */
struct gh_audit_event {
    const char *event_z;  /* of gatehouse_audit.event_type */
    const char *reason_z; /* one short phrase */
};

/* Asks the database to write it, with what is known of the request; its
 * outcome is "denied". The first of a minute and network are written, the
 * others counted, so that strangers cannot make the trail grow at will.
 * GH_FAULT_DB, GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_event_ask(struct gh_context *context,
                                          const struct gh_request *request,
                                          const struct gh_audit_event *event);

#endif
