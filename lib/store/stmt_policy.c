/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl's statements about the policy as a whole: what is permitted, as
 * a file, explained, reviewed. Owns constants only. Called by gatehousectl.
 */
#include "store/stmt_admin.h"

#include "base/banned.h"

const struct gh_stmt gh_stmt_policy_show = {
    .name_z = "policy_show",
    .sql_z = "/* gatehouse: policy_show */ "
             "select * from gatehouse.policy_show()",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_policy_given = {
    .name_z = "policy_given",
    .sql_z = "/* gatehouse: policy_given */ "
             "select * from gatehouse.policy_given($1, $2)",
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
    .is_shown = true,
};

const struct gh_stmt gh_stmt_policy_check = {
    .name_z = "policy_check",
    .sql_z = "/* gatehouse: policy_check */ "
             "select * from gatehouse.policy_check()",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_policy_check_file = {
    .name_z = "policy_check_file",
    .sql_z = "/* gatehouse: policy_check_file */ "
             "select * from gatehouse.policy_check_file($1, $2)",
    .is_shown = true,
    .n_params = 2,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_policy_export = {
    .name_z = "policy_export",
    .sql_z = "/* gatehouse: policy_export */ "
             "select * from gatehouse.policy_export($1)",
    .n_params = 1,
    .types = {GH_SQL_BOOL},
};

const struct gh_stmt gh_stmt_policy_diff = {
    .name_z = "policy_diff",
    .sql_z = "/* gatehouse: policy_diff */ "
             "select * from gatehouse.policy_diff($1)",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_policy_apply = {
    .name_z = "policy_apply",
    .sql_z = "/* gatehouse: policy_apply */ "
             "select * from gatehouse.policy_apply($1, $2, $3, $4, $5, $6)",
    .is_shown = true,
    .n_params = 6,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4, GH_SQL_INT4,
              GH_SQL_BOOL},
};

const struct gh_stmt gh_stmt_policy_shadow = {
    .name_z = "policy_shadow",
    .sql_z = "/* gatehouse: policy_shadow */ "
             "select * from gatehouse.policy_shadow($1, coalesce($2, 7), $3)",
    .is_shown = true,
    .n_params = 3,
    .types = {GH_SQL_TEXT, GH_SQL_INT4, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_explain = {
    .name_z = "explain",
    .sql_z = "/* gatehouse: explain */ "
             "select * from gatehouse.explain($1, $2, $3, $4, "
             "p_at => $5::timestamptz, p_client => $6, p_age => $7, "
             "p_country => $8, p_asn => $9, p_level => $10, "
             "p_device_known => $11)",
    .is_shown = true,
    .n_params = 11,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_who_can = {
    .name_z = "who_can",
    .sql_z = "/* gatehouse: who_can */ "
             "select * from gatehouse.who_can($1, $2, $3, $4::timestamptz, $5, "
             "$6, $7, $8, $9)",
    .is_shown = true,
    .n_params = 9,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_what_can = {
    .name_z = "what_can",
    .sql_z = "/* gatehouse: what_can */ "
             "select * from gatehouse.what_can($1, $2::timestamptz, $3, $4, "
             "$5, $6, $7)",
    .is_shown = true,
    .n_params = 7,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_explain_exchange = {
    .name_z = "explain_exchange",
    .sql_z = "/* gatehouse: explain_exchange */ "
             "select * from gatehouse.explain_exchange(($1)::uuid)",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_review_open = {
    .name_z = "review_open",
    .sql_z = "/* gatehouse: review_open */ "
             "select gatehouse.review_open($1, $2, "
             "$3::timestamptz, $4, $5, $6, $7, $8, $9, "
             "p_confirm => $10) as grants",
    .is_shown = true,
    .n_params = 10,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT,
              GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_review_list = {
    .name_z = "review_list",
    .sql_z = "/* gatehouse: review_list */ "
             "select * from gatehouse.review_list()",
    .is_shown = true,
};

const struct gh_stmt gh_stmt_review_show = {
    .name_z = "review_show",
    .sql_z = "/* gatehouse: review_show */ "
             "select * from gatehouse.review_show($1)",
    .is_shown = true,
    .n_params = 1,
    .types = {GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_review_confirm = {
    .name_z = "review_confirm",
    .sql_z = "/* gatehouse: review_confirm */ "
             "select gatehouse.review_confirm($1, $2::bigint, $3, $4)",
    .n_params = 4,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};

const struct gh_stmt gh_stmt_review_refuse = {
    .name_z = "review_refuse",
    .sql_z = "/* gatehouse: review_refuse */ "
             "select gatehouse.review_refuse($1, $2::bigint, $3, $4, "
             "p_confirm => $5)",
    .n_params = 5,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_INT4},
};

const struct gh_stmt gh_stmt_review_close = {
    .name_z = "review_close",
    .sql_z = "/* gatehouse: review_close */ "
             "select gatehouse.review_close($1, $2, $3)",
    .n_params = 3,
    .types = {GH_SQL_TEXT, GH_SQL_TEXT, GH_SQL_TEXT},
};
