-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- The audit trail: event types (OWASP logging vocabulary and our own), events
-- and access records, both partitioned by month, and what guards them: the
-- owner gives away its own right to change rows, and triggers that stay on
-- under session_replication_role = replica refuse it to everybody else.
-- What they cannot stop, a superuser who switches them off, is shown by
-- gatehouse_report.guards.

create table gatehouse_audit.event_type (
    name text not null,
    level text not null,
    is_for_gateway boolean not null default false,
    meaning text not null,
    constraint event_type_name_key primary key (name),
    constraint event_type_name_form check (name ~ '^[a-z][a-z0-9_]{2,47}$'),
    constraint event_type_level_known
        check (level in ('INFO', 'WARN', 'CRITICAL')),
    constraint event_type_meaning_length
        check (char_length(meaning) between 1 and 200)
);
comment on table gatehouse_audit.event_type is
'What kinds of audit events exist. Names are those of the OWASP logging
vocabulary; the last ten are our own.';
comment on column gatehouse_audit.event_type.name is 'name of the event';
comment on column gatehouse_audit.event_type.level is
'INFO, WARN or CRITICAL, as the vocabulary says';
comment on column gatehouse_audit.event_type.is_for_gateway is
'the gateway may write it by gatehouse.event_write; all others are written
by the functions and triggers that make the change they report';
comment on column gatehouse_audit.event_type.meaning is 'when it is written';

insert into gatehouse_audit.event_type (name, level, is_for_gateway, meaning)
values
('authn_login_success', 'INFO', false,
 'an account signed in'),
('authn_login_successafterfail', 'INFO', false,
 'an account signed in after failures; detail.failures says how many'),
('authn_login_fail', 'WARN', false,
 'a sign-in was refused; account is a keyed hash when nobody has that name'),
('authn_login_fail_max', 'WARN', false,
 'the guessing limit of an account name was reached'),
('authn_login_lock', 'WARN', false,
 'sign-in of an account was closed; reason maxretries, or an administrator''s'),
('authn_password_change', 'INFO', false,
 'a credential was set'),
('authn_password_change_fail', 'CRITICAL', true,
 'a change of password was refused'),
('authn_impossible_travel', 'CRITICAL', true,
 'one account signed in from places too far apart for the time between'),
('authn_token_created', 'INFO', false,
 'a one-time code, factor or token was made'),
('authn_token_revoked', 'INFO', false,
 'a one-time code, factor or token was revoked'),
('authn_token_delete', 'WARN', false,
 'a one-time code, factor or token was deleted'),
('authn_token_reuse', 'CRITICAL', true,
 'a one-time code or an old token was used again'),
('authz_fail', 'CRITICAL', true,
 'a rule denied a request'),
('authz_change', 'WARN', false,
 'a role or grant changed'),
('authz_admin', 'WARN', false,
 'an administrator acted'),
('crypt_decrypt_fail', 'WARN', true,
 'a MAC or a decryption did not hold; reason says of what'),
('crypt_encrypt_fail', 'WARN', true,
 'something could not be encrypted or signed'),
('excess_rate_limit_exceeded', 'WARN', true,
 'a source reached its limit'),
('excess_sessions_exceeded', 'WARN', false,
 'an account had more sessions than allowed; the oldest ended'),
('input_validation_fail', 'WARN', true,
 'free input was malformed'),
('input_validation_discrete_fail', 'WARN', true,
 'input was outside of a fixed set'),
('malicious_excess_404', 'WARN', true,
 'one source asks for much that does not exist'),
('malicious_extraneous', 'CRITICAL', true,
 'a client sent identity, or names nobody expects'),
('malicious_attack_tool', 'CRITICAL', true,
 'a client looks like a known attack tool'),
('malicious_sqli', 'CRITICAL', true,
 'input looks like SQL'),
('malicious_cors', 'CRITICAL', true,
 'another origin tried to change something'),
('malicious_direct_reference', 'CRITICAL', true,
 'a client named an object of somebody else'),
('malicious_csrf', 'WARN', true,
 'a form came without its token, or with a wrong one'),
('malicious_csp_violation', 'WARN', true,
 'a browser reported a breach of the content security policy'),
('privilege_permissions_changed', 'WARN', false,
 'a rule or permission changed'),
('sensitive_create', 'WARN', false,
 'a row of credentials, sessions or limits was added by hand'),
('sensitive_read', 'WARN', false,
 'the audit trail was read'),
('sensitive_update', 'WARN', false,
 'a row of credentials, sessions or limits was changed by hand'),
('sensitive_delete', 'WARN', false,
 'a row of credentials, sessions or limits was deleted by hand'),
('sequence_fail', 'CRITICAL', true,
 'a step of a sequence was skipped'),
('session_created', 'INFO', false,
 'a session began'),
('session_renewed', 'INFO', false,
 'a session got a new token'),
