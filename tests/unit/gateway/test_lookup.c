/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/lookup: a round over all applications, names found by a
 * script in the place of store/resolve, which has tests of its own. What
 * cannot be found keeps what it had; nothing new makes no new snapshot.
 */
#include "lookup.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "check.h"
#include "resolve.h"

#include "base/banned.h"

/* Mounts of applications at those URLs, by a script. */
static struct gh_mounts *
mount(const char *const *urls, size_t n, const struct fake_name *names,
      size_t n_names)
{
    struct gh_rules *rules = gh_rules_new(1);
    struct gh_mounts *mounts;
    char path[32];

    fake_resolve_play(names, n_names);
    for (size_t i = 0; i < n; i++) {
        int len = snprintf(path, sizeof(path), "/a%zu/", i);
        const struct gh_application one = {.id = 1 + (int64_t)i,
                                           .name = GH_TEXT("app"),
                                           .path = {path, (size_t)len},
                                           .backends = gh_text_of_z(urls[i]),
                                           .connections = 9,
                                           .keep = 3};

        check_status(GH_OK, gh_rules_add_application(rules, &one));
    }
    check_status(GH_OK, gh_rules_seal(rules));
    mounts = gh_mounts_new(rules, NULL);
    gh_rules_release(rules);
    return mounts;
}

/* A whole round; the snapshot that came of it, or NULL. */
static struct gh_mounts *
look_up(struct gh_mounts *mounts, unsigned n_waits)
{
    static struct gh_lookup lookup;
    struct gh_mounts *moved = NULL;
    enum gh_status status;
    unsigned n = 0;

    check_status(GH_OK, gh_lookup_begin(&lookup, mounts));
    while ((status = gh_lookup_go_on(&lookup, &moved)) == GH_WAIT)
        n++;
    check_status(GH_OK, status);
    check_number(n_waits, n);
    check(lookup.mounts == NULL);
    check_number(1, atomic_load(&mounts->n_refs));
    return moved;
}

static void
round_without_names_brings_nothing_new(void)
{
    static const char *const urls[] = {"http://unix:/s", "http://192.0.2.1:1",
                                       "", "http://[::1]:1 http://unix:/s"};
    struct gh_mounts *mounts = mount(urls, GH_COUNT(urls), NULL, 0);

    check(look_up(mounts, 0) == NULL);
    gh_mounts_release(mounts);
    mounts = mount(NULL, 0, NULL, 0);
    check(look_up(mounts, 0) == NULL);
    gh_mounts_release(mounts);
}

static void
names_are_looked_up_one_after_the_other(void)
{
    static const char *const urls[] = {
        "http://a.example:1 http://unix:/s http://b.example:2",
        "http://192.0.2.5:3", "http://a.example:4"};
    static const struct fake_name names[] = {
        {.host_z = "a.example",
         .found_z = {"192.0.2.1", "2001:db8::1"},
         .n_waits = 2},
        {.host_z = "b.example", .found_z = {"192.0.2.2"}},
        {.host_z = "a.example", .found_z = {"192.0.2.3"}, .n_waits = 1}};
    struct gh_mounts *mounts =
        mount(urls, GH_COUNT(urls), names, GH_COUNT(names));
    struct gh_mounts *moved = look_up(mounts, 3);

    fake_resolve_end();
    if (check(moved != NULL)) {
        check_number(4, moved->reaches[0].n_addresses);
        check_number(AF_UNIX,
                     moved->reaches[0].addresses[2].addr.any.sa_family);
        check_number(AF_INET,
                     moved->reaches[0].addresses[3].addr.any.sa_family);
        check(gh_reach_is_same(&mounts->reaches[1], &moved->reaches[1]));
        check_number(1, moved->reaches[2].n_addresses);
        check_number(9, moved->reaches[0].connections);
        check_number(3, moved->reaches[0].keep);
        check(moved->rules == mounts->rules);
    }
    gh_mounts_release(moved);
    gh_mounts_release(mounts);
}

