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
insert into account values (666, 'mallory');
insert into migration values (666);
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
    ('access_records', $$select gatehouse.access_write(
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
