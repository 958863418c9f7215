/* SPDX-License-Identifier: Apache-2.0
 *
 * A session's limit when it is idle, shortened for good the first time it is
 * used where less is allowed. Owns nothing. The database says whether it may:
 * it has the zone's limit, the session's, and the instant of the sign-in.
 * Called by the acts that let a request through.
 */
#include "shorten.h"

#include "core/session.h"
#include "database.h"
#include "fresh.h"
#include "store/stmt.h"
#include "visit.h"

#include "base/banned.h"

/* Whether there is anything to shorten. What was remembered of the session may
 * be older than what another gateway has had shortened: asking twice does no
 * harm. */
static bool
is_due(const struct gh_principal *principal,
       const struct gh_application *application)
{
    return application != NULL && application->idle_s > 0 &&
           principal->kind == GH_PRINCIPAL_ACCOUNT &&
           principal->idle_s > application->idle_s;
}

static enum gh_status
ask(struct gh_context *context, const struct gh_request *request,
    const struct gh_principal *principal,
    const struct gh_application *application)
{
    struct gh_visit visit;
    enum gh_status status = gh_visit_of(context, request, &visit);

    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {gh_param_int8(principal->session_id),
                                      gh_param_int8(application->id),
                                      visit.client,
                                      visit.user_agent,
                                      visit.entry,
                                      visit.exchange,
                                      visit.node};

    context->is_shortening = true;
    status = gh_database_ask(context, &gh_stmt_session_shorten, params,
                             GH_COUNT(params));
    return status == GH_OK ? GH_WAIT : status;
}

/* Who is to sign in before the request goes on; NULL: it may. */
static enum gh_status
conclude(struct gh_context *context, const struct gh_principal *principal,
         struct gh_text state, const struct gh_principal **anew)
{
    struct gh_principal *nobody;

    if (gh_text_equal(state, GH_TEXT("live"))) {
        context->is_shortened = true;
        return GH_OK;
    }
    if (gh_text_equal(state, GH_TEXT("confirm"))) {
        *anew = principal;
        return GH_OK;
    }
    nobody = gh_arena_new(context->arena, sizeof(*nobody));
    if (nobody == NULL)
        return GH_FAULT_MEMORY;
    *nobody = (struct gh_principal){.kind = GH_PRINCIPAL_NOBODY,
                                    .nobody = gh_session_nobody(state)};
    *anew = nobody;
    return GH_OK;
}

static enum gh_status
take(struct gh_context *context, const struct gh_principal *principal,
     const struct gh_principal **anew)
{
    const struct gh_rows *rows;
    struct gh_text state;
    enum gh_status status = gh_database_answer(context, &rows);

    if (status == GH_WAIT)
        return GH_WAIT;
    if (status == GH_OK)
        status = gh_row_text(context->arena, rows, 0, 0, &state);
    gh_database_done(context);
    context->is_shortening = false;
    if (status != GH_OK)
        return GH_FAULT_DB;
    /* What is remembered of it is over here at once. */
    gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_SESSION,
                   principal->session_id);
    return conclude(context, principal, state, anew);
}

enum gh_status
gh_shorten(struct gh_context *context, const struct gh_request *request,
           const struct gh_principal *principal,
           const struct gh_application *application,
           const struct gh_principal **anew)
{
    *anew = NULL;
    if (context->is_shortening)
        return take(context, principal, anew);
    if (context->is_shortened || !is_due(principal, application))
        return GH_OK;
    return ask(context, request, principal, application);
}
