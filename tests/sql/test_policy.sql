-- SPDX-License-Identifier: Apache-2.0
--
-- The policy: which pattern matches and which application serves, by the
-- tables of tests/data/; what its tables refuse; its version, the states that
-- are kept and what the trail is told; grants that are ended; what the gateway
-- reads.

\set patterns `cat "$GH_TEST_DATA/patterns.tsv"`
\set mounts `cat "$GH_TEST_DATA/mounts.tsv"`

begin;
set local search_path = tap, public;

select no_plan();

-- Patterns and mounts.
create temporary table line as
select t.n, string_to_array(t.line, E'\t') as f
from string_to_table(:'patterns' || E'\n' || :'mounts', E'\n')
    with ordinality as t (line, n)
where t.line !~ '^#' and t.line <> '';
select cmp_ok((select count(*) from line), '>', 200::bigint,
              'the_tables_of_cases_are_there');
select is(gatehouse_data.path_matches(l.f[1], l.f[2]), l.f[3] = 'yes',
          format('%s %s %s', left(l.f[1], 40),
                 case l.f[3] when 'yes' then 'matches' else 'leaves' end,
                 left(l.f[2], 40)))
from line l where cardinality(l.f) = 3 order by l.n;
select is(gatehouse_data.path_matches(p.pattern, p.path), false,
          'nothing is matched by ' || coalesce(p.pattern, 'null') || ' '
          || coalesce(p.path, 'null'))
from (values (null, '/'), ('', '/'), ('', ''), ('x', 'x'), ('/**/x', '/x'),
             ('/**/x', '/a/x'), ('/a*', '/ab'), ('/a*', '/a*'),
             ('/***', '/***'), ('*', '/x'), ('**', '/x')) p (pattern, path);
select is(gatehouse_data.path_matches('/', null), true,
          'no_rest_is_the_same_as_a_slash');

insert into gatehouse_data.application (name, host, path, backends, zone_id)
select l.f[2], replace(l.f[3], '*', ''), l.f[4], '{http://localhost:1}',
       z.zone_id
from line l, gatehouse_data.zone z
where l.f[1] = 'mount' and z.name = 'open';
select results_eq(
    format($$select coalesce(a.name, '-'), coalesce(
                 gatehouse_data.path_rest(a.path, %2$L), '-')
             from gatehouse_data.application_at(%1$L, %2$L) a$$,
           l.f[2], l.f[3]),
    format('values (%L collate "C", %L collate "C")', l.f[4], l.f[5]),
    format('%s%s is %s', l.f[2], l.f[3], l.f[4]))
from line l where l.f[1] = 'at' order by l.n;
delete from gatehouse_data.application;

-- What the tables refuse, whoever writes.
select z.zone_id as zone from gatehouse_data.zone z where name = 'open' \gset
create function pg_temp.mount(p_name text, p_host text, p_path text,
    p_backends text[] default '{http://localhost:1}',
    p_carrying text default 'forward') returns bigint
language sql as $$
insert into gatehouse_data.application (name, host, path, backends, carrying,
                                        zone_id)
select p_name, p_host, p_path, p_backends, p_carrying, z.zone_id
from gatehouse_data.zone z where z.name = 'open'
returning application_id
$$;
select throws_ok(format('select pg_temp.mount(%L, %L, %L)', 'a', '', p),
                 '23514', null, 'no application is mounted at ' || p)
from unnest(array['', 'x', 'x/', '//', '/x//', '/x//y', '/x?y', '/x#y', '/*',
    '/x/*', '/./', '/x/../y', '/..', '/.', '/x/.', '/%2f', '/%41', '/%7E',
    '/%2E%2E/', '/%5C', '/%00', '/%1F', '/%7F', '/%C2%80', '/%2541', '/%',
    '/%4', '/%zz', '/a b', '/ä', E'/a\n', E'/a\n/', '/x\y', '/x%2F..',
    '/..;x', '/%3B..', '/a"b', '/a<b', '/[x]', repeat('/x', 513), '/a;b',
    '/@a/', '/%40a/', '/a+b', '/a%2Bb', '/a,b', '/a:b', '/a=b', '/a''b',
    '/a%3Db', '/a!']) p;
