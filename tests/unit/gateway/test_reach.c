/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/reach: URLs of back ends, what needs a lookup, when two
 * reaches are the same, and which redirects lead to the application itself.
 */
#include "reach.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

#include "base/banned.h"

extern const struct check_case reach_cases[];

/* A reach of those URLs, filled; its status. */
static enum gh_status
fill(const char *urls_z, struct gh_reach *out)
{
    struct gh_arena arena;
    enum gh_status status;

    *out = (struct gh_reach){.urls_len = strlen(urls_z)};
    memcpy(out->urls, urls_z, out->urls_len);
    gh_arena_init(&arena, 65536);
    status = gh_reach_fill(&arena, out);
    gh_arena_done(&arena);
    return status;
}

static void
addresses_keep_the_order_of_their_urls(void)
{
    struct gh_reach reach;

    check_status(GH_OK, fill("http://[::1]:8080 http://unix:/run/a.sock "
                             "http://127.0.0.1",
                             &reach));
    check_number(3, reach.n_addresses);
    check_number(AF_INET6, reach.addresses[0].addr.any.sa_family);
    check_number(AF_UNIX, reach.addresses[1].addr.any.sa_family);
    check_text(GH_TEXT("/run/a.sock"),
               gh_text_of_z(reach.addresses[1].addr.local.sun_path));
    check_number(AF_INET, reach.addresses[2].addr.any.sa_family);
    check_number(
        htons(80),
        ((const struct sockaddr_in *)&reach.addresses[2].addr.inet)->sin_port);
}

static void
names_are_left_to_a_lookup(void)
{
    struct gh_reach reach;

    check_status(GH_NONE,
                 fill("http://app.test:81 http://127.0.0.1:82", &reach));
    check_number(1, reach.n_addresses);
    check_status(GH_OK, fill("", &reach));
    check_number(0, reach.n_addresses);
}

static void
what_is_no_url_of_a_back_end_is_refused(void)
{
    static const char *const urls[] = {
        "ftp://127.0.0.1",   "https://127.0.0.1", "127.0.0.1:80",
        "http://127.0.0.1/", "http://a b",        "http://unix:run/a",
        "http://unix:",      "http://",           "http://127.0.0.1:99999",
        "http://h:0",
    };
    char long_z[160] = "http://unix:/";
    struct gh_reach reach;

    for (size_t i = 0; i < GH_COUNT(urls); i++)
        check_status(GH_MALFORMED, fill(urls[i], &reach));
    memset(long_z + 13, 'x', 120);
    check_status(GH_MALFORMED, fill(long_z, &reach));
    check_number(0, reach.n_addresses);
}

static void
addresses_have_a_ceiling(void)
{
    struct gh_backend_url url = {.port = 80};
    struct gh_reach reach = {0};

    for (size_t i = 0; i < GH_MAX_ADDRESSES; i++)
        check_status(GH_OK, gh_reach_add_found(&reach, &url, "192.0.2.1"));
    check_status(GH_LIMIT, gh_reach_add_found(&reach, &url, "192.0.2.1"));
    check_number(GH_MAX_ADDRESSES, reach.n_addresses);
    reach.n_addresses = 0;
    check_status(GH_MALFORMED, gh_reach_add_found(&reach, &url, "fe80::1%lo"));
}

static void
same_means_the_same_in_everything(void)
{
    struct gh_reach a;
    struct gh_reach b;

    check_status(GH_OK, fill("http://127.0.0.1:1", &a));
    check_status(GH_OK, fill("http://127.0.0.1:1", &b));
    check(gh_reach_is_same(&a, &b));
    b.keep = 1;
    check(!gh_reach_is_same(&a, &b));
    b.keep = 0;
    b.connections = 1;
    check(!gh_reach_is_same(&a, &b));
    check_status(GH_OK, fill("http://127.0.0.1:2", &b));
    check(!gh_reach_is_same(&a, &b));
    check_status(GH_OK, fill("http://127.0.0.1:1 http://127.0.0.1:2", &b));
    check(!gh_reach_is_same(&a, &b));
}

static void
own_address_is_told_from_others(void)
{
    static const struct {
        struct gh_text value;
        const char *rest_z; /* NULL: somebody else's */
    } table[] = {
        {GH_TEXT_INIT("http://127.0.0.1:9001/x?y"), "/x?y"},
        {GH_TEXT_INIT("http://127.0.0.1:9001"), ""},
        {GH_TEXT_INIT("HTTP://127.0.0.1:9001?a"), "?a"},
        {GH_TEXT_INIT("http://127.0.0.1:9002/b"), "/b"},
        {GH_TEXT_INIT("http://127.0.0.1:90012/x"), NULL},
        {GH_TEXT_INIT("http://127.0.0.1:9001@evil.test/"), NULL},
        {GH_TEXT_INIT("https://127.0.0.1:9001/x"), NULL},
        {GH_TEXT_INIT("http://unix:/run/a.sock"), NULL},
        {GH_TEXT_INIT("/x"), NULL},
        {GH_TEXT_INIT(""), NULL},
    };
    struct gh_reach reach;

    check_status(GH_OK, fill("http://127.0.0.1:9001 http://unix:/run/a.sock "
                             "http://127.0.0.1:9002",
                             &reach));
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct gh_text rest = {0};
        bool is_own = gh_reach_is_own(&reach, table[i].value, &rest);

        check_number(table[i].rest_z != NULL, is_own);
        if (table[i].rest_z != NULL)
            check_text(gh_text_of_z(table[i].rest_z), rest);
    }
}

const struct check_case reach_cases[] = {
    CHECK_CASE(addresses_keep_the_order_of_their_urls),
    CHECK_CASE(names_are_left_to_a_lookup),
    CHECK_CASE(what_is_no_url_of_a_back_end_is_refused),
    CHECK_CASE(addresses_have_a_ceiling),
    CHECK_CASE(same_means_the_same_in_everything),
    CHECK_CASE(own_address_is_told_from_others),
    {0},
};
