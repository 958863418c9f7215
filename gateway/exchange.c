/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of an exchange. Owns its arena and, through respond, a borrowed
 * connection. Limits its memory to ARENA_MAX. Called by the edge.
 */
#include "exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "database.h"
#include "estate.h"
#include "hashing.h"

#include "base/banned.h"

enum {
    ARENA_MAX = 2048 * 1024, /* bytes of one exchange: at the highest limits
                                parameters of 512 KiB, the head that is made of
                                them, and an answer's head of 256 KiB twice */
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

void
gh_exchange_begin(struct gh_exchange *exchange, struct gh_worker *worker,
                  const struct gh_settings_entry *entry)
{
    struct gh_context *context = &exchange->context;

    context->worker = worker;
    context->site = worker->site;
    context->settings = worker->site->settings;
    context->entry = entry;
    context->arena = &exchange->arena;
    context->task = &exchange->task;
    context->deadline = &exchange->deadline;
    gh_site_hold(context->site);
    exchange->began_ms = gh_loop_now(worker->loop);
    if (gh_worker_id(worker, context->id_bytes, context->id) != GH_OK) {
        memset(context->id, '0', sizeof(context->id) - 1);
        gh_fault_note(context, GH_FAULT_CRYPTO, "no random bytes", errno);
    }
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
    gh_hashing_give_back(&exchange->context.place);
    gh_link_leave(&exchange->context.waiting);
    gh_estate_release(exchange->context.estate);
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
