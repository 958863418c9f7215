/* SPDX-License-Identifier: Apache-2.0
 *
 * The act that only says what it would do, to a web server that carries the
 * traffic itself (nginx auth_request): 200 with who asks, 401, 403, or 503
 * when it cannot be said. Everything else would be an error there. Owns
 * nothing. Called by step_act.
 */
#include "act.h"

#include "event.h"
#include "identity.h"
#include "reply.h"

#include "base/banned.h"

enum {
    OURS_MAX = 128, /* bytes of the fields beside identity and cookies */
};

/* An answer without a body. */
static enum gh_status
say(struct gh_context *context, unsigned status, struct gh_text fields,
    struct gh_outcome *out)
{
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_verdict(context, status, fields, &out->reply);
}

/* 200, under the names that its configuration reads, with what it hands to the
 * application: who asks, the id of the exchange, and the client's cookies
 * without ours. */
static enum gh_status
say_permit(struct gh_context *context, const struct gh_exchange *so_far,
           struct gh_outcome *out)
{
    struct gh_text cookies = so_far->request.cookies;
    struct gh_identity identity;
    struct gh_buf buf;
    enum gh_status status =
        gh_identity_of(context, &so_far->principal, &identity);

    if (status == GH_OK)
        status = gh_buf_in(context->arena,
                           identity.size + OURS_MAX + cookies.len, &buf);
    if (status != GH_OK)
        return status;
    gh_identity_write(&buf, &identity, GH_PRESET_REMOTE);
    gh_buf_lit(&buf, "X-Request-Id: ");
    gh_buf_header(&buf, gh_text_of_z(context->id));
    gh_buf_lit(&buf, "\r\nX-Gatehouse-Cookies: ");
    gh_buf_header(&buf, cookies);
    gh_buf_lit(&buf, "\r\n");
    if (buf.is_failed)
        return gh_fault_note(context, GH_FAULT_BUG, "fields do not fit", 0);
    return say(context, 200, gh_buf_text(&buf), out);
}

enum gh_status
act_verdict(struct gh_context *context, const struct gh_exchange *so_far,
            struct gh_outcome *out)
{
    const struct gh_text none = {0};
    unsigned stop = so_far->stop.status;
    enum gh_status status;

    if (stop != 0)
        return say(context, stop >= 500 ? 503 : 403, none, out);
    switch (so_far->decision.verdict) {
    case GH_DENY:
        break;
    case GH_PERMIT:
        return say_permit(context, so_far, out);
    case GH_SIGN_IN:
        return say(context, 401, none, out);
    case GH_UNSURE:
        return say(context, 503, none, out);
    }
    status = gh_event_denied(context, so_far);
    if (status != GH_OK)
        return status;
    return say(context, 403, none, out);
}
