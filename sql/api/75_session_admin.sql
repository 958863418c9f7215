-- SPDX-License-Identifier: Apache-2.0
--
-- Administration of sessions: who is signed in, the sessions of an account, end
-- one, all of an account, or all after the database came back from a copy.

create function gatehouse.sessions_live()
returns table (
    account text,
    reference text,
    created_at timestamptz,
    last_seen_at timestamptz,
    client inet,
    user_agent text,
    entry text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant timestamptz := clock_timestamp();
begin
    return query
    select
        a.name, encode(s.reference, 'hex'), s.created_at, s.last_seen_at,
        s.client, s.user_agent, s.entry
    from gatehouse_data.session s
    join gatehouse_data.account a on a.account_id = s.account_id
    cross join lateral gatehouse_data.session_turns(
        s.account_id, s.rights_version, s.rights_at, v_now) r
    where s.ended_at is null
      and gatehouse_data.session_state(
          s.end_reason, a.status, s.created_at, s.last_seen_at, s.idle,
          s.absolute, r.turns_at, v_now) = 'live'
    order by a.name, s.session_id desc;
end
$$;
comment on function gatehouse.sessions_live() is
'Administration: the sessions of all accounts that are live, by account, newest
first.';

create function gatehouse.session_revoke(
    p_reference text,
    p_actor text
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_session gatehouse_data.session;
    v_account gatehouse_data.account;
    v_state text;
    v_over_at timestamptz;
begin
    perform gatehouse_data.actor_check(p_actor);
    if (p_reference ~ '^[0-9a-f]{32}$') is not true then
        raise exception using
            errcode = 'GH003',
            message = 'a session reference has 32 hex digits';
    end if;
    select s.*
    into v_session
    from gatehouse_data.session s
    where s.reference = decode(p_reference, 'hex')
    for no key update;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no session %s', p_reference);
    end if;
    select a.*
    into v_account
    from gatehouse_data.account a
    where a.account_id = v_session.account_id;
    v_now := clock_timestamp();
    select j.state, j.over_at
    into v_state, v_over_at
    from gatehouse_data.session_judge(v_session, v_account.status, v_now) j;
    if v_session.ended_at is null then
        perform gatehouse_data.act('session_revoke', p_actor);
        perform gatehouse_data.session_mark(
            v_session, v_account.name,
            case v_state when 'live' then 'revoked' else v_state end,
            v_over_at,
            case v_state when 'live' then 'administration' end);
        perform gatehouse_data.act('');
    end if;
    return v_state = 'live';
end
$$;
comment on function gatehouse.session_revoke(text, text) is
'Administration: ends one session and says whether it was live. GH001 not
found, GH003 malformed.';

create function gatehouse.database_restored(p_actor text)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_session gatehouse_data.session;
    v_account gatehouse_data.account;
    v_state text;
    v_over_at timestamptz;
    v_ended integer := 0;
    v_last gatehouse_audit.event;
    v_version bigint;
begin
    perform gatehouse_data.actor_check(p_actor);
    perform gatehouse_data.act('database_restored', p_actor);
    select e.*
    into v_last
    from gatehouse_audit.event e
    order by e.at desc, e.event_id desc
    limit 1;

    for v_session in
        select s.*
        from gatehouse_data.session s
        where s.ended_at is null
        order by s.session_id
        for no key update
    loop
        select a.*
        into v_account
        from gatehouse_data.account a
        where a.account_id = v_session.account_id;
        select j.state, j.over_at
        into v_state, v_over_at
        from gatehouse_data.session_judge(v_session, v_account.status, v_now)
             j;
        if v_state = 'live' then
            v_ended := v_ended + 1;
        end if;
        perform gatehouse_data.session_mark(
            v_session, v_account.name,
            case v_state when 'live' then 'revoked' else v_state end,
            v_over_at,
            case v_state when 'live' then 'restored' end);
    end loop;

    v_version := gatehouse_data.policy_leap(false);
    perform gatehouse_data.server_note(null);

    perform gatehouse_audit.append(
        p_event => 'database_restored',
        p_outcome => 'success',
        p_actor => p_actor,
        p_reason => 'restored',
        p_detail => jsonb_build_object(
            'sessions_ended', v_ended,
            'last_event_at', v_last.at,
            'last_event_id', v_last.event_id,
            'policy_version', v_version
        )
    );
    perform gatehouse_data.act('');
    return v_ended;
end
$$;
comment on function gatehouse.database_restored(text) is
'Administration, after the database was restored from a copy and before
gateways use it: ends all sessions, because some may have been ended since, and
says how many were live; raises the policy''s version far beyond what was lost;
marks the break in the audit trail. GH003 malformed.';

create function gatehouse.session_list(p_name text)
returns table (
    reference text,
    state text,
    created_at timestamptz,
    last_seen_at timestamptz,
    ended_at timestamptz,
    client inet,
    user_agent text,
    entry text,
    node text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant timestamptz := clock_timestamp();
    v_account_id constant bigint := gatehouse.account_id_of(p_name);
begin
    return query
    select
        encode(s.reference, 'hex'),
        gatehouse_data.session_state(
            s.end_reason, a.status, s.created_at, s.last_seen_at, s.idle,
            s.absolute, r.turns_at, v_now, s.rights_version < (
                select v.ended_version
                from gatehouse_data.server_state v
            )),
        s.created_at, s.last_seen_at, s.ended_at, s.client, s.user_agent,
        s.entry, s.node
    from gatehouse_data.session s
    join gatehouse_data.account a on a.account_id = s.account_id
    cross join lateral gatehouse_data.session_turns(
        s.account_id, s.rights_version, s.rights_at, v_now) r
    where s.account_id = v_account_id
    order by s.session_id desc;
end
$$;
comment on function gatehouse.session_list(text) is
'Administration: the sessions of an account, newest first. GH001 not found.';

create function gatehouse.sessions_end(
    p_name text,
    p_actor text
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account gatehouse_data.account;
    v_ended integer;
begin
    v_account := gatehouse_data.account_begin('sessions_end', p_name,
                                              p_actor);
    v_ended := gatehouse_data.sessions_end_of(v_account.account_id, 'revoked',
                                              'administration');
    perform gatehouse_data.account_tell(
        'authz_admin', v_account, p_actor, 'sessions_end',
        jsonb_build_object('sessions_ended', v_ended));
    perform gatehouse_data.act('');
    return v_ended;
end
$$;
comment on function gatehouse.sessions_end(text, text) is
'Administration: ends all sessions of an account and says how many were live.
GH001 not found.';
