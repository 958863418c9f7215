/* SPDX-License-Identifier: Apache-2.0
 *
 * The acts: what can become of a request. Each prepares an outcome and sends
 * nothing. Chosen by step_act.
 */
#ifndef GH_GATEWAY_ACT_H
#define GH_GATEWAY_ACT_H

#include "exchange.h"

/* Refuses with a message. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status act_refuse(struct gh_context *context,
                                        const struct gh_request *request,
                                        unsigned status,
                                        struct gh_outcome *out);

/* Serves one of the gateway's own addresses under base_path. */
GH_MUST_CHECK enum gh_status act_own(struct gh_context *context,
                                     const struct gh_request *request,
                                     struct gh_outcome *out);

/* Prepares what the application will be sent: the request line and header
 * fields, identity included. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status act_forward(struct gh_context *context,
                                         const struct gh_request *request,
                                         const struct gh_principal *principal,
                                         struct gh_outcome *out);

#endif
