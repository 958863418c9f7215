-- SPDX-License-Identifier: Apache-2.0
--
-- Session data: what is stored comes back to its session or account only,
-- limits to the byte, ends with sessions, accounts and applications, what is
-- carried over, and what a change by hand tells.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob');
select gatehouse.application_add(a, '', '/' || a || '/', '{http://localhost:1}',
                                 'forward', null, 'root')
from unnest(array['app', 'other']) a;
select test.sign_in('alice', 'a1'), test.sign_in('alice', 'a2'),
       test.sign_in('bob', 'b1');
select test.events();

create function pg_temp.sid(p_token text) returns bigint language sql
return (select session_id from gatehouse_data.session
        where token_hash = test.key(p_token));
create function pg_temp.aid(p_token text) returns bigint language sql
return (select account_id from gatehouse_data.session
        where token_hash = test.key(p_token));
create function pg_temp.app(p_name text) returns bigint language sql
return (select application_id from gatehouse_data.application
        where name = p_name);
-- A value of so many bytes; its outcome, or the reference it should be for.
create function pg_temp.put(
    p_token text,
    p_key text,
    p_is_account boolean default false,
    p_bytes integer default 1,
    p_app text default 'app',
    p_for text default null,
    p_fill text default 'v'
)
returns text
language sql
as $$
select coalesce((
    select p.outcome || case when p.outcome = 'elsewhere'
                             then ' ' || encode(p.reference, 'hex')
                             else '' end
    from gatehouse.data_put(
        pg_temp.sid(p_token), pg_temp.aid(p_token), p_is_account,
        pg_temp.app(p_app), p_key,
        case when not p_is_account
             then test.ref(coalesce(p_for, p_token)) end,
        'text/plain', 'k1', substring(test.key('n') from 1 for 12),
        convert_to(repeat(p_fill, p_bytes + 16), 'UTF8')) p), 'over')
$$;
create function pg_temp.get(
    p_token text,
    p_key text,
    p_is_account boolean default false,
    p_app text default 'app'
)
returns text
language sql
as $$
select coalesce((
    select coalesce(left(convert_from(g.sealed, 'UTF8'), 1), 'none')
           || coalesce(' ' || encode(g.reference, 'hex'), '')
    from gatehouse.data_get(pg_temp.sid(p_token), pg_temp.aid(p_token),
                            p_is_account, pg_temp.app(p_app), p_key) g),
    'over')
$$;
create function pg_temp.drop_value(
    p_token text,
    p_key text,
    p_is_account boolean default false
)
returns boolean
language sql
as $$
select gatehouse.data_delete(pg_temp.sid(p_token), pg_temp.aid(p_token),
                             p_is_account, pg_temp.app('app'), p_key)
$$;
create function pg_temp.with_ref(p_text text, p_token text)
returns text language sql
return p_text || ' ' || encode(test.ref(p_token), 'hex');

-- Storing and giving.
select is(pg_temp.get('a1', 'k'), pg_temp.with_ref('none', 'a1'),
          'what_was_not_stored_is_not_there');
select is(pg_temp.put('a1', 'k'), 'stored', 'a_value_is_stored');
select is(pg_temp.get('a1', 'k'), pg_temp.with_ref('v', 'a1'),
          'and_given_with_what_it_is_for');
select is(pg_temp.put('a1', 'k', p_fill => 'w'), 'stored', 'written_over');
select is(pg_temp.get('a1', 'k'), pg_temp.with_ref('w', 'a1'),
          'the_last_one_counts');
select is(pg_temp.put('a1', 'k', true, p_fill => 'x'), 'stored',
          'the_account_has_its_own');
select is(pg_temp.get('a1', 'k', true), 'x', 'which_is_for_no_session');
select is(pg_temp.get('a2', 'k', true), 'x', 'and_every_session_has_it');
select is(pg_temp.get(t, 'k', s), w, format('%s %s has its own', t, s))
from (values ('a2', false, pg_temp.with_ref('none', 'a2')),
             ('b1', false, pg_temp.with_ref('none', 'b1')),
             ('b1', true, 'none')) q (t, s, w);
