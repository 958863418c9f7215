-- SPDX-License-Identifier: Apache-2.0
--
-- Guessing limits: the counter as a function of time, the lanes, what is
-- given back, what names that nobody has are told, and the table's bound.

begin;
set local search_path = tap, public;

select no_plan();

-- One attempt after another at given seconds: '+' admitted, '-' refused.
create function pg_temp.play(p_kind text, variadic p_at double precision[])
returns text
language plpgsql
as $$
declare
    v_rule gatehouse_data.throttle_rule;
    v_row gatehouse_data.throttle;
    v_start constant timestamptz := '2026-03-01 00:00:00+00';
    v_at double precision;
    v_now timestamptz;
    v_text text := '';
begin
    select * into v_rule from gatehouse_data.throttle_rule r
    where r.kind = p_kind;
    foreach v_at in array p_at loop
        v_now := v_start + make_interval(secs => v_at);
        if v_row.kind is null then
            v_row := (p_kind, 1, test.key('x'), 1, 1, 0, 0, v_now, v_now,
                      null, null, null);
        else
            v_row := gatehouse_data.throttle_next(v_row, v_rule,
                                                  test.key('x'), v_now);
        end if;
        v_text := v_text || case v_row.refused when 0 then '+' else '-' end;
    end loop;
    return v_text;
end
$$;

select is(pg_temp.play('account', 0, 1, 2, 3, 4, 5, 6), '+++++--',
          'five_attempts_are_free');
select is(pg_temp.play('account', 0, 1, 2, 3, 4, 33.9, 34), '+++++-+',
          'the_sixth_waits_thirty_seconds');
select is(pg_temp.play('account', 0, 1, 2, 3, 4, 34, 93.9, 94),
          '+++++' || '+-+',
          'the_seventh_waits_a_minute');
select is(pg_temp.play('account', 0, 0, 0, 0, 0, 30, 90, 210, 450, 930,
                       1829.9, 1830, 2729.9, 2730),
          '+++++' || '+++++' || '-+-+',
          'the_delay_doubles_up_to_a_quarter_of_an_hour');
select is(pg_temp.play('account', 0, 1, 2, 3, 900, 901, 902, 903, 904, 905),
          '+++++++++-', 'four_are_forgotten_when_the_window_is_over');
select is(pg_temp.play('account', 0, 0, 0, 0, 0, 1800, 1801, 1860),
          '+++++' || '+-+', 'waiting_a_window_does_not_make_five_free_again');
select is(pg_temp.play('account', 0, 0, 0, 0, 0, 86400, 86401, 86402),
          '+++++' || '+++', 'a_quiet_day_does');
select is(pg_temp.play('account', 0, 1, 2, 3, 4, 5, 6, 7, 34), '+++++---+',
          'refusals_do_not_prolong_the_delay');
select is(pg_temp.play('device', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 86399,
                       86400), '++++++++++--+',
          'a_known_browser_has_ten_a_day');
select is(pg_temp.play('source', variadic array(
              select n::double precision from generate_series(0, 21) n)
              || array[599.9, 600]::double precision[]),
          repeat('+', 20) || '--' || '-+',
          'a_network_has_twenty_in_ten_minutes');
select is(
    (gatehouse_data.throttle_next(
        ('name', 1, test.key('x'), 9, 99, 3, 3, now(), now(),
         now() + interval '1 hour', now(), now()),
        r, test.key('y'), now())).attempts, 1,
    'another_key_takes_over_the_slot')
from gatehouse_data.throttle_rule r where r.kind = 'name';
select is(
    (gatehouse_data.throttle_next(
        ('account', 1, test.key('x'), 9, 9, 3, 3, now(), now(),
         now() + interval '1 hour', null, null),
        r, test.key('y'), now())).refused, 4::bigint,
    'an_account_keeps_its_counter_when_keys_are_rotated')
from gatehouse_data.throttle_rule r where r.kind = 'account';
select is(
    (gatehouse_data.throttle_next(
        ('account', 1, test.key('x'), 9, 9, 3, 3, now() + ahead, now() + ahead,
         now() + ahead + interval '1 hour', null, null),
        r, test.key('x'), now())).refused, refused::bigint, what)
from gatehouse_data.throttle_rule r,
     (values (interval '59 seconds', 4, 'an_attempt_meanwhile_counts'),
             ('1 day', 0, 'nobody_waits_for_a_clock_that_was_ahead'))
     v (ahead, refused, what)
