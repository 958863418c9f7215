/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions that are used for an application whose zone lets them be idle for
 * less time than they may be. Called by the acts that let a request through.
 */
#ifndef GH_GATEWAY_SHORTEN_H
#define GH_GATEWAY_SHORTEN_H

#include "cards.h"
#include "context.h"

/* Has the session's limit shortened before a request goes on that is permitted
 * in an application; NULL: in none whose zone may ask for that. *anew is NULL
 * when it may go on, which it says as often as it is called; else who is to
 * sign in first: somebody who confirms that it is them, or nobody, as the
 * session is over. GH_WAIT; a fault: it must not go on. */
GH_MUST_CHECK enum gh_status
gh_shorten(struct gh_context *context, const struct gh_request *request,
           const struct gh_principal *principal,
           const struct gh_application *application,
           const struct gh_principal **anew);

#endif
