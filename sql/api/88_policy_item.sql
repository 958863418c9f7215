-- SPDX-License-Identifier: Apache-2.0
--
-- The policy as a file: what a file has, what the database has, and writing
-- it. Both are the same kind of rows (gatehouse.policy_item), so that they can
-- be compared.

create or replace function gatehouse_data.policy_items_of(
    p_lines gatehouse.policy_line[]
)
returns setof gatehouse.policy_item
language sql
stable
set search_path = pg_catalog, pg_temp
-- Nobody knows how long the list is: a loop in a loop would take for ever.
set enable_nestloop = off
as $$
with said as materialized (
    select l.*
    from unnest(p_lines) with ordinality as l (
        line, kind, name, other, word, value, mistake, hint, n)
    where l.mistake is null
      and l.kind <> 'account'
),
whole as (
    select
        s.kind, s.name, s.other, s.word, w.fallback,
        -- What is a set stands in one order.
        case when w.form = 'each' then string_agg(s.value, ' ' order by s.n)
             else string_agg(distinct s.value collate "C", ' '
                             order by s.value collate "C") end as value
    from said s
    join gatehouse_data.policy_words() w
        on w.kind = s.kind and w.word = s.word
    group by s.kind, s.name, s.other, s.word, w.fallback, w.form
),
words as (
    select w.kind, w.name, w.other, jsonb_object_agg(w.word, w.value) as words
    from whole w
    where w.value is distinct from w.fallback
    group by w.kind, w.name, w.other
)
select s.kind, s.name, s.other, coalesce(w.words, '{}'), s.line, false
from said s
left join words w using (kind, name, other)
where s.word is null
$$;
comment on function gatehouse_data.policy_items_of(gatehouse.policy_line[]) is
'What a file has, of lines that were read.';

