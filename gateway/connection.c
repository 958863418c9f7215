/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of one connection: what may come when, and what it means. Owns
 * nothing of its own. Refuses what FastCGI 1.0 does not allow at that place
 * by closing; refuses what is merely too large or malformed inside a request
 * with an answer. Called when bytes have arrived; the answering half is
 * connection_answer.c.
 *
 * One request at a time: another id meanwhile is told so; the same id again
 * is the next request, and waits.
 */
#include "edge_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "params.h"

#include "base/banned.h"

/* True when the current record belongs to the request at hand. */
static bool
is_ours(const struct gh_connection *connection)
{
    return connection->state != GH_CONNECTION_IDLE &&
           connection->reader.id == connection->id;
}

static const struct gh_settings *
settings_of(const struct gh_connection *connection)
{
    return connection->edge->worker->site->settings;
}

/* Tells that a request of another id cannot be served now, or not at all. In
 * words first, whatever its role is: lighttpd takes END_REQUEST without an
 * answer for an authorizer's yes, also where its status says no. */
static enum gh_status
refuse(struct gh_connection *connection, unsigned id,
       enum gh_protocol_status status)
{
    const struct gh_text words = GH_TEXT("Status: 503 Service Unavailable\r\n"
                                         "Cache-Control: no-store\r\n\r\n");
    char bytes[128];
    struct gh_buf records = gh_buf_over(bytes, sizeof(bytes));

    gh_record_put_header(&records, GH_RECORD_STDOUT, id, words.len);
    gh_buf_checked(&records, words);
    gh_record_put_header(&records, GH_RECORD_STDOUT, id, 0);
    gh_record_put_end(&records, id, status);
    gh_assert(!records.is_failed);
    return gh_connection_send(connection, &records);
}

/* The header of BEGIN_REQUEST: is this the time for one? */
static enum gh_status
begin_header(struct gh_connection *connection)
{
    const struct gh_record_reader *reader = &connection->reader;

    if (reader->len != 8 || reader->id == 0)
        return GH_CLOSED;
    if (connection->state == GH_CONNECTION_IDLE || !is_ours(connection))
        return GH_OK;
    /* The same id again: the next request, once this one is answered. */
    return connection->state == GH_CONNECTION_FULL ? GH_WAIT : GH_CLOSED;
}

/* The header of PARAMS or STDIN. */
static enum gh_status
stream_header(const struct gh_connection *connection,
              enum gh_connection_state expected)
{
    if (!is_ours(connection))
        return GH_OK;
    if (connection->state == expected)
        return GH_OK;
    /* STDIN behind its own end is ignored (a body that was longer than
     * announced); anything else is out of order. */
    return expected == GH_CONNECTION_INPUT &&
                   connection->state == GH_CONNECTION_FULL
               ? GH_OK
               : GH_CLOSED;
}

static enum gh_status
on_header(struct gh_connection *connection)
{
    connection->n_small = 0;
    switch (connection->reader.type) {
    case GH_RECORD_BEGIN_REQUEST:
        return begin_header(connection);
    case GH_RECORD_PARAMS:
        return stream_header(connection, GH_CONNECTION_PARAMS);
    case GH_RECORD_STDIN:
        return stream_header(connection, GH_CONNECTION_INPUT);
    default:
        return GH_OK;
    }
}

/* Keeps as much of a short record as there is room for. */
static void
keep_small(struct gh_connection *connection, struct gh_text content)
{
    content = gh_text_first(content, GH_EDGE_SMALL - connection->n_small);
    if (content.len == 0)
        return;
    memcpy(connection->small + connection->n_small, content.at, content.len);
    connection->n_small += content.len;
}

/* Appends to the parameters; over the limit they are only counted. */
static enum gh_status
keep_params(struct gh_connection *connection, struct gh_text content)
{
    size_t limit = settings_of(connection)->limits.params;
    size_t needed = connection->n_params + content.len;
    size_t cap = connection->params_cap == 0 ? 4096 : connection->params_cap;
    char *grown;

    if (needed > limit)
        connection->is_refused = true;
    if (connection->is_refused)
        return GH_OK;
    while (cap < needed)
        cap *= 2;
    if (cap > connection->params_cap) {
        grown = realloc(connection->params, cap);
        if (grown == NULL)
            return GH_CLOSED;
        connection->params = grown;
        connection->params_cap = cap;
    }
    memcpy(connection->params + connection->n_params, content.at, content.len);
    connection->n_params = needed;
    return GH_OK;
}

static enum gh_status
on_content(struct gh_connection *connection, struct gh_text content)
{
    switch (connection->reader.type) {
    case GH_RECORD_PARAMS:
        return is_ours(connection) ? keep_params(connection, content) : GH_OK;
    case GH_RECORD_STDIN:
        if (!is_ours(connection) || connection->state != GH_CONNECTION_INPUT)
            return GH_OK;
        if (gh_body_add(&connection->exchange->body,
                        &connection->exchange->arena, content) != GH_OK)
            return GH_CLOSED;
        gh_loop_post(connection->edge->worker->loop,
                     &connection->exchange->task);
        return GH_OK;
    default:
        keep_small(connection, content);
        return GH_OK;
    }
}

