/* SPDX-License-Identifier: Apache-2.0
 *
 * The event loop on epoll. Owns the epoll descriptor, the wake-up eventfd and
 * two lists. Limits a batch to 64 events, so that tasks run often. Called by
 * everything in the gateway that waits.
 *
 * Why our own and not libev or libuv: level-triggered interest that is rarely
 * changed costs no system call per request; and a hang-up must be seen while
 * we do not want to read (back-pressure), which neither library offers. See
 * decisions/0001.
 *
 * A connection that serves one request is gone before it need be watched for
 * its end; so some watches begin late, which saves two system calls of ten.
 *
 * Deadlines are swept, not sorted: setting one is two stores, because nearly
 * all are set anew long before they are due. next_due is a lower bound of
 * all of them, so an idle loop sleeps and a busy one sweeps a few times a
 * second at most.
 */
#include "loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

enum {
    BATCH = 64,         /* events taken from the kernel at once */
    GRAIN_MS = 16,      /* deadlines are met to this precision, late */
    FOREVER_MS = 60000, /* longest sleep, in case next_due is far away */
};

struct gh_loop {
    int epoll_fd;             /* the kernel's side */
    struct gh_watch wake;     /* an eventfd */
    void (*on_wake)(void *);  /* what a wake-up calls */
    void *ctx;                /* with this */
    bool is_stopping;         /* leave after this turn */
    int64_t now_ms;           /* time of this turn */
    int64_t next_due;         /* no deadline is earlier than this */
    struct gh_link deadlines; /* all that are set, in no order */
    struct gh_link tasks;     /* posted, in order */
    struct gh_link late;      /* watches to begin with, the first due first */
    int n_batch;              /* events of this turn */
    int at;                   /* the one being handled */
    struct epoll_event batch[BATCH];
};

static int64_t
clock_ms(void)
{
    return gh_clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
gh_loop_now(const struct gh_loop *loop)
{
    return loop->now_ms;
}

/* Our events in the kernel's words. */
static uint32_t
kernel_events(unsigned interest)
{
    uint32_t events = 0;

    if (interest & GH_EVENT_READ)
        events |= EPOLLIN;
    if (interest & GH_EVENT_WRITE)
        events |= EPOLLOUT;
    return events;
}

/* The kernel's events in our words. A hang-up is readable and writable too,
 * so that whoever waits for either finds out by trying. */
static unsigned
our_events(uint32_t events)
{
    unsigned ours = 0;

    if (events & EPOLLIN)
        ours |= GH_EVENT_READ;
    if (events & EPOLLOUT)
        ours |= GH_EVENT_WRITE;
    if (events & (EPOLLHUP | EPOLLERR))
        ours |= GH_EVENT_HANGUP | GH_EVENT_READ | GH_EVENT_WRITE;
    return ours;
}

enum gh_status
gh_loop_watch(struct gh_loop *loop, struct gh_watch *watch, unsigned interest)
{
    struct epoll_event event = {.events = kernel_events(interest),
                                .data.ptr = watch};

    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) != 0)
        return GH_FAULT_IO;
    watch->interest = interest;
    return GH_OK;
}

void
gh_loop_watch_late(struct gh_loop *loop, struct gh_watch *watch,
                   unsigned interest)
{
    watch->interest = interest;
    watch->due_ms = loop->now_ms + GH_LATE_MS;
    gh_list_append(&loop->late, &watch->late);
}

void
gh_loop_hurry(struct gh_loop *loop, struct gh_watch *watch)
{
    if (!gh_link_is_in(&watch->late))
        return;
    gh_link_leave(&watch->late);
    watch->due_ms = loop->now_ms;
    /* In front of all others. */
    gh_list_append(loop->late.next, &watch->late);
}

/* Begins with the watches that are due. */
static void
watch_due(struct gh_loop *loop)
{
    while (!gh_list_is_empty(&loop->late)) {
        struct gh_watch *watch =
            GH_CONTAINER(loop->late.next, struct gh_watch, late);

        if (watch->due_ms > loop->now_ms)
            return;
        gh_link_leave(&watch->late);
        if (gh_loop_watch(loop, watch, watch->interest) != GH_OK)
            watch->on_event(watch, GH_EVENT_HANGUP);
    }
}

void
gh_loop_interest(struct gh_loop *loop, struct gh_watch *watch,
                 unsigned interest)
{
    struct epoll_event event = {.events = kernel_events(interest),
                                .data.ptr = watch};
    int result;

    if (watch->interest == interest)
        return;
    if (gh_link_is_in(&watch->late)) {
        watch->interest = interest;
        if ((interest & GH_EVENT_WRITE) != 0)
            gh_loop_hurry(loop, watch);
        return;
    }
    result = epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
    gh_assert(result == 0);
    watch->interest = interest;
}

/* No event of this turn reaches the watch any more. */
static void
drop_events(struct gh_loop *loop, const struct gh_watch *watch)
{
    for (int i = loop->at + 1; i < loop->n_batch; i++) {
        if (loop->batch[i].data.ptr == watch)
            loop->batch[i].data.ptr = NULL;
    }
}

void
gh_loop_forget(struct gh_loop *loop, struct gh_watch *watch)
{
    if (watch->fd < 0)
        return;
    if (gh_link_is_in(&watch->late)) {
        gh_link_leave(&watch->late);
        return;
    }
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    drop_events(loop, watch);
}

void
gh_loop_close(struct gh_loop *loop, struct gh_watch *watch)
{
    gh_link_leave(&watch->late);
    drop_events(loop, watch);
    /* The kernel forgets what is closed (epoll(7)). */
    close(watch->fd);
    watch->fd = -1;
}

