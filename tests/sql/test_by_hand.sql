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

select * from finish();
rollback;
