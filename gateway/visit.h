/* SPDX-License-Identifier: Apache-2.0
 *
 * What every audit row says of the request behind it: from where, with what,
 * through which entry, under which id. Called by identify and the acts when
 * they ask the database.
 */
#ifndef GH_GATEWAY_VISIT_H
#define GH_GATEWAY_VISIT_H

#include "cards.h"
#include "context.h"
#include "store/param.h"

enum {
    GH_SOURCE_KEYS = 3, /* networks that one client is counted under */
};

/* The values, ready to be sent; they point into the exchange. */
struct gh_visit {
    struct gh_param client;     /* inet */
    struct gh_param user_agent; /* text, at most 512 bytes, or null */
    struct gh_param device;     /* text: the same in words */
    struct gh_param entry;      /* text */
    struct gh_param exchange;   /* uuid */
    struct gh_param node;       /* text */
};

/* Fills them in. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_visit_of(struct gh_context *context,
                                         const struct gh_request *request,
                                         struct gh_visit *out);

/* The keys under which guesses from this client are counted: an IPv4 address,
 * or the /64, /56 and /48 of an IPv6 one; as MACs, in an array.
 * GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_visit_sources(struct gh_context *context,
                                              const struct gh_request *request,
                                              struct gh_param *out);

/* Field value of the request, or the empty text. */
struct gh_text gh_request_field(const struct gh_request *request,
                                struct gh_text name);

#endif
