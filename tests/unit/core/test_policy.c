/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/core/policy: which of all rules decides, and that whatever no
 * rule permits is refused. By table: principals, methods, instants, and the
 * patterns that SQL is tested against as well; and thousands of random
 * policies against an oracle that is slow and plain.
 */
#include "core/policy.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "core/method.h"
#include "ruling.h"

#include "base/banned.h"

extern const struct check_case policy_cases[];

enum {
    ARENA = 1 << 20,
    MOMENT = 1000,    /* microseconds since 1970; any will do */
    N_POLICIES = 400, /* random ones */
    N_QUESTIONS = 60, /* about each */
    N_GRANTS = 24,    /* in each */
    N_IGNORED = 4,    /* of their patterns are of no activity */
    SEED = 20261128,  /* of the random ones */
    MAX_SEGMENTS = 4, /* of random paths and patterns */
    PATH_SIZE = 64,   /* bytes of a random path or pattern */
};

/* --- who --------------------------------------------------------------------
 */

/* The verdict for a kind of principal, with a role, when that other role may
 * do everything. */
static enum gh_verdict
verdict(enum gh_principal_kind kind, int64_t has, int64_t may)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_principal principal;
    struct gh_arena arena;
    enum gh_verdict out;

    gh_arena_init(&arena, ARENA);
    if (may != 0)
        ruling_add(rules, 1, may, "/**", "*");
    check_status(GH_OK, gh_rules_seal(rules));
    principal = ruling_principal(rules, &arena, kind, has);
    out =
        ruling_decide(rules, &principal, "GET", GH_TEXT("/x"), MOMENT).verdict;
    gh_arena_done(&arena);
    gh_rules_release(rules);
    return out;
}

static void
zeroed_memory_is_refused(void)
{
    const struct gh_decision decision = {0};
    const struct gh_principal nobody = {0};
    struct gh_rules *rules = ruling_new("/");

    check_number(GH_DENY, decision.verdict);
    check(decision.grant == NULL);
    check_status(GH_OK, gh_rules_seal(rules));
    check_number(GH_DENY,
                 ruling_decide(rules, &nobody, "GET", GH_TEXT("/"), 0).verdict);
    gh_rules_release(rules);
}

static void
every_kind_of_principal_meets_every_kind_of_rule(void)
{
    static const struct {
        int64_t may; /* the role that may; 0: no rule */
        enum gh_verdict nobody, plain, user, unknown;
    } table[] = {
        {0, GH_DENY, GH_DENY, GH_DENY, GH_UNSURE},
        {RULING_ANONYMOUS, GH_PERMIT, GH_PERMIT, GH_PERMIT, GH_PERMIT},
        {RULING_AUTHENTICATED, GH_SIGN_IN, GH_PERMIT, GH_PERMIT, GH_UNSURE},
        {RULING_USER, GH_SIGN_IN, GH_DENY, GH_PERMIT, GH_UNSURE},
        {RULING_ADMIN, GH_SIGN_IN, GH_DENY, GH_DENY, GH_UNSURE},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        int64_t may = table[i].may;

        check_number(table[i].nobody, verdict(GH_PRINCIPAL_NOBODY, 0, may));
        check_number(table[i].plain, verdict(GH_PRINCIPAL_ACCOUNT, 0, may));
        check_number(table[i].user,
                     verdict(GH_PRINCIPAL_ACCOUNT, RULING_USER, may));
        check_number(table[i].unknown, verdict(GH_PRINCIPAL_UNKNOWN, 0, may));
    }
}

static void
roles_of_who_is_no_account_do_not_count(void)
{
    check_number(GH_SIGN_IN,
                 verdict(GH_PRINCIPAL_NOBODY, RULING_USER, RULING_USER));
    check_number(GH_UNSURE,
                 verdict(GH_PRINCIPAL_UNKNOWN, RULING_USER, RULING_USER));
}

static void
whose_rights_changed_signs_in_for_whatever_is_left(void)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_principal principal;
    struct gh_decision decision;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    ruling_add(rules, 1, RULING_ANONYMOUS, "/a", "*");
    check_status(GH_OK, gh_rules_seal(rules));
    principal = ruling_principal(rules, &arena, GH_PRINCIPAL_NOBODY, 0);
    for (int nobody = GH_NOBODY_NO_TOKEN; nobody <= GH_NOBODY_MOVED; nobody++) {
        principal.nobody = (enum gh_nobody)nobody;
        decision =
            ruling_decide(rules, &principal, "GET", GH_TEXT("/x"), MOMENT);
        check_number(nobody == GH_NOBODY_RIGHTS ? GH_SIGN_IN : GH_DENY,
                     decision.verdict);
        decision =
            ruling_decide(rules, &principal, "GET", GH_TEXT("/a"), MOMENT);
        check_number(GH_PERMIT, decision.verdict);
    }
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

