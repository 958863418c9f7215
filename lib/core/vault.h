/* SPDX-License-Identifier: Apache-2.0
 *
 * Session data as it lies in the database: sealed (core/aead) under a key that
 * is not there, and bound to where it belongs. A value that somebody moved to
 * another session, account, application or key, or gave another type, does not
 * open. Owns nothing. Limits a value to GH_VAULT_VALUE_MAX bytes. Called by
 * the act of session data.
 *
 * The key of an account is HMAC-SHA-256 under a "data" key of the ring over
 * the parts "data" and the account's number (core/keys.h). The associated data
 * are one line, its words one space apart: "gatehouse-data", 1, the scope
 * ("session" or "account"), the account's number, the reference in hexadecimal
 * ("-" for the account's scope), the application's number, the key's name, the
 * media type, the id of the ring's key.
 */
#ifndef GH_CORE_VAULT_H
#define GH_CORE_VAULT_H

#include "core/aead.h"
#include "core/keys.h"

enum {
    GH_VAULT_VALUE_MAX = 16 * 1024, /* bytes of a value */
    GH_VAULT_REFERENCE_LEN = 16,    /* bytes of a session's reference */
};

/* Where a value belongs. A plain value; texts live for the call. No text holds
 * a space: names are checked by the caller's parser. */
struct gh_place {
    bool is_account;           /* the account's own, not one session's */
    int64_t account_id;        /* whose it is */
    struct gh_text reference;  /* of the session's data, GH_VAULT_REFERENCE_LEN
                                  bytes; not looked at when is_account */
    int64_t application_id;    /* which application's */
    struct gh_text key;        /* its name there */
    struct gh_text media_type; /* what it is */
};

/* A sealed value, as its row has it. A plain value. */
struct gh_sealed {
    struct gh_text kid;   /* id of the ring's key */
    struct gh_text nonce; /* GH_AEAD_NONCE_LEN bytes */
    struct gh_text bytes; /* the value, sealed, and its tag */
};

/* Seals a value under the current key with a new random nonce. What out points
 * to lives in arena, or as long as the ring. GH_LIMIT; GH_FAULT_MEMORY,
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_vault_seal(struct gh_arena *arena,
                                           const struct gh_keys *keys,
                                           const struct gh_place *place,
                                           struct gh_text value,
                                           struct gh_sealed *out);

/* Opens a value into arena. GH_MALFORMED: it does not open, because it was
 * changed or belongs elsewhere. GH_NONE: the ring has no key of that id.
 * GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_vault_open(struct gh_arena *arena,
                                           const struct gh_keys *keys,
                                           const struct gh_place *place,
                                           const struct gh_sealed *sealed,
                                           struct gh_text *out);

#endif
