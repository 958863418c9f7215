/* SPDX-License-Identifier: Apache-2.0
 *
 * The policy of the database into a snapshot: the rows of the statement
 * policy_read. Called by the gateway's keeper of the policy.
 */
#ifndef GH_CORE_RULES_READ_H
#define GH_CORE_RULES_READ_H

#include "core/rules.h"
#include "store/row.h"

/* Which row a policy cannot be used for. */
struct gh_rules_bad {
    const char *relation_z; /* which relation; static memory */
    int64_t id;             /* of the row */
};

/* A sealed snapshot of what the rows say, with one holder. Texts pass through
 * scratch, which may be reset afterwards. GH_MALFORMED, GH_LIMIT, GH_CONFLICT:
 * this policy cannot be used, and *bad says for which row. GH_FAULT_MEMORY;
 * GH_FAULT_BUG when the rows are not what the statement says. */
GH_MUST_CHECK enum gh_status gh_rules_read(struct gh_arena *scratch,
                                           const struct gh_rows *rows,
                                           struct gh_rules_bad *bad,
                                           struct gh_rules **out);

#endif
