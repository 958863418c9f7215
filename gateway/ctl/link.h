/* SPDX-License-Identifier: Apache-2.0
 *
 * The tool's connection: made once, asked and waited for, and its failures as
 * sentences and exit statuses. Called by the commands.
 */
#ifndef GH_GATEWAY_CTL_LINK_H
#define GH_GATEWAY_CTL_LINK_H

#include "ctl/ctl.h"

/* A connection for statements, scripts and transactions, one after the other.
 * query_ms is how long each may take. CTL_DONE, or an exit status after a
 * sentence. It connects at the first statement. */
int link_open(const struct ctl *ctl, unsigned query_ms, struct gh_db **out);

/* Runs a statement to its end. The query is given back by the caller, also
 * after a failure. CTL_DONE, or an exit status after a sentence. */
int link_run(struct gh_db *db, const struct gh_stmt *stmt,
             const struct gh_param *params, struct gh_query **query,
             const struct gh_rows **rows);

/* The same for who wants no rows. */
int link_do(struct gh_db *db, const struct gh_stmt *stmt,
            const struct gh_param *params);

/* Runs a script to its end; file_z is where it is from, for what is said when
 * it fails, or NULL. */
int link_script(struct gh_db *db, const char *text_z, const char *file_z);

/* Who uses the tool, as audit rows name it: the account before sudo. Static
 * memory of the C library or of the environment. */
struct gh_text link_actor(void);

#endif
