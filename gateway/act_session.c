/* SPDX-License-Identifier: Apache-2.0
 *
 * The act that tells who is signed in, and for how long: scripts in JSON,
 * people on a page that warns them before their session ends and can keep it
 * alive. Owns nothing; looking does not count as activity, the button does.
 * The page looks again by itself only when that was asked for (WCAG 2.2.4);
 * what it says is what the database says. Called by step_act.
 */
#include "act.h"

#include "account_int.h"
#include "base/clock.h"
#include "core/csrf.h"
#include "core/session.h"
#include "database.h"
#include "event.h"
#include "login_page.h"
#include "reply.h"
#include "store/stmt.h"

#include "base/banned.h"

enum {
    JSON_MAX = 2048, /* bytes of the answer: names are bounded by the
                        database */
    MINUTE_S = 60,
    HOUR_S = 60 * MINUTE_S,
    FIELDS_MAX = 64,  /* bytes of the field that has it looked again */
    WARNING_MAX = 32, /* bytes of "10 minutes" */
};

static const struct gh_form_input inputs[] = {
    {GH_TEXT_INIT("csrf"), GH_INPUT_TOKEN, GH_CSRF_LEN, false},
};
static const struct gh_own_form form = {GH_TEXT_INIT("session"), inputs,
                                        GH_COUNT(inputs)};
static const struct gh_form_input watch = {GH_TEXT_INIT("watch"),
                                           GH_INPUT_TOKEN, 3, false};

/* --- for scripts -----------------------------------------------------------
 */

/* "name":"value" with a comma in front. */
static void
put_text(struct gh_buf *buf, struct gh_text name, struct gh_text value)
{
    gh_buf_lit(buf, ",\"");
    gh_buf_json(buf, name);
    gh_buf_lit(buf, "\":\"");
    gh_buf_json(buf, value);
    gh_buf_lit(buf, "\"");
}

/* "name":number with a comma in front; nothing is less than zero. */
static void
put_number(struct gh_buf *buf, struct gh_text name, int64_t value)
{
    gh_buf_lit(buf, ",\"");
    gh_buf_json(buf, name);
    gh_buf_lit(buf, "\":");
    gh_buf_number(buf, value < 0 ? 0 : (uint64_t)value);
}

static enum gh_status
say_in_json(struct gh_context *context, const struct gh_request *request,
            const struct gh_principal *principal, struct gh_outcome *out)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(context->arena, JSON_MAX, &buf);

    if (status != GH_OK)
        return status;
    if (principal->kind == GH_PRINCIPAL_ACCOUNT) {
        gh_buf_lit(&buf, "{\"is_signed_in\":true");
        put_text(&buf, GH_TEXT("account"), principal->account);
        put_text(&buf, GH_TEXT("name"), principal->display_name);
        put_text(&buf, GH_TEXT("session"), principal->reference);
        put_number(&buf, GH_TEXT("level"), principal->level);
        put_number(&buf, GH_TEXT("idle_left"), principal->idle_left_s);
        put_number(&buf, GH_TEXT("absolute_left"), principal->absolute_left_s);
        gh_buf_lit(&buf, "}\n");
    } else {
        gh_buf_lit(&buf, "{\"is_signed_in\":false}\n");
    }
    if (buf.is_failed)
        return gh_fault_note(context, GH_FAULT_BUG, "session does not fit", 0);
    return gh_reply_json(context, request, 200, gh_buf_text(&buf), &out->reply);
}

/* --- for people ------------------------------------------------------------
 */

static void
put_unit(struct gh_buf *buf, int64_t n, struct gh_text unit)
{
    gh_buf_number(buf, (uint64_t)n);
    gh_buf_lit(buf, " ");
    gh_buf_checked(buf, unit);
    if (n != 1)
        gh_buf_lit(buf, "s");
}

/* Seconds until it ends when nothing happens. */
static int64_t
left_of(const struct gh_principal *principal)
{
    int64_t left_s = principal->absolute_left_s < principal->idle_left_s
                         ? principal->absolute_left_s
                         : principal->idle_left_s;

    return left_s > 0 ? left_s : 0;
}

