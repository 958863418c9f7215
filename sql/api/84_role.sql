-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: roles and what they inherit. Which accounts have a role, and
-- which permissions, is given by the functions of 85.

create function gatehouse.role_add(
    p_role text,
    p_meaning text,
    p_is_administrative boolean,
    p_actor text
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_constraint text;
    v_role_id bigint;
begin
    perform gatehouse_data.policy_begin('role_add', p_actor);
    insert into gatehouse_data.role as r (name, meaning, is_administrative)
    values (p_role, coalesce(p_meaning, ''),
            coalesce(p_is_administrative, false))
    returning r.role_id into v_role_id;
    perform gatehouse_data.policy_end();
    return v_role_id;
exception
    when unique_violation then
        raise exception using
            errcode = 'GH002',
            message = format('there is a role %s', left(p_role, 64));
    when check_violation or not_null_violation then
        get stacked diagnostics v_constraint = constraint_name;
        raise exception using
            errcode = 'GH003',
            message = 'malformed role',
            hint = coalesce(gatehouse_data.policy_form(v_constraint),
                            'a role has a name');
end
$$;
comment on function gatehouse.role_add(text, text, boolean, text) is
'Administration: adds a role and gives its number. GH002: there is one of that
name. GH003 malformed, GH004 too many.';

create function gatehouse.role_remove(
    p_role text,
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
    v_role gatehouse_data.role;
begin
    perform gatehouse_data.policy_begin('role_remove', p_actor, p_reason,
                                        p_confirm);
    v_role := gatehouse_data.role_of(p_role);
    delete from gatehouse_data.role r
    where r.role_id = v_role.role_id;
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.role_remove(text, text, text, integer) is
'Administration: removes a role with its grants and what it inherits. GH001 not
found, GH004 built in.';

create function gatehouse.role_inherit(
    p_role text,
    p_inherits text,
    p_reason text,
    p_actor text,
    p_confirm integer default null
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role gatehouse_data.role;
    v_inherits gatehouse_data.role;
    v_role_inheritance_id bigint;
begin
    perform gatehouse_data.policy_begin('role_inherit', p_actor, p_reason,
                                        p_confirm);
    v_role := gatehouse_data.role_of(p_role);
    v_inherits := gatehouse_data.role_of(p_inherits);
    insert into gatehouse_data.role_inheritance as i (
        role_id, inherits_id, granted_by, reason
    )
    values (v_role.role_id, v_inherits.role_id, p_actor,
            coalesce(p_reason, ''))
    returning i.role_inheritance_id into v_role_inheritance_id;
    perform gatehouse_data.policy_end();
    return v_role_inheritance_id;
exception
    when unique_violation then
        raise exception using
            errcode = 'GH002',
            message = format('the role %s inherits %s already', p_role,
                             p_inherits);
end
$$;
comment on function gatehouse.role_inherit(text, text, text, text, integer) is
'Administration: a role also has what another one has. GH001 not found, GH002
it does already, or would inherit itself, GH003 malformed.';

create function gatehouse.role_disinherit(
    p_role text,
    p_inherits text,
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
    v_role gatehouse_data.role;
    v_inherits gatehouse_data.role;
begin
    perform gatehouse_data.policy_begin('role_disinherit', p_actor, p_reason,
                                        p_confirm);
    v_role := gatehouse_data.role_of(p_role);
    v_inherits := gatehouse_data.role_of(p_inherits);
    delete from gatehouse_data.role_inheritance i
    where i.role_id = v_role.role_id
      and i.inherits_id = v_inherits.role_id;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('the role %s does not inherit %s', p_role,
                             p_inherits),
            hint = 'it may have it through another role';
    end if;
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.role_disinherit(
    text, text, text, text, integer
) is
'Administration: a role no longer has what another one has. GH001 not found.';

create function gatehouse.role_exclude(
    p_role text,
    p_excludes text,
    p_reason text,
    p_actor text
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role_id bigint;
    v_excludes_id bigint;
    v_role_exclusion_id bigint;
begin
    perform gatehouse_data.policy_begin('role_exclude', p_actor, p_reason);
    v_role_id := (gatehouse_data.role_of(p_role)).role_id;
    v_excludes_id := (gatehouse_data.role_of(p_excludes)).role_id;
    insert into gatehouse_data.role_exclusion as e (
        role_id, excludes_id, made_by, reason
    )
    values (least(v_role_id, v_excludes_id),
            greatest(v_role_id, v_excludes_id), p_actor,
            coalesce(p_reason, ''))
    returning e.role_exclusion_id into v_role_exclusion_id;
    perform gatehouse_data.policy_end();
    return v_role_exclusion_id;
exception
    when unique_violation then
        raise exception using
            errcode = 'GH002',
            message = format('the roles %s and %s exclude each other already',
                             p_role, p_excludes);
    when check_violation then
        raise exception using
            errcode = 'GH003',
            message = 'malformed exclusion',
            hint = 'a role does not exclude itself; a reason has at most 128 '
                   'characters';
end
$$;
comment on function gatehouse.role_exclude(text, text, text, text) is
'Administration: nobody may have both of two roles, given or inherited
(separation of duty). GH001 not found, GH002 it is so already, GH003 malformed,
GH004 somebody has both.';

create function gatehouse.role_unexclude(
    p_role text,
    p_excludes text,
    p_reason text,
    p_actor text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role_id bigint;
    v_excludes_id bigint;
begin
    perform gatehouse_data.policy_begin('role_unexclude', p_actor, p_reason);
    v_role_id := (gatehouse_data.role_of(p_role)).role_id;
    v_excludes_id := (gatehouse_data.role_of(p_excludes)).role_id;
    delete from gatehouse_data.role_exclusion e
    where e.role_id = least(v_role_id, v_excludes_id)
      and e.excludes_id = greatest(v_role_id, v_excludes_id);
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('the roles %s and %s do not exclude each other',
                             p_role, p_excludes);
    end if;
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.role_unexclude(text, text, text, text) is
'Administration: somebody may have both roles again. GH001 not found.';

create function gatehouse.role_list()
returns table (
    name text,
    meaning text,
    kind text,
    inherits text,
    excludes text,
    members integer,
    permissions integer
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
        r.name, r.meaning,
        case when r.builtin is not null then 'builtin'
             when r.is_administrative then 'administrative'
             else 'plain' end,
        coalesce((
            select string_agg(o.name, ', ' order by o.name)
            from gatehouse_data.role_inheritance i
            join gatehouse_data.role o on o.role_id = i.inherits_id
            where i.role_id = r.role_id
        ), ''),
        coalesce((
            select string_agg(o.name, ', ' order by o.name)
            from gatehouse_data.role_exclusion e
            join gatehouse_data.role o
                on o.role_id in (e.role_id, e.excludes_id)
               and o.role_id <> r.role_id
            where r.role_id in (e.role_id, e.excludes_id)
        ), ''),
        (
            select count(*)::integer
            from gatehouse_data.account_role g
            where g.role_id = r.role_id
              and g.ended_at is null
              and (g.valid_until is null or g.valid_until > v_now)
        ),
        (
            select count(*)::integer
            from gatehouse_data.role_permission g
            where g.role_id = r.role_id
              and g.ended_at is null
              and (g.valid_until is null or g.valid_until > v_now)
        )
    from gatehouse_data.role r
    order by r.name;
end
$$;
comment on function gatehouse.role_list() is
'Administration and auditors: all roles, by name; how many accounts and
permissions have been given to each itself, without what is inherited.';

create function gatehouse.role_members(p_role text)
returns table (
    account text,
    status text,
    granted_role text,
    how text,
    valid_from timestamptz,
    valid_until timestamptz,
    granted_by text,
    reason text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant timestamptz := clock_timestamp();
    v_role constant gatehouse_data.role := gatehouse_data.role_of(p_role);
begin
    return query
    with way as materialized (
        select v_role.role_id, 'direct' as how
        union all
        select c.role_id, 'through ' || r.name
        from gatehouse_data.role_closure c
        join gatehouse_data.role r on r.role_id = c.role_id
        where c.inherits_id = v_role.role_id
    )
    select
        a.name, a.status, r.name, w.how, g.valid_from, g.valid_until,
        g.granted_by, g.reason
    from way w
    join gatehouse_data.role r on r.role_id = w.role_id
    join gatehouse_data.account_role g on g.role_id = w.role_id
    join gatehouse_data.account a on a.account_id = g.account_id
    where g.ended_at is null
      and (g.valid_until is null or g.valid_until > v_now)
    union all
    select
        case r.builtin when 'anonymous' then '(everybody)'
                       else '(whoever is signed in)' end,
        null, r.name, w.how, null, null, null, null
    from way w
    join gatehouse_data.role r on r.role_id = w.role_id
    where r.builtin is not null
    order by 1, 4;
end
$$;
comment on function gatehouse.role_members(text) is
'Administration: who has a role, directly or through a role that inherits it,
also from some later time on. A built-in role has (everybody) or (whoever is
signed in). GH001 not found.';
