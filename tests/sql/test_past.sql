-- SPDX-License-Identifier: Apache-2.0
--
-- The past: what was permitted at an instant, by whom, and who could; the
-- same evaluator over the tables and over the versions. A transaction is one
-- version; here each pg_temp.commit makes one of what came before it, an hour
-- after the last.

begin;
set local search_path = tap, public;

select no_plan();

alter table gatehouse_data.policy_version
    disable trigger policy_version_append_only;
alter table gatehouse_data.account_version
    disable trigger account_version_append_only;
create temporary table hour (
    n integer generated always as identity (start with 0 minvalue 0),
    what text, policy_id bigint, account_id bigint);
create function pg_temp.at(p_hour numeric) returns timestamptz
language sql return now() + p_hour * interval '1 hour';
create function pg_temp.commit(p_what text) returns void
language plpgsql as $$
declare
    v_last constant hour := (select row(h.*)::hour from hour h
                             order by n desc limit 1);
    v_n constant integer := coalesce(v_last.n + 1, 0);
begin
    update gatehouse_data.policy_version
    set version = 1000000 + v_n, at = pg_temp.at(v_n)
    where policy_version_id > v_last.policy_id;
    update gatehouse_data.account_version set at = pg_temp.at(v_n)
    where account_version_id > v_last.account_id;
    insert into hour (what, policy_id, account_id)
    select p_what, (select max(policy_version_id)
                    from gatehouse_data.policy_version),
           (select max(account_version_id)
            from gatehouse_data.account_version);
end
$$;

select pg_temp.commit('0 nothing');
select test.account('past.ann'), test.account('past.bob');
select gatehouse.application_add('past', 'past.example', '/p/',
                                 '{http://localhost:1}', null, 'open', 'root');
select gatehouse.role_add(r, '', false, 'root')
from unnest(array['past.reader', 'past.boss']) r;
select gatehouse.permission_add('past', p.name, p.pattern, p.methods, 'root')
from (values ('read', '/docs/**', '{GET}'::text[]),
             ('write', '/docs/*', '{PUT}')) p (name, pattern, methods);
select gatehouse.condition_add('past_place', null, null, null, '{10.0.0.0/8}',
    null, null, null, null, null, null, null, 'root');
select gatehouse.role_grant_permission('past.reader', 'past', 'read', null,
                                       null, 'all read', 'root');
select gatehouse.role_grant_account('past.reader', 'past.ann', null, null,
                                    'ticket 1', 'eve');
select pg_temp.commit('1 ann reads');
select gatehouse.role_inherit('past.boss', 'past.reader', '', 'root'),
       gatehouse.role_grant_permission('past.boss', 'past', 'write', null,
           null, '', 'root', p_condition => 'past_place'),
       gatehouse.role_grant_account('past.boss', 'past.bob', null, null,
                                    'ticket 2', 'mallory');
select pg_temp.commit('2 bob is boss, writes from the place');
select gatehouse.account_disable('past.ann', 'away', 'root'),
       gatehouse.condition_change('past_place', null, null, null,
           '{192.0.2.0/24}', null, null, null, null, null, 'root');
select pg_temp.commit('3 ann is away, the place is another one');
select gatehouse.account_enable('past.ann', 'root'),
       gatehouse.role_revoke_account('past.reader', 'past.ann', 'done', 'eve');
select gatehouse.role_grant_account('past.reader', 'past.ann',
    pg_temp.at(4.5), pg_temp.at(4.75), 'ticket 3', 'eve');
select pg_temp.commit('4 ann is back, reads for a while');
update gatehouse_data.application set path = '/q/' where name = 'past';
update gatehouse_data.role set name = 'past.chief' where name = 'past.boss';
select pg_temp.commit('5 the application moves, a role has a new name');
select gatehouse.role_disinherit('past.chief', 'past.reader', '', 'root');
select pg_temp.commit('6 the boss inherits nothing');
delete from gatehouse_data.account where name = 'past.bob';
select pg_temp.commit('7 bob is gone');
delete from gatehouse_data.application where name = 'past';
select pg_temp.commit('8 so is the application');

