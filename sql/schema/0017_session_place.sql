-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Places of a session: the networks and browsers that it was used from. A
-- cookie that was stolen shows here first, and so does somebody who takes the
-- train; so it is told, and decides nothing.

create table gatehouse_data.session_place (
    session_id bigint not null,
    network cidr not null,
    device text not null,
    first_seen_at timestamptz not null,
    constraint session_place_session_id_network_device_key
        primary key (session_id, network, device),
    constraint session_place_session_id_session
        foreign key (session_id)
        references gatehouse_data.session (session_id)
        on delete cascade,
    constraint session_place_device_length check (char_length(device) <= 64)
);
comment on table gatehouse_data.session_place is
'The networks and browsers that a session was used from, 32 at most. They go
with the session. All of it may be deleted: then each session''s places are
told again.';
comment on column gatehouse_data.session_place.session_id is 'the session';
comment on column gatehouse_data.session_place.network is
'network of the client: /24 (IPv4) or /48 (IPv6)';
comment on column gatehouse_data.session_place.device is
'browser and system, in words';
comment on column gatehouse_data.session_place.first_seen_at is
'when it was first used from there, by the gateway''s clock';

insert into gatehouse_audit.event_type (name, level, is_for_gateway, meaning)
values
('session_place_changed', 'WARN', false,
 'a session was used from a network or with a browser that it was not used '
 'from before; reason: network, device or both');
comment on table gatehouse_audit.event_type is
'What kinds of audit events exist. Names are those of the OWASP logging
vocabulary, and of our own where it has none.';
