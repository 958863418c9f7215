-- SPDX-License-Identifier: Apache-2.0
--
-- Conditions: when they hold, over changes of the clock and with what is not
-- known; clocks as gateways are told of them; what is refused; how they are
-- administered and told of. Attack ids are those of the group RBAC.

begin;
set local search_path = tap, public;

select no_plan();

select lives_ok($$select gatehouse.condition_add('work', '08:00-18:00',
    'mon-fri', null, null, null, null, null, 'Europe/Berlin', null, null,
    'on weekdays from 8 to 18', 'alice')$$, 'hours');
select lives_ok($$select gatehouse.condition_add('night', '22:00-06:00', 'fri',
    null, null, null, null, null, 'Europe/Berlin', null, null, null,
    'alice')$$, 'hours_over_midnight');
select lives_ok($$select gatehouse.condition_add('gap', '02:00-03:00', null,
    null, null, null, null, null, 'Europe/Berlin', null, null, null,
    'alice')$$, 'hours_that_a_clock_jumps_over');
select lives_ok($$select gatehouse.condition_add('ny', '01:00-02:00', null,
    null, null, null, null, null, 'America/New_York', null, null, null,
    'alice')$$, 'hours_elsewhere');
select lives_ok($$select gatehouse.condition_add('half', '01:30-02:00', null,
    null, null, null, null, null, 'Australia/Lord_Howe', null, null, null,
    'alice')$$, 'hours_where_clocks_change_by_half_an_hour');
select lives_ok($$select gatehouse.condition_add('spring', '00:00-24:00', null,
    null, null, null, null, null, 'Europe/Berlin', '2026-03-20', '2026-06-20',
    null, 'alice')$$, 'from_one_day_to_another');
select lives_ok($$select gatehouse.condition_add('holidays', null, null,
    '{2026-12-25,2024-02-29}', null, null, null, null, 'Europe/Berlin', null,
    null, null, 'alice')$$, 'dates');
select lives_ok($$select gatehouse.condition_add('office', null, null, null,
    '{10.0.0.0/8,2001:db8::/32,::ffff:192.0.2.0/120}', null, null, null, null,
    null, null, null, 'alice')$$, 'networks');
select lives_ok($$select gatehouse.condition_add('both', null, null, null,
    null, '{office,holidays}', null, null, null, null, null, null,
    'alice')$$, 'all_of_others');
select lives_ok($$select gatehouse.condition_add('either', null, null, null,
    null, null, '{office,holidays}', null, null, null, null, null,
    'alice')$$, 'any_of_others');
select lives_ok($$select gatehouse.condition_add('neither', null, null, null,
    null, null, null, '{office,holidays}', null, null, null, null,
    'alice')$$, 'none_of_others');
select lives_ok($$select gatehouse.condition_add('empty', null, null, null,
    null, null, null, '{}', null, null, null, null, 'alice')$$,
    'none_of_nothing');

create function pg_temp.holds(p_name text, p_at timestamptz, p_client inet)
returns boolean
language sql
return gatehouse_data.condition_holds(
    gatehouse_data.condition_states(),
    (gatehouse_data.condition_of(p_name)).condition_id,
    gatehouse_data.circumstances_of(p_at, p_client));

-- To the second: a microsecond before, and then.
select is(
    array[pg_temp.holds(t.name, t.at - interval '1 microsecond', null),
          pg_temp.holds(t.name, t.at, null)],
    array[t.is_before, t.is_after], t.name || ' ' || t.at)
from (values
    ('work', timestamptz '2026-01-05 07:00:00Z', false, true),
    ('work', '2026-01-05 17:00:00Z', true, false),
    ('work', '2026-07-03 06:00:00Z', false, true),
    ('work', '2026-07-03 16:00:00Z', true, false),
    ('work', '2026-07-04 06:00:00Z', false, false),
    ('night', '2026-07-03 20:00:00Z', false, true),
    ('night', '2026-07-03 22:00:00Z', true, true),
    ('night', '2026-07-04 04:00:00Z', true, false),
    ('night', '2026-07-04 20:00:00Z', false, false),
    ('night', '2026-07-03 04:00:00Z', false, false),
    ('spring', '2026-03-19 23:00:00Z', false, true),
    ('spring', '2026-06-20 22:00:00Z', true, false),
    ('holidays', '2024-02-28 23:00:00Z', false, true),
    ('holidays', '2024-02-29 23:00:00Z', true, false),
    ('holidays', '2026-12-24 23:00:00Z', false, true),
    ('holidays', '2026-12-25 23:00:00Z', true, false)
) as t (name, at, is_before, is_after);

