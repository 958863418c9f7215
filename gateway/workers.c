/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker threads. Owns them, their loops, edges and logs. Limits the time
 * that a stop may take (`timeouts.drain`). The only place besides main that
 * knows threads: a loop hears of a new configuration or of the end through
 * one atomic each and a wake-up.
 */
#include "workers.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include "cache.h"
#include "database.h"
#include "edge.h"
#include "estate.h"
#include "fresh.h"
#include "journal.h"
#include "keeper.h"
#include "look.h"
#include "upkeep.h"

#include "base/banned.h"

enum {
    FLUSH_MS = 200, /* how long a log line may wait */
    LOOK_MS = 20,   /* how often a draining loop looks whether it is done */
};

/* One thread and what it runs. */
struct thread {
    struct gh_worker worker;            /* what steps and edge see */
    struct gh_edge *edge;               /* its connections */
    pthread_t id;                       /* to join */
    bool is_running;                    /* id is valid */
    _Atomic(struct gh_settings *) next; /* a new configuration, or NULL */
    _Atomic(struct gh_mounts *) policy; /* a new policy, or NULL */
    _Atomic(struct gh_places *) places; /* new places, or NULL */
    atomic_bool is_ending;              /* stop was asked for */
    sem_t has_drained;                  /* posted once it no longer listens */
    struct gh_deadline flush;           /* of the log */
    struct gh_deadline look;            /* while draining */
    struct gh_upkeep upkeep;            /* of the database; the first only */
    struct gh_keeper *keeper;           /* of the policy; the first only */
    int64_t end_at_ms;                  /* when draining must be over */
};

struct gh_workers {
    struct gh_gateway *gateway; /* the process */
    size_t n;                   /* threads */
    struct thread threads[];    /* each a loop */
};

static void
on_flush(struct gh_deadline *deadline)
{
    struct thread *thread = GH_CONTAINER(deadline, struct thread, flush);

    (void)gh_log_flush(thread->worker.log);
    gh_deadline_set(thread->worker.loop, deadline, FLUSH_MS);
}

/* While draining: over when the last connection is closed, or late. */
static void
on_look(struct gh_deadline *deadline)
{
    struct thread *thread = GH_CONTAINER(deadline, struct thread, look);
    struct gh_loop *loop = thread->worker.loop;

    if ((gh_edge_is_over(thread->edge) &&
         gh_journal_is_empty(thread->worker.journal)) ||
        gh_loop_now(loop) >= thread->end_at_ms)
        gh_loop_stop(loop);
    else
        gh_deadline_set(loop, deadline, LOOK_MS);
}

/* Takes over a policy; the old one goes with its last exchange. */
static void
take_policy(struct thread *thread, struct gh_mounts *mounts, bool keeps_pools)
{
    if (mounts != NULL &&
        gh_estate_install(&thread->worker, mounts, keeps_pools) != GH_OK)
        gh_log_say(thread->worker.log, GH_LOG_ERROR, "policy",
                   "no memory for the new policy; the old one stays");
}

/* Takes over a configuration; the old one goes with its last exchange. What
 * it says of applications and of their answers goes for new connections. */
static void
take_settings(struct thread *thread, struct gh_settings *settings)
{
    struct gh_worker *worker = &thread->worker;
    struct gh_site *site;

    if (gh_site_new(settings, &site) != GH_OK) {
        gh_log_say(worker->log, GH_LOG_ERROR, "reload",
                   "no memory for the new configuration; the old one stays");
        gh_settings_release(settings);
        return;
    }
    gh_site_release(worker->site);
    worker->site = site;
    if (settings->mounts != NULL)
        take_policy(thread, settings->mounts, false);
    else if (worker->estate != NULL)
        take_policy(thread, worker->estate->mounts, false);
    if (thread->keeper != NULL)
        gh_keeper_again(thread->keeper);
}

/* Takes over places; no exchange holds them beyond one look. */
static void
take_places(struct thread *thread, struct gh_places *places)
{
    if (places == NULL)
        return;
    gh_places_release(thread->worker.places);
    thread->worker.places = places;
}

static void
begin_to_end(struct thread *thread)
{
    const struct gh_settings *settings = thread->worker.site->settings;
    struct gh_loop *loop = thread->worker.loop;

    thread->end_at_ms = gh_loop_now(loop) + (int64_t)settings->timeouts.drain;
    gh_edge_drain(thread->edge);
    sem_post(&thread->has_drained);
    gh_deadline_set(loop, &thread->look, 0);
}

