-- SPDX-License-Identifier: Apache-2.0
--
-- Places of a session: which networks and browsers it is used from, that there
-- is another one, for access_write, and its end where it must not move.

create or replace function gatehouse_data.network_of(p_client inet)
returns cidr
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
select network(set_masklen(
    p_client, case family(p_client) when 4 then 24 else 48 end))::cidr
$$;
comment on function gatehouse_data.network_of(inet) is
'The network that an address is counted with: /24 (IPv4) or /48 (IPv6).';

create or replace function gatehouse_data.session_places_note(
    p_at timestamptz[],
    p_session bytea[],
    p_client inet[],
    p_device text[],
    p_entry text[],
    p_exchange uuid[],
    p_node text[]
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most constant integer := 32;
    v_place record;
    v_known record;
    v_reason text;
    v_count integer := 0;
begin
    -- The ones that are new, in one order, so that gateways that note the same
    -- session never wait for each other in a circle.
    for v_place in
        select
            s.session_id, s.reference, s.account_id,
            gatehouse_data.network_of(s.client) as first_network, c.*
        from (
            select distinct on (u.session, u.network, u.device)
                u.*
            from (
                select
                    f.session, gatehouse_data.network_of(f.client) as network,
                    f.device, p_at[f.n] as at, f.client, f.entry,
                    p_exchange[f.n] as exchange, f.node
                from (
                    -- Most records of a batch are like another one.
                    select
                        t.session, t.client, left(t.device, 64) as device,
                        t.entry, t.node, min(t.n) as n
                    from unnest(p_session, p_client, p_device, p_entry,
                                p_node) with ordinality
                        as t (session, client, device, entry, node, n)
                    where t.session is not null
                      and t.client is not null
                      and t.device is not null
                    group by t.session, t.client, left(t.device, 64),
                             t.entry, t.node
                ) as f
            ) as u
            order by u.session, u.network, u.device, u.at
        ) as c
        join gatehouse_data.session s on s.reference = c.session
        where not exists (
            select
            from gatehouse_data.session_place p
            where p.session_id = s.session_id
              and p.network = c.network
              and p.device = c.device
        )
        order by s.session_id, c.network, c.device
    loop
        select
            count(*) as places,
            count(*) filter (where p.network = v_place.network) > 0
                or v_place.network = v_place.first_network as is_network_known,
            count(*) filter (where p.device = v_place.device) > 0
                or count(*) = 0 as is_device_known
        into v_known
        from gatehouse_data.session_place p
        where p.session_id = v_place.session_id;
        if v_known.places >= c_most then
            continue;
        end if;

        -- Deleted by hand meanwhile: its foreign key would refuse the batch.
        -- Or about to be: the batch would wait for that.
        perform
        from gatehouse_data.session s
        where s.session_id = v_place.session_id
        for key share skip locked;
        if not found then
            continue;
        end if;

        insert into gatehouse_data.session_place (
            session_id, network, device, first_seen_at
        )
        values (
            v_place.session_id, v_place.network, v_place.device, v_place.at
        )
        on conflict on constraint session_place_session_id_network_device_key
        do nothing;
        v_reason := case
            when not found then null
            when v_known.is_network_known and v_known.is_device_known then null
            when v_known.is_network_known then 'device'
            when v_known.is_device_known then 'network'
            else 'both'
        end;
        if v_reason is not null then
            v_count := v_count + 1;
            perform gatehouse_audit.append(
                p_event => 'session_place_changed',
                p_outcome => 'success',
                p_account_id => v_place.account_id,
                p_account => (
                    select a.name
                    from gatehouse_data.account a
                    where a.account_id = v_place.account_id
                ),
                p_session => v_place.reference,
                p_client => v_place.client,
                p_reason => v_reason,
                p_entry => v_place.entry,
                p_exchange => v_place.exchange,
                p_node => v_place.node,
                p_detail => jsonb_build_object(
                    'device', v_place.device,
                    'signed_in_from', v_place.first_network,
                    'places', v_known.places + 1)
            );
        end if;
    end loop;
    return v_count;
end
$$;
comment on function gatehouse_data.session_places_note(
    timestamptz[], bytea[], inet[], text[], text[], uuid[], text[]
) is
'Notes from where sessions are used, tells of places that are new to one of
them (session_place_changed), and says of how many. The first browser is no
news, nor is the network that the sign-in came from.';

create function gatehouse.session_moved(
    p_session_id bigint,
    p_reason text,
    p_application text,
    p_client inet,
    p_user_agent text,
    p_device text,
    p_entry text,
    p_exchange uuid,
    p_node text
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_held record;
    v_session gatehouse_data.session;
begin
    if (p_reason in ('network', 'device', 'both')) is not true then
        raise exception using
            errcode = 'GH003',
            message = 'a session moves to another network, device or both';
    end if;
    select h.*
    into v_held
    from gatehouse_data.session_hold(p_session_id) h;
    if v_held.state <> 'live' then
        return v_held.state;
    end if;
    v_session := v_held.session;

    perform gatehouse_data.act('session_moved');
    perform gatehouse_audit.append(
        p_event => 'session_place_changed',
        p_outcome => 'denied',
        p_account_id => v_session.account_id,
        p_account => v_held.account,
        p_session => v_session.reference,
        p_client => p_client,
        p_user_agent => p_user_agent,
        p_application => p_application,
        p_reason => p_reason,
        p_entry => p_entry,
        p_exchange => p_exchange,
        p_node => p_node,
        p_detail => jsonb_build_object(
            'device', p_device,
            'signed_in_from', gatehouse_data.network_of(v_session.client))
    );
    perform gatehouse_data.session_mark(
        v_session, v_held.account, 'moved', v_held.at, null, p_client,
        p_user_agent, p_entry, p_exchange, p_node);
    perform gatehouse_data.act('');
    return 'moved';
end
$$;
comment on function gatehouse.session_moved(
    bigint, text, text, inet, text, text, text, uuid, text
) is
'Gateway: a session was used from another network, device or both than it was
begun with, for an application of a zone where that ends it: ends it and writes
session_place_changed (denied) and session_expired. Gives the session''s state:
moved, or why it was over before. GH003 malformed.';
