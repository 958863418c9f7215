-- SPDX-License-Identifier: Apache-2.0
--
-- Renewal of tokens: offered once, the current one when it comes, the one
-- before good for a while, and the end of both when it comes later, as when any
-- other comes that the session had before.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob');
select test.sign_in('alice', 's1');
select test.events();

create function test.offer(p_token text, p_next text, p_generation bigint)
returns boolean language sql as
$$select gatehouse.session_offer(test.key(p_token), p_generation,
                                 test.key(p_next), test.key('mac ' || p_next))$$;
create function test.renew(p_token text, p_overlap interval default '60 s')
returns text language sql as
$$select gatehouse.session_renew(test.key(p_token), p_overlap, '192.0.2.1',
                                 'Browser/1', 'public', gen_random_uuid(),
                                 'node1')$$;
-- A while later.
create function test.pass() returns void language sql as
$$update gatehouse_data.session
  set previous_until = clock_timestamp() - interval '1 s'
  where previous_until is not null$$;
-- The next token is offered and comes, as soon as that may be.
create function test.follow(p_token text, p_next text, p_generation bigint)
returns text language plpgsql as
$$begin
    perform test.pass();
    perform test.offer(p_token, p_next, p_generation);
    return test.renew(p_next);
end$$;
create function test.found(p_token text) returns text language sql as
$$select f.state || ' ' || f.token_use || ' ' || f.generation || ' '
         || f.is_offered || ' ' || (f.binding = test.key('mac ' || p_token))
         || ' ' || (f.token_until is not null)
  from gatehouse.session_find(test.key(p_token)) f$$;

select is(test.found('s1'), 'live current 0 false false false',
          'a_session_begins_with_its_first_token');
select is((select token_age between 0 and 60
           from gatehouse.session_find(test.key('s1'))), true,
          'which_is_as_old_as_the_session');
select is(test.renew('s1'), 'live', 'the_current_token_renews_nothing');
select is(test.events(), null, 'and_is_no_event');

-- Offering.
select is(test.offer('s1', 's2', 1), false, 'another_generation_is_not_kept');
select is(test.offer('s0', 's2', 0), false, 'nor_for_a_token_of_nobody');
select is(test.offer('s1', 's2', 0), true, 'the_next_token_is_kept');
select is(test.offer('s1', 's2', 0), true, 'again_it_is_the_same');
select is(test.offer('s1', 's3', 0), false, 'another_one_is_not');
select is(test.events(), null, 'offering_is_no_event');
select is(test.found('s2'), 'live next 0 true true false',
          'it_is_found_with_its_own_binding');
select is(test.found('s1'), 'live current 0 true false false',
          'beside_the_current_one');

-- Renewing.
select throws_ok($$select test.renew('s2', '1 h')$$, 'GH003', null,
                 'an_hour_of_overlap_is_too_long');
select is(test.renew('s2'), 'live', 'the_token_that_was_offered_comes');
select is(test.events(), 'session_renewed', 'FIX-010 which_is_an_event');
select ok((select authenticated_at = created_at
           from gatehouse_data.session where renewed_at is not null),
          'a_renewal_is_no_sign_in');
select is(test.renew('s2'), 'live', 'another_request_brings_it_too');
select is(test.events(), null, 'which_is_none');
select is(test.found('s2'), 'live current 1 false true false',
          'it_is_the_current_one');
select is(test.found('s1'), 'live previous 1 false false true',
          'and_the_old_one_good_beside_it');
select is((select count(*)::integer from gatehouse_data.session
           where token_hash = test.key('s2') and binding = test.key('mac s2')
             and previous_until between clock_timestamp() and
                 clock_timestamp() + interval '60 s'), 1,
          'for_a_minute_at_most');
select is(test.offer('s1', 's4', 1), false,
          'the_old_one_is_offered_nothing');
select is(test.offer('s2', 's4', 1), false,
          'nor_is_the_new_one_while_the_old_one_is_good');

-- Too late.
select test.pass();
select test.events();
select is(test.found('s1'), 'reused previous 1 false false true',
          'later_it_is_used_again');
select is(test.found('s2'), 'live current 1 false true false',
          'which_only_its_use_ends');
select is(test.dead_use('s1'), 'reused', 'its_use');
select is(test.events(), 'authn_token_reuse(reused) session_expired(reused)',
          'HIJ-003 ends_the_session_and_is_told');
select is(test.found('s2'), 'reused current 1 false true false',
          'for_both_tokens');
select is(test.renew('s2'), 'reused', 'which_renew_nothing');
select is(test.offer('s2', 's5', 1), false, 'and_are_offered_nothing');

