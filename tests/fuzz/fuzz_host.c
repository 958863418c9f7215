/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/host, web/client and base/address. The input is read as a
 * host, an origin, an address, a network and a forwarded list; its first 16
 * bytes also are an address. Properties: what is accepted is written in one
 * normal form, which reads back the same and is what inet_ntop() writes; an
 * origin names its own host; a client is never a trusted proxy while the list
 * goes on.
 */
#include "web/host.h"

#include <arpa/inet.h>
#include <string.h>

#include "fuzz.h"
#include "web/client.h"

#include "base/banned.h"

static void
assert_name(struct gh_text name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.:[]";

    gh_assert(name.len > 0 && name.len <= 253);
    for (size_t i = 0; i < name.len; i++)
        gh_assert(memchr(allowed, name.at[i], sizeof(allowed) - 1) != NULL);
    gh_assert((name.at[0] == '[') == (name.at[name.len - 1] == ']'));
    gh_assert(name.at[0] == '[' || gh_text_find(name, ':') == name.len);
    gh_assert(name.at[name.len - 1] != '.' && name.at[0] != '.');
}

static void
check_host(struct gh_arena *arena, struct gh_text raw)
{
    struct gh_host host;
    struct gh_host again;

    if (gh_host_parse(arena, raw, &host) != GH_OK)
        return;
    assert_name(host.name);
    gh_assert(gh_host_parse(arena, host.name, &again) == GH_OK);
    gh_assert(gh_text_equal(host.name, again.name) && again.port == 0);
}

static void
check_origin(struct gh_arena *arena, struct gh_text raw)
{
    struct gh_origin origin;
    struct gh_origin again;
    struct gh_host host;

    if (gh_origin_parse(arena, raw, &origin) != GH_OK)
        return;
    assert_name(origin.host.name);
    gh_assert(origin.host.port != 0);
    gh_assert(gh_origin_parse(arena, origin.text, &again) == GH_OK);
    gh_assert(gh_text_equal(origin.text, again.text));
    gh_assert(gh_text_starts(origin.text, origin.scheme));
    gh_assert(gh_text_ends(origin.text, origin.authority));
    gh_assert(gh_host_parse(arena, origin.authority, &host) == GH_OK);
    gh_assert(gh_origin_is_host(&origin, &host));
}

static bool
is_same(const struct gh_address *a, const struct gh_address *b)
{
    return a->family == b->family &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Written, read again, and compared with what the C library writes. That
 * writes the deprecated ::1.2.3.4 for what is not mapped, so those are left
 * out. */
static void
check_written(const struct gh_address *address)
{
    static const unsigned char zeros[12] = {0};
    char at[46];
    char usual_z[46];
    struct gh_text text = {.at = at, .len = gh_address_write(address, at)};
    int family = address->family == 4 ? AF_INET : AF_INET6;
    struct gh_address again;

    gh_assert(text.len > 0 && text.len < sizeof(at));
    gh_assert(gh_address_parse(text, &again) == GH_OK);
    gh_assert(is_same(address, &again));
    if (family == AF_INET6 && memcmp(address->bytes, zeros, 12) == 0)
        return;
    gh_assert(inet_ntop(family, address->bytes, usual_z, sizeof(usual_z)) !=
              NULL);
    gh_assert(gh_text_equal(text, gh_text_of_z(usual_z)));
}

static void
check_bytes(const uint8_t *data, size_t size)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct gh_address address = {.family = 6};

    if (size < sizeof(address.bytes))
        return;
    memcpy(address.bytes, data, sizeof(address.bytes));
    if (memcmp(address.bytes, mapped, sizeof(mapped)) != 0)
        check_written(&address);
}

static void
check_network(struct gh_text raw)
{
    struct gh_network network;
    struct gh_address address;

    if (gh_network_parse(raw, &network) != GH_OK)
        return;
    gh_assert(network.prefix <= (network.address.family == 4 ? 32 : 128));
    gh_assert(gh_network_has(&network, &network.address));

    /* The last bit that counts decides. */
    if (network.prefix == 0)
        return;
    address = network.address;
    address.bytes[(network.prefix - 1) / 8] ^=
        (unsigned char)(0x80 >> (network.prefix - 1) % 8);
    gh_assert(!gh_network_has(&network, &address));
}

static void
check_forwarded(struct gh_text list)
{
    struct gh_network trusted;
    struct gh_address peer;
    struct gh_address client;
    bool is_usable;

    gh_assert(gh_network_parse(GH_TEXT("10.0.0.0/8"), &trusted) == GH_OK);
    gh_assert(gh_address_parse(GH_TEXT("10.0.0.1"), &peer) == GH_OK);
    client = gh_address_of_client(peer, list, &trusted, 1, &is_usable);
    gh_assert(client.family != 0);
    gh_assert(is_usable || is_same(&client, &peer));
    if (!is_usable || list.len == 0)
        return;
    /* A trusted client is the first member of the list. */
    if (gh_network_has(&trusted, &client)) {
        struct gh_address first;
        size_t comma = gh_text_find(list, ',');

        if (gh_text_trim(gh_text_first(list, comma)).len == 0)
            return;
        gh_assert(gh_address_parse(gh_text_trim(gh_text_first(list, comma)),
                                   &first) == GH_OK);
        gh_assert(is_same(&first, &client));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text raw = fuzz_text(data, size);
    struct gh_address address;

    gh_arena_init(&arena, 8 * size + 64 * 1024);
    check_host(&arena, raw);
    check_origin(&arena, raw);
    if (gh_address_parse(raw, &address) == GH_OK)
        check_written(&address);
    check_bytes(data, size);
    check_network(raw);
    check_forwarded(raw);
    return 0;
}
