-- SPDX-License-Identifier: Apache-2.0
--
-- View for people, of session data: what applications keep for whom. Never a
-- value: the database cannot read one.

create view gatehouse_report.session_data as
select
    a.name as account,
    d.scope,
    p.name as application,
    d.key,
    d.media_type,
    d.bytes,
    d.written_at,
    d.dies_at,
    d.key_id,
    encode(s.reference, 'hex') as session
from (
    select
        'session' as scope, account_id, session_id, application_id, key,
        media_type, octet_length(sealed) - 16 as bytes, written_at, dies_at,
        key_id
    from gatehouse_data.session_data
    union all
    select
        'account', account_id, null, application_id, key, media_type,
        octet_length(sealed) - 16, written_at, null, key_id
    from gatehouse_data.account_data
) as d
join gatehouse_data.account a on a.account_id = d.account_id
join gatehouse_data.application p on p.application_id = d.application_id
left join gatehouse_data.session s on s.session_id = d.session_id;
comment on view gatehouse_report.session_data is
'What applications keep for whom, one row a value, without the value. Example:
which keys of the gateways'' rings are still needed?
  select key_id, count(*) from gatehouse_report.session_data
  group by key_id order by key_id;';
comment on column gatehouse_report.session_data.account is
'name of the account';
comment on column gatehouse_report.session_data.scope is
'session: it goes with the session; account: it stays';
comment on column gatehouse_report.session_data.application is
'name of the application that keeps it';
comment on column gatehouse_report.session_data.key is
'what the application calls it';
comment on column gatehouse_report.session_data.media_type is
'media type of the value';
comment on column gatehouse_report.session_data.bytes is
'length of the value';
comment on column gatehouse_report.session_data.written_at is
'when it was last written';
comment on column gatehouse_report.session_data.dies_at is
'when it goes, once its session has ended; null: not yet';
comment on column gatehouse_report.session_data.key_id is
'id of the key in the gateways'' rings that it is sealed with';
comment on column gatehouse_report.session_data.session is
'reference of the session, as in audit and logs; null: the account''s';
