/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache's slots. Owns them; nothing is allocated after the start. A slot
 * belongs to one of a set of eight, chosen by the token's hash. Each slot has
 * a number that is odd while somebody writes: a reader copies, and looks
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
    WORDS = sizeof(struct gh_cached) / 8, /* of one entry */
    HASH_WORDS = GH_DIGEST_LEN / 8,       /* of them, its key */
};

_Static_assert(sizeof(struct gh_cached) % 8 == 0, "entries are whole words");

/* One session; 576 bytes. */
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
    /* A quarter more: sets do not fill evenly. */
    size_t n = (n_sessions + n_sessions / 4) / WAYS + 1;
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

/* Where a key belongs, and the word that stands in front for it. The hash is
 * keyed, so nobody can aim at a set. */
static struct set *
set_of(struct gh_cache *cache, const unsigned char *token_hash,
       unsigned long long *tag)
{
    uint64_t words[HASH_WORDS];

    memcpy(words, token_hash, sizeof(words));
    *tag = words[1] | 1;
    return &cache->sets[words[0] % cache->n];
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
    unsigned long long tag;
    struct set *set;

    if (cache == NULL)
        return false;
    set = set_of(cache, token_hash, &tag);
    for (size_t i = 0; i < WAYS; i++) {
        struct slot *at = &set->slots[i];

        if (atomic_load_explicit(&set->tags[i], memory_order_relaxed) != tag ||
            !read_slot(at, out) ||
            memcmp(out->token_hash, token_hash, GH_DIGEST_LEN) != 0)
            continue;
        /* A line that many read is written once a second. */
        if (atomic_load_explicit(&at->used_s, memory_order_relaxed) != now_s)
            atomic_store_explicit(&at->used_s, now_s, memory_order_relaxed);
        *slot = (size_t)(set - cache->sets) * WAYS + i;
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

    return now_s - before >= every_s &&
           atomic_compare_exchange_strong(told, &before, now_s);
}

/* Which slot of a set to write: the key's own, else one that was never used,
 * else the one that was least recently found. */
static size_t
choose(struct set *set, unsigned long long tag)
{
    size_t best = 0;
    unsigned oldest = UINT32_MAX;

    for (size_t i = 0; i < WAYS; i++) {
        unsigned long long there =
            atomic_load_explicit(&set->tags[i], memory_order_relaxed);
        unsigned used =
            atomic_load_explicit(&set->slots[i].used_s, memory_order_relaxed);

        if (there == tag)
            return i;
        if (there == 0)
            used = 0;
        if (used < oldest) {
            oldest = used;
            best = i;
        }
    }
    return best;
}

void
gh_cache_put(struct gh_cache *cache, const struct gh_cached *entry,
             uint32_t now_s)
{
    uint64_t words[WORDS];
    unsigned long long tag, before;
    struct set *set;
    struct slot *slot;
    size_t i;

    if (cache == NULL)
        return;
    set = set_of(cache, entry->token_hash, &tag);
    i = choose(set, tag);
    slot = &set->slots[i];
    before = atomic_load_explicit(&slot->sequence, memory_order_relaxed);
    if (before % 2 != 0 || !atomic_compare_exchange_strong_explicit(
                               &slot->sequence, &before, before + 1,
                               memory_order_acquire, memory_order_relaxed))
        return;
    memcpy(words, entry, sizeof(words));
    /* Release, each: none may come before the odd number. */
    for (size_t k = 0; k < WORDS; k++)
        atomic_store_explicit(&slot->words[k], words[k], memory_order_release);
    atomic_store_explicit(&slot->used_s, now_s, memory_order_relaxed);
    atomic_store_explicit(&slot->told_s, now_s, memory_order_relaxed);
    atomic_store_explicit(&set->tags[i], tag, memory_order_relaxed);
    atomic_store_explicit(&slot->sequence, before + 2, memory_order_release);
}
