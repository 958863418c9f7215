-- SPDX-License-Identifier: Apache-2.0
--
-- The trail: nothing in it changes, whoever tries; what the gateway may write;
-- access records; partitions that are made in time, or when it is late.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice');

-- Append-only, for a superuser and for the owner, on tables and partitions.
create temporary table trail as
select c.oid::regclass::text as name, c.relkind, c.relispartition
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p')
  and (n.nspname = 'gatehouse_audit' and c.relname <> 'event_type'
       or c.relname in ('account_version', 'credential_version',
                         'policy_version'));
grant select on trail to public;
select gatehouse.access_write(
    array[now()], array[1], array[test.ref('s')], array['192.0.2.1'::inet],
    array['app'], array['GET'], array['/app/'], array[200],
    array[null], array['public'], array[gen_random_uuid()], array['node1'],
    array[0], array[12], array[3]);
select throws_ok(format('%s %s', s.statement, t.name), 'GH004', null,
                 format('a superuser cannot %s %s', s.statement, t.name))
from trail t
cross join (values ('truncate')) s (statement)
order by t.name;
select throws_ok(s.statement, 'GH004', null,
                 'a superuser cannot: ' || s.statement)
from (values
    ('update gatehouse_audit.event set reason = null'),
    ('delete from gatehouse_audit.event'),
    ('update gatehouse_audit.access set status = 404'),
    ('delete from gatehouse_audit.access'),
    ('update gatehouse_data.account_version set status = ''active'''),
    ('delete from gatehouse_data.account_version'),
    ('update gatehouse_data.credential_version set scheme = ''x'''),
    ('delete from gatehouse_data.credential_version')
) s (statement);
select throws_ok(
    format('delete from gatehouse_audit.%I',
           gatehouse_audit.partition_name('event', now())), 'GH004', null,
    'nor_through_a_partition');
set local session_replication_role = replica;
select throws_ok('delete from gatehouse_audit.event', 'GH004', null,
                 'AUDIT-013 nor_in_a_replica_role');
select throws_ok('truncate gatehouse_audit.event', 'GH004', null,
                 'AUDIT-013 neither_all_at_once');
set local session_replication_role = origin;
set local role gatehouse_owner;
select throws_ok(format(s.statement, t.name), '42501', null,
                 'the owner cannot: ' || format(s.statement, t.name))
from trail t
cross join (values ('delete from %s'), ('truncate %s')) s (statement)
order by t.name, s.statement;
reset role;
select is_empty($$select * from gatehouse_report.guards where not is_on$$,
                'every_guard_is_on');
select is((select count(*) from gatehouse_report.guards
           where schema = 'gatehouse_audit'), 20::bigint,
          'two_on_each_table_and_partition_of_the_trail');
alter table gatehouse_audit.event disable trigger event_append_only;
select isnt_empty($$select from gatehouse_report.guards where not is_on$$,
                  'AUDIT-013 one_that_is_off_is_seen');
alter table gatehouse_audit.event enable always trigger event_append_only;

-- Events of the gateway.
select test.events();
create function pg_temp.write(p_event text,
    p_outcome text default 'denied', p_session bytea default null,
    p_resource text default '/x', p_detail jsonb default null) returns void
language sql as $$
select gatehouse.event_write(p_event, p_outcome, 1, 'alice', p_session,
    '192.0.2.1', 'app', p_resource, 'GET', 'rule', 'reason', 'public',
    gen_random_uuid(), 'node1', p_detail)
$$;
select lives_ok(format('select pg_temp.write(%L)', t.name),
                'the gateway writes ' || t.name)
from gatehouse_audit.event_type t where t.is_for_gateway order by t.name;
select throws_ok(format('select pg_temp.write(%L)', t.name), 'GH004', null,
                 'the gateway does not write ' || t.name)
from gatehouse_audit.event_type t where not t.is_for_gateway order by t.name;
select throws_ok(format('select pg_temp.write(%L)', n), 'GH004', null,
                 'nor an event that does not exist')
from unnest(array['made_up', '']) n;
select throws_ok($$select pg_temp.write('authz_fail', 'maybe')$$, 'GH003',
                 null, 'an_outcome_is_one_of_four');
select throws_ok($$select pg_temp.write('authz_fail', null)$$, 'GH003',
                 null, 'and_is_there');
select throws_ok($$select pg_temp.write('authz_fail', 'denied', '\x00')$$,
                 'GH003', null, 'a_reference_has_sixteen_bytes');
select lives_ok($$select pg_temp.write('authz_fail', 'denied', null,
    repeat('ä', 9000), jsonb_build_object('x', repeat('y', 20000)))$$,
    'what_is_too_long_is_still_an_event');
select results_eq(
    $$select char_length(resource), detail
      from test.event('authz_fail')$$,
    $$values (4096, '{"too_large": 20009}'::jsonb)$$, 'cut_to_its_bound');
