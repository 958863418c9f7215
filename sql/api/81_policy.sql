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
    on_session_moved text
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
        z.on_session_moved
    from gatehouse_data.application a
    join gatehouse_data.zone z on z.zone_id = a.zone_id
    order by a.application_id;
end
$$;
comment on function gatehouse.policy_applications() is
'Gateway: all applications, by number; backends with one space between.
freshness: strict when a request must not be answered from memory, else cached;
on_session_moved is the zone''s.';

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

create function gatehouse.policy_grants()
returns table (
    grant_id bigint,
    application_id bigint,
    permission text,
    pattern text,
    methods text,
    role_id bigint,
    valid_from timestamptz,
    valid_until timestamptz
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
        array_to_string(p.methods, ','), g.role_id, g.valid_from,
        g.valid_until
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
between.';

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
