/* SPDX-License-Identifier: Apache-2.0
 *
 * Where clients are: looks, again and again, whether the databases that the
 * configuration names are other files now, and opens them. A file that cannot
 * be used is told of once, and what was there before stays. One a gateway, on
 * the main thread, which serves nobody meanwhile; every loop has a hold of its
 * own on what was opened last. Called by main; asked by identify and the acts.
 */
#ifndef GH_GATEWAY_LOCATE_H
#define GH_GATEWAY_LOCATE_H

#include "core/rules.h"
#include "gateway.h"

enum {
    GH_LOCATE_S = 5, /* seconds from one look at the files to the next */
};

/* Looks at the files that the settings name. True when the gateway has opened
 * others than before: to be handed to all loops. */
bool gh_locate_look(struct gh_gateway *gateway,
                    const struct gh_settings *settings, struct gh_log *log);

/* Lets go of what was opened. */
void gh_locate_done(struct gh_locate *locate);

/* Where a client is, when these rules ask for that; else not known. */
struct gh_location gh_locate_client(const struct gh_worker *worker,
                                    const struct gh_rules *rules,
                                    const struct gh_address *client);

#endif
