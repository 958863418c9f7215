/* SPDX-License-Identifier: Apache-2.0
 *
 * The outside of a connection: making it, asking what it waits for, sending,
 * results, deadlines. Owns the slots of its queries, all made at once, so
 * that sending takes no memory but for what is queued. Limits: max_queries at
 * once, 1 MiB of queued parameters each, connect_ms and query_ms. Called by
 * the gateway's loops and by gatehousectl.
 */
#include "store/db.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "store/db_int.h"

#include "base/banned.h"

enum {
    CONNECT_MS = 3000,
    QUERY_MS = 2000,
    MAX_QUERIES = 256,
    ARENA_CAP = 4 * 1024 * 1024, /* settings and slots of one connection */
    PARAMS_CAP = 1024 * 1024,    /* parameters of one query */
    LONGEST_NAP_MS = 60000,
};

int64_t
gh_db_clock(void)
{
    return gh_clock_us(CLOCK_MONOTONIC) / 1000;
}

/* --- life ---------------------------------------------------------------- */

static enum gh_status
make_slots(struct gh_db *db)
{
    size_t n = db->settings.max_queries;

    gh_list_init(&db->free);
    gh_list_init(&db->queued);
    gh_list_init(&db->sent);
    db->slots = gh_arena_array(&db->arena, n, sizeof(*db->slots));
    if (db->slots == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < n; i++) {
        db->slots[i].db = db;
        gh_arena_init(&db->slots[i].arena, PARAMS_CAP);
        gh_list_append(&db->free, &db->slots[i].link);
    }
    return GH_OK;
}

/* The settings with their defaults, and copies of their texts. */
static enum gh_status
take_settings(struct gh_db *db, const struct gh_db_settings *settings,
              struct gh_buf *why)
{
    struct gh_text name = {0};
    enum gh_status status;

    db->settings = *settings;
    if (db->settings.connect_ms == 0)
        db->settings.connect_ms = CONNECT_MS;
    if (db->settings.query_ms == 0)
        db->settings.query_ms = QUERY_MS;
    if (db->settings.max_queries == 0)
        db->settings.max_queries = MAX_QUERIES;
    status = gh_arena_copy(&db->arena, settings->application_name, &name);
    if (status == GH_OK)
        status = gh_dsn_parse(&db->arena, settings->dsn,
                              settings->is_insecure_allowed, why, &db->dsn);
    db->application_z = name.at;
    db->settings.dsn = (struct gh_text){0};
    db->settings.application_name = name;
    return status;
}

enum gh_status
gh_db_new(const struct gh_db_settings *settings, struct gh_buf *why,
          struct gh_db **out)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct gh_arena arena;
    enum gh_status status;

    gh_arena_init(&arena, ARENA_CAP);
    db = gh_arena_new(&arena, sizeof(*db));
    if (db == NULL)
        return GH_FAULT_MEMORY;
    /* It lies in its own arena, which moves into it. */
    db->arena = arena;
    status = take_settings(db, settings, why);
    if (status == GH_OK)
        status = make_slots(db);
    if (status == GH_OK) {
        *out = db;
        db = NULL;
    }
    return status;
}

void
gh_db_free(struct gh_db *db)
{
    struct gh_arena arena;

    if (db == NULL)
        return;
    gh_db_close(db);
    for (size_t i = 0; i < GH_DSN_HOSTS_MAX; i++)
        gh_resolve_done(&db->lookups[i]);
    if (db->slots != NULL) {
        /* Only those that nobody waits for are left. */
        gh_db_fail_all(&db->sent, "closed");
        for (size_t i = 0; i < db->settings.max_queries; i++) {
            gh_assert(db->slots[i].state == GH_QUERY_FREE);
            gh_arena_done(&db->slots[i].arena);
        }
    }
    arena = db->arena;
    gh_arena_done(&arena);
}

void
gh_db_free_at(struct gh_db **db)
{
    gh_db_free(*db);
}

/* --- waiting ------------------------------------------------------------- */

static int64_t
sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The oldest of a list is due first: all have the same patience. */
static int64_t
due_of(const struct gh_link *list)
{
    if (gh_list_is_empty(list))
        return INT64_MAX;
    return GH_CONTAINER(list->next, struct gh_query, link)->due_ms;
}

