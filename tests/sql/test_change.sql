-- SPDX-License-Identifier: Apache-2.0
--
-- The change feed: every way in which a session or an account can change is
-- in it, being seen is not, and nobody cuts it off unnoticed. What
-- is committed in another order than it began is in concurrency.py.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob');
select test.sign_in('alice', 's1');
select test.sign_in('alice', 's2');

create function test.session_id(p_token text) returns bigint language sql as
'select session_id from gatehouse_data.session where token_hash = test.key(p_token)';
-- What was written since this was last asked.
create function test.changes() returns text[] language plpgsql as $$
declare
    v_last constant bigint :=
        coalesce(nullif(current_setting('test.change', true), ''), '0');
    v_changes text[];
begin
    select coalesce(array_agg(distinct
               relation || case
                   when row_id is null then ''
                   when relation = 'account' then
                       coalesce(' ' || (select a.name
                                        from gatehouse_data.account a
                                        where a.account_id = row_id), ' gone')
                   when row_id = test.session_id('s1') then ' s1'
                   when row_id = test.session_id('s2') then ' s2'
                   else ' gone' end), '{}')
    into v_changes
    from gatehouse_data.change
    where change_id > v_last;
    perform set_config('test.change',
                       (select coalesce(max(change_id), 0)::text
                        from gatehouse_data.change), true);
    return v_changes;
end
$$;
select test.changes();

-- What is no change.
select test.age('s1', '5 min');
select test.changes();
select gatehouse.session_seen(array[test.session_id('s1')],
                              array[clock_timestamp()]);
select is(test.changes(), '{}', 'being_seen_is_no_change');
select test.sign_in('bob', 's3');
select is(test.changes(), '{}', 'neither_is_a_session_that_begins');
select test.reserve('alice'), test.fail('alice', 'wrong');
select is(test.changes(), '{}', 'nor_a_failed_sign_in');
update gatehouse_data.account set name = name, status = status;
select is(test.changes(), '{}', 'nor_an_update_to_the_same');

-- What is, in whatever way it is made.
select test.finish('s1');
select is(test.changes(), '{session s1}', 'signing_out_is');
update gatehouse_data.session set last_seen_at = last_seen_at + interval '2 s'
where token_hash = test.key('s2');
select is(test.changes(), '{}', 'being_seen_later_by_hand_is_not');
update gatehouse_data.session set last_seen_at = last_seen_at - interval '1 s'
where token_hash = test.key('s2');
select is(test.changes(), '{session s2}', 'so_is_being_seen_taken_back');
update gatehouse_data.session set level = 2 where token_hash = test.key('s2');
select is(test.changes(), '{session s2}', 'another_level');
update gatehouse_data.session set idle = '2 min'
where token_hash = test.key('s2');
select is(test.changes(), '{session s2}', 'another_limit');
update gatehouse_data.session
set previous_token_hash = test.key('before s2'),
    previous_binding = test.key('its binding'),
    previous_until = now() + interval '1 minute'
where token_hash = test.key('s2');
select is(test.changes(), '{session s2}', 'another_token_before');
update gatehouse_data.session set previous_until = now()
where token_hash = test.key('s2');
select is(test.changes(), '{session s2}', 'and_how_long_that_is_good');
update gatehouse_data.account set display_name = 'Alice B.'
where name = 'alice';
select is(test.changes(), '{account alice}', 'another_display_name');
update gatehouse_data.account set status = 'disabled' where name = 'alice';
select is(test.changes(), '{"account alice","session s2"}',
          'a_status_set_by_hand');
set local session_replication_role = replica;
update gatehouse_data.account set status = 'locked' where name = 'bob';
delete from gatehouse_data.session where token_hash = test.key('s1');
select is(test.changes(), '{"account bob","session gone"}',
          'also_where_ordinary_triggers_rest');
