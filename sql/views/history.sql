-- SPDX-License-Identifier: Apache-2.0
--
-- Views for people, of the past: what an account was, what it asked for, what
-- was changed by hand, everything that happened, and whether the guards of
-- the trail are on.

create view gatehouse_report.account_history as
select
    v.name as account,
    v.at as valid_from,
    case v.operation when 'delete' then v.at else lead(v.at) over (
        partition by v.account_id order by v.account_version_id
    ) end as valid_until,
    v.operation = 'delete' as is_removal,
    v.status,
    v.status_reason,
    v.display_name,
    v.email,
    v.actor as changed_by,
    v.act as changed_with,
    v.database_user,
    v.database_client,
    v.database_application,
    v.account_id
from gatehouse_data.account_version v;
comment on view gatehouse_report.account_history is
'Every state that an account ever had and who changed it. Example: what was
carol on 3 March at 21:00, and who had made it so?
  select status, changed_by, database_user, valid_from
  from gatehouse_report.account_history
  where account = ''carol'' and valid_from <= ''2026-03-03 21:00+01''
    and (valid_until is null or valid_until > ''2026-03-03 21:00+01'');';
comment on column gatehouse_report.account_history.account is
'name of the account in that state';
comment on column gatehouse_report.account_history.valid_from is
'since when the state held';
comment on column gatehouse_report.account_history.valid_until is
'until when; null: it holds';
comment on column gatehouse_report.account_history.is_removal is
'the account was removed at that instant';
comment on column gatehouse_report.account_history.status is
'active, disabled or locked';
comment on column gatehouse_report.account_history.status_reason is
'why the status is what it is';
comment on column gatehouse_report.account_history.display_name is
'name of the person';
comment on column gatehouse_report.account_history.email is 'e-mail address';
comment on column gatehouse_report.account_history.changed_by is
'who did it, as the administration''s tool claims';
comment on column gatehouse_report.account_history.changed_with is
'the function that did it; null: by hand';
comment on column gatehouse_report.account_history.database_user is
'who was connected to the database';
comment on column gatehouse_report.account_history.database_client is
'from which address that was; null: by a unix socket';
comment on column gatehouse_report.account_history.database_application is
'application_name of that connection';
comment on column gatehouse_report.account_history.account_id is
'number of the account';

create view gatehouse_report.account_access as
select
    coalesce(a.name, (
        select v.name
        from gatehouse_data.account_version v
        where v.account_id = x.account_id
        order by v.account_version_id desc
        limit 1
    )) as account,
    x.at,
    x.application,
    x.method,
    x.resource,
    x.status,
    x.reason,
    x.client,
    x.bytes_in,
    x.bytes_out,
    x.ms,
    x.entry,
    x.node,
    encode(x.session, 'hex') as session,
    x.exchange,
    x.account_id,
    x.grant_id,
    x.country,
    x.asn
from gatehouse_audit.access x
left join gatehouse_data.account a on a.account_id = x.account_id;
comment on view gatehouse_report.account_access is
'Who asked for what. Example: who saw anything of /hr/ yesterday?
  select distinct account, client from gatehouse_report.account_access
  where at >= current_date - 1 and at < current_date
    and resource like ''/hr/%'' and status < 400;';
comment on column gatehouse_report.account_access.account is
'name of the account; null: nobody was signed in';
comment on column gatehouse_report.account_access.at is
'when the request was over; it came ms earlier';
comment on column gatehouse_report.account_access.application is
'name of the application';
comment on column gatehouse_report.account_access.method is
'method of the request';
comment on column gatehouse_report.account_access.resource is
'path that was asked for';
comment on column gatehouse_report.account_access.status is
'status of the answer; 0: none was sent';
comment on column gatehouse_report.account_access.reason is
'why Gatehouse answered itself; null: the application answered';
comment on column gatehouse_report.account_access.client is
'network address of the client';
comment on column gatehouse_report.account_access.bytes_in is
'bytes of the request''s body';
comment on column gatehouse_report.account_access.bytes_out is
'bytes of the answer''s body';
comment on column gatehouse_report.account_access.ms is
'milliseconds it took';
comment on column gatehouse_report.account_access.entry is
'entry of the gateway';
comment on column gatehouse_report.account_access.node is
'which gateway wrote it';
comment on column gatehouse_report.account_access.session is
'reference of the session';
comment on column gatehouse_report.account_access.exchange is
'id of the request';
comment on column gatehouse_report.account_access.account_id is
'number of the account';
comment on column gatehouse_report.account_access.grant_id is
'the grant that permitted it, as in role_matrix; null: none did';
comment on column gatehouse_report.account_access.country is
'country of the client; null: not known, or the policy did not ask';
comment on column gatehouse_report.account_access.asn is
'autonomous system of the client; null: likewise';

