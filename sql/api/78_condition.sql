-- SPDX-License-Identifier: Apache-2.0
--
-- Conditions, internal: whether one holds, and what it says in words. The
-- gateway decides by lib/core/condition.c; this is the same again, for people
-- who ask. What cannot be known is null, as everywhere in SQL, and no permit.

-- What these are called with has changed; nothing of today calls them so.
drop function if exists gatehouse_data.roles_held(bigint, timestamptz);
drop function if exists gatehouse_data.roles_held(bigint, timestamptz, inet);
drop function if exists gatehouse_data.roles_withheld(
    bigint, timestamptz, inet
);
drop function if exists gatehouse_data.condition_holds(
    jsonb, bigint, timestamptz, inet
);
drop function if exists gatehouse_data.circumstances_of(timestamptz, inet);
drop function if exists gatehouse_data.roles_held(
    bigint, gatehouse_data.circumstances
);
drop function if exists gatehouse_data.roles_withheld(
    bigint, gatehouse_data.circumstances
);
drop function if exists gatehouse_data.circumstances_of(
    timestamptz, inet, timestamptz
);
drop function if exists gatehouse_data.circumstances_of(
    timestamptz, inet, timestamptz, text, bigint
);
drop function if exists gatehouse_data.condition_states();
drop function if exists gatehouse_data.condition_words(
    gatehouse_data.condition
);

create or replace function gatehouse_data.circumstances_of(
    p_at timestamptz,
    p_client inet,
    p_authenticated_at timestamptz default null,
    p_country text default null,
    p_asn bigint default null,
    p_level integer default null,
    p_device_known interval default null
)
returns gatehouse_data.circumstances
language sql
immutable
return row(p_at, p_client, p_authenticated_at, p_country, p_asn, p_level,
           p_device_known)::gatehouse_data.circumstances;
comment on function gatehouse_data.circumstances_of(
    timestamptz, inet, timestamptz, text, bigint, integer, interval
) is
'The circumstances of who asks at an instant, from an address, having signed in
at another instant, in a country and an autonomous system, at a level, in a
browser that had been known for so long (negative: it was not); null: not
known.';