struct gh_text
gh_session_left(const struct gh_principal *principal,
                char at[GH_SESSION_LEFT_MAX])
{
    int64_t left_s = left_of(principal);
    struct gh_buf buf = gh_buf_over(at, GH_SESSION_LEFT_MAX);
    int64_t minutes = left_s % HOUR_S / MINUTE_S;

    if (left_s < MINUTE_S)
        gh_buf_lit(&buf, "less than a minute");
    if (left_s >= HOUR_S)
        put_unit(&buf, left_s / HOUR_S, GH_TEXT("hour"));
    if (left_s >= HOUR_S && minutes > 0)
        gh_buf_lit(&buf, " ");
    if (minutes > 0)
        put_unit(&buf, minutes, GH_TEXT("minute"));
    gh_assert(!buf.is_failed);
    return gh_buf_text(&buf);
}

/* When to look again: as the warning begins, then at each minute, and once
 * more when it is over. */
static int64_t
next_look_s(int64_t left_s, int64_t warn_s)
{
    if (left_s > warn_s)
        return left_s - warn_s + 1;
    return left_s % MINUTE_S + 1;
}

/* How long before the end the person wants to be warned, in words; empty: not
 * at all. The bytes are in at. */
static struct gh_text
write_warning(const struct gh_preference *preference, char at[WARNING_MAX])
{
    struct gh_buf buf = gh_buf_over(at, WARNING_MAX);

    if (preference->warn_minutes > 0)
        put_unit(&buf, preference->warn_minutes, GH_TEXT("minute"));
    return gh_buf_text(&buf);
}

/* The page of somebody who is signed in. */
static enum gh_status
show_session(struct gh_context *context, const struct gh_exchange *so_far,
             bool is_watched, struct gh_reply *out)
{
    const struct gh_principal *principal = &so_far->principal;
    bool is_full = principal->absolute_left_s <= principal->idle_left_s;
    int64_t left_s = left_of(principal);
    int64_t warn_s = principal->preference.warn_minutes * MINUTE_S;
    bool is_soon = warn_s > 0 && left_s <= warn_s;
    char paths[3][GH_OWN_PATH_MAX];
    char when[GH_MOMENT_MAX];
    char words[GH_SESSION_LEFT_MAX];
    char warning[WARNING_MAX];
    char fields_at[FIELDS_MAX];
    char token[GH_CSRF_LEN];
    struct gh_text left = gh_session_left(principal, words);
    struct gh_buf fields = gh_buf_over(fields_at, sizeof(fields_at));
    struct gh_buf csrf = gh_buf_over(token, sizeof(token));
    enum gh_status status = gh_csrf_make(context->settings->ring, form.purpose,
                                         principal->reference, &csrf);

    if (status != GH_OK)
        return status;
    if (is_watched) {
        gh_buf_lit(&fields, "Refresh: ");
        gh_buf_number(&fields, (uint64_t)next_look_s(left_s, warn_s));
        gh_buf_lit(&fields, "\r\n");
    }
    const struct gh_page_value values[] = {
        {GH_TEXT("username"), principal->account},
        {GH_TEXT("csrf"), gh_buf_text(&csrf)},
        {GH_TEXT("timing"),
         gh_own_path(context, GH_TEXT("/session"), paths[0])},
        {GH_TEXT("action"), gh_own_path(context, GH_TEXT("/logout"), paths[1])},
        {GH_TEXT("left"), left},
        {GH_TEXT("alert"), is_soon ? left : (struct gh_text){0}},
        {GH_TEXT("when"), gh_moment(principal->now_us + left_s * GH_SECOND_US,
                                    principal->preference.utc_offset_s, when)},
        {GH_TEXT("warning"), write_warning(&principal->preference, warning)},
        {GH_TEXT("preferences"),
         gh_own_path(context, GH_TEXT("/account/preferences"), paths[2])},
        {GH_TEXT("full"), is_full ? GH_TEXT("yes") : (struct gh_text){0}},
        {GH_TEXT("watch"), is_watched ? GH_TEXT("yes") : (struct gh_text){0}},
    };

    return gh_reply_page(
        context, &so_far->request,
        &(struct gh_reply_page){.status = 200,
                                .layout = context->settings->session_page,
                                .values = values,
                                .n_values = GH_COUNT(values),
                                .fields = gh_buf_text(&fields)},
        out);
}

