-- SPDX-License-Identifier: Apache-2.0
--
-- Separation of duty: pairs of roles that nobody gets both, by whatever way and
-- whoever makes the change; how pairs are administered, told of and shown.

begin;
set local search_path = tap, public;

select no_plan();

-- Before there is anybody.
select gatehouse.role_add('here', '', false, 'root'),
       gatehouse.role_add('there', '', false, 'root');
select gatehouse.role_exclude('here', 'there', '', 'root'),
       gatehouse.role_inherit('authenticated', 'here', '', 'root');
select throws_ok(
    $$select gatehouse.role_inherit('anonymous', 'there', '', 'root')$$,
    'GH004', 'the role authenticated would have both here and there, which '
    'exclude each other', 'whoever_will_sign_in_has_not_both');
select gatehouse.role_remove('here', '', 'root'),
       gatehouse.role_remove('there', '', 'root');
select test.events();

select test.account('alice'), test.account('bob'), test.account('carol');
select gatehouse.role_add(r, '', false, 'root')
from unnest(array['buyer', 'approver', 'clerk', 'boss', 'other']) r;

-- Administered.
select cmp_ok(gatehouse.role_exclude('buyer', 'approver', 'who orders does not '
                  'pay', 'root'), '>', 0::bigint, 'two_roles_exclude_each_other');
select results_eq(
    $$select reason, actor, detail -> 'names'
      from test.event('authz_change')$$,
    $$values ('who orders does not pay', 'root',
              '{"role": "buyer", "excludes": "approver"}'::jsonb)$$,
    'which_is_told_by_names');
select throws_ok(
    format('select gatehouse.role_exclude(%L, %L, %L, %L)', t.role, t.other,
           t.reason, 'root'), t.state, null, 'refuses ' || t.what)
from (values
    ('the_same_again', 'buyer', 'approver', '', 'GH002'),
    ('the_same_the_other_way', 'approver', 'buyer', '', 'GH002'),
    ('a_role_with_itself', 'buyer', 'buyer', '', 'GH003'),
    ('a_reason_without_end', 'buyer', 'clerk', repeat('x', 129), 'GH003'),
    ('no_role', 'x', 'buyer', '', 'GH001'),
    ('no_other_role', 'buyer', 'x', '', 'GH001')
) t (what, role, other, reason, state);
select results_eq(
    $$select name, excludes from gatehouse.role_list()
      where excludes <> ''$$,
    $$values ('approver', 'buyer'), ('buyer', 'approver')$$,
    'both_roles_say_so');

-- Given to somebody.
select gatehouse.role_grant_account('buyer', 'alice', null, null, '', 'root');
select throws_ok(
    $$select gatehouse.role_grant_account('approver', 'alice', null, null, '',
      'root')$$, 'GH004',
    'the account alice would have both buyer and approver, which exclude each '
    'other', 'nobody_is_given_both');
select throws_ok(
    $$select gatehouse.role_grant_account('approver', 'alice',
      now() + interval '1 year', null, '', 'root')$$, 'GH004', null,
    'not_later_either');
select lives_ok(
    $$select gatehouse.role_grant_account('approver', 'bob', null, null, '',
      'root')$$, 'somebody_else_is');
select throws_ok(
    $$insert into gatehouse_data.account_role (account_id, role_id)
      select g.account_id, r.role_id
      from gatehouse_data.account_role g
      join gatehouse_data.role o on o.role_id = g.role_id
      cross join gatehouse_data.role r
      where o.name = 'approver' and r.name = 'buyer'$$,
    'GH004', null, 'by_hand');
set local session_replication_role = replica;
select throws_ok(
    $$insert into gatehouse_data.account_role (account_id, role_id)
      select g.account_id, r.role_id
      from gatehouse_data.account_role g
      join gatehouse_data.role o on o.role_id = g.role_id
      cross join gatehouse_data.role r
      where o.name = 'approver' and r.name = 'buyer'$$,
    'GH004', null, 'nor_with_triggers_that_do_not_fire');
set local session_replication_role = default;

-- Under a condition counts as given.
select gatehouse.condition_add('never', null, null, null, null, null,
    '{}', null, null, null, null, null, 'root');
select throws_ok(
    $$select gatehouse.role_grant_account('approver', 'alice', null, null, '',
      'root', p_condition => 'never')$$, 'GH004', null, 'under_a_condition');

-- One after the other.
select lives_ok(
    $$select gatehouse.role_grant_account('buyer', 'carol', null,
      now() + interval '1 hour', '', 'root')$$, 'for_an_hour');
select throws_ok(
    format($$select gatehouse.role_grant_account('approver', 'carol', %L,
           null, '', 'root')$$, now() + interval '59 minutes'), 'GH004', null,
    'not_before_its_end');
