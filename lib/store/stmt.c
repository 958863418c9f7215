/* SPDX-License-Identifier: Apache-2.0
 *
 * The gateway's statements. Owns constants only. A parameter's type is sent
 * with the statement, so that a function with other types is an error at once
 * and not a cast at each call. Called by core and the gateway.
 */
#include "store/stmt.h"

#include "base/banned.h"

const struct gh_stmt gh_stmt_sign_in_reserve = {
    .name_z = "sign_in_reserve",
    .is_harmless = true,
    .sql_z = "/* gatehouse: sign_in_reserve */ "
             "select is_allowed, refusal, retry_after, is_first_refusal, "
             "account_id, account_name, status, password_hash, pepper_id, "
             "credential_mac, credential_version from "
             "gatehouse.sign_in_reserve($1, $2, $3, $4, $5, $6)",
    .n_params = 6,
    .types = {GH_SQL_TEXT, GH_SQL_BYTEA, GH_SQL_BYTEA, GH_SQL_TIMESTAMPTZ,
              GH_SQL_INET, GH_SQL_BYTEA_ARRAY},
};

const struct gh_stmt gh_stmt_sign_in_succeed = {
    .name_z = "sign_in_succeed",
    .sql_z = "/* gatehouse: sign_in_succeed */ "
             "select session_id, last_sign_in_at, last_sign_in_client, "
             "failures_since, began_at, sessions_over, device_since from "
             "gatehouse.sign_in_succeed($1, $2, $3, "
             "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
             "$17, $18, $19, $20)",
    .n_params = 20,
    .types = {GH_SQL_INT8,        GH_SQL_INT8,        GH_SQL_BYTEA,
              GH_SQL_BYTEA,       GH_SQL_BYTEA_ARRAY, GH_SQL_BYTEA,
              GH_SQL_BYTEA,       GH_SQL_BYTEA,       GH_SQL_BYTEA,
              GH_SQL_INET,        GH_SQL_TEXT,        GH_SQL_TEXT,
              GH_SQL_UUID,        GH_SQL_TEXT,        GH_SQL_INTERVAL,
              GH_SQL_INTERVAL,    GH_SQL_INT4,        GH_SQL_TEXT,
              GH_SQL_TIMESTAMPTZ, GH_SQL_TIMESTAMPTZ},
};