create or replace function gatehouse_data.policy_mistakes(
    p_lines gatehouse.policy_line[]
)
returns table (
    line integer,
    mistake text,
    hint text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
-- Nobody knows how long the list is: a loop in a loop would take for ever.
set enable_nestloop = off
as $$
#variable_conflict use_column
begin
    return query
    with said as materialized (
        select l.*
        from unnest(p_lines) l
        where l.mistake is null
    ),
    item as materialized (
        select i.*
        from gatehouse_data.policy_items_of(p_lines) i
    ),
    known as materialized (
        select i.kind, i.name
        from item i
        where i.other = ''
        union all
        select 'permission', i.name || '/' || i.other
        from item i
        where i.kind = 'permission'
        union all
        select 'account', a.name
        from gatehouse_data.account a
        where exists (select from said s where s.kind = 'account')
    ),
    meant as (
        select s.line, s.word as kind, s.value as name
        from said s
        where s.word in ('zone', 'condition')
        union all
        select s.line, 'condition', s.value
        from said s
        where s.word in ('all', 'any', 'none')
          and s.value <> '-'
        union all
        select s.line,
               case s.kind when 'grant' then 'permission' else 'role' end,
               u.name
        from said s
        cross join unnest(case s.kind
            when 'excludes' then array[s.name, s.other]
            else array[s.other] end) as u (name)
        where s.word is null
          and s.kind in ('inherits', 'excludes', 'grant', 'member')
        union all
        select s.line, 'account', s.name
        from said s
        where s.kind = 'account'
    ),
    wrong as (
        select l.line, l.mistake, l.hint
        from unnest(p_lines) l
        where l.mistake is not null
        union all
        select m.line, format('there is no %s %s', m.kind, left(m.name, 129)),
               (
                   select gatehouse_data.policy_hint(
                       m.name, array_agg(k.name order by k.name))
                   from known k
                   where k.kind = m.kind
                     and abs(char_length(k.name) - char_length(m.name)) <= 1
               )
        from meant m
        where not exists (
            select
            from known k
            where k.kind = m.kind
              and k.name = m.name
        )
        union all
        select max(s.line),
               concat_ws(' ', s.kind, s.name, nullif(s.other, ''), s.word)
               || ' is here twice',
               format('first in line %s', min(s.line))
        from said s
        left join gatehouse_data.policy_words() w
            on w.kind = s.kind and w.word = s.word
        where coalesce(w.form, '')
              not in ('each', 'dates', 'networks', 'names')
        group by s.kind, s.name, s.other, s.word
        having count(*) > 1
        union all
        select i.line, format('%s needs %s', i.kind, w.word),
               gatehouse_data.policy_form_words(w.form)
        from item i
        join gatehouse_data.policy_words() w on w.kind = i.kind
        where w.fallback is null
          and not i.words ? w.word
        union all
        select i.line, 'a condition asks for one thing',
               'for hours, dates, networks, countries, autonomous systems, '
               'an age, a level, a device, or for all, any or none of others'
        from item i
        where i.kind = 'condition'
          and (
              select count(*)
              from jsonb_object_keys(i.words) as k (word)
              where k.word in ('hours', 'dates', 'networks', 'country', 'asn',
                               'age', 'level', 'device', 'all', 'any', 'none')
          ) <> 1
        union all
        select i.line, 'hours and dates need a time-zone',
               'such as Europe/Berlin'
        from item i
        where i.kind = 'condition'
          and i.words ?| '{hours,dates}'
          and not i.words ? 'time-zone'
          -- It may stand in a line that is wrong.
          and not exists (
              select
              from unnest(p_lines) l
              where l.mistake is not null
          )
        union all
        select max(i.line),
               format('permissions of %s on %s do not agree whether requests '
                      'are activity', i.name, i.words ->> 'pattern'),
               'activity is of the pattern: say the same of all'
        from item i
        where i.kind = 'permission'
        group by i.name, i.words ->> 'pattern'
        having count(distinct coalesce(i.words ->> 'activity', 'count')) > 1
        union all
        select 1, format('there is no role %s, which is built in', r.name),
               format('add the line: role %s', r.name)
        from gatehouse_data.role r
        where r.builtin is not null
          and exists (select from item i where i.kind = 'policy')
          and not exists (
              select
              from item i
              where i.kind = 'role'
                and i.name = r.name
          )
    )
    select w.line, w.mistake, w.hint
    from wrong w
    order by w.line, w.mistake
    limit 100;
end
$$;
comment on function gatehouse_data.policy_mistakes(gatehouse.policy_line[]) is
'What is wrong with a file, of lines that were read, by itself: words, names
that are not there, what is said twice or not at all. 100 at most.';

create or replace function gatehouse_data.conditions_live()
returns setof bigint
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
with recursive given as (
    select g.condition_id, g.ended_at
    from gatehouse_data.role_permission g
    where g.condition_id is not null
    union all
    select g.condition_id, g.ended_at
    from gatehouse_data.account_role g
    where g.condition_id is not null
),
past as (
    select g.condition_id
    from given g
    union
    select p.part_id
    from past a
    join gatehouse_data.condition_part p on p.condition_id = a.condition_id
),
live as (
    select g.condition_id
    from given g
    where g.ended_at is null
    union
    select z.condition_id
    from gatehouse_data.zone z
    where z.condition_id is not null
    union
    select c.condition_id
    from gatehouse_data.condition c
    where c.condition_id not in (select a.condition_id from past a)
    union
    select p.part_id
    from live l
    join gatehouse_data.condition_part p on p.condition_id = l.condition_id
)
select l.condition_id
from live l
$$;
comment on function gatehouse_data.conditions_live() is
'Conditions under which something holds, that zones ask for, or that no grant
ever used, with their
parts. The others cannot be removed, because what was decided by them can be
asked for.';

create or replace function gatehouse_data.grant_words(
    p_condition_id bigint,
    p_from timestamptz,
    p_until timestamptz,
    p_granted_at timestamptz,
    p_reason text
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select jsonb_strip_nulls(jsonb_build_object(
    'condition', (
        select c.name
        from gatehouse_data.condition c
        where c.condition_id = p_condition_id
    ),
    -- What held as soon as it was given had no beginning of its own.
    'from', case
        when isfinite(p_from)
             and p_from not between p_granted_at - interval '1 second'
                                and p_granted_at
        then gatehouse_data.policy_time(p_from) end,
    'until', case when isfinite(p_until)
                  then gatehouse_data.policy_time(p_until) end,
    'reason', nullif(p_reason, '')))
$$;
comment on function gatehouse_data.grant_words(
    bigint, timestamptz, timestamptz, timestamptz, text
) is
'What a file of the policy says of a grant. Not who gave it: that is whoever
applies the file.';

create or replace function gatehouse_data.condition_item(
    p_condition gatehouse_data.condition
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select jsonb_strip_nulls(jsonb_build_object(
    'meaning', nullif(p_condition.meaning, ''),
    'hours', gatehouse_data.policy_hours(p_condition.begins_at,
                                         p_condition.ends_at),
    'days', nullif(lower(gatehouse_data.condition_days(p_condition.days)),
                   'mon-sun'),
    'dates', (
        select string_agg(to_char(u.day, 'YYYY-MM-DD'), ' ' order by u.day)
        from unnest(p_condition.dates) as u (day)
    ),
    'networks', (
        select string_agg(u.network::text, ' '
                          order by u.network::text collate "C")
        from unnest(p_condition.networks) as u (network)
    ),
    'age', gatehouse_data.policy_span(p_condition.max_age),
    'country', array_to_string(p_condition.countries, ' '),
    'asn', (
        select string_agg(u.asn::text, ' ' order by u.asn::text collate "C")
        from unnest(p_condition.asns) as u (asn)
    ),
    'level', p_condition.min_level::text,
    'device', gatehouse_data.policy_days(p_condition.min_known),
    'time-zone', p_condition.time_zone,
    'from', to_char(p_condition.first_day, 'YYYY-MM-DD'),
    'until', to_char(p_condition.last_day, 'YYYY-MM-DD'))
    || case
        -- Of nothing: such a condition never holds.
        when p_condition.kind in ('all', 'any', 'none')
        then jsonb_build_object(p_condition.kind, coalesce((
            select string_agg(o.name, ' ' order by o.name)
            from gatehouse_data.condition_part p
            join gatehouse_data.condition o on o.condition_id = p.part_id
            where p.condition_id = p_condition.condition_id
        ), '-'))
        else '{}' end)
$$;
comment on function gatehouse_data.condition_item(gatehouse_data.condition) is
'What a file of the policy says of a condition.';

create or replace function gatehouse_data.application_item(
    p_application gatehouse_data.application,
    p_zone text
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select jsonb_build_object(
    'host', p_application.host,
    'path', p_application.path,
    'backend', array_to_string(p_application.backends, ' '),
    'carrying', p_application.carrying,
    'zone', p_zone,
    'on-outage', gatehouse_data.outage_words(p_application.on_outage),
    'connections', p_application.connections::text,
    'keep', p_application.keep::text,
    'encoded-slash', p_application.encoded_slash,
    'semicolon', p_application.semicolon,
    'empty-segments', p_application.empty_segments,
    'authorization-field', p_application.authorization_field,
    'identity', p_application.identity,
    'shares-host-because', p_application.shares_host_because)
$$;
comment on function gatehouse_data.application_item(
    gatehouse_data.application, text
) is
'What a file of the policy could say of an application.';

create or replace function gatehouse_data.policy_plain(
    p_kind text,
    p_words jsonb
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select coalesce(jsonb_object_agg(e.word, e.value), '{}')
from jsonb_each_text(p_words) as e (word, value)
join gatehouse_data.policy_words() w on w.kind = p_kind and w.word = e.word
where e.value is distinct from w.fallback
$$;
comment on function gatehouse_data.policy_plain(text, jsonb) is
'Words without those that go without saying.';

create or replace function gatehouse_data.policy_items(p_has_accounts boolean)
returns setof gatehouse.policy_item
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select 'zone', z.name, '', gatehouse_data.policy_plain('zone',
    jsonb_build_object(
        'sensitivity', z.sensitivity::text, 'meaning', z.meaning,
        'strict', case z.is_strict when true then 'on' when false then 'off'
                                   else 'default' end,
        'moved', z.on_session_moved,
        'entries', (
            select coalesce(string_agg(u.entry, ' '
                                       order by u.entry collate "C"), '')
            from unnest(z.entries) as u (entry)
        ),
        'condition', coalesce(c.name, ''),
        'idle', coalesce(gatehouse_data.policy_span(z.session_idle), ''),
        'record', z.recording)), null::integer, false
from gatehouse_data.zone z
left join gatehouse_data.condition c on c.condition_id = z.condition_id
union all
select 'condition', c.name, '', gatehouse_data.condition_item(c), null,
       c.condition_id not in (select gatehouse_data.conditions_live())
from gatehouse_data.condition c
union all
select 'application', a.name, '', gatehouse_data.policy_plain(
           'application', gatehouse_data.application_item(a, z.name)),
       null, false
from gatehouse_data.application a
join gatehouse_data.zone z on z.zone_id = a.zone_id
union all
select 'permission', a.name, p.name, jsonb_strip_nulls(jsonb_build_object(
           'pattern', r.pattern, 'methods', array_to_string(p.methods, ','),
           'activity', nullif(r.activity, 'count'))), null, false
from gatehouse_data.permission p
join gatehouse_data.resource r on r.resource_id = p.resource_id
join gatehouse_data.application a on a.application_id = p.application_id
union all
select 'role', r.name, '', jsonb_strip_nulls(jsonb_build_object(
           'meaning', nullif(r.meaning, ''),
           'administrative', case when r.is_administrative then 'yes' end)),
       null, false
from gatehouse_data.role r
union all
select 'inherits', r.name, o.name, jsonb_strip_nulls(jsonb_build_object(
           'reason', nullif(i.reason, ''))), null, false
from gatehouse_data.role_inheritance i
join gatehouse_data.role r on r.role_id = i.role_id
join gatehouse_data.role o on o.role_id = i.inherits_id
union all
select 'excludes', least(r.name, o.name), greatest(r.name, o.name),
       jsonb_strip_nulls(jsonb_build_object('reason', nullif(e.reason, ''))),
       null, false
from gatehouse_data.role_exclusion e
join gatehouse_data.role r on r.role_id = e.role_id
join gatehouse_data.role o on o.role_id = e.excludes_id
union all
select 'grant', r.name, a.name || '/' || p.name, gatehouse_data.grant_words(
           g.condition_id, g.valid_from, g.valid_until, g.granted_at,
           g.reason), null, false
from gatehouse_data.role_permission g
join gatehouse_data.role r on r.role_id = g.role_id
join gatehouse_data.permission p on p.permission_id = g.permission_id
join gatehouse_data.application a on a.application_id = p.application_id
where g.ended_at is null
  and (g.valid_until is null or g.valid_until > statement_timestamp())
union all
select 'member', c.name, r.name, gatehouse_data.grant_words(
           g.condition_id, g.valid_from, g.valid_until, g.granted_at,
           g.reason), null, false
from gatehouse_data.account_role g
join gatehouse_data.role r on r.role_id = g.role_id
join gatehouse_data.account c on c.account_id = g.account_id
where p_has_accounts
  and g.ended_at is null
  and (g.valid_until is null or g.valid_until > statement_timestamp())
$$;
comment on function gatehouse_data.policy_items(boolean) is
'What the policy in the database has, with the roles of accounts or without
them. What has ended or run out is not in it.';

create or replace function gatehouse_data.policy_quoted(p_text text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return (
    select string_agg(
        case when u.letter ~ ('[\u007F-\u009F\u00AD\u061C\u180E'
                              '\u200B-\u200F\u2028-\u202E\u2060-\u206F'
                              '\uFEFF]')
             then '\u' || lpad(to_hex(ascii(u.letter)), 4, '0')
             else u.letter end, '' order by u.n)
    from string_to_table(to_jsonb(p_text)::text, null) with ordinality
         as u (letter, n)
);
comment on function gatehouse_data.policy_quoted(text) is
'A text in quotes as in JSON, on one line, without characters that cannot be
seen.';

create or replace function gatehouse_data.policy_clause(
    p_form text,
    p_word text,
    p_value text
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return p_word || case p_form
    when 'flag' then ''
    when 'text' then ' ' || gatehouse_data.policy_quoted(p_value)
    else ' ' || p_value end;
comment on function gatehouse_data.policy_clause(text, text, text) is
'A word with its value, as it is written.';

create or replace function gatehouse_data.policy_write(p_has_accounts boolean)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
with item as materialized (
    select i.*
    from gatehouse_data.policy_items(p_has_accounts) i
    where not i.is_past
),
word as materialized (
    select w.*
    from gatehouse_data.policy_words() w
),
block as (
    select i.kind, i.name
    from item i
    where i.other = ''
    union
    select 'account', i.name
    from item i
    where i.kind = 'member'
),
line as (
    select b.kind as block, b.name, 0 as rank, '' as other, 0::bigint as n,
           E'\n' || b.kind || ' ' || b.name as text
    from block b
    union all
    select i.kind, i.name, w.rank, '', u.n, '    '
           || gatehouse_data.policy_clause(w.form, w.word, u.value)
    from item i
    join word w on w.kind = i.kind
    cross join lateral (
        select coalesce(i.words ->> w.word,
                        case when w.is_told then w.fallback end) as value
    ) as v
    cross join lateral unnest(
        case when w.form in ('each', 'dates', 'networks', 'names')
             then string_to_array(v.value, ' ')
             else array[v.value] end) with ordinality as u (value, n)
    where i.other = ''
      and u.value is not null
    union all
    select w.kind, i.name, w.rank, i.other, 0, concat_ws(
        ' ', '    ' || w.word, i.other, (
            select string_agg(gatehouse_data.policy_clause(
                       c.form, c.word, i.words ->> c.word), ' '
                       order by c.rank)
            from word c
            where c.kind = i.kind
              and i.words ? c.word
        ))
    from item i
    join word w on w.form = i.kind
    where i.other <> ''
)
select 'gatehouse-policy 1'
       || case when p_has_accounts then ' accounts' else '' end || E'\n'
       || coalesce(string_agg(l.text, E'\n' order by array_position(
           '{zone,condition,application,role,account}', l.block),
           l.name collate "C", l.rank, l.other collate "C", l.n), '')
       || E'\n'
from line l
$$;
comment on function gatehouse_data.policy_write(boolean) is
'The policy as a file.';

create function gatehouse.policy_export(p_has_accounts boolean default false)
returns table (
    version bigint,
    policy text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select s.version,
           gatehouse_data.policy_write(coalesce(p_has_accounts, false))
    from gatehouse_data.policy_state s;
end
$$;
comment on function gatehouse.policy_export(boolean) is
'Administration: the whole policy as one text, for policy_apply, with the roles
of accounts or without them, and the version that it is of. The same policy is
the same text.';
