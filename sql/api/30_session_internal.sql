-- SPDX-License-Identifier: Apache-2.0
--
-- Sessions, internal: the one place that judges a session, and the one place
-- that ends sessions. Called by the functions of sign-in, sessions and
-- administration, by triggers and by views. Rows of sessions are always locked
-- in the order of session_id.

-- What these are called with has changed; nothing of today calls them so.
drop function if exists gatehouse_data.session_state(
    text, text, timestamptz, timestamptz, interval, interval, timestamptz
);
drop function if exists gatehouse_data.session_state(
    text, text, timestamptz, timestamptz, interval, interval, timestamptz,
    timestamptz
);
drop function if exists gatehouse_data.session_over_at(
    text, timestamptz, timestamptz, interval, interval, timestamptz
);
drop function if exists gatehouse_data.session_token_state(
    text, bytea, bytea, timestamptz, timestamptz
);

-- Has no search_path of its own, so that it is planned with the query that
-- has it in its FROM.
create or replace function gatehouse_data.session_turns(
    p_account_id bigint,
    p_version bigint,
    p_at timestamptz,
    p_now timestamptz
)
returns table (turns_at timestamptz)
language sql
stable
begin atomic
    select least(
        h.turns_at,
        case when a.version > p_version
             then least(a.changed_at, p_now) end,
        case when p.rights_version > p_version
             then least(p.rights_at, p_now) end,
        (
            select t.at
            from gatehouse_data.role_turn t
            where t.role_id is null
              and t.at > p_at
            order by t.at
            limit 1
        )
    )
    from (
        -- What was only given since ends nothing by its coming, nor by what
        -- became of the role before.
        select min(least(
            case when g.valid_from > p_at and g.given_version is null
                 then g.valid_from end,
            case when g.valid_until > p_at then g.valid_until end,
            case when g.is_held
                      and r.version > greatest(p_version, g.given_version)
                 then least(r.changed_at, p_now) end,
            case when g.is_held then (
                select t.at
                from gatehouse_data.role_turn t
                where t.role_id = g.role_id
                  and t.at > greatest(p_at, g.given_at)
                order by t.at
                limit 1
            ) end
        )) as turns_at
        from (
            select
                o.role_id, o.valid_from, o.valid_until,
                o.valid_from <= p_now
                and (o.valid_until is null or o.valid_until > p_now)
                    as is_held,
                n.version as given_version, n.given_at
            from gatehouse_data.account_role o
            left join gatehouse_data.rights_given n
                on n.relation = 'account_role'
                and n.row_id = o.grant_id
                and n.version > p_version
            where o.account_id = p_account_id
              and o.ended_at is null
        ) as g
        left join gatehouse_data.role_rights r on r.role_id = g.role_id
    ) as h
    left join gatehouse_data.policy_state p on true
    left join gatehouse_data.account_rights a
        on a.account_id = p_account_id;
end;
comment on function gatehouse_data.session_turns(
    bigint, bigint, timestamptz, timestamptz
) is
'The first instant at which the rights of an account changed since they were
looked at with a version of the policy and at an instant, or will change by
themselves; null: they have not, and will not. One row.';

create or replace function gatehouse_data.session_turns_at(
    p_account_id bigint,
    p_version bigint,
    p_at timestamptz,
    p_now timestamptz
)
returns timestamptz
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turns_at timestamptz;
begin
    select r.turns_at
    into v_turns_at
    from gatehouse_data.session_turns(p_account_id, p_version, p_at, p_now)
         r;
    return v_turns_at;
end
$$;
comment on function gatehouse_data.session_turns_at(
    bigint, bigint, timestamptz, timestamptz
) is
'The instant of session_turns. A definer, for the views.';

