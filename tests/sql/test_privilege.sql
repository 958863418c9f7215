-- SPDX-License-Identifier: Apache-2.0
--
-- Who may do what, tried and not only read: the gateway executes its list and
-- sees no table, administrators theirs, auditors read views. One place says
-- which functions are whose; grants.sql has to agree.

begin;
set local search_path = tap, public;

select no_plan();

create temporary table allowed (role_name name, function_name name);
insert into allowed
select 'gatehouse_gateway', unnest(array[
    'access_write', 'account_activity', 'account_prefer', 'account_session_end',
    'account_sessions', 'data_delete', 'data_get', 'data_put', 'event_write',
    'follow', 'gateway_hello', 'maintain', 'password_change',
    'password_change_fail', 'password_rehash', 'policy_applications',
    'policy_condition_parts', 'policy_conditions', 'policy_grants',
    'policy_ignored', 'policy_inheritance', 'policy_roles', 'policy_state',
    'policy_time_zones', 'server_confirm', 'session_dead_use', 'session_end',
    'session_find', 'session_moved', 'session_offer', 'session_renew',
    'session_seen', 'session_shorten', 'sign_in_fail', 'sign_in_reserve', 'sign_in_succeed']);
insert into allowed
select 'gatehouse_admin', unnest(array[
    'account_add', 'account_change', 'account_disable', 'account_enable',
    'account_id_of', 'account_list', 'account_lock', 'account_password',
    'account_remove', 'account_show', 'account_unlock', 'application_add',
    'application_change', 'application_list', 'application_remove',
    'application_show', 'audit_search', 'audit_tail', 'condition_add',
    'condition_change', 'condition_list', 'condition_remove',
    'database_restored', 'explain', 'explain_exchange', 'gateway_hello',
    'maintain', 'permission_add', 'permission_change', 'permission_list',
    'permission_remove',
    'policy_apply', 'policy_check', 'policy_check_file', 'policy_diff',
    'policy_export', 'policy_given', 'policy_shadow', 'policy_show',
    'review_close', 'review_confirm', 'review_list', 'review_open',
    'review_refuse', 'review_show', 'role_add', 'role_disinherit',
    'role_exclude', 'role_grant_account',
    'role_grant_permission', 'role_inherit', 'role_list', 'role_members',
    'role_remove', 'role_revoke_account', 'role_revoke_permission',
    'role_unexclude', 'session_list', 'session_revoke', 'sessions_end',
    'sessions_live', 'what_can', 'who_can', 'zone_change', 'zone_list']);
insert into allowed
select 'gatehouse_auditor', unnest(array[
    'condition_list', 'explain', 'explain_exchange', 'role_list', 'what_can',
    'who_can']);

select set_eq(
    format($$select p.proname from pg_proc p
             join pg_namespace n on n.oid = p.pronamespace
             where n.nspname like 'gatehouse%%'
               and has_schema_privilege(%1$L, n.oid, 'usage')
               and has_function_privilege(%1$L, p.oid, 'execute')$$, r.name),
    format('select function_name from allowed where role_name = %L', r.name),
    r.name || '_executes_exactly_its_list')
from (values ('gatehouse_gateway'), ('gatehouse_admin'),
             ('gatehouse_auditor')) r (name);
select set_eq(
    $$select p.proname from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'gatehouse'$$,
    $$select distinct function_name from allowed$$,
    'every_function_is_somebodys');
select is_empty(
    $$select p.oid::regprocedure from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('gatehouse_data', 'gatehouse_audit')
        and has_function_privilege('gatehouse_gateway', p.oid, 'execute')$$,
    'internal_functions_are_not_the_gateways');

select is_empty(
    format($$select c.oid::regclass from pg_class c
             join pg_namespace n on n.oid = c.relnamespace
             where n.nspname like 'gatehouse%%'
               and c.relkind in ('r', 'p', 'v', 'm')
               and (has_table_privilege(%1$L, c.oid, 'select, insert, update,'
                        ' delete, truncate, references, trigger')
                    or has_any_column_privilege(%1$L, c.oid,
                        'select, insert, update, references'))
               and not (%1$L = 'gatehouse_auditor'
                        and n.nspname = 'gatehouse_report')$$, r.name),
    r.name || '_has_no_right_on_any_table')
from (values ('gatehouse_gateway'), ('gatehouse_admin'),
             ('gatehouse_auditor')) r (name);
select is_empty(
    format($$select c.oid::regclass from pg_class c
             join pg_namespace n on n.oid = c.relnamespace
             where n.nspname like 'gatehouse%%' and c.relkind = 'S'
               and case when c.relkind = 'S' then has_sequence_privilege(
                   %1$L, c.oid, 'usage, select, update') end$$, r.name),
    r.name || '_has_no_right_on_any_sequence')
