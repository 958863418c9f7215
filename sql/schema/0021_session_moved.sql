-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Zones in which a session has to stay where it began: used from another
-- network or with another browser for one of their applications, it ends.

alter table gatehouse_data.zone
    add column on_session_moved text not null default 'alert',
    add constraint zone_on_session_moved_known
        check (on_session_moved in ('alert', 'end'));
comment on column gatehouse_data.zone.on_session_moved is
'what becomes of a session that is used for an application of the zone from
another network, or with another browser, than it was begun with: alert (it is
told, as everywhere) or end';

alter table gatehouse_data.session
    drop constraint session_end_reason_known,
    add constraint session_end_reason_known
        check (end_reason in ('idle', 'absolute', 'logout', 'revoked',
                              'disabled', 'replaced', 'limit', 'reused',
                              'rights_changed', 'moved'));
comment on column gatehouse_data.session.end_reason is
'idle, absolute, logout, revoked (by an administrator, or a new password),
disabled (the account is not active), replaced (the same browser signed in
again), limit (too many sessions), reused (a token came that had been
replaced), rights_changed (since it began) or moved (it was used from elsewhere
where it must not be)';