create or replace function gatehouse_data.rights_outgrown(
    p_account_id bigint,
    p_version bigint,
    p_now timestamptz
)
returns table (
    role_ids bigint[],
    condition_ids bigint[],
    withheld_ids bigint[]
)
language plpgsql
stable
rows 1
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if not exists (
        select
        from gatehouse_data.account_rights a
        where a.account_id = p_account_id
          and a.given_version > p_version
    ) and not exists (
        select
        from gatehouse_data.account_role g
        join gatehouse_data.role_rights r on r.role_id = g.role_id
        where g.account_id = p_account_id
          and g.ended_at is null
          and g.valid_from <= p_now
          and (g.valid_until is null or g.valid_until > p_now)
          and r.given_version > p_version
    )
    then
        return;
    end if;
    return query
    with recursive given as materialized (
        select n.relation, n.row_id
        from gatehouse_data.rights_given n
        where n.version > p_version
    ),
    has as (
        select g.role_id, coalesce(g.condition_id, 0) as condition_id
        from gatehouse_data.account_role g
        where g.account_id = p_account_id
          and g.ended_at is null
          and g.valid_from <= p_now
          and (g.valid_until is null or g.valid_until > p_now)
          and not exists (
              select
              from given n
              where n.relation = 'account_role'
                and n.row_id = g.grant_id
          )
        union
        select i.inherits_id, h.condition_id
        from has h
        join gatehouse_data.role_inheritance i on i.role_id = h.role_id
        where not exists (
            select
            from given n
            where n.relation = 'role_inheritance'
              and n.row_id = i.role_inheritance_id
        )
    )
    select
        coalesce(array_agg(h.role_id order by h.role_id, h.condition_id),
                 '{}'),
        coalesce(array_agg(h.condition_id
                           order by h.role_id, h.condition_id), '{}'),
        array(
            select p.grant_id
            from gatehouse_data.role_permission p
            join given n
                on n.relation = 'role_permission'
                and n.row_id = p.grant_id
            where p.role_id in (select o.role_id from has o)
              -- What everybody has is nobody's.
              and not exists (
                  select
                  from gatehouse_data.rights_of_roles(array[p.role_id]) u
                  where u.builtin is not null
              )
            order by p.grant_id
        )
    from has h;
end
$$;
comment on function gatehouse_data.rights_outgrown(
    bigint, bigint, timestamptz
) is
'What somebody has by a token of a version of the policy, when more was given
since; no row: nothing was. role_ids are all roles, with what they inherited;
condition_ids are as many: under which condition each holds, 0 for none;
withheld_ids: the grants of permissions to them that came later.';

create or replace function gatehouse_data.session_state(
    p_end_reason text,
    p_status text,
    p_created_at timestamptz,
    p_last_seen_at timestamptz,
    p_idle interval,
    p_absolute interval,
    p_turns_at timestamptz,
    p_now timestamptz,
    p_is_failover boolean default false
)
returns text
language sql
stable
return case
    when p_end_reason is not null then p_end_reason
    when p_status is distinct from 'active' then 'disabled'
    when p_turns_at <= p_now
         and p_turns_at <= p_last_seen_at + p_idle
         and p_turns_at <= p_created_at + p_absolute
    then case when p_is_failover then 'failover' else 'rights_changed' end
    when p_last_seen_at + p_idle <= p_now
         and p_last_seen_at + p_idle <= p_created_at + p_absolute
    then 'idle'
    when p_created_at + p_absolute <= p_now then 'absolute'
    when p_last_seen_at + p_idle > p_now
         and p_created_at + p_absolute > p_now
         and (p_turns_at is null or p_turns_at > p_now)
    then 'live'
    -- A null or an infinite value: nothing that lives.
    else 'revoked'
end;
comment on function gatehouse_data.session_state(
    text, text, timestamptz, timestamptz, interval, interval, timestamptz,
    timestamptz, boolean
) is
'What a session is at an instant: live, or why it is over (idle, absolute,
logout, revoked, disabled, replaced, limit, reused, rights_changed, failover,
moved). Of the limits and the instant at which its rights change the first
counts; p_is_failover: they changed because another server took over.';

create or replace function gatehouse_data.session_of(p_token_hash bytea)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session_id bigint;
begin
    -- For a null, each of the four is planned anew each time.
    if p_token_hash is null then
        return null;
    end if;
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
    if not found then
        select f.session_id
        into v_session_id
        from gatehouse_data.session_former f
        where f.token_hash = p_token_hash;
    end if;
    return v_session_id;
end
$$;
comment on function gatehouse_data.session_of(bytea) is
'The session of a token, be it the current one, the one that was offered, the
one before or a former one; null: there is none.';

create or replace function gatehouse_data.session_token_use(
    p_token_hash bytea,
    p_current bytea,
    p_next bytea,
    p_previous bytea
)
returns text
language sql
immutable
return case p_token_hash
    when p_current then 'current'
    when p_next then 'next'
    when p_previous then 'previous'
    else 'former'
end;
comment on function gatehouse_data.session_token_use(
    bytea, bytea, bytea, bytea
) is
'What a token is to the session that session_of gives for it: current, next
(offered, and not brought before), previous or former.';

create or replace function gatehouse_data.session_token_version(
    p_use text,
    p_current bigint,
    p_next bigint,
    p_previous bigint
)
returns bigint
language sql
immutable
return case p_use when 'next' then greatest(p_current, p_next)
                  when 'previous' then coalesce(p_previous, 0)
                  else p_current end;
comment on function gatehouse_data.session_token_version(
    text, bigint, bigint, bigint
) is
'The version of the policy that a token of this use is for: what was only given
later is not for it.';

