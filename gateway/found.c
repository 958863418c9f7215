/* SPDX-License-Identifier: Apache-2.0
 *
 * The row of session_find as a principal. Owns nothing. Refuses a null where
 * none may be. Called by identify.
 */
#include "found.h"

#include "base/clock.h"
#include "core/session.h"
#include "database.h"
#include "web/agent.h"

#include "base/banned.h"

enum {
    /* From one offer of a token to the next, while the browser does not take
     * it. */
    OFFER_EVERY_US = 60 * GH_SECOND_US,
};

/* Optional text: null is empty. */
static enum gh_status
read_text(struct gh_context *context, const struct gh_rows *rows, size_t column,
          struct gh_text *out)
{
    enum gh_status status = gh_row_text(context->arena, rows, 0, column, out);

    if (status != GH_NONE)
        return status;
    *out = (struct gh_text){0};
    return GH_OK;
}

/* The texts of a live session's row. */
static enum gh_status
read_texts(struct gh_context *context, const struct gh_rows *rows,
           struct gh_principal *out)
{
    enum gh_status status =
        read_text(context, rows, GH_FIND_ACCOUNT_NAME, &out->account);

    if (status == GH_OK)
        status =
            read_text(context, rows, GH_FIND_DISPLAY_NAME, &out->display_name);
    if (status == GH_OK)
        status = read_text(context, rows, GH_FIND_EMAIL, &out->email);
    return status;
}

/* The numbers of a live session's row. */
static enum gh_status
read_numbers(const struct gh_rows *rows, struct gh_principal *out)
{
    int64_t level = 0;
    enum gh_status status =
        gh_row_int8(rows, 0, GH_FIND_ACCOUNT_ID, &out->account_id);

    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_SESSION_ID, &out->session_id);
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_LEVEL, &level);
    if (status == GH_OK)
        status = gh_row_time(rows, 0, GH_FIND_AUTHENTICATED_AT,
                             &out->authenticated_us);
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_IDLE, &out->idle_s);
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_IDLE_LEFT, &out->idle_left_s);
    if (status == GH_OK)
        status =
            gh_row_int8(rows, 0, GH_FIND_ABSOLUTE_LEFT, &out->absolute_left_s);
    out->level = (int)level;
    return status;
}

/* Whether the browser was known when the session began. */
static enum gh_status
read_browser(const struct gh_rows *rows, struct gh_principal *out)
{
    enum gh_status status =
        gh_row_int8(rows, 0, GH_FIND_DEVICE_KNOWN, &out->browser_s);

    out->browser = status == GH_OK ? GH_DEVICE_KNOWN : GH_DEVICE_NEW;
    return status == GH_NONE ? GH_OK : status;
}

/* What the row says of the sign-in before. */
static enum gh_status
read_previous(struct gh_context *context, const struct gh_rows *rows,
              struct gh_principal *out)
{
    enum gh_status status =
        gh_row_time(rows, 0, GH_FIND_PREVIOUS_AT, &out->previous_at_us);

    if (status == GH_OK)
        status = gh_row_inet(context->arena, rows, 0, GH_FIND_PREVIOUS_CLIENT,
                             &out->previous_client);
    if (status != GH_OK && status != GH_NONE)
        return status;
    return gh_row_int8(rows, 0, GH_FIND_FAILURES_BEFORE, &out->failures_before);
}

/* What the person has chosen; what is null stays as it is for everybody. */
static enum gh_status
read_preference(struct gh_context *context, const struct gh_rows *rows,
                struct gh_principal *out)
{
    struct gh_preference *preference = &out->preference;
    const struct {
        size_t column; /* of the row */
        int64_t *out;  /* where it goes */
    } numbers[] = {{GH_FIND_UTC_OFFSET, &preference->utc_offset_s},
                   {GH_FIND_PREVIOUS_OFFSET, &out->previous_offset_s},
                   {GH_FIND_WARN_MINUTES, &preference->warn_minutes}};
    struct gh_text word;
    const struct gh_choice *choice;
    enum gh_status status =
        read_text(context, rows, GH_FIND_TIME_ZONE, &preference->time_zone);

    if (status == GH_OK)
        status = read_text(context, rows, GH_FIND_APPEARANCE, &word);
    if (status != GH_OK)
        return status;
    choice = gh_choice_find(&gh_appearances, word);
    if (choice != NULL)
        preference->appearance = (enum gh_appearance)choice->value;
    preference->warn_minutes = GH_WARN_MINUTES;
    for (size_t i = 0; i < GH_COUNT(numbers); i++) {
        status = gh_row_int8(rows, 0, numbers[i].column, numbers[i].out);
        if (status != GH_OK && status != GH_NONE)
            return status;
    }
    return GH_OK;
}

/* Where the session began: the sign-in's network and browser. */
static enum gh_status
read_place(struct gh_context *context, const struct gh_rows *rows,
           struct gh_principal *out)
{
    struct gh_address client = {0};
    struct gh_text text;
    enum gh_status status =
        gh_row_inet(context->arena, rows, 0, GH_FIND_CLIENT, &text);

    if (status == GH_OK)
        status = gh_address_parse(text, &client);
    else if (status == GH_NONE)
        status = GH_OK;
    if (status == GH_OK)
        status =
            gh_row_text(context->arena, rows, 0, GH_FIND_USER_AGENT, &text);
    if (status != GH_OK)
        return status;
    out->network = gh_address_network(&client);
    return gh_agent_words(context->arena, text, &out->device);
}

