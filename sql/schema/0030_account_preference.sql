-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What people choose about Gatehouse's own pages. Who has chosen nothing has no
-- row. It outlives sessions, and goes with the account.

create table gatehouse_data.account_preference (
    account_id bigint not null,
    time_zone text,
    appearance text,
    warn_minutes smallint,
    written_at timestamptz not null default clock_timestamp(),
    constraint account_preference_account_id_key primary key (account_id),
    constraint account_preference_account_id_account
        foreign key (account_id)
        references gatehouse_data.account (account_id)
        on delete cascade,
    constraint account_preference_time_zone_length
        check (char_length(time_zone) between 1 and 64),
    constraint account_preference_appearance_known
        check (appearance in ('light', 'dark')),
    constraint account_preference_warn_minutes_known
        check (warn_minutes in (0, 2, 10)),
    constraint account_preference_something
        check (num_nonnulls(time_zone, appearance, warn_minutes) > 0)
);
comment on table gatehouse_data.account_preference is
'What people have chosen about Gatehouse''s own pages, one row for each who has.
It outlives sessions and goes with the account.';
comment on column gatehouse_data.account_preference.account_id is
'who has chosen';
comment on column gatehouse_data.account_preference.time_zone is
'by whose clocks times are shown; null: UTC';
comment on column gatehouse_data.account_preference.appearance is
'light or dark; null: as the device says';
comment on column gatehouse_data.account_preference.warn_minutes is
'how long before the end of a session its page warns of it; 0: it does not;
null: five';
comment on column gatehouse_data.account_preference.written_at is
'when it was last chosen';

-- Gateways remember the appearance with a session.
create trigger account_preference_change_note
    after insert or update or delete on gatehouse_data.account_preference
    for each row execute function gatehouse_data.change_note();
create trigger account_preference_truncate_note
    after truncate on gatehouse_data.account_preference
    for each statement execute function gatehouse_data.change_note();
comment on trigger account_preference_change_note
    on gatehouse_data.account_preference is
'a person has other preferences';
comment on trigger account_preference_truncate_note
    on gatehouse_data.account_preference is
'nobody has preferences any more';
alter table gatehouse_data.account_preference
    enable always trigger account_preference_change_note,
    enable always trigger account_preference_truncate_note;

do $by_hand$
declare
    v_when constant text := format(
        'when (current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''')',
        current_user);
begin
    execute format(
        'create trigger account_preference_by_hand '
        'after insert or update or delete '
        'on gatehouse_data.account_preference for each row %s '
        'execute function gatehouse_data.tell_change_by_hand()', v_when);
    execute format(
        'create trigger account_preference_truncated_by_hand '
        'after truncate on gatehouse_data.account_preference '
        'for each statement %s '
        'execute function gatehouse_data.tell_change_by_hand()', v_when);
end
$by_hand$;
comment on trigger account_preference_by_hand
    on gatehouse_data.account_preference is
'tells the audit trail of changes made by hand';
comment on trigger account_preference_truncated_by_hand
    on gatehouse_data.account_preference is
'tells the audit trail that the table was emptied by hand';
alter table gatehouse_data.account_preference
    enable always trigger account_preference_by_hand,
    enable always trigger account_preference_truncated_by_hand;
