/* SPDX-License-Identifier: Apache-2.0
 *
 * A result to be printed: columns and rows of text, as a table for people, as
 * JSON, or as CSV. Lives in the arena of the call. Limits: 24 columns. Called
 * by the commands.
 */
#ifndef GH_GATEWAY_CTL_SHEET_H
#define GH_GATEWAY_CTL_SHEET_H

#include "ctl/ctl.h"

enum {
    SHEET_COLUMNS_MAX = 24, /* columns of one sheet */
};

/* The head and the cells. */
struct sheet {
    size_t n_columns;                             /* of each row */
    struct gh_text names[SHEET_COLUMNS_MAX];      /* of the columns */
    enum gh_column_kind kinds[SHEET_COLUMNS_MAX]; /* how JSON writes them */
    size_t n_rows;                                /* rows */
    struct gh_text *cells; /* row by row; at is NULL for null */
};

/* The rows of a shown statement. GH_LIMIT, GH_FAULT_MEMORY, GH_FAULT_BUG. */
GH_MUST_CHECK enum gh_status sheet_of_rows(struct gh_arena *arena,
                                           const struct gh_rows *rows,
                                           struct sheet *out);

/* A sheet with room for n rows more behind its own; false without memory. */
GH_MUST_CHECK bool sheet_grow(struct gh_arena *arena, struct sheet *sheet,
                              size_t n);

/* The column of that name, or n_columns. */
size_t sheet_column(const struct sheet *sheet, struct gh_text name);

/* One cell; row and column must be there. */
struct gh_text sheet_cell(const struct sheet *sheet, size_t row, size_t column);

/* Writes it to standard output. As a table, a single row is turned on its
 * side when is_record. Control characters are shown as "?", so that no value
 * can talk to the terminal; csv.h says what else CSV does to a text. */
void sheet_print(const struct sheet *sheet, enum ctl_output output,
                 bool is_record);

#endif
