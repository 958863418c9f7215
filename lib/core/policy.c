/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision. Owns nothing; cannot fail. Called by decide, once a request.
 */
#include "core/policy.h"

#include "base/banned.h"

/* An application that wants a signed-in account. */
static struct gh_decision
decide_account(const struct gh_principal *principal)
{
    struct gh_decision decision = {.rule = GH_TEXT("access=account")};

    switch (principal->kind) {
    case GH_PRINCIPAL_NOBODY:
        decision.verdict = GH_SIGN_IN;
        break;
    case GH_PRINCIPAL_ACCOUNT:
        decision.verdict = GH_PERMIT;
        break;
    case GH_PRINCIPAL_UNKNOWN:
        decision.verdict = GH_UNSURE;
        break;
    }
    return decision;
}

struct gh_decision
gh_policy_decide(const struct gh_principal *principal,
                 const struct gh_application *application)
{
    if (application == NULL)
        return (struct gh_decision){.rule = GH_TEXT("not mounted")};

    switch (application->access) {
    case GH_ACCESS_NOBODY:
        break;
    case GH_ACCESS_PUBLIC:
        return (struct gh_decision){.verdict = GH_PERMIT,
                                    .rule = GH_TEXT("access=public")};
    case GH_ACCESS_ACCOUNT:
        return decide_account(principal);
    }
    return (struct gh_decision){.rule = GH_TEXT("default")};
}
