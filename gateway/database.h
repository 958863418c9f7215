/* SPDX-License-Identifier: Apache-2.0
 *
 * PostgreSQL as the steps see it: one statement at a time for an exchange,
 * asked and answered without waiting. Behind it are the worker's connections
 * (store/db), fed by the worker's loop. Called by identify, the acts and
 * record.
 */
#ifndef GH_GATEWAY_DATABASE_H
#define GH_GATEWAY_DATABASE_H

#include "context.h"
#include "store/row.h"
#include "store/stmt.h"

/* One worker's connections. Program lifetime. */
struct gh_database;

/* Connections for a worker, as its configuration says; connecting begins at
 * once. GH_NONE when no database is configured; GH_MALFORMED when libpq does
 * not understand the connection string; GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_database_new(struct gh_worker *worker,
                                             struct gh_database **out);

/* Opens one more connection, which only listens: hear is called on the loop
 * when the database says that something changed, until the connections are
 * closed. A hint may be lost, and may mean nothing. GH_MALFORMED,
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_database_listen(struct gh_database *database,
                                                void (*hear)(void *ctx),
                                                void *ctx);

/* Closes them; what was asked is dropped. NULL is fine. */
void gh_database_free(struct gh_database *database);

/* Asks: n parameters as the statement has them. The exchange's task is posted
 * when the answer is there. An exchange asks one thing at a time.
 * GH_FAULT_DB when there is no connection or too much is waiting. No answer,
 * and none to be had, sets context->is_away. */
GH_MUST_CHECK enum gh_status gh_database_ask(struct gh_context *context,
                                             const struct gh_stmt *stmt,
                                             const struct gh_param *params,
                                             size_t n);

/* The answer. GH_OK: *rows is valid until gh_database_done(). GH_WAIT.
 * GH_NONE, GH_CONFLICT, GH_MALFORMED: the function refused, and the question
 * is done with. GH_FAULT_DB: it could not be had, or not in time; likewise. */
GH_MUST_CHECK enum gh_status gh_database_answer(struct gh_context *context,
                                                const struct gh_rows **rows);

/* Done with the answer, or no longer interested. Nothing asked is fine. */
void gh_database_done(struct gh_context *context);

#endif
