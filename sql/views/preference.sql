-- SPDX-License-Identifier: Apache-2.0
--
-- View for people, of what people have chosen about Gatehouse's own pages.

create view gatehouse_report.preferences as
select
    a.name as account,
    coalesce(p.time_zone, 'UTC') as time_zone,
    coalesce(p.appearance, 'device') as appearance,
    coalesce(p.warn_minutes, 5) as warn_minutes,
    p.written_at
from gatehouse_data.account_preference p
join gatehouse_data.account a on a.account_id = p.account_id;
comment on view gatehouse_report.preferences is
'What people have chosen about Gatehouse''s own pages; who has chosen nothing is
not here. Example: in which time zones do they live?
  select time_zone, count(*) from gatehouse_report.preferences
  group by time_zone order by count(*) desc;';
comment on column gatehouse_report.preferences.account is
'name of the account';
comment on column gatehouse_report.preferences.time_zone is
'by whose clocks times are shown to them';
comment on column gatehouse_report.preferences.appearance is
'light, dark, or device: as that says';
comment on column gatehouse_report.preferences.warn_minutes is
'how long before the end of a session its page warns of it; 0: it does not';
comment on column gatehouse_report.preferences.written_at is
'when it was last chosen';