struct gh_db_wants
gh_db_wants(const struct gh_db *db)
{
    struct gh_db_wants wants = {.fd = -1, .serial = db->serial};

    wants.due_ms = sooner(due_of(&db->queued), due_of(&db->sent));
    switch (db->state) {
    case GH_DB_DOWN:
        wants.due_ms = sooner(wants.due_ms, db->retry_ms);
        return wants;
    case GH_DB_CONNECTING:
        wants.due_ms = sooner(wants.due_ms, db->attempt_due_ms);
        if (db->is_looking_up)
            wants.due_ms = sooner(wants.due_ms, db->look_ms);
        break;
    case GH_DB_UP:
        break;
    }
    if (db->conn == NULL)
        return wants;
    wants.fd = PQsocket(db->conn);
    if (db->wants_read)
        wants.events |= GH_DB_READ;
    if (db->wants_write)
        wants.events |= GH_DB_WRITE;
    return wants;
}

void
gh_db_on_ready(struct gh_db *db, unsigned events)
{
    (void)events;
    switch (db->state) {
    case GH_DB_DOWN:
        return;
    case GH_DB_CONNECTING:
        gh_db_connect_on_ready(db);
        return;
    case GH_DB_UP:
        gh_db_query_on_ready(db);
        return;
    }
}

void
gh_db_on_time(struct gh_db *db, int64_t now_ms)
{
    /* What has come counts, also when it was us who had no time to look. */
    if (due_of(&db->sent) <= now_ms && db->state == GH_DB_UP)
        gh_db_query_on_ready(db);
    /* A server that does not answer one statement in time is not asked for
     * the next. */
    if (due_of(&db->sent) <= now_ms)
        gh_db_lose(db, "the server does not answer in time");
    while (due_of(&db->queued) <= now_ms)
        gh_query_fail(GH_CONTAINER(db->queued.next, struct gh_query, link),
                      db->trouble.words_z[0] != '\0' ? db->trouble.words_z
                                                     : "no connection in time");
    if (db->state == GH_DB_DOWN && now_ms >= db->retry_ms)
        gh_db_connect(db, now_ms);
    else if (db->state == GH_DB_CONNECTING)
        gh_db_connect_on_time(db, now_ms);
}

enum gh_db_state
gh_db_state(const struct gh_db *db)
{
    return db->state;
}

const struct gh_db_error *
gh_db_trouble(const struct gh_db *db)
{
    return &db->trouble;
}

/* --- queries ------------------------------------------------------------- */

static enum gh_status
check_params(const struct gh_stmt *stmt, const struct gh_param *params)
{
    for (size_t i = 0; i < stmt->n_params; i++) {
        if (params[i].type != stmt->types[i])
            return GH_FAULT_BUG;
        if (!gh_param_is_fit(&params[i]))
            return GH_MALFORMED;
    }
    return GH_OK;
}

/* The parameters with all they point to, in the query's arena. */
static enum gh_status
copy_params(struct gh_query *query, const struct gh_param *params, size_t n)
{
    struct gh_param *copies = gh_arena_array(&query->arena, n, sizeof(*copies));

    if (copies == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < n; i++) {
        copies[i] = params[i];
        if (!params[i].is_own && gh_arena_copy(&query->arena, params[i].bytes,
                                               &copies[i].bytes) != GH_OK)
            return GH_FAULT_MEMORY;
    }
    query->params = copies;
    return GH_OK;
}

/* True when a new statement goes out at once, ahead of nothing. */
static bool
is_idle(const struct gh_db *db)
{
    return db->state == GH_DB_UP && !db->is_stale &&
           gh_list_is_empty(&db->queued) &&
           (!db->settings.is_script || gh_list_is_empty(&db->sent));
}

/* A slot for one more statement. While the database is known to be away there
 * is none. GH_LIMIT, GH_FAULT_DB. */
static enum gh_status
borrow(struct gh_db *db, struct gh_query **out)
{
    struct gh_link *link;

    if (db->state != GH_DB_UP && db->n_failures > 0)
        return GH_FAULT_DB;
    link = gh_list_take(&db->free);
    if (link == NULL)
        return GH_LIMIT;
    *out = GH_CONTAINER(link, struct gh_query, link);
    return GH_OK;
}

