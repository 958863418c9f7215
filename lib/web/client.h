/* SPDX-License-Identifier: Apache-2.0
 *
 * Clients: who asks, when proxies stand in between. Pure. Called by parse.
 */
#ifndef GH_WEB_CLIENT_H
#define GH_WEB_CLIENT_H

#include "base/address.h"

/* The client's address: peer, unless peer is in one of the n_trusted networks;
 * then forwarded (the X-Forwarded-For list, in wire order) is walked from its
 * end over trusted members to the first that is not; when all are trusted,
 * the first member is the client. A member on that way that does not parse,
 * an empty one too, makes the list unusable: peer is the answer and *is_usable
 * false. What stands before the answer is hearsay and not looked at. */
struct gh_address gh_address_of_client(struct gh_address peer,
                                       struct gh_text forwarded,
                                       const struct gh_network *trusted,
                                       size_t n_trusted, bool *is_usable);

#endif