select lives_ok(format('select pg_temp.mount(%L, %L, %L)',
                       'a' || row_number() over (), '', p),
                'an application is mounted at ' || left(p, 40))
from unnest(array['/', '/x', '/x/', '/x/y', '/%20', '/%C3%A4/', '/...',
    '/a.b', '/.well-known', '/a..b/', '/~x', '/a%2Fb', '/%25',
    repeat('/x', 512)]) p;
select throws_ok(format('select pg_temp.mount(%L, %L, %L)', 'h', h, '/h'),
                 '23514', null, 'no application is on the host ' || h)
from unnest(array['A.example', 'a:80', 'a.', '.a', '-a', 'a-', 'a..b', 'a_b',
    'a b', E'a\n', '*', '[::1', '[g]', 'ä.example', 'http://a',
    repeat('a', 64), 'a/b']) h;
select lives_ok(format('select pg_temp.mount(%L, %L, %L)',
                       'h' || row_number() over (), h, '/h'),
                'an application is on the host ' || h)
from unnest(array['localhost', 'a.example', '127.0.0.1', '[::1]', 'a-b.c',
                  repeat('a', 63) || '.b']) h;
select throws_ok(format('select pg_temp.mount(%L, %L, %L, %L, %L)', 'b', '',
                        '/b', b.backends, b.carrying),
                 '23514', null, 'no back end is ' || b.backends::text)
from (values ('{}'::text[], 'forward'), ('{https://a}', 'forward'),
    ('{http://a/}', 'forward'), ('{http://a:0}', 'forward'),
    ('{http://a:}', 'forward'), ('{http://unix:x}', 'forward'),
    ('{http://unix:}', 'forward'), ('{a:80}', 'forward'),
    ('{"http://a http://b"}', 'forward'), ('{"http://a "}', 'forward'),
    ('{NULL}', 'forward'), ('{""}', 'forward'),
    ('{http://a,http://b,http://c,http://d,http://e}', 'forward'),
    ('{{http://a},{http://b}}', 'forward'), ('{http://A}', 'forward'),
    (array[E'http://a\n'], 'forward'), ('{http://u:p@a}', 'forward'),
    (array['http://unix:/' || repeat('x', 107)], 'forward'),
    ('{http://a}', 'maybe')) b (backends, carrying);
select lives_ok(format('select pg_temp.mount(%L, %L, %L, %L, %L)',
                       'b' || row_number() over (), '',
                       '/b' || row_number() over (), b.backends, b.carrying),
                'a back end may be ' || b.backends::text)
from (values ('{}'::text[], 'verdict'), ('{http://a}', 'verdict'),
    ('{http://a:8080}', 'forward'), ('{http://[::1]:8080}', 'forward'),
    ('{http://127.0.0.1:65535,http://unix:/run/a.sock}', 'forward'))
    b (backends, carrying);
select throws_ok(format('select pg_temp.mount(%L, %L, %L)', n, '', '/n'),
                 '23514', null, 'no application is named ' || n)
from unnest(array['', 'A', '-a', 'a.b', 'a b', repeat('a', 65), E'a\n']) n;
select throws_ok($$select pg_temp.mount('a1', '', '/z')$$, '23505', null,
                 'a_name_is_unique');
select throws_ok($$select pg_temp.mount('zz', '', '/x/y')$$, '23505', null,
                 'so_is_a_place');
select lives_ok($$select pg_temp.mount('zz', 'localhost', '/x/y')$$,
                'on_a_host');
delete from gatehouse_data.application;

select pg_temp.mount('app', '', '/app/') as app \gset
select throws_ok(
    format('insert into gatehouse_data.resource (application_id, pattern) '
           'values (%s, %L)', :app, p), '23514', null, 'no pattern is ' || p)
from unnest(array['', 'x', '**', '*', '//', '/x//y', '/**/', '/**/x',
    '/x/**/y', '/a*', '/*a', '/***', '/x/***', '/x**', '/./x', '/x/..',
    '/%2e', '/%41', '/%', '/x?y', '/x#', '/x y', '/ä', E'/x\n', '/%25%41',
    '/%2541', '/%5C', '/..;/', '/x%2F../y', '/%00', repeat('/x', 65),
    '/' || repeat('x', 1024)]) p;
