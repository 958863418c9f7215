/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses and networks. Attack ids are those of the group XFF.
 */
#include "base/address.h"

#include <string.h>

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

static void
check_written(const char *expected_z, const struct gh_address *address)
{
    char at[46];
    struct gh_text text = {.at = at, .len = gh_address_write(address, at)};

    check_text(gh_text_of_z(expected_z), text);
}

static void
addresses_are_written_as_rfc_5952_says(void)
{
    static const struct {
        const char *raw;
        unsigned family;
        const char *text;
    } rows[] = {
        {"0.0.0.0", 4, "0.0.0.0"},
        {"255.255.255.255", 4, "255.255.255.255"},
        {"10.1.20.3", 4, "10.1.20.3"},
        {"::", 6, "::"},
        {"::1", 6, "::1"},
        {"1::", 6, "1::"},
        {"2001:0DB8:0:0:0:0:2:1", 6, "2001:db8::2:1"},
        {"2001:db8:0:1:1:1:1:1", 6, "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", 6, "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", 6, "2001:db8::1:0:0:1"},
        {"0:0:1:2:3:4:5:6", 6, "::1:2:3:4:5:6"},
        {"0:1:2:3:4:5:6:7", 6, "0:1:2:3:4:5:6:7"},
        {"1:2:3:4:5:6:0:0", 6, "1:2:3:4:5:6::"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 6,
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"::102:304", 6, "::102:304"},
        {"::ffff:10.1.1.1", 4, "10.1.1.1"}, /* XFF-013 */
        {"::FFFF:0a01:0101", 4, "10.1.1.1"},
        {"2002:0a01:0101::", 6, "2002:a01:101::"},
        {"64:ff9b::a01:101", 6, "64:ff9b::a01:101"},
        {"::fffe:10.1.1.1", 6, "::fffe:a01:101"},
    };
    static const struct gh_address none = {0};
    static const struct gh_address mapped = {
        .family = 6,
        .bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_address address = address_of(rows[i].raw);

        check_number(rows[i].family, address.family);
        check_written(rows[i].text, &address);
    }
    check_written("", &none);
    check_written("::ffff:1.2.3.4", &mapped);
}

static void
loose_addresses_are_refused(void)
{
    /* XFF-005 */
    static const struct gh_text rows[] = {
        GH_TEXT_INIT(""),
        GH_TEXT_INIT("evil"),
        GH_TEXT_INIT("10.1.1.1:8080"),
        GH_TEXT_INIT("[2001:db8::1]"),
        GH_TEXT_INIT("[2001:db8::1]:443"),
        GH_TEXT_INIT("0x0a010101"),
        GH_TEXT_INIT("167837953"),
        GH_TEXT_INIT("010.001.001.001"),
        GH_TEXT_INIT("10.1.1.01"),
        GH_TEXT_INIT("127.1"),
        GH_TEXT_INIT("10.1.1.256"),
        GH_TEXT_INIT("10.1.1."),
        GH_TEXT_INIT(".10.1.1.1"),
        GH_TEXT_INIT("10..1.1"),
        GH_TEXT_INIT("10.1.1.1.1"),
        GH_TEXT_INIT("10.1.1.-1"),
        GH_TEXT_INIT(" 10.1.1.1"),
        GH_TEXT_INIT("10.1.1.1 "),
        GH_TEXT_INIT("10.1.1.1\0"),
        GH_TEXT_INIT("10.1.1.1\0.2"),
        GH_TEXT_INIT("fe80::1%eth0"),
        GH_TEXT_INIT("::1\0"),
        GH_TEXT_INIT(":"),
        GH_TEXT_INIT(":::"),
        GH_TEXT_INIT("1::2::3"),
        GH_TEXT_INIT("1:2:3:4:5:6:7"),
        GH_TEXT_INIT("1:2:3:4:5:6:7:"),
        GH_TEXT_INIT(":1:2:3:4:5:6:7:8"),
        GH_TEXT_INIT("1:2:3:4:5:6:7:8:9"),
        GH_TEXT_INIT("1:2:3:4::5:6:7:8"),
        GH_TEXT_INIT("12345::"),
        GH_TEXT_INIT("::g"),
        GH_TEXT_INIT("::1.2.3"),
        GH_TEXT_INIT("::ffff:010.1.1.1"),
        GH_TEXT_INIT("::1.2.3.4:5"),
        GH_TEXT_INIT("0000:0000:0000:0000:0000:ffff:255.255.255.2555"),
        GH_TEXT_INIT("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"),
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_address address = {.family = 77};

        if (!check_status(GH_MALFORMED, gh_address_parse(rows[i], &address)))
            check_text(GH_TEXT("(a refusal)"), rows[i]);
        check_number(77, address.family);
    }
}