where r.kind = 'account';
select is(
    (gatehouse_data.throttle_next(
        ('account', 1, test.key('x'), 0, failures, 0, 0, now(), now(),
         null, null, null),
        r, test.key('x'), now())).refused, refused::bigint,
    format('after_%s_failures_%s', failures, what))
from gatehouse_data.throttle_rule r,
     (values (99, 0, 'an_attempt_is_admitted'),
             (100, 1, 'the_lane_is_closed')) v (failures, refused, what)
where r.kind = 'account';

-- Lanes, as the gateway sees them.
select test.account('alice');
select test.events();

select is((test.reserve('alice', '192.0.2.' || n)).is_allowed, true,
          format('attempt_%s_of_a_stranger_is_admitted', n))
from generate_series(1, 5) n;
select results_eq(
    $$select is_allowed, refusal, retry_after between 29 and 30,
             is_first_refusal, account_name, password_hash
      from test.reserve('alice', '192.0.2.6')$$,
    $$values (false, 'account', true, true, 'alice', null::text)$$,
    'the_sixth_is_refused_with_a_time_and_without_a_hash');
select is((test.reserve('alice', '192.0.2.7')).is_first_refusal, false,
          'the_seventh_is_not_the_first_refusal');
select results_eq(
    $$select is_allowed, refusal, account_name, password_hash is not null
      from test.reserve('alice', '192.0.2.8', 'browser of alice')$$,
    $$values (true, null::text, 'alice', true)$$,
    'a_known_browser_is_admitted_all_the_same');
select is((test.reserve('alice', '192.0.3.' || n, 'browser of alice'))
          .is_allowed, n <= 9,
          format('attempt_%s_of_a_known_browser', n + 1))
from generate_series(1, 10) n;
select is((select t.failures from gatehouse_data.throttle t
           where t.kind = 'account'), 15,
          'failures_of_both_lanes_are_counted_together');

select test.age_throttle('31 seconds');
select is((select failures_since from test.sign_in(
              'alice', 'token 1', p_source => '192.0.2.20')), 15,
          'success_tells_of_the_failures');
select is_empty(
    $$select from gatehouse_data.throttle where kind = 'account'$$,
    'success_forgets_them');
select is((select t.attempts from gatehouse_data.throttle t
           where t.kind = 'source' and t.key_hash = test.key('192.0.2.20')),
          0, 'success_gives_the_network_its_attempt_back');

-- BRUTE-019
do $$ begin
    perform test.events();
    for i in 1..4 loop
        perform test.reserve('alice'), test.fail('alice');
    end loop;
    perform test.sign_in('alice', 'token 2');
    for i in 1..4 loop
        perform test.reserve('alice'), test.fail('alice');
    end loop;
    perform test.sign_in('alice', 'token 3');
end $$;
select is(
    test.events(),
    repeat('authn_login_fail(wrong) ', 4)
    || 'authn_login_successafterfail session_created '
    || repeat('authn_login_fail(wrong) ', 4)
    || 'authn_login_successafterfail session_created',
    'BRUTE-019 four_wrong_one_right_twice');
select is((test.event('authn_login_successafterfail')).detail,
          '{"failures": 4, "refused": 0}', 'and_the_count_is_written');

-- A device lane success opens a closed account.
do $$ begin
    perform test.reserve('alice', '198.51.100.1');
    update gatehouse_data.throttle set failures = 100 where kind = 'account';
end $$;
select results_eq(
    $$select refusal, retry_after from test.reserve('alice')$$,
    $$values ('closed', 0)$$, 'a_hundred_failures_close_the_account');
select lives_ok(
    $$select test.sign_in('alice', 'token 4', p_device => 'browser')$$,
    'which_a_known_browser_still_enters');
select is((test.reserve('alice')).is_allowed, true, 'and_opens_again');

-- How long a browser is known. The lane counts under its own key.
create function pg_temp.is_known(p_at timestamptz, p_name text default 'alice')
returns boolean
language plpgsql
as $$
begin
    delete from gatehouse_data.throttle;
    perform test.reserve(p_name, '192.0.2.1', 'browser', p_at);
    return exists (select from gatehouse_data.throttle t
                   where t.kind = 'device');