/* BEGIN_REQUEST is complete. */
static enum gh_status
on_begin(struct gh_connection *connection)
{
    const unsigned char *body = (const unsigned char *)connection->small;
    unsigned role = (unsigned)body[0] << 8 | body[1];
    unsigned id = connection->reader.id;

    if (connection->state != GH_CONNECTION_IDLE)
        return refuse(connection, id, GH_PROTOCOL_CANT_MPX);
    if (connection->is_over)
        return GH_CLOSED;
    connection->is_kept = (body[2] & GH_FLAG_KEEP_CONN) != 0;
    if (role != GH_ROLE_RESPONDER && role != GH_ROLE_AUTHORIZER) {
        enum gh_status status =
            refuse(connection, id, GH_PROTOCOL_UNKNOWN_ROLE);

        return connection->is_kept ? status : GH_CLOSED;
    }
    connection->is_authorizer = role == GH_ROLE_AUTHORIZER;
    connection->id = id;
    connection->state = GH_CONNECTION_PARAMS;
    connection->n_params = 0;
    connection->is_refused = false;
    gh_link_leave(&connection->link);
    gh_list_append(&connection->edge->busy, &connection->link);
    return GH_OK;
}

/* The empty PARAMS record: the request is known. */
static enum gh_status
on_params_end(struct gh_connection *connection)
{
    return gh_connection_begin(connection, connection->is_refused ? 431 : 0,
                               "parameters too large");
}

/* The empty STDIN record: the body is complete. */
static void
on_stdin_end(struct gh_connection *connection)
{
    connection->state = GH_CONNECTION_FULL;
    connection->exchange->body.is_ended = true;
    gh_loop_post(connection->edge->worker->loop, &connection->exchange->task);
}

/* A management record (id 0) is complete. */
static enum gh_status
on_management(struct gh_connection *connection)
{
    char bytes[256];
    struct gh_buf record = gh_buf_over(bytes, sizeof(bytes));

    if (connection->reader.type == GH_RECORD_GET_VALUES)
        gh_params_answer_values(&record,
                                (struct gh_text){.at = connection->small,
                                                 .len = connection->n_small},
                                settings_of(connection)->limits.connections);
    else
        gh_record_put_unknown_type(&record, connection->reader.type);
    gh_assert(!record.is_failed);
    return gh_connection_send(connection, &record);
}

static enum gh_status
on_end(struct gh_connection *connection)
{
    const struct gh_record_reader *reader = &connection->reader;
    bool is_last = reader->len == 0 && is_ours(connection);

    if (reader->id == 0)
        return on_management(connection);
    switch (reader->type) {
    case GH_RECORD_BEGIN_REQUEST:
        return on_begin(connection);
    case GH_RECORD_PARAMS:
        return is_last ? on_params_end(connection) : GH_OK;
    case GH_RECORD_STDIN:
        if (connection->is_over && reader->len == 0)
            return GH_CLOSED;
        if (is_last && connection->state == GH_CONNECTION_INPUT)
            on_stdin_end(connection);
        return GH_OK;
    case GH_RECORD_ABORT_REQUEST:
        return is_ours(connection) ? gh_connection_abort(connection) : GH_OK;
    default:
        /* Types that we do not know, for requests that we do not have. */
        return GH_OK;
    }
}

/* How much content can be taken now: a body waits when its buffer is full. */
static size_t
content_room(const struct gh_connection *connection)
{
    if (connection->reader.type == GH_RECORD_STDIN && is_ours(connection) &&
        connection->state == GH_CONNECTION_INPUT)
        return gh_body_room(&connection->exchange->body);
    return SIZE_MAX;
}

/* Keeps bytes that cannot be handled yet. */
static enum gh_status
hold(struct gh_connection *connection, struct gh_text bytes)
{
    char *held = NULL;

    if (bytes.len > 0) {
        held = malloc(bytes.len);
        if (held == NULL)
            return GH_CLOSED;
        memcpy(held, bytes.at, bytes.len);
    }
    gh_secret_wipe(connection->held, connection->n_held);
    free(connection->held);
    connection->held = held;
    connection->n_held = bytes.len;
    return GH_OK;
}

/* Handles one event of the reader. */
static enum gh_status
handle(struct gh_connection *connection, enum gh_record_event event,
       struct gh_text content)
{
    switch (event) {
    case GH_RECORD_HEADER:
        return on_header(connection);
    case GH_RECORD_CONTENT:
        return on_content(connection, content);
    case GH_RECORD_END:
        return on_end(connection);
    }
    return GH_CLOSED;
}

enum gh_status
gh_connection_feed(struct gh_connection *connection, struct gh_text bytes)
{
    enum gh_status status = GH_OK;
    enum gh_record_event event;
    struct gh_text content;

    if (connection->is_deferred) {
        connection->is_deferred = false;
        status = on_header(connection);
        connection->is_deferred = status == GH_WAIT;
    }
    while (status == GH_OK) {
        status = gh_record_next(&connection->reader, &bytes,
                                content_room(connection), &event, &content);
        if (status == GH_NONE)
            return hold(connection, (struct gh_text){0});
        if (status == GH_WAIT)
            return hold(connection, bytes);
        if (status == GH_OK) {
            status = handle(connection, event, content);
            connection->is_deferred = status == GH_WAIT;
        }
    }
    return status == GH_WAIT ? hold(connection, bytes) : GH_CLOSED;
}
