-- SPDX-License-Identifier: Apache-2.0
--
-- The views, read as an auditor: what they show, and that the example in each
-- comment runs.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('carol'), test.account('gone');
select test.sign_in('alice', 't1'), test.sign_in('alice', 't2'),
       test.sign_in('carol', 't3'), test.finish('t2');
select test.reserve('alice'), test.fail('alice');
select test.reserve('ghost'), test.fail('ghost', 'unknown');
select test.reserve('alice', '10.0.0.' || n) from generate_series(1, 8) n;
select test.fail('alice', 'throttled', true);
select gatehouse.account_lock('carol', 'suspicious', 'root');
update gatehouse_data.account set email = 'c@example.org'
where name = 'carol';
select gatehouse.access_write(
    array[now(), now(), now()],
    array[gatehouse.account_id_of('alice'), gatehouse.account_id_of('gone'),
          null], array[test.ref('t1'), null, null],
    array['192.0.2.1', null, null]::inet[], array['hr', 'hr', 'public'],
    array['GET', 'GET', 'GET'], array['/hr/a', '/hr/b', '/public/'],
    array[200, 403, 200], array[null, 'rule', null],
    array['public', 'public', 'public'], array[null, null, null]::uuid[],
    array['n', 'n', 'n'], array[0, 0, 0]::bigint[],
    array[1, 1, 1]::bigint[], array[1, 1, 1]);
select gatehouse.account_remove('gone', 'left', 'root');

set local role gatehouse_auditor;
select results_eq(
    $$select account, client, level from gatehouse_report.signed_in$$,
    $$values ('alice' collate "C", '192.0.2.1'::inet, 1::smallint)$$,
    'who_is_signed_in');
select results_eq(
    $$select account, is_account, failures, reasons
      from gatehouse_report.failed_sign_ins_by_account
      order by failures desc$$,
    $$select 'alice', true, 1 + t.n, array['throttled', 'wrong']
      from (select (detail ->> 'repeats')::bigint as n
            from gatehouse_report.events where detail ? 'repeats') t
      union all
      values (encode(test.key('ghost'), 'hex'), false, 1::bigint,
              array['unknown'])$$,
    'who_failed_with_gathered_refusals');
select results_eq(
    $$select client, accounts from
      gatehouse_report.failed_sign_ins_by_source$$,
    $$values ('192.0.2.1'::inet, 2::bigint)$$, 'from_where');
select results_eq(
    $$select status, valid_until is null, changed_by, changed_with
      from gatehouse_report.account_history
      where account = 'carol' order by valid_from$$,
    $$values ('active', false, 'tester', 'account_add'),
             ('locked', false, 'root', 'account_lock'),
             ('locked', true, null, null)$$,
    'what_an_account_was_and_who_made_it_so');
select results_eq(
    $$select is_removal from gatehouse_report.account_history
      where account = 'gone' order by valid_from$$,
    $$values (false), (true)$$, 'also_of_one_that_is_gone');
select results_eq(
    $$select account, resource, status from gatehouse_report.account_access
      order by resource$$,
    $$values ('alice' collate "C", '/hr/a', 200), ('gone', '/hr/b', 403),
             (null, '/public/', 200)$$, 'who_asked_for_what');
select results_eq(
    $$select operation, relation, account, before ->> 'email',
             after ->> 'email' from gatehouse_report.changes_by_hand$$,
    $$values ('update', 'gatehouse_data.account', 'carol',
              'carol@example.org', 'c@example.org')$$,
    'what_was_changed_by_hand');
select isnt_empty($$select from gatehouse_report.events
                    where level = 'WARN'$$, 'what_happened');

-- Each example runs.
create function pg_temp.example(p_view regclass) returns text
language sql as $$
select substring(obj_description(p_view, 'pg_class') from '\n(  select.*);')
$$;
select lives_ok(pg_temp.example(c.oid), 'the example of ' || c.relname)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'gatehouse_report' and c.relkind = 'v'
order by c.relname;
select is_empty(
    $$select c.relname from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'gatehouse_report' and c.relkind = 'v'
        and pg_temp.example(c.oid) is null$$, 'every_view_has_an_example');
-- No secret has a column.
select is_empty(
    $$select c.relname || '.' || a.attname from pg_attribute a
      join pg_class c on c.oid = a.attrelid
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'gatehouse_report'
        and a.attname ~ 'hash|token|mac|binding|pepper'$$,
    'COOKIE-033 no_view_shows_a_hash');
reset role;

select * from finish();
rollback;
