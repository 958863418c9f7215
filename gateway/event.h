/* SPDX-License-Identifier: Apache-2.0
 *
 * Audit events that no other SQL function writes along with its change: what
 * was refused at the door, and what is to be in the trail before it is let in.
 * Called by the acts and by record.
 */
#ifndef GH_GATEWAY_EVENT_H
#define GH_GATEWAY_EVENT_H

#include "exchange.h"

/* One event. A plain value; what it points to outlives the call. */
struct gh_audit_event {
    const char *event_z;                  /* of gatehouse_audit.event_type */
    const char *reason_z;                 /* one short phrase; NULL: none */
    const struct gh_principal *principal; /* who; NULL: not known */
    const struct gh_application *application; /* where; NULL: nowhere */
    const struct gh_grant *rule; /* that permits, or would; NULL: none */
    bool is_success;             /* it was let in: that is never only counted */
    struct gh_text detail;       /* more of it, as JSON; empty: none */
};

/* Asks the database to write it, with what is known of the request. Of
 * refusals the first of a minute and network are written, the others counted,
 * so that strangers cannot make the trail grow at will.
 * GH_FAULT_DB, GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_event_ask(struct gh_context *context,
                                          const struct gh_request *request,
                                          const struct gh_audit_event *event);

/* The same for a refusal by an act, which is answered with a status once it is
 * recorded (context->refusal). GH_WAIT; faults as above. */
GH_MUST_CHECK enum gh_status
gh_event_ask_refusal(struct gh_context *context,
                     const struct gh_request *request,
                     const struct gh_audit_event *event, unsigned refusal);

/* Has it recorded, once an exchange, that the rules denied a request. GH_OK: it
 * is, there is nothing to record, or no database to record it in; GH_WAIT;
 * faults as above. */
GH_MUST_CHECK enum gh_status gh_event_denied(struct gh_context *context,
                                             const struct gh_exchange *so_far);

#endif