end
$$;
create temporary table known as
select (test.sign_in('alice', 'token 5')).began_at as at;
select is((select s.created_at from gatehouse_data.session s
           where s.token_hash = test.key('token 5')), k.at,
          'success_says_when_the_session_began')
from known k;
select is(pg_temp.is_known(k.at), true, 'a_browser_is_known_from_its_sign_in')
from known k;
alter table gatehouse_data.credential_version
    disable trigger credential_version_append_only;
update gatehouse_data.credential_version v
set at = v.at - interval '1 year';
alter table gatehouse_data.credential_version
    enable always trigger credential_version_append_only;
select is(pg_temp.is_known(clock_timestamp() - b.age), b.is_known,
          format('a_browser_is_known_for_180_days_not_%s', b.what))
from (values ('180 days -1 minutes'::interval, true, 'less'),
             ('180 days 1 second', false, 'more'),
             ('400 days', false, 'for_ever')) b (age, is_known, what);
select is(gatehouse.password_rehash(
              gatehouse.account_id_of('alice'), 1,
              '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$anew', 'k1',
              test.key('anew')), true, 'the_password_is_hashed_anew');
select is(pg_temp.is_known(k.at), true, 'which_leaves_the_browser_known')
from known k;
select gatehouse.account_password(
    'alice', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$other', 'k1',
    test.key('other'), 'tester');
select is(pg_temp.is_known(k.at), false, 'another_password_does_not')
from known k;
select is(pg_temp.is_known(clock_timestamp()), true,
          'a_sign_in_with_that_one_does');
update gatehouse_data.credential c
set mac = test.key('by hand')
where c.account_id = gatehouse.account_id_of('alice');
select is(pg_temp.is_known(k.at), false, 'nor_does_one_that_was_set_by_hand')
from known k;
select is(pg_temp.is_known(clock_timestamp(), 'nobody'), false,
          'a_name_that_nobody_has_any_more_is_known_to_none');

-- Networks.
delete from gatehouse_data.throttle;
select is((select count(*) from generate_series(1, 30) n
           where (test.reserve('nobody' || n, '203.0.113.5')).is_allowed),
          20::bigint, 'BRUTE-005 one_network_has_twenty_whatever_the_names');
select results_eq(
    $$select refusal, retry_after between 1 and 600, is_first_refusal
      from test.reserve('alice', '203.0.113.5')$$,
    $$values ('source', true, false)$$,
    'a_source_is_refused_with_a_time');
select is_empty(
    $$select from gatehouse_data.throttle where kind = 'account'$$,
    'and_is_no_attempt_at_the_account');

-- Three sizes of one network: the small one is full, its neighbours are not
-- made to pay for what it tries in vain.
do $$ begin
    delete from gatehouse_data.throttle;
    for i in 1..40 loop
        perform gatehouse.sign_in_reserve(
            'u' || i, test.key('u' || i), null, null, '2001:db8::1',
            array[test.key('/64'), test.key('/56'), test.key('/48')]);
        if i = 10 then
            update gatehouse_data.throttle set attempts = 20,
                blocked_until = window_at + interval '10 minutes'
            where kind = 'source' and key_hash = test.key('/64');
        end if;
    end loop;
end $$;
select results_eq(
    $$select attempts from gatehouse_data.throttle
      where key_hash in (test.key('/56'), test.key('/48'))$$,
    $$values (10), (10)$$,
    'BRUTE-007 what_a_full_network_tries_is_not_its_neighbours');
select lives_ok(
    $$select gatehouse.sign_in_reserve(
          'x', test.key('x'), null, null, '192.0.2.1',
          array[test.key('same'), test.key('same')])$$,
    'two_keys_in_one_slot_are_one');

-- Names that nobody has.
delete from gatehouse_data.throttle;
select results_eq(
    $$select (r).is_allowed, (r).refusal, (r).retry_after,
             (r).is_first_refusal
      from (select test.reserve('alice', '10.0.0.' || n) as r
            from generate_series(1, 8) n) q$$,
    $$select (r).is_allowed, (r).refusal, (r).retry_after,
             (r).is_first_refusal
      from (select test.reserve('nobody', '10.0.1.' || n) as r
            from generate_series(1, 8) n) q$$,
    'ENUM-006 a_name_that_nobody_has_is_throttled_the_same');