static void
another_rule_permits_where_a_condition_does_not(void)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_principal principal;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    ruling_add_office(rules, 1, RULING_USER);
    ruling_add(rules, 2, RULING_USER, "/", "GET");
    check_status(GH_OK, gh_rules_seal(rules));
    principal =
        ruling_principal(rules, &arena, GH_PRINCIPAL_ACCOUNT, RULING_USER);
    check_number(2,
                 ruling_decide_from(rules, &principal, "11.0.0.1").grant->id);
    check_number(1,
                 ruling_decide_from(rules, &principal, "10.0.0.1").grant->id);
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

/* --- why --------------------------------------------------------------------
 */

static void
reason_tells_no_rule_from_no_role(void)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_principal principal;
    struct gh_decision decision;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    ruling_add(rules, 1, RULING_ADMIN, "/a", "GET");
    check_status(GH_OK, gh_rules_seal(rules));
    principal =
        ruling_principal(rules, &arena, GH_PRINCIPAL_ACCOUNT, RULING_USER);
    decision = ruling_decide(rules, &principal, "GET", GH_TEXT("/a"), MOMENT);
    check_number(GH_REASON_NO_ROLE, decision.reason);
    decision = ruling_decide(rules, &principal, "PUT", GH_TEXT("/a"), MOMENT);
    check_number(GH_REASON_NO_RULE, decision.reason);
    decision = ruling_decide(rules, &principal, "GET", GH_TEXT("/b"), MOMENT);
    check_number(GH_REASON_NO_RULE, decision.reason);
    check(decision.application == gh_rules_application(rules, 0));
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

static void
oldest_of_several_rules_is_named(void)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_principal principal;
    struct gh_decision decision;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    ruling_add(rules, 9, RULING_USER, "/a/b", "GET");
    ruling_add(rules, 4, RULING_USER, "/a/*", "*");
    ruling_add(rules, 2, RULING_ADMIN, "/**", "GET");
    ruling_add(rules, 7, RULING_ANONYMOUS, "/**", "GET");
    check_status(GH_OK, gh_rules_seal(rules));
    principal =
        ruling_principal(rules, &arena, GH_PRINCIPAL_ACCOUNT, RULING_USER);
    decision = ruling_decide(rules, &principal, "GET", GH_TEXT("/a/b"), MOMENT);
    check_number(GH_PERMIT, decision.verdict);
    check_number(GH_REASON_RULE, decision.reason);
    check_number(4, decision.grant->id);
    check_text(GH_TEXT("app/rule"), decision.grant->name);
    check_text(GH_TEXT("user"), gh_rules_role_name(rules, decision.grant));
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

/* --- what -------------------------------------------------------------------
 */

static void
RBAC_methods_are_permitted_one_by_one(void)
{
    static const struct {
        const char *list_z;
        const char *method_z;
        bool is_permitted;
    } table[] = {
        {"GET", "GET", true},           {"GET", "HEAD", false},
        {"GET,HEAD", "HEAD", true},     {"GET", "POST", false},
        {"GET", "get", false},          {"*", "GET", true},
        {"*", "DELETE", true},          {"*", "BREW", true},
        {"GET,POST", "BREW", false},    {"PROPFIND", "PROPPATCH", false},
        {"PROPFIND", "PROPFIND", true}, {"DELETE", "DELET", false},
        {"PUT", "PUT", true},           {"PUT", "PATCH", false},
    };
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct gh_rules *rules = ruling_new("/");
        struct gh_principal principal;

        ruling_add(rules, 1, RULING_USER, "/**", table[i].list_z);
        check_status(GH_OK, gh_rules_seal(rules));
        principal =
            ruling_principal(rules, &arena, GH_PRINCIPAL_ACCOUNT, RULING_USER);
        check_number(table[i].is_permitted ? GH_PERMIT : GH_DENY,
                     ruling_decide(rules, &principal, table[i].method_z,
                                   GH_TEXT("/x"), MOMENT)
                         .verdict);
        gh_rules_release(rules);
    }
    gh_arena_done(&arena);
}

