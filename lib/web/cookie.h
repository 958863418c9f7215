/* SPDX-License-Identifier: Apache-2.0
 *
 * Cookies: reading ours from a request, hiding ours from applications, and
 * keeping applications from setting ours. Pure. Bytes are compared, nothing
 * is decoded. Where ours are read, quotes, $Version and commas have no meaning
 * (RFC 6265 5.4 sends none); where ours are hidden, a pair that any lenient
 * parser could take for one of ours counts as ours. Called by parse and by the
 * back-end client.
 */
#ifndef GH_WEB_COOKIE_H
#define GH_WEB_COOKIE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"

/* The names that are ours on this deployment. A plain value. */
struct gh_cookie_names {
    struct gh_text session; /* the session cookie's name, from settings */
};

/* Names of the state before sign-in and of the device marker. */
extern const struct gh_text gh_cookie_pre;
extern const struct gh_text gh_cookie_device;

/* True when name is the session cookie or begins with one of __Host-id,
 * __Host-pre, __Host-device, __Host-keep; without case, because browsers
 * treat the prefixes without case. */
bool gh_cookie_is_ours(const struct gh_cookie_names *names,
                       struct gh_text name);

/* Finds the value of the cookie of exactly that name (bytes, with case) in a
 * Cookie field value. GH_NONE; GH_CONFLICT when it occurs more than once. */
GH_MUST_CHECK enum gh_status
gh_cookie_find(struct gh_text header, struct gh_text name, struct gh_text *out);

/* The Cookie field value without ours, in arena: the other pairs unchanged,
 * in order, joined with "; ". Empty when none is left. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_cookie_strip(struct gh_arena *arena, const struct gh_cookie_names *names,
                struct gh_text header, struct gh_text *out);

/* True when a Set-Cookie field value from an application would set a cookie
 * of ours, also without "=" (browsers send the nameless cookie's value as
 * name=value). */
bool gh_cookie_sets_ours(const struct gh_cookie_names *names,
                         struct gh_text set_cookie);

/* Appends a whole Set-Cookie field line, CRLF included: Path=/, Secure,
 * HttpOnly, SameSite=Lax, no Domain (RFC 6265bis, ASVS 5.0 V3.3). An empty
 * value deletes the cookie with the same attributes. max_age_s: 0 for a cookie
 * that goes with the browser's session. value is of GH_CLASS_BASE64URL, or
 * the buffer fails. The only writer of cookies. */
void gh_cookie_write(struct gh_buf *buf, struct gh_text name,
                     struct gh_text value, uint64_t max_age_s);

#endif
