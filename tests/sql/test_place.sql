-- SPDX-License-Identifier: Apache-2.0
--
-- Places of a session: what is told when a session is used from another
-- network or with another browser, and what is not.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob');
select test.sign_in('alice', 'a1'), test.sign_in('alice', 'a2'),
       test.sign_in('bob', 'b1');

-- Accesses of one session, one after the other; how many were news.
create function pg_temp.use(
    p_token text,
    p_clients text[],
    p_devices text[]
)
returns integer
language sql
as $$
select (gatehouse.access_write(
    array_agg(now() + n * interval '1 second'),
    array_agg(null::bigint), array_agg(test.ref(p_token)),
    array_agg(c::inet), array_agg('app'::text), array_agg('GET'::text), array_agg('/'::text),
    array_agg(200), array_agg(null::text), array_agg('public'::text),
    array_agg(gen_random_uuid()), array_agg('node1'::text), array_agg(0::bigint),
    array_agg(0::bigint), array_agg(1), array_agg(null::bigint),
    array_agg(d))).n_places
from unnest(p_clients, p_devices) with ordinality as u (c, d, n)
$$;
create function pg_temp.use(p_token text, p_client text, p_device text)
returns integer
language sql
return pg_temp.use(p_token, array[p_client], array[p_device]);

select test.events();
select is(pg_temp.use('a1', '192.0.2.1', 'Firefox on Linux'), 0,
          'where_it_was_signed_in_is_no_news');
select is(pg_temp.use('a1', '192.0.2.200', 'Firefox on Linux'), 0,
          'nor_a_neighbour_of_that_network');
select is(test.events(), null, 'and_nothing_is_told');
select is(pg_temp.use('a1', '198.51.100.7', 'Firefox on Linux'), 1,
          'HIJ-001 another_network_is');
select is(test.events(), 'session_place_changed(network)', 'and_is_told');
select results_eq(
    $$select account, session, client, user_agent, detail
      from test.event('session_place_changed')$$,
    $$values ('alice', test.ref('a1'), '198.51.100.7'::inet, null,
              '{"device": "Firefox on Linux", "signed_in_from": "192.0.2.0/24",
                "places": 2}'::jsonb)$$,
    'with_whose_and_from_where');
select results_eq(
    $$select event, user_agent, device
      from gatehouse.account_activity(test.ref('a1')) limit 1$$,
    $$values ('session_place_changed', '', 'Firefox on Linux')$$,
    'and_its_owner_reads_with_what');
select is(pg_temp.use('a1', '198.51.100.9', 'Firefox on Linux'), 0, 'once');
select is(pg_temp.use('a1', '192.0.2.1', 'Chrome on Windows'), 1,
          'another_browser_is_news');
select is(test.events(), 'session_place_changed(device)', 'and_told_as_such');
select is(pg_temp.use('a1', '2001:db8:1::1', 'Safari on iPhone'), 1,
          'both_at_once_are_one');
select is(test.events(), 'session_place_changed(both)', 'and_one_event');
select is(pg_temp.use('a1', '2001:db8:1:ffff::2', 'Safari on iPhone'), 0,
          'a_network_of_IPv6_has_48_bits');
select is(pg_temp.use('a1', '198.51.100.1', 'Chrome on Windows'), 0,
          'what_is_known_of_each_is_no_news_together');

-- One batch with several places, and several sessions.
select is(pg_temp.use('a2', array['203.0.113.1', '203.0.113.2', '192.0.2.1'],
                      array['Firefox on Linux', 'Firefox on Linux',
                            'Firefox on Linux']), 1,
          'a_thief_who_comes_first_is_told');
select is(test.events(), 'session_place_changed(network)', 'as_a_network');
select is(pg_temp.use('b1', '192.0.2.1', 'Firefox on Linux'), 0,
          'another_session_has_its_own');
select is(pg_temp.use('zz', '192.0.2.1', 'Firefox on Linux'), 0,
          'a_session_that_is_gone_has_none');
select is(pg_temp.use('b1', null, 'x'), 0, 'who_is_nowhere_is_nowhere');
select is(pg_temp.use('b1', '192.0.2.1', null), 0, 'nor_with_nothing');

