/* SPDX-License-Identifier: Apache-2.0
 *
 * PostgreSQL by script: a double of gateway/database.c and of the getters of
 * store/row.c, put in their place at link time. A script says which statement
 * comes next and what it gives; what was asked is kept, with every parameter,
 * until the next script. One script and one exchange at a time.
 */
#ifndef GH_TESTS_FAKE_POSTGRES_H
#define GH_TESTS_FAKE_POSTGRES_H

#include "database.h"

/* What a column of a scripted row holds. */
enum fake_kind {
    FAKE_NULL = 0, /* SQL's null */
    FAKE_TEXT,     /* text */
    FAKE_BYTEA,    /* bytes */
    FAKE_NUMBER,   /* smallint, integer or bigint */
    FAKE_BOOL,     /* boolean: number is 0 or 1 */
    FAKE_INET,     /* address: text as getters give it */
    FAKE_TIME,     /* moment: number of microseconds since 1970 */
    FAKE_ENDLESS,  /* infinity, or another moment that cannot be told */
    FAKE_NUMBERS,  /* bigint[]: text is the bytes of int64_t in a row */
};

/* One column of a scripted row. */
struct fake_value {
    enum fake_kind kind; /* its type; null fits every getter */
    struct gh_text text; /* of text, bytes and addresses */
    int64_t number;      /* of numbers, booleans and moments */
};

#define FAKE_NEVER ((unsigned)-1)

/* One statement that is expected, and what comes of it. */
struct fake_step {
    const struct gh_stmt *stmt;   /* which one */
    enum gh_status asked;         /* GH_OK, or what gh_database_ask() gives */
    unsigned n_waits;             /* how often the answer is not there yet;
                                     FAKE_NEVER: it never comes */
    enum gh_status status;        /* GH_OK with the rows, or the refusal */
    bool is_gone;                 /* a fault, as there is no database */
    const struct fake_value *row; /* NULL: no row */
    size_t n_columns;             /* of it */
    size_t n_rows;                /* rows one behind the other; 0: one */
};

/* A database for gh_worker.database; nothing may be read from it. */
struct gh_database *fake_database(void);

/* Begins a script of n steps, which live until the next one. */
void fake_database_play(const struct fake_step *steps, size_t n);

/* Gives a hint to who listens. */
void fake_database_hint(void);

/* How many statements were asked, scripted or not. */
size_t fake_database_asked(void);

/* Checks that the script was played to its end, nothing else was asked, and
 * every answer was given back. */
void fake_database_end(void);

/* Parameter k, from 0, of the i-th statement; its bytes live until the next
 * script. Null of a boolean when there was none. */
struct gh_param fake_database_param(size_t i, size_t k);

/* The same as it travels; empty when it is null. */
struct gh_text fake_database_bytes(size_t i, size_t k);

/* True when some parameter of some statement has these bytes in it. */
bool fake_database_holds(struct gh_text bytes);

#endif
