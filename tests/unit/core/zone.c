/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of what a zone asks for. Its condition stands in the way of every rule
 * about an application there, whatever the rule itself asks for, and is told of
 * when nothing else is; whoever is let in may be asked for more. Conditions of
 * rules are tested in test_policy.c and test_condition_ask.c.
 */
#include "core/rules_int.h"

#include "check.h"
#include "ruling.h"

#include "base/banned.h"

enum {
    ARENA = 4 * 1024 * 1024,
    OFFICE = 1, /* ids of conditions */
    LAB,
    FRESH,
    RULE = 7,
};

static const char *const inside_z = "10.9.0.1";   /* office and lab */
static const char *const office_z = "10.1.0.1";   /* office alone */
static const char *const outside_z = "192.0.2.1"; /* neither */

/* A rule under one condition for a role, about an application whose zone asks
 * for another one; 0: none. */
static struct gh_rules *
rules_of(int64_t role_id, int64_t own, int64_t zones)
{
    static const struct gh_condition all[] = {
        {.id = OFFICE,
         .kind = GH_CONDITION_NETWORK,
         .name = GH_TEXT_INIT("office"),
         .list = GH_TEXT_INIT("10.0.0.0/8")},
        {.id = LAB,
         .kind = GH_CONDITION_NETWORK,
         .name = GH_TEXT_INIT("lab"),
         .list = GH_TEXT_INIT("10.9.0.0/16")},
        {.id = FRESH,
         .kind = GH_CONDITION_AGE,
         .name = GH_TEXT_INIT("fresh"),
         .list = GH_TEXT_INIT("600")},
    };
    struct gh_rules *rules = ruling_new("/");
    struct gh_grant grant = ruling_grant(RULE, role_id, "/**", "*");

    for (size_t i = 0; i < GH_COUNT(all); i++)
        check_status(GH_OK,
                     gh_conditions_add(gh_rules_conditions(rules), &all[i]));
    grant.condition_id = own;
    check_status(GH_OK, gh_rules_add_grant(rules, &grant));
    rules->applications[0].condition_id = zones;
    check_status(GH_OK, gh_rules_seal(rules));
    return rules;
}

/* What is decided for somebody of that kind, who has RULING_USER if anybody
 * has, and asks from an address. */
static struct gh_decision
decide(const struct gh_rules *rules, enum gh_principal_kind kind,
       const char *client_z)
{
    static const int64_t user = RULING_USER;
    struct gh_arena arena;
    struct gh_principal principal;
    struct gh_decision decision;

    gh_arena_init(&arena, ARENA);
    principal = ruling_principal(rules, &arena, kind,
                                 kind == GH_PRINCIPAL_ACCOUNT ? user : 0);
    principal.held.role_ids = &user;
    principal.held.n = kind == GH_PRINCIPAL_ACCOUNT ? 1 : 0;
    decision = ruling_decide_from(rules, &principal, client_z);
    gh_arena_done(&arena);
    return decision;
}

static void
zone_stands_in_the_way_and_the_rule_s_own_condition_is_told_first(void)
{
    static const struct {
        int64_t own, zones;
        const char *client_z;
        enum gh_verdict verdict;
        const char *told_z; /* the condition that is named */
    } rows[] = {
        {0, OFFICE, "10.1.0.1", GH_PERMIT, ""},
        {0, OFFICE, "192.0.2.1", GH_DENY, "office"},
        {0, OFFICE, NULL, GH_DENY, "office"},
        {OFFICE, LAB, "10.9.0.1", GH_PERMIT, ""},
        {OFFICE, LAB, "10.1.0.1", GH_DENY, "lab"},
        {OFFICE, LAB, "192.0.2.1", GH_DENY, "office"},
        {LAB, OFFICE, "10.1.0.1", GH_DENY, "lab"},
        {LAB, 0, "10.1.0.1", GH_DENY, "lab"},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_rules *rules =
            rules_of(RULING_USER, rows[i].own, rows[i].zones);
        struct gh_decision decision =
            decide(rules, GH_PRINCIPAL_ACCOUNT, rows[i].client_z);

        check_number(rows[i].verdict, decision.verdict);
        check_number(rows[i].verdict == GH_PERMIT ? GH_REASON_RULE
                                                  : GH_REASON_CONDITION,
                     decision.reason);
        check_text(gh_text_of_z(rows[i].told_z),
                   gh_policy_condition(rules, &decision));
        check_number(RULE, decision.grant->id);
        gh_rules_release(rules);
    }
}

static void
strangers_sign_in_only_where_the_zone_may_let_them_in(void)
{
    struct gh_rules *rules = rules_of(RULING_USER, 0, OFFICE);

    check_number(GH_SIGN_IN,
                 decide(rules, GH_PRINCIPAL_NOBODY, office_z).verdict);
    check_number(GH_SIGN_IN, decide(rules, GH_PRINCIPAL_NOBODY, NULL).verdict);
    check_number(GH_DENY,
                 decide(rules, GH_PRINCIPAL_NOBODY, outside_z).verdict);
    gh_rules_release(rules);
}

