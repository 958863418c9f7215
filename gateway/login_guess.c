/* SPDX-License-Identifier: Apache-2.0
 *
 * A guess: counted by the database before it is checked, then checked. Owns
 * nothing. Refuses, by treating it as absent, a stored password whose binding
 * does not verify: a hash that somebody put there by hand opens nothing. Called
 * by the acts that check a password.
 */
#include "login_int.h"

#include "base/clock.h"
#include "base/secret.h"
#include "core/csrf.h"
#include "database.h"
#include "hashing.h"
#include "store/stmt.h"
#include "web/cookie.h"

#include "base/banned.h"

enum {
    RETRY_AFTER_MAX_S = 86400,   /* the longest window that a rule may have */
    DEVICE_LIFE_S = 180 * 86400, /* seconds that a browser keeps its marker;
                                    sign_in_reserve has the same limit */
    COOKIES_MAX = 1024,          /* bytes of the cookie lines of a sign-in */
};

struct gh_login *
gh_login_of(struct gh_context *context)
{
    if (context->login == NULL)
        context->login = gh_arena_new(context->arena, sizeof(struct gh_login));
    return context->login;
}

enum gh_status
gh_login_ask_reserve(struct gh_context *context)
{
    struct gh_login *login = context->login;
    const struct gh_param params[] = {
        gh_param_text(login->name), login->name_key,     login->device_key,
        login->device_at,           login->visit.client, login->sources};

    login->phase = GH_LOGIN_RESERVE;
    return gh_database_ask(context, &gh_stmt_sign_in_reserve, params,
                           GH_COUNT(params));
}

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

/* Has the password checked, on a thread of its own. */
static enum gh_status
ask_hash(struct gh_context *context)
{
    struct gh_login *login = context->login;
    const struct gh_settings_password *cost = &context->settings->password;
    struct gh_worker *worker = context->worker;
    const struct gh_hash_order order = {
        .settings = context->site->settings,
        .cost = {.memory_kib = cost->memory / 1024,
                 .passes = (unsigned)cost->passes},
        .phc = login->phc,
        .pepper_kid = login->pepper_id,
        .password = login->password,
        .new_password = login->new_password,
        /* Who is refused in any case is refused as fast as everybody. */
        .is_check_only = !gh_text_equal(login->status, GH_TEXT("active"))};
    enum gh_status status;

    login->phase = GH_LOGIN_HASH;
    status = gh_hashing_submit(context->place, &order, &worker->hashed,
                               context->task, &context->job);
    return status == GH_OK ? GH_WAIT : status;
}

/* Has it recorded that a stored password was put there by somebody else; it
 * counts as none. */
static enum gh_status
ask_unbound(struct gh_context *context, const struct gh_request *request)
{
    static const struct gh_audit_event event = {.event_z = "crypt_decrypt_fail",
                                                .reason_z = "stored password"};
    enum gh_status status = gh_event_ask(context, request, &event);

    context->login->phase = GH_LOGIN_UNBOUND;
    return status == GH_OK ? GH_WAIT : status;
}

enum gh_status
gh_login_after_unbound(struct gh_context *context)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    return ask_hash(context);
}

enum gh_status
gh_login_check(struct gh_context *context, const struct gh_request *request)
{
    const struct gh_login *login = context->login;

    if (!login->is_allowed)
        return gh_login_ask_fail(context, login->failure);
    if (login->is_unbound)
        return ask_unbound(context, request);
    return ask_hash(context);
}

/* Why a password that was checked does not lead in. */
static struct gh_text
refusal_of(const struct gh_login *login, bool is_match)
{
    if (!login->account_id.is_set)
        return GH_TEXT("unknown");
    if (gh_text_equal(login->status, GH_TEXT("disabled")))
        return GH_TEXT("disabled");
    if (gh_text_equal(login->status, GH_TEXT("locked")))
        return GH_TEXT("locked");
    if (!is_match || !gh_text_equal(login->status, GH_TEXT("active")))
        return GH_TEXT("wrong");
    return (struct gh_text){0};
}

/* What came of the check: why it does not lead in, or empty. A new hash, if
 * there is one, goes into login->rehashed. */
static enum gh_status
take_check(struct gh_context *context, struct gh_text *failure)
{
    struct gh_login *login = context->login;
    struct gh_hash_result result;
    enum gh_status status = gh_hashing_result(context->job, &result);

    if (status == GH_WAIT)
        return GH_WAIT;
    context->job = NULL;
    status = result.status;
    *failure = refusal_of(login, result.is_match);
    if (status == GH_OK && failure->len == 0)
        status = gh_arena_copy(context->arena, gh_text_of_z(result.rehashed_z),
                               &login->rehashed);
    gh_secret_wipe(&result, sizeof(result));
    return status;
}

enum gh_status
gh_login_after_hash(struct gh_context *context,
                    enum gh_status (*ask)(struct gh_context *context,
                                          struct gh_login *login))
{
    struct gh_login *login = context->login;
    struct gh_text failure;
    enum gh_status status = take_check(context, &failure);

    if (status != GH_OK)
        return status;
    if (failure.len > 0)
        return gh_login_ask_fail(context, failure);
    status =
        gh_session_make(context->settings->ring, login->host, login->account,
                        GH_LEVEL_PASSWORD, &login->session);
    if (status == GH_OK)
        status = ask(context, login);
    return status == GH_OK ? GH_WAIT : status;
}

enum gh_status
gh_login_bind(struct gh_context *context, struct gh_text *pepper_kid,
              unsigned char mac[GH_DIGEST_LEN])
{
    const struct gh_keys *keys = context->settings->ring;
    const struct gh_credential credential = {
        .account_id = context->login->account,
        .phc = context->login->rehashed,
        .pepper_kid = gh_keys_current(keys, GH_KEY_PEPPER)};

    *pepper_kid = credential.pepper_kid;
    return gh_credential_mac(keys, &credential, mac);
}

/* Whole seconds of a marker, as far as they go. */
static uint32_t
seconds(int64_t us)
{
    int64_t s = us / GH_SECOND_US;

    return s < 0 ? 0 : s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

enum gh_status
gh_login_cookies(struct gh_context *context, struct gh_text *out)
{
    const struct gh_login *login = context->login;
    const struct gh_marker marker = {.at_us = login->began_us,
                                     .since_s = seconds(login->since_us)};
    char at[GH_DEVICE_LEN];
    struct gh_buf device = gh_buf_over(at, sizeof(at));
    struct gh_buf lines;
    enum gh_status status =
        gh_device_make(context->settings->ring, login->name, &marker, &device);

    if (status == GH_OK)
        status = gh_buf_in(context->arena, COOKIES_MAX, &lines);
    if (status != GH_OK)
        return status;
    gh_cookie_write(&lines, context->settings->cookies.session,
                    (struct gh_text){login->session.token, GH_TOKEN_LEN}, 0);
    gh_cookie_write(&lines, gh_cookie_pre, (struct gh_text){0}, 0);
    gh_cookie_write(&lines, gh_cookie_device, gh_buf_text(&device),
                    DEVICE_LIFE_S);
    gh_assert(!lines.is_failed);
    *out = gh_buf_text(&lines);
    return GH_OK;
}
