-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: what is permitted, and why a request would be. The decision
-- is the gateway's (lib/core/policy.c), made again from the tables: of the
-- rules that permit, the oldest decides.

create function gatehouse.policy_show()
returns table (
    application text,
    path text,
    methods text,
    permission text,
    role text,
    valid_from timestamptz,
    valid_until timestamptz,
    condition text,
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
begin
    return query
    select
        a.name, gatehouse_data.path_below(a.path, r.pattern),
        array_to_string(p.methods, ','), p.name, o.name, g.valid_from,
        g.valid_until, c.name, g.granted_by, g.reason
    from gatehouse_data.role_permission g
    left join gatehouse_data.condition c on c.condition_id = g.condition_id
    join gatehouse_data.role o on o.role_id = g.role_id
    join gatehouse_data.permission p on p.permission_id = g.permission_id
    join gatehouse_data.resource r on r.resource_id = p.resource_id
    join gatehouse_data.application a
        on a.application_id = p.application_id
    where g.ended_at is null
      and (g.valid_until is null or g.valid_until > v_now)
    order by a.name, r.pattern, p.name, o.name;
end
$$;
comment on function gatehouse.policy_show() is
'Administration: everything that is permitted, by application and path, also
from some later time on. What is not here is permitted to nobody.';

create or replace function gatehouse_data.roles_held(
    p_account_id bigint,
    p_circumstances gatehouse_data.circumstances
)
returns bigint[]
language sql
stable
set search_path = pg_catalog, pg_temp
return array(
    with held as materialized (
        select r.role_id
        from gatehouse_data.role r
        where r.builtin = 'anonymous'
           or r.builtin = 'authenticated' and p_account_id is not null
        union
        select g.role_id
        from gatehouse_data.account_role g
        where g.account_id = p_account_id
          and g.ended_at is null
          and g.valid_from <= p_circumstances.at
          and (g.valid_until is null or g.valid_until > p_circumstances.at)
          and (g.condition_id is null
               or gatehouse_data.condition_holds(
                   gatehouse_data.condition_states(), g.condition_id,
                   p_circumstances))
    )
    select h.role_id
    from held h
    union
    select c.inherits_id
    from gatehouse_data.role_closure c
    join held h on h.role_id = c.role_id
    order by 1
);
comment on function gatehouse_data.roles_held(
    bigint, gatehouse_data.circumstances
) is
'The roles that a signed-in account has in these circumstances, or with null
nobody who is signed in: built in, given, and all that is inherited.';

create or replace function gatehouse_data.activity_note(
    p_application gatehouse_data.application,
    p_path text
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
return coalesce((
    select format('; requests to it are no activity, because of the pattern '
                  '%s', r.pattern)
    from gatehouse_data.resource r
    where r.application_id = (p_application).application_id
      and r.activity = 'ignore'
      and gatehouse_data.path_matches(
          r.pattern, gatehouse_data.path_rest((p_application).path, p_path))
    order by r.resource_id
    limit 1
), '');
comment on function gatehouse_data.activity_note(
    gatehouse_data.application, text
) is
'For explain: that requests to a path do not keep a session alive, and why;
empty when they do.';

create or replace function gatehouse_data.roles_withheld(
    p_account_id bigint,
    p_circumstances gatehouse_data.circumstances
)
returns table (
    grant_id bigint,
    role_id bigint,
    note text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
with withheld as materialized (
    select
        g.grant_id, g.role_id,
        format('the role %s was given under the condition %s (%s), which %s',
               r.name, c.name, gatehouse_data.condition_words(c),
               case when h.holds is null then 'asks for what is not known'
                    else 'does not hold' end) as note
    from gatehouse_data.account_role g
    join gatehouse_data.role r on r.role_id = g.role_id
    join gatehouse_data.condition c on c.condition_id = g.condition_id
    cross join lateral (
        select gatehouse_data.condition_holds(
            gatehouse_data.condition_states(), g.condition_id,
            p_circumstances) as holds
    ) as h
    where g.account_id = p_account_id
      and g.ended_at is null
      and g.valid_from <= p_circumstances.at
      and (g.valid_until is null or g.valid_until > p_circumstances.at)
      and h.holds is not true
)
select w.grant_id, w.role_id, w.note
from withheld w
union all
select w.grant_id, c.inherits_id, w.note
from withheld w
join gatehouse_data.role_closure c on c.role_id = w.role_id
$$;
comment on function gatehouse_data.roles_withheld(
    bigint, gatehouse_data.circumstances
) is
'The roles that an account does not have in these circumstances, only because a
condition does not hold, with all that they inherit, by which grant, and why.';

create function gatehouse.explain(
    p_account text,
    p_host text,
    p_method text,
    p_path text,
    p_client text default null,
    p_age text default null
)
returns table (
    step integer,
    verdict text,
    application text,
    permission text,
    pattern text,
    methods text,
    role text,
    path_matches boolean,
    method_matches boolean,
    is_held boolean,
    is_in_time boolean,
    condition text,
    condition_holds boolean,
    is_deciding boolean,
    note text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant timestamptz := clock_timestamp();
    v_is_named constant boolean := coalesce(p_account, '') <> '';
    v_account gatehouse_data.account;
    v_application gatehouse_data.application;
    v_is_signed_in boolean;
    v_held bigint[];
    v_states constant jsonb := gatehouse_data.condition_states();
    v_circumstances gatehouse_data.circumstances;
    -- The same, had they signed in just now.
    v_anew gatehouse_data.circumstances;
    v_held_anew bigint[];
begin
    begin
        v_circumstances := gatehouse_data.circumstances_of(
            v_now, nullif(p_client, '')::inet,
            v_now - nullif(p_age, '')::interval);
    exception
        when invalid_text_representation then
            raise exception using
                errcode = 'GH003',
                message = format('malformed address %s', left(p_client, 64));
        when data_exception then
            raise exception using
                errcode = 'GH003',
                message = format('malformed age %s', left(p_age, 64)),
                hint = 'such as 10m: how long ago they signed in';
    end;
    if (p_path like '/%') is not true or coalesce(p_method, '') = '' then
        raise exception using
            errcode = 'GH003',
            message = 'a method and a canonical path have to be given',
            hint = 'such as GET and /app/orders/7, without host and query';
    end if;
    if v_is_named then
        select a.*
        into v_account
        from gatehouse_data.account a
        where a.name = p_account;
        if not found then
            raise exception using
                errcode = 'GH001',
                message = format('no account %s', left(p_account, 64));
        end if;
    end if;
    v_is_signed_in := coalesce(v_account.status = 'active', false);
    if not v_is_signed_in then
        v_circumstances.authenticated_at := null;
    end if;
    v_held := gatehouse_data.roles_held(
        case when v_is_signed_in then v_account.account_id end,
        v_circumstances);
    v_anew := v_circumstances;
    v_anew.authenticated_at := v_now;
    if v_is_signed_in then
        v_held_anew := gatehouse_data.roles_held(v_account.account_id, v_anew);
    end if;
    v_application := gatehouse_data.application_at(lower(coalesce(p_host, '')),
                                                   p_path);

    return query
    with tried as materialized (
        select
            g.grant_id, g.role_id, g.granted_by, g.reason, g.valid_from,
            g.valid_until, p.name as permission, r.pattern,
            array_to_string(p.methods, ',') as methods, o.name as role,
            gatehouse_data.path_matches(
                r.pattern, gatehouse_data.path_rest(
                    v_application.path, p_path)) as path_matches,
            p.methods = '{*}' or p_method = any (p.methods) as method_matches,
            g.role_id = any (v_held) as is_held,
            g.valid_from <= v_now
            and (g.valid_until is null or g.valid_until > v_now) as is_in_time,
            c.name as condition,
            case when c.name is not null
                 then gatehouse_data.condition_words(c) end as asks_for,
            gatehouse_data.condition_holds(
                v_states, g.condition_id, v_circumstances) as condition_holds,
            g.role_id = any (v_held_anew) and gatehouse_data.condition_holds(
                v_states, g.condition_id, v_anew) as holds_anew
        from gatehouse_data.role_permission g
        left join gatehouse_data.condition c
            on c.condition_id = g.condition_id
        join gatehouse_data.permission p on p.permission_id = g.permission_id
        join gatehouse_data.resource r on r.resource_id = p.resource_id
        join gatehouse_data.role o on o.role_id = g.role_id
        where p.application_id = v_application.application_id
          and g.ended_at is null
    ),
    deciding as materialized (
        select t.*
        from tried t
        where t.path_matches and t.method_matches and t.is_held
          and t.is_in_time and t.condition_holds
        order by t.grant_id
        limit 1
    ),
    anew as materialized (
        -- What would permit it to them once they have signed in once more.
        select t.*
        from tried t
        where t.path_matches and t.method_matches and t.is_in_time
          and t.holds_anew
        order by t.grant_id
        limit 1
    ),
    blocked as materialized (
        select t.*
        from tried t
        where t.path_matches and t.method_matches and t.is_held
          and t.is_in_time and t.condition_holds is not true
        order by t.grant_id
        limit 1
    ),
    withheld as materialized (
        select w.note
        from gatehouse_data.roles_withheld(
            case when v_is_signed_in then v_account.account_id end,
            v_circumstances) w
        join tried t on t.role_id = w.role_id
        where t.path_matches and t.method_matches and t.is_in_time
          and t.condition_holds
        -- As gateways look: the role that was given first.
        order by w.grant_id, t.grant_id
        limit 1
    ),
    withheld_now as materialized (
        -- The role of that rule, if it is what is missing until then.
        select w.note
        from gatehouse_data.roles_withheld(v_account.account_id,
                                           v_circumstances) w
        join anew a on a.role_id = w.role_id
        where not exists (
            select
            from gatehouse_data.roles_withheld(v_account.account_id, v_anew) n
            where n.grant_id = w.grant_id
        )
        order by w.grant_id
        limit 1
    ),
    able as materialized (
        -- Who may: the roles of every rule that permits somebody.
        select
            string_agg(distinct t.role, ', ' order by t.role) as roles,
            bool_or(t.condition_holds is not false) as is_open
        from tried t
        where t.path_matches and t.method_matches and t.is_in_time
    ),
    answer as materialized (
        select
            case
                when exists (select from deciding) then 'permit'
                when exists (select from anew) then 'step_up'
                when able.is_open and not v_is_signed_in
                then 'sign_in'
                else 'deny' end as verdict,
            case
                when v_application.application_id is null
                then 'no application is mounted there'
                when exists (select from deciding)
                then (
                    select format('permission %s of the role %s, by grant %s',
                                  d.permission, d.role, d.grant_id)
                    from deciding d
                )
                when exists (select from anew)
                then (
                    select format(
                        'permission %s of the role %s would permit it, by '
                        'grant %s, after signing in once more: %s',
                        a.permission, a.role, a.grant_id,
                        case
                            when a.condition_holds then w.note
                            when a.condition_holds is null
                            then format('its condition %s (%s) asks for what '
                                        'is not known: --age says how long '
                                        'ago they did', a.condition,
                                        a.asks_for)
                            else format('its condition %s (%s) does not hold',
                                        a.condition, a.asks_for) end)
                    from anew a
                    left join withheld_now w on true
                )
                when exists (select from blocked)
                then (
                    select format(
                        'permission %s of the role %s would permit it, but '
                        'its condition %s (%s) %s', b.permission, b.role,
                        b.condition, b.asks_for,
                        case when b.condition_holds is null
                             then 'asks for what is not known: --client says '
                                  'from where'
                             else 'does not hold' end)
                    from blocked b
                )
                when exists (select from withheld)
                then (select w.note from withheld w)
                when able.roles is null
                then 'no rule permits that to anybody'
                when not v_is_signed_in and v_is_named
                then format('nobody is signed in: %s is %s; one of these '
                            'roles is needed: %s', v_account.name,
                            v_account.status, able.roles)
                when not v_is_signed_in
                then format('nobody is signed in; one of these roles is '
                            'needed: %s', able.roles)
                else format('%s has none of the roles that are needed: %s',
                            v_account.name, able.roles) end as note
        from able
    ),
    line as (
        select
            1 as part, 0::bigint as place, n.verdict,
            v_application.name as application, null as permission,
            null as pattern, null as methods, null as role,
            null::boolean as path_matches, null::boolean as method_matches,
            null::boolean as is_held, null::boolean as is_in_time,
            null as condition, null::boolean as condition_holds,
            null::boolean as is_deciding, n.note
        from answer n
        union all
        select
            2, 0, null, null, null, null, null,
            (
                select string_agg(r.name, ', ' order by r.name)
                from gatehouse_data.role r
                where r.role_id = any (v_held)
            ),
            null, null, null, null, null, null, null,
            case
                when v_is_signed_in
                then format('roles that %s has now, with all that they '
                            'inherit', v_account.name)
                when v_is_named
                then format('%s is %s%s: it cannot sign in, and has what '
                            'everybody has', v_account.name,
                            v_account.status,
                            coalesce(' (' || nullif(v_account.status_reason,
                                                    '') || ')', ''))
                else 'roles that everybody has, signed in or not' end
        union all
        select
            3, 0, null, v_application.name, null,
            v_application.path, null, null, null, null, null, null, null,
            null, null,
            format('mounted at %s%s; what is left of the path there is %s%s',
                   coalesce(nullif(v_application.host, ''), 'every host, '),
                   v_application.path, gatehouse_data.path_rest(
                       v_application.path, p_path),
                   gatehouse_data.activity_note(v_application, p_path))
        where v_application.application_id is not null
        union all
        select
            4,
            row_number() over (order by
                t.grant_id is distinct from (select d.grant_id
                                             from deciding d),
                not (t.path_matches and t.method_matches),
                not t.path_matches, t.grant_id),
            null, v_application.name, t.permission, t.pattern, t.methods,
            t.role, t.path_matches, t.method_matches, t.is_held,
            t.is_in_time, t.condition, t.condition_holds,
            t.grant_id is not distinct from (
                select d.grant_id
                from deciding d
            ),
            case
                when t.grant_id = (select d.grant_id from deciding d)
                then format('decides: the oldest rule that permits, grant %s '
                            'by %s%s', t.grant_id, t.granted_by,
                            coalesce(': ' || nullif(t.reason, ''), ''))
                when not t.path_matches then 'is about other paths'
                when not t.method_matches then 'is about other methods'
                when t.valid_from > v_now
                then format('holds from %s on', t.valid_from)
                when not t.is_in_time
                then format('held until %s', t.valid_until)
                when t.condition_holds is null
                then format('asks for what is not known: %s', t.asks_for)
                when not t.condition_holds
                then format('does not hold: %s', t.asks_for)
                when not t.is_held
                then format('would permit whoever has the role %s', t.role)
                else 'permits, too' end
        from tried t
    )
    select
        row_number() over (order by l.part, l.place)::integer, l.verdict,
        l.application, l.permission, l.pattern, l.methods, l.role,
        l.path_matches, l.method_matches, l.is_held, l.is_in_time,
        l.condition, l.condition_holds, l.is_deciding, l.note
    from line l
    order by 1;
end
$$;
comment on function gatehouse.explain(text, text, text, text, text, text) is
'Administration: what the gateway would decide on a method and a canonical path
on a host, for an account or (null) for nobody who is signed in, who asks from
an address and signed in so long ago (null: not known, so what it would decide
is not either). First the verdict, permit, deny, sign_in or step_up (sign in
once more), and why; then which roles are held; which
application is mounted there; and each of its rules, the deciding one first.
GH001 no such account, GH003 malformed.';
