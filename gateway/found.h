/* SPDX-License-Identifier: Apache-2.0
 *
 * A live session as the database knows it: the row of session_find, read.
 * Called by identify.
 */
#ifndef GH_GATEWAY_FOUND_H
#define GH_GATEWAY_FOUND_H

#include "cards.h"
#include "context.h"

struct gh_rows;

/* What the row says. A plain value; texts and arrays live in the exchange's
 * arena. */
struct gh_found {
    struct gh_principal principal; /* who; roles are not worked out yet */
    struct gh_text reference;      /* of the session, as bytes */
    bool is_next;     /* the token follows the current one, and comes the first
                         time */
    int64_t until_us; /* what it may, or how good its token is, changes then by
                         itself; INT64_MAX: never */
    int64_t renew_us; /* ask again then, for the next; INT64_MAX: no need */
};

/* Reads the first row, whose state is live. GH_NONE and faults: it is none that
 * session_find can have given. */
GH_MUST_CHECK enum gh_status gh_found_read(struct gh_context *context,
                                           const struct gh_rows *rows,
                                           struct gh_found *out);

#endif
