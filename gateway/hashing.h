/* SPDX-License-Identifier: Apache-2.0
 *
 * Password hashing away from the loops: a few threads of their own and a
 * bounded queue. A hash takes a quarter of a second and 64 MiB; a loop takes
 * neither. Called by the acts that check a password, through their worker.
 */
#ifndef GH_GATEWAY_HASHING_H
#define GH_GATEWAY_HASHING_H

#include "core/password.h"
#include "loop.h"
#include "settings.h"

/* The threads and their queue. Program lifetime. */
struct gh_hashing;

/* Where finished work of one loop comes back to. Embedded in the worker. */
struct gh_hashed {
    struct gh_loop *loop; /* woken when something is finished */
    struct gh_link done;  /* finished jobs; under the pool's lock */
};

/* One password to check. */
struct gh_hash_job;

/* What is to be checked; texts are copied. */
struct gh_hash_order {
    struct gh_settings *settings; /* with the key ring; held by the job */
    struct gh_password_cost cost; /* of a dummy, and of a new hash */
    struct gh_text phc;           /* stored string; empty: only the work */
    struct gh_text pepper_kid;    /* of the stored string */
    struct gh_text password;      /* in its one form */
    struct gh_text new_password;  /* to hash when it is right; empty: the
                                     same, if the stored hash is too weak */
    bool is_check_only;           /* no new hash, whatever the stored one is */
};

/* What came of it. */
struct gh_hash_result {
    enum gh_status status; /* GH_OK, or a fault */
    bool is_match;         /* the password is the stored one */
    /* A hash at today's cost: of the new password; or of this one, when the
     * stored one had another; else "". */
    char rehashed_z[GH_PASSWORD_MAX];
};

/* Starts n_threads threads with room for n_queue jobs that wait.
 * GH_FAULT_MEMORY, GH_FAULT_IO. */
GH_MUST_CHECK enum gh_status gh_hashing_new(size_t n_threads, size_t n_queue,
                                            struct gh_hashing **out);

/* Ends the threads; what waits is dropped. Finished jobs are still to be
 * collected. */
void gh_hashing_stop(struct gh_hashing *hashing);

/* Frees it, stopped or not; NULL is fine. */
void gh_hashing_free(struct gh_hashing *hashing);

/* Borrows a place for a job, before anything depends on there being one. There
 * are as many as threads and room in the queue together. GH_LIMIT: all are
 * borrowed. */
GH_MUST_CHECK enum gh_status gh_hashing_borrow(struct gh_hashing *hashing,
                                               struct gh_hashing **out);

/* How many places are borrowed, and how many there are. */
void gh_hashing_count(struct gh_hashing *hashing, size_t *n_borrowed,
                      size_t *n_places);

/* Gives the place back, after the job or without one, and forgets it. NULL is
 * fine. */
void gh_hashing_give_back(struct gh_hashing **place);

/* Queues a job of somebody who has borrowed a place; task is posted on the
 * loop of `back` when it is finished. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_hashing_submit(struct gh_hashing *hashing, const struct gh_hash_order *order,
                  struct gh_hashed *back, struct gh_task *task,
                  struct gh_hash_job **out);

/* The result, once it is there; frees the job then. GH_WAIT. */
GH_MUST_CHECK enum gh_status gh_hashing_result(struct gh_hash_job *job,
                                               struct gh_hash_result *out);

/* Nobody wants the result any more; a job that still waits is not computed,
 * and leaves its place to the next. NULL is fine. */
void gh_hashing_abandon(struct gh_hash_job *job);

/* On the loop's thread, after it was woken: posts the tasks of finished jobs
 * and frees abandoned ones. */
void gh_hashing_collect(struct gh_hashing *hashing, struct gh_hashed *back);

#endif
