-- SPDX-License-Identifier: Apache-2.0
--
-- The decision, internal: the gateway's (lib/core/policy.c) made again from a
-- state of the policy, now or in the past, for many accounts at a time. One
-- evaluator: explanations, who may and what somebody may all come from the
-- ways found here. A way is a rule (a permission given to a role) together
-- with how somebody comes to that role.

create or replace function gatehouse_data.conditions_judged(
    p_before bigint,
    p_circumstances gatehouse_data.circumstances,
    p_condition_ids bigint[]
)
returns table (
    condition_id bigint,
    name text,
    asks_for text,
    holds boolean,
    holds_anew boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_states constant jsonb := gatehouse_data.condition_states(p_before);
    v_anew gatehouse_data.circumstances := p_circumstances;
begin
    v_anew.authenticated_at := v_anew.at;
    return query
    select
        u.id, v_states -> u.id::text ->> 'name',
        gatehouse_data.condition_words(v_states, u.id),
        gatehouse_data.condition_holds(v_states, u.id, p_circumstances),
        gatehouse_data.condition_holds(v_states, u.id, v_anew)
    from unnest(p_condition_ids) as u (id)
    where u.id is not null;
end
$$;
comment on function gatehouse_data.conditions_judged(
    bigint, gatehouse_data.circumstances, bigint[]
) is
'Conditions before a version of the policy (null: now): name, what each asks
for in words, and whether it holds in these circumstances, or in those of
somebody who has just signed in; null: what it asks for is not known.';

create or replace function gatehouse_data.rules_before(
    p_before bigint,
    p_circumstances gatehouse_data.circumstances,
    p_application_id bigint,
    p_rest text default null,
    p_method text default null
)
returns table (
    grant_id bigint,
    role_id bigint,
    role text,
    application_id bigint,
    permission text,
    pattern text,
    methods text,
    path_matches boolean,
    method_matches boolean,
    is_in_time boolean,
    condition text,
    asks_for text,
    holds boolean,
    holds_anew boolean,
    valid_from timestamptz,
    valid_until timestamptz,
    granted_by text,
    reason text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_at constant timestamptz := p_circumstances.at;
begin
    return query
    with asked as materialized (
        select
            g.grant_id, g.role_id, g.condition_id, p.application_id, p.name,
            r.pattern, p.methods, g.valid_from, g.valid_until, g.granted_by,
            g.reason, z.condition_id as zone_condition_id
        from gatehouse_data.role_permissions_before(p_before) g
        join gatehouse_data.permissions_before(p_before) p
            on p.permission_id = g.permission_id
        join gatehouse_data.resources_before(p_before) r
            on r.resource_id = p.resource_id
        join gatehouse_data.applications_before(p_before) n
            on n.application_id = p.application_id
        left join gatehouse_data.zones_before(p_before) z
            on z.zone_id = n.zone_id
        where g.ended_at is null
          and (p.application_id = p_application_id
               or p_application_id is null)
    ),
    judged as materialized (
        select j.*
        from gatehouse_data.conditions_judged(
            p_before, p_circumstances,
            array(
                select distinct u.id
                from asked a
                cross join unnest(array[a.condition_id, a.zone_condition_id])
                    as u (id)
            )) j
    )
    select
        a.grant_id, a.role_id, o.name, a.application_id, a.name, a.pattern,
        array_to_string(a.methods, ','),
        p_rest is null or gatehouse_data.path_matches(a.pattern, p_rest),
        p_method is null or a.methods = '{*}' or p_method = any (a.methods),
        a.valid_from <= v_at
        and (a.valid_until is null or a.valid_until > v_at),
        t.name, t.asks_for,
        (a.condition_id is null or j.holds)
        and (a.zone_condition_id is null or k.holds),
        (a.condition_id is null or j.holds_anew)
        and (a.zone_condition_id is null or k.holds_anew),
        a.valid_from, a.valid_until, a.granted_by, a.reason
    from asked a
    join gatehouse_data.roles_before(p_before) o on o.role_id = a.role_id
    left join judged j on j.condition_id = a.condition_id
    left join judged k on k.condition_id = a.zone_condition_id
    -- The one to tell of: its own, unless only the zone's stands in the way.
    left join judged t
        on t.condition_id = case
            when a.condition_id is not null
                 and (j.holds is not true or a.zone_condition_id is null
                      or k.holds)
            then a.condition_id else a.zone_condition_id end;
end
$$;
comment on function gatehouse_data.rules_before(
    bigint, gatehouse_data.circumstances, bigint, text, text
) is
'The rules of an application (null: of all) before a version of the policy
(null: now), ended ones left out, and whether each is about what is left of a
path, about a method, in time, and whether its condition and that of its zone
hold in these circumstances, or in those of somebody who has just signed in;
null: what that asks for is not known. The condition is its own, or the zone''s
when only that does not hold or there is no other.';

create or replace function gatehouse_data.roles_given(
    p_before bigint,
    p_circumstances gatehouse_data.circumstances,
    p_account_ids bigint[],
    p_role_ids bigint[] default null
)
returns table (
    account_id bigint,
    builtin text,
    given_id bigint,
    given_role text,
    role_id bigint,
    condition text,
    asks_for text,
    holds boolean,
    holds_anew boolean,
    valid_from timestamptz,
    valid_until timestamptz,
    granted_by text,
    reason text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_at constant timestamptz := p_circumstances.at;
begin
    return query
    with has as materialized (
        select c.role_id, c.has_id, r.name, r.builtin
        from gatehouse_data.closure_before(p_before) c
        join gatehouse_data.roles_before(p_before) r on r.role_id = c.role_id
        where c.has_id = any (p_role_ids) or p_role_ids is null
    ),
    given as materialized (
        select g.*
        from gatehouse_data.account_roles_before(p_before) g
        where g.ended_at is null
          and g.valid_from <= v_at
          and (g.valid_until is null or g.valid_until > v_at)
          and (g.account_id = any (p_account_ids) or p_account_ids is null)
          and g.role_id = any (array(select h.role_id from has h))
    ),
    judged as materialized (
        select j.*
        from gatehouse_data.conditions_judged(
            p_before, p_circumstances,
            array(select distinct g.condition_id from given g)) j
    )
    select
        null::bigint, h.builtin, null::bigint, h.name, h.has_id, null::text,
        null::text, true, true, null::timestamptz, null::timestamptz,
        null::text, null::text
    from has h
    where h.builtin is not null
    union all
    select
        g.account_id, null, g.grant_id, h.name, h.has_id, j.name, j.asks_for,
        g.condition_id is null or j.holds,
        g.condition_id is null or j.holds_anew, g.valid_from, g.valid_until,
        g.granted_by, g.reason
    from given g
    join has h on h.role_id = g.role_id
    left join judged j on j.condition_id = g.condition_id;
end
$$;
comment on function gatehouse_data.roles_given(
    bigint, gatehouse_data.circumstances, bigint[], bigint[]
) is
'Which roles accounts (null: all) have before a version of the policy (null:
now), with all that they inherit, by which grants that are in time, and whether
the condition of each holds in these circumstances, or in those of somebody who
has just signed in; only those of p_role_ids unless that is null. Rows without
an account are what is built in: anonymous for everybody, authenticated for
whoever is signed in.';

create or replace function gatehouse_data.ways(
    p_before bigint,
    p_circumstances gatehouse_data.circumstances,
    p_account_ids bigint[],
    p_application_id bigint,
    p_rest text default null,
    p_method text default null
)
returns table (
    account_id bigint,
    builtin text,
    given_id bigint,
    given_role text,
    given_condition text,
    given_asks_for text,
    given_holds boolean,
    given_anew boolean,
    given_from timestamptz,
    given_until timestamptz,
    given_by text,
    given_reason text,
    grant_id bigint,
    role text,
    application_id bigint,
    permission text,
    pattern text,
    methods text,
    condition text,
    asks_for text,
    holds boolean,
    holds_anew boolean,
    valid_from timestamptz,
    valid_until timestamptz,
    granted_by text,
    reason text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with rule as materialized (
        select r.*
        from gatehouse_data.rules_before(p_before, p_circumstances,
                                         p_application_id, p_rest,
                                         p_method) r
        where r.path_matches and r.method_matches and r.is_in_time
    )
    select
        g.account_id, g.builtin, g.given_id, g.given_role, g.condition,
        g.asks_for, g.holds, g.holds_anew, g.valid_from, g.valid_until,
        g.granted_by, g.reason, r.grant_id, r.role, r.application_id,
        r.permission, r.pattern, r.methods, r.condition, r.asks_for, r.holds,
        r.holds_anew, r.valid_from, r.valid_until, r.granted_by, r.reason
    from rule r
    left join gatehouse_data.roles_given(
        p_before, p_circumstances, p_account_ids,
        array(select distinct u.role_id from rule u)) g
        on g.role_id = r.role_id;
end
$$;
comment on function gatehouse_data.ways(
    bigint, gatehouse_data.circumstances, bigint[], bigint, text, text
) is
'All ways by which accounts (null: all) come, or would come if it were not for
conditions, to a method on what is left of a path in an application (null: any),
before a version of the policy (null: now). A rule that nobody has is one row
without a role.';

create or replace function gatehouse_data.decide(
    p_before bigint,
    p_circumstances gatehouse_data.circumstances,
    p_account_ids bigint[],
    p_application_id bigint,
    p_rest text,
    p_method text
)
returns table (
    account_id bigint,
    is_signed_in boolean,
    verdict text,
    reason text,
    grant_id bigint,
    role text,
    permission text,
    given_id bigint,
    given_role text,
    withheld_role text,
    condition text,
    asks_for text,
    holds boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_stranger gatehouse_data.circumstances := p_circumstances;
begin
    -- Who is not signed in has not signed in at any time, nor in any way.
    v_stranger.authenticated_at := null;
    v_stranger.level := null;
    v_stranger.device_known := null;
    return query
    with asked as materialized (
        select u.n, u.account_id, coalesce(a.status = 'active', false)
                                  as is_signed_in
        from unnest(p_account_ids) with ordinality as u (account_id, n)
        left join gatehouse_data.accounts_at(
            case when p_before is not null then p_circumstances.at end) a
            on a.account_id = u.account_id
    ),
    way as materialized (
        select w.*
        from gatehouse_data.ways(
            p_before, p_circumstances,
            array(select k.account_id from asked k where k.is_signed_in),
            p_application_id, p_rest, p_method) w
        where p_application_id is not null
    ),
    stranger_way as materialized (
        select w.*
        from gatehouse_data.ways(
            p_before, v_stranger, '{}', p_application_id, p_rest,
            p_method) w
        where p_application_id is not null
          and exists (select from asked k where not k.is_signed_in)
    ),
    theirs as materialized (
        select k.n, k.is_signed_in, w.*
        from asked k
        join way w on w.account_id = k.account_id
        union all
        select k.n, k.is_signed_in, w.*
        from asked k
        join way w on k.is_signed_in and w.builtin is not null
        union all
        select k.n, k.is_signed_in, w.*
        from asked k
        join stranger_way w
            on not k.is_signed_in and w.builtin = 'anonymous'
    ),
    sorted as materialized (
        -- The oldest rule that permits; that would, had they just signed in;
        -- or but for its condition; or but for that of a role, of those the
        -- one that was given first.
        select t.*, case
            when t.given_holds and t.holds then 1
            when t.given_anew and t.holds_anew and t.is_signed_in then 2
            when t.given_holds then 3
            when t.holds then 4 end as class
        from theirs t
    ),
    best as materialized (
        select distinct on (s.n)
            s.*, case
                when s.class = 1 then 'permit'
                when s.class = 2 then 'step_up' end as verdict,
            case
                when s.class = 3 or s.class = 2 and s.holds is not true
                then 'rule'
                when s.class in (2, 4) then 'role' end as stands_in_the_way
        from sorted s
        where s.class is not null
        order by s.n, s.class, case s.class when 4 then s.given_id end,
                 s.grant_id, s.given_id nulls first
    ),
    asking as materialized (
        select k.*, not k.is_signed_in and exists (
            select
            from stranger_way w
            where w.holds is not false
        ) as is_to_sign_in
        from asked k
    )
    select
        k.account_id, k.is_signed_in,
        coalesce(b.verdict,
                 case when k.is_to_sign_in then 'sign_in' else 'deny' end),
        case when p_application_id is null then 'not mounted'
             when b.verdict = 'permit' then 'rule'
             when b.verdict = 'step_up' then 'sign in again'
             when k.is_to_sign_in then 'sign in'
             when b.class is not null then 'condition'
             when exists (select from way)
                  or exists (select from stranger_way) then 'no role'
             else 'no rule' end,
        b.grant_id, b.role, b.permission, b.given_id, b.given_role,
        case b.stands_in_the_way when 'role' then b.given_role end,
        case b.stands_in_the_way when 'rule' then b.condition
                                 when 'role' then b.given_condition end,
        case b.stands_in_the_way when 'rule' then b.asks_for
                                 when 'role' then b.given_asks_for end,
        case b.stands_in_the_way when 'rule' then b.holds
                                 when 'role' then b.given_holds end
    from asking k
    -- Whoever is to sign in has no need to know what else there is.
    left join best b
        on b.n = k.n
           and (b.verdict = 'permit' or not k.is_to_sign_in);
end
$$;
comment on function gatehouse_data.decide(
    bigint, gatehouse_data.circumstances, bigint[], bigint, text, text
) is
'What is decided for each of these accounts (null: nobody who is signed in; once
each) on a method and what is left of a path in an application (null: none is
mounted), before a version of the policy (null: now), in these circumstances.
verdict: permit, deny, sign_in, step_up; reason: in the words of the gateway
(gh_reason_word). With the grant that permits, or would but for its condition or
that of a role: the role withheld.';
