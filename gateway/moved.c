/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a session that has moved. Owns nothing. What it is compared with
 * is what the sign-in came from, which never changes, not the places that
 * were seen since: else a thief would only have to be seen elsewhere first.
 * Asks the database for nothing but the end. Called by identify, and by the act
 * of session data.
 */
#include "moved.h"

#include "core/session.h"
#include "database.h"
#include "fresh.h"
#include "store/stmt.h"
#include "visit.h"
#include "web/agent.h"

#include "base/banned.h"

/* What is another than at the sign-in, as the trail calls it; empty: nothing.
 */
static enum gh_status
compare(struct gh_context *context, const struct gh_request *request,
        const struct gh_principal *principal, struct gh_text *out)
{
    bool is_elsewhere =
        gh_address_network(&request->client) != principal->network;
    struct gh_text device;
    enum gh_status status = gh_agent_words(
        context->arena, gh_request_field(request, GH_TEXT("User-Agent")),
        &device);

    if (status != GH_OK)
        return status;
    if (!gh_text_equal(device, principal->device))
        *out = is_elsewhere ? GH_TEXT("both") : GH_TEXT("device");
    else
        *out = is_elsewhere ? GH_TEXT("network") : (struct gh_text){0};
    return GH_OK;
}

static enum gh_status
ask(struct gh_context *context, const struct gh_request *request,
    const struct gh_principal *principal, struct gh_text reason,
    const struct gh_application *application)
{
    struct gh_visit visit;
    enum gh_status status = gh_visit_of(context, request, &visit);

    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {gh_param_int8(principal->session_id),
                                      gh_param_text(reason),
                                      gh_param_text(application->name),
                                      visit.client,
                                      visit.user_agent,
                                      visit.device,
                                      visit.entry,
                                      visit.exchange,
                                      visit.node};

    context->is_moving = true;
    status = gh_database_ask(context, &gh_stmt_session_moved, params,
                             GH_COUNT(params));
    return status == GH_OK ? GH_WAIT : status;
}

/* It is over, here at once. */
static enum gh_status
take_end(struct gh_context *context, struct gh_principal *principal)
{
    struct gh_gateway *gateway = context->worker->gateway;
    const struct gh_rows *rows;
    struct gh_text state;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status == GH_OK)
        status = gh_row_text(context->arena, rows, 0, 0, &state);
    gh_database_done(context);
    context->is_moving = false;
    if (status != GH_OK)
        return GH_FAULT_DB;
    gh_fresh_spoil(gateway->fresh, GH_FRESH_SESSION, principal->session_id);
    if (gh_text_equal(state, GH_TEXT("moved")))
        atomic_fetch_add_explicit(&gateway->counters.moved, 1,
                                  memory_order_relaxed);
    *principal = (struct gh_principal){.kind = GH_PRINCIPAL_NOBODY,
                                       .nobody = gh_session_nobody(state)};
    return GH_OK;
}

enum gh_status
gh_moved_check(struct gh_context *context, const struct gh_request *request,
               const struct gh_application *application,
               struct gh_principal *principal)
{
    struct gh_text reason;
    enum gh_status status;

    if (context->is_moving)
        return take_end(context, principal);
    if (application == NULL || !application->ends_moved ||
        !gh_application_is_served(application, request->entry) ||
        principal->kind != GH_PRINCIPAL_ACCOUNT)
        return GH_OK;
    status = compare(context, request, principal, &reason);
    if (status != GH_OK || reason.len == 0)
        return status;
    /* Over here at once, also when nobody can be told. */
    gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_SESSION,
                   principal->session_id);
    return ask(context, request, principal, reason, application);
}