select lives_ok(
    format('insert into gatehouse_data.resource (application_id, pattern) '
           'values (%s, %L)', :app, p.pattern),
    'a pattern may be ' || left(p.pattern, 40))
from (select distinct l.f[1] as pattern from line l
      where cardinality(l.f) = 3) p;
delete from gatehouse_data.resource;
insert into gatehouse_data.resource (application_id, pattern)
values (:app, '/orders/**') returning resource_id as resource \gset
create function pg_temp.permit(p_app bigint, p_resource bigint, p_name text,
                               p_methods text[]) returns bigint
language sql as $$
insert into gatehouse_data.permission (application_id, resource_id, name,
                                       methods)
values (p_app, p_resource, p_name, p_methods) returning permission_id
$$;
select throws_ok(format('select pg_temp.permit(%s, %s, %L, %L)', :app,
                        :resource, 'x', m),
                 '23514', null, 'methods are not ' || m::text)
from (values ('{}'::text[]), ('{get}'), ('{GET,*}'), ('{HEAD,GET}'),
             ('{GET,GET}'), ('{CONNECT}'), ('{TRACE}'), ('{PRI}'), ('{""}'),
             ('{NULL}'), ('{GET,NULL}'), ('{*,*}'), ('{{GET},{HEAD}}')) v (m);
select lives_ok(format('select pg_temp.permit(%s, %s, %L, %L)', :app,
                       :resource, n.name, n.methods), 'a permission may be '
                       || n.name)
from (values ('orders:read', '{GET,HEAD}'::text[]), ('0', '{*}'),
             ('a.b_c:d-e', '{PUT}'), ('dav', '{MKCOL,VERSION-CONTROL}'))
    n (name, methods);
select throws_ok(format('select pg_temp.permit(%s, %s, %L, %L)', :app,
                        :resource, n, '{GET}'),
                 '23514', null, 'no permission is named ' || n)
from unnest(array['', ':x', 'A', 'a/b', 'a,b', repeat('a', 65)]) n;
select throws_ok(format('select pg_temp.permit(%s, %s, %L, %L)', :app + 1,
                        :resource, 'other', '{GET}'),
                 '23503', null, 'a_resource_is_of_its_own_application');
select throws_ok(
    format('insert into gatehouse_data.role (name) values (%L)', n), '23514',
    null, 'no role is named ' || n)
from unnest(array['', 'A', '-a', 'a,b', 'a b', 'a:b', repeat('a', 65)]) n;

-- Built-in roles.
select results_eq(
    $$select name, builtin, is_administrative from gatehouse_data.role
      order by role_id$$,
    $$values ('anonymous' collate "C", 'anonymous', false),
             ('authenticated', 'authenticated', false),
             ('admin', null, true)$$, 'three_roles_are_there_from_the_first');
select results_eq(
    $$select name, sensitivity from gatehouse_data.zone order by 2$$,
    $$values ('open' collate "C", 1::smallint), ('internal', 2::smallint),
             ('confidential', 3::smallint), ('restricted', 4::smallint)$$,
    'and_four_zones');
select throws_ok(s, 'GH004', null, 'built-in: ' || s)
from unnest(array[
    'delete from gatehouse_data.role where name = ''anonymous''',
    'update gatehouse_data.role set name = ''x'', builtin = null
     where name = ''anonymous''',
    'update gatehouse_data.role set builtin = null
     where name = ''authenticated''']) s;
select throws_ok(
    $$update gatehouse_data.role set is_administrative = true
      where name = 'anonymous'$$, '23514', null,
    'what_everybody_has_does_not_administer');
select lives_ok(
    $$update gatehouse_data.role set meaning = 'all' where name = 'anonymous'
    $$, 'their_meaning_may_change');

-- The version: once a transaction, never lower, never gone.
create function pg_temp.next() returns bigint language plpgsql as $$
-- What a new transaction would find.
begin
    update gatehouse_data.policy_state set transaction = '0';
    return (select version from gatehouse_data.policy_state);
end $$;
select pg_temp.next() as v0 \gset
insert into gatehouse_data.role (name) values ('user'), ('clerk'), ('boss');
select is((select version from gatehouse_data.policy_state), :v0 + 1::bigint,
          'a_change_raises_the_version');
