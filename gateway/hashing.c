/* SPDX-License-Identifier: Apache-2.0
 *
 * The hashing threads. Owns them and every job until its result is taken.
 * Limits the hashes under way to the number of threads, which bounds their
 * memory, and those that wait to the queue, by places that are borrowed
 * beforehand; passwords are wiped as soon as a job is over. Called by the
 * sign-in act and, for collecting, by workers.
 *
 * A job belongs to the pool's lock until it lies in its loop's `done` list,
 * and to the loop's thread from then on; so an exchange can go away at any
 * moment without waiting for a hash.
 */
#include "hashing.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/secret.h"

#include "base/banned.h"

enum {
    NICENESS = 5, /* of the hashing threads */
};

struct gh_hash_job {
    struct gh_link link;          /* in the queue, or in a loop's done list */
    struct gh_hashing *hashing;   /* whose lock guards it */
    struct gh_hashed *back;       /* where it goes when it is finished */
    struct gh_task *task;         /* to post then; NULL: abandoned */
    struct gh_hash_order order;   /* its texts point into bytes */
    struct gh_hash_result result; /* once is_finished */
    bool is_queued;               /* no thread has it yet */
    bool is_finished;             /* the loop's thread may read the result */
    size_t size;                  /* of bytes */
    char bytes[];                 /* copies: phc, kid, passwords */
};

struct gh_hashing {
    pthread_mutex_t lock;  /* guards everything below, and jobs */
    pthread_cond_t wanted; /* there is work, or the end */
    struct gh_link queue;  /* jobs that wait, oldest first */
    size_t max_queue;      /* how many may wait */
    size_t n_borrowed;     /* places that are taken */
    bool is_ending;        /* threads leave */
    size_t n_threads;      /* started */
    pthread_t threads[];   /* to join */
};

static void
free_job(struct gh_hash_job *job)
{
    gh_secret_wipe(job->bytes, job->size);
    gh_secret_wipe(&job->result, sizeof(job->result));
    gh_settings_release(job->order.settings);
    free(job);
}

/* Makes a stronger hash of a password that has just been found right. That it
 * cannot be made is no reason to send the person away. */
static void
rehash(const struct gh_hash_order *order, struct gh_hash_result *result)
{
    if (gh_password_needs_rehash(&order->cost, order->phc, order->pepper_kid,
                                 order->settings->ring) &&
        gh_password_hash(order->settings->ring, &order->cost, order->password,
                         result->rehashed_z) != GH_OK)
        result->rehashed_z[0] = '\0';
}

/* Hashes the password that is to take the place of one that was right. */
static void
hash_new(const struct gh_hash_order *order, struct gh_hash_result *result)
{
    result->status = gh_password_hash(order->settings->ring, &order->cost,
                                      order->new_password, result->rehashed_z);
}

/* The work itself, on a hashing thread. */
static struct gh_hash_result
work(const struct gh_hash_order *order)
{
    struct gh_hash_result result = {.status = GH_NONE};

    if (order->phc.len > 0)
        result.status = gh_password_verify(order->settings->ring, order->phc,
                                           order->pepper_kid, order->password,
                                           &result.is_match);
    if (result.status == GH_OK && result.is_match && !order->is_check_only) {
        if (order->new_password.len > 0)
            hash_new(order, &result);
        else
            rehash(order, &result);
    }
    if (result.status == GH_OK || gh_is_fault(result.status))
        return result;
    /* No usable credential costs the same as one that does not match. */
    result.is_match = false;
    result.status =
        gh_password_dummy(order->settings->ring, &order->cost, order->password);
    return result;
}

/* Takes the next job; NULL at the end. Called with the lock held. */
static struct gh_hash_job *
next_job(struct gh_hashing *hashing)
{
    struct gh_hash_job *job;
    struct gh_link *link;

    while (gh_list_is_empty(&hashing->queue) && !hashing->is_ending)
        pthread_cond_wait(&hashing->wanted, &hashing->lock);
    link = hashing->is_ending ? NULL : gh_list_take(&hashing->queue);
    if (link == NULL)
        return NULL;
    job = GH_CONTAINER(link, struct gh_hash_job, link);
    job->is_queued = false;
    return job;
}

static void *
run_thread(void *ctx)
{
    struct gh_hashing *hashing = ctx;
    struct gh_hash_job *job;

    /* On Linux this is the thread's own. A flood of sign-ins must not slow
     * down those who are signed in; where it is forbidden, it only may. */
    (void)setpriority(PRIO_PROCESS, 0, NICENESS);
    pthread_mutex_lock(&hashing->lock);
    while ((job = next_job(hashing)) != NULL) {
        struct gh_hash_result result;

        pthread_mutex_unlock(&hashing->lock);
        result = work(&job->order);
        gh_secret_wipe(job->bytes, job->size);
        pthread_mutex_lock(&hashing->lock);
        job->result = result;
        gh_secret_wipe(&result, sizeof(result));
        gh_list_append(&job->back->done, &job->link);
        gh_loop_wake(job->back->loop);
    }
    pthread_mutex_unlock(&hashing->lock);
    return NULL;
}

enum gh_status
gh_hashing_new(size_t n_threads, size_t n_queue, struct gh_hashing **out)
{
    struct gh_hashing *hashing =
        calloc(1, sizeof(*hashing) + n_threads * sizeof(hashing->threads[0]));

    if (hashing == NULL)
        return GH_FAULT_MEMORY;
    pthread_mutex_init(&hashing->lock, NULL);
    pthread_cond_init(&hashing->wanted, NULL);
    gh_list_init(&hashing->queue);
    hashing->max_queue = n_queue;
    for (size_t i = 0; i < n_threads; i++) {
        if (pthread_create(&hashing->threads[i], NULL, run_thread, hashing) !=
            0) {
            gh_hashing_free(hashing);
            return GH_FAULT_IO;
        }
        hashing->n_threads++;
    }
    *out = hashing;
    return GH_OK;
}

