/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts, origins and addresses: who was asked for, and who asks. Strict
 * parsers, no name resolution, no I/O. Called by parse and by settings.
 */
#ifndef GH_WEB_HOST_H
#define GH_WEB_HOST_H

#include "base/arena.h"
#include "base/text.h"

/* host[:port] of RFC 3986 3.2.2 / 3.2.3. A plain value. */
struct gh_host {
    struct gh_text name; /* lower case, without port; "[::1]" with brackets */
    uint16_t port;       /* 0 when none was written */
};

/* Parses a Host field value: a DNS name of LDH labels (at most 253 bytes, no
 * trailing dot, "_" refused), an IPv4 address in dotted decimal, or a
 * bracketed IPv6 address; then optionally ":" and a port from 1 to 65535.
 * User information, paths, white space and anything else are GH_MALFORMED.
 * The name is copied into arena. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_host_parse(struct gh_arena *arena,
                                           struct gh_text raw,
                                           struct gh_host *out);

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

/* An IP address. IPv4-mapped IPv6 (::ffff:0:0/96) is stored as IPv4; no other
 * embedding (6to4, NAT64) is. A plain value; all zero is no address. */
struct gh_address {
    unsigned char family; /* 4, 6, or 0: none */
    unsigned char bytes[16]; /* network order; IPv4 uses the first 4 */
};

/* Strict textual forms only: dotted decimal without leading zeros, or RFC
 * 4291 text; no port, brackets, zone id or white space. GH_MALFORMED. */
GH_MUST_CHECK enum gh_status gh_address_parse(struct gh_text text,
                                              struct gh_address *out);

/* Appends the canonical text (RFC 5952) to at, which has room for 46 bytes;
 * returns the length written, without a NUL. 0 for no address. */
size_t gh_address_write(const struct gh_address *address, char at[46]);

/* An address block. A plain value. */
struct gh_network {
    struct gh_address address; /* bits past prefix are zero */
    unsigned char prefix;      /* leading bits that count */
};

/* "10.0.0.0/8", "2001:db8::/32", or a single address. Host bits that are set
 * are GH_MALFORMED ("10.1.0.0/8" is more likely a slip than a wish). */
GH_MUST_CHECK enum gh_status gh_network_parse(struct gh_text text,
                                              struct gh_network *out);

/* False for no address and for another family. */
bool gh_network_has(const struct gh_network *network,
                    const struct gh_address *address);

/* The client's address: peer, unless peer is in one of the n_trusted networks;
 * then forwarded (the X-Forwarded-For list, in wire order) is walked from its
 * end over trusted members to the first that is not. A member that does not
 * parse makes the list unusable: peer is the answer and *is_usable false. */
struct gh_address gh_address_of_client(struct gh_address peer,
                                       struct gh_text forwarded,
                                       const struct gh_network *trusted,
                                       size_t n_trusted, bool *is_usable);

#endif
