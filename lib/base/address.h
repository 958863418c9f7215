/* SPDX-License-Identifier: Apache-2.0
 *
 * IP addresses and networks. Strict parsers, no name resolution, no I/O.
 * Called by web's hosts and clients, core's conditions, parse and settings.
 */
#ifndef GH_BASE_ADDRESS_H
#define GH_BASE_ADDRESS_H

#include "base/text.h"

/* An IP address. IPv4-mapped IPv6 (::ffff:0:0/96) is stored as IPv4; no other
 * embedding (6to4, NAT64) is. A plain value; all zero is no address. */
struct gh_address {
    unsigned char family;    /* 4, 6, or 0: none */
    unsigned char bytes[16]; /* network order; IPv4 uses the first 4 */
};

/* Strict textual forms only: dotted decimal without leading zeros, or RFC
 * 4291 text; no port, brackets, zone id or white space. GH_MALFORMED. */
GH_MUST_CHECK enum gh_status gh_address_parse(struct gh_text text,
                                              struct gh_address *out);

/* Appends the canonical text (RFC 5952) to at, which has room for 46 bytes;
 * returns the length written, without a NUL. 0 for no address. */
size_t gh_address_write(const struct gh_address *address, char at[46]);

/* The network that an address is counted with, its /24 (IPv4) or /48 (IPv6), as
 * one number; 0 for no address. */
uint64_t gh_address_network(const struct gh_address *address);

/* An address block. A plain value. */
struct gh_network {
    struct gh_address address; /* bits past prefix are zero */
    unsigned char prefix;      /* leading bits that count */
};

/* "10.0.0.0/8", "2001:db8::/32", or a single address. Host bits that are set
 * and prefixes with leading zeros are GH_MALFORMED ("10.1.0.0/8" is more likely
 * a slip than a wish). */
GH_MUST_CHECK enum gh_status gh_network_parse(struct gh_text text,
                                              struct gh_network *out);

/* False for no address and for another family. */
bool gh_network_has(const struct gh_network *network,
                    const struct gh_address *address);

#endif