/* The page of somebody whose session is over, or who had none. */
static enum gh_status
show_end(struct gh_context *context, const struct gh_request *request,
         const struct gh_principal *principal, struct gh_reply *out)
{
    char at[GH_OWN_PATH_MAX];
    const struct gh_page_value values[] = {
        {GH_TEXT("notice"), gh_login_notice(gh_nobody_word(principal->nobody))},
        {GH_TEXT("action"), gh_own_path(context, GH_TEXT("/login"), at)},
    };

    return gh_reply_page(
        context, request,
        &(struct gh_reply_page){.status = 200,
                                .layout = context->settings->session_page,
                                .values = values,
                                .n_values = GH_COUNT(values)},
        out);
}

/* Whether the address asks for the page to look again by itself. */
static enum gh_status
read_watch(struct gh_context *context, const struct gh_request *request,
           bool *out)
{
    struct gh_text value;
    enum gh_status status = gh_account_query(context, request, &watch, &value);

    if (status == GH_OK)
        *out = gh_text_equal(value, GH_TEXT("yes"));
    return status;
}

enum gh_status
act_session(struct gh_context *context, const struct gh_exchange *so_far,
            struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    const struct gh_principal *principal = &so_far->principal;
    bool is_watched = false;
    enum gh_status status;

    if (principal->kind == GH_PRINCIPAL_UNKNOWN)
        return act_refuse(context, request, 503, out);
    out->kind = GH_OUTCOME_REPLY;
    if (!request->is_navigation)
        return say_in_json(context, request, principal, out);
    if (principal->kind != GH_PRINCIPAL_ACCOUNT)
        return show_end(context, request, principal, &out->reply);
    status = read_watch(context, request, &is_watched);
    if (status != GH_OK)
        return status;
    /* Who does not want to be warned has nothing to watch for. */
    if (principal->preference.warn_minutes == 0)
        is_watched = false;
    return show_session(context, so_far, is_watched, &out->reply);
}

/* --- the button ------------------------------------------------------------
 */

/* Has it noted that the person is there. */
static enum gh_status
ask_seen(struct gh_context *context, const struct gh_principal *principal)
{
    const struct gh_param id = gh_param_int8(principal->session_id);
    const struct gh_param at = gh_param_timestamptz(principal->now_us);
    struct gh_param params[2];
    enum gh_status status =
        gh_param_array(context->arena, GH_SQL_INT8, &id, 1, &params[0]);

    if (status == GH_OK)
        status = gh_param_array(context->arena, GH_SQL_TIMESTAMPTZ, &at, 1,
                                &params[1]);
    if (status == GH_OK)
        status = gh_database_ask(context, &gh_stmt_session_seen, params,
                                 GH_COUNT(params));
    return status == GH_OK ? GH_WAIT : status;
}

enum gh_status
act_session_stay(struct gh_context *context, const struct gh_exchange *so_far,
                 struct gh_outcome *out)
{
    static const struct gh_audit_event not_ours = {.event_z = "malicious_csrf",
                                                   .reason_z = "session form"};
    const struct gh_request *request = &so_far->request;
    struct gh_text values[GH_COUNT(inputs)];
    const struct gh_rows *rows;
    bool is_watched = false;
    enum gh_status status;

    if (so_far->principal.kind != GH_PRINCIPAL_ACCOUNT)
        return gh_account_turn_away(context, so_far, out);
    if (request->body == GH_REQUEST_STREAM)
        return act_refuse(context, request, 411, out);
    if (context->query == NULL) {
        status = gh_guard_own_form(context, so_far, &form, values);
        if (status == GH_MALFORMED)
            return gh_event_ask_refusal(context, request, &not_ours, 403);
        return status == GH_OK ? ask_seen(context, &so_far->principal) : status;
    }
    status = gh_database_answer(context, &rows);
    if (status == GH_WAIT)
        return GH_WAIT;
    gh_database_done(context);
    if (status != GH_OK)
        return gh_is_fault(status) ? status : GH_FAULT_DB;
    if (context->refusal != 0)
        return act_refuse(context, request, context->refusal, out);
    status = read_watch(context, request, &is_watched);
    if (status != GH_OK)
        return status;
    return gh_account_lead_on(
        context, so_far,
        is_watched ? GH_TEXT("/session?watch=yes") : GH_TEXT("/session"), out);
}
