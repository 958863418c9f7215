/* SPDX-License-Identifier: Apache-2.0
 *
 * From the command line to parameters, and from rows to what is printed. Owns
 * the connection of its call. Refuses names that are none before the database
 * is asked. Called by command.c and by the commands.
 */
#include "ctl/call.h"

#include "base/precis.h"
#include "ctl/given.h"
#include "ctl/link.h"

#include "base/banned.h"

enum {
    QUERY_MS = 30000,
};

int
call_connect(struct ctl *ctl, struct gh_db **out)
{
    int status = ctl_configure(ctl, true, false);

    return status == CTL_DONE ? link_open(ctl, QUERY_MS, out) : status;
}

/* --- parameters ------------------------------------------------------------
 */

static int
fail_memory(void)
{
    ctl_say("out of memory");
    return CTL_FAILED;
}

static int
make_account(struct ctl *ctl, struct gh_text text, struct gh_param *out)
{
    struct gh_text name;

    if (gh_precis_account(&ctl->arena, text, &name) != GH_OK) {
        ctl_say("not an account name: 1 to 64 of a-z 0-9 . _ @ + -, "
                "beginning with a letter or digit");
        return CTL_USAGE;
    }
    *out = gh_param_text(name);
    return CTL_DONE;
}

/* One half of APP/NAME. */
static int
make_half(struct gh_text text, enum ctl_kind kind, struct gh_param *out)
{
    size_t slash = gh_text_find(text, '/');
    struct gh_text name = gh_text_from(text, slash + 1);

    if (slash == 0 || slash == text.len || name.len == 0 ||
        gh_text_find(name, '/') < name.len) {
        ctl_say("not a permission: %.*s", GH_TEXT_ARG(text));
        ctl_hint("write APPLICATION/PERMISSION, such as shop/read");
        return CTL_USAGE;
    }
    *out = gh_param_text(kind == VALUE_APPLICATION ? gh_text_first(text, slash)
                                                   : name);
    return CTL_DONE;
}

static int
make_number(struct gh_text text, enum ctl_option of, struct gh_param *out)
{
    uint64_t number = 0;

    if (gh_text_number(text, INT32_MAX, &number) != GH_OK) {
        ctl_say("--%s takes a number, not %.*s", option_text(of)->name_z,
                GH_TEXT_ARG(text));
        return CTL_USAGE;
    }
    *out = gh_param_int4((int32_t)number);
    return CTL_DONE;
}

static size_t
count_parts(const struct ctl_values *values)
{
    size_t n = 0;

    for (size_t i = 0; i < values->n; i++) {
        struct gh_text rest = gh_text_of_z(values->at_z[i]);
        struct gh_text part;

        while (gh_text_cut(&rest, ',', &part))
            n++;
    }
    return n;
}

/* "GET, HEAD" is two, and so is the same in two options. */
static int
make_list(struct ctl *ctl, const struct ctl_values *values,
          struct gh_param *out)
{
    struct gh_param *items =
        gh_arena_array(&ctl->arena, count_parts(values), sizeof(*items));
    size_t n = 0;

    if (items == NULL)
        return fail_memory();
    for (size_t i = 0; i < values->n; i++) {
        struct gh_text rest = gh_text_of_z(values->at_z[i]);
        struct gh_text part;

        while (gh_text_cut(&rest, ',', &part))
            items[n++] = gh_param_text(gh_text_trim(part));
    }
    if (gh_param_array(&ctl->arena, GH_SQL_TEXT, items, n, out) == GH_OK)
        return CTL_DONE;
    ctl_say("the list is too long, or not UTF-8");
    return CTL_USAGE;
}

static int
make_each(struct ctl *ctl, const struct ctl_values *values,
          struct gh_param *out)
{
    struct gh_param items[CTL_VALUES_MAX];
    size_t n = values->n;

    for (size_t i = 0; i < n; i++)
        items[i] = gh_param_text(gh_text_of_z(values->at_z[i]));
    if (n == 1 && values->at_z[0][0] == '\0')
        n = 0;
    if (gh_param_array(&ctl->arena, GH_SQL_TEXT, items, n, out) == GH_OK)
        return CTL_DONE;
    ctl_say("the list is too long, or not UTF-8");
    return CTL_USAGE;
}

