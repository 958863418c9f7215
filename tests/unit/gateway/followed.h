/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps of a script for who follows the database: answers of follow, and of
 * policy_read with the smallest policy that there is. Initializers only.
 */
#ifndef GH_TESTS_UNIT_GATEWAY_FOLLOWED_H
#define GH_TESTS_UNIT_GATEWAY_FOLLOWED_H

#include "postgres.h"

enum {
    COLUMNS = GH_POLICY_COLUMNS, /* of policy_read */
    ROWS = 4,                    /* of the policies here */
    DATABASE_S = 1790000000,     /* what the database's clock says, seconds */
};

#define NUMBER(value)                                                          \
    {                                                                          \
        FAKE_NUMBER, {0}, value                                                \
    }
#define TEXT(value)                                                            \
    {                                                                          \
        FAKE_TEXT, GH_TEXT_INIT(value), 0                                      \
    }
#define TIME(value)                                                            \
    {                                                                          \
        FAKE_TIME, {0}, value                                                  \
    }

/* follow, at that version of the policy: these kinds of rows changed, by their
 * ids. */
#define CHANGES(version, is_complete, kinds, ids)                              \
    {                                                                          \
        .stmt = &gh_stmt_follow, .n_columns = GH_FOLLOW_ROW_IDS + 1,           \
        .row = (const struct fake_value[])                                     \
        {                                                                      \
            TEXT("9:9:"), TIME(DATABASE_S *INT64_C(1000000)), version,         \
                {FAKE_BOOL, {0}, is_complete}, {FAKE_NUMBERS, kinds, 0},       \
            {                                                                  \
                FAKE_NUMBERS, ids, 0                                           \
            }                                                                  \
        }                                                                      \
    }
#define BYTES(array)                                                           \
    {                                                                          \
        (const char *)(array), sizeof(array)                                   \
    }
#define STATE(version) CHANGES(NUMBER(version), 1, {0}, {0})

/* The same when the database's clock says so many microseconds since 1970. */
#define STATE_AT(us, version)                                                  \
    {                                                                          \
        .stmt = &gh_stmt_follow, .n_columns = GH_FOLLOW_ROW_IDS + 1,           \
        .row = (const struct fake_value[])                                     \
        {                                                                      \
            TEXT("9:9:"), TIME(us), NUMBER(version), {FAKE_BOOL, {0}, 1},      \
                {FAKE_NUMBERS, {0}, 0},                                        \
            {                                                                  \
                FAKE_NUMBERS, {0}, 0                                           \
            }                                                                  \
        }                                                                      \
    }

/* The same when there is no policy. */
#define NOTHING                                                                \
    {                                                                          \
        FAKE_NULL, {0}, 0                                                      \
    }
#define NO_POLICY CHANGES(NOTHING, 1, {0}, {0})

/* A question whose answer does not come any more. */
#define SILENCE                                                                \
    {                                                                          \
        .stmt = &gh_stmt_follow, .n_waits = FAKE_NEVER                         \
    }

/* policy_read of these rows. */
#define POLICY(rows)                                                           \
    {                                                                          \
        .stmt = &gh_stmt_policy_read, .n_columns = COLUMNS, .row = *(rows),    \
        .n_rows = ROWS                                                         \
    }

/* A policy of that version: everybody may GET whatever is in one application,
 * which is carried like this and lives there. */
#define ROWS_OF(version, carrying, url)                                        \
    {                                                                          \
        {[GH_POLICY_RELATION] = NUMBER(GH_POLICY_STATE),                       \
         [GH_POLICY_ID] = NUMBER(version)},                                    \
            {[GH_POLICY_RELATION] = NUMBER(GH_POLICY_APPLICATION),             \
             [GH_POLICY_ID] = NUMBER(1),                                       \
             [GH_POLICY_NAME] = TEXT("app"),                                   \
             [GH_POLICY_HOST] = TEXT(""),                                      \
             [GH_POLICY_PATH] = TEXT("/app/"),                                 \
             [GH_POLICY_LIST] = TEXT(url),                                     \
             [GH_POLICY_WORD] = TEXT(carrying),                                \
             [GH_POLICY_CONNECTIONS] = NUMBER(9),                              \
             [GH_POLICY_KEEP] = NUMBER(3),                                     \
             [GH_POLICY_ENCODED_SLASH] = TEXT("refuse"),                       \
             [GH_POLICY_SEMICOLON] = TEXT("refuse"),                           \
             [GH_POLICY_EMPTY_SEGMENTS] = TEXT("refuse"),                      \
             [GH_POLICY_AUTHORIZATION] = TEXT("drop"),                         \
             [GH_POLICY_IDENTITY] = TEXT("remote"),                            \
             [GH_POLICY_FRESHNESS] = TEXT("cached"),                           \
             [GH_POLICY_MOVED] = TEXT("alert"),                                \
             [GH_POLICY_OUTAGE] = NUMBER(0),                                   \
             [GH_POLICY_ENTRIES] = TEXT(""),                                   \
             [GH_POLICY_RECORDING] = TEXT("after")},                           \
            {[GH_POLICY_RELATION] = NUMBER(GH_POLICY_ROLE),                    \
             [GH_POLICY_ID] = NUMBER(1),                                       \
             [GH_POLICY_NAME] = TEXT("anonymous"),                             \
             [GH_POLICY_WORD] = TEXT("anonymous")},                            \
        {                                                                      \
            [GH_POLICY_RELATION] = NUMBER(GH_POLICY_GRANT),                    \
            [GH_POLICY_ID] = NUMBER(1), [GH_POLICY_OTHER_ID] = NUMBER(1),      \
            [GH_POLICY_ROLE_ID] = NUMBER(1), [GH_POLICY_NAME] = TEXT("all"),   \
            [GH_POLICY_PATH] = TEXT("/**"), [GH_POLICY_LIST] = TEXT("GET"),    \
            [GH_POLICY_FROM] = TIME(0)                                         \
        }                                                                      \
    }

#endif
