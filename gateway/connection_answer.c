/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection's life: from accept to close, with one exchange after the
 * other. Owns the connection, its exchange and libfcgi's request. Limits how
 * long a connection may be idle, slow, or over with a body that nobody wants.
 * Called by the edge and by the loop.
 */
#include "edge_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/secret.h"
#include "finish.h"
#include "params.h"
#include "pipeline.h"
#include "step.h"

#include "base/banned.h"

enum {
    LINGER_MS = 1000,    /* for the rest of a body that nobody wants */
    CUT_MS = 50,         /* before a connection with a broken answer closes */
    PARAMS_BESIDES = 64, /* parameters that are no header fields */
};

static struct gh_loop *
loop_of(const struct gh_connection *connection)
{
    return connection->edge->worker->loop;
}

/* Reads only when what comes can be handled. A request that is there as a
 * whole, on a connection that ends with it, is mostly answered before the loop
 * need watch for anything. */
static void
update_interest(struct gh_connection *connection)
{
    unsigned interest = connection->watch.interest & GH_EVENT_WRITE;
    bool is_full = connection->state == GH_CONNECTION_INPUT &&
                   gh_body_room(&connection->exchange->body) == 0;

    if (!connection->is_half_closed && connection->n_held == 0 &&
        !connection->is_deferred && !is_full &&
        connection->state != GH_CONNECTION_CUT)
        interest |= GH_EVENT_READ;
    if (connection->is_kept || connection->state != GH_CONNECTION_FULL)
        gh_loop_hurry(loop_of(connection), &connection->watch);
    gh_loop_interest(loop_of(connection), &connection->watch, interest);
}

/* Waits for the next request in the edge's idle list. */
static void
set_idle(struct gh_connection *connection)
{
    const struct gh_settings *settings =
        connection->edge->worker->site->settings;

    connection->state = GH_CONNECTION_IDLE;
    connection->is_slow = false;
    connection->idle_since_ms = gh_loop_now(loop_of(connection));
    gh_link_leave(&connection->link);
    gh_list_append(&connection->edge->idle, &connection->link);
    gh_deadline_set(loop_of(connection), &connection->deadline,
                    (int64_t)settings->timeouts.idle);
}

/* Gives parameters that have begun to come their deadline, once, and takes it
 * back when a stray record was all that came. */
static void
watch_slowness(struct gh_connection *connection)
{
    const struct gh_settings *settings =
        connection->edge->worker->site->settings;
    bool is_slow = connection->state == GH_CONNECTION_PARAMS ||
                   (connection->state == GH_CONNECTION_IDLE &&
                    !gh_record_is_between(&connection->reader));

    if (connection->is_over)
        return;
    if (is_slow && !connection->is_slow)
        gh_deadline_set(loop_of(connection), &connection->deadline,
                        (int64_t)settings->timeouts.params);
    if (!is_slow && connection->is_slow &&
        connection->state == GH_CONNECTION_IDLE)
        set_idle(connection);
    connection->is_slow = is_slow;
}

/* Hands the exchange back to the edge. */
static void
release_exchange(struct gh_connection *connection)
{
    struct gh_edge *edge = connection->edge;
    struct gh_exchange *exchange = connection->exchange;

    connection->exchange = NULL;
    if (exchange == NULL)
        return;
    atomic_fetch_add_explicit(&edge->worker->gateway->counters.exchanges, 1,
                              memory_order_relaxed);
    if (gh_edge_adopt(edge, exchange))
        return;
    gh_exchange_end(exchange);
    if (edge->n_spare < GH_EDGE_SPARE)
        edge->spare[edge->n_spare++] = exchange;
    else
        gh_exchange_free(exchange);
}

/* Ends an exchange that was not answered to its end. */
static void
break_off(struct gh_connection *connection, const char *why_z)
{
    struct gh_exchange *exchange = connection->exchange;

    if (exchange == NULL)
        return;
    exchange->receipt.is_cut = true;
    exchange->receipt.why_z = why_z;
    gh_finish(exchange);
    release_exchange(connection);
}

