-- SPDX-License-Identifier: Apache-2.0
--
-- What is permitted and why, what is doubtful about the policy, the trail read
-- by functions, sessions of all accounts, and a restored database.

begin;
set local search_path = tap, public;

select no_plan();

-- A world: public for everybody, app for users, hr for clerks, who are users.
select test.account('alice'), test.account('bob'), test.account('carol'),
       test.account('dave');
select gatehouse.application_add(a.name, '', a.path, '{http://localhost:1}',
                                 'forward', a.zone, 'root')
from (values ('public', '/', 'open'), ('app', '/app/', 'open'),
             ('hr', '/hr/', 'restricted')) a (name, path, zone);
select gatehouse.role_add(r, '', false, 'root')
from unnest(array['user', 'clerk', 'later']) r;
select gatehouse.role_inherit('clerk', 'user', '', 'root');
select gatehouse.permission_add(p.app, p.name, p.pattern, p.methods, 'root')
from (values ('public', 'read', '/**', '{GET,HEAD}'::text[]),
             ('app', 'use', '/**', '{*}'), ('app', 'read', '/**', '{GET}'),
             ('app', 'admin', '/admin/**', '{*}'),
             ('hr', 'files', '/files/*', '{GET}'),
             ('hr', 'write', '/files/*', '{PUT}'),
             ('hr', 'soon', '/soon', '{PUT}'), ('hr', 'old', '/old', '{GET}'))
    p (app, name, pattern, methods);
select gatehouse.role_grant_permission(g.role, g.app, g.permission, g.since,
                                       null, g.reason, 'root')
from (values ('anonymous', 'public', 'read', null::timestamptz, ''),
             ('user', 'app', 'read', null, 'they read'),
             ('user', 'app', 'use', null, ''),
             ('clerk', 'hr', 'files', null, ''),
             ('clerk', 'hr', 'soon', now() + interval '1 day', ''),
             ('later', 'hr', 'write', now() + interval '1 day', ''))
    g (role, app, permission, since, reason);
select gatehouse.role_grant_account(g.role, g.account, null, null, '', 'root')
from (values ('user', 'alice'), ('clerk', 'carol'), ('user', 'dave'))
    g (role, account);
select gatehouse.account_disable('dave', 'left', 'root');

-- Verdicts.
create function pg_temp.verdict(p_account text, p_method text, p_path text)
returns text language sql as $$
select concat_ws(' ', e.verdict, e.application, d.role || ':' || d.permission)
from gatehouse.explain(p_account, 'localhost', p_method, p_path) e
left join gatehouse.explain(p_account, 'localhost', p_method, p_path) d
    on d.is_deciding
where e.step = 1
$$;
select is(pg_temp.verdict(q.account, q.method, q.path), q.verdict,
          format('%s %s %s', coalesce(q.account, 'nobody'), q.method, q.path))
from (values
    (null, 'GET', '/x', 'permit public anonymous:read'),
    ('', 'GET', '/', 'permit public anonymous:read'),
    (null, 'POST', '/x', 'deny public'),
    ('alice', 'POST', '/x', 'deny public'),
    ('alice', 'GET', '/x', 'permit public anonymous:read'),
    (null, 'GET', '/app/x', 'sign_in app'),
    ('bob', 'GET', '/app/x', 'deny app'),
    ('alice', 'GET', '/app/x', 'permit app user:read'),
    ('alice', 'POST', '/app/x', 'permit app user:use'),
    ('alice', 'MADEUP', '/app/x', 'permit app user:use'),
    ('carol', 'GET', '/app/', 'permit app user:read'),
    ('dave', 'GET', '/app/', 'sign_in app'),
    ('alice', 'GET', '/hr/files/1', 'deny hr'),
    ('carol', 'GET', '/hr/files/1', 'permit hr clerk:files'),
    ('carol', 'HEAD', '/hr/files/1', 'deny hr'),
    ('carol', 'GET', '/hr/files/1/2', 'deny hr'),
    ('carol', 'PUT', '/hr/files/1', 'deny hr'),
    ('carol', 'PUT', '/hr/soon', 'deny hr'),
    (null, 'GET', '/hr/files/', 'deny hr')
) q (account, method, path, verdict);
select results_eq(
    $$select step, permission, role, path_matches, method_matches, is_held,
             is_in_time, is_deciding
      from gatehouse.explain('alice', '', 'PUT', '/hr/files/1')
      where step > 3$$,
    $$values (4, 'write', 'later', true, true, false, false, false),
             (5, 'files', 'clerk', true, false, false, true, false),
             (6, 'soon', 'clerk', false, true, false, false, false)$$,
    'every_rule_that_was_tried_is_shown');
