/* SPDX-License-Identifier: Apache-2.0
 *
 * The act of signing in: shows the form, takes it, reserves a guess, checks
 * the password, begins the session. Owns what struct gh_login keeps between
 * its runs. Refuses forms of others and guesses over the limit; what is
 * refused looks and costs the same whether the account exists, is disabled
 * or locked, or the password is wrong. Called by step_act until it is done.
 *
 * Each step of it is one SQL function: sign_in_reserve counts the guess
 * before it is checked, sign_in_succeed makes session and audit rows
 * together, sign_in_fail records.
 */
#include "act.h"

#include <string.h>

#include "base/precis.h"
#include "core/csrf.h"
#include "core/session.h"
#include "database.h"
#include "guard.h"
#include "hashing.h"
#include "login_page.h"
#include "reply.h"
#include "visit.h"
#include "web/form.h"
#include "web/local.h"

#include "base/banned.h"

enum {
    FORM_MAX = 16 * 1024,        /* bytes of a form */
    DEVICE_LIFE_S = 180 * 86400, /* seconds that a device is remembered */
    COOKIES_MAX = 1024,          /* bytes of the cookie lines of a sign-in */
};

/* How far a sign-in has come. */
enum phase {
    PHASE_BEGIN = 0, /* nothing was asked yet */
    PHASE_RESERVE,   /* the guess is being counted */
    PHASE_HASH,      /* the password is being checked */
    PHASE_SUCCEED,   /* the session is being made */
    PHASE_FAIL,      /* the failure is being recorded */
};

struct gh_login {
    enum phase phase;
    struct gh_text username;    /* as typed */
    struct gh_text name;        /* in its one form; empty: cannot be one */
    struct gh_text password;    /* in its one form, or as typed */
    struct gh_text return_to;   /* judged */
    struct gh_visit visit;      /* for the audit rows */
    struct gh_param name_key;   /* MAC of the name */
    struct gh_param device_key; /* MAC of the device marker, or null */
    struct gh_param sources;    /* MACs of the client's networks */
    bool is_allowed;            /* the guess may be checked */
    bool is_source;             /* too many guesses from this network */
    bool is_first_refusal;      /* a limit was just reached */
    struct gh_param account_id; /* null: no such account */
    int64_t account;            /* the same as a number */
    int64_t version;            /* of the credential that is checked */
    struct gh_text status;      /* of the account */
    struct gh_text phc;         /* stored password; empty: none that counts */
    struct gh_text pepper_id;   /* below it */
    struct gh_new_session session; /* about to begin */
};

enum input {
    INPUT_USERNAME,
    INPUT_PASSWORD,
    INPUT_CSRF,
    INPUT_RETURN_TO,
    N_INPUTS,
};

static const struct gh_form_input inputs[N_INPUTS] = {
    [INPUT_USERNAME] = {GH_TEXT_INIT("username"), GH_INPUT_TEXT, 1024, true},
    [INPUT_PASSWORD] = {GH_TEXT_INIT("password"), GH_INPUT_SECRET, 4096, true},
    [INPUT_CSRF] = {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, GH_CSRF_LEN, false},
    [INPUT_RETURN_TO] = {GH_TEXT_INIT("return_to"), GH_INPUT_SECRET,
                         GH_LOCAL_MAX, false},
};

static const struct gh_form_input query_inputs[] = {
    {GH_TEXT_INIT("return_to"), GH_INPUT_SECRET, GH_LOCAL_MAX, false},
    {GH_TEXT_INIT("reason"), GH_INPUT_TOKEN, 32, false},
};

enum gh_status
act_login_form(struct gh_context *context, const struct gh_request *request,
               struct gh_outcome *out)
{
    struct gh_text values[GH_COUNT(query_inputs)] = {{0}};
    struct gh_login_page page = {.status = 200};
    struct gh_text query = gh_text_from(request->target.query, 1);
    enum gh_status status = GH_MALFORMED;

    /* Whatever else is in the query, passwords included, is not looked at. */
    if (query.len > 0)
        status = gh_form_parse(context->arena, query, query_inputs,
                               GH_COUNT(query_inputs), values);
    if (gh_is_fault(status))
        return status;
    if (status != GH_OK)
        memset(values, 0, sizeof(values));
    page.notice = gh_login_notice(values[1]);
    status =
        gh_local_parse(context->arena, values[0],
                       context->settings->gateway.base_path, &page.return_to);
    if (status != GH_OK)
        return status;
    out->kind = GH_OUTCOME_REPLY;
    return gh_login_page(context, request, &page, &out->reply);
}