-- RBAC-007: each minute of the days on which clocks change.
select is(
    (
        select array[min(m.at), max(m.at) + interval '1 minute']
        from generate_series(t.from_at, t.from_at + interval '1439 minutes',
                             interval '1 minute') as m (at)
        where pg_temp.holds(t.name, m.at, null)
    ),
    array[t.opens_at, t.closes_at], 'RBAC-007 ' || t.name || ' ' || t.from_at)
from (values
    ('gap', timestamptz '2026-03-28 12:00:00Z', null::timestamptz,
     null::timestamptz),
    ('gap', '2026-10-24 12:00:00Z', '2026-10-25 00:00:00Z',
     '2026-10-25 02:00:00Z'),
    ('ny', '2026-03-07 12:00:00Z', '2026-03-08 06:00:00Z',
     '2026-03-08 07:00:00Z'),
    ('ny', '2026-10-31 12:00:00Z', '2026-11-01 05:00:00Z',
     '2026-11-01 07:00:00Z'),
    ('half', '2026-04-04 02:00:00Z', '2026-04-04 14:30:00Z',
     '2026-04-04 15:30:00Z'),
    ('half', '2026-10-03 02:00:00Z', '2026-10-03 15:00:00Z',
     '2026-10-03 15:30:00Z')
) as t (name, from_at, opens_at, closes_at);

-- RBAC-011, XFF-013.
select is(pg_temp.holds('office', null, t.client), t.holds,
          'RBAC-011 ' || coalesce(t.client::text, 'nowhere'))
from (values
    (inet '9.255.255.255', false), ('10.0.0.0', true),
    ('10.255.255.255', true), ('11.0.0.0', false), ('::ffff:10.0.0.1', true),
    ('2002:a00:1::', false), ('64:ff9b::a01:101', false),
    ('2001:db8::1', true), ('2001:db9::1', false), ('192.0.2.255', true),
    ('::ffff:192.0.3.0', false), (null, null)
) as t (client, holds);

-- What is not known is neither yes nor no.
select is(
    array[pg_temp.holds('both', c.at, o.client),
          pg_temp.holds('either', c.at, o.client),
          pg_temp.holds('neither', c.at, o.client)],
    array[o.is_in and c.is_day, o.is_in or c.is_day,
          not (o.is_in or c.is_day)],
    format('office %s, holidays %s', o.is_in, c.is_day))
from (values (inet '11.0.0.0', false), (null, null), ('10.0.0.0', true))
    as o (client, is_in)
cross join (values
    (timestamptz '2026-12-24 12:00:00Z', false), (null, null),
    ('2026-12-25 12:00:00Z', true)) as c (at, is_day);
select is(pg_temp.holds('empty', now(), '10.0.0.1'), false,
          'a_set_without_parts_never_holds');
select is(gatehouse_data.condition_holds(
              '{}', 1, gatehouse_data.circumstances_of(now(), null)), false,
          'a_condition_that_is_not_there_never_holds');
select is(gatehouse_data.condition_holds('{}', null, null), true,
          'no_condition_always_holds');

-- Clocks as gateways are told of them.
select results_eq(
    $$select t.at, t.utc_offset
      from gatehouse_data.clock_turns('Australia/Lord_Howe',
          '2026-03-01 00:00:00Z', '2026-11-01 00:00:00Z') t$$,
    $$values (timestamptz '2026-03-01 00:00:00Z', 39600),
             ('2026-04-04 15:00:00Z', 37800),
             ('2026-10-03 15:30:00Z', 39600),
             ('2026-11-01 00:00:00Z', null)$$, 'clocks_by_the_half_hour');
create temporary table turn as
select t.at, t.utc_offset, lead(t.at) over (order by t.at) as until
from gatehouse_data.clock_turns('Africa/Casablanca', '2026-01-01Z',
                                '2026-12-31Z') t;
select is_empty(
    $$select m.at
      from turn t
      cross join generate_series(t.at, t.until - interval '1 second',
                                 interval '7 minutes') as m (at)
      where m.at at time zone 'UTC' + make_interval(secs => t.utc_offset)
            <> m.at at time zone 'Africa/Casablanca'$$,
    'clocks_that_go_by_the_moon');
