/* SPDX-License-Identifier: Apache-2.0
 *
 * What is installed in a database, compared with the SQL files. Called by
 * cmd_db.c and migrate.c.
 */
#ifndef GH_GATEWAY_CTL_MIGRATE_H
#define GH_GATEWAY_CTL_MIGRATE_H

#include "ctl/files.h"

/* One migration that was run. The texts live in the arena. */
struct applied {
    uint64_t version;           /* its number */
    struct gh_text name;        /* its file's name then */
    struct gh_text sha256;      /* of the file then, 64 hexadecimal digits */
    struct gh_text at;          /* when */
    struct gh_text by;          /* database user */
    struct gh_text is_breaking; /* "t" or "f" */
};

/* All of them, in order of version. */
struct installed {
    bool has_list;        /* the table of migrations is there */
    size_t n;             /* of rows */
    struct applied *rows; /* in the arena */
    struct gh_text again; /* digest of the functions and views, or empty */
};

/* Reads the list. An exit status. */
int migrate_read(struct ctl *ctl, struct gh_db *db, struct installed *out);

/* The role that owns everything, for the rest of the connection; and the
 * prefix, which the SQL files read. An exit status. */
int migrate_become_owner(const struct ctl *ctl, struct gh_db *db);

/* The prefix of the roles' names; "" for none. */
const char *migrate_prefix_z(const struct ctl *ctl);

/* Runs what the files have and the database has not. An exit status. */
int migrate_run(struct ctl *ctl, struct gh_db *db,
                const struct sql_files *files);

/* Sets a setting of the session. An exit status. */
int migrate_set(struct gh_db *db, const char *name_z, const char *value_z);

/* True when the row was made from that very file. */
bool migrate_is_same(const struct applied *row, const struct sql_file *file);

#endif