static void
uncount(const struct gh_connection *connection)
{
    struct gh_edge *edge = connection->edge;
    struct gh_gateway *gateway = edge->worker->gateway;

    edge->n_connections--;
    atomic_fetch_sub_explicit(&gateway->n_connections, 1, memory_order_relaxed);
    if (!connection->has_served)
        return;
    edge->n_kept--;
    atomic_fetch_sub_explicit(&gateway->n_kept, 1, memory_order_relaxed);
}

/* Counts a connection as kept, once. */
static void
count_kept(struct gh_connection *connection)
{
    if (connection->has_served)
        return;
    connection->has_served = true;
    connection->edge->n_kept++;
    atomic_fetch_add_explicit(&connection->edge->worker->gateway->n_kept, 1,
                              memory_order_relaxed);
}

void
gh_connection_close(struct gh_connection *connection)
{
    break_off(connection, "web server is gone");
    gh_fcgi_request_free(connection->request);
    gh_loop_close(loop_of(connection), &connection->watch);
    gh_deadline_clear(&connection->deadline);
    gh_link_leave(&connection->task.link);
    gh_link_leave(&connection->link);
    uncount(connection);
    /* Cookies and forms. */
    gh_secret_wipe(connection->params, connection->params_cap);
    gh_secret_wipe(connection->held, connection->n_held);
    free(connection->params);
    free(connection->held);
    free(connection);
}

/* After an answer: idle again, or GH_CLOSED when the connection has done its
 * duty. Bytes that were held are handled by the connection's task. */
static enum gh_status
settle(struct gh_connection *connection)
{
    bool is_over = !connection->is_kept || connection->is_half_closed ||
                   connection->edge->is_draining;
    bool is_read =
        connection->is_half_closed || connection->state != GH_CONNECTION_INPUT;

    if (is_over && is_read)
        return GH_CLOSED;
    if (!is_over)
        count_kept(connection);
    set_idle(connection);
    if (is_over) {
        /* The web server is still sending its body. Closing under its hands
         * would make it forget our answer, so the rest is read, for a
         * moment, and dropped. */
        connection->is_kept = false;
        connection->is_over = true;
        gh_deadline_set(loop_of(connection), &connection->deadline, LINGER_MS);
    }
    if (connection->n_held > 0 || connection->is_deferred)
        gh_loop_post(loop_of(connection), &connection->task);
    else
        update_interest(connection);
    return GH_OK;
}

enum gh_status
gh_connection_abort(struct gh_connection *connection)
{
    enum gh_status status;

    /* To an authorizer's web server the mere end would be a yes. */
    if (connection->is_authorizer)
        return GH_CLOSED;
    if (connection->exchange == NULL) {
        char bytes[16];
        struct gh_buf record = gh_buf_over(bytes, sizeof(bytes));

        gh_record_put_end(&record, connection->id, GH_PROTOCOL_COMPLETE);
        status = gh_connection_send(connection, &record);
    } else {
        break_off(connection, "taken back by the web server");
        status = gh_fcgi_finish(connection->request);
    }
    return status == GH_OK ? settle(connection) : status;
}

/* An answer broke off behind its head. Closing alone does not tell: without a
 * Content-Length nginx takes the end of the connection for the end of the
 * answer. A byte that is no FastCGI version does; and lighttpd must have begun
 * to pass the answer on before it sees the end, hence the moment's wait. */
static void
cut(struct gh_connection *connection)
{
    static const char no_version[1] = {(char)0xff};

    gh_fcgi_drop(connection->request);
    release_exchange(connection);
    (void)send(connection->watch.fd, no_version, sizeof(no_version),
               MSG_NOSIGNAL | MSG_DONTWAIT);
    connection->state = GH_CONNECTION_CUT;
    gh_loop_interest(loop_of(connection), &connection->watch, 0);
    gh_deadline_set(loop_of(connection), &connection->deadline, CUT_MS);
}

