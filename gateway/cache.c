/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache's slots. Owns them; nothing is allocated after the start. Slots
 * stand in sets of eight, and a token's hash names two sets: with that choice
 * hardly any set is full while another has room, and a tenth more slots than
 * sessions do (Azar et al., "Balanced allocations", 1999). Each slot has a
 * number that is odd while somebody writes: a reader copies, and looks
 * whether it is still the same even one (a sequence lock; Boehm, "Can
 * seqlocks get along with programming language memory models?", MSPC 2012).
 * The words are atomic, so that this is no data race. Called by recall.
 */
#include "cache.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/banned.h"

enum {
    WAYS = 8,                             /* slots of one set */
    CHOICES = 2,                          /* sets that a key may be in */
    LONG_AGO = 1 << 30,                   /* seconds */
    WORDS = sizeof(struct gh_cached) / 8, /* of one entry */
    HASH_WORDS = GH_DIGEST_LEN / 8,       /* of them, its key */
};

_Static_assert(sizeof(struct gh_cached) % 8 == 0, "entries are whole words");

/* One session; 520 bytes. */
struct slot {
    atomic_ullong sequence;     /* odd: being written; 0: never was */
    atomic_uint used_s;         /* when it was last found */
    atomic_uint told_s;         /* when its use was last told */
    atomic_ullong words[WORDS]; /* a struct gh_cached */
};

/* Eight slots, and a word of each one's key in front, in one cache line. */
struct set {
    _Alignas(64) atomic_ullong tags[WAYS]; /* 0: never used */
    struct slot slots[WAYS];               /* each a session */
};

/* All of it, in pages of its own. */
struct gh_cache {
    size_t size;       /* bytes of the pages */
    size_t n;          /* sets */
    struct set sets[]; /* each eight sessions */
};

enum gh_status
gh_cache_new(size_t n_sessions, struct gh_cache **out)
{
    /* A tenth more: sets do not fill quite evenly. */
    size_t n = (n_sessions + n_sessions / 10) / WAYS + 1;
    size_t size = sizeof(struct gh_cache) + n * sizeof(struct set);
    struct gh_cache *cache;

    /* Not from the heap: pages take no memory until they are touched. */
    cache = mmap(NULL, size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (cache == MAP_FAILED)
        return GH_FAULT_MEMORY;
    cache->size = size;
    cache->n = n;
    *out = cache;
    return GH_OK;
}

void
gh_cache_free(struct gh_cache *cache)
{
    if (cache != NULL)
        munmap(cache, cache->size);
}

/* Where a key may be, and the word that stands in front for it. */
struct home {
    struct set *sets[CHOICES]; /* may be the same one */
    unsigned long long tag;    /* never 0 */
};

/* One slot of a home. */
struct place {
    struct set *set; /* where */
    size_t way;      /* which of it */
};

/* The hash is keyed, so nobody can aim at a set. */
static struct home
home_of(struct gh_cache *cache, const unsigned char *token_hash)
{
    uint64_t words[HASH_WORDS];

    memcpy(words, token_hash, sizeof(words));
    return (struct home){.sets = {&cache->sets[words[0] % cache->n],
                                  &cache->sets[words[2] % cache->n]},
                         .tag = words[1] | 1};
}

/* The i-th slot of a home, from both sets in turn: they fill from the front,
 * so the first free one is in the emptier set. */
static struct place
place_in(const struct home *home, size_t i)
{
    return (struct place){home->sets[i % CHOICES], i / CHOICES};
}

/* The number by which others know it. */
static size_t
number_of(const struct gh_cache *cache, struct place place)
{
    return (size_t)(place.set - cache->sets) * WAYS + place.way;
}

/* How long ago a second was: none when it is still to come, because another
 * loop has looked at the clock later. */
static uint32_t
age_of(uint32_t second, uint32_t now_s)
{
    return now_s - second > INT32_MAX ? 0 : now_s - second;
}

static unsigned long long
tag_at(struct place place)
{
    return atomic_load_explicit(&place.set->tags[place.way],
                                memory_order_relaxed);
}

/* Copies an entry out of a slot; false when it was written meanwhile. */
static bool
read_slot(struct slot *slot, struct gh_cached *out)
{
    uint64_t words[WORDS];
    unsigned long long before =
        atomic_load_explicit(&slot->sequence, memory_order_acquire);

    if (before % 2 != 0)
        return false;
    /* Acquire, each: the look at the end must not come before them. */
    for (size_t i = 0; i < WORDS; i++)
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_acquire);
    if (atomic_load_explicit(&slot->sequence, memory_order_relaxed) != before)
        return false;
    memcpy(out, words, sizeof(*out));
    return true;
}

bool
gh_cache_find(struct gh_cache *cache,
              const unsigned char token_hash[GH_DIGEST_LEN], uint32_t now_s,
              struct gh_cached *out, size_t *slot)
{
    struct home home;
    uint32_t used_s;

    if (cache == NULL)
        return false;
    home = home_of(cache, token_hash);
    for (size_t i = 0; i < CHOICES * WAYS; i++) {
        struct place place = place_in(&home, i);
        struct slot *at = &place.set->slots[place.way];

        if (tag_at(place) != home.tag || !read_slot(at, out) ||
            memcmp(out->token_hash, token_hash, GH_DIGEST_LEN) != 0)
            continue;
        /* A line that many read is written once a second. */
        used_s = atomic_load_explicit(&at->used_s, memory_order_relaxed);
        if (age_of(used_s, now_s) > 0)
            atomic_store_explicit(&at->used_s, now_s, memory_order_relaxed);
        *slot = number_of(cache, place);
        return true;
    }
    return false;
}

bool
gh_cache_is_due(struct gh_cache *cache, size_t slot, uint32_t now_s,
                uint32_t every_s)
{
    atomic_uint *told = &cache->sets[slot / WAYS].slots[slot % WAYS].told_s;
    unsigned before = atomic_load_explicit(told, memory_order_relaxed);

    return age_of(before, now_s) >= every_s &&
           atomic_compare_exchange_strong(told, &before, now_s);
}

/* Which slot to write: the key's own, else one that was never used, else the
 * one that was least recently found. */
static struct place
choose(const struct home *home)
{
    struct place best = place_in(home, 0);
    unsigned oldest = UINT32_MAX;

    for (size_t i = 0; i < CHOICES * WAYS; i++) {
        struct place place = place_in(home, i);
        unsigned long long there = tag_at(place);
        unsigned used = atomic_load_explicit(
            &place.set->slots[place.way].used_s, memory_order_relaxed);

        if (there == home->tag)
            return place;
        if (there == 0)
            used = 0;
        if (used < oldest) {
            oldest = used;
            best = place;
        }
    }
    return best;
}

bool
gh_cache_put(struct gh_cache *cache, const struct gh_cached *entry,
             uint32_t now_s, size_t *slot)
{
    uint64_t words[WORDS];
    unsigned long long before;
    struct home home;
    struct place place;
    struct slot *at;

    if (cache == NULL)
        return false;
    home = home_of(cache, entry->token_hash);
    place = choose(&home);
    at = &place.set->slots[place.way];
    before = atomic_load_explicit(&at->sequence, memory_order_relaxed);
    if (before % 2 != 0 || !atomic_compare_exchange_strong_explicit(
                               &at->sequence, &before, before + 1,
                               memory_order_acquire, memory_order_relaxed))
        return false;
    memcpy(words, entry, sizeof(words));
    /* Release, each: none may come before the odd number. */
    for (size_t k = 0; k < WORDS; k++)
        atomic_store_explicit(&at->words[k], words[k], memory_order_release);
    atomic_store_explicit(&at->used_s, now_s, memory_order_relaxed);
    atomic_store_explicit(&at->told_s, now_s - LONG_AGO, memory_order_relaxed);
    atomic_store_explicit(&place.set->tags[place.way], home.tag,
                          memory_order_relaxed);
    atomic_store_explicit(&at->sequence, before + 2, memory_order_release);
    *slot = number_of(cache, place);
    return true;
}