static struct gh_network
network_of(const char *text_z)
{
    struct gh_network network = {0};

    if (!check_status(GH_OK, gh_network_parse(gh_text_of_z(text_z), &network)))
        check_text(GH_TEXT("(a network)"), gh_text_of_z(text_z));
    return network;
}

static void
networks_hold_their_addresses_and_no_others(void)
{
    static const struct {
        const char *network;
        const char *address;
        bool is_in;
    } rows[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true}, /* XFF-013 */
        {"10.0.0.0/8", "2002:a01:101::", false},
        {"10.0.0.0/8", "64:ff9b::a01:101", false},
        {"10.0.0.0/8", "a00::", false},
        {"10.128.0.0/9", "10.128.0.1", true},
        {"10.128.0.0/9", "10.127.255.255", false},
        {"192.168.1.4/30", "192.168.1.7", true},
        {"192.168.1.4/30", "192.168.1.8", false},
        {"192.168.1.4/30", "192.168.1.3", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"127.0.0.1/32", "127.0.0.1", true},
        {"0.0.0.0/0", "203.0.113.5", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "203.0.113.5", false},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::", false},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::1", "::1", true},
        {"::1", "::", false},
        {"::ffff:10.0.0.0/104", "10.1.1.1", true},
        {"::ffff:0:0/96", "203.0.113.5", true},
    };
    static const struct gh_address none = {0};
    static const struct gh_network nowhere = {0};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_network network = network_of(rows[i].network);
        struct gh_address address = address_of(rows[i].address);

        if (!check_number(rows[i].is_in, gh_network_has(&network, &address)))
            check_text(gh_text_of_z(rows[i].network),
                       gh_text_of_z(rows[i].address));
        check(!gh_network_has(&network, &none));
    }
    check(!gh_network_has(&nowhere, &none));
}

static void
loose_networks_are_refused(void)
{
    static const char *const rows[] = {
        "",
        "/8",
        "10.0.0.0/",
        "10.1.0.0/8",
        "10.0.0.1/31",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/-1",
        "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0 /8",
        "10/8",
        "2001:db8::1/32",
        "2001:db8::/129",
        "2001:db8:8000::/32",
        "::ffff:10.0.0.0/8",
        "::ffff:10.0.0.0/95",
        "::ffff:0.0.0.0/95",
        "localhost",
        "0.0.0.1/0",
    };
    struct gh_network network;

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        if (!check_status(GH_MALFORMED,
                          gh_network_parse(gh_text_of_z(rows[i]), &network)))
            check_text(GH_TEXT("(a refusal)"), gh_text_of_z(rows[i]));
    }
}

static void
addresses_are_counted_with_their_network(void)
{
    static const struct {
        const char *a;
        const char *b;
        bool is_same;
    } rows[] = {
        {"192.0.2.1", "192.0.2.255", true},
        {"192.0.2.1", "192.0.3.1", false},
        {"0.0.0.0", "0.0.1.0", false},
        {"::ffff:192.0.2.1", "192.0.2.7", true},
        {"2001:db8:1::1", "2001:db8:1:ffff::2", true},
        {"2001:db8:1::1", "2001:db8:2::1", false},
        {"::", "0.0.0.0", false},
        {"2001:db8:1::1", "192.0.2.1", false},
    };
    const struct gh_address none = {0};

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_address a = address_of(rows[i].a);
        struct gh_address b = address_of(rows[i].b);

        check(rows[i].is_same ==
              (gh_address_network(&a) == gh_address_network(&b)));
        check(gh_address_network(&a) != 0);
    }
    check(gh_address_network(&none) == 0);
}

const struct check_case address_cases[] = {
    CHECK_CASE(addresses_are_written_as_rfc_5952_says),
    CHECK_CASE(loose_addresses_are_refused),
    CHECK_CASE(networks_hold_their_addresses_and_no_others),
    CHECK_CASE(loose_networks_are_refused),
    CHECK_CASE(addresses_are_counted_with_their_network),
    {0},
};