void
gh_hashing_stop(struct gh_hashing *hashing)
{
    struct gh_link *link;

    pthread_mutex_lock(&hashing->lock);
    hashing->is_ending = true;
    pthread_cond_broadcast(&hashing->wanted);
    pthread_mutex_unlock(&hashing->lock);
    for (size_t i = 0; i < hashing->n_threads; i++)
        pthread_join(hashing->threads[i], NULL);
    hashing->n_threads = 0;
    while ((link = gh_list_take(&hashing->queue)) != NULL)
        free_job(GH_CONTAINER(link, struct gh_hash_job, link));
}

void
gh_hashing_free(struct gh_hashing *hashing)
{
    if (hashing == NULL)
        return;
    gh_hashing_stop(hashing);
    pthread_cond_destroy(&hashing->wanted);
    pthread_mutex_destroy(&hashing->lock);
    free(hashing);
}

/* Copies a text behind what is in bytes already. */
static struct gh_text
keep(struct gh_hash_job *job, size_t *used, struct gh_text text)
{
    char *at = job->bytes + *used;

    if (text.len > 0)
        memcpy(at, text.at, text.len);
    *used += text.len;
    return (struct gh_text){.at = at, .len = text.len};
}

static struct gh_hash_job *
new_job(const struct gh_hash_order *order)
{
    size_t size = order->phc.len + order->pepper_kid.len + order->password.len +
                  order->new_password.len;
    struct gh_hash_job *job = calloc(1, sizeof(*job) + size);
    size_t used = 0;

    if (job == NULL)
        return NULL;
    job->size = size;
    job->order = *order;
    gh_settings_hold(order->settings);
    job->order.phc = keep(job, &used, order->phc);
    job->order.pepper_kid = keep(job, &used, order->pepper_kid);
    job->order.password = keep(job, &used, order->password);
    job->order.new_password = keep(job, &used, order->new_password);
    return job;
}

enum gh_status
gh_hashing_borrow(struct gh_hashing *hashing, struct gh_hashing **out)
{
    bool has_room;

    pthread_mutex_lock(&hashing->lock);
    has_room = hashing->n_borrowed < hashing->n_threads + hashing->max_queue;
    if (has_room)
        hashing->n_borrowed++;
    pthread_mutex_unlock(&hashing->lock);
    if (!has_room)
        return GH_LIMIT;
    *out = hashing;
    return GH_OK;
}

void
gh_hashing_count(struct gh_hashing *hashing, size_t *n_borrowed,
                 size_t *n_places)
{
    pthread_mutex_lock(&hashing->lock);
    *n_borrowed = hashing->n_borrowed;
    *n_places = hashing->n_threads + hashing->max_queue;
    pthread_mutex_unlock(&hashing->lock);
}

void
gh_hashing_give_back(struct gh_hashing **place)
{
    struct gh_hashing *hashing = *place;

    if (hashing == NULL)
        return;
    *place = NULL;
    pthread_mutex_lock(&hashing->lock);
    gh_assert(hashing->n_borrowed > 0);
    hashing->n_borrowed--;
    pthread_mutex_unlock(&hashing->lock);
}

enum gh_status
gh_hashing_submit(struct gh_hashing *hashing, const struct gh_hash_order *order,
                  struct gh_hashed *back, struct gh_task *task,
                  struct gh_hash_job **out)
{
    struct gh_hash_job *job = new_job(order);

    if (job == NULL)
        return GH_FAULT_MEMORY;
    job->hashing = hashing;
    job->back = back;
    job->task = task;
    pthread_mutex_lock(&hashing->lock);
    gh_list_append(&hashing->queue, &job->link);
    job->is_queued = true;
    pthread_cond_signal(&hashing->wanted);
    pthread_mutex_unlock(&hashing->lock);
    *out = job;
    return GH_OK;
}

enum gh_status
gh_hashing_result(struct gh_hash_job *job, struct gh_hash_result *out)
{
    if (!job->is_finished)
        return GH_WAIT;
    *out = job->result;
    free_job(job);
    return GH_OK;
}

/* Takes a job out of the queue, so that those who hang up keep nobody else
 * out. False: a thread has it already. */
static bool
withdraw(struct gh_hash_job *job)
{
    struct gh_hashing *hashing = job->hashing;
    bool was_queued;

    pthread_mutex_lock(&hashing->lock);
    was_queued = job->is_queued;
    if (was_queued)
        gh_link_leave(&job->link);
    pthread_mutex_unlock(&hashing->lock);
    return was_queued;
}

void
gh_hashing_abandon(struct gh_hash_job *job)
{
    if (job == NULL)
        return;
    if (job->is_finished || withdraw(job))
        free_job(job);
    else
        job->task = NULL;
}

void
gh_hashing_collect(struct gh_hashing *hashing, struct gh_hashed *back)
{
    struct gh_link mine;
    struct gh_link *link;

    gh_list_init(&mine);
    pthread_mutex_lock(&hashing->lock);
    while ((link = gh_list_take(&back->done)) != NULL)
        gh_list_append(&mine, link);
    pthread_mutex_unlock(&hashing->lock);
    while ((link = gh_list_take(&mine)) != NULL) {
        struct gh_hash_job *job = GH_CONTAINER(link, struct gh_hash_job, link);

        job->is_finished = true;
        if (job->task != NULL)
            gh_loop_post(back->loop, job->task);
        else
            free_job(job);
    }
}
