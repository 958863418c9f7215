-- SPDX-License-Identifier: Apache-2.0
--
-- What a zone asks for beside the decision: how long a session may be idle that
-- was used there, and when a request is recorded.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob');
select test.sign_in('alice', 'a1'), test.sign_in('bob', 'b1');
select gatehouse.application_add('app', '', '/app/',
                                 '{http://127.0.0.1:81}', 'forward',
                                 'internal', 'root');

create function pg_temp.told() returns text
language sql as $$
select concat_ws(' ', p.session_idle, p.recording)
from gatehouse.policy_applications() p where p.name = 'app'
$$;
create function pg_temp.listed() returns text
language sql as $$
select concat_ws(' ', z.idle, z.record)
from gatehouse.zone_list() z where z.name = 'internal'
$$;

-- Zones say so, and gateways are told.
select is(pg_temp.told(), 'after', 'gateways_are_told_of_no_limit');
select is(pg_temp.listed(), 'session after', 'nor_is_one_listed');
select gatehouse.zone_change('internal', 'root', p_idle => '5m',
                             p_record => 'before');
select is(pg_temp.told(), '300 before', 'gateways_are_told_in_seconds');
select is(pg_temp.listed(), '5m before', 'people_as_it_was_said');
select gatehouse.zone_change('internal', 'root', p_strict => 'off');
select is(pg_temp.told(), '300 before', 'null_leaves_both');
select is((select gatehouse_data.policy_plain('zone', i.words) ->> w.word
           from gatehouse_data.policy_items(false) i
           where i.kind = 'zone' and i.name = 'internal'), w.value,
          'a file has ' || w.word)
from (values ('idle', '5m'), ('record', 'before')) w (word, value);
select throws_ok(format('select gatehouse.zone_change(%L, %L, p_idle => %L)',
                        'internal', 'root', w.idle), 'GH003', w.message,
                 'idle is not ' || w.idle)
from (values ('59s', 'idle is 1m to 1h, or session'),
             ('61m', 'idle is 1m to 1h, or session'),
             ('2h', 'idle is 1m to 1h, or session'),
             ('0m', 'idle is a duration, or session'),
             ('1d', 'idle is a duration, or session'),
             ('', 'idle is a duration, or session'),
             ('-5m', 'idle is a duration, or session')) w (idle, message);
select throws_ok(
    $$select gatehouse.zone_change('internal', 'root', p_record => 'never')$$,
    'GH003', 'record is after or before', 'record_is_one_of_two');
select is(pg_temp.told(), '300 before', 'what_is_malformed_changes_nothing');

-- A session that is used there.
create function pg_temp.shorten(p_token text, p_application text default 'app')
returns text
language sql
as $$
select gatehouse.session_shorten(
    (select s.session_id from gatehouse_data.session s
     where s.reference = test.ref(p_token)),
    (select a.application_id from gatehouse_data.application a
     where a.name = p_application),
    '192.0.2.1', 'raw', 'public', gen_random_uuid(), 'node1')
$$;
create function pg_temp.idle(p_token text) returns interval
language sql
as $$
select s.idle from gatehouse_data.session s where s.reference = test.ref(p_token)
$$;
select test.events();
select is(pg_temp.idle('a1'), '30 minutes', 'a_session_has_a_limit');
select is((select f.idle from gatehouse.session_find(test.key('a1')) f), 1800,
          'which_gateways_know');
select is(pg_temp.shorten('a1'), 'live', 'it_goes_on');
select is(pg_temp.idle('a1'), '5 minutes', 'with_the_limit_of_the_zone');
select is(test.events(), 'session_shortened', 'which_is_told');
select results_eq(
    $$select outcome, account, session, client, user_agent, application, detail
      from test.event('session_shortened')$$,
    $$values ('success', 'alice', test.ref('a1'), '192.0.2.1'::inet, 'raw',
              'app', '{"idle": "5m", "before": "30m"}'::jsonb)$$,
    'with_whose_where_and_what_it_was');
select is((select f.idle from gatehouse.session_find(test.key('a1')) f), 300,
          'and_gateways_know');
select is((select count(*) from gatehouse_data.change c
           join gatehouse_data.session s on s.session_id = c.row_id
           where s.reference = test.ref('a1')), 1::bigint,
          'whatever_they_remember');