set local session_replication_role = origin;
delete from gatehouse_data.account where name = 'bob';
select is(test.changes(), '{"account gone","session gone"}',
          'an_account_that_goes');
truncate gatehouse_data.session cascade;
select is(test.changes(), '{everything}', 'an_emptied_table');

-- Following. Within its own transaction everything is new.
create function test.snapshot(p_of text) returns text language sql as
$$select p_of || substring(snapshot from '/.*') from gatehouse.follow(null)$$;
select results_eq(
    $$select is_complete, relations, row_ids,
             snapshot like pg_current_snapshot() || '/%',
             now between now() and clock_timestamp(),
             policy_version = (select version from gatehouse.policy_state())
      from gatehouse.follow(null)$$,
    $$values (false, '{}'::bigint[], '{}'::bigint[], true, true, true)$$,
    'who_follows_first_begins_anew');
select results_eq(
    $$select f.is_complete, f.relations[1:3], f.row_ids[1:3],
             cardinality(f.relations), cardinality(f.row_ids)
      from gatehouse.follow(test.snapshot(pg_current_snapshot()::text)) f$$,
    $$select true, array_agg(case relation when 'session' then 1::bigint
                                           when 'account' then 2
                                           else 0 end order by change_id)
                  filter (where n <= 3),
             array_agg(coalesce(row_id, 0) order by change_id)
                  filter (where n <= 3), count(*)::integer, count(*)::integer
      from (select *, row_number() over (order by change_id) n
            from gatehouse_data.change) c$$,
    'and_then_hears_of_all_changes');
select is(
    (select is_complete from gatehouse.follow(
        test.snapshot(format('%s:%s:', x, x))))
    , false, 'a_snapshot_from_the_future_is_none')
from (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000000
      as x) s;
select results_eq(
    $$select is_complete, relations
      from unnest(array['', '/', '/1', '/1795430000.123456']) s,
           gatehouse.follow(pg_current_snapshot() || s)$$,
    $$select false, '{}'::bigint[] from generate_series(1, 4)$$,
    'neither_is_one_of_another_server');
-- A crash of one process loses the statistics, and may lose numbers.
select test.snapshot(pg_current_snapshot()::text) as before_crash \gset
select pg_stat_reset_shared('bgwriter'), pg_stat_clear_snapshot();
select results_eq(
    format($$select is_complete, row_ids from gatehouse.follow(%L)$$,
           :'before_crash'),
    $$values (false, '{}'::bigint[])$$, 'nor_one_from_before_a_crash');
select throws_ok($$select gatehouse.follow('1:2:3:4')$$, '22P02', null,
                 'a_malformed_one_is_an_error');
insert into gatehouse_data.change (relation, row_id)
select 'session', n from generate_series(1, 10001) n;
select results_eq(
    $$select is_complete, relations, row_ids
      from gatehouse.follow(test.snapshot(pg_current_snapshot()::text))$$,
    $$values (false, '{}'::bigint[], '{}'::bigint[])$$,
    'more_than_10000_changes_are_everything');

-- The old end.
update gatehouse_data.change_state set pruned = '3';
select is((select is_complete from gatehouse.follow(test.snapshot('3:4:'))),
          false,
          'who_has_not_looked_since_the_cut_begins_anew');
select throws_ok('delete from gatehouse_data.change', 'GH004', null,
                 'the_feed_is_not_deleted_by_hand');
select throws_ok('update gatehouse_data.change set row_id = 1', 'GH004', null,
                 'nor_changed');
select throws_ok('truncate gatehouse_data.change', 'GH004', null,
                 'nor_emptied');
set local session_replication_role = replica;
select throws_ok('delete from gatehouse_data.change', 'GH004', null,
                 'nor_where_ordinary_triggers_rest');
set local session_replication_role = origin;
select throws_ok(
    $$insert into gatehouse_data.change (relation) values ('session')$$,
    '23514', null, 'a_change_is_of_something');

select * from finish();
rollback;
