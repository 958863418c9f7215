/* SPDX-License-Identifier: Apache-2.0
 *
 * Values out of PostgreSQL's binary form. Owns nothing: the result belongs to
 * its query. Refuses values whose type or length is not what was asked for.
 * Called by core and gatehousectl.
 */
#include "store/row.h"

#include <arpa/inet.h>

#include <libpq-fe.h>

#include "base/banned.h"

/* Types as pg_type numbers them. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_CHAR = 18,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_INET = 869,
    OID_INT8_ARRAY = 1016,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700,
};

/* PostgreSQL counts from 2000-01-01. */
#define EPOCH_US INT64_C(946684800000000)

/* One value as it came. */
struct cell {
    Oid type;             /* pg_type */
    bool is_binary;       /* else it is text */
    struct gh_text bytes; /* libpq's memory */
};

static const PGresult *
result_of(const struct gh_rows *rows)
{
    return (const PGresult *)rows->result;
}

static bool
is_inside(const struct gh_rows *rows, size_t row, size_t column)
{
    return rows->result != NULL && row < rows->n && column < rows->n_columns;
}

bool
gh_row_is_null(const struct gh_rows *rows, size_t row, size_t column)
{
    return !is_inside(rows, row, column) ||
           PQgetisnull(result_of(rows), (int)row, (int)column) == 1;
}

/* GH_NONE for null, GH_FAULT_BUG where there is no such cell. */
static enum gh_status
find_cell(const struct gh_rows *rows, size_t row, size_t column,
          struct cell *out)
{
    const PGresult *result = result_of(rows);
    int r = (int)row;
    int c = (int)column;

    if (!is_inside(rows, row, column))
        return GH_FAULT_BUG;
    if (PQgetisnull(result, r, c) == 1)
        return GH_NONE;
    *out = (struct cell){
        .type = PQftype(result, c),
        .is_binary = PQfformat(result, c) == 1,
        .bytes = {.at = PQgetvalue(result, r, c),
                  .len = (size_t)PQgetlength(result, r, c)},
    };
    return GH_OK;
}

/* The same for a cell that must be binary. */
static enum gh_status
find_fixed(const struct gh_rows *rows, size_t row, size_t column,
           struct cell *out)
{
    enum gh_status status = find_cell(rows, row, column, out);

    if (status == GH_OK && !out->is_binary)
        return GH_FAULT_BUG;
    return status;
}

/* A big-endian number of 1 to 8 bytes, its sign extended. */
static int64_t
number(struct gh_text bytes)
{
    uint64_t value = 0;

    if (bytes.len > 0 && (unsigned char)bytes.at[0] >= 0x80)
        value = UINT64_MAX;
    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | (unsigned char)bytes.at[i];
    return (int64_t)value;
}

static bool
is_texty(Oid type)
{
    return type == OID_TEXT || type == OID_VARCHAR || type == OID_BPCHAR ||
           type == OID_NAME || type == OID_CHAR;
}

enum gh_status
gh_row_text(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
            size_t column, struct gh_text *out)
{
    struct cell cell;
    enum gh_status status = find_cell(rows, row, column, &cell);

    if (status != GH_OK)
        return status;
    if (cell.is_binary && !is_texty(cell.type))
        return GH_FAULT_BUG;
    return gh_arena_copy(arena, cell.bytes, out);
}

enum gh_status
gh_row_bytea(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
             size_t column, struct gh_text *out)
{
    struct cell cell;
    enum gh_status status = find_fixed(rows, row, column, &cell);

    if (status != GH_OK)
        return status;
    if (cell.type != OID_BYTEA)
        return GH_FAULT_BUG;
    return gh_arena_copy(arena, cell.bytes, out);
}

enum gh_status
gh_row_inet(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
            size_t column, struct gh_text *out)
{
    char text_z[INET6_ADDRSTRLEN];
    struct cell cell;
    enum gh_status status = find_fixed(rows, row, column, &cell);
    int family;

    if (status != GH_OK)
        return status;
    if (cell.type != OID_INET || (cell.bytes.len != 8 && cell.bytes.len != 20))
        return GH_FAULT_BUG;
    family = cell.bytes.len == 8 ? AF_INET : AF_INET6;
    if (inet_ntop(family, cell.bytes.at + 4, text_z, sizeof(text_z)) == NULL)
        return GH_FAULT_BUG;
    return gh_arena_copy(arena, gh_text_of_z(text_z), out);
}

enum gh_status
gh_row_int8(const struct gh_rows *rows, size_t row, size_t column, int64_t *out)
{
    struct cell cell;
    enum gh_status status = find_fixed(rows, row, column, &cell);

    if (status != GH_OK)
        return status;
    if (!(cell.type == OID_INT8 && cell.bytes.len == 8) &&
        !(cell.type == OID_INT4 && cell.bytes.len == 4) &&
        !(cell.type == OID_INT2 && cell.bytes.len == 2))
        return GH_FAULT_BUG;
    *out = number(cell.bytes);
    return GH_OK;
}

