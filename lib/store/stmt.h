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
    GH_STMT_PARAMS_MAX = 21, /* parameters of one statement */
};

/* One statement; constant. */
struct gh_stmt {
    const char *name_z; /* of the prepared statement */
    const char *sql_z;  /* its text */
    bool is_shown;      /* results as text, for people */
    bool is_harmless;   /* lost on its way, it casts no doubt on sessions: it
                           ends none, or the next one tells of it, too */
    size_t n_params;    /* of types */
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
    GH_SUCCEED_OVER,                /* integer: ended, of too many */
    GH_SUCCEED_DEVICE_SINCE,        /* timestamptz: the browser is known */
};

extern const struct gh_stmt gh_stmt_sign_in_fail; /* no result */

/* A new password, after the old one was right. One row. */
extern const struct gh_stmt gh_stmt_password_change;
enum {
    GH_CHANGE_BEGAN_AT,       /* timestamptz: of the session that goes on */
    GH_CHANGE_SESSIONS_ENDED, /* integer: others */
};

extern const struct gh_stmt gh_stmt_password_change_fail; /* no result */

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
    GH_FIND_ROLE_IDS,         /* bigint[]: granted, without what they imply */
    GH_FIND_POLICY_VERSION,   /* bigint */
    GH_FIND_NOW,              /* timestamptz */
    GH_FIND_TOKEN_USE,        /* text: current next previous former */
    GH_FIND_TOKEN_AGE,        /* integer, seconds: of the current one */
    GH_FIND_TOKEN_UNTIL,      /* timestamptz or null: of a previous one */
    GH_FIND_GENERATION,       /* integer */
    GH_FIND_IS_OFFERED,       /* bool: the next one is known */
    GH_FIND_RIGHTS_UNTIL,     /* timestamptz or null: never */
    GH_FIND_CLIENT,           /* inet or null: of the sign-in */
    GH_FIND_USER_AGENT,       /* text: likewise */
    GH_FIND_CONDITION_IDS,    /* bigint[]: when each role holds, 0: whenever; or
                                 null: all of them whenever */
    GH_FIND_TIME_ZONE,        /* text or null: UTC */
    GH_FIND_UTC_OFFSET,       /* integer or null, seconds: of its clocks now */
    GH_FIND_PREVIOUS_OFFSET,  /* integer or null, seconds: at previous_at */
    GH_FIND_APPEARANCE,       /* text or null: as the device says */
    GH_FIND_WARN_MINUTES,     /* smallint or null: GH_WARN_MINUTES */
    GH_FIND_WITHHELD_IDS,     /* bigint[]: rules that the token is not for; or
                                 null: it is for all, role_ids as above */
    GH_FIND_IDLE,             /* integer, seconds: it may be idle for so long */
    GH_FIND_DEVICE_KNOWN,     /* integer or null, seconds: so long the browser
                                 had been known when it began; it was not */
    GH_FIND_COLUMNS,          /* how many */
};

extern const struct gh_stmt gh_stmt_session_seen; /* integer */

/* Signs out. One row. */
extern const struct gh_stmt gh_stmt_session_end;
enum {
    GH_END_ENDED_AT, /* timestamptz */
    GH_END_WAS_LIVE, /* bool */
};

/* A session is used from elsewhere, where that ends it. text: the state. */
extern const struct gh_stmt gh_stmt_session_moved;

/* A session is about to be used where it may not be idle for so long. text: its
 * state, or "confirm". */
extern const struct gh_stmt gh_stmt_session_shorten;

/* Keeps the hash of the token that follows. bool: it is kept. */
extern const struct gh_stmt gh_stmt_session_offer;

/* The token that follows has come: it is the current one. text: the state. */
extern const struct gh_stmt gh_stmt_session_renew;

extern const struct gh_stmt gh_stmt_session_dead_use; /* text: the state */

/* What a person sees of their own account: rows of two relations, the newest
 * of each first; what the other one has is null. */
