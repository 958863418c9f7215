-- SPDX-License-Identifier: Apache-2.0
--
-- What people see and do about their own account, for the gateway: their live
-- sessions and what happened lately, ending sessions, a new password. Who
-- they are is said by the reference of the session they ask with, never by an
-- account's name or number: nothing here reaches another account, whatever a
-- form says.

create or replace function gatehouse_data.session_lives(
    p_session gatehouse_data.session,
    p_status text,
    p_now timestamptz
)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select j.state
        from gatehouse_data.session_judge(p_session, p_status, p_now) j
    ) = 'live';
end
$$;
comment on function gatehouse_data.session_lives(
    gatehouse_data.session, text, timestamptz
) is
'Whether a session is live at an instant.';

create or replace function gatehouse_data.session_own(
    p_session bytea,
    p_now timestamptz
)
returns gatehouse_data.session
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session gatehouse_data.session;
    v_status text;
begin
    if (octet_length(p_session) = 16) is not true then
        raise exception using
            errcode = 'GH003',
            message = 'a session reference has 16 bytes';
    end if;
    select s.*
    into v_session
    from gatehouse_data.session s
    where s.reference = p_session;
    select a.status
    into v_status
    from gatehouse_data.account a
    where a.account_id = v_session.account_id;
    if gatehouse_data.session_lives(v_session, v_status, p_now) then
        return v_session;
    end if;
    return null;
end
$$;
comment on function gatehouse_data.session_own(bytea, timestamptz) is
'The live session that somebody asks with; null: it is over. GH003 malformed.';

