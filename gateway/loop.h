/* SPDX-License-Identifier: Apache-2.0
 *
 * One event loop, one thread: descriptors to watch, deadlines, and tasks to
 * run before the next wait. Everything but gh_loop_wake() is called on the
 * loop's own thread. Event handlers only note what happened and post a task;
 * work is done in tasks, so nothing is freed under an event's feet.
 */
#ifndef GH_GATEWAY_LOOP_H
#define GH_GATEWAY_LOOP_H

#include <stdint.h>

#include "base/attr.h"
#include "base/list.h"
#include "base/status.h"

struct gh_loop;

/* What a descriptor is watched for, and what is reported. */
enum gh_event {
    GH_EVENT_READ = 1 << 0,   /* bytes, a connection, or the end */
    GH_EVENT_WRITE = 1 << 1,  /* room to write */
    GH_EVENT_HANGUP = 1 << 2, /* the peer is gone; reported unasked */
};

enum {
    GH_LATE_MS = 50, /* before what is watched late is */
};

/* A watched descriptor; embedded in its owner, who stays put meanwhile. */
struct gh_watch {
    int fd;              /* -1 when nothing is watched */
    unsigned interest;   /* enum gh_event, or-ed */
    struct gh_link late; /* in the loop's list until it is watched */
    int64_t due_ms;      /* then: from when on, on the loop's clock */
    /* Called with what happened, enum gh_event or-ed. */
    void (*on_event)(struct gh_watch *watch, unsigned events);
};

/* A moment by which something must have happened; embedded in its owner. */
struct gh_deadline {
    struct gh_link link; /* in the loop's list while it is set */
    int64_t at_ms;       /* on the loop's clock */
    /* Called once, after it was unset. */
    void (*on_late)(struct gh_deadline *deadline);
};

/* Something to do before the next wait; embedded in its owner. */
struct gh_task {
    struct gh_link link; /* in the loop's list while it is posted */
    /* Called once, after it was taken off the list. */
    void (*run)(struct gh_task *task);
};

/* A new loop. on_wake(ctx) is called on the loop's thread after
 * gh_loop_wake(). GH_FAULT_MEMORY, GH_FAULT_IO. */
GH_MUST_CHECK enum gh_status gh_loop_new(void (*on_wake)(void *ctx), void *ctx,
                                         struct gh_loop **out);

/* Frees a loop that nobody runs; NULL is fine. Watches are not closed. */
void gh_loop_free(struct gh_loop *loop);

/* Runs until gh_loop_stop(). */
void gh_loop_run(struct gh_loop *loop);

/* Ends gh_loop_run() after the current turn. */
void gh_loop_stop(struct gh_loop *loop);

/* Has on_wake called soon. From any thread, and from signal handlers. */
void gh_loop_wake(struct gh_loop *loop);

/* Milliseconds of a clock that never goes back (CLOCK_MONOTONIC), read once
 * a turn. */
int64_t gh_loop_now(const struct gh_loop *loop);

/* Starts watching watch->fd for interest. GH_FAULT_IO. */
GH_MUST_CHECK enum gh_status
gh_loop_watch(struct gh_loop *loop, struct gh_watch *watch, unsigned interest);

/* Likewise, but only in a moment (GH_LATE_MS), for what is often closed before:
 * until then nothing is reported. Should it fail, GH_EVENT_HANGUP is. */
void gh_loop_watch_late(struct gh_loop *loop, struct gh_watch *watch,
                        unsigned interest);

/* Has what is to be watched late watched from the next turn on; nothing happens
 * to any other watch. */
void gh_loop_hurry(struct gh_loop *loop, struct gh_watch *watch);

/* Changes what is watched for; nothing happens when it is the same. Who wants
 * to write is in a hurry. */
void gh_loop_interest(struct gh_loop *loop, struct gh_watch *watch,
                      unsigned interest);

/* Stops watching; no event of this turn reaches the watch any more. Call
 * before the descriptor is closed. */
void gh_loop_forget(struct gh_loop *loop, struct gh_watch *watch);

/* Forgets and closes in one, with a system call less: for a descriptor that
 * nobody has a copy of. */
void gh_loop_close(struct gh_loop *loop, struct gh_watch *watch);

/* Sets the deadline to ms from now; an earlier setting is replaced. */
void gh_deadline_set(struct gh_loop *loop, struct gh_deadline *deadline,
                     int64_t ms);

/* Unsets it; nothing happens when it is not set. */
void gh_deadline_clear(struct gh_deadline *deadline);

/* Posts a task; nothing happens when it is posted already. */
void gh_loop_post(struct gh_loop *loop, struct gh_task *task);

#endif