('session_expired', 'INFO', false,
 'a session ended otherwise than by logout; reason says why'),
('session_logout', 'INFO', false,
 'a person signed out'),
('session_use_after_expire', 'CRITICAL', false,
 'the token of an ended session was presented'),
('sys_startup', 'WARN', true, 'a gateway started'),
('sys_shutdown', 'WARN', true, 'a gateway stopped'),
('sys_restart', 'WARN', true, 'a gateway restarted'),
('sys_crash', 'WARN', true, 'a gateway died'),
('sys_monitor_disabled', 'WARN', true,
 'audit, a trigger, sealing or a limit was switched off'),
('sys_monitor_enabled', 'WARN', true,
 'audit, a trigger, sealing or a limit was switched on'),
('user_created', 'WARN', false, 'an account was added'),
('user_updated', 'WARN', false, 'an account was changed'),
('user_archived', 'WARN', false, 'an account was put aside'),
('user_deleted', 'WARN', false, 'an account was removed'),
('audit_checkpoint', 'INFO', false, 'a batch of rows was sealed'),
('audit_partition', 'INFO', false,
 'a partition of the audit trail was made while rows waited for it'),
('audit_verify_fail', 'CRITICAL', false, 'a seal does not hold'),
('key_rotated', 'WARN', true, 'a key was replaced'),
('db_unavailable', 'WARN', true, 'a gateway lost the database'),
('db_recovered', 'WARN', true, 'a gateway has the database again'),
('backend_unavailable', 'WARN', true, 'an application does not answer'),
('clock_skew', 'WARN', true, 'clocks of gateway and database differ'),
('config_reloaded', 'INFO', true, 'a gateway took over a configuration'),
('config_rejected', 'WARN', true, 'a gateway refused a configuration');

create table gatehouse_audit.event (
    event_id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    transaction xid8 not null default pg_current_xact_id(),
    event text not null,
    outcome text not null,
    account_id bigint,
    account text,
    actor text,
    session bytea,
    client inet,
    user_agent text,
    application text,
    resource text,
    method text,
    rule text,
    reason text,
    entry text,
    exchange uuid,
    node text,
    is_by_hand boolean not null default false,
    database_user text not null default session_user,
    database_client inet default inet_client_addr(),
    database_application text
        default left(current_setting('application_name'), 63),
    detail jsonb,
    constraint event_at_key primary key (at, event_id),
    constraint event_event_length check (char_length(event) between 3 and 48),
    constraint event_outcome_known
        check (outcome in ('success', 'failure', 'denied', 'error')),
    constraint event_account_length check (char_length(account) <= 128),
    constraint event_actor_length check (char_length(actor) <= 128),
    constraint event_session_length check (octet_length(session) = 16),
    constraint event_user_agent_length check (char_length(user_agent) <= 512),
    constraint event_application_length check (char_length(application) <= 64),
    constraint event_resource_length check (char_length(resource) <= 4096),
    constraint event_method_length check (char_length(method) <= 32),
    constraint event_rule_length check (char_length(rule) <= 128),
    constraint event_reason_length check (char_length(reason) <= 128),
    constraint event_entry_length check (char_length(entry) <= 64),
    constraint event_node_length check (char_length(node) <= 128),
    constraint event_database_user_length
        check (char_length(database_user) <= 63),
    constraint event_database_application_length
        check (char_length(database_application) <= 63),
    constraint event_detail_size
        check (octet_length(detail::text) <= 32768)
) partition by range (at);
comment on table gatehouse_audit.event is
'Audit events, one row each, never changed. Partitioned by month (UTC). Its
event names are those of event_type; a foreign key would lock the same few
rows for every event of every gateway, so the one function that adds rows
looks the name up instead.';
comment on column gatehouse_audit.event.event_id is 'number of the row';
comment on column gatehouse_audit.event.at is
'when it happened, by the database''s clock';
comment on column gatehouse_audit.event.transaction is
'the transaction that wrote it: what is sealed has no transaction that could
still commit before it';
comment on column gatehouse_audit.event.event is
'what happened: a name of gatehouse_audit.event_type';
comment on column gatehouse_audit.event.outcome is
'success, failure, denied or error';
comment on column gatehouse_audit.event.account_id is
'the account that it is about; kept when the account is gone';
comment on column gatehouse_audit.event.account is
'its name at that time; for a name that nobody has, its keyed hash in hex';
comment on column gatehouse_audit.event.actor is
'who did it, as the administration''s tool claims; database_user is proven';
comment on column gatehouse_audit.event.session is
'reference of the session; gives no access';
comment on column gatehouse_audit.event.client is
'network address of the client';
comment on column gatehouse_audit.event.user_agent is
'what the client says that it is, cut at 512 characters';
comment on column gatehouse_audit.event.application is
'name of the application';
comment on column gatehouse_audit.event.resource is
'path that was asked for, cut at 4096 characters';
comment on column gatehouse_audit.event.method is 'method of the request';
comment on column gatehouse_audit.event.rule is 'rule that decided';
comment on column gatehouse_audit.event.reason is
'why: a fixed word for each event, or an administrator''s words';
comment on column gatehouse_audit.event.entry is 'entry of the gateway';
comment on column gatehouse_audit.event.exchange is
'id of the request, also in the log, on the page and at the application';
comment on column gatehouse_audit.event.node is 'which gateway wrote it';
comment on column gatehouse_audit.event.is_by_hand is
'true: somebody changed a table without the functions of Gatehouse';
comment on column gatehouse_audit.event.database_user is
'who was connected to the database (session_user)';
comment on column gatehouse_audit.event.database_client is
'from which address that was; null: by a unix socket';
comment on column gatehouse_audit.event.database_application is
'application_name of that connection';
comment on column gatehouse_audit.event.detail is
'whatever else belongs to the event; never a secret or a hash of one';

