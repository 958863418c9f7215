-- SPDX-License-Identifier: Apache-2.0
--
-- How somebody signed in: at which level, and in a browser that was known by
-- then. What conditions say of it, alone and in sets, by the table that the
-- gateway is tested against as well; which browsers are known; what is
-- explained with it, and what is refused.

begin;
set local search_path = tap, public;

select no_plan();

create function pg_temp.add(
    p_name text,
    p_level text default null,
    p_device text default null,
    p_all text[] default null,
    p_any text[] default null,
    p_none text[] default null
)
returns bigint
language sql
return gatehouse.condition_add(
    p_name, null, null, null, null, p_all, p_any, p_none, null, null, null,
    null, 'root', p_level => p_level, p_device_known => p_device);

select gatehouse.application_add('app', '', '/app/', '{http://a}', 'forward',
                                 'internal', 'root'),
       pg_temp.add('first', p_level => '1'),
       pg_temp.add('second', p_level => '2'),
       pg_temp.add('known', p_device => '0'),
       pg_temp.add('week', p_device => '7d'),
       pg_temp.add('strange', p_none => '{known}'),
       pg_temp.add('both', p_all => '{second,week}'),
       pg_temp.add('either', p_any => '{second,week}'),
       pg_temp.add('neither', p_none => '{second,week}');
select test.account('alice');
select gatehouse.role_add('user', '', false, 'root');
select gatehouse.role_grant_account('user', 'alice', null, null, '', 'root');
select gatehouse.permission_add('app', c.name, '/' || c.name, '{GET}', 'root'),
       gatehouse.role_grant_permission('user', 'app', c.name, null, null, '',
                                       'root', p_condition => c.name)
from gatehouse_data.condition c;

\set devices `cat "$GH_TEST_DATA/devices.tsv"`
create temporary table line as
select f.words[1] as condition, nullif(f.words[2], '-') as level,
       nullif(f.words[3], '-') as device,
       case f.words[4] when 'yes' then true when 'no' then false end as holds
from string_to_table(:'devices', E'\n') l
cross join lateral (select string_to_array(l, E'\t') as words) f
where l !~ '^#' and l <> '';
select ok((select count(*) > 60 from line), 'the_table_is_there');

select is(
    gatehouse_data.condition_holds(
        gatehouse_data.condition_states(),
        (gatehouse_data.condition_of(l.condition)).condition_id,
        gatehouse_data.circumstances_of(
            now(), null, p_level => l.level::integer,
            p_device_known => gatehouse_data.device_of(l.device))),
    l.holds, concat_ws(' ', l.condition, l.level, l.device))
from line l;
select results_eq(
    format($$select verdict
             from gatehouse.explain('alice', '', 'GET', %L, p_level => %L,
                                    p_device_known => %L)
             where step = 1
             union all
             select case when can then 'permit' else 'deny' end
             from gatehouse.who_can('', 'GET', %1$L, p_level => %2$L,
                                    p_device_known => %3$L)
             where account = 'alice'
             union all
             select case when can then 'permit' else 'deny' end
             from gatehouse.what_can('alice', p_level => %2$L,
                                     p_device_known => %3$L)
             where path = %1$L$$,
           '/app/' || l.condition, l.level, l.device),
    format('select %L from generate_series(1, 3)',
           case when l.holds then 'permit' else 'deny' end),
    concat_ws(' ', '/app/' || l.condition, l.level, l.device))
from line l;

select results_eq(
    format($$select verdict, note from gatehouse.explain('alice', '', 'GET',
             %L, p_level => '1', p_device_known => %L) where step = 1$$,
           '/app/' || r.condition, r.device),
    format($$select 'deny', format('permission %%1$s of the role user would '
             'permit it, but its condition %%1$s (%%2$s) does not hold',
             %L::text, %L::text)$$, r.condition, r.words),
    'RBAC-048 RBAC-050 it_is_refused_in_words: ' || r.condition)
from (values ('second', null, 'signed in at level 2 or higher'),
             ('known', 'no', 'in a known browser'),
             ('week', '3d', 'in a known browser, for at least 7 days'))
    as r (condition, device, words);
select matches(
    (select note from gatehouse.explain('alice', '', 'GET', '/app/week')
     where step = 1),
    'asks for what is not known: .*--level and --device-known how they signed '
    'in$', 'a_level_and_a_browser_can_be_given');
select is(
    (select verdict from gatehouse.explain(null, '', 'GET', '/app/' || r.name,
                                           p_level => '3',
                                           p_device_known => '9d')
     where step = 1), r.verdict, 'nobody_has_signed_in_in_any_way: ' || r.name)
from (values ('second', 'sign_in'), ('week', 'sign_in'), ('both', 'sign_in'),
             ('strange', 'sign_in'), ('neither', 'sign_in'))
    as r (name, verdict);
