/* SPDX-License-Identifier: Apache-2.0
 *
 * The act that tells scripts and applications who is signed in. Owns nothing;
 * asking does not count as activity. Called by step_act.
 */
#include "act.h"

#include "reply.h"

#include "base/banned.h"

enum {
    JSON_MAX = 2048, /* bytes of the answer: names are bounded by the
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
