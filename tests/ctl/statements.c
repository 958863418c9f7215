/* SPDX-License-Identifier: Apache-2.0
 *
 * ctl_statements DSN [administration]: every statement of the gateway, or of
 * administration, on a real server, the way a worker sends them: prepared by
 * name, all in one pipeline, every parameter of its declared type. Then, for
 * the gateway, one batch of arrays with values, and what comes back. Prints
 * ok or not ok for each; exit status 1 when one failed. A statement whose types
 * or columns do not fit the schema is an error of class 42. Owns its
 * connection. Run by tests/ctl/run.
 */
#include <stdio.h>
#include <string.h>

#include "store/db.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

static const struct gh_stmt *const all[] = {
    &gh_stmt_gateway_hello,
    &gh_stmt_sign_in_reserve,
    &gh_stmt_sign_in_succeed,
    &gh_stmt_sign_in_fail,
    &gh_stmt_session_find,
    &gh_stmt_session_seen,
    &gh_stmt_session_end,
    &gh_stmt_session_dead_use,
    &gh_stmt_session_moved,
    &gh_stmt_event_write,
    &gh_stmt_access_write,
    &gh_stmt_password_rehash,
    &gh_stmt_maintain,
    &gh_stmt_follow,
    &gh_stmt_policy_read,
    &gh_stmt_account_read,
    &gh_stmt_account_session_end,
    &gh_stmt_password_change,
    &gh_stmt_password_change_fail,
};

/* Functions that change something refuse to do it for nobody. */
static const struct gh_stmt *const administration[] = {
    &gh_stmt_account_add,
    &gh_stmt_account_id_of,
    &gh_stmt_account_password,
    &gh_stmt_account_list,
    &gh_stmt_account_show,
    &gh_stmt_account_change,
    &gh_stmt_account_disable,
    &gh_stmt_account_enable,
    &gh_stmt_account_lock,
    &gh_stmt_account_unlock,
    &gh_stmt_account_remove,
    &gh_stmt_session_list,
    &gh_stmt_sessions_live,
    &gh_stmt_session_revoke,
    &gh_stmt_sessions_end,
    &gh_stmt_database_restored,
    &gh_stmt_application_add,
    &gh_stmt_application_list,
    &gh_stmt_application_show,
    &gh_stmt_application_change,
    &gh_stmt_application_remove,
    &gh_stmt_zone_list,
    &gh_stmt_zone_change,
    &gh_stmt_condition_add,
    &gh_stmt_condition_change,
    &gh_stmt_condition_list,
    &gh_stmt_condition_remove,
    &gh_stmt_permission_add,
    &gh_stmt_permission_change,
    &gh_stmt_permission_list,
    &gh_stmt_permission_remove,
    &gh_stmt_role_add,
    &gh_stmt_role_list,
    &gh_stmt_role_remove,
    &gh_stmt_role_members,
    &gh_stmt_role_grant_account,
    &gh_stmt_role_revoke_account,
    &gh_stmt_role_grant_permission,
    &gh_stmt_role_revoke_permission,
    &gh_stmt_role_inherit,
    &gh_stmt_role_disinherit,
    &gh_stmt_role_exclude,
    &gh_stmt_role_unexclude,
    &gh_stmt_policy_show,
    &gh_stmt_policy_given,
    &gh_stmt_policy_check,
    &gh_stmt_policy_check_file,
    &gh_stmt_policy_export,
    &gh_stmt_policy_diff,
    &gh_stmt_policy_apply,
    &gh_stmt_policy_shadow,
    &gh_stmt_explain,
    &gh_stmt_who_can,
    &gh_stmt_what_can,
    &gh_stmt_explain_exchange,
    &gh_stmt_review_open,
    &gh_stmt_review_list,
    &gh_stmt_review_show,
    &gh_stmt_review_confirm,
    &gh_stmt_review_refuse,
    &gh_stmt_review_close,
    &gh_stmt_audit_tail,
    &gh_stmt_audit_search,
};

enum {
    MOST = 64, /* statements of one kind */
};

/* Which of them, and their answers. */
struct batch {
    const struct gh_stmt *const *stmts; /* what is sent */
    size_t n;                           /* how many */
    struct gh_query *queries[MOST];     /* the same, under way */
};

static bool
tell(const char *name_z, bool is_good, const char *words_z)
{
    printf("%s%s %s\n", is_good ? "" : "not ", name_z, words_z);
    return is_good;
}

/* Nulls only: most functions refuse them, each with a code of its own. */
static bool
send_nulls(struct gh_db *db, struct batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        const struct gh_stmt *stmt = batch->stmts[i];
        struct gh_param params[GH_STMT_PARAMS_MAX];

        for (size_t j = 0; j < stmt->n_params; j++)
            params[j] = gh_param_null(stmt->types[j]);
        if (gh_db_send(db, stmt, params, NULL, &batch->queries[i]) != GH_OK)
            return tell(stmt->name_z, false, "cannot be sent");
    }
    return true;
}

