/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 5: what must be durable before anything leaves. Every change that an
 * act makes is written together with its audit row and waited for, so nothing
 * is left to write here; the receipt that respond closes begins here, and
 * without it nothing is sent. Owns
 * nothing. Called by the pipeline.
 */
#include "step.h"

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

enum gh_status
step_record(struct gh_context *context, const struct gh_exchange *so_far,
            struct gh_receipt *out)
{
    (void)context;
    *out = (struct gh_receipt){.is_recorded = true, .why_z = why(so_far)};
    return GH_OK;
}
