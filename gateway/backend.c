/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections to applications. Owns the sockets and their input buffers.
 * Limits the requests under way at once and the connections kept idle, both
 * per application (settings `connections`, shared out over the loops, and
 * `keep`). Called by the relay.
 *
 * An idle connection stays watched: bytes or an end that nobody asked for
 * make it dirty, and it is closed; before one is borrowed it is looked at once
 * more. What remains is the race between our sending and their closing, which
 * the relay answers by sending only idempotent requests without a body over
 * used connections.
 */
#include "backend.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    IDLE_MS = 4000, /* how long an unused connection is kept: less than any
                       common application server's own limit (5 s) */
};

struct gh_backend *
gh_backend_new(struct gh_loop *loop, const struct gh_reach *reach,
               atomic_uint *n_busy, size_t max_input)
{
    struct gh_backend *backend = calloc(1, sizeof(*backend));

    if (backend == NULL)
        return NULL;
    backend->loop = loop;
    backend->reach = *reach;
    backend->n_users = 1;
    backend->n_busy = n_busy;
    backend->max_input = max_input;
    gh_list_init(&backend->idle);
    return backend;
}

bool
gh_backend_is_for(const struct gh_backend *backend,
                  const struct gh_reach *reach)
{
    return gh_reach_is_same(&backend->reach, reach);
}

static void
close_socket(struct gh_backend_link *link)
{
    if (link->is_watched)
        gh_loop_forget(link->backend->loop, &link->watch);
    link->is_watched = false;
    if (link->watch.fd >= 0)
        close(link->watch.fd);
    link->watch.fd = -1;
}

/* Has the loop watch for what is wanted. For nothing means not at all: a
 * hang-up would be reported over and over while nobody reads. */
static enum gh_status
watch_for(struct gh_backend_link *link, unsigned wanted)
{
    struct gh_loop *loop = link->backend->loop;
    enum gh_status status = GH_OK;

    link->wanted = wanted;
    if (link->is_paused)
        wanted &= ~(unsigned)GH_EVENT_READ;
    if (wanted == 0 && link->is_watched)
        gh_loop_forget(loop, &link->watch);
    else if (wanted != 0 && link->is_watched)
        gh_loop_interest(loop, &link->watch, wanted);
    else if (wanted != 0)
        status = gh_loop_watch(loop, &link->watch, wanted);
    link->is_watched = wanted != 0 && status == GH_OK;
    return status;
}

/* Ends a connection that is in no list. */
static void
free_link(struct gh_backend_link *link)
{
    close_socket(link);
    gh_deadline_clear(&link->deadline);
    free(link->input);
    free(link);
}

/* Takes a connection out of the idle list and ends it. */
static void
drop_idle(struct gh_backend_link *link)
{
    gh_link_leave(&link->link);
    link->backend->n_idle--;
    free_link(link);
}

void
gh_backend_hold(struct gh_backend *backend)
{
    backend->n_users++;
}

void
gh_backend_release(struct gh_backend *backend)
{
    if (backend == NULL || --backend->n_users > 0)
        return;
    while (!gh_list_is_empty(&backend->idle))
        drop_idle(
            GH_CONTAINER(backend->idle.next, struct gh_backend_link, link));
    free(backend);
}

static void
on_event(struct gh_watch *watch, unsigned events)
{
    struct gh_backend_link *link =
        GH_CONTAINER(watch, struct gh_backend_link, watch);

    (void)events;
    if (link->task == NULL) {
        drop_idle(link);
        return;
    }
    link->is_ready = true;
    gh_loop_post(link->backend->loop, link->task);
}

static void
on_late(struct gh_deadline *deadline)
{
    drop_idle(GH_CONTAINER(deadline, struct gh_backend_link, deadline));
}

/* A socket that is connecting to the link's current address. GH_CLOSED: it
 * was refused at once; GH_LIMIT: the application is too busy to accept;
 * GH_FAULT_IO: no descriptor to be had. */
