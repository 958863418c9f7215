/* SPDX-License-Identifier: Apache-2.0
 *
 * The six steps. Each reads the earlier cards and writes exactly one. GH_OK:
 * the next step may run. GH_WAIT: call again when something has happened.
 * GH_STOP: the card says why; act runs next. Faults become 503.
 */
#ifndef GH_GATEWAY_STEP_H
#define GH_GATEWAY_STEP_H

#include "exchange.h"

/* True for parameters that step_parse reads: header fields and a few others.
 * What the web server says besides is not even shown to libfcgi. */
bool step_parse_reads(struct gh_text name);

/* Turns parameters into a request: host, canonical path, fields, cookies,
 * limits. Waits until a small body is complete. */
GH_MUST_CHECK enum gh_status step_parse(struct gh_context *context,
                                        const struct gh_input *input,
                                        const struct gh_body *body,
                                        struct gh_request *out);

/* Finds out who asks, and takes the policy that decides. Waits for the
 * database. */
GH_MUST_CHECK enum gh_status step_identify(struct gh_context *context,
                                           const struct gh_request *request,
                                           struct gh_principal *out);

/* Decides by those rules; NULL: the policy is not known. Pure; cannot fail. */
GH_MUST_CHECK enum gh_status step_decide(const struct gh_rules *rules,
                                         const struct gh_request *request,
                                         const struct gh_principal *principal,
                                         struct gh_decision *out);

/* Chooses and prepares what will be answered or carried out. */
GH_MUST_CHECK enum gh_status step_act(struct gh_context *context,
                                      const struct gh_exchange *so_far,
                                      struct gh_outcome *out);

/* Nobody waits for what act was about to answer: has recorded what it counted.
 * GH_WAIT: to be called again; GH_OK. */
GH_MUST_CHECK enum gh_status step_act_leave(struct gh_context *context,
                                            const struct gh_request *request);

/* Makes durable what must be before anything leaves. */
GH_MUST_CHECK enum gh_status step_record(struct gh_context *context,
                                         const struct gh_exchange *so_far,
                                         struct gh_receipt *out);

/* Sends the answer: our own, or the exchange with the application. */
GH_MUST_CHECK enum gh_status step_respond(struct gh_exchange *exchange);

#endif
