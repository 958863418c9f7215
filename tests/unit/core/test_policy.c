/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/core/policy: the whole table of principals and kinds of
 * access, and that zeroed memory refuses.
 */
#include "core/policy.h"

#include "check.h"

#include "base/banned.h"

extern const struct check_case policy_cases[];

static enum gh_verdict
verdict(enum gh_principal_kind kind, enum gh_access access)
{
    const struct gh_principal principal = {.kind = kind};
    const struct gh_application application = {.access = access};

    return gh_policy_decide(&principal, &application).verdict;
}

static void
zeroed_memory_is_refused(void)
{
    const struct gh_principal principal = {0};
    const struct gh_application application = {0};
    const struct gh_decision decision = {0};

    check_number(GH_DENY, decision.verdict);
    check_number(GH_DENY, gh_policy_decide(&principal, &application).verdict);
    check_number(GH_DENY, gh_policy_decide(&principal, NULL).verdict);
}

static void
public_is_permitted_to_everybody(void)
{
    check_number(GH_PERMIT, verdict(GH_PRINCIPAL_NOBODY, GH_ACCESS_PUBLIC));
    check_number(GH_PERMIT, verdict(GH_PRINCIPAL_ACCOUNT, GH_ACCESS_PUBLIC));
    check_number(GH_PERMIT, verdict(GH_PRINCIPAL_UNKNOWN, GH_ACCESS_PUBLIC));
}

static void
accounts_only_means_accounts_only(void)
{
    check_number(GH_SIGN_IN, verdict(GH_PRINCIPAL_NOBODY, GH_ACCESS_ACCOUNT));
    check_number(GH_PERMIT, verdict(GH_PRINCIPAL_ACCOUNT, GH_ACCESS_ACCOUNT));
    check_number(GH_UNSURE, verdict(GH_PRINCIPAL_UNKNOWN, GH_ACCESS_ACCOUNT));
}

static void
every_decision_names_its_rule(void)
{
    const struct gh_principal nobody = {0};
    struct gh_application application = {0};

    check(gh_policy_decide(&nobody, NULL).rule.len > 0);
    check(gh_policy_decide(&nobody, &application).rule.len > 0);
    application.access = GH_ACCESS_PUBLIC;
    check(gh_policy_decide(&nobody, &application).rule.len > 0);
    application.access = GH_ACCESS_ACCOUNT;
    check(gh_policy_decide(&nobody, &application).rule.len > 0);
}

const struct check_case policy_cases[] = {
    CHECK_CASE(zeroed_memory_is_refused),
    CHECK_CASE(public_is_permitted_to_everybody),
    CHECK_CASE(accounts_only_means_accounts_only),
    CHECK_CASE(every_decision_names_its_rule),
    {0},
};