select is(pg_temp.shorten('a1'), 'live', 'a_second_time_it_is_so_already');
select is(test.events(), null, 'and_no_event');
select is(pg_temp.idle('b1'), '30 minutes', 'another_session_has_its_own');

-- It never grows again, and ends at the limit.
select gatehouse.zone_change('internal', 'root', p_idle => '30m');
select is(pg_temp.shorten('a1') || ' ' || pg_temp.idle('a1'), 'live 00:05:00',
          'a_longer_limit_lengthens_nothing');
select gatehouse.zone_change('internal', 'root', p_idle => '5m');
select test.age('a1', '6 minutes');
select is(test.state('a1'), 'idle', 'it_is_over_at_that_limit');
select is(pg_temp.shorten('a1'), 'idle', 'and_is_not_shortened_then');

-- Who signed in longer ago than the limit confirms first.
select test.age('b1', '301 seconds');
select test.events();
select is(pg_temp.shorten('b1'), 'confirm', 'a_sign_in_too_long_ago');
select is(pg_temp.idle('b1'), '30 minutes', 'shortens_nothing');
select is(test.events(), null, 'and_is_no_event');
update gatehouse_data.session
set authenticated_at = clock_timestamp() - interval '4 minutes'
where reference = test.ref('b1');
select is(pg_temp.shorten('b1'), 'live', 'one_that_is_not_so_long_ago_does');

-- Where nothing is asked for, and nobody is.
select test.sign_in('bob', 'b2');
select gatehouse.zone_change('internal', 'root', p_idle => 'session');
select is(pg_temp.told(), 'before', 'session_ends_it');
select is(pg_temp.shorten('b2') || ' ' || pg_temp.idle('b2'), 'live 00:30:00',
          'a_zone_without_a_limit_shortens_nothing');
select is(pg_temp.shorten('b2', 'gone'), 'live',
          'nor_an_application_that_is_gone');
select is(pg_temp.shorten('zz'), 'revoked', 'no_session_is_over');

-- The event before a request is the gateway's to write.
select lives_ok(
    $$select gatehouse.event_write('access_begun', 'success', 1, 'alice', null,
        null, 'app', '/app/', 'GET', null, null, 'public', gen_random_uuid(),
        'node1', null)$$, 'a_gateway_says_what_is_about_to_be_sent');
select throws_ok(
    $$select gatehouse.event_write('session_shortened', 'success', 1, 'alice',
        null, null, 'app', '/app/', 'GET', null, null, 'public',
        gen_random_uuid(), 'node1', null)$$, 'GH004', null,
    'but_not_that_a_session_was_shortened');

-- What was begun and is not on record as finished.
create function pg_temp.begin_request(p_exchange uuid) returns void
language sql
as $$
select gatehouse.event_write('access_begun', 'success', a.account_id, a.name,
    test.ref('b1'), '192.0.2.1', 'app', '/app/x', 'GET', 'app/all', null,
    'public', p_exchange, 'node1', null)
from gatehouse_data.account a where a.name = 'bob'
$$;
create function pg_temp.finish_request(p_exchange uuid) returns void
language sql
as $$
select gatehouse.access_write(
    array[clock_timestamp()], array[a.account_id], array[test.ref('b1')],
    array['192.0.2.1'::inet], array['app'], array['GET'], array['/app/x'],
    array[200], array[null::text], array['public'], array[p_exchange],
    array['node1'], array[0::bigint], array[0::bigint], array[1])
from gatehouse_data.account a where a.name = 'bob'
$$;
select pg_temp.begin_request(x.id::uuid)
from (values ('00000000-0000-7000-8000-000000000001'),
             ('00000000-0000-7000-8000-000000000002')) x (id);
select pg_temp.finish_request('00000000-0000-7000-8000-000000000001');
select results_eq(
    $$select account, application, method, resource, rule, session,
             exchange::text
      from gatehouse_report.requests_unfinished where account is not null
      and resource = '/app/x'$$,
    $$values ('bob', 'app', 'GET', '/app/x', 'app/all',
              encode(test.ref('b1'), 'hex'),
              '00000000-0000-7000-8000-000000000002')$$,
    'what_has_no_record_is_not_finished');
select pg_temp.finish_request('00000000-0000-7000-8000-000000000002');
select is_empty($$select from gatehouse_report.requests_unfinished
                  where resource = '/app/x'$$, 'until_it_is');

select * from finish();
rollback;
