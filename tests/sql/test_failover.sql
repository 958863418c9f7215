-- SPDX-License-Identifier: Apache-2.0
--
-- Failover: a server that is not the one in which sessions were confirmed
-- finds nobody until it is confirmed, and that ends all sessions, or keeps
-- them where that was said. The server is the same all along: what is
-- remembered of it is set back.

begin;
set local search_path = tap, public;

select no_plan();

select test.account(n) from unnest(array['alice', 'bob']) n;

-- As if another server had written what is there, before that one began.
create function pg_temp.elsewhere(p_system bigint default 0,
                                  p_timeline integer default -1)
returns void language plpgsql as $$
begin
    perform set_config('gatehouse.act', 'server_confirm', true);
    update gatehouse_data.server_state
    set system_identifier = system_identifier + p_system,
        timeline = timeline + p_timeline;
    perform set_config('gatehouse.act', '', true);
end
$$;
-- The transaction ends: what was deferred is looked at.
create function pg_temp.commit() returns void language plpgsql as $$
begin
    set constraints all immediate;
    set constraints all deferred;
    update gatehouse_data.policy_state set transaction = '0';
end
$$;

select is(gatehouse.server_confirm(), 'confirmed',
          'the_server_that_installs_is_confirmed');
select is((select s.timeline from gatehouse_data.server_state s),
          (select c.timeline_id from pg_control_checkpoint() c),
          'and_its_timeline_is_the_one_of_pg_control');
select is((select n.timeline from gatehouse_data.server_now() n),
          (select s.timeline from gatehouse_data.server_state s),
          'which_it_writes_now');

-- Nobody is found, and then everybody is over.
update gatehouse_data.policy_state set rights_change_confirm = 1;
select test.sign_in('alice', 'a1'), test.sign_in('alice', 'a2'),
       test.sign_in('bob', 'b1');
select pg_temp.commit();
select test.events();
select version as v from gatehouse.policy_state() \gset
select pg_temp.elsewhere();
select throws_ok(
    $$select from gatehouse.session_find(test.key('a1'))$$, 'GH004',
    'this server is not confirmed',
    'PGX-007 on_another_timeline_nobody_is_found');
select is(gatehouse.server_confirm(), 'ended',
          'PGX-007 it_is_confirmed_by_ending_sessions');
select lives_ok('select pg_temp.commit()',
                'however_many_without_being_given_their_number');
select is(test.state(t), 'failover', 'PGX-007 ' || t || '_is_over')
from unnest(array['a1', 'a2', 'b1']) t;
select is((select state from gatehouse.session_list('bob')), 'failover',
          'administrators_read_it');
select is(test.events(), 'database_failover(sessions_ended)',
          'which_is_told_once');
select results_eq(
    $$select actor = session_user, detail -> 'timeline' = to_jsonb(n.timeline),
             (detail ->> 'timeline_before')::integer - n.timeline,
             detail ? 'last_event_id'
      from test.event('database_failover'), gatehouse_data.server_now() n$$,
    $$values (true, true, -1, true)$$,
    'with_what_it_was_before');
select is((select version from gatehouse.policy_state()) - :v, 1000000::bigint,
          'versions_that_were_lost_do_not_come_again');
select is(gatehouse.server_confirm(), 'confirmed',
          'the_next_gateway_finds_it_done');
select is((select sessions_ended from gatehouse.maintain('n')), 3,
          'the_upkeep_marks_them');
select is(test.events(), rtrim(repeat('session_expired(failover) ', 3)),
          'each_with_an_event_that_says_why');
select lives_ok($$select test.sign_in('alice', 'a3')$$, 'alice_signs_in_again');
select is(test.state('a3'), 'live', 'and_is_in');

-- Whatever the timeline was before, also a later one, and also when it is not
-- known at all: a copy of another history.
select pg_temp.elsewhere(0, 7);
select is(gatehouse.server_confirm(), 'ended', 'a_timeline_that_goes_back');
select pg_temp.commit();
select is(test.state('a3'), 'failover', 'ends_sessions');
select test.sign_in('alice', 'a4');
select set_config('gatehouse.act', 'server_confirm', true);
delete from gatehouse_data.server_state;
select set_config('gatehouse.act', '', true);
select throws_ok(
    $$select from gatehouse.session_find(test.key('a4'))$$, 'GH004', null,
    'without_a_row_nobody_is_found');
select is(gatehouse.server_confirm(), 'ended', 'nothing_is_known_of_before');
select pg_temp.commit();
select is(test.state('a4'), 'failover', 'which_ends_sessions_too');

-- A standby that has heard of everything.
select test.sign_in('alice', 'a5');
select test.events();
update gatehouse_data.server_state set failover = 'keep';
select is(test.events(), 'sensitive_update(by_hand)',
          'who_keeps_sessions_is_told_of');
select version as v from gatehouse.policy_state() \gset
select pg_temp.elsewhere();
select throws_ok(
    $$select from gatehouse.session_find(test.key('a5'))$$, 'GH004', null,
    'also_then_it_is_confirmed_first');
select is(gatehouse.server_confirm(), 'kept', 'sessions_are_kept');
select is(test.state('a5'), 'live', 'and_live');
select is(test.events(), 'database_failover(sessions_kept)', 'that_is_told');
select is((select version from gatehouse.policy_state()), :v::bigint,
          'nothing_was_lost');
select pg_temp.elsewhere(1, 0);
select is(gatehouse.server_confirm(), 'ended',
          'another_cluster_is_no_standby_of_it');
select pg_temp.commit();
select is(test.state('a5'), 'failover', 'and_ends_them');
select is((select failover from gatehouse_data.server_state), 'keep',
          'the_setting_stays');

-- db restored is a confirmation, too.
select test.sign_in('alice', 'a6');
select pg_temp.elsewhere();
select is(gatehouse.database_restored('root'), 1, 'a_restore_ends_sessions');
select is(gatehouse.server_confirm(), 'confirmed',
          'and_the_server_is_known_then');

-- Nobody does it by hand.
select throws_ok(s.sql, 'GH004',
                 'which server was confirmed is not changed by hand',
                 'by hand: ' || s.sql)
from unnest(array[
    'update gatehouse_data.server_state set timeline = 9',
    'update gatehouse_data.server_state set system_identifier = 9',
    'update gatehouse_data.server_state set ended_version = 0',
    'delete from gatehouse_data.server_state',
    'truncate gatehouse_data.server_state']) s (sql);
select throws_ok(
    $$update gatehouse_data.server_state set failover = 'maybe'$$, '23514',
    null, 'end_or_keep');

select * from finish();
rollback;
