-- SPDX-License-Identifier: Apache-2.0
--
-- Administration of accounts: each function's change, answer, events and
-- errors; versions of accounts and credentials; changes by hand; what all of
-- them do to sessions. Never a hash in the trail.

begin;
set local search_path = tap, public;

select no_plan();

-- Adding.
select cmp_ok(gatehouse.account_add('alice', 'Alice Ångström',
                                    'alice@example.org', 'root'), '>',
              0::bigint, 'an_account_is_added');
select is(test.events(), 'user_created', 'which_is_an_event');
select results_eq(
    $$select account, actor, outcome, is_by_hand, database_user,
             detail ->> 'email'
      from test.event('user_created')$$,
    $$values ('alice', 'root', 'success', false,
              session_user::text collate "default", 'alice@example.org')$$,
    'that_says_who_claims_and_who_is_proven');
select throws_ok($$select gatehouse.account_add('alice', '', '', 'root')$$,
                 'GH002', null, 'a_name_is_unique');
select throws_ok(
    format('select gatehouse.account_add(%L, %L, %L, %L)', a.name, a.display,
           a.email, a.actor),
    'GH003', null, 'add_refuses_' || a.what)
from (values
    ('an_empty_name', '', '', '', 'root'),
    ('no_name', null, '', '', 'root'),
    ('capitals', 'Alice', '', '', 'root'),
    ('a_dash_first', '-alice', '', '', 'root'),
    ('a_line_break', E'eve\r\nX-Roles: admin', '', '', 'root'),
    ('a_line_break_at_the_end', E'eve\n', '', '', 'root'),
    ('a_long_name', repeat('a', 65), '', '', 'root'),
    ('other_letters', 'ålice', '', '', 'root'),
    ('a_control_character', 'eve', E'Eve\u0007', '', 'root'),
    ('a_c1_control_character', 'eve', E'Eve\u0085', '', 'root'),
    ('a_long_display_name', 'eve', repeat('x', 129), '', 'root'),
    ('an_address_without_at', 'eve', '', 'eve', 'root'),
    ('an_address_with_a_line_break', 'eve', '', E'e@x\ny', 'root'),
    ('a_long_address', 'eve', '', repeat('x', 254) || '@y', 'root'),
    ('nobody_as_actor', 'eve', '', '', ''),
    ('no_actor', 'eve', '', '', null)
) a (what, name, display, email, actor);
select lives_ok(
    format('select gatehouse.account_add(%L, null, null, %L)', n, 'root'),
    'a_name_may_be_' || n)
from unnest(array['0', 'a.b_c@d+e-f', repeat('z', 64)]) n;
select is(gatehouse.account_id_of('alice'),
          (select account_id from gatehouse_data.account
           where name = 'alice'), 'the_number_of_an_account_can_be_asked');
select throws_ok($$select gatehouse.account_id_of('nobody')$$, 'GH001', null,
                 'but_not_of_one_that_is_not_there');

-- Passwords.
select test.events();
select is(gatehouse.account_password('alice', '$argon2id$v=19$m=65536,t=3,p=1'
              '$c2FsdA$aGFzaA', 'k1', test.key('m'), 'root'), 1::bigint,
          'the_first_password_is_version_1');
select is(gatehouse.account_password('alice', '$argon2id$v=19$m=65536,t=3,p=1'
              '$c2FsdA$bmV3', 'k2', test.key('n'), 'root'), 2::bigint,
          'the_next_is_version_2');
select is(test.events(),
          'authn_password_change(administration) '
          'authn_password_change(administration)', 'both_are_events');
select throws_ok(
    format('select gatehouse.account_password(%L, %L, %L, %L, %L)', 'alice',
           a.hash, a.pepper, a.mac, 'root'),
    'GH003', null, 'password_refuses_' || a.what)
from (values
    ('no_hash', null, 'k1', test.key('m')),
    ('a_plain_password', 'correct-horse', 'k1', test.key('m')),
    ('a_long_hash', '$' || repeat('x', 512), 'k1', test.key('m')),
    ('a_hash_with_a_space', '$x$y$ zzzz', 'k1', test.key('m')),
    ('no_key_id', '$x$y$zzzz', null, test.key('m')),
    ('a_strange_key_id', '$x$y$zzzz', 'K 1', test.key('m')),
    ('a_short_mac', '$x$y$zzzz', 'k1', '\x00'::bytea)
) a (what, hash, pepper, mac);
select throws_ok($$select gatehouse.account_password('nobody', '$x$y$zzzz',
                   'k', test.key('m'), 'root')$$, 'GH001', null,
                 'nobody_has_no_password');