create view gatehouse_report.requests_unfinished as
select
    e.at,
    e.account,
    e.client,
    e.application,
    e.method,
    e.resource,
    e.rule,
    encode(e.session, 'hex') as session,
    e.entry,
    e.node,
    e.exchange,
    e.account_id
from gatehouse_audit.event e
where e.event = 'access_begun'
  -- Records follow within seconds; those of long downloads within the day.
  and not exists (
      select
      from gatehouse_audit.access x
      where x.account_id = e.account_id
        and x.exchange = e.exchange
        and x.at between e.at - interval '5 minutes' and e.at + interval '1 day'
  );
comment on view gatehouse_report.requests_unfinished is
'Requests of zones that have them recorded before (zone.recording), and of which
no answer is on record: they are going on, or a gateway died. Example: which are
over an hour old?
  select * from gatehouse_report.requests_unfinished
  where at < now() - interval ''1 hour'';';
comment on column gatehouse_report.requests_unfinished.at is
'when it was about to be handed to the application';
comment on column gatehouse_report.requests_unfinished.account is
'name of the account';
comment on column gatehouse_report.requests_unfinished.client is
'network address of the client';
comment on column gatehouse_report.requests_unfinished.application is
'name of the application';
comment on column gatehouse_report.requests_unfinished.method is
'method of the request';
comment on column gatehouse_report.requests_unfinished.resource is
'path that was asked for';
comment on column gatehouse_report.requests_unfinished.rule is
'permission that permitted it, as APPLICATION/NAME';
comment on column gatehouse_report.requests_unfinished.session is
'reference of the session';
comment on column gatehouse_report.requests_unfinished.entry is
'entry of the gateway';
comment on column gatehouse_report.requests_unfinished.node is
'which gateway wrote it';
comment on column gatehouse_report.requests_unfinished.exchange is
'id of the request';
comment on column gatehouse_report.requests_unfinished.account_id is
'number of the account';

create view gatehouse_report.changes_by_hand as
select
    e.at,
    e.database_user,
    e.database_client,
    e.database_application,
    e.detail ->> 'operation' as operation,
    e.detail ->> 'table' as relation,
    e.account,
    e.detail -> 'before' as before,
    e.detail -> 'after' as after,
    e.detail -> 'secrets_changed' as secrets_changed,
    e.event,
    e.transaction,
    e.account_id
from gatehouse_audit.event e
where e.is_by_hand;
comment on view gatehouse_report.changes_by_hand is
'Changes of accounts, credentials, sessions, limits and the policy that were
made without the functions of Gatehouse. Example: who touched what last week?
  select at, database_user, operation, relation, account, before, after
  from gatehouse_report.changes_by_hand
  where at > now() - interval ''7 days'' order by at;';
comment on column gatehouse_report.changes_by_hand.at is 'when';
comment on column gatehouse_report.changes_by_hand.database_user is
'who was connected to the database';
comment on column gatehouse_report.changes_by_hand.database_client is
'from which address; null: by a unix socket';
comment on column gatehouse_report.changes_by_hand.database_application is
'application_name of that connection';
comment on column gatehouse_report.changes_by_hand.operation is
'insert, update, delete or truncate';
comment on column gatehouse_report.changes_by_hand.relation is
'which table';
comment on column gatehouse_report.changes_by_hand.account is
'whose row it was';
comment on column gatehouse_report.changes_by_hand.before is
'the row before, without secrets';
comment on column gatehouse_report.changes_by_hand.after is
'the row after, without secrets';
comment on column gatehouse_report.changes_by_hand.secrets_changed is
'which of the columns that are not shown changed';
comment on column gatehouse_report.changes_by_hand.event is
'name of the audit event';
comment on column gatehouse_report.changes_by_hand.transaction is
'the transaction: rows changed together';
comment on column gatehouse_report.changes_by_hand.account_id is
'number of the account';

