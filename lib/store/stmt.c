/* SPDX-License-Identifier: Apache-2.0
 *
 * The statements. Owns constants only. A parameter's type is sent with the
 * statement, so that a function with other types is an error at once and not
 * a cast at each call. Called by core and gatehousectl.
 */
#include "store/stmt.h"

#include "base/banned.h"

const struct gh_stmt gh_stmt_sign_in_reserve = {
    .name_z = "sign_in_reserve",
    .sql_z = "/* gatehouse: sign_in_reserve */ "
             "select is_allowed, refusal, retry_after, is_first_refusal, "
             "account_id, account_name, status, password_hash, pepper_id, "
             "credential_mac, credential_version from "
             "gatehouse.sign_in_reserve($1, $2, $3, $4, $5)",
    .n_params = 5,
    .types = {GH_SQL_TEXT, GH_SQL_BYTEA, GH_SQL_BYTEA, GH_SQL_INET,
              GH_SQL_BYTEA_ARRAY},
};

const struct gh_stmt gh_stmt_sign_in_succeed = {
    .name_z = "sign_in_succeed",
    .sql_z = "/* gatehouse: sign_in_succeed */ "
             "select session_id, last_sign_in_at, last_sign_in_client, "
             "failures_since from gatehouse.sign_in_succeed($1, $2, $3, "
             "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
             "$17)",
    .n_params = 17,
    .types = {GH_SQL_INT8, GH_SQL_INT8, GH_SQL_BYTEA, GH_SQL_BYTEA,
              GH_SQL_BYTEA_ARRAY, GH_SQL_BYTEA, GH_SQL_BYTEA, GH_SQL_BYTEA,
              GH_SQL_BYTEA, GH_SQL_INET, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_UUID,
              GH_SQL_TEXT, GH_SQL_INTERVAL, GH_SQL_INTERVAL, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_sign_in_fail = {
    .name_z = "sign_in_fail",
    .sql_z = "/* gatehouse: sign_in_fail */ "
             "select gatehouse.sign_in_fail($1, $2, $3, $4, $5, $6, $7, "
             "$8, $9)",
    .n_params = 9,
    .types = {GH_SQL_BYTEA, GH_SQL_INT8, GH_SQL_TEXT, GH_SQL_BOOL, GH_SQL_INET,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_UUID, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_session_find = {
    .name_z = "session_find",
    .sql_z = "/* gatehouse: session_find */ "
             "select session_id, reference, binding, account_id, "
             "account_name, display_name, email, state, created_at, "
             "authenticated_at, last_seen_at, idle_left, absolute_left, "
             "level, previous_at, previous_client, failures_before from "
             "gatehouse.session_find($1)",
    .n_params = 1,
    .types = {GH_SQL_BYTEA},
};

const struct gh_stmt gh_stmt_session_seen = {
    .name_z = "session_seen",
    .sql_z = "/* gatehouse: session_seen */ "
             "select gatehouse.session_seen($1, $2)",
    .n_params = 2,
    .types = {GH_SQL_INT8_ARRAY, GH_SQL_TIMESTAMPTZ_ARRAY},
};

const struct gh_stmt gh_stmt_session_end = {
    .name_z = "session_end",
    .sql_z = "/* gatehouse: session_end */ "
             "select ended_at, was_live from gatehouse.session_end($1, $2, "
             "$3, $4, $5, $6, $7)",
    .n_params = 7,
    .types = {GH_SQL_BYTEA, GH_SQL_TEXT, GH_SQL_INET, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_UUID, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_session_dead_use = {
    .name_z = "session_dead_use",
    .sql_z = "/* gatehouse: session_dead_use */ "
             "select gatehouse.session_dead_use($1, $2, $3, $4, $5, $6)",
    .n_params = 6,
    .types = {GH_SQL_BYTEA, GH_SQL_INET, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_UUID,
              GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_event_write = {
    .name_z = "event_write",
    .sql_z = "/* gatehouse: event_write */ "
             "select gatehouse.event_write($1, $2, $3, $4, $5, $6, $7, $8, "
             "$9, $10, $11, $12, $13, $14, $15, $16)",
    .n_params = 16,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT8, GH_SQL_TEXT, GH_SQL_BYTEA,
              GH_SQL_INET, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_UUID, GH_SQL_TEXT, GH_SQL_JSONB,
              GH_SQL_BYTEA_ARRAY},
};

const struct gh_stmt gh_stmt_access_write = {
    .name_z = "access_write",
    .sql_z = "/* gatehouse: access_write */ "
             "select gatehouse.access_write($1, $2, $3, $4, $5, $6, $7, "
             "$8, $9, $10, $11, $12, $13, $14, $15)",
    .n_params = 15,
    .types = {GH_SQL_TIMESTAMPTZ_ARRAY, GH_SQL_INT8_ARRAY, GH_SQL_BYTEA_ARRAY,
              GH_SQL_INET_ARRAY, GH_SQL_TEXT_ARRAY, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT_ARRAY, GH_SQL_INT4_ARRAY, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT_ARRAY, GH_SQL_UUID_ARRAY, GH_SQL_TEXT_ARRAY,
              GH_SQL_INT8_ARRAY, GH_SQL_INT8_ARRAY, GH_SQL_INT4_ARRAY},
};

const struct gh_stmt gh_stmt_password_rehash = {
    .name_z = "password_rehash",
    .sql_z = "/* gatehouse: password_rehash */ "
             "select gatehouse.password_rehash($1, $2, $3, $4, $5)",
    .n_params = 5,
    .types = {GH_SQL_INT8, GH_SQL_INT8, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_BYTEA},
};

const struct gh_stmt gh_stmt_maintain = {
    .name_z = "maintain",
    .sql_z = "/* gatehouse: maintain */ "
             "select sessions_ended, sessions_removed, partitions_made from "
             "gatehouse.maintain($1)",
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_gateway_hello = {
    .name_z = "gateway_hello",
    .sql_z = "/* gatehouse: gateway_hello */ "
             "select schema_version, now from gatehouse.gateway_hello($1, "
             "$2)",
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
};

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