/* The pipeline is through. */
static void
on_done(struct gh_exchange *exchange)
{
    struct gh_connection *connection =
        GH_CONTAINER(exchange->front, struct gh_connection, front);
    enum gh_status status;

    if (exchange->receipt.is_cut) {
        cut(connection);
        return;
    }
    status = gh_fcgi_finish(connection->request);
    release_exchange(connection);
    if (status == GH_OK)
        status = settle(connection);
    if (status != GH_OK)
        gh_connection_close(connection);
}

/* Leaves out what nobody reads: each parameter costs libfcgi an allocation. */
static void
keep_read(struct gh_fields *params)
{
    size_t n = 0;

    for (size_t i = 0; i < params->n; i++) {
        if (step_parse_reads(params->at[i].name))
            params->at[n++] = params->at[i];
    }
    params->n = n;
}

/* Decodes the parameters where they are. What is wrong with them becomes the
 * status to refuse with. */
static void
decode(struct gh_connection *connection, unsigned *refused, const char **why_z)
{
    struct gh_edge *edge = connection->edge;
    const struct gh_settings_limits *limits =
        &connection->exchange->context.settings->limits;
    const struct gh_text stream = {.at = connection->params,
                                   .len = connection->n_params};
    enum gh_status status = GH_OK;

    edge->decoded.n = 0;
    edge->decoded.cap = limits->fields + PARAMS_BESIDES;
    if (*refused == 0)
        status = gh_params_decode(stream, &edge->decoded);
    if (status == GH_MALFORMED) {
        *refused = 400;
        *why_z = "parameters malformed";
    }
    if (status == GH_LIMIT ||
        gh_params_size(&edge->decoded) > edge->clean_cap) {
        *refused = 431;
        *why_z = "too many parameters";
    }
    if (*refused != 0)
        edge->decoded.n = 0;
    keep_read(&edge->decoded);
}

/* Shows libfcgi the request, clean, and takes what it makes of it. */
static enum gh_status
accept_clean(struct gh_connection *connection)
{
    struct gh_edge *edge = connection->edge;
    const struct gh_fields *decoded = &edge->decoded;
    struct gh_exchange *exchange = connection->exchange;
    struct gh_buf clean = gh_buf_over(edge->clean, edge->clean_cap);
    enum gh_status status = gh_fields_init(&exchange->arena, decoded->n + 1,
                                           &exchange->input.params);

    if (status != GH_OK)
        return status;
    gh_params_encode(&clean, connection->id, decoded);
    if (clean.is_failed)
        return GH_FAULT_BUG;
    return gh_fcgi_accept(edge->fcgi, connection->request, gh_buf_text(&clean),
                          connection->watch.fd, &exchange->arena,
                          &exchange->input.params);
}

/* An exchange to use: a spare one, or a new one. */
static struct gh_exchange *
take_exchange(struct gh_edge *edge)
{
    if (edge->n_spare > 0)
        return edge->spare[--edge->n_spare];
    return gh_exchange_new(gh_pipeline_task);
}

enum gh_status
gh_connection_begin(struct gh_connection *connection, unsigned refused,
                    const char *why_z)
{
    struct gh_worker *worker = connection->edge->worker;
    struct gh_exchange *exchange = take_exchange(connection->edge);
    enum gh_status status = GH_FAULT_MEMORY;

    connection->exchange = exchange;
    if (exchange != NULL) {
        gh_exchange_begin(exchange, worker,
                          &worker->site->settings->entries[connection->entry]);
        decode(connection, &refused, &why_z);
        status = accept_clean(connection);
    }
    gh_secret_wipe(connection->params, connection->params_cap);
    free(connection->params);
    connection->params = NULL;
    connection->params_cap = 0;
    if (status != GH_OK) {
        /* Without libfcgi's stream there is no way to answer. */
        release_exchange(connection);
        return GH_CLOSED;
    }

    exchange->front = &connection->front;
    exchange->on_done = on_done;
    exchange->input.refused = refused;
    exchange->input.why_z = why_z;
    exchange->input.is_authorizer = connection->is_authorizer;
    connection->state = GH_CONNECTION_INPUT;
    gh_deadline_clear(&connection->deadline);
    gh_loop_post(worker->loop, &exchange->task);
    return GH_OK;
}