select is(pg_temp.get('a1', 'k', false, 'other'),
          pg_temp.with_ref('none', 'a1'), 'applications_have_their_own');
select is(pg_temp.put('a1', 'k', p_for => 'a2'),
          pg_temp.with_ref('elsewhere', 'a1'),
          'what_is_sealed_for_another_session_is_not_stored');
select is(pg_temp.get('a1', 'k'), pg_temp.with_ref('w', 'a1'),
          'nothing_was_changed');
select is(test.events(), null, 'none_of_this_is_an_event');
select is_empty(
    $$select from gatehouse.data_get(pg_temp.sid('a1'), pg_temp.aid('b1'),
                                     true, pg_temp.app('app'), 'k')$$,
    'session_and_account_must_belong_together');

-- What is malformed.
select throws_ok(
    format($$select gatehouse.data_put(pg_temp.sid('a1'), pg_temp.aid('a1'),
             %L, %s, %L, test.ref('a1'), %L, %L, %L, %L)$$,
           a, coalesce(app, pg_temp.app('app')), key, type, kid, nonce,
           sealed),
    code, null, what)
from (values
    ('a_key_in_capitals', true, null::bigint, 'K', 'text/plain', 'k1',
     repeat('n', 12), repeat('s', 16), 'GH003'),
    ('no_key', false, null, null, 'text/plain', 'k1', repeat('n', 12),
     repeat('s', 16), 'GH003'),
    ('a_page', true, null, 'k', 'text/html', 'k1', repeat('n', 12),
     repeat('s', 16), 'GH003'),
    ('a_short_nonce', false, null, 'k', 'text/plain', 'k1', repeat('n', 11),
     repeat('s', 16), 'GH003'),
    ('a_value_without_proof', true, null, 'k', 'text/plain', 'k1',
     repeat('n', 12), repeat('s', 15), 'GH003'),
    ('a_value_over_the_limit', true, null, 'k', 'text/plain', 'k1',
     repeat('n', 12), repeat('s', 16401), 'GH003'),
    ('an_application_that_is_not_there', false, 999999, 'new', 'text/plain',
     'k1', repeat('n', 12), repeat('s', 16), 'GH001')
) s (what, a, app, key, type, kid, nonce, sealed, code);

-- Deleting.
select is(pg_temp.drop_value('a1', 'k'), true, 'a_value_is_deleted');
select is(pg_temp.drop_value('a1', 'k'), false, 'once');
select is(pg_temp.drop_value('b1', 'k', true), false,
          'nobody_deletes_anothers');
select is(pg_temp.get('a1', 'k', true), 'x', 'the_accounts_stays');

-- Limits.
select is(array_agg(distinct pg_temp.put('a1', 'k' || n)), '{stored}',
          'thirty_two_keys')
from generate_series(1, 32) n;
select is(pg_temp.put('a1', 'k33'), 'keys', 'and_no_more');
select is(pg_temp.put('a1', 'k32'), 'stored', 'but_over_one_that_is_there');
select is(pg_temp.put('a1', 'k33', false, 1, 'other'), 'stored',
          'another_application');
select is(pg_temp.put('a2', 'k33'), 'stored', 'another_session');
select is(pg_temp.put('a1', 'k33', true), 'stored', 'the_accounts');
-- 36 bytes are there; 63 of the largest, and what is left of 1 MiB.
select is(array_agg(distinct pg_temp.put(
              'a2', 'x' || n, n % 2 = 0, 16384, 'other')), '{stored}',
          'a_mebibyte_of_values')
from generate_series(1, 62) n;
select is(pg_temp.put('a2', 'y', false, 16384), 'stored', 'almost');
select is(sum(bytes), (63 * 16384 + 36)::bigint, 'as_it_is_counted')
from gatehouse_report.session_data where account = 'alice';
select is(pg_temp.put('a2', 'z', false, 16384 - 35), 'full',
          'not_a_byte_more');
