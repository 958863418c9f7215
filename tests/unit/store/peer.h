/* SPDX-License-Identifier: Apache-2.0
 *
 * A PostgreSQL server that says what a test tells it to: a unix socket in a
 * folder of its own, on the test's own thread. Whatever waits drives the
 * connection under test meanwhile, and gives up after 5 seconds. Speaks the
 * frontend/backend protocol 3.0 by hand, so that a test can also be slow,
 * silent or wrong.
 */
#ifndef GH_TESTS_STORE_PEER_H
#define GH_TESTS_STORE_PEER_H

#include "store/db.h"

/* The server, with one client at a time. */
struct peer {
    char folder_z[64];         /* of the socket; the DSN's host */
    char dsn_z[160];           /* of the whole server */
    int listen_fd;             /* -1: not listening */
    int fd;                    /* the client, or -1 */
    bool is_started;           /* its startup message was read */
    size_t n_in;               /* bytes of in */
    unsigned char in[65536];   /* what the client sent, not yet taken */
    size_t n_taken;            /* bytes of taken */
    unsigned char taken[4096]; /* what peer_take() took last */
    size_t n_out;              /* bytes of out */
    unsigned char out[65536];  /* what peer_send() will send */
};

/* A listening server. */
void peer_open(struct peer *peer);

/* Ends it, with its folder. */
void peer_close(struct peer *peer);

/* Stops and starts listening; clients of before stay. */
void peer_deafen(struct peer *peer);
void peer_listen(struct peer *peer);

/* A connection to peer that gives up quickly; NULL after a failed check.
 * more may change the settings, or be NULL. */
struct gh_db *peer_db(const struct peer *peer,
                      void (*more)(struct gh_db_settings *));

/* Lets time and descriptors work for at most ms. */
void peer_drive(struct gh_db *db, int ms);

/* Waits for the next client; false after a failed check. */
bool peer_accept(struct peer *peer, struct gh_db *db);

/* Reads the startup message of the client and lets it in, as a server of that
 * version, writable or not. */
void peer_let_in(struct peer *peer, struct gh_db *db, const char *version_z,
                 bool is_standby);

/* All of it: a client that is let in. */
void peer_welcome(struct peer *peer, struct gh_db *db);

/* Hangs up on the client. */
void peer_drop(struct peer *peer);

/* The types of the messages up to the next Sync or simple query: "PBDES". */
struct gh_text peer_take(struct peer *peer, struct gh_db *db, char *at,
                         size_t cap);

/* True when these bytes were among what peer_take() took last. */
bool peer_took(const struct peer *peer, struct gh_text bytes);

/* Puts messages together; peer_send() sends them. */
void peer_put(struct peer *peer, char type, const void *body, size_t n);
void peer_put_columns(struct peer *peer, const unsigned *oids, size_t n,
                      bool is_binary);
void peer_put_row(struct peer *peer, const struct gh_text *values, size_t n);
void peer_put_error(struct peer *peer, const char *sqlstate_z,
                    const char *words_z);
void peer_send(struct peer *peer);

/* A whole answer to a statement: one column, one row, and the end. */
void peer_answer(struct peer *peer, bool was_prepared, unsigned oid,
                 struct gh_text value);

/* Waits for the query's result. */
enum gh_status peer_wait(struct gh_db *db, const struct gh_query *query,
                         const struct gh_rows **rows);

/* Waits until the connection is in that state. */
bool peer_await(struct gh_db *db, enum gh_db_state state);

#endif
