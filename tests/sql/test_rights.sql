-- SPDX-License-Identifier: Apache-2.0
--
-- Rights that change: which change, by whatever way, ends whose sessions; what
-- begins and ends by itself; who is asked first; who marks what is over.

begin;
set local search_path = tap, public;

select no_plan();

-- alice reads; bob does by two roles in between; carol has a role that may
-- nothing, dora has none.
select test.account(n) from unnest(array['alice', 'bob', 'carol', 'dora']) n;
select gatehouse.application_add('app', null, '/app/', '{http://localhost:1}',
                                 null, null, 'root'),
       gatehouse.permission_add('app', 'read', '/**', '{GET}', 'root'),
       gatehouse.permission_add('app', 'edit', '/x/*', '{POST}', 'root');
select gatehouse.role_add(r, '', false, 'root')
from unnest(array['reader', 'chief', 'boss', 'other']) r;
select gatehouse.role_grant_permission('reader', 'app', 'read', null, null,
                                       '', 'root'),
       gatehouse.role_inherit('chief', 'reader', '', 'root'),
       gatehouse.role_inherit('boss', 'chief', '', 'root');
select gatehouse.role_grant_account(g.role, g.account, null, null, '', 'root')
from (values ('reader', 'alice'), ('boss', 'bob'), ('other', 'carol'))
     g (role, account);

create function pg_temp.role(p_name text) returns bigint language sql as
$$select role_id from gatehouse_data.role where name = p_name$$;
create function pg_temp.account(p_name text) returns bigint language sql as
$$select account_id from gatehouse_data.account where name = p_name$$;
create function pg_temp.permission(p_name text) returns bigint language sql as
$$select permission_id from gatehouse_data.permission where name = p_name$$;

-- As if the transaction before had ended.
create function pg_temp.next() returns void language sql as
$$update gatehouse_data.policy_state set transaction = '0'$$;

-- Who is signed out by a change; nothing of it stays.
create function pg_temp.ends(p_change text, p_is_committed boolean
                             default true)
returns text
language plpgsql
as $$
declare
    v_ended text;
    v_others text;
begin
    perform test.sign_in(n, n || '-s')
    from unnest(array['alice', 'bob', 'carol', 'dora']) n;
    perform pg_temp.next();
    execute p_change;
    set local session_replication_role = origin;
    if p_is_committed then
        set constraints all immediate;
    end if;
    select string_agg(n, ' ' order by n)
               filter (where test.state(n || '-s') = 'rights_changed'),
           string_agg(n, ' ' order by n)
               filter (where test.state(n || '-s') not in ('rights_changed',
                                                           'live'))
    into v_ended, v_others
    from unnest(array['alice', 'bob', 'carol', 'dora']) n;
    raise exception using errcode = 'TE001';
exception
    when sqlstate 'TE001' then
        return coalesce(v_ended, 'nobody')
               || coalesce(' and otherwise ' || v_others, '');
end
$$;

-- By functions.
select is(pg_temp.ends('select gatehouse.' || c.change), c.who,
          c.ids || ' by_function ' || c.what)
