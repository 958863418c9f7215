-- SPDX-License-Identifier: Apache-2.0
--
-- Zones: through which entries their applications are reached, and the
-- condition that stands in the way of every rule there, now and in the past.

begin;
set local search_path = tap, public;

select no_plan();

select gatehouse.application_add('app', '', '/app/', '{http://a}', 'forward',
                                 'internal', 'root'),
       gatehouse.application_add('out', '', '/out/', '{http://a}', 'forward',
                                 'open', 'root'),
       gatehouse.condition_add('office', null, null, null, '{10.0.0.0/8}',
                               null, null, null, null, null, null, null,
                               'root'),
       gatehouse.condition_add('lab', null, null, null, '{10.9.0.0/16}', null,
                               null, null, null, null, null, null, 'root'),
       gatehouse.condition_add('fresh', null, null, null, null, null, null,
                               null, null, null, null, null, 'root',
                               p_age => '10m'),
       gatehouse.role_add('user', '', false, 'root'),
       test.account('alice'),
       gatehouse.role_grant_account('user', 'alice', null, null, '', 'root');
select gatehouse.permission_add(p.application, p.name, p.pattern, '{GET}',
                                'root'),
       gatehouse.role_grant_permission('user', p.application, p.name, null,
                                       null, '', 'root',
                                       p_condition => p.condition)
from (values ('app', 'free', '/free', null), ('app', 'lab', '/lab', 'lab'),
             ('app', 'office', '/office', 'office'), ('out', 'all', '/**', null))
    p (application, name, pattern, condition);

-- What is said of a request of alice's, in one line; at an instant.
create function pg_temp.said(
    p_path text, p_client text, p_age text default null,
    p_at timestamptz default null
)
returns text
language sql
return (
    select e.verdict || coalesce(' ' || substring(
               e.note from '(?:condition|under the condition) ([a-z]+)'), '')
    from gatehouse.explain('alice', '', 'GET', p_path, p_client, p_age, p_at) e
    where e.step = 1
);

-- Before a zone asks for anything.
select is(pg_temp.said('/app/free', '192.0.2.1'), 'permit',
          'nothing_is_asked_for_at_first');
-- A transaction is one version; each of these makes one of what came before it,
-- an hour after the last.
alter table gatehouse_data.policy_version
    disable trigger policy_version_append_only;
create function pg_temp.commit(p_hour integer) returns void language sql as $$
    update gatehouse_data.policy_version
    set version = 1000000 + p_hour, at = now() + p_hour * interval '1 hour'
    where version < 1000000
$$;
select pg_temp.commit(0);

select gatehouse.zone_change('internal', 'root', p_condition => 'office',
                             p_entries => '{admin,inside}');
select is(pg_temp.said(w.path, w.client), w.said,
          format('%s from %s', w.path, w.client))
from (values ('/app/free', '10.1.0.1', 'permit'),
             ('/app/free', '192.0.2.1', 'deny office'),
             ('/app/free', null, 'deny office'),
             ('/app/lab', '10.9.0.1', 'permit'),
             ('/app/lab', '10.1.0.1', 'deny lab'),
             ('/app/lab', '192.0.2.1', 'deny lab'),
             ('/app/office', '10.1.0.1', 'permit'),
             ('/app/office', '192.0.2.1', 'deny office'),
             ('/out/x', '192.0.2.1', 'permit')) w (path, client, said);
select is((select e.verdict
           from gatehouse.explain(null, '', 'GET', '/app/free', w.client) e
           where e.step = 1), w.verdict, 'a stranger from ' || w.client)
from (values ('10.1.0.1', 'sign_in'), ('192.0.2.1', 'deny'))
    w (client, verdict);
select is((select condition_holds from gatehouse.explain(
               'alice', '', 'GET', '/app/lab', '10.1.0.1')
           where permission = 'lab'), false, 'rules_show_what_does_not_hold');
select is((select note from gatehouse.explain('alice', '', 'GET', '/app/free')
           where step = 3),
          'mounted at every host, /app/, through the entries admin, inside '
          'alone; what is left of the path there is /free',
          'entries_are_explained');

select pg_temp.commit(1);

-- A zone that asks for the one, a rule for the other.
select gatehouse.zone_change('internal', 'root', p_condition => 'lab');
select is(pg_temp.said('/app/office', '10.1.0.1'), 'deny lab',
          'what_only_the_zone_asks_for_is_told');
select gatehouse.zone_change('internal', 'root', p_condition => 'fresh');
select is(pg_temp.said(w.path, w.client, w.age), w.said,
          format('%s from %s, signed in %s ago', w.path, w.client, w.age))
from (values ('/app/free', '192.0.2.1', '9m', 'permit'),
             ('/app/free', '192.0.2.1', '11m', 'step_up fresh'),
             ('/app/office', '10.1.0.1', '11m', 'step_up fresh'),
             ('/app/office', '192.0.2.1', '11m', 'deny office'))
    w (path, client, age, said);

-- The past has the zone that it had.
select gatehouse.zone_change('internal', 'root', p_condition => '',
                             p_entries => '{all}');
select is(pg_temp.said('/app/free', '192.0.2.1'), 'permit', 'and_nothing_again');
select pg_temp.commit(2);
select is(pg_temp.said('/app/free', '192.0.2.1', null,
                       now() + w.hour * interval '1 hour'), w.said,
          'after ' || w.hour || ' hours')
from (values (0.5, 'permit'), (1.5, 'deny office'), (2.5, 'permit'))
    w (hour, said);
select is((select z.entries from gatehouse_data.zone z
           where z.name = 'internal'), '{}', 'all_entries_are_none_by_name');
select results_eq(
    $$select entries, condition_id from gatehouse.policy_applications() p
      where name = 'app'$$,
    $$values (''::text, null::bigint)$$, 'gateways_are_told_of_none');
select gatehouse.zone_change('internal', 'root', p_condition => 'office',
                             p_entries => '{admin,inside}');
select is((select p.entries || ', ' || c.name
           from gatehouse.policy_applications() p
           left join gatehouse_data.condition c using (condition_id)
           where p.name = 'app'), 'admin inside, office', 'or_of_these');
select is((select used_by from gatehouse.condition_list()
           where condition = 'office'), 2::bigint, 'a_zone_uses_a_condition');
select throws_ok($$select gatehouse.condition_remove('office', 'root')$$,
                 'GH002', null, 'which_cannot_be_removed');
select is((select detail -> 'names' ->> 'condition' from gatehouse_audit.event
           where detail ->> 'table' = 'gatehouse_data.zone'
           order by event_id desc limit 1), 'office', 'and_is_told');

select throws_ok(format('select gatehouse.zone_change(%L, %L, p_entries => %L)',
                        'open', 'root', e.entries), 'GH003',
                 'malformed entries', 'no entries: ' || e.entries)
from (values ('{""}'), ('{"a b"}'), ('{Admin}'), ('{a,""}'), ('{-a}'), ('{null}'),
             ('{a,b,c,d,e,f,g,h,i}')) e (entries);
select throws_ok(
    $$select gatehouse.zone_change('open', 'root', p_condition => 'nothing')$$,
    'GH001', null, 'no_condition_of_that_name');

select * from finish();
rollback;