-- Two renewals later: the owner's token is neither the present one nor the one
-- before.
select test.sign_in('alice', 'f1');
select test.follow('f1', 'f2', 0), test.follow('f2', 'f3', 1);
select test.events();
select is(test.found('f2'), 'live previous 2 false true true',
          'the_one_before_is_good');
select is((select f.state || ' ' || f.token_use || coalesce(f.binding::text, '')
           from gatehouse.session_find(test.key('f1')) f), 'reused former',
          'HIJ-003 one_from_before_that_is_not');
select is(test.renew('f1'), 'reused', 'it_renews_nothing');
select is(test.offer('f1', 'f4', 2), false, 'it_is_offered_nothing');
select is(test.events(), null, 'which_alone_is_no_event');
select is(test.dead_use('f1'), 'reused', 'its_use');
select is(test.events(), 'authn_token_reuse(reused) session_expired(reused)',
          'HIJ-003 ends_the_session_and_is_told_as_well');
select is((select e.detail ->> 'replaced_at' from test.event(
               'authn_token_reuse') e),
          (select trim('"' from to_jsonb(f.replaced_at)::text)
           from gatehouse_data.session_former f
           where f.token_hash = test.key('f1')),
          'with_when_it_was_replaced');
select is(test.state('f3'), 'reused', 'for_the_present_token');
select is(test.dead_use('f1'), 'reused', 'once_more');
select is(test.events(), 'session_use_after_expire(reused)', 'is_told');
select is(test.dead_use('f1') || test.dead_use('f2') || test.dead_use('f1'),
          'reusedreusedreused', 'again_and_again');
select is(test.events(), null, 'is_told_once_a_minute');

-- What was once a token of a session stays so as long as its row.
select test.sign_in('alice', 'g0');
select test.follow('g' || n, 'g' || n + 1, n)
from generate_series(0, 9) n;
select is((select string_agg(distinct test.state('g' || n), ' ')
           from generate_series(0, 8) n), 'reused',
          'every_former_token_is_recognised');
select is((select count(*)::integer from gatehouse_data.session_former f
           join gatehouse_data.session s using (session_id)
           where s.token_hash = test.key('g10')), 9, 'by_one_row_each');
select is(test.finish('g0'), true, 'FIX-011 any_of_them_signs_out');
select is(test.state('g10'), 'logout', 'all_of_them');
delete from gatehouse_data.session where token_hash = test.key('g10');
select is(test.state('g3'), null, 'and_they_go_with_the_session');

-- A new sign-in of the browser replaces the session that any token is of.
select test.sign_in('alice', 'a1');
select test.offer('a1', 'a2', 0);
select test.renew('a2');
select test.events();
select test.sign_in('bob', 'b1', 'a1');
select is(test.found('a2'), 'replaced current 1 false true false',
          'the_old_token_leads_to_what_is_replaced');
select test.sign_in('alice', 'c1');
select test.follow('c1', 'c2', 0), test.follow('c2', 'c3', 1);
select test.sign_in('bob', 'b2', 'c1');
select is(test.state('c3'), 'replaced', 'so_does_a_former_one');

-- A token that follows no other is the only one.
select test.sign_in('alice', 'p1');
select test.offer('p1', 'p2', 0);
select test.renew('p2');
select test.pass();
select test.offer('p2', 'p3', 1);
update gatehouse_data.session set token_hash = test.key('n1')
where token_hash = test.key('p2');
select is(test.found('n1'), 'live current 1 false false false',
          'a_token_that_follows_no_other_is_the_only_one');
select results_eq(
    $$select test.state(t.token) from unnest(array['p1', 'p2', 'p3']) t
                                                                     (token)$$,
    $$values ('reused'), ('reused'), (null)$$,
    'those_that_were_used_are_former_ones_and_the_offered_one_nobodys');

-- Tokens are nobody's business, changed by hand.
update gatehouse_data.session set next_token_hash = test.key('x'),
    next_binding = test.key('y')
where token_hash = test.key('b1');
select is_empty(
    $$select from gatehouse_audit.event
      where detail::text like '%token_hash": "\\x%'
         or detail::text like '%binding": "\\x%'$$,
    'no_hash_of_a_token_is_in_the_trail');

-- Shapes.
select throws_ok(
    format('update gatehouse_data.session set %s', s.change), '23514', null,
    s.what)
from (values
    ('next_token_hash = null, next_binding = test.key(''z'')',
     'a_binding_needs_its_token'),
    ('next_token_hash = ''\x00'', next_binding = test.key(''z'')',
     'a_hash_has_32_bytes'),
    ('previous_token_hash = test.key(''p''), previous_binding = '
     'test.key(''q''), previous_until = null', 'an_old_token_has_its_time'),
    ('generation = -1', 'generations_count_from_0')
) s (change, what);

select * from finish();
rollback;