update gatehouse_data.role set meaning = 'x' where name = 'user';
select is((select version from gatehouse_data.policy_state), :v0 + 1::bigint,
          'once_a_transaction');
select is((select count(*) from gatehouse_data.policy_version
           where version = :v0 + 1::bigint), 4::bigint, 'every_state_is_kept_with_it');
select pg_temp.next();
update gatehouse_data.role set meaning = 'x' where name = 'user';
delete from gatehouse_data.role where name = 'nobody';
select is((select version from gatehouse_data.policy_state), :v0 + 1::bigint,
          'what_changes_nothing_raises_nothing');
savepoint undone;
update gatehouse_data.role set meaning = 'y' where name = 'user';
rollback to undone;
update gatehouse_data.role set meaning = 'z' where name = 'user';
select is((select version from gatehouse_data.policy_state), :v0 + 2::bigint,
          'after_what_was_undone_it_is_raised_again');
update gatehouse_data.policy_state
set transaction = pg_current_xact_id(), changed_at = now() - interval '1 h';
update gatehouse_data.role set meaning = 'q' where name = 'user';
select is((select version from gatehouse_data.policy_state), :v0 + 3::bigint,
          'a_transaction_of_the_same_number_long_ago_is_another_one');
set constraints all immediate;
set constraints all deferred;
select throws_ok(s, 'GH004', null, s)
from unnest(array[
    'update gatehouse_data.policy_state set version = version - 1',
    'delete from gatehouse_data.policy_state',
    'truncate gatehouse_data.policy_state',
    'update gatehouse_data.policy_version set act = ''x''',
    'delete from gatehouse_data.policy_version',
    'truncate gatehouse_data.policy_version']) s;
select throws_ok('insert into gatehouse_data.policy_state default values',
                 '23505', null, 'there_is_one_version');
set local session_replication_role = replica;
select pg_temp.next() as v1 \gset
update gatehouse_data.role set meaning = 'r' where name = 'user';
select is((select version from gatehouse_data.policy_state), :v1 + 1::bigint,
          'a_replica_role_raises_it_all_the_same');
set local session_replication_role = origin;

-- Changes by hand are told.
select test.events();
insert into gatehouse_data.role (name) values ('temp');
select is(test.events(), 'authz_change(by_hand)', 'a_role_by_hand_is_told');
select results_eq(
    $$select is_by_hand, actor, detail ->> 'table', detail ->> 'operation',
             detail -> 'after' ->> 'name', detail -> 'names' ->> 'role',
             detail -> 'before'
      from test.event('authz_change')$$,
    $$values (true, session_user::text collate "default",
              'gatehouse_data.role', 'insert', 'temp', 'temp', null::jsonb)$$,
    'with_who_and_what');
update gatehouse_data.zone set meaning = 'x' where name = 'open';
select is(test.events(), 'privilege_permissions_changed(by_hand)',
          'so_is_a_zone');
update gatehouse_data.application set keep = 1 where name = 'app';
select results_eq(
    $$select application, detail -> 'before' ->> 'keep',
             detail -> 'after' ->> 'keep', detail -> 'names' ->> 'zone'
      from test.event('privilege_permissions_changed')$$,
    $$values ('app', '64', '1', 'open')$$, 'and_an_application');
delete from gatehouse_data.role where name = 'temp';
select is((test.event('authz_change')).detail ->> 'operation', 'delete',
          'and_a_removal');
set local role gatehouse_owner;
set local gatehouse.act = 'role_add';
set local gatehouse.actor = 'root';
insert into gatehouse_data.role (name) values ('temp');
set local gatehouse.act = '';
set local gatehouse.actor = '';
reset role;
select results_eq(
    $$select is_by_hand, actor from test.event('authz_change')$$,
    $$values (false, 'root')$$, 'a_function_of_the_owner_is_no_hand');
select results_eq(
    $$select act, actor from gatehouse_data.policy_version
      order by policy_version_id desc limit 1$$,
    $$values ('role_add', 'root')$$, 'its_state_says_by_which_function');
