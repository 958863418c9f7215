/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of store/db share: the connection, its queries, and which
 * file does what. db.c is the outside, db_connect.c makes and loses the
 * connection, db_query.c sends statements and reads results. Owns nothing.
 * Nobody else includes it.
 */
#ifndef GH_STORE_DB_INT_H
#define GH_STORE_DB_INT_H

#include <libpq-fe.h>

#include "base/list.h"
#include "store/db.h"
#include "store/dsn.h"
#include "store/resolve.h"

enum {
    GH_DB_STATEMENTS_MAX = 64, /* prepared on one connection */
};

/* The life of a query. */
enum gh_query_state {
    GH_QUERY_FREE = 0, /* in the list of free ones */
    GH_QUERY_QUEUED,   /* waits for the connection */
    GH_QUERY_SENT,     /* waits for its result */
    GH_QUERY_DONE,     /* waits to be given back */
};

/* One statement under way; a slot of its connection. */
struct gh_query {
    struct gh_link link;           /* in one of the db's lists, unless done */
    struct gh_db *db;              /* whose slot it is */
    enum gh_query_state state;     /* where it is */
    const struct gh_stmt *stmt;    /* NULL: a script */
    const char *script_z;          /* the script */
    struct gh_arena arena;         /* parameters while queued; of the slot */
    const struct gh_param *params; /* in arena, or the sender's */
    struct gh_db_waiter waiter;    /* whom to tell */
    int64_t due_ms;                /* late after this */
    bool is_preparing;        /* the next result is that of the preparing */
    bool is_dropped;          /* nobody wants the result */
    PGresult *result;         /* the last good one */
    struct gh_rows rows;      /* the same, to hand out */
    bool has_failed;          /* error says why */
    struct gh_db_error error; /* the first one */
};

/* A connection; lies in its own arena. */
struct gh_db {
    struct gh_arena arena;          /* everything, this struct too */
    struct gh_db_settings settings; /* with defaults filled in; no dsn */
    const char *application_z;      /* in the arena */
    struct gh_dsn dsn;              /* in the arena */
    enum gh_db_state state;         /* what it is doing */
    PGconn *conn;                   /* NULL while down or looking up */
    unsigned serial;                /* of its socket */
    bool wants_write;               /* the socket is full, or polls for it */
    bool wants_read;                /* while connecting */
    bool is_stale;                  /* reconnect as soon as nothing is sent */
    struct gh_db_error trouble;     /* why it last failed */

    size_t host;                 /* being tried */
    size_t address;              /* of that host, being tried */
    bool is_looking_up;          /* that host's name is being looked up */
    struct gh_resolved resolved; /* its addresses */
    struct gh_resolve lookups[GH_DSN_HOSTS_MAX]; /* one a host */
    int64_t attempt_due_ms;                      /* end of this attempt */
    int64_t look_ms;     /* when to look at the lookup again */
    int64_t retry_ms;    /* when down: the next round */
    int64_t up_since_ms; /* when it came up */
    unsigned n_failures; /* rounds without success, in a row */

    struct gh_query *slots; /* settings.max_queries of them */
    struct gh_link free;    /* unused slots */
    struct gh_link queued;  /* oldest first */
    struct gh_link sent;    /* in the order of their results */
    size_t n_prepared;      /* on this connection */
    const struct gh_stmt *prepared[GH_DB_STATEMENTS_MAX]; /* which */
};

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t gh_db_clock(void);

/* --- db_connect.c -------------------------------------------------------- */

/* Begins a round through all hosts. */
void gh_db_connect(struct gh_db *db, int64_t now_ms);

/* The socket is ready while connecting. */
void gh_db_connect_on_ready(struct gh_db *db);

/* Time passes while connecting. */
void gh_db_connect_on_time(struct gh_db *db, int64_t now_ms);

/* The connection is of no more use: closes it, fails what was sent, tries
 * again. words_z says why; NULL: what libpq says. */
void gh_db_lose(struct gh_db *db, const char *words_z);

/* Closes the connection and whatever was under way to make one. */
void gh_db_close(struct gh_db *db);

/* --- db_query.c ---------------------------------------------------------- */

/* Queues the settings' greeting; nobody waits for what it gives. */
void gh_db_greet(struct gh_db *db);

/* Sends what is queued, as far as possible. */
void gh_db_pump(struct gh_db *db);

/* The socket is ready while up. */
void gh_db_query_on_ready(struct gh_db *db);

/* Takes a query out of its list as failed and tells its waiter. */
void gh_query_fail(struct gh_query *query, const char *words_z);

/* Fails all queries of a list. */
void gh_db_fail_all(struct gh_link *list, const char *words_z);

/* Puts an emptied slot back into the list of free ones. */
void gh_query_recycle(struct gh_query *query);

/* words into error as one line; sqlstate and the rest become empty. */
void gh_db_say(struct gh_db_error *error, const char *words_z);

#endif
