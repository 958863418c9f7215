-- SPDX-License-Identifier: Apache-2.0
--
-- The audit trail's way in: one function adds events, for all others; two are
-- the gateway's, for events of its own and for access records. Texts from
-- outside are cut to their bound, not refused: an event must not be lost
-- because a client sent a long path.

create or replace function gatehouse_audit.append(
    p_event text,
    p_outcome text,
    p_account_id bigint default null,
    p_account text default null,
    p_actor text default null,
    p_session bytea default null,
    p_client inet default null,
    p_user_agent text default null,
    p_application text default null,
    p_resource text default null,
    p_method text default null,
    p_rule text default null,
    p_reason text default null,
    p_entry text default null,
    p_exchange uuid default null,
    p_node text default null,
    p_is_by_hand boolean default false,
    p_detail jsonb default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
begin
    if not exists (
        select from gatehouse_audit.event_type t where t.name = p_event
    ) then
        raise exception using
            errcode = 'GH003',
            message = format('no such event type: %s', left(p_event, 64));
    end if;
    perform gatehouse_audit.partition_need('event', v_now);

    insert into gatehouse_audit.event (
        at, event, outcome, account_id, account, actor, session, client,
        user_agent, application, resource, method, rule, reason, entry,
        exchange, node, is_by_hand, detail
    )
    values (
        v_now, p_event, p_outcome, p_account_id, left(p_account, 128),
        left(p_actor, 128), p_session, p_client, left(p_user_agent, 512),
        left(p_application, 64), left(p_resource, 4096), left(p_method, 32),
        left(p_rule, 128), left(p_reason, 128), left(p_entry, 64),
        p_exchange, left(p_node, 128), p_is_by_hand, p_detail
    );
end
$$;
comment on function gatehouse_audit.append(
    text, text, bigint, text, text, bytea, inet, text, text, text, text, text,
    text, text, uuid, text, boolean, jsonb
) is
'Adds one event; all events come through here. GH003: no such type.';

create or replace function gatehouse_audit.partition_need(
    p_table text,
    p_at timestamptz
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('gatehouse_audit.' || gatehouse_audit.partition_name(
        p_table, p_at)) is null
       and gatehouse_audit.partition_make(p_table, p_at)
       and to_regclass('gatehouse_audit.' || gatehouse_audit.partition_name(
           'event', clock_timestamp())) is not null
    then
        -- Upkeep that nobody did is no secret.
        insert into gatehouse_audit.event (at, event, outcome, reason, detail)
        values (
            clock_timestamp(), 'audit_partition', 'success', 'missing',
            jsonb_build_object('partition', gatehouse_audit.partition_name(
                p_table, p_at))
        );
    end if;
end
$$;
comment on function gatehouse_audit.partition_need(text, timestamptz) is
'Makes the partition for an instant when it is missing, which is itself an
event: gatehouse.maintain should have made it months before.';

create or replace function gatehouse_data.event_repeat_count(
    p_event text,
    p_source_key bytea
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_repeats bigint;
begin
    insert into gatehouse_data.event_repeat as r (
        event, slot, window_at, told
    )
    values (
        p_event, gatehouse_data.throttle_slot(p_source_key, 1024), v_now, 1
    )
    on conflict on constraint event_repeat_event_slot_key do update
    set (window_at, told, untold, repeats) = (
        select n.*
        from (values (
            -- Or by a clock that was ahead.
            r.window_at not between v_now - interval '1 minute'
                                and v_now + interval '1 minute'
        )) as w (is_over)
        cross join lateral (
            select v_now, 1, 0, r.untold
            where w.is_over
            union all
            select r.window_at, r.told + 1, r.untold, 0
            where not w.is_over
              and r.told < 20
            union all
            select r.window_at, r.told, r.untold + 1, -1
            where not w.is_over
              and r.told = 20
        ) as n
    )
    returning r.repeats into v_repeats;
    return v_repeats;
end
$$;
comment on function gatehouse_data.event_repeat_count(text, bytea) is
'Counts an event that a stranger caused. Not negative: it is to be written,
and tells of so many that were not; negative: it is only counted.';

create function gatehouse.event_write(
    p_event text,
    p_outcome text,
    p_account_id bigint,
    p_account text,
    p_session bytea,
    p_client inet,
    p_application text,
    p_resource text,
    p_method text,
    p_rule text,
    p_reason text,
    p_entry text,
    p_exchange uuid,
    p_node text,
    p_detail jsonb,
    p_source_keys bytea[] default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_source_key constant bytea :=
        p_source_keys[cardinality(p_source_keys)];
    v_repeats bigint := 0;
    v_detail jsonb := p_detail;
begin
    if not exists (
        select
        from gatehouse_audit.event_type t
        where t.name = p_event
          and t.is_for_gateway
    ) then
        raise exception using
            errcode = 'GH004',
            message = format('the gateway may not write the event %s',
                             left(p_event, 64));
    end if;
    if p_outcome is null
       or p_outcome not in ('success', 'failure', 'denied', 'error')
    then
        raise exception using
            errcode = 'GH003',
            message = 'an outcome is success, failure, denied or error';
    end if;
    if octet_length(p_session) <> 16 then
        raise exception using
            errcode = 'GH003',
            message = 'a session reference has 16 bytes';
    end if;
    if octet_length(v_source_key) <> 32 or cardinality(p_source_keys) > 8 then
        raise exception using
            errcode = 'GH003',
            message = 'keys of a source have 32 bytes, and there are at most '
                      '8';
    end if;

    if v_source_key is not null then
        v_repeats := gatehouse_data.event_repeat_count(p_event, v_source_key);
    end if;
    if v_repeats < 0 then
        return;
    end if;
    if octet_length(v_detail::text) > 16384 then
        v_detail := jsonb_build_object('too_large',
                                       octet_length(v_detail::text));
    end if;
    if v_repeats > 0 then
        v_detail := coalesce(v_detail, '{}'::jsonb)
                    || jsonb_build_object('repeats', v_repeats);
    end if;

    perform gatehouse_audit.append(
        p_event => p_event,
        p_outcome => p_outcome,
        p_account_id => p_account_id,
        p_account => p_account,
        p_session => p_session,
        p_client => p_client,
        p_application => p_application,
        p_resource => p_resource,
        p_method => p_method,
        p_rule => p_rule,
        p_reason => p_reason,
        p_entry => p_entry,
        p_exchange => p_exchange,
        p_node => p_node,
        p_detail => v_detail
    );
end
$$;
comment on function gatehouse.event_write(
    text, text, bigint, text, bytea, inet, text, text, text, text, text, text,
    uuid, text, jsonb, bytea[]
) is
'Gateway: adds an event of a kind that only the gateway can know of
(event_type.is_for_gateway). A detail over 16 KiB is replaced by its size. With
keyed hashes of the networks of a source (the widest last), at most 20 of an
event and network a minute are written; the next row after that minute has the
number of the others as detail.repeats. GH003 malformed, GH004 not the
gateway''s.';

create or replace function gatehouse_data.access_written(
    p_writer uuid,
    p_before bigint,
    p_count integer
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_written bigint;
begin
    if p_writer is null then
        return 0;
    end if;
    if (p_before >= 0) is not true then
        raise exception using
            errcode = 'GH003',
            message = 'a writer says how many records came before';
    end if;

    perform gatehouse_data.act('access_write');
    insert into gatehouse_data.access_writer (writer)
    values (p_writer)
    on conflict on constraint access_writer_writer_key do nothing;
    -- Waits for the same batch, should it still be under way.
    with old as materialized (
        select w.n_written
        from gatehouse_data.access_writer w
        where w.writer = p_writer
        for no key update
    )
    update gatehouse_data.access_writer w
    set n_written = greatest(w.n_written, p_before + p_count),
        written_at = clock_timestamp()
    from old o
    where w.writer = p_writer
    returning o.n_written into v_written;
    perform gatehouse_data.act('');
    return least(greatest(v_written - p_before, 0), p_count);
end
$$;
comment on function gatehouse_data.access_written(uuid, bigint, integer) is
'Counts the next batch of a writer of access records, of which so many came
before, and says how many from its front are written already.';

create function gatehouse.access_write(
    p_at timestamptz[],
    p_account_id bigint[],
    p_session bytea[],
    p_client inet[],
    p_application text[],
    p_method text[],
    p_resource text[],
    p_status integer[],
    p_reason text[],
    p_entry text[],
    p_exchange uuid[],
    p_node text[],
    p_bytes_in bigint[],
    p_bytes_out bigint[],
    p_ms integer[],
    p_grant_id bigint[] default null,
    p_device text[] default null,
    p_writer uuid default null,
    p_before bigint default null,
    p_country text[] default null,
    p_asn bigint[] default null,
    out n_written integer,
    out n_places integer
)
returns record
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_first constant timestamptz := v_now - interval '400 days';
    v_last constant timestamptz := v_now + interval '1 day';
    v_count constant integer := cardinality(p_at);
    v_known integer;
    v_month timestamptz;
begin
    if v_count is null or v_count > 10000
       or (cardinality(p_account_id), cardinality(p_session),
           cardinality(p_client), cardinality(p_application),
           cardinality(p_method), cardinality(p_resource),
           cardinality(p_status), cardinality(p_reason),
           cardinality(p_entry), cardinality(p_exchange),
           cardinality(p_node), cardinality(p_bytes_in),
           cardinality(p_bytes_out), cardinality(p_ms))
          is distinct from
          (v_count, v_count, v_count, v_count, v_count, v_count, v_count,
           v_count, v_count, v_count, v_count, v_count, v_count, v_count)
       or cardinality(p_grant_id) <> v_count
       or cardinality(p_device) <> v_count
       or cardinality(p_country) <> v_count
       or cardinality(p_asn) <> v_count
    then
        raise exception using
            errcode = 'GH003',
            message = 'access records come as arrays of one length, '
                      'at most 10000';
    end if;

    v_known := gatehouse_data.access_written(p_writer, p_before, v_count);
    for v_month in
        select distinct date_trunc('month', u.at at time zone 'UTC')
                        at time zone 'UTC'
        from unnest(p_at) as u (at)
        where u.at between v_first and v_last
        union
        select v_now
    loop
        perform gatehouse_audit.partition_need('access', v_month);
    end loop;

    insert into gatehouse_audit.access (
        at, received_at, claimed_at, account_id, session, client,
        application, method, resource, status, reason, entry, exchange, node,
        bytes_in, bytes_out, ms, grant_id, country, asn
    )
    select
        case when u.at between v_first and v_last then u.at else v_now end,
        v_now,
        case when u.at between v_first and v_last then null else u.at end,
        u.account_id, u.session, u.client, left(u.application, 64),
        left(u.method, 32), left(u.resource, 4096), u.status,
        left(u.reason, 128), left(u.entry, 64), u.exchange,
        left(coalesce(u.node, ''), 128), u.bytes_in, u.bytes_out, u.ms,
        u.grant_id,
        case when char_length(u.country) >= 2 then left(u.country, 2) end,
        u.asn
    from unnest(
        p_at, p_account_id, p_session, p_client, p_application, p_method,
        p_resource, p_status, p_reason, p_entry, p_exchange, p_node,
        p_bytes_in, p_bytes_out, p_ms, p_grant_id, p_country, p_asn
    ) with ordinality as u (
        at, account_id, session, client, application, method, resource,
        status, reason, entry, exchange, node, bytes_in, bytes_out, ms,
        grant_id, country, asn, n
    )
    where u.n > v_known;
    n_written := v_count - v_known;
    n_places := gatehouse_data.session_places_note(
        p_at, p_session, p_client, p_device, p_entry, p_exchange, p_node);
end
$$;
comment on function gatehouse.access_write(
    timestamptz[], bigint[], bytea[], inet[], text[], text[], text[],
    integer[], text[], text[], uuid[], text[], bigint[], bigint[], integer[],
    bigint[], text[], uuid, bigint, text[], bigint[]
) is
'Gateway: adds a batch of access records (at most 10000), one of each array, and
says how many; p_grant_id, when given, is what permitted each, p_device the
browser, p_country and p_asn where the client is, and n_places how many sessions
were used from a new place. p_writer, when given, is who sends them and p_before
how many it had before these: what it sends again, because an answer was lost,
is not written twice. A time that cannot be is kept in claimed_at. GH003: arrays
of different lengths.';