create view gatehouse_report.events as
select
    e.at,
    t.level,
    e.event,
    e.outcome,
    e.account,
    e.actor,
    e.client,
    e.reason,
    e.application,
    e.method,
    e.resource,
    e.rule,
    e.entry,
    e.node,
    e.user_agent as browser,
    e.detail,
    e.is_by_hand,
    e.database_user,
    encode(e.session, 'hex') as session,
    e.exchange,
    e.account_id,
    e.event_id
from gatehouse_audit.event e
left join gatehouse_audit.event_type t on t.name = e.event;
comment on view gatehouse_report.events is
'The whole trail. Example: what happened to alice today?
  select at, event, outcome, client, reason, detail
  from gatehouse_report.events
  where account = ''alice'' and at > current_date order by at, event_id;';
comment on column gatehouse_report.events.at is 'when';
comment on column gatehouse_report.events.level is 'INFO, WARN or CRITICAL';
comment on column gatehouse_report.events.event is
'name of the event (OWASP logging vocabulary)';
comment on column gatehouse_report.events.outcome is
'success, failure, denied or error';
comment on column gatehouse_report.events.account is
'name of the account, or keyed hash of a name that nobody has';
comment on column gatehouse_report.events.actor is
'who did it, as the administration''s tool claims';
comment on column gatehouse_report.events.client is
'network address of the client';
comment on column gatehouse_report.events.reason is 'why';
comment on column gatehouse_report.events.application is
'name of the application';
comment on column gatehouse_report.events.method is 'method of the request';
comment on column gatehouse_report.events.resource is
'path that was asked for';
comment on column gatehouse_report.events.rule is 'rule that decided';
comment on column gatehouse_report.events.entry is 'entry of the gateway';
comment on column gatehouse_report.events.node is 'which gateway wrote it';
comment on column gatehouse_report.events.browser is
'what the client called itself';
comment on column gatehouse_report.events.detail is
'whatever else belongs to the event';
comment on column gatehouse_report.events.is_by_hand is
'a change made without the functions of Gatehouse';
comment on column gatehouse_report.events.database_user is
'who was connected to the database';
comment on column gatehouse_report.events.session is
'reference of the session';
comment on column gatehouse_report.events.exchange is 'id of the request';
comment on column gatehouse_report.events.account_id is
'number of the account';
comment on column gatehouse_report.events.event_id is 'number of the row';

create view gatehouse_report.guards as
select
    split_part(coalesce(f.relation, w.relation), '.', 1) as schema,
    split_part(coalesce(f.relation, w.relation), '.', 2) as relation,
    coalesce(f.guard, w.guard) as guard,
    j.state = 'on' as is_on,
    f.does,
    j.state
from gatehouse_data.guard_found f
full join gatehouse_data.guard_wanted w
    on w.relation = f.relation
   and w.guard = f.guard
cross join lateral (
    select case
        when f.guard is null then 'missing'
        when not f.is_always then 'off'
        -- A detached month keeps what guarded it.
        when w.guard is null and not exists (
            select
            from gatehouse_data.guard g
            where g.guard = f.guard
              and g.fingerprint = f.fingerprint
        ) then 'foreign'
        when f.fingerprint <> w.fingerprint then 'changed'
        else 'on'
    end
) as j (state);
comment on view gatehouse_report.guards is
'The triggers that keep versions, tell of changes by hand and refuse changes of
the trail, and what somebody added: triggers, rules, row security.
Example: is one off?
  select * from gatehouse_report.guards where not is_on;';
comment on column gatehouse_report.guards.schema is 'schema of the table';
comment on column gatehouse_report.guards.relation is
'table, or partition of the trail';
comment on column gatehouse_report.guards.guard is
'name of the trigger; of what no migration makes also: rule and its name, policy
and its name, row security';
comment on column gatehouse_report.guards.is_on is
'it fires, also under session_replication_role = replica, and does what the
last migration knew it to do';
comment on column gatehouse_report.guards.does is 'what it does';
comment on column gatehouse_report.guards.state is
'on; off (it does not fire always); missing; changed (its definition, or its
function, is another one than at the last migration); foreign (no migration
made it)';
