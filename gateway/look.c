/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks. Owns nothing: the list of those that wait is the worker's, what all
 * loops know is the gateway's. Limits how long somebody waits before asking
 * alone. Called by recall, by the keeper and by workers.
 *
 * A loop says that it waits before it looks whether that is over; the keeper
 * says that it is over before it looks who waits. So one of them sees the
 * other, and nobody is forgotten.
 */
#include "look.h"

#include "fresh.h"

#include "base/banned.h"

enum {
    WAIT_MS = 200, /* for a look, before the exchange asks itself */
};

/* True when the look that it waits for is over. */
static bool
is_over(struct gh_context *context)
{
    return atomic_load(&context->worker->gateway->looks.over_us) >
           context->came_us;
}

/* It waits no longer. */
static void
leave(struct gh_context *context)
{
    gh_link_leave(&context->waiting);
    gh_deadline_clear(context->deadline);
    context->is_late = false;
}

/* Has the keeper look, unless it is to do that already. */
static void
want(struct gh_gateway *gateway)
{
    if (!atomic_exchange(&gateway->looks.is_wanted, true))
        gh_loop_wake(gateway->keeper_loop);
}

void
gh_look_leave(struct gh_context *context)
{
    if (gh_link_is_in(&context->waiting))
        leave(context);
}

enum gh_status
gh_look_await(struct gh_context *context)
{
    struct gh_worker *worker = context->worker;
    struct gh_looks *looks = &worker->gateway->looks;

    if (!gh_link_is_in(&context->waiting)) {
        gh_list_append(&worker->look_waiters, &context->waiting);
        gh_deadline_set(worker->loop, context->deadline, WAIT_MS);
    }
    atomic_store(&worker->is_look_awaited, true);
    if (context->is_late || is_over(context) || !atomic_load(&looks->is_on)) {
        leave(context);
        return GH_NONE;
    }
    want(worker->gateway);
    return GH_WAIT;
}

void
gh_look_collect(struct gh_worker *worker)
{
    struct gh_link *first;
    struct gh_context *context;

    if (gh_list_is_empty(&worker->look_waiters))
        return;
    atomic_store(&worker->is_look_awaited, true);
    /* They came one after the other. */
    while ((first = gh_list_first(&worker->look_waiters)) != NULL) {
        context = GH_CONTAINER(first, struct gh_context, waiting);
        if (!is_over(context)) {
            want(worker->gateway);
            return;
        }
        leave(context);
        gh_loop_post(worker->loop, context->task);
    }
}

bool
gh_look_is_wanted(const struct gh_gateway *gateway)
{
    return atomic_load(&gateway->looks.is_wanted);
}

void
gh_look_begin(struct gh_gateway *gateway)
{
    atomic_store(&gateway->looks.is_wanted, false);
}

void
gh_look_end(struct gh_gateway *gateway, int64_t sent_us)
{
    atomic_store(&gateway->looks.is_on, true);
    atomic_store(&gateway->looks.over_us, sent_us);
}

void
gh_look_stop(struct gh_gateway *gateway)
{
    atomic_store(&gateway->looks.is_on, false);
    atomic_store(&gateway->looks.over_us, gh_fresh_clock() + 1);
}

bool
gh_look_is_awaited(struct gh_worker *worker)
{
    return atomic_exchange(&worker->is_look_awaited, false);
}
