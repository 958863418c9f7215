-- SPDX-License-Identifier: Apache-2.0
--
-- The policy as a file: whose access it would change, asked of what people did.
-- Recorded requests are judged twice, by the policy and by the file's, which is
-- applied for that and taken back. Who changes the policy meanwhile waits, and
-- so does the sign-in of whose roles the file changes; gateways do not.

create type gatehouse.policy_request as (
    host text,
    path text,
    method text,
    client inet,
    country text,
    asn bigint,
    level integer,
    device_known interval,
    at timestamptz,
    account_ids bigint[],
    applications text[],
    requests bigint[],
    examples uuid[]
);
comment on type gatehouse.policy_request is
'Requests that are judged together: one path, and whoever asked for it.';
comment on column gatehouse.policy_request.host is
'host of the application; empty: every host';
comment on column gatehouse.policy_request.path is 'path';
comment on column gatehouse.policy_request.method is 'method';
comment on column gatehouse.policy_request.client is
'network that it came from; null: no condition asks for that';
comment on column gatehouse.policy_request.country is
'country of that, as recorded; null: not known, or no condition asks for
places';
comment on column gatehouse.policy_request.asn is
'autonomous system of that, likewise';
comment on column gatehouse.policy_request.level is
'level of the session; null: not known any more, or no condition asks for levels
or browsers';
comment on column gatehouse.policy_request.device_known is
'for how long its browser had been known when it began, likewise';
comment on column gatehouse.policy_request.at is
'when it is thought to come again';
comment on column gatehouse.policy_request.account_ids is
'who asked; null: nobody who is signed in';
comment on column gatehouse.policy_request.applications is
'of each: the application it went to';
comment on column gatehouse.policy_request.requests is
'of each: how many records';
comment on column gatehouse.policy_request.examples is
'of each: the exchange of the newest';

drop function if exists gatehouse_data.policy_asked(
    timestamptz, boolean, boolean, boolean
);
create or replace function gatehouse_data.policy_asked(
    p_since timestamptz,
    p_has_time boolean,
    p_has_client boolean,
    p_has_place boolean,
    p_has_session boolean
)
returns setof gatehouse.policy_request
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
with record as (
    select x.*
    from gatehouse_audit.access x
    where x.at > p_since
    order by x.at desc
    limit 200000
),
kind as materialized (
    select
        a.host, r.resource as path, r.method, c.client, c.country, c.asn,
        s.level::integer, gatehouse_data.session_device_known(s)
            as device_known,
        t.again, r.account_id, r.application, count(*) as requests,
        max(r.at) as at, (array_agg(r.exchange order by r.at desc))[1]
                         as example
    from record r
    join gatehouse_data.application a on a.name = r.application
    left join gatehouse_data.session s
        on p_has_session and s.reference = r.session
    cross join lateral (
        select case when p_has_client
                    then network(set_masklen(
                        gatehouse_data.client_plain(r.client),
                        case family(gatehouse_data.client_plain(r.client))
                             when 4 then 24 else 64 end))::inet end as client,
               case when p_has_place then r.country end as country,
               case when p_has_place then r.asn end as asn
    ) as c
    cross join lateral (
        -- At the same time of the week, to the hour.
        select case when p_has_time
                    then date_trunc('hour', r.at) + interval '30 minutes'
                         + interval '7 days' * ceil(extract(epoch from
                             statement_timestamp() - r.at) / 604800)
                    else statement_timestamp() end as again
    ) as t
    where r.resource like '/%'
      and r.method is not null
    group by a.host, r.resource, r.method, c.client, c.country, c.asn,
             s.level, gatehouse_data.session_device_known(s), t.again,
             r.account_id, r.application
    order by max(r.at) desc
    limit 20000
),
together as (
    select
        k.host, k.path, k.method, k.client, k.country, k.asn, k.level,
        k.device_known, k.again,
        max(k.at) as at,
        array_agg(k.account_id order by k.account_id, k.application)
            as account_ids,
        array_agg(k.application order by k.account_id, k.application)
            as applications,
        array_agg(k.requests order by k.account_id, k.application)
            as requests,
        array_agg(k.example order by k.account_id, k.application) as examples
    from kind k
    group by k.host, k.path, k.method, k.client, k.country, k.asn, k.level,
             k.device_known, k.again
)
select t.host, t.path, t.method, t.client, t.country, t.asn, t.level,
       t.device_known, t.again, t.account_ids, t.applications, t.requests,
       t.examples
from together t
order by t.at desc
limit 2000
$$;
comment on function gatehouse_data.policy_asked(
    timestamptz, boolean, boolean, boolean, boolean
) is
'What was asked for since an instant, as it may be asked for again within a week
from now: of the newest 200000 records, each account with an application, a
method and a path once, with each network, place, kind of session and hour of
the week where conditions ask for them; 2000 of all these at most.';

