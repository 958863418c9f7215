-- SPDX-License-Identifier: Apache-2.0
--
-- Sessions, for the gateway: find one by the hash of its token, say that it
-- was seen, end it, report a use after its end. The database's clock and the
-- account's status decide what a session is; the gateway never does.

-- A named type, because one that a function makes up of its columns is put
-- together anew at each call: a fifth of what a call costs.
create type gatehouse.session_found as (
    session_id bigint,
    reference bytea,
    binding bytea,
    account_id bigint,
    account_name text,
    display_name text,
    email text,
    state text,
    created_at timestamptz,
    authenticated_at timestamptz,
    last_seen_at timestamptz,
    idle_left integer,
    absolute_left integer,
    level smallint,
    previous_at timestamptz,
    previous_client inet,
    failures_before integer,
    role_ids bigint[],
    policy_version bigint,
    now timestamptz,
    token_use text,
    token_age integer,
    token_until timestamptz,
    generation integer,
    is_offered boolean,
    rights_until timestamptz,
    client inet,
    user_agent text,
    condition_ids bigint[],
    time_zone text,
    utc_offset integer,
    previous_offset integer,
    appearance text,
    warn_minutes smallint,
    withheld_ids bigint[],
    idle integer,
    device_known integer
);
comment on type gatehouse.session_found is
'What session_find gives. state: live, or why it is over; idle_left and
absolute_left in seconds; previous_at, previous_client and failures_before
tell of the sign-in before; role_ids are the roles that the account has been
given and that hold at now, without what they inherit (but see withheld_ids);
binding, token_use (current, next: offered, and not brought before, previous or
former), token_age (in seconds, of the current one), token_until (of the
previous one), generation and is_offered (a next one) are about the token;
rights_until: when its rights change by themselves, because a grant begins or
ends, which ends the session; null: never; client and user_agent are those of
the sign-in; condition_ids: as many as role_ids, under which condition each
holds, 0 for none; null: none of them has one; time_zone, appearance and
warn_minutes are what the person has chosen (account_preference), utc_offset and
previous_offset how far the clocks of that zone are ahead of UTC, in seconds,
now and at previous_at; withheld_ids: not null when more was given than this
token is for: then role_ids are all roles that it is for, with what they
inherited, and of their grants of permissions it has not those of these
numbers; idle: for how many seconds it may be idle; device_known: for how many
seconds the browser had been known when it began; null: it was not known.';

create function gatehouse.session_find(p_token_hash bytea)
returns setof gatehouse.session_found
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_session_id constant bigint := gatehouse_data.session_of(p_token_hash);
    v_ended_version bigint;