create function pg_temp.told(
    p_account text, p_method text, p_path text, p_hour numeric,
    p_client text default null
) returns text language sql as $$
select concat_ws(' ', e.verdict, d.role || ':' || d.permission)
from gatehouse.explain(p_account, 'past.example', p_method, p_path, p_client,
                       p_at => pg_temp.at(p_hour)) e
left join gatehouse.explain(p_account, 'past.example', p_method, p_path,
                            p_client, p_at => pg_temp.at(p_hour)) d
    on d.is_deciding
where e.step = 1
$$;
select is(pg_temp.told(q.account, q.method, q.path, q.hour, q.client),
          q.verdict, format('%s %s %s at %s', q.account, q.method, q.path,
                            q.hour))
from (values
    (null, 'GET', '/p/docs/1', 0.9, null, 'deny'),
    (null, 'GET', '/p/docs/1', 1.0, null, 'sign_in'),
    ('past.ann', 'GET', '/p/docs/1', 1, null, 'permit past.reader:read'),
    ('past.ann', 'PUT', '/p/docs/1', 1, null, 'deny'),
    ('past.bob', 'GET', '/p/docs/1', 1.99, null, 'deny'),
    ('past.bob', 'GET', '/p/docs/1', 2, null, 'permit past.reader:read'),
    ('past.bob', 'PUT', '/p/docs/1', 2, null, 'deny'),
    ('past.bob', 'PUT', '/p/docs/1', 2, '10.1.1.1', 'permit past.boss:write'),
    ('past.bob', 'PUT', '/p/docs/1', 2, '192.0.2.1', 'deny'),
    ('past.bob', 'PUT', '/p/docs/1', 3, '10.1.1.1', 'deny'),
    ('past.bob', 'PUT', '/p/docs/1', 3, '192.0.2.1',
     'permit past.boss:write'),
    ('past.ann', 'GET', '/p/docs/1', 2.99, null, 'permit past.reader:read'),
    ('past.ann', 'GET', '/p/docs/1', 3, null, 'sign_in'),
    ('past.ann', 'GET', '/p/docs/1', 4, null, 'deny'),
    ('past.ann', 'GET', '/p/docs/1', 4.5, null, 'permit past.reader:read'),
    ('past.ann', 'GET', '/p/docs/1', 4.75, null, 'deny'),
    ('past.bob', 'GET', '/p/docs/1', 5, null, 'deny'),
    ('past.bob', 'PUT', '/q/docs/1', 5, '192.0.2.1',
     'permit past.chief:write'),
    ('past.bob', 'GET', '/q/docs/1', 5, null, 'permit past.reader:read'),
    ('past.bob', 'GET', '/q/docs/1', 6, null, 'deny'),
    ('past.ann', 'GET', '/q/docs/1', 8, null, 'deny')
) q (account, method, path, hour, client, verdict);
select throws_ok(
    format($$select * from gatehouse.explain('past.bob', '', 'GET', '/',
             p_at => %L)$$, pg_temp.at(h)), 'GH001', null,
    'nobody_is_asked_about_who_was_not_there')
from unnest(array[0, 7]) h;

-- In words.
select matches((select e.note
                from gatehouse.explain(
                    'past.bob', 'past.example', n.method, '/p/docs/1',
                    p_at => pg_temp.at(n.hour)) e
                where e.step = n.step), n.words, n.words)
from (values
    (2, 'PUT', 1, 'place \(10.0.0.0/8\) asks for what is not known'),
    (3, 'PUT', 1, 'place \(192.0.2.0/24\) asks for what is not known'),
    (3, 'PUT', 2, 'roles that past.bob has then'),
    (3, 'PUT', 6, 'version 1000003 of .*, by root; the next one is of ')
) n (hour, method, step, words);
select is((select note from gatehouse.explain(null, '', 'GET', '/',
               p_at => '2000-01-01') where step = 3), 'there was no policy yet',
          'before_everything');