select results_eq(
    $$select account_id, account_name, status, password_hash, pepper_id,
             credential_mac, credential_version
      from test.reserve('nemo')$$,
    $$values (null::bigint, null::text, null::text, null::text, null::text,
              null::bytea, null::bigint)$$,
    'and_gives_a_row_of_nulls');
select is(
    (select count(*) from gatehouse_data.throttle where kind = 'name'),
    2::bigint, 'it_is_counted_under_its_hash');

-- The same work: rows written and statements run.
create function pg_temp.work(p_name text, p_source text)
returns bigint[]
language plpgsql as $$
declare v_before bigint[]; v_after bigint[];
begin
    select array[pg_stat_get_xact_tuples_inserted(c.oid),
                 pg_stat_get_xact_tuples_updated(c.oid),
                 pg_stat_get_xact_numscans(c.oid)]
    into v_before from pg_class c
    where c.oid = 'gatehouse_data.throttle'::regclass;
    perform test.reserve(p_name, p_source), test.fail(p_name);
    select array[pg_stat_get_xact_tuples_inserted(c.oid) - v_before[1],
                 pg_stat_get_xact_tuples_updated(c.oid) - v_before[2],
                 pg_stat_get_xact_numscans(c.oid) - v_before[3]]
    into v_after from pg_class c
    where c.oid = 'gatehouse_data.throttle'::regclass;
    return v_after;
end $$;
delete from gatehouse_data.throttle;
select is(pg_temp.work('alice', '10.3.0.1'),
          pg_temp.work('ghost', '10.3.0.2'),
          'ENUM-002 the_first_attempt_does_the_same_work');
select is(pg_temp.work('alice', '10.3.0.1'),
          pg_temp.work('ghost', '10.3.0.2'),
          'ENUM-002 so_does_the_second');

-- The table is bounded, and a flood of names leaves accounts alone.
do $$ begin
    delete from gatehouse_data.throttle;
    update gatehouse_data.throttle_rule set slots = 1000
    where kind in ('name', 'source');
    perform test.reserve('alice', '10.1.1.1') from generate_series(1, 5);
    for i in 1..6000 loop
        perform test.reserve('flood' || i, '10.9.' || i / 250 || '.'
                                           || i % 250);
    end loop;
end $$;
select cmp_ok(
    (select count(*) from gatehouse_data.throttle where kind = 'name'), '<=',
    1000::bigint, 'BRUTE-013 names_have_no_more_rows_than_slots');
select cmp_ok(
    (select count(*) from gatehouse_data.throttle where kind = 'source'),
    '<=', 1000::bigint, 'BRUTE-013 nor_have_networks');
select is((test.reserve('alice', '10.1.1.2')).refusal, 'account',
          'BRUTE-013 the_flood_does_not_free_alice');
select is((select sum(slots) from gatehouse_data.throttle_rule) <= 1000000,
          true, 'all_slots_together_are_at_most_a_million');

-- Malformed.
select throws_ok(
    format('select * from gatehouse.sign_in_reserve(%L, %L, %L, %L, %L, %L)',
           a.name, a.name_key, a.device, a.device_at, a.source, a.keys),
    'GH003', null, 'reserve_refuses_' || a.what)
from (values
    ('no_name', null, test.key('a'), null, null, '10.0.0.1',
     array[test.key('s')]),
    ('no_key', 'a', null, null, null, '10.0.0.1', array[test.key('s')]),
    ('a_short_key', 'a', '\x00'::bytea, null, null, '10.0.0.1',
     array[test.key('s')]),
    ('a_short_device', 'a', test.key('a'), '\x00'::bytea, now(), '10.0.0.1',
     array[test.key('s')]),
    ('a_device_of_no_time', 'a', test.key('a'), test.key('d'), null,
     '10.0.0.1', array[test.key('s')]),
    ('a_time_of_no_device', 'a', test.key('a'), null, now(), '10.0.0.1',
     array[test.key('s')]),
    ('no_source', 'a', test.key('a'), null, null, null,
     array[test.key('s')]),
    ('no_source_keys', 'a', test.key('a'), null, null, '10.0.0.1',
     '{}'::bytea[]),
    ('a_null_source_key', 'a', test.key('a'), null, null, '10.0.0.1',
     array[null]::bytea[]),
    ('nine_source_keys', 'a', test.key('a'), null, null, '10.0.0.1',
     array_fill(test.key('s'), array[9]))
) as a (what, name, name_key, device, device_at, source, keys);

select * from finish();
rollback;
