-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- The gateway looks for itself whether all guards are on: which there must be
-- (api/90_guard.sql has the list), and which were told of as off, so that each
-- change is told once.

create table gatehouse_data.guard (
    relation text not null,
    guard text not null,
    fingerprint bytea,
    constraint guard_relation_guard_key primary key (relation, guard),
    constraint guard_relation_length
        check (char_length(relation) between 3 and 127),
    constraint guard_guard_length check (char_length(guard) between 1 and 63),
    constraint guard_fingerprint_length
        check (octet_length(fingerprint) = 32)
);
comment on table gatehouse_data.guard is
'The triggers that there must be. Each migration writes the list anew.';
comment on column gatehouse_data.guard.relation is
'table with its schema; of a partitioned one, its partitions too';
comment on column gatehouse_data.guard.guard is 'name of the trigger';
comment on column gatehouse_data.guard.fingerprint is
'SHA-256 of its definition and of its function''s body at the last migration;
null: it has been missing since before the list had it';

create table gatehouse_data.guard_off (
    relation text not null,
    guard text not null,
    state text not null,
    since timestamptz not null default clock_timestamp(),
    constraint guard_off_relation_guard_key primary key (relation, guard),
    constraint guard_off_relation_length
        check (char_length(relation) between 3 and 127),
    constraint guard_off_guard_length
        check (char_length(guard) between 1 and 63),
    constraint guard_off_state_known
        check (state in ('off', 'missing', 'changed', 'foreign'))
);
comment on table gatehouse_data.guard_off is
'The guards that the audit trail was told of as off (sys_monitor_disabled), and
not yet as on again.';
comment on column gatehouse_data.guard_off.relation is
'table or partition, with its schema';
comment on column gatehouse_data.guard_off.guard is 'name of the trigger';
comment on column gatehouse_data.guard_off.state is
'what was found, as in gatehouse_report.guards';
comment on column gatehouse_data.guard_off.since is 'when that was found';

-- Somebody who strikes a guard from the list, or lets it be known as off
-- before it is, is told of like every other change by hand.

do $by_hand$
declare
    v_table text;
    v_when constant text := format(
        'when (current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''')',
        current_user);
begin
    foreach v_table in array array['guard', 'guard_off'] loop
        execute format(
            'create trigger %I after insert or update or delete '
            'on gatehouse_data.%I for each row %s '
            'execute function gatehouse_data.tell_change_by_hand()',
            v_table || '_by_hand', v_table, v_when);
        execute format(
            'create trigger %I after truncate on gatehouse_data.%I '
            'for each statement %s '
            'execute function gatehouse_data.tell_change_by_hand()',
            v_table || '_truncated_by_hand', v_table, v_when);
        execute format(
            'comment on trigger %I on gatehouse_data.%I is %L',
            v_table || '_by_hand', v_table,
            'tells the audit trail of changes made by hand');
        execute format(
            'comment on trigger %I on gatehouse_data.%I is %L',
            v_table || '_truncated_by_hand', v_table,
            'tells the audit trail that the table was emptied by hand');
        execute format(
            'alter table gatehouse_data.%1$I enable always trigger %2$I, '
            'enable always trigger %3$I',
            v_table, v_table || '_by_hand', v_table || '_truncated_by_hand');
    end loop;
end
$by_hand$;
