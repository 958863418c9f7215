/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQL files that come with the tool: found, read and digested. Everything
 * lives in the arena of the call. Limits: 512 files of 1 MiB in one folder.
 * Called by cmd_db.c and migrate.c.
 */
#ifndef GH_GATEWAY_CTL_FILES_H
#define GH_GATEWAY_CTL_FILES_H

#include "base/digest.h"
#include "ctl/ctl.h"

/* One file. */
struct sql_file {
    const char *path_z;                  /* below the folder: "api/x.sql" */
    struct gh_text name;                 /* "0001_base.sql" */
    const char *text_z;                  /* its text, without a NUL inside */
    unsigned char sha256[GH_DIGEST_LEN]; /* of the text */
    uint64_t version;                    /* of a file of schema/, else 0 */
    bool is_breaking;                    /* it says "-- breaking: yes" */
};

/* All of them. */
struct sql_files {
    size_t n_schema;         /* of schema/ */
    struct sql_file *schema; /* run once, in the order of version */
    size_t n_again;          /* of api/, views/ and grants.sql */
    struct sql_file *again;  /* run at each migration, in this order */
    char again_z[2 * GH_DIGEST_LEN + 1]; /* one digest over all of them */
};

/* Reads them all, from --sql or from where they are installed. An exit
 * status, after a sentence when it is not CTL_DONE. */
int files_read(struct ctl *ctl, struct sql_files *out);

/* Reads one file of that folder, such as roles.sql. */
int files_read_one(struct ctl *ctl, const char *path_z, struct sql_file *out);

#endif
