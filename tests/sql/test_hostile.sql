-- SPDX-License-Identifier: Apache-2.0
--
-- A caller who prepares the ground: temporary tables of the same names,
-- functions and operators of the same names in a schema that is searched
-- first. Every function has to work as if nothing were there.

begin;

create schema trap;
grant usage on schema trap to public;
create function trap.fired() returns void language plpgsql as $$
begin raise exception 'the trap was fallen into' using errcode = 'P0666';
end $$;
create function trap.clock_timestamp() returns timestamptz
language plpgsql as $$ begin perform trap.fired(); return now(); end $$;
create function trap.octet_length(bytea) returns integer
language plpgsql as $$ begin perform trap.fired(); return 32; end $$;
create function trap.left(text, integer) returns text
language plpgsql as $$ begin perform trap.fired(); return $1; end $$;
create function trap.equal(text, text) returns boolean
language plpgsql as $$ begin perform trap.fired(); return true; end $$;
create function trap.equal(bytea, bytea) returns boolean
language plpgsql as $$ begin perform trap.fired(); return true; end $$;
create function trap.equal(bigint, bigint) returns boolean
language plpgsql as $$ begin perform trap.fired(); return true; end $$;
create operator trap.= (function = trap.equal, leftarg = text,
                        rightarg = text);
create operator trap.= (function = trap.equal, leftarg = bytea,
                        rightarg = bytea);
create operator trap.= (function = trap.equal, leftarg = bigint,
                        rightarg = bigint);

create temporary table account (account_id bigint, name text);
create temporary table session (session_id bigint);
create temporary table event (event text);
create temporary table throttle (kind text);
create temporary table migration (version integer);
create temporary table role (role_id bigint, name text);
create temporary table application (application_id bigint, name text);
create temporary table policy_state (version bigint);
create temporary table policy_version (relation text);
insert into account values (666, 'mallory');
insert into migration values (666);
insert into role values (666, 'mallory');
insert into policy_state values (666);
create temporary view pg_class as select 1 as oid;

set local search_path = tap, public;

select no_plan();

-- Runs statements on the prepared ground; what they are tested with is not.
create function pg_temp.under(variadic p_statements text[]) returns text
language plpgsql
set search_path = pg_catalog
as $$
declare
    v_statement text;
    v_result text;
begin
    foreach v_statement in array p_statements loop
        perform set_config('search_path', 'pg_temp, trap, gatehouse_data, '
                           'gatehouse_audit, pg_catalog', true);
        begin
            execute v_statement into v_result;
        exception when others then
            v_result := sqlstate;
        end;
        perform set_config('search_path', 'pg_catalog', true);
        exit when v_result ~ '^[0-9A-Z]{5}$';
    end loop;
    return coalesce(v_result, 'null');
end
$$;

-- The traps are armed: what is not pinned falls into them.
create function trap.naive() returns bigint language sql as
'select account_id from account where name operator(pg_catalog.=) ''mallory''';
select is(pg_temp.under('select trap.naive()'), '666',
          'an_unpinned_function_is_fooled_by_a_table');
select is(pg_temp.under($$select 'a'::text = 'a'::text$$), 'P0666',
          'and_by_an_operator');

select is(pg_temp.under(
    $$select gatehouse.account_add('alice', 'A', 'a@b', 'r') > 0$$), 'true',
    'adding_an_account');
select is(pg_temp.under(format(
    $$select gatehouse.account_password('alice', '$argon2id$x', 'k1', %L,
      'r')$$, test.key('m'))), '1', 'a_password');
select is(pg_temp.under(format(
    $$select is_allowed from gatehouse.sign_in_reserve(%L, %L, %L,
      case when %3$L is not null then pg_catalog.now() end,
      '192.0.2.1', array[%L, %L]::bytea[])$$, a.name, test.key(a.name),
    a.device, test.key('s1'), test.key('s2'))), 'true',
    'a_reservation_of_' || a.name)
from (values ('alice', null), ('alice', test.key('d')), ('nobody', null))
    a (name, device);