select results_eq(
    $$select p.kind, p.list, c.holds_now
      from gatehouse.condition_list() c
      join gatehouse.policy_conditions() p on p.name = c.condition
      where condition in ('second', 'known', 'week') order by p.list$$,
    $$values ('device', '0', null::boolean), ('level', '2', null),
             ('device', '604800', null)$$, 'they_are_told_to_gateways');

-- Which browsers are known. The first sign-in's is new, whatever follows.
create function pg_temp.known(p_token text)
returns text
language sql
return (
    select concat_ws(' ', f.state, coalesce(f.device_known::text, 'new'))
    from gatehouse.session_find(test.key(p_token)) f
);
create temporary table marker as
select 1 as n, s.began_at, s.device_since
from test.sign_in('alice', 't1') s;
select results_eq(
    $$select m.device_since = m.began_at, pg_temp.known('t1') from marker m$$,
    $$values (true, 'live new')$$,
    'RBAC-050 without_a_marker_a_browser_is_new_and_known_from_now_on');
-- Eight days later.
select test.finish('t1'), test.age('t1', '8 days');
update marker
set began_at = began_at - interval '8 days',
    device_since = device_since - interval '8 days';
alter table gatehouse_data.credential_version
    disable trigger credential_version_append_only;
update gatehouse_data.credential_version v
set at = v.at - interval '190 days';
alter table gatehouse_data.credential_version
    enable always trigger credential_version_append_only;
insert into marker
select 2, s.began_at, s.device_since
from marker m
cross join lateral test.sign_in(
    'alice', 't2', p_device => 'd', p_device_at => m.began_at,
    p_device_since => m.device_since) s;
select results_eq(
    $$select o.device_since = m.device_since,
             pg_temp.known('t2') ~ '^live 6912[0-9][0-9]$'
      from marker m join marker o on o.n = 1 where m.n = 2$$,
    $$values (true, true)$$,
    'RBAC-050 a_marker_that_counts_says_since_when_which_is_kept');
select test.finish('t2');

-- One that does not count is none.
select test.account('bob');
select is(s.device_since = s.began_at, true,
          'RBAC-050 from_now_on_only: ' || r.what)
from (values ('alice', 'too_old', interval '181 days', interval '200 days'),
             ('bob', 'before_the_password', interval '1 minute',
              interval '30 days'))
    as r (account, what, at, since)
cross join lateral test.sign_in(
    r.account, r.what, p_device => 'd', p_device_at => now() - r.at,
    p_device_since => now() - r.since) s;
select is(pg_temp.known(r.what), 'live new', 'RBAC-050 is_new: ' || r.what)
from (values ('too_old'), ('before_the_password')) as r (what);
-- Nor is one from a clock that was set back a hindrance.
select results_eq(
    $$select s.device_since <= s.began_at, pg_temp.known('ahead')
      from test.sign_in('alice', 'ahead', p_device => 'd',
                        p_device_at => now() + interval '1 hour',
                        p_device_since => now() + interval '1 hour') s$$,
    $$values (true, 'live 0')$$, 'a_clock_that_was_set_back_hinders_nobody');
select throws_ok(
    $$select test.sign_in('alice', 'half', p_device => 'd',
                          p_device_at => now())$$, 'GH003', null,
    'a_marker_says_both');

-- Signing in once more, in the same browser, makes it no more known.
select s.began_at, s.device_since from test.sign_in('alice', 'n1') s \gset
select test.sign_in('alice', 'n2', 'n1', p_device => 'd',
                    p_device_at => :'began_at', p_device_since => :'began_at');
select is(pg_temp.known('n2'), 'live new',
          'RBAC-050 a_confirmation_makes_no_browser_known');
select test.finish('n2');
select test.sign_in('alice', 'n3', 'n2', p_device => 'd',
                    p_device_at => :'began_at', p_device_since => :'began_at');
select is(pg_temp.known('n3'), 'live 0', 'RBAC-050 the_next_sign_in_does');
select test.sign_in('alice', 'n4', 'n3', p_device => 'd',
                    p_device_at => :'began_at', p_device_since => :'began_at');
select is(pg_temp.known('n4'), 'live 0',
          'RBAC-050 a_confirmation_takes_nothing_away');
select test.sign_in('alice', 'n5', 'n4');
select is(pg_temp.known('n5'), 'live new',
          'RBAC-050 but_without_the_marker_it_is_new');

-- A token that is replaced changes nothing of it.
select test.sign_in('alice', 'w1', p_device => 'd',
                    p_device_at => now() - interval '1 day',
                    p_device_since => now() - interval '8 days');
select gatehouse.session_offer(test.key('w1'), 0, test.key('w2'),
                               test.key('mac w2'));
select gatehouse.session_renew(test.key('w2'), '1 minute', '192.0.2.1', '', '',
                               gen_random_uuid(), '');
select is(pg_temp.known('w2'), pg_temp.known('w1'),
          'RBAC-050 a_renewal_changes_nothing');
