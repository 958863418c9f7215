-- SPDX-License-Identifier: Apache-2.0
--
-- What people choose about Gatehouse's own pages: only their own, whole, by a
-- clock that there is; gateways hear of it, and it goes with the account.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob');
select test.sign_in('alice', 'a1'), test.sign_in('alice', 'a2'),
       test.sign_in('bob', 'b1');
select test.events();

create function pg_temp.chosen(p_token text)
returns text language sql as $$
select format('%s %s %s', coalesce(f.time_zone, '-'),
              coalesce(f.appearance, '-'), coalesce(f.warn_minutes::text, '-'))
from gatehouse.session_find(test.key(p_token)) f
$$;
create function pg_temp.changes()
returns text language plpgsql as $$
declare
    v_changes text;
begin
    select string_agg(c.relation, ' ')
    into v_changes
    from gatehouse_data.change c;
    perform gatehouse_data.act('maintain');
    delete from gatehouse_data.change;
    perform gatehouse_data.act('');
    return v_changes;
end
$$;

-- Choosing.
select is(pg_temp.chosen('a1'), '- - -', 'who_has_chosen_nothing_has_nothing');
select pg_temp.changes();
select ok(gatehouse.account_prefer(test.ref('a1'), 'europe/BERLIN', 'dark', 2),
          'people_choose');
select is(pg_temp.chosen('a2'), 'Europe/Berlin dark 2',
          'for_all_their_sessions_as_the_database_writes_it');
select is(pg_temp.chosen('b1'), '- - -', 'and_for_nobody_else');
select is(pg_temp.changes(), 'account', 'gateways_hear_of_it');
select ok(gatehouse.account_prefer(test.ref('a1'), null, 'light', 0),
          'they_choose_again');
select is(pg_temp.chosen('a1'), '- light 0', 'all_of_it');
select is(pg_temp.changes(), 'account', 'gateways_hear_of_that');
select is((select concat_ws(' ', p.account, p.time_zone, p.appearance,
                            p.warn_minutes)
           from gatehouse_report.preferences p), 'alice UTC light 0',
          'the_view_has_it_in_words');
select ok(gatehouse.account_prefer(test.ref('a1'), 'Utc', null, null),
          'they_go_back_to_what_everybody_has');
select is_empty('select from gatehouse_data.account_preference',
                'which_is_no_row');
select is(pg_temp.changes(), 'account', 'gateways_hear_of_that_as_well');
select is(test.events(), null, 'it_is_no_event');

-- Refused.
select throws_ok(
    format('select gatehouse.account_prefer(%s)', f), 'GH003', null,
    f || '_is_refused')
from unnest(array[
    $$null, null, null, null$$, $$'\x00', null, null, null$$,
    $$test.ref('a1'), '', null, null$$,
    $$test.ref('a1'), 'Europe/Atlantis', null, null$$,
    $$test.ref('a1'), 'FOO+3', null, null$$,
    $$test.ref('a1'), '+03:00', null, null$$,
    $$test.ref('a1'), null, 'pink', null$$,
    $$test.ref('a1'), null, 'device', null$$,
    $$test.ref('a1'), null, null, 5$$,
    $$test.ref('a1'), null, null, -1$$]) f;
select is_empty('select from gatehouse_data.account_preference',
                'nothing_was_kept_of_that');
select ok(not gatehouse.account_prefer(test.ref('none'), null, 'dark', null),
          'a_session_that_is_none_chooses_nothing');
select gatehouse.session_revoke(encode(test.ref('a2'), 'hex'), 'tester');
select ok(not gatehouse.account_prefer(test.ref('a2'), null, 'dark', null),
          'nor_does_one_that_is_over');

-- The clocks, over a change of theirs.
select is(gatehouse_data.utc_offset('Europe/Berlin', '2026-01-01Z'), 3600,
          'in_winter');
select is(gatehouse_data.utc_offset('Europe/Berlin', '2026-07-01Z'), 7200,
          'in_summer');
select is(gatehouse_data.utc_offset('America/St_Johns', '2026-01-01Z'), -12600,
          'behind_by_half_an_hour');
select is(gatehouse_data.utc_offset('Gone/Away', '2026-01-01Z'), null,
          'a_zone_that_is_gone_is_none');
select gatehouse.account_prefer(test.ref('a1'), 'Asia/Kolkata', null, null);
select is((select utc_offset from gatehouse.session_find(test.key('a1'))),
          19800, 'session_find_says_so_for_now');
select is((select previous_offset
           from gatehouse.session_find(test.key('a1'))), null,
          'and_of_a_sign_in_before_if_there_is_one');
select test.sign_in('alice', 'a3');
select is((select previous_offset
           from gatehouse.session_find(test.key('a3'))), 19800,
          'which_there_is_now');
select is((select array_agg(distinct s.created_offset + s.seen_offset)
           from gatehouse.account_sessions(test.ref('a1')) s), array[39600],
          'so_do_the_sessions');
select is((select array_agg(distinct e.utc_offset)
           from gatehouse.account_activity(test.ref('a1')) e), array[19800],
          'and_what_happened');
select is((select array_agg(distinct e.utc_offset)
           from gatehouse.account_activity(test.ref('b1')) e),
          array[null::integer], 'who_has_no_zone_has_none_there');
update gatehouse_data.account_preference set time_zone = 'Gone/Away';
select is(gatehouse.account_prefer(test.ref('a1'), 'gone/away', null, null),
          true, 'what_is_chosen_already_is_not_looked_for');
select is((select p.time_zone from gatehouse_data.account_preference p
           join gatehouse_data.account a using (account_id)
           where a.name = 'alice'), 'Gone/Away', 'and_stays_as_it_was_written');
select is((select state || coalesce(utc_offset::text, ' in UTC')
           from gatehouse.session_find(test.key('a1'))), 'live in UTC',
          'who_has_a_zone_that_is_gone_is_let_in');

-- By hand, and with the account.
select is((select string_agg(c.operation, ' ' order by c.at)
           from gatehouse_report.changes_by_hand c
           where c.relation = 'gatehouse_data.account_preference'), 'update',
          'changes_by_hand_are_told');
select pg_temp.changes();
select gatehouse.account_remove('alice', 'left', 'tester');
select is_empty('select from gatehouse_data.account_preference',
                'it_goes_with_the_account');
select is((select count(*) from gatehouse_report.changes_by_hand c
           where c.relation = 'gatehouse_data.account_preference'), 1::bigint,
          'which_is_not_by_hand');
truncate gatehouse_data.account_preference;
select matches(pg_temp.changes(), 'everything',
               'emptying_the_table_is_heard_of');

select finish();
rollback;
