-- SPDX-License-Identifier: Apache-2.0
--
-- Guards: the list is what there is, each way of switching one off is seen
-- and told once, and so is that it is back (AUDIT-013).

begin;
set local search_path = tap, public;
set local client_min_messages = warning;

select no_plan();

-- What the look finds, and what the trail has of it.
create function pg_temp.look(out off_now text, out on_again text,
                             out n_off integer)
language sql as $$
select m.guards_off_now, m.guards_on_again, m.guards_off
from gatehouse.maintain('node1') m
$$;
create function pg_temp.told() returns setof text
language sql as $$
with gone as (
    select e.event, e.reason, e.node, e.detail, e.event_id
    from gatehouse_audit.event e
    where e.event like 'sys_monitor%'
      and e.event_id > coalesce(
          nullif(current_setting('test.told', true), '')::bigint, 0)
),
seen as (
    select set_config('test.told', max(event_id)::text, true) from gone
)
select concat_ws(' ', substr(g.event, 13), g.reason, g.detail ->> 'table',
                 g.detail ->> 'trigger')
from gone g, seen
where g.node = 'node1'
order by g.event_id
$$;

select is_empty(
    $$select relation, guard, state from gatehouse_report.guards
      where state = 'foreign'$$,
    'every_trigger_is_in_the_list_of_api_90_guard');
select is_empty(
    $$select relation, guard, state from gatehouse_report.guards
      where state <> 'on'$$,
    'and_every_one_of_the_list_is_on');
select is_empty(
    $$select g.relation, g.guard from gatehouse_data.guard g
      where g.fingerprint is null$$,
    'and_what_it_does_is_known');
select is((select count(*) from gatehouse_data.guard),
          (select count(*) from pg_trigger t
           join pg_class c on c.oid = t.tgrelid
           join pg_namespace n on n.oid = c.relnamespace
           where n.nspname in ('gatehouse_data', 'gatehouse_audit')
             and not t.tgisinternal and not c.relispartition),
          'neither_is_longer_than_the_other');
select results_eq($$select * from pg_temp.look()$$,
                  $$values (null::text, null::text, 0)$$,
                  'all_is_well');
select is_empty($$select pg_temp.told()$$, 'which_is_not_told');
set local role gatehouse_auditor;
select is_empty($$select from gatehouse_report.guards where not is_on$$,
                'an_auditor_may_look');
reset role;

-- Each way to switch one off: seen, told once, and once more when it is back.
create function pg_temp.breaks(p_how text, p_state text, p_mend text,
                               p_guard text)
returns setof text language plpgsql as $$
begin
    execute p_how;
    return next is((select n_off from pg_temp.look()), 1, p_how);
    return next set_eq('select pg_temp.told()',
        array[concat_ws(' ', 'disabled', p_state, p_guard)], 'and is told');
    return next is((select off_now from pg_temp.look()), null,
                   'once');
    return next is_empty('select pg_temp.told()', 'and only once');
    return next is((select string_agg(g.state, ' ')
                    from gatehouse_report.guards g where not g.is_on),
                   p_state, 'the report has it, too');
    execute p_mend;
    return next is((select on_again from pg_temp.look()), p_guard,
                   'that it is back');
    return next set_eq('select pg_temp.told()',
        array[concat_ws(' ', 'enabled on', p_guard)], 'is told as well');
    return next is_empty('select from gatehouse_report.guards where not is_on',
                         'and all are on');
end
$$;
select pg_temp.breaks(
    'alter table gatehouse_data.session disable trigger session_end_is_final',
    'off', 'alter table gatehouse_data.session enable always trigger '
    'session_end_is_final', 'gatehouse_data.session session_end_is_final');
select pg_temp.breaks(
    'alter table gatehouse_data.session enable trigger session_end_is_final',
    'off', 'alter table gatehouse_data.session enable always trigger '
    'session_end_is_final', 'gatehouse_data.session session_end_is_final');
select pg_temp.breaks(
    'alter table gatehouse_data.session enable replica trigger '
    'session_end_is_final',
    'off', 'alter table gatehouse_data.session enable always trigger '
    'session_end_is_final', 'gatehouse_data.session session_end_is_final');
select pg_temp.breaks(
    'drop trigger account_version_no_truncate '
    'on gatehouse_data.account_version',
    'missing',
    'create trigger account_version_no_truncate before truncate '
    'on gatehouse_data.account_version for each statement '
    'execute function gatehouse_audit.refuse_change(); '
    'alter table gatehouse_data.account_version '
    'enable always trigger account_version_no_truncate',
    'gatehouse_data.account_version account_version_no_truncate');
select pg_temp.breaks(
    'create or replace trigger account_version_no_truncate before truncate '
    'on gatehouse_data.account_version for each statement when (false) '
    'execute function gatehouse_audit.refuse_change(); '
    'alter table gatehouse_data.account_version '
    'enable always trigger account_version_no_truncate',
    'changed',
    'create or replace trigger account_version_no_truncate before truncate '
    'on gatehouse_data.account_version for each statement '
    'execute function gatehouse_audit.refuse_change(); '
    'alter table gatehouse_data.account_version '
    'enable always trigger account_version_no_truncate',
    'gatehouse_data.account_version account_version_no_truncate');
