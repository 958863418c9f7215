-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: reading the audit trail without SQL. That somebody did is in
-- the trail. Auditors have the views, and what they read PostgreSQL can log.

create or replace function gatehouse_data.limit_check(p_limit integer)
returns integer
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_limit not between 1 and 10000 then
        raise exception using
            errcode = 'GH003',
            message = 'at least 1 and at most 10000 rows can be asked for';
    end if;
    return coalesce(p_limit, 100);
end
$$;
comment on function gatehouse_data.limit_check(integer) is
'How many rows somebody wants; 100 when they do not say. GH003 malformed.';

create or replace function gatehouse_data.trail_read_tell(
    p_act text,
    p_account text,
    p_rows bigint,
    p_asked jsonb
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_audit.append(
        p_event => 'sensitive_read',
        p_outcome => 'success',
        p_account => p_account,
        p_actor => session_user::text,
        p_reason => p_act,
        p_detail => jsonb_strip_nulls(p_asked)
                    || jsonb_build_object('rows', p_rows)
    );
end
$$;
comment on function gatehouse_data.trail_read_tell(
    text, text, bigint, jsonb
) is
'Writes that the trail was read: by which function, of which account, how many
rows, and what was asked for.';

create function gatehouse.audit_search(
    p_account text,
    p_event text,
    p_client inet,
    p_application text,
    p_exchange uuid,
    p_from timestamptz,
    p_until timestamptz,
    p_limit integer
)
returns table (
    at timestamptz,
    event text,
    outcome text,
    account text,
    actor text,
    client inet,
    application text,
    method text,
    resource text,
    rule text,
    reason text,
    exchange uuid,
    database_user text,
    is_by_hand boolean,
    detail jsonb
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_limit constant integer := gatehouse_data.limit_check(p_limit);
    v_rows bigint;
begin
    if p_event is not null and not exists (
        select from gatehouse_audit.event_type t where t.name = p_event
    ) then
        raise exception using
            errcode = 'GH001',
            message = format('no such event type: %s', left(p_event, 64)),
            hint = 'gatehouse-schema(7) lists them under EVENTS';
    end if;
    return query
    select
        e.at, e.event, e.outcome, e.account, e.actor, e.client,
        e.application, e.method, e.resource, e.rule, e.reason, e.exchange,
        e.database_user, e.is_by_hand, e.detail
    from gatehouse_audit.event e
    where (p_account is null or e.account = p_account)
      and (p_event is null or e.event = p_event)
      and (p_client is null or e.client <<= p_client)
      and (p_application is null or e.application = p_application)
      and (p_exchange is null or e.exchange = p_exchange)
      and (p_from is null or e.at >= p_from)
      and (p_until is null or e.at < p_until)
    order by e.at desc, e.event_id desc
    limit v_limit;
    get diagnostics v_rows = row_count;
    perform gatehouse_data.trail_read_tell(
        'audit_search', p_account, v_rows, jsonb_build_object(
            'event', p_event,
            'client', p_client,
            'application', left(p_application, 64),
            'exchange', p_exchange,
            'from', p_from,
            'until', p_until));
end
$$;
comment on function gatehouse.audit_search(
    text, text, inet, text, uuid, timestamptz, timestamptz, integer
) is
'Administration: events of an account, of a kind, from an address or network,
about an application, of one exchange, in a time; null: any. The newest first,
100 unless told. That it was read is an event, sensitive_read. GH001 no such
kind, GH003 malformed.';

create function gatehouse.audit_tail(p_limit integer)
returns table (
    at timestamptz,
    event text,
    outcome text,
    account text,
    actor text,
    client inet,
    application text,
    method text,
    resource text,
    rule text,
    reason text,
    exchange uuid,
    database_user text,
    is_by_hand boolean,
    detail jsonb
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_limit constant integer := gatehouse_data.limit_check(p_limit);
    v_rows bigint;
begin
    return query
    select
        t.at, t.event, t.outcome, t.account, t.actor, t.client,
        t.application, t.method, t.resource, t.rule, t.reason, t.exchange,
        t.database_user, t.is_by_hand, t.detail
    from (
        select e.*
        from gatehouse_audit.event e
        order by e.at desc, e.event_id desc
        limit v_limit
    ) as t
    order by t.at, t.event_id;
    get diagnostics v_rows = row_count;
    perform gatehouse_data.trail_read_tell('audit_tail', null, v_rows, '{}');
end
$$;
comment on function gatehouse.audit_tail(integer) is
'Administration: the last events, the newest last, 100 unless told. That
they were read is an event, sensitive_read. GH003 malformed.';
