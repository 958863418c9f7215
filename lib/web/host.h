/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts and origins: who was asked for. Strict parsers, no name resolution,
 * no I/O. Called by parse and by settings.
 */
#ifndef GH_WEB_HOST_H
#define GH_WEB_HOST_H

#include "base/address.h"
#include "base/arena.h"
#include "base/text.h"

/* host[:port] of RFC 3986 3.2.2 / 3.2.3. A plain value. */
struct gh_host {
    struct gh_text name; /* lower case, without port; "[::1]" with brackets */
    uint16_t port;       /* 0 when none was written */
};

/* Parses a Host field value: a DNS name of LDH labels (at most 253 bytes, no
 * trailing dot, "_" refused, the last label no number), an IPv4 address in
 * dotted decimal, or a bracketed IPv6 address (not a mapped one); then
 * optionally ":" and a port from 1 to 65535 without leading zeros. User
 * information, paths, white space and anything else are GH_MALFORMED. The
 * name is copied into arena: lower case, an IPv6 address as RFC 5952 writes
 * it. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_host_parse(struct gh_arena *arena, struct gh_text raw, struct gh_host *out);

/* scheme "://" host [":" port] and nothing behind it. A plain value. */
struct gh_origin {
    struct gh_text text;   /* normalised: lower case, default port left out */
    struct gh_text scheme; /* "http" or "https" */
    struct gh_host host;   /* port filled in: 80 or 443 when none was written */
    struct gh_text authority; /* host[:port] as it stands in text */
};

/* Parses an origin such as "https://localhost:8443"; a trailing "/" is
 * GH_MALFORMED, and so is any scheme but http and https. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_origin_parse(struct gh_arena *arena,
                                             struct gh_text raw,
                                             struct gh_origin *out);

/* True when a Host value names this origin: same name, same port (a Host
 * without a port stands for the scheme's default). */
bool gh_origin_is_host(const struct gh_origin *origin,
                       const struct gh_host *host);

#endif
