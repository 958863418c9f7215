-- SPDX-License-Identifier: Apache-2.0
--
-- The policy as a file: one difference made one change, by the functions of
-- administration where there is one, so that their rules hold here as well.
-- Called by policy_make, which holds the row of policy_state.

create or replace function gatehouse_data.policy_put_zone(
    p_change gatehouse.policy_change,
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_words constant jsonb := p_change.becomes;
    v_zone gatehouse_data.zone;
begin
    perform gatehouse_data.policy_begin('policy_apply', p_actor);
    v_zone.name := p_change.name;
    v_zone.sensitivity := (v_words ->> 'sensitivity')::integer;
    v_zone.meaning := coalesce(v_words ->> 'meaning', '');
    v_zone.is_strict := case v_words ->> 'strict'
        when 'on' then true when 'off' then false end;
    v_zone.on_session_moved := coalesce(v_words ->> 'moved', 'alert');
    v_zone.entries :=
        coalesce(string_to_array(v_words ->> 'entries', ' '), '{}');
    if v_words ? 'condition' then
        v_zone.condition_id :=
            (gatehouse_data.condition_of(v_words ->> 'condition')).condition_id;
    end if;
    v_zone.session_idle := (v_words ->> 'idle')::interval;
    v_zone.recording := coalesce(v_words ->> 'record', 'after');
    if v_words ->> 'strict' not in ('on', 'off') then
        raise check_violation;
    elsif p_change.was is null then
        insert into gatehouse_data.zone (
            name, sensitivity, meaning, is_strict, on_session_moved, entries,
            condition_id, session_idle, recording
        )
        values (v_zone.name, v_zone.sensitivity, v_zone.meaning,
                v_zone.is_strict, v_zone.on_session_moved, v_zone.entries,
                v_zone.condition_id, v_zone.session_idle, v_zone.recording);
    else
        update gatehouse_data.zone z
        set sensitivity = v_zone.sensitivity,
            meaning = v_zone.meaning,
            is_strict = v_zone.is_strict,
            on_session_moved = v_zone.on_session_moved,
            entries = v_zone.entries,
            condition_id = v_zone.condition_id,
            session_idle = v_zone.session_idle,
            recording = v_zone.recording
        where z.name = v_zone.name;
    end if;
    perform gatehouse_data.policy_end();
exception
    when check_violation or numeric_value_out_of_range then
        raise exception using
            errcode = 'GH003',
            message = 'malformed zone',
            hint = 'a name is 1 to 64 of a-z 0-9 _ -, sensitivity is 1 to 4, '
                   'strict on, off or default, moved alert or end, up to 8 '
                   'names of entries, a meaning has at most 256 characters, '
                   'idle is 1m to 1h, record after or before';
end
$$;
comment on function gatehouse_data.policy_put_zone(
    gatehouse.policy_change, text
) is
'Adds or changes a zone as a file has it. GH003 malformed.';

create or replace function gatehouse_data.policy_put_condition(
    p_change gatehouse.policy_change,
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_words constant jsonb := p_change.becomes;
    v_parts constant text := coalesce(v_words ->> 'all', v_words ->> 'any',
                                      v_words ->> 'none');
    v_days constant text := case
        when v_words ? 'hours' then coalesce(v_words ->> 'days', 'mon-sun')
        else v_words ->> 'days' end;
    v_kind constant text := case
        when v_words ? 'networks' then 'network'
        else (
            select k.word
            from unnest('{hours,dates,country,asn,age,level,device,all,any,'
                        'none}'::text[]) as k (word)
            where v_words ? k.word
        ) end;
    v_is_kind text;
begin
    select c.kind
    into v_is_kind
    from gatehouse_data.condition c
    where c.name = p_change.name;
    if not found then
        -- Its parts come when all of them are there.
        perform gatehouse.condition_add(
            p_change.name, v_words ->> 'hours', v_days,
            string_to_array(v_words ->> 'dates', ' '),
            string_to_array(v_words ->> 'networks', ' '),
            case when v_words ? 'all' then '{}'::text[] end,
            case when v_words ? 'any' then '{}'::text[] end,
            case when v_words ? 'none' then '{}'::text[] end,
            v_words ->> 'time-zone', v_words ->> 'from', v_words ->> 'until',
            v_words ->> 'meaning', p_actor, v_words ->> 'age',
            string_to_array(v_words ->> 'country', ' '),
            string_to_array(v_words ->> 'asn', ' '),
            v_words ->> 'level', v_words ->> 'device');
    elsif v_is_kind <> v_kind then
        raise exception using
            errcode = 'GH004',
            message = format('the condition %s is of the kind %s; that stays',
                             p_change.name, v_is_kind),
            hint = 'give the other one another name';
    else
        perform gatehouse.condition_change(
            p_change.name, v_words ->> 'hours', v_days,
            string_to_array(v_words ->> 'dates', ' '),
            string_to_array(v_words ->> 'networks', ' '),
            null, v_words ->> 'time-zone', coalesce(v_words ->> 'from', ''),
            coalesce(v_words ->> 'until', ''),
            coalesce(v_words ->> 'meaning', ''), p_actor, v_words ->> 'age',
            string_to_array(v_words ->> 'country', ' '),
            string_to_array(v_words ->> 'asn', ' '),
            v_words ->> 'level', v_words ->> 'device');
        if v_parts is not null then
            -- Only what stays, so that two that change places do not meet.
            perform gatehouse.condition_change(
                p_change.name, null, null, null, null, array(
                    select o.name
                    from gatehouse_data.condition_part p
                    join gatehouse_data.condition c
                        on c.condition_id = p.condition_id
                    join gatehouse_data.condition o
                        on o.condition_id = p.part_id
                    where c.name = p_change.name
                      and o.name = any (string_to_array(v_parts, ' '))
                ), null, null, null, null, p_actor);
        end if;
    end if;
end
$$;
comment on function gatehouse_data.policy_put_condition(
    gatehouse.policy_change, text
) is
'Adds or changes a condition as a file has it, without new parts. GH003
malformed, GH004 of another kind.';

create or replace function gatehouse_data.policy_put_parts(
    p_change gatehouse.policy_change,
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_parts constant text := coalesce(p_change.becomes ->> 'all',
                                      p_change.becomes ->> 'any',
                                      p_change.becomes ->> 'none');
begin
    if v_parts is not null then
        perform gatehouse.condition_change(
            p_change.name, null, null, null, null,
            array_remove(string_to_array(v_parts, ' '), '-'), null, null,
            null, null, p_actor);
    end if;
end
$$;
comment on function gatehouse_data.policy_put_parts(
    gatehouse.policy_change, text
) is
'Gives a condition the parts that a file has. GH004 it would look at itself.';

create or replace function gatehouse_data.policy_put_application(
    p_change gatehouse.policy_change,
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_words constant jsonb := (
        select jsonb_object_agg(w.word, coalesce(
            p_change.becomes ->> w.word, w.fallback))
        from gatehouse_data.policy_words() w
        where w.kind = 'application'
    );
    v_backends constant text[] := string_to_array(v_words ->> 'backend', ' ');
begin
    if p_change.was is null then
        perform gatehouse.application_add(
            p_change.name, v_words ->> 'host', v_words ->> 'path', v_backends,
            v_words ->> 'carrying', v_words ->> 'zone', p_actor,
            v_words ->> 'identity', v_words ->> 'on-outage');
    end if;
    -- The second half of what an application can be told, or all of it. What
    -- is so already is no change.
    perform gatehouse.application_change(
        p_change.name, v_words ->> 'host', v_words ->> 'path', v_backends,
        v_words ->> 'carrying', v_words ->> 'zone',
        (v_words ->> 'connections')::integer, (v_words ->> 'keep')::integer,
        v_words ->> 'encoded-slash', v_words ->> 'semicolon',
        v_words ->> 'empty-segments', v_words ->> 'authorization-field',
        v_words ->> 'shares-host-because', p_actor, v_words ->> 'identity',
        null, v_words ->> 'on-outage');
end
$$;
comment on function gatehouse_data.policy_put_application(
    gatehouse.policy_change, text
) is
'Adds or changes an application as a file has it. GH002, GH003, GH004 as
application_add.';

create or replace function gatehouse_data.policy_put_permission(
    p_change gatehouse.policy_change,
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pattern constant text := p_change.becomes ->> 'pattern';
    v_methods constant text[] :=
        string_to_array(p_change.becomes ->> 'methods', ',');
    v_activity constant text := coalesce(p_change.becomes ->> 'activity',
                                         'count');
    v_constraint text;
    v_permission gatehouse_data.permission;
    v_resource_id bigint;
begin
    if p_change.was is null then
        perform gatehouse.permission_add(p_change.name, p_change.other,
                                         v_pattern, v_methods, p_actor,
                                         v_activity);
        return;
    end if;
    -- It stays the same permission, with its grants.
    perform gatehouse_data.policy_begin('policy_apply', p_actor);
    v_permission := gatehouse_data.permission_of(p_change.name,
                                                 p_change.other);
    select r.resource_id
    into v_resource_id
    from gatehouse_data.resource r
    where r.application_id = v_permission.application_id
      and r.pattern = v_pattern;
    if not found then
        insert into gatehouse_data.resource as r (application_id, pattern)
        values (v_permission.application_id, v_pattern)
        returning r.resource_id into v_resource_id;
    end if;
    perform gatehouse_data.resource_activity_set(v_resource_id, v_activity);
    update gatehouse_data.permission p
    set resource_id = v_resource_id,
        methods = v_methods
    where p.permission_id = v_permission.permission_id;
    delete from gatehouse_data.resource r
    where r.resource_id = v_permission.resource_id
      and not exists (
          select
          from gatehouse_data.permission p
          where p.resource_id = r.resource_id
      );
    perform gatehouse_data.policy_end();
exception
    when check_violation then
        get stacked diagnostics v_constraint = constraint_name;
        raise exception using
            errcode = 'GH003',
            message = 'malformed permission',
            hint = gatehouse_data.policy_form(v_constraint);
end
$$;
comment on function gatehouse_data.policy_put_permission(
    gatehouse.policy_change, text
) is
'Adds or changes a permission as a file has it. GH003 malformed.';

create or replace function gatehouse_data.policy_put_role(
    p_change gatehouse.policy_change,
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_administrative constant boolean :=
        p_change.becomes ? 'administrative';
    v_constraint text;
begin
    if p_change.was is null then
        perform gatehouse.role_add(
            p_change.name, p_change.becomes ->> 'meaning',
            v_is_administrative, p_actor);
        return;
    end if;
    perform gatehouse_data.policy_begin('policy_apply', p_actor);
    update gatehouse_data.role r
    set meaning = coalesce(p_change.becomes ->> 'meaning', ''),
        is_administrative = v_is_administrative
    where r.name = p_change.name;
    perform gatehouse_data.policy_end();
exception
    when check_violation then
        get stacked diagnostics v_constraint = constraint_name;
        raise exception using
            errcode = 'GH003',
            message = 'malformed role',
            hint = coalesce(gatehouse_data.policy_form(v_constraint),
                            'what everybody has administers nothing');
end
$$;
comment on function gatehouse_data.policy_put_role(
    gatehouse.policy_change, text
) is
'Adds or changes a role as a file has it. GH003 malformed.';

create or replace function gatehouse_data.policy_put(
    p_change gatehouse.policy_change,
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_words constant jsonb := p_change.becomes;
    v_reason constant text := v_words ->> 'reason';
    v_from constant timestamptz := v_words ->> 'from';
    v_until constant timestamptz := v_words ->> 'until';
begin
    case p_change.kind
        when 'zone' then
            perform gatehouse_data.policy_put_zone(p_change, p_actor);
        when 'condition' then
            perform gatehouse_data.policy_put_condition(p_change, p_actor);
        when 'application' then
            perform gatehouse_data.policy_put_application(p_change, p_actor);
        when 'permission' then
            perform gatehouse_data.policy_put_permission(p_change, p_actor);
        when 'role' then
            perform gatehouse_data.policy_put_role(p_change, p_actor);
        when 'inherits' then
            perform gatehouse.role_inherit(p_change.name, p_change.other,
                                           v_reason, p_actor);
        when 'excludes' then
            perform gatehouse.role_exclude(p_change.name, p_change.other,
                                           v_reason, p_actor);
        when 'grant' then
            perform gatehouse.role_grant_permission(
                p_change.name, split_part(p_change.other, '/', 1),
                split_part(p_change.other, '/', 2), v_from, v_until, v_reason,
                p_actor, null, v_words ->> 'condition');
        when 'member' then
            perform gatehouse.role_grant_account(
                p_change.other, p_change.name, v_from, v_until, v_reason,
                p_actor, null, v_words ->> 'condition');
    end case;
end
$$;
comment on function gatehouse_data.policy_put(gatehouse.policy_change, text) is
'Makes one thing as a file has it.';

create or replace function gatehouse_data.policy_end_zone(
    p_name text,
    p_reason text,
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_data.policy_begin('policy_apply', p_actor, p_reason);
    delete from gatehouse_data.zone z
    where z.name = p_name;
    perform gatehouse_data.policy_end();
exception
    when foreign_key_violation then
        raise exception using
            errcode = 'GH002',
            message = format('an application is in the zone %s', p_name);
end
$$;
comment on function gatehouse_data.policy_end_zone(text, text, text) is
'Removes a zone. GH002 an application is in it.';

create or replace function gatehouse_data.policy_end_conditions(
    p_names text[],
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
    v_is_more boolean := true;
begin
    -- One is removed before its parts. What a grant ever named stays.
    while v_is_more loop
        v_is_more := false;
        for v_name in
            select c.name
            from gatehouse_data.condition c
            where c.name = any (p_names)
              and not exists (
                  select
                  from gatehouse_data.condition_part p
                  where p.part_id = c.condition_id
              )
              and not exists (
                  select
                  from gatehouse_data.role_permission g
                  where g.condition_id = c.condition_id
              )
              and not exists (
                  select
                  from gatehouse_data.account_role g
                  where g.condition_id = c.condition_id
              )
        loop
            perform gatehouse.condition_remove(v_name, p_actor);
            v_is_more := true;
        end loop;
    end loop;
end
$$;
comment on function gatehouse_data.policy_end_conditions(text[], text) is
'Removes these conditions, but for those that are needed to tell what was
decided.';

create or replace function gatehouse_data.policy_end_item(
    p_change gatehouse.policy_change,
    p_reason text,
    p_actor text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    case p_change.kind
        when 'zone' then
            perform gatehouse_data.policy_end_zone(p_change.name, p_reason,
                                                   p_actor);
        when 'application' then
            perform gatehouse.application_remove(p_change.name, p_reason,
                                                 p_actor);
        when 'permission' then
            perform gatehouse.permission_remove(p_change.name, p_change.other,
                                                p_reason, p_actor);
        when 'role' then
            perform gatehouse.role_remove(p_change.name, p_reason, p_actor);
        when 'inherits' then
            perform gatehouse.role_disinherit(p_change.name, p_change.other,
                                              p_reason, p_actor);
        when 'excludes' then
            perform gatehouse.role_unexclude(p_change.name, p_change.other,
                                             p_reason, p_actor);
        when 'grant' then
            perform gatehouse.role_revoke_permission(
                p_change.name, split_part(p_change.other, '/', 1),
                split_part(p_change.other, '/', 2), p_reason, p_actor);
        when 'member' then
            perform gatehouse.role_revoke_account(
                p_change.other, p_change.name, p_reason, p_actor);
    end case;
end
$$;
comment on function gatehouse_data.policy_end_item(
    gatehouse.policy_change, text, text
) is
'Ends or removes one thing that a file has not.';