-- Who could.
select results_eq(
    format($$select account, can, role, through, permission, condition,
                    granted_by, reason, permitted_by, permitted_reason
             from gatehouse.who_can('past.example', %L, %L, %L, %L)$$,
           q.method, q.path, pg_temp.at(q.hour), q.client),
    q.rows, q.what)
from (values
    ('who_could_read', 'GET', '/p/docs/1', 2, null,
     $$values ('past.ann', true, 'past.reader', null, 'read', null::text,
               'eve', 'ticket 1', 'root', 'all read'),
              ('past.bob', true, 'past.boss', 'past.reader', 'read', null,
               'mallory', 'ticket 2', 'root', 'all read')$$),
    ('who_was_away_could_not', 'GET', '/p/docs/1', 3, null,
     $$values ('past.bob', true, 'past.boss', 'past.reader', 'read',
               null::text, 'mallory', 'ticket 2', 'root', 'all read')$$),
    ('nobody_knows_from_where', 'PUT', '/p/docs/1', 3, null,
     $$values ('past.bob', null::boolean, 'past.boss', null::text, 'write',
               'past_place (192.0.2.0/24)', 'mallory', 'ticket 2', 'root',
               '')$$),
    ('not_from_there', 'PUT', '/p/docs/1', 3, '10.1.1.1',
     $$values ('past.bob', false, 'past.boss', null::text, 'write',
               'past_place (192.0.2.0/24)', 'mallory', 'ticket 2', 'root',
               '')$$),
    ('from_there', 'PUT', '/p/docs/1', 2, '10.1.1.1',
     $$values ('past.bob', true, 'past.boss', null::text, 'write',
               'past_place (10.0.0.0/8)', 'mallory', 'ticket 2', 'root',
               '')$$)
) q (what, method, path, hour, client, rows);
select is_empty(
    format($$select from gatehouse.who_can('past.example', 'GET', '/p/docs/1',
             %L)$$, pg_temp.at(5)), 'nobody_where_nothing_is_mounted');
select results_eq(
    format($$select since, until from gatehouse.who_can('past.example', 'GET',
             '/p/docs/1', %L) where account = 'past.ann'$$, pg_temp.at(4.6)),
    format('values (%L::timestamptz, %L::timestamptz)', pg_temp.at(4.5),
           pg_temp.at(4.75)), 'since_when_and_until_when');

-- What somebody could.
select results_eq(
    format($$select application, host, path, methods, can, role, through,
                    permission, granted_by
             from gatehouse.what_can('past.bob', %L)
             where application = 'past'$$, pg_temp.at(3)),
    $$values ('past', 'past.example', '/p/docs/*', 'PUT', null::boolean,
              'past.boss', null, 'write', 'mallory'),
             ('past', 'past.example', '/p/docs/**', 'GET', true, 'past.boss',
              'past.reader', 'read', 'mallory')$$,
    'what_an_account_could');
select is_empty(
    format($$select from gatehouse.what_can('past.ann', %L)
             where application = 'past'$$, pg_temp.at(3)),
    'who_was_away_could_nothing');

-- Now, and a request of the records: then and now.
select gatehouse.application_add('past2', '', '/past2/',
                                 '{http://localhost:1}', null, 'open',
                                 'root');
select gatehouse.permission_add('past2', 'all', '/**', '{*}', 'root');
select gatehouse.role_grant_permission(r.role, 'past2', 'all', null, null,
                                       'why not', 'root')
