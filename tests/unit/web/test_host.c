/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts and origins. Attack ids are those of the group HOST.
 */
#include "web/host.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

enum {
    ARENA_CAP = 1024 * 1024,
};

static void
hosts_are_normalised(void)
{
    static const struct {
        const char *raw;
        const char *name;
        unsigned port;
    } rows[] = {
        {"localhost", "localhost", 0},
        {"GW.Test", "gw.test", 0},
        {"gw.test:1337", "gw.test", 1337}, /* HOST-003 */
        {"gw.test:65535", "gw.test", 65535},
        {"a-b.c--d.x1", "a-b.c--d.x1", 0},
        {"xn--bcher-kva.example", "xn--bcher-kva.example", 0},
        {"1.2.3.example", "1.2.3.example", 0},
        {"127.0.0.1", "127.0.0.1", 0},
        {"10.0.0.1:80", "10.0.0.1", 80},
        {"[::1]", "[::1]", 0},
        {"[::1]:8443", "[::1]", 8443},
        {"[2001:DB8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]", 0},
    };
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_host host = {0};

        check_status(GH_OK,
                     gh_host_parse(&arena, gh_text_of_z(rows[i].raw), &host));
        check_text(gh_text_of_z(rows[i].name), host.name);
        check_number(rows[i].port, host.port);
    }
    gh_arena_done(&arena);
}

static void
loose_hosts_are_refused(void)
{
    static const struct gh_text rows[] = {
        GH_TEXT_INIT(""),
        GH_TEXT_INIT("gw.test@evil.example"), /* HOST-003 */
        GH_TEXT_INIT("gw.test:80:443"),
        GH_TEXT_INIT("[::1"),
        GH_TEXT_INIT("gw.test\r\nX: y"), /* HOST-005 */
        GH_TEXT_INIT("gw.test/../admin"),
        GH_TEXT_INIT("<script>"),
        GH_TEXT_INIT("gw.test\0.evil.example"),
        GH_TEXT_INIT("gw.test."),
        GH_TEXT_INIT(".gw.test"),
        GH_TEXT_INIT("gw..test"),
        GH_TEXT_INIT("-gw.test"),
        GH_TEXT_INIT("gw-.test"),
        GH_TEXT_INIT("gw_1.test"),
        GH_TEXT_INIT("gw.test "),
        GH_TEXT_INIT(" gw.test"),
        GH_TEXT_INIT("gw test"),
        GH_TEXT_INIT("gw.test:"),
        GH_TEXT_INIT("gw.test:0"),
        GH_TEXT_INIT("gw.test:080"),
        GH_TEXT_INIT("gw.test:65536"),
        GH_TEXT_INIT("gw.test:99999999999999999999"),
        GH_TEXT_INIT("gw.test:+80"),
        GH_TEXT_INIT("gw.test:80 "),
        GH_TEXT_INIT("gw.test:80/"),
        GH_TEXT_INIT("gw.test,evil.example"),
        GH_TEXT_INIT("https://gw.test"),
        GH_TEXT_INIT("b\xc3\xbc"
                     "cher.example"),
        GH_TEXT_INIT("gw%2etest"),
        GH_TEXT_INIT(":80"),
        GH_TEXT_INIT("127.1"),
        GH_TEXT_INIT("2130706433"),
        GH_TEXT_INIT("0x7f000001"),
        GH_TEXT_INIT("0x7f.1"),
        GH_TEXT_INIT("010.0.0.1"),
        GH_TEXT_INIT("256.0.0.1"),
        GH_TEXT_INIT("1.2.3.4.5"),
        GH_TEXT_INIT("a.0x1f"),
        GH_TEXT_INIT("::1"),
        GH_TEXT_INIT("[]"),
        GH_TEXT_INIT("[::1]x"),
        GH_TEXT_INIT("[::1]x80"),
        GH_TEXT_INIT("[::1]]"),
        GH_TEXT_INIT("[[::1]]"),
        GH_TEXT_INIT("[::1]:"),
        GH_TEXT_INIT("[::1%25eth0]"),
        GH_TEXT_INIT("[127.0.0.1]"),
        GH_TEXT_INIT("[::ffff:127.0.0.1]"),
        GH_TEXT_INIT("[v1.x]"),
        GH_TEXT_INIT("[1:2:3]"),
    };
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_host host = {.port = 77};

        if (!check_status(GH_MALFORMED, gh_host_parse(&arena, rows[i], &host)))
            check_text(GH_TEXT("(a refusal)"), rows[i]);
        check_number(77, host.port);
    }
    gh_arena_done(&arena);
}

/* A name of labels of 63 bytes, cut to len. */
static struct gh_text
long_name(char at[300], size_t len)
{
    for (size_t i = 0; i < len; i++)
        at[i] = i % 64 == 63 ? '.' : 'a';
    return (struct gh_text){.at = at, .len = len};
}

