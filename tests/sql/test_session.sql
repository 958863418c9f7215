-- SPDX-License-Identifier: Apache-2.0
--
-- Sessions: their states by time, activity, ends, uses after the end, and the
-- sweep. Time is given where the function takes it, else rows are moved.

begin;
set local search_path = tap, public;

select no_plan();

-- The judge.
select is(gatehouse_data.session_state(
              s.ended, s.status, '2026-03-01 12:00Z', s.seen::timestamptz,
              s.idle, s.absolute, s.turns::timestamptz, s.now::timestamptz),
          s.state, s.what)
from (values
    ('a_session_lives', null, 'active', '2026-03-01 12:10Z',
     interval '30 min', interval '12 h', null, '2026-03-01 12:39:59Z', 'live'),
    ('it_is_idle_at_the_instant', null, 'active', '2026-03-01 12:10Z',
     '30 min', '12 h', null, '2026-03-01 12:40Z', 'idle'),
    ('it_lives_to_the_absolute_limit', null, 'active',
     '2026-03-01 23:59:58Z', '30 min', '12 h', null, '2026-03-01 23:59:59Z',
     'live'),
    ('HIJ-005 and_no_longer', null, 'active', '2026-03-01 23:59:58Z',
     '30 min', '12 h', null, '2026-03-02 00:00Z', 'absolute'),
    ('of_two_limits_the_first_counts_idle', null, 'active',
     '2026-03-01 12:10Z', '30 min', '12 h', null, '2026-03-03 00:00Z', 'idle'),
    ('of_two_limits_the_first_counts_absolute', null, 'active',
     '2026-03-01 23:59Z', '30 min', '12 h', null, '2026-03-03 00:00Z',
     'absolute'),
    ('a_disabled_account_has_no_live_session', null, 'disabled',
     '2026-03-01 12:10Z', '30 min', '12 h', null, '2026-03-01 12:11Z',
     'disabled'),
    ('nor_a_locked_one', null, 'locked', '2026-03-01 12:10Z', '30 min',
     '12 h', null, '2026-03-01 12:11Z', 'disabled'),
    ('nor_one_without_a_status', null, null, '2026-03-01 12:10Z', '30 min',
     '12 h', null, '2026-03-01 12:11Z', 'disabled'),
    ('what_has_ended_keeps_its_reason', 'logout', 'disabled',
     '2026-03-01 12:10Z', '30 min', '12 h', null, '2026-03-05 12:11Z',
     'logout'),
    ('null_is_not_live', null, 'active', '2026-03-01 12:10Z', null, '12 h',
     null, '2026-03-01 12:11Z', 'revoked'),
    ('it_lives_until_its_rights_change', null, 'active', '2026-03-01 12:10Z',
     '30 min', '12 h', '2026-03-01 12:12Z', '2026-03-01 12:11:59Z', 'live'),
    ('and_no_longer', null, 'active', '2026-03-01 12:10Z', '30 min', '12 h',
     '2026-03-01 12:12Z', '2026-03-01 12:12Z', 'rights_changed'),
    ('also_later', null, 'active', '2026-03-01 12:10Z', '30 min', '12 h',
     '2026-03-01 12:12Z', '2026-03-05 00:00Z', 'rights_changed'),
    ('but_idle_before_is_idle', null, 'active', '2026-03-01 12:10Z',
     '30 min', '12 h', '2026-03-01 12:41Z', '2026-03-01 12:50Z', 'idle'),
    ('and_absolute_before_is_absolute', null, 'active', '2026-03-01 23:59Z',
     '30 min', '12 h', '2026-03-02 00:10Z', '2026-03-02 00:10Z',
     'absolute'),
    ('a_disabled_account_comes_first', null, 'disabled',
     '2026-03-01 12:10Z', '30 min', '12 h', '2026-03-01 12:11Z',
     '2026-03-01 12:12Z', 'disabled')
) s (what, ended, status, seen, idle, absolute, turns, now, state);

select is(gatehouse_data.session_state(
              null, 'active', '2026-03-01 12:00Z', '2026-03-01 12:10Z',
              '30 min', '12 h', s.turns::timestamptz, '2026-03-01 12:12Z',
              true),
          s.state, 'after_a_failover: ' || s.state)
from (values ('2026-03-01 12:12Z', 'failover'), (null, 'live'),
             ('2026-03-01 12:13Z', 'live')) s (turns, state);

select test.account('alice'), test.account('bob');
select test.sign_in('alice', 's1');
select test.events();

