-- SPDX-License-Identifier: Apache-2.0
--
-- Administration of the policy: applications, permissions, roles and grants;
-- each function's change, answer, event and errors.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob'), test.account('carol');
select test.events();

-- Applications.
select cmp_ok(gatehouse.application_add('app', null, '/app/',
                  '{http://localhost:1}', null, null, 'root'), '>', 0::bigint,
              'an_application_is_added');
select is(test.events(), 'privilege_permissions_changed',
          'which_is_an_event');
select results_eq(
    $$select application, actor, is_by_hand, detail ->> 'operation',
             detail -> 'after' ->> 'carrying', detail -> 'names' ->> 'zone'
      from test.event('privilege_permissions_changed')$$,
    $$values ('app', 'root', false, 'insert', 'forward', 'internal')$$,
    'that_says_who_and_what');
select results_eq(
    $$select act, actor from gatehouse_data.policy_version
      order by policy_version_id desc limit 1$$,
    $$values ('application_add', 'root')$$, 'and_a_state_that_is_kept');
select throws_ok(
    format('select gatehouse.application_add(%L, %L, %L, %L, %L, %L, %L)',
           a.name, a.host, a.path, a.backends, a.carrying, a.zone, a.actor),
    a.state, null, 'add refuses ' || a.what)
from (values
    ('a_name_that_is_taken', 'app', '', '/x', '{http://a}'::text[],
     'forward', 'open', 'root', 'GH002'),
    ('a_place_that_is_taken', 'x', '', '/app/', '{http://a}', 'forward',
     'open', 'root', 'GH002'),
    ('a_zone_that_is_not_there', 'x', '', '/x', '{http://a}', 'forward',
     'moon', 'root', 'GH001'),
    ('no_name', null, '', '/x', '{http://a}', 'forward', 'open', 'root',
     'GH003'),
    ('no_path', 'x', '', null, '{http://a}', 'forward', 'open', 'root',
     'GH003'),
    ('a_bad_path', 'x', '', '/x//', '{http://a}', 'forward', 'open', 'root',
     'GH003'),
    ('a_bad_host', 'x', 'A:1', '/x', '{http://a}', 'forward', 'open', 'root',
     'GH003'),
    ('a_bad_back_end', 'x', '', '/x', '{ftp://a}', 'forward', 'open', 'root',
     'GH003'),
    ('no_back_end', 'x', '', '/x', '{}', 'forward', 'open', 'root', 'GH003'),
    ('a_way_to_carry_that_is_none', 'x', '', '/x', '{http://a}', 'pigeon',
     'open', 'root', 'GH003'),
    ('nobody', 'x', '', '/x', '{http://a}', 'forward', 'open', '', 'GH003'),
    ('nobody_at_all', 'x', '', '/x', '{http://a}', 'forward', 'open', null,
     'GH003')
) a (what, name, host, path, backends, carrying, zone, actor, state);
select throws_like(
    $$select gatehouse.application_add('x', '', '/app/', '{http://a}',
      'forward', 'open', 'root')$$,
    'the application app is mounted at every host, /app/', 'in_clear_words');
create function pg_temp.hint(p_statement text) returns text
language plpgsql as $$
declare v_hint text;
begin
    execute p_statement;
    return null;
exception when others then
    get stacked diagnostics v_hint = pg_exception_hint;
    return v_hint;