static void
same_addresses_make_no_new_snapshot(void)
{
    static const char *const urls[] = {"http://a.example:1"};
    static const struct fake_name names[] = {
        {.host_z = "a.example", .found_z = {"192.0.2.1", "192.0.2.2"}},
        {.host_z = "a.example", .found_z = {"192.0.2.1", "192.0.2.2"}},
        {.host_z = "a.example", .found_z = {"192.0.2.2", "192.0.2.1"}}};
    struct gh_mounts *mounts = mount(urls, 1, names, GH_COUNT(names));
    struct gh_mounts *moved = look_up(mounts, 0);
    struct gh_mounts *again;

    check(look_up(moved, 0) == NULL);
    again = look_up(moved, 0);
    check(again != NULL);
    gh_mounts_release(again);
    gh_mounts_release(moved);
    gh_mounts_release(mounts);
}

static void
name_that_is_not_found_keeps_the_addresses_it_had(void)
{
    static const char *const urls[] = {"http://a.example:1",
                                       "http://b.example:1"};
    static const struct fake_name names[] = {
        {.host_z = "a.example", .found_z = {"192.0.2.1"}},
        {.host_z = "b.example", .found_z = {"192.0.2.2"}},
        {.host_z = "a.example", .n_waits = 1},
        {.host_z = "b.example", .found_z = {"192.0.2.3"}}};
    struct gh_mounts *mounts = mount(urls, 2, names, GH_COUNT(names));
    struct gh_mounts *moved = look_up(mounts, 0);
    struct gh_mounts *again = look_up(moved, 1);

    if (check(again != NULL)) {
        check(gh_reach_is_same(&moved->reaches[0], &again->reaches[0]));
        check_number(1, again->reaches[0].n_addresses);
        check(!gh_reach_is_same(&moved->reaches[1], &again->reaches[1]));
    }
    gh_mounts_release(again);
    gh_mounts_release(moved);
    gh_mounts_release(mounts);
}

/* The addresses of a reach, one space between; "unix" for a socket. */
static struct gh_text
addresses(const struct gh_reach *reach, char at[512])
{
    struct gh_buf buf = gh_buf_over(at, 512);

    for (size_t i = 0; i < reach->n_addresses; i++) {
        const struct gh_backend_address *one = &reach->addresses[i];
        char text[INET_ADDRSTRLEN] = "unix";

        if (one->addr.any.sa_family == AF_INET)
            inet_ntop(AF_INET,
                      &((const struct sockaddr_in *)&one->addr.inet)->sin_addr,
                      text, sizeof(text));
        if (i > 0)
            gh_buf_lit(&buf, " ");
        gh_buf_checked(&buf, gh_text_of_z(text));
    }
    return gh_buf_text(&buf);
}

static void
name_that_is_not_found_keeps_its_own_beside_those_that_are(void)
{
    static const char *const urls[] = {
        "http://a.example:1 http://unix:/s http://b.example:2"};
    static const struct fake_name names[] = {
        {.host_z = "a.example", .found_z = {"192.0.2.1"}},
        {.host_z = "b.example", .found_z = {"192.0.2.2", "192.0.2.3"}},
        {.host_z = "a.example"},
        {.host_z = "b.example", .found_z = {"192.0.2.4"}},
        {.host_z = "a.example", .found_z = {"192.0.2.5", "192.0.2.6"}},
        {.host_z = "b.example", .found_z = {"fe80::1%eth0"}},
        {.host_z = "a.example"},
        {.host_z = "b.example"}};
    static const char *const want[] = {"192.0.2.1 unix 192.0.2.2 192.0.2.3",
                                       "192.0.2.1 unix 192.0.2.4",
                                       "192.0.2.5 192.0.2.6 unix 192.0.2.4"};
    struct gh_mounts *mounts = mount(urls, 1, names, GH_COUNT(names));
    char at[512];

    for (size_t i = 0; i < GH_COUNT(want); i++) {
        struct gh_mounts *moved = look_up(mounts, 0);

        gh_mounts_release(mounts);
        mounts = moved;
        if (!check(mounts != NULL))
            return;
        check_text(gh_text_of_z(want[i]), addresses(&mounts->reaches[0], at));
    }
    check(look_up(mounts, 0) == NULL);
    fake_resolve_end();
    gh_mounts_release(mounts);
}