from (values
    ('FIX-007 RBAC-003', 'a_role_is_given', 'role_grant_account(''other'', '
     '''alice'', null, null, '''', ''root'')', 'alice'),
    ('RBAC-004', 'a_role_is_taken', 'role_revoke_account(''reader'', '
     '''alice'', '''', ''root'')', 'alice'),
    ('RBAC-005', 'a_permission_is_given', 'role_grant_permission(''reader'', '
     '''app'', ''edit'', null, null, '''', ''root'')', 'alice bob'),
    ('RBAC-005', 'a_permission_is_taken', 'role_revoke_permission(''reader'','
     ' ''app'', ''read'', '''', ''root'')', 'alice bob'),
    ('RBAC-005', 'a_role_inherits', 'role_inherit(''other'', ''reader'', '
     ''''', ''root'')', 'carol'),
    ('RBAC-005', 'a_role_no_longer_inherits', 'role_disinherit(''boss'', '
     '''chief'', '''', ''root'')', 'bob'),
    ('RBAC-005', 'a_role_in_between_no_longer_does', 'role_disinherit('
     '''chief'', ''reader'', '''', ''root'')', 'bob'),
    ('RBAC-005', 'a_role_is_removed', 'role_remove(''reader'', '''', '
     '''root'')', 'alice bob'),
    ('RBAC-005', 'a_role_in_between_is_removed', 'role_remove(''chief'', '
     ''''', ''root'')', 'bob'),
    ('RBAC-005', 'a_permission_is_removed', 'permission_remove(''app'', '
     '''read'', '''', ''root'')', 'alice bob'),
    ('RBAC-005', 'an_application_is_removed', 'application_remove(''app'', '
     ''''', ''root'')', 'alice bob'),
    ('RBAC-005', 'an_application_is_moved', 'application_change(''app'', '
     'null, ''/new/'', null, null, null, null, null, null, null, null, null, '
     'null, ''root'')', 'alice bob'),
    ('', 'an_application_lives_elsewhere', 'application_change(''app'', '
     'null, null, ''{http://localhost:2}'', null, ''restricted'', 9, 9, '
     '''keep'', ''keep'', ''keep'', ''pass'', ''so'', ''root'', ''auth'')',
     'nobody'),
    ('', 'requests_count_as_activity_no_longer', 'permission_change(''app'', '
     '''read'', ''ignore'', ''root'')', 'nobody'),
    ('', 'a_permission_that_nobody_has_is_removed', 'permission_remove('
     '''app'', ''edit'', '''', ''root'')', 'nobody'),
    ('', 'things_are_added', 'application_add(''b'', null, ''/b/'', '
     '''{http://localhost:1}'', null, null, ''root''), '
     'gatehouse.permission_add(''b'', ''read'', ''/**'', ''{GET}'', '
     '''root''), gatehouse.role_add(''new'', '''', true, ''root'')',
     'nobody'),
    ('', 'a_role_is_given_what_is_to_come', 'role_grant_permission('
     '''reader'', ''app'', ''edit'', now() + interval ''1 day'', null, '
     ''''', ''root'')', 'nobody'),
    ('', 'a_role_is_given_from_tomorrow_on', 'role_grant_account(''other'', '
     '''alice'', now() + interval ''1 day'', null, '''', ''root'')',
     'nobody'),
    ('', 'a_role_is_given_until_tomorrow', 'role_grant_account(''other'', '
     '''alice'', null, now() + interval ''1 day'', '''', ''root'')',
     'alice'),
    ('', 'an_account_is_renamed_for_people', 'account_change(''alice'', '
     '''Alicia'', null, ''root'')', 'nobody'),
    ('', 'what_is_everybodys_is_more', 'role_grant_permission('
     '''authenticated'', ''app'', ''edit'', null, null, '''', ''root'')',
     'nobody'),
    ('', 'strangers_may_more', 'role_grant_permission(''anonymous'', '
     '''app'', ''edit'', null, null, '''', ''root'')', 'nobody'),
    ('', 'what_is_everybodys_is_inherited', 'role_inherit(''other'', '
     '''authenticated'', '''', ''root'')', 'carol')
) c (ids, what, change, who);

-- By hand, and by hand past the ordinary triggers.
select is(pg_temp.ends(m.mode || c.change), c.who,
          'by_hand ' || c.what || m.how)