/* Handles bytes, then what follows from them; may close the connection. */
static void
feed(struct gh_connection *connection, struct gh_text bytes)
{
    if (gh_connection_feed(connection, bytes) != GH_OK) {
        gh_connection_close(connection);
        return;
    }
    watch_slowness(connection);
    update_interest(connection);
}

/* Goes on with what was held. */
static void
run(struct gh_task *task)
{
    struct gh_connection *connection =
        GH_CONTAINER(task, struct gh_connection, task);

    /* What came before the cut is of no use to anybody any more. */
    if (connection->state == GH_CONNECTION_CUT)
        return;
    if (connection->n_held > 0 || connection->is_deferred)
        feed(connection, (struct gh_text){.at = connection->held,
                                          .len = connection->n_held});
    else
        update_interest(connection);
}

/* The web server sends no more. What it has asked for completely is still
 * answered; a body that is not complete never will be. */
static void
half_close(struct gh_connection *connection)
{
    connection->is_half_closed = true;
    if (connection->state == GH_CONNECTION_IDLE ||
        connection->state == GH_CONNECTION_PARAMS) {
        gh_connection_close(connection);
        return;
    }
    if (connection->state == GH_CONNECTION_INPUT) {
        connection->exchange->body.is_ended = true;
        connection->exchange->body.is_broken = true;
        connection->state = GH_CONNECTION_FULL;
        gh_loop_post(loop_of(connection), &connection->exchange->task);
    }
    update_interest(connection);
}

void
gh_connection_read(struct gh_connection *connection)
{
    char *scratch = connection->edge->scratch;
    size_t size = GH_EDGE_SCRATCH;
    ssize_t n;

    /* Nothing has to be held for long. */
    if (connection->state == GH_CONNECTION_INPUT)
        size = gh_body_room(&connection->exchange->body);
    if (size == 0) {
        update_interest(connection);
        return;
    }
    n = recv(connection->watch.fd, scratch, size, MSG_DONTWAIT);
    if (n > 0)
        feed(connection, (struct gh_text){.at = scratch, .len = (size_t)n});
    else if (n == 0)
        half_close(connection);
    else if (errno != EAGAIN && errno != EINTR)
        gh_connection_close(connection);
    else
        update_interest(connection);
}

static void
on_event(struct gh_watch *watch, unsigned events)
{
    struct gh_connection *connection =
        GH_CONTAINER(watch, struct gh_connection, watch);

    /* Both directions are closed: nobody is left to answer. */
    if (events & GH_EVENT_HANGUP) {
        gh_connection_close(connection);
        return;
    }
    if ((events & GH_EVENT_WRITE) != 0) {
        connection->budget = connection->edge->send_budget;
        gh_loop_interest(loop_of(connection), &connection->watch,
                         watch->interest & ~(unsigned)GH_EVENT_WRITE);
        if (connection->exchange != NULL)
            gh_loop_post(loop_of(connection), &connection->exchange->task);
    }
    if ((events & watch->interest & GH_EVENT_READ) != 0)
        gh_connection_read(connection);
}

static void
on_late(struct gh_deadline *deadline)
{
    gh_connection_close(GH_CONTAINER(deadline, struct gh_connection, deadline));
}

struct gh_connection *
gh_connection_new(struct gh_edge *edge, int fd, size_t entry)
{
    struct gh_connection *connection = calloc(1, sizeof(*connection));

    if (connection == NULL)
        return NULL;
    connection->front.ops = &gh_connection_front;
    connection->edge = edge;
    connection->entry = entry;
    connection->watch.fd = fd;
    connection->watch.on_event = on_event;
    connection->deadline.on_late = on_late;
    connection->task.run = run;
    connection->budget = edge->send_budget;
    connection->request = gh_fcgi_request_new();
    if (connection->request == NULL) {
        free(connection);
        return NULL;
    }
    gh_loop_watch_late(edge->worker->loop, &connection->watch, GH_EVENT_READ);
    edge->n_connections++;
    atomic_fetch_add_explicit(&edge->worker->gateway->n_connections, 1,
                              memory_order_relaxed);
    set_idle(connection);
    return connection;
}