/* --- when -------------------------------------------------------------------
 */

static void
rule_holds_from_its_first_microsecond_until_before_its_last(void)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_grant grant = ruling_grant(1, RULING_ANONYMOUS, "/**", "*");
    const struct gh_principal nobody = {0};
    static const struct {
        int64_t now_us;
        enum gh_verdict verdict;
    } table[] = {
        {INT64_MIN, GH_DENY}, {0, GH_DENY},      {999, GH_DENY},
        {1000, GH_PERMIT},    {1001, GH_PERMIT}, {1999, GH_PERMIT},
        {2000, GH_DENY},      {2001, GH_DENY},   {INT64_MAX, GH_DENY},
    };

    grant.from_us = 1000;
    grant.until_us = 2000;
    check_status(GH_OK, gh_rules_add_grant(rules, &grant));
    check_status(GH_OK, gh_rules_seal(rules));
    for (size_t i = 0; i < GH_COUNT(table); i++)
        check_number(
            table[i].verdict,
            ruling_decide(rules, &nobody, "GET", GH_TEXT("/"), table[i].now_us)
                .verdict);
    gh_rules_release(rules);
}

/* --- where ------------------------------------------------------------------
 */

/* One line of the table: the pattern alone in a policy, asked for the rest. */
static void
on_line(void *ctx, const struct gh_text fields[RULING_FIELDS], size_t n)
{
    static const struct gh_text mounts[] = {GH_TEXT_INIT("/app"),
                                            GH_TEXT_INIT("/app/")};
    const struct gh_principal nobody = {0};
    bool is_match = gh_text_equal(fields[2], GH_TEXT("yes"));
    struct gh_grant grant = ruling_grant(1, RULING_ANONYMOUS, "/", "*");
    struct gh_decision decision;

    (void)ctx;
    check(n == 3 && (is_match || gh_text_equal(fields[2], GH_TEXT("no"))));
    grant.pattern = fields[0];
    for (size_t i = 0; i < GH_COUNT(mounts); i++) {
        struct gh_rules *rules = ruling_new(mounts[i].at);
        char path[4096];
        int len =
            snprintf(path, sizeof(path), "/app%.*s", GH_TEXT_ARG(fields[1]));
        struct gh_text asked = {.at = path, .len = (size_t)len};

        check_status(GH_OK, gh_rules_add_grant(rules, &grant));
        check_status(GH_OK, gh_rules_ignore(rules, 1, grant.pattern));
        check_status(GH_OK, gh_rules_seal(rules));
        /* What "/app/" does not cover is never asked. */
        if (gh_application_covers(mounts[i], asked)) {
            decision = ruling_decide(rules, &nobody, "GET", asked, 0);
            if (!check_number(is_match ? GH_PERMIT : GH_DENY,
                              decision.verdict) ||
                !check(decision.is_activity == !is_match))
                fprintf(stderr, "    pattern %.*s, rest %.*s\n",
                        GH_TEXT_ARG(fields[0]), GH_TEXT_ARG(fields[1]));
        }
        gh_rules_release(rules);
    }
}

static void
patterns_match_what_sql_says(void)
{
    check(ruling_each_line("patterns.tsv", on_line, NULL) > 200);
}

/* --- whether it keeps the session alive -------------------------------------
 */

static void
one_pattern_that_ignores_a_path_is_enough(void)
{
    static const struct {
        const char *method_z;
        struct gh_text path;
        bool is_activity;
    } table[] = {
        {"GET", GH_TEXT_INIT("/live/now"), false},
        {"POST", GH_TEXT_INIT("/live/now"), false},
        {"GET", GH_TEXT_INIT("/live/edit"), false},
        {"GET", GH_TEXT_INIT("/live"), false},
        {"GET", GH_TEXT_INIT("/lives"), true},
        {"GET", GH_TEXT_INIT("/"), true},
        /* Nobody may: whatever that is, somebody did it. */
        {"DELETE", GH_TEXT_INIT("/other"), true},
    };
    const struct gh_principal nobody = {0};
    struct gh_rules *rules = ruling_new("/");

    ruling_add(rules, 1, RULING_ANONYMOUS, "/**", "GET");
    ruling_add(rules, 2, RULING_ANONYMOUS, "/live/edit", "*");
    check_status(GH_OK, gh_rules_ignore(rules, 1, GH_TEXT("/live/**")));
    check_status(GH_OK, gh_rules_seal(rules));
    for (size_t i = 0; i < GH_COUNT(table); i++)
        check(ruling_decide(rules, &nobody, table[i].method_z, table[i].path, 0)
                  .is_activity == table[i].is_activity);
    gh_rules_release(rules);
}

