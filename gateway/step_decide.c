/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 3: may they. Pure: the decision is core's. Owns nothing, waits for
 * nothing, cannot fail. Called by the pipeline.
 */
#include "step.h"

#include "base/banned.h"

enum gh_status
step_decide(const struct gh_request *request,
            const struct gh_principal *principal, struct gh_decision *out)
{
    if (request->is_ours)
        *out = (struct gh_decision){.verdict = GH_PERMIT,
                                    .rule = GH_TEXT("own page")};
    else
        *out = gh_policy_decide(principal, request->application);
    return GH_OK;
}