set local gatehouse.act = 'role_add';
delete from gatehouse_data.role where name = 'temp';
set local gatehouse.act = '';
select is((test.event('authz_change')).is_by_hand, true,
          'a_superuser_is_not_believed_to_be_one');
select is((select act from gatehouse_data.policy_version
           order by policy_version_id desc limit 1), null,
          'neither_by_the_states');

-- Inheritance.
create function pg_temp.inherit(p_role text, p_inherits text) returns text
language plpgsql as $$
begin
    insert into gatehouse_data.role_inheritance (role_id, inherits_id)
    select r.role_id, i.role_id
    from gatehouse_data.role r, gatehouse_data.role i
    where r.name = p_role and i.name = p_inherits;
    return 'done';
exception when others then
    return sqlstate;
end $$;
select is(pg_temp.inherit('user', 'user'), 'GH002', 'no_role_inherits_itself');
select is(pg_temp.inherit('clerk', 'user'), 'done', 'clerks_are_users');
select is(pg_temp.inherit('boss', 'clerk'), 'done', 'bosses_are_clerks');
select is(pg_temp.inherit('clerk', 'user'), '23505', 'once');
select is(pg_temp.inherit('user', 'clerk'), 'GH002', 'users_are_not_clerks');
select is(pg_temp.inherit('user', 'boss'), 'GH002', 'nor_bosses');
select throws_ok(
    $$update gatehouse_data.role_inheritance set inherits_id = (
          select role_id from gatehouse_data.role where name = 'boss')
      where role_id = (select role_id from gatehouse_data.role
                       where name = 'clerk')$$, 'GH002', null,
    'neither_by_an_update');
select results_eq(
    $$select r.name, i.name from gatehouse.policy_inheritance() c
      join gatehouse_data.role r using (role_id)
      join gatehouse_data.role i on i.role_id = c.inherits_id order by 1, 2$$,
    $$values ('boss' collate "C", 'clerk' collate "C"), ('boss', 'user'),
             ('clerk', 'user')$$, 'the_gateway_is_given_all_that_follows');
savepoint a_ring;
alter table gatehouse_data.role_inheritance
    disable trigger role_inheritance_without_cycle;
select is(pg_temp.inherit('user', 'boss'), 'done', 'with_the_guard_off');
select is((select count(*) from gatehouse.policy_inheritance()), 6::bigint,
          'a_ring_is_read_to_its_end');
select is_empty($$select from gatehouse.policy_inheritance() c
                  where c.role_id = c.inherits_id$$, 'without_itself');
rollback to a_ring;

-- Grants.
select test.account('alice');
create function pg_temp.grant(p_account text, p_role text,
    p_from timestamptz default clock_timestamp(),
    p_until timestamptz default null) returns bigint
language sql as $$
insert into gatehouse_data.account_role (account_id, role_id, valid_from,
                                         valid_until, reason)
select gatehouse.account_id_of(p_account), r.role_id, p_from, p_until, 'work'
from gatehouse_data.role r where r.name = p_role
returning grant_id
$$;
select test.events();
select pg_temp.grant('alice', 'user') as g1 \gset
select is(test.events(), 'authz_change(by_hand)', 'a_grant_is_told');
select results_eq(
    $$select account, detail -> 'names', detail -> 'after' ->> 'granted_by'
      from test.event('authz_change')$$,
    $$values ('alice', '{"role": "user", "account": "alice"}'::jsonb,
              session_user::text collate "default")$$,
    'with_names_and_who_gave_it');
select throws_ok(format('select pg_temp.grant(%L, %L)', 'alice', r.role),
                 r.state, null, 'alice is not given ' || r.role)
from (values ('user', '23505'), ('anonymous', 'GH004'),
             ('authenticated', 'GH004')) r (role, state);
select throws_ok($$select pg_temp.grant('alice', 'clerk', now(), now())$$,
                 '23514', null, 'a_grant_ends_after_it_begins');