/* One text, also of an option that other commands take more often. */
static int
make_text(const struct ctl_values *values, enum ctl_option of,
          struct gh_param *out)
{
    if (values->n > 1) {
        ctl_say("--%s is given twice", option_text(of)->name_z);
        return CTL_USAGE;
    }
    *out = gh_param_text(gh_text_of_z(values->at_z[0]));
    return CTL_DONE;
}

static int
make_file(struct ctl *ctl, const char *path_z, struct gh_param *out)
{
    struct gh_text text;
    int status = given_read(ctl, path_z, &text);

    if (status == CTL_DONE)
        *out = gh_param_text(text);
    return status;
}

int
call_param(struct ctl *ctl, const struct ctl_value *value, enum gh_sql type,
           struct gh_param *out)
{
    const struct ctl_values *given = &ctl->line.places[value->of];
    struct gh_text text;

    *out = gh_param_null(type);
    if (value->kind == VALUE_ACTOR || value->kind == VALUE_FLAG) {
        *out = value->kind == VALUE_ACTOR ? gh_param_text(link_actor())
                                          : gh_param_bool(given->n > 0);
        return CTL_DONE;
    }
    if (given->n == 0)
        return CTL_DONE;
    text = gh_text_of_z(given->at_z[0]);
    switch (value->kind) {
    case VALUE_ACTOR:
    case VALUE_FLAG:
    case VALUE_TEXT:
        return make_text(given, value->of, out);
    case VALUE_ACCOUNT:
        return make_account(ctl, text, out);
    case VALUE_APPLICATION:
    case VALUE_PERMISSION:
        return make_half(text, value->kind, out);
    case VALUE_NUMBER:
        return make_number(text, value->of, out);
    case VALUE_LIST:
        return make_list(ctl, given, out);
    case VALUE_EACH:
        return make_each(ctl, given, out);
    case VALUE_FILE:
        return make_file(ctl, given->at_z[0], out);
    }
    return CTL_FAILED;
}

int
call_params(struct ctl *ctl, const struct ctl_call *call,
            struct gh_param out[CTL_PARAMS_MAX])
{
    int status = CTL_DONE;

    gh_assert(call->stmt->n_params <= CTL_PARAMS_MAX);
    for (size_t i = 0; i < call->stmt->n_params && status == CTL_DONE; i++)
        status =
            call_param(ctl, &call->values[i], call->stmt->types[i], &out[i]);
    return status;
}

/* --- running ---------------------------------------------------------------
 */

int
call_sheet(struct ctl *ctl, struct gh_db *db, const struct gh_stmt *stmt,
           const struct gh_param *params, struct sheet *out)
{
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    const struct gh_rows *rows;
    int status = link_run(db, stmt, params, &query, &rows);

    if (status != CTL_DONE)
        return status;
    if (sheet_of_rows(&ctl->arena, rows, out) == GH_OK)
        return CTL_DONE;
    ctl_say("the result is too large");
    return CTL_FAILED;
}

static int
run_with(struct ctl *ctl, struct gh_db *db, const struct ctl_call *call,
         const struct gh_param *params)
{
    struct sheet sheet;
    int status;

    if (call->answer == ANSWER_NONE)
        return link_do(db, call->stmt, params);
    status = call_sheet(ctl, db, call->stmt, params, &sheet);
    if (status == CTL_DONE)
        sheet_print(&sheet, ctl->output, call->answer == ANSWER_RECORD);
    return status;
}

int
call_on(struct ctl *ctl, struct gh_db *db, const struct ctl_call *call)
{
    struct gh_param params[CTL_PARAMS_MAX];
    int status = call_params(ctl, call, params);

    return status == CTL_DONE ? run_with(ctl, db, call, params) : status;
}

int
call_run(struct ctl *ctl, const struct ctl_call *call)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    struct gh_param params[CTL_PARAMS_MAX];
    int status = call_params(ctl, call, params);

    if (status == CTL_DONE)
        status = call_connect(ctl, &db);
    return status == CTL_DONE ? run_with(ctl, db, call, params) : status;
}