create index event_account_id_at_idx
    on gatehouse_audit.event (account_id, at);
comment on index gatehouse_audit.event_account_id_at_idx is
'what happened to one account';
create index event_event_at_idx
    on gatehouse_audit.event (event, at);
comment on index gatehouse_audit.event_event_at_idx is
'one kind of events in a time';

create table gatehouse_audit.access (
    access_id bigint generated always as identity,
    at timestamptz not null,
    received_at timestamptz not null default clock_timestamp(),
    transaction xid8 not null default pg_current_xact_id(),
    claimed_at timestamptz,
    account_id bigint,
    session bytea,
    client inet,
    application text,
    method text,
    resource text,
    status integer,
    reason text,
    entry text,
    exchange uuid,
    node text not null,
    bytes_in bigint,
    bytes_out bigint,
    ms integer,
    constraint access_at_key primary key (at, access_id),
    constraint access_session_length check (octet_length(session) = 16),
    constraint access_application_length
        check (char_length(application) <= 64),
    constraint access_method_length check (char_length(method) <= 32),
    constraint access_resource_length check (char_length(resource) <= 4096),
    constraint access_status_range check (status between 0 and 999),
    constraint access_reason_length check (char_length(reason) <= 128),
    constraint access_entry_length check (char_length(entry) <= 64),
    constraint access_node_length check (char_length(node) <= 128),
    constraint access_bytes_in_positive check (bytes_in >= 0),
    constraint access_bytes_out_positive check (bytes_out >= 0),
    constraint access_ms_positive check (ms >= 0)
) partition by range (at);
comment on table gatehouse_audit.access is
'Access records: every request that an application or Gatehouse answered, one
row each, never changed. Partitioned by month (UTC).';
comment on column gatehouse_audit.access.access_id is 'number of the row';
comment on column gatehouse_audit.access.at is
'when the request came, by the gateway''s clock';
comment on column gatehouse_audit.access.received_at is
'when the record reached the database, by its clock';
comment on column gatehouse_audit.access.transaction is
'the transaction that wrote it';
comment on column gatehouse_audit.access.claimed_at is
'the gateway''s time when it was not believable (over 400 days old, or more
than a day ahead); at is then received_at';
comment on column gatehouse_audit.access.account_id is
'who asked; null: nobody was signed in';
comment on column gatehouse_audit.access.session is
'reference of the session; gives no access';
comment on column gatehouse_audit.access.client is
'network address of the client';
comment on column gatehouse_audit.access.application is
'name of the application';
comment on column gatehouse_audit.access.method is 'method of the request';
comment on column gatehouse_audit.access.resource is
'path that was asked for, without the query, cut at 4096 characters';
comment on column gatehouse_audit.access.status is
'status of the answer; 0: none was sent';
comment on column gatehouse_audit.access.reason is
'why Gatehouse answered itself; null: the application answered';
comment on column gatehouse_audit.access.entry is 'entry of the gateway';
comment on column gatehouse_audit.access.exchange is
'id of the request, also in the log, on the page and at the application';
comment on column gatehouse_audit.access.node is 'which gateway wrote it';
comment on column gatehouse_audit.access.bytes_in is
'bytes of the request''s body';
comment on column gatehouse_audit.access.bytes_out is
'bytes of the answer''s body';
comment on column gatehouse_audit.access.ms is
'milliseconds from the request''s first byte to the answer''s last';

create index access_account_id_at_idx
    on gatehouse_audit.access (account_id, at);
comment on index gatehouse_audit.access_account_id_at_idx is
'what one account asked for';

-- Nobody changes what was written.

create function gatehouse_audit.refuse_change()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'GH004',
        message = format('%s on %I.%I is refused: rows are only ever added',
                         lower(tg_op), tg_table_schema, tg_table_name);
