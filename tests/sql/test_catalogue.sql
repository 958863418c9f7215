-- SPDX-License-Identifier: Apache-2.0
--
-- Lints over the catalogue: what every object of Gatehouse must have. Each
-- gives the offenders, so a red test says what to mend.

begin;
set local search_path = tap, public;

select no_plan();

create temporary view ours as
select n.oid, n.nspname
from pg_namespace n
where n.nspname in ('gatehouse', 'gatehouse_data', 'gatehouse_audit',
                    'gatehouse_report');

select is_empty(
    $$select p.oid::regprocedure::text from pg_proc p
      join ours n on n.oid = p.pronamespace
      where p.prosecdef
        and 'search_path=pg_catalog, pg_temp'
            <> all (coalesce(p.proconfig, '{}'))$$,
    'every_definer_is_pinned');
select is_empty(
    $$select p.oid::regprocedure::text from pg_proc p
      where p.pronamespace = 'gatehouse'::regnamespace
        and 'jit=off' <> all (coalesce(p.proconfig, '{}'))$$,
    'no_function_of_the_interface_is_compiled');
select is_empty(
    $$select c.oid::regclass::text from pg_class c
      join ours n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'is_only'
      where c.relkind = 'r' and c.reltuples <> 1$$,
    'the_planner_knows_which_tables_have_one_row');
select is_empty(
    $$select p.oid::regprocedure::text from pg_proc p
      join ours n on n.oid = p.pronamespace
      join pg_language l on l.oid = p.prolang
      where 'search_path=pg_catalog, pg_temp'
            <> all (coalesce(p.proconfig, '{}'))
        and p.prosqlbody is null$$,
    'so_is_every_other_function_whose_names_are_not_bound_at_creation');
select is_empty(
    $$select p.oid::regprocedure::text from pg_proc p
      join ours n on n.oid = p.pronamespace
      where n.nspname = 'gatehouse' and not p.prosecdef$$,
    'every_function_that_is_called_from_outside_is_a_definer');
select is_empty(
    $$select p.oid::regprocedure::text from pg_proc p
      join ours n on n.oid = p.pronamespace
      join pg_language l on l.oid = p.prolang
      where n.nspname = 'gatehouse' and l.lanname <> 'plpgsql'$$,
    'and_plpgsql_whose_plans_are_kept');
select is_empty(
    $$select p.oid::regprocedure::text from pg_proc p
      join ours n on n.oid = p.pronamespace,
      lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
      where a.grantee = 0$$,
    'no_function_is_executable_by_public');
set local role gatehouse_owner;
create function gatehouse_report.newborn() returns integer
language sql return 1;
create type gatehouse_report.newborn as (n integer);
reset role;
select is(has_function_privilege('gatehouse_gateway',
                                 'gatehouse_report.newborn()', 'execute'),
          false, 'nor_is_one_that_is_made_tomorrow');
select is(has_type_privilege('gatehouse_gateway', 'gatehouse_report.newborn',
                             'usage'),
          false, 'neither_a_type');
drop function gatehouse_report.newborn;
drop type gatehouse_report.newborn;
select is_empty(
    $$select n.nspname || ': ' || a.privilege_type
      from pg_namespace m join ours n on n.oid = m.oid,
      lateral aclexplode(coalesce(m.nspacl, acldefault('n', m.nspowner))) a
      where a.grantee = 0$$,
    'no_schema_is_open_to_public');
select is_empty(
    $$select c.oid::regclass::text
      from pg_class c join ours n on n.oid = c.relnamespace,
      lateral aclexplode(coalesce(c.relacl, acldefault(
          case c.relkind when 'S' then 's' else 'r' end::"char",
          c.relowner))) a
      where a.grantee <> c.relowner
        and not (n.nspname = 'gatehouse_report'
                 and a.grantee = 'gatehouse_auditor'::regrole
                 and a.privilege_type = 'SELECT')$$,
    'no_table_is_open_to_anybody_but_the_owner');
select is_empty(
    $$select c.oid::regclass::text from pg_class c
      join ours n on n.oid = c.relnamespace
      where c.relowner <> 'gatehouse_owner'::regrole
      union all
      select p.oid::regprocedure::text from pg_proc p
      join ours n on n.oid = p.pronamespace
      where p.proowner <> 'gatehouse_owner'::regrole
      union all
      select n.nspname::text from pg_namespace m join ours n on n.oid = m.oid
      where m.nspowner <> 'gatehouse_owner'::regrole$$,
    'the_owner_owns_all');
select is_empty(
    $$select n.nspname::text from ours n
      where obj_description(n.oid, 'pg_namespace') is null
      union all
      select c.oid::regclass::text from pg_class c
      join ours n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm')
        and obj_description(c.oid, 'pg_class') is null
      union all
      select c.oid::regclass || '.' || a.attname from pg_class c
      join ours n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid
      where c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0
        and not a.attisdropped
        and col_description(c.oid, a.attnum) is null
      union all
      select p.oid::regprocedure::text from pg_proc p
      join ours n on n.oid = p.pronamespace
      where obj_description(p.oid, 'pg_proc') is null
      union all
      select t.typname::text from pg_type t
      join ours n on n.oid = t.typnamespace
      left join pg_class c on c.oid = t.typrelid
      where (t.typtype in ('d', 'e', 'r') or c.relkind = 'c')
        and obj_description(t.oid, 'pg_type') is null
      union all
      select r.rolname::text from pg_roles r
      where r.rolname like 'gatehouse\_%'
        and r.rolname not like 'gatehouse\_test%'
        and shobj_description(r.oid, 'pg_authid') is null$$,
    'everything_has_a_comment');
