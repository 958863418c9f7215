/* SPDX-License-Identifier: Apache-2.0
 *
 * The act that renews a token: the one that follows is kept by its hash and
 * offered to the browser, with an answer of an application, or in place of a
 * refusal that it may spare. It counts from the
 * moment the browser brings it (identify); so an answer that is lost costs
 * nothing. One that comes when the session is another by then goes without
 * (relay_down). Owns nothing. Refuses nothing: what cannot be offered now is
 * offered with a later answer. Called by step_act.
 */
#include "act.h"

#include "core/session.h"
#include "database.h"
#include "reply.h"
#include "web/cookie.h"

#include "base/banned.h"

enum {
    COOKIE_MAX = 256, /* bytes of the Set-Cookie line */
};

/* The token that follows, in the arena. */
static enum gh_status
make_next(struct gh_context *context, const struct gh_request *request,
          const struct gh_principal *principal)
{
    struct gh_succession of = {.host = request->origin->host.name,
                               .account_id = principal->account_id,
                               .level = principal->level,
                               .generation = principal->generation};

    gh_reference_read(principal->reference, of.reference);
    context->next = gh_arena_new(context->arena, sizeof(*context->next));
    if (context->next == NULL)
        return GH_FAULT_MEMORY;
    return gh_session_succeed(context->settings->ring, request->token, &of,
                              context->next);
}

/* Has its hash kept. */
static enum gh_status
ask_offer(struct gh_context *context, const struct gh_principal *principal)
{
    const struct gh_new_session *next = context->next;
    const struct gh_param params[] = {
        gh_param_bytea(context->token_hash),
        gh_param_int8(principal->generation),
        gh_param_bytea((struct gh_text){(const char *)next->token_hash,
                                        sizeof(next->token_hash)}),
        gh_param_bytea((struct gh_text){(const char *)next->binding,
                                        sizeof(next->binding)})};

    return gh_database_ask(context, &gh_stmt_session_offer, params,
                           GH_COUNT(params));
}

/* Whether it is kept. GH_WAIT. */
static enum gh_status
take_offer(struct gh_context *context)
{
    const struct gh_rows *rows;
    bool is_kept = false;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    context->is_next_kept = status == GH_OK &&
                            gh_row_bool(rows, 0, 0, &is_kept) == GH_OK &&
                            is_kept;
    context->is_offer_over = true;
    gh_database_done(context);
    return GH_OK;
}

static enum gh_status
write_cookie(struct gh_context *context, struct gh_text *cookie)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(context->arena, COOKIE_MAX, &buf);

    if (status != GH_OK)
        return status;
    gh_cookie_write(&buf, context->settings->cookies.session,
                    (struct gh_text){context->next->token, GH_TOKEN_LEN}, 0);
    gh_assert(!buf.is_failed);
    *cookie = gh_buf_text(&buf);
    return GH_OK;
}

enum gh_status
act_renew(struct gh_context *context, const struct gh_exchange *so_far,
          struct gh_text *cookie)
{
    const struct gh_principal *principal = &so_far->principal;
    enum gh_status status = GH_OK;

    *cookie = (struct gh_text){0};
    if (!principal->is_renewal_due)
        return GH_OK;
    if (context->next == NULL && !context->is_offer_over) {
        status = make_next(context, &so_far->request, principal);
        if (status == GH_OK)
            status = ask_offer(context, principal);
        /* No offer is no reason to refuse the request. */
        context->is_offer_over = status != GH_OK;
        return status == GH_OK ? GH_WAIT : GH_OK;
    }
    if (!context->is_offer_over)
        status = take_offer(context);
    if (status != GH_OK || !context->is_next_kept)
        return status;
    return write_cookie(context, cookie);
}

/* Leads back to the same place, whatever was sent there, with the token that
 * follows. Under the origin's own name: a path may begin with two slashes. */
static enum gh_status
lead(struct gh_context *context, const struct gh_request *request,
     struct gh_text cookie, struct gh_outcome *out)
{
    struct gh_text origin = request->origin->text;
    struct gh_text path = request->target.path;
    struct gh_text query = request->target.query;
    struct gh_buf buf;
    enum gh_status status =
        gh_buf_in(context->arena, origin.len + path.len + query.len, &buf);

    if (status != GH_OK)
        return status;
    /* All three were checked by parse. */
    gh_buf_checked(&buf, origin);
    gh_buf_checked(&buf, path);
    gh_buf_checked(&buf, query);
    out->kind = GH_OUTCOME_REPLY;
    return gh_reply_again(context, request, gh_buf_text(&buf), cookie,
                          &out->reply);
}

enum gh_status
act_lead_back(struct gh_context *context, const struct gh_exchange *so_far,
              struct gh_outcome *out)
{
    const struct gh_request *request = &so_far->request;
    struct gh_text cookie = {0};
    enum gh_status status = GH_OK;

    if (so_far->principal.held.is_outgrown)
        status = act_renew(context, so_far, &cookie);
    if (status != GH_OK)
        return status;
    if (cookie.len == 0)
        return GH_NONE;
    return lead(context, request, cookie, out);
}

enum gh_status
act_again(struct gh_context *context, const struct gh_request *request,
          struct gh_outcome *out)
{
    return lead(context, request, (struct gh_text){0}, out);
}
