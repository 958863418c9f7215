/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk from the peer to the client, over proxies that are trusted. Owns
 * nothing. Refuses lists whose trusted part is malformed. Called by parse.
 */
#include "web/client.h"

#include "base/banned.h"

static bool
is_trusted(const struct gh_address *address, const struct gh_network *trusted,
           size_t n_trusted)
{
    for (size_t i = 0; i < n_trusted; i++) {
        if (gh_network_has(&trusted[i], address))
            return true;
    }
    return false;
}

/* Takes the part behind the last comma off *rest, without white space. */
static struct gh_text
cut_last(struct gh_text *rest)
{
    size_t begin = rest->len;
    struct gh_text member;

    while (begin > 0 && rest->at[begin - 1] != ',')
        begin--;
    member = gh_text_trim(gh_text_from(*rest, begin));
    *rest = gh_text_first(*rest, begin == 0 ? 0 : begin - 1);
    return member;
}

struct gh_address
gh_address_of_client(struct gh_address peer, struct gh_text forwarded,
                     const struct gh_network *trusted, size_t n_trusted,
                     bool *is_usable)
{
    struct gh_address client = peer;

    *is_usable = true;
    while (forwarded.len > 0 && is_trusted(&client, trusted, n_trusted)) {
        if (gh_address_parse(cut_last(&forwarded), &client) != GH_OK) {
            *is_usable = false;
            return peer;
        }
    }
    return client;
}
