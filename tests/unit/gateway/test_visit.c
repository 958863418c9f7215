/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/visit: under which keys a client's guesses are counted,
 * and what audit rows say of where a request came from.
 */
#include "visit.h"

#include <string.h>

#include "check.h"
#include "signing.h"

#include "base/banned.h"

enum {
    HEAD = 20,                /* bytes of a one-dimensional array's head */
    ITEM = 4 + GH_DIGEST_LEN, /* of an element: its length and bytes */
    MAX = HEAD + 3 * ITEM,    /* of all keys of one client */
};

/* The keys of one client. */
struct keys {
    size_t n;                /* how many */
    unsigned char at[3][32]; /* in order */
};

/* The source keys of the client with that address. */
static struct keys
keys_of(const char *address_z)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct keys keys = {0};
    struct gh_param param;
    struct gh_text bytes;

    desk_set(desk, "REMOTE_ADDR", gh_text_of_z(address_z));
    check_number(0, desk_parse(desk));
    check_status(GH_OK, gh_visit_sources(&desk->exchange->context,
                                         &desk->exchange->request, &param));
    check_number(GH_SQL_BYTEA_ARRAY, param.type);
    bytes = gh_param_bytes(&param);
    keys.n = (bytes.len - HEAD) / ITEM;
    check_number(bytes.len, HEAD + keys.n * ITEM);
    for (size_t i = 0; i < keys.n && check(bytes.len <= MAX); i++)
        memcpy(keys.at[i], bytes.at + HEAD + i * ITEM + 4, GH_DIGEST_LEN);
    signing_end(desk);
    return keys;
}

/* How many of the keys of two clients, from the first on, differ before one
 * is the same; 3 when none is. */
static size_t
first_same(const char *a_z, const char *b_z)
{
    struct keys a = keys_of(a_z);
    struct keys b = keys_of(b_z);
    size_t i = 0;

    check_number(a.n, b.n);
    while (i < a.n && memcmp(a.at[i], b.at[i], GH_DIGEST_LEN) != 0)
        i++;
    /* From there on all are. */
    for (size_t k = i; k < a.n; k++)
        check(memcmp(a.at[k], b.at[k], GH_DIGEST_LEN) == 0);
    return i;
}

static void
ipv4_address_is_one_key(void)
{
    check_number(1, keys_of("192.0.2.7").n);
    check_number(0, first_same("192.0.2.7", "192.0.2.7"));
    check_number(1, first_same("192.0.2.7", "192.0.2.8"));
}

static void
ipv6_address_is_the_keys_of_three_networks(void)
{
    check_number(3, keys_of("2001:db8:1:2::1").n);
    /* The same /64, /56, /48, and none of them. */
    check_number(0, first_same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
    check_number(1, first_same("2001:db8:1:2::1", "2001:db8:1:3::1"));
    check_number(2, first_same("2001:db8:1:2::1", "2001:db8:1:ff02::1"));
    check_number(3, first_same("2001:db8:1:2::1", "2001:db8:2:2::1"));
}

static void
networks_of_one_client_are_different_keys(void)
{
    /* With nothing but zeros behind the /48, only the length differs. */
    struct keys keys = keys_of("2001:db8:1::");

    check(memcmp(keys.at[0], keys.at[1], GH_DIGEST_LEN) != 0);
    check(memcmp(keys.at[1], keys.at[2], GH_DIGEST_LEN) != 0);
    check(memcmp(keys.at[0], keys.at[2], GH_DIGEST_LEN) != 0);
}

static void
key_does_not_show_the_address(void)
{
    struct keys keys = keys_of("65.66.67.68");

    for (size_t i = 0; i + 4 <= GH_DIGEST_LEN; i++)
        check(memcmp(keys.at[0] + i, "ABCD", 4) != 0);
}

/* Checks what is said of a request with that user agent. */
static void
check_agent(struct gh_text sent, struct gh_text kept)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct gh_visit visit;

    desk_set(desk, "HTTP_USER_AGENT", sent);
    check_number(0, desk_parse(desk));
    check_status(GH_OK, gh_visit_of(&desk->exchange->context,
                                    &desk->exchange->request, &visit));
    check(visit.user_agent.is_set);
    check_text(kept, gh_param_bytes(&visit.user_agent));
    check(gh_param_is_fit(&visit.user_agent));
    signing_end(desk);
}

static void
user_agent_is_kept_as_clean_text_of_512_bytes(void)
{
    static char sent[1000];
    static char kept[512];

    memset(sent, 'a', sizeof(sent));
    memset(kept, 'a', sizeof(kept));
    check_agent(GH_TEXT("Firefox/1 (x)"), GH_TEXT("Firefox/1 (x)"));
    check_agent(GH_TEXT("a\xff"
                        "b"),
                GH_TEXT("a\xef\xbf\xbd"
                        "b"));
    check_agent((struct gh_text){sent, sizeof(sent)},
                (struct gh_text){kept, sizeof(kept)});
    /* Never cut inside a character. */
    memcpy(sent + 511, "\xc3\xa4", 2);
    check_agent((struct gh_text){sent, sizeof(sent)},
                (struct gh_text){kept, 511});
}

static void
request_without_a_user_agent_has_none(void)
{
    struct desk *desk = signing_begin(NULL, 0, 0);
    struct gh_visit visit;

    check_number(0, desk_parse(desk));
    check_status(GH_OK, gh_visit_of(&desk->exchange->context,
                                    &desk->exchange->request, &visit));
    check(!visit.user_agent.is_set);
    check_number(GH_SQL_TEXT, visit.user_agent.type);
    signing_end(desk);
}

static void
visit_names_client_entry_exchange_and_node(void)
{
    static const unsigned char address[] = {192, 0, 2, 7};
    const struct gh_param client = gh_param_inet(address, sizeof(address));
    struct desk *desk = signing_begin(NULL, 0, 0);
    const struct gh_context *context = &desk->exchange->context;
    struct gh_visit visit;

    check_number(0, desk_parse(desk));
    check_status(GH_OK, gh_visit_of(&desk->exchange->context,
                                    &desk->exchange->request, &visit));
    check_text(gh_param_bytes(&client), gh_param_bytes(&visit.client));
    check_text(GH_TEXT("public"), gh_param_bytes(&visit.entry));
    check_text(GH_TEXT("node-1"), gh_param_bytes(&visit.node));
    check_number(16, gh_param_bytes(&visit.exchange).len);
    check(memcmp(context->id_bytes, gh_param_bytes(&visit.exchange).at, 16) ==
          0);
    signing_end(desk);
}

const struct check_case visit_cases[] = {
    CHECK_CASE(ipv4_address_is_one_key),
    CHECK_CASE(ipv6_address_is_the_keys_of_three_networks),
    CHECK_CASE(networks_of_one_client_are_different_keys),
    CHECK_CASE(key_does_not_show_the_address),
    CHECK_CASE(user_agent_is_kept_as_clean_text_of_512_bytes),
    CHECK_CASE(request_without_a_user_agent_has_none),
    CHECK_CASE(visit_names_client_entry_exchange_and_node),
    {0},
};
