/* SPDX-License-Identifier: Apache-2.0
 *
 * Who the client is behind proxies. Attack ids are those of the group XFF.
 */
#include "web/client.h"

#include "check.h"

#include "base/banned.h"

/* The address of text, which must parse. */
static struct gh_address
address_of(const char *text_z)
{
    struct gh_address address = {0};

    check_status(GH_OK, gh_address_parse(gh_text_of_z(text_z), &address));
    return address;
}

static struct gh_network
network_of(const char *text_z)
{
    struct gh_network network = {0};

    check_status(GH_OK, gh_network_parse(gh_text_of_z(text_z), &network));
    return network;
}

static void
check_written(const char *expected_z, const struct gh_address *address)
{
    char at[46];
    struct gh_text text = {.at = at, .len = gh_address_write(address, at)};

    check_text(gh_text_of_z(expected_z), text);
}

static void
the_client_is_whom_trusted_proxies_name(void)
{
    static const struct {
        const char *peer;
        const char *forwarded;
        const char *client;
        bool is_usable;
    } rows[] = {
        /* XFF-001, XFF-003: an untrusted peer's list is not read at all. */
        {"203.0.113.5", "10.1.1.1", "203.0.113.5", true},
        {"203.0.113.5", "evil", "203.0.113.5", true},
        {"203.0.113.5", "192.0.2.1, 10.9.9.9", "203.0.113.5", true},
        {"192.0.2.1", "", "192.0.2.1", true},
        {"192.0.2.1", "203.0.113.5", "203.0.113.5", true},
        {"192.0.2.1", "10.1.1.1, 203.0.113.5", "203.0.113.5", true},
        {"192.0.2.1", "10.1.1.1,203.0.113.5\t, 2001:db8::9 ", "203.0.113.5",
         true},
        {"192.0.2.1", "::ffff:10.1.1.1", "10.1.1.1", true},
        {"192.0.2.1", "2001:db8::9,192.0.2.7", "2001:db8::9", true},
        {"192.0.2.1", "192.0.2.9,192.0.2.7", "192.0.2.9", true},
        {"::ffff:192.0.2.1", "203.0.113.5", "203.0.113.5", true},
        /* XFF-005 */
        {"192.0.2.1", "10.1.1.1, , evil", "192.0.2.1", false},
        {"192.0.2.1", "10.1.1.1, ", "192.0.2.1", false},
        {"192.0.2.1", "10.1.1.1, ,192.0.2.7", "192.0.2.1", false},
        {"192.0.2.1", "10.1.1.1:8080", "192.0.2.1", false},
        {"192.0.2.1", "[2001:db8::1]:443", "192.0.2.1", false},
        {"192.0.2.1", "0x0a010101", "192.0.2.1", false},
        {"192.0.2.1", "010.001.001.001", "192.0.2.1", false},
        {"192.0.2.1", "127.1", "192.0.2.1", false},
        {"192.0.2.1", "fe80::1%eth0", "192.0.2.1", false},
        {"192.0.2.1", " ", "192.0.2.1", false},
        {"192.0.2.1", "203.0.113.5, unknown, 192.0.2.7", "192.0.2.1", false},
        /* Behind the answer stands hearsay. */
        {"192.0.2.1", "evil, 203.0.113.5", "203.0.113.5", true},
    };
    const struct gh_network trusted[] = {network_of("192.0.2.0/24"),
                                         network_of("2001:db8::9")};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        bool is_usable = !rows[i].is_usable;
        struct gh_address client = gh_address_of_client(
            address_of(rows[i].peer), gh_text_of_z(rows[i].forwarded), trusted,
            GH_COUNT(trusted), &is_usable);

        check_written(rows[i].client, &client);
        check_number(rows[i].is_usable, is_usable);
    }
}

static void
without_trusted_networks_the_peer_is_the_client(void)
{
    bool is_usable = false;
    struct gh_address client = gh_address_of_client(
        address_of("192.0.2.1"), GH_TEXT("10.1.1.1"), NULL, 0, &is_usable);

    check_written("192.0.2.1", &client);
    check(is_usable);
}

const struct check_case client_cases[] = {
    CHECK_CASE(the_client_is_whom_trusted_proxies_name),
    CHECK_CASE(without_trusted_networks_the_peer_is_the_client),
    {0},
};
