-- SPDX-License-Identifier: Apache-2.0
--
-- Signing in: what succeeds, what conflicts, how many sessions there can be,
-- and which events each refusal writes.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob');
select test.events();

-- Reserve gives what is needed to verify.
select results_eq(
    $$select is_allowed, refusal, retry_after, is_first_refusal, account_name,
             status, password_hash, pepper_id, credential_mac,
             credential_version
      from test.reserve('alice')$$,
    $$values (true, null::text, 0, false, 'alice', 'active',
              '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$alice', 'k1',
              test.key('mac of alice'), 1::bigint)$$,
    'a_reservation_gives_the_credential');
delete from gatehouse_data.throttle;

-- Success.
select results_eq(
    $$select last_sign_in_at, last_sign_in_client, failures_since
      from test.sign_in('alice', 't1')$$,
    $$values (null::timestamptz, null::inet, 0)$$,
    'LOGIN-001 the_first_sign_in_has_none_before');
select is(test.events(), 'authn_login_success session_created',
          'LOGIN-001 and_writes_two_events');
select results_eq(
    $$select account, session, client, user_agent, entry, node, outcome,
             is_by_hand, exchange is not null
      from test.event('session_created')$$,
    $$values ('alice', test.ref('t1'), '192.0.2.1'::inet, 'Browser/1',
              'public', 'node1', 'success', false, true)$$,
    'LOGIN-001 with_all_that_is_known');
select results_eq(
    $$select last_sign_in_at = (select created_at from gatehouse_data.session
                                where token_hash = test.key('t1')),
             last_sign_in_client
      from test.sign_in('alice', 't2', p_source => '192.0.2.2')$$,
    $$values (true, '192.0.2.1'::inet)$$,
    'the_second_tells_of_the_first');
select is(test.state('t1') || ' ' || test.state('t2'), 'live live',
          'both_sessions_live');
do $$ begin
    perform test.reserve('alice'), test.fail('alice'),
            test.reserve('alice'), test.fail('alice');
    perform test.sign_in('alice', 'told', p_source => '192.0.2.3');
end $$;
select results_eq(
    $$select n.previous_at = o.created_at, n.previous_client,
             n.failures_before
      from gatehouse.session_find(test.key('told')) n,
           gatehouse.session_find(test.key('t2')) o$$,
    $$values (true, '192.0.2.2'::inet, 2)$$,
    'a_session_remembers_the_sign_in_before');
select is((select count(*) from gatehouse_data.account_version
           where name = 'alice'), 1::bigint, 'a_sign_in_is_no_version');

-- The same browser again, also as somebody else.
select test.events();
select test.sign_in('alice', 't3', 't2');
select is(test.state('t2') || ' ' || test.state('t3'), 'replaced live',
          'LOGIN-037 a_new_sign_in_replaces_the_session_of_the_browser');
select is(test.events(), 'session_expired(replaced) authn_login_success '
                         'session_created', 'LOGIN-037 and_says_so');
select test.sign_in('bob', 'u1', 't3');
select is(test.state('t3') || ' ' || test.state('u1'), 'replaced live',
          'FIX also_when_somebody_else_signs_in');
select is((test.event('session_expired')).account, 'alice',
          'FIX and_the_trail_says_whose_ended');
select lives_ok($$select test.sign_in('bob', 'u2', 'never seen')$$,
                'an_old_token_of_nothing_does_no_harm');

-- Parallel sessions.
do $$ begin
    delete from gatehouse_data.session;
    perform test.sign_in('alice', 'p' || n, null, 3)
    from generate_series(1, 3) n;
    perform test.events();
    perform test.sign_in('alice', 'p4', null, 3);
end $$;
select is(test.state('p1') || ' ' || test.state('p2') || ' '
          || test.state('p4'), 'limit live live',
          'HIJ-008 the_oldest_ends_over_the_limit');
select is(test.events(),
          'authn_login_success session_created session_expired(limit) '
          'excess_sessions_exceeded', 'HIJ-008 and_it_is_told');
select is((test.event('excess_sessions_exceeded')).detail,
          '{"ended": 1, "limit": 3}'::jsonb, 'with_how_many');
select test.sign_in('alice', 'p5', 'p4', 3);
select is(test.state('p2'), 'live',
          'what_the_browser_replaces_does_not_count');
select test.age('p2', '31 minutes');
select test.events();
select test.sign_in('alice', 'p6', null, 3);
select is(test.state('p2') || ' ' || test.state('p3'), 'idle live',
          'what_has_run_out_does_not_count');
select is(test.events(),
          'session_expired(idle) authn_login_success session_created',
          'and_is_marked_on_the_way');
