/* SPDX-License-Identifier: Apache-2.0
 *
 * The double of PostgreSQL. Owns the place in the script and copies of what
 * was asked, in static memory. Refuses, by failing the test, statements that
 * are not the script's next, a second question before the first was done
 * with, and values that are read as another type or from no row. Linked into
 * unit_gateway_database instead of gateway/database.c and store/row.c.
 */
#include "postgres.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

enum {
    MAX_ASKED = 16,         /* statements of one script */
    MAX_KEPT = 1024 * 1024, /* bytes of all parameters of one script */
};

/* One statement that was asked; the exchange's opaque query. */
struct gh_query {
    const struct gh_stmt *stmt;                 /* which one */
    const struct fake_step *step;               /* the script's, or NULL */
    unsigned n_waits;                           /* left */
    struct gh_rows rows;                        /* as callers see them */
    struct gh_param params[GH_STMT_PARAMS_MAX]; /* their bytes in kept */
};

static struct {
    const struct fake_step *steps;    /* the script */
    size_t n_steps;                   /* of it */
    size_t n_asked;                   /* statements so far */
    size_t n_open;                    /* of them not done with */
    struct gh_query asked[MAX_ASKED]; /* each */
    unsigned char kept[MAX_KEPT];     /* bytes of parameters */
    size_t n_kept;                    /* of them */
    void (*hear)(void *ctx);          /* who listens; NULL: nobody */
    void *hear_ctx;                   /* for it */
} fake;

struct gh_database *
fake_database(void)
{
    static char nothing;

    return (void *)&nothing;
}

void
fake_database_play(const struct fake_step *steps, size_t n)
{
    memset(&fake, 0, sizeof(fake));
    fake.steps = steps;
    fake.n_steps = n;
}

size_t
fake_database_asked(void)
{
    return fake.n_asked;
}

void
fake_database_end(void)
{
    check_number(fake.n_steps, fake.n_asked);
    check_number(0, fake.n_open);
}

struct gh_param
fake_database_param(size_t i, size_t k)
{
    if (!check(i < fake.n_asked) || !check(k < fake.asked[i].stmt->n_params))
        return (struct gh_param){0};
    return fake.asked[i].params[k];
}

struct gh_text
fake_database_bytes(size_t i, size_t k)
{
    if (!check(i < fake.n_asked) || !check(k < fake.asked[i].stmt->n_params) ||
        !fake.asked[i].params[k].is_set)
        return (struct gh_text){0};
    return gh_param_bytes(&fake.asked[i].params[k]);
}

bool
fake_database_holds(struct gh_text bytes)
{
    struct gh_text rest = {(const char *)fake.kept, fake.n_kept};

    for (; rest.len >= bytes.len; rest = gh_text_from(rest, 1)) {
        if (gh_text_starts(rest, bytes))
            return true;
    }
    return false;
}

/* --- gateway/database.c -------------------------------------------------- */

enum gh_status
gh_database_new(struct gh_worker *worker, struct gh_database **out)
{
    (void)worker;
    *out = fake_database();
    return GH_OK;
}

void
gh_database_free(struct gh_database *database)
{
    (void)database;
}

enum gh_status
gh_database_listen(struct gh_database *database, void (*hear)(void *ctx),
                   void *ctx)
{
    check(database == fake_database());
    fake.hear = hear;
    fake.hear_ctx = ctx;
    return GH_OK;
}

void
fake_database_hint(void)
{
    if (check(fake.hear != NULL))
        fake.hear(fake.hear_ctx);
}

/* Copies a parameter, so that it outlives its exchange. */
static void
keep(struct gh_query *query, size_t k, const struct gh_param *param)
{
    struct gh_text bytes = gh_param_bytes(param);

    check_number(query->stmt->types[k], param->type);
    check(gh_param_is_fit(param));
    query->params[k] = *param;
    if (!param->is_set || !check(bytes.len <= MAX_KEPT - fake.n_kept))
        return;
    if (bytes.len > 0)
        memcpy(fake.kept + fake.n_kept, bytes.at, bytes.len);
    query->params[k].is_own = false;
    query->params[k].bytes =
        (struct gh_text){(const char *)fake.kept + fake.n_kept, bytes.len};
    fake.n_kept += bytes.len;
}

enum gh_status
gh_database_ask(struct gh_context *context, const struct gh_stmt *stmt,
                const struct gh_param *params, size_t n)
{
    const struct fake_step *step =
        fake.n_asked < fake.n_steps ? &fake.steps[fake.n_asked] : NULL;
    struct gh_query *query = &fake.asked[fake.n_asked];

    check(context->query == NULL && fake.n_open == 0);
    if (!check_number(stmt->n_params, n) || !check(fake.n_asked < MAX_ASKED))
        return GH_FAULT_DB;
    check_text(gh_text_of_z(step == NULL ? "nothing" : step->stmt->name_z),
               gh_text_of_z(stmt->name_z));
    fake.n_asked++;
    query->stmt = stmt;
    query->step = step;
    for (size_t k = 0; k < n; k++)
        keep(query, k, &params[k]);
    context->is_away = step != NULL && step->is_gone;
    if (step == NULL || step->asked != GH_OK)
        return step == NULL ? GH_FAULT_DB : step->asked;
    query->n_waits = step->n_waits;
    query->rows = (struct gh_rows){.result = query,
                                   .n = step->row == NULL   ? 0
                                        : step->n_rows == 0 ? 1
                                                            : step->n_rows,
                                   .n_columns = step->n_columns};
    context->query = query;
    fake.n_open++;
    gh_loop_post(context->worker->loop, context->task);
    return GH_OK;
}

