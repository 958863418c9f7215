-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: what is wrong or doubtful about the policy. Each finding has
-- a stable code, and says what to do.

create or replace function gatehouse_data.pattern_covers(
    p_wide text,
    p_narrow text
)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_wide constant text[] := string_to_array(p_wide, '/');
    v_narrow constant text[] := string_to_array(p_narrow, '/');
    v_is_wide_open constant boolean := p_wide like '%/**';
    v_is_narrow_open constant boolean := p_narrow like '%/**';
    v_wide_n constant integer :=
        cardinality(v_wide) - v_is_wide_open::integer;
    v_narrow_n constant integer :=
        cardinality(v_narrow) - v_is_narrow_open::integer;
begin
    if v_is_wide_open then
        if v_narrow_n < v_wide_n then
            return false;
        end if;
    elsif v_is_narrow_open or v_narrow_n <> v_wide_n then
        return false;
    end if;
    for i in 2 .. v_wide_n loop
        if v_wide[i] = '*' then
            if v_narrow[i] = '' then
                return false;
            end if;
        elsif v_wide[i] <> v_narrow[i] then
            return false;
        end if;
    end loop;
    return true;
end
$$;
comment on function gatehouse_data.pattern_covers(text, text) is
'Whatever the narrow pattern matches, the wide one matches, too.';

