-- SPDX-License-Identifier: Apache-2.0
--
-- Who may do what, on one page. Nobody but the owner has a right on a table;
-- nobody has one that is not here. Role names may carry the prefix
-- gatehouse.role_prefix.
--
--                          gateway   admin     auditor
--   functions, gatehouse   36        65        6
--   views, _report         -         -         select
--   tables                 -         -         -

do $grants$
declare
    v_prefix constant text :=
        coalesce(current_setting('gatehouse.role_prefix', true), '');
    v_grant record;
begin
    -- From nothing, whatever was granted before.
    execute format(
        'revoke all on schema gatehouse, gatehouse_data, gatehouse_audit, '
        'gatehouse_report from public, %1$I, %2$I, %3$I',
        v_prefix || 'gatehouse_gateway', v_prefix || 'gatehouse_admin',
        v_prefix || 'gatehouse_auditor');
    execute format(
        'revoke all on all tables in schema gatehouse_data, gatehouse_audit, '
        'gatehouse_report from public, %1$I, %2$I, %3$I',
        v_prefix || 'gatehouse_gateway', v_prefix || 'gatehouse_admin',
        v_prefix || 'gatehouse_auditor');
    execute format(
        'revoke all on all functions in schema gatehouse, gatehouse_data, '
        'gatehouse_audit from public, %1$I, %2$I, %3$I',
        v_prefix || 'gatehouse_gateway', v_prefix || 'gatehouse_admin',
        v_prefix || 'gatehouse_auditor');

    for v_grant in
        select g.*
        from (values
            ('usage', 'schema', 'gatehouse', 'gateway'),
            ('execute', 'function', 'gatehouse.access_write', 'gateway'),
            ('execute', 'function', 'gatehouse.account_activity', 'gateway'),
            ('execute', 'function', 'gatehouse.account_prefer', 'gateway'),
            ('execute', 'function', 'gatehouse.account_session_end',
             'gateway'),
            ('execute', 'function', 'gatehouse.account_sessions', 'gateway'),
            ('execute', 'function', 'gatehouse.data_delete', 'gateway'),
            ('execute', 'function', 'gatehouse.data_get', 'gateway'),
            ('execute', 'function', 'gatehouse.data_put', 'gateway'),
            ('execute', 'function', 'gatehouse.event_write', 'gateway'),
            ('execute', 'function', 'gatehouse.follow', 'gateway'),
            ('execute', 'function', 'gatehouse.gateway_hello', 'gateway'),
            ('execute', 'function', 'gatehouse.maintain', 'gateway'),
            ('execute', 'function', 'gatehouse.password_change', 'gateway'),
            ('execute', 'function', 'gatehouse.password_change_fail',
             'gateway'),
            ('execute', 'function', 'gatehouse.password_rehash', 'gateway'),
            ('execute', 'function', 'gatehouse.policy_applications',
             'gateway'),
            ('execute', 'function', 'gatehouse.policy_condition_parts',
             'gateway'),
            ('execute', 'function', 'gatehouse.policy_conditions',
             'gateway'),
            ('execute', 'function', 'gatehouse.policy_grants', 'gateway'),
            ('execute', 'function', 'gatehouse.policy_ignored', 'gateway'),
            ('execute', 'function', 'gatehouse.policy_inheritance',
             'gateway'),
            ('execute', 'function', 'gatehouse.policy_roles', 'gateway'),
            ('execute', 'function', 'gatehouse.policy_state', 'gateway'),
            ('execute', 'function', 'gatehouse.policy_time_zones',
             'gateway'),
            ('execute', 'function', 'gatehouse.server_confirm', 'gateway'),
            ('execute', 'function', 'gatehouse.session_dead_use', 'gateway'),
            ('execute', 'function', 'gatehouse.session_end', 'gateway'),
            ('execute', 'function', 'gatehouse.session_find', 'gateway'),
            ('execute', 'function', 'gatehouse.session_moved', 'gateway'),
            ('execute', 'function', 'gatehouse.session_offer', 'gateway'),
            ('execute', 'function', 'gatehouse.session_renew', 'gateway'),
            ('execute', 'function', 'gatehouse.session_seen', 'gateway'),
            ('execute', 'function', 'gatehouse.session_shorten', 'gateway'),
            ('execute', 'function', 'gatehouse.sign_in_fail', 'gateway'),
            ('execute', 'function', 'gatehouse.sign_in_reserve', 'gateway'),
            ('execute', 'function', 'gatehouse.sign_in_succeed', 'gateway'),

            ('usage', 'schema', 'gatehouse', 'admin'),
            ('execute', 'function', 'gatehouse.account_add', 'admin'),
            ('execute', 'function', 'gatehouse.account_change', 'admin'),
            ('execute', 'function', 'gatehouse.account_disable', 'admin'),
            ('execute', 'function', 'gatehouse.account_enable', 'admin'),
            ('execute', 'function', 'gatehouse.account_id_of', 'admin'),
            ('execute', 'function', 'gatehouse.account_list', 'admin'),
            ('execute', 'function', 'gatehouse.account_lock', 'admin'),
            ('execute', 'function', 'gatehouse.account_password', 'admin'),
            ('execute', 'function', 'gatehouse.account_remove', 'admin'),
            ('execute', 'function', 'gatehouse.account_show', 'admin'),
            ('execute', 'function', 'gatehouse.account_unlock', 'admin'),
            ('execute', 'function', 'gatehouse.application_add', 'admin'),
            ('execute', 'function', 'gatehouse.application_change', 'admin'),
            ('execute', 'function', 'gatehouse.application_list', 'admin'),
            ('execute', 'function', 'gatehouse.application_remove', 'admin'),
            ('execute', 'function', 'gatehouse.application_show', 'admin'),
            ('execute', 'function', 'gatehouse.audit_search', 'admin'),
            ('execute', 'function', 'gatehouse.audit_tail', 'admin'),
            ('execute', 'function', 'gatehouse.condition_add', 'admin'),
            ('execute', 'function', 'gatehouse.condition_change', 'admin'),
            ('execute', 'function', 'gatehouse.condition_list', 'admin'),
            ('execute', 'function', 'gatehouse.condition_remove', 'admin'),
            ('execute', 'function', 'gatehouse.database_restored', 'admin'),
            ('execute', 'function', 'gatehouse.explain', 'admin'),
            ('execute', 'function', 'gatehouse.explain_exchange', 'admin'),
            ('execute', 'function', 'gatehouse.gateway_hello', 'admin'),
            ('execute', 'function', 'gatehouse.maintain', 'admin'),
            ('execute', 'function', 'gatehouse.permission_add', 'admin'),
            ('execute', 'function', 'gatehouse.permission_change', 'admin'),
            ('execute', 'function', 'gatehouse.permission_list', 'admin'),
            ('execute', 'function', 'gatehouse.permission_remove', 'admin'),
            ('execute', 'function', 'gatehouse.policy_apply', 'admin'),
            ('execute', 'function', 'gatehouse.policy_check', 'admin'),
            ('execute', 'function', 'gatehouse.policy_given', 'admin'),
            ('execute', 'function', 'gatehouse.policy_check_file', 'admin'),
            ('execute', 'function', 'gatehouse.policy_diff', 'admin'),
            ('execute', 'function', 'gatehouse.policy_export', 'admin'),
            ('execute', 'function', 'gatehouse.policy_shadow', 'admin'),
            ('execute', 'function', 'gatehouse.policy_show', 'admin'),
            ('execute', 'function', 'gatehouse.review_close', 'admin'),
            ('execute', 'function', 'gatehouse.review_confirm', 'admin'),
            ('execute', 'function', 'gatehouse.review_list', 'admin'),
            ('execute', 'function', 'gatehouse.review_open', 'admin'),
            ('execute', 'function', 'gatehouse.review_refuse', 'admin'),
            ('execute', 'function', 'gatehouse.review_show', 'admin'),
            ('execute', 'function', 'gatehouse.role_add', 'admin'),
            ('execute', 'function', 'gatehouse.role_disinherit', 'admin'),
            ('execute', 'function', 'gatehouse.role_exclude', 'admin'),
            ('execute', 'function', 'gatehouse.role_grant_account', 'admin'),
            ('execute', 'function', 'gatehouse.role_grant_permission',
             'admin'),
            ('execute', 'function', 'gatehouse.role_inherit', 'admin'),
            ('execute', 'function', 'gatehouse.role_list', 'admin'),
            ('execute', 'function', 'gatehouse.role_members', 'admin'),
            ('execute', 'function', 'gatehouse.role_remove', 'admin'),
            ('execute', 'function', 'gatehouse.role_revoke_account', 'admin'),
            ('execute', 'function', 'gatehouse.role_revoke_permission',
             'admin'),
            ('execute', 'function', 'gatehouse.role_unexclude', 'admin'),
            ('execute', 'function', 'gatehouse.session_list', 'admin'),
            ('execute', 'function', 'gatehouse.session_revoke', 'admin'),
            ('execute', 'function', 'gatehouse.sessions_end', 'admin'),
            ('execute', 'function', 'gatehouse.sessions_live', 'admin'),
            ('execute', 'function', 'gatehouse.what_can', 'admin'),
            ('execute', 'function', 'gatehouse.who_can', 'admin'),
            ('execute', 'function', 'gatehouse.zone_change', 'admin'),
            ('execute', 'function', 'gatehouse.zone_list', 'admin'),

            ('usage', 'schema', 'gatehouse', 'auditor'),
            ('execute', 'function', 'gatehouse.condition_list', 'auditor'),
            ('execute', 'function', 'gatehouse.explain', 'auditor'),
            ('execute', 'function', 'gatehouse.explain_exchange', 'auditor'),
            ('execute', 'function', 'gatehouse.role_list', 'auditor'),
            ('execute', 'function', 'gatehouse.what_can', 'auditor'),
            ('execute', 'function', 'gatehouse.who_can', 'auditor'),
            ('usage', 'schema', 'gatehouse_report', 'auditor'),
            ('select', 'all tables in schema', 'gatehouse_report', 'auditor'),
            -- What the views call: two judge a session from its columns, the
            -- others name what a row is about.
            ('execute', 'function', 'gatehouse_data.path_below', 'auditor'),
            ('execute', 'function', 'gatehouse_data.policy_names', 'auditor'),
            ('execute', 'function', 'gatehouse_data.session_state',
             'auditor'),
            ('execute', 'function', 'gatehouse_data.session_turns_at',
             'auditor')
        ) as g (privilege, kind, name, role)
    loop
        execute format('grant %s on %s %s to %I', v_grant.privilege,
                       v_grant.kind, v_grant.name,
                       v_prefix || 'gatehouse_' || v_grant.role);
    end loop;
end
$grants$;
