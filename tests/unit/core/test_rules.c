/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/core/rules: what cannot be built, what is mounted where, by the
 * table that SQL is tested against as well, and who has which roles.
 */
#include "core/rules.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "core/rules_int.h"
#include "ruling.h"

#include "base/banned.h"

extern const struct check_case rules_cases[];

/* --- building --------------------------------------------------------------
 */

/* Adds an application at a place to a policy that has others. */
static enum gh_status
add_at(struct gh_rules *rules, int64_t id, const char *host_z,
       const char *path_z)
{
    const struct gh_application one = {.id = id,
                                       .name = GH_TEXT("one"),
                                       .host = gh_text_of_z(host_z),
                                       .path = gh_text_of_z(path_z)};

    return gh_rules_add_application(rules, &one);
}

static void
rows_out_of_order_are_refused(void)
{
    struct gh_rules *rules = ruling_new("/");

    check_status(GH_MALFORMED, add_at(rules, 1, "", "/x/"));
    check_status(GH_MALFORMED, add_at(rules, 0, "", "/x/"));
    check_status(GH_MALFORMED, add_at(rules, 2, "", "x/"));
    check_status(GH_MALFORMED, add_at(rules, 2, "", ""));
    check_status(
        GH_MALFORMED,
        gh_rules_add_role(rules, RULING_ADMIN, GH_TEXT("x"), GH_ROLE_GRANTED));
    check_status(GH_OK, gh_rules_seal(rules));
    check_status(GH_MALFORMED,
                 gh_rules_add_role(rules, 99, GH_TEXT("x"), GH_ROLE_GRANTED));
    gh_rules_release(rules);
}

static void
two_applications_at_one_place_are_a_conflict(void)
{
    struct gh_rules *rules = ruling_new("/app");

    check_status(GH_OK, add_at(rules, 2, "", "/app/"));
    check_status(GH_OK, add_at(rules, 3, "h", "/app"));
    check_status(GH_CONFLICT, add_at(rules, 4, "", "/app"));
    check_status(GH_CONFLICT, add_at(rules, 5, "", "/app/"));
    check_status(GH_CONFLICT, add_at(rules, 6, "h", "/app"));
    gh_rules_release(rules);
}

static void
applications_and_roles_have_a_ceiling(void)
{
    struct gh_rules *rules = ruling_new("/");
    enum gh_status status = GH_OK;
    char path[32];
    int64_t id = 1;

    while (status == GH_OK && id <= GH_RULES_APPLICATIONS) {
        snprintf(path, sizeof(path), "/%lld/", (long long)id);
        status = add_at(rules, ++id, "", path);
    }
    check_status(GH_LIMIT, status);
    check_number(GH_RULES_APPLICATIONS, gh_rules_n_applications(rules));
    status = GH_OK;
    for (id = RULING_N_ROLES; status == GH_OK && id <= GH_RULES_ROLES;)
        status = gh_rules_add_role(rules, ++id, GH_TEXT("r"), GH_ROLE_GRANTED);
    check_status(GH_LIMIT, status);
    check_number(GH_RULES_ROLES + 1, id);
    gh_rules_release(rules);
}

static void
grants_have_a_ceiling(void)
{
    struct gh_rules *rules = ruling_new("/");
    const struct gh_grant one = ruling_grant(1, RULING_USER, "/**", "GET");
    size_t n = 0;

    while (n <= GH_RULES_GRANTS && gh_rules_add_grant(rules, &one) == GH_OK)
        n++;
    check_number(GH_RULES_GRANTS, n);
    check_status(GH_LIMIT, gh_rules_add_grant(rules, &one));
    gh_rules_release(rules);
}

/* Adds a grant to a policy of its own. */
static enum gh_status
add_grant(const struct gh_grant *grant)
{
    struct gh_rules *rules = ruling_new("/");
    enum gh_status status = gh_rules_add_grant(rules, grant);

    gh_rules_release(rules);
    return status;
}

/* The same for what is no activity. */
static enum gh_status
ignore(int64_t application_id, struct gh_text pattern)
{
    struct gh_rules *rules = ruling_new("/");
    enum gh_status status = gh_rules_ignore(rules, application_id, pattern);

    gh_rules_release(rules);
    return status;
}