end $$;
select matches(pg_temp.hint(s.statement), s.words, 'a hint: ' || s.words)
from (values
    ($$select gatehouse.application_add('x', '', '/x', '{http://a}', null,
       'moon', 'r')$$, 'open, internal, confidential, restricted'),
    ($$select gatehouse.application_add('x', '', '/x//', '{http://a}', null,
       null, 'r')$$, 'canonical'),
    ($$select gatehouse.application_add('x', '', '/x', '{}', null, null,
       'r')$$, 'verdict'),
    ($$select gatehouse.permission_add('app', 'x', '/a*', '{GET}', 'r')$$,
     'pattern begins with /'),
    ($$select gatehouse.permission_add('app', 'x', '/a', '{get}', 'r')$$,
     'upper case'),
    ($$select gatehouse.role_add('X', '', false, 'r')$$, 'a role''s name'),
    ($$select gatehouse.role_remove('anonymous', '', 'r')$$, 'end its grants')
) s (statement, words);
-- Every constraint that somebody can break by a function has its words.
select is_empty(
    $$select k.conname from pg_constraint k
      where k.conrelid in ('gatehouse_data.application'::regclass,
                           'gatehouse_data.resource'::regclass,
                           'gatehouse_data.permission'::regclass)
        and k.contype = 'c' and gatehouse_data.policy_form(k.conname) is null
    $$, 'what_a_constraint_wants_can_be_said');
select lives_ok(
    $$select gatehouse.application_change('app', null, null,
      '{http://a:1,http://b:2}', null, 'confidential', 10, 5, 'keep', null,
      null, 'pass', 'one team', 'root')$$, 'changing_an_application');
select results_eq(
    $$select host, path, backends, carrying, zone, sensitivity, connections,
             keep, encoded_slash, semicolon, empty_segments,
             authorization_field, shares_host_because
      from gatehouse.application_show('app')$$,
    $$values ('', '/app/', 'http://a:1 http://b:2', 'forward',
              'confidential', 3::smallint, 10, 5, 'keep', 'refuse', 'refuse',
              'pass', 'one team')$$, 'leaves_what_is_not_given');
select results_eq(
    $$select detail -> 'before' ->> 'keep', detail -> 'after' ->> 'keep'
      from test.event('privilege_permissions_changed')$$,
    $$values ('64', '5')$$, 'and_is_told_before_and_after');
select throws_ok(
    format('select gatehouse.application_change(%L, null, %L, null, null, %L,
            %L, null, %L, null, null, null, null, %L)', c.name, c.path,
           c.zone, c.connections, c.slash, 'root'), c.state, null,
    'change refuses ' || c.what)
from (values
    ('what_is_not_there', 'x', null, null, null, null, 'GH001'),
    ('a_bad_path', 'app', 'x', null, null, null, 'GH003'),
    ('no_such_zone', 'app', null, 'moon', null, null, 'GH001'),
    ('no_connections', 'app', null, null, 0, null, 'GH003'),
    ('a_word_that_is_none', 'app', null, null, null, 'maybe', 'GH003')
) c (what, name, path, zone, connections, slash, state);
select gatehouse.application_add('hr', 'hr.example.org', '/', '{}',
                                 'verdict', 'restricted', 'root');
select throws_ok(
    $$select gatehouse.application_change('hr', '', '/app/', null, null, null,
      null, null, null, null, null, null, null, 'root')$$, 'GH002', null,
    'nor_a_place_that_is_taken');
select throws_ok($$select * from gatehouse.application_show('x')$$, 'GH001',
                 null, 'what_is_not_there_is_not_shown');

-- Permissions.
select test.events();
select cmp_ok(gatehouse.permission_add('app', 'orders:read', '/orders/**',
                                       '{HEAD,GET,GET}', 'root'), '>',
              0::bigint, 'a_permission_is_added');
select is(test.events(),
          'privilege_permissions_changed privilege_permissions_changed',
          'with_its_resource');
select lives_ok($$select gatehouse.permission_add('app', 'orders:write',
                  '/orders/**', '{POST}', 'root')$$, 'another_one');
select is(test.events(), 'privilege_permissions_changed', 'on_the_same');
select gatehouse.permission_add('hr', 'all', '/**', '{*}', 'root');
select results_eq(
    $$select application, permission, pattern, full_path, methods, roles
      from gatehouse.permission_list(null)$$,
    $$values ('app', 'orders:read', '/orders/**', '/app/orders/**',
              'GET,HEAD', ''),
             ('app', 'orders:write', '/orders/**', '/app/orders/**', 'POST',
              ''),
             ('hr', 'all', '/**', '/**', '*', '')$$, 'all_are_listed');
