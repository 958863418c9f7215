/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows that only the gateway can have written: a MAC, under a key that is not
 * in the database, over what ties a credential or a session to its account. A
 * row that somebody moved, copied or made by hand does not verify; it counts
 * as no row at all, and using it is an audit event. Owns nothing. Called by
 * identify, the sign-in act and gatehousectl.
 */
#ifndef GH_CORE_BINDING_H
#define GH_CORE_BINDING_H

#include "core/keys.h"

/* What of a credential row is bound. */
struct gh_credential {
    int64_t account_id;        /* whose it is */
    struct gh_text phc;        /* the stored string */
    struct gh_text pepper_kid; /* the key below it */
};

/* What of a session row is bound. */
struct gh_session_row {
    int64_t account_id;        /* whose it is */
    struct gh_text token_hash; /* 32 bytes */
    struct gh_text reference;  /* 16 bytes */
    int level;                 /* authentication level */
};

/* The MAC of a new credential, under the current binding key.
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status
gh_credential_mac(const struct gh_keys *keys,
                  const struct gh_credential *credential,
                  unsigned char out[GH_DIGEST_LEN]);

/* Whether mac is one of this credential, under any binding key of the ring.
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status
gh_credential_is_bound(const struct gh_keys *keys,
                       const struct gh_credential *credential,
                       struct gh_text mac, bool *is_bound);

/* The MAC of a new session, under the current binding key.
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status
gh_session_mac(const struct gh_keys *keys, const struct gh_session_row *session,
               unsigned char out[GH_DIGEST_LEN]);

/* Whether mac is one of this session, under any binding key of the ring.
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status
gh_session_is_bound(const struct gh_keys *keys,
                    const struct gh_session_row *session, struct gh_text mac,
                    bool *is_bound);

#endif