create or replace function gatehouse_data.condition_states(
    p_before bigint default null
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
return (
    with state as materialized (
        select to_jsonb(c) as state
        from gatehouse_data.condition c
        where p_before is null
        union all
        select s.state
        from gatehouse_data.policy_rows('condition', p_before) as s (state)
    ),
    part as materialized (
        select p.condition_id, p.part_id
        from gatehouse_data.condition_part p
        where p_before is null
        union all
        select (s.state ->> 'condition_id')::bigint,
               (s.state ->> 'part_id')::bigint
        from gatehouse_data.policy_rows('condition_part', p_before)
            as s (state)
    ),
    whole as (
        select p.condition_id, jsonb_agg(p.part_id order by p.part_id) as parts
        from part p
        group by p.condition_id
    )
    select coalesce(jsonb_object_agg(
        s.state ->> 'condition_id',
        s.state || jsonb_build_object('parts', coalesce(w.parts, '[]'))),
        '{}')
    from state s
    left join whole w on w.condition_id = (s.state ->> 'condition_id')::bigint
);
comment on function gatehouse_data.condition_states(bigint) is
'All conditions before a version of the policy (null: that there are now), by
their numbers, each with the numbers of its parts: what condition_holds asks.';

create or replace function gatehouse_data.client_plain(p_client inet)
returns inet
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
    when p_client <<= '::ffff:0:0/96'
    then replace(host(p_client), '::ffff:', '')::inet
    else host(p_client)::inet
end;
comment on function gatehouse_data.client_plain(inet) is
'An address as it is compared: IPv4 in IPv6 is IPv4, and nothing else is.';

create or replace function gatehouse_data.condition_begins_on(
    p_state jsonb,
    p_day date
)
returns boolean
language sql
immutable
return p_state -> 'days' @> to_jsonb(extract(isodow from p_day)::integer)
       and p_day >= coalesce((p_state ->> 'first_day')::date, '-infinity')
       and p_day <= coalesce((p_state ->> 'last_day')::date, 'infinity');
comment on function gatehouse_data.condition_begins_on(jsonb, date) is
'Whether the hours of a condition begin on a day.';

create or replace function gatehouse_data.condition_holds(
    p_states jsonb,
    p_condition_id bigint,
    p_circumstances gatehouse_data.circumstances
)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state constant jsonb := p_states -> p_condition_id::text;
    v_kind constant text := v_state ->> 'kind';
    v_clock constant timestamp :=
        p_circumstances.at at time zone (v_state ->> 'time_zone');
    v_begins constant time := v_state ->> 'begins_at';
    v_ends constant time := v_state ->> 'ends_at';
    v_part jsonb;
    v_holds boolean;
    v_is_one boolean := false;
    v_is_one_not boolean := false;
    v_is_one_unknown boolean := false;
begin
    if p_condition_id is null then
        return true;
    elsif v_kind is null then
        return false;
    elsif v_kind = 'network' then
        return (
            select bool_or(gatehouse_data.client_plain(p_circumstances.client)
                           <<= n.network::cidr)
            from jsonb_array_elements_text(v_state -> 'networks')
                as n (network)
        );
    elsif v_kind = 'country' then
        return v_state -> 'countries' ? p_circumstances.country;
    elsif v_kind = 'asn' then
        return v_state -> 'asns' @> to_jsonb(p_circumstances.asn);
    elsif v_kind = 'level' then
        return p_circumstances.level >= (v_state ->> 'min_level')::integer;
    elsif v_kind = 'device' then
        return p_circumstances.device_known
               >= (v_state ->> 'min_known')::interval;
    elsif v_kind = 'age' then
        return p_circumstances.at - p_circumstances.authenticated_at
               <= (v_state ->> 'max_age')::interval;
    elsif v_kind = 'dates' then
        return v_state -> 'dates' @> to_jsonb(v_clock::date);
    elsif v_kind = 'hours' and v_begins < v_ends then
        return v_clock::time >= v_begins and v_clock::time < v_ends
               and gatehouse_data.condition_begins_on(v_state, v_clock::date);
    elsif v_kind = 'hours' then
        return v_clock::time >= v_begins
               and gatehouse_data.condition_begins_on(v_state, v_clock::date)
               or v_clock::time < v_ends
               and gatehouse_data.condition_begins_on(v_state,
                                                      v_clock::date - 1);
    end if;

    for v_part in
        select e.part
        from jsonb_array_elements(v_state -> 'parts') as e (part)
    loop
        v_holds := gatehouse_data.condition_holds(
            p_states, (v_part #>> '{}')::bigint, p_circumstances);
        v_is_one := v_is_one or v_holds is true;
        v_is_one_not := v_is_one_not or v_holds is false;
        v_is_one_unknown := v_is_one_unknown or v_holds is null;
    end loop;
    return case
        when not (v_is_one or v_is_one_not or v_is_one_unknown) then false
        when v_kind = 'all' and v_is_one_not then false
        when v_kind = 'any' and v_is_one then true
        when v_kind = 'none' and v_is_one then false
        when v_is_one_unknown then null
        else v_kind in ('all', 'none') end;
end
$$;
comment on function gatehouse_data.condition_holds(
    jsonb, bigint, gatehouse_data.circumstances
) is
'Whether a condition holds in these circumstances: of those that
condition_states gives. No condition (null) always holds, an unknown number
never does; null: what it asks for is not known.';

create or replace function gatehouse_data.condition_days(p_days smallint[])
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return (
    select string_agg(
        (array['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'])[r.first]
        || case
            when r.last > r.first
            then '-' || (array['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat',
                               'Sun'])[r.last]
            else '' end, ',' order by r.first)
    from (
        select min(n.day) as first, max(n.day) as last
        from (
            select u.day, u.day - row_number() over (order by u.day) as run
            from unnest(p_days) as u (day)
        ) as n
        group by n.run
    ) as r
);
comment on function gatehouse_data.condition_days(smallint[]) is
'Days of the week in words, such as Mon-Fri.';

create or replace function gatehouse_data.condition_words(
    p_states jsonb,
    p_condition_id bigint
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state constant jsonb := p_states -> p_condition_id::text;
    v_condition constant gatehouse_data.condition :=
        jsonb_populate_record(null::gatehouse_data.condition, v_state);
begin
    return case v_condition.kind
        when 'network' then array_to_string(v_condition.networks, ', ')
        when 'country'
        then 'in ' || array_to_string(v_condition.countries, ', ')
        when 'asn' then 'in AS' || array_to_string(v_condition.asns, ', AS')
        when 'age' then format('signed in at most %s ago',
                               v_condition.max_age)
        when 'level'
        then format('signed in at level %s or higher', v_condition.min_level)
        when 'device'
        then 'in a known browser'
             || case when v_condition.min_known > interval '0'
                     then format(', for at least %s', v_condition.min_known)
                     else '' end
        when 'dates' then format(
            '%s %s', array_to_string(v_condition.dates, ', '),
            v_condition.time_zone)
        when 'hours' then concat_ws(
            ' ',
            case when cardinality(v_condition.days) < 7
                 then gatehouse_data.condition_days(v_condition.days) end,
            to_char(v_condition.begins_at, 'HH24:MI:SS') || '-'
            || to_char(v_condition.ends_at, 'HH24:MI:SS'),
            v_condition.time_zone,
            'from ' || v_condition.first_day,
            'to ' || v_condition.last_day)
        else (
            select v_condition.kind || ' of '
                   || coalesce(string_agg(n.name, ', ' order by n.name),
                               'nothing')
            from jsonb_array_elements_text(v_state -> 'parts') as p (part_id)
            cross join lateral (
                select p_states -> p.part_id ->> 'name' collate "C" as name
            ) as n
        ) end;
end
$$;
comment on function gatehouse_data.condition_words(jsonb, bigint) is
'What a condition asks for, on one line: of those that condition_states gives.';

create or replace function gatehouse_data.condition_of(p_name text)
returns gatehouse_data.condition
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_condition gatehouse_data.condition;
begin
    select c.*
    into v_condition
    from gatehouse_data.condition c
    where c.name = p_name;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no condition %s', left(p_name, 64)),
            hint = 'gatehouse.condition_list has all';
    end if;
    return v_condition;
end
$$;
comment on function gatehouse_data.condition_of(text) is
'The condition of a name. GH001 there is none.';

create or replace function gatehouse_data.clock_turns(
    p_time_zone text,
    p_from timestamptz,
    p_until timestamptz
)
returns table (
    at timestamptz,
    utc_offset integer
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
with day as materialized (
    select
        d.at, extract(epoch from (d.at at time zone p_time_zone)
                                 - (d.at at time zone 'UTC'))::integer
            as utc_offset
    from generate_series(p_from, p_until, interval '1 day') as d (at)
),
pair as materialized (
    select
        d.at, d.utc_offset,
        lag(d.at) over (order by d.at) as last_at,
        lag(d.utc_offset) over (order by d.at) as last_offset
    from day d
)
select p.at, p.utc_offset
from pair p
where p.last_at is null
union all
select m.at, p.utc_offset
from pair p
cross join lateral (
    select min(u.at) as at
    from generate_series(p.last_at + interval '1 minute', p.at,
                         interval '1 minute') as u (at)
    where extract(epoch from (u.at at time zone p_time_zone)
                             - (u.at at time zone 'UTC'))::integer
          <> p.last_offset
) as m
where p.utc_offset <> p.last_offset
union all
select max(d.at), null
from day d
order by 1
$$;
comment on function gatehouse_data.clock_turns(
    text, timestamptz, timestamptz
) is
'How far the clocks of a time zone are ahead of UTC, in seconds, and when that
changes, to the minute; the last row, with null, is how far it was looked.
Clocks that change and change back within a day are not noticed; there are
none.';
