-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: zones, and what holds for all applications in one.

create or replace function gatehouse_data.zone_id_of(p_name text)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_zone_id bigint;
begin
    select z.zone_id
    into v_zone_id
    from gatehouse_data.zone z
    where z.name = p_name;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no zone %s', left(p_name, 64)),
            hint = 'zones are ' || coalesce((
                select string_agg(z.name, ', ' order by z.sensitivity, z.name)
                from gatehouse_data.zone z
            ), 'gone');
    end if;
    return v_zone_id;
end
$$;
comment on function gatehouse_data.zone_id_of(text) is
'The number of a zone. GH001 not found.';

create or replace function gatehouse_data.zone_is_strict(
    p_zone gatehouse_data.zone
)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
return coalesce((p_zone).is_strict, (p_zone).sensitivity = 4);
comment on function gatehouse_data.zone_is_strict(gatehouse_data.zone) is
'Whether every request to an application of the zone asks the database.';

create function gatehouse.zone_list()
returns table (
    name text,
    sensitivity smallint,
    strict text,
    freshness text,
    on_session_moved text,
    entries text,
    condition text,
    idle text,
    record text,
    applications text,
    meaning text
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
        z.name, z.sensitivity,
        case z.is_strict when true then 'on' when false then 'off'
                         else 'default' end,
        case when gatehouse_data.zone_is_strict(z) then 'strict'
             else 'cached' end,
        z.on_session_moved,
        coalesce(nullif(array_to_string(z.entries, ', '), ''), 'all'),
        c.name,
        coalesce(gatehouse_data.policy_span(z.session_idle), 'session'),
        z.recording,
        coalesce((
            select string_agg(a.name, ', ' order by a.name)
            from gatehouse_data.application a
            where a.zone_id = z.zone_id
        ), ''),
        z.meaning
    from gatehouse_data.zone z
    left join gatehouse_data.condition c on c.condition_id = z.condition_id
    order by z.sensitivity, z.name;
end
$$;
comment on function gatehouse.zone_list() is
'Administration: all zones, the least sensitive first, and the applications in
each. strict is what was set, freshness what follows from it; on_session_moved
is alert or end; entries: through which its applications are reached; condition:
while that does not hold, nothing there is permitted; idle: how long a session
may be idle that was used there (session: as long as any); record: whether a
request is recorded before its application hears of it, or after.';

create function gatehouse.zone_change(
    p_name text,
    p_actor text,
    p_strict text default null,
    p_on_session_moved text default null,
    p_entries text[] default null,
    p_condition text default null,
    p_idle text default null,
    p_record text default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_zone_id bigint;
    v_constraint text;
begin
    perform gatehouse_data.policy_begin('zone_change', p_actor);
    v_zone_id := gatehouse_data.zone_id_of(p_name);
    if p_strict not in ('on', 'off', 'default') then
        raise exception using
            errcode = 'GH003',
            message = 'strict is on, off or default',
            hint = 'by default the zone of sensitivity 4 is strict';
    end if;
    if (p_idle = 'session' or p_idle ~ '^[1-9][0-9]{0,3}[smh]$') is false then
        raise exception using
            errcode = 'GH003',
            message = 'idle is a duration, or session',
            hint = 'such as 5m, from 1m to 1h';
    end if;
    update gatehouse_data.zone z
    set is_strict = case p_strict when 'on' then true
                                  when 'off' then false
                                  when 'default' then null
                                  else z.is_strict end,
        on_session_moved = coalesce(p_on_session_moved, z.on_session_moved),
        entries = case when p_entries = '{all}' then '{}'
                       else coalesce(p_entries, z.entries) end,
        condition_id = case
            when p_condition is null then z.condition_id
            when p_condition <> ''
            then (gatehouse_data.condition_of(p_condition)).condition_id end,
        session_idle = case when p_idle is null then z.session_idle
                            when p_idle <> 'session' then p_idle::interval end,
        recording = coalesce(p_record, z.recording)
    where z.zone_id = v_zone_id;
    perform gatehouse_data.policy_end();
exception
    when check_violation then
        get stacked diagnostics v_constraint = constraint_name;
        raise exception using
            errcode = 'GH003',
            message = case v_constraint
                when 'zone_on_session_moved_known'
                then 'on_session_moved is alert or end'
                when 'zone_session_idle_range'
                then 'idle is 1m to 1h, or session'
                when 'zone_recording_known'
                then 'record is after or before'
                else 'malformed entries' end,
            hint = case v_constraint
                when 'zone_on_session_moved_known'
                then 'it alerts unless it is told to end the session'
                when 'zone_session_idle_range'
                then 'no session may be idle for longer than its own limit'
                when 'zone_recording_known'
                then 'before: in the audit trail before the application hears '
                     'of the request'
                else 'up to 8 names of sections [entry NAME], or all' end;
end
$$;
comment on function gatehouse.zone_change(
    text, text, text, text, text[], text, text, text
) is
'Administration: changes what holds in a zone; null leaves it as it is. strict
is on, off, or default: on in the zone of sensitivity 4; on_session_moved is
alert or end: what becomes of a session that is used from another network, or
with another browser, than its sign-in; entries are names of sections of the
gateways'' configuration through which its applications are reached, or all;
while the condition does not hold nothing there is permitted, an empty one is
none; idle is how long a session may be idle that was used there, such as 5m, or
session: as long as any; record is before or after: when a request is recorded,
seen from its application. GH001 not found, GH003 malformed.';
