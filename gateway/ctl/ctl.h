/* SPDX-License-Identifier: Apache-2.0
 *
 * What every command of gatehousectl gets: the options, memory, where to
 * write. And what a command gives back: an exit status. Owns nothing. Used in
 * gateway/ctl/ only.
 */
#ifndef GH_GATEWAY_CTL_CTL_H
#define GH_GATEWAY_CTL_CTL_H

#include <stdio.h>

#include "base/arena.h"
#include "core/password.h"
#include "store/db.h"

/* Exit statuses (DESIGN: contracts of programs). */
enum {
    CTL_DONE = 0,           /* what was asked is done */
    CTL_FAILED = 1,         /* it is not, and none of the others says why */
    CTL_USAGE = 2,          /* the command line is wrong */
    CTL_NOT_FOUND = 3,      /* there is no such account, key, file */
    CTL_CONFLICT = 4,       /* it is there already, or changed meanwhile */
    CTL_DENIED = 5,         /* refused: a right or a rule forbids it */
    CTL_UNAVAILABLE = 69,   /* the database cannot be reached */
    CTL_CONFIGURATION = 78, /* the configuration is not usable */
};

/* How results are written. */
enum ctl_output {
    CTL_TABLE, /* for people */
    CTL_JSON,  /* an array of objects */
    CTL_CSV,   /* RFC 4180, with a head line */
};

/* The whole call. Texts ending in NUL come from the command line and live as
 * long as the program; NULL when the option was not given. */
struct ctl {
    struct gh_arena arena;        /* everything that the command makes */
    const char *config_z;         /* -c */
    const char *dsn_z;            /* --dsn */
    const char *keys_z;           /* --keys */
    const char *sql_z;            /* --sql: folder of the SQL files */
    const char *role_prefix_z;    /* --role-prefix */
    const char *password_file_z;  /* --password-file */
    bool is_password_stdin;       /* --password-stdin */
    bool is_without_password;     /* --no-password */
    bool is_insecure_allowed;     /* --insecure */
    const char *display_name_z;   /* --display-name */
    const char *email_z;          /* --email */
    const char *reason_z;         /* --reason */
    enum ctl_output output;       /* --output */
    struct gh_password_cost cost; /* of new hashes */
    unsigned connect_ms;          /* for one address */
    const char *name_z;           /* what the command is about, or NULL */
};

/* Reads the configuration where an option does not make it needless: dsn when
 * needs_dsn, keys when needs_keys. CTL_DONE, or says why not. */
int ctl_configure(struct ctl *ctl, bool needs_dsn, bool needs_keys);

/* One line on standard error: "gatehousectl: …". */
void ctl_say(const char *format, ...) GH_PRINTF(1, 2);

/* "hint: …" below it. */
void ctl_hint(const char *format, ...) GH_PRINTF(1, 2);

/* --- commands: one function each; the exit status --------------------------
 */

/* Key rings; ctl->name_z is the file. */
int cmd_key_generate(struct ctl *ctl);
int cmd_key_list(struct ctl *ctl);

/* The database as a whole. */
int cmd_db_init(struct ctl *ctl);
int cmd_db_migrate(struct ctl *ctl);
int cmd_db_status(struct ctl *ctl);

/* Accounts; ctl->name_z is the account, but for list. */
int cmd_user_add(struct ctl *ctl);
int cmd_user_list(struct ctl *ctl);
int cmd_user_show(struct ctl *ctl);
int cmd_user_passwd(struct ctl *ctl);
int cmd_user_disable(struct ctl *ctl);
int cmd_user_enable(struct ctl *ctl);
int cmd_user_lock(struct ctl *ctl);
int cmd_user_unlock(struct ctl *ctl);

#endif
