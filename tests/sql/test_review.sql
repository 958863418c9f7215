-- SPDX-License-Identifier: Apache-2.0
--
-- Access reviews: which grants are asked about, who answers what, what happens
-- when one is due or closed, and to grants, roles and accounts that went
-- meanwhile; what is told of it.

begin;
set local search_path = tap, public;

select no_plan();

-- alice and bob order, by a role and by one that inherits it; carol has
-- another role, which may nothing; dora and eve administer.
select test.account(n)
from unnest(array['alice', 'bob', 'carol', 'dora', 'eve', 'frank']) n;
select gatehouse.application_add('shop', null, '/shop/',
                                 '{http://localhost:1}', null, null, 'root'),
       gatehouse.permission_add('shop', 'order', '/**', '{POST}', 'root');
select gatehouse.role_add(r, '', false, 'root')
from unnest(array['buyer', 'chief', 'guest', 'boss']) r;
select gatehouse.role_grant_permission('buyer', 'shop', 'order', null, null,
                                       '', 'root'),
       gatehouse.role_inherit('chief', 'buyer', '', 'root'),
       gatehouse.role_inherit('boss', 'admin', '', 'root');
select gatehouse.role_grant_account(g.role, g.account, null, null, 'needs it',
                                    'root')
from (values ('buyer', 'alice'), ('chief', 'bob'), ('guest', 'carol'),
             ('guest', 'alice'), ('admin', 'dora'), ('boss', 'eve'))
     g (role, account);

create function pg_temp.grant_of(p_role text, p_account text)
returns bigint
language sql
return (
    select g.grant_id
    from gatehouse_data.account_role g
    join gatehouse_data.role r on r.role_id = g.role_id
    join gatehouse_data.account a on a.account_id = g.account_id
    where r.name = p_role
      and a.name = p_account
      and g.ended_at is null
);
create function pg_temp.open(
    p_review text,
    p_unconfirmed text default 'end',
    p_role text default null,
    p_application text default null,
    p_account text default null,
    p_confirm integer default null
)
returns bigint
language sql
return gatehouse.review_open(p_review, 'carol', now() + interval '1 day',
    p_unconfirmed, p_role, p_application, p_account, 'yearly', 'root',
    p_confirm);

-- What a review says of each grant, or of those of one state.
create function pg_temp.states(p_review text)
returns text
language sql
return (
    select string_agg(i.account || ':' || i.role || '=' || i.state, ' '
                      order by i.account, i.role)
    from gatehouse_report.review_item i
    where i.review = p_review
);

-- As if the instant had come.
create function pg_temp.due(p_review text)
returns void
language plpgsql
as $$
begin
    perform set_config('role', 'gatehouse_owner', true),
            set_config('gatehouse.act', 'test', true);
    update gatehouse_data.review v
    set opened_at = v.opened_at - interval '2 days',
        due_at = v.due_at - interval '2 days'
    where v.title = p_review;
    perform set_config('gatehouse.act', '', true),
            set_config('role', 'none', true);
end
$$;

-- As if the transaction before had ended.
create function pg_temp.next() returns void language sql as
$$update gatehouse_data.policy_state set transaction = '0'$$;

-- Which grants.
select is(pg_temp.open('of-role', p_role => 'guest'), 2::bigint,
          'a_review_says_of_how_many_grants_it_asks');
select is(pg_temp.states('of-role'),
          'alice:guest=unanswered carol:guest=unanswered',
          'of_a_role_who_was_given_it');
select pg_temp.open('of-shop', p_application => 'shop');
select is(pg_temp.states('of-shop'),
          'alice:buyer=unanswered bob:chief=unanswered',
          'of_an_application_whose_roles_may_something_in_it');
select pg_temp.open('of-alice', p_account => 'alice');
select is(pg_temp.states('of-alice'),
          'alice:buyer=unanswered alice:guest=unanswered',
          'of_an_account_what_it_was_given');
select is(pg_temp.open('of-both', p_account => 'alice', p_role => 'guest'),
          1::bigint, 'or_both');
select is(pg_temp.open('of-all'), 6::bigint, 'or_all');
select is(test.events() ~ 'access_review\(yearly\)$', true,
          'an_opened_one_is_told');
select is(
    (select (e).detail from test.event('access_review') e)
    - array['due'],
    '{"did": "open", "review": "of-all", "grants": 6, "reviewer": "carol",
      "scope": "all", "unconfirmed": "end"}'::jsonb, 'with_what_it_asks');