static void
patterns_that_are_none_are_refused(void)
{
    static const char *const patterns[] = {
        "",      "x",      "**",       "/x*",   "/*x",     "/***",
        "/**/x", "/x/**/", "/a/**/**", "/a*/b", "/a/*b/**"};

    for (size_t i = 0; i < GH_COUNT(patterns); i++) {
        const struct gh_grant grant =
            ruling_grant(1, RULING_USER, patterns[i], "GET");

        check_status(GH_MALFORMED, add_grant(&grant));
        check_status(GH_MALFORMED, ignore(1, grant.pattern));
    }
}

static void
patterns_have_at_most_64_segments(void)
{
    char pattern[2 * GH_PATTERN_SEGMENTS + 3] = "";
    struct gh_grant grant = ruling_grant(1, RULING_USER, "/", "GET");

    for (size_t i = 0; i < GH_PATTERN_SEGMENTS; i++)
        memcpy(pattern + 2 * i, "/x", 3);
    grant.pattern = gh_text_of_z(pattern);
    check_status(GH_OK, add_grant(&grant));
    memcpy(pattern + grant.pattern.len, "/x", 3);
    grant.pattern = gh_text_of_z(pattern);
    check_status(GH_LIMIT, add_grant(&grant));
    check_status(GH_LIMIT, ignore(1, grant.pattern));
}

static void
grants_of_what_is_not_there_are_refused(void)
{
    struct gh_grant grant = ruling_grant(1, RULING_USER, "/**", "GET");

    check_status(GH_OK, add_grant(&grant));
    grant.role_id = RULING_N_ROLES + 1;
    check_status(GH_MALFORMED, add_grant(&grant));
    grant.role_id = RULING_USER;
    grant.application_id = 2;
    check_status(GH_MALFORMED, add_grant(&grant));
    check_status(GH_OK, ignore(1, grant.pattern));
    check_status(GH_MALFORMED, ignore(2, grant.pattern));
}

/* --- what is mounted where --------------------------------------------------
 */

/* A table of mounts, in the making and being asked. */
struct table {
    struct gh_rules *rules;
    int64_t n; /* mounted */
    size_t n_asked;
};

static void
on_line(void *ctx, const struct gh_text fields[RULING_FIELDS], size_t n)
{
    struct table *table = ctx;
    struct gh_text host = fields[2];
    const struct gh_application *found;
    size_t place = SIZE_MAX;

    if (gh_text_equal(fields[0], GH_TEXT("mount"))) {
        const struct gh_application one = {
            .id = ++table->n,
            .name = fields[1],
            .host =
                gh_text_equal(host, GH_TEXT("*")) ? (struct gh_text){0} : host,
            .path = fields[3]};

        check_status(GH_OK, gh_rules_add_application(table->rules, &one));
        return;
    }
    check(gh_text_equal(fields[0], GH_TEXT("at")) && n == RULING_FIELDS);
    table->n_asked++;
    found = gh_rules_find(table->rules, fields[1], fields[2], &place);
    if (!check_text(fields[3], found == NULL ? GH_TEXT("-") : found->name))
        fprintf(stderr, "    at %.*s%.*s\n", GH_TEXT_ARG(fields[1]),
                GH_TEXT_ARG(fields[2]));
    if (found == NULL)
        return;
    check_text(fields[4], gh_application_rest(found->path, fields[2]));
    check(found == gh_rules_application(table->rules, place));
}

static void
what_is_mounted_where_is_what_sql_says(void)
{
    struct table table = {.rules = gh_rules_new(7)};

    check(ruling_each_line("mounts.tsv", on_line, &table) > 40);
    check(table.n > 5 && table.n_asked > 30);
    check_number(7, gh_rules_version(table.rules));
    gh_rules_release(table.rules);
}

static void
nothing_is_mounted_in_an_empty_policy(void)
{
    struct gh_rules *rules = gh_rules_new(1);
    size_t place = 0;

    check_status(GH_OK, gh_rules_seal(rules));
    check(gh_rules_find(rules, GH_TEXT("h"), GH_TEXT("/"), &place) == NULL);
    check_number(0, gh_rules_n_applications(rules));
    gh_rules_release(rules);
}

/* --- roles ------------------------------------------------------------------
 */

/* What somebody has who was given those roles, whenever. */
static enum gh_status
take_roles(struct gh_arena *arena, const struct gh_rules *rules,
           bool is_signed_in, const int64_t *ids, size_t n,
           struct gh_role_set *out)
{
    const struct gh_held held = {.role_ids = ids, .n = n};
    const struct gh_circumstances none = {0};