static enum gh_status
open_socket(struct gh_backend_link *link)
{
    const struct gh_backend_address *address =
        &link->backend->reach.addresses[link->address];
    int family = address->addr.any.sa_family;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;

    if (fd < 0)
        return GH_FAULT_IO;
    if (family != AF_UNIX)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    link->is_connected = connect(fd, &address->addr.any, address->len) == 0;
    if (!link->is_connected && errno != EINPROGRESS) {
        /* EAGAIN: a unix socket whose queue of callers is full. */
        enum gh_status status = errno == EAGAIN ? GH_LIMIT : GH_CLOSED;

        close(fd);
        return status;
    }
    link->watch.fd = fd;
    if (watch_for(link, link->is_connected ? GH_EVENT_READ : GH_EVENT_WRITE) ==
        GH_OK)
        return GH_OK;
    close(fd);
    link->watch.fd = -1;
    return GH_FAULT_IO;
}

/* Tries the addresses from the current one on. */
static enum gh_status
open_some(struct gh_backend_link *link)
{
    enum gh_status status = GH_CLOSED;

    while (link->address < link->backend->reach.n_addresses) {
        status = open_socket(link);
        if (status != GH_CLOSED)
            break;
        link->address++;
    }
    return status;
}

/* Whether nothing came while it was idle: neither bytes, which would be taken
 * for the answer to the next request, nor its end. The loop may know of them
 * and not have said so yet. */
