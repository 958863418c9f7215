/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of an answer, read by type. Nothing points into libpq's memory: what a
 * getter gives is a value or a copy in the caller's arena. Rows live until
 * their query is given back. Core and gatehousectl read rows.
 *
 * Every getter says GH_NONE for null and GH_FAULT_BUG for a row or column
 * that is not there, or one of another type: the program and the schema
 * disagree then, and guessing would be worse.
 */
#ifndef GH_STORE_ROW_H
#define GH_STORE_ROW_H

#include "base/arena.h"

/* The answer of one statement; made by store/db. */
struct gh_rows {
    const void *result; /* libpq's, for row.c alone */
    size_t n;           /* rows */
    size_t n_columns;   /* of each */
};

/* True when there is no value; also when there is no such row or column. */
bool gh_row_is_null(const struct gh_rows *rows, size_t row, size_t column);

/* Text, char, varchar, name; any type where the statement's results are
 * shown. GH_NONE; GH_FAULT_MEMORY, GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_row_text(struct gh_arena *arena,
                                         const struct gh_rows *rows, size_t row,
                                         size_t column, struct gh_text *out);

/* Bytes. GH_NONE; GH_FAULT_MEMORY, GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_row_bytea(struct gh_arena *arena,
                                          const struct gh_rows *rows,
                                          size_t row, size_t column,
                                          struct gh_text *out);

/* An address as text, without its prefix length: 192.0.2.1, 2001:db8::1.
 * GH_NONE; GH_FAULT_MEMORY, GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_row_inet(struct gh_arena *arena,
                                         const struct gh_rows *rows, size_t row,
                                         size_t column, struct gh_text *out);

/* smallint, integer or bigint. GH_NONE; GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_row_int8(const struct gh_rows *rows, size_t row,
                                         size_t column, int64_t *out);

/* boolean. GH_NONE; GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_row_bool(const struct gh_rows *rows, size_t row,
                                         size_t column, bool *out);

/* timestamptz, as microseconds since 1970-01-01 00:00 UTC. GH_NONE;
 * GH_FAULT_BUG, also for infinity. */
GH_MUST_CHECK enum gh_status gh_row_time(const struct gh_rows *rows, size_t row,
                                         size_t column, int64_t *out);

/* bigint[], without nulls: *n numbers in the arena, NULL for none. GH_NONE;
 * GH_FAULT_MEMORY, GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status gh_row_int8s(struct gh_arena *arena,
                                          const struct gh_rows *rows,
                                          size_t row, size_t column,
                                          const int64_t **out, size_t *n);

/* What a column is, for whoever prints rows of any shape. */
enum gh_column_kind {
    GH_COLUMN_TEXT,   /* anything that is written in quotes */
    GH_COLUMN_NUMBER, /* smallint, integer, bigint, numeric */
    GH_COLUMN_BOOL,   /* boolean */
};

/* The column's name; lives as long as the rows. Empty when there is none. */
struct gh_text gh_row_column(const struct gh_rows *rows, size_t column);

/* The column's kind. */
enum gh_column_kind gh_row_kind(const struct gh_rows *rows, size_t column);

#endif
