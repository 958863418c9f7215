/* SPDX-License-Identifier: Apache-2.0
 *
 * Sending statements and reading their results. Owns the results until their
 * query is given back. Limits: a statement that is not answered in time costs
 * the connection, since nobody knows what the server is doing. Called by
 * db.c and db_connect.c.
 *
 * Each statement ends in a sync of its own: it is its own transaction, and an
 * error in one does not touch the next. Preparing goes out in front of the
 * first use, in the same packet.
 */
#include <string.h>

#include "base/secret.h"
#include "store/db_int.h"

#include "base/banned.h"

void
gh_db_say(struct gh_db_error *error, const char *words_z)
{
    size_t n = 0;

    memset(error, 0, sizeof(*error));
    for (; words_z[n] != '\0' && n + 1 < sizeof(error->words_z); n++) {
        char c = words_z[n];

        error->words_z[n] = (char)(c == '\n' || c == '\t' ? ' ' : c);
    }
    while (n > 0 && error->words_z[n - 1] == ' ')
        error->words_z[--n] = '\0';
}

/* --- ends ---------------------------------------------------------------- */

void
gh_query_recycle(struct gh_query *query)
{
    struct gh_db *db = query->db;
    struct gh_arena arena = query->arena;

    gh_link_leave(&query->link);
    PQclear(query->result);
    gh_arena_reset(&arena);
    memset(query, 0, sizeof(*query));
    query->db = db;
    query->arena = arena;
    gh_list_append(&db->free, &query->link);
}

/* The result, or the lack of one, is final. */
static void
complete(struct gh_query *query)
{
    struct gh_db_waiter waiter = query->waiter;

    gh_link_leave(&query->link);
    if (query->is_dropped) {
        gh_query_recycle(query);
        return;
    }
    query->state = GH_QUERY_DONE;
    query->rows = (struct gh_rows){.result = query->result};
    if (query->result != NULL) {
        query->rows.n = (size_t)PQntuples(query->result);
        query->rows.n_columns = (size_t)PQnfields(query->result);
    }
    if (waiter.fn != NULL)
        waiter.fn(waiter.ctx);
}

void
gh_query_fail(struct gh_query *query, const char *words_z)
{
    if (!query->has_failed) {
        gh_db_say(&query->error, words_z);
        query->error.is_lost = query->state == GH_QUERY_SENT;
    }
    query->has_failed = true;
    complete(query);
}

void
gh_db_fail_all(struct gh_link *list, const char *words_z)
{
    while (!gh_list_is_empty(list))
        gh_query_fail(GH_CONTAINER(list->next, struct gh_query, link), words_z);
}

/* --- sending ------------------------------------------------------------- */

static bool
is_prepared(const struct gh_db *db, const struct gh_stmt *stmt)
{
    for (size_t i = 0; i < db->n_prepared; i++) {
        if (db->prepared[i] == stmt)
            return true;
    }
    return false;
}

static void
forget_prepared(struct gh_db *db, const struct gh_stmt *stmt)
{
    for (size_t i = 0; i < db->n_prepared; i++) {
        if (db->prepared[i] == stmt)
            db->prepared[i] = db->prepared[--db->n_prepared];
    }
}

/* A statement's parameters as libpq wants them. */
struct wire {
    Oid types[GH_STMT_PARAMS_MAX];          /* of each */
    const char *values[GH_STMT_PARAMS_MAX]; /* NULL: null */
    int lengths[GH_STMT_PARAMS_MAX];        /* bytes */
    int formats[GH_STMT_PARAMS_MAX];        /* 1: binary */
};

static void
fill_wire(const struct gh_query *query, struct wire *out)
{
    for (size_t i = 0; i < query->stmt->n_params; i++) {
        const struct gh_param *param = &query->params[i];
        struct gh_text bytes = gh_param_bytes(param);

        out->types[i] = gh_sql_oid(query->stmt->types[i]);
        out->lengths[i] = (int)bytes.len;
        /* JSON's binary form has a version in front; its text has none. */
        out->formats[i] = query->stmt->types[i] != GH_SQL_JSONB;
        out->values[i] = NULL;
        if (param->is_set)
            out->values[i] = bytes.at != NULL ? bytes.at : "";
    }
}