static void
names_have_the_lengths_of_dns(void)
{
    char at[300];
    struct gh_host host = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    check_status(GH_OK, gh_host_parse(&arena, long_name(at, 253), &host));
    check_number(253, host.name.len);
    check_status(GH_MALFORMED,
                 gh_host_parse(&arena, long_name(at, 254), &host));
    memset(at, 'a', 64);
    check_status(
        GH_OK,
        gh_host_parse(&arena, (struct gh_text){.at = at, .len = 63}, &host));
    check_status(
        GH_MALFORMED,
        gh_host_parse(&arena, (struct gh_text){.at = at, .len = 64}, &host));
    gh_arena_done(&arena);

    gh_arena_init(&arena, 16);
    check_status(GH_FAULT_MEMORY, gh_host_parse(&arena, GH_TEXT("a"), &host));
    gh_arena_done(&arena);
}

static void
origins_are_normalised(void)
{
    static const struct {
        const char *raw;
        const char *text;
        const char *scheme;
        const char *authority;
        const char *name;
        unsigned port;
    } rows[] = {
        {"https://localhost:8443", "https://localhost:8443", "https",
         "localhost:8443", "localhost", 8443},
        {"HTTPS://GW.Test", "https://gw.test", "https", "gw.test", "gw.test",
         443},
        {"https://gw.test:443", "https://gw.test", "https", "gw.test",
         "gw.test", 443},
        {"http://gw.test:443", "http://gw.test:443", "http", "gw.test:443",
         "gw.test", 443},
        {"http://gw.test:80", "http://gw.test", "http", "gw.test", "gw.test",
         80},
        {"https://[::1]:65535", "https://[::1]:65535", "https", "[::1]:65535",
         "[::1]", 65535},
        {"https://127.0.0.1:1", "https://127.0.0.1:1", "https", "127.0.0.1:1",
         "127.0.0.1", 1},
    };
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_origin origin = {0};

        check_status(
            GH_OK, gh_origin_parse(&arena, gh_text_of_z(rows[i].raw), &origin));
        check_text(gh_text_of_z(rows[i].text), origin.text);
        check_text(gh_text_of_z(rows[i].scheme), origin.scheme);
        check_text(gh_text_of_z(rows[i].authority), origin.authority);
        check_text(gh_text_of_z(rows[i].name), origin.host.name);
        check_number(rows[i].port, origin.host.port);
    }
    gh_arena_done(&arena);
}

static void
loose_origins_are_refused(void)
{
    static const char *const rows[] = {
        "",
        "gw.test",
        "//gw.test",
        "https:gw.test",
        "https:/gw.test",
        "https://",
        "https://gw.test/",
        "https://gw.test/x",
        "https://gw.test?",
        "https://gw.test#",
        "https://a@gw.test",
        "https://gw.test:",
        "https://gw.test:0",
        "ftp://gw.test",
        "httpss://gw.test",
        " https://gw.test",
        "https://gw.test ",
        "https://*.gw.test",
        "null",
    };
    struct gh_origin origin;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_status(GH_MALFORMED,
                     gh_origin_parse(&arena, gh_text_of_z(rows[i]), &origin));
    gh_arena_done(&arena);

    gh_arena_init(&arena, 16);
    check_status(GH_FAULT_MEMORY,
                 gh_origin_parse(&arena, GH_TEXT("https://a"), &origin));
    gh_arena_done(&arena);
}

static void
an_origin_knows_its_host(void)
{
    static const struct {
        const char *origin;
        const char *host;
        bool is_same;
    } rows[] = {
        {"https://gw.test", "gw.test", true},
        {"https://gw.test", "GW.test:443", true},
        {"https://gw.test", "gw.test:80", false},
        {"https://gw.test", "w.test", false},
        {"https://gw.test", "gw.test.evil.example", false},
        {"http://gw.test", "gw.test", true},
        {"http://gw.test", "gw.test:443", false},
        {"https://gw.test:8443", "gw.test:8443", true},
        {"https://gw.test:8443", "gw.test", false},
        {"https://[::1]:8443", "[0:0::0:1]:8443", true},
    };
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_origin origin;
        struct gh_host host;

        check_status(GH_OK, gh_origin_parse(
                                &arena, gh_text_of_z(rows[i].origin), &origin));
        check_status(GH_OK,
                     gh_host_parse(&arena, gh_text_of_z(rows[i].host), &host));
        check_number(rows[i].is_same, gh_origin_is_host(&origin, &host));
    }
    gh_arena_done(&arena);
}

const struct check_case host_cases[] = {
    CHECK_CASE(hosts_are_normalised),
    CHECK_CASE(loose_hosts_are_refused),
    CHECK_CASE(names_have_the_lengths_of_dns),
    CHECK_CASE(origins_are_normalised),
    CHECK_CASE(loose_origins_are_refused),
    CHECK_CASE(an_origin_knows_its_host),
    {0},
};