select is((select count(*) from gatehouse.permission_list('hr')), 1::bigint,
          'or_those_of_one');
select throws_ok($$select * from gatehouse.permission_list('x')$$, 'GH001',
                 null, 'that_is_there');

-- What is no activity.
create function pg_temp.activity() returns text language sql as $$
select string_agg(permission || ' ' || activity, ', ' order by permission)
from gatehouse.permission_list('app')
$$;
select is(pg_temp.activity(), 'orders:read count, orders:write count',
          'requests_count_as_activity');
select test.events();
select gatehouse.permission_change('app', 'orders:read', 'ignore', 'root');
select is(pg_temp.activity(), 'orders:read ignore, orders:write ignore',
          'or_not_on_the_whole_pattern');
select is(test.events(), 'privilege_permissions_changed', 'which_is_told');
select gatehouse.permission_change('app', 'orders:write', 'ignore', 'root');
select is(test.events(), null, 'once');
select results_eq(
    $$select a.name, i.pattern
      from gatehouse.policy_ignored() i
      join gatehouse.policy_applications() a using (application_id)$$,
    $$values ('app', '/orders/**')$$, 'the_gateway_reads_it');
select gatehouse.permission_add('app', 'live', '/live', '{GET}', 'root',
                                'ignore');
select gatehouse.permission_add('app', 'more', '/live', '{POST}', 'root');
select is((select string_agg(activity, ' ')
           from gatehouse.permission_list('app')
           where pattern = '/live'), 'ignore ignore',
          'a_new_permission_leaves_its_pattern_as_it_is');
select gatehouse.permission_add('app', 'that', '/live', '{PUT}', 'root',
                                'count');
select is((select count(*) from gatehouse.policy_ignored()), 1::bigint,
          'unless_it_says_otherwise');
select gatehouse.permission_remove('app', p, '', 'root')
from unnest(array['live', 'more', 'that']) p;
select gatehouse.permission_change('app', 'orders:read', 'count', 'root');
select is_empty($$select from gatehouse.policy_ignored()$$, 'nor_any_more');
select throws_ok(c.call, c.state, null, c.what)
from (values
    ('a_word_that_is_none', 'GH003',
     $$select gatehouse.permission_change('app', 'orders:read', 'no', 'r')$$),
    ('nor_when_it_is_added', 'GH003',
     $$select gatehouse.permission_add('app', 'x', '/x', '{GET}', 'r', '')$$),
    ('nor_on_a_pattern_that_is_there', 'GH003',
     $$select gatehouse.permission_add('app', 'x', '/orders/**', '{GET}', 'r',
                                       'no')$$),
    ('a_permission_that_is_not_there', 'GH001',
     $$select gatehouse.permission_change('app', 'x', 'count', 'r')$$)
) c (what, state, call);
select throws_ok(
    format('select gatehouse.permission_add(%L, %L, %L, %L, %L)', p.app,
           p.name, p.pattern, p.methods, 'root'), p.state, null,
    'permission_add refuses ' || p.what)
from (values
    ('another_application', 'x', 'a', '/a', '{GET}'::text[], 'GH001'),
    ('a_name_that_is_taken', 'app', 'orders:read', '/a', '{GET}', 'GH002'),
    ('a_bad_name', 'app', 'A', '/a', '{GET}', 'GH003'),
    ('a_bad_pattern', 'app', 'a', '/**/a', '{GET}', 'GH003'),
    ('no_pattern', 'app', 'a', null, '{GET}', 'GH003'),
    ('a_bad_method', 'app', 'a', '/a', '{FETCH}', 'GH003'),
    ('no_method', 'app', 'a', '/a', '{}', 'GH003'),
    ('null_for_methods', 'app', 'a', '/a', null, 'GH003'),
    ('all_and_one', 'app', 'a', '/a', '{*,GET}', 'GH003')
) p (what, app, name, pattern, methods, state);
select is((select count(*) from gatehouse_data.resource), 2::bigint,
          'what_was_refused_leaves_no_resource');