select pg_temp.breaks(
    'create trigger swallow before insert on gatehouse_data.throttle '
    'for each row execute function gatehouse_audit.refuse_change(); '
    'alter table gatehouse_data.throttle enable always trigger swallow',
    'foreign', 'drop trigger swallow on gatehouse_data.throttle',
    'gatehouse_data.throttle swallow');
select pg_temp.breaks(
    'create rule swallow as on delete to gatehouse_data.session '
    'do instead nothing',
    'foreign', 'drop rule swallow on gatehouse_data.session',
    'gatehouse_data.session rule swallow');
select pg_temp.breaks(
    'alter table gatehouse_data.session enable row level security',
    'foreign', 'alter table gatehouse_data.session '
    'disable row level security', 'gatehouse_data.session row security');
select pg_temp.breaks(
    'create policy ' || repeat('p', 63) || ' on gatehouse_data.session',
    'foreign', 'drop policy ' || repeat('p', 63)
    || ' on gatehouse_data.session',
    'gatehouse_data.session ' || left('policy ' || repeat('p', 63), 63));

-- A function that does nothing any more is no guard.
create temporary table kept as
select pg_get_functiondef('gatehouse_data.session_refuse_revival'::regproc)
    as definition;
create or replace function gatehouse_data.session_refuse_revival()
returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$ begin return new; end $$;
select is((select off_now from pg_temp.look()),
          'gatehouse_data.session session_end_is_final changed',
          'so_is_one_whose_function_was_replaced');
do $$ begin execute (select definition from kept); end $$;
select is((select on_again from pg_temp.look()),
          'gatehouse_data.session session_end_is_final',
          'until_it_is_as_it_was');
select lives_ok('select pg_temp.told()', 'all_that_is_told');

-- The trail's tables, with all partitions, at once.
alter table gatehouse_audit.access disable trigger all;
select set_eq(
    $$select state || ' ' || guard from gatehouse_report.guards
      where not is_on and relation !~ '[0-9]'$$,
    $$values ('off access_append_only'), ('off access_no_truncate')$$,
    'both_guards_of_the_trail');
select cmp_ok((select n_off from pg_temp.look()), '>=', 6,
              'and_those_of_the_partitions');
select is((select count(*) from pg_temp.told()),
          (select count(*) from gatehouse_report.guards where not is_on),
          'a_row_for_each');
do $$ begin
    execute format('drop table gatehouse_audit.%I',
                   gatehouse_audit.partition_name('access', now()));
end $$;
select matches((select on_again from pg_temp.look()),
               '^gatehouse_audit.access_20[0-9_]{5} access_append_only$',
               'a_month_that_goes_takes_its_guard_along');
alter table gatehouse_audit.access
    enable always trigger access_append_only,
    enable always trigger access_no_truncate;
select is((select n_off from pg_temp.look()), 0, 'and_all_are_back');
select lives_ok('select pg_temp.told()', 'and_told');

do $$ begin
    execute format('alter table gatehouse_audit.event detach partition '
                   'gatehouse_audit.%1$I; alter table gatehouse_audit.%1$I '
                   'rename to put_away',
                   gatehouse_audit.partition_name('event',
                                                  now() + interval '80 days'));
end $$;
select is((select off_now from pg_temp.look()), null,
          'a_month_that_is_put_away_is_no_stranger');

-- Who changes what is known is told of himself.
create temporary table struck as
select * from gatehouse_data.guard where guard = 'session_end_is_final';
select test.events();
do $$ begin
    delete from gatehouse_data.guard where guard = 'session_end_is_final';
    insert into gatehouse_data.guard_off (relation, guard, state)
    values ('gatehouse_audit.event', 'event_append_only', 'off');
end $$;
select is(test.events(), 'sensitive_delete(by_hand) sensitive_create(by_hand)',
          'striking_a_guard_from_the_list_is_a_change_by_hand');
select is((select off_now from pg_temp.look()),
          'gatehouse_data.session session_end_is_final foreign',
          'and_the_guard_is_nobody_s_then');
insert into gatehouse_data.guard select * from struck;

-- policy_check says it in words.
alter table gatehouse_data.session disable trigger session_end_is_final;
drop trigger session_by_hand on gatehouse_data.session;
create trigger swallow before insert on gatehouse_data.throttle
    for each row execute function gatehouse_audit.refuse_change();
alter table gatehouse_data.throttle enable always trigger swallow;
create or replace trigger account_version_no_truncate before truncate
    on gatehouse_data.account_version for each statement when (false)
    execute function gatehouse_audit.refuse_change();
alter table gatehouse_data.account_version
    enable always trigger account_version_no_truncate;
create rule swallow as on delete to gatehouse_data.session do instead nothing;
select set_eq(
    $$select finding from gatehouse.policy_check() where code = 'guard_off'$$,
    array['the trigger session_end_is_final is off',
          'the trigger session_by_hand is missing',
          'nothing of Gatehouse made the trigger swallow',
          'nothing of Gatehouse made the rule swallow',
          'the trigger account_version_no_truncate, or its function, is not '
          'what Gatehouse made'],
    'policy_check_has_words_for_each');

select * from finish();
rollback;