-- A sign-in says with what: then the first who uses the session is news.
create temporary table signed as
select r.account_id, r.credential_version from test.reserve('bob') r;
select is((select s.session_id > 0
           from signed r, gatehouse.sign_in_succeed(
               r.account_id, r.credential_version, test.key('bob'), null,
               array[test.key('192.0.2.1')], test.key('b2'), test.ref('b2'),
               test.key('binding of b2'), null, '192.0.2.1', 'raw', 'public',
               gen_random_uuid(), 'node1', '30 minutes', '12 hours', 10,
               'Firefox on Linux') s), true, 'signed_in');
select test.events();
select is(pg_temp.use('b2', '192.0.2.1', 'Chrome on Windows'), 1,
          'another_browser_than_signed_in_is_news_at_once');
select is(test.events(), 'session_place_changed(device)', 'and_told');
select is(pg_temp.use('b2', '192.0.2.1', 'Firefox on Linux'), 0,
          'its_own_is_not');

-- Where it must not move it ends.
create function pg_temp.move(p_token text, p_reason text default 'both')
returns text
language sql
as $$
select gatehouse.session_moved(
    (select s.session_id from gatehouse_data.session s
     where s.reference = test.ref(p_token)), p_reason, 'app', '198.51.100.7',
    'raw', 'Chrome on Windows', 'public', gen_random_uuid(), 'node1')
$$;
select test.events();
select is(pg_temp.move('b2'), 'moved', 'HIJ-014 a_session_that_moved_ends');
select is(test.state('b2'), 'moved', 'and_says_why');
select is(test.events(),
          'session_place_changed(both) session_expired(moved)',
          'and_both_are_told');
select results_eq(
    $$select outcome, account, session, client, application, detail
      from test.event('session_place_changed')$$,
    $$values ('denied', 'bob', test.ref('b2'), '198.51.100.7'::inet, 'app',
              '{"device": "Chrome on Windows",
                "signed_in_from": "192.0.2.0/24"}'::jsonb)$$,
    'with_where_it_was_and_where_it_is');
select is(pg_temp.move('b2'), 'moved', 'once');
select is(test.events(), null, 'and_no_more_is_told');
select is(test.dead_use('b2'), 'moved', 'its_next_use');
select is(test.events(), 'session_use_after_expire(moved)', 'is_told');
select is(pg_temp.move('zz'), 'revoked', 'one_that_is_gone_is_over');
select throws_ok($$select pg_temp.move('b1', 'elsewhere')$$, 'GH003', null,
                 'a_reason_is_one_of_three');
select is(test.state('b1'), 'live', 'another_session_goes_on');
select results_eq(
    $$select client, user_agent
      from gatehouse.session_find(test.key('b1'))$$,
    $$select client, user_agent from gatehouse_data.session
      where reference = test.ref('b1')$$, 'the_gateway_knows_what_with');
select throws_ok($$update gatehouse_data.zone
                   set on_session_moved = 'step-up'$$, '23514', null,
                 'a_zone_alerts_or_ends');

-- At most so many.
select is(pg_temp.use('b1', array_agg('10.' || n || '.0.1'),
                      array_agg('Firefox on Linux'::text)), 31,
          'at_most_32_places_a_session')
from generate_series(1, 40) n;
select is((select count(*) from gatehouse_data.session_place p
           join gatehouse_data.session s using (session_id)
           where s.reference = test.ref('b1')), 32::bigint, 'are_kept');
select is(pg_temp.use('b1', '172.16.0.1', 'Chrome on Windows'), 0,
          'and_told');

-- With the session.
select is((select string_agg(p.network || ' ' || p.device, ', '
                             order by p.network)
           from gatehouse_report.session_places p
           where p.session = test.ref('a2')),
          '192.0.2.0/24 Firefox on Linux, 203.0.113.0/24 Firefox on Linux',
          'an_auditor_sees_them');
delete from gatehouse_data.session where reference = test.ref('a2');
select is_empty($$select from gatehouse_report.session_places
                  where session = test.ref('a2')$$, 'they_go_with_it');

select * from finish();
rollback;
