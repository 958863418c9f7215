/* SPDX-License-Identifier: Apache-2.0
 *
 * Forms that only our own pages can have sent (OWASP CSRF Prevention Cheat
 * Sheet), and the state before sign-in that they hang on. All of it is MACs
 * under the csrf and device keys: nothing is stored, so a flood of visitors
 * writes nothing. Owns nothing. Called by the acts that show and take forms.
 */
#ifndef GH_CORE_CSRF_H
#define GH_CORE_CSRF_H

#include "core/keys.h"

enum {
    GH_PRE_LEN = 43,     /* characters of the state before sign-in */
    GH_PRE_LIFE_S = 600, /* seconds that it is good for */
    GH_CSRF_LEN = 86,    /* characters of a form token */
    GH_DEVICE_LEN = 43,  /* characters of a device marker */
};

/* A new state before sign-in, for the cookie __Host-pre: random, with the
 * time and a MAC. now_s: seconds since 1970. GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_pre_make(const struct gh_keys *keys,
                                         int64_t now_s, struct gh_buf *out);

/* Whether a cookie's value is such a state. GH_MALFORMED: it is not ours;
 * GH_EXPIRED: it was. GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_pre_check(const struct gh_keys *keys,
                                          int64_t now_s, struct gh_text value);

/* A token for a form of one purpose ("login"), shown to one subject (the
 * state before sign-in, or the session's reference). Masked with a fresh pad,
 * so that no two pages hold the same bytes (BREACH). GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_csrf_make(const struct gh_keys *keys,
                                          struct gh_text purpose,
                                          struct gh_text subject,
                                          struct gh_buf *out);

/* Whether a token is one for this purpose and subject, under any csrf key of
 * the ring; compared in constant time. GH_MALFORMED; GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_csrf_check(const struct gh_keys *keys,
                                           struct gh_text purpose,
                                           struct gh_text subject,
                                           struct gh_text token);

/* What a device marker says, by the database's clock. A plain value. */
struct gh_marker {
    int64_t at_us;    /* when it was made: the last sign-in; microseconds since
                         1970 */
    uint32_t since_s; /* since when the browser is known, kept from marker to
                         marker; seconds since 1970 */
};

/* A marker for a device that has just signed in as account, for the cookie
 * __Host-device: it opens a lane of its own to the sign-in form, says since
 * when the browser is known, and is no sign-in. GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_device_make(const struct gh_keys *keys,
                                            struct gh_text account,
                                            const struct gh_marker *marker,
                                            struct gh_buf *out);

/* Whether a cookie's value is a marker for this account, and what it says then.
 * Whether that is too long ago, or before the password was changed, is for the
 * database to say: no clock is asked here. GH_MALFORMED; GH_FAULT_CRYPTO. */
GH_MUST_CHECK enum gh_status gh_device_check(const struct gh_keys *keys,
                                             struct gh_text account,
                                             struct gh_text value,
                                             struct gh_marker *out);

#endif
