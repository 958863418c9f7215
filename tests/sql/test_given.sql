-- SPDX-License-Identifier: Apache-2.0
--
-- Where it is said so, a change that only gives renews tokens and ends no
-- session: which change that is, what a token has until it is renewed, and
-- that a change which takes ends the session in whatever order they come.

begin;
set local search_path = tap, public;

select no_plan();

-- As in test_rights.sql: alice reads; bob does by two roles in between; carol
-- has a role that may nothing, dora has none. admin, which is
-- there from the beginning, administers, and above has it.
select test.account(n) from unnest(array['alice', 'bob', 'carol', 'dora']) n;
select gatehouse.application_add('app', null, '/app/', '{http://localhost:1}',
                                 null, null, 'root'),
       gatehouse.permission_add('app', 'read', '/**', '{GET}', 'root'),
       gatehouse.permission_add('app', 'edit', '/x/*', '{POST}', 'root');
select gatehouse.role_add(r, '', false, 'root')
from unnest(array['reader', 'chief', 'boss', 'other', 'above']) r;
select gatehouse.role_grant_permission('reader', 'app', 'read', null, null,
                                       '', 'root'),
       gatehouse.role_inherit('chief', 'reader', '', 'root'),
       gatehouse.role_inherit('boss', 'chief', '', 'root'),
       gatehouse.role_inherit('above', 'admin', '', 'root');
select gatehouse.role_grant_account(g.role, g.account, null, null, '', 'root')
from (values ('reader', 'alice'), ('boss', 'bob'), ('other', 'carol'))
     g (role, account);

create function pg_temp.role(p_name text) returns bigint language sql as
$$select role_id from gatehouse_data.role where name = p_name$$;
create function pg_temp.account(p_name text) returns bigint language sql as
$$select account_id from gatehouse_data.account where name = p_name$$;
create function pg_temp.permission(p_name text) returns bigint language sql as
$$select permission_id from gatehouse_data.permission where name = p_name$$;
create function pg_temp.next() returns void language sql as
$$update gatehouse_data.policy_state set transaction = '0'$$;
create function pg_temp.offer(p_token text, p_next text, p_generation bigint
                              default 0)
returns boolean language sql as
$$select gatehouse.session_offer(test.key(p_token), p_generation,
                                 test.key(p_next), test.key('mac ' || p_next))$$;
create function pg_temp.renew(p_token text) returns text language sql as
$$select gatehouse.session_renew(test.key(p_token), '60 s', '192.0.2.1',
                                 'Browser/1', 'public', gen_random_uuid(),
                                 'node1')$$;
-- A change, as if in a transaction of its own.
create function pg_temp.change(p_change text) returns void
language plpgsql as
$$begin
    perform pg_temp.next();
    execute p_change;
    set local session_replication_role = origin;
    set constraints all immediate;
