/* SPDX-License-Identifier: Apache-2.0
 *
 * A command that is one SQL function: where each of its parameters comes
 * from, and how its answer is shown. Everything made lives in the arena of
 * the call. Limits: 17 parameters. Called by command.c and by commands that
 * are several functions.
 */
#ifndef GH_GATEWAY_CTL_CALL_H
#define GH_GATEWAY_CTL_CALL_H

#include "ctl/sheet.h"

enum {
    CTL_PARAMS_MAX = 18, /* of one call */
};

/* How what was given becomes a parameter. Nothing given: null, but for a
 * flag. */
enum ctl_kind {
    VALUE_ACTOR,       /* text: who uses the tool; nothing is read */
    VALUE_TEXT,        /* text as it stands */
    VALUE_ACCOUNT,     /* text: an account's name in its one form */
    VALUE_APPLICATION, /* text: of APP/NAME what is before the slash */
    VALUE_PERMISSION,  /* text: of APP/NAME what is behind it */
    VALUE_NUMBER,      /* integer */
    VALUE_FLAG,        /* boolean: whether it was given */
    VALUE_LIST,        /* text[]: cut at commas */
    VALUE_EACH,        /* text[]: one element an option; '' alone is none */
    VALUE_FILE,        /* text: what is in the file of that name */
};

/* One parameter. */
struct ctl_value {
    enum ctl_kind kind; /* how */
    enum ctl_option of; /* an option or a word */
};

/* How an answer is shown. */
enum ctl_answer {
    ANSWER_NONE = 0, /* not at all */
    ANSWER_TABLE,    /* rows */
    ANSWER_RECORD,   /* one row, turned on its side */
};

/* One statement; constant. */
struct ctl_call {
    const struct gh_stmt *stmt;              /* shown, but for ANSWER_NONE */
    struct ctl_value values[CTL_PARAMS_MAX]; /* of its parameters, in order */
    enum ctl_answer answer;                  /* how it is shown */
};

/* The configuration, and a connection for statements and transactions. An
 * exit status. */
int call_connect(struct ctl *ctl, struct gh_db **out);

/* One parameter, of a type for which its kind is meant. CTL_DONE, or CTL_USAGE,
 * for a file also CTL_NOT_FOUND and CTL_FAILED, after a sentence. */
int call_param(struct ctl *ctl, const struct ctl_value *value, enum gh_sql type,
               struct gh_param *out);

/* The parameters of a call, from the command line and the files that it names
 * alone. As call_param(). */
int call_params(struct ctl *ctl, const struct ctl_call *call,
                struct gh_param out[CTL_PARAMS_MAX]);

/* Runs it on a connection and shows the answer. An exit status. */
int call_on(struct ctl *ctl, struct gh_db *db, const struct ctl_call *call);

/* The whole command: parameters first, so that a mistake is said before
 * anybody connects. An exit status. */
int call_run(struct ctl *ctl, const struct ctl_call *call);

/* Runs a shown statement and gives its rows as a sheet in the arena. An exit
 * status. */
int call_sheet(struct ctl *ctl, struct gh_db *db, const struct gh_stmt *stmt,
               const struct gh_param *params, struct sheet *out);

#endif