enum gh_status
gh_database_answer(struct gh_context *context, const struct gh_rows **rows)
{
    struct gh_query *query = context->query;
    enum gh_status status;

    if (!check(query != NULL))
        return GH_FAULT_BUG;
    if (query->n_waits > 0) {
        if (query->n_waits != FAKE_NEVER) {
            query->n_waits--;
            gh_loop_post(context->worker->loop, context->task);
        }
        return GH_WAIT;
    }
    status = query->step->status;
    if (status == GH_OK)
        *rows = &query->rows;
    else
        gh_database_done(context);
    return status;
}

void
gh_database_done(struct gh_context *context)
{
    if (context->query != NULL)
        fake.n_open--;
    context->query = NULL;
}

/* --- store/row.c --------------------------------------------------------- */

/* The value at a place: GH_NONE for null, GH_FAULT_BUG and a failed test for
 * another type, or when there is no such place or nothing is asked. */
static enum gh_status
find(const struct gh_rows *rows, size_t row, size_t column, enum fake_kind kind,
     const struct fake_value **out)
{
    const struct gh_query *query = rows->result;

    check(fake.n_open == 1);
    if (row >= rows->n || !check(column < rows->n_columns))
        return GH_FAULT_BUG;
    *out = &query->step->row[row * rows->n_columns + column];
    if ((*out)->kind == FAKE_NULL)
        return GH_NONE;
    return check_number(kind, (*out)->kind) ? GH_OK : GH_FAULT_BUG;
}

/* A value that is there. */
static const struct fake_value *
value_at(const struct gh_rows *rows, size_t row, size_t column)
{
    const struct gh_query *query = rows->result;

    return &query->step->row[row * rows->n_columns + column];
}

bool
gh_row_is_null(const struct gh_rows *rows, size_t row, size_t column)
{
    return row >= rows->n || column >= rows->n_columns ||
           value_at(rows, row, column)->kind == FAKE_NULL;
}

/* Where a value stands. */
struct place {
    size_t row;
    size_t column;
};

static enum gh_status
copy(struct gh_arena *arena, const struct gh_rows *rows, struct place place,
     enum fake_kind kind, struct gh_text *out)
{
    const struct fake_value *value;
    enum gh_status status = find(rows, place.row, place.column, kind, &value);

    return status == GH_OK ? gh_arena_copy(arena, value->text, out) : status;
}

enum gh_status
gh_row_text(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
            size_t column, struct gh_text *out)
{
    return copy(arena, rows, (struct place){row, column}, FAKE_TEXT, out);
}

enum gh_status
gh_row_bytea(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
             size_t column, struct gh_text *out)
{
    return copy(arena, rows, (struct place){row, column}, FAKE_BYTEA, out);
}

enum gh_status
gh_row_inet(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
            size_t column, struct gh_text *out)
{
    return copy(arena, rows, (struct place){row, column}, FAKE_INET, out);
}

static enum gh_status
number(const struct gh_rows *rows, size_t row, size_t column,
       enum fake_kind kind, int64_t *out)
{
    const struct fake_value *value;
    enum gh_status status = find(rows, row, column, kind, &value);

    if (status == GH_OK)
        *out = value->number;
    return status;
}

enum gh_status
gh_row_int8(const struct gh_rows *rows, size_t row, size_t column, int64_t *out)
{
    return number(rows, row, column, FAKE_NUMBER, out);
}

enum gh_status
gh_row_time(const struct gh_rows *rows, size_t row, size_t column, int64_t *out)
{
    if (!gh_row_is_null(rows, row, column) &&
        value_at(rows, row, column)->kind == FAKE_ENDLESS)
        return GH_FAULT_BUG;
    return number(rows, row, column, FAKE_TIME, out);
}

enum gh_status
gh_row_bool(const struct gh_rows *rows, size_t row, size_t column, bool *out)
{
    int64_t value = 0;
    enum gh_status status = number(rows, row, column, FAKE_BOOL, &value);

    if (status == GH_OK)
        *out = value != 0;
    return status;
}

enum gh_status
gh_row_int8s(struct gh_arena *arena, const struct gh_rows *rows, size_t row,
             size_t column, const int64_t **out, size_t *n)
{
    const struct fake_value *value;
    enum gh_status status = find(rows, row, column, FAKE_NUMBERS, &value);
    int64_t *numbers = NULL;

    if (status != GH_OK)
        return status;
    *n = value->text.len / sizeof(*numbers);
    if (*n > 0) {
        numbers = gh_arena_array(arena, *n, sizeof(*numbers));
        if (numbers == NULL)
            return GH_FAULT_MEMORY;
        memcpy(numbers, value->text.at, value->text.len);
    }
    *out = numbers;
    return GH_OK;
}
