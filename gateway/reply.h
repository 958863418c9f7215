/* SPDX-License-Identifier: Apache-2.0
 *
 * Finished answers of our own: messages as a page or as JSON, the style
 * sheet; always with the same protective header fields. Called by the acts,
 * and by respond when an application fails before it has begun to answer.
 */
#ifndef GH_GATEWAY_REPLY_H
#define GH_GATEWAY_REPLY_H

#include "exchange.h"

/* The names that templates may use, for gh_page_check(). */
extern const struct gh_text gh_reply_names[];
extern const size_t gh_n_reply_names;

/* The message for an HTTP status, in the form the request asks for. `request`
 * may be one that was refused half-way. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_reply_message(struct gh_context *context,
                                              const struct gh_request *request,
                                              unsigned status,
                                              struct gh_reply *out);

/* The style sheet. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_reply_style(struct gh_context *context,
                                            const struct gh_request *request,
                                            struct gh_reply *out);

#endif
