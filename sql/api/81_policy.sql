-- SPDX-License-Identifier: Apache-2.0
--
-- The policy, for the gateway: its version, and the parts that a snapshot is
-- made of. Read them in one statement, the version with them: they are STABLE
-- and see what the statement sees, so the snapshot is of that version.

create function gatehouse.policy_state()
returns table (
    version bigint,
    now timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select s.version, clock_timestamp()
    from gatehouse_data.policy_state s;
end
$$;
comment on function gatehouse.policy_state() is
'Gateway: the version of the policy and the database''s time. No row: there is
no policy, and nothing is permitted. Channel gatehouse_policy has a hint when
it rises.';

create function gatehouse.policy_applications()
returns table (
    application_id bigint,
    name text,
    host text,
    path text,
    backends text,
    carrying text,
    connections integer,
    keep integer,
    encoded_slash text,
    semicolon text,
    empty_segments text,
    authorization_field text,
    identity text,
    freshness text,
    on_session_moved text,
    on_outage integer,
    entries text,
    condition_id bigint,
    session_idle integer,
    recording text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select
        a.application_id, a.name, a.host, a.path,
        array_to_string(a.backends, ' '), a.carrying, a.connections, a.keep,
        a.encoded_slash, a.semicolon, a.empty_segments, a.authorization_field,
        a.identity,
        case when gatehouse_data.zone_is_strict(z) then 'strict'
             else 'cached' end,
        z.on_session_moved,
        ceil(date_part('epoch', a.on_outage))::integer,
        array_to_string(z.entries, ' '), z.condition_id,
        date_part('epoch', z.session_idle)::integer, z.recording
    from gatehouse_data.application a
    join gatehouse_data.zone z on z.zone_id = a.zone_id
    order by a.application_id;
end
$$;
comment on function gatehouse.policy_applications() is
'Gateway: all applications, by number; backends with one space between.
freshness: strict when a request must not be answered from memory, else cached;
on_session_moved is the zone''s; on_outage: seconds that it goes on without the
database; entries, one space between, condition_id, session_idle (seconds; null:
the session''s own) and recording are the zone''s.';

create function gatehouse.policy_roles()
returns table (
    role_id bigint,
    name text,
    builtin text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select r.role_id, r.name, r.builtin
    from gatehouse_data.role r
    order by r.role_id;
end
$$;
comment on function gatehouse.policy_roles() is
'Gateway: all roles, by number. builtin: anonymous is held by everybody,
authenticated by whoever is signed in; null: by whoever has been given it.';

create function gatehouse.policy_inheritance()
returns table (
    role_id bigint,
    inherits_id bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select c.role_id, c.inherits_id
    from gatehouse_data.role_closure c
    order by c.role_id, c.inherits_id;
end
$$;
comment on function gatehouse.policy_inheritance() is
'Gateway: which role has what another one has, directly or through others;
never a role itself.';

create function gatehouse.policy_time_zones()
returns table (
    turn bigint,
    time_zone text,
    at timestamptz,
    utc_offset integer
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_today constant timestamptz :=
        date_trunc('day', clock_timestamp() at time zone 'UTC')
        at time zone 'UTC';
begin
    return query
    select
        row_number() over (order by z.time_zone, t.at), z.time_zone, t.at,
        t.utc_offset
    from (
        select distinct c.time_zone
        from gatehouse_data.condition c
        where c.time_zone is not null
    ) as z
    cross join lateral gatehouse_data.clock_turns(
        z.time_zone, v_today - interval '2 days',
        v_today + interval '400 days') t
    order by 1;
end
$$;
comment on function gatehouse.policy_time_zones() is
'Gateway: the clocks that conditions ask for, one after the other: from when on
they are so many seconds ahead of UTC, for the next 400 days; then null.';

create function gatehouse.policy_conditions()
returns table (
    condition_id bigint,
    name text,
    meaning text,
    kind text,
    time_zone text,
    days integer,
    begins integer,
    ends integer,
    first_day integer,
    last_day integer,
    list text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select
        c.condition_id, c.name, c.meaning, c.kind, c.time_zone,
        (
            select sum(1 << (u.day - 1))::integer
            from unnest(c.days) as u (day)
        ),
        extract(epoch from c.begins_at)::integer,
        extract(epoch from c.ends_at)::integer,
        coalesce(c.first_day - date '1970-01-01', -1000000),
        coalesce(c.last_day - date '1970-01-01', 4000000),
        coalesce(
            array_to_string(c.networks, ' '),
            (
                select string_agg((u.day - date '1970-01-01')::text, ' '
                                  order by u.day)
                from unnest(c.dates) as u (day)
            ),
            array_to_string(c.countries, ' '), array_to_string(c.asns, ' '),
            extract(epoch from c.max_age)::integer::text,
            c.min_level::text,
            extract(epoch from c.min_known)::integer::text)
    from gatehouse_data.condition c
    order by c.condition_id;
end
$$;
comment on function gatehouse.policy_conditions() is
'Gateway: all conditions, by number. days: a bit each, Monday the lowest;
begins and ends: seconds of a day; first_day and last_day: days since 1970;
list: networks, days since 1970, countries, or numbers of autonomous systems,
with one space between; the seconds of an age; a level; for how many seconds a
browser is known.';

create function gatehouse.policy_condition_parts()
returns table (
    condition_id bigint,
    part_id bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select p.condition_id, p.part_id
    from gatehouse_data.condition_part p
    order by p.condition_id, p.part_id;
end
$$;
comment on function gatehouse.policy_condition_parts() is
'Gateway: which conditions a condition of the kinds all, any and none looks
at.';

create function gatehouse.policy_grants()
returns table (
    grant_id bigint,
    application_id bigint,
    permission text,
    pattern text,
    methods text,
    role_id bigint,
    valid_from timestamptz,
    valid_until timestamptz,
    condition_id bigint
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
        g.grant_id, p.application_id, p.name, r.pattern,
        array_to_string(p.methods, ','), g.role_id,
        -- Instants that the gateway can count: it knows no infinity.
        least(greatest(g.valid_from, '1970-01-01 00:00+00'),
              '9999-12-31 00:00+00'),
        case when g.valid_until < '9999-12-31 00:00+00'
             then g.valid_until end,
        g.condition_id
    from gatehouse_data.role_permission g
    join gatehouse_data.permission p on p.permission_id = g.permission_id
    join gatehouse_data.resource r on r.resource_id = p.resource_id
    where g.ended_at is null
      and (g.valid_until is null or g.valid_until > v_now)
    order by g.grant_id;
end
$$;
comment on function gatehouse.policy_grants() is
'Gateway: the grants of permissions to roles that are open and whose time has
not passed, by number, also those that have not begun; methods with commas
between. An end after the year 9998 is none.';

create function gatehouse.policy_ignored()
returns table (
    resource_id bigint,
    application_id bigint,
    pattern text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select r.resource_id, r.application_id, r.pattern
    from gatehouse_data.resource r
    where r.activity = 'ignore'
    order by r.resource_id;
end
$$;
comment on function gatehouse.policy_ignored() is
'Gateway: the resources, by number, whose requests are no activity.';
