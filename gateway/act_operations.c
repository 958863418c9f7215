/* SPDX-License-Identifier: Apache-2.0
 *
 * The act for machines of the house: is it alive, can it serve, how is it.
 * Only on entries of kind operations; asks nothing of anybody, so it answers
 * whatever else is broken. Owns the table of its addresses. Refuses all
 * others. Called by step_act.
 */
#include "act.h"

#include "metrics.h"
#include "reply.h"

#include "base/banned.h"

/* Alive: this loop takes requests and answers them. */
static enum gh_status
say_live(struct gh_context *context, const struct gh_request *request,
         struct gh_reply *out)
{
    return gh_reply_json(context, request, 200, GH_TEXT("{\"live\":true}\n"),
                         out);
}

/* Ready: whoever is signed in can be known. Without a database nobody signs
 * in, and nothing is missing. */
static enum gh_status
say_ready(struct gh_context *context, const struct gh_request *request,
          struct gh_reply *out)
{
    struct gh_counters *counters = &context->worker->gateway->counters;

    if (context->worker->database == NULL)
        return gh_reply_json(
            context, request, 200,
            GH_TEXT("{\"ready\":true,\"database\":\"none\"}\n"), out);
    if (atomic_load_explicit(&counters->n_database_up, memory_order_relaxed) >
        0)
        return gh_reply_json(context, request, 200,
                             GH_TEXT("{\"ready\":true,\"database\":\"up\"}\n"),
                             out);
    return gh_reply_json(context, request, 503,
                         GH_TEXT("{\"ready\":false,\"database\":\"down\"}\n"),
                         out);
}

static enum gh_status
say_metrics(struct gh_context *context, const struct gh_request *request,
            struct gh_reply *out)
{
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(context->arena, GH_METRICS_MAX, &buf);

    if (status != GH_OK)
        return status;
    gh_metrics_write(context->worker->gateway, &buf);
    gh_assert(!buf.is_failed);
    return gh_reply_plain(context, request, 200, gh_buf_text(&buf), out);
}

static const struct {
    struct gh_text path; /* behind base_path */
    enum gh_status (*say)(struct gh_context *context,
                          const struct gh_request *request,
                          struct gh_reply *out);
} addresses[] = {
    {GH_TEXT_INIT("/health/live"), say_live},
    {GH_TEXT_INIT("/health/ready"), say_ready},
    {GH_TEXT_INIT("/metrics"), say_metrics},
};

enum gh_status
act_operations(struct gh_context *context, const struct gh_request *request,
               struct gh_outcome *out)
{
    struct gh_text rest = gh_text_from(
        request->target.path, context->settings->gateway.base_path.len);

    for (size_t i = 0; i < GH_COUNT(addresses); i++) {
        if (!gh_text_equal(rest, addresses[i].path))
            continue;
        if (!request->is_head &&
            !gh_text_equal(request->method, GH_TEXT("GET"))) {
            context->allowed = GH_TEXT("GET, HEAD");
            return act_refuse(context, request, 405, out);
        }
        out->kind = GH_OUTCOME_REPLY;
        return addresses[i].say(context, request, &out->reply);
    }
    return act_refuse(context, request, 404, out);
}
