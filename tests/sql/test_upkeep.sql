-- SPDX-License-Identifier: Apache-2.0
--
-- Upkeep and lists beside many sessions that have ended: nobody walks past
-- those to the few that have not.

begin;
set local search_path = tap, public;
-- So small a table would be read whole, for joins as well.
set local enable_seqscan = off;
set local enable_hashjoin = off;
set local enable_mergejoin = off;

select no_plan();

select test.account('alice');
select test.sign_in('alice', 'a');
insert into gatehouse_data.session (
    token_hash, reference, binding, account_id, created_at, authenticated_at,
    last_seen_at, idle, absolute, expires_at, ended_at, end_reason
)
select test.key('e' || n), test.ref('e' || n), test.key('x'), a.account_id,
       c.at, c.at, c.at, '1 hour', '12 hours',
       -- One half could have lived on.
       now() + case n % 2 when 0 then interval '1 hour'
                          else interval '-1 hour' end,
       c.at, 'logout'
from generate_series(1, 2000) n
cross join gatehouse_data.account a
cross join (values (now() - interval '2 hours')) c (at)
where a.name = 'alice';
analyze gatehouse_data.session;

-- How many rows of sessions a statement reads by an index.
create function pg_temp.reads(p_statement text)
returns bigint
language plpgsql
as $$
declare
    v_before bigint;
    v_after bigint;
begin
    select t.idx_tup_fetch into v_before
    from pg_stat_xact_all_tables t
    where t.relid = 'gatehouse_data.session'::regclass;
    execute p_statement;
    select t.idx_tup_fetch into v_after
    from pg_stat_xact_all_tables t
    where t.relid = 'gatehouse_data.session'::regclass;
    return v_after - v_before;
end
$$;
select cmp_ok(pg_temp.reads(s.statement), '<', 100::bigint,
              s.name || '_reads_what_is_open')
from (values
    ('the_upkeep', $$select gatehouse.maintain('node1')$$),
    ('the_list_of_a_person',
     $$select gatehouse.account_sessions(test.ref('a'))$$),
    ('the_list_of_sessions', 'select gatehouse.sessions_live()'),
    ('the_list_of_accounts', 'select gatehouse.account_list()'),
    ('an_account', $$select gatehouse.account_show('alice')$$),
    ('who_counts_what_a_change_ends',
     'update gatehouse_data.policy_state
      set version = version + 1, rights_version = version + 1;
      select gatehouse_data.rights_ends(version)
      from gatehouse_data.policy_state'),
    ('who_disables_somebody',
     $$select gatehouse.account_disable('alice', '', 'root')$$)
) as s (name, statement);

-- What ended a month ago still goes, the oldest first.
select test.age('e1', '31 days');
select is((select sessions_removed from gatehouse.maintain('node1')), 1,
          'what_ended_long_ago_is_removed');

select * from finish();
rollback;
