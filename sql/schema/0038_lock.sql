-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What one transaction at a time may do is locked by a row that only the owner
-- can lock. Advisory locks have no owner: whoever may connect to the database
-- could hold one, and with it the upkeep, what follows a failover, and the
-- events that wait for a partition.

create table gatehouse_data.lock (
    name text not null,
    constraint lock_name_key primary key (name),
    constraint lock_name_known
        check (name in ('maintain', 'partition', 'server_confirm'))
);
comment on table gatehouse_data.lock is
'What one transaction at a time may do, one row each, which is locked by it and
never changes.';
comment on column gatehouse_data.lock.name is
'maintain: the upkeep; partition: making a partition of the trail;
server_confirm: what follows a failover';
insert into gatehouse_data.lock (name)
values ('maintain'), ('partition'), ('server_confirm');

create function gatehouse_data.lock_guard()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'GH004',
        message = 'the rows that are locked stay as they are',
        hint = 'without them there would be no upkeep';
end
$$;
comment on function gatehouse_data.lock_guard() is
'Trigger: refuses changes of the rows that are locked. SQLSTATE GH004.';

create trigger lock_stays
    before update or delete on gatehouse_data.lock
    for each row execute function gatehouse_data.lock_guard();
create trigger lock_no_truncate
    before truncate on gatehouse_data.lock
    for each statement execute function gatehouse_data.lock_guard();
comment on trigger lock_stays on gatehouse_data.lock is
'refuses UPDATE and DELETE';
comment on trigger lock_no_truncate on gatehouse_data.lock is
'refuses TRUNCATE';
alter table gatehouse_data.lock
    enable always trigger lock_stays,
    enable always trigger lock_no_truncate;

-- As in 0002, but for the lock.
create or replace function gatehouse_audit.partition_make(
    p_table text,
    p_at timestamptz
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := gatehouse_audit.partition_name(p_table, p_at);
    v_month constant timestamp := date_trunc('month', p_at at time zone 'UTC');
    v_from constant timestamptz := v_month at time zone 'UTC';
    v_until constant timestamptz :=
        (v_month + interval '1 month') at time zone 'UTC';
begin
    if p_table not in ('event', 'access') then
        raise exception using
            errcode = 'GH003',
            message = 'only event and access have partitions';
    end if;

    -- One at a time; whoever waited finds it made. (to_regclass might not:
    -- waiting for a row does not refresh what it remembers.)
    perform
    from gatehouse_data.lock l
    where l.name = 'partition'
    for update;
    if exists (
        select
        from pg_class c
        where c.relname = v_name
          and c.relnamespace = 'gatehouse_audit'::regnamespace
    ) then
        return false;
    end if;

    execute format(
        'create table gatehouse_audit.%I (like gatehouse_audit.%I '
        'including defaults including constraints including comments)',
        v_name, p_table);
    execute format('comment on table gatehouse_audit.%I is %L', v_name,
                   format('Partition of gatehouse_audit.%s: %s (UTC).',
                          p_table, to_char(v_month, 'YYYY-MM')));
    execute format('revoke update, delete, truncate on gatehouse_audit.%I '
                   'from %I', v_name, current_user);
    execute format(
        'create trigger %I before truncate on gatehouse_audit.%I '
        'for each statement execute function gatehouse_audit.refuse_change()',
        p_table || '_no_truncate', v_name);
    execute format('alter table gatehouse_audit.%I '
                   'enable always trigger %I',
                   v_name, p_table || '_no_truncate');
    execute format(
        'alter table gatehouse_audit.%I attach partition gatehouse_audit.%I '
        'for values from (%L) to (%L)', p_table, v_name, v_from, v_until);
    return true;
end
$$;
