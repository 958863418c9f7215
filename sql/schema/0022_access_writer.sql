-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Who writes access records, and how many it has written: a batch whose answer
-- was lost is sent again, and what of it is there already is not written twice.

create table gatehouse_data.access_writer (
    writer uuid not null,
    n_written bigint not null default 0,
    written_at timestamptz not null default clock_timestamp(),
    constraint access_writer_writer_key primary key (writer),
    constraint access_writer_n_written_positive check (n_written >= 0)
);
comment on table gatehouse_data.access_writer is
'Workers of gateways that have written access records within the last week. All
of it may be deleted: then a batch whose answer was lost just now may be written
twice.';
comment on column gatehouse_data.access_writer.writer is
'random number of the worker, a new one at each start';
comment on column gatehouse_data.access_writer.n_written is
'how many access records it has written, or given up, one after the other';
comment on column gatehouse_data.access_writer.written_at is
'when it wrote the last time';

-- Whoever raises a number by hand makes records disappear that are yet to
-- come: that is told.

do $by_hand$
declare
    v_when constant text := format(
        'when (current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''')',
        current_user);
begin
    execute format(
        'create trigger access_writer_by_hand '
        'after insert or update or delete on gatehouse_data.access_writer '
        'for each row %s '
        'execute function gatehouse_data.tell_change_by_hand()', v_when);
    execute format(
        'create trigger access_writer_truncated_by_hand '
        'after truncate on gatehouse_data.access_writer '
        'for each statement %s '
        'execute function gatehouse_data.tell_change_by_hand()', v_when);
end
$by_hand$;
comment on trigger access_writer_by_hand on gatehouse_data.access_writer is
'tells the audit trail of changes made by hand';
comment on trigger access_writer_truncated_by_hand
    on gatehouse_data.access_writer is
'tells the audit trail that the table was emptied by hand';
alter table gatehouse_data.access_writer
    enable always trigger access_writer_by_hand,
    enable always trigger access_writer_truncated_by_hand;
