/* SPDX-License-Identifier: Apache-2.0
 *
 * What every command of gatehousectl gets: the command line, memory, where to
 * write. And what a command gives back: an exit status. Owns nothing. Used in
 * gateway/ctl/ only.
 */
#ifndef GH_GATEWAY_CTL_CTL_H
#define GH_GATEWAY_CTL_CTL_H

#include "base/arena.h"
#include "core/password.h"
#include "ctl/option.h"
#include "ctl/say.h"
#include "store/db.h"

struct gh_settings;

/* How results are written. */
enum ctl_output {
    CTL_TABLE, /* for people */
    CTL_JSON,  /* an array of objects */
    CTL_CSV,   /* RFC 4180, with a head line */
};

/* The whole call. Texts ending in NUL come from the command line and live as
 * long as the program, or from the configuration and live in the arena. */
struct ctl {
    struct gh_arena arena;        /* everything that the command makes */
    struct ctl_line line;         /* what was written */
    enum ctl_output output;       /* --output */
    const char *dsn_z;            /* --dsn, or of the configuration; or NULL */
    const char *keys_z;           /* --keys, or of the configuration; or NULL */
    struct gh_password_cost cost; /* of new hashes */
    unsigned connect_ms;          /* for one address */
};

/* Makes a call of a command line that was read. CTL_DONE, or CTL_USAGE after
 * a sentence. */
int ctl_begin(struct ctl *ctl);

/* The first value of an option or word, or NULL. */
const char *ctl_value_z(const struct ctl *ctl, enum ctl_option option);

/* True when it was given. */
bool ctl_has(const struct ctl *ctl, enum ctl_option option);

/* The configuration file: -c, or the usual one. */
const char *ctl_config_z(const struct ctl *ctl);

/* Reads the configuration where an option does not make it needless: dsn when
 * needs_dsn, keys when needs_keys. CTL_DONE, or says why not. */
int ctl_configure(struct ctl *ctl, bool needs_dsn, bool needs_keys);

/* The whole configuration, without a word about its mistakes, for who can do
 * without; NULL when it cannot be read. Given back with
 * gh_settings_release(). */
struct gh_settings *ctl_settings(const struct ctl *ctl);

/* One sentence on standard output about what was done; only in a table, since
 * a program reads the exit status. */
void ctl_tell(const struct ctl *ctl, const char *format, ...) GH_PRINTF(2, 3);

#endif