select is(pg_temp.put('a2', 'z', false, 16384 - 36), 'stored',
          'to_the_last_byte');
select is(pg_temp.put('a2', 'z', false, 16384 - 36, p_fill => 'w'), 'stored',
          'over_itself');
select is(pg_temp.put('a2', 'z', false, 16384 - 35), 'full',
          'also_over_itself');
select is(pg_temp.put('b1', 'z'), 'stored', 'anothers_are_not_counted');

-- Ends.
select test.finish('a2', 'revoked');
select is(pg_temp.get('a2', 'z'), 'over', 'an_ended_session_has_nothing');
select is(pg_temp.get('a2', 'k', true), 'over', 'nor_the_accounts');
select is(pg_temp.put('a2', 'z'), 'over', 'nor_takes_anything');
select is(pg_temp.drop_value('a2', 'z'), null, 'nor_deletes');
select ok(count(*) > 30 and bool_and(coalesce(
              dies_at = ended_at + interval '10 minutes', false)),
          'its_values_die_in_ten_minutes')
from gatehouse_data.session_data d
join gatehouse_data.session s using (session_id)
where d.session_id = pg_temp.sid('a2');
select is(pg_temp.put('a1', 'k32', false, 16384), 'stored',
          'and_no_longer_count');
select is(gatehouse_data.session_data_sweep(
              clock_timestamp() + interval '9 min'), 0, 'not_before');
select is(gatehouse_data.session_data_sweep(
              clock_timestamp() + interval '11 min') > 30, true, 'then_they_go');
select is(count(*), 0::bigint, 'all_of_them')
from gatehouse_data.session_data where session_id = pg_temp.sid('a2');
select test.finish('a1', 'logout');
select is(count(*), 0::bigint, 'after_a_sign_out_at_once')
from gatehouse_data.session_data where session_id = pg_temp.sid('a1');
select test.events();
update gatehouse_data.session set ended_at = clock_timestamp(),
    end_reason = 'revoked'
where token_hash = test.key('b1');
select is(count(dies_at), 1::bigint, 'an_end_by_hand_counts')
from gatehouse_data.session_data where account_id = pg_temp.aid('b1');
select is(test.events(), 'sensitive_update(by_hand)',
          'and_only_that_is_by_hand');

-- The sweep is part of the upkeep.
update gatehouse_data.session_data set dies_at = dies_at - interval '1 hour';
select gatehouse.maintain('n');
select is(count(*), 0::bigint, 'upkeep_removes_them')
from gatehouse_data.session_data;

-- Following.
select test.sign_in('alice', 'f1'), test.sign_in('bob', 'f2');
select pg_temp.put('f1', 'k'), pg_temp.put('f1', 'k', false, 1, 'other');
select test.finish('f1', 'revoked');
select test.sign_in('alice', 'f3'), test.sign_in('alice', 'f4');
select is(gatehouse_data.session_data_carry(pg_temp.sid('f1'),
                                            pg_temp.sid('f2')), 0,
          'nothing_is_carried_to_another_account');
select is(gatehouse_data.session_data_carry(pg_temp.sid('f3'),
                                            pg_temp.sid('f1')), 0,
          'nor_backwards');
select is(gatehouse_data.session_data_carry(pg_temp.sid('f1'),
                                            pg_temp.sid('f3')), 2,
          'what_a_session_had_is_carried_to_the_next');
select is(gatehouse_data.session_data_carry(pg_temp.sid('f1'),
                                            pg_temp.sid('f3')), 0, 'once');
select is(count(*), 0::bigint, 'what_has_ended_keeps_none')
from gatehouse_data.session_data where session_id = pg_temp.sid('f1');
select is(gatehouse_data.session_data_carry(pg_temp.sid('f3'),
                                            pg_temp.sid('f4')), 2,
          'and_on_from_there');
select is(gatehouse_data.session_data_carry(null, pg_temp.sid('f4')), 0,
          'from_nothing_nothing_comes');
