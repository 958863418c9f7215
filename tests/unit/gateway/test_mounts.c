/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/mounts and gateway/lookup: what an application keeps from
 * one policy to the next, and names that become addresses.
 */
#include "mounts.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "lookup.h"

#include "base/banned.h"

extern const struct check_case mounts_cases[];

/* The C library looks names up on a thread that the thread sanitizer does not
 * see begin, and crashes on. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CAN_LOOK_UP false
#endif
#endif
#ifndef CAN_LOOK_UP
#define CAN_LOOK_UP true
#endif

/* Applications of a policy: their ids, and where they live. */
struct plan {
    int64_t id;         /* ascending */
    const char *urls_z; /* of its back ends */
};

/* A snapshot of them, each below a path of its own. */
static struct gh_mounts *
make(const struct plan *plans, size_t n, const struct gh_mounts *before)
{
    struct gh_rules *rules = gh_rules_new(1);
    struct gh_mounts *mounts;

    for (size_t i = 0; i < n; i++) {
        char path[32];
        int len = snprintf(path, sizeof(path), "/%zu/", i);
        const struct gh_application one = {
            .id = plans[i].id,
            .name = GH_TEXT("one"),
            .path = {.at = path, .len = (size_t)len},
            .backends = gh_text_of_z(plans[i].urls_z),
            .connections = 9,
            .keep = 4};

        check_status(GH_OK, gh_rules_add_application(rules, &one));
    }
    check_status(GH_OK, gh_rules_seal(rules));
    mounts = gh_mounts_new(rules, before);
    gh_rules_release(rules);
    check(mounts != NULL && mounts->n == n);
    return mounts;
}

static void
counters_are_kept_by_id_and_never_shared(void)
{
    static const struct plan first[] = {{1, ""}, {2, ""}, {3, ""}, {4, ""}};
    static const struct plan second[] = {
        {2, ""}, {4, ""}, {5, ""}, {6, ""}, {7, ""}};
    struct gh_mounts *a = make(first, GH_COUNT(first), NULL);
    struct gh_mounts *b = make(second, GH_COUNT(second), a);

    check_number(a->slots[1], b->slots[0]);
    check_number(a->slots[3], b->slots[1]);
    for (size_t i = 0; i < b->n; i++) {
        for (size_t k = 0; k < i; k++)
            check(b->slots[i] != b->slots[k]);
        for (size_t k = 0; k < a->n && i >= 2; k++)
            check(b->slots[i] != a->slots[k]);
    }
    gh_mounts_release(a);
    gh_mounts_release(b);
}

static void
addresses_are_kept_with_the_urls(void)
{
    static const struct plan first[] = {{1, "http://app.test"},
                                        {2, "http://127.0.0.1:1"}};
    static const struct plan second[] = {{1, "http://app.test"},
                                         {2, "http://127.0.0.1:2"}};
    const struct gh_backend_url url = {.port = 80};
    struct gh_mounts *a = make(first, 2, NULL);
    struct gh_mounts *b;

    check_number(9, a->reaches[0].connections);
    check_number(4, a->reaches[0].keep);
    check_number(0, a->reaches[0].n_addresses);
    check_number(1, a->reaches[1].n_addresses);
    check_status(GH_OK, gh_reach_add_found(&a->reaches[0], &url, "192.0.2.1"));
    b = make(second, 2, a);
    check(gh_reach_is_same(&a->reaches[0], &b->reaches[0]));
    check(!gh_reach_is_same(&a->reaches[1], &b->reaches[1]));
    check(memcmp(&a->reaches[1].addresses[0].addr,
                 &b->reaches[1].addresses[0].addr,
                 sizeof(struct sockaddr_storage)) != 0);
    check_number(1, b->reaches[1].n_addresses);
    gh_mounts_release(a);
    gh_mounts_release(b);
}

static void
counters_suffice_for_two_whole_policies(void)
{
    static struct plan plans[GH_RULES_APPLICATIONS];
    struct gh_mounts *a;
    struct gh_mounts *b;
    unsigned most = 0;

    for (size_t i = 0; i < GH_COUNT(plans); i++)
        plans[i] = (struct plan){(int64_t)i + 1, ""};
    a = make(plans, GH_COUNT(plans), NULL);
    for (size_t i = 0; i < GH_COUNT(plans); i++)
        plans[i].id += GH_RULES_APPLICATIONS;
    b = make(plans, GH_COUNT(plans), a);
    for (size_t i = 0; i < b->n; i++)
        most = b->slots[i] > most ? b->slots[i] : most;
    check_number(GH_BUSY_SLOTS - 1, most);
    gh_mounts_release(a);
    gh_mounts_release(b);
}

/* A round of lookups to its end; the snapshot that it gave, or NULL. */
static struct gh_mounts *
look_up(struct gh_mounts *mounts)
{
    struct gh_lookup lookup = {0};
    struct gh_mounts *moved = NULL;
    enum gh_status status = gh_lookup_begin(&lookup, mounts);

    while (status == GH_OK &&
           (status = gh_lookup_go_on(&lookup, &moved)) == GH_WAIT)
        status = GH_OK;
    check_status(GH_OK, status);
    check(lookup.mounts == NULL);
    return moved;
}

static void
what_needs_no_lookup_moves_nothing(void)
{
    static const struct plan plans[] = {
        {1, "http://127.0.0.1:1 http://unix:/run/x"}, {2, ""}};
    struct gh_mounts *mounts = make(plans, 2, NULL);

    check(look_up(mounts) == NULL);
    check_number(1, atomic_load(&mounts->n_refs));
    gh_mounts_release(mounts);
}

static void
name_of_this_machine_is_found(void)
{
    static const struct plan plans[] = {{1, "http://localhost:81"}};
    struct gh_mounts *mounts;
    struct gh_mounts *moved;

    if (!CAN_LOOK_UP)
        return;
    mounts = make(plans, 1, NULL);
    moved = look_up(mounts);

    if (check(moved != NULL)) {
        check(moved->reaches[0].n_addresses >= 1);
        check(moved->rules == mounts->rules);
        check_number(mounts->slots[0], moved->slots[0]);
    }
    gh_mounts_release(moved);
    gh_mounts_release(mounts);
}

static void
lookup_that_is_left_lets_go(void)
{
    static const struct plan plans[] = {{1, "http://127.0.0.1:1"}};
    struct gh_mounts *mounts = make(plans, 1, NULL);
    struct gh_lookup lookup = {0};

    gh_lookup_done(&lookup);
    check_status(GH_OK, gh_lookup_begin(&lookup, mounts));
    check_number(2, atomic_load(&mounts->n_refs));
    gh_lookup_done(&lookup);
    check_number(1, atomic_load(&mounts->n_refs));
    gh_mounts_release(mounts);
}

const struct check_case mounts_cases[] = {
    CHECK_CASE(counters_are_kept_by_id_and_never_shared),
    CHECK_CASE(addresses_are_kept_with_the_urls),
    CHECK_CASE(counters_suffice_for_two_whole_policies),
    CHECK_CASE(what_needs_no_lookup_moves_nothing),
    CHECK_CASE(name_of_this_machine_is_found),
    CHECK_CASE(lookup_that_is_left_lets_go),
    {0},
};