select matches((select e.note
                from gatehouse.explain('alice', 'localhost', 'GET', '/app/x') e
                where e.step = n.step), n.words,
               format('%s: %s', n.step, n.words))
from (values (1, 'permission read of the role user, by grant'),
             (2, 'roles that alice has now'), (3, 'every host, /app/; .* /x$'),
             (4, 'decides: .* by root: they read'), (5, '^permits, too$'))
    n (step, words);
select gatehouse.permission_change('hr', 'files', 'ignore', 'root');
select is((select e.note like '%; requests to it are no activity, because of '
                              'the pattern /files/*'
           from gatehouse.explain('carol', '', 'PUT', q.path) e
           where e.step = 3), q.is_ignored, 'no activity: ' || q.path)
from (values ('/hr/files/1', true), ('/hr/files/', false), ('/app/x', false))
    q (path, is_ignored);
select is((select role from gatehouse.explain('carol', '', 'GET', '/')
           where step = 2), 'anonymous, authenticated, clerk, user',
          'roles_are_shown_with_what_they_inherit');
select is((select note from gatehouse.explain('dave', '', 'GET', '/app/')
           where step = 2),
          'dave is disabled (left): it cannot sign in, and has what everybody '
          'has', 'an_account_that_is_not_active_is_told');
select is((select note from gatehouse.explain('bob', '', 'GET', '/app/')
           where step = 1), 'bob has none of the roles that are needed: user',
          'and_what_would_be_needed');
select is((select count(*) from gatehouse.explain('bob', '', 'GET', '/app/')
           where is_deciding), 0::bigint, 'no_rule_decides_a_denial');
delete from gatehouse_data.application where name = 'public';
select results_eq(
    $$select verdict, application, note
      from gatehouse.explain('alice', '', 'GET', '/x') where step = 1$$,
    $$values ('deny', null, 'no application is mounted there')$$,
    'nothing_is_mounted_there');
select throws_ok(format('select * from gatehouse.explain(%L, %L, %L, %L)',
                        e.account, '', e.method, e.path), e.state, null,
                 'explain refuses ' || e.what)
from (values ('nobodys_name', 'x', 'GET', '/', 'GH001'),
             ('no_path', null, 'GET', null, 'GH003'),
             ('half_a_path', null, 'GET', 'x', 'GH003'),
             ('no_method', null, null, '/', 'GH003'))
    e (what, account, method, path, state);
select results_eq(
    $$select application, path, methods, permission, role
      from gatehouse.policy_show()$$,
    $$values ('app', '/app/**', 'GET', 'read', 'user'),
             ('app', '/app/**', '*', 'use', 'user'),
             ('hr', '/hr/files/*', 'GET', 'files', 'clerk'),
             ('hr', '/hr/files/*', 'PUT', 'write', 'later'),
             ('hr', '/hr/soon', 'PUT', 'soon', 'clerk')$$,
    'everything_that_is_permitted');

-- One pattern within another.
select is(gatehouse_data.pattern_covers(p.wide, p.narrow), p.answer,
          format('%s %s %s', p.wide, case when p.answer then 'covers'
                 else 'does not cover' end, p.narrow))
from (values
    ('/**', '/', true), ('/**', '/**', true), ('/**', '/x/*', true),
    ('/x/**', '/x', true), ('/x/**', '/x/', true), ('/x/**', '/x/*', true),
    ('/x/**', '/x/**', true), ('/x/**', '/x/y/**', true),
    ('/x/**', '/**', false), ('/x/**', '/*', false), ('/x/**', '/xy', false),
    ('/*', '/x', true), ('/*', '/*', true), ('/*', '/', false),
    ('/*', '/**', false), ('/*', '/x/', false), ('/*', '/x/y', false),
    ('/*/**', '/x', true), ('/*/**', '/x/**', true), ('/*/**', '/**', false),
    ('/*/**', '/', false), ('/x', '/x', true), ('/x', '/*', false),
    ('/x/*/z', '/x/y/z', true), ('/x/*/z', '/x/*/z', true),
    ('/x/*/z', '/x//', false), ('/x/*', '/x/', false), ('/', '/', true)
) p (wide, narrow, answer);
-- What it says holds of every path of the table of cases.
\set patterns `cat "$GH_TEST_DATA/patterns.tsv"`
create temporary table case_ as
select distinct (string_to_array(l, E'\t'))[1] as pattern,
       (string_to_array(l, E'\t'))[2] as path
