/* SPDX-License-Identifier: Apache-2.0
 *
 * The acts that only say what they would do, to a web server that carries the
 * traffic itself. nginx (auth_request) knows 200 with who asks, 401, 403, or
 * 503 when it cannot be said; everything else would be an error there. In the
 * role of an authorizer (lighttpd) only the yes is different from any other
 * answer: 200 and nothing else lets the request in, with variables for the
 * application. No cookie could be set along with it; sessions move on without
 * one, but who brings an outgrown token is refused once, to be led back with
 * the next. Owns nothing. Called by step_act.
 */
#include "act.h"

#include "event.h"
#include "identity.h"
#include "reply.h"
#include "shorten.h"

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

/* What the yes says beside who asks. */
struct form {
    void (*write)(struct gh_buf *buf, const struct gh_identity *identity);
    struct gh_text exchange; /* name of the exchange's id */
    struct gh_text cookies;  /* name of the client's cookies without ours */
};

/* As fields, for the configuration of nginx to read. */
static void
write_fields(struct gh_buf *buf, const struct gh_identity *identity)
{
    gh_identity_write(buf, identity, GH_PRESET_REMOTE);
}

static const struct form as_fields = {
    .write = write_fields,
    .exchange = GH_TEXT_INIT("X-Request-Id"),
    .cookies = GH_TEXT_INIT("X-Gatehouse-Cookies"),
};

/* As variables, which lighttpd hands to the application. */
static const struct form as_variables = {
    .write = gh_identity_variables,
    .exchange = GH_TEXT_INIT("Variable-GATEHOUSE_EXCHANGE"),
    .cookies = GH_TEXT_INIT("Variable-GATEHOUSE_COOKIES"),
};

static void
put(struct gh_buf *buf, struct gh_text name, struct gh_text value)
{
    gh_buf_header(buf, name);
    gh_buf_lit(buf, ": ");
    gh_buf_header(buf, value);
    gh_buf_lit(buf, "\r\n");
}

/* 200, with what the web server hands to the application. */
static enum gh_status
say_permit(struct gh_context *context, const struct gh_exchange *so_far,
           const struct form *form, struct gh_outcome *out)
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
    form->write(&buf, &identity);
    put(&buf, form->exchange, gh_text_of_z(context->id));
    put(&buf, form->cookies, cookies);
    if (buf.is_failed)
        return gh_fault_note(context, GH_FAULT_BUG, "fields do not fit", 0);
    return say(context, 200, gh_buf_text(&buf), out);
}

/* 200, unless who asks signs in first. */
static enum gh_status
permit(struct gh_context *context, const struct gh_exchange *so_far,
       struct gh_outcome *out)
{
    const struct gh_principal *anew;
    enum gh_status status =
        gh_shorten(context, &so_far->request, &so_far->principal,
                   so_far->decision.obliging, &anew);

    if (status != GH_OK)
        return status;
    if (anew != NULL)
        return say(context, 401, (struct gh_text){0}, out);
    return say_permit(context, so_far, &as_fields, out);
}

enum gh_status
act_verdict(struct gh_context *context, const struct gh_exchange *so_far,
            struct gh_outcome *out)
{
    const struct gh_text none = {0};
    unsigned stop = so_far->stop.status;
    struct gh_text cookie = {0};
    enum gh_status status = GH_OK;

    if (stop != 0)
        return say(context, stop >= 500 ? 503 : 403, none, out);
    /* Here no cookie can be set: what is asked for the refusal then has the
     * same asked for once more, with the token that follows. */
    if (so_far->principal.held.is_outgrown)
        status = act_renew(context, so_far, &cookie);
    if (status != GH_OK)
        return status;
    if (cookie.len > 0) {
        if (so_far->decision.verdict == GH_DENY && so_far->principal.is_offered)
            status = gh_event_denied(context, so_far);
        return status == GH_OK ? say(context, 403, none, out) : status;
    }
    switch (so_far->decision.verdict) {
    case GH_DENY:
        break;
    case GH_PERMIT:
        return permit(context, so_far, out);
    case GH_SIGN_IN:
    case GH_STEP_UP:
        return say(context, 401, none, out);
    case GH_UNSURE:
        return say(context, 503, none, out);
    }
    status = gh_event_denied(context, so_far);
    if (status != GH_OK)
        return status;
    return say(context, 403, none, out);
}

enum gh_status
act_authorize(struct gh_context *context, const struct gh_exchange *so_far,
              struct gh_outcome *out)
{
    return say_permit(context, so_far, &as_variables, out);
}