from (values
    ('a_role_is_given', 'insert into gatehouse_data.account_role '
     '(account_id, role_id) values (pg_temp.account(''dora''), '
     'pg_temp.role(''other''))', 'dora'),
    ('a_role_is_taken', 'update gatehouse_data.account_role set ended_at = '
     'now() where account_id = pg_temp.account(''carol'')', 'carol'),
    ('a_role_has_an_end_that_has_passed', 'update '
     'gatehouse_data.account_role set valid_until = clock_timestamp() where '
     'account_id = pg_temp.account(''carol'')', 'carol'),
    ('a_role_has_an_end_that_has_not', 'update gatehouse_data.account_role '
     'set valid_until = now() + interval ''1 day'' where account_id = '
     'pg_temp.account(''carol'')', 'nobody'),
    ('a_role_is_put_off', 'update gatehouse_data.account_role set '
     'valid_from = now() + interval ''1 day'' where account_id = '
     'pg_temp.account(''carol'')', 'carol'),
    ('a_permission_is_given', 'insert into gatehouse_data.role_permission '
     '(role_id, permission_id) values (pg_temp.role(''chief''), '
     'pg_temp.permission(''edit''))', 'bob'),
    ('a_permission_is_taken', 'update gatehouse_data.role_permission set '
     'ended_at = now()', 'alice bob'),
    ('a_permission_is_put_off', 'update gatehouse_data.role_permission set '
     'valid_from = now() + interval ''1 day''', 'alice bob'),
    ('a_permission_has_an_end', 'update gatehouse_data.role_permission set '
     'valid_until = now() + interval ''1 day''', 'nobody'),
    ('methods_change', 'update gatehouse_data.permission set methods = '
     '''{GET,POST}'' where name = ''read''', 'alice bob'),
    ('a_permission_is_on_other_paths', 'update gatehouse_data.permission '
     'set resource_id = (select resource_id from gatehouse_data.resource '
     'where pattern = ''/x/*'') where name = ''read''', 'alice bob'),
    ('a_permission_is_renamed', 'update gatehouse_data.permission set '
     'name = name || ''-all''', 'nobody'),
    ('paths_change', 'update gatehouse_data.resource set pattern = ''/*'' '
     'where pattern = ''/**''', 'alice bob'),
    ('paths_change_that_nobody_has', 'update gatehouse_data.resource set '
     'pattern = ''/y'' where pattern = ''/x/*''', 'nobody'),
    ('a_host_changes', 'update gatehouse_data.application set host = '
     '''a.example''', 'alice bob'),
    ('a_back_end_changes', 'update gatehouse_data.application set backends '
     '= ''{http://localhost:3}'', keep = 1', 'nobody'),
    ('a_role_is_described', 'update gatehouse_data.role set meaning = '
     '''new'' where builtin is null', 'nobody'),
    ('a_role_is_renamed', 'update gatehouse_data.role set name = '
     '''scribe'' where name = ''chief''', 'bob'),
    ('a_role_administers', 'update gatehouse_data.role set '
     'is_administrative = true where name = ''reader''', 'alice bob'),
    ('a_zone_changes', 'update gatehouse_data.zone set sensitivity = 1, '
     'meaning = ''''', 'nobody'),
    ('an_inheritance_has_a_reason', 'update gatehouse_data.role_inheritance '
     'set reason = ''so''', 'nobody'),
    ('an_inheritance_is_of_another', 'update '
     'gatehouse_data.role_inheritance set inherits_id = '
     'pg_temp.role(''other'') where role_id = pg_temp.role(''boss'')',
     'bob'),
    ('an_inheritance_is_anothers', 'update gatehouse_data.role_inheritance '
     'set role_id = pg_temp.role(''other'') where role_id = '
     'pg_temp.role(''boss'')', 'bob carol'),
    ('an_inheritance_goes', 'delete from gatehouse_data.role_inheritance',
     'bob'),
    ('a_role_goes', 'delete from gatehouse_data.role where name = '
     '''reader''', 'alice bob'),
    ('a_permission_goes', 'delete from gatehouse_data.permission',
     'alice bob'),
    ('a_resource_goes', 'delete from gatehouse_data.resource', 'alice bob'),
    ('an_application_goes', 'delete from gatehouse_data.application',
     'alice bob'),
    ('roles_of_accounts_are_emptied', 'truncate gatehouse_data.account_role',
     'alice bob carol dora'),
    ('grants_are_emptied', 'truncate gatehouse_data.role_permission',
     'alice bob carol dora'),
    ('inheritance_is_emptied', 'truncate gatehouse_data.role_inheritance',
     'alice bob carol dora'),
    ('permissions_are_emptied', 'truncate gatehouse_data.permission, '
     'gatehouse_data.role_permission', 'alice bob carol dora'),
    ('nothing_changes', 'update gatehouse_data.account_role set valid_from '
     '= valid_from', 'nobody')
) c (what, change, who)
cross join (values ('', ''),
                   ('set local session_replication_role = replica; ',
                    '_under_replica')) m (mode, how);