static void
who_cannot_be_known_is_let_into_no_zone_that_asks(void)
{
    struct gh_rules *open = rules_of(RULING_ANONYMOUS, 0, 0);
    struct gh_rules *asking = rules_of(RULING_ANONYMOUS, 0, OFFICE);

    check_number(GH_PERMIT,
                 decide(open, GH_PRINCIPAL_UNKNOWN, office_z).verdict);
    check_number(GH_UNSURE,
                 decide(asking, GH_PRINCIPAL_UNKNOWN, office_z).verdict);
    check_number(GH_PERMIT,
                 decide(asking, GH_PRINCIPAL_NOBODY, office_z).verdict);
    gh_rules_release(open);
    gh_rules_release(asking);
}

static void
zone_that_asks_for_a_fresh_sign_in_asks_to_step_up(void)
{
    struct gh_rules *rules = rules_of(RULING_USER, OFFICE, FRESH);
    struct gh_decision decision = decide(rules, GH_PRINCIPAL_ACCOUNT, office_z);

    check_number(GH_STEP_UP, decision.verdict);
    check_text(GH_TEXT("fresh"), gh_policy_condition(rules, &decision));
    /* Signing in does not help who is elsewhere. */
    decision = decide(rules, GH_PRINCIPAL_ACCOUNT, outside_z);
    check_number(GH_DENY, decision.verdict);
    check_text(GH_TEXT("office"), gh_policy_condition(rules, &decision));
    gh_rules_release(rules);
}

static void
nobody_reaches_an_application_of_a_closed_zone(void)
{
    struct gh_rules *rules = rules_of(RULING_USER, OFFICE, LAB);
    struct gh_arena arena;
    struct gh_principal principal;
    struct gh_circumstances now = {.now_us = 1000000};

    gh_arena_init(&arena, ARENA);
    principal =
        ruling_principal(rules, &arena, GH_PRINCIPAL_ACCOUNT, RULING_USER);
    check_status(GH_OK, gh_address_parse(gh_text_of_z(inside_z), &now.client));
    check(gh_policy_reaches(rules, &principal.held, principal.roles,
                            gh_rules_application(rules, 0), &now));
    check_status(GH_OK, gh_address_parse(gh_text_of_z(office_z), &now.client));
    check(!gh_policy_reaches(rules, &principal.held, principal.roles,
                             gh_rules_application(rules, 0), &now));
    gh_arena_done(&arena);
    gh_rules_release(rules);
}

static void
zone_with_a_condition_that_is_not_there_is_no_policy(void)
{
    struct gh_rules *rules = ruling_new("/");

    rules->applications[0].condition_id = OFFICE;
    check_status(GH_MALFORMED, gh_rules_seal(rules));
    gh_rules_release(rules);
}

/* Whether the zone may ask more of a user in the office than the decision. */
static bool
obliges(const int64_t *open_to, size_t n, bool has_office)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_principal principal;
    struct gh_decision decision;
    struct gh_arena arena;
    bool is_obliging;

    gh_arena_init(&arena, ARENA);
    for (size_t i = 0; i < n; i++)
        ruling_add(rules, (int64_t)i + 1, open_to[i], "/**", "*");
    if (has_office)
        ruling_add_office(rules, 9, RULING_ANONYMOUS);
    check_status(GH_OK, gh_rules_seal(rules));
    principal =
        ruling_principal(rules, &arena, GH_PRINCIPAL_ACCOUNT, RULING_USER);
    decision = ruling_decide_from(rules, &principal, "10.0.0.1");
    is_obliging = decision.obliging != NULL;
    check(!is_obliging || (decision.verdict == GH_PERMIT &&
                           decision.obliging == decision.application));
    gh_arena_done(&arena);
    gh_rules_release(rules);
    return is_obliging;
}

static void
what_everybody_may_whenever_obliges_nobody(void)
{
    static const int64_t roles[] = {RULING_USER, RULING_ANONYMOUS,
                                    RULING_ADMIN};

    check(obliges(roles, 1, false));
    check(!obliges(roles, 2, false));
    check(!obliges(roles + 1, 1, false));
    check(obliges(roles, 1, true));
    check(obliges(NULL, 0, true));
    check(!obliges(roles + 2, 1, false));
}

const struct check_case zone_cases[] = {
    CHECK_CASE(
        zone_stands_in_the_way_and_the_rule_s_own_condition_is_told_first),
    CHECK_CASE(strangers_sign_in_only_where_the_zone_may_let_them_in),
    CHECK_CASE(who_cannot_be_known_is_let_into_no_zone_that_asks),
    CHECK_CASE(zone_that_asks_for_a_fresh_sign_in_asks_to_step_up),
    CHECK_CASE(nobody_reaches_an_application_of_a_closed_zone),
    CHECK_CASE(zone_with_a_condition_that_is_not_there_is_no_policy),
    CHECK_CASE(what_everybody_may_whenever_obliges_nobody),
    {0},
};
