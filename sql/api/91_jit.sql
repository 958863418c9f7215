-- SPDX-License-Identifier: Apache-2.0
--
-- No function of the interface is worth a compiler. Each finds a few rows, most
-- of them for a request that waits; but of tables that hold one row and are
-- never analysed, and of functions that give none, PostgreSQL expects hundreds,
-- and what looks dear to it is compiled anew at each call: 50 ms for a
-- session_find of 0.1 ms.

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