-- Finding.
select results_eq(
    $$select reference, binding, account_name, display_name, email, state,
             idle_left between 1799 and 1800,
             absolute_left between 43199 and 43200, level,
             created_at = authenticated_at and created_at = last_seen_at
      from gatehouse.session_find(test.key('s1'))$$,
    $$values (test.ref('s1'), test.key('binding of s1'), 'alice', 'Alice',
              'alice@example.org', 'live', true, true, 1::smallint, true)$$,
    'a_session_is_found_by_its_hash');
select is_empty($$select from gatehouse.session_find(test.key('other'))$$,
                'another_hash_finds_none');
select is_empty($$select from gatehouse.session_find(null)$$,
                'neither_does_null');
select is((select provolatile from pg_proc where proname = 'session_find'),
          's', 'finding_writes_nothing');

-- Activity.
create function pg_temp.seen(p_token text, p_ago interval) returns integer
language sql as $$
select gatehouse.session_seen(
    array(select session_id from gatehouse_data.session
          where token_hash = test.key(p_token)),
    array[clock_timestamp() - p_ago])
$$;
select is(pg_temp.seen('s1', '0'), 0, 'within_a_minute_nothing_is_written');
select test.age('s1', '10 minutes');
select is(pg_temp.seen('s1', '9 min 30 s'), 0,
          'a_minute_counts_from_the_last_activity');
select is(pg_temp.seen('s1', '5 minutes'), 1, 'after_it_the_activity_is');
select is(pg_temp.seen('s1', '8 minutes'), 0, 'time_never_goes_back');
select is(pg_temp.seen('s1', '-1 hour'), 1,
          'a_clock_that_is_ahead_is_not_believed');
select cmp_ok((select last_seen_at from gatehouse_data.session
               where token_hash = test.key('s1')), '<=', clock_timestamp(),
              'activity_is_never_later_than_now');
select is((select coalesce(sum(n), 0) from (select gatehouse.session_seen(
              array_agg(session_id) || array_agg(session_id)
              || array[0::bigint],
              array[now(), now(), now()]) from gatehouse_data.session
              where token_hash = test.key('s1')) x (n)), 0::bigint,
          'one_session_twice_and_one_that_is_not_there_do_no_harm');
select test.age('s1', '31 minutes');
select is(pg_temp.seen('s1', '0'), 0, 'RACE-011 idle_sessions_do_not_revive');
select is(test.state('s1'), 'idle', 'RACE-011 and_stay_idle');
select throws_ok($$select gatehouse.session_seen(array[1, 2]::bigint[],
                   array[now()])$$, 'GH003', null,
                 'arrays_have_one_length');
select throws_ok($$select gatehouse.session_seen(null, null)$$, 'GH003',
                 null, 'and_are_there');
select throws_ok(
    $$select gatehouse.session_seen(array_fill(1::bigint, array[10001]),
      array_fill(now(), array[10001]))$$, 'GH003', null, 'and_are_bounded');
select is(test.events(), null, 'activity_is_no_event');

-- Uses after the end.
select is(test.dead_use('s1'), 'idle', 'a_dead_token_gives_its_state');
select is(test.events(), 'session_expired(idle)',
          'HIJ-004 the_first_use_of_a_session_that_ran_out_ends_it');
select is((select ended_at = last_seen_at + idle from gatehouse_data.session
           where token_hash = test.key('s1')), true,
          'at_the_instant_at_which_it_ran_out');
select is(test.dead_use('s1'), 'idle', 'the_next_use');
select is(test.events(), 'session_use_after_expire(idle)', 'is_told');
select results_eq(
    $$select client, outcome, session, account
      from test.event('session_use_after_expire')$$,
    $$values ('192.0.2.9'::inet, 'denied', test.ref('s1'), 'alice')$$,
    'with_who_used_it');
select is(test.dead_use('s1') || coalesce(test.events(), ''), 'idle',
          'but_once_a_minute');
select test.age('s1', '61 seconds');
select is(test.dead_use('s1') || ' ' || test.events(),
          'idle session_use_after_expire(idle)', 'and_then_again');
select is(test.dead_use('nothing'), null, 'a_token_of_nothing_is_null');
select test.sign_in('alice', 's2');
select test.events();
select is(test.dead_use('s2') || coalesce(test.events(), ''), 'live',
          'a_live_one_is_left_alone');

-- Ends.
select is(test.finish('s2'), true, 'LOGOUT-001 a_live_session_is_ended');
select is(test.state('s2'), 'logout', 'LOGOUT-001 by_logout');
select is(test.events(), 'session_logout(logout)', 'LOGOUT-001 with_an_event');
select is((test.event('session_logout')).detail ? 'ended_at', true,
          'LOGOUT-001 that_says_when');