-- Roles.
select test.events();
select cmp_ok(gatehouse.role_add('user', 'uses it', false, 'root'), '>',
              0::bigint, 'a_role_is_added');
select is(test.events(), 'authz_change', 'which_is_an_event');
select gatehouse.role_add('clerk', null, null, 'root'),
       gatehouse.role_add('boss', '', false, 'root');
select throws_ok(
    format('select gatehouse.role_add(%L, %L, false, %L)', r.name, r.meaning,
           'root'), r.state, null, 'role_add refuses ' || r.what)
from (values ('a_name_that_is_taken', 'user', '', 'GH002'),
             ('a_builtin_one', 'anonymous', '', 'GH002'),
             ('a_bad_name', 'A', '', 'GH003'),
             ('no_name', null, '', 'GH003'),
             ('much_meaning', 'a', repeat('x', 257), 'GH003'))
    r (what, name, meaning, state);
select cmp_ok(gatehouse.role_inherit('clerk', 'user', 'they use it', 'root'),
              '>', 0::bigint, 'a_role_inherits');
select gatehouse.role_inherit('boss', 'clerk', null, 'root');
select is((test.event('authz_change')).detail -> 'names',
          '{"role": "boss", "inherits": "clerk"}', 'told_by_names');
select throws_ok(format('select gatehouse.role_inherit(%L, %L, %L, %L)',
                        i.role, i.inherits, i.reason, 'root'), i.state, null,
                 format('%s does not inherit %s', i.role, i.inherits))
from (values ('user', 'user', '', 'GH002'), ('user', 'boss', '', 'GH002'),
             ('clerk', 'user', '', 'GH002'), ('x', 'user', '', 'GH001'),
             ('user', 'x', '', 'GH001'),
             ('user', 'admin', repeat('x', 129), 'GH003'))
    i (role, inherits, reason, state);
select throws_like($$select gatehouse.role_inherit('user', 'boss', '', 'r')$$,
                   'the role user would inherit itself through boss',
                   'in_clear_words');

-- Roles of accounts.
select test.events();
select cmp_ok(gatehouse.role_grant_account('admin', 'alice', null, null,
                                           'first', 'root'), '>', 0::bigint,
              'a_role_is_given');
select is(test.events(), 'authz_change(first)', 'told_with_its_reason');
select gatehouse.role_grant_account('admin', 'bob', null, null, '', 'alice');
select results_eq(
    $$select account, status, granted_role, how, granted_by
      from gatehouse.role_members('admin')$$,
    $$values ('alice', 'active', 'admin', 'direct', 'bootstrap'),
             ('bob', 'active', 'admin', 'direct', 'alice')$$,
    'the_first_administrator_is_granted_by_nobody');
select is((select actor from test.event('authz_change')), 'alice',
          'the_event_says_who_called');
select gatehouse.role_grant_account('boss', 'carol', null,
                                    now() + interval '1 day', 'm', 'bob');
select gatehouse.role_grant_account('user', 'bob', now() + interval '1 h',
                                    null, null, 'bob');
select results_eq(
    $$select account, granted_role, how, valid_until is null, reason
      from gatehouse.role_members('user')$$,
    $$values ('bob', 'user', 'direct', true, ''),
             ('carol', 'boss', 'through boss', false, 'm')$$,
    'members_through_other_roles');
select is((select granted_by from gatehouse_data.account_role
           where reason = 'm'), 'bob', 'who_gave_it_is_written');
select throws_ok(
    format('select gatehouse.role_grant_account(%L, %L, null, %L, %L, %L)',
           g.role, g.account, g.until, g.reason, g.actor), g.state, null,
    'role_grant_account refuses ' || g.what)