from (values ('gatehouse_gateway'), ('gatehouse_admin'),
             ('gatehouse_auditor')) r (name);
select is_empty(
    format($$select n.nspname from pg_namespace n
             where n.nspname like 'gatehouse%%'
               and has_schema_privilege(%1$L, n.oid, 'create')$$, r.name),
    r.name || '_creates_nothing')
from (values ('gatehouse_gateway'), ('gatehouse_admin'),
             ('gatehouse_auditor')) r (name);
select is_empty(
    $$select r.rolname from pg_roles r
      where r.rolname in ('gatehouse_owner', 'gatehouse_gateway',
                          'gatehouse_admin', 'gatehouse_auditor')
        and (r.rolsuper or r.rolcreaterole or r.rolcreatedb
             or r.rolreplication or r.rolbypassrls
             or r.rolcanlogin <> (r.rolname = 'gatehouse_gateway'))$$,
    'no_role_is_more_than_it_needs_and_only_the_gateway_signs_in');
select is_empty(
    $$select m.roleid::regrole || ' of ' || m.member::regrole
      from pg_auth_members m
      where m.member in (select oid from pg_roles
                         where rolname in ('gatehouse_gateway',
                                           'gatehouse_admin',
                                           'gatehouse_auditor'))$$,
    'no_role_is_member_of_another');

-- Tried.
select test.account('alice');
create temporary table relation as
select c.oid::regclass::text as name, n.nspname, r.role_name
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join (values ('gatehouse_gateway'), ('gatehouse_admin'),
                   ('gatehouse_auditor')) r (role_name)
where n.nspname in ('gatehouse_data', 'gatehouse_audit', 'gatehouse_report')
  and c.relkind in ('r', 'p', 'v');
grant select on relation to public;

create function pg_temp.tried(p_role text, p_statement text) returns text
language plpgsql as $$
begin
    perform set_config('role', p_role, true);
    begin
        execute p_statement;
    exception when others then
        perform set_config('role', 'none', true);
        return sqlstate;
    end;
    perform set_config('role', 'none', true);
    return 'done';
end $$;

select is(pg_temp.tried(r.role_name, format(s.statement, r.name)), '42501',
          format('%s may not %s', r.role_name, format(s.statement, r.name)))
from relation r
cross join (values ('select from %s'), ('delete from %s'),
                   ('insert into %s default values'),
                   ('truncate %s')) s (statement)
where r.nspname <> 'gatehouse_report'
order by r.role_name, r.name, s.statement;
select is(pg_temp.tried(r.role_name, format('select * from %s limit 1',
                                            r.name)),
          case r.role_name when 'gatehouse_auditor' then 'done'
                           else '42501' end,
          format('%s reads %s: only an auditor does', r.role_name, r.name))
from relation r
where r.nspname = 'gatehouse_report'
order by r.role_name, r.name;
select is(pg_temp.tried('gatehouse_gateway', s.statement), s.result, s.what)
from (values
    ('the_gateway_finds_a_session',
     $$select gatehouse.session_find('\x00')$$, 'done'),
    ('the_gateway_adds_no_account',
     $$select gatehouse.account_add('x', '', '', 'me')$$, '42501'),
    ('the_gateway_sets_no_password',
     $$select gatehouse.account_password('alice', '$x$y$zzzz', 'k', '\x', 'm')
     $$, '42501'),
    ('the_gateway_writes_no_event_but_its_own',
     $$select gatehouse.event_write('user_created', 'success', null, null,
        null, null, null, null, null, null, null, null, null, null, null)$$,
     'GH004'),
    ('the_gateway_does_not_append_by_itself',
     $$select gatehouse_audit.append('sys_startup', 'success')$$, '42501')
) s (what, statement, result);
select is(pg_temp.tried('gatehouse_admin', s.statement), s.result, s.what)
from (values
    ('an_administrator_lists_accounts',
     $$select * from gatehouse.account_list()$$, 'done'),
    ('an_administrator_gets_no_credential',
     $$select gatehouse.sign_in_reserve('alice', '\x', null, null, null,
                                     null)$$,
     '42501'),
    ('an_administrator_makes_no_session',
     $$select gatehouse.session_find('\x00')$$, '42501')
) s (what, statement, result);
select is(pg_temp.tried('gatehouse_auditor', s.statement), '42501', s.what)
from (values
    ('an_auditor_lists_no_accounts_by_function',
     $$select * from gatehouse.account_list()$$),
    ('an_auditor_ends_no_session',
     $$select gatehouse.sessions_end('alice', 'me')$$)
) s (what, statement);
set local session authorization gatehouse_gateway;
select throws_ok('set role gatehouse_owner', '42501', null,
                 'the_gateway_does_not_become_the_owner');
select throws_ok('set role gatehouse_admin', '42501', null,
                 'nor_an_administrator');
reset session authorization;

select * from finish();
rollback;