end$$;
create function pg_temp.give(p_role text, p_account text) returns void
language sql as
$$select pg_temp.change(format('select gatehouse.role_grant_account(%L, %L, '
                               'null, null, '''', ''root'')',
                               p_role, p_account))$$;
create function pg_temp.seen(p_token text) returns integer language sql as
$$select gatehouse.session_seen(array[f.session_id],
                                array[clock_timestamp()])
  from (select test.age(p_token, '5 minutes')) a
  cross join gatehouse.session_find(test.key(p_token)) f$$;
-- What a token has: its state, and when it is outgrown, by which roles; and
-- how many grants of permissions are withheld from it.
create function pg_temp.has(p_token text) returns text language sql as
$$select f.state || coalesce(' without ' || cardinality(f.withheld_ids)
                             || ':', '')
         || coalesce((select string_agg(' ' || r.name, '' order by r.name)
                      from unnest(f.role_ids) i (role_id)
                      join gatehouse_data.role r using (role_id)), '')
  from gatehouse.session_find(test.key(p_token)) f$$;

-- Whose sessions end by a change, and whose tokens are renewed (in brackets);
-- nothing of it stays.
create function pg_temp.does(p_change text) returns text
language plpgsql
as $$
declare
    v_done text;
begin
    perform test.sign_in(n, n || '-s')
    from unnest(array['alice', 'bob', 'carol', 'dora']) n;
    perform pg_temp.change(p_change);
    select string_agg(case when f.state = 'live' then '(' || n || ')'
                           else n end, ' ' order by n)
    into v_done
    from unnest(array['alice', 'bob', 'carol', 'dora']) n
    cross join gatehouse.session_find(test.key(n || '-s')) f
    where f.state = 'rights_changed'
       or f.withheld_ids is not null;
    raise exception using errcode = 'TE001';
exception
    when sqlstate 'TE001' then
        return coalesce(v_done, 'nobody');
end
$$;

-- The setting.
select set_eq('select on_given from gatehouse_data.policy_state',
              array['end'], 'what_is_given_ends_sessions');
select is(pg_temp.does('select gatehouse.role_grant_account(''other'', '
                       '''alice'', null, null, '''', ''root'')'),
          'alice', 'until_it_is_said_otherwise');
select test.events();
select is((select on_given from gatehouse.policy_given('root')), 'end',
          'it_can_be_seen');
select is(test.events(), null, 'which_is_no_event');
select is((select on_given from gatehouse.policy_given('root', 'renew')),
          'renew', 'it_can_be_set');
select is(test.events(), 'privilege_permissions_changed', 'which_is_one');
select is((select on_given from gatehouse.policy_given('root', 'renew')),
          'renew', 'twice');
select is(test.events(), null, 'without_a_second_one');
select throws_ok($$select gatehouse.policy_given('root', 'keep')$$, 'GH003',
                 null, 'to_one_of_two_words');
update gatehouse_data.policy_state set on_given = 'end';
select is(test.events(), 'sensitive_update(by_hand)', 'by_hand_it_is_told');
update gatehouse_data.policy_state set on_given = 'renew';

-- Which change only gives.
select is(pg_temp.does('select gatehouse.' || c.change), c.who,
          c.ids || c.what)
from (values
    ('FIX-007 ', 'a_role_is_given', 'role_grant_account(''other'', '
     '''alice'', null, null, '''', ''root'')', '(alice)'),
    ('', 'a_role_is_given_until_tomorrow', 'role_grant_account(''other'', '
     '''alice'', null, now() + interval ''1 day'', '''', ''root'')',
     '(alice)'),
    ('', 'a_role_is_given_for_later', 'role_grant_account(''other'', '
     '''alice'', now() + interval ''1 day'', null, '''', ''root'')',
     'nobody'),
    ('', 'a_permission_is_given', 'role_grant_permission(''reader'', '
     '''app'', ''edit'', null, null, '''', ''root'')', '(alice) (bob)'),
    ('', 'a_role_inherits', 'role_inherit(''other'', ''reader'', '''', '
     '''root'')', '(carol)'),
    ('', 'a_role_in_between_inherits', 'role_inherit(''chief'', ''other'', '
     ''''', ''root'')', '(bob)'),
    ('FIX-007 ', 'a_role_that_administers_is_given', 'role_grant_account('
     '''admin'', ''alice'', null, null, '''', ''root'')', 'alice'),
    ('FIX-007 ', 'so_is_one_that_inherits_one', 'role_grant_account('
     '''above'', ''alice'', null, null, '''', ''root'')', 'alice'),
    ('FIX-007 ', 'a_role_inherits_one_that_administers', 'role_inherit('
     '''other'', ''admin'', '''', ''root'')', 'carol'),
    ('FIX-007 ', 'and_those_above_it', 'role_inherit(''reader'', ''above'', '
     ''''', ''root'')', 'alice bob'),
    ('', 'a_role_is_taken', 'role_revoke_account(''reader'', ''alice'', '''', '
     '''root'')', 'alice'),
    ('', 'a_permission_is_taken', 'role_revoke_permission(''reader'', '
     '''app'', ''read'', '''', ''root'')', 'alice bob'),
    ('', 'an_inheritance_is_taken', 'role_disinherit(''boss'', ''chief'', '
     ''''', ''root'')', 'bob'),
    ('', 'given_and_taken_at_once', 'role_grant_account(''other'', '
     '''alice'', null, null, '''', ''root''), '
     'gatehouse.role_revoke_permission(''reader'', ''app'', ''read'', '''', '
     '''root'')', 'alice bob'),
    ('', 'what_is_everybodys_is_more', 'role_grant_permission('
     '''authenticated'', ''app'', ''edit'', null, null, '''', ''root'')',
     'nobody')
) c (ids, what, change, who);
select is(pg_temp.does(m.mode || c.change), c.who,
          'by_hand_' || c.what || m.how)
