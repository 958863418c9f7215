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

/* What the four fields are called that applications know under other names.
 * A client's own fields of all these names are removed (web/rule.c). */
static const struct {
    struct gh_text user, name, email, groups;
} presets[GH_N_PRESETS] = {
    [GH_PRESET_REMOTE] = {GH_TEXT_INIT("Remote-User"),
                          GH_TEXT_INIT("Remote-Name"),
                          GH_TEXT_INIT("Remote-Email"),
                          GH_TEXT_INIT("Remote-Groups")},
    [GH_PRESET_X_REMOTE] = {GH_TEXT_INIT("X-Remote-User"),
                            GH_TEXT_INIT("X-Remote-Name"),
                            GH_TEXT_INIT("X-Remote-Email"),
                            GH_TEXT_INIT("X-Remote-Groups")},
    [GH_PRESET_X_FORWARDED] = {GH_TEXT_INIT("X-Forwarded-User"),
                               GH_TEXT_INIT("X-Forwarded-Preferred-Username"),
                               GH_TEXT_INIT("X-Forwarded-Email"),
                               GH_TEXT_INIT("X-Forwarded-Groups")},
    [GH_PRESET_X_AUTH_REQUEST] = {GH_TEXT_INIT("X-Auth-Request-User"),
                                  GH_TEXT_INIT(
                                      "X-Auth-Request-Preferred-Username"),
                                  GH_TEXT_INIT("X-Auth-Request-Email"),
                                  GH_TEXT_INIT("X-Auth-Request-Groups")},
    [GH_PRESET_AUTH] = {GH_TEXT_INIT("Auth-User"), GH_TEXT_INIT("Auth-Name"),
                        GH_TEXT_INIT("Auth-Email"),
                        GH_TEXT_INIT("Auth-Groups")},
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
gh_identity_write(struct gh_buf *buf, const struct gh_identity *identity,
                  enum gh_preset preset)
{
    const struct gh_principal *principal = identity->principal;
    const struct gh_text none = {0};
    char digits[24];
    struct gh_buf level = gh_buf_over(digits, sizeof(digits));

    if (principal->kind == GH_PRINCIPAL_ACCOUNT)
        gh_buf_number(&level, (uint64_t)principal->level);
    put(buf, presets[preset].user, principal->account);
    put(buf, presets[preset].name, principal->display_name);
    put(buf, presets[preset].email, principal->email);
    put(buf, presets[preset].groups, identity->groups);
    put(buf, GH_TEXT("X-Gatehouse-Session"), principal->reference);
    put(buf, GH_TEXT("X-Gatehouse-Level"), gh_buf_text(&level));
    put(buf, GH_TEXT("X-Gatehouse-Assertion"), none);
}
