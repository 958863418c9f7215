/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing audit events. Owns nothing. Limits what is kept of a path to 1,024
 * bytes. Called by the acts.
 */
#include "event.h"

#include "database.h"
#include "visit.h"

#include "base/banned.h"

enum {
    RESOURCE_MAX = 1024, /* bytes kept of a path */
};

enum gh_status
gh_event_ask(struct gh_context *context, const struct gh_request *request,
             const struct gh_audit_event *event)
{
    struct gh_param resource;
    struct gh_param sources;
    struct gh_visit visit;
    enum gh_status status = gh_visit_of(context, request, &visit);

    if (status == GH_OK)
        status = gh_param_clean_text(context->arena, request->target.path,
                                     RESOURCE_MAX, &resource);
    if (status == GH_OK)
        status = gh_visit_sources(context, request, &sources);
    if (status != GH_OK)
        return status;
    const struct gh_param params[] = {
        gh_param_text(gh_text_of_z(event->event_z)),
        gh_param_text(GH_TEXT("denied")),
        gh_param_null(GH_SQL_INT8),
        gh_param_null(GH_SQL_TEXT),
        gh_param_null(GH_SQL_BYTEA),
        visit.client,
        gh_param_null(GH_SQL_TEXT),
        resource,
        gh_param_text(request->method),
        gh_param_null(GH_SQL_TEXT),
        gh_param_text(gh_text_of_z(event->reason_z)),
        visit.entry,
        visit.exchange,
        visit.node,
        gh_param_null(GH_SQL_JSONB),
        sources};

    return gh_database_ask(context, &gh_stmt_event_write, params,
                           GH_COUNT(params));
}
