/* SPDX-License-Identifier: Apache-2.0
 *
 * Step 2: who asks. Owns nothing. Nobody can sign in to this version, so a
 * session cookie, whatever its value, identifies nobody. Called by the
 * pipeline.
 */
#include "step.h"

#include "base/banned.h"

enum gh_status
step_identify(struct gh_context *context, const struct gh_request *request,
              struct gh_principal *out)
{
    (void)context;
    (void)request;
    *out = (struct gh_principal){.kind = GH_PRINCIPAL_NOBODY};
    return GH_OK;
}