begin
    -- Of a server that took over nobody knows whether it has heard of the
    -- ends of sessions (PGX-007).
    select v.ended_version
    into v_ended_version
    from gatehouse_data.server_state v
    where v.timeline = gatehouse_data.timeline_now();
    if not found then
        raise exception using
            errcode = 'GH004',
            message = 'this server is not confirmed',
            hint = 'a gateway does that (gatehouse.server_confirm), on a '
                   'server that is no standby';
    end if;
    -- With null below, what follows is planned anew each time, which costs more
    -- than all of it: anybody can bring a token that nobody has.
    if v_session_id is null then
        return;
    end if;
    return query
    select
        s.session_id, s.reference,
        case u.token_use when 'current' then s.binding
                         when 'next' then s.next_binding
                         when 'previous' then s.previous_binding end,
        s.account_id, a.name, a.display_name, a.email,
        gatehouse_data.session_token_state(
            gatehouse_data.session_state(
                s.end_reason, a.status, s.created_at, s.last_seen_at, s.idle,
                s.absolute, r.turns_at, v_now,
                s.rights_version < v_ended_version),
            u.token_use, s.previous_until, v_now),
        s.created_at, s.authenticated_at, s.last_seen_at,
        greatest(0, ceil(date_part(
            'epoch', s.last_seen_at + s.idle - v_now)))::integer,
        greatest(0, ceil(date_part(
            'epoch', s.created_at + s.absolute - v_now)))::integer,
        s.level, s.previous_at, s.previous_client, s.failures_before,
        case when o.withheld_ids is null then h.role_ids else o.role_ids end,
        r.version, v_now,
        u.token_use,
        floor(date_part(
            'epoch',
            v_now - coalesce(s.renewed_at, s.created_at)))::integer,
        case when u.token_use = 'previous' then s.previous_until end,
        s.generation, s.next_token_hash is not null,
        case when r.turns_at > v_now and isfinite(r.turns_at)
             then r.turns_at end,
        s.client, s.user_agent,
        case when o.withheld_ids is null then h.condition_ids
             else o.condition_ids end,
        p.time_zone,
        gatehouse_data.utc_offset(p.time_zone, v_now),
        gatehouse_data.utc_offset(p.time_zone, s.previous_at),
        p.appearance, p.warn_minutes,
        o.withheld_ids,
        date_part('epoch', s.idle)::integer,
        floor(date_part('epoch', s.created_at - s.device_since))::integer
    from gatehouse_data.session s
    join gatehouse_data.account a on a.account_id = s.account_id
    left join gatehouse_data.account_preference p
        on p.account_id = s.account_id
    cross join lateral (
        select gatehouse_data.session_token_use(
            p_token_hash, s.token_hash, s.next_token_hash,
            s.previous_token_hash) as token_use
    ) as u
    cross join lateral (
        select
            coalesce(array_agg(g.role_id order by g.grant_id), '{}')
                as role_ids,
            case when count(g.condition_id) > 0
                 then array_agg(coalesce(g.condition_id, 0)
                                order by g.grant_id) end as condition_ids
        from gatehouse_data.account_role g
        where g.account_id = s.account_id
          and g.ended_at is null
          and g.valid_from <= v_now
          and (g.valid_until is null or g.valid_until > v_now)
    ) as h
    left join lateral (
        -- Looks closer only when the policy is another one than when somebody
        -- last did; most calls need not.
        select
            p.version,
            case when p.version > s.rights_version
                 then gatehouse_data.session_turns_at(
                     s.account_id, s.rights_version, s.rights_at, v_now)
                 else s.turns_at end as turns_at
        from gatehouse_data.policy_state p
        offset 0
    ) as r on true
    left join lateral (
        -- The same for what was only given since its token.
        select w.role_ids, w.condition_ids, w.withheld_ids
        from gatehouse_data.rights_outgrown(
            s.account_id,
            gatehouse_data.session_token_version(
                u.token_use, s.rights_version, s.next_rights_version,
                s.previous_rights_version),
            v_now) w
        where r.version > gatehouse_data.session_token_version(
            u.token_use, s.rights_version, s.next_rights_version,
            s.previous_rights_version)
    ) as o on true
    where s.session_id = v_session_id;
end
$$;
comment on function gatehouse.session_find(bytea) is
'Gateway: the session of a token, or no row. GH004 on a standby, and on a server
that took over until gatehouse.server_confirm was called.';

