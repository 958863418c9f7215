/* SPDX-License-Identifier: Apache-2.0
 *
 * Estates. Owns them, each with its share of the pools. Limits how long an
 * exchange waits for a newer policy to one statement's time. Called by
 * identify, by the exchange's end and by workers.
 */
#include "estate.h"

#include "backend.h"
#include "keeper.h"

#include "base/banned.h"

enum {
    ARENA_CAP = 64 * 1024, /* bytes of one estate */
};

/* The pool of the estate before for an application that is reached as it was,
 * or NULL. */
static struct gh_backend *
pool_before(const struct gh_estate *before, const struct gh_reach *reach,
            unsigned slot)
{
    for (size_t i = 0; before != NULL && i < before->mounts->n; i++) {
        if (before->mounts->slots[i] == slot)
            return gh_backend_is_for(before->pools[i], reach) ? before->pools[i]
                                                              : NULL;
    }
    return NULL;
}

/* A pool for each application: the one before, or a new one. */
static enum gh_status
make_pools(struct gh_estate *estate, struct gh_worker *worker,
           const struct gh_estate *before)
{
    const struct gh_mounts *mounts = estate->mounts;
    size_t max_input = worker->site->settings->limits.answer_head;

    for (size_t i = 0; i < mounts->n; i++) {
        const struct gh_reach *reach = &mounts->reaches[i];
        unsigned slot = mounts->slots[i];
        struct gh_backend *pool = pool_before(before, reach, slot);

        if (pool != NULL)
            gh_backend_hold(pool);
        else
            pool = gh_backend_new(worker->loop, reach,
                                  &worker->gateway->n_busy[slot], max_input);
        if (pool == NULL)
            return GH_FAULT_MEMORY;
        estate->pools[i] = pool;
    }
    return GH_OK;
}

/* An estate with one user, whose pools are still to be made; NULL without
 * memory. */
static struct gh_estate *
new_estate(struct gh_mounts *mounts)
{
    struct gh_estate *estate;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA_CAP);
    estate = gh_arena_new(&arena, sizeof(*estate));
    if (estate == NULL)
        return NULL;
    estate->pools = gh_arena_array(&arena, mounts->n, sizeof(*estate->pools));
    estate->arena = arena;
    estate->n_users = 1;
    gh_mounts_hold(mounts);
    estate->mounts = mounts;
    if (estate->pools == NULL) {
        gh_estate_release(estate);
        return NULL;
    }
    return estate;
}

enum gh_status
gh_estate_install(struct gh_worker *worker, struct gh_mounts *mounts,
                  bool keeps_pools)
{
    struct gh_estate *estate = new_estate(mounts);
    struct gh_link *waiter;

    if (estate == NULL)
        return GH_FAULT_MEMORY;
    if (make_pools(estate, worker, keeps_pools ? worker->estate : NULL) !=
        GH_OK) {
        gh_estate_release(estate);
        return GH_FAULT_MEMORY;
    }
    gh_estate_release(worker->estate);
    worker->estate = estate;
    while ((waiter = gh_list_take(&worker->policy_waiters)) != NULL)
        gh_loop_post(worker->loop,
                     GH_CONTAINER(waiter, struct gh_context, waiting)->task);
    return GH_OK;
}

void
gh_estate_release(struct gh_estate *estate)
{
    struct gh_arena arena;

    if (estate == NULL || --estate->n_users > 0)
        return;
    for (size_t i = 0; estate->pools != NULL && i < estate->mounts->n; i++)
        gh_backend_release(estate->pools[i]);
    gh_mounts_release(estate->mounts);
    /* It lives in its own arena. */
    arena = estate->arena;
    gh_arena_done(&arena);
}

/* True when the worker's policy will do. */
static bool
is_fresh(const struct gh_worker *worker, int64_t version)
{
    return worker->estate != NULL &&
           gh_rules_version(worker->estate->mounts->rules) >= version;
}

/* The exchange holds what is current now. */
static void
take_current(struct gh_context *context)
{
    context->estate = context->worker->estate;
    if (context->estate != NULL)
        context->estate->n_users++;
}

/* True when such a policy may still come: the database is there, and it is
 * none that cannot be used. */
static bool
can_come(const struct gh_worker *worker, int64_t version)
{
    struct gh_gateway *gateway = worker->gateway;

    return worker->database != NULL &&
           (version == 0 || atomic_load(&gateway->policy_refused) < version) &&
           atomic_load_explicit(&gateway->counters.n_database_up,
                                memory_order_relaxed) > 0;
}

enum gh_status
gh_estate_await(struct gh_context *context, int64_t version)
{
    struct gh_worker *worker = context->worker;

    gh_assert(context->estate == NULL);
    if (is_fresh(worker, version)) {
        gh_link_leave(&context->waiting);
        gh_deadline_clear(context->deadline);
        context->is_late = false;
        take_current(context);
        return GH_OK;
    }
    if (context->is_late || !can_come(worker, version)) {
        gh_link_leave(&context->waiting);
        context->is_late = false;
        take_current(context);
        return GH_NONE;
    }
    if (!gh_link_is_in(&context->waiting)) {
        gh_list_append(&worker->policy_waiters, &context->waiting);
        gh_keeper_want(worker->gateway, version);
    }
    if (!gh_link_is_in(&context->deadline->link))
        gh_deadline_set(worker->loop, context->deadline,
                        (int64_t)context->settings->database.query);
    return GH_WAIT;
}

const struct gh_rules *
gh_context_rules(const struct gh_context *context)
{
    return context->estate == NULL ? NULL : context->estate->mounts->rules;
}

bool
gh_estate_overtakes(const struct gh_context *context,
                    const struct gh_principal *found)
{
    const struct gh_rules *rules = gh_context_rules(context);

    return found->kind == GH_PRINCIPAL_ACCOUNT && rules != NULL &&
           gh_rules_version(rules) > found->policy_version;
}

const struct gh_application *
gh_request_application(const struct gh_request *request,
                       const struct gh_rules *rules)
{
    size_t place;

    return gh_rules_find(rules, request->origin->host.name,
                         request->target.path, &place);
}