/* Somebody has news for this loop. */
static void
on_wake(void *ctx)
{
    struct thread *thread = ctx;
    struct gh_settings *settings = atomic_exchange(&thread->next, NULL);
    struct gh_mounts *mounts = atomic_exchange(&thread->policy, NULL);

    if (thread->worker.gateway->hashing != NULL)
        gh_hashing_collect(thread->worker.gateway->hashing,
                           &thread->worker.hashed);
    if (settings != NULL)
        take_settings(thread, settings);
    take_policy(thread, mounts, true);
    gh_mounts_release(mounts);
    take_places(thread, atomic_exchange(&thread->places, NULL));
    gh_look_collect(&thread->worker);
    if (thread->keeper != NULL)
        gh_keeper_look(thread->keeper);
    if (atomic_load(&thread->is_ending) && thread->end_at_ms == 0)
        begin_to_end(thread);
}

static void *
run_thread(void *ctx)
{
    struct thread *thread = ctx;

    gh_deadline_set(thread->worker.loop, &thread->flush, FLUSH_MS);
    gh_loop_run(thread->worker.loop);
    return NULL;
}

/* Makes what one thread needs, before it runs. */
static enum gh_status
prepare(struct thread *thread, struct gh_gateway *gateway,
        struct gh_settings *settings, const struct gh_sockets *sockets)
{
    struct gh_worker *worker = &thread->worker;
    enum gh_status status;

    if (sem_init(&thread->has_drained, 0, 0) != 0)
        return GH_FAULT_IO;
    thread->flush.on_late = on_flush;
    thread->look.on_late = on_look;
    status = gh_loop_new(on_wake, thread, &worker->loop);
    worker->hashed.loop = worker->loop;
    if (status == GH_OK)
        status = gh_log_new(&gateway->sink, &worker->log);
    if (status == GH_OK) {
        gh_settings_hold(settings);
        status = gh_site_new(settings, &worker->site);
        if (status != GH_OK)
            gh_settings_release(settings);
    }
    gh_list_init(&worker->policy_waiters);
    gh_list_init(&worker->look_waiters);
    if (status == GH_OK && settings->mounts != NULL)
        status = gh_estate_install(worker, settings->mounts, false);
    if (status == GH_OK)
        status = gh_database_new(worker, &worker->database);
    if (status == GH_OK)
        status = gh_journal_new(worker, &worker->journal);
    /* GH_NONE: nobody can sign in here. */
    if (status == GH_OK || status == GH_NONE)
        status = gh_edge_new(worker, sockets->fds, sockets->n, &thread->edge);
    return status;
}

/* How many loops to run. */
static size_t
count_loops(const struct gh_settings *settings)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (settings->gateway.workers > 0)
        return settings->gateway.workers;
    return processors < 1 ? 1 : (size_t)processors;
}

/* Ends what a thread that no longer runs was doing. */
static void
end_exchanges(struct thread *thread)
{
    gh_edge_free(thread->edge);
    thread->edge = NULL;
}

/* Frees the rest of what it has. */
static void
take_apart(struct thread *thread)
{
    struct gh_worker *worker = &thread->worker;
    struct gh_hashing *hashing = worker->gateway->hashing;

    if (hashing != NULL)
        gh_hashing_collect(hashing, &worker->hashed);
    gh_keeper_free(thread->keeper);
    gh_upkeep_stop(&thread->upkeep);
    gh_mounts_release(atomic_exchange(&thread->policy, NULL));
    gh_estate_release(worker->estate);
    gh_places_release(atomic_exchange(&thread->places, NULL));
    gh_places_release(worker->places);
    gh_journal_free(worker->journal);
    gh_database_free(worker->database);
    gh_site_release(worker->site);
    gh_settings_release(atomic_exchange(&thread->next, NULL));
    gh_log_free(worker->log);
    gh_loop_free(worker->loop);
}

void
gh_workers_drain(struct gh_workers *workers)
{
    for (size_t i = 0; i < workers->n; i++) {
        struct thread *thread = &workers->threads[i];

        if (atomic_exchange(&thread->is_ending, true) || !thread->is_running)
            continue;
        gh_loop_wake(thread->worker.loop);
        while (sem_wait(&thread->has_drained) != 0)
            continue;
    }
}