/* --- at random, against an oracle -------------------------------------------
 */

/* A random number below n: reproducible, and not good for anything else. */
static unsigned
below(uint64_t *state, unsigned n)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407ULL;
    return (unsigned)(*state >> 33) % n;
}

/* A path, or with stars a pattern, of few segments over few words, so that
 * they meet often. */
static void
make_path(uint64_t *state, bool has_stars, char at[PATH_SIZE])
{
    static const char *const words[] = {"a", "b", "", "*", "**"};
    unsigned n = 1 + below(state, MAX_SEGMENTS);
    size_t len = 0;

    for (unsigned i = 0; i < n; i++) {
        unsigned most = !has_stars ? 3 : i + 1 < n ? 4 : 5;
        const char *word = words[below(state, most)];

        at[len++] = '/';
        memcpy(at + len, word, strlen(word));
        len += strlen(word);
    }
    at[len] = '\0';
}

/* The oracle: compares segment by segment, by the words of the contract. */
static bool
matches(struct gh_text pattern, struct gh_text path)
{
    struct gh_text want;
    struct gh_text got;

    for (;;) {
        bool has_got;

        if (!gh_text_cut(&pattern, '/', &want))
            return path.at == NULL;
        if (gh_text_equal(want, GH_TEXT("**")))
            return true;
        has_got = gh_text_cut(&path, '/', &got);
        if (!has_got ||
            (gh_text_equal(want, GH_TEXT("*")) ? got.len == 0
                                               : !gh_text_equal(want, got)))
            return false;
    }
}

/* A random grant, as the oracle keeps it. */
struct rule {
    char pattern[PATH_SIZE];
    struct gh_grant grant;
};

static void
make_rules(uint64_t *state, struct rule rules[N_GRANTS], struct gh_rules *out)
{
    static const char *const methods[] = {"GET", "POST,PUT", "*", "GET,HEAD"};

    for (int64_t i = 0; i < N_GRANTS; i++) {
        struct rule *rule = &rules[i];

        make_path(state, true, rule->pattern);
        rule->grant =
            ruling_grant(N_GRANTS - i, 1 + below(state, RULING_N_ROLES),
                         rule->pattern, methods[below(state, 4)]);
        rule->grant.from_us = below(state, 4);
        rule->grant.until_us = 3 + below(state, 4);
        check_status(GH_OK, gh_rules_add_grant(out, &rule->grant));
        if (i < N_IGNORED)
            check_status(GH_OK, gh_rules_ignore(out, 1, rule->grant.pattern));
    }
    check_status(GH_OK, gh_rules_seal(out));
}

/* What an account with one role should be told: the id of the oldest rule
 * that permits it, or 0. */
static int64_t
oracle(const struct rule rules[N_GRANTS], int64_t role_id, const char *method_z,
       const char *path_z, int64_t now_us)
{
    int64_t best = 0;

    for (size_t i = 0; i < N_GRANTS; i++) {
        const struct gh_grant *grant = &rules[i].grant;

        if ((grant->methods & gh_method_bit(gh_text_of_z(method_z))) == 0 ||
            now_us < grant->from_us || now_us >= grant->until_us ||
            (grant->role_id > RULING_AUTHENTICATED &&
             grant->role_id != role_id) ||
            !matches(gh_text_of_z(rules[i].pattern + 1),
                     gh_text_of_z(path_z + 1)))
            continue;
        if (best == 0 || grant->id < best)
            best = grant->id;
    }
    return best;
}

/* Whether a path is ignored. */
static bool
is_ignored(const struct rule rules[N_GRANTS], const char *path_z)
{
    for (size_t i = 0; i < N_IGNORED; i++) {
        if (matches(gh_text_of_z(rules[i].pattern + 1),
                    gh_text_of_z(path_z + 1)))
            return true;
    }
    return false;
}

