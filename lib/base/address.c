/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses and networks: strict parsers and one writer. Owns nothing. Refuses
 * loose forms (127.1, 010.0.0.1, zone ids, ports). inet_pton() only translates
 * text here; nothing is looked up. Called by web's hosts and clients, core's
 * conditions, parse and settings.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/banned.h"

enum {
    MAX_ADDRESS = 45, /* INET6_ADDRSTRLEN without its NUL */
    N_GROUPS = 8,     /* of 16 bits in an IPv6 address */
    MAPPED = 12,      /* bytes in front of the IPv4 in a mapped one */
};

/* text into bytes with inet_pton(), which knows no lengths. */
static bool
read_address(int family, struct gh_text text, unsigned char bytes[16])
{
    char text_z[MAX_ADDRESS + 1] = {0};

    if (text.len == 0 || text.len > MAX_ADDRESS ||
        !gh_text_all(text, GH_CLASS_VISIBLE))
        return false;
    memcpy(text_z, text.at, text.len);
    return inet_pton(family, text_z, bytes) == 1;
}

/* ::ffff:0:0/96, RFC 4291 2.5.5.2. */
static bool
is_mapped(const unsigned char bytes[16])
{
    static const unsigned char prefix[MAPPED] = {[10] = 0xff, [11] = 0xff};

    return memcmp(bytes, prefix, MAPPED) == 0;
}

static size_t
write_number(unsigned value, unsigned base, char *at)
{
    char digits[8];
    size_t n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    for (size_t i = 0; i < n; i++)
        at[i] = digits[n - 1 - i];
    return n;
}

static size_t
write_v4(const unsigned char bytes[4], char *at)
{
    size_t len = 0;

    for (size_t i = 0; i < 4; i++) {
        if (i > 0)
            at[len++] = '.';
        len += write_number(bytes[i], 10, at + len);
    }
    return len;
}

/* A run of groups that are zero. */
struct run {
    size_t begin; /* its first group */
    size_t n;     /* groups; fewer than two are not shortened */
};

/* The longest run, the first of several: what "::" stands for. */
static struct run
longest_run(const unsigned groups[N_GROUPS])
{
    struct run best = {0};
    struct run run = {0};

    for (size_t i = 0; i < N_GROUPS; i++) {
        if (groups[i] != 0) {
            run = (struct run){.begin = i + 1};
            continue;
        }
        run.n++;
        if (run.n > best.n)
            best = run;
    }
    return best.n < 2 ? (struct run){0} : best;
}

/* RFC 5952: lower case, no leading zeros, the longest run of zeros as "::",
 * a mapped address in mixed notation. At most MAX_ADDRESS bytes. */
static size_t
write_v6(const unsigned char bytes[16], char *at)
{
    unsigned groups[N_GROUPS];
    struct run run;
    size_t len = 0;

    if (is_mapped(bytes)) {
        memcpy(at, "::ffff:", 7);
        return 7 + write_v4(bytes + MAPPED, at + 7);
    }
    for (size_t i = 0; i < N_GROUPS; i++)
        groups[i] = (unsigned)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    run = longest_run(groups);

    for (size_t i = 0; i < N_GROUPS; i++) {
        if (run.n > 0 && i == run.begin) {
            at[len++] = ':';
            if (i == 0)
                at[len++] = ':';
            i += run.n - 1;
            continue;
        }
        len += write_number(groups[i], 16, at + len);
        if (i + 1 < N_GROUPS)
            at[len++] = ':';
    }
    return len;
}

enum gh_status
gh_address_parse(struct gh_text text, struct gh_address *out)
{
    struct gh_address address = {.family = 4};

    if (gh_text_find(text, ':') == text.len) {
        if (!read_address(AF_INET, text, address.bytes))
            return GH_MALFORMED;
        *out = address;
        return GH_OK;
    }

    if (!read_address(AF_INET6, text, address.bytes))
        return GH_MALFORMED;
    address.family = 6;
    if (is_mapped(address.bytes)) {
        struct gh_address inner = {.family = 4};

        memcpy(inner.bytes, address.bytes + MAPPED, 4);
        address = inner;
    }
    *out = address;
    return GH_OK;
}

size_t
gh_address_write(const struct gh_address *address, char at[46])
{
    if (address->family == 4)
        return write_v4(address->bytes, at);
    return address->family == 6 ? write_v6(address->bytes, at) : 0;
}

/* True when a and b are equal in their first n bits. */
static bool
shares_bits(const unsigned char *a, const unsigned char *b, unsigned n)
{
    unsigned odd = n % 8;
    unsigned mask = 0xff00U >> odd & 0xff;

    if (memcmp(a, b, n / 8) != 0)
        return false;
    return odd == 0 || ((a[n / 8] ^ b[n / 8]) & mask) == 0;
}

/* True when all bits past the first n are zero. */
static bool
is_zero_past(const unsigned char bytes[16], unsigned n)
{
    unsigned begin = n / 8;

    if (n % 8 != 0 && (bytes[begin++] & 0xffU >> n % 8) != 0)
        return false;
    for (unsigned i = begin; i < 16; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

/* The number behind "/" for an address written with width bits, of which the
 * stored address lacks the first `dropped` (a mapped one). */
static enum gh_status
read_prefix(struct gh_text text, unsigned width, unsigned dropped,
            unsigned char *out)
{
    uint64_t value;

    if (text.len > 1 && text.at[0] == '0')
        return GH_MALFORMED;
    if (gh_text_number(text, width, &value) != GH_OK || value < dropped)
        return GH_MALFORMED;
    *out = (unsigned char)(value - dropped);
    return GH_OK;
}

uint64_t
gh_address_network(const struct gh_address *address)
{
    size_t n = address->family == 4 ? 3 : 6;
    uint64_t network = address->family;

    for (size_t i = 0; i < n && address->family != 0; i++)
        network = network << 8 | address->bytes[i];
    return network;
}

enum gh_status
gh_network_parse(struct gh_text text, struct gh_network *out)
{
    size_t slash = gh_text_find(text, '/');
    struct gh_text front = gh_text_first(text, slash);
    bool is_v6 = gh_text_find(front, ':') < front.len;
    struct gh_network network = {0};
    enum gh_status status = gh_address_parse(front, &network.address);
    bool is_shortened = is_v6 && network.address.family == 4;

    if (status != GH_OK)
        return status;
    network.prefix = network.address.family == 4 ? 32 : 128;
    if (slash < text.len)
        status = read_prefix(gh_text_from(text, slash + 1), is_v6 ? 128 : 32,
                             is_shortened ? 8 * MAPPED : 0, &network.prefix);
    if (status != GH_OK)
        return status;
    if (!is_zero_past(network.address.bytes, network.prefix))
        return GH_MALFORMED;
    *out = network;
    return GH_OK;
}

bool
gh_network_has(const struct gh_network *network,
               const struct gh_address *address)
{
    return address->family != 0 && address->family == network->address.family &&
           shares_bits(address->bytes, network->address.bytes, network->prefix);
}