select is((select count(*) from turn), 4::bigint, 'which_is_twice_a_year');
select results_eq(
    $$select t.time_zone, count(*) > 3, count(*) filter (
                 where t.utc_offset is null) = 1,
             min(t.at) < now() - interval '1 day'
             and max(t.at) > now() + interval '399 days'
      from gatehouse.policy_time_zones() t group by 1 order by min(t.turn)$$,
    $$values ('America/New_York', true, true, true),
             ('Australia/Lord_Howe', true, true, true),
             ('Europe/Berlin', true, true, true)$$,
    'gateways_are_told_of_the_clocks_that_are_asked_for');
select results_eq(
    $$select name, kind, time_zone, days, begins, ends, first_day, last_day,
             list
      from gatehouse.policy_conditions()
      where name in ('work', 'spring', 'holidays', 'office', 'both')$$,
    $$values
      ('work', 'hours', 'Europe/Berlin', 31, 28800, 64800, -1000000, 4000000,
       null),
      ('spring', 'hours', 'Europe/Berlin', 127, 0, 86400, 20532, 20624, null),
      ('holidays', 'dates', 'Europe/Berlin', null, null, null, -1000000,
       4000000, '19782 20812'),
      ('office', 'network', null, null, null, null, -1000000, 4000000,
       '10.0.0.0/8 192.0.2.0/24 2001:db8::/32'),
      ('both', 'all', null, null, null, null, -1000000, 4000000, null)$$,
    'gateways_are_told_what_they_ask_for');
select is((select count(*) from gatehouse.policy_condition_parts()), 6::bigint,
          'and_of_their_parts');

-- What is refused.
select throws_ok(format(
    'select gatehouse.condition_add(%s, %L)', t.arguments, 'alice'), 'GH003',
    null, 'refused: ' || regexp_replace(t.arguments, '\s+', ' ', 'g'))
from (values
    ($$'Bad', '08:00-18:00', null, null, null, null, null, null, 'UTC', null,
       null, null$$),
    ($$'x', null, null, null, null, null, null, null, null, null, null,
       null$$),
    ($$'x', '08:00-18:00', null, '{2026-01-01}', null, null, null, null,
       'UTC', null, null, null$$),
    ($$'x', '08:00-18:00', null, null, null, null, null, null, null, null,
       null, null$$),
    ($$'x', '08:00-18:00', null, null, null, null, null, null,
       'Europe/Bonn', null, null, null$$),
    ($$'x', '8-18', null, null, null, null, null, null, 'UTC', null, null,
       null$$),
    ($$'x', '08:00-08:00', null, null, null, null, null, null, 'UTC', null,
       null, null$$),
    ($$'x', '24:00-08:00', null, null, null, null, null, null, 'UTC', null,
       null, null$$),
    ($$'x', '08:00-18:00', 'fri-mon', null, null, null, null, null, 'UTC',
       null, null, null$$),
    ($$'x', '08:00-18:00', '', null, null, null, null, null, 'UTC', null,
       null, null$$),
    ($$'x', '08:00-18:00', null, null, null, null, null, null, 'UTC',
       '2026-02-01', '2026-01-01', null$$),
    ($$'x', null, 'mon', null, '{10.0.0.0/8}', null, null, null, null, null,
       null, null$$),
    ($$'x', null, null, null, '{10.0.0.1/8}', null, null, null, null, null,
       null, null$$),
    ($$'x', null, null, null, '{}', null, null, null, null, null, null,
       null$$),
    ($$'x', null, null, '{2026-02-30}', null, null, null, null, 'UTC', null,
       null, null$$)
) as t (arguments);
select throws_ok($$select gatehouse.condition_add('work', null, null, null,
    '{::1/128}', null, null, null, null, null, null, null, 'alice')$$,
    'GH002', null, 'a_name_is_there_once');
select throws_ok($$select gatehouse.condition_add('x', null, null, null, null,
    '{nothing}', null, null, null, null, null, null, 'alice')$$, 'GH001', null,
    'a_part_has_to_be_there');
select throws_ok($$select gatehouse.condition_change('both', null, null, null,
    null, '{both}', null, null, null, null, 'alice')$$, 'GH004', null,
    'no_condition_is_a_part_of_itself');
select throws_ok($$select gatehouse.condition_change('work', null, null, null,
    null, '{office}', null, null, null, null, 'alice')$$, 'GH004', null,
    'only_sets_have_parts');
select throws_ok($$update gatehouse_data.condition set kind = 'any'
    where name = 'both'$$, 'GH004', null, 'a_kind_stays');
do $$
begin
    perform gatehouse.condition_add('d1', null, null, null, null,
        '{office}', null, null, null, null, null, null, 'alice');
    for i in 2 .. 7 loop
        perform gatehouse.condition_add('d' || i, null, null, null, null,
            array['d' || i - 1], null, null, null, null, null, null, 'alice');
    end loop;