const struct gh_stmt gh_stmt_sign_in_fail = {
    .name_z = "sign_in_fail",
    .is_harmless = true,
    .sql_z = "/* gatehouse: sign_in_fail */ "
             "select gatehouse.sign_in_fail($1, $2, $3, $4, $5, $6, $7, "
             "$8, $9)",
    .n_params = 9,
    .types = {GH_SQL_BYTEA, GH_SQL_INT8, GH_SQL_TEXT, GH_SQL_BOOL, GH_SQL_INET,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_UUID, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_password_change = {
    .name_z = "password_change",
    .sql_z = "/* gatehouse: password_change */ "
             "select began_at, sessions_ended from "
             "gatehouse.password_change($1, $2, $3, $4, $5, $6, $7, $8, $9, "
             "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
    .n_params = 21,
    .types = {GH_SQL_INT8,  GH_SQL_INT8,        GH_SQL_BYTEA,    GH_SQL_BYTEA,
              GH_SQL_BYTEA, GH_SQL_BYTEA_ARRAY, GH_SQL_TEXT,     GH_SQL_TEXT,
              GH_SQL_BYTEA, GH_SQL_BYTEA,       GH_SQL_BYTEA,    GH_SQL_BYTEA,
              GH_SQL_INET,  GH_SQL_TEXT,        GH_SQL_TEXT,     GH_SQL_UUID,
              GH_SQL_TEXT,  GH_SQL_INTERVAL,    GH_SQL_INTERVAL, GH_SQL_INT4,
              GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_password_change_fail = {
    .name_z = "password_change_fail",
    .is_harmless = true,
    .sql_z = "/* gatehouse: password_change_fail */ "
             "select gatehouse.password_change_fail($1, $2, $3, $4, $5, $6, "
             "$7, $8, $9, $10)",
    .n_params = 10,
    .types = {GH_SQL_BYTEA, GH_SQL_INT8, GH_SQL_TEXT, GH_SQL_BOOL, GH_SQL_INET,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_UUID, GH_SQL_TEXT, GH_SQL_BYTEA},
};

const struct gh_stmt gh_stmt_session_find = {
    .name_z = "session_find",
    .is_harmless = true,
    .sql_z = "/* gatehouse: session_find */ "
             "select session_id, reference, binding, account_id, "
             "account_name, display_name, email, state, created_at, "
             "authenticated_at, last_seen_at, idle_left, absolute_left, "
             "level, previous_at, previous_client, failures_before, "
             "role_ids, policy_version, now, token_use, token_age, "
             "token_until, generation, is_offered, rights_until, client, "
             "user_agent, condition_ids, time_zone, utc_offset, "
             "previous_offset, appearance, warn_minutes, withheld_ids, idle, "
             "device_known from gatehouse.session_find($1)",
    .n_params = 1,
    .types = {GH_SQL_BYTEA},
};

const struct gh_stmt gh_stmt_session_seen = {
    .name_z = "session_seen",
    .is_harmless = true,
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

const struct gh_stmt gh_stmt_session_moved = {
    .name_z = "session_moved",
    .sql_z = "/* gatehouse: session_moved */ "
             "select gatehouse.session_moved($1, $2, $3, $4, $5, $6, $7, $8, "
             "$9)",
    .n_params = 9,
    .types = {GH_SQL_INT8, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INET, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_UUID, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_session_shorten = {
    .name_z = "session_shorten",
    .sql_z = "/* gatehouse: session_shorten */ "
             "select gatehouse.session_shorten($1, $2, $3, $4, $5, $6, $7)",
    .n_params = 7,
    .types = {GH_SQL_INT8, GH_SQL_INT8, GH_SQL_INET, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_UUID, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_session_offer = {
    .name_z = "session_offer",
    .is_harmless = true,
    .sql_z = "/* gatehouse: session_offer */ "
             "select gatehouse.session_offer($1, $2, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_BYTEA, GH_SQL_INT8, GH_SQL_BYTEA, GH_SQL_BYTEA},
};

const struct gh_stmt gh_stmt_session_renew = {
    .name_z = "session_renew",
    .sql_z = "/* gatehouse: session_renew */ "
             "select gatehouse.session_renew($1, $2, $3, $4, $5, $6, $7)",
    .n_params = 7,
    .types = {GH_SQL_BYTEA, GH_SQL_INTERVAL, GH_SQL_INET, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_UUID, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_session_dead_use = {
    .name_z = "session_dead_use",
    .sql_z = "/* gatehouse: session_dead_use */ "
             "select gatehouse.session_dead_use($1, $2, $3, $4, $5, $6)",
    .n_params = 6,
    .types = {GH_SQL_BYTEA, GH_SQL_INET, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_UUID,
              GH_SQL_TEXT},
};

/* Both lists of the page in one statement. */
const struct gh_stmt gh_stmt_account_read = {
    .name_z = "account_read",
    .is_harmless = true,
    .sql_z = "/* gatehouse: account_read */ "
             "select 0 as relation, reference as session, created_at as at, "
             "last_seen_at as seen_at, client, user_agent, "
             "null::text as event, null::text as reason, "
             "null::text as cause, 1::bigint as repeats, "
             "null::text as device, created_offset as at_offset, "
             "seen_offset "
             "from gatehouse.account_sessions($1) "
             "union all "
             "select 1, session, at, null, client, user_agent, event, "
             "reason, cause, repeats, device, utc_offset, null "
             "from gatehouse.account_activity($1) "
             "order by relation, at desc",
    .n_params = 1,
    .types = {GH_SQL_BYTEA},
};

const struct gh_stmt gh_stmt_account_prefer = {
    .name_z = "account_prefer",
    .is_harmless = true,
    .sql_z = "/* gatehouse: account_prefer */ "
             "select gatehouse.account_prefer($1, $2, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_BYTEA, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_account_session_end = {
    .name_z = "account_session_end",
    .sql_z = "/* gatehouse: account_session_end */ "
             "select outcome, ended from gatehouse.account_session_end($1, "
             "$2, $3, $4, $5, $6, $7, $8)",
    .n_params = 8,
    .types = {GH_SQL_BYTEA, GH_SQL_BYTEA, GH_SQL_TEXT, GH_SQL_INET, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_UUID, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_data_get = {
    .name_z = "data_get",
    .is_harmless = true,
    .sql_z = "/* gatehouse: data_get */ "
             "select reference, media_type, key_id, nonce, sealed from "
             "gatehouse.data_get($1, $2, $3, $4, $5)",
    .n_params = 5,
    .types = {GH_SQL_INT8, GH_SQL_INT8, GH_SQL_BOOL, GH_SQL_INT8, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_data_put = {
    .name_z = "data_put",
    .is_harmless = true,
    .sql_z = "/* gatehouse: data_put */ "
             "select outcome, reference from "
             "gatehouse.data_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    .n_params = 10,
    .types = {GH_SQL_INT8, GH_SQL_INT8, GH_SQL_BOOL, GH_SQL_INT8, GH_SQL_TEXT,
              GH_SQL_BYTEA, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_BYTEA,
              GH_SQL_BYTEA},
};

const struct gh_stmt gh_stmt_data_delete = {
    .name_z = "data_delete",
    .is_harmless = true,
    .sql_z = "/* gatehouse: data_delete */ "
             "select gatehouse.data_delete($1, $2, $3, $4, $5)",
    .n_params = 5,
    .types = {GH_SQL_INT8, GH_SQL_INT8, GH_SQL_BOOL, GH_SQL_INT8, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_event_write = {
    .name_z = "event_write",
    .is_harmless = true,
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
    .is_harmless = true,
    .sql_z = "/* gatehouse: access_write */ "
             "select n_written, n_places from gatehouse.access_write($1, $2, "
             "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
             "$17, p_country => $18, p_asn => $19, p_writer => $20, "
             "p_before => $21)",
    .n_params = 21,
    .types = {GH_SQL_TIMESTAMPTZ_ARRAY, GH_SQL_INT8_ARRAY, GH_SQL_BYTEA_ARRAY,
              GH_SQL_INET_ARRAY,        GH_SQL_TEXT_ARRAY, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT_ARRAY,        GH_SQL_INT4_ARRAY, GH_SQL_TEXT_ARRAY,
              GH_SQL_TEXT_ARRAY,        GH_SQL_UUID_ARRAY, GH_SQL_TEXT_ARRAY,
              GH_SQL_INT8_ARRAY,        GH_SQL_INT8_ARRAY, GH_SQL_INT4_ARRAY,
              GH_SQL_INT8_ARRAY,        GH_SQL_TEXT_ARRAY, GH_SQL_TEXT_ARRAY,
              GH_SQL_INT8_ARRAY,        GH_SQL_UUID,       GH_SQL_INT8},
};

const struct gh_stmt gh_stmt_password_rehash = {
    .name_z = "password_rehash",
    .is_harmless = true,
    .sql_z = "/* gatehouse: password_rehash */ "
             "select gatehouse.password_rehash($1, $2, $3, $4, $5)",
    .n_params = 5,
    .types = {GH_SQL_INT8, GH_SQL_INT8, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_BYTEA},
};

const struct gh_stmt gh_stmt_maintain = {
    .name_z = "maintain",
    .is_harmless = true,
    .sql_z =
        "/* gatehouse: maintain */ "
        "select sessions_live, guards_off, guards_off_now, guards_on_again "
        "from gatehouse.maintain($1)",
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_gateway_hello = {
    .name_z = "gateway_hello",
    .is_harmless = true,
    .sql_z = "/* gatehouse: gateway_hello */ "
             "select schema_version, now from gatehouse.gateway_hello($1, "
             "$2)",
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_follow = {
    .name_z = "follow",
    .is_harmless = true,
    .sql_z = "/* gatehouse: follow */ "
             "select f.snapshot, f.now, f.policy_version, f.is_complete, "
             "f.relations, f.row_ids from gatehouse.server_confirm() "
             "cross join gatehouse.follow($1) f",
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_listen_change = {
    .name_z = "listen_change",
    .sql_z = "/* gatehouse: listen_change */ listen gatehouse_change",
};

const struct gh_stmt gh_stmt_listen_policy = {
    .name_z = "listen_policy",
    .sql_z = "/* gatehouse: listen_policy */ listen gatehouse_policy",
};

/* One statement, so that all of it is of one snapshot: the functions are
 * STABLE, and see what the statement sees. */
const struct gh_stmt gh_stmt_policy_read = {
    .name_z = "policy_read",
    .is_harmless = true,
    .sql_z =
        "/* gatehouse: policy_read */ "
        "select 0 as relation, version as id, null::bigint as other_id, "
        "null::bigint as role_id, null::text as name, null::text as host, "
        "null::text as path, null::text as list, null::text as word, "
        "null::integer as connections, null::integer as keep, null::text as "
        "encoded_slash, null::text as semicolon, null::text as "
        "empty_segments, null::text as authorization_field, null::text as "
        "identity, null::text as freshness, null::text as on_session_moved, "
        "null::integer as on_outage, null::text as entries, null::timestamptz "
        "as valid_from, null::timestamptz as valid_until, null::bigint as "
        "condition_id, null::text as time_zone, null::integer as utc_offset, "
        "null::integer as days, null::integer as begins, null::integer as "
        "ends, null::integer as first_day, null::integer as last_day, "
        "null::integer as session_idle, null::text as recording "
        "from gatehouse.policy_state() "
        "union all "
        "select 1, application_id, null, null, name, host, path, backends, "
        "carrying, connections, keep, encoded_slash, semicolon, "
        "empty_segments, authorization_field, identity, freshness, "
        "on_session_moved, on_outage, entries, null, null, condition_id, "
        "null, null, null, null, null, null, null, session_idle, recording "
        "from gatehouse.policy_applications() "
        "union all "
        "select 2, role_id, null, null, name, null, null, null, builtin, "
        "null, null, null, null, null, null, null, null, null, null, null, "
        "null, null, null, null, null, null, null, null, null, null, null, "
        "null "
        "from gatehouse.policy_roles() "
        "union all "
        "select 3, role_id, inherits_id, null, null, null, null, null, null, "
        "null, null, null, null, null, null, null, null, null, null, null, "
        "null, null, null, null, null, null, null, null, null, null, null, "
        "null "
        "from gatehouse.policy_inheritance() "
        "union all "
        "select 4, turn, null, null, time_zone, null, null, null, null, null, "
        "null, null, null, null, null, null, null, null, null, null, at, "
        "null, null, null, utc_offset, null, null, null, null, null, null, "
        "null "
        "from gatehouse.policy_time_zones() "
        "union all "
        "select 5, condition_id, null, null, name, null, meaning, list, kind, "
        "null, null, null, null, null, null, null, null, null, null, null, "
        "null, null, null, time_zone, null, days, begins, ends, first_day, "
        "last_day, null, null "
        "from gatehouse.policy_conditions() "
        "union all "
        "select 6, condition_id, part_id, null, null, null, null, null, null, "
        "null, null, null, null, null, null, null, null, null, null, null, "
        "null, null, null, null, null, null, null, null, null, null, null, "
        "null "
        "from gatehouse.policy_condition_parts() "
        "union all "
        "select 7, grant_id, application_id, role_id, permission, null, "
        "pattern, methods, null, null, null, null, null, null, null, null, "
        "null, null, null, null, valid_from, valid_until, condition_id, null, "
        "null, null, null, null, null, null, null, null "
        "from gatehouse.policy_grants() "
        "union all "
        "select 8, resource_id, application_id, null, null, null, pattern, "
        "null, null, null, null, null, null, null, null, null, null, null, "
        "null, null, null, null, null, null, null, null, null, null, null, "
        "null, null, null "
        "from gatehouse.policy_ignored() order by relation, id",
};