end
$$;
comment on function gatehouse_audit.refuse_change() is
'Trigger: refuses UPDATE, DELETE and TRUNCATE. SQLSTATE GH004.';

create trigger event_append_only
    before update or delete on gatehouse_audit.event
    for each row execute function gatehouse_audit.refuse_change();
create trigger event_no_truncate
    before truncate on gatehouse_audit.event
    for each statement execute function gatehouse_audit.refuse_change();
create trigger access_append_only
    before update or delete on gatehouse_audit.access
    for each row execute function gatehouse_audit.refuse_change();
create trigger access_no_truncate
    before truncate on gatehouse_audit.access
    for each statement execute function gatehouse_audit.refuse_change();
comment on trigger event_append_only on gatehouse_audit.event is
'refuses UPDATE and DELETE';
comment on trigger event_no_truncate on gatehouse_audit.event is
'refuses TRUNCATE';
comment on trigger access_append_only on gatehouse_audit.access is
'refuses UPDATE and DELETE';
comment on trigger access_no_truncate on gatehouse_audit.access is
'refuses TRUNCATE';

alter table gatehouse_audit.event
    enable always trigger event_append_only,
    enable always trigger event_no_truncate;
alter table gatehouse_audit.access
    enable always trigger access_append_only,
    enable always trigger access_no_truncate;

do $owner$
begin
    execute format(
        'revoke update, delete, truncate on gatehouse_audit.event, '
        'gatehouse_audit.access from %I', current_user);
end
$owner$;

-- Partitions. Attached, not created in place: that would wait for every
-- transaction that has just written an event.

create function gatehouse_audit.partition_name(
    p_table text,
    p_at timestamptz
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
return p_table || to_char(p_at at time zone 'UTC', '"_"YYYY"_"MM');
comment on function gatehouse_audit.partition_name(text, timestamptz) is
'Name of the partition of a table (event or access) for an instant.';

create function gatehouse_audit.partition_make(
    p_table text,
    p_at timestamptz
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := gatehouse_audit.partition_name(p_table, p_at);
    v_month constant timestamp := date_trunc('month', p_at at time zone 'UTC');
    v_from constant timestamptz := v_month at time zone 'UTC';
    v_until constant timestamptz :=
        (v_month + interval '1 month') at time zone 'UTC';
begin
    if p_table not in ('event', 'access') then
        raise exception using
            errcode = 'GH003',
            message = 'only event and access have partitions';
    end if;

    -- One at a time; whoever waited finds it made. (to_regclass might not:
    -- waiting for an advisory lock does not refresh what it remembers.)
    perform pg_advisory_xact_lock(hashtextextended('gatehouse partition', 0));
    if exists (
        select
        from pg_class c
        where c.relname = v_name
          and c.relnamespace = 'gatehouse_audit'::regnamespace
    ) then
        return false;
    end if;

    execute format(
        'create table gatehouse_audit.%I (like gatehouse_audit.%I '
        'including defaults including constraints including comments)',
        v_name, p_table);
    execute format('comment on table gatehouse_audit.%I is %L', v_name,
                   format('Partition of gatehouse_audit.%s: %s (UTC).',
                          p_table, to_char(v_month, 'YYYY-MM')));
    execute format('revoke update, delete, truncate on gatehouse_audit.%I '
                   'from %I', v_name, current_user);
    execute format(
        'create trigger %I before truncate on gatehouse_audit.%I '
        'for each statement execute function gatehouse_audit.refuse_change()',
        p_table || '_no_truncate', v_name);
    execute format('alter table gatehouse_audit.%I '
                   'enable always trigger %I',
                   v_name, p_table || '_no_truncate');
    execute format(
        'alter table gatehouse_audit.%I attach partition gatehouse_audit.%I '
        'for values from (%L) to (%L)', p_table, v_name, v_from, v_until);
    return true;
end
$$;
comment on function gatehouse_audit.partition_make(text, timestamptz) is
'Makes the partition of event or access for the month of an instant, guarded
like the others. True when it was missing.';

create function gatehouse_audit.partitions_ahead(p_now timestamptz)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_made integer;
begin
    select count(*) filter (
        where gatehouse_audit.partition_make(
            t.name, p_now + make_interval(months => m.n))
    )
    into v_made
    from (values ('event'), ('access')) as t (name)
    cross join generate_series(0, 3) as m (n)
    where to_regclass(
        'gatehouse_audit.' || gatehouse_audit.partition_name(
            t.name, p_now + make_interval(months => m.n))
    ) is null;
    return v_made;
end
$$;
comment on function gatehouse_audit.partitions_ahead(timestamptz) is
'Makes what is missing of this month''s and the next three months'' partitions
and says how many that were.';

do $first$
begin
    perform gatehouse_audit.partitions_ahead(clock_timestamp());
end
$first$;
