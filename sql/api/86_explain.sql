-- SPDX-License-Identifier: Apache-2.0
--
-- Administration and auditors: what is permitted, and why a request would be,
-- or would have been. What decides stands in 86_decide.sql.

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

drop function if exists gatehouse_data.activity_note(
    gatehouse_data.application, text
);
create or replace function gatehouse_data.activity_note(
    p_application gatehouse_data.application,
    p_path text,
    p_before bigint
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
return coalesce((
    select format('; requests to it are no activity, because of the pattern '
                  '%s', r.pattern)
    from gatehouse_data.resources_before(p_before) r
    where r.application_id = (p_application).application_id
      and r.activity = 'ignore'
      and gatehouse_data.path_matches(
          r.pattern, gatehouse_data.path_rest((p_application).path, p_path))
    order by r.resource_id
    limit 1
), '');
comment on function gatehouse_data.activity_note(
    gatehouse_data.application, text, bigint
) is
'For explain: that requests to a path do not keep a session alive, and why;
empty when they do.';

create or replace function gatehouse_data.entries_note(
    p_application gatehouse_data.application,
    p_before bigint
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
return coalesce((
    select format(
        case cardinality(z.entries) when 1 then ', through the entry %s alone'
             else ', through the entries %s alone' end,
        array_to_string(z.entries, ', '))
    from gatehouse_data.zones_before(p_before) z
    where z.zone_id = (p_application).zone_id
      and z.entries <> '{}'
), '');
comment on function gatehouse_data.entries_note(
    gatehouse_data.application, bigint
) is
'For explain: through which entries an application is reached; empty: through
all.';

create or replace function gatehouse_data.client_of(p_client text)
returns inet
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return nullif(p_client, '')::inet;
exception
    when invalid_text_representation then
        raise exception using
            errcode = 'GH003',
            message = format('malformed address %s', left(p_client, 64));
end
$$;
comment on function gatehouse_data.client_of(text) is
'The address that somebody wrote; empty: not known. GH003 malformed.';

create or replace function gatehouse_data.country_of(p_country text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_country !~ '^([A-Z]{2})?$' then
        raise exception using
            errcode = 'GH003',
            message = format('malformed country %s', left(p_country, 64)),
            hint = 'such as DE: two capital letters, as ISO 3166-1 has them';
    end if;
    return nullif(p_country, '');
end
$$;
comment on function gatehouse_data.country_of(text) is
'The country that somebody wrote; empty: not known. GH003 malformed.';

create or replace function gatehouse_data.asn_of(p_asn text)
returns bigint
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (gatehouse_data.condition_asns_of(
        array_remove(array[p_asn], '')))[1];
exception
    when data_exception then
        raise exception using
            errcode = 'GH003',
            message = format('malformed autonomous system %s',
                             left(p_asn, 64)),
            hint = 'such as AS64496';
end
$$;
comment on function gatehouse_data.asn_of(text) is
'The autonomous system that somebody wrote; empty: not known. GH003 malformed.';

create or replace function gatehouse_data.age_of(p_age text)
returns interval
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return nullif(p_age, '')::interval;
exception
    when data_exception then
        raise exception using
            errcode = 'GH003',
            message = format('malformed age %s', left(p_age, 64)),
            hint = 'such as 10m: how long ago they signed in';
end
$$;
comment on function gatehouse_data.age_of(text) is
'How long ago somebody signed in, as it was written; empty: not known. GH003
malformed.';

create or replace function gatehouse_data.level_of(p_level text)
returns integer
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_level !~ '^[1-9]?$' then
        raise exception using
            errcode = 'GH003',
            message = format('malformed level %s', left(p_level, 64)),
            hint = '1 is with a password, 2 with a second factor as well';
    end if;
    return nullif(p_level, '')::integer;
end
$$;
comment on function gatehouse_data.level_of(text) is
'The authentication level that somebody wrote; empty: not known. GH003
malformed.';

create or replace function gatehouse_data.device_of(p_device_known text)
returns interval
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_known interval;
begin
    if p_device_known = 'no' then
        return interval '-1 second';
    end if;
    v_known := nullif(p_device_known, '')::interval;
    if v_known < interval '0' then
        raise invalid_parameter_value;
    end if;
    return v_known;
exception
    when data_exception then
        raise exception using
            errcode = 'GH003',
            message = format('malformed age of a browser %s',
                             left(p_device_known, 64)),
            hint = 'such as 7d: for how long it had been known when they '
                   'signed in; no: it was not';
end
$$;
comment on function gatehouse_data.device_of(text) is
'For how long a browser had been known, as somebody wrote it; no: it was not,
which is a negative interval; empty: not known. GH003 malformed.';

create or replace function gatehouse_data.account_at(
    p_account text,
    p_at timestamptz
)
returns table (
    account_id bigint,
    name text,
    status text,
    status_reason text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(p_account, '') = '' then
        return;
    end if;
    return query
    select a.*
    from gatehouse_data.accounts_at(p_at) a
    where a.name = p_account;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no account %s%s', left(p_account, 64),
                             ' at ' || p_at);
    end if;
end
$$;
comment on function gatehouse_data.account_at(text, timestamptz) is
'The account that has a name, or had it at an instant; no row without a name.
GH001 there is none.';

create or replace function gatehouse_data.request_check(
    p_method text,
    p_path text
)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if (p_path like '/%') is not true or coalesce(p_method, '') = '' then
        raise exception using
            errcode = 'GH003',
            message = 'a method and a canonical path have to be given',
            hint = 'such as GET and /app/orders/7, without host and query';
    end if;
end
$$;
comment on function gatehouse_data.request_check(text, text) is
'Refuses what is no request. GH003.';

create or replace function gatehouse_data.decision_words(
    p_verdict text,
    p_reason text,
    p_grant_id bigint,
    p_permission text,
    p_role text,
    p_withheld_role text,
    p_condition text,
    p_asks_for text,
    p_holds boolean
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
    when p_reason = 'not mounted' then 'no application is mounted there'
    when p_reason = 'no rule' then 'no rule permits that to anybody'
    when p_verdict = 'permit'
    then format('permission %s of the role %s, by grant %s', p_permission,
                p_role, p_grant_id)
    when p_verdict = 'step_up'
    then format('permission %s of the role %s would permit it, by grant %s, '
                'after signing in once more: ', p_permission, p_role,
                p_grant_id)
         || case
             when p_withheld_role is not null
             then format('the role %s was given under the condition %s (%s), '
                         'which %s', p_withheld_role, p_condition, p_asks_for,
                         case when p_holds is null
                              then 'asks for what is not known'
                              else 'does not hold' end)
             else format('its condition %s (%s) %s', p_condition, p_asks_for,
                         case when p_holds is null
                              then 'asks for what is not known: --age says '
                                   'how long ago they did'
                              else 'does not hold' end)
         end
    when p_reason = 'condition' and p_withheld_role is not null
    then format('the role %s was given under the condition %s (%s), which %s',
                p_withheld_role, p_condition, p_asks_for,
                case when p_holds is null then 'asks for what is not known'
                     else 'does not hold' end)
    when p_reason = 'condition'
    then format('permission %s of the role %s would permit it, but its '
                'condition %s (%s) %s', p_permission, p_role, p_condition,
                p_asks_for,
                case when p_holds is null
                     then 'asks for what is not known: --client, --country '
                          'and --asn say from where, --level and '
                          '--device-known how they signed in'
                     else 'does not hold' end)
end;
comment on function gatehouse_data.decision_words(
    text, text, bigint, text, text, text, text, text, boolean
) is
'A decision in words, for people: what decide gives.
Null: a role is missing, or nobody is signed in.';

create function gatehouse.explain(
    p_account text,
    p_host text,
    p_method text,
    p_path text,
    p_client text default null,
    p_age text default null,
    p_at timestamptz default null,
    p_country text default null,
    p_asn text default null,
    p_level text default null,
    p_device_known text default null
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
    v_at constant timestamptz := coalesce(p_at, clock_timestamp());
    v_before constant bigint := gatehouse_data.policy_before(p_at);
    v_circumstances gatehouse_data.circumstances;
    v_account record;
    v_application gatehouse_data.application;
    v_rest text;
    v_decision record;
begin
    perform gatehouse_data.request_check(p_method, p_path);
    select a.*
    into v_account
    from gatehouse_data.account_at(p_account, p_at) a;
    v_circumstances := gatehouse_data.circumstances_of(
        v_at, gatehouse_data.client_of(p_client),
        v_at - gatehouse_data.age_of(p_age),
        gatehouse_data.country_of(p_country), gatehouse_data.asn_of(p_asn),
        gatehouse_data.level_of(p_level),
        gatehouse_data.device_of(p_device_known));
    if v_account.status is distinct from 'active' then
        v_circumstances.authenticated_at := null;
        v_circumstances.level := null;
        v_circumstances.device_known := null;
    end if;
    v_application := gatehouse_data.application_at(
        lower(coalesce(p_host, '')), p_path, v_before);
    v_rest := gatehouse_data.path_rest(v_application.path, p_path);
    select d.*
    into v_decision
    from gatehouse_data.decide(
        v_before, v_circumstances, array[v_account.account_id],
        v_application.application_id, v_rest, p_method) d;

    return query
    with given as materialized (
        select g.*
        from gatehouse_data.roles_given(
            v_before, v_circumstances,
            array[case when v_decision.is_signed_in
                       then v_account.account_id end]) g
        where g.holds
          and (g.builtin = 'authenticated') is not true
           or g.builtin = 'authenticated' and v_decision.is_signed_in
    ),
    tried as materialized (
        select
            r.*, exists (
                select
                from given g
                where g.role_id = r.role_id
            ) as is_held
        from gatehouse_data.rules_before(
            v_before, v_circumstances, v_application.application_id, v_rest,
            p_method) r
        where v_application.application_id is not null
    ),
    able as (
        -- Who may: the roles of every rule that permits somebody.
        select string_agg(distinct t.role, ', ' order by t.role) as roles
        from tried t
        where t.path_matches and t.method_matches and t.is_in_time
    ),
    line as (
        select
            1 as part, 0::bigint as place, v_decision.verdict,
            v_application.name as application, null as permission,
            null as pattern, null as methods, null as role,
            null::boolean as path_matches, null::boolean as method_matches,
            null::boolean as is_held, null::boolean as is_in_time,
            null as condition, null::boolean as condition_holds,
            null::boolean as is_deciding,
            case
                when v_decision.reason not in ('no role', 'sign in')
                then gatehouse_data.decision_words(
                    v_decision.verdict, v_decision.reason,
                    v_decision.grant_id, v_decision.permission,
                    v_decision.role, v_decision.withheld_role,
                    v_decision.condition, v_decision.asks_for,
                    v_decision.holds)
                when v_account.name is null
                then format('nobody is signed in; one of these roles is '
                            'needed: %s', able.roles)
                when not v_decision.is_signed_in
                then format('nobody is signed in: %s is %s; one of these '
                            'roles is needed: %s', v_account.name,
                            v_account.status, able.roles)
                else format('%s has none of the roles that are needed: %s',
                            v_account.name, able.roles) end as note
        from able
        union all
        select
            2, 0, null, null, null, null, null,
            (
                select string_agg(distinct r.name, ', ' order by r.name)
                from given g
                join gatehouse_data.roles_before(v_before) r
                    on r.role_id = g.role_id
            ),
            null, null, null, null, null, null, null,
            case
                when v_decision.is_signed_in
                then format('roles that %s has %s, with all that they '
                            'inherit', v_account.name,
                            case when p_at is null then 'now' else 'then' end)
                when v_account.name is not null
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
            format('mounted at %s%s%s; what is left of the path there is %s%s',
                   coalesce(nullif(v_application.host, ''), 'every host, '),
                   v_application.path,
                   gatehouse_data.entries_note(v_application, v_before),
                   v_rest,
                   gatehouse_data.activity_note(v_application, p_path,
                                                v_before))
        where v_application.application_id is not null
        union all
        select
            4,
            row_number() over (order by
                (v_decision.verdict = 'permit'
                 and t.grant_id = v_decision.grant_id) is not true,
                not (t.path_matches and t.method_matches),
                not t.path_matches, t.grant_id),
            null, v_application.name, t.permission, t.pattern, t.methods,
            t.role, t.path_matches, t.method_matches, t.is_held,
            t.is_in_time, t.condition, t.holds,
            v_decision.verdict = 'permit'
            and t.grant_id = v_decision.grant_id,
            case
                when v_decision.verdict = 'permit'
                     and t.grant_id = v_decision.grant_id
                then format('decides: the oldest rule that permits, grant %s '
                            'by %s%s', t.grant_id, t.granted_by,
                            coalesce(': ' || nullif(t.reason, ''), ''))
                when not t.path_matches then 'is about other paths'
                when not t.method_matches then 'is about other methods'
                when t.valid_from > v_at
                then format('holds from %s on', t.valid_from)
                when not t.is_in_time
                then format('held until %s', t.valid_until)
                when t.holds is null
                then format('asks for what is not known: %s', t.asks_for)
                when not t.holds
                then format('does not hold: %s', t.asks_for)
                when not t.is_held
                then format('would permit whoever has the role %s', t.role)
                else 'permits, too' end
        from tried t
        union all
        select
            5, 0, null, null, null, null, null, null, null, null, null, null,
            null, null, null,
            coalesce(gatehouse_data.policy_words(v_before),
                     'there was no policy yet')
        where p_at is not null
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
comment on function gatehouse.explain(
    text, text, text, text, text, text, timestamptz, text, text, text, text
) is
'Administration and auditors: what the gateway would decide now, or would have
at an instant, on a method and a canonical path on a host, for an account or
(null) for nobody who is signed in, who asks from an address, in a country and
an autonomous system, and signed in so long ago, at a level, in a browser that
had been known for so long by then (no: it was not; null: not known, so what it
would decide is not either; no country is looked up here). First the verdict,
permit, deny, sign_in or step_up (sign in once more), and why; then which roles
are held; which application is mounted there; each of its rules, the deciding
one first; and of the past, which version of the policy that was. GH001 no such
account, GH003 malformed.';