from unnest(array['past.reader', 'authenticated', 'anonymous']) r (role);
select pg_temp.commit('9 everybody');
select results_eq(
    $$select account, can, role, granted_by
      from gatehouse.who_can('any.example', 'GET', '/past2/x')$$,
    $$values ('(everybody)', true, 'anonymous', null::text),
             ('(whoever is signed in)', true, 'authenticated', null)$$,
    'what_everybody_may_is_one_row');
insert into gatehouse_audit.access (at, account_id, client, application,
    method, resource, status, exchange, node, grant_id)
select pg_temp.at(9), a.account_id, '192.0.2.9', 'past2', 'GET', '/past2/x',
       200, '00000000-0000-0000-0000-00000000a001', 'n', (
           select min(grant_id) from gatehouse_data.role_permission g
           join gatehouse_data.role r using (role_id)
           where r.name = 'authenticated')
from gatehouse_data.account a where a.name = 'past.ann';
insert into gatehouse_audit.access (at, client, application, method, resource,
    status, reason, exchange, node)
values (pg_temp.at(0.5), '192.0.2.9', null, 'GET', '/past2/x', 404,
        'not mounted', '00000000-0000-0000-0000-00000000a002', 'n');
select gatehouse.role_revoke_permission('authenticated', 'past2', 'all', '',
                                        'root'),
       gatehouse.role_revoke_permission('anonymous', 'past2', 'all', '',
                                        'root');
select pg_temp.commit('10 readers only');
select results_eq(
    $$select decided, account, verdict, permission, role, granted_by, reason,
             permission_grant is null
      from gatehouse.explain_exchange(
          '00000000-0000-0000-0000-00000000a001')$$,
    $$values ('recorded', 'past.ann', 'permit', 'all', 'authenticated',
              'root', 'why not', false),
             ('then', 'past.ann', 'permit', 'all', 'authenticated', 'root',
              'why not', false),
             ('now', 'past.ann', 'deny', null, null, null, null, true)$$,
    'what_decided_then_and_would_now');
select results_eq(
    $$select decided, verdict, note
      from gatehouse.explain_exchange(
          '00000000-0000-0000-0000-00000000a002')$$,
    $$values ('recorded', null, 'status 404: not mounted'),
             ('then', 'deny', 'no application is mounted there'),
             ('now', 'deny', 'no application is mounted there')$$,
    'of_a_refusal');

-- A record has the end of the answer; who asked was judged when it came.
insert into gatehouse_audit.access (at, account_id, client, application,
    method, resource, status, exchange, node, ms)
select pg_temp.at(10.5), v.account_id, '192.0.2.9', 'past2', a.method,
       a.resource, 200, '00000000-0000-0000-0000-00000000a004', 'n', 3600000
from gatehouse_audit.access a
cross join lateral (
    select max(account_id) as account_id from gatehouse_data.account_version
    where name = 'past.ann'
) v
where a.exchange = '00000000-0000-0000-0000-00000000a001';
select results_eq(
    $$select decided, at, verdict
      from gatehouse.explain_exchange(
          '00000000-0000-0000-0000-00000000a004') where decided <> 'now'$$,
    $$values ('recorded', pg_temp.at(10.5), null),
             ('then', pg_temp.at(9.5), 'permit')$$,
    'a_long_answer_is_judged_by_its_beginning');

-- Clocks that jump: one version stamped far ahead hides none of the later
-- ones, one of a clock that was set back counts from its own instant.
savepoint jump;
update gatehouse_data.policy_version set at = pg_temp.at(100)
where version = 1000003;
select is(gatehouse_data.policy_before(pg_temp.at(c.hour)), c.before, c.what)
from (values
    (2.5, 1000003::bigint, 'before_a_clock_was_ahead'),
    (3.5, 1000003, 'what_it_stamped_is_not_there_at_once'),
    (4.5, 1000005, 'but_with_what_came_after_it'),
    (9.5, 1000010, 'and_so_on')) c (hour, before, what);
