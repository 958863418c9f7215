/* SPDX-License-Identifier: Apache-2.0
 *
 * Noting a fault. Owns nothing: only the first one of an exchange is kept,
 * because the others follow from it. Called by whatever fails in the gateway.
 */
#include "context.h"

#include "base/banned.h"

enum gh_status
gh_fault_note(struct gh_context *context, enum gh_status status,
              const char *what_z, int error)
{
    if (context->fault.status == GH_OK)
        context->fault = (struct gh_fault){status, what_z, error};
    return status;
}