    return gh_rules_roles(arena, rules, is_signed_in, &held, &none, out);
}

/* The names of the roles of somebody. */
static struct gh_text
names(const struct gh_rules *rules, struct gh_arena *arena, bool is_signed_in,
      const int64_t *ids, size_t n)
{
    struct gh_role_set set = {0};
    struct gh_text out = {0};

    check_status(GH_OK, take_roles(arena, rules, is_signed_in, ids, n, &set));
    check_status(GH_OK, gh_rules_names(arena, rules, set, &out));
    return out;
}

/* A policy with a hundred roles, each of which implies the one before it by
 * the closure that the database gives. */
static struct gh_rules *
chain_of(int64_t n)
{
    struct gh_rules *rules = gh_rules_new(1);
    char name[24];

    for (int64_t i = 1; i <= n; i++) {
        snprintf(name, sizeof(name), "r%lld", (long long)i);
        check_status(GH_OK, gh_rules_add_role(rules, i, gh_text_of_z(name),
                                              GH_ROLE_GRANTED));
    }
    for (int64_t i = 1; i <= n; i++) {
        for (int64_t k = 1; k < i; k++)
            check_status(GH_OK, gh_rules_add_implied(rules, i, k));
    }
    check_status(GH_OK, gh_rules_seal(rules));
    return rules;
}

static void
role_brings_what_it_implies_across_words(void)
{
    struct gh_rules *rules = chain_of(100);
    struct gh_role_set set = {0};
    struct gh_arena arena;
    const int64_t ids[] = {70, 2};
    size_t n = 0;

    gh_arena_init(&arena, 1 << 20);
    check_status(GH_OK, take_roles(&arena, rules, true, ids, 2, &set));
    for (uint32_t i = 0; i < 100; i++)
        n += gh_role_set_has(set, i);
    check_number(70, n);
    check(gh_role_set_has(set, 69) && !gh_role_set_has(set, 70));
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

static void
built_in_roles_are_held_without_a_grant(void)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_role_set nobody = {0};
    struct gh_role_set somebody = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, 1 << 20);
    check_status(
        GH_OK, gh_rules_add_implied(rules, RULING_AUTHENTICATED, RULING_USER));
    check_status(GH_OK, gh_rules_seal(rules));
    check_status(GH_OK, take_roles(&arena, rules, false, NULL, 0, &nobody));
    check_status(GH_OK, take_roles(&arena, rules, true, NULL, 0, &somebody));
    check(gh_role_set_has(nobody, 0) && !gh_role_set_has(nobody, 1));
    check(!gh_role_set_has(nobody, 2));
    check(gh_role_set_has(somebody, 0) && gh_role_set_has(somebody, 1));
    check(gh_role_set_has(somebody, 2) && !gh_role_set_has(somebody, 3));
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

static void
roles_of_who_is_not_signed_in_bring_no_built_in_one(void)
{
    struct gh_rules *rules = ruling_new("/");
    const int64_t id = RULING_USER;
    struct gh_role_set set = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, 1 << 20);
    check_status(GH_OK, gh_rules_seal(rules));
    check_status(GH_OK, take_roles(&arena, rules, false, &id, 1, &set));
    check(gh_role_set_has(set, RULING_ANONYMOUS - 1));
    check(gh_role_set_has(set, RULING_USER - 1));
    check(!gh_role_set_has(set, RULING_AUTHENTICATED - 1));
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

