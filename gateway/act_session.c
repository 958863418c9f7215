/* SPDX-License-Identifier: Apache-2.0
 *
 * The acts that tell who is signed in: /session for scripts and applications,
 * /account for the person. Owns nothing; asking does not count as activity.
 * Called by step_act.
 */
#include "act.h"

#include <time.h>

#include "reply.h"

#include "base/banned.h"

enum {
    WHEN_MAX = 32,       /* bytes of a moment in words */
    PATH_MAX_OURS = 128, /* bytes of a path of ours */
    JSON_MAX = 2048,     /* bytes of the answer: names are bounded by the
                            database */
};

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

enum gh_status
act_session(struct gh_context *context, const struct gh_request *request,
            const struct gh_principal *principal, struct gh_outcome *out)
{
    struct gh_buf buf;
    enum gh_status status;

    if (principal->kind == GH_PRINCIPAL_UNKNOWN)
        return act_refuse(context, request, 503, out);
    status = gh_buf_in(context->arena, JSON_MAX, &buf);
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
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_json(context, request, 200, gh_buf_text(&buf), &out->reply);
}

/* "2026-11-23 08:41:07 UTC"; empty for no moment. */
static struct gh_text
moment(int64_t at_us, char at[WHEN_MAX])
{
    time_t seconds = (time_t)(at_us / 1000000);
    struct tm utc;

    if (at_us == 0 || gmtime_r(&seconds, &utc) == NULL)
        return (struct gh_text){0};
    return (struct gh_text){
        .at = at, .len = strftime(at, WHEN_MAX, "%Y-%m-%d %H:%M:%S UTC", &utc)};
}

enum gh_status
act_account(struct gh_context *context, const struct gh_request *request,
            const struct gh_principal *principal, struct gh_outcome *out)
{
    char when[WHEN_MAX];
    char digits[24];
    char path[PATH_MAX_OURS];
    struct gh_buf failures = gh_buf_over(digits, sizeof(digits));
    struct gh_buf action = gh_buf_over(path, sizeof(path));

    if (principal->kind == GH_PRINCIPAL_UNKNOWN)
        return act_refuse(context, request, 503, out);
    if (principal->kind != GH_PRINCIPAL_ACCOUNT)
        return act_sign_in(context, request, principal, out);
    if (principal->failures_before > 0)
        gh_buf_number(&failures, (uint64_t)principal->failures_before);
    /* base_path was checked when the configuration was read. */
    gh_buf_checked(&action, context->settings->gateway.base_path);
    gh_buf_lit(&action, "/logout");
    const struct gh_page_value values[] = {
        {GH_TEXT("username"), principal->account},
        {GH_TEXT("name"), principal->display_name},
        {GH_TEXT("previous"), moment(principal->previous_at_us, when)},
        {GH_TEXT("client"), principal->previous_client},
        {GH_TEXT("failures"), gh_buf_text(&failures)},
        {GH_TEXT("action"), gh_buf_text(&action)},
    };

    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_page(
        context, request,
        &(struct gh_reply_page){.status = 200,
                                .layout = context->settings->account,
                                .values = values,
                                .n_values = GH_COUNT(values)},
        &out->reply);
}