/* Puts the preparing in front when it is the first use. */
static bool
send_prepared(struct gh_db *db, struct gh_query *query, const struct wire *wire)
{
    const struct gh_stmt *stmt = query->stmt;

    if (!is_prepared(db, stmt)) {
        gh_assert(db->n_prepared < GH_DB_STATEMENTS_MAX);
        if (PQsendPrepare(db->conn, stmt->name_z, stmt->sql_z,
                          (int)stmt->n_params, wire->types) != 1)
            return false;
        db->prepared[db->n_prepared++] = stmt;
        query->is_preparing = true;
    }
    return PQsendQueryPrepared(db->conn, stmt->name_z, (int)stmt->n_params,
                               wire->values, wire->lengths, wire->formats,
                               !stmt->is_shown) == 1;
}

/* Gives one query to libpq; false when the connection is broken. */
static bool
send_one(struct gh_db *db, struct gh_query *query)
{
    const struct gh_stmt *stmt = query->stmt;
    struct wire wire;
    bool is_good;

    if (stmt == NULL)
        return PQsendQuery(db->conn, query->script_z) == 1;
    fill_wire(query, &wire);
    if (db->settings.is_script || db->settings.is_unprepared)
        is_good = PQsendQueryParams(db->conn, stmt->sql_z, (int)stmt->n_params,
                                    wire.types, wire.values, wire.lengths,
                                    wire.formats, !stmt->is_shown) == 1;
    else
        is_good = send_prepared(db, query, &wire);
    return is_good && (db->settings.is_script || PQpipelineSync(db->conn) == 1);
}

/* Pushes out what the socket takes. */
static void
flush(struct gh_db *db)
{
    int left = PQflush(db->conn);

    if (left < 0) {
        gh_db_lose(db, NULL);
        return;
    }
    db->wants_write = left > 0;
}

void
gh_db_greet(struct gh_db *db)
{
    for (size_t i = 0; i < db->settings.n_greeting; i++) {
        struct gh_link *link = gh_list_take(&db->free);
        struct gh_query *query;

        if (link == NULL)
            return;
        query = GH_CONTAINER(link, struct gh_query, link);
        query->stmt = db->settings.greeting[i];
        query->state = GH_QUERY_QUEUED;
        query->is_dropped = true;
        query->due_ms = gh_db_clock() + db->settings.query_ms;
        gh_list_append(&db->queued, &query->link);
    }
}

void
gh_db_pump(struct gh_db *db)
{
    bool has_sent = false;

    while (!gh_list_is_empty(&db->queued) && !db->is_stale &&
           (!db->settings.is_script || gh_list_is_empty(&db->sent))) {
        struct gh_query *query =
            GH_CONTAINER(db->queued.next, struct gh_query, link);

        gh_link_leave(&query->link);
        gh_list_append(&db->sent, &query->link);
        query->state = GH_QUERY_SENT;
        if (!send_one(db, query)) {
            gh_db_lose(db, NULL);
            return;
        }
        /* libpq has a copy; what was secret in ours is wiped. */
        query->params = NULL;
        gh_arena_reset(&query->arena);
        has_sent = true;
    }
    if (has_sent)
        flush(db);
}

/* --- results ------------------------------------------------------------- */

/* Errors after which the connection is no good although it is open: the
 * server became a standby, a pooler or a DISCARD forgot what was prepared, a
 * migration changed what a prepared statement returns. */
static bool
is_stale_state(const char *sqlstate_z)
{
    static const char *const stale[] = {"25006", "26000", "0A000"};

    for (size_t i = 0; i < GH_COUNT(stale); i++) {
        if (strcmp(sqlstate_z, stale[i]) == 0)
            return true;
    }
    return false;
}