select lives_ok(
    $$select pg_temp.write('malicious_sqli', 'denied', null,
      E'/\r\n; drop table gatehouse_audit.event; --')$$,
    'AUDIT-016 line_breaks_and_statements_are_only_text');
select is_empty(
    $$select from gatehouse_audit.event
      where at is null or event is null or database_user is null
         or transaction <> pg_current_xact_id()
            and transaction is null$$, 'AUDIT-019 nothing_is_missing');

-- Access records.
select is((gatehouse.access_write(
    array[now(), now() - interval '2 years', now() + interval '1 year',
          now() - interval '35 days'],
    array[1, null, 1, 1], array[test.ref('s'), null, null, null],
    array['192.0.2.1', '::1', null, null]::inet[],
    array['app', null, null, null], array['GET', null, null, null],
    array[repeat('/', 9000), null, null, null], array[200, 404, 0, 200],
    array[null, 'no_route', 'aborted', null],
    array['public', 'public', null, null],
    array[gen_random_uuid(), null, null, null],
    array['node1', 'node1', null, 'node2'], array[0, 1, 2, 3]::bigint[],
    array[0, 1, 2, 9000000000]::bigint[], array[1, 2, 3, 4])).n_written, 4,
    'a_batch_says_how_many');
select results_eq(
    $$select count(*), count(claimed_at),
             bool_and(at between now() - interval '36 days'
                      and now() + interval '1 hour')
      from gatehouse_audit.access$$,
    $$values (5::bigint, 2::bigint, true)$$,
    'a_time_that_cannot_be_is_kept_beside');
select throws_ok(
    $$select gatehouse.access_write(array[now(), now()], array[1],
      array[test.ref('s')], array[null]::inet[], array['a'], array['G'],
      array['/'], array[1], array['r'], array['e'], array[null]::uuid[],
      array['n'], array[1], array[1], array[1])$$, 'GH003', null,
    'arrays_have_one_length');
select throws_ok(
    $$select gatehouse.access_write(null, null, null, null, null, null, null,
      null, null, null, null, null, null, null, null)$$, 'GH003', null,
    'and_are_there');

-- PGX-009: a batch whose answer was lost comes again, perhaps with more.
create function pg_temp.again(p_before bigint, p_paths text[])
returns integer
language sql
as $$
select n_written
from gatehouse.access_write(
    array_fill(now(), array[cardinality(p_paths)]),
    array_fill(null::bigint, array[cardinality(p_paths)]),
    array_fill(null::bytea, array[cardinality(p_paths)]),
    array_fill(null::inet, array[cardinality(p_paths)]),
    array_fill('again'::text, array[cardinality(p_paths)]),
    array_fill('GET'::text, array[cardinality(p_paths)]), p_paths,
    array_fill(200, array[cardinality(p_paths)]),
    array_fill(null::text, array[cardinality(p_paths)]),
    array_fill('public'::text, array[cardinality(p_paths)]),
    array_fill(null::uuid, array[cardinality(p_paths)]),
    array_fill('node1'::text, array[cardinality(p_paths)]),
    array_fill(0::bigint, array[cardinality(p_paths)]),
    array_fill(0::bigint, array[cardinality(p_paths)]),
    array_fill(1, array[cardinality(p_paths)]),
    p_writer => '11111111-2222-3333-4444-555555555555',
    p_before => p_before)
$$;
select is(pg_temp.again(0, array['/a', '/b']), 2, 'a_batch_is_written');
select is(pg_temp.again(0, array['/a', '/b']), 0, 'and_not_twice');
select is(pg_temp.again(0, array['/a', '/b', '/c']), 1,
          'what_came_behind_it_is');
select is(pg_temp.again(3, array['/d']), 1, 'so_is_the_next_one');
select is(pg_temp.again(0, array['/a', '/b']), 0,
          'a_late_one_is_still_the_first');
select is(pg_temp.again(9, array['/e', '/f']), 2,
          'some_may_have_been_given_up_between');
select results_eq(
    $$select string_agg(resource, ' ' order by access_id)
      from gatehouse_audit.access
      where application = 'again'$$,
    $$values ('/a /b /c /d /e /f')$$, 'each_stands_there_once');
select throws_ok($$select pg_temp.again(null, array['/g'])$$, 'GH003', null,
                 'a_writer_counts');
select throws_ok($$select pg_temp.again(-1, array['/g'])$$, 'GH003', null,
                 'from_nothing_on');
update gatehouse_data.access_writer set n_written = 1000000;
select is((test.event('sensitive_update')).is_by_hand, true,
          'who_makes_records_disappear_is_told');
update gatehouse_data.access_writer
set written_at = clock_timestamp() - interval '8 days';
select lives_ok($$select gatehouse.maintain('node1')$$, 'upkeep');
select is_empty($$select from gatehouse_data.access_writer$$,
                'who_has_been_silent_for_a_week_is_forgotten');
