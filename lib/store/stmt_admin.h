/* SPDX-License-Identifier: Apache-2.0
 *
 * The statements of administration, as constants: what gatehousectl sends.
 * One SQL function a statement, like those of stmt.h. "Shown" ones give their
 * results as text, to be printed as they come. A time, an address or an id
 * goes as the text that a person wrote; PostgreSQL reads it, or says what is
 * wrong with it. Called by gatehousectl.
 */
#ifndef GH_STORE_STMT_ADMIN_H
#define GH_STORE_STMT_ADMIN_H

#include "store/stmt.h"

/* --- accounts and sessions ------------------------------------------------ */

extern const struct gh_stmt gh_stmt_account_add;   /* bigint */
extern const struct gh_stmt gh_stmt_account_id_of; /* bigint */
extern const struct gh_stmt gh_stmt_account_password;
extern const struct gh_stmt gh_stmt_account_list; /* shown */
extern const struct gh_stmt gh_stmt_account_show; /* shown */
extern const struct gh_stmt gh_stmt_account_change;
extern const struct gh_stmt gh_stmt_account_disable;
extern const struct gh_stmt gh_stmt_account_enable;
extern const struct gh_stmt gh_stmt_account_lock;
extern const struct gh_stmt gh_stmt_account_unlock;
extern const struct gh_stmt gh_stmt_account_remove; /* shown: how many ended */

extern const struct gh_stmt gh_stmt_session_list;   /* shown: of an account */
extern const struct gh_stmt gh_stmt_sessions_live;  /* shown: of all */
extern const struct gh_stmt gh_stmt_session_revoke; /* shown: was it live */
extern const struct gh_stmt gh_stmt_sessions_end;   /* shown: how many ended */

extern const struct gh_stmt gh_stmt_database_restored; /* shown: how many */

/* --- the policy ----------------------------------------------------------- */

extern const struct gh_stmt gh_stmt_application_add;  /* bigint */
extern const struct gh_stmt gh_stmt_application_list; /* shown */
extern const struct gh_stmt gh_stmt_application_show; /* shown */
extern const struct gh_stmt gh_stmt_application_change;
extern const struct gh_stmt gh_stmt_application_remove;

extern const struct gh_stmt gh_stmt_condition_add;    /* bigint */
extern const struct gh_stmt gh_stmt_condition_change; /* no result */
extern const struct gh_stmt gh_stmt_condition_list;   /* shown */
extern const struct gh_stmt gh_stmt_condition_remove;
extern const struct gh_stmt gh_stmt_zone_list; /* shown */
extern const struct gh_stmt gh_stmt_zone_change;

extern const struct gh_stmt gh_stmt_permission_add; /* bigint */
extern const struct gh_stmt gh_stmt_permission_change;
extern const struct gh_stmt gh_stmt_permission_list; /* shown */
extern const struct gh_stmt gh_stmt_permission_remove;

extern const struct gh_stmt gh_stmt_role_add;  /* bigint */
extern const struct gh_stmt gh_stmt_role_list; /* shown */
extern const struct gh_stmt gh_stmt_role_remove;
extern const struct gh_stmt gh_stmt_role_members; /* shown */
extern const struct gh_stmt gh_stmt_role_grant_account;
extern const struct gh_stmt gh_stmt_role_revoke_account;
extern const struct gh_stmt gh_stmt_role_grant_permission;
extern const struct gh_stmt gh_stmt_role_revoke_permission;
extern const struct gh_stmt gh_stmt_role_inherit;
extern const struct gh_stmt gh_stmt_role_disinherit;
extern const struct gh_stmt gh_stmt_role_exclude;
extern const struct gh_stmt gh_stmt_role_unexclude;

extern const struct gh_stmt gh_stmt_policy_show;       /* shown */
extern const struct gh_stmt gh_stmt_policy_given;      /* shown */
extern const struct gh_stmt gh_stmt_policy_check;      /* shown */
extern const struct gh_stmt gh_stmt_policy_check_file; /* shown */
extern const struct gh_stmt gh_stmt_policy_diff;       /* shown */
extern const struct gh_stmt gh_stmt_policy_apply;      /* shown */
extern const struct gh_stmt gh_stmt_policy_shadow;     /* shown */
extern const struct gh_stmt gh_stmt_explain;           /* shown */
extern const struct gh_stmt gh_stmt_who_can;           /* shown */
extern const struct gh_stmt gh_stmt_what_can;          /* shown */
extern const struct gh_stmt gh_stmt_explain_exchange;  /* shown */

/* One row: the version of the policy, and the policy as a file. */
extern const struct gh_stmt gh_stmt_policy_export;
enum {
    GH_EXPORT_VERSION, /* bigint */
    GH_EXPORT_POLICY,  /* text */
};

extern const struct gh_stmt gh_stmt_review_open; /* shown: how many grants */
extern const struct gh_stmt gh_stmt_review_list; /* shown */
extern const struct gh_stmt gh_stmt_review_show; /* shown */
extern const struct gh_stmt gh_stmt_review_confirm;
extern const struct gh_stmt gh_stmt_review_refuse;
extern const struct gh_stmt gh_stmt_review_close;

/* --- the audit trail ------------------------------------------------------ */

extern const struct gh_stmt gh_stmt_audit_tail;   /* shown */
extern const struct gh_stmt gh_stmt_audit_search; /* shown */

/* --- migrations: before there is a function to call ----------------------- */

/* set_config() for the session: name and value. */
extern const struct gh_stmt gh_stmt_ctl_setting;

/* Waits for the lock that one runner of migrations holds. */
extern const struct gh_stmt gh_stmt_ctl_migration_lock;

/* Shown: whether the list of migrations is there; the list (version, name,
 * sha256 in hexadecimal, applied_at, applied_by, is_breaking); the digest of
 * the functions and views that are installed, or null. */
extern const struct gh_stmt gh_stmt_ctl_migration_exists;
extern const struct gh_stmt gh_stmt_ctl_migration_list;
extern const struct gh_stmt gh_stmt_ctl_files_noted;

/* A row of the list: version, name, sha256, is_breaking. */
extern const struct gh_stmt gh_stmt_ctl_migration_add;

#endif
