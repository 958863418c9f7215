/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that nobody may guess, compare by timing or find again: random
 * numbers from the kernel, comparing in constant time, wiping, and base64url
 * as tokens are written. The only user of libsodium besides core/password.
 * Nothing here prints a secret. Called by every floor above.
 */
#ifndef GH_BASE_SECRET_H
#define GH_BASE_SECRET_H

#include "base/buf.h"

/* Characters of n bytes in base64url without padding. */
#define GH_BASE64URL_LEN(n) (((n)*4 + 2) / 3)

/* Makes libsodium choose its fast code; once, before threads exist; again is
 * harmless. GH_FAULT_CRYPTO, also when the kernel gives no random bytes. */
GH_MUST_CHECK enum gh_status gh_secret_setup(void);

/* n random bytes from getrandom(2) at out. GH_FAULT_CRYPTO when the kernel
 * gives none; out is wiped then. */
GH_MUST_CHECK enum gh_status gh_random(void *out, size_t n);

/* True when n bytes are the same; takes as long when they are not. */
bool gh_secret_equal(const void *a, const void *b, size_t n);

/* Overwrites n bytes so that no compiler leaves it out. */
void gh_secret_wipe(void *at, size_t n);

/* Appends n bytes in base64url (RFC 4648 5) without padding. The time does
 * not depend on the bytes. */
void gh_base64url_write(struct gh_buf *buf, const void *bytes, size_t n);

/* Exactly n bytes, 1,024 at most, from their one canonical form: no padding,
 * no white space, no bit set behind the last byte. GH_MALFORMED, also for any
 * other length; out is written only on GH_OK. The time does not depend on the
 * bytes. */
GH_MUST_CHECK enum gh_status gh_base64url_parse(struct gh_text text, void *out,
                                                size_t n);

#endif