select test.sign_in('alice', 'p7', null, 1);
select is((select array_agg(t order by t) from unnest(array['p3', 'p5', 'p6',
           'p7']) t where test.state(t) = 'live'), array['p7'],
          'a_lower_limit_ends_as_many_as_needed');

-- Conflict: what was verified is not what is there any more.
create function pg_temp.between(p_change text) returns text
language plpgsql as $$
declare
    v_row test.reservation;
begin
    delete from gatehouse_data.throttle;
    v_row := test.reserve('alice', '198.51.100.7');
    if not v_row.is_allowed then
        return 'refused';
    end if;
    execute p_change;
    perform test.events();
    perform gatehouse.sign_in_succeed(
        v_row.account_id, v_row.credential_version, test.key('alice'), null,
        array[test.key('198.51.100.7')], test.key('c'), test.ref('c'),
        test.key('binding'), null, '198.51.100.7', 'B', 'public', null, 'n',
        '30 minutes', '12 hours', 10);
    return 'signed in';
exception when sqlstate 'GH002' then
    return 'conflict';
end $$;
delete from gatehouse_data.throttle;
select is(pg_temp.between(
    $$select gatehouse.account_disable('alice', '', 'r')$$), 'conflict',
    'disabled_between_reserve_and_succeed');
select is_empty($$select from gatehouse.session_find(test.key('c'))$$,
                'no_session_is_made');
select is(pg_temp.between(
    $$select gatehouse.account_lock('alice', '', 'r')$$), 'conflict',
    'locked_between');
select is(pg_temp.between(
    $$select gatehouse.account_password('alice', '$argon2id$x', 'k1',
      test.key('z'), 'r')$$), 'conflict', 'RACE-003 new_password_between');
select is(pg_temp.between(
    $$update gatehouse_data.credential set pepper_id = 'k9'$$), 'conflict',
    'changed_by_hand_between');
select is(pg_temp.between($$delete from gatehouse_data.credential$$),
          'conflict', 'password_removed_between');
select is(pg_temp.between(
    $$delete from gatehouse_data.account where name = 'alice'$$), 'conflict',
    'account_removed_between');
select is(pg_temp.between('select 1'), 'signed in',
          'nothing_between_signs_in');
select is(test.sign_in('bob', 'u9') is not null, true, 'as_does_bob');
select throws_ok(
    $$select gatehouse.sign_in_succeed(
        (test.reserve('bob')).account_id, null, test.key('bob'), null,
        array[test.key('s')], test.key('c2'), test.ref('c2'),
        test.key('binding'), null, null, null, null, null, null,
        '30 minutes', '12 hours', 10)$$, 'GH002', null,
    'a_null_version_is_no_version');

-- Malformed.
create function pg_temp.succeed(p_token bytea, p_reference bytea,
    p_binding bytea, p_name bytea, p_sources bytea[], p_idle interval,
    p_absolute interval, p_max integer) returns bigint
language sql as $$
select s.session_id from gatehouse.sign_in_succeed(
    gatehouse.account_id_of('bob'), 1, p_name, null, p_sources, p_token,
    p_reference, p_binding, null, null, repeat('b', 5000), repeat('e', 500),
    null, repeat('n', 500), p_idle, p_absolute, p_max) s
$$;
select throws_ok(
    format('select pg_temp.succeed(%L, %L, %L, %L, %L, %L, %L, %L)', m.token,
           m.reference, m.binding, m.name, m.sources, m.idle, m.absolute,
           m.max), 'GH003', null, 'succeed_refuses_' || m.what)
from (values
    ('no_token', null, test.ref('x'), test.key('b'), test.key('n'),
     array[test.key('s')], '30 min', '12 h', 10),
    ('a_short_token', '\x00'::bytea, test.ref('x'), test.key('b'),
     test.key('n'), array[test.key('s')], '30 min', '12 h', 10),
    ('a_long_reference', test.key('x'), test.key('x'), test.key('b'),
     test.key('n'), array[test.key('s')], '30 min', '12 h', 10),
    ('no_binding', test.key('x'), test.ref('x'), null, test.key('n'),
     array[test.key('s')], '30 min', '12 h', 10),
    ('no_name', test.key('x'), test.ref('x'), test.key('b'), null,
     array[test.key('s')], '30 min', '12 h', 10),
    ('no_source', test.key('x'), test.ref('x'), test.key('b'), test.key('n'),
     '{}'::bytea[], '30 min', '12 h', 10),
    ('an_idle_time_of_nothing', test.key('x'), test.ref('x'), test.key('b'),
     test.key('n'), array[test.key('s')], '0', '12 h', 10),
    ('an_infinite_life', test.key('x'), test.ref('x'), test.key('b'),
     test.key('n'), array[test.key('s')], '30 min', '31 days', 10),
    ('no_session_at_all', test.key('x'), test.ref('x'), test.key('b'),
     test.key('n'), array[test.key('s')], '30 min', '12 h', 0)
) m (what, token, reference, binding, name, sources, idle, absolute, max);
select lives_ok(
    $$select pg_temp.succeed(test.key('x'), test.ref('x'), test.key('b'),
      test.key('n'), array[test.key('s')], '30 min', '12 h', 10)$$,
    'long_words_of_a_browser_are_cut');
