-- SPDX-License-Identifier: Apache-2.0
--
-- What people see and do about their own account: sessions, activity, a new
-- password. Whatever a form names, nobody reaches another account.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob'), test.account('carol');
select test.sign_in('alice', 'a1'), test.sign_in('alice', 'a2'),
       test.sign_in('alice', 'a3'), test.sign_in('bob', 'b1');
select test.events();

create function pg_temp.finish(p_token text, p_other text,
                               p_cause text default 'own')
returns text language sql as $$
select e.outcome || ' ' || e.ended
from gatehouse.account_session_end(
    test.ref(p_token), test.ref(p_other), p_cause, '192.0.2.7', 'Browser/7',
    'public', gen_random_uuid(), 'node1') e
$$;

-- The list.
select results_eq(
    $$select reference, client, user_agent, created_at = last_seen_at
      from gatehouse.account_sessions(test.ref('a2'))$$,
    $$values (test.ref('a3'), '192.0.2.1'::inet, 'Browser/1', true),
             (test.ref('a2'), '192.0.2.1'::inet, 'Browser/1', true),
             (test.ref('a1'), '192.0.2.1'::inet, 'Browser/1', true)$$,
    'people_see_their_own_sessions_the_newest_first');
select is_empty($$select from gatehouse.account_sessions(test.ref('none'))$$,
                'a_session_that_is_none_sees_nothing');
select throws_ok(
    format('select from gatehouse.%s', f), 'GH003', null, f || '_is_refused')
from unnest(array[
    'account_sessions(null)', $$account_sessions('\x00')$$,
    'account_activity(null)', $$account_activity('\x00')$$,
    $$account_session_end(null, null, 'own', null, null, null, null, null)$$,
    $$account_session_end(test.ref('a1'), '\x00', 'own', null, null, null,
      null, null)$$,
    $$account_session_end(test.ref('a1'), null, 'bored', null, null, null,
      null, null)$$,
    $$account_session_end(test.ref('a1'), null, null, null, null, null, null,
      null)$$,
    $$account_session_end(test.ref('a1'), test.ref('a2'), 'not_me', null,
      null, null, null, null)$$,
    $$password_change_fail(test.key('alice'), 1, 'wrong', false, null, null,
      null, null, null, null)$$,
    $$password_change_fail(test.key('alice'), 1, 'bored', false, null, null,
      null, null, null, test.ref('a1'))$$]) f;

-- Ending one.
select is(pg_temp.finish('a1', 'a2'), 'ended 1', 'one_is_ended');
select is(test.state('a2'), 'revoked', 'at_once');
select is(test.events(), 'session_expired(revoked)', 'with_an_event');
select results_eq(
    $$select account, actor, session, client, user_agent, detail ->> 'cause'
      from test.event('session_expired')$$,
    $$values ('alice', 'alice', test.ref('a2'), '192.0.2.7'::inet,
              'Browser/7', 'own')$$,
    'that_says_who_ended_it_and_from_where');
select is(pg_temp.finish('a1', 'a2') || coalesce(test.events(), ''), 'over 0',
          'ending_it_again_is_nothing_new');
select is(pg_temp.finish('a1', 'b1') || coalesce(test.events(), ''),
          'foreign 0', 'RBAC-016 another_accounts_session_cannot_be_named');
select is(test.state('b1'), 'live', 'RBAC-016 and_lives_on');
select is(pg_temp.finish('a1', 'nothing') || coalesce(test.events(), ''),
          'missing 0', 'neither_can_one_that_is_none');
select is(pg_temp.finish('a1', 'a1') || coalesce(test.events(), ''), 'own 0',
          'ones_own_is_left_to_the_sign_out');
select is(test.state('a1'), 'live', 'and_lives_on');
select is(pg_temp.finish('a2', 'a1') || coalesce(test.events(), ''),
          'nobody 0', 'a_session_that_is_over_ends_nothing');
select is(pg_temp.finish('a2', null) || coalesce(test.events(), ''),
          'nobody 0', 'not_even_all_others');
select is(test.state('a1'), 'live', 'they_live_on');
select test.age('a3', '31 minutes');
select is(pg_temp.finish('a1', 'a3') || ' ' || test.events(),
          'over 0 session_expired(idle)',
          'one_that_had_run_out_is_marked_so');

-- Ending all others.
select test.sign_in('alice', 'a4'), test.sign_in('alice', 'a5'),
       test.sign_in('alice', 'a6'), test.age('a6', '31 minutes');
