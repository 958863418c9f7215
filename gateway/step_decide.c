/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 3: may they. Pure: the decision is core's. Owns nothing, waits for
 * nothing, cannot fail. Called by the pipeline.
 */
#include "step.h"

#include "base/banned.h"

/* Bits of the traits that the application keeps; none when there is none. A web
 * server that carries the request itself has chosen where to by the path that
 * it decoded, with one slash for many: where that could be another one than
 * ours it is told no, whatever the application keeps. */
static unsigned
kept_traits(const struct gh_request *request,
            const struct gh_application *application)
{
    unsigned kept = 0;

    if (application == NULL)
        return kept;
    if (application->keeps_semicolon)
        kept |= GH_PATH_SEMICOLON;
    if (request->is_verdict)
        return kept;
    if (application->keeps_encoded_slash)
        kept |= GH_PATH_ENCODED_SLASH;
    if (application->keeps_empty_segments)
        kept |= GH_PATH_EMPTY_SEGMENT;
    return kept;
}

/* What is mounted there, and whether the path can be decided on. */
static struct gh_decision
decide(const struct gh_rules *rules, const struct gh_request *request,
       const struct gh_principal *principal)
{
    struct gh_decision decision = {.reason = GH_REASON_NOT_MOUNTED};
    struct gh_question question = {.path = request->target.path,
                                   .method = request->method,
                                   .circumstances =
                                       gh_circumstances_of(request, principal)};
    size_t place = 0;

    question.application = gh_rules_find(rules, request->origin->host.name,
                                         request->target.path, &place);
    if (question.application != NULL &&
        !gh_application_is_served(question.application, request->entry))
        return decision;
    if ((request->target.traits &
         ~kept_traits(request, question.application)) != 0) {
        decision.reason = GH_REASON_AMBIGUOUS;
        decision.application = question.application;
    } else if (question.application == NULL) {
        return decision;
    } else {
        decision = gh_policy_decide(rules, principal, &question);
    }
    decision.place = place;
    return decision;
}

enum gh_status
step_decide(const struct gh_rules *rules, const struct gh_request *request,
            const struct gh_principal *principal, struct gh_decision *out)
{
    if (request->is_ours)
        *out = (struct gh_decision){.verdict = GH_PERMIT,
                                    .reason = GH_REASON_OWN_PAGE};
    else if (rules == NULL)
        *out = (struct gh_decision){.verdict = GH_UNSURE,
                                    .reason = GH_REASON_UNKNOWN};
    else
        *out = decide(rules, request, principal);
    return GH_OK;
}