select throws_ok(s, 'GH004', null, s)
from unnest(array[
    'delete from gatehouse_data.account_role',
    'update gatehouse_data.account_role set reason = ''x''',
    'update gatehouse_data.account_role set granted_by = ''x''',
    'update gatehouse_data.account_role
     set role_id = (select role_id from gatehouse_data.role
                    where name = ''boss'')']) s;
select lives_ok(
    $$update gatehouse_data.account_role
      set valid_until = now() + interval '1 day'$$, 'its_time_may_change');
select lives_ok(
    $$update gatehouse_data.account_role set ended_at = now()$$,
    'and_it_is_ended');
select results_eq(
    $$select ended_by, end_reason from gatehouse_data.account_role$$,
    $$values (session_user::text collate "default", '')$$,
    'by_whoever_was_connected');
select throws_ok(s, 'GH004', null, 'ended: ' || s)
from unnest(array[
    'update gatehouse_data.account_role set ended_at = null, ended_by = null,
     end_reason = null',
    'update gatehouse_data.account_role set end_reason = ''x''',
    'update gatehouse_data.account_role set valid_until = null',
    'delete from gatehouse_data.account_role']) s;
select lives_ok($$select pg_temp.grant('alice', 'user')$$,
                'it_can_be_given_anew');
set local session_replication_role = replica;
select throws_ok('delete from gatehouse_data.account_role', 'GH004', null,
                 'in_a_replica_role_also');
set local session_replication_role = origin;

-- What a session has.
select test.sign_in('alice', 's1');
select pg_temp.grant('alice', 'clerk', now() - interval '1 h',
                     now() - interval '1 min'),
       pg_temp.grant('alice', 'boss', now() + interval '1 h');
select results_eq(
    $$select array(select r.name from unnest(f.role_ids) u
                   join gatehouse_data.role r on r.role_id = u),
             f.policy_version = (select version from gatehouse.policy_state()),
             f.now between now() and clock_timestamp()
      from gatehouse.session_find(test.key('s1')) f$$,
    $$values (array['user'] collate "C", true, true)$$,
    'a_session_knows_the_roles_that_hold_now');
update gatehouse_data.account_role g
set ended_at = now()
from gatehouse_data.role r where r.role_id = g.role_id and r.name = 'user'
    and g.ended_at is null;
select is((select role_ids from gatehouse.session_find(test.key('s1'))),
          '{}'::bigint[], 'and_none_when_none_does');

-- What the gateway reads.
insert into gatehouse_data.role_permission (role_id, permission_id,
                                            valid_from, valid_until)
select r.role_id, p.permission_id, v.valid_from, v.valid_until
from (values ('user', 'orders:read', now() - interval '2 h', null),
             ('clerk', 'dav', now() - interval '2 h',
              now() - interval '1 min'),
             ('boss', '0', now() + interval '1 h', now() + interval '2 h'))
    v (role, permission, valid_from, valid_until)
join gatehouse_data.role r on r.name = v.role
join gatehouse_data.permission p on p.name = v.permission;
select results_eq(
    $$select g.permission, g.pattern, g.methods, r.name,
             g.valid_until is null
      from gatehouse.policy_grants() g join gatehouse_data.role r
      using (role_id) order by g.grant_id$$,
    $$values ('orders:read', '/orders/**', 'GET,HEAD',
              'user' collate "C", true),
             ('0', '/orders/**', '*', 'boss', false)$$,
    'grants_whose_time_has_not_passed');
-- What a gateway could not read would be the end of its policy.
savepoint endless;
update gatehouse_data.role_permission
set valid_from = '-infinity', valid_until = 'infinity'
where ended_at is null and valid_until is null;
select results_eq(
    $$select g.valid_from, g.valid_until from gatehouse.policy_grants() g
      where g.permission = 'orders:read'$$,
    $$values ('1970-01-01 00:00+00'::timestamptz, null::timestamptz)$$,
    'infinity_is_an_instant_that_can_be_counted_or_none');
update gatehouse_data.role_permission set valid_until = '294276-12-31'
where ended_at is null and valid_until = 'infinity';
select is((select g.valid_until from gatehouse.policy_grants() g
           where g.permission = 'orders:read'), null,
          'so_is_the_last_day_that_there_is');
rollback to savepoint endless;
update gatehouse_data.application
set backends = '{http://a:1,http://unix:/b}' where name = 'app';
select results_eq(
    $$select name, host, path, backends, carrying, connections, keep,
             encoded_slash, semicolon, empty_segments, authorization_field,
             freshness
      from gatehouse.policy_applications()$$,
    $$values ('app', '', '/app/',
              'http://a:1 http://unix:/b', 'forward', 256, 1, 'refuse',
              'refuse', 'refuse', 'drop', 'cached')$$, 'applications');
select results_eq(
    $$select gatehouse_data.zone_is_strict(z) from gatehouse_data.zone z
      order by z.sensitivity$$, '{false,false,false,true}'::boolean[],
    'the_zone_of_sensitivity_4_is_strict');
update gatehouse_data.zone
set is_strict = (sensitivity <> 4);
select results_eq(
    $$select gatehouse_data.zone_is_strict(z) from gatehouse_data.zone z
      order by z.sensitivity$$, '{true,true,true,false}'::boolean[],
    'unless_somebody_says_otherwise');
select results_eq(
    $$select p.freshness, s.freshness
      from gatehouse.policy_applications() p
      cross join gatehouse.application_show('app') s$$,
    $$values ('strict', 'strict')$$,
    'which_gateways_and_administrators_are_told');
select gatehouse.zone_change('internal', 'root', 'off');
select results_eq(
    $$select z.name, z.strict, z.freshness, z.applications
      from gatehouse.zone_list() z$$,
    $$values ('open', 'on', 'strict', 'app'),
             ('internal', 'off', 'cached', ''),
             ('confidential', 'on', 'strict', ''),
             ('restricted', 'off', 'cached', '')$$, 'a_zone_is_changed');
select results_eq(
    $$select e.event, e.actor, e.is_by_hand,
             e.detail #> '{after,is_strict}', e.detail -> 'names'
      from gatehouse_audit.event e
      where e.detail ->> 'table' = 'gatehouse_data.zone'
      order by e.event_id desc limit 1$$,
    $$values ('privilege_permissions_changed', 'root', false,
              'false'::jsonb, '{"zone": "internal"}'::jsonb)$$,
    'and_that_is_in_the_trail');
select gatehouse.zone_change('restricted', 'root', 'default');
select is((select z.strict || ' ' || z.freshness
           from gatehouse.zone_list() z where z.name = 'restricted'),
          'default strict', 'or_as_it_was_at_first');
select gatehouse.zone_change('open', 'root');
select is((select z.strict from gatehouse.zone_list() z
           where z.name = 'open'), 'on', 'null_leaves_it');
select gatehouse.zone_change('open', 'root', p_on_session_moved => 'end');
select results_eq(
    $$select z.on_session_moved, p.on_session_moved
      from gatehouse.zone_list() z
      cross join gatehouse.policy_applications() p
      where z.name in ('open', 'internal') and p.name = 'app'
      order by z.name$$,
    $$values ('alert', 'end'), ('end', 'end')$$,
    'a_zone_ends_sessions_that_move');
select throws_ok(
    $$select gatehouse.zone_change('open', 'root', null, 'step-up')$$,
    'GH003', 'on_session_moved is alert or end', 'or_only_tells');
select throws_ok(
    $$select gatehouse.zone_change('open', 'root', 'yes')$$, 'GH003',
    'strict is on, off or default', 'nothing_else_is_taken');
select throws_ok(
    $$select gatehouse.zone_change('nowhere', 'root', 'on')$$, 'GH001',
    null, 'nor_a_zone_that_is_not_there');
select results_eq(
    $$select name, builtin from gatehouse.policy_roles() limit 3$$,
    $$values ('anonymous', 'anonymous'),
             ('authenticated', 'authenticated'), ('admin', null)$$, 'roles');
select results_eq(
    $$select s.version, s.now between now() and clock_timestamp()
      from gatehouse.policy_state() s$$,
    $$select version, true from gatehouse_data.policy_state$$,
    'and_the_version');

-- Access records say which grant permitted.
select gatehouse.access_write(
    array[now(), now()], array[1, 1], array[null, null]::bytea[],
    array[null, null]::inet[], array['a', 'a'], array['G', 'G'],
    array['/', '/'], array[1, 1], array['r', 'r'], array['e', 'e'],
    array[null, null]::uuid[], array['n', 'n'], array[1, 1], array[1, 1],
    array[1, 1], array[77, null]::bigint[]);
select results_eq(
    $$select grant_id from gatehouse_audit.access order by access_id$$,
    $$values (77::bigint), (null)$$, 'by_its_number');
select throws_ok(
    $$select gatehouse.access_write(
      array[now()], array[1], array[null]::bytea[], array[null]::inet[],
      array['a'], array['G'], array['/'], array[1], array['r'], array['e'],
      array[null]::uuid[], array['n'], array[1], array[1], array[1],
      array[1, 2]::bigint[])$$, 'GH003', null, 'one_for_each');

-- What goes takes its grants with it, and that is kept and told.
select test.events();
select is(gatehouse.account_remove('alice', 'left', 'root'), 1,
          'an_account_with_roles_can_be_removed');
select matches(test.events(),
               'authz_change\(account_remove\).*user_deleted\(left\)',
               'its_grants_are_told');
select results_eq(
    $$select account, actor, is_by_hand, detail ->> 'operation',
             detail -> 'names' ->> 'account'
      from test.event('authz_change')$$,
    $$values ('alice', 'root', false, 'delete', 'alice')$$,
    'with_the_name_that_is_gone');
select is((select count(*) from gatehouse_data.policy_version
           where relation = 'account_role' and operation = 'delete'),
          4::bigint, 'and_kept');
delete from gatehouse_data.application where name = 'app';
select is((select array_agg(distinct relation order by relation)
           from gatehouse_data.policy_version where operation = 'delete'
             and state ->> 'created_at' is null),
          array['account_role', 'permission', 'resource', 'role_permission'],
          'an_application_goes_with_all_that_is_in_it');
select results_eq(
    $$select e.application, e.detail -> 'names' ->> 'permission'
      from gatehouse_audit.event e
      where e.detail ->> 'table' = 'gatehouse_data.role_permission'
        and e.detail ->> 'operation' = 'delete' order by event_id limit 1$$,
    $$values ('app', 'orders:read')$$, 'told_by_names_that_are_gone');

-- TRUNCATE.
select pg_temp.next() as v2 \gset
select test.events();
truncate gatehouse_data.role cascade;
select is((select version from gatehouse_data.policy_state), :v2 + 1::bigint,
          'an_emptied_table_raises_the_version');
select matches(test.events(), 'authz_change\(by_hand\)', 'is_told');
select set_eq(
    format('select relation from gatehouse_data.policy_version
            where operation = %L and version = %s', 'truncate', :v2 + 1::bigint),
    $$values ('role'), ('role_inheritance'), ('account_role'),
             ('role_permission'), ('role_exclusion')$$,
    'and_kept_for_each_table');
select is((select count(*) from gatehouse.policy_grants())
          + (select count(*) from gatehouse.policy_roles()), 0::bigint,
          'nothing_is_left');
select lives_ok($$insert into gatehouse_data.role (name, builtin)
                  values ('anonymous', 'anonymous')$$, 'it_can_be_mended');

-- Bounds.
select throws_ok(
    $$insert into gatehouse_data.application (name, path, backends, zone_id)
      select 'n' || n, '/n' || n, '{http://a}', (
          select zone_id from gatehouse_data.zone where name = 'open')
      from generate_series(1, 1001) n$$, 'GH004', null,
    'there_are_at_most_1000_applications');
select throws_ok(
    $$insert into gatehouse_data.role (name)
      select 'n' || n from generate_series(1, 4096) n$$, 'GH004', null,
    'and_4096_roles');
select is((select string_agg(tgname, ' ') from pg_trigger
           where tgrelid = 'gatehouse_data.role_permission'::regclass
             and tgname = 'role_permission_limit'
             and tgargs = '200000\000'), 'role_permission_limit',
          'and_200000_grants');

-- Without the version nothing of the policy can change.
set constraints all immediate;
set local session_replication_role = replica;
alter table gatehouse_data.policy_state disable trigger policy_state_stays;
delete from gatehouse_data.policy_state;
select throws_ok($$insert into gatehouse_data.role (name) values ('x')$$,
                 'GH004', null, 'a_policy_without_a_version_is_none');
select is_empty('select from gatehouse.policy_state()',
                'and_the_gateway_is_given_none');

select * from finish();
rollback;