select is(pg_temp.ends($$
    alter table gatehouse_data.account_role
        disable trigger account_role_is_ended;
    delete from gatehouse_data.account_role
    where account_id = pg_temp.account('carol')$$, false), 'carol',
    'a_grant_that_is_deleted_past_its_guard_ends_too');

-- What everybody who is signed in has.
select gatehouse.role_add('base', '', false, 'root'),
       gatehouse.role_inherit('authenticated', 'base', '', 'root');
select gatehouse.role_grant_permission(r, 'app', 'edit', null, null, '',
                                       'root')
from unnest(array['anonymous', 'authenticated', 'base']) r;
select is(pg_temp.ends('select gatehouse.' || c.change), c.who, c.what)
from (values
    ('what_is_taken_from_everybody_ends_all', 'role_revoke_permission('
     '''authenticated'', ''app'', ''edit'', '''', ''root'')',
     'alice bob carol dora'),
    ('so_does_what_they_inherit', 'role_revoke_permission(''base'', '
     '''app'', ''edit'', '''', ''root'')', 'alice bob carol dora'),
    ('and_that_they_inherit', 'role_disinherit(''authenticated'', '
     '''base'', '''', ''root'')', 'alice bob carol dora'),
    ('but_not_more_of_it', 'role_grant_permission(''base'', ''app'', '
     '''read'', null, null, '''', ''root'')', 'nobody'),
    ('what_is_taken_from_strangers_ends_nobody', 'role_revoke_permission('
     '''anonymous'', ''app'', ''edit'', '''', ''root'')', 'nobody')
) c (what, change, who);
select gatehouse.role_revoke_permission('authenticated', 'app', 'edit', '',
                                        'root'),
       gatehouse.role_remove('base', '', 'root');

-- What begins and ends by itself, by the clock that is given.
select gatehouse.role_grant_account('other', 'dora', '2130-01-01Z',
                                    '2130-02-01Z', '', 'root'),
       gatehouse.role_grant_permission('reader', 'app', 'edit', '2130-03-01Z',
                                       '2130-04-01Z', '', 'root'),
       gatehouse.role_grant_permission('other', 'app', 'edit', '2130-01-15Z',
                                       '2130-05-01Z', '', 'root'),
       gatehouse.role_grant_permission('authenticated', 'app', 'read',
                                       '2130-06-01Z', '2130-07-01Z', '',
                                       'root');
create function pg_temp.turn(p_name text, p_at timestamptz)
returns timestamptz
language sql
as $$
select gatehouse_data.session_turns_at(
    pg_temp.account(p_name), (select version from gatehouse_data.policy_state),
    p_at, p_at)
$$;
select is(pg_temp.turn(c.name, c.at::timestamptz), c.turn::timestamptz,
          c.what)