static void
names_leave_out_the_built_in_ones(void)
{
    struct gh_rules *rules = ruling_new("/");
    const int64_t both[] = {RULING_ADMIN, RULING_USER};
    struct gh_arena arena;

    gh_arena_init(&arena, 1 << 20);
    check_status(GH_OK, gh_rules_seal(rules));
    check_text(GH_TEXT("user,admin"), names(rules, &arena, true, both, 2));
    check_text(GH_TEXT("admin"), names(rules, &arena, true, both, 1));
    check_number(0, names(rules, &arena, true, NULL, 0).len);
    check_number(0, names(rules, &arena, false, NULL, 0).len);
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

static void
ids_that_nobody_knows_bring_nothing(void)
{
    struct gh_rules *rules = ruling_new("/");
    const int64_t ids[] = {-1, 0, 77, INT64_MAX, RULING_USER};
    struct gh_arena arena;

    gh_arena_init(&arena, 1 << 20);
    check_status(GH_MALFORMED, gh_rules_add_implied(rules, RULING_USER, 77));
    check_status(GH_MALFORMED, gh_rules_add_implied(rules, 77, RULING_USER));
    check_status(GH_OK, gh_rules_seal(rules));
    check_text(GH_TEXT("user"), names(rules, &arena, true, ids, GH_COUNT(ids)));
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

/* A role that was given for the office. */
static void
role_is_held_while_its_condition_holds(void)
{
    static const struct {
        const char *client_z;
        int64_t condition_id;
        bool is_held;
    } rows[] = {{"10.0.0.1", 1, true},
                {"11.0.0.1", 1, false},
                {NULL, 1, false},
                {"11.0.0.1", 0, true},
                {"10.0.0.1", 2, false} /* is in no snapshot */};
    struct gh_rules *rules = ruling_new("/");
    const int64_t id = RULING_ADMIN;
    struct gh_arena arena;

    gh_arena_init(&arena, 1 << 20);
    ruling_add_office(rules, 1, RULING_USER);
    check_status(GH_OK, gh_rules_add_implied(rules, RULING_ADMIN, RULING_USER));
    check_status(GH_OK, gh_rules_seal(rules));
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const struct gh_held held = {
            .role_ids = &id, .condition_ids = &rows[i].condition_id, .n = 1};
        struct gh_circumstances circumstances = {.now_us = 1};
        struct gh_role_set set = {0};

        if (rows[i].client_z != NULL)
            check_status(GH_OK, gh_address_parse(gh_text_of_z(rows[i].client_z),
                                                 &circumstances.client));
        check_status(GH_OK, gh_rules_roles(&arena, rules, true, &held,
                                           &circumstances, &set));
        check(rows[i].is_held == gh_role_set_has(set, RULING_ADMIN - 1));
        check(rows[i].is_held == gh_role_set_has(set, RULING_USER - 1));
        check(gh_role_set_has(set, RULING_ANONYMOUS - 1));
    }
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

/* What is decided about GET /x for an account with these roles. */
static struct gh_decision
decide_held(const struct gh_rules *rules, struct gh_arena *arena,
            const struct gh_held *held, const char *client_z)
{
    struct gh_principal principal = {.kind = GH_PRINCIPAL_ACCOUNT,
                                     .held = *held};
    struct gh_question question = {.application =
                                       gh_rules_application(rules, 0),
                                   .path = GH_TEXT("/x"),
                                   .method = GH_TEXT("GET"),
                                   .circumstances = {.now_us = 1000000}};

    if (client_z != NULL)
        check_status(GH_OK, gh_address_parse(gh_text_of_z(client_z),
                                             &question.circumstances.client));
    check_status(GH_OK,
                 gh_rules_roles(arena, rules, true, held,
                                &question.circumstances, &principal.roles));
    return gh_policy_decide(rules, &principal, &question);
}

/* A role that was given for the office, and one that implies another. */
static void
role_under_a_condition_is_why_when_it_would_do(void)
{
    static const struct {
        int64_t role_id, condition_id;
        const char *client_z;
        enum gh_reason reason;
    } rows[] = {
        {RULING_ADMIN, 1, "10.0.0.1", GH_REASON_RULE},
        {RULING_ADMIN, 1, "11.0.0.1", GH_REASON_CONDITION},
        {RULING_ADMIN, 1, NULL, GH_REASON_CONDITION},
        {RULING_AUTHENTICATED, 1, "11.0.0.1", GH_REASON_NO_ROLE},
        {RULING_ADMIN, 9, "11.0.0.1", GH_REASON_NO_ROLE},
    };
    const struct gh_condition office = {.id = 1,
                                        .kind = GH_CONDITION_NETWORK,
                                        .name = GH_TEXT("office"),
                                        .list = GH_TEXT("10.0.0.0/8")};
    struct gh_rules *rules = ruling_new("/");
    struct gh_arena arena;

    gh_arena_init(&arena, 1 << 20);
    check_status(GH_OK, gh_conditions_add(gh_rules_conditions(rules), &office));
    check_status(GH_OK, gh_rules_add_implied(rules, RULING_ADMIN, RULING_USER));
    ruling_add(rules, 2, RULING_USER, "/x", "GET");
    check_status(GH_OK, gh_rules_seal(rules));
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const struct gh_held held = {.role_ids = &rows[i].role_id,
                                     .condition_ids = &rows[i].condition_id,
                                     .n = 1};
        struct gh_decision decision =
            decide_held(rules, &arena, &held, rows[i].client_z);

        check_number(rows[i].reason, decision.reason);
        check((rows[i].reason == GH_REASON_RULE) ==
              (decision.verdict == GH_PERMIT));
        check_text(rows[i].reason == GH_REASON_CONDITION ? GH_TEXT("office")
                                                         : GH_TEXT(""),
                   gh_policy_condition(rules, &decision));
        check((rows[i].reason == GH_REASON_NO_ROLE) ==
              (decision.grant == NULL));
    }
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

/* Whose token is older than an inheritance, or than a rule. */
static void
outgrown_token_has_what_it_is_for(void)
{
    static const int64_t roles[] = {RULING_ADMIN, RULING_USER};
    static const int64_t withheld[] = {1, 2};
    static const struct {
        size_t n, n_withheld;
        bool is_outgrown;
        enum gh_verdict verdict;
    } rows[] = {
        {1, 0, false, GH_PERMIT}, {1, 0, true, GH_DENY},
        {2, 0, true, GH_PERMIT},  {2, 1, true, GH_PERMIT},
        {2, 2, true, GH_DENY},
    };
    struct gh_rules *rules = ruling_new("/");
    struct gh_arena arena;

    gh_arena_init(&arena, 1 << 20);
    check_status(GH_OK, gh_rules_add_implied(rules, RULING_ADMIN, RULING_USER));
    ruling_add(rules, 2, RULING_USER, "/x", "GET");
    check_status(GH_OK, gh_rules_seal(rules));
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        const struct gh_held held = {.role_ids = roles,
                                     .n = rows[i].n,
                                     .is_outgrown = rows[i].is_outgrown,
                                     .withheld_ids = withheld,
                                     .n_withheld = rows[i].n_withheld};
        const struct gh_circumstances now = {.now_us = 1000000};
        struct gh_role_set set = {0};

        check_number(rows[i].verdict,
                     decide_held(rules, &arena, &held, NULL).verdict);
        check_status(GH_OK,
                     gh_rules_roles(&arena, rules, true, &held, &now, &set));
        check((rows[i].verdict == GH_PERMIT) ==
              gh_policy_reaches(rules, &held, set,
                                gh_rules_application(rules, 0), &now));
    }
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

static void
without_memory_roles_are_a_fault(void)
{
    struct gh_rules *rules = ruling_new("/");
    const int64_t id = RULING_USER;
    struct gh_role_set set = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, 0);
    check_status(GH_OK, gh_rules_seal(rules));
    check_status(GH_FAULT_MEMORY,
                 take_roles(&arena, rules, true, &id, 1, &set));
    check(set.words == NULL);
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

const struct check_case rules_cases[] = {
    CHECK_CASE(rows_out_of_order_are_refused),
    CHECK_CASE(two_applications_at_one_place_are_a_conflict),
    CHECK_CASE(applications_and_roles_have_a_ceiling),
    CHECK_CASE(grants_have_a_ceiling),
    CHECK_CASE(patterns_that_are_none_are_refused),
    CHECK_CASE(patterns_have_at_most_64_segments),
    CHECK_CASE(grants_of_what_is_not_there_are_refused),
    CHECK_CASE(what_is_mounted_where_is_what_sql_says),
    CHECK_CASE(nothing_is_mounted_in_an_empty_policy),
    CHECK_CASE(role_brings_what_it_implies_across_words),
    CHECK_CASE(built_in_roles_are_held_without_a_grant),
    CHECK_CASE(roles_of_who_is_not_signed_in_bring_no_built_in_one),
    CHECK_CASE(names_leave_out_the_built_in_ones),
    CHECK_CASE(ids_that_nobody_knows_bring_nothing),
    CHECK_CASE(role_is_held_while_its_condition_holds),
    CHECK_CASE(role_under_a_condition_is_why_when_it_would_do),
    CHECK_CASE(outgrown_token_has_what_it_is_for),
    CHECK_CASE(without_memory_roles_are_a_fault),
    {0},
};
