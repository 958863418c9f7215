/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening and accepting. Owns the connections of its loop. Limits their
 * number over all loops (`limits.connections`: the longest idle one is closed
 * for a new one; when none is idle, nobody is accepted), and who may connect
 * (`peers`). Called by workers.
 *
 * Every loop listens. A loop that has more than its share of kept
 * connections stops for a few milliseconds, so that the others come first;
 * EPOLLEXCLUSIVE alone gave two loops 785 connections to 215.
 */
#include "edge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge_int.h"
#include "params.h"
#include "pipeline.h"

#include "base/banned.h"

enum {
    ACCEPT_BATCH = 4, /* connections accepted at one event */
    UNFAIR = 8,       /* kept connections above the share that are tolerated */
    SHARE_PAUSE_MS = 1,  /* while others come first (plus the loop's grain) */
    DISPOSABLE_MS = 100, /* idle for so long, a connection may be closed */
    FULL_PAUSE_MS = 50,  /* while there are too many connections */
};

bool
gh_edge_is_over(const struct gh_edge *edge)
{
    return edge->n_connections == 0 && gh_list_is_empty(&edge->left);
}

/* What had to be recorded is. */
static void
on_recorded(struct gh_exchange *exchange)
{
    gh_link_leave(&exchange->link);
    gh_exchange_end(exchange);
    gh_exchange_free(exchange);
}

bool
gh_edge_adopt(struct gh_edge *edge, struct gh_exchange *exchange)
{
    exchange->front = NULL;
    gh_pipeline_leave(exchange);
    if (exchange->next == GH_STEP_DONE)
        return false;
    gh_deadline_clear(&exchange->deadline);
    exchange->on_done = on_recorded;
    gh_list_append(&edge->left, &exchange->link);
    return true;
}

static void
pause_listener(struct gh_listener *listener, int64_t ms)
{
    struct gh_loop *loop = listener->edge->worker->loop;

    if (!listener->is_paused)
        gh_loop_forget(loop, &listener->watch);
    listener->is_paused = true;
    gh_deadline_set(loop, &listener->again, ms);
}

static void
resume_listener(struct gh_deadline *deadline)
{
    struct gh_listener *listener =
        GH_CONTAINER(deadline, struct gh_listener, again);
    struct gh_loop *loop = listener->edge->worker->loop;

    gh_deadline_clear(deadline);
    if (gh_loop_watch(loop, &listener->watch, GH_EVENT_READ) == GH_OK)
        listener->is_paused = false;
    else
        gh_deadline_set(loop, deadline, FULL_PAUSE_MS);
}

/* True when this loop has more than its share of connections that stay. Web
 * servers that open one for each request need no balancing, and pausing for
 * them would cost far more than it evens out. */
static bool
is_above_share(const struct gh_edge *edge)
{
    const struct gh_gateway *gateway = edge->worker->gateway;
    size_t all = atomic_load_explicit(&gateway->n_kept, memory_order_relaxed);

    return gateway->n_workers > 1 &&
           edge->n_kept > all / gateway->n_workers + UNFAIR;
}

/* True when an idle connection can be closed without losing anything: it has
 * been idle for a while, and nothing has arrived that was not read yet. */
static bool
is_disposable(const struct gh_edge *edge,
              const struct gh_connection *connection)
{
    char byte;

    return gh_loop_now(edge->worker->loop) - connection->idle_since_ms >=
               DISPOSABLE_MS &&
           recv(connection->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

/* Makes room for one more; false when there is none. */
static bool
make_room(struct gh_edge *edge)
{
    const struct gh_settings *settings = edge->worker->site->settings;
    size_t all = atomic_load_explicit(&edge->worker->gateway->n_connections,
                                      memory_order_relaxed);
    struct gh_connection *oldest;

    if (all < settings->limits.connections)
        return true;
    if (gh_list_is_empty(&edge->idle))
        return false;
    oldest = GH_CONTAINER(edge->idle.next, struct gh_connection, link);
    if (!is_disposable(edge, oldest))
        return false;
    gh_connection_close(oldest);
    return true;
}

/* True when the process at the other end may connect. */
static bool
is_welcome(const struct gh_settings_entry *entry, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (entry->n_peers == 0)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    for (size_t i = 0; i < entry->n_peers; i++) {
        if (entry->peers[i] == peer.uid)
            return true;
    }
    return false;
}

/* Learns, once, how much an empty socket takes: three quarters of its send
 * buffer are free whenever poll() says that it is writable. */
static void
learn_budget(struct gh_edge *edge, int fd)
{
    int size = 0;
    socklen_t len = sizeof(size);

    if (edge->send_budget > 0)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) == 0 && size > 0)
        edge->send_budget = (size_t)size / 4 * 3;
}

