-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: conditions. What a condition asks for says of which kind it
-- is: hours, days, networks, countries, autonomous systems, the age of a
-- sign-in, its level, a browser that was known, or other conditions.

create or replace function gatehouse_data.condition_hours_of(
    p_hours text,
    out begins_at time,
    out ends_at time
)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_form constant text :=
        '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?'
        '-(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00(:00)?)$';
begin
    if p_hours is null then
        return;
    elsif p_hours !~ c_form then
        raise exception using
            errcode = 'GH003',
            message = format('malformed hours %s', left(p_hours, 32)),
            hint = 'such as 08:00-18:00, or 22:00-06:00 for over midnight';
    end if;
    begins_at := split_part(p_hours, '-', 1)::time;
    ends_at := split_part(p_hours, '-', 2)::time;
end
$$;
comment on function gatehouse_data.condition_hours_of(text) is
'Hours that are written as 08:00-18:00. GH003 malformed.';

create or replace function gatehouse_data.condition_days_of(p_days text)
returns smallint[]
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_names constant text[] := array['mon', 'tue', 'wed', 'thu', 'fri', 'sat',
                                     'sun'];
    v_word text;
    v_first integer;
    v_last integer;
    v_days smallint[] := '{}';
begin
    for v_word in
        select lower(btrim(w.word))
        from string_to_table(p_days, ',') as w (word)
    loop
        v_first := array_position(c_names, split_part(v_word, '-', 1));
        v_last := case when v_word ~ '-'
                       then array_position(c_names, split_part(v_word, '-', 2))
                       else v_first end;
        if (v_first <= v_last) is not true or v_word ~ '-.*-' then
            raise exception using
                errcode = 'GH003',
                message = format('malformed days %s', left(p_days, 64)),
                hint = 'such as mon-fri or sat,sun';
        end if;
        v_days := v_days || array(
            select d.day::smallint
            from generate_series(v_first, v_last) as d (day));
    end loop;
    return v_days;
end
$$;
comment on function gatehouse_data.condition_days_of(text) is
'Days of the week that are written as mon-fri,sun. GH003 malformed.';

create or replace function gatehouse_data.condition_asns_of(p_asns text[])
returns bigint[]
language sql
immutable
returns null on null input
set search_path = pg_catalog, pg_temp
return (
    select coalesce(
        array_agg(regexp_replace(u.asn, '^AS', '', 'i')::bigint), '{}')
    from unnest(p_asns) as u (asn)
);
comment on function gatehouse_data.condition_asns_of(text[]) is
'Numbers of autonomous systems that are written as 64496 or AS64496.';

