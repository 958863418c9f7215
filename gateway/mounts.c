/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots of mounts. Holds the rules it was given. Limits: as many counters
 * as two policies have applications, so that a new one always finds a free
 * one. Called by the keeper, settings and estates.
 */
#include "mounts.h"

#include <string.h>

#include "base/banned.h"

enum {
    SCRATCH_MAX = 64 * 1024,      /* bytes to parse URLs in */
    ARENA_CAP = 16 * 1024 * 1024, /* bytes of one snapshot's addresses */
};

/* The place of the application with that id in an earlier snapshot, or its
 * number of applications. */
static size_t
place_before(const struct gh_mounts *before, int64_t id)
{
    size_t i = 0;

    while (i < before->n && gh_rules_application(before->rules, i)->id != id)
        i++;
    return i;
}

/* Gives every application its counter: the same as before, or one that nobody
 * has, neither here nor there. */
static void
give_slots(struct gh_mounts *mounts, const struct gh_mounts *before)
{
    bool is_taken[GH_BUSY_SLOTS] = {false};
    unsigned free_slot = 0;

    for (size_t i = 0; i < before->n; i++)
        is_taken[before->slots[i]] = true;
    for (size_t i = 0; i < mounts->n; i++) {
        size_t k =
            place_before(before, gh_rules_application(mounts->rules, i)->id);

        if (k < before->n) {
            mounts->slots[i] = before->slots[k];
            continue;
        }
        while (is_taken[free_slot])
            free_slot++;
        mounts->slots[i] = free_slot++;
    }
}

struct gh_reach
gh_reach_of(const struct gh_application *application)
{
    struct gh_reach reach = {.connections = application->connections,
                             .keep = application->keep};

    if (application->backends.len <= sizeof(reach.urls)) {
        reach.urls_len = application->backends.len;
        memcpy(reach.urls, application->backends.at, reach.urls_len);
    }
    return reach;
}

/* True when two are at the same URLs. */
static bool
has_same_urls(const struct gh_reach *a, const struct gh_reach *b)
{
    return a->urls_len == b->urls_len &&
           memcmp(a->urls, b->urls, a->urls_len) == 0;
}

/* The addresses of all applications, as far as they are known at once. */
static enum gh_status
find_reaches(struct gh_mounts *mounts, const struct gh_mounts *before)
{
    enum gh_status status = GH_OK;
    struct gh_arena scratch;

    gh_arena_init(&scratch, SCRATCH_MAX);
    for (size_t i = 0; i < mounts->n && !gh_is_fault(status); i++) {
        const struct gh_application *one =
            gh_rules_application(mounts->rules, i);
        struct gh_reach *reach = &mounts->reaches[i];
        size_t k = place_before(before, one->id);

        *reach = gh_reach_of(one);
        if (k < before->n && has_same_urls(reach, &before->reaches[k])) {
            memcpy(reach->addresses, before->reaches[k].addresses,
                   sizeof(reach->addresses));
            reach->n_addresses = before->reaches[k].n_addresses;
            continue;
        }
        status = gh_reach_fill(&scratch, reach);
        gh_arena_reset(&scratch);
    }
    gh_arena_done(&scratch);
    return gh_is_fault(status) ? status : GH_OK;
}

/* A snapshot with room for everything, nothing of it filled in but the
 * rules. */
static struct gh_mounts *
new_mounts(struct gh_rules *rules)
{
    struct gh_mounts *mounts;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    mounts = gh_arena_new(&arena, sizeof(*mounts));
    if (mounts == NULL)
        return NULL;
    atomic_init(&mounts->n_refs, 1);
    mounts->n = gh_rules_n_applications(rules);
    mounts->slots = gh_arena_array(&arena, mounts->n, sizeof(*mounts->slots));
    mounts->reaches =
        gh_arena_array(&arena, mounts->n, sizeof(*mounts->reaches));
    mounts->arena = arena;
    gh_rules_hold(rules);
    mounts->rules = rules;
    if (mounts->slots == NULL || mounts->reaches == NULL) {
        gh_mounts_release(mounts);
        return NULL;
    }
    return mounts;
}

struct gh_mounts *
gh_mounts_new(struct gh_rules *rules, const struct gh_mounts *before)
{
    static const struct gh_mounts none = {.n = 0};
    struct gh_mounts *mounts = new_mounts(rules);

    if (mounts == NULL)
        return NULL;
    if (before == NULL)
        before = &none;
    give_slots(mounts, before);
    if (find_reaches(mounts, before) != GH_OK) {
        gh_mounts_release(mounts);
        return NULL;
    }
    return mounts;
}

struct gh_mounts *
gh_mounts_at(const struct gh_mounts *mounts, const struct gh_reach *reaches)
{
    struct gh_mounts *moved = new_mounts(mounts->rules);

    if (moved == NULL)
        return NULL;
    for (size_t i = 0; i < mounts->n; i++) {
        moved->slots[i] = mounts->slots[i];
        moved->reaches[i] = reaches[i];
    }
    return moved;
}

void
gh_mounts_hold(struct gh_mounts *mounts)
{
    atomic_fetch_add_explicit(&mounts->n_refs, 1, memory_order_relaxed);
}

void
gh_mounts_release(struct gh_mounts *mounts)
{
    struct gh_arena arena;

    if (mounts == NULL ||
        atomic_fetch_sub_explicit(&mounts->n_refs, 1, memory_order_acq_rel) > 1)
        return;
    gh_rules_release(mounts->rules);
    /* It lives in its own arena. */
    arena = mounts->arena;
    gh_arena_done(&arena);
}
