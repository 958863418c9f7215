-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Access records say which grant permitted the request, so that grants that
-- nobody uses can be found, and a use can be traced to who allowed it.

alter table gatehouse_audit.access add column grant_id bigint;
comment on column gatehouse_audit.access.grant_id is
'the grant of a permission to a role that permitted it; null: none did';
do $partitions$
declare
    v_partition regclass;
begin
    for v_partition in
        select i.inhrelid::regclass
        from pg_catalog.pg_inherits i
        where i.inhparent = 'gatehouse_audit.access'::regclass
    loop
        execute format('comment on column %s.grant_id is %L', v_partition,
                       'the grant of a permission to a role that permitted '
                       'it; null: none did');
    end loop;
end
$partitions$;
