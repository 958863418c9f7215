/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing audit events. Owns nothing. Limits what is kept of a path to 1,024
 * bytes. Called by the acts and by record.
 */
#include "event.h"

#include "core/session.h"
#include "database.h"
#include "visit.h"

#include "base/banned.h"

enum {
    RESOURCE_MAX = 1024, /* bytes kept of a path */
};

/* Who it is about, as the trail has it; nulls for nobody. */
struct who {
    struct gh_param account_id; /* bigint */
    struct gh_param account;    /* text */
    struct gh_param session;    /* bytea: the reference */
};

static enum gh_status
find_who(struct gh_context *context, const struct gh_principal *principal,
         struct who *out)
{
    unsigned char *reference;

    *out = (struct who){.account_id = gh_param_null(GH_SQL_INT8),
                        .account = gh_param_null(GH_SQL_TEXT),
                        .session = gh_param_null(GH_SQL_BYTEA)};
    if (principal == NULL || principal->kind != GH_PRINCIPAL_ACCOUNT)
        return GH_OK;
    reference = gh_arena_new(context->arena, GH_REFERENCE_LEN);
    if (reference == NULL)
        return GH_FAULT_MEMORY;
    gh_reference_read(principal->reference, reference);
    out->account_id = gh_param_int8(principal->account_id);
    out->account = gh_param_text(principal->account);
    out->session = gh_param_bytea((struct gh_text){
        .at = (const char *)reference, .len = GH_REFERENCE_LEN});
    return GH_OK;
}

enum gh_status
gh_event_ask(struct gh_context *context, const struct gh_request *request,
             const struct gh_audit_event *event)
{
    const struct gh_application *application = event->application;
    struct gh_param resource;
    struct gh_param sources;
    struct gh_visit visit;
    struct who who;
    enum gh_status status = gh_visit_of(context, request, &visit);

    if (status == GH_OK)
        status = gh_param_clean_text(context->arena, request->target.path,
                                     RESOURCE_MAX, &resource);
    if (status == GH_OK && event->is_success)
        sources = gh_param_null(GH_SQL_BYTEA_ARRAY);
    else if (status == GH_OK)
        status = gh_visit_sources(context, request, &sources);
    if (status == GH_OK)
        status = find_who(context, event->principal, &who);
    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {
        gh_param_text(gh_text_of_z(event->event_z)),
        gh_param_text(event->is_success ? GH_TEXT("success")
                                        : GH_TEXT("denied")),
        who.account_id,
        who.account,
        who.session,
        visit.client,
        application == NULL ? gh_param_null(GH_SQL_TEXT)
                            : gh_param_text(application->name),
        resource,
        gh_param_text(request->method),
        event->rule == NULL ? gh_param_null(GH_SQL_TEXT)
                            : gh_param_text(event->rule->name),
        event->reason_z == NULL ? gh_param_null(GH_SQL_TEXT)
                                : gh_param_text(gh_text_of_z(event->reason_z)),
        visit.entry,
        visit.exchange,
        visit.node,
        event->detail.len == 0 ? gh_param_null(GH_SQL_JSONB)
                               : gh_param_jsonb(event->detail),
        sources};

    return gh_database_ask(context, &gh_stmt_event_write, params,
                           GH_COUNT(params));
}

enum gh_status
gh_event_ask_refusal(struct gh_context *context,
                     const struct gh_request *request,
                     const struct gh_audit_event *event, unsigned refusal)
{
    enum gh_status status = gh_event_ask(context, request, event);

    context->refusal = refusal;
    return status == GH_OK ? GH_WAIT : status;
}

/* True when the rules said no to a request that they could judge, and the
 * trail does not have it yet from when the web server asked. */
static bool
is_news(const struct gh_exchange *so_far)
{
    enum gh_reason reason = so_far->decision.reason;

    return !so_far->request.is_told &&
           (reason == GH_REASON_NO_RULE || reason == GH_REASON_NO_ROLE ||
            reason == GH_REASON_CONDITION);
}

enum gh_status
gh_event_denied(struct gh_context *context, const struct gh_exchange *so_far)
{
    const struct gh_audit_event event = {
        .event_z = "authz_fail",
        .reason_z = gh_reason_word(so_far->decision.reason).at,
        .principal = &so_far->principal,
        .application = so_far->decision.application,
        .rule = so_far->decision.grant};
    const struct gh_rows *rows;
    enum gh_status status;

    if (context->is_refused || !is_news(so_far) ||
        context->worker->database == NULL || context->settings->ring == NULL)
        return GH_OK;
    if (context->query == NULL) {
        status = gh_event_ask(context, &so_far->request, &event);
        return status == GH_OK ? GH_WAIT : status;
    }
    status = gh_database_answer(context, &rows);
    if (status == GH_WAIT)
        return GH_WAIT;
    if (status != GH_OK)
        return GH_FAULT_DB;
    gh_database_done(context);
    context->is_refused = true;
    return GH_OK;
}
