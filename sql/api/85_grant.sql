-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: grants of roles to accounts and of permissions to roles.
-- They are ended, never deleted. The account is locked first, then the policy.

create or replace function gatehouse_data.grant_refuse(
    p_constraint text,
    p_what text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_constraint like '%_open' then
        raise exception using
            errcode = 'GH002',
            message = p_what || ' already',
            hint = 'end that grant first, to give another one';
    end if;
    raise exception using
        errcode = 'GH003',
        message = 'malformed grant',
        hint = gatehouse_data.policy_form(p_constraint);
end
$$;
comment on function gatehouse_data.grant_refuse(text, text) is
'Says in words which constraint a grant broke. GH002 conflict, GH003
malformed.';

create function gatehouse.role_grant_account(
    p_role text,
    p_account text,
    p_from timestamptz,
    p_until timestamptz,
    p_reason text,
    p_actor text,
    p_confirm integer default null,
    p_condition text default null
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_constraint text;
    v_account gatehouse_data.account;
    v_role gatehouse_data.role;
    v_now timestamptz;
    v_grant_id bigint;
begin
    v_account := gatehouse_data.account_begin('role_grant_account', p_account,
                                              p_actor);
    perform gatehouse_data.policy_begin('role_grant_account', p_actor,
                                        p_reason, p_confirm);
    v_role := gatehouse_data.role_of(p_role);
    v_now := clock_timestamp();
    if p_until <= v_now then
        raise exception using
            errcode = 'GH003',
            message = 'the grant would have ended before it is given';
    end if;
    -- One whose time has passed makes room.
    update gatehouse_data.account_role g
    set ended_at = v_now,
        ended_by = p_actor,
        end_reason = 'expired'
    where g.account_id = v_account.account_id
      and g.role_id = v_role.role_id
      and g.ended_at is null
      and g.valid_until <= v_now;
    insert into gatehouse_data.account_role as g (
        account_id, role_id, valid_from, valid_until, granted_by, reason,
        condition_id
    )
    values (
        v_account.account_id, v_role.role_id, coalesce(p_from, v_now),
        p_until,
        case when v_role.is_administrative and not exists (
            select
            from gatehouse_data.account_role o
            join gatehouse_data.role r on r.role_id = o.role_id
            where r.is_administrative
              and o.ended_at is null
              and (o.valid_until is null or o.valid_until > v_now)
        ) then 'bootstrap' else p_actor end,
        coalesce(p_reason, ''),
        case when p_condition is not null
             then (gatehouse_data.condition_of(p_condition)).condition_id end
    )
    returning g.grant_id into v_grant_id;
    perform gatehouse_data.policy_end();
    return v_grant_id;
exception
    when unique_violation or check_violation then
        get stacked diagnostics v_constraint = constraint_name;
        perform gatehouse_data.grant_refuse(
            v_constraint, format('account %s has the role %s', p_account,
                                 p_role));
end
$$;
comment on function gatehouse.role_grant_account(
    text, text, timestamptz, timestamptz, text, text, integer,
    text
) is
'Administration: gives a role to an account, from now or from an instant on,
until one or until it is ended, under a condition or none, and gives the number
of the grant. The first
one of an administrative role is granted by bootstrap, because nobody could.
GH001 not found, GH002 it has it already, GH003 malformed, GH004 built in.';

create function gatehouse.role_revoke_account(
    p_role text,
    p_account text,
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
    v_account gatehouse_data.account;
    v_role gatehouse_data.role;
begin
    v_account := gatehouse_data.account_begin('role_revoke_account',
                                              p_account, p_actor);
    perform gatehouse_data.policy_begin('role_revoke_account', p_actor,
                                        p_reason, p_confirm);
    v_role := gatehouse_data.role_of(p_role);
    update gatehouse_data.account_role g
    set ended_at = clock_timestamp(),
        ended_by = p_actor,
        end_reason = coalesce(p_reason, '')
    where g.account_id = v_account.account_id
      and g.role_id = v_role.role_id
      and g.ended_at is null;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('account %s has not been given the role %s',
                             p_account, p_role),
            hint = 'it may have it through another role: '
                   'gatehouse.role_members tells';
    end if;
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.role_revoke_account(
    text, text, text, text, integer
) is
'Administration: ends the grant of a role to an account. GH001 not found, GH003
malformed.';

create function gatehouse.role_grant_permission(
    p_role text,
    p_application text,
    p_permission text,
    p_from timestamptz,
    p_until timestamptz,
    p_reason text,
    p_actor text,
    p_confirm integer default null,
    p_condition text default null
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_constraint text;
    v_role gatehouse_data.role;
    v_permission gatehouse_data.permission;
    v_now timestamptz;
    v_grant_id bigint;
begin
    perform gatehouse_data.policy_begin('role_grant_permission', p_actor,
                                        p_reason, p_confirm);
    v_role := gatehouse_data.role_of(p_role);
    v_permission := gatehouse_data.permission_of(p_application, p_permission);
    v_now := clock_timestamp();
    if p_until <= v_now then
        raise exception using
            errcode = 'GH003',
            message = 'the grant would have ended before it is given';
    end if;
    update gatehouse_data.role_permission g
    set ended_at = v_now,
        ended_by = p_actor,
        end_reason = 'expired'
    where g.role_id = v_role.role_id
      and g.permission_id = v_permission.permission_id
      and g.ended_at is null
      and g.valid_until <= v_now;
    insert into gatehouse_data.role_permission as g (
        role_id, permission_id, valid_from, valid_until, granted_by, reason,
        condition_id
    )
    values (
        v_role.role_id, v_permission.permission_id, coalesce(p_from, v_now),
        p_until, p_actor, coalesce(p_reason, ''),
        case when p_condition is not null
             then (gatehouse_data.condition_of(p_condition)).condition_id end
    )
    returning g.grant_id into v_grant_id;
    perform gatehouse_data.policy_end();
    return v_grant_id;
exception
    when unique_violation or check_violation then
        get stacked diagnostics v_constraint = constraint_name;
        perform gatehouse_data.grant_refuse(
            v_constraint, format('the role %s has the permission %s of %s',
                                 p_role, p_permission, p_application));
end
$$;
comment on function gatehouse.role_grant_permission(
    text, text, text, timestamptz, timestamptz, text, text, integer,
    text
) is
'Administration: gives a permission to a role, from now or from an instant on,
until one or until it is ended, under a condition or none, and gives the number
of the grant: the rule
that decides. GH001 not found, GH002 it has it already, GH003 malformed, GH004
too many.';

create function gatehouse.role_revoke_permission(
    p_role text,
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
    v_role gatehouse_data.role;
    v_permission gatehouse_data.permission;
begin
    perform gatehouse_data.policy_begin('role_revoke_permission', p_actor,
                                        p_reason, p_confirm);
    v_role := gatehouse_data.role_of(p_role);
    v_permission := gatehouse_data.permission_of(p_application, p_permission);
    update gatehouse_data.role_permission g
    set ended_at = clock_timestamp(),
        ended_by = p_actor,
        end_reason = coalesce(p_reason, '')
    where g.role_id = v_role.role_id
      and g.permission_id = v_permission.permission_id
      and g.ended_at is null;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('the role %s has not been given the permission '
                             '%s of %s', p_role, p_permission, p_application),
            hint = 'it may have it through another role';
    end if;
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.role_revoke_permission(
    text, text, text, text, text, integer
) is
'Administration: ends the grant of a permission to a role. GH001 not found,
GH003 malformed.';