select results_eq(
    $$select operation, version, scheme, pepper_id, act, actor
      from gatehouse_data.credential_version order by 1, 2$$,
    $$values
      ('insert', 1::bigint, 'argon2id$v=19$m=65536,t=3,p=1', 'k1',
       'account_password', 'root'),
      ('update', 2::bigint, 'argon2id$v=19$m=65536,t=3,p=1', 'k2',
       'account_password', 'root')$$,
    'versions_say_how_a_password_is_kept');
select is(gatehouse.password_rehash(
              gatehouse.account_id_of('alice'), 1, '$argon2id$old', 'k2',
              test.key('o')), false,
          'a_rehash_of_an_old_version_does_nothing');
select is(gatehouse.password_rehash(
              gatehouse.account_id_of('alice'), 2, '$y$j9T$salt$hash', 'k2',
              test.key('o')), true, 'a_rehash_of_the_verified_one_is_written');
select is((select scheme from gatehouse_data.credential_version
           order by credential_version_id desc limit 1), 'y',
          'of_another_scheme_only_its_name_is_kept');
select throws_ok(
    $$select gatehouse.password_rehash(gatehouse.account_id_of('alice'), 3,
      'plain', 'k2', test.key('o'))$$, 'GH003', null,
    'a_rehash_is_checked');

-- What ends sessions.
select test.sign_in('alice', 'a1');
select test.events();
select is(gatehouse.password_rehash(
              gatehouse.account_id_of('alice'), 3, '$argon2id$v=19$m=9,t=9,p=1'
              '$c2Fs$aGFz', 'k2', test.key('p')), true, 'a_rehash_again');
select is(test.state('a1') || coalesce(test.events(), ''), 'live',
          'a_rehash_ends_no_session');
select gatehouse.account_password('alice', '$argon2id$new', 'k2',
                                  test.key('q'), 'root');
select is(test.state('a1'), 'revoked', 'a_new_password_ends_sessions');
select is(test.events(),
          'session_expired(revoked) authn_password_change(administration)',
          'with_an_event_each');
select is((test.event('session_expired')).detail ->> 'cause', 'credential',
          'that_says_by_what');

select test.sign_in('alice', 'a2'), test.sign_in('alice', 'a3');
select test.events();
select is(gatehouse.account_disable('alice', 'left', 'root'), 2,
          'disabling_says_how_many_sessions_end');
select is(test.state('a2') || ' ' || test.state('a3'), 'disabled disabled',
          'disabled_sessions_are_over');
select is(test.events(), 'session_expired(disabled) session_expired(disabled) '
                         'user_updated(left)', 'disabling_is_told');
select results_eq(
    $$select actor, detail -> 'before' ->> 'status',
             detail -> 'after' ->> 'status'
      from test.event('user_updated')$$,
    $$values ('root', 'active', 'disabled')$$, 'with_before_and_after');
select is((test.event('session_expired')).actor, 'root',
          'sessions_say_who_ended_them');
select throws_ok($$select gatehouse.account_disable('alice', '', 'root')$$,
                 'GH002', null, 'what_is_disabled_is_not_disabled_again');
select throws_ok($$select gatehouse.account_unlock('alice', 'root')$$,
                 'GH002', null, 'unlock_does_not_enable');
select throws_ok($$select gatehouse.account_disable('nobody', '', 'root')$$,
                 'GH001', null, 'nobody_cannot_be_disabled');
select throws_ok($$select gatehouse.account_disable('alice',
                   repeat('x', 129), 'root')$$,
                 'GH003', null, 'a_reason_is_bounded');
select lives_ok($$select gatehouse.account_enable('alice', 'root')$$,
                'enabling');
select is(test.state('a2'), 'disabled', 'does_not_revive_sessions');
select throws_ok($$select gatehouse.account_enable('alice', 'root')$$,
                 'GH002', null, 'what_is_active_is_not_enabled_again');
select test.sign_in('alice', 'a4');
select test.events();
select is(gatehouse.account_lock('alice', 'suspicious', 'root'), 1,
          'BRUTE-021 locking_ends_sessions');
select is(test.events(),
          'session_expired(disabled) user_updated(suspicious) '
          'authn_login_lock(suspicious)', 'BRUTE-021 and_is_told');
select is((test.event('session_expired')).detail ->> 'cause', 'locked',
          'as_a_lock');
select test.reserve('alice');
select lives_ok($$select gatehouse.account_unlock('alice', 'root')$$,
                'unlocking');
select is(test.events(), 'user_updated authz_admin(account_unlock)',
          'is_told_with_the_failures_it_forgets');
select is_empty($$select from gatehouse_data.throttle where kind = 'account'$$,
                'and_forgets_them');

