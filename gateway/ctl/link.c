/* SPDX-License-Identifier: Apache-2.0
 *
 * Connecting, waiting, and saying what went wrong. Owns nothing. Called by
 * the commands.
 */
#include "ctl/link.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

int
link_open(const struct ctl *ctl, unsigned query_ms, struct gh_db **out)
{
    const struct gh_db_settings settings = {
        .dsn = gh_text_of_z(ctl->dsn_z),
        .application_name = GH_TEXT("gatehousectl"),
        .is_insecure_allowed = ctl_has(ctl, OPTION_INSECURE),
        .is_script = true,
        .connect_ms = ctl->connect_ms,
        .query_ms = query_ms,
        .max_queries = 1};
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));
    enum gh_status status = gh_db_new(&settings, &why, out);

    if (status == GH_OK)
        return CTL_DONE;
    ctl_say("the connection string %.*s", (int)why.len, why.at);
    return CTL_CONFIGURATION;
}

/* --- failures --------------------------------------------------------------
 */

/* A time, an address or an id that is none: it was written so. */
static bool
is_unreadable(const char *sqlstate_z)
{
    static const char *const codes[] = {"22007", "22008", "22P02"};

    for (size_t i = 0; i < GH_COUNT(codes); i++) {
        if (strcmp(sqlstate_z, codes[i]) == 0)
            return true;
    }
    return false;
}

/* What PostgreSQL's own codes mean to the caller. */
static int
status_of_sqlstate(const char *sqlstate_z)
{
    if (sqlstate_z[0] == '\0' || strncmp(sqlstate_z, "08", 2) == 0 ||
        strncmp(sqlstate_z, "57P", 3) == 0)
        return CTL_UNAVAILABLE;
    if (strcmp(sqlstate_z, "42501") == 0)
        return CTL_DENIED;
    return is_unreadable(sqlstate_z) ? CTL_USAGE : CTL_FAILED;
}

static int
status_of(enum gh_status status, const struct gh_db_error *error)
{
    if (status == GH_NONE)
        return CTL_NOT_FOUND;
    if (status == GH_CONFLICT)
        return CTL_CONFLICT;
    if (status == GH_STOP)
        return CTL_DENIED;
    if (status == GH_MALFORMED)
        return CTL_USAGE;
    if (status == GH_FAULT_DB)
        return status_of_sqlstate(error->sqlstate_z);
    return CTL_FAILED;
}

/* Says the error, with its place in a script. */
static int
tell(enum gh_status status, const struct gh_db_error *error, const char *file_z,
     unsigned line)
{
    const char *sqlstate_z = error->sqlstate_z;

    if (file_z != NULL && line > 0)
        ctl_say("%s:%u: %s", file_z, line, error->words_z);
    else if (file_z != NULL)
        ctl_say("%s: %s", file_z, error->words_z);
    else
        ctl_say("%s", error->words_z);
    if (error->hint_z[0] != '\0')
        ctl_hint("%s", error->hint_z);
    else if (strcmp(sqlstate_z, "3F000") == 0 ||
             strcmp(sqlstate_z, "42883") == 0)
        ctl_hint("gatehousectl db status shows whether the schema is there");
    else if (is_unreadable(sqlstate_z))
        ctl_hint("times are 2026-12-24 or '2026-12-24 18:00+01', networks "
                 "192.0.2.0/24");
    return status_of(status, error);
}

/* The database was not even asked. */
static int
tell_unsent(struct gh_db *db, enum gh_status status)
{
    if (status == GH_FAULT_DB)
        return tell(status, gh_db_trouble(db), NULL, 0);
    ctl_say("a value is not UTF-8, or cannot be sent (%s)",
            gh_status_word(status));
    return status == GH_MALFORMED ? CTL_USAGE : CTL_FAILED;
}

/* --- statements ------------------------------------------------------------
 */

int
link_run(struct gh_db *db, const struct gh_stmt *stmt,
         const struct gh_param *params, struct gh_query **query,
         const struct gh_rows **rows)
{
    enum gh_status status = gh_db_send(db, stmt, params, NULL, query);

    if (status != GH_OK)
        return tell_unsent(db, status);
    status = gh_db_wait(db, *query, rows);
    if (status != GH_OK)
        return tell(status, gh_query_error(*query), NULL, 0);
    return CTL_DONE;
}

int
link_do(struct gh_db *db, const struct gh_stmt *stmt,
        const struct gh_param *params)
{
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    const struct gh_rows *rows;

    return link_run(db, stmt, params, &query, &rows);
}

/* The line of a character of a text, both counted from 1. */
static unsigned
line_of(const char *text_z, unsigned position)
{
    struct gh_text text = gh_text_of_z(text_z);
    unsigned line = 1;

    if (position == 0)
        return 0;
    for (; position > 1 && text.len > 0; position--) {
        size_t used = gh_utf8_first(text);

        line += text.at[0] == '\n';
        text = gh_text_from(text, used == 0 ? 1 : used);
    }
    return line;
}

int
link_script(struct gh_db *db, const char *text_z, const char *file_z)
{
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    const struct gh_rows *rows;
    const struct gh_db_error *error;
    enum gh_status status = gh_db_script(db, text_z, &query);

    if (status != GH_OK)
        return tell_unsent(db, status);
    status = gh_db_wait(db, query, &rows);
    if (status == GH_OK)
        return CTL_DONE;
    error = gh_query_error(query);
    return tell(status, error, file_z, line_of(text_z, error->position));
}

struct gh_text
link_actor(void)
{
    const char *sudo_z = getenv("SUDO_USER");
    const struct passwd *user;

    if (getuid() == 0 && sudo_z != NULL && sudo_z[0] != '\0')
        return gh_text_first(gh_text_of_z(sudo_z), 64);
    user = getpwuid(getuid());
    if (user == NULL)
        return GH_TEXT("unknown");
    return gh_text_first(gh_text_of_z(user->pw_name), 64);
}