select set_eq(
    $$select review, scope, reviewer, state, grants, unanswered, opened_by
      from gatehouse_report.review where review like 'of-%'$$,
    $$values ('of-role', 'role guest', 'carol', 'open', 2, 2, 'root'),
             ('of-shop', 'application shop', 'carol', 'open', 2, 2, 'root'),
             ('of-alice', 'account alice', 'carol', 'open', 2, 2, 'root'),
             ('of-both', 'role guest, account alice', 'carol', 'open', 1, 1,
              'root'),
             ('of-all', 'all', 'carol', 'open', 6, 6, 'root')$$,
    'auditors_see_how_far_each_is');
select throws_ok(
    format('select gatehouse.review_open(%L, %L, %L, %L, %L, %L, %L, null, '
           '%L)', r.title, r.reviewer, r.until, r.what, r.role, r.application,
           r.account, 'root'), r.state, null, 'refuses ' || r.name)
from (values
    ('a_name_that_is_taken', 'of-all', 'carol', now() + interval '1 day',
     'end', null, null, null, 'GH002'),
    ('a_name_that_is_none', 'of all', 'carol', now() + interval '1 day', 'end',
     null, null, null, 'GH003'),
    ('a_past_instant', 'x', 'carol', now(), 'end', null, null, null, 'GH003'),
    ('no_instant', 'x', 'carol', null, 'end', null, null, null, 'GH003'),
    ('another_word', 'x', 'carol', now() + interval '1 day', 'drop', null,
     null, null, 'GH003'),
    ('a_reviewer_that_is_nobody', 'x', 'nobody', now() + interval '1 day',
     'end', null, null, null, 'GH001'),
    ('no_such_role', 'x', 'carol', now() + interval '1 day', 'end', 'x', null,
     null, 'GH001'),
    ('no_such_application', 'x', 'carol', now() + interval '1 day', 'end',
     null, 'x', null, 'GH001'),
    ('no_such_account', 'x', 'carol', now() + interval '1 day', 'end', null,
     null, 'x', 'GH001'),
    ('no_such_grant', 'x', 'carol', now() + interval '1 day', 'end', null,
     null, 'frank', 'GH001')
) r (name, title, reviewer, until, what, role, application, account, state);

-- Many are asked about before, because nobody can be asked when it is due.
savepoint many;
update gatehouse_data.policy_state set rights_change_confirm = 5;
select throws_ok($$select pg_temp.open('many')$$, 'GH004',
                 'this review may end 6 grants, more than 5',
                 'many_want_a_word_when_it_opens');
select throws_ok($$select pg_temp.open('many', p_confirm => 5)$$, 'GH004',
                 null, 'the_right_one');
select lives_ok($$select pg_temp.open('many', p_confirm => 6)$$,
                'which_is_their_number');
select lives_ok($$select pg_temp.open('kept', 'keep')$$,
                'what_ends_nothing_wants_none');
rollback to many;

-- Answers.
select test.sign_in('alice', 'alice-s'), test.sign_in('bob', 'bob-s');
select pg_temp.next(), test.events();
select lives_ok(
    $$select gatehouse.review_confirm('of-shop', pg_temp.grant_of('chief',
      'bob'), 'still buys', 'carol')$$, 'a_grant_is_confirmed');