/* What an outgrown token is not for. */
static enum gh_status
read_withheld(struct gh_context *context, const struct gh_rows *rows,
              struct gh_held *out)
{
    enum gh_status status;

    if (gh_row_is_null(rows, 0, GH_FIND_WITHHELD_IDS))
        return GH_OK;
    out->is_outgrown = true;
    status = gh_row_int8s(context->arena, rows, 0, GH_FIND_WITHHELD_IDS,
                          &out->withheld_ids, &out->n_withheld);
    for (size_t i = 1; status == GH_OK && i < out->n_withheld; i++) {
        if (out->withheld_ids[i] <= out->withheld_ids[i - 1])
            return GH_FAULT_BUG;
    }
    return status;
}

/* The roles that the account was given, and when each of them holds. */
static enum gh_status
read_held(struct gh_context *context, const struct gh_rows *rows,
          struct gh_held *out)
{
    size_t n = 0;
    enum gh_status status = gh_row_int8s(
        context->arena, rows, 0, GH_FIND_ROLE_IDS, &out->role_ids, &out->n);

    /* No array of conditions: none has one, as with most. */
    if (status != GH_OK || gh_row_is_null(rows, 0, GH_FIND_CONDITION_IDS))
        return status;
    status = gh_row_int8s(context->arena, rows, 0, GH_FIND_CONDITION_IDS,
                          &out->condition_ids, &n);
    return status == GH_OK && n != out->n ? GH_FAULT_BUG : status;
}

/* What is decided with: the roles, and the policy's version and time; and
 * until when that is so, the end of time when nothing is to change it. */
static enum gh_status
read_rights(struct gh_context *context, const struct gh_rows *rows,
            struct gh_principal *out, int64_t *until_us)
{
    enum gh_status status = read_held(context, rows, &out->held);

    if (status == GH_OK)
        status = read_withheld(context, rows, &out->held);
    if (status == GH_OK)
        status =
            gh_row_int8(rows, 0, GH_FIND_POLICY_VERSION, &out->policy_version);
    if (status == GH_OK)
        status = gh_row_time(rows, 0, GH_FIND_NOW, &out->now_us);
    if (status != GH_OK)
        return status;
    status = gh_row_time(rows, 0, GH_FIND_RIGHTS_UNTIL, until_us);
    if (status == GH_NONE) {
        *until_us = INT64_MAX;
        status = GH_OK;
    }
    return status;
}

/* Until when the token before the current one is good. */
static enum gh_status
read_end(const struct gh_rows *rows, struct gh_found *found)
{
    int64_t until_us;
    enum gh_status status =
        gh_row_time(rows, 0, GH_FIND_TOKEN_UNTIL, &until_us);

    if (status == GH_OK && until_us < found->until_us)
        found->until_us = until_us;
    return status;
}

/* How old the token is, and whether it is time for the next: then every
 * answer is one to offer it with, but once it was offered, once a minute. One
 * that is outgrown is due whatever its age. */
static enum gh_status
read_token(const struct gh_context *context, const struct gh_rows *rows,
           struct gh_found *found)
{
    int64_t renew_us = (int64_t)context->settings->session.renew * 1000;
    struct gh_principal *out = &found->principal;
    struct gh_text use;
    int64_t age_s = 0;
    bool is_offered = false;
    enum gh_status status =
        gh_row_text(context->arena, rows, 0, GH_FIND_TOKEN_USE, &use);

    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_TOKEN_AGE, &age_s);
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_FIND_GENERATION, &out->generation);
    if (status == GH_OK)
        status = gh_row_bool(rows, 0, GH_FIND_IS_OFFERED, &is_offered);
    if (status != GH_OK)
        return status;
    found->is_next = gh_text_equal(use, GH_TEXT("next"));
    found->renew_us = INT64_MAX;
    if (gh_text_equal(use, GH_TEXT("previous")))
        return read_end(rows, found);
    out->is_renewal_due = out->held.is_outgrown;
    out->is_offered = is_offered;
    if (renew_us == 0 || found->is_next || out->held.is_outgrown)
        return GH_OK;
    out->is_renewal_due = age_s * GH_SECOND_US >= renew_us;
    found->renew_us =
        out->now_us + (out->is_renewal_due ? is_offered ? OFFER_EVERY_US : 0
                                           : renew_us - age_s * GH_SECOND_US);
    return GH_OK;
}

enum gh_status
gh_found_read(struct gh_context *context, const struct gh_rows *rows,
              struct gh_found *out)
{
    struct gh_principal *principal = &out->principal;
    enum gh_status status;

    *out = (struct gh_found){.principal.kind = GH_PRINCIPAL_ACCOUNT};
    status = gh_row_bytea(context->arena, rows, 0, GH_FIND_REFERENCE,
                          &out->reference);
    if (status == GH_OK)
        status = gh_reference_write(context->arena, out->reference,
                                    &principal->reference);
    if (status == GH_OK)
        status = read_numbers(rows, principal);
    if (status == GH_OK)
        status = read_browser(rows, principal);
    if (status == GH_OK)
        status = read_texts(context, rows, principal);
    if (status == GH_OK)
        status = read_previous(context, rows, principal);
    if (status == GH_OK)
        status = read_preference(context, rows, principal);
    if (status == GH_OK)
        status = read_place(context, rows, principal);
    if (status == GH_OK)
        status = read_rights(context, rows, principal, &out->until_us);
    return status == GH_OK ? read_token(context, rows, out) : status;
}