select test.sign_in('alice', 'a5'), test.sign_in('alice', 'a6');
select test.age('a5', '1 hour');
select test.events();
select is(gatehouse.sessions_end('alice', 'root'), 1,
          'LOGOUT-007 ending_all_counts_the_live_ones');
select is(test.events(), 'session_expired(idle) session_expired(revoked) '
                         'authz_admin(sessions_end)',
          'LOGOUT-007 and_tells_of_each');
select throws_ok($$select gatehouse.sessions_end('nobody', 'root')$$,
                 'GH001', null, 'nobody_has_no_sessions');

select lives_ok($$select gatehouse.account_change('alice', 'Alice B.', null,
                  'root')$$, 'changing_a_name');
select results_eq(
    $$select display_name, email from gatehouse.account_show('alice')$$,
    $$values ('Alice B.', 'alice@example.org')$$,
    'leaves_what_is_not_given');
select throws_ok($$select gatehouse.account_change('alice', null, 'nonsense',
                   'root')$$, 'GH003', null, 'changes_are_checked');

-- Asking.
select results_eq(
    $$select name, status, has_password, live_sessions
      from gatehouse.account_list() where name in ('alice', '0')$$,
    $$values ('0', 'active', false, 0), ('alice', 'active', true, 0)$$,
    'the_list_shows_what_matters');
select results_eq(
    $$select name, has_password, is_closed_to_strangers, failures,
             last_sign_in_client
      from gatehouse.account_show('alice')$$,
    $$values ('alice', true, false, 0, '192.0.2.1'::inet)$$,
    'so_does_the_single_one');
select throws_ok($$select * from gatehouse.account_show('nobody')$$, 'GH001',
                 null, 'nobody_is_not_shown');
select results_eq(
    $$select reference, state from gatehouse.session_list('alice') limit 2$$,
    $$values (encode(test.ref('a6'), 'hex'), 'revoked'),
             (encode(test.ref('a5'), 'hex'), 'idle')$$,
    'sessions_are_listed_newest_first');
select throws_ok($$select * from gatehouse.session_list('nobody')$$, 'GH001',
                 null, 'but_not_of_nobody');

-- Versions of accounts.
select results_eq(
    $$select operation, status, act, actor from gatehouse_data.account_version
      where name = 'alice' order by account_version_id$$,
    $$values ('insert', 'active', 'account_add', 'root'),
             ('update', 'disabled', 'account_disable', 'root'),
             ('update', 'active', 'account_enable', 'root'),
             ('update', 'locked', 'account_lock', 'root'),
             ('update', 'active', 'account_unlock', 'root'),
             ('update', 'active', 'account_change', 'root')$$,
    'every_state_of_an_account_is_kept_and_a_sign_in_is_none');
select is(coalesce(current_setting('gatehouse.act', true), '')
          || coalesce(current_setting('gatehouse.actor', true), ''), '',
          'no_function_leaves_its_name_behind');

-- By hand.
select test.sign_in('alice', 'h1');
select test.events();
update gatehouse_data.account set email = 'x@example.org'
where name = 'alice';
select is(test.events(), 'user_updated(by_hand)',
          'a_change_by_hand_is_told');
select results_eq(
    $$select is_by_hand, account, actor, database_user,
             database_application = current_setting('application_name'),
             detail ->> 'table', detail -> 'before' ->> 'email',
             detail -> 'after' ->> 'email'
      from test.event('user_updated')$$,
    $$values (true, 'alice', session_user::text collate "default",
              session_user::text collate "default", true,
              'gatehouse_data.account', 'alice@example.org',
              'x@example.org')$$,
    'with_who_was_connected_before_and_after');
update gatehouse_data.account set status = 'disabled' where name = 'alice';
select is(test.state('h1'), 'disabled', 'disabling_by_hand_ends_sessions');
select is(test.events(), 'user_updated(by_hand) session_expired(disabled)',
          'and_tells_of_both');
update gatehouse_data.account set status = 'active' where name = 'alice';
select test.sign_in('alice', 'h2');
select test.events();
update gatehouse_data.credential set password_hash = '$argon2id$mine$aaaa';
select is(test.state('h2'), 'revoked', 'so_does_a_hash_by_hand');
select is((test.event('sensitive_update')).detail -> 'secrets_changed',
          '["password_hash"]', 'which_is_told_without_the_hash');
select is((test.event('sensitive_update')).account, 'alice',
          'but_with_the_account');
select is((select max(version) from gatehouse_data.credential_version),
          (select version from gatehouse_data.credential),
          'and_counted_as_a_version');