create function gatehouse.session_seen(
    p_session_ids bigint[],
    p_seen_at timestamptz[]
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_count integer;
begin
    if cardinality(p_session_ids) is null
       or cardinality(p_session_ids) > 10000
       or cardinality(p_session_ids) is distinct from cardinality(p_seen_at)
    then
        raise exception using
            errcode = 'GH003',
            message = 'sessions and instants come as arrays of one length, '
                      'at most 10000';
    end if;

    perform gatehouse_data.act('session_seen');
    with seen as materialized (
        select u.session_id, least(max(u.seen_at), v_now) as seen_at
        from unnest(p_session_ids, p_seen_at) as u (session_id, seen_at)
        group by u.session_id
    ),
    due as materialized (
        select s.session_id, n.seen_at, p.version, r.turns_at,
               o.is_outgrown
        from gatehouse_data.session s
        join seen n on n.session_id = s.session_id
        join gatehouse_data.account a on a.account_id = s.account_id
        cross join gatehouse_data.policy_state p
        cross join lateral gatehouse_data.session_turns(
            s.account_id, s.rights_version, s.rights_at, v_now) r
        left join lateral (
            select true as is_outgrown
            from gatehouse_data.rights_outgrown(
                s.account_id, s.rights_version, v_now)
            where p.version > s.rights_version
        ) as o on true
        where n.seen_at >= s.last_seen_at
                           + least(interval '1 minute', s.idle / 4)
          and gatehouse_data.session_state(
              s.end_reason, a.status, s.created_at, s.last_seen_at, s.idle,
              s.absolute, r.turns_at, v_now) = 'live'
        order by s.session_id
        -- One that somebody holds waits for the next time: it must not keep
        -- all the others from being seen.
        for no key update of s skip locked
    )
    update gatehouse_data.session s
    set last_seen_at = greatest(s.last_seen_at, d.seen_at),
        rights_version = case when d.is_outgrown then s.rights_version
                              else d.version end,
        rights_at = case when d.is_outgrown then s.rights_at else v_now end,
        turns_at = case when d.is_outgrown then s.turns_at
                        else d.turns_at end
    from due d
    where s.session_id = d.session_id;
    get diagnostics v_count = row_count;
    perform gatehouse_data.act('');
    return v_count;
end
$$;
comment on function gatehouse.session_seen(bigint[], timestamptz[]) is
'Gateway: sessions were active, when; at most 10000 at once. Never later than
now, never backwards, at most once a minute each (or a quarter of its idle
limit, when that is less), and none that is over. Those that are not have the
rights that their token is for, which is kept, too, so that nobody has to look
for older changes again; but not where more was given since, which is looked
for until the token is renewed. Says how many were written. GH003: arrays of
different lengths.';

create function gatehouse.session_end(
    p_token_hash bytea,
    p_reason text,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text
)
returns table (
    ended_at timestamptz,
    was_live boolean
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_session gatehouse_data.session;
    v_account gatehouse_data.account;
    v_state text;
begin
    if p_reason is null
       or p_reason not in ('logout', 'revoked', 'replaced', 'limit')
    then
        raise exception using
            errcode = 'GH003',
            message = 'a session ends by logout, revoked, replaced or limit';
    end if;

    select s.*
    into v_session
    from gatehouse_data.session s
    where s.session_id = gatehouse_data.session_of(p_token_hash)
    for no key update;
    if not found then
        return;
    end if;
    select a.*
    into v_account
    from gatehouse_data.account a
    where a.account_id = v_session.account_id;
    v_now := clock_timestamp();
    select j.state, j.over_at
    into v_state, ended_at
    from gatehouse_data.session_judge(v_session, v_account.status, v_now) j;

    was_live := v_state = 'live';
    if v_session.ended_at is null then
        perform gatehouse_data.act('session_end');
        perform gatehouse_data.session_mark(
            v_session, v_account.name,
            case when was_live then p_reason else v_state end, ended_at,
            null, p_client, p_user_agent, p_entry, p_exchange, p_node);
        perform gatehouse_data.act('');
    end if;
    return next;
end
$$;
comment on function gatehouse.session_end(
    bytea, text, inet, text, text, uuid, text
) is
'Gateway: ends the session of a token; no row: there is none. A live one ends
for the reason and writes session_logout (or session_expired); one that had
run out unnoticed is marked so; one that had ended keeps its instant, and
nothing is written. GH003: no such reason.';

create function gatehouse.session_dead_use(
    p_token_hash bytea,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_session gatehouse_data.session;
    v_account gatehouse_data.account;
    v_use text;
    v_state text;
    v_over_at timestamptz;
begin
    select s.*
    into v_session
    from gatehouse_data.session s
    where s.session_id = gatehouse_data.session_of(p_token_hash)
    for no key update;
    if not found then
        return null;
    end if;
    select a.*
    into v_account
    from gatehouse_data.account a
    where a.account_id = v_session.account_id;
    v_now := clock_timestamp();
    select j.state, j.over_at
    into v_state, v_over_at
    from gatehouse_data.session_judge(v_session, v_account.status, v_now) j;

    v_use := gatehouse_data.session_token_use(
        p_token_hash, v_session.token_hash, v_session.next_token_hash,
        v_session.previous_token_hash);
    v_state := gatehouse_data.session_token_state(
        v_state, v_use, v_session.previous_until, v_now);

    if v_state = 'live' then
        return v_state;
    end if;
    perform gatehouse_data.act('session_dead_use');
    if v_state = 'reused' and v_session.ended_at is null then
        perform gatehouse_audit.append(
            p_event => 'authn_token_reuse',
            p_outcome => 'denied',
            p_account_id => v_session.account_id,
            p_account => v_account.name,
            p_session => v_session.reference,
            p_client => p_client,
            p_user_agent => p_user_agent,
            p_reason => v_state,
            p_entry => p_entry,
            p_exchange => p_exchange,
            p_node => p_node,
            p_detail => jsonb_build_object(
                'replaced_at',
                case v_use when 'previous' then v_session.renewed_at else (
                    select f.replaced_at
                    from gatehouse_data.session_former f
                    where f.token_hash = p_token_hash
                ) end)
        );
    end if;
    if v_session.ended_at is null then
        perform gatehouse_data.session_mark(
            v_session, v_account.name, v_state, v_over_at,
            null, p_client, p_user_agent, p_entry, p_exchange, p_node);
    elsif coalesce(v_session.dead_use_at <= v_now - interval '1 minute', true)
    then
        update gatehouse_data.session s
        set dead_use_at = v_now
        where s.session_id = v_session.session_id;
        perform gatehouse_audit.append(
            p_event => 'session_use_after_expire',
            p_outcome => 'denied',
            p_account_id => v_session.account_id,
            p_account => v_account.name,
            p_session => v_session.reference,
            p_client => p_client,
            p_user_agent => p_user_agent,
            p_reason => gatehouse_data.session_word(v_state),
            p_entry => p_entry,
            p_exchange => p_exchange,
            p_node => p_node,
            p_detail => jsonb_build_object('ended_at', v_session.ended_at)
        );
    end if;
    perform gatehouse_data.act('');
    return v_state;
end
$$;
comment on function gatehouse.session_dead_use(
    bytea, inet, text, text, uuid, text
) is
'Gateway: a token came whose session is not live. Marks a session that had run
out unnoticed (session_expired), else writes session_use_after_expire, at most
once a minute and session. Gives the state; live when the session has been
touched since; null when there is none.';

create function gatehouse.session_offer(
    p_token_hash bytea,
    p_generation bigint,
    p_next_token_hash bytea,
    p_next_binding bytea
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_session gatehouse_data.session;
begin
    select s.*
    into v_session
    from gatehouse_data.session s
    where s.token_hash = p_token_hash
    for no key update;
    if not found
       or v_session.ended_at is not null
       or v_session.generation is distinct from p_generation
       or v_session.next_token_hash <> p_next_token_hash
       or v_session.previous_until > clock_timestamp()
    then
        return false;
    end if;
    if v_session.next_token_hash is null then
        perform gatehouse_data.act('session_offer');
        update gatehouse_data.session s
        set next_token_hash = p_next_token_hash,
            next_binding = p_next_binding,
            next_rights_version = (
                select p.version
                from gatehouse_data.policy_state p
            )
        where s.session_id = v_session.session_id;
        perform gatehouse_data.act('');
    end if;
    return true;
exception
    when check_violation or unique_violation then
        raise exception using
            errcode = 'GH003',
            message = 'a token that follows has a hash and a binding of its '
                      'own, of 32 bytes';
end
$$;
comment on function gatehouse.session_offer(bytea, bigint, bytea, bytea) is
'Gateway: the token that follows is about to be offered to the browser, and is
for all that was given until it was offered first. Whether its hash is kept: not
when the session has ended, has another token by now, another one was offered,
or the one before is still good. GH003 malformed.';

create function gatehouse.session_renew(
    p_token_hash bytea,
    p_overlap interval,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_session gatehouse_data.session;
    v_account gatehouse_data.account;
    v_use text;
    v_state text;
begin
    if (p_overlap between interval '1 second' and interval '2 minutes')
       is not true
    then
        raise exception using
            errcode = 'GH003',
            message = 'two tokens overlap for 1 second to 2 minutes';
    end if;
    select s.*
    into v_session
    from gatehouse_data.session s
    where s.session_id = gatehouse_data.session_of(p_token_hash)
    for no key update;
    if not found then
        return 'revoked';
    end if;
    select a.*
    into v_account
    from gatehouse_data.account a
    where a.account_id = v_session.account_id;
    v_now := clock_timestamp();
    v_use := gatehouse_data.session_token_use(
        p_token_hash, v_session.token_hash, v_session.next_token_hash,
        v_session.previous_token_hash);
    select gatehouse_data.session_token_state(
        j.state, v_use, v_session.previous_until, v_now)
    into v_state
    from gatehouse_data.session_judge(v_session, v_account.status, v_now) j;
    -- Another request of the browser may have been first.
    if v_state <> 'live' or v_use <> 'next' then
        return v_state;
    end if;

    perform gatehouse_data.act('session_renew');
    update gatehouse_data.session s
    set generation = s.generation + 1,
        renewed_at = v_now,
        previous_token_hash = s.token_hash,
        previous_binding = s.binding,
        previous_until = v_now + p_overlap,
        previous_rights_version = s.rights_version,
        token_hash = s.next_token_hash,
        binding = s.next_binding,
        rights_version = gatehouse_data.session_token_version(
            v_use, s.rights_version, s.next_rights_version,
            s.previous_rights_version),
        rights_at = v_now,
        turns_at = gatehouse_data.session_turns_at(
            s.account_id, s.rights_version, s.rights_at, v_now),
        next_token_hash = null,
        next_binding = null,
        next_rights_version = null
    where s.session_id = v_session.session_id;
    perform gatehouse_audit.append(
        p_event => 'session_renewed',
        p_outcome => 'success',
        p_account_id => v_session.account_id,
        p_account => v_account.name,
        p_session => v_session.reference,
        p_client => p_client,
        p_user_agent => p_user_agent,
        p_entry => p_entry,
        p_exchange => p_exchange,
        p_node => p_node,
        p_detail => jsonb_build_object('generation',
                                       v_session.generation + 1)
    );
    perform gatehouse_data.act('');
    return v_state;
end
$$;
comment on function gatehouse.session_renew(
    bytea, interval, inet, text, text, uuid, text
) is
'Gateway: the browser has brought the token that was offered. It is the current
one from now on, with all that was given until it was offered, and the one
before is good for p_overlap, without that. Gives the session''s
state; writes session_renewed, once. GH003: no such overlap.';
