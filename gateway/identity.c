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

/* What the fields are called. */
struct known { /* those that applications know under other names */
    struct gh_text user, name, email, groups;
};
struct ours { /* those that they know from us only */
    struct gh_text session, level, assertion;
};

/* A client's own fields of all these names are removed (web/rule.c). */
static const struct known presets[GH_N_PRESETS] = {
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

static const struct ours fields = {GH_TEXT_INIT("X-Gatehouse-Session"),
                                   GH_TEXT_INIT("X-Gatehouse-Level"),
                                   GH_TEXT_INIT("X-Gatehouse-Assertion")};

static const struct known known_variables = {
    GH_TEXT_INIT("Variable-REMOTE_USER"), GH_TEXT_INIT("Variable-REMOTE_NAME"),
    GH_TEXT_INIT("Variable-REMOTE_EMAIL"),
    GH_TEXT_INIT("Variable-REMOTE_GROUPS")};

static const struct ours our_variables = {
    GH_TEXT_INIT("Variable-GATEHOUSE_SESSION"),
    GH_TEXT_INIT("Variable-GATEHOUSE_LEVEL"),
    GH_TEXT_INIT("Variable-GATEHOUSE_ASSERTION")};

static void
put(struct gh_buf *buf, struct gh_text name, struct gh_text value)
{
    gh_buf_header(buf, name);
    gh_buf_lit(buf, ": ");
    gh_buf_identity(buf, value);
    gh_buf_lit(buf, "\r\n");
}

/* The principal card is empty unless somebody is signed in. */
static void
put_all(struct gh_buf *buf, const struct gh_identity *identity,
        const struct known *known, const struct ours *ours)
{
    const struct gh_principal *principal = identity->principal;
    const struct gh_text none = {0};
    char digits[24];
    struct gh_buf level = gh_buf_over(digits, sizeof(digits));

    if (principal->kind == GH_PRINCIPAL_ACCOUNT)
        gh_buf_number(&level, (uint64_t)principal->level);
    put(buf, known->user, principal->account);
    put(buf, known->name, principal->display_name);
    put(buf, known->email, principal->email);
    put(buf, known->groups, identity->groups);
    put(buf, ours->session, principal->reference);
    put(buf, ours->level, gh_buf_text(&level));
    put(buf, ours->assertion, none);
}

void
gh_identity_write(struct gh_buf *buf, const struct gh_identity *identity,
                  enum gh_preset preset)
{
    put_all(buf, identity, &presets[preset], &fields);
}

void
gh_identity_variables(struct gh_buf *buf, const struct gh_identity *identity)
{
    put_all(buf, identity, &known_variables, &our_variables);
}
