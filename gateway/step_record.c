/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 5: what must be durable before anything leaves. Every change that an
 * act makes is written together with its audit row and waited for. What is left
 * is the request itself, where its zone has it in the trail before the
 * application hears of it: what cannot be recorded is not handed on. The
 * receipt that respond closes begins here, and without it nothing is sent. Owns
 * nothing. Called by the pipeline.
 */
#include "step.h"

#include "database.h"
#include "event.h"

#include "base/banned.h"

/* Why it is not what was asked for; NULL: it is, or the way to sign in. */
static const char *
why(const struct gh_exchange *so_far)
{
    enum gh_verdict verdict = so_far->decision.verdict;

    if (so_far->stop.status != 0)
        return so_far->stop.why_z;
    if (verdict == GH_DENY || verdict == GH_UNSURE)
        return gh_reason_word(so_far->decision.reason).at;
    return NULL;
}

/* Whether an application is about to hear of somebody's request that is to be
 * in the trail by then: from us, or from the web server that is told yes. Like
 * access records: what nobody asks for is in neither, so that strangers cannot
 * make the trail grow at will. */
static bool
begins_recorded(const struct gh_exchange *so_far)
{
    const struct gh_outcome *outcome = &so_far->outcome;

    if (so_far->principal.kind != GH_PRINCIPAL_ACCOUNT ||
        so_far->decision.obliging == NULL ||
        !so_far->decision.obliging->begins_recorded)
        return false;
    return outcome->kind == GH_OUTCOME_FORWARD ||
           (so_far->request.is_verdict && outcome->reply.status == 200);
}

/* Has it written. GH_WAIT. */
static enum gh_status
begin(struct gh_context *context, const struct gh_exchange *so_far)
{
    const struct gh_audit_event event = {.event_z = "access_begun",
                                         .principal = &so_far->principal,
                                         .application =
                                             so_far->decision.application,
                                         .rule = so_far->decision.grant,
                                         .is_success = true};
    const struct gh_rows *rows;
    enum gh_status status;

    if (!context->is_beginning) {
        context->is_beginning = true;
        status = gh_event_ask(context, &so_far->request, &event);
        return status == GH_OK ? GH_WAIT : status;
    }
    status = gh_database_answer(context, &rows);
    if (status == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    return status == GH_OK ? GH_OK : GH_FAULT_DB;
}

enum gh_status
step_record(struct gh_context *context, const struct gh_exchange *so_far,
            struct gh_receipt *out)
{
    enum gh_status status = GH_OK;

    *out = (struct gh_receipt){.why_z = why(so_far)};
    if (begins_recorded(so_far))
        status = begin(context, so_far);
    out->is_recorded = status == GH_OK;
    return status;
}