select is_empty(
    $$select t.tgname || ' on ' || c.relname from pg_trigger t
      join pg_class c on c.oid = t.tgrelid
      join ours n on n.oid = c.relnamespace
      where not t.tgisinternal and not c.relispartition
        and obj_description(t.oid, 'pg_trigger') is null
      union all
      select i.relname::text from pg_class i
      join pg_index x on x.indexrelid = i.oid
      join pg_class c on c.oid = x.indrelid
      join ours n on n.oid = i.relnamespace
      where not c.relispartition
        and obj_description(i.oid, 'pg_class') is null
        and not exists (select from pg_constraint k where k.conindid = i.oid)$$,
    'also_triggers_and_indexes');
select is_empty(
    $$select t.tgname || ' on ' || c.relname from pg_trigger t
      join pg_class c on c.oid = t.tgrelid
      join ours n on n.oid = c.relnamespace
      where not t.tgisinternal and t.tgenabled <> 'A'$$,
    'every_trigger_fires_always');
select is_empty(
    $$select k.conname || ' on ' || c.relname from pg_constraint k
      join pg_class c on c.oid = k.conrelid
      join ours n on n.oid = c.relnamespace
      where not c.relispartition
        and (k.conname not like c.relname || '\_%'
             or k.conname ~ '_(check|pkey|fkey|excl|not_null)[0-9]*$')$$,
    'every_constraint_has_a_name_that_somebody_chose');
select is_empty(
    $$select c.relname || '.' || a.attname
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      join ours n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
        and a.atttypid in ('text'::regtype, 'bytea'::regtype,
                           'varchar'::regtype, 'jsonb'::regtype)
        and not exists (
            select from pg_constraint k
            where k.conrelid = c.oid and k.contype = 'c'
              and a.attnum = any (k.conkey)
              and (pg_get_constraintdef(k.oid) ~ 'char_length|octet_length'
                   or pg_get_constraintdef(k.oid) ~ '= ANY \(ARRAY\['
                   or pg_get_constraintdef(k.oid) ~ '\{\d+,\d+\}'
                   or pg_get_constraintdef(k.oid) ~ '\{0,63\}'))$$,
    'every_text_has_a_bound');
select is_empty(
    $$select c.relname || '.' || a.attname
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      join ours n on n.oid = c.relnamespace
      where a.atttypid = 'timestamp'::regtype and a.attnum > 0$$,
    'every_instant_has_a_time_zone');
select is_empty(
    $$select c.oid::regclass::text from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public'
      union all
      select p.oid::regprocedure::text from pg_proc p
      join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'public'$$,
    'nothing_is_in_public');
select is_empty(
    $$select c.relname || ': ' || string_agg(a.attname, ', ')
      from pg_index x
      join pg_class c on c.oid = x.indrelid
      join ours n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum = any (x.indkey)
      where (c.relname, a.attname) in (
          ('session', 'last_seen_at'), ('throttle', 'attempts'),
          ('throttle', 'attempted_at'), ('account', 'last_sign_in_at'))
      group by c.relname$$,
    'no_index_hinders_hot_updates');
select is_empty(
    $$select a.evtname::text from pg_event_trigger a$$,
    'no_event_trigger_is_needed');
select is(
    (select array_agg(name order by name) from gatehouse_audit.event_type
     where is_for_gateway
       and name ~ '^(authn_login|session|user|authz_change)'),
    null, 'events_of_sign_in_sessions_and_accounts_are_not_the_gateways');
select is_empty(
    $$select p.oid::regprocedure::text from pg_proc p
      join ours n on n.oid = p.pronamespace
      where p.prosrc ~* 'raise exception'
        and p.prosrc !~ 'errcode = ''GH00[1-4]'''$$,
    'every_error_has_a_stable_sqlstate');
-- Whoever runs a view must be allowed the functions in it.
select is_empty(
    $$select distinct p.oid::regprocedure::text
      from pg_depend d
      join pg_rewrite r on r.oid = d.objid
      join pg_class c on c.oid = r.ev_class
      join ours n on n.oid = c.relnamespace
      join pg_proc p on p.oid = d.refobjid
      where d.classid = 'pg_rewrite'::regclass
        and d.refclassid = 'pg_proc'::regclass
        and n.nspname = 'gatehouse_report'
        and not has_function_privilege('gatehouse_auditor', p.oid, 'execute')$$,
    'an_auditor_may_execute_what_the_views_call');
select is((select count(*) from gatehouse_data.migration),
          (select max(version)::bigint from gatehouse_data.migration),
          'migrations_are_numbered_without_gaps');

-- What was answered is on the disk, whatever the database is set to.
set local synchronous_commit = off;
select gatehouse_data.act('access_write');
select is(current_setting('synchronous_commit'), 'off',
          'an_access_may_be_lost');
select gatehouse_data.act('session_end');
select is(current_setting('synchronous_commit'), 'on',
          'the_end_of_a_session_may_not');
select gatehouse_data.act('');

select * from finish();
rollback;