extern const struct gh_stmt gh_stmt_account_read;
enum {
    GH_OWN_RELATION,   /* integer: 0 a live session, 1 an event */
    GH_OWN_SESSION,    /* bytea or null: reference of the session */
    GH_OWN_AT,         /* timestamptz: when it began or happened */
    GH_OWN_SEEN_AT,    /* timestamptz: when a session was last active */
    GH_OWN_CLIENT,     /* inet or null */
    GH_OWN_USER_AGENT, /* text */
    GH_OWN_EVENT,      /* text: of gatehouse_audit.event_type */
    GH_OWN_REASON,     /* text or null */
    GH_OWN_CAUSE,      /* text or null: why a session was ended */
    GH_OWN_REPEATS,    /* bigint: how often it happened */
    GH_OWN_DEVICE,    /* text or null: the browser in words, without an agent */
    GH_OWN_AT_OFFSET, /* integer or null, seconds: how far the person's clocks
                         were ahead of UTC then */
    GH_OWN_SEEN_OFFSET, /* integer or null: likewise, at seen_at */
    GH_OWN_COLUMNS,     /* how many */
};

extern const struct gh_stmt gh_stmt_account_prefer; /* bool: session is live */

/* Ends sessions of one's own account. One row. */
extern const struct gh_stmt gh_stmt_account_session_end;
enum {
    GH_SESSION_END_OUTCOME, /* text: all ended over own missing foreign
                               nobody */
    GH_SESSION_END_ENDED,   /* integer */
};

/* A value of session data. No row: the session is over. One row: all but the
 * reference null when there is no value. */
extern const struct gh_stmt gh_stmt_data_get;
enum {
    GH_DATA_REFERENCE,  /* bytea: of the session's data; null: account's */
    GH_DATA_MEDIA_TYPE, /* text */
    GH_DATA_KEY_ID,     /* text */
    GH_DATA_NONCE,      /* bytea */
    GH_DATA_SEALED,     /* bytea */
};

/* Stores one. No row: the session is over, or the application is gone. */
extern const struct gh_stmt gh_stmt_data_put;
enum {
    GH_PUT_OUTCOME,   /* text: stored elsewhere keys full */
    GH_PUT_REFERENCE, /* bytea: elsewhere: what to seal for instead */
};

extern const struct gh_stmt gh_stmt_data_delete; /* bool; null: session over */
extern const struct gh_stmt gh_stmt_event_write; /* no result */

/* Adds access records. One row. */
extern const struct gh_stmt gh_stmt_access_write;
enum {
    GH_ACCESS_WRITTEN, /* integer: rows */
    GH_ACCESS_PLACES,  /* integer: sessions that were used from a new place */
};

extern const struct gh_stmt gh_stmt_password_rehash; /* bool */

/* Does what is due from time to time. One row. */
extern const struct gh_stmt gh_stmt_maintain;
enum {
    GH_MAINTAIN_SESSIONS_LIVE, /* bigint; null: another one is at it */
    GH_MAINTAIN_GUARDS_OFF,    /* integer; null likewise */
    GH_MAINTAIN_OFF_NOW,       /* text: which, or null: none more */
    GH_MAINTAIN_ON_AGAIN,      /* text: which, or null: none again */
};

/* Says hello: which schema, and what time it is there. One row. */
extern const struct gh_stmt gh_stmt_gateway_hello;
enum {
    GH_HELLO_SCHEMA_VERSION, /* integer */
    GH_HELLO_NOW,            /* timestamptz */
};

/* What changed since an earlier snapshot (null: never asked before). One row.
 */
extern const struct gh_stmt gh_stmt_follow;
enum {
    GH_FOLLOW_SNAPSHOT,       /* text: to ask with the next time */
    GH_FOLLOW_NOW,            /* timestamptz */
    GH_FOLLOW_POLICY_VERSION, /* bigint or null: no policy */
    GH_FOLLOW_IS_COMPLETE,    /* bool; false: everything may have changed */
    GH_FOLLOW_RELATIONS,      /* bigint[]: 0 everything 1 session 2 account */
    GH_FOLLOW_ROW_IDS,        /* bigint[]: of the session or account, or 0 */
};