select test.events();
select is(pg_temp.finish('a1', null), 'all 2', 'all_others_are_ended');
select is(test.events(), 'session_expired(revoked) session_expired(revoked) '
                         'session_expired(idle)', 'each_with_its_event');
select is(array(select test.state(t)
                from unnest(array['a1', 'a4', 'a5', 'a6', 'b1']) t),
          array['live', 'revoked', 'revoked', 'idle', 'live'],
          'but_not_this_one_and_not_bobs');
select is(pg_temp.finish('a1', null) || coalesce(test.events(), ''),
          'all 0', 'where_there_is_none_nothing_happens');

-- This was not me.
select test.sign_in('alice', 'a7');
select test.events();
select is(pg_temp.finish('a1', null, 'not_me'), 'all 1',
          'S64 who_was_not_it_ends_all_others');
select is(test.events(), 'session_expired(revoked) account_reported',
          'S64 and_says_so');
select results_eq(
    $$select account, actor, session, client, detail
      from test.event('account_reported')$$,
    $$values ('alice', 'alice', test.ref('a1'), '192.0.2.7'::inet,
              '{"sessions_ended": 1}'::jsonb)$$,
    'S64 with_who_and_from_where');
select is((select level from gatehouse_audit.event_type
           where name = 'account_reported'), 'CRITICAL',
          'S64 which_somebody_should_look_at');

-- The activity.
select results_eq(
    $$select event, reason, cause, repeats, client, session = test.ref('a1')
      from gatehouse.account_activity(test.ref('a1')) limit 3$$,
    $$values ('account_reported', null, null, 1::bigint, '192.0.2.7'::inet,
              true),
             ('session_expired', 'revoked', 'not_me', 1, '192.0.2.7', false),
             ('authn_login_success', null, null, 1, '192.0.2.1', false)$$,
    'people_see_what_happened_the_newest_first');
select is((select string_agg(event, ' ' order by at)
           from gatehouse.account_activity(test.ref('b1'))),
          'authn_password_change authn_login_success',
          'and_nothing_of_others');
select is_empty($$select from gatehouse.account_activity(test.ref('a2'))$$,
                'whose_session_is_over_sees_nothing');
do $$ begin
    for i in 1 .. 25 loop
        perform test.fail('alice');
    end loop;
end $$;
select is((select count(*) || ' ' || string_agg(distinct event, ' ')
           from gatehouse.account_activity(test.ref('a1'))),
          '20 authn_login_fail', 'twenty_at_most');
select is((select bool_and(not has_function_privilege(r, p.oid, 'execute'))
           from pg_proc p, unnest(array['gatehouse_admin',
                                        'gatehouse_auditor']) r
           where p.proname in ('account_sessions', 'account_activity',
                               'account_session_end', 'password_change',
                               'password_change_fail')), true,
          'only_the_gateway_asks_for_people');

-- A new password.
create function pg_temp.change(
    p_token text, p_new_token text, p_hash text, p_version bigint,
    p_account text default 'alice'
)
returns integer language sql as $$
select c.sessions_ended
from gatehouse.password_change(
    gatehouse.account_id_of(p_account), p_version, test.ref(p_token),
    test.key(p_account), null, array[test.key('192.0.2.1')],
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$' || p_hash, 'k1',
    test.key('mac of ' || p_hash), test.key(p_new_token),
    test.ref(p_new_token), test.key('binding of ' || p_new_token),
    '192.0.2.7', 'Browser/7', 'public', gen_random_uuid(), 'node1',
    '30 minutes', '12 hours', 10) c
$$;
create function pg_temp.version(p_account text default 'alice')
returns bigint language sql as $$
select c.version from gatehouse_data.credential c
where c.account_id = gatehouse.account_id_of(p_account)
$$;
delete from gatehouse_data.throttle;
select test.sign_in('alice', 'a8'), test.sign_in('alice', 'a9'),
       test.age('a9', '31 minutes');
select test.reserve('alice') is not null;
select test.events();
select throws_ok($$select pg_temp.change('a1', 'n0', 'new', 99)$$, 'GH002',
                 null, 'RACE-013 another_version_than_was_verified_is_none');
select throws_ok($$select pg_temp.change('a2', 'n0', 'new',
                   pg_temp.version())$$, 'GH002', null,
                 'nor_a_session_that_is_over');
