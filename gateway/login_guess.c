/* SPDX-License-Identifier: Apache-2.0
 *
 * What the database says of a guess before it is checked. Owns nothing.
 * Refuses, by treating it as absent, a stored password whose binding does not
 * verify: a hash that somebody put there by hand opens nothing. Called by the
 * sign-in act.
 */
#include "login_int.h"

#include "database.h"
#include "store/stmt.h"

#include "base/banned.h"

enum {
    RETRY_AFTER_MAX_S = 86400, /* the longest window that a rule may have */
};

/* Optional text of a row: null is empty. */
static enum gh_status
read_text(struct gh_context *context, const struct gh_rows *rows, size_t column,
          struct gh_text *out)
{
    enum gh_status status = gh_row_text(context->arena, rows, 0, column, out);

    if (status == GH_NONE)
        *out = (struct gh_text){0};
    return status == GH_NONE ? GH_OK : status;
}

/* A stored password counts only if a gateway or gatehousectl wrote it for
 * this very account. */
static enum gh_status
check_binding(struct gh_context *context, const struct gh_rows *rows,
              struct gh_login *login)
{
    const struct gh_credential credential = {.account_id = login->account,
                                             .phc = login->phc,
                                             .pepper_kid = login->pepper_id};
    struct gh_text mac;
    bool is_bound = false;
    enum gh_status status =
        gh_row_bytea(context->arena, rows, 0, GH_RESERVE_CREDENTIAL_MAC, &mac);

    if (status == GH_OK)
        status = gh_credential_is_bound(context->settings->ring, &credential,
                                        mac, &is_bound);
    if (gh_is_fault(status))
        return status;
    login->is_unbound = !is_bound && login->phc.len > 0;
    if (!is_bound)
        login->phc = (struct gh_text){0};
    return GH_OK;
}

/* The account's part of the reservation; nulls for an unknown name. */
static enum gh_status
read_account(struct gh_context *context, const struct gh_rows *rows,
             struct gh_login *login)
{
    enum gh_status status =
        gh_row_int8(rows, 0, GH_RESERVE_ACCOUNT_ID, &login->account);

    login->account_id = gh_param_null(GH_SQL_INT8);
    if (status == GH_OK)
        login->account_id = gh_param_int8(login->account);
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_RESERVE_CREDENTIAL_VERSION,
                             &login->version);
    if (status == GH_NONE)
        status = GH_OK;
    if (status == GH_OK)
        status = read_text(context, rows, GH_RESERVE_STATUS, &login->status);
    if (status == GH_OK)
        status =
            read_text(context, rows, GH_RESERVE_PASSWORD_HASH, &login->phc);
    if (status == GH_OK)
        status =
            read_text(context, rows, GH_RESERVE_PEPPER_ID, &login->pepper_id);
    if (status == GH_OK)
        status = check_binding(context, rows, login);
    return status;
}

/* sign_in_fail's word for a refusal in sign_in_reserve's words. */
static struct gh_text
failure_of(struct gh_text refusal)
{
    if (gh_text_equal(refusal, GH_TEXT("source")))
        return GH_TEXT("source");
    if (gh_text_equal(refusal, GH_TEXT("closed")))
        return GH_TEXT("closed");
    return GH_TEXT("throttled");
}

/* The row of sign_in_reserve. */
static enum gh_status
read_guess(struct gh_context *context, const struct gh_rows *rows,
           struct gh_login *login)
{
    struct gh_text refusal;
    int64_t left_s = 0;
    enum gh_status status =
        gh_row_bool(rows, 0, GH_RESERVE_IS_ALLOWED, &login->is_allowed);

    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_RESERVE_RETRY_AFTER, &left_s);
    if (status == GH_OK)
        status = gh_row_bool(rows, 0, GH_RESERVE_IS_FIRST_REFUSAL,
                             &login->is_first_refusal);
    if (status == GH_OK)
        status = read_text(context, rows, GH_RESERVE_REFUSAL, &refusal);
    if (status == GH_OK)
        status = read_account(context, rows, login);
    if (status != GH_OK)
        return status;
    login->failure = failure_of(refusal);
    login->is_source = gh_text_equal(refusal, GH_TEXT("source"));
    if (left_s > RETRY_AFTER_MAX_S)
        left_s = RETRY_AFTER_MAX_S;
    login->retry_after_s = left_s < 1 ? 1 : (unsigned)left_s;
    return GH_OK;
}

enum gh_status
gh_login_take_guess(struct gh_context *context)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status == GH_OK)
        status = read_guess(context, rows, context->login);
    gh_database_done(context);
    return status == GH_OK || gh_is_fault(status) ? status : GH_FAULT_DB;
}
