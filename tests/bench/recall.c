/* SPDX-License-Identifier: Apache-2.0
 *
 * What it costs to know somebody again: bench_recall N K puts N sessions into
 * the cache as identify does, recalls K of them at random, and prints how many
 * were found, nanoseconds of CPU each, and bytes of memory a session. With a
 * key ring of its own, a policy without applications, and no database.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "cache.h"
#include "core/keys.h"
#include "core/rules.h"
#include "core/session.h"
#include "estate.h"
#include "fresh.h"
#include "mounts.h"
#include "recall.h"

#include "base/banned.h"

enum {
    TOKEN_BYTES = 32,
    POLICY_VERSION = 1,
    ARENA_MAX = 1024 * 1024, /* as an exchange's */
};

/* What stands around one recall. */
struct bench {
    struct gh_gateway gateway;   /* with the cache */
    struct gh_worker worker;     /* its one loop */
    struct gh_settings settings; /* with the ring */
    struct gh_site site;         /* has the settings */
    struct gh_arena arena;       /* of one exchange */
    char token[GH_TOKEN_LEN];    /* of one request */
};

/* SplitMix64. */
static uint64_t
mix(uint64_t n)
{
    n *= UINT64_C(0x9e3779b97f4a7c15);
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

/* The token of the i-th session. */
static struct gh_text
token_of(struct bench *bench, uint64_t i)
{
    struct gh_buf buf = gh_buf_over(bench->token, sizeof(bench->token));
    uint64_t words[TOKEN_BYTES / 8];

    for (size_t k = 0; k < GH_COUNT(words); k++)
        words[k] = mix(i * GH_COUNT(words) + k + 1);
    gh_base64url_write(&buf, words, sizeof(words));
    return gh_buf_text(&buf);
}

static void
read_ring(struct bench *bench)
{
    char name[] = "/tmp/gh-bench-keys.XXXXXX";
    char bytes[4096], words[256];
    struct gh_buf text = gh_buf_over(bytes, sizeof(bytes));
    struct gh_buf why = gh_buf_over(words, sizeof(words));
    int file = mkstemp(name);

    gh_assert(file >= 0);
    gh_assert(gh_keys_write_new(GH_TEXT("2026-01-01"), &text) == GH_OK);
    gh_assert(write(file, bytes, text.len) == (ssize_t)text.len);
    close(file);
    gh_assert(gh_keys_read(name, &why, &bench->settings.ring) == GH_OK);
    unlink(name);
}

/* What is remembered is good under the policy that it was found under. */
static void
make_estate(struct bench *bench)
{
    struct gh_rules *rules = gh_rules_new(POLICY_VERSION);
    struct gh_mounts *mounts;

    gh_assert(rules != NULL && gh_rules_seal(rules) == GH_OK);
    mounts = gh_mounts_new(rules, NULL);
    gh_rules_release(rules);
    gh_assert(mounts != NULL);
    bench->site.settings = &bench->settings;
    bench->worker.site = &bench->site;
    gh_list_init(&bench->worker.policy_waiters);
    gh_assert(gh_estate_install(&bench->worker, mounts, false) == GH_OK);
    gh_mounts_release(mounts);
}

static struct gh_context
context_of(struct bench *bench)
{
    return (struct gh_context){.worker = &bench->worker,
                               .settings = &bench->settings,
                               .arena = &bench->arena};
}

static void
remember(struct bench *bench, uint64_t i)
{
    static const int64_t roles[] = {3, 14, 15};
    struct gh_context context = context_of(bench);
    unsigned char hash[GH_DIGEST_LEN];
    const struct gh_session_row row = {
        .reference = {(const char *)hash, GH_REFERENCE_LEN}};
    struct gh_principal found = {.session_id = (int64_t)i,
                                 .account_id = (int64_t)i / 2,
                                 .policy_version = POLICY_VERSION,
                                 .now_us = 1,
                                 .idle_left_s = 3600,
                                 .absolute_left_s = 36000,
                                 .held.role_ids = roles,
                                 .held.n = GH_COUNT(roles),
                                 .account = GH_TEXT("a.person"),
                                 .display_name = GH_TEXT("A. Person"),
                                 .email = GH_TEXT("a@example.org")};

    gh_assert(gh_session_hash(bench->settings.ring, 0, GH_TEXT("localhost"),
                              token_of(bench, i), hash) == GH_OK);
    context.token_hash = (struct gh_text){(const char *)hash, sizeof(hash)};
    gh_remember(&context, &row, &found, INT64_MAX, INT64_MAX);
}

/* Recalls n times, one of n_sessions each; how many were found. */
static size_t
recall(struct bench *bench, uint64_t n_sessions, size_t n)
{
    const struct gh_origin origin = {.host.name = GH_TEXT("localhost")};
    size_t n_found = 0;

    for (size_t i = 0; i < n; i++) {
        struct gh_context context = context_of(bench);
        struct gh_request request = {
            .origin = &origin, .token = token_of(bench, mix(i) % n_sessions)};
        struct gh_principal principal;

        n_found += gh_recall(&context, &request, &principal) == GH_OK;
        gh_arena_reset(&bench->arena);
    }
    return n_found;
}

static int64_t
cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Bytes that are in memory. */
static size_t
memory(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    gh_assert(file != NULL);
    gh_assert(fscanf(file, "%*u %lu", &pages) == 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

int
main(int argc, char **argv)
{
    static struct bench bench;
    uint64_t n_sessions = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    size_t bytes, n_found;
    int64_t ns;

    gh_arena_init(&bench.arena, ARENA_MAX);
    bench.worker.gateway = &bench.gateway;
    read_ring(&bench);
    make_estate(&bench);
    gh_assert(gh_fresh_new(&bench.gateway.fresh) == GH_OK);
    gh_assert(gh_cache_new(n_sessions, &bench.gateway.cache) == GH_OK);
    gh_fresh_extend(bench.gateway.fresh, POLICY_VERSION,
                    gh_fresh_clock() + INT64_C(3600000000));
    atomic_store(&bench.gateway.clock_us, 2 - gh_fresh_clock());
    bytes = memory();
    for (uint64_t i = 0; i < n_sessions; i++)
        remember(&bench, i);
    bytes = memory() - bytes;
    ns = cpu_ns();
    n_found = recall(&bench, n_sessions, n);
    ns = cpu_ns() - ns;
    printf("%" PRIu64 " sessions, %zu recalled, %zu found, %" PRId64
           " ns each, %" PRIu64 " bytes a session\n",
           n_sessions, n, n_found, n == 0 ? 0 : ns / (int64_t)n,
           bytes / (n_sessions == 0 ? 1 : n_sessions));
    gh_estate_release(bench.worker.estate);
    gh_cache_free(bench.gateway.cache);
    gh_fresh_free(bench.gateway.fresh);
    gh_keys_free(bench.settings.ring);
    gh_arena_done(&bench.arena);
    return 0;
}
