/* SPDX-License-Identifier: Apache-2.0
 *
 * What tests and the fuzz target need from inside core/password: the reader
 * of PHC strings. Owns nothing. Nobody else includes it.
 */
#ifndef GH_CORE_PASSWORD_INT_H
#define GH_CORE_PASSWORD_INT_H

#include "core/password.h"

/* The costs of a PHC string. */
struct gh_phc {
    uint64_t memory_kib; /* m: 8 a lane at least, 1 GiB at most */
    uint64_t passes;     /* t: 1 to 20 */
    uint64_t lanes;      /* p: 1 to 16 */
};

/* Reads "$argon2id$v=19$m=M,t=T,p=P$SALT$TAG": these fields in this order,
 * numbers without leading zeros, salt (8 to 48 bytes) and tag (16 to 64) in
 * canonical base64 without padding. GH_MALFORMED, also when a cost is out of
 * bounds. */
GH_MUST_CHECK enum gh_status gh_phc_parse(struct gh_text phc,
                                          struct gh_phc *out);

#endif