/* Takes one accepted socket. */
static void
welcome(struct gh_listener *listener, int fd)
{
    struct gh_edge *edge = listener->edge;
    const struct gh_settings *settings = edge->worker->site->settings;
    struct gh_connection *connection;

    learn_budget(edge, fd);
    if (!is_welcome(&settings->entries[listener->entry], fd)) {
        gh_log_say(edge->worker->log, GH_LOG_WARNING, "peer_refused",
                   "a process that is not in peers tried to connect");
        close(fd);
        return;
    }
    connection = gh_connection_new(edge, fd, listener->entry);
    if (connection == NULL)
        close(fd);
    else
        gh_connection_read(connection);
}

static void
on_caller(struct gh_watch *watch, unsigned events)
{
    struct gh_listener *listener =
        GH_CONTAINER(watch, struct gh_listener, watch);

    (void)events;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        int fd;

        if (!make_room(listener->edge)) {
            pause_listener(listener, FULL_PAUSE_MS);
            return;
        }
        if (is_above_share(listener->edge)) {
            pause_listener(listener, SHARE_PAUSE_MS);
            return;
        }
        fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            welcome(listener, fd);
            continue;
        }
        /* Out of descriptors or memory: others must end first. */
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
            errno == ENOMEM)
            pause_listener(listener, FULL_PAUSE_MS);
        return;
    }
}

static enum gh_status
listen_on(struct gh_edge *edge, const int *fds, size_t n)
{
    edge->listeners = calloc(n, sizeof(*edge->listeners));
    if (edge->listeners == NULL)
        return GH_FAULT_MEMORY;
    edge->n_listeners = n;
    for (size_t i = 0; i < n; i++) {
        struct gh_listener *listener = &edge->listeners[i];
        enum gh_status status;

        listener->edge = edge;
        listener->entry = i;
        listener->watch.fd = fds[i];
        listener->watch.on_event = on_caller;
        listener->again.on_late = resume_listener;
        status =
            gh_loop_watch(edge->worker->loop, &listener->watch, GH_EVENT_READ);
        if (status != GH_OK)
            return status;
    }
    return GH_OK;
}

enum gh_status
gh_edge_new(struct gh_worker *worker, const int *fds, size_t n,
            struct gh_edge **out)
{
    const struct gh_settings_limits *limits = &worker->site->settings->limits;
    struct gh_edge *edge = calloc(1, sizeof(*edge));
    enum gh_status status = GH_FAULT_MEMORY;

    if (edge == NULL)
        return status;
    edge->worker = worker;
    gh_list_init(&edge->idle);
    gh_list_init(&edge->busy);
    gh_list_init(&edge->left);
    /* Decoded and encoded again, parameters grow by a few bytes a record. */
    edge->clean_cap = limits->params + 4096;
    edge->clean = malloc(edge->clean_cap);
    edge->decoded.at = calloc(GH_EDGE_PARAMS, sizeof(*edge->decoded.at));
    if (edge->clean != NULL && edge->decoded.at != NULL)
        status = gh_fcgi_new(edge->clean_cap, &edge->fcgi);
    if (status == GH_OK)
        status = listen_on(edge, fds, n);
    if (status != GH_OK) {
        gh_edge_free(edge);
        return status;
    }
    *out = edge;
    return GH_OK;
}

/* Closes every connection of a list. */
static void
close_all(struct gh_link *list)
{
    while (!gh_list_is_empty(list))
        gh_connection_close(
            GH_CONTAINER(list->next, struct gh_connection, link));
}

void
gh_edge_drain(struct gh_edge *edge)
{
    edge->is_draining = true;
    for (size_t i = 0; i < edge->n_listeners; i++) {
        struct gh_listener *listener = &edge->listeners[i];

        gh_deadline_clear(&listener->again);
        if (!listener->is_paused)
            gh_loop_forget(edge->worker->loop, &listener->watch);
        listener->is_paused = true;
    }
    close_all(&edge->idle);
}

void
gh_edge_free(struct gh_edge *edge)
{
    if (edge == NULL)
        return;
    gh_edge_drain(edge);
    close_all(&edge->busy);
    while (!gh_list_is_empty(&edge->left))
        on_recorded(GH_CONTAINER(edge->left.next, struct gh_exchange, link));
    while (edge->n_spare > 0)
        gh_exchange_free(edge->spare[--edge->n_spare]);
    gh_fcgi_free(edge->fcgi);
    free(edge->listeners);
    free(edge->clean);
    free(edge->decoded.at);
    free(edge);
}