select matches(pg_temp.known('w2'), '^live 6911[0-9]{2}|6912[0-9]{2}$',
               'RBAC-050 of_a_browser_known_for_a_week');

-- A request is decided again by its session, while that is kept.
select gatehouse.access_write(
    array[clock_timestamp(), clock_timestamp(), clock_timestamp()],
    array[a.account_id, a.account_id, a.account_id],
    array[test.ref('w1'), test.ref('n5'), test.ref('gone')],
    array['198.51.100.1', '198.51.100.1', '198.51.100.1']::inet[],
    '{app,app,app}', '{GET,GET,GET}', '{/app/week,/app/week,/app/week}',
    '{200,403,403}', '{null,null,null}', '{public,public,public}',
    array[md5('w1')::uuid, md5('n5')::uuid, md5('gone')::uuid],
    '{node,node,node}', '{0,0,0}', '{0,0,0}', '{1,1,1}')
from gatehouse_data.account a
where a.name = 'alice';
select results_eq(
    format($$select decided, verdict, note ~ 'does not hold',
                    note ~ 'not known'
             from gatehouse.explain_exchange(md5(%L)::uuid)
             where decided <> 'recorded' order by decided desc$$, r.id),
    format('values (''then'', %1$L, %2$L::boolean, %3$L::boolean), '
           '(''now'', %1$L, %2$L, %3$L)', r.verdict, r.is_no, r.is_unknown),
    'it_is_decided_again_by_that: ' || r.id)
from (values ('w1', 'permit', false, false), ('n5', 'deny', true, false),
             ('gone', 'deny', false, true))
    as r (id, verdict, is_no, is_unknown);
-- And a file of the policy is tried on it.
select e.policy from gatehouse.policy_export(false) e \gset
select results_eq(
    format($$select s.decided, s.would_be, s.requests
             from gatehouse.policy_shadow(%L, 7, 'root') s
             where s.account = 'alice'$$,
           replace(:'policy', 'device 7d', 'device 9d')),
    $$values ('permit', 'deny', 1::bigint)$$,
    'a_file_is_tried_on_what_was_asked');
select is(gatehouse_data.policy_value('span', r.value), r.becomes,
          'a_file_has_one_form_of_it: ' || r.value)
from (values ('7d', '7d'), ('168h', '7d'), ('0s', '0d'), ('90m', '90m'),
             ('7w', null), ('7', null), ('-1d', null), ('07d', null))
    as r (value, becomes);

-- A change by hand is told to gateways.
select max(c.change_id) as last from gatehouse_data.change c \gset
update gatehouse_data.session
set device_since = created_at - interval '1 year'
where reference = test.ref('n5');
select is(
    (select count(*)::integer from gatehouse_data.change c
     where c.change_id > :last), 1, 'a_change_by_hand_is_told');

-- Administration.
select throws_ok(
    format('select pg_temp.add(''x'', %L, %L, %L)', r.level, r.device, r.parts),
    'GH003', null, format('refused: %s %s %s', r.level, r.device, r.parts))
from (values ('0', null, null), ('4', null, null), ('', null, null),
             ('two', null, null), ('99999', null, null), ('2', '7d', null),
             (null, '-1s', null), (null, '366d', null), (null, '1 month', null),
             (null, '1.5s', null), (null, 'no', null), (null, '', null),
             (null, '1 year', null), ('2', null, '{known}'))
    as r (level, device, parts);
select throws_ok(format($$select gatehouse.condition_change(%L, null, null,
    null, null, null, null, null, null, null, 'root', %s)$$, r.name, r.what),
    'GH003', null, r.name || ' has no ' || r.what)
from (values ('strange', $$p_level => '2'$$), ('second',
             $$p_device_known => '7d'$$), ('week', $$p_level => '2'$$),
             ('second', $$p_level => '4'$$),
             ('week', $$p_device_known => '366d'$$)) as r (name, what);
select lives_ok(format($$select gatehouse.condition_change(%L, null, null,
    null, null, null, null, null, null, null, 'root', %s)$$, r.name, r.what),
    r.name || ' is changed')
from (values ('second', $$p_level => '3'$$),
             ('week', $$p_device_known => '36h'$$)) as r (name, what);
select results_eq(
    $$select c.asks_for from gatehouse.condition_list() c
      where condition in ('second', 'week') order by condition$$,
    $$values ('signed in at level 3 or higher'),
             ('in a known browser, for at least 36:00:00')$$,
    'what_was_changed_is_listed');
select throws_ok(format($$select gatehouse.explain('alice', '', 'GET', '/app/x',
    %s)$$, r.what), 'GH003', null, 'malformed: ' || r.what)
from (values ($$p_level => 'x'$$), ($$p_level => '0'$$),
             ($$p_device_known => 'long'$$), ($$p_device_known => '-1s'$$), ($$p_device_known => 'No'$$))
    as r (what);

select * from finish();
rollback;
