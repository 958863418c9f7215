-- SPDX-License-Identifier: Apache-2.0
--
-- Failover: whether the database still has the history in which its sessions
-- were confirmed, and what follows when it has not. Gateways confirm with each
-- look at the change feed; session_find compares the timeline itself.

-- Without a search_path of its own, so that it becomes part of the query.
create or replace function gatehouse_data.timeline_now()
returns integer
language sql
-- What it calls is volatile, too: so it is copied into the query that asks.
volatile
return case
    when pg_is_in_recovery() then null
    -- pg_control has the old one until the first checkpoint.
    else ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))
             ::bit(32)::integer
end;
comment on function gatehouse_data.timeline_now() is
'The timeline that this server writes. Null on a standby, which has none of its
own, and hears late of what ends.';

create or replace function gatehouse_data.server_now()
returns table (
    system_identifier bigint,
    timeline integer
)
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
    select c.system_identifier, gatehouse_data.timeline_now()
    from pg_control_system() c;
end;
comment on function gatehouse_data.server_now() is
'The history that this server writes. It reads a file: not for each session.';

create or replace function gatehouse_data.server_is_confirmed()
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select
        from gatehouse_data.server_state s
        join pg_control_system() c
            on c.system_identifier = s.system_identifier
        where s.timeline = gatehouse_data.timeline_now()
    );
end
$$;
comment on function gatehouse_data.server_is_confirmed() is
'Whether sessions that seem live were looked through since this server took
over.';

create or replace function gatehouse_data.policy_leap(p_ends_sessions boolean)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_version bigint;
begin
    update gatehouse_data.policy_state s
    set version = s.version + 1000000,
        changed_at = clock_timestamp(),
        transaction = pg_current_xact_id(),
        rights_version = case when p_ends_sessions then s.version + 1000000
                              else s.rights_version end,
        rights_at = case when p_ends_sessions then clock_timestamp()
                         else s.rights_at end
    returning s.version into v_version;
    perform pg_notify('gatehouse_policy', v_version::text);
    return v_version;
end
$$;
comment on function gatehouse_data.policy_leap(boolean) is
'Raises the policy''s version far beyond those that were lost, which must not
come again with other contents; and, if so wanted, ends by it all sessions that
were begun with an older one. Gives the new version.';

create or replace function gatehouse_data.server_note(p_ended_version bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into gatehouse_data.server_state as s (
        system_identifier, timeline, ended_version
    )
    select n.system_identifier, n.timeline, coalesce(p_ended_version, 0)
    from gatehouse_data.server_now() n
    on conflict (is_only) do update
    set system_identifier = excluded.system_identifier,
        timeline = excluded.timeline,
        confirmed_at = excluded.confirmed_at,
        ended_version = coalesce(p_ended_version, s.ended_version);
end
$$;
comment on function gatehouse_data.server_note(bigint) is
'This server is the one that counts from now on. p_ended_version: the version
of the policy that ended sessions; null: none did.';

create function gatehouse.server_confirm()
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before gatehouse_data.server_state;
    v_last gatehouse_audit.event;
    v_is_kept boolean;
    v_version bigint;
begin
    if pg_is_in_recovery() then
        return 'standby';
    elsif gatehouse_data.server_is_confirmed() then
        return 'confirmed';
    end if;
    -- Of several gateways the first one does it.
    perform
    from gatehouse_data.lock l
    where l.name = 'server_confirm'
    for update;
    if gatehouse_data.server_is_confirmed() then
        return 'confirmed';
    end if;

    perform gatehouse_data.act('server_confirm', session_user::text);
    select s.*
    into v_before
    from gatehouse_data.server_state s
    for update;
    select e.*
    into v_last
    from gatehouse_audit.event e
    order by e.at desc, e.event_id desc
    limit 1;
    -- Another cluster is no standby of this one, whoever promised what.
    select coalesce(
        v_before.failover = 'keep'
        and v_before.system_identifier = n.system_identifier, false)
    into v_is_kept
    from gatehouse_data.server_now() n;
    if not v_is_kept then
        v_version := gatehouse_data.policy_leap(true);
    end if;
    perform gatehouse_data.server_note(v_version);

    perform gatehouse_audit.append(
        p_event => 'database_failover',
        p_outcome => 'success',
        p_actor => session_user::text,
        p_reason => case when v_is_kept then 'sessions_kept'
                         else 'sessions_ended' end,
        p_detail => (
            select jsonb_build_object(
                'timeline_before', v_before.timeline,
                'timeline', n.timeline,
                'system_before', v_before.system_identifier::text,
                'system', n.system_identifier::text,
                'last_event_at', v_last.at,
                'last_event_id', v_last.event_id,
                'policy_version', v_version)
            from gatehouse_data.server_now() n
        )
    );
    perform gatehouse_data.act('');
    return case when v_is_kept then 'kept' else 'ended' end;
end
$$;
comment on function gatehouse.server_confirm() is
'Gateway, with each follow: when this server writes another history than the
one that sessions were confirmed in, because a standby took over or a copy was
restored, ends all sessions, marks that in the audit trail (database_failover)
and confirms this one. One row changes, whatever the number of sessions;
gatehouse.maintain marks them. Where server_state.failover is keep and the
cluster is the same, sessions stay. Gives confirmed, ended, kept, or standby,
where nothing can be confirmed.';