-- Names p_state once: PostgreSQL copies it into the query that calls this, and
-- does not when a costly expression would be copied twice. That is a third of
-- what session_find would cost.
create or replace function gatehouse_data.session_token_state(
    p_state text,
    p_use text,
    p_previous_until timestamptz,
    p_now timestamptz
)
returns text
language sql
stable
return coalesce(
    nullif(p_state,
           case when (p_use in ('current', 'next')
                      or p_use = 'previous' and p_previous_until > p_now)
                     is not true
                then 'live' end),
    'reused');
comment on function gatehouse_data.session_token_state(
    text, text, timestamptz, timestamptz
) is
'What a session is for who brings a token of this use: reused when it was
replaced too long ago, else what it is.';

create or replace function gatehouse_data.session_judge(
    p_session gatehouse_data.session,
    p_status text,
    p_now timestamptz,
    out state text,
    out over_at timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turns_at constant timestamptz := gatehouse_data.session_turns_at(
        p_session.account_id, p_session.rights_version, p_session.rights_at,
        p_now);
    v_is_failover boolean := false;
begin
    -- Apart: with a table in it, the expression below is planned each time.
    if v_turns_at is not null then
        select p_session.rights_version < v.ended_version
        into v_is_failover
        from gatehouse_data.server_state v;
    end if;
    state := gatehouse_data.session_state(
        p_session.end_reason, p_status, p_session.created_at,
        p_session.last_seen_at, p_session.idle, p_session.absolute,
        v_turns_at, p_now, v_is_failover);
    over_at := coalesce(p_session.ended_at, case state
        when 'rights_changed' then v_turns_at
        when 'failover' then v_turns_at
        when 'idle' then p_session.last_seen_at + p_session.idle
        when 'absolute' then p_session.created_at + p_session.absolute
        else p_now end);
end
$$;
comment on function gatehouse_data.session_judge(
    gatehouse_data.session, text, timestamptz
) is
'What a session is at an instant, by its row and the status of its account, and
when it was over: when somebody ended it, at its limit, or else now.';

create or replace function gatehouse_data.session_hold(
    p_session_id bigint,
    out session gatehouse_data.session,
    out account text,
    out at timestamptz,
    out state text
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_status text;
begin
    select s.*
    into session
    from gatehouse_data.session s
    where s.session_id = p_session_id
    for no key update;
    if not found then
        state := 'revoked';
        return;
    end if;
    select a.name, a.status
    into account, v_status
    from gatehouse_data.account a
    where a.account_id = session.account_id;
    at := clock_timestamp();
    select j.state
    into state
    from gatehouse_data.session_judge(session, v_status, at) j;
end
$$;
comment on function gatehouse_data.session_hold(bigint) is
'A session that nobody else changes until the transaction is over, whose it is,
and what it is at an instant; revoked when there is none.';

create or replace function gatehouse_data.session_word(p_reason text)
returns text
language sql
immutable
return case p_reason when 'rights_changed' then 'roles_changed'
                     else p_reason end;
comment on function gatehouse_data.session_word(text) is
'Why a session ended, in the words of the audit trail.';

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
        p_reason => gatehouse_data.session_word(p_reason),
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
    v_over_at timestamptz;
    v_count integer := 0;
begin
    -- A transaction with one snapshot does not see who signed in since. They
    -- all changed this row: it fails here (40001), and is to be begun anew.
    select a.name
    into v_account
    from gatehouse_data.account a
    where a.account_id = p_account_id
    for no key update;

    for v_session in
        select s.*
        from gatehouse_data.session s
        where s.account_id = p_account_id
          and s.ended_at is null
        order by s.session_id
        for no key update
    loop
        select j.state, j.over_at
        into v_state, v_over_at
        from gatehouse_data.session_judge(v_session, 'active', v_now) j;
        if v_state = 'live' then
            v_count := v_count + 1;
            perform gatehouse_data.session_mark(
                v_session, v_account, p_reason, v_now, p_cause);
        else
            perform gatehouse_data.session_mark(
                v_session, v_account, v_state, v_over_at);
        end if;
    end loop;
    return v_count;
end
$$;
comment on function gatehouse_data.sessions_end_of(bigint, text, text) is
'Ends every session of an account and says how many of them were live. Those
that had run out before are marked so.';

create or replace function gatehouse_data.session_device_known(
    p_session gatehouse_data.session
)
returns interval
language sql
immutable
return case
    when (p_session).session_id is not null
    then coalesce((p_session).created_at - (p_session).device_since,
                  interval '-1 second')
end;
comment on function gatehouse_data.session_device_known(
    gatehouse_data.session
) is
'For how long the browser of a session had been known when it began; negative:
it was not known; null: no session.';