from string_to_table(:'patterns', E'\n') l where l !~ '^#' and l <> '';
create temporary table pattern as select distinct pattern from case_;
select is_empty(
    $$select w.pattern, n.pattern, c.path
      from pattern w join pattern n
        on gatehouse_data.pattern_covers(w.pattern, n.pattern)
      join (select distinct path from case_) c
        on gatehouse_data.path_matches(n.pattern, c.path)
      where char_length(w.pattern) < 50 and char_length(n.pattern) < 50
        and not gatehouse_data.path_matches(w.pattern, c.path)$$,
    'what_the_narrow_one_matches_the_wide_one_does');

-- Findings.
create function pg_temp.findings(p_code text) returns text
language sql as $$
select string_agg(c.severity || ' ' || c.subject, '; ' order by c.subject)
from gatehouse.policy_check() c where c.code = p_code
$$;
select is_empty(
    $$select * from gatehouse.policy_check()
      where severity is null or severity not in ('error', 'warning', 'note')
         or code is null or subject is null or finding is null
         or remedy is null$$, 'every_finding_is_whole');
select is(pg_temp.findings(f.code), f.findings, 'finds ' || f.code)
from (values
    ('guard_off', null), ('cycle', null), ('everybody_administers', null),
    ('host_shared', 'error hr'), ('too_many', null), ('unreachable', null),
    ('shadowed', 'warning user has read of app'), ('no_permission', null),
    ('permission_ungranted', 'note admin of app; note old of hr'),
    ('role_empty', 'note admin; note later'), ('role_useless', null)
) f (code, findings);
select gatehouse.application_change('hr', null, null, null, null, null, null,
    null, null, null, null, null, 'the same team runs both', 'root');
select is(pg_temp.findings('host_shared'), null, 'what_is_accepted_is_none');
select gatehouse.application_change('hr', 'hr.example.org', null, null, null,
    null, null, null, null, null, null, null, '', 'root');
select is(pg_temp.findings('host_shared'), 'error hr',
          'what_serves_every_host_shares_each');
select gatehouse.application_change('app', 'app.example.org', null, null,
    null, null, null, null, null, null, null, null, null, 'root');
select is(pg_temp.findings('host_shared'), null, 'hosts_of_their_own');
select gatehouse.application_add('inner', 'app.example.org', '/app/admin',
                                 '{http://a}', null, 'open', 'root');
select is(pg_temp.findings('unreachable'), 'warning app /admin/**',
          'finds unreachable');
select is(pg_temp.findings('no_permission'), 'warning inner',
          'finds no_permission');
select gatehouse.role_revoke_permission('user', 'app', 'use', '', 'root'),
       gatehouse.role_grant_permission('clerk', 'app', 'read', null, null,
                                       '', 'root');
select is(pg_temp.findings('shadowed'), 'warning clerk has read of app',
          'by_what_a_role_inherits');
select gatehouse.permission_add('app', 'same', '/**', '{GET}', 'root'),
       gatehouse.role_grant_permission('user', 'app', 'same', null, null, '',
                                       'root');
select is(pg_temp.findings('shadowed'), 'warning clerk has read of app; '
          'warning user has same of app',
          'of_two_that_are_the_same_the_younger');
select gatehouse.permission_remove('app', 'same', '', 'root');
select gatehouse.role_grant_permission('authenticated', 'app', 'use', null,
                                       null, '', 'root');
select is(pg_temp.findings('shadowed'), 'warning clerk has read of app; '
          'warning user has read of app', 'by_whoever_is_signed_in');
select gatehouse.role_revoke_permission('authenticated', 'app', 'use', '',
                                        'root');
select gatehouse.role_grant_permission('authenticated', 'app', 'use', null,
    now() + interval '1 day', '', 'root');
select is(pg_temp.findings('shadowed'), 'warning clerk has read of app',
          'not_by_what_ends_before');
