-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Which history of the database the sessions belong to. A server that takes
-- over, or a copy that is restored, begins another one, and may not have heard
-- of sessions that ended: see gatehouse.server_confirm.

create table gatehouse_data.server_state (
    is_only boolean not null default true,
    system_identifier bigint not null,
    timeline integer not null,
    confirmed_at timestamptz not null default clock_timestamp(),
    ended_version bigint not null default 0,
    failover text not null default 'end',
    constraint server_state_is_only_key primary key (is_only),
    constraint server_state_is_only_true check (is_only),
    constraint server_state_failover_known
        check (failover in ('end', 'keep'))
);
comment on table gatehouse_data.server_state is
'One row: the history of the database that its sessions were last confirmed
in.';
comment on column gatehouse_data.server_state.is_only is
'true; there is one row';
comment on column gatehouse_data.server_state.system_identifier is
'of the cluster; another one when a dump was loaded elsewhere';
comment on column gatehouse_data.server_state.timeline is
'of the cluster''s history; a standby that takes over and a restore to a point
in time begin another one';
comment on column gatehouse_data.server_state.confirmed_at is
'when a gateway first found this history';
comment on column gatehouse_data.server_state.ended_version is
'the version of the policy with which a failover last ended the sessions that
were begun with an older one; 0: never';
comment on column gatehouse_data.server_state.failover is
'what another timeline does to sessions: end, or keep, for who has a
synchronous standby, which has heard of each end';

alter table gatehouse_data.session
    drop constraint session_end_reason_known,
    add constraint session_end_reason_known
        check (end_reason in ('idle', 'absolute', 'logout', 'revoked',
                              'disabled', 'replaced', 'limit', 'reused',
                              'rights_changed', 'failover', 'moved'));
comment on column gatehouse_data.session.end_reason is
'idle, absolute, logout, revoked (by an administrator, or a new password),
disabled (the account is not active), replaced (the same browser signed in
again), limit (too many sessions), reused (a token came that had been
replaced), rights_changed (since it began), failover (another server took over
since then) or moved (it was used from elsewhere where it must not be)';

insert into gatehouse_data.server_state (system_identifier, timeline)
select
    c.system_identifier,
    ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))
        ::bit(32)::integer
from pg_control_system() c;

create function gatehouse_data.server_guard()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'GH004',
        message = 'which server was confirmed is not changed by hand',
        hint = 'sessions that ended could live again; only the column '
               'failover is for people';
end
$$;
comment on function gatehouse_data.server_guard() is
'Trigger: refuses changes by hand of which server was confirmed. SQLSTATE
GH004.';

create trigger server_state_stays
    before insert or delete
        or update of is_only, system_identifier, timeline, confirmed_at,
                     ended_version
    on gatehouse_data.server_state
    for each row
    when (coalesce(current_setting('gatehouse.act', true), '')
          not in ('server_confirm', 'database_restored'))
    execute function gatehouse_data.server_guard();
create trigger server_state_no_truncate
    before truncate on gatehouse_data.server_state
    for each statement execute function gatehouse_data.server_guard();
create trigger server_state_setting_by_hand
    after update on gatehouse_data.server_state
    for each row
    when (old.failover <> new.failover)
    execute function gatehouse_data.tell_change_by_hand();
comment on trigger server_state_stays on gatehouse_data.server_state is
'refuses changes by hand, but for the setting';
comment on trigger server_state_no_truncate on gatehouse_data.server_state is
'refuses TRUNCATE';
comment on trigger server_state_setting_by_hand
    on gatehouse_data.server_state is
'tells the audit trail of a changed setting';
alter table gatehouse_data.server_state
    enable always trigger server_state_stays,
    enable always trigger server_state_no_truncate,
    enable always trigger server_state_setting_by_hand;

insert into gatehouse_audit.event_type (name, level, is_for_gateway, meaning)
values
('database_failover', 'WARN', false,
 'another server of the database took over, which may have lost what was last');
