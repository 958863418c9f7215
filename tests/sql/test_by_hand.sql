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

select * from finish();
rollback;
