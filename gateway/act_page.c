/* SPDX-License-Identifier: Apache-2.0
 *
 * Acts that end in an answer of our own: a refusal, the style sheet. Owns
 * nothing. Called by step_act.
 */
#include "act.h"

#include "reply.h"

#include "base/banned.h"

enum gh_status
act_refuse(struct gh_context *context, const struct gh_request *request,
           unsigned status, struct gh_outcome *out)
{
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_message(context, request, status, &out->reply);
}

/* True for GET and HEAD: what reads. */
static bool
is_read(const struct gh_request *request)
{
    return request->is_head || gh_text_equal(request->method, GH_TEXT("GET"));
}

enum gh_status
act_own(struct gh_context *context, const struct gh_request *request,
        struct gh_outcome *out)
{
    struct gh_text rest = gh_text_from(
        request->target.path, context->settings->gateway.base_path.len);

    if (!gh_text_equal(rest, GH_TEXT("/static/style.css")))
        return act_refuse(context, request, 404, out);
    if (!is_read(request))
        return act_refuse(context, request, 405, out);
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_style(context, request, &out->reply);
}
