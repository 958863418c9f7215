/* SPDX-License-Identifier: Apache-2.0
 *
 * Freshness. Owns one moment a place. Limits: 65,536 places, half a MiB,
 * whatever the number of sessions. Called by identify, by the acts that end
 * sessions and by the keeper.
 */
#include "fresh.h"

#include <stdatomic.h>

#include "base/arena.h"
#include "base/clock.h"

#include "base/banned.h"

enum {
    PLACE_BITS = 16,        /* of a place's number */
    HOME_MAX = 1024 * 1024, /* bytes of itself */
};

struct gh_fresh {
    struct gh_arena home;                  /* where it stands itself */
    atomic_llong heard_us;                 /* when was asked what the database
                                              answered last; 0: never */
    atomic_llong policy_version;           /* told by that answer */
    atomic_ullong moment;                  /* rises with each change */
    atomic_ullong everything;              /* when all was spoilt last */
    atomic_ullong places[1 << PLACE_BITS]; /* when each was */
};

enum gh_status
gh_fresh_new(struct gh_fresh **out)
{
    struct gh_fresh *fresh;
    struct gh_arena home;

    gh_arena_init(&home, HOME_MAX);
    fresh = gh_arena_new(&home, sizeof(*fresh));
    if (fresh == NULL)
        return GH_FAULT_MEMORY;
    fresh->home = home;
    *out = fresh;
    return GH_OK;
}

void
gh_fresh_free(struct gh_fresh *fresh)
{
    struct gh_arena home;

    if (fresh == NULL)
        return;
    home = fresh->home;
    gh_arena_done(&home);
}

int64_t
gh_fresh_clock(void)
{
    return gh_clock_us(CLOCK_BOOTTIME);
}

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4): neighbours lie far apart. */
static size_t
place_of(enum gh_fresh_kind kind, int64_t id)
{
    uint64_t mixed =
        ((uint64_t)id * 4 + (uint64_t)kind) * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(mixed >> (64 - PLACE_BITS));
}

uint64_t
gh_fresh_moment(const struct gh_fresh *fresh)
{
    return fresh == NULL ? 0 : atomic_load(&fresh->moment);
}

void
gh_fresh_spoil(struct gh_fresh *fresh, enum gh_fresh_kind kind, int64_t id)
{
    atomic_ullong *place;
    unsigned long long moment, before;

    if (fresh == NULL)
        return;
    /* Of a kind that is not known it is not known what it spoils. */
    place = kind == GH_FRESH_SESSION || kind == GH_FRESH_ACCOUNT
                ? &fresh->places[place_of(kind, id)]
                : &fresh->everything;
    /* Questions that take this moment from now on see the change. */
    moment = atomic_fetch_add(&fresh->moment, 1) + 1;
    before = atomic_load(place);
    while (before < moment &&
           !atomic_compare_exchange_weak(place, &before, moment))
        continue;
}

void
gh_fresh_extend(struct gh_fresh *fresh, int64_t policy_version, int64_t at_us)
{
    if (fresh == NULL)
        return;
    atomic_store(&fresh->policy_version, policy_version);
    /* Last: whoever sees it sees what was spoilt before. */
    atomic_store(&fresh->heard_us, at_us);
}

bool
gh_fresh_is_on(const struct gh_fresh *fresh, int64_t at_us, int64_t for_us,
               int64_t *policy_version)
{
    int64_t heard_us = fresh == NULL ? 0 : atomic_load(&fresh->heard_us);

    if (heard_us == 0 || at_us - heard_us >= for_us)
        return false;
    *policy_version = atomic_load(&fresh->policy_version);
    return true;
}

bool
gh_fresh_holds(const struct gh_fresh *fresh, uint64_t moment,
               int64_t session_id, int64_t account_id)
{
    return moment >= atomic_load(&fresh->everything) &&
           moment >=
               atomic_load(
                   &fresh->places[place_of(GH_FRESH_SESSION, session_id)]) &&
           moment >=
               atomic_load(
                   &fresh->places[place_of(GH_FRESH_ACCOUNT, account_id)]);
}
