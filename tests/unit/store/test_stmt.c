/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of store/stmt: each statement says its name, calls its function, and
 * has as many parameters as it declares. Owns nothing.
 */
#include "store/stmt.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "store/stmt_admin.h"

#include "base/banned.h"

static const struct gh_stmt *const all[] = {
    &gh_stmt_sign_in_reserve,  &gh_stmt_sign_in_succeed,
    &gh_stmt_sign_in_fail,     &gh_stmt_session_find,
    &gh_stmt_session_seen,     &gh_stmt_session_end,
    &gh_stmt_session_dead_use, &gh_stmt_event_write,
    &gh_stmt_access_write,     &gh_stmt_session_moved,
    &gh_stmt_session_shorten,  &gh_stmt_password_rehash,
    &gh_stmt_gateway_hello,    &gh_stmt_maintain,
};

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
    &gh_stmt_audit_tail,
    &gh_stmt_audit_search,
};

/* They run before there is a function to call. */
static const struct gh_stmt *const runner[] = {
    &gh_stmt_ctl_setting,          &gh_stmt_ctl_migration_lock,
    &gh_stmt_ctl_migration_exists, &gh_stmt_ctl_migration_list,
    &gh_stmt_ctl_files_noted,      &gh_stmt_ctl_migration_add,
};

static void
check_opening(const struct gh_stmt *stmt)
{
    char opening_z[128];
    char call_z[128];

    snprintf(opening_z, sizeof(opening_z), "/* gatehouse: %s */ select ",
             stmt->name_z);
    snprintf(call_z, sizeof(call_z), " gatehouse.%s(", stmt->name_z);
    check(gh_text_starts(gh_text_of_z(stmt->sql_z), gh_text_of_z(opening_z)));
    check(strstr(stmt->sql_z, call_z) != NULL);
}

static void
a_statement_begins_with_its_name_and_calls_its_function(void)
{
    for (size_t i = 0; i < GH_COUNT(all); i++)
        check_opening(all[i]);
    for (size_t i = 0; i < GH_COUNT(administration); i++)
        check_opening(administration[i]);
}

static void
statements_of_the_runner_say_their_names_too(void)
{
    for (size_t i = 0; i < GH_COUNT(runner); i++) {
        char opening_z[128];

        snprintf(opening_z, sizeof(opening_z), "/* gatehouse: %s */ ",
                 runner[i]->name_z);
        check(gh_text_starts(gh_text_of_z(runner[i]->sql_z),
                             gh_text_of_z(opening_z)));
    }
}

static void
check_params(const struct gh_stmt *stmt)
{
    char last_z[16];
    char next_z[16];

    check(stmt->n_params <= GH_STMT_PARAMS_MAX);
    snprintf(last_z, sizeof(last_z), "$%zu)", stmt->n_params);
    snprintf(next_z, sizeof(next_z), "$%zu", stmt->n_params + 1);
    check(strstr(stmt->sql_z, stmt->n_params > 0 ? last_z : "()") != NULL);
    check(stmt->n_params == 0 || strstr(stmt->sql_z, next_z) == NULL);
}

static void
a_statement_has_the_parameters_that_it_declares(void)
{
    for (size_t i = 0; i < GH_COUNT(all); i++)
        check_params(all[i]);
    for (size_t i = 0; i < GH_COUNT(administration); i++)
        check_params(administration[i]);
}

static void
names_are_those_of_one_statement(void)
{
    for (size_t i = 0; i < GH_COUNT(all); i++) {
        for (size_t j = 0; j < i; j++)
            check(strcmp(all[i]->name_z, all[j]->name_z) != 0);
    }
}

const struct check_case stmt_cases[] = {
    CHECK_CASE(a_statement_begins_with_its_name_and_calls_its_function),
    CHECK_CASE(statements_of_the_runner_say_their_names_too),
    CHECK_CASE(a_statement_has_the_parameters_that_it_declares),
    CHECK_CASE(names_are_those_of_one_statement),
    {0},
};
