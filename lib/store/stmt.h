/* SPDX-License-Identifier: Apache-2.0
 *
 * Every statement that is ever sent, as constants: one SQL function a
 * statement, which makes the change and its audit row together. The name is
 * the function's; the text begins with it in a comment, so that a line of
 * PostgreSQL's log leads back here. Nothing builds SQL. store/db prepares
 * them by name; core and the gateway name them. Those of administration are
 * in stmt_admin.h.
 */
#ifndef GH_STORE_STMT_H
#define GH_STORE_STMT_H

#include "store/param.h"

enum {
    GH_STMT_PARAMS_MAX = 20, /* parameters of one statement */
};

/* One statement; constant. */
struct gh_stmt {
    const char *name_z;                    /* of the prepared statement */
    const char *sql_z;                     /* its text */
    bool is_shown;                         /* results as text, for people */
    size_t n_params;                       /* of types */
    enum gh_sql types[GH_STMT_PARAMS_MAX]; /* of the parameters, in order */
};

/* Columns are in the order of the enum below each. */

/* Counts an attempt and says whether it may go on. One row. */
extern const struct gh_stmt gh_stmt_sign_in_reserve;
enum {
    GH_RESERVE_IS_ALLOWED,         /* bool */
    GH_RESERVE_REFUSAL,            /* text or null: account source closed */
    GH_RESERVE_RETRY_AFTER,        /* integer, seconds */
    GH_RESERVE_IS_FIRST_REFUSAL,   /* bool */
    GH_RESERVE_ACCOUNT_ID,         /* bigint; null for an unknown name */
    GH_RESERVE_ACCOUNT_NAME,       /* text */
    GH_RESERVE_STATUS,             /* text */
    GH_RESERVE_PASSWORD_HASH,      /* text */
    GH_RESERVE_PEPPER_ID,          /* text */
    GH_RESERVE_CREDENTIAL_MAC,     /* bytea */
    GH_RESERVE_CREDENTIAL_VERSION, /* bigint */
};

/* The password was right: makes the session. One row. */
extern const struct gh_stmt gh_stmt_sign_in_succeed;
enum {
    GH_SUCCEED_SESSION_ID,          /* bigint */
    GH_SUCCEED_LAST_SIGN_IN_AT,     /* timestamptz or null */
    GH_SUCCEED_LAST_SIGN_IN_CLIENT, /* inet or null */
    GH_SUCCEED_FAILURES_SINCE,      /* integer */
    GH_SUCCEED_BEGAN_AT,            /* timestamptz */
};

extern const struct gh_stmt gh_stmt_sign_in_fail; /* no result */

extern const struct gh_stmt gh_stmt_session_find; /* 0 or 1 row */
enum {
    GH_FIND_SESSION_ID,       /* bigint */
    GH_FIND_REFERENCE,        /* bytea */
    GH_FIND_BINDING,          /* bytea */
    GH_FIND_ACCOUNT_ID,       /* bigint */
    GH_FIND_ACCOUNT_NAME,     /* text */
    GH_FIND_DISPLAY_NAME,     /* text */
    GH_FIND_EMAIL,            /* text or null */
    GH_FIND_STATE,            /* text */
    GH_FIND_CREATED_AT,       /* timestamptz */
    GH_FIND_AUTHENTICATED_AT, /* timestamptz */
    GH_FIND_LAST_SEEN_AT,     /* timestamptz */
    GH_FIND_IDLE_LEFT,        /* integer, seconds */
    GH_FIND_ABSOLUTE_LEFT,    /* integer, seconds */
    GH_FIND_LEVEL,            /* smallint */
    GH_FIND_PREVIOUS_AT,      /* timestamptz or null */
    GH_FIND_PREVIOUS_CLIENT,  /* inet or null */
    GH_FIND_FAILURES_BEFORE,  /* integer */
};

extern const struct gh_stmt gh_stmt_session_seen; /* integer */

/* Signs out. One row. */
extern const struct gh_stmt gh_stmt_session_end;
enum {
    GH_END_ENDED_AT, /* timestamptz */
    GH_END_WAS_LIVE, /* bool */
};

extern const struct gh_stmt gh_stmt_session_dead_use; /* text: the state */
extern const struct gh_stmt gh_stmt_event_write;      /* no result */
extern const struct gh_stmt gh_stmt_access_write;     /* integer: rows */
extern const struct gh_stmt gh_stmt_password_rehash;  /* bool */

/* What is due from time to time. One row of three integers. */
extern const struct gh_stmt gh_stmt_maintain;

/* Says hello: which schema, and what time it is there. One row. */
extern const struct gh_stmt gh_stmt_gateway_hello;
enum {
    GH_HELLO_SCHEMA_VERSION, /* integer */
    GH_HELLO_NOW,            /* timestamptz */
};

#endif