end
$$;
select throws_ok($$select gatehouse.condition_add('d8', null, null, null, null,
    '{d7}', null, null, null, null, null, null, 'alice')$$, 'GH004', null,
    'sets_are_at_most_8_deep');
select throws_ok($$select gatehouse.condition_change('d1', null, null, null,
    null, '{d7}', null, null, null, null, 'alice')$$, 'GH004', null,
    'nor_are_they_in_a_circle');
do $$
begin
    perform gatehouse.condition_add('w' || i, null, null, null,
        array['10.0.0.0/8'::text], null, null, null, null, null, null, null,
        'alice') from generate_series(1, 255) as i;
    perform gatehouse.condition_add('wide', null, null, null, null, null,
        array(select 'w' || i from generate_series(1, 255) as i), null, null,
        null, null, null, 'alice');
end
$$;
select throws_ok($$select gatehouse.condition_change('wide', null, null, null,
    null, array(select name from gatehouse_data.condition
                where name ~ '^w[0-9]+$') || 'office'::text, null, null, null,
    null, 'alice')$$, 'GH004', null, 'one_looks_at_255_others_at_most');

-- Administration.
select results_eq(
    $$select condition, asks_for, used_by from gatehouse.condition_list()
      where condition in ('work', 'both', 'night', 'office', 'spring')$$,
    $$values
      ('both', 'all of holidays, office', 0::bigint),
      ('night', 'Fri 22:00:00-06:00:00 Europe/Berlin', 0),
      ('office', '10.0.0.0/8, 192.0.2.0/24, 2001:db8::/32', 4),
      ('spring', '00:00:00-24:00:00 Europe/Berlin from 2026-03-20 '
       'to 2026-06-20', 0),
      ('work', 'Mon-Fri 08:00:00-18:00:00 Europe/Berlin', 0)$$,
    'conditions_are_listed_in_words');
select lives_ok($$select gatehouse.condition_change('spring', '09:00-10:00',
    'sat,sun', null, null, null, null, null, '', 'at weekends', 'bob')$$,
    'a_condition_changes');
select results_eq(
    $$select asks_for, meaning from gatehouse.condition_list()
      where condition = 'spring'$$,
    $$values ('Sat-Sun 09:00:00-10:00:00 Europe/Berlin from 2026-03-20',
              'at weekends')$$, 'as_it_was_told');
select throws_ok($$select gatehouse.condition_remove('office', 'alice')$$,
    'GH002', null, 'what_is_looked_at_cannot_be_removed');
select lives_ok($$select gatehouse.condition_remove('wide', 'alice')$$,
    'what_nothing_uses_can');
select throws_ok($$select gatehouse.condition_remove('wide', 'alice')$$,
    'GH001', null, 'once');
select results_eq(
    $$select event, actor, detail -> 'names' ->> 'condition',
             detail ->> 'operation'
      from gatehouse_audit.event
      where detail -> 'names' ->> 'condition' = 'spring'
        and detail ->> 'table' = 'gatehouse_data.condition'
      order by event_id$$,
    $$values ('privilege_permissions_changed', 'alice', 'spring', 'insert'),
             ('privilege_permissions_changed', 'bob', 'spring', 'update')$$,
    'the_trail_tells_of_it');
select is(
    (select count(*) from gatehouse_data.policy_version
     where relation = 'condition' and state ->> 'name' = 'spring'),
    2::bigint, 'and_every_state_is_kept');

-- What is decided with them, in words and for gateways.
select gatehouse.application_add('app', '', '/app/', '{http://a}', null,
                                 'internal', 'root'),
       gatehouse.permission_add('app', 'use', '/**', '{GET}', 'root'),
       gatehouse.application_add('safe', '', '/safe/', '{http://b}', null,
                                 'internal', 'root'),
       gatehouse.permission_add('safe', 'own', '/**', '{GET}', 'root'),
       gatehouse.role_add('staff', '', false, 'root'),
       gatehouse.role_add('guard', '', false, 'root'),
       gatehouse.role_grant_permission('staff', 'app', 'use', null, null, '',
                                       'root', p_condition => 'office'),
       gatehouse.role_grant_permission('guard', 'safe', 'own', null, null, '',
                                       'root');
select test.account('alice');
select gatehouse.role_grant_account('staff', 'alice', null, null, '', 'root'),
       gatehouse.role_grant_account('guard', 'alice', null, null, '', 'root',
                                    p_condition => 'office');
