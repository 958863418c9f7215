/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection to PostgreSQL that never blocks: statements are prepared by
 * name on first use and pipelined, so that all exchanges of a loop share it.
 * It connects, tries the hosts of its connection string one by one, and
 * reconnects by itself; every wait has a deadline. It belongs to one thread
 * and knows no loop: it says what it waits for and is told when that came.
 * The same two calls, gh_db_send() and gh_db_result(), serve who must not
 * wait (they return GH_WAIT) and, through gh_db_wait(), who may.
 *
 * Limits: statements under way, time to connect, time to answer. Called by
 * the gateway's loops and by gatehousectl.
 */
#ifndef GH_STORE_DB_H
#define GH_STORE_DB_H

#include "base/buf.h"
#include "store/row.h"
#include "store/stmt.h"

/* A connection, and one statement on it. */
struct gh_db;
struct gh_query;

/* Whom to tell when a statement is done. fn is called once, from within
 * gh_db_on_ready(), gh_db_on_time() or gh_db_send() of another statement; it
 * only takes a note (posts a task) and calls nothing here. */
struct gh_db_waiter {
    void (*fn)(void *ctx); /* NULL: nobody */
    void *ctx;             /* for fn */
};

/* How to connect. Read by gh_db_new() only. */
struct gh_db_settings {
    struct gh_text dsn;              /* as libpq takes it; may be secret */
    struct gh_text application_name; /* "gatehouse/0", unless dsn has one */
    bool is_insecure_allowed;        /* TCP without sslmode=verify-full */
    bool is_script;       /* no pipeline: one statement at a time, and scripts;
                             transactions may be left open between them */
    bool is_unprepared;   /* a pooler in between forgets prepared statements */
    unsigned connect_ms;  /* for one address, 3,000 when 0 */
    unsigned query_ms;    /* from send to result, 2,000 when 0 */
    unsigned max_queries; /* at once, 256 when 0 */
    const struct gh_stmt *const *greeting; /* sent whenever it comes up; static
                                              memory */
    size_t n_greeting;                     /* how many */
    struct gh_db_waiter heard; /* told of every notification, from within
                                  gh_db_on_ready() */
};

/* What the connection is doing. */
enum gh_db_state {
    GH_DB_DOWN = 0,   /* nothing: it will try again later */
    GH_DB_CONNECTING, /* looking up, connecting, signing in */
    GH_DB_UP,         /* ready */
};

/* Bits of events; the same numbers as a loop's events of that meaning. */
enum gh_db_event {
    GH_DB_READ = 1 << 0,  /* bytes or the end */
    GH_DB_WRITE = 1 << 1, /* room */
};

/* What a connection waits for. The descriptor may change at any call of this
 * header, even to another one with the same number: when serial is not what it
 * was, forget what is watched and watch fd anew. */
struct gh_db_wants {
    int fd;          /* -1: only time */
    unsigned serial; /* changes whenever fd may mean another socket */
    unsigned events; /* enum gh_db_event, or-ed */
    int64_t due_ms;  /* CLOCK_MONOTONIC; INT64_MAX: no deadline */
};

/* Why a statement, or a connection, failed. */
struct gh_db_error {
    char sqlstate_z[6]; /* "GH001"; "" when PostgreSQL said nothing */
    char words_z[256];  /* one line, no value of a parameter */
    char hint_z[256];   /* PostgreSQL's hint, or "" */
    unsigned position;  /* of the error in a script's text, from 1; or 0 */
    bool is_lost;       /* it was sent and not answered: nobody knows whether
                           it was done */
};

/* A connection that will be made as soon as somebody calls it.
 * GH_MALFORMED with one sentence in why; GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_db_new(const struct gh_db_settings *settings,
                                       struct gh_buf *why, struct gh_db **out);

/* Closes it. Every query must have been given back. Waits for a lookup of a
 * host name that is at work. NULL is fine. */
void gh_db_free(struct gh_db *db);

/* The same for GH_CLEAN. */
void gh_db_free_at(struct gh_db **db);

/* What to wait for now. Ask again after every other call. */
struct gh_db_wants gh_db_wants(const struct gh_db *db);

/* The descriptor is ready for events (enum gh_db_event). */
void gh_db_on_ready(struct gh_db *db, unsigned events);

/* It is now_ms (CLOCK_MONOTONIC): begins what is due, ends what is late. Also
 * called first of all, to begin connecting. */
void gh_db_on_time(struct gh_db *db, int64_t now_ms);

/* What the connection is doing, and why it last failed ("" when it did not);
 * the text changes with the next failure. */
enum gh_db_state gh_db_state(const struct gh_db *db);
const struct gh_db_error *gh_db_trouble(const struct gh_db *db);

/* Sends a statement with stmt->n_params parameters, or queues it while the
 * first connection is being made. waiter may be NULL. The query is the
 * caller's until it gives it back; gh_db_result() is asked once right away,
 * since a failure within this call does not call the waiter. GH_LIMIT when
 * max_queries are under way, GH_MALFORMED when a text is not UTF-8 or has a
 * NUL; GH_FAULT_DB at once while the database is known to be away;
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_db_send(struct gh_db *db,
                                        const struct gh_stmt *stmt,
                                        const struct gh_param *params,
                                        const struct gh_db_waiter *waiter,
                                        struct gh_query **out);

/* Sends a constant script of many statements; text_z must live until it is
 * done. Only on a connection with is_script. As gh_db_send() otherwise. */
GH_MUST_CHECK enum gh_status gh_db_script(struct gh_db *db, const char *text_z,
                                          struct gh_query **out);

/* GH_WAIT until the statement is done. Then GH_OK with its rows; or what the
 * function raised: GH_NONE for GH001, GH_CONFLICT for GH002, GH_MALFORMED for
 * GH003, GH_STOP (refused) for GH004; or GH_FAULT_DB for everything else,
 * which includes "late" and "the connection broke": then nobody knows whether
 * it was done. The rows live until the query is given back. */
GH_MUST_CHECK enum gh_status gh_db_result(const struct gh_query *query,
                                          const struct gh_rows **rows);

/* Why gh_db_result() was not GH_OK; lives as long as the query. */
const struct gh_db_error *gh_query_error(const struct gh_query *query);

/* Ends the caller's interest at any time; a result that is still to come is
 * thrown away and the waiter is not called any more. NULL is fine. */
void gh_query_give_back(struct gh_query *query);

/* The same for GH_CLEAN. */
void gh_query_give_back_at(struct gh_query **query);

/* Waits for the statement with poll(2), for programs without a loop. As
 * gh_db_result(), but never GH_WAIT: the deadline of the settings ends it. */
GH_MUST_CHECK enum gh_status gh_db_wait(struct gh_db *db,
                                        const struct gh_query *query,
                                        const struct gh_rows **rows);

#endif