void
gh_workers_stop(struct gh_workers *workers)
{
    gh_workers_drain(workers);
    for (size_t i = 0; i < workers->n; i++) {
        if (workers->threads[i].is_running)
            pthread_join(workers->threads[i].id, NULL);
    }
    for (size_t i = 0; i < workers->n; i++)
        end_exchanges(&workers->threads[i]);
    if (workers->gateway->hashing != NULL)
        gh_hashing_stop(workers->gateway->hashing);
    for (size_t i = 0; i < workers->n; i++)
        take_apart(&workers->threads[i]);
    gh_hashing_free(workers->gateway->hashing);
    gh_cache_free(workers->gateway->cache);
    gh_fresh_free(workers->gateway->fresh);
    workers->gateway->hashing = NULL;
    workers->gateway->cache = NULL;
    workers->gateway->fresh = NULL;
    free(workers);
}

/* Hands a new policy to every loop; on the keeper's loop. */
static void
on_policy(void *ctx, struct gh_mounts *mounts)
{
    struct gh_workers *workers = ctx;

    for (size_t i = 0; i < workers->n; i++) {
        struct thread *thread = &workers->threads[i];

        gh_mounts_hold(mounts);
        gh_mounts_release(atomic_exchange(&thread->policy, mounts));
        gh_loop_wake(thread->worker.loop);
    }
}

/* A look is over: wakes the loops that wait for it; on the keeper's loop. */
static void
on_look_over(void *ctx)
{
    struct gh_workers *workers = ctx;

    for (size_t i = 0; i < workers->n; i++) {
        if (gh_look_is_awaited(&workers->threads[i].worker))
            gh_loop_wake(workers->threads[i].worker.loop);
    }
}

/* What only the first loop does. */
static enum gh_status
start_first(struct gh_workers *workers)
{
    struct thread *first = &workers->threads[0];
    const struct gh_keeper_listener listener = {on_policy, on_look_over,
                                                workers};

    gh_upkeep_start(&first->upkeep, &first->worker);
    if (first->worker.database == NULL)
        return GH_OK;
    return gh_keeper_new(&first->worker, &listener, &first->keeper);
}

/* What all loops share when people can sign in. */
static enum gh_status
make_shared(struct gh_gateway *gateway, const struct gh_settings *settings)
{
    enum gh_status status =
        gh_hashing_new(settings->password.threads, settings->password.queue,
                       &gateway->hashing);

    if (status == GH_OK)
        status = gh_fresh_new(&gateway->fresh);
    if (status == GH_OK && settings->session.cache > 0)
        status = gh_cache_new(settings->session.cache, &gateway->cache);
    return status;
}

enum gh_status
gh_workers_start(struct gh_gateway *gateway, struct gh_settings *settings,
                 const struct gh_sockets *sockets, struct gh_places *places,
                 struct gh_workers **out)
{
    size_t n = count_loops(settings);
    struct gh_workers *workers =
        calloc(1, sizeof(*workers) + n * sizeof(workers->threads[0]));
    enum gh_status status = GH_OK;

    if (workers == NULL)
        return GH_FAULT_MEMORY;
    workers->n = n;
    workers->gateway = gateway;
    gateway->n_workers = n;
    /* Also of threads that are never prepared, so that all can be ended. */
    for (size_t i = 0; i < n; i++) {
        workers->threads[i].worker.gateway = gateway;
        gh_list_init(&workers->threads[i].worker.hashed.done);
        gh_places_hold(places);
        workers->threads[i].worker.places = places;
    }
    if (settings->database.dsn.len > 0)
        status = make_shared(gateway, settings);
    for (size_t i = 0; i < n && status == GH_OK; i++)
        status = prepare(&workers->threads[i], gateway, settings, sockets);
    if (status == GH_OK)
        status = start_first(workers);
    for (size_t i = 0; i < n && status == GH_OK; i++) {
        struct thread *thread = &workers->threads[i];

        thread->is_running =
            pthread_create(&thread->id, NULL, run_thread, thread) == 0;
        if (!thread->is_running)
            status = GH_FAULT_IO;
    }
    if (status != GH_OK) {
        gh_workers_stop(workers);
        return status;
    }
    *out = workers;
    return GH_OK;
}

void
gh_workers_reload(struct gh_workers *workers, struct gh_settings *settings)
{
    for (size_t i = 0; i < workers->n; i++) {
        struct thread *thread = &workers->threads[i];

        gh_settings_hold(settings);
        gh_settings_release(atomic_exchange(&thread->next, settings));
        gh_loop_wake(thread->worker.loop);
    }
}

void
gh_workers_relocate(struct gh_workers *workers, struct gh_places *places)
{
    for (size_t i = 0; i < workers->n; i++) {
        struct thread *thread = &workers->threads[i];

        gh_places_hold(places);
        gh_places_release(atomic_exchange(&thread->places, places));
        gh_loop_wake(thread->worker.loop);
    }
}