/* Puts a filled slot into the queue and sends what can be sent. */
static void
enqueue(struct gh_db *db, struct gh_query *query)
{
    query->state = GH_QUERY_QUEUED;
    query->due_ms = gh_db_clock() + db->settings.query_ms;
    gh_list_append(&db->queued, &query->link);
    if (db->state == GH_DB_UP)
        gh_db_pump(db);
}

enum gh_status
gh_db_send(struct gh_db *db, const struct gh_stmt *stmt,
           const struct gh_param *params, const struct gh_db_waiter *waiter,
           struct gh_query **out)
{
    struct gh_query *query = NULL;
    enum gh_status status = check_params(stmt, params);

    if (status == GH_OK)
        status = borrow(db, &query);
    if (status != GH_OK)
        return status;
    query->stmt = stmt;
    query->params = params;
    if (!is_idle(db))
        status = copy_params(query, params, stmt->n_params);
    if (status != GH_OK) {
        gh_query_recycle(query);
        return status;
    }
    enqueue(db, query);
    /* Only now: a failure within this call is found by gh_db_result(). */
    if (query->state != GH_QUERY_DONE && waiter != NULL)
        query->waiter = *waiter;
    *out = query;
    return GH_OK;
}

enum gh_status
gh_db_script(struct gh_db *db, const char *text_z, struct gh_query **out)
{
    struct gh_query *query = NULL;
    enum gh_status status =
        db->settings.is_script ? borrow(db, &query) : GH_FAULT_BUG;

    if (status != GH_OK)
        return status;
    query->script_z = text_z;
    enqueue(db, query);
    *out = query;
    return GH_OK;
}

/* What a function said by its SQLSTATE. */
static enum gh_status
answer_of(const char *sqlstate_z)
{
    static const struct {
        const char *sqlstate_z; /* raised */
        enum gh_status status;  /* returned */
    } answers[] = {{"GH001", GH_NONE},
                   {"GH002", GH_CONFLICT},
                   {"GH003", GH_MALFORMED},
                   {"GH004", GH_STOP}};

    for (size_t i = 0; i < GH_COUNT(answers); i++) {
        if (strcmp(sqlstate_z, answers[i].sqlstate_z) == 0)
            return answers[i].status;
    }
    return GH_FAULT_DB;
}

enum gh_status
gh_db_result(const struct gh_query *query, const struct gh_rows **rows)
{
    gh_assert(query->state != GH_QUERY_FREE);
    if (query->state != GH_QUERY_DONE)
        return GH_WAIT;
    if (query->has_failed)
        return answer_of(query->error.sqlstate_z);
    *rows = &query->rows;
    return GH_OK;
}

const struct gh_db_error *
gh_query_error(const struct gh_query *query)
{
    return &query->error;
}

void
gh_query_give_back(struct gh_query *query)
{
    if (query == NULL)
        return;
    gh_assert(query->state != GH_QUERY_FREE && !query->is_dropped);
    if (query->state != GH_QUERY_SENT) {
        gh_query_recycle(query);
        return;
    }
    query->is_dropped = true;
    query->waiter = (struct gh_db_waiter){0};
}

void
gh_query_give_back_at(struct gh_query **query)
{
    gh_query_give_back(*query);
}

/* --- programs that may wait ---------------------------------------------- */

/* Waits for what the connection waits for, once. */
static void
nap(struct gh_db *db)
{
    struct gh_db_wants wants = gh_db_wants(db);
    int64_t left = wants.due_ms - gh_db_clock();
    struct pollfd poller = {.fd = wants.fd};
    int n;

    if (wants.events & GH_DB_READ)
        poller.events |= POLLIN;
    if (wants.events & GH_DB_WRITE)
        poller.events |= POLLOUT;
    if (left < 0)
        left = 0;
    if (left > LONGEST_NAP_MS)
        left = LONGEST_NAP_MS;
    /* A descriptor of -1 is skipped by poll(). */
    n = poll(&poller, 1, (int)left);
    if (n > 0)
        gh_db_on_ready(db, GH_DB_READ | GH_DB_WRITE);
    gh_db_on_time(db, gh_db_clock());
}

enum gh_status
gh_db_wait(struct gh_db *db, const struct gh_query *query,
           const struct gh_rows **rows)
{
    enum gh_status status;

    if (db->state == GH_DB_DOWN)
        gh_db_on_time(db, gh_db_clock());
    while ((status = gh_db_result(query, rows)) == GH_WAIT)
        nap(db);
    return status;
}
