/* SPDX-License-Identifier: Apache-2.0
 *
 * The identity fields. Owns nothing. Values that are not ASCII go out
 * percent-encoded (gh_buf_identity). Called by act_forward and act_verdict.
 */
#include "identity.h"

#include "estate.h"

#include "base/banned.h"

enum {
    NAMES_MAX = 512, /* bytes of the fields without their longer values */
};

enum gh_status
gh_identity_of(struct gh_context *context, const struct gh_principal *principal,
               struct gh_identity *out)
{
    enum gh_status status = GH_OK;

    *out = (struct gh_identity){.principal = principal};
    if (principal->kind == GH_PRINCIPAL_ACCOUNT)
        status = gh_rules_names(context->arena, gh_context_rules(context),
                                principal->roles, &out->groups);
    out->size = NAMES_MAX + principal->account.len +
                3 * principal->display_name.len + 3 * principal->email.len +
                out->groups.len;
    return status;
}

static void
put(struct gh_buf *buf, struct gh_text name, struct gh_text value)
{
    gh_buf_header(buf, name);
    gh_buf_lit(buf, ": ");
    gh_buf_identity(buf, value);
    gh_buf_lit(buf, "\r\n");
}

/* The principal card is empty unless somebody is signed in. */
void
gh_identity_write(struct gh_buf *buf, const struct gh_identity *identity)
{
    const struct gh_principal *principal = identity->principal;
    const struct gh_text none = {0};
    char digits[24];
    struct gh_buf level = gh_buf_over(digits, sizeof(digits));

    if (principal->kind == GH_PRINCIPAL_ACCOUNT)
        gh_buf_number(&level, (uint64_t)principal->level);
    put(buf, GH_TEXT("Remote-User"), principal->account);
    put(buf, GH_TEXT("Remote-Name"), principal->display_name);
    put(buf, GH_TEXT("Remote-Email"), principal->email);
    put(buf, GH_TEXT("Remote-Groups"), identity->groups);
    put(buf, GH_TEXT("X-Gatehouse-Session"), principal->reference);
    put(buf, GH_TEXT("X-Gatehouse-Level"), gh_buf_text(&level));
    put(buf, GH_TEXT("X-Gatehouse-Assertion"), none);
}
