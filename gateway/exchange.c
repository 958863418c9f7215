/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of an exchange. Owns its arena and, through respond, a borrowed
 * connection. Limits its memory to ARENA_MAX. Called by the edge.
 */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "database.h"
#include "hashing.h"
#include "journal.h"

#include "base/banned.h"

enum {
    ARENA_MAX = 1024 * 1024, /* bytes of one exchange, all limits at their
                                highest included */
};

static void
on_late(struct gh_deadline *deadline)
{
    struct gh_exchange *exchange =
        GH_CONTAINER(deadline, struct gh_exchange, deadline);

    exchange->context.is_late = true;
    gh_loop_post(exchange->context.worker->loop, &exchange->task);
}

struct gh_exchange *
gh_exchange_new(void (*run)(struct gh_task *task))
{
    struct gh_exchange *exchange = calloc(1, sizeof(*exchange));

    if (exchange == NULL)
        return NULL;
    gh_arena_init(&exchange->arena, ARENA_MAX);
    exchange->task.run = run;
    exchange->deadline.on_late = on_late;
    return exchange;
}

enum gh_status
gh_exchange_begin(struct gh_exchange *exchange, struct gh_worker *worker,
                  const struct gh_settings_entry *entry)
{
    struct gh_context *context = &exchange->context;
    enum gh_status status =
        gh_worker_id(worker, context->id_bytes, context->id);

    if (status != GH_OK)
        return status;
    context->worker = worker;
    context->site = worker->site;
    context->settings = worker->site->settings;
    context->entry = entry;
    context->arena = &exchange->arena;
    context->task = &exchange->task;
    context->deadline = &exchange->deadline;
    gh_site_hold(context->site);
    exchange->began_ms = gh_loop_now(worker->loop);
    return GH_OK;
}

void
gh_exchange_end(struct gh_exchange *exchange)
{
    struct gh_arena arena = exchange->arena;
    void (*run)(struct gh_task *) = exchange->task.run;

    gh_link_leave(&exchange->task.link);
    gh_deadline_clear(&exchange->deadline);
    gh_backend_give_back(exchange->context.link, false);
    gh_database_done(&exchange->context);
    gh_hashing_abandon(exchange->context.job);
    if (exchange->context.site != NULL)
        gh_site_release(exchange->context.site);
    gh_arena_reset(&arena);
    explicit_bzero(exchange, sizeof(*exchange));
    exchange->arena = arena;
    exchange->task.run = run;
    exchange->deadline.on_late = on_late;
}

void
gh_exchange_free(struct gh_exchange *exchange)
{
    if (exchange == NULL)
        return;
    gh_arena_done(&exchange->arena);
    free(exchange);
}

/* One line for people who run the gateway. */
static void
write_log(const struct gh_exchange *x)
{
    const struct gh_worker *worker = x->context.worker;
    const struct gh_request *request = &x->request;
    struct gh_log_line line;

    if (!x->context.settings->gateway.access_log)
        return;
    gh_log_begin(&line, worker->log, GH_LOG_INFO, "exchange");
    gh_log_text(&line, "exchange", gh_text_of_z(x->context.id));
    gh_log_text(&line, "entry", x->context.entry->name);
    gh_log_text(&line, "client", request->client_text);
    gh_log_text(&line, "method", request->method);
    gh_log_text(&line, "host", request->authority);
    gh_log_text(&line, "path", request->target.path);
    if (request->application != NULL)
        gh_log_text(&line, "application", request->application->name);
    gh_log_number(&line, "status", x->receipt.status);
    gh_log_number(&line, "bytes_in", x->body.n_come);
    gh_log_number(&line, "bytes_out", x->receipt.n_out);
    gh_log_number(&line, "ms",
                  (uint64_t)(gh_loop_now(worker->loop) - x->began_ms));
    if (x->receipt.is_cut)
        gh_log_text(&line, "cut", GH_TEXT("yes"));
    if (x->receipt.why_z != NULL)
        gh_log_text(&line, "reason", gh_text_of_z(x->receipt.why_z));
    gh_log_end(&line);
}

void
gh_exchange_close(const struct gh_exchange *x)
{
    gh_journal_note(x->context.worker->journal, x);
    write_log(x);
}

enum gh_status
gh_fault_note(struct gh_context *context, enum gh_status status,
              const char *what_z, int error)
{
    if (context->fault.status == GH_OK)
        context->fault = (struct gh_fault){status, what_z, error};
    return status;
}