select is(pg_temp.under(format(
    $$select session_id > 0 from gatehouse.sign_in_succeed(%s, 1, %L, %L,
      array[%L]::bytea[], %L, %L, %L, %L, '192.0.2.1', 'B', 'e', null, 'n',
      '30 min', '12 h', 1)$$, gatehouse.account_id_of('alice'),
    test.key('alice'), test.key('d'), test.key('s1'), test.key('t' || n),
    test.ref('t' || n), test.key('b'), test.key('none'))), 'true',
    'a_sign_in')
from generate_series(1, 2) n;
select is(pg_temp.under(format(
    $$select gatehouse.sign_in_fail(%L, null, %L, true, null, null, null,
      null, 'n')$$, test.key('nobody'), r)), '', 'a_failure_' || r)
from unnest(array['wrong', 'throttled', 'source', 'closed']) r;
select is(pg_temp.under(format(
    $$select state from gatehouse.session_find(%L)$$, test.key('t2'))),
    'live', 'finding');
select is(pg_temp.under(
    $$select gatehouse.session_seen(array[1, 2]::bigint[],
      array[pg_catalog.now(), pg_catalog.now()])$$), '0', 'activity');
select is(pg_temp.under(format(
    $$select gatehouse.session_dead_use(%L, null, null, null, null, null)$$,
    test.key('t1'))), 'limit', 'a_use_after_the_end');
select is(pg_temp.under(format(
    $$select was_live from gatehouse.session_end(%L, 'logout', null, null,
      null, null, null)$$, test.key('t2'))), 'true', 'an_end');
