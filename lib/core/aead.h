/* SPDX-License-Identifier: Apache-2.0
 *
 * Authenticated encryption: AES-256-GCM (NIST SP 800-38D) on OpenSSL, with the
 * algorithm fetched once. What is sealed opens only under the same key, nonce
 * and associated data; anything else gives nothing at all. Refuses texts over
 * GH_AEAD_MAX. Any number of threads may share one. Called by core/vault.
 */
#ifndef GH_CORE_AEAD_H
#define GH_CORE_AEAD_H

#include "base/arena.h"

enum {
    GH_AEAD_KEY_LEN = 32,   /* bytes of a key */
    GH_AEAD_NONCE_LEN = 12, /* bytes of a nonce; never twice with a key */
    GH_AEAD_TAG_LEN = 16,   /* bytes that sealing adds, at the end */
    GH_AEAD_MAX = 1 << 20,  /* bytes of a text, and of associated data */
};

/* The algorithm, ready. Lives as long as its owner. */
struct gh_aead;

/* What seals: a plain value for one call; nothing of it is kept. */
struct gh_aead_seal {
    const unsigned char *key;   /* GH_AEAD_KEY_LEN bytes */
    const unsigned char *nonce; /* GH_AEAD_NONCE_LEN bytes */
    struct gh_text associated;  /* bound, not hidden; may be empty */
};

/* Fetches the algorithm; it stands in arena until it is given back.
 * GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_aead_new(struct gh_arena *arena,
                                         struct gh_aead **out);

/* Gives the algorithm back; NULL is fine. */
void gh_aead_free(struct gh_aead *aead);

/* Writes the sealed text and its tag, plain.len + GH_AEAD_TAG_LEN bytes, to
 * out. GH_LIMIT; GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_aead_seal(const struct gh_aead *aead,
                                          const struct gh_aead_seal *seal,
                                          struct gh_text plain,
                                          unsigned char *out);

/* Writes what was sealed, sealed.len - GH_AEAD_TAG_LEN bytes, to out.
 * GH_MALFORMED: it does not open, and out holds zeros. GH_LIMIT;
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_aead_open(const struct gh_aead *aead,
                                          const struct gh_aead_seal *seal,
                                          struct gh_text sealed,
                                          unsigned char *out);

#endif