select test.sign_in('alice', 'h3');
select test.events();
update gatehouse_data.session set last_seen_at = last_seen_at
    + interval '1 hour' where token_hash = test.key('h3');
select is(test.events(), 'sensitive_update(by_hand)',
          'a_session_prolonged_by_hand_is_told');
select is((test.event('sensitive_update')).session, test.ref('h3'),
          'with_its_reference');
insert into gatehouse_data.session (token_hash, reference, binding,
    account_id, created_at, authenticated_at, last_seen_at, idle, absolute,
    expires_at)
select test.key('planted'), test.ref('planted'), test.key('b'), account_id,
    now(), now(), now(), '1 hour', '1 hour', now() + interval '1 hour'
from gatehouse_data.account where name = 'alice';
select is(test.events(), 'sensitive_create(by_hand)',
          'a_planted_session_is_told');
delete from gatehouse_data.session where token_hash = test.key('planted');
select is(test.events(), 'sensitive_delete(by_hand)',
          'a_deleted_one_also');
update gatehouse_data.throttle_rule set free_attempts = 10
where kind = 'account';
select is(test.events(), 'sensitive_update(by_hand)',
          'a_limit_changed_by_hand_is_told');
truncate gatehouse_data.throttle;
select is((test.event('sensitive_delete')).detail ->> 'operation',
          'truncate', 'an_emptied_table_is_told');
set local role gatehouse_owner;
update gatehouse_data.account set display_name = 'O' where name = 'alice';
reset role;
select is((test.event('user_updated')).detail -> 'after' ->> 'display_name',
          'O', 'the_owner_by_hand_is_by_hand');
select gatehouse.account_change('alice', 'P', null, 'root');
set local role gatehouse_owner;
update gatehouse_data.account set display_name = 'Q' where name = 'alice';
reset role;
select is((test.event('user_updated')).detail -> 'after' ->> 'display_name',
          'Q', 'also_after_a_function_in_the_same_transaction');
set local gatehouse.act = 'account_change';
update gatehouse_data.account set display_name = 'R' where name = 'alice';
set local gatehouse.act = '';
select is((test.event('user_updated')).is_by_hand, true,
          'a_superuser_is_not_believed_to_be_a_function');
set local session_replication_role = replica;
update gatehouse_data.account set display_name = 'S' where name = 'alice';
set local session_replication_role = origin;
select is((test.event('user_updated')).detail -> 'after' ->> 'display_name',
          'S', 'a_replica_role_does_not_hide_a_change');
select is((select display_name from gatehouse_data.account_version
           order by account_version_id desc limit 1), 'S',
          'nor_a_version');

-- Removing.
select test.sign_in('alice', 'r1');
select test.events();
select is(gatehouse.account_remove('alice', 'left', 'root'), 2,
          'LOGOUT-009 removing_ends_sessions');
select is(test.events(), 'session_expired(revoked) session_expired(revoked) '
                         'user_deleted(left)', 'LOGOUT-009 and_is_told');
select is_empty($$select from gatehouse.session_find(test.key('r1'))$$,
                'LOGOUT-009 no_session_is_left');
select isnt_empty(
    $$select from gatehouse_audit.event where account = 'alice'$$,
    'LOGOUT-009 the_trail_is');
select is((select operation from gatehouse_data.account_version
           order by account_version_id desc limit 1), 'delete',
          'LOGOUT-009 and_the_versions');
select test.account('bob');
select test.sign_in('bob', 'b1');
select test.events();
delete from gatehouse_data.account where name = 'bob';
select is(test.state('b1'), null, 'an_account_deleted_by_hand_has_no_session');
select matches(test.events(), 'user_deleted\(by_hand\)', 'and_is_told');

-- Nothing of a password, token or MAC is anywhere in the trail or versions.
select is_empty(
    $$select t from (
          select e::text as t from gatehouse_audit.event e
          union all
          select v::text from gatehouse_data.credential_version v
      ) x
      where t ~ 'c2FsdA|aGFzaA|bmV3|\$argon2id|\$y\$'
         or t ~ encode(test.key('m'), 'hex')
         or t ~ encode(test.key('h3'), 'hex')
         or t ~ encode(test.key('planted'), 'hex')$$,
    'SQLI no_secret_is_in_the_trail');

-- What Gatehouse does by itself nobody else does.
select throws_ok(format('select gatehouse.%s', c.call), 'GH003', null, c.what)
from (values
    ('nobody_is_the_upkeep', $$account_add('x.name', '', '', 'upkeep')$$),
    ('nor_the_bootstrap', $$role_add('x.role', '', false, 'bootstrap')$$)
) c (what, call);

select * from finish();
rollback;
