/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 and HMAC-SHA-256 on OpenSSL, with the algorithms fetched once: an
 * implicit fetch takes a lock and a search on every call (OpenSSL 3.0). A
 * struct gh_digest only remembers them, so any number of threads may share
 * one. Called by core and by gatehousectl.
 */
#ifndef GH_BASE_DIGEST_H
#define GH_BASE_DIGEST_H

#include "base/text.h"

/* Bytes of a SHA-256 or of an HMAC with it. */
#define GH_DIGEST_LEN 32

/* The algorithms, ready. Lives as long as the program. */
struct gh_digest;

/* Fetches the algorithms. GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_digest_new(struct gh_digest **out);

/* Gives them back; NULL is fine. */
void gh_digest_free(struct gh_digest *digest);

/* The same for GH_CLEAN. */
void gh_digest_free_at(struct gh_digest **digest);

/* SHA-256 over n texts, one behind the other. GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_digest_sha256(const struct gh_digest *digest,
                                              const struct gh_text *parts,
                                              size_t n,
                                              unsigned char out[GH_DIGEST_LEN]);

/* HMAC-SHA-256 under key, not empty, over n texts, one behind the other: who
 * needs to tell the parts apart writes their lengths too. GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_digest_hmac(const struct gh_digest *digest,
                                            struct gh_text key,
                                            const struct gh_text *parts,
                                            size_t n,
                                            unsigned char out[GH_DIGEST_LEN]);

#endif