from (values
    ('a_role_it_has', 'admin', 'alice', null::timestamptz, '', 'r', 'GH002'),
    ('a_role_it_will_have', 'user', 'bob', null, '', 'r', 'GH002'),
    ('no_role', 'x', 'alice', null, '', 'r', 'GH001'),
    ('no_account', 'user', 'x', null, '', 'r', 'GH001'),
    ('what_has_passed', 'user', 'alice', now() - interval '1 h', '', 'r',
     'GH003'),
    ('nobody', 'user', 'alice', null, '', '', 'GH003'),
    ('a_long_reason', 'user', 'alice', null, repeat('x', 129), 'r', 'GH003'),
    ('what_everybody_has', 'anonymous', 'alice', null, '', 'r', 'GH004'),
    ('what_who_is_signed_in_has', 'authenticated', 'alice', null, '', 'r',
     'GH004')
) g (what, role, account, until, reason, actor, state);
select throws_ok(
    $$select gatehouse.role_grant_account('user', 'alice',
      now() + interval '2 h', now() + interval '1 h', '', 'r')$$, 'GH003',
    null, 'an_end_before_the_beginning');
-- A grant whose time has passed makes room.
update gatehouse_data.account_role g
set valid_from = now() - interval '2 d', valid_until = now() - interval '1 d'
where g.reason = 'm';
select is((select count(*) from gatehouse.role_members('boss')), 0::bigint,
          'who_had_it_is_no_member');
select lives_ok($$select gatehouse.role_grant_account('boss', 'carol', null,
                  null, 'again', 'bob')$$, 'and_can_be_given_it_again');
select results_eq(
    $$select end_reason, ended_by from gatehouse_data.account_role
      where ended_at is not null$$,
    $$values ('expired', 'bob')$$, 'the_old_one_has_ended');
select test.events();
select lives_ok($$select gatehouse.role_revoke_account('boss', 'carol',
                  'left', 'root')$$, 'a_role_is_taken');
select is(test.events(), 'authz_change(left)', 'told_with_its_reason_too');
select results_eq(
    $$select ended_by, end_reason, reason from gatehouse_data.account_role
      order by ended_at desc nulls last limit 1$$,
    $$values ('root', 'left', 'again')$$, 'and_kept');
select throws_ok(
    format('select gatehouse.role_revoke_account(%L, %L, %L, %L)', r.role,
           r.account, '', 'root'), 'GH001', null,
    format('%s is not taken from %s', r.role, r.account))
from (values ('boss', 'carol'), ('boss', 'x'), ('x', 'carol'))
    r (role, account);

-- Permissions of roles.
select test.events();
select cmp_ok(gatehouse.role_grant_permission('user', 'app', 'orders:read',
                  null, null, 'work', 'root'), '>', 0::bigint,
              'a_permission_is_given');
select results_eq(
    $$select application, reason, detail -> 'names'
      from test.event('authz_change')$$,
    $$values ('app', 'work', '{"application": "app", "path":
       "/app/orders/**", "permission": "orders:read", "role": "user"}'::jsonb)
    $$, 'told_by_names');
select throws_ok(
    format('select gatehouse.role_grant_permission(%L, %L, %L, null, %L, %L,
            %L)', g.role, g.app, g.permission, g.until, '', 'root'), g.state,
    null, 'role_grant_permission refuses ' || g.what)
from (values
    ('what_it_has', 'user', 'app', 'orders:read', null::timestamptz,
     'GH002'),
    ('no_role', 'x', 'app', 'orders:read', null, 'GH001'),
    ('no_application', 'user', 'x', 'orders:read', null, 'GH001'),
    ('no_permission', 'user', 'app', 'all', null, 'GH001'),
    ('what_has_passed', 'clerk', 'app', 'orders:read', now(), 'GH003')
) g (what, role, app, permission, until, state);
select lives_ok(
    $$select gatehouse.role_grant_permission('anonymous', 'hr', 'all', null,
      null, '', 'root')$$, 'everybody_may_be_permitted_something');
select results_eq(
    $$select name, zone, permissions, granted_to
      from gatehouse.application_list()$$,
    $$values ('app', 'confidential', 2, 'user'),
             ('hr', 'restricted', 1, 'anonymous')$$,
    'applications_are_listed_with_who_may');
