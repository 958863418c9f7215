/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl db migrate: the runner. Owns the connection, and on it the
 * advisory lock that keeps a second runner out. Each new file of schema/ is
 * one transaction with its row, which is written first where the list is
 * there already; functions, views and grants are dropped and made anew in
 * one. Refuses a file that changed after it was run, a list that is newer
 * than the files, and files with gaps. Called by main.c.
 *
 * When no file changed nothing at all is done: the digest of functions and
 * views stands in the comment of the schema gatehouse.
 */
#include "ctl/migrate.h"

#include <string.h>

#include "ctl/link.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

enum {
    QUERY_MS = 600000, /* a migration of a large table takes its time */
};

/* Notes the digest where a DBA sees it with \dn+. */
static const char note_again_z[] =
    "do $$ begin execute format('comment on schema gatehouse is %L', "
    "rtrim(regexp_replace(coalesce(obj_description('gatehouse'::regnamespace, "
    "'pg_namespace'), ''), E'\\nFiles: [0-9a-f]+', '')) || E'\\nFiles: ' || "
    "current_setting('gatehouse.files')); end $$";

int
migrate_set(struct gh_db *db, const char *name_z, const char *value_z)
{
    const struct gh_param params[] = {gh_param_text(gh_text_of_z(name_z)),
                                      gh_param_text(gh_text_of_z(value_z))};

    return link_do(db, &gh_stmt_ctl_setting, params);
}

const char *
migrate_prefix_z(const struct ctl *ctl)
{
    const char *prefix_z = ctl_value_z(ctl, OPTION_ROLE_PREFIX);

    return prefix_z != NULL ? prefix_z : "";
}

int
migrate_become_owner(const struct ctl *ctl, struct gh_db *db)
{
    const char *prefix_z = migrate_prefix_z(ctl);
    char owner_z[128];
    int status = migrate_set(db, "gatehouse.role_prefix", prefix_z);

    snprintf(owner_z, sizeof(owner_z), "%sgatehouse_owner", prefix_z);
    if (status == CTL_DONE)
        status = migrate_set(db, "role", owner_z);
    if (status == CTL_FAILED)
        ctl_hint("gatehousectl db init makes the roles");
    if (status == CTL_DENIED)
        ctl_hint("connect as the role that ran db init: --dsn '... "
                 "user=gatehouse_installer'");
    return status;
}

bool
migrate_is_same(const struct applied *row, const struct sql_file *file)
{
    char at[2 * GH_DIGEST_LEN];
    struct gh_buf hex = gh_buf_over(at, sizeof(at));

    gh_buf_hex(&hex, file->sha256, sizeof(file->sha256));
    return gh_text_equal(row->sha256, gh_buf_text(&hex)) &&
           gh_text_equal(row->name, file->name);
}

/* --- what is installed -----------------------------------------------------
 */

/* The one text of a statement without parameters; empty for null. */
static int
read_text(struct ctl *ctl, struct gh_db *db, const struct gh_stmt *stmt,
          struct gh_text *out)
{
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    const struct gh_rows *rows;
    int status = link_run(db, stmt, NULL, &query, &rows);

    *out = (struct gh_text){0};
    if (status == CTL_DONE && !gh_row_is_null(rows, 0, 0) &&
        gh_row_text(&ctl->arena, rows, 0, 0, out) != GH_OK)
        status = CTL_FAILED;
    return status;
}

static enum gh_status
read_row(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
         struct applied *out)
{
    struct gh_text version = {0};
    struct gh_text *const fields[] = {&version, &out->name, &out->sha256,
                                      &out->at, &out->by,   &out->is_breaking};
    enum gh_status status = GH_OK;

    for (size_t i = 0; i < GH_COUNT(fields) && status == GH_OK; i++)
        status = gh_row_text(arena, rows, row, i, fields[i]);
    if (status == GH_OK)
        status = gh_text_number(version, INT32_MAX, &out->version);
    return status;
}

static int
read_list(struct ctl *ctl, struct gh_db *db, struct installed *out)
{
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    const struct gh_rows *rows;
    int status = link_run(db, &gh_stmt_ctl_migration_list, NULL, &query, &rows);

    if (status != CTL_DONE)
        return status;
    out->n = rows->n;
    out->rows = gh_arena_array(&ctl->arena, rows->n, sizeof(*out->rows));
    for (size_t i = 0; i < rows->n; i++) {
        if (out->rows == NULL ||
            read_row(&ctl->arena, rows, i, &out->rows[i]) != GH_OK) {
            ctl_say("the list of migrations cannot be read");
            return CTL_FAILED;
        }
    }
    return CTL_DONE;
}

