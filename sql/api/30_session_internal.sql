-- SPDX-License-Identifier: Apache-2.0
--
-- Sessions, internal: the one place that judges a session, and the one place
-- that ends sessions. Called by the functions of sign-in, sessions and
-- administration, by triggers and by views. Rows of sessions are always locked
-- in the order of session_id.

create or replace function gatehouse_data.session_state(
    p_end_reason text,
    p_status text,
    p_created_at timestamptz,
    p_last_seen_at timestamptz,
    p_idle interval,
    p_absolute interval,
    p_now timestamptz
)
returns text
language sql
stable
return case
    when p_end_reason is not null then p_end_reason
    when p_status is distinct from 'active' then 'disabled'
    when p_last_seen_at + p_idle <= p_now
         and p_last_seen_at + p_idle <= p_created_at + p_absolute
    then 'idle'
    when p_created_at + p_absolute <= p_now then 'absolute'
    when p_last_seen_at + p_idle > p_now
         and p_created_at + p_absolute > p_now
    then 'live'
    -- A null or an infinite value: nothing that lives.
    else 'revoked'
end;
comment on function gatehouse_data.session_state(
    text, text, timestamptz, timestamptz, interval, interval, timestamptz
) is
'What a session is at an instant: live, or why it is over (idle, absolute,
logout, revoked, disabled, replaced, limit). Of two limits the first counts.';

create or replace function gatehouse_data.session_of(p_token_hash bytea)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_id bigint;
begin
    select s.session_id
    into v_session_id
    from gatehouse_data.session s
    where s.token_hash = p_token_hash;
    if not found then
        select s.session_id
        into v_session_id
        from gatehouse_data.session s
        where s.next_token_hash = p_token_hash;
    end if;
    if not found then
        select s.session_id
        into v_session_id
        from gatehouse_data.session s
        where s.previous_token_hash = p_token_hash;
    end if;
    return v_session_id;
end
$$;
comment on function gatehouse_data.session_of(bytea) is
'The session of a token, be it the current one, the one that was offered or the
one before; null: there is none.';

create or replace function gatehouse_data.session_token_state(
    p_state text,
    p_token_hash bytea,
    p_previous_token_hash bytea,
    p_previous_until timestamptz,
    p_now timestamptz
)
returns text
language sql
stable
return case
    when p_state = 'live'
         and p_previous_token_hash = p_token_hash
         and p_previous_until <= p_now
    then 'reused'
    else p_state
end;
comment on function gatehouse_data.session_token_state(
    text, bytea, bytea, timestamptz, timestamptz
) is
'What a session is for who brings this token: reused when it was replaced too
long ago, else what it is.';

create or replace function gatehouse_data.session_over_at(
    p_state text,
    p_created_at timestamptz,
    p_last_seen_at timestamptz,
    p_idle interval,
    p_absolute interval,
    p_now timestamptz
)
returns timestamptz
language sql
stable
return case p_state
    when 'idle' then p_last_seen_at + p_idle
    when 'absolute' then p_created_at + p_absolute
    else p_now
end;
comment on function gatehouse_data.session_over_at(
    text, timestamptz, timestamptz, interval, interval, timestamptz
) is
'When a session that is noticed to be over was over: at its limit, else now.';

create or replace function gatehouse_data.session_mark(
    p_session gatehouse_data.session,
    p_account text,
    p_reason text,
    p_over_at timestamptz,
    p_cause text default null,
    p_client inet default null,
    p_user_agent text default null,
    p_entry text default null,
    p_exchange uuid default null,
    p_node text default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update gatehouse_data.session s
    set ended_at = p_over_at,
        end_reason = p_reason
    where s.session_id = p_session.session_id;

    perform gatehouse_audit.append(
        p_event => case p_reason when 'logout' then 'session_logout'
                                 else 'session_expired' end,
        p_outcome => 'success',
        p_account_id => p_session.account_id,
        p_account => p_account,
        p_actor => gatehouse_data.claim('actor'),
        p_session => p_session.reference,
        p_client => p_client,
        p_user_agent => p_user_agent,
        p_reason => p_reason,
        p_entry => p_entry,
        p_exchange => p_exchange,
        p_node => p_node,
        p_detail => jsonb_strip_nulls(jsonb_build_object(
            'ended_at', p_over_at,
            'cause', p_cause
        ))
    );
end
$$;
comment on function gatehouse_data.session_mark(
    gatehouse_data.session, text, text, timestamptz, text, inet, text, text,
    uuid, text
) is
'Marks one session, whose row the caller has locked, as ended, and writes
session_logout or session_expired.';

create or replace function gatehouse_data.sessions_end_of(
    p_account_id bigint,
    p_reason text,
    p_cause text
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_account text;
    v_session gatehouse_data.session;
    v_state text;
    v_count integer := 0;
begin
    select a.name
    into v_account
    from gatehouse_data.account a
    where a.account_id = p_account_id;

    for v_session in
        select s.*
        from gatehouse_data.session s
        where s.account_id = p_account_id
          and s.ended_at is null
        order by s.session_id
        for no key update
    loop
        v_state := gatehouse_data.session_state(
            v_session.end_reason, 'active', v_session.created_at,
            v_session.last_seen_at, v_session.idle, v_session.absolute,
            v_now);
        if v_state = 'live' then
            v_count := v_count + 1;
            perform gatehouse_data.session_mark(
                v_session, v_account, p_reason, v_now, p_cause);
        else
            perform gatehouse_data.session_mark(
                v_session, v_account, v_state,
                gatehouse_data.session_over_at(
                    v_state, v_session.created_at, v_session.last_seen_at,
                    v_session.idle, v_session.absolute, v_now));
        end if;
    end loop;
    return v_count;
end
$$;
comment on function gatehouse_data.sessions_end_of(bigint, text, text) is
'Ends every session of an account and says how many of them were live. Those
that had run out before are marked so.';