/* Has a connection told when asking gh_stmt_follow is worth it. No result. */
extern const struct gh_stmt gh_stmt_listen_change;
extern const struct gh_stmt gh_stmt_listen_policy;

/* The whole policy as of one snapshot: rows of several relations, which have
 * columns of their own and share some; those of others are null. In the order
 * of relation and id. */
extern const struct gh_stmt gh_stmt_policy_read;
enum {
    GH_POLICY_RELATION,      /* integer: an enum gh_policy_relation */
    GH_POLICY_ID,            /* bigint; of the state: its version */
    GH_POLICY_OTHER_ID,      /* bigint: implied role; whose grant or pattern */
    GH_POLICY_ROLE_ID,       /* bigint: whose grant it is */
    GH_POLICY_NAME,          /* text: application, role, permission, … */
    GH_POLICY_HOST,          /* text: of an application */
    GH_POLICY_PATH,          /* text: of an application; pattern; meaning */
    GH_POLICY_LIST,          /* text: back ends, networks, days since 1970, by
                                spaces; methods, by commas; or null */
    GH_POLICY_WORD,          /* text: carrying; builtin of a role, or null; kind
                                of a condition */
    GH_POLICY_CONNECTIONS,   /* integer: of an application */
    GH_POLICY_KEEP,          /* integer: of an application */
    GH_POLICY_ENCODED_SLASH, /* text: refuse keep */
    GH_POLICY_SEMICOLON,     /* text: refuse keep */
    GH_POLICY_EMPTY_SEGMENTS, /* text: refuse keep */
    GH_POLICY_AUTHORIZATION,  /* text: drop pass */
    GH_POLICY_IDENTITY,       /* text: which names tell it who asks */
    GH_POLICY_FRESHNESS,      /* text: cached strict */
    GH_POLICY_MOVED,          /* text: alert end */
    GH_POLICY_OUTAGE,         /* integer: seconds, of an application */
    GH_POLICY_ENTRIES,        /* text: that serve an application, by spaces */
    GH_POLICY_FROM,           /* timestamptz: of a grant, of a turn */
    GH_POLICY_UNTIL,          /* timestamptz or null: of a grant */
    GH_POLICY_CONDITION_ID,   /* bigint or null: of a grant; of a zone */
    GH_POLICY_TIME_ZONE,      /* text: of hours and dates */
    GH_POLICY_OFFSET,         /* integer: seconds ahead of UTC; null: unknown */
    GH_POLICY_DAYS,           /* integer: of the week, a bit each */
    GH_POLICY_BEGINS,         /* integer: seconds of the day */
    GH_POLICY_ENDS,           /* integer: likewise */
    GH_POLICY_FIRST_DAY,      /* integer: since 1970 */
    GH_POLICY_LAST_DAY,       /* integer: likewise */
    GH_POLICY_SESSION_IDLE,   /* integer or null: seconds, of an application */
    GH_POLICY_RECORDING,      /* text: after before */
    GH_POLICY_COLUMNS,        /* how many */
};

/* What a row of it is. */
enum gh_policy_relation {
    GH_POLICY_STATE,       /* one row, the first: id is the version */
    GH_POLICY_APPLICATION, /* what is mounted where */
    GH_POLICY_ROLE,        /* a role */
    GH_POLICY_INHERITANCE, /* role id implies role other_id */
    GH_POLICY_TURN,        /* a time zone's clocks from an instant on */
    GH_POLICY_CONDITION,   /* when a grant holds */
    GH_POLICY_PART,        /* condition other_id is a part of condition id */
    GH_POLICY_GRANT,       /* a permission given to a role */
    GH_POLICY_IGNORED,     /* a pattern whose requests are no activity */
};

#endif