from (values
    ('a_role_that_begins', 'dora', '2129-01-01Z', '2130-01-01Z'),
    ('counts_from_the_instant_on', 'dora', '2129-12-31 23:59:59Z',
     '2130-01-01Z'),
    ('and_once', 'dora', '2130-01-01Z', '2130-01-15Z'),
    ('while_it_is_held_its_own_changes_count', 'dora', '2130-01-14Z',
     '2130-01-15Z'),
    ('then_it_ends', 'dora', '2130-01-16Z', '2130-02-01Z'),
    ('and_its_own_changes_no_longer_count', 'dora', '2130-02-01Z',
     '2130-07-01Z'),
    ('a_permission_that_begins', 'alice', '2129-01-01Z', '2130-03-01Z'),
    ('also_by_inheritance', 'bob', '2129-01-01Z', '2130-03-01Z'),
    ('one_that_ends', 'alice', '2130-03-01Z', '2130-04-01Z'),
    ('also_by_inheritance_', 'bob', '2130-03-15Z', '2130-04-01Z'),
    ('everybody_feels_an_end_and_no_beginning', 'alice', '2130-04-01Z',
     '2130-07-01Z'),
    ('after_which_nothing_changes', 'alice', '2130-07-01Z', null)
) c (what, name, at, turn);
select is(gatehouse_data.session_turns_at(
              pg_temp.account('dora'), 1000000, '2129-01-01Z',
              '2130-02-02Z'), '2130-01-01Z',
          'a_grant_that_came_and_went_unseen_counts');
select is(gatehouse_data.session_turns_at(
              pg_temp.account('alice'), 0, '2129-01-01Z', '2000-01-01Z'),
          '2000-01-01Z', 'a_change_counts_though_the_clock_was_put_back');

select test.sign_in('dora', 'd1'), test.sign_in('alice', 'a1');
select is((select f.rights_until
           from gatehouse.session_find(test.key('d1')) f), '2130-01-01Z',
          'session_find_says_until_when_they_hold');
select is(pg_temp.ends(
    'update gatehouse_data.account_role set valid_until = ''infinity'' where '
    'ended_at is null'), 'nobody', 'an_end_that_never_comes_is_none');
select pg_temp.next();
update gatehouse_data.account_role set valid_until = 'infinity'
where account_id = pg_temp.account('alice');
select is((select f.state || ' ' || coalesce(f.rights_until::text, 'never')
           from gatehouse.session_find(test.key('a1')) f),
          'live 2130-03-01 00:00:00+00', 'nor_an_instant');
select pg_temp.next();
update gatehouse_data.account_role set valid_from = '2129-06-01Z'
where account_id = pg_temp.account('dora');
select is((select f.state || ' ' || (f.rights_until = '2129-06-01Z')
           from gatehouse.session_find(test.key('d1')) f), 'live true',
          'also_after_a_change_of_what_is_to_come');
select test.age('d1', '2 minutes');
select max(change_id) as told from gatehouse_data.change \gset
select is((select gatehouse.session_seen(array[s.session_id],
                                         array[clock_timestamp()])
           from gatehouse_data.session s
           where s.token_hash = test.key('d1')), 1, 'whoever_is_seen');
select is((select s.rights_version from gatehouse_data.session s
           where s.token_hash = test.key('d1')),
          (select p.version from gatehouse_data.policy_state p),
          'has_rights_of_that_version');
select is((select f.state || ' ' || (f.rights_until = '2129-06-01Z')
           from gatehouse.session_find(test.key('d1')) f), 'live true',
          'and_the_same_answer');
select is((select count(*) from gatehouse_data.change
           where change_id > :told), 0::bigint, 'which_no_follower_is_told');
update gatehouse_data.session set rights_version = rights_version - 1
where token_hash = test.key('d1');
select is((select count(*) from gatehouse_data.change
           where change_id > :told), 1::bigint,
          'but_a_version_that_is_changed_by_hand');
-- As a function would.
set local role gatehouse_owner;
set local gatehouse.act = 'test';
update gatehouse_data.session set rights_version = rights_version + 1
where token_hash = sha256('d1');
set local gatehouse.act = '';
reset role;
update gatehouse_data.session
set turns_at = clock_timestamp(), rights_at = '2000-01-01Z'
where token_hash = test.key('d1');
select is(test.state('d1'), 'rights_changed', 'when_the_instant_has_come');
select is((select count(*) from gatehouse_data.change
           where change_id > :told), 2::bigint, 'or_an_instant');

