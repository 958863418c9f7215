/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written to PostgreSQL behind the exchanges' backs: which sessions
 * were seen, and who accessed what. Collected for a second, sent in one
 * statement each. Losing the last second with a killed process is accepted;
 * losing more is not: while the database is away the journal keeps what it
 * has, and when it is full it says in the log what it drops. One a worker.
 */
#ifndef GH_GATEWAY_JOURNAL_H
#define GH_GATEWAY_JOURNAL_H

#include "exchange.h"

/* A worker's journal. Program lifetime. */
struct gh_journal;

/* A journal for a worker that has a database. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_journal_new(struct gh_worker *worker,
                                            struct gh_journal **out);

/* Drops what is not written and frees; NULL is fine. */
void gh_journal_free(struct gh_journal *journal);

/* Notes a finished exchange when somebody was signed in: the access, and that
 * the session was seen, when that is activity. Never waits, never fails. NULL
 * is fine. */
void gh_journal_note(struct gh_journal *journal,
                     const struct gh_exchange *exchange);

/* True when everything is written; also for NULL. */
bool gh_journal_is_empty(const struct gh_journal *journal);

#endif
