/* SPDX-License-Identifier: Apache-2.0
 *
 * The adapter between a worker's loop and its connections to PostgreSQL
 * (store/db knows no loop). Owns the connections. Limits: as many as the
 * configuration says, each with its own ceilings and deadlines. Called by
 * steps and acts, and by workers at start and end.
 */
#include "database.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "fresh.h"
#include "store/db.h"

#include "base/banned.h"

/* One connection on the loop. */
struct link {
    struct gh_database *database; /* whose it is */
    struct gh_db *db;             /* the connection */
    struct gh_watch watch;        /* a duplicate of its socket */
    struct gh_deadline deadline;  /* when it wants to be called */
    unsigned serial;              /* of the socket that is watched */
    bool is_watched;              /* the loop knows the socket */
    bool is_ear;                  /* never asked anything, and not counted */
    bool is_up;                   /* counted among those that are up */
};

struct gh_database {
    struct gh_worker *worker; /* the loop */
    size_t n;                 /* connections */
    size_t next;              /* the one to ask next */
    struct link ear;          /* one that only listens; db is NULL: none */
    struct link links[];      /* each a connection */
};

/* libpq closes its sockets whenever it likes, and another loop may have the
 * number at once. So the event loop watches a duplicate that is ours to close,
 * and never has to name a descriptor that may be somebody else's by now. */
static void
watch(struct link *link, const struct gh_db_wants *wants)
{
    struct gh_loop *loop = link->database->worker->loop;

    link->watch.fd = fcntl(wants->fd, F_DUPFD_CLOEXEC, 0);
    if (link->watch.fd < 0)
        return;
    link->is_watched =
        gh_loop_watch(loop, &link->watch, wants->events) == GH_OK;
    if (!link->is_watched)
        close(link->watch.fd);
}

static void
unwatch(struct link *link)
{
    if (!link->is_watched)
        return;
    gh_loop_forget(link->database->worker->loop, &link->watch);
    close(link->watch.fd);
    link->is_watched = false;
}

/* Keeps the process's number of connections that can be asked. */
static void
count_up(struct link *link, bool is_up)
{
    atomic_uint *n;

    if (link->is_ear || link->database == NULL)
        return;
    n = &link->database->worker->gateway->counters.n_database_up;
    if (is_up && !link->is_up)
        atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
    if (!is_up && link->is_up)
        atomic_fetch_sub_explicit(n, 1, memory_order_relaxed);
    link->is_up = is_up;
}

/* Does what the connection wants now; its socket may be another one. */
static void
attend(struct link *link)
{
    struct gh_loop *loop = link->database->worker->loop;
    struct gh_db_wants wants = gh_db_wants(link->db);
    int64_t ms = wants.due_ms - gh_loop_now(loop);

    if (wants.fd < 0 || wants.serial != link->serial)
        unwatch(link);
    link->serial = wants.serial;
    count_up(link, gh_db_state(link->db) == GH_DB_UP);
    if (link->is_watched)
        gh_loop_interest(loop, &link->watch, wants.events);
    else if (wants.fd >= 0)
        watch(link, &wants);
    if (wants.due_ms == INT64_MAX)
        gh_deadline_clear(&link->deadline);
    else
        gh_deadline_set(loop, &link->deadline, ms);
}

static void
on_event(struct gh_watch *watch, unsigned events)
{
    struct link *link = GH_CONTAINER(watch, struct link, watch);
    unsigned theirs = 0;

    if (events & GH_EVENT_READ)
        theirs |= GH_DB_READ;
    if (events & GH_EVENT_WRITE)
        theirs |= GH_DB_WRITE;
    gh_db_on_ready(link->db, theirs);
    attend(link);
}

static void
on_late(struct gh_deadline *deadline)
{
    struct link *link = GH_CONTAINER(deadline, struct link, deadline);

    gh_db_on_time(link->db, gh_loop_now(link->database->worker->loop));
    attend(link);
}

/* How the configuration wants a connection. */
static struct gh_db_settings
how_to_connect(const struct gh_database *database)
{
    const struct gh_settings_database *settings =
        &database->worker->site->settings->database;

    return (struct gh_db_settings){.dsn = settings->dsn,
                                   .application_name =
                                       GH_TEXT("gatehouse/gateway"),
                                   .connect_ms = (unsigned)settings->connect,
                                   .query_ms = (unsigned)settings->query};
}

/* Makes one connection; it connects as soon as the loop runs. */
static enum gh_status
make_link(struct gh_database *database, const struct gh_db_settings *how,
          struct link *link)
{
    char words[256];
    struct gh_buf why = gh_buf_over(words, sizeof(words) - 1);
    enum gh_status status = gh_db_new(how, &why, &link->db);

    if (status == GH_MALFORMED) {
        words[why.len] = '\0';
        gh_log_say(database->worker->log, GH_LOG_ERROR, "database", words);
    }
    if (status != GH_OK)
        return status;
    link->database = database;
    link->watch.fd = -1;
    link->watch.on_event = on_event;
    link->deadline.on_late = on_late;
    gh_deadline_set(database->worker->loop, &link->deadline, 0);
    return GH_OK;
}

enum gh_status
gh_database_new(struct gh_worker *worker, struct gh_database **out)
{
    const struct gh_settings_database *settings =
        &worker->site->settings->database;
    struct gh_database *database;
    struct gh_db_settings how;

    if (settings->dsn.len == 0)
        return GH_NONE;
    database = calloc(1, sizeof(*database) + settings->connections *
                                                 sizeof(database->links[0]));
    if (database == NULL)
        return GH_FAULT_MEMORY;
    database->worker = worker;
    how = how_to_connect(database);
    for (; database->n < settings->connections; database->n++) {
        enum gh_status status =
            make_link(database, &how, &database->links[database->n]);

        if (status != GH_OK) {
            gh_database_free(database);
            return status;
        }
    }
    *out = database;
    return GH_OK;
}