select gatehouse.role_revoke_permission('authenticated', 'app', 'use', '',
                                        'root');
select gatehouse.condition_add('office', null, null, null, '{10.0.0.0/8}',
                               null, null, null, null, null, null, null,
                               'root');
select gatehouse.role_grant_permission('authenticated', 'app', 'use', null,
    null, '', 'root', p_condition => 'office');
select is(pg_temp.findings('shadowed'), 'warning clerk has read of app',
          'not_by_what_holds_somewhere_only');
select gatehouse.role_revoke_permission('user', 'app', 'read', '', 'root');
select gatehouse.role_grant_permission('user', 'app', 'read', null, null, '',
    'root', p_condition => 'office');
select is(pg_temp.findings('shadowed'), 'warning user has read of app',
          'by_what_holds_under_the_same_condition');
select gatehouse.role_add('idle', '', false, 'root'),
       gatehouse.role_inherit('authenticated', 'admin', '', 'root');
select is(pg_temp.findings('everybody_administers'), 'error authenticated',
          'finds everybody_administers');
select is(pg_temp.findings('role_useless'), 'note idle',
          'finds role_useless');
alter table gatehouse_data.role_inheritance
    disable trigger role_inheritance_without_cycle;
insert into gatehouse_data.role_inheritance (role_id, inherits_id)
select u.role_id, c.role_id from gatehouse_data.role u, gatehouse_data.role c
where u.name = 'user' and c.name = 'clerk';
select is(pg_temp.findings('cycle'), 'error user', 'finds cycle');
select is(pg_temp.findings('guard_off'),
          'error gatehouse_data.role_inheritance', 'finds guard_off');
select is(pg_temp.verdict('alice', 'GET', '/hr/x'), 'deny',
          'an_explanation_ends_all_the_same');
insert into gatehouse_data.role (name)
select 'many' || n from generate_series(1, 3300) n;
select is(pg_temp.findings('too_many'), 'warning roles', 'finds too_many');

-- The trail.
select gatehouse.event_write('authz_fail', 'denied', null, 'alice', null,
    '10.1.2.3', 'app', '/app/x', 'GET', 'rule', 'no role', 'public',
    '00000000-0000-0000-0000-000000000007', 'n', null);
select is((select count(*) from gatehouse.audit_tail(7)), 7::bigint,
          'the_last_events');
select is((select max(at) from gatehouse.audit_tail(1)),
          (select max(at) from gatehouse_audit.event), 'are_the_last');
select ok((select count(*) = 5
                  and array_agg(t.at) = array_agg(t.at order by t.at)
           from gatehouse.audit_tail(5) t), 'the_newest_last');
select is((select count(*) from gatehouse.audit_tail(null)), 100::bigint,
          'a_hundred_unless_told');
select is((select count(*) from gatehouse.audit_search(
               s.account, s.event, s.client, s.application, s.exchange,
               s.since, s.until, 10000)), s.number, 'search by ' || s.what)
from (values
    ('exchange', null, null, null::inet, null,
     '00000000-0000-0000-0000-000000000007'::uuid, null::timestamptz,
     null::timestamptz, 1::bigint),
    ('network', null, null, '10.0.0.0/8', null, null, null, null, 1),
    ('another_network', null, null, '10.2.0.0/16', null, null, null, null,
     0),
    ('kind', null, 'authz_fail', null, null, null, null, null, 1),
    ('application', 'alice', null, null, 'app', null, null, null, 1),
    ('account', 'dave', 'user_updated', null, null, null, null, null, 1),
    ('beginning', null, 'authz_fail', null, null, null,
     now() + interval '1 h', null, 0),
    ('end', null, 'authz_fail', null, null, null, null,
     now() - interval '1 h', 0)
) s (what, account, event, client, application, exchange, since, until,
     number);

-- AUDIT-021: reading is told of, with what was asked for.
select results_eq(
    $$select t.event, t.reason, t.account, t.actor, t.detail
      from gatehouse.audit_tail(1) t$$,
    $$values ('sensitive_read', 'audit_search', null::text,
              session_user::text collate "default",
              jsonb_build_object('event', 'authz_fail', 'until',
                                 now() - interval '1 h', 'rows', 0))$$,
    'AUDIT-021 a_search_is_told_with_what_was_asked_for');
