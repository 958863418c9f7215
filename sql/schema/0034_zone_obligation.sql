-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What a zone asks for beside the decision: how long a session may be idle once
-- it was used there, and that a request is in the audit trail before the
-- application hears of it (an obligation, as XACML calls it: what is permitted
-- is permitted only together with it).

alter table gatehouse_data.zone
    add column session_idle interval,
    add constraint zone_session_idle_range
        check (session_idle between interval '1 minute' and interval '1 hour'),
    add column recording text not null default 'after',
    add constraint zone_recording_known
        check (recording in ('after', 'before'));
comment on column gatehouse_data.zone.session_idle is
'once it was used for one of its applications, a session ends after so long
without activity, and who signed in longer ago confirms first that it is them;
null: sessions keep their own limit';
comment on column gatehouse_data.zone.recording is
'before: a request of somebody who is signed in is in the audit trail
(access_begun) before the application hears of it, or is refused; after: its
access record follows the answer';

insert into gatehouse_audit.event_type (name, level, is_for_gateway, meaning)
values
('access_begun', 'INFO', true,
 'a request of an account was permitted and is about to be handed to an '
 'application of a zone that has it recorded before; its access record has the '
 'same exchange'),
('session_shortened', 'INFO', false,
 'a session was used for a zone that lets it be idle for less time than before');

-- What it always was.
comment on column gatehouse_audit.access.at is
'when the request was over, by the gateway''s idea of the database''s clock; it
came ms earlier';