select results_eq(
    format($$select verdict, note ~ %L from gatehouse.explain(%L, '', 'GET',
                 %L, %L) where step = 1$$, t.note, t.account, t.path,
           t.client),
    format($$values (%L::text, true)$$, t.verdict),
    format('%s at %s from %s', coalesce(t.account, 'nobody'), t.path,
           coalesce(t.client, 'nowhere')))
from (values
    ('alice', '/app/x', '10.1.2.3', 'permit', 'by grant'),
    ('alice', '/app/x', '192.0.2.255', 'permit', 'by grant'),
    ('alice', '/app/x', '11.1.2.3', 'deny', 'office .* does not hold'),
    ('alice', '/app/x', null, 'deny', 'what is not known'),
    ('alice', '/safe/x', '10.1.2.3', 'permit', 'by grant'),
    ('alice', '/safe/x', '11.1.2.3', 'deny',
     'role guard was given .* office .* does not hold'),
    ('alice', '/safe/x', null, 'deny', 'guard .* what is not known'),
    (null, '/app/x', '10.1.2.3', 'sign_in', 'staff'),
    (null, '/app/x', null, 'sign_in', 'staff'),
    (null, '/app/x', '11.1.2.3', 'deny', 'staff')
) as t (account, path, client, verdict, note);
select throws_ok($$select gatehouse.explain('alice', '', 'GET', '/app/x',
    'office')$$, 'GH003', null, 'an_address_is_one');
select results_eq(
    $$select distinct role from gatehouse.explain('alice', '', 'GET',
          '/safe/x', '11.1.2.3') where step = 2$$,
    $$values ('anonymous, authenticated, staff')$$,
    'a_role_is_held_only_while_its_condition_holds');
select test.sign_in('alice', 's1');
select results_eq(
    $$select array(select r.name from unnest(f.role_ids) u
                   join gatehouse_data.role r on r.role_id = u),
             array(select coalesce(c.name, '-') collate "C"
                   from unnest(f.condition_ids) with ordinality u (id, n)
                   left join gatehouse_data.condition c
                       on c.condition_id = u.id
                   order by u.n)
      from gatehouse.session_find(test.key('s1')) f$$,
    $$values (array['staff', 'guard'] collate "C",
              array['-', 'office'] collate "C")$$,
    'a_session_knows_under_which_condition_it_has_a_role');
select results_eq(
    $$select g.permission collate "C", c.name collate "C"
      from gatehouse.policy_grants() g
      left join gatehouse_data.condition c using (condition_id) order by 1$$,
    $$values ('own' collate "C", null::text collate "C"), ('use', 'office')$$,
    'gateways_know_under_which_condition_a_rule_holds');
select results_eq(
    $$select permission collate "C", condition collate "C"
      from gatehouse_report.effective_access
      where account = 'alice' order by 1$$,
    $$values ('own' collate "C", 'office' collate "C"), ('use', 'office')$$,
    'what_somebody_may_is_shown_with_its_conditions');
select results_eq(
    $$select account collate "C", is_conditional
      from gatehouse_report.application_access where application = 'app'$$,
    $$values ('alice' collate "C", true)$$, 'and_that_there_is_always_one');
-- Of two roles that would do, the one that was given first; its rule is the
-- newer one here.
select gatehouse.role_add('watch', '', false, 'root'),
       gatehouse.role_revoke_permission('guard', 'safe', 'own', '', 'root'),
       gatehouse.role_grant_permission('watch', 'safe', 'own', null, null, '',
                                       'root'),
       gatehouse.role_grant_permission('guard', 'safe', 'own', null, null, '',
                                       'root'),
       gatehouse.role_grant_account('watch', 'alice', null, null, '', 'root',
                                    p_condition => 'empty');
select matches(
    (select note from gatehouse.explain('alice', '', 'GET', '/safe/x',
                                        '11.1.2.3') where step = 1),
    'the role guard was given under the condition office',
    'the_role_that_was_given_first_is_named');
select throws_ok($$select gatehouse.condition_remove('office', 'alice')$$,
    'GH002', null, 'what_a_grant_names_cannot_be_removed');
select gatehouse.role_revoke_permission('staff', 'app', 'use', '', 'root'),
       gatehouse.role_revoke_account('guard', 'alice', '', 'root');
select throws_ok($$select gatehouse.condition_remove('office', 'alice')$$,
    'GH002', null, 'nor_when_the_grant_has_ended');

select * from finish();
rollback;
