/* SPDX-License-Identifier: Apache-2.0
 *
 * Words for results. Owns nothing; called by logs and tests.
 */
#include "base/status.h"

#include "base/banned.h"

const char *
gh_status_word(enum gh_status status)
{
    switch (status) {
    case GH_OK:
        return "ok";
    case GH_WAIT:
        return "wait";
    case GH_NONE:
        return "none";
    case GH_MALFORMED:
        return "malformed";
    case GH_LIMIT:
        return "limit";
    case GH_CONFLICT:
        return "conflict";
    case GH_EXPIRED:
        return "expired";
    case GH_CLOSED:
        return "closed";
    case GH_STOP:
        return "stop";
    case GH_FAULT_MEMORY:
        return "fault: out of memory";
    case GH_FAULT_IO:
        return "fault: input or output";
    case GH_FAULT_CRYPTO:
        return "fault: cryptography";
    case GH_FAULT_DB:
        return "fault: database";
    case GH_FAULT_BUG:
        return "fault: bug";
    }
    return "unknown";
}