static bool
fits_the_schema(struct gh_db *db, const struct gh_stmt *stmt,
                const struct gh_query *query)
{
    const struct gh_rows *rows;
    enum gh_status status = gh_db_wait(db, query, &rows);
    const char *sqlstate_z = gh_query_error(query)->sqlstate_z;

    if (status == GH_OK)
        return tell(stmt->name_z, true, "is answered");
    if (sqlstate_z[0] == '\0' || strncmp(sqlstate_z, "42", 2) == 0)
        return tell(stmt->name_z, false, gh_query_error(query)->words_z);
    return tell(stmt->name_z, true, "refuses nulls");
}

static bool
statements_fit(struct gh_db *db, struct batch *batch)
{
    bool is_good = send_nulls(db, batch);

    for (size_t i = 0; i < batch->n; i++) {
        if (is_good)
            is_good = fits_the_schema(db, batch->stmts[i], batch->queries[i]);
    }
    for (size_t i = 0; i < batch->n; i++)
        gh_query_give_back(batch->queries[i]);
    return is_good;
}

/* Two access records, of a signed-in person and of nobody. */
static enum gh_status
fill_accesses(struct gh_arena *arena, struct gh_param *out)
{
    static const unsigned char v4[4] = {192, 0, 2, 1};
    static const unsigned char v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
    static const unsigned char uuid[16] = {1, 2, 3};
    const struct gh_param text = gh_param_text(GH_TEXT("public"));
    const struct gh_param rows[][2] = {
        {gh_param_timestamptz(1763856000000000),
         gh_param_timestamptz(1763856000000001)},
        {gh_param_null(GH_SQL_INT8), gh_param_null(GH_SQL_INT8)},
        {gh_param_null(GH_SQL_BYTEA), gh_param_null(GH_SQL_BYTEA)},
        {gh_param_inet(v4, 4), gh_param_inet(v6, 16)},
        {text, text},
        {gh_param_text(GH_TEXT("GET")), gh_param_text(GH_TEXT("HEAD"))},
        {gh_param_text(GH_TEXT("/\xc3\xa9")), gh_param_text(GH_TEXT("/"))},
        {gh_param_int4(200), gh_param_int4(404)},
        {gh_param_null(GH_SQL_TEXT), gh_param_null(GH_SQL_TEXT)},
        {text, text},
        {gh_param_uuid(uuid), gh_param_uuid(uuid)},
        {gh_param_text(GH_TEXT("node")), gh_param_text(GH_TEXT("node"))},
        {gh_param_int8(0), gh_param_int8(5000000000)},
        {gh_param_int8(1), gh_param_int8(2)},
        {gh_param_int4(3), gh_param_int4(4)},
        {gh_param_int8(5), gh_param_null(GH_SQL_INT8)},
        {text, gh_param_null(GH_SQL_TEXT)},
        {gh_param_text(GH_TEXT("DE")), gh_param_null(GH_SQL_TEXT)},
        {gh_param_int8(4294967295), gh_param_null(GH_SQL_INT8)},
    };
    enum gh_status status = GH_OK;

    gh_assert(GH_COUNT(rows) + 2 == gh_stmt_access_write.n_params);
    for (size_t i = 0; i < GH_COUNT(rows) && status == GH_OK; i++)
        status = gh_param_array(arena, rows[i][0].type, rows[i], 2, &out[i]);
    out[GH_COUNT(rows)] = gh_param_uuid(uuid);
    out[GH_COUNT(rows) + 1] = gh_param_int8(0);
    return status;
}

static bool
arrays_arrive(struct gh_db *db)
{
    struct gh_query *query GH_CLEAN(gh_query_give_back_at) = NULL;
    struct gh_param params[GH_STMT_PARAMS_MAX];
    const struct gh_rows *rows;
    struct gh_arena arena;
    int64_t written = 0;
    bool is_good;

    gh_arena_init(&arena, 65536);
    is_good =
        fill_accesses(&arena, params) == GH_OK &&
        gh_db_send(db, &gh_stmt_access_write, params, NULL, &query) == GH_OK;
    if (is_good && gh_db_wait(db, query, &rows) != GH_OK)
        is_good = tell("access_write", false, gh_query_error(query)->words_z);
    else if (is_good)
        is_good =
            tell("access_write",
                 gh_row_int8(rows, 0, GH_ACCESS_WRITTEN, &written) == GH_OK &&
                     written == 2,
                 "takes two records");
    gh_arena_done(&arena);
    return is_good;
}

int
main(int argc, char **argv)
{
    struct gh_db *db GH_CLEAN(gh_db_free_at) = NULL;
    char at[200];
    struct gh_buf why = gh_buf_over(at, sizeof(at));
    const struct gh_db_settings settings = {
        .dsn = gh_text_of_z(argc > 1 ? argv[1] : ""),
        .application_name = GH_TEXT("gatehouse/test"),
        .query_ms = 10000};

    bool is_administration = argc > 2 && strcmp(argv[2], "administration") == 0;
    struct batch batch = {.stmts = all, .n = GH_COUNT(all)};

    if (is_administration)
        batch = (struct batch){.stmts = administration,
                               .n = GH_COUNT(administration)};
    if (gh_db_new(&settings, &why, &db) != GH_OK)
        return !tell("the connection string", false, "is not usable");
    if (!statements_fit(db, &batch))
        return 1;
    return is_administration || arrays_arrive(db) ? 0 : 1;
}