-- What says that they are over stays.
select throws_ok(m.mode || c.change, 'GH004', null, c.change || m.how)
from unnest(array[
    'insert into gatehouse_data.account_rights values (1, 1, now())',
    'update gatehouse_data.account_rights set version = 1',
    'delete from gatehouse_data.account_rights',
    'truncate gatehouse_data.account_rights',
    'insert into gatehouse_data.role_rights values (1)',
    'update gatehouse_data.role_rights set version = 0',
    'delete from gatehouse_data.role_rights',
    'truncate gatehouse_data.role_rights',
    'insert into gatehouse_data.role_turn values (1, now())',
    'update gatehouse_data.role_turn set at = ''infinity''',
    'delete from gatehouse_data.role_turn',
    'truncate gatehouse_data.role_turn',
    'update gatehouse_data.policy_state set rights_version = rights_version - '
    '1'
]) c (change)
cross join (values ('', ''),
                   ('set local session_replication_role = replica; ',
                    ' under replica')) m (mode, how);
select is(pg_temp.ends(
    'select gatehouse.role_revoke_permission(''other'', ''app'', ''edit'', '
    ''''', ''root'')'), 'nobody', 'a_grant_that_never_began_ends_nothing');
select pg_temp.next();
select gatehouse.role_revoke_permission('reader', 'app', 'edit', '', 'root');
select is(pg_temp.turn('bob', '2129-01-01Z'), '2130-07-01Z',
          'nor_does_its_time_count_any_more');
select gatehouse.role_revoke_permission('authenticated', 'app', 'read', '',
                                        'root');
select is(pg_temp.turn('bob', '2129-01-01Z'), null, 'for_anybody');

-- Whoever comes with such a session.
select test.sign_in('alice', 'a2'), test.sign_in('bob', 'b2');
select pg_temp.next();
select gatehouse.role_grant_account('other', 'alice', null, null, '', 'root');
select test.events();
select test.age('a2', '2 minutes');
select is((select gatehouse.session_seen(array[s.session_id],
                                         array[clock_timestamp()])
           from gatehouse_data.session s
           where s.token_hash = test.key('a2')), 0,
          'RACE-011 being_seen_does_not_revive_it');
select is_empty('select gatehouse.account_sessions(test.ref(''a2''))',
                'it_sees_nothing_of_its_account');
select is_empty($$select s.reference
                  from gatehouse.account_sessions(test.ref('b2')) s
                  where s.reference <> test.ref('b2')$$, 'others_do');
select test.events();
select is(test.dead_use('a2'), 'rights_changed', 'a_use_says_why');
select is(test.events(), 'session_expired(roles_changed)',
          'RBAC-002 and_is_told_to_the_trail');
select ok((select s.ended_at = g.valid_from
           from gatehouse_data.session s
           join gatehouse_data.account_role g on g.account_id = s.account_id
           where g.role_id = pg_temp.role('other')
             and s.token_hash = test.key('a2')),
          'with_the_instant_of_the_change');
select is(test.dead_use('a2') || ' ' || test.events(),
          'rights_changed session_use_after_expire(roles_changed)',
          'again_as_a_use_after_the_end');
select is(test.finish('a2') || coalesce(test.events(), ''), 'false',
          'and_cannot_sign_out');
select is(test.state('b2'), 'live', 'others_go_on');
select test.sign_in('alice', 'a3', 'a2');
select is(test.state('a3'), 'live', 'who_signs_in_again_does_too');
select pg_temp.next();
select gatehouse.role_revoke_account('other', 'alice', '', 'root');
select test.events();
select test.sign_in('alice', 'a4', 'a3');
select is(test.events(), 'session_expired(roles_changed) '
                         'authn_login_success session_created',
          'a_sign_in_marks_what_was_over');
select results_eq(
    $$select reference from gatehouse.sessions_live() where account = 'alice'$$,
    $$values (encode(test.ref('a4'), 'hex'))$$, 'lists_know_it');
select is((select count(*) from gatehouse_report.signed_in
           where account = 'alice'), 1::bigint, 'views_too');

-- Idle first, or the rights first.
select test.sign_in('alice', 'a5');
select test.age('a5', '31 minutes');
select pg_temp.next();
select gatehouse.role_grant_account('other', 'alice', null, null, '', 'root');
select is(test.state('a5'), 'idle', 'what_was_over_before_stays_that');

-- Who sweeps.
delete from gatehouse_data.session;
do $$ begin
    perform test.sign_in('carol', 'c' || n, null, 100)
    from generate_series(1, 5) n;
    perform test.sign_in('bob', 'b', null, 100);
    perform pg_temp.next();
    perform gatehouse.role_revoke_account('other', 'carol', '', 'root');
end $$;
select test.events();
select is((select sessions_ended from gatehouse.maintain('node1')), 5,
          'the_sweep_marks_them');
select is(test.events(),
          (select string_agg('session_expired(roles_changed)', ' ')
           from generate_series(1, 5)), 'and_tells_of_each');
select is(test.state('b'), 'live', 'and_of_nobody_else');
select is((select sessions_ended from gatehouse.maintain('node1')), 0,
          'once');
insert into gatehouse_data.session (
    token_hash, reference, binding, account_id, created_at, authenticated_at,
    last_seen_at, idle, absolute, expires_at
)
select test.key('n' || n), test.ref('n' || n), test.key('x'),
       pg_temp.account('carol'), clock_timestamp(), clock_timestamp(),
       clock_timestamp(), '1 hour', '12 hours',
       clock_timestamp() + interval '12 hours'
from generate_series(1, 501) n;
select is((select sessions_ended from gatehouse.maintain('node1')), 500,
          'at_most_500_at_once');
select is((select sessions_ended from gatehouse.maintain('node1')), 1,
          'then_the_rest');
set local role gatehouse_owner;
set local gatehouse.act = 'test';
update gatehouse_data.session
set turns_at = clock_timestamp(), rights_at = '2000-01-01Z',
    rights_version = (select version from gatehouse_data.policy_state)
where token_hash = sha256('b');
set local gatehouse.act = '';
reset role;
select is((select sessions_ended from gatehouse.maintain('node1')), 1,
          'and_one_whose_instant_has_come');

-- Who is asked first.
delete from gatehouse_data.session;
select set_eq(
    'select rights_change_confirm from gatehouse_data.policy_state',
    array[1000], 'a_thousand_sessions_end_without_a_word');
set constraints all immediate;
set constraints all deferred;
select test.events();
update gatehouse_data.policy_state set rights_change_confirm = 1;
select is(test.events(), 'sensitive_update(by_hand)',
          'the_setting_is_told_to_the_trail');
create function pg_temp.revoke(p_more text default '') returns text language
sql as $$
select pg_temp.ends('select gatehouse.role_revoke_permission(''reader'', '
                    '''app'', ''read'', '''', ''root''' || p_more || ')')
$$;
select throws_ok('select pg_temp.revoke()', 'GH004',
                 'this change would end 2 sessions, more than 1',
                 'a_change_that_ends_more_is_refused');
select throws_ok($$select pg_temp.revoke(', 1')$$, 'GH004',
                 'this change would end 2 sessions, more than 1',
                 'with_a_lower_number_too');
select is(pg_temp.revoke(', 2'), 'alice bob', 'not_with_its_number');
select is(pg_temp.ends('set local gatehouse.confirm = 2; update '
                       'gatehouse_data.role_permission set ended_at = now() '
                       'where ended_at is null'),
          'alice bob', 'nor_by_hand_with_a_setting');
select throws_ok(
    $$select pg_temp.ends('set local gatehouse.confirm = ''all''; update '
      'gatehouse_data.role_permission set ended_at = now() where '
      'ended_at is null')$$, 'GH004', null,
    'that_has_to_be_a_number');
select throws_ok(
    $$select pg_temp.ends('truncate gatehouse_data.account_role')$$, 'GH004',
    'this change would end 4 sessions, more than 1',
    'TRUNCATE_counts_everybody');
-- Also of who does not wait for the end of the transaction.
select throws_ok(
    format('select pg_temp.ends(%L)', s.early), 'GH004',
    'this change would end 2 sessions, more than 1', s.what)
from (values
    ('constraints_that_are_looked_at_early_let_nobody_through',
     'set constraints all immediate; update gatehouse_data.role_permission '
     'set ended_at = now() where ended_at is null'),
    ('nor_do_those_that_are_after_a_first_change',
     'update gatehouse_data.permission set methods = ''{*}'' '
     'where name = ''edit''; set constraints all immediate; '
     'update gatehouse_data.role_permission set ended_at = now() '
     'where ended_at is null'),
    ('nor_at_one_change_after_the_other',
     'set constraints all immediate; '
     'update gatehouse_data.account_role set ended_at = now() '
     'where ended_at is null and account_id = pg_temp.account(''alice''); '
     'update gatehouse_data.account_role set ended_at = now() '
     'where ended_at is null and account_id = pg_temp.account(''bob'')')
) s (what, early);
select is(pg_temp.ends('select gatehouse.role_grant_account(''other'', '
                       '''bob'', now() + interval ''1 day'', null, '
                       ''''', ''root'')'), 'nobody', 'who_ends_nobody_is_not');
update gatehouse_data.policy_state set rights_change_confirm = 0;
select throws_ok(
    $$select pg_temp.ends('select gatehouse.role_grant_account(''boss'', '
      '''dora'', null, null, '''', ''root'')')$$, 'GH004',
    'this change would end 1 sessions, more than 0', '0_asks_for_each');
select is(pg_temp.ends('select gatehouse.' || c.change), c.who,
          c.what || '_takes_a_number')
from (values
    ('role_grant_account', 'role_grant_account(''boss'', ''dora'', null, '
     'null, '''', ''root'', 9)', 'dora'),
    ('role_revoke_account', 'role_revoke_account(''boss'', ''bob'', '''', '
     '''root'', 9)', 'bob'),
    ('role_grant_permission', 'role_grant_permission(''chief'', ''app'', '
     '''edit'', null, null, '''', ''root'', 9)', 'bob'),
    ('role_inherit', 'role_inherit(''chief'', ''other'', '''', ''root'', 9)',
     'bob'),
    ('role_disinherit', 'role_disinherit(''chief'', ''reader'', '''', '
     '''root'', 9)', 'bob'),
    ('role_remove', 'role_remove(''reader'', '''', ''root'', 9)',
     'alice bob'),
    ('permission_remove', 'permission_remove(''app'', ''read'', '''', '
     '''root'', 9)', 'alice bob'),
    ('application_remove', 'application_remove(''app'', '''', ''root'', 9)',
     'alice bob'),
    ('application_change', 'application_change(''app'', ''a.b'', null, null, '
     'null, null, null, null, null, null, null, null, null, ''root'', null, '
     '9)', 'alice bob')
) c (what, change, who);

-- A version that is put back.
select test.sign_in('alice', 'a9');
set constraints all immediate;
set local session_replication_role = replica;
alter table gatehouse_data.policy_state disable trigger policy_state_stays;
delete from gatehouse_data.policy_state;
select is(test.sign_in('alice', 'a10') is not null, true,
          'people_sign_in_without_a_policy');
insert into gatehouse_data.policy_state (version) values (1000);
select is(test.state('a9') || ' ' || test.state('a10'),
          'rights_changed rights_changed',
          'a_version_that_is_put_back_ends_all');
select test.sign_in('alice', 'a11');
select is(test.state('a11'), 'live', 'who_signs_in_then_goes_on');

select * from finish();
rollback;
