/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/cache: what was put is found whole or not at all, also
 * while others write; the room is bounded, and the least recently found goes
 * first.
 */
#include "cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "check.h"

#include "base/banned.h"

enum {
    N_THREADS = 4,
    N_ROUNDS = 20000, /* of each thread */
    N_KEYS = 24,      /* that they fight for */
};

/* The key of a number: its words are spread like those of a hash
 * (SplitMix64). */
static void
key_of(uint64_t n, unsigned char out[GH_DIGEST_LEN])
{
    for (size_t i = 0; i < GH_DIGEST_LEN / 8; i++) {
        uint64_t word = (n * 4 + i + 1) * UINT64_C(0x9e3779b97f4a7c15);

        word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
        word ^= word >> 31;
        memcpy(out + 8 * i, &word, sizeof(word));
    }
}

/* An entry of which every part says the same. */
static struct gh_cached
entry_of(uint64_t n, unsigned char filling)
{
    struct gh_cached entry = {
        .session_id = (int64_t)n, .level = filling, .appearance = filling};

    key_of(n, entry.token_hash);
    entry.moment = filling;
    memset(entry.bytes, filling, sizeof(entry.bytes));
    return entry;
}

/* 1: found and whole; 0: not there; 2: torn, or another one's. */
static unsigned
look(struct gh_cache *cache, uint64_t n, uint32_t now_s)
{
    unsigned char key[GH_DIGEST_LEN];
    struct gh_cached entry;
    size_t slot;

    key_of(n, key);
    if (!gh_cache_find(cache, key, now_s, &entry, &slot))
        return 0;
    for (size_t i = 0; i < sizeof(entry.bytes); i++) {
        if (entry.bytes[i] != entry.level)
            return 2;
    }
    return entry.session_id == (int64_t)n && entry.moment == entry.level &&
                   entry.appearance == entry.level &&
                   memcmp(entry.token_hash, key, sizeof(key)) == 0
               ? 1
               : 2;
}

static struct gh_cache *
begin(size_t n)
{
    struct gh_cache *cache = NULL;

    check_status(GH_OK, gh_cache_new(n, &cache));
    return cache;
}

static void
put(struct gh_cache *cache, uint64_t n, unsigned char filling, uint32_t now_s)
{
    struct gh_cached entry = entry_of(n, filling);
    size_t slot;

    (void)gh_cache_put(cache, &entry, now_s, &slot);
}

static void
what_was_put_is_found_and_nothing_else(void)
{
    struct gh_cache *cache = begin(100);

    check_number(0, look(cache, 1, 5));
    put(cache, 1, 'a', 5);
    check_number(1, look(cache, 1, 5));
    check_number(0, look(cache, 2, 5));
    put(cache, 1, 'b', 6);
    check_number(1, look(cache, 1, 6));
    gh_cache_free(cache);
}

static void
keys_that_begin_alike_are_told_apart(void)
{
    struct gh_cache *cache = begin(100);
    struct gh_cached entry = entry_of(1, 'a');
    unsigned char key[GH_DIGEST_LEN];
    size_t slot;

    check(gh_cache_put(cache, &entry, 1, &slot));
    for (size_t i = 0; i < GH_DIGEST_LEN; i++) {
        memcpy(key, entry.token_hash, sizeof(key));
        key[i] ^= 2;
        check(!gh_cache_find(cache, key, 1, &entry, &slot));
    }
    gh_cache_free(cache);
}

static void
room_is_bounded_and_hardly_any_is_lost_below_it(void)
{
    struct gh_cache *cache = begin(1000);
    unsigned n = 0;

    for (uint64_t i = 0; i < 1000; i++)
        put(cache, i, 'a', 1);
    for (uint64_t i = 0; i < 1000; i++)
        n += look(cache, i, 1);
    check(n > 980 && n <= 1000);
    for (uint64_t i = 1000; i < 20000; i++)
        put(cache, i, 'b', 2);
    n = 0;
    for (uint64_t i = 0; i < 20000; i++)
        n += look(cache, i, 3);
    check(n > 1090 && n <= 1104);
    gh_cache_free(cache);
}

static void
least_recently_found_goes_first(void)
{
    /* One set of eight. */
    struct gh_cache *cache = begin(1);

    for (uint64_t i = 0; i < 8; i++)
        put(cache, i, 'a', 10 + (uint32_t)i);
    check_number(1, look(cache, 0, 100));
    put(cache, 8, 'b', 101);
    check_number(1, look(cache, 0, 102));
    check_number(0, look(cache, 1, 102));
    check_number(1, look(cache, 2, 102));
    check_number(1, look(cache, 8, 102));
    gh_cache_free(cache);
}