void
gh_deadline_set(struct gh_loop *loop, struct gh_deadline *deadline, int64_t ms)
{
    /* Not before the next turn, or a handler could set itself for ever. */
    deadline->at_ms = loop->now_ms + (ms < 1 ? 1 : ms);
    if (deadline->at_ms < loop->next_due)
        loop->next_due = deadline->at_ms;
    if (!gh_link_is_in(&deadline->link))
        gh_list_append(&loop->deadlines, &deadline->link);
}

void
gh_deadline_clear(struct gh_deadline *deadline)
{
    gh_link_leave(&deadline->link);
}

void
gh_loop_post(struct gh_loop *loop, struct gh_task *task)
{
    if (!gh_link_is_in(&task->link))
        gh_list_append(&loop->tasks, &task->link);
}

void
gh_loop_wake(struct gh_loop *loop)
{
    const uint64_t one = 1;
    int saved = errno;

    /* A full counter means that a wake-up is pending anyway. */
    if (write(loop->wake.fd, &one, sizeof(one)) < 0)
        errno = saved;
}

/* The wake-up descriptor is readable: empties it and tells the owner. */
static void
woken(struct gh_watch *watch, unsigned events)
{
    struct gh_loop *loop = GH_CONTAINER(watch, struct gh_loop, wake);
    uint64_t count;

    (void)events;
    if (read(watch->fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
        loop->on_wake(loop->ctx);
}

/* Calls every deadline that is due and finds the next. Handlers may set and
 * clear any deadline: the list is walked by moving it over, one by one. */
static void
sweep(struct gh_loop *loop)
{
    struct gh_link seen;
    struct gh_link *link;

    gh_list_init(&seen);
    loop->next_due = INT64_MAX;
    while ((link = gh_list_take(&loop->deadlines)) != NULL) {
        struct gh_deadline *deadline =
            GH_CONTAINER(link, struct gh_deadline, link);

        if (deadline->at_ms <= loop->now_ms) {
            deadline->on_late(deadline);
            continue;
        }
        gh_list_append(&seen, link);
        if (deadline->at_ms < loop->next_due)
            loop->next_due = deadline->at_ms;
    }
    while ((link = gh_list_take(&seen)) != NULL)
        gh_list_append(&loop->deadlines, link);
}

/* Runs the tasks that were posted up to now; what they post runs after the
 * next look at the descriptors, so that nobody starves. */
static void
run_tasks(struct gh_loop *loop)
{
    struct gh_link now;
    struct gh_link *link;

    gh_list_init(&now);
    while ((link = gh_list_take(&loop->tasks)) != NULL)
        gh_list_append(&now, link);
    while ((link = gh_list_take(&now)) != NULL) {
        struct gh_task *task = GH_CONTAINER(link, struct gh_task, link);

        task->run(task);
    }
}

/* How long to sleep, in milliseconds for epoll_wait(). */
static int
patience(const struct gh_loop *loop)
{
    const struct gh_watch *late =
        GH_CONTAINER(loop->late.next, struct gh_watch, late);
    int64_t ms = FOREVER_MS;

    if (loop->is_stopping || !gh_list_is_empty(&loop->tasks))
        return 0;
    if (loop->next_due != INT64_MAX)
        ms = loop->next_due - loop->now_ms + GRAIN_MS;
    if (!gh_list_is_empty(&loop->late) && late->due_ms - loop->now_ms < ms)
        ms = late->due_ms - loop->now_ms;
    if (ms < 0)
        return 0;
    return ms > FOREVER_MS ? FOREVER_MS : (int)ms;
}

/* Takes one batch of events and hands each to its watch. */
static void
dispatch(struct gh_loop *loop)
{
    int n;

    watch_due(loop);
    n = epoll_wait(loop->epoll_fd, loop->batch, BATCH, patience(loop));
    gh_assert(n >= 0 || errno == EINTR);
    loop->now_ms = clock_ms();
    loop->n_batch = n < 0 ? 0 : n;
    for (loop->at = 0; loop->at < loop->n_batch; loop->at++) {
        struct gh_watch *watch = loop->batch[loop->at].data.ptr;

        if (watch != NULL)
            watch->on_event(watch, our_events(loop->batch[loop->at].events));
    }
    loop->n_batch = 0;
}

void
gh_loop_run(struct gh_loop *loop)
{
    loop->now_ms = clock_ms();
    while (!loop->is_stopping) {
        dispatch(loop);
        if (loop->next_due <= loop->now_ms)
            sweep(loop);
        run_tasks(loop);
    }
}

void
gh_loop_stop(struct gh_loop *loop)
{
    loop->is_stopping = true;
}

enum gh_status
gh_loop_new(void (*on_wake)(void *ctx), void *ctx, struct gh_loop **out)
{
    struct gh_loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL)
        return GH_FAULT_MEMORY;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->wake.on_event = woken;
    loop->on_wake = on_wake;
    loop->ctx = ctx;
    loop->now_ms = clock_ms();
    loop->next_due = INT64_MAX;
    gh_list_init(&loop->deadlines);
    gh_list_init(&loop->tasks);
    gh_list_init(&loop->late);
    if (loop->epoll_fd < 0 || loop->wake.fd < 0 ||
        gh_loop_watch(loop, &loop->wake, GH_EVENT_READ) != GH_OK) {
        gh_loop_free(loop);
        return GH_FAULT_IO;
    }
    *out = loop;
    return GH_OK;
}

void
gh_loop_free(struct gh_loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
    if (loop->wake.fd >= 0)
        close(loop->wake.fd);
    free(loop);
}
