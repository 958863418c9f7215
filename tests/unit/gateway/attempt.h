/* SPDX-License-Identifier: Apache-2.0
 *
 * Attempts to sign in at the desk of signing.h: what is typed, by what kind of
 * browser, and the statements that PostgreSQL is to be asked. Owns the form
 * and the cookies of one attempt at a time. Called by the tests of act_login
 * and its insides.
 */
#ifndef GH_TESTS_UNIT_GATEWAY_ATTEMPT_H
#define GH_TESTS_UNIT_GATEWAY_ATTEMPT_H

#include "signing.h"

/* Sizes of the rows, and the place of what is looked at most. */
enum {
    ATTEMPT_N_SUCCEED = GH_SUCCEED_DEVICE_SINCE + 1, /* columns */
    ATTEMPT_N_RESERVE = GH_RESERVE_CREDENTIAL_VERSION + 1,
    ATTEMPT_REASON = 2, /* parameter of sign_in_fail */
};

/* When the session of attempt_made began. */
#define ATTEMPT_BEGAN_US INT64_C(1795000000123456)

/* Since when its browser is known. */
#define ATTEMPT_SINCE_US INT64_C(1794000000999999)

/* The row of a session that was made. */
extern const struct fake_value attempt_made[ATTEMPT_N_SUCCEED];

/* The statements of a sign-in, and what they give when all is well. */
#define ATTEMPT_RESERVE(columns)                                               \
    {                                                                          \
        .stmt = &gh_stmt_sign_in_reserve, .row = (columns),                    \
        .n_columns = ATTEMPT_N_RESERVE                                         \
    }
#define ATTEMPT_SUCCEED                                                        \
    {                                                                          \
        .stmt = &gh_stmt_sign_in_succeed, .row = attempt_made,                 \
        .n_columns = ATTEMPT_N_SUCCEED                                         \
    }
#define ATTEMPT_FAIL                                                           \
    {                                                                          \
        .stmt = &gh_stmt_sign_in_fail                                          \
    }
#define ATTEMPT_EVENT                                                          \
    {                                                                          \
        .stmt = &gh_stmt_event_write                                           \
    }
#define ATTEMPT_REHASH                                                         \
    {                                                                          \
        .stmt = &gh_stmt_password_rehash                                       \
    }

/* What is sent, and by what kind of browser. Zeroed: alice's good form. */
struct attempt {
    const char *username_z; /* encoded; NULL: alice */
    const char *password_z; /* encoded; NULL: hers */
    const char *more_z;     /* behind the form: "&return_to=%2Fx" */
    const char *token_z;    /* NULL: the right one */
    const char *purpose_z;  /* of the token; NULL: login */
    const char *session_z;  /* the browser's session cookie, or NULL */
    struct gh_text device;  /* the browser's device marker, or empty */
    int64_t pre_ago_s;      /* how old the page is */
    bool has_no_pre;        /* the state before sign-in is not sent */
    bool has_no_room;       /* for hashes that wait */
    const char *header_z;   /* a parameter to set to value_z ... */
    const char *value_z;    /* ... or to drop when this is NULL */
};

/* Lays the attempt on a new desk. */
struct desk *attempt_lay(const struct attempt *attempt,
                         const struct fake_step *steps, size_t n);

/* Makes the attempt, which must not be a fault; the desk with its outcome. */
struct desk *attempt_try(const struct attempt *attempt,
                         const struct fake_step *steps, size_t n);

/* Parameter k of the i-th statement as a number. */
int64_t attempt_number(size_t i, size_t k);

/* n bytes as a text. */
struct gh_text attempt_bytes(const void *at, size_t n);

#endif