create or replace function gatehouse_data.grants_shadowed(p_now timestamptz)
returns table (
    grant_id bigint,
    by_grant_id bigint
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with rule as materialized (
        select
            g.grant_id, g.role_id, p.application_id, r.pattern, p.methods,
            split_part(r.pattern, '/', 2) as first,
            greatest(g.valid_from, p_now) as valid_from,
            coalesce(g.valid_until, 'infinity') as valid_until,
            g.condition_id
        from gatehouse_data.role_permission g
        join gatehouse_data.permission p on p.permission_id = g.permission_id
        join gatehouse_data.resource r on r.resource_id = p.resource_id
        where g.ended_at is null
          and (g.valid_until is null or g.valid_until > p_now)
    ),
    -- Whoever has the role also has all of this.
    has as materialized (
        select r.role_id, r.role_id as also_id
        from gatehouse_data.role r
        union
        select r.role_id, b.role_id
        from gatehouse_data.role r
        join gatehouse_data.role b
            on b.builtin = 'anonymous'
            or b.builtin = 'authenticated'
               and r.builtin is distinct from 'anonymous'
    ),
    above as materialized (
        select h.role_id, h.also_id
        from has h
        union
        select h.role_id, c.inherits_id
        from has h
        join gatehouse_data.role_closure c on c.role_id = h.also_id
    ),
    -- What a wider one can begin with; so that few are compared in full.
    narrow as materialized (
        select n.*, a.also_id, f.first as wide_first
        from rule n
        join above a on a.role_id = n.role_id
        cross join lateral (
            select n.first
            union
            select '*'
            union
            select '**'
        ) as f (first)
    ),
    covered as materialized (
        select n.grant_id, w.grant_id as by_grant_id
        from narrow n
        join rule w
            on w.role_id = n.also_id
           and w.application_id = n.application_id
           and w.first = n.wide_first
        where w.grant_id <> n.grant_id
          and (w.methods = '{*}' or w.methods @> n.methods)
          and w.valid_from <= n.valid_from
          and w.valid_until >= n.valid_until
          and coalesce(w.condition_id = n.condition_id,
                       w.condition_id is null)
          and gatehouse_data.pattern_covers(w.pattern, n.pattern)
    )
    -- Of two that say the same the younger one is shadowed.
    select c.grant_id, min(c.by_grant_id)
    from covered c
    where c.by_grant_id < c.grant_id
       or not exists (
           select
           from covered o
           where o.grant_id = c.by_grant_id
             and o.by_grant_id = c.grant_id
       )
    group by c.grant_id;
end
$$;
comment on function gatehouse_data.grants_shadowed(timestamptz) is
'Grants of permissions that change nothing, because another one permits as much
to the same role, to one that it inherits, or to everybody.';

create function gatehouse.policy_check()
returns table (
    severity text,
    code text,
    subject text,
    finding text,
    remedy text
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
        'error', 'guard_off', g.schema || '.' || g.relation,
        case g.state
            when 'missing' then format('the trigger %s is missing', g.guard)
            when 'changed' then
                format('the trigger %s, or its function, is not what '
                       'Gatehouse made', g.guard)
            when 'foreign' then
                format('nothing of Gatehouse made the %s', case
                    when g.guard ~ '^(rule |policy |row security$)'
                    then g.guard
                    else 'trigger ' || g.guard
                end)
            else format('the trigger %s is off', g.guard)
        end,
        case g.state
            when 'missing' then 'make it again as sql/schema/ has it'
            when 'changed' then 'make it again as sql/schema/ has it'
            when 'foreign' then 'find out who made it, and drop it'
            else 'switch it on: alter table ... enable always trigger ...'
        end
    from gatehouse_report.guards g
    where not g.is_on
    order by 3, 4;

    return query
    select distinct
        'error', 'cycle', r.name,
        format('the role %s and the role %s inherit each other', r.name,
               o.name),
        'end one of them: gatehousectl role revoke ROLE --inherits OTHER'
    from gatehouse_data.role_closure c
    join gatehouse_data.role_closure b
        on b.role_id = c.inherits_id
       and b.inherits_id = c.role_id
    join gatehouse_data.role r on r.role_id = c.role_id
    join gatehouse_data.role o on o.role_id = c.inherits_id
    where c.role_id < c.inherits_id
    order by 3, 4;

    return query
    select
        'error', 'everybody_administers', r.name,
        format('the role %s, which is not given to anybody, has the '
               'administrative role %s', r.name, o.name),
        'end that: gatehousectl role revoke ROLE --inherits OTHER'
    from gatehouse_data.role_closure c
    join gatehouse_data.role r on r.role_id = c.role_id
    join gatehouse_data.role o on o.role_id = c.inherits_id
    where r.builtin is not null
      and o.is_administrative
    order by 3, 4;

    return query
    select
        'error', 'host_shared', a.name,
        format('%s (%s) stands on one host with %s', a.name, z.name,
               string_agg(format('%s (%s)', o.name, y.name), ', '
                          order by o.name)),
        'give it a host of its own, or say why not: gatehousectl app change '
        '--shares-host-because'
    from gatehouse_data.application a
    join gatehouse_data.zone z on z.zone_id = a.zone_id
    join gatehouse_data.application o
        on o.host = a.host or o.host = '' or a.host = ''
    join gatehouse_data.zone y on y.zone_id = o.zone_id
    where y.sensitivity < z.sensitivity
      and a.shares_host_because = ''
    group by a.name, z.name
    order by 3;

    return query
    select
        'error', 'path_spellings', a.name,
        format('the path of %s, %s, has another spelling that web servers '
               'take for the same', a.name, a.path),
        'give it another one: gatehousectl app change --path'
    from gatehouse_data.application a
    where a.path ~ '[!$&''()*+,;=:@]|%(2[146789ABC]|3[ABD]|40)'
    order by 3;

    return query
    select
        'warning', 'too_many', n.what,
        format('%s of at most %s', n.number, n.bound),
        'remove what nobody needs; what goes beyond is refused'
    from (
        select 'applications' as what, count(*) as number, 1000 as bound
        from gatehouse_data.application
        union all
        select 'roles', count(*), 4096
        from gatehouse_data.role
        union all
        select 'grants of permissions', count(*), 200000
        from gatehouse_data.role_permission g
        where g.ended_at is null
    ) as n
    where n.number > n.bound * 0.8
    order by 3;

    return query
    select
        'warning', 'unreachable', format('%s %s', a.name, r.pattern),
        format('all of %s is served by %s',
               gatehouse_data.path_below(a.path, r.pattern), (
                   select o.name
                   from gatehouse_data.application o
                   where o.application_id = min(b.application_id)
               )),
        'give the permission in that application, or mount that elsewhere'
    from gatehouse_data.resource r
    join gatehouse_data.application a
        on a.application_id = r.application_id
    join gatehouse_data.application b
        on (b.host = a.host or b.host = '')
       and char_length(b.path) > char_length(a.path)
       and gatehouse_data.path_covers(a.path, b.path)
       and gatehouse_data.pattern_covers(
           gatehouse_data.path_below(b.path, '/**'),
           gatehouse_data.path_below(a.path, r.pattern))
    where gatehouse_data.path_below(a.path, r.pattern) || '/' <> b.path
    group by a.name, a.path, r.pattern
    order by 3;

    return query
    select
        'warning', 'shadowed',
        format('%s has %s of %s', o.name, p.name, a.name),
        format('grant %s changes nothing: grant %s, %s of the role %s, '
               'permits as much', s.grant_id, s.by_grant_id, q.name, u.name),
        'revoke one of them: gatehousectl role revoke'
    from gatehouse_data.grants_shadowed(v_now) s
    join gatehouse_data.role_permission g on g.grant_id = s.grant_id
    join gatehouse_data.role o on o.role_id = g.role_id
    join gatehouse_data.permission p on p.permission_id = g.permission_id
    join gatehouse_data.application a
        on a.application_id = p.application_id
    join gatehouse_data.role_permission h on h.grant_id = s.by_grant_id
    join gatehouse_data.role u on u.role_id = h.role_id
    join gatehouse_data.permission q on q.permission_id = h.permission_id
    order by 3, 4;

    return query
    select
        'warning', 'no_permission', a.name,
        format('nobody can reach the application %s', a.name),
        'add a permission and grant it to a role, or remove the application'
    from gatehouse_data.application a
    where not exists (
        select
        from gatehouse_data.permission p
        join gatehouse_data.role_permission g
            on g.permission_id = p.permission_id
        where p.application_id = a.application_id
          and g.ended_at is null
          and (g.valid_until is null or g.valid_until > v_now)
    )
    order by 3;

    return query
    select
        'note', 'permission_ungranted', format('%s of %s', p.name, a.name),
        format('no role has the permission %s of %s', p.name, a.name),
        'grant it to a role, or remove it'
    from gatehouse_data.permission p
    join gatehouse_data.application a
        on a.application_id = p.application_id
    where not exists (
        select
        from gatehouse_data.role_permission g
        where g.permission_id = p.permission_id
          and g.ended_at is null
          and (g.valid_until is null or g.valid_until > v_now)
    )
    order by 3;

    return query
    with used as materialized (
        select g.role_id
        from gatehouse_data.account_role g
        where g.ended_at is null
          and (g.valid_until is null or g.valid_until > v_now)
        union
        select r.role_id
        from gatehouse_data.role r
        where r.builtin is not null
    )
    select
        'note', 'role_empty', r.name,
        format('nobody has the role %s', r.name),
        'give it to an account, or remove it'
    from gatehouse_data.role r
    where not exists (
        select
        from used u
        where u.role_id = r.role_id
    )
      and not exists (
        select
        from gatehouse_data.role_closure c
        join used u on u.role_id = c.role_id
        where c.inherits_id = r.role_id
    )
    order by 3;

    return query
    with useful as materialized (
        select g.role_id
        from gatehouse_data.role_permission g
        where g.ended_at is null
          and (g.valid_until is null or g.valid_until > v_now)
    )
    select
        'note', 'role_useless', r.name,
        format('the role %s permits nothing', r.name),
        'grant it a permission, let it inherit a role, or remove it'
    from gatehouse_data.role r
    where r.builtin is null
      and not r.is_administrative
      and not exists (
        select
        from useful u
        where u.role_id = r.role_id
    )
      and not exists (
        select
        from gatehouse_data.role_closure c
        join useful u on u.role_id = c.inherits_id
        where c.role_id = r.role_id
    )
    order by 3;
end
$$;
comment on function gatehouse.policy_check() is
'Administration: what is wrong (error), probably not meant (warning) or worth
knowing (note) about the policy, and what to do. Codes: guard_off, cycle,
everybody_administers, host_shared, path_spellings; too_many, unreachable,
shadowed, no_permission; permission_ungranted, role_empty, role_useless.';
