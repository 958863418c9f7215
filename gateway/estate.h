/* SPDX-License-Identifier: Apache-2.0
 *
 * One loop's hold on a policy snapshot, with its pools of connections to the
 * applications. A new snapshot makes a new estate, which takes over the pools
 * of applications that are reached as before. Exchanges hold the estate that
 * they are decided with until they are over. Called by identify, by the
 * exchange's end and by workers.
 */
#ifndef GH_GATEWAY_ESTATE_H
#define GH_GATEWAY_ESTATE_H

#include "cards.h"
#include "context.h"
#include "mounts.h"

/* The hold. Lives until the last exchange that uses it is over. */
struct gh_estate {
    struct gh_arena arena;     /* of everything, itself included */
    struct gh_mounts *mounts;  /* shared between loops */
    struct gh_backend **pools; /* one for each application */
    unsigned n_users;          /* exchanges, plus 1 while current */
};

/* Makes the snapshot the worker's current one, and has the exchanges go on
 * that wait for it. keeps_pools: connections of applications that did not
 * change are kept. GH_FAULT_MEMORY: everything is as it was. */
GH_MUST_CHECK enum gh_status gh_estate_install(struct gh_worker *worker,
                                               struct gh_mounts *mounts,
                                               bool keeps_pools);

/* One user less; the last one closes the pools. NULL is fine. */
void gh_estate_release(struct gh_estate *estate);

/* Has the exchange hold the worker's current snapshot, when that is of this
 * version of the policy or a later one; any will do for version 0. GH_OK.
 * GH_WAIT: the exchange's task is posted when there is a newer one, or its
 * deadline is over. GH_NONE: there is none in time; the exchange holds the
 * current one, if there is any, which is too old. */
GH_MUST_CHECK enum gh_status gh_estate_await(struct gh_context *context,
                                             int64_t version);

/* Whether the policy that the exchange holds is newer than the one that its
 * session was found under: it may give what the token is not for. */
bool gh_estate_overtakes(const struct gh_context *context,
                         const struct gh_principal *found);

/* The application at the request's path in these rules; NULL: none. */
const struct gh_application *
gh_request_application(const struct gh_request *request,
                       const struct gh_rules *rules);

/* The rules that the exchange holds; NULL while there are none. */
const struct gh_rules *gh_context_rules(const struct gh_context *context);

#endif