static void
what_is_kept_has_its_limit_too(void)
{
    static const char *const urls[] = {
        "http://a.example:1 http://b.example:1 http://c.example:1"};
    static const struct fake_name names[] = {
        {.host_z = "a.example", .found_z = {"192.0.2.1"}},
        {.host_z = "b.example",
         .found_z = {"192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"}},
        {.host_z = "c.example",
         .found_z = {"192.0.2.6", "192.0.2.7", "192.0.2.8"}},
        {.host_z = "a.example", .found_z = {"192.0.2.10", "192.0.2.11"}},
        {.host_z = "b.example"},
        {.host_z = "c.example"}};
    struct gh_mounts *mounts = mount(urls, 1, names, GH_COUNT(names));
    struct gh_mounts *moved = look_up(mounts, 0);
    struct gh_mounts *again = look_up(moved, 0);
    char at[512];

    if (check(again != NULL))
        check_text(GH_TEXT("192.0.2.10 192.0.2.11 192.0.2.2 192.0.2.3 "
                           "192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7"),
                   addresses(&again->reaches[0], at));
    fake_resolve_end();
    gh_mounts_release(again);
    gh_mounts_release(moved);
    gh_mounts_release(mounts);
}

static void
address_with_a_zone_and_one_too_many_are_left_out(void)
{
    static const char *const urls[] = {
        "http://a.example:1 http://b.example:1 http://c.example:1"};
    static const struct fake_name names[] = {
        {.host_z = "a.example",
         .found_z = {"fe80::1%eth0", "::1", "::2", "::3"}},
        {.host_z = "b.example", .found_z = {"::4", "::5", "::6", "::7"}},
        {.host_z = "c.example", .found_z = {"::8", "::9"}}};
    struct gh_mounts *mounts = mount(urls, 1, names, GH_COUNT(names));
    struct gh_mounts *moved = look_up(mounts, 0);

    if (check(moved != NULL))
        check_number(GH_MAX_ADDRESSES, moved->reaches[0].n_addresses);
    gh_mounts_release(moved);
    gh_mounts_release(mounts);
}

static void
lookup_that_cannot_begin_ends_the_round(void)
{
    static const char *const urls[] = {"http://unix:/s", "http://a.example:1"};
    static const struct fake_name names[] = {
        {.host_z = "a.example", .begun = GH_FAULT_MEMORY}};
    struct gh_mounts *mounts = mount(urls, 2, names, GH_COUNT(names));
    struct gh_mounts *moved = NULL;
    struct gh_lookup lookup = {0};

    check_status(GH_OK, gh_lookup_begin(&lookup, mounts));
    check_status(GH_FAULT_MEMORY, gh_lookup_go_on(&lookup, &moved));
    check(lookup.mounts == NULL && moved == NULL);
    check_number(1, atomic_load(&mounts->n_refs));
    gh_mounts_release(mounts);
}

static void
round_may_be_ended_at_any_time(void)
{
    static const char *const urls[] = {"http://a.example:1"};
    static const struct fake_name names[] = {
        {.host_z = "a.example", .n_waits = 5}};
    struct gh_mounts *mounts = mount(urls, 1, names, GH_COUNT(names));
    struct gh_mounts *moved = NULL;
    struct gh_lookup lookup = {0};

    gh_lookup_done(&lookup);
    check_status(GH_OK, gh_lookup_begin(&lookup, mounts));
    check_number(2, atomic_load(&mounts->n_refs));
    gh_lookup_done(&lookup);
    check_number(1, atomic_load(&mounts->n_refs));
    check_status(GH_OK, gh_lookup_begin(&lookup, mounts));
    check_status(GH_WAIT, gh_lookup_go_on(&lookup, &moved));
    gh_lookup_done(&lookup);
    check_number(1, fake_resolve_ended());
    check_number(1, atomic_load(&mounts->n_refs));
    check(lookup.mounts == NULL);
    gh_mounts_release(mounts);
}

const struct check_case lookup_cases[] = {
    CHECK_CASE(round_without_names_brings_nothing_new),
    CHECK_CASE(names_are_looked_up_one_after_the_other),
    CHECK_CASE(same_addresses_make_no_new_snapshot),
    CHECK_CASE(name_that_is_not_found_keeps_the_addresses_it_had),
    CHECK_CASE(name_that_is_not_found_keeps_its_own_beside_those_that_are),
    CHECK_CASE(what_is_kept_has_its_limit_too),
    CHECK_CASE(address_with_a_zone_and_one_too_many_are_left_out),
    CHECK_CASE(lookup_that_cannot_begin_ends_the_round),
    CHECK_CASE(round_may_be_ended_at_any_time),
    {0},
};
