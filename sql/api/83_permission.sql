-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: permissions, which are methods on a resource of an
-- application. A resource is made with its first permission and goes with its
-- last.

create or replace function gatehouse_data.resource_activity_set(
    p_resource_id bigint,
    p_activity text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update gatehouse_data.resource r
    set activity = p_activity
    where r.resource_id = p_resource_id
      and r.activity <> p_activity;
end
$$;
comment on function gatehouse_data.resource_activity_set(bigint, text) is
'Whether requests to a resource count as activity; null leaves it.';

create function gatehouse.permission_add(
    p_application text,
    p_permission text,
    p_pattern text,
    p_methods text[],
    p_actor text,
    p_activity text default null
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_constraint text;
    v_application gatehouse_data.application;
    v_resource_id bigint;
    v_permission_id bigint;
begin
    perform gatehouse_data.policy_begin('permission_add', p_actor);
    v_application := gatehouse_data.application_of(p_application);
    select r.resource_id
    into v_resource_id
    from gatehouse_data.resource r
    where r.application_id = v_application.application_id
      and r.pattern = p_pattern;
    if not found then
        insert into gatehouse_data.resource as r (
            application_id, pattern, activity
        )
        values (
            v_application.application_id, p_pattern,
            coalesce(p_activity, 'count')
        )
        returning r.resource_id into v_resource_id;
    else
        perform gatehouse_data.resource_activity_set(v_resource_id,
                                                     p_activity);
    end if;
    insert into gatehouse_data.permission as p (
        resource_id, application_id, name, methods
    )
    values (
        v_resource_id, v_application.application_id, p_permission,
        gatehouse_data.methods_in_order(p_methods)
    )
    returning p.permission_id into v_permission_id;
    perform gatehouse_data.policy_end();
    return v_permission_id;
exception
    when unique_violation then
        raise exception using
            errcode = 'GH002',
            message = format('the application %s has a permission %s',
                             p_application, left(p_permission, 64));
    when check_violation or not_null_violation then
        get stacked diagnostics v_constraint = constraint_name;
        raise exception using
            errcode = 'GH003',
            message = 'malformed permission',
            hint = coalesce(gatehouse_data.policy_form(v_constraint),
                            'name, pattern and methods have to be given');
end
$$;
comment on function gatehouse.permission_add(
    text, text, text, text[], text, text
) is
'Administration: adds a permission, methods (in any order) on a pattern of
paths inside an application, and gives its number. Nobody has it yet.
p_activity as for permission_change; null: count, or as the pattern has it.
GH001 no such application, GH002 it has one of that name, GH003 malformed.';

create function gatehouse.permission_change(
    p_application text,
    p_permission text,
    p_activity text,
    p_actor text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_permission gatehouse_data.permission;
begin
    perform gatehouse_data.policy_begin('permission_change', p_actor);
    v_permission := gatehouse_data.permission_of(p_application, p_permission);
    perform gatehouse_data.resource_activity_set(v_permission.resource_id,
                                                 p_activity);
    perform gatehouse_data.policy_end();
exception
    when check_violation then
        raise exception using
            errcode = 'GH003',
            message = 'malformed permission',
            hint = gatehouse_data.policy_form('resource_activity_known');
end
$$;
comment on function gatehouse.permission_change(text, text, text, text) is
'Administration: whether requests to the paths of a permission count as
activity, which keeps a session alive: count, or ignore when pages ask by
themselves. That is so for every permission on the same pattern, and whatever
other patterns say: one that ignores a path is enough. Ends no session. GH001
not found, GH003 malformed.';

create function gatehouse.permission_remove(
    p_application text,
    p_permission text,
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
    v_permission gatehouse_data.permission;
begin
    perform gatehouse_data.policy_begin('permission_remove', p_actor, p_reason,
                                        p_confirm);
    v_permission := gatehouse_data.permission_of(p_application, p_permission);
    delete from gatehouse_data.permission p
    where p.permission_id = v_permission.permission_id;
    delete from gatehouse_data.resource r
    where r.resource_id = v_permission.resource_id
      and not exists (
          select
          from gatehouse_data.permission p
          where p.resource_id = r.resource_id
      );
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.permission_remove(
    text, text, text, text, integer
) is
'Administration: removes a permission with its grants, and its resource when
that has no other. GH001 not found.';

create function gatehouse.permission_list(p_application text)
returns table (
    application text,
    permission text,
    pattern text,
    full_path text,
    methods text,
    activity text,
    roles text
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
    if p_application is not null then
        perform gatehouse_data.application_of(p_application);
    end if;
    return query
    select
        a.name, p.name, r.pattern,
        gatehouse_data.path_below(a.path, r.pattern),
        array_to_string(p.methods, ','), r.activity,
        coalesce((
            select string_agg(o.name, ', ' order by o.name)
            from gatehouse_data.role_permission g
            join gatehouse_data.role o on o.role_id = g.role_id
            where g.permission_id = p.permission_id
              and g.ended_at is null
              and (g.valid_until is null or g.valid_until > v_now)
        ), '')
    from gatehouse_data.permission p
    join gatehouse_data.resource r on r.resource_id = p.resource_id
    join gatehouse_data.application a
        on a.application_id = p.application_id
    where p_application is null or a.name = p_application
    order by a.name, r.pattern, p.name;
end
$$;
comment on function gatehouse.permission_list(text) is
'Administration: the permissions of an application, or with null of all, with
the roles that have them; activity: whether requests to that pattern count as
it. GH001 not found.';