static bool
is_silent(const struct gh_backend_link *link)
{
    char byte;

    return recv(link->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* The youngest idle connection that is good: the likeliest to be alive. */
static struct gh_backend_link *
take_idle(struct gh_backend *backend)
{
    while (!gh_list_is_empty(&backend->idle)) {
        struct gh_backend_link *link =
            GH_CONTAINER(backend->idle.prev, struct gh_backend_link, link);

        gh_link_leave(&link->link);
        gh_deadline_clear(&link->deadline);
        backend->n_idle--;
        link->is_reused = true;
        if (is_silent(link))
            return link;
        free_link(link);
    }
    return NULL;
}

static enum gh_status
new_link(struct gh_backend *backend, struct gh_backend_link **out)
{
    struct gh_backend_link *link = calloc(1, sizeof(*link));
    enum gh_status status;

    if (link == NULL)
        return GH_FAULT_MEMORY;
    link->backend = backend;
    link->watch.fd = -1;
    link->watch.on_event = on_event;
    link->deadline.on_late = on_late;
    link->input_cap = GH_BACKEND_INPUT;
    link->input = malloc(link->input_cap);
    status = link->input == NULL ? GH_FAULT_MEMORY : open_some(link);
    if (status != GH_OK) {
        free_link(link);
        return status;
    }
    *out = link;
    return GH_OK;
}

/* Counts one request more, over all loops; false when that is too many. */
static bool
enter(struct gh_backend *backend)
{
    if (atomic_fetch_add_explicit(backend->n_busy, 1, memory_order_relaxed) <
        backend->reach.connections)
        return true;
    atomic_fetch_sub_explicit(backend->n_busy, 1, memory_order_relaxed);
    return false;
}

static void
leave(struct gh_backend *backend)
{
    atomic_fetch_sub_explicit(backend->n_busy, 1, memory_order_relaxed);
}

enum gh_status
gh_backend_borrow(struct gh_backend *backend, bool may_reuse,
                  struct gh_task *task, struct gh_backend_link **out)
{
    struct gh_backend_link *link;
    enum gh_status status = GH_OK;

    if (!enter(backend))
        return GH_LIMIT;
    link = may_reuse ? take_idle(backend) : NULL;
    if (link == NULL)
        status = new_link(backend, &link);
    if (status != GH_OK) {
        leave(backend);
        return status;
    }
    link->task = task;
    link->is_ready = false;
    *out = link;
    return GH_OK;
}

void
gh_backend_give_back(struct gh_backend_link *link, bool is_clean)
{
    struct gh_backend *backend;

    if (link == NULL)
        return;
    backend = link->backend;
    leave(backend);
    link->task = NULL;
    link->is_paused = false;
    if (!is_clean || link->begin != link->end ||
        backend->n_idle >= backend->reach.keep ||
        link->input_cap != GH_BACKEND_INPUT ||
        watch_for(link, GH_EVENT_READ) != GH_OK) {
        free_link(link);
        return;
    }
    gh_deadline_set(backend->loop, &link->deadline, IDLE_MS);
    gh_list_append(&backend->idle, &link->link);
    backend->n_idle++;
}

enum gh_status
gh_backend_next(struct gh_backend_link *link)
{
    close_socket(link);
    link->address++;
    return open_some(link);
}

enum gh_status
gh_backend_connected(struct gh_backend_link *link)
{
    socklen_t size = sizeof(int);
    int error = 0;

    if (link->is_connected)
        return GH_OK;
    if (!link->is_ready)
        return GH_WAIT;
    link->is_ready = false;
    if (getsockopt(link->watch.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return GH_FAULT_IO;
    if (error == 0) {
        link->is_connected = true;
        return watch_for(link, GH_EVENT_READ);
    }
    if (gh_backend_next(link) != GH_OK)
        return GH_CLOSED;
    return link->is_connected ? GH_OK : GH_WAIT;
}

/* The parts without their first `skip` bytes; returns how many are left. */
static size_t
cut_parts(const struct iovec *parts, size_t n, size_t skip, struct iovec *out)
{
    size_t n_out = 0;

    for (size_t i = 0; i < n; i++) {
        if (skip >= parts[i].iov_len) {
            skip -= parts[i].iov_len;
            continue;
        }
        out[n_out].iov_base = (char *)parts[i].iov_base + skip;
        out[n_out].iov_len = parts[i].iov_len - skip;
        n_out++;
        skip = 0;
    }
    return n_out;
}

enum gh_status
gh_backend_send(struct gh_backend_link *link, const struct iovec *parts,
                size_t n, size_t *sent)
{
    struct iovec left[4];
    struct msghdr message = {.msg_iov = left};
    unsigned wanted = GH_EVENT_READ;
    size_t total = 0;
    ssize_t result;

    gh_assert(n <= GH_COUNT(left));
    for (size_t i = 0; i < n; i++)
        total += parts[i].iov_len;
    message.msg_iovlen = cut_parts(parts, n, *sent, left);
    if (message.msg_iovlen == 0)
        return GH_OK;
    result = sendmsg(link->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (result < 0 && errno != EAGAIN && errno != EINTR) {
        /* It may still answer; that it takes nothing more is no news. */
        (void)watch_for(link, GH_EVENT_READ);
        return GH_CLOSED;
    }
    if (result > 0)
        *sent += (size_t)result;
    if (*sent < total)
        wanted |= GH_EVENT_WRITE;
    if (wanted != link->wanted && watch_for(link, wanted) != GH_OK)
        return GH_CLOSED;
    return *sent < total ? GH_WAIT : GH_OK;
}

/* Makes room behind the input: first by moving it to the front, then, while a
 * head is being collected, by growing to the largest head. */
static enum gh_status
make_room(struct gh_backend_link *link)
{
    size_t cap = link->input_cap * 2;
    char *grown;

    if (link->begin > 0) {
        memmove(link->input, link->input + link->begin,
                link->end - link->begin);
        link->end -= link->begin;
        link->begin = 0;
    }
    if (link->end < link->input_cap)
        return GH_OK;
    if (link->input_cap > link->backend->max_input)
        return GH_LIMIT;
    grown = realloc(link->input, cap);
    if (grown == NULL)
        return GH_FAULT_MEMORY;
    link->input = grown;
    link->input_cap = cap;
    return GH_OK;
}

enum gh_status
gh_backend_receive(struct gh_backend_link *link)
{
    enum gh_status status;
    ssize_t n;

    if (link->end == link->input_cap) {
        status = make_room(link);
        if (status != GH_OK)
            return status;
    }
    link->is_ready = false;
    n = recv(link->watch.fd, link->input + link->end,
             link->input_cap - link->end, MSG_DONTWAIT);
    if (n == 0)
        return GH_NONE;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? GH_WAIT : GH_CLOSED;
    link->end += (size_t)n;
    return GH_OK;
}

struct gh_text
gh_backend_input(const struct gh_backend_link *link)
{
    return (struct gh_text){.at = link->input + link->begin,
                            .len = link->end - link->begin};
}

void
gh_backend_consume(struct gh_backend_link *link, size_t n)
{
    gh_assert(n <= link->end - link->begin);
    link->begin += n;
    if (link->begin == link->end) {
        link->begin = 0;
        link->end = 0;
    }
}

void
gh_backend_pause(struct gh_backend_link *link)
{
    if (link->is_paused)
        return;
    link->is_paused = true;
    /* Wanting less cannot fail. */
    (void)watch_for(link, link->wanted);
}

enum gh_status
gh_backend_resume(struct gh_backend_link *link)
{
    if (!link->is_paused)
        return GH_OK;
    link->is_paused = false;
    return watch_for(link, link->wanted);
}
