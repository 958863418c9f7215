/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions that are used from elsewhere: from another network, or with another
 * browser, than they were begun with, for an application of a zone that ends
 * them then. Called by identify, and by the act of session data.
 */
#ifndef GH_GATEWAY_MOVED_H
#define GH_GATEWAY_MOVED_H

#include "cards.h"
#include "context.h"

/* Has the session ended when it is used for this application and has moved and
 * must not have: the principal is nobody then. NULL: it is used for none.
 * GH_WAIT: call again; a fault: it is not known whether the session has ended.
 */
GH_MUST_CHECK enum gh_status
gh_moved_check(struct gh_context *context, const struct gh_request *request,
               const struct gh_application *application,
               struct gh_principal *principal);

#endif
