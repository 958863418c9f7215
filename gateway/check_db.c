/* SPDX-License-Identifier: Apache-2.0
 *
 * The check of the database. Owns a connection for the length of one
 * question. Called by main.
 */
#include "check_db.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/db.h"
#include "version.h"

#include "base/banned.h"

/* A connection as the workers would make it. */
static enum gh_status
connect_as_gateway(const struct gh_settings *settings, struct gh_db **out)
{
    const struct gh_db_settings how = {
        .dsn = settings->database.dsn,
        .application_name = GH_TEXT("gatehouse/check"),
        .connect_ms = (unsigned)settings->database.connect,
        .query_ms = (unsigned)settings->database.query};
    char words[256];
    struct gh_buf why = gh_buf_over(words, sizeof(words));
    enum gh_status status = gh_db_new(&how, &why, out);

    if (status != GH_OK)
        fprintf(stderr, "[database] dsn: %.*s\n",
                GH_TEXT_ARG(gh_buf_text(&why)));
    return status;
}

/* Says what the database answered. */
static enum gh_status
report(const struct gh_rows *rows)
{
    int64_t version = 0;

    if (gh_row_int8(rows, 0, GH_HELLO_SCHEMA_VERSION, &version) != GH_OK) {
        fputs("the database answers, but not as this program expects\n"
              "hint: gatehousectl db status\n",
              stderr);
        return GH_MALFORMED;
    }
    printf("the database answers, schema version %" PRId64 "\n", version);
    return GH_OK;
}

enum gh_status
gh_check_db(const struct gh_settings *settings)
{
    const struct gh_param params[] = {gh_param_text(GH_TEXT("check")),
                                      gh_param_text(GH_TEXT(GH_VERSION))};
    GH_CLEAN(gh_db_free_at) struct gh_db *db = NULL;
    GH_CLEAN(gh_query_give_back_at) struct gh_query *query = NULL;
    const struct gh_rows *rows;
    enum gh_status status;

    if (settings->database.dsn.len == 0) {
        puts("no database is configured: nobody can sign in");
        return GH_NONE;
    }
    status = connect_as_gateway(settings, &db);
    if (status != GH_OK)
        return status;
    status = gh_db_send(db, &gh_stmt_gateway_hello, params, NULL, &query);
    if (status == GH_OK)
        status = gh_db_wait(db, query, &rows);
    if (status == GH_OK)
        return report(rows);
    fprintf(stderr, "the database cannot be asked: %s\n",
            query == NULL ? gh_db_trouble(db)->words_z
                          : gh_query_error(query)->words_z);
    return status;
}
