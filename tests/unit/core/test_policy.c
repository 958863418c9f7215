/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/core/policy: which of all rules decides, and that whatever no
 * rule permits is refused.
 */
#include "core/policy.h"

#include "check.h"
#include "core/method.h"

#include "base/banned.h"

extern const struct check_case policy_cases[];

/* Ids of the two roles that everybody here knows. */
enum {
    ANONYMOUS = 1,
    AUTHENTICATED,
};

/* One application with one rule for a role; 0: with none. The caller's. */
static struct gh_rules *
rules_for(int64_t role_id)
{
    struct gh_rules *rules = gh_rules_new(1);
    const struct gh_application application = {.id = 1,
                                               .name = GH_TEXT("app"),
                                               .path = GH_TEXT("/")};
    const struct gh_grant grant = {.id = 1,
                                   .application_id = 1,
                                   .role_id = role_id,
                                   .name = GH_TEXT("all"),
                                   .pattern = GH_TEXT("/**"),
                                   .methods = GH_METHODS_ALL,
                                   .from_us = INT64_MIN,
                                   .until_us = INT64_MAX};

    check_status(GH_OK, gh_rules_add_application(rules, &application));
    check_status(GH_OK,
                 gh_rules_add_role(rules, ANONYMOUS, GH_TEXT("anonymous"),
                                   GH_ROLE_ANONYMOUS));
    check_status(GH_OK, gh_rules_add_role(rules, AUTHENTICATED,
                                          GH_TEXT("authenticated"),
                                          GH_ROLE_AUTHENTICATED));
    if (role_id != 0)
        check_status(GH_OK, gh_rules_add_grant(rules, &grant));
    check_status(GH_OK, gh_rules_seal(rules));
    return rules;
}

static enum gh_verdict
verdict(enum gh_principal_kind kind, int64_t role_id)
{
    struct gh_rules *rules = rules_for(role_id);
    struct gh_principal principal = {.kind = kind};
    const struct gh_question question = {
        .application = gh_rules_application(rules, 0),
        .path = GH_TEXT("/x"),
        .method = GH_TEXT("GET")};
    enum gh_verdict verdict;

    check_status(GH_OK, gh_rules_roles(NULL, rules,
                                       kind == GH_PRINCIPAL_ACCOUNT, NULL, 0,
                                       &principal.roles));
    verdict = gh_policy_decide(rules, &principal, &question).verdict;
    gh_rules_release(rules);
    return verdict;
}

static void
zeroed_memory_is_refused(void)
{
    const struct gh_decision decision = {0};

    check_number(GH_DENY, decision.verdict);
    check(decision.grant == NULL);
}

static void
without_a_rule_everybody_is_refused(void)
{
    check_number(GH_DENY, verdict(GH_PRINCIPAL_NOBODY, 0));
    check_number(GH_DENY, verdict(GH_PRINCIPAL_ACCOUNT, 0));
    check_number(GH_UNSURE, verdict(GH_PRINCIPAL_UNKNOWN, 0));
}

static void
public_is_permitted_to_everybody(void)
{
    check_number(GH_PERMIT, verdict(GH_PRINCIPAL_NOBODY, ANONYMOUS));
    check_number(GH_PERMIT, verdict(GH_PRINCIPAL_ACCOUNT, ANONYMOUS));
    check_number(GH_PERMIT, verdict(GH_PRINCIPAL_UNKNOWN, ANONYMOUS));
}

static void
accounts_only_means_accounts_only(void)
{
    check_number(GH_SIGN_IN, verdict(GH_PRINCIPAL_NOBODY, AUTHENTICATED));
    check_number(GH_PERMIT, verdict(GH_PRINCIPAL_ACCOUNT, AUTHENTICATED));
    check_number(GH_UNSURE, verdict(GH_PRINCIPAL_UNKNOWN, AUTHENTICATED));
}

const struct check_case policy_cases[] = {
    CHECK_CASE(zeroed_memory_is_refused),
    CHECK_CASE(without_a_rule_everybody_is_refused),
    CHECK_CASE(public_is_permitted_to_everybody),
    CHECK_CASE(accounts_only_means_accounts_only),
    {0},
};
