-- SPDX-License-Identifier: Apache-2.0
--
-- How long ago somebody signed in: what conditions say of it, alone and in
-- sets, by the table that the gateway is tested against as well; what is
-- explained with them, and what is refused.

begin;
set local search_path = tap, public;

select no_plan();

select gatehouse.application_add('app', '', '/app/', '{http://a}', 'forward',
                                 'internal', 'root'),
       gatehouse.application_add('of-role', '', '/of-role/', '{http://a}',
                                 'forward', 'internal', 'root'),
       gatehouse.condition_add('office', null, null, null, '{10.0.0.0/8}',
                               null, null, null, null, null, null, null,
                               'root'),
       gatehouse.condition_add('fresh', null, null, null, null, null, null,
                               null, null, null, null, null, 'root',
                               p_age => '10m'),
       gatehouse.condition_add('stale', null, null, null, null, null, null,
                               '{fresh}', null, null, null, null, 'root'),
       gatehouse.condition_add('inside', null, null, null, null,
                               '{fresh,office}', null, null, null, null, null,
                               null, 'root'),
       gatehouse.condition_add('either', null, null, null, null, null,
                               '{fresh,office}', null, null, null, null, null,
                               'root'),
       gatehouse.condition_add('neither', null, null, null, null, null, null,
                               '{fresh,office}', null, null, null, null,
                               'root');
-- For each condition a rule of one role, and a role with a rule.
select test.account('alice');
select gatehouse.role_add('user', '', false, 'root');
select gatehouse.role_grant_account('user', 'alice', null, null, '', 'root');
select gatehouse.permission_add('app', c.name, '/' || c.name, '{GET}', 'root'),
       gatehouse.role_grant_permission('user', 'app', c.name, null, null, '',
                                       'root', p_condition => c.name),
       gatehouse.permission_add('of-role', c.name, '/' || c.name, '{GET}',
                                'root'),
       gatehouse.role_add(c.name, '', false, 'root'),
       gatehouse.role_grant_permission(c.name, 'of-role', c.name, null, null,
                                       '', 'root'),
       gatehouse.role_grant_account(c.name, 'alice', null, null, '', 'root',
                                    p_condition => c.name)
from gatehouse_data.condition c;

\set ages `cat "$GH_TEST_DATA/ages.tsv"`
create temporary table line as
select f.words[1] as condition,
       nullif(f.words[2], '-')::bigint * interval '1 microsecond' as since,
       nullif(f.words[3], '-')::inet as client,
       case f.words[4] when 'yes' then true when 'no' then false end as holds,
       case f.words[5] when 'yes' then true when 'no' then false end as anew
from string_to_table(:'ages', E'\n') l
cross join lateral (select string_to_array(l, E'\t') as words) f
where l !~ '^#' and l <> '';
select ok((select count(*) > 25 from line), 'the_table_is_there');

select is(
    gatehouse_data.condition_holds(
        gatehouse_data.condition_states(),
        (gatehouse_data.condition_of(l.condition)).condition_id,
        gatehouse_data.circumstances_of(now(), l.client, now() - l.since)),
    l.holds, concat_ws(' ', l.condition, l.since, l.client))
from line l;
-- Explained with an age between them, because the clock goes on meanwhile.
select results_eq(
    format($$select verdict, note ~ %L
             from gatehouse.explain('alice', '', 'GET', %L, %L, %L)
             where step = 1$$,
           case when l.holds then 'by grant [0-9]+$' else l.condition end,
           m.path || l.condition, l.client, a.age),
    format('values (%L::text, true)',
           case when l.holds then 'permit' when l.anew then 'step_up'
                else 'deny' end),
    concat_ws(' ', m.path || l.condition, a.age, l.client))
from line l
cross join (values ('/app/'), ('/of-role/')) as m (path)
cross join lateral (
    select case when l.since > interval '10 minutes' then '11m'
                when l.since is not null then '9m' end as age
) as a;

select matches(
    (select note from gatehouse.explain('alice', '', 'GET', '/app/fresh',
                                        null, '1h') where step = 1),
    '^permission fresh of the role user would permit it, by grant [0-9]+, '
    'after signing in once more: its condition fresh \(signed in at most '
    '00:10:00 ago\) does not hold$', 'what_would_permit_it_is_told');
select matches(
    (select note from gatehouse.explain('alice', '', 'GET', '/of-role/fresh',
                                        null, '1h') where step = 1),
    'after signing in once more: the role fresh was given under the condition '
    'fresh ', 'and_which_role_is_missing');
select matches(
    (select note from gatehouse.explain('alice', '', 'GET', '/app/fresh')
     where step = 1),
    'asks for what is not known: --age says', 'an_age_can_be_given');
select is(
    (select verdict from gatehouse.explain(null, '', 'GET', '/app/fresh',
                                           null, '1m') where step = 1),
    'sign_in', 'nobody_has_signed_in_at_any_time');
-- Who signs in once more may have less.
select gatehouse.permission_add('app', 'both', '/both', '{GET}', 'root'),
       gatehouse.role_grant_permission('stale', 'app', 'both', null, null, '',
                                       'root', p_condition => 'fresh');
select is(
    (select verdict from gatehouse.explain('alice', '', 'GET', '/app/both',
                                           null, '1h') where step = 1),
    'deny', 'what_they_would_not_have_then_is_no_way');

-- Administration.
select throws_ok(format(
    'select gatehouse.condition_add(''x'', null, null, null, null, null, null,
         null, null, null, null, null, ''root'', p_age => %L)', a.age),
    'GH003', null, 'refused: ' || a.age)
from (values ('59s'), ('25h'), ('61.5s'), ('soon'), ('-10m'), ('1 month'))
    as a (age);
select throws_ok($$select gatehouse.condition_add('x', null, null, null,
    '{10.0.0.0/8}', null, null, null, null, null, null, null, 'root',
    p_age => '10m')$$, 'GH003', null, 'it_asks_for_one_thing');
select throws_ok($$select gatehouse.condition_change('office', null, null,
    null, null, null, null, null, null, null, 'root', p_age => '10m')$$,
    'GH003', null, 'networks_have_no_age');
select throws_ok($$select gatehouse.explain('alice', '', 'GET', '/app/x', null,
    'long')$$, 'GH003', null, 'an_age_is_a_span');
select lives_ok($$select gatehouse.condition_change('fresh', null, null, null,
    null, null, null, null, null, null, 'root', p_age => '1h')$$,
    'an_age_is_changed');
select results_eq(
    $$select c.asks_for, c.holds_now, p.kind, p.list
      from gatehouse.condition_list() c
      join gatehouse.policy_conditions() p on p.name = c.condition
      where condition = 'fresh'$$,
    $$values ('signed in at most 01:00:00 ago', null::boolean, 'age', '3600')$$,
    'it_is_listed_in_words_and_told_to_gateways');

select * from finish();
rollback;
