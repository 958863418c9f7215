/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses of session data, /data/APPLICATION/KEY and ?scope=, and the media
 * types that a value may have. Pure. What is taken is a name of one form only,
 * so that nothing of it has to be escaped anywhere. Called by the act of
 * session data.
 */
#ifndef GH_WEB_DATA_H
#define GH_WEB_DATA_H

#include "base/text.h"

enum {
    GH_DATA_NAME_MAX = 64, /* characters of an application's or a key's name */
};

/* What an address names. A plain value; texts point into what was parsed. */
struct gh_data_address {
    struct gh_text application; /* [a-z0-9][a-z0-9._-]{0,63} */
    struct gh_text key;         /* the same */
    bool is_account;            /* scope=account: outlives the session */
};

/* Parses what is behind "/data/" in a canonical path, and the query with its
 * "?", or the empty text. scope=session, which no query means as well, or
 * scope=account. GH_MALFORMED: anything else. */
GH_MUST_CHECK enum gh_status gh_data_parse(struct gh_text rest,
                                           struct gh_text query,
                                           struct gh_data_address *out);

/* The media type of a Content-Type value, in its one spelling (static memory):
 * application/json, text/plain, application/octet-stream; the first two may
 * have charset=utf-8. GH_NONE: any other, or none. */
GH_MUST_CHECK enum gh_status gh_data_type(struct gh_text content_type,
                                          struct gh_text *out);

#endif
