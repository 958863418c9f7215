/* SPDX-License-Identifier: Apache-2.0
 *
 * The front border of a connection: what is written to the web server, and
 * when it may be. Owns nothing. Limits what waits in the socket: libfcgi
 * writes to a non-blocking descriptor and takes a refusal for an error, so it
 * is given only what is known to fit. Called by respond and the relay.
 *
 * The budget: poll() calls a socket writable when a quarter of its send
 * buffer is used at most. From then on the budget counts down by what each
 * record can cost the kernel, and only when it is used up poll() is asked
 * again. Small answers therefore need no system call besides their own write.
 */
#include "edge_int.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/banned.h"

enum {
    COST_FACTOR = 3, /* of a byte: buffers are handed out in pages */
    RESERVE = 8192,  /* kept back for END_REQUEST and short records */
};

/* Asks the kernel whether the socket has drained; if so, the budget is full
 * again, else the loop will tell. */
static void
refresh_budget(struct gh_connection *connection)
{
    struct pollfd ready = {.fd = connection->watch.fd, .events = POLLOUT};

    if (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0)
        connection->budget = connection->edge->send_budget;
}

/* What a write of n bytes, cut into records, takes off the budget at most. */
static size_t
cost(size_t n)
{
    return COST_FACTOR * n + RESERVE / 4;
}

static void
spend(struct gh_connection *connection, size_t n)
{
    size_t price = cost(n);

    connection->budget -=
        price < connection->budget ? price : connection->budget;
}

enum gh_status
gh_connection_send(struct gh_connection *connection,
                   const struct gh_buf *record)
{
    if (connection->budget < cost(record->len))
        refresh_budget(connection);
    if (connection->budget < cost(record->len))
        return GH_CLOSED;
    spend(connection, record->len);
    if (send(connection->watch.fd, record->at, record->len,
             MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)record->len)
        return GH_CLOSED;
    return GH_OK;
}

static struct gh_connection *
connection_of(struct gh_front *front)
{
    return GH_CONTAINER(front, struct gh_connection, front);
}

static size_t
front_room(struct gh_front *front)
{
    struct gh_connection *connection = connection_of(front);

    if (connection->budget < 3 * RESERVE)
        refresh_budget(connection);
    if (connection->budget < 3 * RESERVE) {
        gh_loop_interest(connection->edge->worker->loop, &connection->watch,
                         connection->watch.interest | GH_EVENT_WRITE);
        return 0;
    }
    return (connection->budget - 2 * RESERVE) / COST_FACTOR;
}

static enum gh_status
front_write(struct gh_front *front, struct gh_text bytes)
{
    struct gh_connection *connection = connection_of(front);

    spend(connection, bytes.len);
    return gh_fcgi_write(connection->request, bytes);
}

static enum gh_status
front_flush(struct gh_front *front)
{
    return gh_fcgi_flush(connection_of(front)->request);
}

static void
front_more(struct gh_front *front)
{
    struct gh_connection *connection = connection_of(front);

    if (connection->n_held > 0 ||
        (connection->watch.interest & GH_EVENT_READ) == 0)
        gh_loop_post(connection->edge->worker->loop, &connection->task);
}

const struct gh_front_ops gh_connection_front = {
    .room = front_room,
    .write = front_write,
    .flush = front_flush,
    .more = front_more,
};
