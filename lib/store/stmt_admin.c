/* SPDX-License-Identifier: Apache-2.0
 *
 * The statements of administration. Owns constants only. What a person wrote
 * goes as text and is cast in the statement where the function takes another
 * type. Called by gatehousectl.
 */
#include "store/stmt_admin.h"

#include "base/banned.h"

/* --- accounts and sessions ------------------------------------------------ */

const struct gh_stmt gh_stmt_account_add = {
    .name_z = "account_add",
    .sql_z = "/* gatehouse: account_add */ "
             "select gatehouse.account_add($1, $2, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_account_id_of = {
    .name_z = "account_id_of",
    .sql_z = "/* gatehouse: account_id_of */ "
             "select gatehouse.account_id_of($1)",
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_account_password = {
    .name_z = "account_password",
    .sql_z = "/* gatehouse: account_password */ "
             "select gatehouse.account_password($1, $2, $3, $4, $5)",
    .n_params = 5,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_BYTEA, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_account_list = {
    .name_z = "account_list",
    .sql_z = "/* gatehouse: account_list */ "
             "select * from gatehouse.account_list()",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_account_show = {
    .name_z = "account_show",
    .sql_z = "/* gatehouse: account_show */ "
             "select * from gatehouse.account_show($1)",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_account_change = {
    .name_z = "account_change",
    .sql_z = "/* gatehouse: account_change */ "
             "select gatehouse.account_change($1, $2, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_account_disable = {
    .name_z = "account_disable",
    .sql_z = "/* gatehouse: account_disable */ "
             "select gatehouse.account_disable($1, $2, $3)",
    .n_params = 3,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_account_enable = {
    .name_z = "account_enable",
    .sql_z = "/* gatehouse: account_enable */ "
             "select gatehouse.account_enable($1, $2)",
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_account_lock = {
    .name_z = "account_lock",
    .sql_z = "/* gatehouse: account_lock */ "
             "select gatehouse.account_lock($1, $2, $3)",
    .n_params = 3,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_account_unlock = {
    .name_z = "account_unlock",
    .sql_z = "/* gatehouse: account_unlock */ "
             "select gatehouse.account_unlock($1, $2)",
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_account_remove = {
    .name_z = "account_remove",
    .sql_z = "/* gatehouse: account_remove */ "
             "select gatehouse.account_remove($1, $2, $3) as "
             "sessions_ended",
    .is_shown = true,
    .n_params = 3,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_session_list = {
    .name_z = "session_list",
    .sql_z = "/* gatehouse: session_list */ "
             "select * from gatehouse.session_list($1)",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_sessions_live = {
    .name_z = "sessions_live",
    .sql_z = "/* gatehouse: sessions_live */ "
             "select * from gatehouse.sessions_live()",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_session_revoke = {
    .name_z = "session_revoke",
    .sql_z = "/* gatehouse: session_revoke */ "
             "select gatehouse.session_revoke($1, $2) as was_live",
    .is_shown = true,
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_sessions_end = {
    .name_z = "sessions_end",
    .sql_z = "/* gatehouse: sessions_end */ "
             "select gatehouse.sessions_end($1, $2) as sessions_ended",
    .is_shown = true,
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_database_restored = {
    .name_z = "database_restored",
    .sql_z = "/* gatehouse: database_restored */ "
             "select gatehouse.database_restored($1) as sessions_ended",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

/* --- the policy ----------------------------------------------------------- */

const struct gh_stmt gh_stmt_application_add = {
    .name_z = "application_add",
    .sql_z = "/* gatehouse: application_add */ "
             "select gatehouse.application_add($1, $2, $3, $4, $5, $6, "
             "$7, $8, $9)",
    .n_params = 9,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_application_list = {
    .name_z = "application_list",
    .sql_z = "/* gatehouse: application_list */ "
             "select * from gatehouse.application_list()",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_application_show = {
    .name_z = "application_show",
    .sql_z = "/* gatehouse: application_show */ "
             "select * from gatehouse.application_show($1)",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_application_change = {
    .name_z = "application_change",
    .sql_z = "/* gatehouse: application_change */ "
             "select gatehouse.application_change($1, $2, $3, $4, $5, $6, "
             "$7, $8, $9, $10, $11, $12, $13, $14, $15, "
             "p_confirm => $16, p_on_outage => $17)",
    .n_params = 17,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4, GH_SQL_INT4, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_INT4, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_application_remove = {
    .name_z = "application_remove",
    .sql_z = "/* gatehouse: application_remove */ "
             "select gatehouse.application_remove($1, $2, $3, "
             "p_confirm => $4)",
    .n_params = 4,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_condition_add = {
    .name_z = "condition_add",
    .sql_z = "/* gatehouse: condition_add */ "
             "select gatehouse.condition_add($1, $2, $3, $4, $5, $6, $7, $8, "
             "$9, $10, $11, $12, $13, p_age => $14, p_countries => $15, "
             "p_asns => $16, p_level => $17, p_device_known => $18)",
    .n_params = 18,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT_ARRAY, GH_SQL_TEXT_ARRAY, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT_ARRAY, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT_ARRAY, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_condition_change = {
    .name_z = "condition_change",
    .sql_z = "/* gatehouse: condition_change */ "
             "select gatehouse.condition_change($1, $2, $3, $4, $5, $6, $7, "
             "$8, $9, $10, $11, p_age => $12, p_countries => $13, "
             "p_asns => $14, p_level => $15, p_device_known => $16)",
    .n_params = 16,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT_ARRAY, GH_SQL_TEXT_ARRAY, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT_ARRAY, GH_SQL_TEXT_ARRAY, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_condition_list = {
    .name_z = "condition_list",
    .sql_z = "/* gatehouse: condition_list */ "
             "select * from gatehouse.condition_list()",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_condition_remove = {
    .name_z = "condition_remove",
    .sql_z = "/* gatehouse: condition_remove */ "
             "select gatehouse.condition_remove($1, $2)",
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_zone_list = {
    .name_z = "zone_list",
    .sql_z = "/* gatehouse: zone_list */ "
             "select * from gatehouse.zone_list()",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_zone_change = {
    .name_z = "zone_change",
    .sql_z = "/* gatehouse: zone_change */ "
             "select gatehouse.zone_change($1, $2, p_strict => $3, "
             "p_on_session_moved => $4, p_entries => $5, "
             "p_condition => $6, p_idle => $7, p_record => $8)",
    .n_params = 8,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT_ARRAY, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_permission_add = {
    .name_z = "permission_add",
    .sql_z = "/* gatehouse: permission_add */ "
             "select gatehouse.permission_add($1, $2, $3, $4, $5, $6)",
    .n_params = 6,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_permission_change = {
    .name_z = "permission_change",
    .sql_z = "/* gatehouse: permission_change */ "
             "select gatehouse.permission_change($1, $2, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_permission_list = {
    .name_z = "permission_list",
    .sql_z = "/* gatehouse: permission_list */ "
             "select * from gatehouse.permission_list($1)",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_permission_remove = {
    .name_z = "permission_remove",
    .sql_z = "/* gatehouse: permission_remove */ "
             "select gatehouse.permission_remove($1, $2, $3, $4, "
             "p_confirm => $5)",
    .n_params = 5,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_role_add = {
    .name_z = "role_add",
    .sql_z = "/* gatehouse: role_add */ "
             "select gatehouse.role_add($1, $2, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_BOOL, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_role_list = {
    .name_z = "role_list",
    .sql_z = "/* gatehouse: role_list */ "
             "select * from gatehouse.role_list()",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_role_remove = {
    .name_z = "role_remove",
    .sql_z = "/* gatehouse: role_remove */ "
             "select gatehouse.role_remove($1, $2, $3, "
             "p_confirm => $4)",
    .n_params = 4,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_role_members = {
    .name_z = "role_members",
    .sql_z = "/* gatehouse: role_members */ "
             "select * from gatehouse.role_members($1)",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_role_grant_account = {
    .name_z = "role_grant_account",
    .sql_z = "/* gatehouse: role_grant_account */ "
             "select gatehouse.role_grant_account($1, $2, "
             "$3::timestamptz, $4::timestamptz, $5, $6, "
             "p_confirm => $7, p_condition => $8)",
    .n_params = 8,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_INT4, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_role_revoke_account = {
    .name_z = "role_revoke_account",
    .sql_z = "/* gatehouse: role_revoke_account */ "
             "select gatehouse.role_revoke_account($1, $2, $3, $4, "
             "p_confirm => $5)",
    .n_params = 5,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_role_grant_permission = {
    .name_z = "role_grant_permission",
    .sql_z = "/* gatehouse: role_grant_permission */ "
             "select gatehouse.role_grant_permission($1, $2, $3, "
             "$4::timestamptz, $5::timestamptz, $6, $7, "
             "p_confirm => $8, p_condition => $9)",
    .n_params = 9,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_role_revoke_permission = {
    .name_z = "role_revoke_permission",
    .sql_z = "/* gatehouse: role_revoke_permission */ "
             "select gatehouse.role_revoke_permission($1, $2, $3, $4, $5, "
             "p_confirm => $6)",
    .n_params = 6,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_role_inherit = {
    .name_z = "role_inherit",
    .sql_z = "/* gatehouse: role_inherit */ "
             "select gatehouse.role_inherit($1, $2, $3, $4, "
             "p_confirm => $5)",
    .n_params = 5,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_role_disinherit = {
    .name_z = "role_disinherit",
    .sql_z = "/* gatehouse: role_disinherit */ "
             "select gatehouse.role_disinherit($1, $2, $3, $4, "
             "p_confirm => $5)",
    .n_params = 5,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_role_exclude = {
    .name_z = "role_exclude",
    .sql_z = "/* gatehouse: role_exclude */ "
             "select gatehouse.role_exclude($1, $2, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_role_unexclude = {
    .name_z = "role_unexclude",
    .sql_z = "/* gatehouse: role_unexclude */ "
             "select gatehouse.role_unexclude($1, $2, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

/* --- the audit trail ------------------------------------------------------ */

const struct gh_stmt gh_stmt_audit_tail = {
    .name_z = "audit_tail",
    .sql_z = "/* gatehouse: audit_tail */ "
             "select * from gatehouse.audit_tail($1)",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_audit_search = {
    .name_z = "audit_search",
    .sql_z = "/* gatehouse: audit_search */ "
             "select * from gatehouse.audit_search($1, $2, $3::inet, $4, "
             "$5::uuid, $6::timestamptz, $7::timestamptz, $8)",
    .is_shown = true,
    .n_params = 8,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

/* --- migrations: before there is a function to call ----------------------- */

const struct gh_stmt gh_stmt_ctl_setting = {
    .name_z = "ctl_setting",
    .sql_z = "/* gatehouse: ctl_setting */ "
             "select pg_catalog.set_config($1, $2, false)",
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
};

/* The number is "gate" in ASCII; any would do that nobody else uses. */
const struct gh_stmt gh_stmt_ctl_migration_lock = {
    .name_z = "ctl_migration_lock",
    .sql_z = "/* gatehouse: ctl_migration_lock */ "
             "select pg_catalog.pg_advisory_lock(1734440037)",
};

const struct gh_stmt gh_stmt_ctl_migration_exists = {
    .name_z = "ctl_migration_exists",
    .sql_z = "/* gatehouse: ctl_migration_exists */ "
             "select pg_catalog.to_regclass('gatehouse_data.migration') "
             "is not null",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_ctl_migration_list = {
    .name_z = "ctl_migration_list",
    .sql_z = "/* gatehouse: ctl_migration_list */ "
             "select version, name, pg_catalog.encode(sha256, 'hex'), "
             "applied_at, applied_by, is_breaking "
             "from gatehouse_data.migration order by version",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_ctl_files_noted = {
    .name_z = "ctl_files_noted",
    .sql_z = "/* gatehouse: ctl_files_noted */ "
             "select pg_catalog.substring(pg_catalog.obj_description("
             "pg_catalog.to_regnamespace('gatehouse'), 'pg_namespace'), "
             "'Files: ([0-9a-f]{64})')",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_ctl_migration_add = {
    .name_z = "ctl_migration_add",
    .sql_z = "/* gatehouse: ctl_migration_add */ "
             "insert into gatehouse_data.migration "
             "(version, name, sha256, is_breaking) values ($1, $2, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_INT4, GH_SQL_TEXT, GH_SQL_BYTEA, GH_SQL_BOOL},
};
