/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 4: what becomes of the request. Chooses one act by the stop, if there
 * is one, else by the decision; a verdict that is not listed cannot pass.
 * Owns nothing. Called by the pipeline.
 */
#include "step.h"

#include "act.h"
#include "shorten.h"

#include "base/banned.h"

/* What a web server carries itself has nothing to be forwarded to. It was
 * refused a moment ago for a token that is outgrown, or is by now the one
 * before: then it is asked for once more. */
static enum gh_status
refuse_carried(struct gh_context *context, const struct gh_exchange *so_far,
               struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    enum gh_status status = act_lead_back(context, so_far, out);

    if (status != GH_NONE)
        return status;
    if (request->is_told && so_far->principal.held.is_outgrown)
        return act_again(context, request, out);
    return act_refuse(context, request, 404, out);
}

/* What is allowed. */
static enum gh_status
carry_out(struct gh_context *context, const struct gh_exchange *so_far,
          struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    const struct gh_decision *decision = &so_far->decision;
    const struct gh_principal *anew;
    enum gh_status status = gh_shorten(context, request, &so_far->principal,
                                       decision->obliging, &anew);

    if (status != GH_OK)
        return status;
    if (anew != NULL)
        return act_sign_in(context, request, anew, out);
    if (request->is_authorizer) {
        status = act_lead_back(context, so_far, out);
        return status == GH_NONE ? act_authorize(context, so_far, out) : status;
    }
    if (context->entry->kind == GH_ENTRY_OPERATIONS)
        return act_operations(context, request, out);
    if (request->is_ours)
        return act_own(context, so_far, out);
    if (decision->application->carrying == GH_CARRY_VERDICT)
        return refuse_carried(context, so_far, out);
    out->cookie_of = &so_far->principal;
    status = act_renew(context, so_far, &out->cookie);
    if (status != GH_OK)
        return status;
    return act_forward(context, request, &so_far->principal, decision, out);
}

enum gh_status
step_act(struct gh_context *context, const struct gh_exchange *so_far,
         struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;

    if (request->is_verdict && !request->is_authorizer)
        return act_verdict(context, so_far, out);
    if (so_far->stop.status != 0)
        return act_refuse(context, request, so_far->stop.status, out);

    switch (so_far->decision.verdict) {
    case GH_DENY:
        return act_deny(context, so_far, out);
    case GH_PERMIT:
        return carry_out(context, so_far, out);
    case GH_SIGN_IN:
    case GH_STEP_UP:
        return act_sign_in(context, request, &so_far->principal, out);
    case GH_UNSURE:
        return act_refuse(context, request, 503, out);
    }
    return act_refuse(context, request, 403, out);
}

enum gh_status
step_act_leave(struct gh_context *context, const struct gh_request *request)
{
    return act_login_leave(context, request);
}
