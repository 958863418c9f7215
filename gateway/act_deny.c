/* SPDX-License-Identifier: Apache-2.0
 *
 * The act that says no: to whom, for which application, under which reference,
 * and the way to sign in as somebody else; after it is in the trail. To whom
 * more was given since their token it says to ask again, with the next one.
 * Owns nothing. Called by step_act for what the rules deny.
 */
#include "act.h"

#include "estate.h"
#include "event.h"
#include "login_page.h"
#include "message.h"
#include "reply.h"

#include "base/banned.h"

/* The condition that does not hold, and what it means in words; both empty
 * when that is not why. */
struct obstacle {
    struct gh_text condition;
    struct gh_text meaning;
};

static struct obstacle
find_obstacle(const struct gh_context *context,
              const struct gh_decision *decision)
{
    const struct gh_rules *rules = gh_context_rules(context);

    if (rules == NULL)
        return (struct obstacle){0};
    return (struct obstacle){.condition = gh_policy_condition(rules, decision),
                             .meaning = gh_policy_meaning(rules, decision)};
}

/* {"status":403,"reason":"denied",…} for scripts. */
static enum gh_status
say_denied(struct gh_context *context, const struct gh_exchange *so_far,
           struct gh_reply *out)
{
    struct gh_text application = so_far->decision.application->name;
    struct gh_text account = so_far->principal.account;
    struct gh_text condition =
        find_obstacle(context, &so_far->decision).condition;
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(
        context->arena,
        256 + 2 * (application.len + account.len + condition.len), &buf);

    if (status != GH_OK)
        return status;
    gh_buf_lit(&buf, "{\"status\":403,\"reason\":\"denied\",");
    if (condition.len > 0) {
        gh_buf_lit(&buf, "\"condition\":\"");
        gh_buf_json(&buf, condition);
        gh_buf_lit(&buf, "\",");
    }
    gh_buf_lit(&buf, "\"application\":\"");
    gh_buf_json(&buf, application);
    gh_buf_lit(&buf, "\",\"account\":\"");
    gh_buf_json(&buf, account);
    gh_buf_lit(&buf, "\",\"exchange\":\"");
    gh_buf_json(&buf, gh_text_of_z(context->id));
    gh_buf_lit(&buf, "\"}\n");
    return gh_reply_json(context, &so_far->request, 403, gh_buf_text(&buf),
                         out);
}

/* The page for people. */
static enum gh_status
show_denied(struct gh_context *context, const struct gh_exchange *so_far,
            struct gh_reply *out)
{
    bool is_closed = so_far->decision.reason == GH_REASON_CONDITION;
    const struct gh_message *message =
        is_closed ? gh_message_closed() : gh_message_denied();
    struct gh_text meaning = find_obstacle(context, &so_far->decision).meaning;
    struct gh_text other = {0};
    enum gh_status status = GH_OK;

    if (context->worker->database != NULL)
        status = gh_login_address_of(context, &so_far->request,
                                     (struct gh_text){0}, &other);
    if (status != GH_OK)
        return status;
    const struct gh_page_value values[] = {
        {GH_TEXT("title"), message->title},
        {GH_TEXT("heading"), message->heading},
        {GH_TEXT("text"), message->text},
        {GH_TEXT("when"), meaning},
        {GH_TEXT("hint"), message->hint},
        {GH_TEXT("status"), GH_TEXT("403")},
        {GH_TEXT("reason"), gh_reason_of(403)},
        {GH_TEXT("exchange"), gh_text_of_z(context->id)},
        {GH_TEXT("application"), so_far->decision.application->name},
        {GH_TEXT("username"), so_far->principal.account},
        {GH_TEXT("action"), other},
    };

    return gh_reply_page(
        context, &so_far->request,
        &(struct gh_reply_page){.status = 403,
                                .layout = context->settings->layout,
                                .values = values,
                                .n_values = GH_COUNT(values)},
        out);
}

/* The status of what the rules deny. */
static unsigned
status_of(enum gh_reason reason)
{
    switch (reason) {
    case GH_REASON_NOT_MOUNTED:
        return 404;
    case GH_REASON_AMBIGUOUS:
        return 400;
    case GH_REASON_NO_RULE:
    case GH_REASON_NO_ROLE:
    case GH_REASON_CONDITION:
    case GH_REASON_RULE:
    case GH_REASON_OWN_PAGE:
    case GH_REASON_NOBODY:
    case GH_REASON_AGE:
    case GH_REASON_UNKNOWN:
        break;
    }
    return 403;
}

enum gh_status
act_deny(struct gh_context *context, const struct gh_exchange *so_far,
         struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    unsigned code = status_of(so_far->decision.reason);
    enum gh_status status;

    if (code != 403 || so_far->decision.application == NULL)
        return act_refuse(context, request, code, out);
    /* The next token may be for what this one is denied. Who was offered it and
     * does not take it may ask for anything that way: that is no secret. */
    status =
        so_far->principal.is_offered ? gh_event_denied(context, so_far) : GH_OK;
    if (status != GH_OK)
        return status;
    status = act_lead_back(context, so_far, out);
    if (status != GH_NONE)
        return status;
    status = gh_event_denied(context, so_far);
    if (status != GH_OK)
        return status;
    out->kind = GH_OUTCOME_REPLY;
    if (request->wants_json)
        return say_denied(context, so_far, &out->reply);
    return show_denied(context, so_far, &out->reply);
}
