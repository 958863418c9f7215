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
reset role;

-- The policy.
select gatehouse.application_add('shop', '', '/shop/', '{http://a}', null,
                                 'open', 'root'),
       gatehouse.permission_add('shop', 'read', '/**', '{GET}', 'root'),
       gatehouse.permission_add('shop', 'order', '/orders/*', '{POST}',
                                'root'),
       gatehouse.permission_add('shop', 'all', '/public/**', '{*}', 'root'),
       gatehouse.role_add('user', '', false, 'root'),
       gatehouse.role_add('clerk', '', false, 'root'),
       gatehouse.role_inherit('clerk', 'user', '', 'root');
select gatehouse.role_grant_permission('user', 'shop', 'read', null, null, '',
                                       'root') as used \gset
select gatehouse.role_grant_permission('clerk', 'shop', 'order', null,
           now() + interval '2 days', 'sale', 'root'),
       gatehouse.role_grant_permission('anonymous', 'shop', 'all', null, null,
                                       '', 'root'),
       gatehouse.role_grant_account('clerk', 'alice', null,
           now() + interval '1 day', 'help', 'root'),
       gatehouse.role_grant_account('user', 'alice', null, null, '', 'root'),
       gatehouse.role_grant_account('user', 'carol', null, null, '', 'root');
set local session_replication_role = replica;
alter table gatehouse_data.account_role
    disable trigger account_role_is_ended;
alter table gatehouse_data.role_permission
    disable trigger role_permission_is_ended;
update gatehouse_data.account_role
set valid_from = now() - interval '100 days',
    granted_at = now() - interval '100 days';
update gatehouse_data.role_permission
set valid_from = now() - interval '100 days',
    granted_at = now() - interval '100 days';
set local session_replication_role = origin;
select gatehouse.access_write(
    array[now()], array[gatehouse.account_id_of('alice')],
    array[null]::bytea[], array[null]::inet[], array['shop'], array['GET'],
    array['/shop/'], array[200], array[null], array['public'],
    array[null]::uuid[], array['n'], array[0]::bigint[], array[1]::bigint[],
    array[1], array[:used]::bigint[]);
insert into gatehouse_data.role (name) values ('by-hand');
select test.account('newcomer'),
       gatehouse.role_grant_account('user', 'newcomer', null, null, '',
                                    'root');

set local role gatehouse_auditor;
-- One line a row: columns of names have a collation of their own.
create function pg_temp.rows(p_statement text) returns setof text
language plpgsql as $$
begin
    return query execute format(
        'select translate(jsonb_path_query_array(to_jsonb(r), ''$.*'')::text,'
        ' ''"[],'', '''') from (%s) r', p_statement);
end $$;
select is(array(select pg_temp.rows(s.statement)), s.rows, s.what)
from (values
    ('what_a_role_may',
     $$select path as a, methods as b, permission as c, through as d
       from gatehouse_report.role_matrix where role = 'clerk' order by 1$$,
     array['/shop/** GET read user', '/shop/orders/* POST order null']),
    ('what_an_account_may',
     $$select role as a, permission as b, through as c,
              valid_until is null as d
       from gatehouse_report.effective_access where account = 'alice'
       order by 1, 2$$,
     array['anonymous all null true', 'clerk order null false',
           'clerk read user false', 'user read null true']),
    ('a_locked_one_may_nothing',
     $$select role from gatehouse_report.effective_access
       where account = 'carol'$$, '{}'),
    ('who_can_reach_an_application',
     $$select account as a, roles as b, status as c
       from gatehouse_report.application_access where application = 'shop'
       order by 1$$,
     array['(everybody) anonymous null', 'alice clerk user active',
           'carol user locked', 'newcomer user active']),
    ('what_ends_soon',
     $$select kind as a, role as b, account as c, permission as d, reason as e
       from gatehouse_report.grants_ending order by valid_until$$,
     array['role of an account clerk alice null help',
           'permission of a role clerk null order sale']),
    ('what_nobody_used',
     $$select kind as a, role as b, account as c, permission as d
       from gatehouse_report.grants_unused order by 1, 2$$,
     array['permission of a role anonymous null all',
           'permission of a role clerk null order',
           'role of an account user carol null']),
    ('who_never_came',
     $$select account as a, roles as b
       from gatehouse_report.accounts_never_signed_in$$,
     array['newcomer user']),
    ('what_the_policy_was_and_who_made_it_so',
     $$select operation as a, account as b, role as c, changed_by as d,
              changed_with as e
       from gatehouse_report.policy_history where relation = 'account_role'
         and account = 'carol' order by valid_from limit 1$$,
     array['insert carol user root role_grant_account']),
    ('the_policy_changed_by_hand',
     $$select relation as a, after ->> 'name' as b
       from gatehouse_report.changes_by_hand
       where event = 'authz_change' and operation = 'insert'$$,
     array['gatehouse_data.role by-hand']),
    ('a_use_leads_to_the_grant',
     $$select x.account as a, m.permission as b
       from gatehouse_report.account_access x
       join gatehouse_report.role_matrix m using (grant_id)
       where m.through is null$$, array['alice read'])
) s (what, statement, rows);

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