/* The form again, with what went wrong. */
static enum gh_status
show_again(struct gh_context *context, const struct gh_request *request,
           unsigned http_status, struct gh_text alert, struct gh_outcome *out)
{
    const struct gh_login *login = context->login;
    const struct gh_login_page page = {.status = http_status,
                                       .alert = alert,
                                       .username = login->username,
                                       .return_to = login->return_to};

    out->kind = GH_OUTCOME_REPLY;
    return gh_login_page(context, request, &page, &out->reply);
}

/* Takes the form apart. GH_MALFORMED, GH_LIMIT: it is none of ours. */
static enum gh_status
read_form(struct gh_context *context, const struct gh_body *body,
          struct gh_login *login, struct gh_text *csrf)
{
    struct gh_text values[N_INPUTS];
    enum gh_status status = gh_form_parse(context->arena, gh_body_waiting(body),
                                          inputs, N_INPUTS, values);

    if (status != GH_OK)
        return status;
    login->username = values[INPUT_USERNAME];
    login->password = values[INPUT_PASSWORD];
    *csrf = values[INPUT_CSRF];
    return gh_local_parse(context->arena, values[INPUT_RETURN_TO],
                          context->settings->gateway.base_path,
                          &login->return_to);
}

/* Names and passwords in the one form in which they are compared. What has
 * none cannot match; it goes the same way all the same. */
static enum gh_status
normalise(struct gh_context *context, struct gh_login *login)
{
    struct gh_text password;
    enum gh_status status =
        gh_precis_account(context->arena, login->username, &login->name);

    if (gh_is_fault(status))
        return status;
    if (status != GH_OK)
        login->name = (struct gh_text){0};
    status = gh_precis_password(context->arena, login->password, &password);
    if (gh_is_fault(status))
        return status;
    if (status == GH_OK)
        login->password = password;
    else
        login->name = (struct gh_text){0};
    return GH_OK;
}

/* A MAC under the log key as a parameter. */
static enum gh_status
make_key(struct gh_context *context, struct gh_text what, struct gh_text value,
         struct gh_param *out)
{
    unsigned char *key = gh_arena_new(context->arena, GH_DIGEST_LEN);
    const struct gh_text current = {0};
    const struct gh_text parts[] = {what, value};

    if (key == NULL)
        return GH_FAULT_MEMORY;
    *out = gh_param_bytea(
        (struct gh_text){.at = (const char *)key, .len = GH_DIGEST_LEN});
    return gh_keys_mac(context->settings->ring, GH_KEY_LOG, current, parts,
                       GH_COUNT(parts), key);
}

/* The lanes that this guess is counted in. */
static enum gh_status
make_keys(struct gh_context *context, const struct gh_request *request,
          struct gh_login *login)
{
    struct gh_text name = login->name.len > 0 ? login->name : login->username;
    enum gh_status status =
        make_key(context, GH_TEXT("name"), name, &login->name_key);

    login->device_key = gh_param_null(GH_SQL_BYTEA);
    if (status == GH_OK)
        status = gh_visit_sources(context, request, &login->sources);
    if (status != GH_OK || login->name.len == 0 || request->device.len == 0)
        return status;
    status =
        gh_device_check(context->settings->ring, login->name, request->device);
    if (status == GH_MALFORMED)
        return GH_OK;
    if (status == GH_OK)
        status = make_key(context, GH_TEXT("device"), request->device,
                          &login->device_key);
    return status;
}

/* Asks whether the guess may be checked, which counts it. */
static enum gh_status
ask_reserve(struct gh_context *context, struct gh_login *login)
{
    const struct gh_param params[] = {gh_param_text(login->name),
                                      login->name_key, login->device_key,
                                      login->visit.client, login->sources};

    login->phase = PHASE_RESERVE;
    return gh_database_ask(context, &gh_stmt_sign_in_reserve, params,
                           GH_COUNT(params));
}

/* Records that somebody else's page sent the form, and refuses it. */
static enum gh_status
refuse_form(struct gh_context *context, const struct gh_request *request,
            struct gh_outcome *out)
{
    gh_log_say(context->worker->log, GH_LOG_WARNING, "malicious_csrf",
               "a sign-in form that none of our pages sent");
    return act_refuse(context, request, 403, out);
}