select is(test.event('audit_partition') is null, false,
          'a_partition_that_was_missing_is_told');

-- Partitions.
select is(gatehouse_audit.partition_name('event', '2026-12-31 23:59:59+00'),
          'event_2026_12', 'months_are_of_utc');
select is(gatehouse_audit.partition_name('event', '2027-01-01 00:30:00+01'),
          'event_2026_12', 'whatever_the_zone');
set local timezone = 'Pacific/Kiritimati';
select is(gatehouse_audit.partition_make('event', '2031-03-15 00:00Z'), true,
          'a_partition_is_made');
select is(gatehouse_audit.partition_make('event', '2031-03-20 00:00Z'), false,
          'once');
set local timezone = 'UTC';
select is((select pg_get_expr(relpartbound, oid) from pg_class
           where relname = 'event_2031_03'),
          'FOR VALUES FROM (''2031-03-01 00:00:00+00'') TO '
          '(''2031-04-01 00:00:00+00'')', 'from_the_first_to_the_first');
select is((select count(*) from gatehouse_report.guards
           where relation = 'event_2031_03' and is_on), 2::bigint,
          'with_both_guards');
select throws_ok($$select gatehouse_audit.partition_make('session', now())$$,
                 'GH003', null, 'other_tables_have_none');
select is(gatehouse_audit.partitions_ahead('2032-01-31 12:00Z'), 8,
          'four_months_of_two_tables_are_made_ahead');
select is(gatehouse_audit.partitions_ahead('2032-02-01 12:00Z'), 2,
          'then_one_of_each_a_month');
select is((select count(*) from pg_inherits
           where inhparent = 'gatehouse_audit.event'::regclass), 10::bigint,
          'and_all_are_attached');

-- Nobody made this month's partition: an event makes it and says so.
do $$
begin
    execute format('alter table gatehouse_audit.event detach partition '
                   'gatehouse_audit.%1$I; alter table gatehouse_audit.%1$I '
                   'rename to lost',
                   gatehouse_audit.partition_name('event', now()));
end $$;
update test.mark set event_id = (select coalesce(max(event_id), 0)
                                 from gatehouse_audit.lost);
select lives_ok($$select pg_temp.write('authz_fail')$$,
                'an_event_makes_its_own_partition');
select is(test.events(), 'audit_partition(missing) authz_fail(reason)',
          'and_that_is_told');

-- What strangers can cause again and again is told 20 times a minute.
create function pg_temp.flood(p_times integer, p_source text)
returns void
language sql
as $$
select gatehouse.event_write('malicious_csrf', 'denied', null, null, null,
    '192.0.2.1', null, '/', 'POST', null, 'form', 'public',
    gen_random_uuid(), 'node1', null,
    array[test.key('narrow'), test.key(p_source)])
from generate_series(1, p_times)
$$;
create function pg_temp.told()
returns text
language sql
as $$
select count(*) || ' ' || coalesce(
    (array_agg(e.detail ->> 'repeats' order by e.event_id desc))[1], '-')
from gatehouse_audit.event e
where e.event = 'malicious_csrf'
$$;
select pg_temp.flood(20, 'a');
select is(pg_temp.told(), '20 -', 'twenty_of_a_minute_are_written');
select pg_temp.flood(500, 'a');
select is(pg_temp.told(), '20 -', 'the_others_are_counted');
select pg_temp.flood(1, 'b');
select is(pg_temp.told(), '21 -', 'another_network_is_told_all_the_same');
update gatehouse_data.event_repeat
set window_at = window_at - interval '1 minute';
select pg_temp.flood(1, 'a');
select is(pg_temp.told(), '22 500', 'the_next_row_has_their_number');
select pg_temp.flood(19, 'a');
select is(pg_temp.told(), '41 -', 'and_a_new_minute_has_begun');
select pg_temp.flood(1, 'a');
select is(pg_temp.told(), '41 -', 'with_as_many_rows_as_every_other');
update gatehouse_data.event_repeat
set window_at = window_at + interval '50 seconds';
select pg_temp.flood(1, 'a');
select is(pg_temp.told(), '41 -', 'a_minute_is_over_when_it_is');
update gatehouse_data.event_repeat
set window_at = window_at + interval '1 day';
select pg_temp.flood(1, 'a');
select is(pg_temp.told(), '42 2', 'or_by_a_clock_that_was_ahead');
select is((select count(*) from gatehouse_data.event_repeat), 2::bigint,
          'each_network_has_one_place');
select throws_ok($$select gatehouse.event_write('malicious_csrf', 'denied',
    null, null, null, null, null, null, null, null, null, null, null, null,
    null, array['x'::bytea])$$, 'GH003', null, 'a_key_has_32_bytes');

select * from finish();
rollback;