select throws_ok($$select pg_temp.change('b1', 'n0', 'new',
                   pg_temp.version())$$, 'GH002', null,
                 'nor_a_session_of_somebody_else');
select throws_ok(
    $$select from gatehouse.password_change(gatehouse.account_id_of('alice'),
      pg_temp.version(), test.ref('a1'), test.key('alice'), null,
      array[test.key('s')], null, 'k1', test.key('m'), test.key('n0'),
      test.ref('n0'), test.key('b'), null, null, null, null, null,
      '30 minutes', '12 hours', 10)$$, 'GH003', null,
    'nor_a_password_that_is_none');
select is(array(select test.state(t) from unnest(array['a1', 'a8']) t),
          array['live', 'live'], 'and_nothing_has_happened');
select is(test.events(), null, 'nor_is_told');
select is(pg_temp.change('a1', 'n1', 'new', pg_temp.version()), 1,
          'LOGIN-048 a_new_password_ends_the_other_sessions');
select is(test.events(),
          'session_expired(replaced) session_expired(revoked) '
          'session_expired(idle) authn_password_change(own) '
          'authn_login_success session_created', 'LOGIN-048 and_is_told');
select is(array(select test.state(t)
                from unnest(array['a1', 'a8', 'a9', 'n1', 'b1']) t),
          array['replaced', 'revoked', 'idle', 'live', 'live'],
          'the_one_that_asked_goes_on_under_another_token');
select results_eq(
    $$select actor, account, session, client, user_agent,
             detail -> 'sessions_ended'
      from test.event('authn_password_change')$$,
    $$values ('alice', 'alice', test.ref('a1'), '192.0.2.7'::inet,
              'Browser/7', '1'::jsonb)$$, 'with_who_and_from_where');
select is((select password_hash from gatehouse_data.credential
           where account_id = gatehouse.account_id_of('alice')),
          '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$new', 'it_is_stored');
select is_empty($$select from gatehouse_data.throttle
                  where kind = 'account'
                    and slot = gatehouse.account_id_of('alice')$$,
                'and_the_attempt_is_given_back');
select is((select c.act || ' ' || c.actor
           from gatehouse_data.credential_version c
           order by c.credential_version_id desc limit 1),
          'password_change alice', 'the_version_says_by_whom');
select throws_ok($$select pg_temp.change('n1', 'n2', 'newer',
                   pg_temp.version() - 1)$$, 'GH002', null,
                 'RACE-013 the_old_password_does_it_no_more');
select gatehouse.account_disable('alice', 'left', 'tester');
select throws_ok($$select pg_temp.change('n1', 'n2', 'newer',
                   pg_temp.version())$$, 'GH002', null,
                 'a_disabled_account_changes_nothing');
select gatehouse.account_enable('alice', 'tester');

-- A change that was refused.
create function pg_temp.refused(p_reason text, p_is_first boolean)
returns text language plpgsql as $$
begin
    perform gatehouse.password_change_fail(
        test.key('carol'), gatehouse.account_id_of('carol'), p_reason,
        p_is_first, '192.0.2.7', 'Browser/7', 'public', gen_random_uuid(),
        'node1', test.ref('c1'));
    return test.events();
end $$;
delete from gatehouse_data.throttle;
select test.sign_in('carol', 'c1');
select test.events();
select test.reserve('carol') is not null;
select is(pg_temp.refused('wrong', false), 'authn_password_change_fail(wrong)',
          'LOGIN-043 a_wrong_password_is_told');
select results_eq(
    $$select account, session, client, outcome
      from test.event('authn_password_change_fail')$$,
    $$values ('carol', test.ref('c1'), '192.0.2.7'::inet, 'failure')$$,
    'LOGIN-043 with_the_session_that_asked');
select is((select attempts from gatehouse_data.throttle
           where kind = 'account'
             and slot = gatehouse.account_id_of('carol')), 1,
          'LOGIN-043 and_counted_with_the_sign_ins');
do $$ begin
    for i in 1 .. 6 loop
        perform test.reserve('carol', '192.0.2.' || i);
    end loop;
end $$;
select is(pg_temp.refused('throttled', true),
          'authn_password_change_fail(throttled) '
          'authn_login_fail_max(throttled)',
          'reaching_the_limit_is_told_as_for_sign_ins');
select is((test.reserve('carol', '192.0.2.99')).is_allowed, false,
          'and_holds_for_sign_ins');

select * from finish();
rollback;
