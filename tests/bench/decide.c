/* SPDX-License-Identifier: Apache-2.0
 *
 * What one decision costs: a policy of 1,000 applications, 10,000 permissions
 * given to roles, half of them under a condition, and 500 roles, an account
 * with 50 of them, and requests all over it. Prints nanoseconds a decision, and
 * how many were permitted, so that nobody measures refusals alone. bench_decide
 * N decides N times; run under callgrind with two values of N, the difference
 * counts the instructions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/method.h"
#include "core/policy.h"

#include "base/banned.h"

enum {
    APPLICATIONS = 1000,
    PERMISSIONS = 10, /* of each application */
    ROLES = 500,
    HELD = 50, /* roles of the account */
    HOURS = 1, /* conditions */
    OFFICE,
    AT_WORK,
};

/* Words and two numbers, in storage of its own. */
static struct gh_text
text_of(struct gh_arena *arena, const char *words_z, size_t a, size_t b)
{
    char at[96];
    struct gh_text text = {.at = at};

    text.len = (size_t)snprintf(at, sizeof(at), "%s%zu-%zu", words_z, a, b);
    gh_assert(gh_arena_copy(arena, text, &text) == GH_OK);
    return text;
}

/* Where in the i-th application is asked. */
static struct gh_text
path_of(struct gh_arena *arena, size_t i)
{
    char at[96];
    struct gh_text text = {.at = at};

    text.len = (size_t)snprintf(at, sizeof(at), "/app%zu-0/area/x%zu-0", i, i);
    gh_assert(gh_arena_copy(arena, text, &text) == GH_OK);
    return text;
}

static void
add_application(struct gh_rules *rules, struct gh_arena *arena, size_t i)
{
    const struct gh_application one = {.id = (int64_t)i + 1,
                                       .name = text_of(arena, "app", i, 0),
                                       .path = text_of(arena, "/app", i, 0)};

    gh_assert(gh_rules_add_application(rules, &one) == GH_OK);
}

/* The k-th permission of the i-th application, for one role. */
static void
add_grant(struct gh_rules *rules, struct gh_arena *arena, size_t i, size_t k)
{
    static const char *const shapes[] = {"/*/x", "/area/", "/**", "/*/y/"};
    struct gh_grant grant = {.id = (int64_t)(i * PERMISSIONS + k) + 1,
                             .application_id = (int64_t)i + 1,
                             .role_id = (int64_t)((i * 7 + k * 31) % ROLES) + 1,
                             .name = text_of(arena, "rule", i, k),
                             .pattern = text_of(arena, shapes[k % 4], i, k),
                             .methods = gh_method_bit(GH_TEXT("GET")) |
                                        gh_method_bit(GH_TEXT("POST")),
                             .until_us = INT64_MAX};

    if (k % 4 == 2)
        grant.pattern = GH_TEXT("/**");
    if (k % 2 == 0)
        grant.condition_id = AT_WORK;
    gh_assert(gh_rules_add_grant(rules, &grant) == GH_OK);
}

/* Weekly hours and a network, together, as half of the grants have it. */
static void
add_conditions(struct gh_rules *rules)
{
    struct gh_conditions *all = gh_rules_conditions(rules);
    const struct gh_condition rows[] = {
        {.id = HOURS,
         .kind = GH_CONDITION_HOURS,
         .time_zone = GH_TEXT("UTC"),
         .days = GH_DAYS_ALL,
         .ends_s = GH_DAY_S,
         .last_day = 1000},
        {.id = OFFICE,
         .kind = GH_CONDITION_NETWORK,
         .list = GH_TEXT("192.168.0.0/16 172.16.0.0/12 10.0.0.0/8")},
        {.id = AT_WORK, .kind = GH_CONDITION_ALL}};

    gh_assert(gh_conditions_add_turn(all, GH_TEXT("UTC"), 0, true, 0) == GH_OK);
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        gh_assert(gh_conditions_add(all, &rows[i]) == GH_OK);
    gh_assert(gh_conditions_add_part(all, AT_WORK, HOURS) == GH_OK);
    gh_assert(gh_conditions_add_part(all, AT_WORK, OFFICE) == GH_OK);
}

static struct gh_rules *
make_policy(struct gh_arena *arena)
{
    struct gh_rules *rules = gh_rules_new(1);

    gh_assert(rules != NULL);
    for (size_t i = 0; i < APPLICATIONS; i++)
        add_application(rules, arena, i);
    for (size_t i = 0; i < ROLES; i++)
        gh_assert(gh_rules_add_role(rules, (int64_t)i + 1,
                                    text_of(arena, "role", i, 0),
                                    GH_ROLE_GRANTED) == GH_OK);
    add_conditions(rules);
    for (size_t i = 0; i < APPLICATIONS; i++) {
        for (size_t k = 0; k < PERMISSIONS; k++)
            add_grant(rules, arena, i, k);
    }
    gh_assert(gh_rules_seal(rules) == GH_OK);
    return rules;
}

/* Decides n times, each time about another application; how many may. */
static size_t
decide(const struct gh_rules *rules, const struct gh_principal *principal,
       const struct gh_text paths[APPLICATIONS], size_t n)
{
    size_t n_permitted = 0;

    for (size_t i = 0; i < n; i++) {
        struct gh_question question = {
            .path = paths[i % APPLICATIONS],
            .method = GH_TEXT("GET"),
            .circumstances = {.now_us = 1,
                              .client = {.family = 4, .bytes = {10, 1}}}};
        size_t place;

        question.application =
            gh_rules_find(rules, GH_TEXT("h"), question.path, &place);
        n_permitted +=
            gh_policy_decide(rules, principal, &question).verdict == GH_PERMIT;
    }
    return n_permitted;
}

static int64_t
cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int
main(int argc, char **argv)
{
    static struct gh_text paths[APPLICATIONS];
    static int64_t ids[HELD];
    const struct gh_held held = {.role_ids = ids, .n = HELD};
    const struct gh_circumstances now = {.now_us = 1};
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    struct gh_principal principal = {.kind = GH_PRINCIPAL_ACCOUNT};
    struct gh_rules *rules;
    struct gh_arena arena;
    size_t n_permitted;
    int64_t ns;

    gh_arena_init(&arena, 64 * 1024 * 1024);
    rules = make_policy(&arena);
    for (size_t i = 0; i < HELD; i++)
        ids[i] = (int64_t)(i * 9) + 1;
    for (size_t i = 0; i < APPLICATIONS; i++)
        paths[i] = path_of(&arena, i);
    gh_assert(gh_rules_roles(&arena, rules, true, &held, &now,
                             &principal.roles) == GH_OK);
    ns = cpu_ns();
    n_permitted = decide(rules, &principal, paths, n);
    ns = cpu_ns() - ns;
    printf("%zu decisions, %zu permitted, %" PRId64 " ns each\n", n,
           n_permitted, n == 0 ? 0 : ns / (int64_t)n);
    gh_rules_release(rules);
    gh_arena_done(&arena);
    return 0;
}