create or replace function gatehouse_data.condition_refuse(p_constraint text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'GH003',
        message = 'malformed condition',
        hint = case
            when p_constraint = 'condition_name_form'
            then 'a name is 1 to 64 of a-z 0-9 _ -, beginning with a letter '
                 'or digit'
            when p_constraint = 'condition_meaning_form'
            then 'a meaning has at most 256 characters on one line'
            when p_constraint in ('condition_hours_form',
                                  'condition_hours_whole')
            then 'hours begin and end at different times, and only they have '
                 'days of the week, a first and a last day'
            when p_constraint = 'condition_day_order'
            then 'the first day is not after the last, and from 1970 on'
            when p_constraint = 'condition_time_zone_whole'
            then 'hours and dates have a time zone, such as Europe/Berlin; '
                 'nothing else has'
            when p_constraint in ('condition_dates_form',
                                  'condition_networks_number')
            then '1 to 1000 dates or networks'
            when p_constraint in ('condition_countries_form',
                                  'condition_countries_whole')
            then '1 to 1000 countries, by the two capital letters of '
                 'ISO 3166-1, such as DE,AT; nothing else with them'
            when p_constraint in ('condition_asns_form',
                                  'condition_asns_whole')
            then '1 to 1000 autonomous systems, by their numbers, such as '
                 'AS64496; nothing else with them'
            when p_constraint in ('condition_age_whole',
                                  'condition_max_age_range')
            then 'an age is 1m to 24h, such as 10m, and a condition that asks '
                 'for it asks for nothing else'
            when p_constraint in ('condition_level_whole',
                                  'condition_min_level_range')
            then 'a level is 1 to 3, and a condition that asks for it asks '
                 'for nothing else'
            when p_constraint in ('condition_device_whole',
                                  'condition_min_known_range')
            then 'a browser is known for 0 (at all) to 365d, such as 7d, and '
                 'a condition that asks for it asks for nothing else'
            else 'it asks for one of: hours, dates, networks, countries, '
                 'systems, an age, a level, a known browser; all, any or '
                 'none of other conditions'
            end;
end
$$;
comment on function gatehouse_data.condition_refuse(text) is
'Says in words which constraint a condition broke. GH003.';

create or replace function gatehouse_data.condition_parts_put(
    p_condition_id bigint,
    p_parts text[]
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ids bigint[] := '{}';
    v_part text;
begin
    foreach v_part in array p_parts loop
        v_ids := v_ids || (gatehouse_data.condition_of(v_part)).condition_id;
    end loop;
    delete from gatehouse_data.condition_part p
    where p.condition_id = p_condition_id
      and p.part_id <> all (v_ids);
    insert into gatehouse_data.condition_part (condition_id, part_id)
    select distinct p_condition_id, u.id
    from unnest(v_ids) as u (id)
    on conflict on constraint condition_part_condition_id_part_id_unique
    do nothing;
end
$$;
comment on function gatehouse_data.condition_parts_put(bigint, text[]) is
'Lets a condition look at these others, and at no more. GH001 no such one,
GH004 it would look at itself.';

create function gatehouse.condition_add(
    p_condition text,
    p_hours text,
    p_days text,
    p_dates text[],
    p_networks text[],
    p_all text[],
    p_any text[],
    p_none text[],
    p_time_zone text,
    p_first_day text,
    p_last_day text,
    p_meaning text,
    p_actor text,
    p_age text default null,
    p_countries text[] default null,
    p_asns text[] default null,
    p_level text default null,
    p_device_known text default null
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kinds constant text[] := array_remove(array[
        case when p_hours is not null then 'hours' end,
        case when p_dates is not null then 'dates' end,
        case when p_networks is not null then 'network' end,
        case when p_age is not null then 'age' end,
        case when p_countries is not null then 'country' end,
        case when p_asns is not null then 'asn' end,
        case when p_level is not null then 'level' end,
        case when p_device_known is not null then 'device' end,
        case when p_all is not null then 'all' end,
        case when p_any is not null then 'any' end,
        case when p_none is not null then 'none' end], null);
    v_constraint text;
    v_condition_id bigint;
begin
    perform gatehouse_data.policy_begin('condition_add', p_actor);
    if cardinality(v_kinds) <> 1 then
        perform gatehouse_data.condition_refuse(null);
    end if;
    insert into gatehouse_data.condition as c (
        name, meaning, kind, time_zone, days, begins_at, ends_at, first_day,
        last_day, dates, networks, max_age, countries, asns, min_level,
        min_known
    )
    select
        p_condition, coalesce(p_meaning, ''), v_kinds[1], p_time_zone,
        case
            when p_days is not null
            then gatehouse_data.condition_days_of(p_days)
            when p_hours is not null then '{1,2,3,4,5,6,7}'::smallint[]
        end,
        h.begins_at, h.ends_at, p_first_day::date, p_last_day::date,
        p_dates::date[], p_networks::cidr[], p_age::interval, p_countries,
        gatehouse_data.condition_asns_of(p_asns), p_level::smallint,
        p_device_known::interval
    from gatehouse_data.condition_hours_of(p_hours) h
    returning c.condition_id into v_condition_id;
    perform gatehouse_data.condition_parts_put(
        v_condition_id, coalesce(p_all, p_any, p_none, '{}'));
    perform gatehouse_data.policy_end();
    return v_condition_id;
exception
    when unique_violation then
        raise exception using
            errcode = 'GH002',
            message = format('there is a condition %s',
                             left(p_condition, 64));
    when check_violation or not_null_violation then
        get stacked diagnostics v_constraint = constraint_name;
        perform gatehouse_data.condition_refuse(v_constraint);
    when data_exception then
        raise exception using
            errcode = 'GH003',
            message = 'malformed condition',
            hint = 'write dates as 2026-12-25, an age as 10m, systems as '
                   'AS64496, a level as 2, how long a browser is known as '
                   '7d, and networks as 10.0.0.0/8 without bits behind the '
                   'prefix';
end
$$;
comment on function gatehouse.condition_add(
    text, text, text, text[], text[], text[], text[], text[], text, text,
    text, text, text, text, text[], text[], text, text
) is
'Administration: adds a condition, and gives its number. It asks for one of:
hours (08:00-18:00; 22:00-06:00 goes over midnight) on days of the week
(mon-fri; null: all) by the clocks of a time zone, from a first to a last day
on which they begin; dates in a time zone; networks; countries (DE);
autonomous systems (AS64496); a sign-in of at most some age (10m), of at least
some level (2), or in a browser that had been known for at least so long by then
(7d; 0: at all); or all, any or none of other conditions. meaning is what people
are told who may not. GH001 no such part, GH002 it exists, GH003 malformed,
GH004 too deep.';

create function gatehouse.condition_change(
    p_condition text,
    p_hours text,
    p_days text,
    p_dates text[],
    p_networks text[],
    p_parts text[],
    p_time_zone text,
    p_first_day text,
    p_last_day text,
    p_meaning text,
    p_actor text,
    p_age text default null,
    p_countries text[] default null,
    p_asns text[] default null,
    p_level text default null,
    p_device_known text default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_constraint text;
    v_condition gatehouse_data.condition;
begin
    perform gatehouse_data.policy_begin('condition_change', p_actor);
    v_condition := gatehouse_data.condition_of(p_condition);
    update gatehouse_data.condition c
    set meaning = coalesce(p_meaning, c.meaning),
        time_zone = coalesce(p_time_zone, c.time_zone),
        days = case when p_days is null then c.days
                    else gatehouse_data.condition_days_of(p_days) end,
        begins_at = coalesce(h.begins_at, c.begins_at),
        ends_at = coalesce(h.ends_at, c.ends_at),
        first_day = case p_first_day when '' then null
                         else coalesce(p_first_day::date, c.first_day) end,
        last_day = case p_last_day when '' then null
                        else coalesce(p_last_day::date, c.last_day) end,
        dates = coalesce(p_dates::date[], c.dates),
        networks = coalesce(p_networks::cidr[], c.networks),
        max_age = coalesce(p_age::interval, c.max_age),
        countries = coalesce(p_countries, c.countries),
        asns = coalesce(gatehouse_data.condition_asns_of(p_asns), c.asns),
        min_level = coalesce(p_level::smallint, c.min_level),
        min_known = coalesce(p_device_known::interval, c.min_known)
    from gatehouse_data.condition_hours_of(p_hours) h
    where c.condition_id = v_condition.condition_id;
    if p_parts is not null then
        perform gatehouse_data.condition_parts_put(v_condition.condition_id,
                                                   p_parts);
    end if;
    perform gatehouse_data.policy_end();
exception
    when check_violation or not_null_violation then
        get stacked diagnostics v_constraint = constraint_name;
        perform gatehouse_data.condition_refuse(v_constraint);
    when data_exception then
        raise exception using
            errcode = 'GH003',
            message = 'malformed condition',
            hint = 'write dates as 2026-12-25, an age as 10m, systems as '
                   'AS64496, a level as 2, how long a browser is known as '
                   '7d, and networks as 10.0.0.0/8 without bits behind the '
                   'prefix';
end
$$;
comment on function gatehouse.condition_change(
    text, text, text, text[], text[], text[], text, text, text, text, text,
    text, text[], text[], text, text
) is
'Administration: changes what a condition asks for, wherever it is used, from
the next request on; its kind stays. Null keeps what is there; an empty first
or last day takes it away; lists are replaced. GH001 no such one, GH003
malformed, GH004 too deep.';

create function gatehouse.condition_remove(
    p_condition text,
    p_actor text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_condition gatehouse_data.condition;
begin
    perform gatehouse_data.policy_begin('condition_remove', p_actor);
    v_condition := gatehouse_data.condition_of(p_condition);
    delete from gatehouse_data.condition c
    where c.condition_id = v_condition.condition_id;
    perform gatehouse_data.policy_end();
exception
    when foreign_key_violation then
        raise exception using
            errcode = 'GH002',
            message = format('the condition %s is used', p_condition),
            hint = 'by grants, also ended ones, zones or other conditions: '
                   'what was decided by it can be asked for later';
end
$$;
comment on function gatehouse.condition_remove(text, text) is
'Administration: removes a condition that was never used. GH001 no such one,
GH002 grants, also ended ones, zones or conditions use it.';

create function gatehouse.condition_list()
returns table (
    condition text,
    asks_for text,
    meaning text,
    used_by bigint,
    holds_now boolean
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant gatehouse_data.circumstances :=
        gatehouse_data.circumstances_of(clock_timestamp(), null);
    v_states constant jsonb := gatehouse_data.condition_states();
begin
    return query
    select
        c.name, gatehouse_data.condition_words(v_states, c.condition_id),
        c.meaning,
        (
            select count(*)
            from gatehouse_data.role_permission g
            where g.condition_id = c.condition_id
              and g.ended_at is null
        )
        + (
            select count(*)
            from gatehouse_data.account_role g
            where g.condition_id = c.condition_id
              and g.ended_at is null
        )
        + (
            select count(*)
            from gatehouse_data.zone z
            where z.condition_id = c.condition_id
        )
        + (
            select count(*)
            from gatehouse_data.condition_part p
            where p.part_id = c.condition_id
        ),
        gatehouse_data.condition_holds(v_states, c.condition_id, v_now)
    from gatehouse_data.condition c
    order by c.name;
end
$$;
comment on function gatehouse.condition_list() is
'Administration and auditors: all conditions: what they ask for and mean, how
many grants, zones and conditions use them, and whether they hold now; null:
that depends on who asks.';
