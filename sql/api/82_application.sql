-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: applications, where they are mounted and how traffic is
-- carried to them. Each function makes one change; the trigger of the table
-- keeps the state, raises the policy's version and tells the audit trail.

create or replace function gatehouse_data.application_refuse(
    p_constraint text,
    p_name text,
    p_host text,
    p_path text
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_constraint = 'application_name_unique' then
        raise exception using
            errcode = 'GH002',
            message = format('there is an application %s', p_name);
    elsif p_constraint = 'application_host_path_unique' then
        raise exception using
            errcode = 'GH002',
            message = format(
                'the application %s is mounted at %s%s',
                (
                    select a.name
                    from gatehouse_data.application a
                    where a.host = p_host
                      and a.path = p_path
                ), coalesce(nullif(p_host, ''), 'every host, '), p_path);
    end if;
    raise exception using
        errcode = 'GH003',
        message = 'malformed application',
        hint = coalesce(gatehouse_data.policy_form(p_constraint),
                        'name and path have to be given');
end
$$;
comment on function gatehouse_data.application_refuse(text, text, text, text)
is
'Says in words which constraint an application broke. GH002 conflict, GH003
malformed.';

create or replace function gatehouse_data.outage_of(p_words text)
returns interval
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts constant text[] := regexp_match(
        p_words, '^cached ([1-9][0-9]{0,3})([smh])$');
begin
    if p_words = 'closed' then
        return '0';
    elsif p_words is not null and v_parts is null then
        raise exception using
            errcode = 'GH003',
            message = 'on_outage is closed, or cached with a duration',
            hint = 'such as "cached 5m", at most "cached 1h"';
    end if;
    return (v_parts[1] || v_parts[2])::interval;
end
$$;
comment on function gatehouse_data.outage_of(text) is
'How long an application goes on without the database, from words: closed, or
cached with a duration in s, m or h; null: null. GH003 malformed.';

create or replace function gatehouse_data.outage_words(p_outage interval)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
    when p_outage = '0' then 'closed'
    when date_part('second', p_outage) = 0
    then 'cached ' || date_part('epoch', p_outage) / 60 || 'm'
    else 'cached ' || date_part('epoch', p_outage) || 's'
end;
comment on function gatehouse_data.outage_words(interval) is
'How long an application goes on without the database, in words.';

create function gatehouse.application_add(
    p_name text,
    p_host text,
    p_path text,
    p_backends text[],
    p_carrying text,
    p_zone text,
    p_actor text,
    p_identity text default null,
    p_on_outage text default null
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_constraint text;
    v_application_id bigint;
begin
    perform gatehouse_data.policy_begin('application_add', p_actor);
    insert into gatehouse_data.application as a (
        name, host, path, backends, carrying, zone_id, identity, on_outage
    )
    values (
        p_name, coalesce(p_host, ''), p_path, coalesce(p_backends, '{}'),
        coalesce(p_carrying, 'forward'),
        gatehouse_data.zone_id_of(coalesce(p_zone, 'internal')),
        coalesce(p_identity, 'remote'),
        coalesce(gatehouse_data.outage_of(p_on_outage), '0')
    )
    returning a.application_id into v_application_id;
    perform gatehouse_data.policy_end();
    return v_application_id;
exception
    when unique_violation or check_violation or not_null_violation then
        get stacked diagnostics v_constraint = constraint_name;
        perform gatehouse_data.application_refuse(
            v_constraint, p_name, coalesce(p_host, ''), p_path);
end
$$;
comment on function gatehouse.application_add(
    text, text, text, text[], text, text, text, text, text
) is
'Administration: mounts an application and gives its number. Null: every host,
no back ends, forward, the zone internal, Remote-User and so on, closed without
the database. Nobody is permitted anything there yet. GH001 no such zone, GH002
the name or the place is taken, GH003 malformed, GH004 too many, or not closed
in a strict zone.';

create function gatehouse.application_change(
    p_name text,
    p_host text,
    p_path text,
    p_backends text[],
    p_carrying text,
    p_zone text,
    p_connections integer,
    p_keep integer,
    p_encoded_slash text,
    p_semicolon text,
    p_empty_segments text,
    p_authorization_field text,
    p_shares_host_because text,
    p_actor text,
    p_identity text default null,
    p_confirm integer default null,
    p_on_outage text default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_constraint text;
    v_application gatehouse_data.application;
begin
    perform gatehouse_data.policy_begin('application_change', p_actor, null,
                                        p_confirm);
    v_application := gatehouse_data.application_of(p_name);
    update gatehouse_data.application a
    set host = coalesce(p_host, a.host),
        path = coalesce(p_path, a.path),
        backends = coalesce(p_backends, a.backends),
        carrying = coalesce(p_carrying, a.carrying),
        zone_id = case when p_zone is null then a.zone_id
                       else gatehouse_data.zone_id_of(p_zone) end,
        connections = coalesce(p_connections, a.connections),
        keep = coalesce(p_keep, a.keep),
        encoded_slash = coalesce(p_encoded_slash, a.encoded_slash),
        semicolon = coalesce(p_semicolon, a.semicolon),
        empty_segments = coalesce(p_empty_segments, a.empty_segments),
        authorization_field = coalesce(p_authorization_field,
                                       a.authorization_field),
        shares_host_because = coalesce(p_shares_host_because,
                                       a.shares_host_because),
        identity = coalesce(p_identity, a.identity),
        on_outage = coalesce(gatehouse_data.outage_of(p_on_outage),
                             a.on_outage)
    where a.application_id = v_application.application_id;
    perform gatehouse_data.policy_end();
exception
    when unique_violation or check_violation then
        get stacked diagnostics v_constraint = constraint_name;
        perform gatehouse_data.application_refuse(
            v_constraint, p_name, coalesce(p_host, v_application.host),
            coalesce(p_path, v_application.path));
end
$$;
comment on function gatehouse.application_change(
    text, text, text, text[], text, text, integer, integer, text, text, text,
    text, text, text, text, integer, text
) is
'Administration: changes an application; null leaves a column as it is.
p_on_outage is closed, or such as "cached 5m": so long it is open to whom a
gateway remembers while the database cannot be had, also to who was signed out
elsewhere or meanwhile. GH001 not found, GH002 the place is taken, GH003
malformed, GH004 not closed in a strict zone.';

create function gatehouse.application_remove(
    p_name text,
    p_reason text,
    p_actor text,
    p_confirm integer default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_application gatehouse_data.application;
begin
    perform gatehouse_data.policy_begin('application_remove', p_actor,
                                        p_reason, p_confirm);
    v_application := gatehouse_data.application_of(p_name);
    delete from gatehouse_data.application a
    where a.application_id = v_application.application_id;
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.application_remove(text, text, text, integer) is
'Administration: removes an application with its resources, permissions and
their grants. Their states, audit rows and access records stay. GH001 not
found.';

create function gatehouse.application_list()
returns table (
    name text,
    host text,
    path text,
    backends text,
    carrying text,
    zone text,
    sensitivity smallint,
    permissions integer,
    granted_to text
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
        a.name, a.host, a.path, array_to_string(a.backends, ' '), a.carrying,
        z.name, z.sensitivity,
        (
            select count(*)::integer
            from gatehouse_data.permission p
            where p.application_id = a.application_id
        ),
        coalesce((
            select string_agg(distinct r.name, ', ' order by r.name)
            from gatehouse_data.permission p
            join gatehouse_data.role_permission g
                on g.permission_id = p.permission_id
            join gatehouse_data.role r on r.role_id = g.role_id
            where p.application_id = a.application_id
              and g.ended_at is null
              and (g.valid_until is null or g.valid_until > v_now)
        ), '')
    from gatehouse_data.application a
    join gatehouse_data.zone z on z.zone_id = a.zone_id
    order by a.host, a.path;
end
$$;
comment on function gatehouse.application_list() is
'Administration: all applications, by host and path, with the roles that have
a permission there.';

create function gatehouse.application_show(p_name text)
returns table (
    application_id bigint,
    name text,
    host text,
    path text,
    backends text,
    carrying text,
    zone text,
    sensitivity smallint,
    freshness text,
    on_outage text,
    connections integer,
    keep integer,
    encoded_slash text,
    semicolon text,
    empty_segments text,
    authorization_field text,
    identity text,
    shares_host_because text,
    created_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_application constant gatehouse_data.application :=
        gatehouse_data.application_of(p_name);
begin
    return query
    select
        a.application_id, a.name, a.host, a.path,
        array_to_string(a.backends, ' '), a.carrying, z.name, z.sensitivity,
        case when gatehouse_data.zone_is_strict(z) then 'strict'
             else 'cached' end,
        gatehouse_data.outage_words(a.on_outage), a.connections, a.keep,
        a.encoded_slash, a.semicolon, a.empty_segments, a.authorization_field,
        a.identity,
        a.shares_host_because, a.created_at
    from gatehouse_data.application a
    join gatehouse_data.zone z on z.zone_id = a.zone_id
    where a.application_id = v_application.application_id;
end
$$;
comment on function gatehouse.application_show(text) is
'Administration: all about one application. GH001 not found.';
