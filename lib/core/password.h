/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords as they are stored: argon2id (libsodium) over an HMAC of the
 * password under the pepper key, as one PHC string. Whoever has the database
 * but not the key ring can test no guess. A stored string is input like any
 * other: its costs are bounded before any work. Every call but the two small
 * ones takes tens to hundreds of milliseconds and the memory it names, so the
 * gateway makes it on its hashing threads. Called there and by gatehousectl.
 */
#ifndef GH_CORE_PASSWORD_H
#define GH_CORE_PASSWORD_H

#include "core/binding.h"
#include "core/keys.h"

/* Bytes of the longest PHC string, its NUL included. */
#define GH_PASSWORD_MAX 512

/* What one hash costs. */
struct gh_password_cost {
    uint64_t memory_kib; /* KiB of memory */
    unsigned passes;     /* over that memory */
};

/* True when the cost is at least one of OWASP's (47,104 KiB and 1 pass,
 * 19,456 and 2, 12,288 and 3) and at most what a row may ask for (1 GiB, 20
 * passes). */
bool gh_password_cost_is_fit(const struct gh_password_cost *cost);

/* Hashes a password that gh_precis_password() gave, under the current pepper;
 * gh_keys_current(keys, GH_KEY_PEPPER) says which that is and is stored beside
 * the string. The cost must be fit. GH_FAULT_MEMORY, GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status
gh_password_hash(const struct gh_keys *keys,
                 const struct gh_password_cost *cost, struct gh_text password,
                 char out_z[GH_PASSWORD_MAX]);

/* Compares a password with a stored string. GH_MALFORMED when the string is
 * none of ours or out of bounds (1 GiB, 20 passes, 16 lanes, 511 bytes), and
 * GH_NONE when the ring has no such pepper: neither is a match, and the caller
 * still spends the time of gh_password_dummy(). GH_FAULT_MEMORY,
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_password_verify(const struct gh_keys *keys,
                                                struct gh_text phc,
                                                struct gh_text pepper_kid,
                                                struct gh_text password,
                                                bool *matches);

/* The same work on the same path for an account that does not exist or has no
 * usable credential. Never says anything. GH_FAULT_MEMORY,
 * GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status
gh_password_dummy(const struct gh_keys *keys,
                  const struct gh_password_cost *cost, struct gh_text password);

/* True when a verified string was made with another cost or pepper than a new
 * one would be. */
bool gh_password_needs_rehash(const struct gh_password_cost *cost,
                              struct gh_text phc, struct gh_text pepper_kid,
                              const struct gh_keys *keys);

#endif