/* The first run: the form itself. */
static enum gh_status
begin(struct gh_context *context, const struct gh_request *request,
      const struct gh_body *body, struct gh_outcome *out)
{
    struct gh_login *login = context->login;
    struct gh_guard guard = {.purpose = GH_TEXT("login"),
                             .subject = request->pre};
    struct gh_text type = gh_request_field(request, GH_TEXT("Content-Type"));
    enum gh_status status;

    if (!gh_form_is_type(type))
        return act_refuse(context, request, 415, out);
    if (request->body == GH_REQUEST_STREAM)
        return act_refuse(context, request, 411, out);
    if (request->length > FORM_MAX)
        return act_refuse(context, request, 413, out);
    status = read_form(context, body, login, &guard.token);
    if (status == GH_MALFORMED || status == GH_LIMIT)
        return act_refuse(context, request, 400, out);
    if (status != GH_OK)
        return status;

    status =
        gh_pre_check(context->settings->ring, gh_wall_clock_s(), request->pre);
    if (status == GH_EXPIRED)
        return show_again(context, request, 200,
                          GH_TEXT("This page was open for too long. Please "
                                  "sign in again."),
                          out);
    if (status == GH_OK)
        status = gh_guard_form(context, request, &guard);
    if (status == GH_MALFORMED)
        return refuse_form(context, request, out);
    if (status == GH_OK)
        status = normalise(context, login);
    if (status == GH_OK)
        status = make_keys(context, request, login);
    if (status == GH_OK)
        status = gh_visit_of(context, request, &login->visit);
    if (status == GH_OK)
        status = ask_reserve(context, login);
    return status == GH_OK ? GH_WAIT : status;
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
    if (!is_bound && login->phc.len > 0)
        gh_log_say(context->worker->log, GH_LOG_ERROR, "crypt_decrypt_fail",
                   "a stored password was not written by Gatehouse");
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

/* The whole reservation. */
static enum gh_status
read_reservation(struct gh_context *context, const struct gh_rows *rows,
                 struct gh_login *login)
{
    struct gh_text refusal;
    enum gh_status status =
        gh_row_bool(rows, 0, GH_RESERVE_IS_ALLOWED, &login->is_allowed);

    if (status == GH_OK)
        status = gh_row_bool(rows, 0, GH_RESERVE_IS_FIRST_REFUSAL,
                             &login->is_first_refusal);
    if (status == GH_OK)
        status = read_text(context, rows, GH_RESERVE_REFUSAL, &refusal);
    if (status == GH_OK)
        status = read_account(context, rows, login);
    if (status == GH_OK)
        login->is_source = gh_text_equal(refusal, GH_TEXT("source"));
    return status;
}

/* Has the failure recorded. */
static enum gh_status
ask_fail(struct gh_context *context, struct gh_text reason)
{
    struct gh_login *login = context->login;
    const struct gh_param params[] = {
        login->name_key,       login->account_id,
        gh_param_text(reason), gh_param_bool(login->is_first_refusal),
        login->visit.client,   login->visit.user_agent,
        login->visit.entry,    login->visit.exchange,
        login->visit.node};
    enum gh_status status = gh_database_ask(context, &gh_stmt_sign_in_fail,
                                            params, GH_COUNT(params));

    login->phase = PHASE_FAIL;
    return status == GH_OK ? GH_WAIT : status;
}

/* Has the password checked, on a thread of its own. */
static enum gh_status
ask_hash(struct gh_context *context, struct gh_login *login)
{
    const struct gh_settings_password *cost = &context->settings->password;
    struct gh_worker *worker = context->worker;
    const struct gh_hash_order order = {
        .keys = context->settings->ring,
        .cost = {.memory_kib = cost->memory / 1024,
                 .passes = (unsigned)cost->passes},
        .phc = login->phc,
        .pepper_kid = login->pepper_id,
        .password = login->password};

    login->phase = PHASE_HASH;
    return gh_hashing_submit(worker->gateway->hashing, &order, &worker->hashed,
                             context->task, &context->job);
}

/* The reservation has come: checks the password, or records the refusal. */
static enum gh_status
after_reserve(struct gh_context *context, const struct gh_request *request,
              struct gh_outcome *out)
{
    struct gh_login *login = context->login;
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status == GH_OK)
        status = read_reservation(context, rows, login);
    gh_database_done(context);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    if (!login->is_allowed)
        return ask_fail(context, GH_TEXT("throttled"));
    status = ask_hash(context, login);
    if (status == GH_LIMIT)
        return act_refuse(context, request, 503, out);
    return status == GH_OK ? GH_WAIT : status;
}

