/* SPDX-License-Identifier: Apache-2.0
 *
 * The halves of the parse step to each other: what is read from parameters
 * (step_parse.c) and what follows from the request as a whole
 * (parse_request.c). Not for anybody else.
 */
#ifndef GH_GATEWAY_PARSE_INT_H
#define GH_GATEWAY_PARSE_INT_H

#include "exchange.h"

/* Notes why the request is refused; always GH_STOP. */
enum gh_status gh_parse_refuse(struct gh_request *request, unsigned status,
                               const char *why_z);

/* Whether a person or a script asks, from the fields. */
void gh_parse_manners(struct gh_request *request);

/* Finds out whether the target is one of our own pages. Refuses odd spellings
 * of those (400), and everything else on an entry for operations (404). */
GH_MUST_CHECK enum gh_status gh_parse_place(struct gh_context *context,
                                            struct gh_request *request);

/* Takes cookies apart and drops every field that may not go on.
 * content_type: of the parameter, empty when there is none. */
GH_MUST_CHECK enum gh_status gh_parse_fields(struct gh_context *context,
                                             struct gh_text content_type,
                                             struct gh_request *request);

#endif
