/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions that are used from elsewhere: from another network, or with another
 * browser, than they were begun with, for an application of a zone that ends
 * them then. Called by identify.
 */
#ifndef GH_GATEWAY_MOVED_H
#define GH_GATEWAY_MOVED_H

#include "cards.h"
#include "context.h"

/* Has the session ended when it has moved and must not have: the principal is
 * nobody then. The policy is known by now. GH_WAIT: call again; a fault: it is
 * not known whether the session has ended. */
GH_MUST_CHECK enum gh_status gh_moved_check(struct gh_context *context,
                                            const struct gh_request *request,
                                            struct gh_principal *principal);

#endif