/* Has the session made, together with its audit rows. */
static enum gh_status
ask_succeed(struct gh_context *context, struct gh_login *login)
{
    const struct gh_settings_session *limits = &context->settings->session;
    const struct gh_new_session *session = &login->session;
    struct gh_text old = context->token_hash;
    const struct gh_param params[] = {
        login->account_id,
        gh_param_int8(login->version),
        login->name_key,
        login->device_key,
        login->sources,
        gh_param_bytea((struct gh_text){(const char *)session->token_hash,
                                        sizeof(session->token_hash)}),
        gh_param_bytea((struct gh_text){(const char *)session->reference,
                                        sizeof(session->reference)}),
        gh_param_bytea((struct gh_text){(const char *)session->binding,
                                        sizeof(session->binding)}),
        old.len > 0 ? gh_param_bytea(old) : gh_param_null(GH_SQL_BYTEA),
        login->visit.client,
        login->visit.user_agent,
        login->visit.entry,
        login->visit.exchange,
        login->visit.node,
        gh_param_interval((int64_t)limits->idle),
        gh_param_interval((int64_t)limits->absolute),
        gh_param_int4((int32_t)limits->per_account)};

    login->phase = PHASE_SUCCEED;
    return gh_database_ask(context, &gh_stmt_sign_in_succeed, params,
                           GH_COUNT(params));
}

/* Why a password that was checked does not lead in. */
static struct gh_text
failure_of(const struct gh_login *login, bool is_match)
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

/* The password was checked. */
static enum gh_status
after_hash(struct gh_context *context)
{
    struct gh_login *login = context->login;
    struct gh_hash_result result;
    struct gh_text failure;
    enum gh_status status = gh_hashing_result(context->job, &result);

    if (status == GH_WAIT)
        return GH_WAIT;
    context->job = NULL;
    if (result.status != GH_OK)
        return result.status;
    failure = failure_of(login, result.is_match);
    if (failure.len > 0)
        return ask_fail(context, failure);
    status = gh_session_make(context->settings->ring, login->account,
                             GH_LEVEL_PASSWORD, &login->session);
    if (status == GH_OK)
        status = ask_succeed(context, login);
    return status == GH_OK ? GH_WAIT : status;
}

/* The cookies of somebody who has just signed in. */
static enum gh_status
write_cookies(struct gh_context *context, struct gh_text *out)
{
    const struct gh_login *login = context->login;
    char marker[GH_DEVICE_LEN];
    struct gh_buf device = gh_buf_over(marker, sizeof(marker));
    struct gh_buf lines;
    enum gh_status status =
        gh_device_make(context->settings->ring, login->name, &device);

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

/* The session is there, with its audit rows: the person may know. */
static enum gh_status
after_succeed(struct gh_context *context, const struct gh_request *request,
              struct gh_outcome *out)
{
    struct gh_text cookies;
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    /* The account or its password changed while the guess was checked. */
    if (status == GH_CONFLICT)
        return ask_fail(context, GH_TEXT("wrong"));
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    status = write_cookies(context, &cookies);
    if (status != GH_OK)
        return status;
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_see_other(context, request, context->login->return_to,
                              cookies, &out->reply);
}

/* The failure is recorded: the form again, always with the same words. */
static enum gh_status
after_fail(struct gh_context *context, const struct gh_request *request,
           struct gh_outcome *out)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    return show_again(context, request, context->login->is_source ? 429 : 401,
                      GH_TEXT("Sign-in failed. Check the user name and the "
                              "password."),
                      out);
}

enum gh_status
act_login(struct gh_context *context, const struct gh_request *request,
          const struct gh_body *body, struct gh_outcome *out)
{
    if (context->login == NULL)
        context->login = gh_arena_new(context->arena, sizeof(struct gh_login));
    if (context->login == NULL)
        return GH_FAULT_MEMORY;

    switch (context->login->phase) {
    case PHASE_BEGIN:
        return begin(context, request, body, out);
    case PHASE_RESERVE:
        return after_reserve(context, request, out);
    case PHASE_HASH:
        return after_hash(context);
    case PHASE_SUCCEED:
        return after_succeed(context, request, out);
    case PHASE_FAIL:
        return after_fail(context, request, out);
    }
    return GH_FAULT_BUG;
}