enum gh_status
gh_row_bool(const struct gh_rows *rows, size_t row, size_t column, bool *out)
{
    struct cell cell;
    enum gh_status status = find_fixed(rows, row, column, &cell);

    if (status != GH_OK)
        return status;
    if (cell.type != OID_BOOL || cell.bytes.len != 1)
        return GH_FAULT_BUG;
    *out = cell.bytes.at[0] != 0;
    return GH_OK;
}

enum gh_status
gh_row_time(const struct gh_rows *rows, size_t row, size_t column, int64_t *out)
{
    struct cell cell;
    enum gh_status status = find_fixed(rows, row, column, &cell);
    int64_t unix_us;

    if (status != GH_OK)
        return status;
    /* Infinity is the largest number and its negative the smallest, so both
     * fall out where the sum would overflow. */
    if (cell.type != OID_TIMESTAMPTZ || cell.bytes.len != 8 ||
        number(cell.bytes) == INT64_MIN ||
        __builtin_add_overflow(number(cell.bytes), EPOCH_US, &unix_us))
        return GH_FAULT_BUG;
    *out = unix_us;
    return GH_OK;
}

/* What stands before the elements of an array of one dimension, in 32-bit
 * numbers: dimensions, whether there are nulls, element type, how many, lower
 * bound. Without elements only the first three are there. */
enum {
    ARRAY_HEAD = 12, /* bytes of an empty array */
    ARRAY_BODY = 20, /* where the elements begin */
    INT8_CELL = 12,  /* bytes of one: its length, then itself */
};

/* The 32-bit number at a place that the caller has checked. */
static int64_t
word_at(struct gh_text bytes, size_t at)
{
    return number((struct gh_text){.at = bytes.at + at, .len = 4});
}

/* How many elements an array of bigint has. GH_FAULT_BUG: it is none. */
static enum gh_status
count_int8s(struct gh_text bytes, size_t *n)
{
    int64_t count;

    if (bytes.len < ARRAY_HEAD || word_at(bytes, 4) != 0 ||
        word_at(bytes, 8) != OID_INT8)
        return GH_FAULT_BUG;
    if (word_at(bytes, 0) == 0 && bytes.len == ARRAY_HEAD) {
        *n = 0;
        return GH_OK;
    }
    if (word_at(bytes, 0) != 1 || bytes.len < ARRAY_BODY)
        return GH_FAULT_BUG;
    count = word_at(bytes, 12);
    if (count < 0 || (size_t)count != (bytes.len - ARRAY_BODY) / INT8_CELL ||
        (bytes.len - ARRAY_BODY) % INT8_CELL != 0)
        return GH_FAULT_BUG;
    *n = (size_t)count;
    return GH_OK;
}

enum gh_status
gh_row_int8s(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
             size_t column, const int64_t **out, size_t *n)
{
    struct cell cell;
    int64_t *numbers = NULL;
    size_t count = 0;
    enum gh_status status = find_fixed(rows, row, column, &cell);

    if (status != GH_OK)
        return status;
    if (cell.type != OID_INT8_ARRAY)
        return GH_FAULT_BUG;
    status = count_int8s(cell.bytes, &count);
    if (status == GH_OK && count > 0) {
        numbers = gh_arena_array(arena, count, sizeof(*numbers));
        if (numbers == NULL)
            return GH_FAULT_MEMORY;
    }
    for (size_t i = 0; i < count && status == GH_OK; i++) {
        size_t at = ARRAY_BODY + i * INT8_CELL;

        if (word_at(cell.bytes, at) != 8)
            return GH_FAULT_BUG;
        numbers[i] =
            number((struct gh_text){.at = cell.bytes.at + at + 4, .len = 8});
    }
    if (status != GH_OK)
        return status;
    *out = numbers;
    *n = count;
    return GH_OK;
}

struct gh_text
gh_row_column(const struct gh_rows *rows, size_t column)
{
    if (rows->result == NULL || column >= rows->n_columns)
        return (struct gh_text){0};
    return gh_text_of_z(PQfname(result_of(rows), (int)column));
}

enum gh_column_kind
gh_row_kind(const struct gh_rows *rows, size_t column)
{
    if (rows->result == NULL || column >= rows->n_columns)
        return GH_COLUMN_TEXT;
    switch (PQftype(result_of(rows), (int)column)) {
    case OID_BOOL:
        return GH_COLUMN_BOOL;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_NUMERIC:
        return GH_COLUMN_NUMBER;
    default:
        return GH_COLUMN_TEXT;
    }
}