select is((select char_length(user_agent) from gatehouse_data.session
           where token_hash = test.key('x')), 512, 'to_their_bound');

-- Failure.
select test.account('carol');
delete from gatehouse_data.throttle;
select test.events();
select is(
    (select string_agg(test.events(), ';' order by n)
     from (select n, test.fail(u, r) from (values
         (1, 'carol', 'wrong'), (2, 'nobody', 'unknown'),
         (3, 'carol', 'disabled'), (4, 'carol', 'locked'),
         (5, 'nobody', 'malformed'), (6, 'carol', 'abandoned')) v (n, u, r)) q),
    'authn_login_fail(wrong);authn_login_fail(unknown);'
    'authn_login_fail(disabled);authn_login_fail(locked);'
    'authn_login_fail(malformed);authn_login_fail(abandoned)',
    'LOGIN-002 each_failure_is_an_event');
select test.fail('carol');
select results_eq(
    $$select account, account_id = gatehouse.account_id_of('carol'), outcome
      from test.event('authn_login_fail')$$,
    $$values ('carol', true, 'failure')$$, 'with_the_account');
select test.fail('nobody', 'unknown');
select results_eq(
    $$select account, account_id from test.event('authn_login_fail')$$,
    $$values (encode(test.key('nobody'), 'hex'), null::bigint)$$,
    'LOGIN-003 or_the_hash_of_a_name_that_nobody_has');
select throws_ok($$select test.fail('carol', 'because')$$, 'GH003', null,
                 'a_reason_is_one_of_a_set');

-- Refusals: the first, then one row a minute with their number.
select test.events();
select test.reserve('carol', '10.0.0.' || n) from generate_series(1, 6) n;
select test.fail('carol', 'throttled', true);
select is(test.events(), 'authn_login_fail(throttled) '
                         'authn_login_fail_max(throttled)',
          'BRUTE-001 the_first_refusal_reaches_the_limit');
select test.reserve('carol', '10.0.1.' || n), test.fail('carol', 'throttled')
from generate_series(1, 7) n;
select is(test.events(), null, 'BRUTE-005 repeated_refusals_are_gathered');
update gatehouse_data.throttle set told_at = told_at - interval '61 seconds';
select test.reserve('carol', '10.0.2.1'), test.fail('carol', 'throttled');
select is(test.events() || ' '
          || ((test.event('authn_login_fail')).detail ->> 'repeats'),
          'authn_login_fail(throttled) 8', 'BRUTE-005 and_told_in_one_row');
select test.fail('carol', 'source', true), test.fail('carol', 'source');
select is(test.events(), 'authn_login_fail(source) '
                         'excess_rate_limit_exceeded(source)',
          'BRUTE-005 a_network_over_its_limit_is_told_once');

-- The hundredth.
create function pg_temp.close(p_name text) returns text
language plpgsql as $$
begin
    perform test.reserve(p_name, '10.2.0.1'), test.events();
    update gatehouse_data.throttle set failures = 99, attempts = 0
    where kind in ('account', 'name');
    perform test.fail(p_name);
    perform test.reserve(p_name, '10.2.0.2'), test.fail(p_name);
    perform test.reserve(p_name, '10.2.0.3'), test.fail(p_name, 'closed',
                                                         true);
    return test.events();
end $$;
delete from gatehouse_data.throttle;
select is(pg_temp.close('carol'),
          'authn_login_fail(wrong) authn_login_fail(wrong) '
          'authn_login_lock(maxretries) authn_login_fail(closed)',
          'BRUTE-004 the_hundredth_failure_closes_once');
delete from gatehouse_data.throttle;
select is(pg_temp.close('nobody'),
          'authn_login_fail(wrong) authn_login_fail(wrong) '
          'authn_login_lock(maxretries) authn_login_fail(closed)',
          'ENUM-006 also_for_a_name_that_nobody_has');
delete from gatehouse_data.throttle;
select pg_temp.close('carol');
select results_eq(
    $$select is_closed_to_strangers, failures
      from gatehouse.account_show('carol')$$,
    $$values (true, 100)$$, 'an_administrator_sees_it');
select gatehouse.account_unlock('carol', 'root');
select is((test.reserve('carol')).is_allowed, true, 'and_opens_it');
select is(coalesce(current_setting('gatehouse.act', true), ''), '',
          'no_function_leaves_its_name_behind');

select * from finish();
rollback;
