-- SPDX-License-Identifier: Apache-2.0
--
-- What the planner is told, because it guesses badly. Of a table that holds one
-- row and is never analysed, and of a function that gives none, it expects
-- hundreds.

-- Autovacuum analyses a table after fifty changes. These have a row each: with
-- more expected of them, plans that are kept look dear, and statements are
-- planned anew each time.
analyze gatehouse_data.change_state, gatehouse_data.policy_state,
    gatehouse_data.rights_sweep, gatehouse_data.server_state;

-- No function of the interface is worth a compiler. Each finds a few rows, most
-- of them for a request that waits; but what looks dear to the planner is
-- compiled anew at each call: 50 ms for a session_find of 0.1 ms.

do $jit$
declare
    v_function record;
begin
    for v_function in
        select p.oid::regprocedure as name
        from pg_catalog.pg_proc p
        where p.pronamespace = 'gatehouse'::regnamespace
        order by 1
    loop
        execute format('alter function %s set jit = off', v_function.name);
    end loop;
end
$jit$;
