/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl db: the database as a whole. Owns the connection of its call.
 * init makes the roles and needs CREATEROLE, not a superuser; the database is
 * made by the DBA. Its table is read by command.c.
 */
#include <string.h>

#include "ctl/command.h"
#include "ctl/link.h"
#include "ctl/migrate.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

enum {
    QUERY_MS = 30000,
};

static int
init(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct sql_file roles = {0};
    int status = ctl_configure(ctl, true, false);

    if (status == CTL_DONE)
        status = files_read_one(ctl, "roles.sql", &roles);
    if (status == CTL_DONE)
        status = link_open(ctl, QUERY_MS, &db);
    if (status == CTL_DONE)
        status =
            migrate_set(db, "gatehouse.role_prefix", migrate_prefix_z(ctl));
    if (status == CTL_DONE)
        status = link_script(db, "begin", NULL);
    if (status == CTL_DONE)
        status = link_script(db, roles.text_z, roles.path_z);
    if (status == CTL_DONE)
        status = link_script(db, "commit", NULL);
    return status;
}

static int
migrate(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct sql_files files;
    int status = ctl_configure(ctl, true, false);

    if (status == CTL_DONE)
        status = files_read(ctl, &files);
    if (status == CTL_DONE)
        status = link_open(ctl, QUERY_MS, &db);
    if (status == CTL_DONE)
        status = migrate_become_owner(ctl, db);
    if (status == CTL_DONE)
        status = migrate_set(db, "lock_timeout", "30s");
    if (status == CTL_DONE)
        status = link_do(db, &gh_stmt_ctl_migration_lock, NULL);
    return status == CTL_DONE ? migrate_run(ctl, db, &files) : status;
}

/* --- status ----------------------------------------------------------------
 */

enum {
    COLUMNS = 6, /* of the sheet below */
};

/* A migration's row: what is known of it from the list and from its file,
 * either of which may be missing. */
static void
fill_migration(struct gh_text *cells, const struct applied *row,
               const struct sql_file *file)
{
    if (row != NULL)
        cells[1] = row->name;
    if (file != NULL)
        cells[1] = file->name;
    cells[0] = gh_text_first(cells[1], 4);
    cells[2] = GH_TEXT("pending");
    if (row == NULL) {
        if (file != NULL)
            cells[5] = file->is_breaking ? GH_TEXT("t") : GH_TEXT("f");
        return;
    }
    cells[2] = GH_TEXT("applied");
    if (file == NULL)
        cells[2] = GH_TEXT("unknown");
    else if (!migrate_is_same(row, file))
        cells[2] = GH_TEXT("changed");
    cells[3] = row->at;
    cells[4] = row->by;
    cells[5] = row->is_breaking;
}

/* The last row: functions, views and grants. */
static void
fill_again(struct gh_text *cells, const struct installed *installed,
           const struct sql_files *files)
{
    cells[1] = GH_TEXT("functions, views, grants");
    if (installed->again.len == 0)
        cells[2] = GH_TEXT("pending");
    else if (gh_text_equal(installed->again, gh_text_of_z(files->again_z)))
        cells[2] = GH_TEXT("applied");
    else
        cells[2] = GH_TEXT("changed");
}

static int
print_status(struct ctl *ctl, const struct installed *installed,
             const struct sql_files *files)
{
    struct sheet sheet = {
        .n_columns = COLUMNS,
        .names = {GH_TEXT_INIT("version"), GH_TEXT_INIT("name"),
                  GH_TEXT_INIT("state"), GH_TEXT_INIT("applied_at"),
                  GH_TEXT_INIT("applied_by"), GH_TEXT_INIT("is_breaking")},
        .kinds = {[5] = GH_COLUMN_BOOL}};
    size_t n = installed->n > files->n_schema ? installed->n : files->n_schema;

    sheet.n_rows = n + 1;
    sheet.cells = gh_arena_array(&ctl->arena, sheet.n_rows * COLUMNS,
                                 sizeof(*sheet.cells));
    if (sheet.cells == NULL)
        return CTL_FAILED;
    for (size_t i = 0; i < n; i++)
        fill_migration(sheet.cells + i * COLUMNS,
                       i < installed->n ? &installed->rows[i] : NULL,
                       i < files->n_schema ? &files->schema[i] : NULL);
    fill_again(sheet.cells + n * COLUMNS, installed, files);
    sheet_print(&sheet, ctl->output, false);
    return CTL_DONE;
}

static int
show_status(struct ctl *ctl)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct sql_files files;
    struct installed installed;
    int status = ctl_configure(ctl, true, false);

    if (status == CTL_DONE)
        status = files_read(ctl, &files);
    if (status == CTL_DONE)
        status = link_open(ctl, QUERY_MS, &db);
    if (status == CTL_DONE)
        status = migrate_become_owner(ctl, db);
    if (status == CTL_DONE)
        status = migrate_read(ctl, db, &installed);
    return status == CTL_DONE ? print_status(ctl, &installed, &files) : status;
}

const struct ctl_command db_commands[] = {
    {.verb_z = "init",
     .takes = OPTION_BIT(ROLE_PREFIX),
     .help_z = "make the roles, as a role with CREATEROLE",
     .run = init},
    {.verb_z = "migrate",
     .takes = OPTION_BIT(ROLE_PREFIX),
     .help_z = "bring the schema up to date",
     .run = migrate},
    {.verb_z = "status",
     .takes = OPTION_BIT(ROLE_PREFIX),
     .help_z = "show what is installed and what is not",
     .run = show_status},
    {.verb_z = "restored",
     .help_z = "after a backup was restored: end all sessions",
     .call = {.stmt = &gh_stmt_database_restored,
              .values = {ROW_ACTOR},
              .answer = ANSWER_RECORD}},
    {0},
};