select is(test.events(), 'access_review(still buys)', 'which_is_told');
select is(
    (select row((e).account, (e).actor, (e).detail - 'grant')::text
     from test.event('access_review') e),
    row('bob', 'carol', '{"did": "confirm", "review": "of-shop",
        "role": "chief"}'::jsonb)::text, 'with_whose_it_is_and_who_said_so');
select lives_ok(
    $$select gatehouse.review_refuse('of-shop', pg_temp.grant_of('buyer',
      'alice'), 'moved on', 'carol')$$, 'another_one_is_refused');
select is(test.events(),
          'authz_change(review of-shop: moved on) access_review(moved on)',
          'whose_end_is_told_as_any_other');
select is(pg_temp.grant_of('buyer', 'alice'), null, 'it_has_ended');
select is(test.state('alice-s'), 'rights_changed', 'with_its_sessions');
select is(test.state('bob-s'), 'live', 'those_of_others_go_on');
select set_eq(
    $$select account, state, settled_by, reason
      from gatehouse_report.review_item
      where review = 'of-shop'$$,
    $$values ('alice', 'refused', 'carol', 'moved on'),
             ('bob', 'confirmed', 'carol', 'still buys')$$,
    'who_answered_what_and_why_is_kept');
select is(pg_temp.states('of-alice'),
          'alice:buyer=over alice:guest=unanswered',
          'another_review_has_nothing_left_to_ask');
select throws_ok(
    format($$select gatehouse.review_%s('%s', %s, '', '%s')$$, a.verb,
           a.review, a.id, a.actor), a.state, null, 'refuses ' || a.name)
from (values
    ('an_answer_to_what_has_ended', 'confirm', 'of-alice',
     (select grant_id from gatehouse_report.review_item
      where review = 'of-alice' and role = 'buyer'), 'carol', 'GH002'),
    ('another_answer_to_what_was_refused', 'confirm', 'of-shop',
     (select grant_id from gatehouse_report.review_item
      where review = 'of-shop' and account = 'alice'), 'carol', 'GH002'),
    ('ending_it_twice', 'refuse', 'of-shop',
     (select grant_id from gatehouse_report.review_item
      where review = 'of-shop' and account = 'alice'), 'carol', 'GH002'),
    ('a_grant_that_it_does_not_ask_about', 'confirm', 'of-shop',
     pg_temp.grant_of('guest', 'carol'), 'root', 'GH001'),
    ('a_review_that_is_none', 'confirm', 'x',
     pg_temp.grant_of('guest', 'carol'), 'root', 'GH001'),
    ('an_answer_by_nobody', 'confirm', 'of-role',
     pg_temp.grant_of('guest', 'alice'), '', 'GH003'),
    ('a_role_of_ones_own', 'confirm', 'of-role',
     pg_temp.grant_of('guest', 'carol'), 'carol', 'GH004'),
    ('a_role_of_ones_own_in_capitals', 'confirm', 'of-role',
     pg_temp.grant_of('guest', 'carol'), 'Carol', 'GH004')
) a (name, verb, review, id, actor, state);
select lives_ok(
    $$select gatehouse.review_confirm('of-role', pg_temp.grant_of('guest',
      'carol'), '', 'root')$$, 'somebody_else_confirms_the_reviewers_own');
select set_eq(
    $$select account, is_own, settled_by from gatehouse_report.review_item
      where review = 'of-role' and state = 'confirmed'$$,
    $$values ('carol', true, 'root')$$, 'which_is_shown');
select lives_ok(
    $$select gatehouse.review_refuse('of-shop', pg_temp.grant_of('chief',
      'bob'), 'not after all', 'carol')$$, 'what_was_confirmed_is_refused');
select is(test.state('bob-s'), 'rights_changed', 'and_ends_now');

-- A new grant of the same is another one.
select gatehouse.role_grant_account('buyer', 'alice', null, null, '', 'root');
select isnt(pg_temp.grant_of('buyer', 'alice'),
            (select grant_id from gatehouse_report.review_item
             where review = 'of-alice' and role = 'buyer'),
            'what_is_given_again_is_another_grant');
select is(pg_temp.states('of-alice'),
          'alice:buyer=over alice:guest=unanswered',
          'that_a_review_does_not_ask_about');

-- It is due.
select gatehouse.review_close(v, '', 'root')
from unnest(array['of-role', 'of-shop', 'of-both', 'of-all', 'of-alice']) v;
select gatehouse.role_grant_account('chief', 'bob', null, null, '', 'root');
select pg_temp.next(), test.sign_in('carol', 'carol-s');
select pg_temp.open('yearly', p_role => 'guest');
select gatehouse.review_confirm('yearly', pg_temp.grant_of('guest', 'alice'),
                                '', 'carol');
select test.events();
select gatehouse.maintain('n');
select is(pg_temp.states('yearly'),
          'alice:guest=confirmed carol:guest=unanswered',
          'before_it_is_due_nothing_ends');
select pg_temp.due('yearly');
select is((select state from gatehouse_report.review
           where review = 'yearly'), 'due', 'then_it_is_due');
select throws_ok(
    $$select gatehouse.review_confirm('yearly', pg_temp.grant_of('guest',
      'carol'), '', 'root')$$, 'GH004', 'the review yearly was due',
    'no_answer_is_taken_any_longer');
select throws_ok(
    $$select gatehouse.review_close('yearly', '', 'root')$$, 'GH004', null,
    'nor_is_it_closed_by_hand');
select pg_temp.next(), test.events();
update gatehouse_data.policy_state set rights_change_confirm = 0;
select gatehouse.maintain('n');
select lives_ok('set constraints all immediate',
                'sessions_that_end_need_no_other_word');
set constraints all deferred;
update gatehouse_data.policy_state set rights_change_confirm = 1000;
select is(pg_temp.states('yearly'),
          'alice:guest=confirmed carol:guest=ended',
          'what_nobody_confirmed_ends');
select is(pg_temp.grant_of('guest', 'carol'), null, 'it_has');
select isnt(pg_temp.grant_of('guest', 'alice'), null,
            'what_was_confirmed_has_not');
select is(test.state('carol-s'), 'rights_changed', 'nor_have_its_sessions');
select ok(test.events() ~ 'authz_change\(review yearly: not confirmed\)'
                          '.* access_review\(due\)',
          'which_review_did_so_is_told');
select is(
    (select row((e).actor, (e).detail)::text
     from test.event('access_review') e),
    row('upkeep', '{"did": "close", "review": "yearly", "ended": 1,
        "confirmed": 1}'::jsonb)::text, 'with_how_many_of_each');
select results_eq(
    $$select state, closed_by, grants, confirmed, ended, unanswered
      from gatehouse_report.review where review = 'yearly'$$,
    $$values ('closed', 'upkeep', 2, 1, 1, 0)$$, 'and_it_is_closed');
select test.events();
select gatehouse.maintain('n');
select ok(coalesce(test.events(), '') !~ 'access_review', 'once');
select throws_ok(
    $$select gatehouse.review_confirm('yearly', pg_temp.grant_of('guest',
      'alice'), '', 'root')$$, 'GH004', 'the review yearly is closed',
    'a_closed_one_takes_no_answer');

-- Kept, where it says so, or where somebody closes it.
select pg_temp.open('kept', 'keep', p_role => 'guest');
select pg_temp.due('kept');
select gatehouse.maintain('n');
select is(pg_temp.states('kept'), 'alice:guest=kept', 'or_it_is_kept');
select isnt(pg_temp.grant_of('guest', 'alice'), null, 'and_stays');
select pg_temp.open('mistaken', p_role => 'guest');
select gatehouse.review_close('mistaken', 'wrong role', 'root');
select results_eq(
    $$select state, closed_by, kept from gatehouse_report.review
      where review = 'mistaken'$$, $$values ('closed', 'root', 1)$$,
    'one_that_is_closed_by_hand_ends_nothing');
select isnt(pg_temp.grant_of('guest', 'alice'), null, 'whatever_it_would_have');
select throws_ok(
    $$select gatehouse.review_confirm('mistaken', pg_temp.grant_of('guest',
      'alice'), '', 'root')$$, 'GH004', 'the review mistaken is closed',
    'and_takes_no_answer');
select is(
    (select row((e).actor, (e).reason, (e).detail)::text
     from test.event('access_review') e),
    row('root', 'wrong role', '{"did": "close", "review": "mistaken",
        "kept": 1}'::jsonb)::text, 'and_who_closed_it_is_told');

-- What goes or changes meanwhile.
select gatehouse.role_grant_account('guest', n, null, null, '', 'root')
from unnest(array['carol', 'frank', 'bob']) n;
select pg_temp.open('meanwhile', p_role => 'guest');
select gatehouse.account_remove('frank', '', 'root'),
       gatehouse.role_revoke_account('guest', 'bob', '', 'root');
update gatehouse_data.role set name = 'visitor' where name = 'guest';
update gatehouse_data.account set name = 'carola' where name = 'carol';
select is(pg_temp.states('meanwhile'),
          'alice:visitor=unanswered bob:visitor=over carola:visitor=unanswered'
          ' frank:guest=over', 'names_are_those_of_today_or_the_last_known');
select throws_ok(
    format($$select gatehouse.review_confirm('meanwhile', %s, '', 'carola')$$,
           pg_temp.grant_of('visitor', 'carola')), 'GH004', null,
    'a_role_of_ones_own_under_a_new_name');
select gatehouse.review_confirm('meanwhile', pg_temp.grant_of('visitor',
                                'alice'), '', 'root');
select pg_temp.due('meanwhile');
select gatehouse.maintain('n');
select is(pg_temp.states('meanwhile'),
          'alice:visitor=confirmed bob:visitor=over carola:visitor=ended '
          'frank:guest=over', 'what_was_over_is_no_end_of_it');
select gatehouse.role_remove('visitor', '', 'root');
select is(pg_temp.states('meanwhile'),
          'alice:guest=confirmed bob:guest=over carola:guest=ended '
          'frank:guest=over', 'answers_outlive_their_role');
update gatehouse_data.account set name = 'carol' where name = 'carola';

-- Administrators do not lock themselves out.
select pg_temp.open('admins', p_account => 'dora');
select pg_temp.open('bosses', p_role => 'boss');
select pg_temp.due('admins');
select gatehouse.maintain('n');
select is(pg_temp.states('admins'), 'dora:admin=ended',
          'of_two_administrators_one_goes');
select throws_ok(
    $$select gatehouse.review_refuse('bosses', pg_temp.grant_of('boss', 'eve'),
      '', 'root')$$, 'GH004', 'nobody else has an administrative role',
    'the_last_one_is_not_refused');
select pg_temp.due('bosses'), test.events();
select gatehouse.maintain('n');
select is(pg_temp.states('bosses'), 'eve:boss=failed',
          'nor_does_the_upkeep_end_it');
select isnt(pg_temp.grant_of('boss', 'eve'), null, 'it_stays');
select ok(test.events()
          ~ 'access_review\(nobody else has an administrative role\)',
          'which_is_told');
select results_eq(
    $$select v.state, v.failed, i.reason
      from gatehouse_report.review v
      join gatehouse_report.review_item i using (review)
      where review = 'bosses'$$,
    $$values ('closed', 1, 'nobody else has an administrative role')$$,
    'and_shown');
select gatehouse.role_grant_account('admin', 'dora', null, null, '', 'root');
select gatehouse.account_disable('dora', '', 'root');
select pg_temp.open('bosses-again', p_role => 'boss');
select pg_temp.due('bosses-again');
select gatehouse.maintain('n');
select is(pg_temp.states('bosses-again'), 'eve:boss=failed',
          'who_is_disabled_administers_nothing');

-- One that cannot be ended keeps up nothing else.
select pg_temp.open('hindered');
create function pg_temp.hinder() returns trigger language plpgsql as
$$begin raise exception 'the disk of %', 'grants is full'; end$$;
do $$ begin
    execute format(
        'create trigger hinder before update on gatehouse_data.account_role '
        'for each row when (old.grant_id = %s) '
        'execute function pg_temp.hinder()', pg_temp.grant_of('buyer', 'alice'));
end $$;
select pg_temp.due('hindered');
select test.sign_in('bob', 'bob-t'), test.age('bob-t', '1 day');
select lives_ok($$select gatehouse.maintain('n')$$, 'the_upkeep_goes_on');
select is(pg_temp.states('hindered'),
          'alice:buyer=failed bob:chief=ended dora:admin=ended eve:boss=failed',
          'one_that_cannot_be_ended_keeps_up_nothing_else');
select is((select reason from gatehouse_report.review_item
           where review = 'hindered' and role = 'buyer'),
          'the disk of grants is full', 'and_says_why');
select isnt((select ended_at from gatehouse_data.session
             where token_hash = test.key('bob-t')), null,
            'sessions_were_marked_as_ever');
drop trigger hinder on gatehouse_data.account_role;

-- What passes by itself is tried again.
select gatehouse.role_grant_account('chief', 'bob', null, null, '', 'root');
select pg_temp.open('passing');
create or replace function pg_temp.hinder() returns trigger language plpgsql as
$$begin raise exception 'in the way' using errcode = '40P01'; end$$;
create trigger hinder before update on gatehouse_data.account_role
    for each row execute function pg_temp.hinder();
select pg_temp.due('passing');
select throws_ok($$select gatehouse.maintain('n')$$, '40P01', null,
                 'the_upkeep_says_that_it_could_not');
select alike(pg_temp.states('passing'), '%bob:chief=unanswered%',
             'and_no_grant_has_its_answer_by_that');
drop trigger hinder on gatehouse_data.account_role;
select gatehouse.maintain('n');
select alike(pg_temp.states('passing'), '%bob:chief=ended%',
             'which_the_next_one_gives');

-- By a bound, and the rest later.
select pg_temp.open('slow');
select pg_temp.due('slow');
set local role gatehouse_owner;
select gatehouse_data.act('test'),
       gatehouse_data.reviews_due(clock_timestamp(),
                                  clock_timestamp() - interval '1 second');
select gatehouse_data.act('');
reset role;
select is((select state from gatehouse_report.review where review = 'slow'),
          'due', 'without_time_it_waits');
select gatehouse.maintain('n');
select is((select state from gatehouse_report.review where review = 'slow'),
          'closed', 'for_the_next_time');

-- By hand.
select test.events();
update gatehouse_data.review_item set state = 'confirmed';
select matches(test.events(), '^sensitive_update\(by_hand\)',
               'answers_that_are_changed_by_hand_are_told');
delete from gatehouse_data.review;
select matches(test.events(), '^sensitive_delete\(by_hand\)',
               'so_are_reviews_that_are_removed');

select * from finish();
rollback;