select is(pg_temp.get(t, 'k'), pg_temp.with_ref('v', 'f1'),
          t || '_has_it_as_it_was_sealed')
from unnest(array['f3', 'f4']) t;
select is(pg_temp.put('f4', 'k', p_for => 'f4'),
          pg_temp.with_ref('elsewhere', 'f1'),
          'new_values_are_for_the_same_place');
select is(pg_temp.put('f4', 'k', p_for => 'f1', p_fill => 'w'), 'stored',
          'and_stored');
select is(pg_temp.get('f3', 'k'), pg_temp.with_ref('v', 'f1'),
          'for_that_session_alone');
select test.sign_in('alice', 'f5'), test.sign_in('alice', 'f6');
select pg_temp.put('f5', 'k');
select test.finish('f5', 'revoked');
select test.age('f5', interval '11 minutes');
select is(gatehouse_data.session_data_carry(pg_temp.sid('f5'),
                                            pg_temp.sid('f6')), 0,
          'not_after_ten_minutes');

-- The sign-in and the new password carry them.
select test.sign_in('alice', 'g1'), pg_temp.put('g1', 'k');
select test.sign_in('alice', 'g2', 'g1'), test.sign_in('bob', 'g3', 'g1'),
       test.sign_in('alice', 'g4');
select is(pg_temp.get('g2', 'k'), pg_temp.with_ref('v', 'g1'),
          'signing_in_again_takes_the_data_along');
select is(pg_temp.get(t, 'k'), pg_temp.with_ref('none', t), what)
from (values ('g3', 'nobody_takes_those_of_another_account'),
             ('g4', 'nor_does_another_browser')) as t (t, what);
select test.reserve('alice') is not null;
select is((
    select c.sessions_ended > 0
    from gatehouse.password_change(
        pg_temp.aid('g2'), (select version from gatehouse_data.credential
                            where account_id = pg_temp.aid('g2')),
        test.ref('g2'), test.key('alice'), null, array[test.key('192.0.2.1')],
        '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$bmV3', 'k1',
        test.key('mac'), test.key('g5'), test.ref('g5'),
        test.key('binding of g5'), null, null, null, null, null,
        '30 minutes', '12 hours', 10) c
), true, 'a_new_password_ends_the_others');
select is(pg_temp.get('g5', 'k'), pg_temp.with_ref('v', 'g1'),
          'and_keeps_the_data_of_the_one_that_asked');

-- By hand.
select test.events();
update gatehouse_data.account_data set key = 'moved'
where key = 'k' and account_id = pg_temp.aid('f1');
select is(test.events(), 'sensitive_update(by_hand)', 'a_moved_value_is_told');
select is((test.event('sensitive_update')).detail -> 'after' ? d, false,
          'without_its_' || d)
from unnest(array['sealed', 'nonce']) d;
update gatehouse_data.session_data set sealed = sealed || 'x'
where session_id = pg_temp.sid('f4') and key = 'k'
  and application_id = pg_temp.app('app');
select is((test.event('sensitive_update')).detail -> 'secrets_changed',
          '["sealed"]', 'that_it_changed_is_told');
insert into gatehouse_data.session_data_origin
values (pg_temp.sid('f6'), test.ref('f1'));
select is((test.event('sensitive_create')).detail ->> 'table',
          'gatehouse_data.session_data_origin', 'so_is_another_origin');

-- What goes with what.
select gatehouse.application_remove('other', 'gone', 'root');
select is(count(*), 0::bigint, 'values_go_with_their_application')
from gatehouse_report.session_data where application = 'other';
select pg_temp.put('f4', 'k', true);
select gatehouse.account_remove('alice', 'asked', 'root');
select is(count(*), 0::bigint, 'and_with_their_account')
from gatehouse_report.session_data where account = 'alice';
select is(count(*), 0::bigint, 'all_of_them')
from gatehouse_data.session_data_origin;

select * from finish();
rollback;