select is(test.finish('s2'), false, 'LOGOUT-003 ending_twice');
select is(test.events(), null, 'LOGOUT-003 is_one_event');
select is((select e.ended_at from gatehouse.session_end(
              test.key('s2'), 'logout', null, null, null, null, null) e),
          (select ended_at from gatehouse_data.session
           where token_hash = test.key('s2')),
          'LOGOUT-003 and_one_instant');
select is(test.dead_use('s2') || ' ' || test.events(),
          'logout session_use_after_expire(logout)',
          'HIJ-003 a_use_after_logout_is_told');
select is_empty($$select from gatehouse.session_end(test.key('none'),
                  'logout', null, null, null, null, null)$$,
                'what_is_not_there_cannot_be_ended');
select test.sign_in('alice', 's3'), test.age('s3', '13 hours');
select test.events();
select is(test.finish('s3'), false, 'ending_what_had_run_out');
select is(test.state('s3') || ' ' || test.events(),
          'idle session_expired(idle)', 'marks_it_so');
select test.sign_in('alice', 's4');
select test.events();
select is(test.finish('s4', 'revoked'), true, 'a_session_can_be_revoked');
select is(test.events(), 'session_expired(revoked)', 'which_is_no_logout');
select throws_ok(
    format('select test.finish(%L, %L)', 's4', r), 'GH003', null,
    'no_session_ends_by_' || coalesce(r, 'null'))
from unnest(array['idle', 'disabled', 'x', null]) r;

-- Constraints that tie columns together.
select throws_ok(
    format('update gatehouse_data.session set %s where token_hash = %L', c.set,
           test.key('s4')), '23514', null, 'a_session_cannot_have_' || c.what)
from (values
    ('an_end_without_a_reason', 'end_reason = null'),
    ('a_strange_reason', $$end_reason = 'bored'$$),
    ('an_idle_time_of_a_second', $$idle = '1 second'$$),
    ('a_life_of_a_year', $$absolute = '1 year'$$),
    ('a_short_hash', $$token_hash = '\x00'$$),
    ('activity_before_its_birth', $$last_seen_at = '2000-01-01'$$)
) c (what, set);
select throws_ok(
    $$update gatehouse_data.session set ended_at = null, end_reason = null
      where token_hash = test.key('s4')$$, 'GH004', null,
    'an_end_is_final_also_by_hand');
select throws_ok(
    $$select test.sign_in('alice', 's4')$$, '23505', null,
    'two_sessions_never_have_one_token');

-- The sweep.
delete from gatehouse_data.session;
do $$ begin
    perform test.sign_in('alice', 'm' || n, null, 100)
    from generate_series(1, 5) n;
    perform test.age('m1', '13 hours'), test.age('m2', '13 hours'),
            test.age('m3', '40 days'), test.finish('m4'),
            test.age('m4', '40 days');
    update gatehouse_data.session set last_seen_at = clock_timestamp()
        - interval '90 minutes' where token_hash = test.key('m2');
end $$;
select test.events();
select results_eq($$select * from gatehouse.maintain('node1')$$,
                  $$values (3, 2, 0, 1::bigint, 0, null::text, null::text)$$, 'the_sweep_counts_what_it_does');
select is(test.events(), 'session_expired(idle) session_expired(absolute) '
                         'session_expired(idle)', 'and_tells_of_it');
select set_eq(
    $$select token_hash from gatehouse_data.session$$,
    $$values (test.key('m1')), (test.key('m2')), (test.key('m5'))$$,
    'and_removes_what_ended_a_month_ago');
select results_eq($$select * from gatehouse.maintain('node1')$$,
                  $$values (0, 0, 0, 1::bigint, 0, null::text, null::text)$$, 'and_has_nothing_left');
select is(coalesce(current_setting('gatehouse.act', true), ''), '',
          'no_function_leaves_its_name_behind');

-- Hello.
select results_eq(
    $$select schema_version = (select max(version)
                               from gatehouse_data.migration),
             now between now() and clock_timestamp()
      from gatehouse.gateway_hello('node1', '0.2.0')$$,
    $$values (true, true)$$, 'the_gateway_learns_which_schema_this_is');
select throws_ok($$select gatehouse.gateway_hello('', '0.2.0')$$, 'GH003',
                 null, 'a_gateway_has_a_name');

select * from finish();
rollback;