static void
use_is_due_once_in_a_while(void)
{
    struct gh_cache *cache = begin(10);
    struct gh_cached entry = entry_of(1, 'a');
    size_t slot = 0;
    size_t found = 1;

    check(gh_cache_put(cache, &entry, 1000, &slot));
    check(gh_cache_find(cache, entry.token_hash, 1001, &entry, &found));
    check_number(slot, found);
    check(gh_cache_is_due(cache, slot, 1001, 15));
    check(!gh_cache_is_due(cache, slot, 1015, 15));
    check(gh_cache_is_due(cache, slot, 1016, 15));
    check(!gh_cache_is_due(cache, slot, 1016, 15));
    /* What is put is news, whatever the clock says, also near its start. */
    check(gh_cache_put(cache, &entry, 1, &slot));
    check(gh_cache_is_due(cache, slot, 1, 15));
    check(gh_cache_put(cache, &entry, 1000, &slot));
    check(gh_cache_is_due(cache, slot, 1015, 15));
    check(!gh_cache_is_due(cache, slot, 1015, 15));
    check(!gh_cache_is_due(cache, slot, 1029, 15));
    check(gh_cache_is_due(cache, slot, 1030, 15));
    gh_cache_free(cache);
}

static void
clock_of_another_loop_may_be_ahead(void)
{
    /* One set of eight. */
    struct gh_cache *cache = begin(1);
    struct gh_cached entry = entry_of(0, 'a');
    size_t slot = 0;

    for (uint64_t i = 0; i < 8; i++)
        put(cache, i, 'a', 10 + (uint32_t)i);
    check(gh_cache_find(cache, entry.token_hash, 18, &entry, &slot));
    check(gh_cache_find(cache, entry.token_hash, 9, &entry, &slot));
    check(gh_cache_is_due(cache, slot, 10, 15));
    check(!gh_cache_is_due(cache, slot, 9, 15));
    check(gh_cache_is_due(cache, slot, 25, 15));
    put(cache, 8, 'b', 19);
    check_number(1, look(cache, 0, 20));
    check_number(0, look(cache, 1, 20));
    gh_cache_free(cache);
}

static void
without_a_cache_nothing_is_found(void)
{
    struct gh_cached entry = entry_of(1, 'a');
    size_t slot;

    check(!gh_cache_put(NULL, &entry, 1, &slot));
    check_number(0, look(NULL, 1, 1));
    gh_cache_free(NULL);
}

static struct {
    struct gh_cache *cache;
    atomic_uint n_torn;
    atomic_uint n_found;
} storm;

static void *
fight(void *ctx)
{
    const unsigned char filling = *(const unsigned char *)ctx;

    for (unsigned i = 0; i < N_ROUNDS; i++) {
        unsigned seen = look(storm.cache, i * 7 % N_KEYS, i);

        if (i % 3 == 0)
            put(storm.cache, i % N_KEYS, filling, i);
        atomic_fetch_add(&storm.n_torn, seen == 2);
        atomic_fetch_add(&storm.n_found, seen == 1);
    }
    return NULL;
}

static void
what_is_found_is_whole_while_others_write(void)
{
    static unsigned char fillings[N_THREADS] = {'a', 'b', 'c', 'd'};
    /* One set, and two of which most keys have the choice. */
    static const size_t rooms[] = {1, 8};
    pthread_t threads[N_THREADS];

    for (size_t k = 0; k < GH_COUNT(rooms); k++) {
        storm.cache = begin(rooms[k]);
        atomic_store(&storm.n_torn, 0);
        atomic_store(&storm.n_found, 0);
        for (size_t i = 0; i < N_THREADS; i++)
            check(pthread_create(&threads[i], NULL, fight, &fillings[i]) == 0);
        for (size_t i = 0; i < N_THREADS; i++)
            pthread_join(threads[i], NULL);
        check_number(0, atomic_load(&storm.n_torn));
        check(atomic_load(&storm.n_found) > N_ROUNDS / 10);
        gh_cache_free(storm.cache);
    }
}

const struct check_case cache_cases[] = {
    CHECK_CASE(what_was_put_is_found_and_nothing_else),
    CHECK_CASE(keys_that_begin_alike_are_told_apart),
    CHECK_CASE(room_is_bounded_and_hardly_any_is_lost_below_it),
    CHECK_CASE(least_recently_found_goes_first),
    CHECK_CASE(use_is_due_once_in_a_while),
    CHECK_CASE(clock_of_another_loop_may_be_ahead),
    CHECK_CASE(without_a_cache_nothing_is_found),
    CHECK_CASE(what_is_found_is_whole_while_others_write),
    {0},
};