select lives_ok(
    format($$select gatehouse.role_grant_account('approver', 'carol', %L,
           null, '', 'root')$$, now() + interval '1 hour'),
    'from_its_end_on');
select throws_ok(
    $$update gatehouse_data.account_role g
      set valid_until = g.valid_until + interval '1 second'
      from gatehouse_data.role r
      where r.role_id = g.role_id and r.name = 'buyer'
        and g.valid_until is not null$$, 'GH004', null,
    'and_it_cannot_be_made_longer');
select gatehouse.role_revoke_account('buyer', 'alice', '', 'root');
select lives_ok(
    $$select gatehouse.role_grant_account('approver', 'alice', null, null, '',
      'root')$$, 'after_the_one_was_ended_the_other');

-- Inherited.
select lives_ok(
    $$select gatehouse.role_inherit('clerk', 'buyer', '', 'root')$$,
    'a_role_inherits_one');
select throws_ok(
    $$select gatehouse.role_grant_account('clerk', 'bob', null, null, '',
      'root')$$, 'GH004', null, 'which_counts');
select throws_ok(
    $$select gatehouse.role_inherit('clerk', 'approver', '', 'root')$$,
    'GH004', 'the role clerk would have both buyer and approver, which '
    'exclude each other', 'it_does_not_inherit_the_other');
select lives_ok(
    $$select gatehouse.role_grant_account('boss', 'bob', null, null, '',
      'root')$$, 'somebody_has_a_role');
select throws_ok(
    $$select gatehouse.role_inherit('boss', 'clerk', '', 'root')$$, 'GH004',
    'the account bob would have both buyer and approver, which exclude each '
    'other', 'which_may_not_come_to_have_one');
select throws_ok(
    $$select gatehouse.role_inherit('authenticated', 'clerk', '', 'root')$$,
    'GH004', null, 'nor_everybody');
select throws_ok(
    $$select gatehouse.role_exclude('clerk', 'buyer', '', 'root')$$, 'GH004',
    'the role clerk would have both buyer and clerk, which exclude each other',
    'a_role_and_what_it_inherits_do_not_exclude_each_other');

-- A pair that somebody has.
select gatehouse.role_grant_account('other', 'bob', null, null, '', 'root');
select throws_ok(
    $$select gatehouse.role_exclude('other', 'boss', '', 'root')$$, 'GH004',
    'the account bob would have both boss and other, which exclude each other',
    'a_pair_that_somebody_has_is_refused');
select throws_ok(
    $$insert into gatehouse_data.role_exclusion (role_id, excludes_id)
      select o.role_id, t.role_id
      from gatehouse_data.role o, gatehouse_data.role t
      where o.name = 'boss' and t.name = 'other'$$, 'GH004', null,
    'by_hand_too');

-- Shown to auditors.
select set_eq(
    $$select role, excludes, members, excluded_members, made_by, reason
      from gatehouse_report.separation_of_duty$$,
    $$values ('buyer', 'approver', 1, 3, 'root', 'who orders does not pay')$$,
    'auditors_see_the_pairs');
select results_eq(
    $$select role, excludes, changed_with
      from gatehouse_report.policy_history
      where relation = 'role_exclusion' and role = 'buyer'$$,
    $$values ('buyer', 'approver', 'role_exclude')$$, 'and_their_history');

-- It ends no session, and is taken back.
create function pg_temp.rights_changed_at()
returns timestamptz
language sql
return (
    select greatest(max(r.changed_at), max(a.changed_at), max(p.rights_at))
    from gatehouse_data.policy_state p
    left join gatehouse_data.role_rights r on true
    left join gatehouse_data.account_rights a on true
);
select pg_temp.rights_changed_at() as rights_changed_at \gset
select test.events();
select lives_ok(
    $$select gatehouse.role_unexclude('approver', 'buyer', 'small house',
      'root')$$, 'they_do_no_longer');
select is(pg_temp.rights_changed_at(), :'rights_changed_at',
          'which_changes_nobodys_rights');
select is(test.events(), 'authz_change(small house)', 'the_end_is_told');
select throws_ok(
    $$select gatehouse.role_unexclude('approver', 'buyer', '', 'root')$$,
    'GH001', null, 'once');
select lives_ok(
    $$select gatehouse.role_grant_account('clerk', 'bob', null, null, '',
      'root')$$, 'both_may_be_had_again');
select gatehouse.role_add('spare', '', false, 'root');
select gatehouse.role_exclude('spare', 'other', '', 'root');
select gatehouse.role_remove('spare', '', 'root');
select is_empty($$select from gatehouse_data.role_exclusion$$,
                'a_pair_goes_with_its_role');

select * from finish();
rollback;