static void
random_policies_decide_as_the_oracle_does(void)
{
    static const char *const methods[] = {"GET", "POST", "HEAD", "BREW"};
    static struct rule rules[N_GRANTS];
    uint64_t state = SEED;
    size_t n_wrong = 0;
    size_t n_permitted = 0;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    for (int i = 0; i < N_POLICIES; i++) {
        struct gh_rules *policy = ruling_new("/");

        make_rules(&state, rules, policy);
        for (int k = 0; k < N_QUESTIONS; k++) {
            int64_t role = RULING_USER + below(&state, 2);
            struct gh_principal principal =
                ruling_principal(policy, &arena, GH_PRINCIPAL_ACCOUNT, role);
            const char *method_z = methods[below(&state, 4)];
            int64_t now_us = below(&state, 8);
            struct gh_decision decision;
            char path[PATH_SIZE];
            int64_t want;

            make_path(&state, false, path);
            want = oracle(rules, role, method_z, path, now_us);
            decision = ruling_decide(policy, &principal, method_z,
                                     gh_text_of_z(path), now_us);
            n_permitted += want != 0;
            n_wrong +=
                (decision.grant == NULL ? 0 : decision.grant->id) != want;
            n_wrong += (decision.verdict == GH_PERMIT) != (want != 0);
            n_wrong += decision.is_activity == is_ignored(rules, path);
        }
        gh_arena_reset(&arena);
        gh_rules_release(policy);
    }
    check_number(0, n_wrong);
    check(n_permitted > 1000 && n_permitted < N_POLICIES * N_QUESTIONS - 1000);
    gh_arena_done(&arena);
}

/* --- anything at all --------------------------------------------------------
 */

/* Whether a user reaches an application by a grant of it, or of another. */
static bool
reaches(const struct gh_grant *grant, int64_t role_id)
{
    struct gh_rules *rules = ruling_new("/app");
    const struct gh_application other = {
        .id = 2, .name = GH_TEXT("other"), .path = GH_TEXT("/other")};
    const struct gh_circumstances now = {.now_us = MOMENT};
    struct gh_principal principal;
    struct gh_arena arena;
    bool out;

    gh_arena_init(&arena, ARENA);
    check_status(GH_OK, gh_rules_add_grant(rules, grant));
    check_status(GH_OK, gh_rules_seal(rules));
    principal = ruling_principal(rules, &arena, GH_PRINCIPAL_ACCOUNT, role_id);
    check(!gh_policy_reaches(rules, &principal.held, principal.roles, &other,
                             &now));
    out = gh_policy_reaches(rules, &principal.held, principal.roles,
                            gh_rules_application(rules, 0), &now);
    gh_arena_done(&arena);
    gh_rules_release(rules);
    return out;
}

static void
one_rule_that_holds_now_is_reach(void)
{
    struct gh_grant grant = ruling_grant(1, RULING_USER, "/a/b", "POST");

    check(reaches(&grant, RULING_USER));
    check(!reaches(&grant, RULING_ADMIN));
    check(!reaches(&grant, 0));
    grant.until_us = MOMENT + 1;
    grant.from_us = MOMENT;
    check(reaches(&grant, RULING_USER));
    grant.until_us = MOMENT;
    grant.from_us = 0;
    check(!reaches(&grant, RULING_USER));
    grant.from_us = MOMENT + 1;
    grant.until_us = INT64_MAX;
    check(!reaches(&grant, RULING_USER));
    grant = ruling_grant(1, RULING_AUTHENTICATED, "/**", "*");
    check(reaches(&grant, 0));
}

const struct check_case policy_cases[] = {
    CHECK_CASE(zeroed_memory_is_refused),
    CHECK_CASE(every_kind_of_principal_meets_every_kind_of_rule),
    CHECK_CASE(roles_of_who_is_no_account_do_not_count),
    CHECK_CASE(whose_rights_changed_signs_in_for_whatever_is_left),
    CHECK_CASE(another_rule_permits_where_a_condition_does_not),
    CHECK_CASE(reason_tells_no_rule_from_no_role),
    CHECK_CASE(oldest_of_several_rules_is_named),
    CHECK_CASE(RBAC_methods_are_permitted_one_by_one),
    CHECK_CASE(rule_holds_from_its_first_microsecond_until_before_its_last),
    CHECK_CASE(patterns_match_what_sql_says),
    CHECK_CASE(one_pattern_that_ignores_a_path_is_enough),
    CHECK_CASE(random_policies_decide_as_the_oracle_does),
    CHECK_CASE(one_rule_that_holds_now_is_reach),
    {0},
};
