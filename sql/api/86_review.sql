-- SPDX-License-Identifier: Apache-2.0
--
-- Administration and auditors: who may do something, what somebody may do, and
-- what decided a request of the access records; now, or at any instant since
-- the policy keeps its versions. What decides stands in 86_decide.sql.

create or replace function gatehouse_data.condition_named(
    p_condition text,
    p_asks_for text
)
returns text
language sql
immutable
return p_condition || ' (' || p_asks_for || ')';
comment on function gatehouse_data.condition_named(text, text) is
'A condition as people are told of it: name, and what it asks for.';

create or replace function gatehouse_data.both_texts(
    p_one text,
    p_other text
)
returns text
language sql
immutable
return nullif(concat_ws(' and ', p_one, p_other), '');
comment on function gatehouse_data.both_texts(text, text) is
'Two texts that both count, or the one that there is; null: none.';

create function gatehouse.who_can(
    p_host text,
    p_method text,
    p_path text,
    p_at timestamptz default null,
    p_client text default null,
    p_country text default null,
    p_asn text default null,
    p_level text default null,
    p_device_known text default null
)
returns table (
    account text,
    can boolean,
    role text,
    through text,
    permission text,
    condition text,
    granted_by text,
    reason text,
    since timestamptz,
    until timestamptz,
    permitted_by text,
    permitted_reason text,
    application text,
    role_grant bigint,
    permission_grant bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_before constant bigint := gatehouse_data.policy_before(p_at);
    v_circumstances constant gatehouse_data.circumstances :=
        gatehouse_data.circumstances_of(
            coalesce(p_at, clock_timestamp()),
            gatehouse_data.client_of(p_client),
            p_country => gatehouse_data.country_of(p_country),
            p_asn => gatehouse_data.asn_of(p_asn),
            p_level => gatehouse_data.level_of(p_level),
            p_device_known => gatehouse_data.device_of(p_device_known));
    v_application gatehouse_data.application;
begin
    perform gatehouse_data.request_check(p_method, p_path);
    v_application := gatehouse_data.application_at(
        lower(coalesce(p_host, '')), p_path, v_before);

    return query
    select
        coalesce(a.name, case w.builtin when 'anonymous' then '(everybody)'
                              else '(whoever is signed in)' end),
        w.given_holds and w.holds,
        w.given_role, case when w.role <> w.given_role then w.role end,
        w.permission, gatehouse_data.both_texts(
            gatehouse_data.condition_named(w.given_condition,
                                           w.given_asks_for),
            gatehouse_data.condition_named(w.condition, w.asks_for)),
        w.given_by, w.given_reason, greatest(w.given_from, w.valid_from),
        least(w.given_until, w.valid_until), w.granted_by, w.reason,
        v_application.name, w.given_id, w.grant_id
    from gatehouse_data.ways(
        v_before, v_circumstances, null, v_application.application_id,
        gatehouse_data.path_rest(v_application.path, p_path), p_method) w
    left join gatehouse_data.accounts_at(p_at) a
        on a.account_id = w.account_id
    where v_application.application_id is not null
      and (w.builtin is not null or a.status = 'active')
    order by a.name nulls first, w.builtin, w.given_holds and w.holds desc
             nulls last, w.grant_id, w.given_id;
end
$$;
comment on function gatehouse.who_can(
    text, text, text, timestamptz, text, text, text, text, text
) is
'Administration and auditors: who may use a method on a canonical path on a
host, now or at an instant: each active account with each role that was given
it, or everybody, or whoever is signed in, by what is built in. The role that
has the permission if it is another one that the first inherits, the conditions
in words, who gave the role and why, since when and until when both grants hold,
and who gave the permission. can: null when a condition asks for what is not
known, such as the client; false when it does not hold. GH003 malformed.
Example: who could change orders on 3 March at 21:00?
  select account, role, granted_by, reason from gatehouse.who_can(
      ''shop.example.org'', ''POST'', ''/shop/orders/7'',
      ''2026-03-03 21:00+01'') where can;';

create function gatehouse.what_can(
    p_account text,
    p_at timestamptz default null,
    p_client text default null,
    p_country text default null,
    p_asn text default null,
    p_level text default null,
    p_device_known text default null
)
returns table (
    application text,
    host text,
    path text,
    methods text,
    can boolean,
    role text,
    through text,
    permission text,
    condition text,
    granted_by text,
    reason text,
    since timestamptz,
    until timestamptz,
    permitted_by text,
    permitted_reason text,
    role_grant bigint,
    permission_grant bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_before constant bigint := gatehouse_data.policy_before(p_at);
    v_circumstances constant gatehouse_data.circumstances :=
        gatehouse_data.circumstances_of(
            coalesce(p_at, clock_timestamp()),
            gatehouse_data.client_of(p_client),
            p_country => gatehouse_data.country_of(p_country),
            p_asn => gatehouse_data.asn_of(p_asn),
            p_level => gatehouse_data.level_of(p_level),
            p_device_known => gatehouse_data.device_of(p_device_known));
    v_account record;
begin
    select a.*
    into v_account
    from gatehouse_data.account_at(p_account, p_at) a;

    return query
    select
        a.name, a.host, gatehouse_data.path_below(a.path, w.pattern),
        w.methods, w.given_holds and w.holds, w.given_role,
        case when w.role <> w.given_role then w.role end, w.permission,
        gatehouse_data.both_texts(
            gatehouse_data.condition_named(w.given_condition,
                                           w.given_asks_for),
            gatehouse_data.condition_named(w.condition, w.asks_for)),
        w.given_by, w.given_reason, greatest(w.given_from, w.valid_from),
        least(w.given_until, w.valid_until), w.granted_by, w.reason,
        w.given_id, w.grant_id
    from gatehouse_data.ways(
        v_before, v_circumstances,
        array[case when v_account.status = 'active'
                   then v_account.account_id end], null) w
    join gatehouse_data.applications_before(v_before) a
        on a.application_id = w.application_id
    where w.account_id is not null
       or w.builtin = 'anonymous'
       or w.builtin = 'authenticated' and v_account.status = 'active'
    order by a.name, w.pattern, w.permission, w.grant_id,
             w.given_id nulls first;
end
$$;
comment on function gatehouse.what_can(
    text, timestamptz, text, text, text, text, text
) is
'Administration and auditors: what an account (null: nobody who is signed in)
may do, now or at an instant: each pattern and its methods, by each of its
roles; an account that was not active has what everybody has. Columns as in
who_can. GH001 no such account, GH003 malformed. Example: what did the grants of
carol permit at new year, and who gave them?
  select application, path, methods, role, granted_by
  from gatehouse.what_can(''carol'', ''2026-01-01 00:00+01'') where can;';

-- What it is called with has changed.
drop function if exists gatehouse_data.decision_of(
    timestamptz, inet, bigint, text, text, text
);

create or replace function gatehouse_data.decision_of(
    p_circumstances gatehouse_data.circumstances,
    p_before bigint,
    p_account_id bigint,
    p_application text,
    p_method text,
    p_path text
)
returns table (
    verdict text,
    permission text,
    role text,
    granted_by text,
    reason text,
    permission_grant bigint,
    note text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select
        d.verdict, d.permission, coalesce(d.given_role, d.role),
        coalesce(g.granted_by, p.granted_by), coalesce(g.reason, p.reason),
        d.grant_id,
        coalesce(gatehouse_data.decision_words(
            d.verdict, d.reason, d.grant_id, d.permission, d.role,
            d.withheld_role, d.condition, d.asks_for, d.holds), d.reason)
    from (
        values (null)
    ) as always (n)
    left join gatehouse_data.applications_before(p_before) a
        on a.name = p_application
           and gatehouse_data.path_covers(a.path, p_path)
    cross join lateral gatehouse_data.decide(
        p_before, p_circumstances, array[p_account_id], a.application_id,
        gatehouse_data.path_rest(a.path, p_path), p_method) d
    left join gatehouse_data.account_roles_before(p_before) g
        on g.grant_id = d.given_id
    left join gatehouse_data.role_permissions_before(p_before) p
        on p.grant_id = d.grant_id;
end
$$;
comment on function gatehouse_data.decision_of(
    gatehouse_data.circumstances, bigint, bigint, text, text, text
) is
'What is decided on a request to an application, in these circumstances and
before a version of the policy (null: now), and who gave the role by which it
is, or, of what is built in, the permission.';

create or replace function gatehouse_data.exchange_made_at(p_exchange uuid)
returns timestamptz
language sql
immutable
set search_path = pg_catalog, pg_temp
return (
    select case
        when substr(h.hex, 13, 1) = '7'
        then to_timestamp(('x' || left(h.hex, 12))::bit(48)::bigint / 1000.0)
    end
    from (values (replace(p_exchange::text, '-', ''))) as h (hex)
);
comment on function gatehouse_data.exchange_made_at(uuid) is
'When a gateway made the id of a request, which the id holds (RFC 9562, version
7); null: it is another kind of id.';

create or replace function gatehouse_data.exchange_records(p_exchange uuid)
returns setof gatehouse_audit.access
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_made constant timestamptz :=
        gatehouse_data.exchange_made_at(p_exchange);
    v_within interval;
begin
    -- A record is of the end of its request, which may have taken long, by
    -- another clock: near first, so that little is read as a rule.
    foreach v_within in array '{1 minute, 1 day}'::interval[] loop
        return query
        select x.*
        from gatehouse_audit.access x
        where x.at between v_made - v_within and v_made + v_within
          and x.exchange = p_exchange
        order by x.at
        limit 16;
        if found then
            return;
        end if;
    end loop;
    return query
    select x.*
    from gatehouse_audit.access x
    where x.exchange = p_exchange
    order by x.at
    limit 16;
end
$$;
comment on function gatehouse_data.exchange_records(uuid) is
'The access records of a request, 16 at most. Looks at the time that the id
holds; reads all records when there is none of it there.';

create function gatehouse.explain_exchange(p_exchange uuid)
returns table (
    decided text,
    at timestamptz,
    account text,
    application text,
    method text,
    path text,
    client inet,
    country text,
    asn bigint,
    verdict text,
    permission text,
    role text,
    granted_by text,
    reason text,
    permission_grant bigint,
    note text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with record as materialized (
        select
            x.*, coalesce(gatehouse_data.account_name_of(x.account_id),
                          x.account_id::text) as account,
            -- It was decided when it came; its answer may have taken hours.
            x.at - coalesce(x.ms, 0) * interval '1 ms' as came_at,
            s.level::integer, gatehouse_data.session_device_known(s)
                as device_known
        from gatehouse_data.exchange_records(p_exchange) x
        left join gatehouse_data.session s on s.reference = x.session
    ),
    answer as (
        select
            1 as part, 'recorded' as decided, r.access_id, r.at,
            case when r.grant_id is not null then 'permit' end as verdict,
            p.name as permission, o.name as role, g.granted_by, g.reason,
            r.grant_id, format(
                'status %s%s', r.status, ': ' || r.reason) as note
        from record r
        cross join lateral gatehouse_data.policy_before(r.came_at) as b
            (before)
        left join gatehouse_data.role_permissions_before(b.before) g
            on g.grant_id = r.grant_id
        left join gatehouse_data.permissions_before(b.before) p
            on p.permission_id = g.permission_id
        left join gatehouse_data.roles_before(b.before) o
            on o.role_id = g.role_id
        union all
        select
            t.part, t.decided, r.access_id, t.at, d.*
        from record r
        cross join lateral (
            values (2, 'then', r.came_at,
                    gatehouse_data.policy_before(r.came_at)),
                   (3, 'now', clock_timestamp(), null)
        ) as t (part, decided, at, before)
        cross join lateral gatehouse_data.decision_of(
            gatehouse_data.circumstances_of(
                t.at, r.client, null, r.country, r.asn, r.level,
                r.device_known),
            t.before, r.account_id, r.application, r.method, r.resource) d
    )
    select
        a.decided, a.at, r.account, r.application, r.method, r.resource,
        r.client, r.country, r.asn, a.verdict, a.permission, a.role,
        a.granted_by, a.reason,
        a.grant_id, a.note
    from answer a
    join record r on r.access_id = a.access_id
    order by r.at, r.access_id, a.part;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no access record of the exchange %s',
                             p_exchange),
            hint = 'the id stands on the page and in the log; records are '
                   'written a moment later';
    end if;
end
$$;
comment on function gatehouse.explain_exchange(uuid) is
'Administration and auditors: what decided a request, by its id: as it was
recorded, as the policy decides it of the instant at which it came (then), and
as it would be decided now. Records have the client''s address, where that was
found to be if the
policy asked for it, and no age of a sign-in; its level, and for how long its
browser had been known, are the session''s, while that is kept. Recorded and
then may differ when the policy changed within the second before, or when the
gateway refused for another reason than the policy: note has it. Reads the
records of a day around the time that the id holds, and all when there is none.
GH001 there is none.';