rollback to jump;
update gatehouse_data.policy_version set at = pg_temp.at(2.5)
where version = 1000004;
select is(gatehouse_data.policy_before(pg_temp.at(c.hour)), c.before, c.what)
from (values
    (2.2, 1000003::bigint, 'before_a_clock_was_set_back'),
    (2.7, 1000005, 'an_instant_that_came_twice_is_the_second'),
    (5.5, 1000006, 'afterwards_it_is_as_ever')) c (hour, before, what);
rollback to jump;

-- An id of a gateway holds its time, and says where its record is.
select is(gatehouse_data.exchange_made_at(u.id), u.made_at, u.what)
from (values
    ('017f22e2-79b0-7cc3-98c4-dc0c0c07398f'::uuid,
     '2022-02-22 14:22:22-05'::timestamptz, 'of_the_example_in_rfc_9562'),
    ('5c146b14-3c52-4afd-938a-375d0df1fbf6', null, 'of_a_random_id'))
    u (id, made_at, what);
select gatehouse_audit.partition_make(
    'access', gatehouse_data.exchange_made_at(
        '019e0000-0000-7000-8000-00000000b001'));
insert into gatehouse_audit.access (at, client, method, resource, status,
    exchange, node)
select gatehouse_data.exchange_made_at(e.id) + e.later, '192.0.2.9', 'GET',
       e.resource, 200, e.id, 'n'
from (values ('019e0000-0000-7000-8000-00000000b001'::uuid,
              interval '10 seconds', '/near'),
             ('019e0000-0000-7000-8000-00000000b001', interval '2 hours',
              '/not looked for'),
             ('019e0000-0000-7000-8000-00000000b002', interval '2 hours',
              '/later'),
             ('019e0000-0000-7000-8000-00000000b003', interval '3 days',
              '/far')) e (id, later, resource);
select results_eq(
    format($$select resource from gatehouse_data.exchange_records(%L)$$,
           '019e0000-0000-7000-8000-00000000b00' || e.n),
    array[e.resource], e.resource)
from (values (1, '/near'), (2, '/later'), (3, '/far')) e (n, resource);
select throws_ok($$select * from gatehouse.explain_exchange(
    '00000000-0000-0000-0000-00000000a003')$$, 'GH001', null,
    'of_an_exchange_that_never_was');
select throws_ok(format('select * from gatehouse.%s', c.call), c.state, null,
                 c.call)
from (values ('who_can('''', '''', ''/'')', 'GH003'),
             ('who_can('''', ''GET'', ''x'')', 'GH003'),
             ('who_can('''', ''GET'', ''/'', null, ''here'')', 'GH003'),
             ('what_can(''past.bob'')', 'GH001')) c (call, state);

-- The versions say what the tables do, of every relation that decides.
create function pg_temp.same(p_table regclass, p_relation text) returns bigint
language plpgsql as $$
declare
    v_count bigint;
begin
    execute format(
        'select count(*)
         from (select to_jsonb(t) as state from %s t) as n
         full join gatehouse_data.policy_rows(%L, 9223372036854775807)
             as v (state) on v.state = n.state
         where v.state is null or n.state is null', p_table, p_relation)
    into v_count;
    return v_count;
end
$$;
select is(pg_temp.same(('gatehouse_data.' || r)::regclass, r), 0::bigint,
          'the versions say what there is in ' || r)
from unnest(array['application', 'resource', 'permission', 'role',
                  'role_inheritance', 'account_role', 'role_permission',
                  'condition', 'condition_part']) r;
select results_eq(
    'select account_id, name, status from gatehouse_data.accounts_at(null)
     order by 1',
    $$select account_id, name, status
      from gatehouse_data.accounts_at('infinity') order by 1$$,
    'so_do_those_of_accounts');
truncate gatehouse_data.account_role;
select is_empty(
    $$select from gatehouse_data.account_roles_before(9223372036854775807)$$,
    'a_table_that_was_emptied_is_empty');

select * from finish();
rollback;