create or replace function gatehouse_data.session_end_own(
    p_session gatehouse_data.session,
    p_account text,
    p_cause text,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text;
    v_over_at timestamptz;
begin
    select j.state, j.over_at
    into v_state, v_over_at
    from gatehouse_data.session_judge(p_session, 'active', clock_timestamp())
         j;
    if p_session.ended_at is null then
        perform gatehouse_data.session_mark(
            p_session, p_account,
            case v_state when 'live' then 'revoked' else v_state end,
            v_over_at,
            case v_state when 'live' then p_cause end,
            p_client, p_user_agent, p_entry, p_exchange, p_node);
    end if;
    return v_state = 'live';
end
$$;
comment on function gatehouse_data.session_end_own(
    gatehouse_data.session, text, text, inet, text, text, uuid, text
) is
'Ends a session of an active account, whose rows the caller has locked, for the
person who asked, and says whether it was live; one that had run out unnoticed
is marked so.';

create function gatehouse.account_sessions(p_session bytea)
returns table (
    reference bytea,
    created_at timestamptz,
    last_seen_at timestamptz,
    client inet,
    user_agent text,
    created_offset integer,
    seen_offset integer
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant timestamptz := clock_timestamp();
    v_own constant gatehouse_data.session :=
        gatehouse_data.session_own(p_session, v_now);
    v_time_zone constant text := (
        select p.time_zone
        from gatehouse_data.account_preference p
        where p.account_id = v_own.account_id
    );
begin
    return query
    select
        s.reference, s.created_at, s.last_seen_at, s.client, s.user_agent,
        gatehouse_data.utc_offset(v_time_zone, s.created_at),
        gatehouse_data.utc_offset(v_time_zone, s.last_seen_at)
    from gatehouse_data.session s
    where s.account_id = v_own.account_id
      and s.ended_at is null
      and gatehouse_data.session_lives(s, 'active', v_now)
    order by s.session_id desc
    limit 100;
end
$$;
comment on function gatehouse.account_sessions(bytea) is
'Gateway: the live sessions of the account whose session asks, the newest
first; none when that one is over. created_offset and seen_offset: how far the
person''s clocks were ahead of UTC then, in seconds; null: they show UTC. GH003
malformed.';

create function gatehouse.account_activity(p_session bytea)
returns table (
    at timestamptz,
    event text,
    reason text,
    cause text,
    repeats bigint,
    session bytea,
    client inet,
    user_agent text,
    device text,
    utc_offset integer
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_own constant gatehouse_data.session :=
        gatehouse_data.session_own(p_session, clock_timestamp());
    v_time_zone constant text := (
        select p.time_zone
        from gatehouse_data.account_preference p
        where p.account_id = v_own.account_id
    );
begin
    return query
    select
        e.at, e.event, e.reason, e.detail ->> 'cause',
        coalesce((e.detail ->> 'repeats')::bigint, 1), e.session, e.client,
        coalesce(e.user_agent, ''), e.detail ->> 'device',
        gatehouse_data.utc_offset(v_time_zone, e.at)
    from (
        select o.*
        from gatehouse_audit.event o
        where o.account_id = v_own.account_id
        order by o.at desc
        limit 1000
    ) as e
    where e.event in ('authn_login_success', 'authn_login_successafterfail',
                      'authn_login_fail', 'authn_login_lock',
                      'authn_impossible_travel',
                      'authn_password_change', 'authn_password_change_fail',
                      'account_reported', 'session_expired',
                      'session_logout', 'session_place_changed')
    order by e.at desc, e.event_id desc
    limit 20;
end
$$;
comment on function gatehouse.account_activity(bytea) is
'Gateway: the last 20 events that concern the safety of the account whose
session asks, the newest first, of its last thousand events; none when that
session is over. device: the browser in words, where the trail has only those;
utc_offset: as for account_sessions. GH003 malformed.';

create function gatehouse.account_session_end(
    p_session bytea,
    p_other bytea,
    p_cause text,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text
)
returns table (
    outcome text,
    ended integer
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_own gatehouse_data.session :=
        gatehouse_data.session_own(p_session, clock_timestamp());
    v_account gatehouse_data.account;
    v_session gatehouse_data.session;
begin
    if octet_length(p_other) <> 16
       or p_cause is null
       or p_cause not in ('own', 'not_me')
       or p_other is not null and p_cause = 'not_me'
    then
        raise exception using
            errcode = 'GH003',
            message = 'a person ends a session, all others, or all others '
                      'because they are not theirs';
    end if;
    ended := 0;

    -- From here on nobody signs in to the account, or disables it.
    select a.*
    into v_account
    from gatehouse_data.account a
    where a.account_id = v_own.account_id
    for no key update;
    perform
    from gatehouse_data.session s
    where s.account_id = v_own.account_id
      and s.ended_at is null
    order by s.session_id
    for no key update;
    v_own := gatehouse_data.session_own(p_session, clock_timestamp());
    if v_own.session_id is null then
        outcome := 'nobody';
        return next;
        return;
    end if;

    perform gatehouse_data.act('account_session_end', v_account.name);
    for v_session in
        select s.*
        from gatehouse_data.session s
        where s.account_id = v_own.account_id
          and s.reference <> v_own.reference
          and case when p_other is null then s.ended_at is null
                   else s.reference = p_other end
        order by s.session_id
    loop
        outcome := 'over';
        if gatehouse_data.session_end_own(
            v_session, v_account.name, p_cause, p_client, p_user_agent,
            p_entry, p_exchange, p_node)
        then
            ended := ended + 1;
        end if;
    end loop;
    if p_cause = 'not_me' then
        perform gatehouse_audit.append(
            p_event => 'account_reported',
            p_outcome => 'success',
            p_account_id => v_account.account_id,
            p_account => v_account.name,
            p_actor => v_account.name,
            p_session => v_own.reference,
            p_client => p_client,
            p_user_agent => p_user_agent,
            p_entry => p_entry,
            p_exchange => p_exchange,
            p_node => p_node,
            p_detail => jsonb_build_object('sessions_ended', ended)
        );
    end if;
    perform gatehouse_data.act('');

    outcome := case
        when p_other is null then 'all'
        when ended > 0 then 'ended'
        when outcome is not null then 'over'
        when p_other = v_own.reference then 'own'
        when exists (
            select
            from gatehouse_data.session s
            where s.reference = p_other
        ) then 'foreign'
        else 'missing'
    end;
    return next;
end
$$;
comment on function gatehouse.account_session_end(
    bytea, bytea, text, inet, text, text, uuid, text
) is
'Gateway: ends a session of the account whose session asks; p_other null: all
but that one. p_cause: own, or not_me (all others; writes account_reported as
well). outcome: all: none but that one is left; ended; over: it was already;
own: p_other is the asking session, which signs out; missing: there is no such
session; foreign: it is another account''s; nobody: the asking session is over.
Nothing happens but for all, ended and over. GH003 malformed.';

create function gatehouse.password_change(
    p_account_id bigint,
    p_credential_version bigint,
    p_session bytea,
    p_name_key bytea,
    p_device_key bytea,
    p_source_keys bytea[],
    p_password_hash text,
    p_pepper_id text,
    p_mac bytea,
    p_token_hash bytea,
    p_reference bytea,
    p_binding bytea,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text,
    p_idle interval,
    p_absolute interval,
    p_max_sessions integer,
    p_device text default null
)
returns table (
    began_at timestamptz,
    sessions_ended integer
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_account gatehouse_data.account;
    v_version bigint;
    v_own gatehouse_data.session;
    v_new_id bigint;
begin
    -- From here on nobody else signs in to, disables or renames the account.
    select a.*
    into v_account
    from gatehouse_data.account a
    where a.account_id = p_account_id
    for no key update;
    select c.version
    into v_version
    from gatehouse_data.credential c
    where c.account_id = p_account_id
    for no key update;
    perform
    from gatehouse_data.session s
    where s.account_id = p_account_id
      and s.ended_at is null
    order by s.session_id
    for no key update;
    v_now := clock_timestamp();
    v_own := gatehouse_data.session_own(p_session, v_now);
    if v_own.account_id is distinct from p_account_id
       or v_account.status is distinct from 'active'
       or p_credential_version is null
       or v_version is distinct from p_credential_version
    then
        raise exception using
            errcode = 'GH002',
            message = 'conflict: the session is over, or the account changed '
                      'while its password was verified';
    end if;

    select count(*)
    into sessions_ended
    from gatehouse_data.session s
    where s.account_id = p_account_id
      and s.reference <> p_session
      and s.ended_at is null
      and gatehouse_data.session_lives(s, 'active', v_now);
    -- The session that asks goes on under another token and reference. The
    -- others end by the trigger of the credential.
    perform gatehouse_data.act('password_change', v_account.name);
    perform gatehouse_data.session_mark(
        v_own, v_account.name, 'replaced', v_now, 'credential', p_client,
        p_user_agent, p_entry, p_exchange, p_node);
    update gatehouse_data.credential c
    set password_hash = p_password_hash,
        pepper_id = p_pepper_id,
        mac = p_mac
    where c.account_id = p_account_id
    returning c.version into v_version;
    perform gatehouse_audit.append(
        p_event => 'authn_password_change',
        p_outcome => 'success',
        p_account_id => p_account_id,
        p_account => v_account.name,
        p_actor => v_account.name,
        p_session => p_session,
        p_client => p_client,
        p_user_agent => p_user_agent,
        p_reason => 'own',
        p_entry => p_entry,
        p_exchange => p_exchange,
        p_node => p_node,
        p_detail => jsonb_build_object('version', v_version,
                                       'sessions_ended', sessions_ended)
    );
    -- Who gave the old password has proved who they are: a sign-in like any
    -- other, with its session, its events, and the attempt given back.
    select s.began_at, s.session_id
    into began_at, v_new_id
    from gatehouse.sign_in_succeed(
        p_account_id, v_version, p_name_key, p_device_key, p_source_keys,
        p_token_hash, p_reference, p_binding, null, p_client, p_user_agent,
        p_entry, p_exchange, p_node, p_idle, p_absolute, p_max_sessions,
        p_device) s;
    perform gatehouse_data.act('password_change', v_account.name);
    perform gatehouse_data.session_data_carry(v_own.session_id, v_new_id);
    perform gatehouse_data.act('');
    return next;
exception
    when check_violation or not_null_violation then
        raise exception using
            errcode = 'GH003',
            message = 'malformed credential';
end
$$;
comment on function gatehouse.password_change(
    bigint, bigint, bytea, bytea, bytea, bytea[], text, text, bytea, bytea,
    bytea, bytea, inet, text, text, uuid, text, interval, interval, integer,
    text
) is
'Gateway: a person''s own new password, after the old one was counted by
sign_in_reserve and verified. Ends all sessions of the account, begins one for
the browser that asks (p_session is the one it had, whose data it takes over) as
sign_in_succeed does, and writes authn_password_change. Says when the session
began and how many others ended. GH002: the session is over, the account is not
active any more, or its credential is another than was verified; then nothing
has happened and the attempt stays counted. GH003 malformed.';

create function gatehouse.password_change_fail(
    p_name_key bytea,
    p_account_id bigint,
    p_reason text,
    p_is_first_refusal boolean,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text,
    p_session bytea
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if (octet_length(p_session) = 16) is not true then
        raise exception using
            errcode = 'GH003',
            message = 'a session reference has 16 bytes';
    end if;
    perform gatehouse_data.guess_fail(
        'authn_password_change_fail', p_name_key, p_account_id, p_reason,
        p_is_first_refusal, p_client, p_user_agent, p_entry, p_exchange,
        p_node, p_session);
end
$$;
comment on function gatehouse.password_change_fail(
    bytea, bigint, text, boolean, inet, text, text, uuid, text, bytea
) is
'Gateway: a change of password was refused, because the old password was not
the right one or could not be tried. As sign_in_fail, but writes
authn_password_change_fail, with the session that asked. GH003 malformed.';