enum gh_status
gh_database_listen(struct gh_database *database, void (*hear)(void *ctx),
                   void *ctx)
{
    static const struct gh_stmt *const greeting[] = {&gh_stmt_listen_change,
                                                     &gh_stmt_listen_policy};
    const struct gh_settings_database *settings =
        &database->worker->site->settings->database;
    struct gh_db_settings how = how_to_connect(database);

    if (settings->listen_dsn.len > 0)
        how.dsn = settings->listen_dsn;
    how.greeting = greeting;
    how.n_greeting = GH_COUNT(greeting);
    how.heard = (struct gh_db_waiter){.fn = hear, .ctx = ctx};
    database->ear.is_ear = true;
    return make_link(database, &how, &database->ear);
}

static void
close_link(struct link *link)
{
    unwatch(link);
    count_up(link, false);
    gh_deadline_clear(&link->deadline);
    gh_db_free(link->db);
}

void
gh_database_free(struct gh_database *database)
{
    if (database == NULL)
        return;
    close_link(&database->ear);
    for (size_t i = 0; i < database->n; i++)
        close_link(&database->links[i]);
    free(database);
}

/* The next connection that is up, or simply the next. */
static struct link *
choose(struct gh_database *database)
{
    for (size_t i = 0; i < database->n; i++) {
        struct link *link =
            &database->links[(database->next + i) % database->n];

        if (gh_db_state(link->db) == GH_DB_UP) {
            database->next = (database->next + i + 1) % database->n;
            return link;
        }
    }
    return &database->links[database->next];
}

/* A statement is done: the exchange goes on. */
static void
on_done(void *ctx)
{
    struct gh_context *context = ctx;

    gh_loop_post(context->worker->loop, context->task);
}

enum gh_status
gh_database_ask(struct gh_context *context, const struct gh_stmt *stmt,
                const struct gh_param *params, size_t n)
{
    const struct gh_db_waiter waiter = {.fn = on_done, .ctx = context};
    struct gh_database *database = context->worker->database;
    const struct gh_rows *rows;
    struct link *link;
    enum gh_status status;

    gh_assert(context->query == NULL && n == stmt->n_params);
    if (database == NULL)
        return gh_fault_note(context, GH_FAULT_DB, "no database", 0);
    link = choose(database);
    context->query_us = gh_fresh_clock();
    context->is_harmless = stmt->is_harmless;
    context->is_away = gh_db_state(link->db) != GH_DB_UP;
    status = gh_db_send(link->db, stmt, params, &waiter, &context->query);
    attend(link);
    if (status == GH_OK)
        atomic_fetch_add_explicit(&context->worker->gateway->counters.n_asked,
                                  1, memory_order_relaxed);
    /* A connection that broke just now has told nobody. */
    if (status == GH_OK && gh_db_result(context->query, &rows) != GH_WAIT)
        on_done(context);
    if (status == GH_OK || status == GH_FAULT_MEMORY)
        return status;
    return gh_fault_note(context, GH_FAULT_DB, stmt->name_z, 0);
}

/* True when that is no answer of a database that works: there is none, or it
 * says that it goes. Whatever else it says, it is there. */
static bool
is_gone(const struct gh_db_error *error)
{
    struct gh_text sqlstate = gh_text_of_z(error->sqlstate_z);

    return sqlstate.len == 0 || gh_text_starts(sqlstate, GH_TEXT("08")) ||
           gh_text_starts(sqlstate, GH_TEXT("57P"));
}

enum gh_status
gh_database_answer(struct gh_context *context, const struct gh_rows **rows)
{
    enum gh_status status = gh_db_result(context->query, rows);
    struct gh_log_line line;

    context->is_away = false;
    if (status == GH_OK || status == GH_WAIT)
        return status;
    if (gh_is_fault(status)) {
        const struct gh_db_error *error = gh_query_error(context->query);

        gh_log_begin(&line, context->worker->log, GH_LOG_WARNING,
                     "db_unavailable");
        gh_log_text(&line, "exchange", gh_text_of_z(context->id));
        gh_log_text(&line, "sqlstate", gh_text_of_z(error->sqlstate_z));
        gh_log_text(&line, "text", gh_text_of_z(error->words_z));
        gh_log_end(&line);
        context->is_away = is_gone(error);
        /* Nobody knows whether it was done: what it may have ended is not
         * believed any more (PGX-009). */
        if (error->is_lost && !context->is_harmless)
            gh_fresh_spoil(context->worker->gateway->fresh, GH_FRESH_EVERYTHING,
                           0);
        status = gh_fault_note(context, GH_FAULT_DB, "database", 0);
    }
    gh_database_done(context);
    return status;
}

/* Counts a statement that is over, and how long it took. */
static void
count_over(const struct gh_context *context)
{
    struct gh_counters *counters = &context->worker->gateway->counters;
    int64_t us = gh_fresh_clock() - context->query_us;

    atomic_fetch_sub_explicit(&counters->n_asked, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->answered, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->answered_us, (uint64_t)us,
                              memory_order_relaxed);
}

void
gh_database_done(struct gh_context *context)
{
    if (context->query != NULL)
        count_over(context);
    gh_query_give_back(context->query);
    context->query = NULL;
}