from (values
    ('a_role_is_given', 'insert into gatehouse_data.account_role '
     '(account_id, role_id) values (pg_temp.account(''dora''), '
     'pg_temp.role(''other''))', '(dora)'),
    ('a_permission_is_given', 'insert into gatehouse_data.role_permission '
     '(role_id, permission_id) values (pg_temp.role(''chief''), '
     'pg_temp.permission(''edit''))', '(bob)'),
    ('an_inheritance_is_of_another', 'update '
     'gatehouse_data.role_inheritance set inherits_id = '
     'pg_temp.role(''other'') where role_id = pg_temp.role(''boss'')',
     'bob'),
    ('a_role_administers', 'update gatehouse_data.role set '
     'is_administrative = true where name = ''reader''', 'alice bob'),
    ('methods_are_more', 'update gatehouse_data.permission set methods = '
     '''{GET,POST}'' where name = ''read''', 'alice bob'),
    ('an_end_is_put_off', 'update gatehouse_data.account_role set valid_from '
     '= valid_from - interval ''1 day'' where account_id = '
     'pg_temp.account(''carol'')', 'carol')
) c (what, change, who)
cross join (values ('', ''),
                   ('set local session_replication_role = replica; ',
                    '_under_replica')) m (mode, how);

-- What a token has until it is renewed.
select test.sign_in('alice', 'a1');
select is(pg_temp.has('a1'), 'live reader', 'a_token_has_what_there_is');
select pg_temp.give('other', 'alice');
select is(pg_temp.has('a1'), 'live without 0: reader',
          'what_is_given_since_it_does_not_have');
select pg_temp.change($$select gatehouse.role_grant_permission('reader', 'app',
    'edit', null, null, '', 'root')$$);
select is(pg_temp.has('a1'), 'live without 1: reader',
          'nor_what_a_role_of_its_is_given');
select pg_temp.change($$select gatehouse.role_add('more', '', false, 'root'),
    gatehouse.role_inherit('reader', 'more', '', 'root')$$);
select is(pg_temp.has('a1'), 'live without 1: reader',
          'nor_what_that_inherits_since');
select is(pg_temp.seen('a1'), 1, 'activity_is_noted');
select is(pg_temp.has('a1'), 'live without 1: reader', 'and_gives_nothing');
select is(pg_temp.offer('a1', 'a2'), true, 'the_next_token_is_offered');
select is(pg_temp.has('a1'), 'live without 1: reader',
          'by_which_the_old_one_gains_nothing');
select is(pg_temp.has('a2'), 'live other reader',
          'the_new_one_has_it_all_when_it_comes');
select is(pg_temp.renew('a2'), 'live', 'it_comes');
select is(pg_temp.has('a2'), 'live other reader', 'and_has_it_from_then_on');
select is(pg_temp.has('a1'), 'live without 1: reader',
          'the_old_one_does_not_while_it_is_good');
select ok((select authenticated_at = created_at and rights_version = (
               select version from gatehouse_data.policy_state)
           from gatehouse_data.session where token_hash = test.key('a2')),
          'which_is_no_sign_in');

-- A token that was offered before is for what there was then.
select test.sign_in('bob', 'b1');
select pg_temp.offer('b1', 'b2');
select pg_temp.give('other', 'bob');
select is(pg_temp.offer('b1', 'b2'), true, 'it_is_offered_again');
select is(pg_temp.has('b2'), 'live without 0: boss chief more reader',
          'a_token_that_was_offered_before_does_not_have_it');
