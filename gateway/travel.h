/* SPDX-License-Identifier: Apache-2.0
 *
 * Sign-ins of one account from two countries, sooner after one another than
 * the operator says that anybody travels. Called by the act of signing in.
 */
#ifndef GH_GATEWAY_TRAVEL_H
#define GH_GATEWAY_TRAVEL_H

#include "core/place.h"
#include "exchange.h"
#include "store/row.h"

/* From one sign-in to the next. A plain value. */
struct gh_travel {
    struct gh_location from; /* where the one before came from */
    struct gh_location to;   /* where this one comes from */
    int64_t us;              /* microseconds between them; less than 0: a clock
                                was set back */
};

/* Whether the sign-in that has just succeeded, by the row of sign_in_succeed,
 * came too soon after the one before. GH_OK: it did; GH_NONE: it did not, or a
 * country is not known, or nobody asks ([place] travel). GH_FAULT_MEMORY,
 * GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_travel_find(struct gh_context *context,
                                            const struct gh_request *request,
                                            const struct gh_rows *rows,
                                            struct gh_travel *out);

/* Has that recorded: authn_impossible_travel, about the principal. Faults are
 * those of gh_event_ask(). */
GH_MUST_CHECK enum gh_status gh_travel_ask(struct gh_context *context,
                                           const struct gh_request *request,
                                           const struct gh_principal *principal,
                                           const struct gh_travel *travel);

#endif
