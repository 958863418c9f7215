-- SPDX-License-Identifier: Apache-2.0
--
-- Changes by hand, whatever was set before, and in forms that nobody needs:
-- they are told of, have the same consequences, or are refused.

begin;
set local search_path = tap, public;

select no_plan();

select test.account(n) from unnest(array['alice', 'bob', 'carol']) n;

-- Bytes in the other form.
select test.sign_in('alice', 'a1');
do $$ begin perform test.events(); end $$;
set local bytea_output = 'escape';
select lives_ok(
    $$update gatehouse_data.session set idle = '20 minutes'
      where token_hash = test.key('a1')$$, 'bytes_may_have_another_form');
select lives_ok($$delete from gatehouse_data.session$$, 'for_every_change');
reset bytea_output;
select is(test.events(),
          'sensitive_update(by_hand) sensitive_delete(by_hand)',
          'and_it_is_told');
select is((test.event('sensitive_delete')).session, test.ref('a1'),
          'with_the_session_that_it_was');

-- What is locked stays.
select throws_ok(s, 'GH004', null, s)
from unnest(array[
    'delete from gatehouse_data.lock', 'truncate gatehouse_data.lock',
    $$update gatehouse_data.lock set name = 'maintain'$$]) s;

-- No session is made to outlive changes of its rights.
select test.sign_in('alice', 'a2');
select throws_ok(
    r.mode || 'update gatehouse_data.session set ' || c.change, 'GH004', null,
    r.mode || c.change)
from unnest(array[
    'rights_version = 9223372036854775807',
    'rights_version = rights_version + 1',
    $$rights_at = 'infinity'$$,
    'next_rights_version = 9223372036854775807',
    'previous_rights_version = 9223372036854775807']) as c (change)
cross join unnest(array['', 'set local session_replication_role = replica; ',
                        $$set local gatehouse.act = 'x'; $$]) as r (mode);
set local session_replication_role = origin;
set local gatehouse.act = '';
select lives_ok(
    'update gatehouse_data.session
     set rights_version = rights_version - 1, turns_at = clock_timestamp()',
    'what_ends_one_may_be_set');
select throws_ok('update gatehouse_data.session set turns_at = null',
                 'GH004', null, 'and_not_be_taken_back');

-- Rows keep the number by which their history is kept.
select test.account('free');
select gatehouse.role_add(r, '', false, 'root')
from unnest(array['r1', 'r2']) r;
select gatehouse.role_inherit('r1', 'r2', '', 'root');
select gatehouse.condition_add(c, null, null, null, '{10.0.0.0/8}', null, null,
    null, null, null, null, null, 'root') from unnest(array['c1', 'c2']) c;
select gatehouse.condition_add('c3', null, null, null, null, '{c1,c2}', null,
    null, null, null, null, null, 'root');
select throws_ok(format('update gatehouse_data.%s set %s = default', k.relation,
                        k.key), 'GH004', null, k.relation || '_stays')
from (values ('role_inheritance', 'role_inheritance_id'),
             ('condition_part', 'condition_part_id'),
             ('zone', 'zone_id'),
             ('role', 'role_id')) k (relation, key);
do $$ begin
    delete from gatehouse_data.credential c using gatehouse_data.account a
    where a.account_id = c.account_id and a.name in ('free', 'carol');
end $$;
select throws_ok($$update gatehouse_data.account set account_id = default
                   where name = 'free'$$, 'GH004', null, 'account_stays');
select throws_ok(
    $$update gatehouse_data.credential c set account_id = f.account_id
      from gatehouse_data.account a, gatehouse_data.account f
      where a.account_id = c.account_id and a.name = 'bob'
        and f.name = 'free'$$, 'GH004', null, 'credential_stays');

-- What is emptied has the consequences of rows that go, or stays.
select throws_ok(s, 'GH004', null, s)
from unnest(array[
    'truncate gatehouse_data.account cascade',
    'truncate gatehouse_data.credential',
    'set local session_replication_role = replica; '
        'truncate gatehouse_data.credential',
    'truncate gatehouse_data.rights_sweep',
    'delete from gatehouse_data.rights_sweep',
    'truncate gatehouse_data.change_state',
    'delete from gatehouse_data.change_state']) s;
set local session_replication_role = origin;
set constraints all immediate;
set constraints all deferred;
update gatehouse_data.policy_state set transaction = '0';
create temporary table kept as
select * from gatehouse_data.role where builtin is not null;
savepoint emptied;
truncate gatehouse_data.role cascade;
set constraints all immediate;
select set_eq('select name, builtin, meaning from gatehouse_data.role',
              'select name, builtin, meaning from kept',
              'the_roles_that_everybody_has_return');
rollback to emptied;
truncate gatehouse_data.role cascade;
insert into gatehouse_data.role overriding system value select * from kept;
set constraints all immediate;
select set_eq('select role_id, name from gatehouse_data.role',
              'select role_id, name from kept',
              'unless_they_were_put_back_at_once');

select * from finish();
rollback;
