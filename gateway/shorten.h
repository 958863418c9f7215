/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions that are used for an application whose zone lets them be idle for
 * less time than they may be. Called by the acts that let a request through.
 */
#ifndef GH_GATEWAY_SHORTEN_H
#define GH_GATEWAY_SHORTEN_H

#include "exchange.h"

/* Has the session's limit shortened before a request that is permitted goes
 * on. *anew is NULL when it may go on; else who is to sign in first: somebody
 * who confirms that it is them, or nobody, as the session is over. May be
 * called again once it has said so. GH_WAIT; a fault: it must not go on. */
GH_MUST_CHECK enum gh_status gh_shorten(struct gh_context *context,
                                        const struct gh_exchange *so_far,
                                        const struct gh_principal **anew);

#endif
