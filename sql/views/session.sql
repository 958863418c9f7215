-- SPDX-License-Identifier: Apache-2.0
--
-- Views for people, of sessions and sign-ins: who is signed in, who failed.

create view gatehouse_report.signed_in as
select
    a.name as account,
    a.display_name,
    s.client,
    s.user_agent as browser,
    s.created_at as signed_in_at,
    s.last_seen_at,
    least(s.last_seen_at + s.idle, s.created_at + s.absolute, r.turns_at)
        as ends_at,
    s.level,
    s.entry,
    s.node,
    encode(s.reference, 'hex') as session
from gatehouse_data.session s
join gatehouse_data.account a on a.account_id = s.account_id
cross join lateral gatehouse_data.session_turns_at(
    s.account_id, s.rights_version, s.rights_at, clock_timestamp()
) as r (turns_at)
where s.ended_at is null
  and gatehouse_data.session_state(
      s.end_reason, a.status, s.created_at, s.last_seen_at, s.idle,
      s.absolute, r.turns_at, clock_timestamp()) = 'live';
comment on view gatehouse_report.signed_in is
'Who is signed in now, one row a session. Example: who came from outside of
10.0.0.0/8?
  select account, client, signed_in_at from gatehouse_report.signed_in
  where not client <<= ''10.0.0.0/8'' order by signed_in_at;';
comment on column gatehouse_report.signed_in.account is 'name of the account';
comment on column gatehouse_report.signed_in.display_name is
'name of the person';
comment on column gatehouse_report.signed_in.client is
'network address at sign-in';
comment on column gatehouse_report.signed_in.browser is
'what the browser called itself at sign-in';
comment on column gatehouse_report.signed_in.signed_in_at is
'when the session began';
comment on column gatehouse_report.signed_in.last_seen_at is
'last activity, at most a minute late';
comment on column gatehouse_report.signed_in.ends_at is
'when it ends without more activity, or because a grant begins or ends';
comment on column gatehouse_report.signed_in.level is
'authentication level: 1 password, 2 with a second factor';
comment on column gatehouse_report.signed_in.entry is 'entry of the gateway';
comment on column gatehouse_report.signed_in.node is 'gateway at sign-in';
comment on column gatehouse_report.signed_in.session is
'reference of the session, as in audit and logs';

create view gatehouse_report.failed_sign_ins_by_source as
select
    f.client,
    sum(f.times)::bigint as failures,
    count(distinct f.account) as accounts,
    min(f.at) as first_at,
    max(f.at) as last_at,
    array_agg(distinct f.reason order by f.reason) as reasons
from (
    select
        e.client, e.account, e.at, e.reason,
        coalesce((e.detail ->> 'repeats')::bigint, 1) as times
    from gatehouse_audit.event e
    where e.event = 'authn_login_fail'
      and e.at > now() - interval '1 day'
) as f
group by f.client;
comment on view gatehouse_report.failed_sign_ins_by_source is
'Failed sign-ins of the last 24 hours by network address. Example: who tries
many accounts?
  select * from gatehouse_report.failed_sign_ins_by_source
  where accounts > 5 order by accounts desc;';
comment on column gatehouse_report.failed_sign_ins_by_source.client is
'network address';
comment on column gatehouse_report.failed_sign_ins_by_source.failures is
'failures, with refusals that were written as one row';
comment on column gatehouse_report.failed_sign_ins_by_source.accounts is
'how many different names were tried';
comment on column gatehouse_report.failed_sign_ins_by_source.first_at is
'the first in that time';
comment on column gatehouse_report.failed_sign_ins_by_source.last_at is
'the last';
comment on column gatehouse_report.failed_sign_ins_by_source.reasons is
'why they failed';

create view gatehouse_report.failed_sign_ins_by_account as
select
    f.account,
    f.account_id is not null as is_account,
    sum(f.times)::bigint as failures,
    count(distinct f.client) as clients,
    min(f.at) as first_at,
    max(f.at) as last_at,
    array_agg(distinct f.reason order by f.reason) as reasons
from (
    select
        e.client, e.account, e.account_id, e.at, e.reason,
        coalesce((e.detail ->> 'repeats')::bigint, 1) as times
    from gatehouse_audit.event e
    where e.event = 'authn_login_fail'
      and e.at > now() - interval '1 day'
) as f
group by f.account, f.account_id is not null;
comment on view gatehouse_report.failed_sign_ins_by_account is
'Failed sign-ins of the last 24 hours by account. A name that nobody has is
shown as its keyed hash: it may be a password typed in the wrong field.
Example: whose password is being guessed?
  select * from gatehouse_report.failed_sign_ins_by_account
  where is_account order by failures desc limit 10;';
comment on column gatehouse_report.failed_sign_ins_by_account.account is
'name of the account, or keyed hash of a name that nobody has';
comment on column gatehouse_report.failed_sign_ins_by_account.is_account is
'there was an account of that name';
comment on column gatehouse_report.failed_sign_ins_by_account.failures is
'failures, with refusals that were written as one row';
comment on column gatehouse_report.failed_sign_ins_by_account.clients is
'from how many network addresses';
comment on column gatehouse_report.failed_sign_ins_by_account.first_at is
'the first in that time';
comment on column gatehouse_report.failed_sign_ins_by_account.last_at is
'the last';
comment on column gatehouse_report.failed_sign_ins_by_account.reasons is
'why they failed';

create view gatehouse_report.session_places as
select
    a.name as account,
    s.reference as session,
    p.network,
    p.device,
    p.first_seen_at,
    s.client as signed_in_from,
    s.ended_at
from gatehouse_data.session_place p
join gatehouse_data.session s on s.session_id = p.session_id
join gatehouse_data.account a on a.account_id = s.account_id;
comment on view gatehouse_report.session_places is
'From which networks and with which browsers sessions were used, one row each.
Example: which sessions are used from many networks?
  select account, session, count(distinct network)
  from gatehouse_report.session_places
  where ended_at is null
  group by account, session
  order by count(distinct network) desc limit 10;';
comment on column gatehouse_report.session_places.account is
'name of the account';
comment on column gatehouse_report.session_places.session is
'reference of the session';
comment on column gatehouse_report.session_places.network is
'network of the client: /24 (IPv4) or /48 (IPv6)';
comment on column gatehouse_report.session_places.device is
'browser and system, in words';
comment on column gatehouse_report.session_places.first_seen_at is
'when it was first used from there';
comment on column gatehouse_report.session_places.signed_in_from is
'where the sign-in came from';
comment on column gatehouse_report.session_places.ended_at is
'when the session ended; null: not yet';