select is(pg_temp.under(s.statement), s.result, s.what)
from (values
    ('the_sweep', $$select sessions_ended from gatehouse.maintain('n')$$,
     '0'),
    ('a_list', $$select name from gatehouse.account_list()$$, 'alice'),
    ('one', $$select name from gatehouse.account_show('alice')$$, 'alice'),
    ('sessions', $$select state from gatehouse.session_list('alice')$$,
     'logout'),
    ('a_change', $$select gatehouse.account_change('alice', 'B', 'b@c', 'r')
     $$, ''),
    ('locking', $$select gatehouse.account_lock('alice', 'x', 'r')$$, '0'),
    ('unlocking', $$select gatehouse.account_unlock('alice', 'r')$$, ''),
    ('disabling', $$select gatehouse.account_disable('alice', 'x', 'r')$$,
     '0'),
    ('enabling', $$select gatehouse.account_enable('alice', 'r')$$, ''),
    ('ending_all', $$select gatehouse.sessions_end('alice', 'r')$$, '0'),
    ('a_change_by_hand', $$update gatehouse_data.account set email = 'x@y'
     returning email$$, 'x@y'),
    ('an_event', $$select gatehouse.event_write('authz_fail', 'denied', null,
     null, null, null, null, null, null, null, null, null, null, null, null)
     $$, ''),
    ('access_records', $$select n_written from gatehouse.access_write(
     array[pg_catalog.now()], array[1], array[null]::bytea[],
     array[null]::inet[], array['a'], array['G'], array['/'], array[1],
     array['r'], array['e'], array[null]::uuid[], array['n'], array[1],
     array[1], array[1])$$, '1'),
    ('hello', $$select schema_version operator(pg_catalog.<) 666
     from gatehouse.gateway_hello('n', '1')$$, 'true'),
    ('views', $$select pg_catalog.count(*) operator(pg_catalog.>) 0
     from gatehouse_report.events$$, 'true'),
    ('more_views', $$select pg_catalog.count(*)
     from gatehouse_report.signed_in$$, '0'),
    ('an_application', $$select gatehouse.application_add('app', '', '/app/',
     array['http://a'], 'forward', 'open', 'r')
     operator(pg_catalog.>) 0$$, 'true'),
    ('its_change', $$select gatehouse.application_change('app', null, null,
     null, null, null, 1, 1, null, null, null, null, 'x', 'r')$$, ''),
    ('a_zone', $$select gatehouse.zone_change('open', 'r', 'on')$$, ''),
    ('zones', $$select strict from gatehouse.zone_list()$$, 'on'),
    ('a_permission', $$select gatehouse.permission_add('app', 'read', '/**',
     array['GET'], 'r') operator(pg_catalog.>) 0$$, 'true'),
    ('a_role', $$select gatehouse.role_add('user', '', false, 'r')
     operator(pg_catalog.<>) 666$$, 'true'),
    ('another_role', $$select gatehouse.role_add('boss', '', false, 'r')
     operator(pg_catalog.<>) 666$$, 'true'),
    ('inheriting', $$select gatehouse.role_inherit('boss', 'user', '', 'r')
     operator(pg_catalog.>) 0$$, 'true'),
    ('giving_a_role', $$select gatehouse.role_grant_account('boss', 'alice',
     null, null, '', 'r') operator(pg_catalog.>) 0$$, 'true'),
    ('giving_a_permission', $$select gatehouse.role_grant_permission('user',
     'app', 'read', null, null, '', 'r') operator(pg_catalog.>) 0$$, 'true'),
    ('the_version', $$select version operator(pg_catalog.<) 666
     from gatehouse.policy_state()$$, 'true'),
    ('applications', $$select name from gatehouse.policy_applications()$$,
     'app'),
    ('roles', $$select name from gatehouse.policy_roles()$$, 'anonymous'),
    ('inheritance', $$select pg_catalog.count(*)
     from gatehouse.policy_inheritance()$$, '1'),
    ('grants', $$select permission from gatehouse.policy_grants()$$, 'read'),
    ('what_is_no_activity', $$select pg_catalog.count(*)
     from gatehouse.policy_ignored()$$, '0'),
    ('an_explanation', $$select verdict from gatehouse.explain('alice', '',
     'GET', '/app/')$$, 'permit'),
    ('what_is_permitted', $$select role from gatehouse.policy_show()$$,
     'user'),
    ('findings', $$select pg_catalog.count(*) operator(pg_catalog.>) 0
     from gatehouse.policy_check()$$, 'true'),
    ('lists', $$select name from gatehouse.application_list()$$, 'app'),
    ('one_of_them', $$select zone from gatehouse.application_show('app')$$,
     'open'),
    ('permissions', $$select roles from gatehouse.permission_list('app')$$,
     'user'),
    ('all_roles', $$select kind from gatehouse.role_list()$$,
     'administrative'),
    ('members', $$select how from gatehouse.role_members('user')$$,
     'through boss'),
    ('the_trail', $$select event from gatehouse.audit_search(null, null, null,
     null, null, null, null, 1)$$, 'authz_change'),
    ('its_end', $$select event from gatehouse.audit_tail(1)$$,
     'sensitive_read'),
    ('taking_a_permission', $$select gatehouse.role_revoke_permission('user',
     'app', 'read', '', 'r')$$, ''),
    ('taking_a_role', $$select gatehouse.role_revoke_account('boss', 'alice',
     '', 'r')$$, ''),
    ('disinheriting', $$select gatehouse.role_disinherit('boss', 'user', '',
     'r')$$, ''),
    ('removing_a_role', $$select gatehouse.role_remove('user', '', 'r')$$,
     ''),
    ('removing_a_permission', $$select gatehouse.permission_remove('app',
     'read', '', 'r')$$, ''),
    ('removing_an_application', $$select gatehouse.application_remove('app',
     '', 'r')$$, ''),
    ('who_is_here', $$select pg_catalog.count(*)
     from gatehouse.sessions_live()$$, '0'),
    ('a_restored_database', $$select gatehouse.database_restored('r')$$, '0'),
    ('a_report', $$select pg_catalog.count(*) operator(pg_catalog.>) 0
     from gatehouse_report.policy_history$$, 'true'),
    ('guards', $$delete from gatehouse_audit.event$$, 'GH004'),
    ('removing', $$select gatehouse.account_remove('alice', 'x', 'r')$$, '0')
) s (what, statement, result);
select is_empty('select from pg_temp.event',
                'nothing_was_written_to_the_traps');

-- Words from outside are only values.
select is((test.reserve(n)).account_id, null::bigint,
          'SQLI the name ' || quote_literal(n))
from unnest(array[
    ''' or ''1''=''1', '''; drop table gatehouse_data.account; --', 'alice%',
    'a_ice', '$$', E'\\', 'postgres', 'gatehouse_owner', 'ALICE',
    'alice ', '']) n;

select * from finish();
rollback;