select results_eq(
    $$select roles from gatehouse.permission_list('app')$$,
    $$values ('user'), ('')$$, 'permissions_also');
select results_eq(
    $$select name, kind, inherits, members, permissions
      from gatehouse.role_list()$$,
    $$values ('admin', 'administrative', '', 2, 0),
             ('anonymous', 'builtin', '', 0, 1),
             ('authenticated', 'builtin', '', 0, 0),
             ('boss', 'plain', 'clerk', 0, 0),
             ('clerk', 'plain', 'user', 0, 0),
             ('user', 'plain', '', 1, 1)$$, 'and_roles');
select results_eq(
    $$select account, status, granted_role, how
      from gatehouse.role_members('anonymous')$$,
    $$values ('(everybody)', null, 'anonymous', 'direct')$$,
    'everybody_is_a_member');
select throws_ok($$select * from gatehouse.role_members('x')$$, 'GH001', null,
                 'of_what_is_there');
select lives_ok($$select gatehouse.role_revoke_permission('user', 'app',
                  'orders:read', 'no more', 'root')$$, 'it_is_taken');
select throws_ok($$select gatehouse.role_revoke_permission('user', 'app',
                   'orders:read', '', 'root')$$, 'GH001', null, 'once');

-- Removing.
select gatehouse.role_grant_permission('user', 'app', 'orders:write', null,
                                       null, '', 'root');
select test.events();
select lives_ok($$select gatehouse.role_disinherit('boss', 'clerk', 'x',
                  'root')$$, 'a_role_no_longer_inherits');
select is(test.events(), 'authz_change(x)', 'which_is_told');
select throws_ok($$select gatehouse.role_disinherit('boss', 'clerk', '',
                   'root')$$, 'GH001', null, 'only_what_it_did');
select lives_ok($$select gatehouse.permission_remove('app', 'orders:read',
                  'old', 'root')$$, 'a_permission_is_removed');
select is(test.events(), 'privilege_permissions_changed(old) '
          'authz_change(old)', 'with_its_grants');
select lives_ok($$select gatehouse.permission_remove('app', 'orders:write',
                  'old', 'root')$$, 'the_last_one');
select is(test.events(), 'privilege_permissions_changed(old) '
          'authz_change(old) privilege_permissions_changed(old)', 'goes_with_its_resource');
select throws_ok($$select gatehouse.permission_remove('app', 'orders:write',
                   'old', 'root')$$, 'GH001', null, 'once_only');
select lives_ok($$select gatehouse.role_remove('user', 'old', 'root')$$,
                'a_role_is_removed');
select is(test.events(), 'authz_change(old) authz_change(old) '
          'authz_change(old)', 'with_grants_and_inheritance');
select throws_ok(format('select gatehouse.role_remove(%L, %L, %L)', r.role,
                        '', 'root'), r.state, null, r.role
                 || ' is not removed')
from (values ('user', 'GH001'), ('anonymous', 'GH004'),
             ('authenticated', 'GH004')) r (role, state);
select lives_ok($$select gatehouse.application_remove('hr', 'old', 'root')$$,
                'an_application_is_removed');
select is((select array_agg(distinct e order by e) from
           string_to_table(test.events(), ' ') e),
          array['authz_change(old)', 'privilege_permissions_changed(old)'],
          'with_all_that_is_in_it');
select throws_ok($$select gatehouse.application_remove('hr', '', 'root')$$,
                 'GH001', null, 'once_and_no_more');
select is_empty($$select from gatehouse_audit.event
                  where is_by_hand and at >= now()
                    and detail ->> 'table' <> 'gatehouse_data.account_role'$$,
                'nothing_of_this_was_by_hand');
select is(coalesce(current_setting('gatehouse.act', true), '')
          || coalesce(current_setting('gatehouse.actor', true), '')
          || coalesce(current_setting('gatehouse.reason', true), ''), '',
          'no_function_leaves_its_name_behind');

select * from finish();
rollback;