select is(pg_temp.renew('b2'), 'live', 'also_when_it_comes');
select is(pg_temp.has('b2'), 'live without 0: boss chief more reader',
          'it_does_not');
update gatehouse_data.session set previous_until = clock_timestamp()
where token_hash = test.key('b2');
select is(pg_temp.offer('b2', 'b3', 1) , true, 'the_one_after_it');
select is(pg_temp.renew('b3') || ' ' || pg_temp.has('b3'),
          'live live boss other', 'does');

-- Given and taken, in either order.
select test.sign_in('carol', 'c1'), test.sign_in('dora', 'd1');
select pg_temp.give('reader', 'carol');
select pg_temp.change($$select gatehouse.role_revoke_account('other', 'carol',
    '', 'root')$$);
select is(test.state('c1'), 'rights_changed', 'given_and_then_taken_ends');
select is(pg_temp.offer('c1', 'c2'), true, 'whatever_is_offered');
select is(pg_temp.renew('c2'), 'rights_changed', 'it_is_over');
select test.sign_in('carol', 'c3');
select pg_temp.change($$select gatehouse.role_revoke_account('reader',
    'carol', '', 'root')$$);
select pg_temp.give('reader', 'carol');
select is(test.state('c3'), 'rights_changed', 'taken_and_then_given_too');
select pg_temp.give('reader', 'dora');
select pg_temp.offer('d1', 'd2');
select pg_temp.change($$select gatehouse.role_revoke_account('reader', 'dora',
    '', 'root')$$);
select is(pg_temp.renew('d2'), 'rights_changed',
          'what_is_taken_after_the_offer_counts');

-- What became of a role before somebody was given it is nothing of theirs.
select test.sign_in('dora', 'd3');
select pg_temp.change($$select gatehouse.role_revoke_permission('reader',
    'app', 'edit', '', 'root')$$);
select pg_temp.give('reader', 'dora');
select is(pg_temp.has('d3'), 'live without 0:',
          'a_change_of_a_role_before_it_was_given_ends_nothing');
select pg_temp.change($$select gatehouse.role_revoke_permission('reader',
    'app', 'read', '', 'root')$$);
select is(test.state('d3'), 'rights_changed', 'one_after_it_does');

-- A condition goes along with what is inherited.
select gatehouse.condition_add('nets', null, null, null, '{192.0.2.0/24}',
                               null, null, null, null, null, null, '', 'root');
select test.account('erin');
select pg_temp.change($$select gatehouse.role_grant_account('boss', 'erin',
    null, null, '', 'root', p_condition => 'nets')$$);
select test.sign_in('erin', 'e1');
select pg_temp.give('other', 'erin');
select is((select array_agg(c.condition_id > 0) = '{t,t,t,t}'
           from gatehouse.session_find(test.key('e1')) f
           cross join unnest(f.condition_ids) c (condition_id)), true,
          'a_condition_goes_along_with_what_is_inherited');

-- Many at once: what is renewed needs no word.
update gatehouse_data.policy_state set rights_change_confirm = 0;
select lives_ok($$select pg_temp.give('other', 'dora')$$,
                'what_ends_nobody_is_not_counted');

-- Nobody puts by hand what is withheld.
select throws_ok('delete from gatehouse_data.rights_given', 'GH004', null,
                 'what_was_given_is_not_changed_by_hand');
select throws_ok('truncate gatehouse_data.rights_given', 'GH004', null,
                 'nor_emptied');

-- The upkeep removes what no session is old enough for.
alter table gatehouse_data.rights_given disable trigger rights_given_stays;
update gatehouse_data.rights_given
set given_at = given_at - case relation
    when 'role_permission' then interval '32 days'
    else interval '30 days' end
where relation in ('role_permission', 'role_inheritance');
alter table gatehouse_data.rights_given
    enable always trigger rights_given_stays;
select gatehouse.maintain('node1');
select set_eq('select distinct relation from gatehouse_data.rights_given',
              array['account_role', 'role_inheritance'],
              'what_is_more_than_31_days_past_goes');

select * from finish();
rollback;