select results_eq(
    $$select t.event, t.reason, t.detail from gatehouse.audit_tail(1) t$$,
    $$values ('sensitive_read', 'audit_tail', '{"rows": 1}'::jsonb)$$,
    'AUDIT-021 so_is_a_look_at_the_end');
select is((select count(*) from gatehouse.audit_search('dave', 'user_updated',
               null, null, null, null, null, null)), 1::bigint,
          'a_person_is_looked_up');
select results_eq(
    $$select t.account, t.detail from gatehouse.audit_tail(1) t$$,
    $$values ('dave', '{"event": "user_updated", "rows": 1}'::jsonb)$$,
    'AUDIT-021 which_that_person_s_events_tell');

select throws_ok(format('select * from gatehouse.audit_tail(%s)', n),
                 'GH003', null, 'not ' || n || ' rows')
from unnest(array[0, -1, 10001]) n;
select throws_ok($$select * from gatehouse.audit_search(null, 'made_up', null,
                   null, null, null, null, null)$$, 'GH001', null,
                 'no_kind_that_is_not_there');

-- Sessions of all accounts.
select test.sign_in('alice', 's1'), test.sign_in('alice', 's2'),
       test.sign_in('bob', 's3'), test.sign_in('carol', 's4');
select test.finish('s2'), test.age('s4', '1 hour');
select results_eq(
    $$select account, reference from gatehouse.sessions_live()$$,
    $$values ('alice', encode(test.ref('s1'), 'hex')),
             ('bob', encode(test.ref('s3'), 'hex'))$$, 'who_is_signed_in');
select test.events();
select is(gatehouse.session_revoke(encode(test.ref('s1'), 'hex'), 'root'),
          true, 'a_session_is_revoked');
select is(test.state('s1') || ' ' || test.events(),
          'revoked session_expired(revoked)', 'and_told');
select results_eq(
    $$select actor, account, detail ->> 'cause'
      from test.event('session_expired')$$,
    $$values ('root', 'alice', 'administration')$$, 'with_who_did_it');
select is(gatehouse.session_revoke(encode(test.ref('s1'), 'hex'), 'root'),
          false, 'once');
select is(gatehouse.session_revoke(encode(test.ref('s4'), 'hex'), 'root'),
          false, 'what_had_run_out');
select is(test.events(), 'session_expired(idle)', 'is_marked_so');
select throws_ok(format('select gatehouse.session_revoke(%L, %L)', r.ref,
                        r.actor), r.state, null, 'revoke refuses ' || r.what)
from (values ('no_reference', null, 'root', 'GH003'),
             ('half_a_reference', 'abc', 'root', 'GH003'),
             ('none_of_ours', repeat('0', 32), 'root', 'GH001'),
             ('nobody', repeat('0', 32), '', 'GH003'))
    r (what, ref, actor, state);

-- The database came back from a copy.
select test.sign_in('alice', 's5'), test.sign_in('carol', 's6');
select test.events();
select version as v from gatehouse.policy_state() \gset
select is(gatehouse.database_restored('root'), 3, 'all_sessions_end');
select is(test.events(), repeat('session_expired(revoked) ', 3)
          || 'database_restored(restored)', 'and_the_break_is_told');
select is((test.event('session_expired')).detail ->> 'cause', 'restored',
          'by_what');
select results_eq(
    $$select actor, detail -> 'sessions_ended', detail ? 'last_event_id'
      from test.event('database_restored')$$,
    $$values ('root', '3'::jsonb, true)$$, 'by_whom');
select is((select version from gatehouse.policy_state()),
          :v + 1000000::bigint, 'no_version_is_used_twice');
select is_empty('select from gatehouse.sessions_live()', 'nobody_is_signed_in');
select is(gatehouse.database_restored('root'), 0, 'again_it_ends_none');
select throws_ok($$select gatehouse.database_restored('')$$, 'GH003', null,
                 'somebody_has_done_it');
select is(coalesce(current_setting('gatehouse.act', true), ''), '',
          'no_function_leaves_its_name_behind');

-- One that was there before the constraint.
select is(pg_temp.findings('path_spellings'), null, 'paths_have_one_spelling');
alter table gatehouse_data.application
    drop constraint application_path_plain;
update gatehouse_data.application set path = '/%40inner/'
where name = 'inner';
select is(pg_temp.findings('path_spellings'), 'error inner',
          'finds path_spellings');

select * from finish();
rollback;