static void
copy_field(char *at, size_t size, const PGresult *result, int field)
{
    const char *text_z = PQresultErrorField(result, field);
    struct gh_db_error line;

    if (text_z == NULL)
        return;
    gh_db_say(&line, text_z);
    line.words_z[size - 1] = '\0';
    memcpy(at, line.words_z, size);
}

/* Keeps the first error of a query: those behind it only follow from it. */
static void
note_error(struct gh_query *query, const PGresult *result)
{
    struct gh_db_error *error = &query->error;
    char position_z[12] = "";
    uint64_t position;

    if (query->is_preparing && query->stmt != NULL)
        forget_prepared(query->db, query->stmt);
    if (query->has_failed)
        return;
    query->has_failed = true;
    memset(error, 0, sizeof(*error));
    copy_field(error->words_z, sizeof(error->words_z), result,
               PG_DIAG_MESSAGE_PRIMARY);
    copy_field(error->hint_z, sizeof(error->hint_z), result,
               PG_DIAG_MESSAGE_HINT);
    copy_field(error->sqlstate_z, sizeof(error->sqlstate_z), result,
               PG_DIAG_SQLSTATE);
    copy_field(position_z, sizeof(position_z), result,
               PG_DIAG_STATEMENT_POSITION);
    if (gh_text_number(gh_text_of_z(position_z), 100000000, &position) == GH_OK)
        error->position = (unsigned)position;
    if (error->words_z[0] == '\0')
        gh_db_say(error, PQresultErrorMessage(result));
    error->is_lost = error->sqlstate_z[0] == '\0';
    if (is_stale_state(error->sqlstate_z))
        query->db->is_stale = true;
}

/* Takes one result for the oldest sent query. False when it is of a kind that
 * our statements never ask for. */
static bool
take_result(struct gh_query *query, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK) {
        PQclear(query->result);
        query->result = result;
        return true;
    }
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE)
        note_error(query, result);
    query->is_preparing = false;
    PQclear(result);
    return status != PGRES_COPY_IN && status != PGRES_COPY_OUT &&
           status != PGRES_COPY_BOTH;
}

/* Reads the next piece that has come. Returns false when there is no more. */
static bool
read_one(struct gh_db *db)
{
    struct gh_query *query;
    PGresult *result;
    bool is_end;

    if (gh_list_is_empty(&db->sent) || PQisBusy(db->conn))
        return false;
    query = GH_CONTAINER(db->sent.next, struct gh_query, link);
    result = PQgetResult(db->conn);
    /* In a pipeline NULL stands between two results and a sync ends each
     * statement; without one, NULL ends it. */
    is_end = db->settings.is_script
                 ? result == NULL
                 : PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    if (is_end) {
        PQclear(result);
        complete(query);
        return true;
    }
    if (result != NULL && !take_result(query, result)) {
        gh_db_lose(db, "the server wants to copy data");
        return false;
    }
    return PQstatus(db->conn) != CONNECTION_BAD;
}

/* Takes the notifications that have come, as one. */
static void
take_notifications(struct gh_db *db)
{
    const struct gh_db_waiter *heard = &db->settings.heard;
    bool has_heard = false;
    PGnotify *notification;

    while ((notification = PQnotifies(db->conn)) != NULL) {
        PQfreemem(notification);
        has_heard = true;
    }
    if (has_heard && heard->fn != NULL)
        heard->fn(heard->ctx);
}

void
gh_db_query_on_ready(struct gh_db *db)
{
    if (PQconsumeInput(db->conn) != 1) {
        gh_db_lose(db, NULL);
        return;
    }
    while (db->state == GH_DB_UP && read_one(db))
        ;
    if (db->state != GH_DB_UP)
        return;
    /* Only now: libpq does not look behind a result that waits. */
    take_notifications(db);
    if (PQstatus(db->conn) == CONNECTION_BAD) {
        gh_db_lose(db, NULL);
        return;
    }
    if (db->is_stale && gh_list_is_empty(&db->sent)) {
        gh_db_lose(db, "the connection is stale");
        return;
    }
    flush(db);
    if (db->state == GH_DB_UP)
        gh_db_pump(db);
}