drop function if exists gatehouse_data.policy_judge(
    gatehouse.policy_request[]
);
create or replace function gatehouse_data.policy_judge(
    p_requests gatehouse.policy_request[],
    p_for interval
)
returns jsonb[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_request gatehouse.policy_request;
    v_application gatehouse_data.application;
    v_verdicts jsonb[] := '{}';
    v_until constant timestamptz := clock_timestamp() + p_for;
begin
    foreach v_request in array p_requests loop
        exit when clock_timestamp() > v_until;
        v_application := gatehouse_data.application_at(v_request.host,
                                                       v_request.path);
        v_verdicts := v_verdicts || (
            select jsonb_object_agg(coalesce(d.account_id, 0), d.verdict)
            from gatehouse_data.decide(
                null, gatehouse_data.circumstances_of(
                    v_request.at, v_request.client, null, v_request.country,
                    v_request.asn, v_request.level, v_request.device_known),
                array(select distinct unnest(v_request.account_ids)),
                v_application.application_id,
                gatehouse_data.path_rest(v_application.path, v_request.path),
                v_request.method) d
        );
    end loop;
    return v_verdicts;
end
$$;
comment on function gatehouse_data.policy_judge(
    gatehouse.policy_request[], interval
) is
'What the policy that there is decides on requests: of each the verdicts by
account, 0 for who is not signed in; of as many as the time is enough for.';

create function gatehouse.policy_shadow(
    p_file text,
    p_days integer,
    p_actor text
)
returns table (
    account text,
    application text,
    decided text,
    would_be text,
    requests bigint,
    paths bigint,
    example_path text,
    example uuid
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_items constant gatehouse.policy_item[] :=
        gatehouse_data.policy_file(p_file);
    v_version bigint;
    v_requests gatehouse.policy_request[];
    v_asked integer;
    v_is jsonb[];
    v_would_be jsonb[];
begin
    if (p_days between 1 and 366) is not true then
        raise exception using
            errcode = 'GH003',
            message = 'days are 1 to 366';
    end if;
    select s.version
    into v_version
    from gatehouse_data.policy_state s;
    v_requests := array(
        select r
        from gatehouse_data.policy_asked(
            clock_timestamp() - interval '1 day' * p_days,
            exists (
                select
                from gatehouse_data.condition c
                where c.time_zone is not null
            ) or exists (
                select
                from unnest(v_items) i
                where i.words ? 'time-zone'
                   or i.words ? 'until'
            ),
            exists (
                select
                from gatehouse_data.condition c
                where c.networks is not null
            ) or exists (
                select
                from unnest(v_items) i
                where i.words ? 'networks'
            ),
            exists (
                select
                from gatehouse_data.condition c
                where c.kind in ('country', 'asn')
            ) or exists (
                select
                from unnest(v_items) i
                where i.words ?| '{country,asn}'
            ),
            exists (
                select
                from gatehouse_data.condition c
                where c.kind in ('level', 'device')
            ) or exists (
                select
                from unnest(v_items) i
                where i.words ?| '{level,device}'
            )) r
    );
    v_asked := cardinality(v_requests);
    v_is := gatehouse_data.policy_judge(v_requests, interval '10 seconds');
    v_requests := v_requests[:cardinality(v_is)];
    begin
        -- The lock is taken here, and given back with all the rest.
        perform gatehouse_data.policy_file_begin(v_items, p_actor, null, null,
                                                 v_version);
        perform gatehouse_data.policy_make(v_items, p_actor, null);
        -- Whose roles the file changes cannot sign in until this is over.
        v_would_be := gatehouse_data.policy_judge(
            v_requests, case
                when exists (
                    select
                    from unnest(v_items) i
                    where i.kind = 'member'
                ) then interval '1 second' else interval '10 seconds' end);
        v_requests := v_requests[:cardinality(v_would_be)];
        raise sqlstate 'GH099';
    exception
        when sqlstate 'GH099' then
            null;
    end;

    return query
    with judged as (
        select
            u.account_id, u.application, r.path,
            v_is[r.n] ->> coalesce(u.account_id, 0)::text as decided,
            v_would_be[r.n] ->> coalesce(u.account_id, 0)::text as would_be,
            u.requests, u.example
        from unnest(v_requests) with ordinality as r (
            host, path, method, client, country, asn, level, device_known, at,
            account_ids, applications, requests, examples, n)
        cross join lateral unnest(
            r.account_ids, r.applications, r.requests, r.examples)
            as u (account_id, application, requests, example)
    )
    select
        coalesce(gatehouse_data.account_name_of(j.account_id),
                 '(nobody signed in)'),
        j.application, j.decided, j.would_be, sum(j.requests)::bigint,
        count(distinct j.path), (array_agg(j.path order by j.path))[1],
        (array_agg(j.example order by j.path))[1]
    from judged j
    where j.decided <> j.would_be
    group by j.account_id, j.application, j.decided, j.would_be
    order by 2, 1, 3, 4;

    return query
    select
        '(all)', '', '', '', coalesce(sum(s.n), 0)::bigint,
        coalesce(cardinality(v_requests), 0)::bigint,
        case when cardinality(v_requests) < v_asked or v_asked = 2000
                  or sum(s.n) >= 200000
             then 'only the newest' end, null::uuid
    from unnest(v_requests) r
    cross join lateral (
        select sum(u.n) as n
        from unnest(r.requests) as u (n)
    ) as s;
end
$$;
comment on function gatehouse.policy_shadow(text, integer, text) is
'Administration: whose access a file of the policy would change, of those who
asked for something within so many days: by account and application, what is
decided on the same requests now and would be then, if they came again at the
same time of the week, with how many records and paths that is, one path and the
exchange of its newest record. The last row is of all that were judged; it says
so when only the newest were: of 200000 records, 2000 kinds, or what can be
judged within ten seconds, or one, of a file with the roles of accounts. Records
have a place only while the policy asked for one: without, it is not known.
Nothing is changed; changes of the policy wait meanwhile, and so do sign-ins of
those whose roles the file changes. GH002 somebody else changed it meanwhile,
GH003, GH004 as policy_apply.';