int
migrate_read(struct ctl *ctl, struct gh_db *db, struct installed *out)
{
    struct gh_text has_list;
    int status = read_text(ctl, db, &gh_stmt_ctl_migration_exists, &has_list);

    memset(out, 0, sizeof(*out));
    if (status == CTL_DONE)
        status = read_text(ctl, db, &gh_stmt_ctl_files_noted, &out->again);
    if (status != CTL_DONE)
        return status;
    out->has_list = gh_text_equal(has_list, GH_TEXT("t"));
    return out->has_list ? read_list(ctl, db, out) : CTL_DONE;
}

/* --- running ---------------------------------------------------------------
 */

/* The past and the files must agree before anything is done. */
static int
check_past(const struct installed *installed, const struct sql_files *files)
{
    for (size_t i = 0; i < installed->n; i++) {
        const struct applied *row = &installed->rows[i];

        if (i >= files->n_schema) {
            ctl_say("the database is newer than these files: %.*s",
                    GH_TEXT_ARG(row->name));
            return CTL_CONFLICT;
        }
        if (row->version != files->schema[i].version ||
            !migrate_is_same(row, &files->schema[i])) {
            ctl_say("%s changed after it was run", files->schema[i].path_z);
            ctl_hint("a migration is never edited; write the next one");
            return CTL_CONFLICT;
        }
    }
    return CTL_DONE;
}

static int
add_row(struct gh_db *db, const struct sql_file *file)
{
    const struct gh_param params[] = {
        gh_param_int4((int32_t)file->version),
        gh_param_text(file->name),
        gh_param_bytea((struct gh_text){.at = (const char *)file->sha256,
                                        .len = sizeof(file->sha256)}),
        gh_param_bool(file->is_breaking),
    };

    return link_do(db, &gh_stmt_ctl_migration_add, params);
}

/* One file of schema/ and its row. Only the first file, which makes the list,
 * comes before its row. */
static int
run_schema(struct gh_db *db, const struct sql_file *file, bool has_list)
{
    int status = link_script(db, "begin", NULL);

    if (status == CTL_DONE && has_list)
        status = add_row(db, file);
    if (status == CTL_DONE)
        status = link_script(db, file->text_z, file->path_z);
    if (status == CTL_DONE && !has_list)
        status = add_row(db, file);
    if (status == CTL_DONE)
        status = link_script(db, "commit", NULL);
    if (status == CTL_DONE)
        printf("%s%s\n", file->path_z, file->is_breaking ? " (breaking)" : "");
    return status;
}

/* Functions, views and grants, from nothing. */
static int
run_again(struct gh_db *db, const struct sql_files *files)
{
    int status = link_script(db, "begin", NULL);

    for (size_t i = 0; i < files->n_again && status == CTL_DONE; i++)
        status =
            link_script(db, files->again[i].text_z, files->again[i].path_z);
    if (status == CTL_DONE)
        status = migrate_set(db, "gatehouse.files", files->again_z);
    if (status == CTL_DONE)
        status = link_script(db, note_again_z, NULL);
    if (status == CTL_DONE)
        status = link_script(db, "commit", NULL);
    if (status == CTL_DONE)
        puts("functions, views and grants");
    return status;
}

int
migrate_run(struct ctl *ctl, struct gh_db *db, const struct sql_files *files)
{
    struct installed installed;
    int status = migrate_read(ctl, db, &installed);

    if (status == CTL_DONE)
        status = check_past(&installed, files);
    if (status != CTL_DONE)
        return status;
    if (installed.n == files->n_schema &&
        gh_text_equal(installed.again, gh_text_of_z(files->again_z))) {
        puts("nothing to do");
        return CTL_DONE;
    }
    for (size_t i = installed.n; i < files->n_schema && status == CTL_DONE; i++)
        status = run_schema(db, &files->schema[i],
                            installed.has_list || i > installed.n);
    return status == CTL_DONE ? run_again(db, files) : status;
}
