-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Accounts and their credentials, and the versions of both: a trigger keeps
-- every state that a row ever had, whoever changed it and how, so that the
-- past can be asked. Versions of a credential say that it changed and how it
-- was made, never the hash. What happens to sessions when a row changes
-- stands in 0006.

create table gatehouse_data.account (
    account_id bigint generated always as identity,
    name text collate "C" not null,
    display_name text not null default '',
    email text not null default '',
    status text not null default 'active',
    status_reason text not null default '',
    status_at timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default clock_timestamp(),
    last_sign_in_at timestamptz,
    last_sign_in_client inet,
    constraint account_account_id_key primary key (account_id),
    constraint account_name_unique unique (name),
    constraint account_name_form
        check (name ~ '^[a-z0-9][a-z0-9._@+-]{0,63}$'),
    constraint account_display_name_form
        check (char_length(display_name) <= 128
               and display_name !~ '[\u0001-\u001F\u007F-\u009F]'),
    constraint account_email_form
        check (char_length(email) <= 254
               and email ~ '^([^[:space:]@]+@[^[:space:]@]+)?$'
               and email !~ '[\u0001-\u001F\u007F-\u009F]'),
    constraint account_status_known
        check (status in ('active', 'disabled', 'locked')),
    constraint account_status_reason_length
        check (char_length(status_reason) <= 128),
    constraint account_last_sign_in_whole
        check (last_sign_in_at is not null or last_sign_in_client is null)
) with (fillfactor = 70);
comment on table gatehouse_data.account is
'Accounts: people and services that can sign in.';
comment on column gatehouse_data.account.account_id is
'number of the account; never used again';
comment on column gatehouse_data.account.name is
'canonical name (RFC 8265 UsernameCaseMapped): what is looked up, sent to
applications and shown';
comment on column gatehouse_data.account.display_name is
'name for people to read; may be empty';
comment on column gatehouse_data.account.email is
'e-mail address; may be empty';
comment on column gatehouse_data.account.status is
'active, disabled (put out of use) or locked (suspected); only an active
account can sign in, and the sessions of the others end';
comment on column gatehouse_data.account.status_reason is
'why the status is what it is, in an administrator''s words';
comment on column gatehouse_data.account.status_at is
'since when the status is what it is';
comment on column gatehouse_data.account.created_at is
'when the account was added';
comment on column gatehouse_data.account.last_sign_in_at is
'when it signed in last; null: never';
comment on column gatehouse_data.account.last_sign_in_client is
'from which address that was';

create table gatehouse_data.account_version (
    account_version_id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    account_id bigint not null,
    operation text not null,
    name text collate "C" not null,
    display_name text not null,
    email text not null,
    status text not null,
    status_reason text not null,
    actor text,
    act text,
    database_user text not null default session_user,
    database_client inet default inet_client_addr(),
    database_application text
        default left(current_setting('application_name'), 63),
    transaction xid8 not null default pg_current_xact_id(),
    constraint account_version_account_version_id_key
        primary key (account_version_id),
    constraint account_version_operation_known
        check (operation in ('insert', 'update', 'delete')),
    constraint account_version_name_length check (char_length(name) <= 64),
    constraint account_version_display_name_length
        check (char_length(display_name) <= 128),
    constraint account_version_email_length
        check (char_length(email) <= 254),
    constraint account_version_status_length
        check (char_length(status) <= 16),
    constraint account_version_status_reason_length
        check (char_length(status_reason) <= 128),
    constraint account_version_actor_length check (char_length(actor) <= 128),
    constraint account_version_act_length check (char_length(act) <= 63),
    constraint account_version_database_user_length
        check (char_length(database_user) <= 63),
    constraint account_version_database_application_length
        check (char_length(database_application) <= 63)
);
comment on table gatehouse_data.account_version is
'Every state that an account ever had, written by trigger, never changed. A
state holds from its instant to that of the next row of the account.';
comment on column gatehouse_data.account_version.account_version_id is
'number of the row';
comment on column gatehouse_data.account_version.at is
'since when the state holds';
comment on column gatehouse_data.account_version.account_id is
'the account; kept when it is gone';
comment on column gatehouse_data.account_version.operation is
'insert, update or delete; after a delete the columns show the last state';
comment on column gatehouse_data.account_version.name is 'name';
comment on column gatehouse_data.account_version.display_name is
'name for people to read';
comment on column gatehouse_data.account_version.email is 'e-mail address';
comment on column gatehouse_data.account_version.status is 'status';
comment on column gatehouse_data.account_version.status_reason is
'why the status is what it is';
comment on column gatehouse_data.account_version.actor is
'who did it, as the administration''s tool claims';
comment on column gatehouse_data.account_version.act is
'the function of Gatehouse that did it, as it claims; null: by hand';
comment on column gatehouse_data.account_version.database_user is
'who was connected to the database (session_user)';
comment on column gatehouse_data.account_version.database_client is
'from which address that was; null: by a unix socket';
comment on column gatehouse_data.account_version.database_application is
'application_name of that connection';
comment on column gatehouse_data.account_version.transaction is
'the transaction that wrote it';
create index account_version_account_id_idx
    on gatehouse_data.account_version (account_id, account_version_id);
comment on index gatehouse_data.account_version_account_id_idx is
'the history of one account';

create table gatehouse_data.credential (
    account_id bigint not null,
    version bigint not null default 1,
    password_hash text not null,
    pepper_id text not null,
    mac bytea not null,
    changed_at timestamptz not null default clock_timestamp(),
    constraint credential_account_id_key primary key (account_id),
    constraint credential_account_id_account
        foreign key (account_id)
        references gatehouse_data.account (account_id)
        on delete cascade,
    constraint credential_version_positive check (version > 0),
    constraint credential_password_hash_form
        check (octet_length(password_hash) between 8 and 512
               and password_hash ~ '^\$[!-~]+$'),
    constraint credential_pepper_id_form
        check (pepper_id ~ '^[a-z0-9]{1,16}$'),
    constraint credential_mac_length check (octet_length(mac) = 32)
) with (fillfactor = 70);
comment on table gatehouse_data.credential is
'Password of an account: a PHC string made by the gateway over a keyed hash of
the password, whose key is not in the database. Worthless without that key.';
comment on column gatehouse_data.credential.account_id is 'whose it is';
comment on column gatehouse_data.credential.version is
'counts its changes: a sign-in that began with another version is refused';
comment on column gatehouse_data.credential.password_hash is
'PHC string ($argon2id$…)';
comment on column gatehouse_data.credential.pepper_id is
'id of the key that the password was hashed with first';
comment on column gatehouse_data.credential.mac is
'binds hash and key id to this account (key outside of the database); a row
written by hand has none that holds, and is no credential';
comment on column gatehouse_data.credential.changed_at is
'when it was set or made anew';

create table gatehouse_data.credential_version (
    credential_version_id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    account_id bigint not null,
    operation text not null,
    version bigint not null,
    scheme text not null,
    pepper_id text not null,
    actor text,
    act text,
    database_user text not null default session_user,
    database_client inet default inet_client_addr(),
    database_application text
        default left(current_setting('application_name'), 63),
    transaction xid8 not null default pg_current_xact_id(),
    constraint credential_version_credential_version_id_key
        primary key (credential_version_id),
    constraint credential_version_operation_known
        check (operation in ('insert', 'update', 'delete')),
    constraint credential_version_version_positive check (version > 0),
    constraint credential_version_scheme_length
        check (char_length(scheme) <= 64),
    constraint credential_version_pepper_id_length
        check (char_length(pepper_id) <= 16),
    constraint credential_version_actor_length
        check (char_length(actor) <= 128),
    constraint credential_version_act_length check (char_length(act) <= 63),
    constraint credential_version_database_user_length
        check (char_length(database_user) <= 63),
    constraint credential_version_database_application_length
        check (char_length(database_application) <= 63)
);
comment on table gatehouse_data.credential_version is
'Every change of a credential, written by trigger, never changed. No hash, no
salt, no MAC.';
comment on column gatehouse_data.credential_version.credential_version_id is
'number of the row';
comment on column gatehouse_data.credential_version.at is 'when it changed';
comment on column gatehouse_data.credential_version.account_id is
'whose it is; kept when the account is gone';
comment on column gatehouse_data.credential_version.operation is
'insert, update or delete';
comment on column gatehouse_data.credential_version.version is
'version of the credential; at a delete the last one';
comment on column gatehouse_data.credential_version.scheme is
'how the hash is made: function and cost';
comment on column gatehouse_data.credential_version.pepper_id is
'id of the key that the password was hashed with first';
comment on column gatehouse_data.credential_version.actor is
'who did it, as the administration''s tool claims';
comment on column gatehouse_data.credential_version.act is
'the function of Gatehouse that did it, as it claims; null: by hand';
comment on column gatehouse_data.credential_version.database_user is
'who was connected to the database (session_user)';
comment on column gatehouse_data.credential_version.database_client is
'from which address that was; null: by a unix socket';
comment on column gatehouse_data.credential_version.database_application is
'application_name of that connection';
comment on column gatehouse_data.credential_version.transaction is
'the transaction that wrote it';
create index credential_version_account_id_idx
    on gatehouse_data.credential_version (account_id, credential_version_id);
comment on index gatehouse_data.credential_version_account_id_idx is
'the history of one credential';

-- Versions, by trigger: always, also in a replica role, whoever changes what.

create function gatehouse_data.claim(p_name text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
return left(nullif(current_setting('gatehouse.' || p_name, true), ''), 128);
comment on function gatehouse_data.claim(text) is
'What the running function of Gatehouse says of itself: act is its name, actor
for whom it acts. Null outside of such functions. A claim, no proof.';

create function gatehouse_data.act(
    p_act text,
    p_actor text default ''
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('gatehouse.act', p_act, true),
            set_config('gatehouse.actor', p_actor, true);
end
$$;
comment on function gatehouse_data.act(text, text) is
'A function of Gatehouse begins to change rows: its name, and for whom. Called
with an empty name when it is done. (A SET clause of the function would be the
natural way; for a setting of our own it needs a superuser.)';

create function gatehouse_data.account_keep_version()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row gatehouse_data.account := case tg_op when 'DELETE' then old
                                               else new end;
begin
    insert into gatehouse_data.account_version (
        account_id, operation, name, display_name, email, status,
        status_reason, actor, act
    )
    values (
        v_row.account_id, lower(tg_op), v_row.name, v_row.display_name,
        v_row.email, v_row.status, v_row.status_reason,
        gatehouse_data.claim('actor'), gatehouse_data.claim('act')
    );
    return null;
end
$$;
comment on function gatehouse_data.account_keep_version() is
'Trigger: keeps every state of an account in account_version.';

create function gatehouse_data.credential_keep_version()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row gatehouse_data.credential := case tg_op when 'DELETE' then old
                                                  else new end;
begin
    insert into gatehouse_data.credential_version (
        account_id, operation, version, scheme, pepper_id, actor, act
    )
    values (
        v_row.account_id, lower(tg_op), v_row.version,
        -- Only what stands before the salt.
        coalesce(substring(v_row.password_hash from
            '^\$([a-z0-9-]{1,16}(?:\$v=\d{1,4})?'
            '(?:\$m=\d{1,10},t=\d{1,10},p=\d{1,4})?)\$'), 'unknown'),
        v_row.pepper_id,
        gatehouse_data.claim('actor'), gatehouse_data.claim('act')
    );
    return null;
end
$$;
comment on function gatehouse_data.credential_keep_version() is
'Trigger: keeps every change of a credential in credential_version.';

create function gatehouse_data.credential_count_change()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.version := old.version + 1;
    new.changed_at := clock_timestamp();
    return new;
end
$$;
comment on function gatehouse_data.credential_count_change() is
'Trigger: a credential changes its version at every change, also by hand.';

create trigger account_keep_version_of_row
    after insert or delete on gatehouse_data.account
    for each row execute function gatehouse_data.account_keep_version();
create trigger account_keep_version_of_change
    after update on gatehouse_data.account
    for each row
    when ((old.account_id, old.name, old.display_name, old.email, old.status,
           old.status_reason, old.status_at, old.created_at)
          is distinct from
          (new.account_id, new.name, new.display_name, new.email, new.status,
           new.status_reason, new.status_at, new.created_at))
    execute function gatehouse_data.account_keep_version();
create trigger credential_count_change
    before update on gatehouse_data.credential
    for each row execute function gatehouse_data.credential_count_change();
create trigger credential_keep_version
    after insert or update or delete on gatehouse_data.credential
    for each row execute function gatehouse_data.credential_keep_version();
comment on trigger account_keep_version_of_row on gatehouse_data.account is
'keeps the first and the last state of an account';
comment on trigger account_keep_version_of_change on gatehouse_data.account is
'keeps every state between; a sign-in is none';
comment on trigger credential_count_change on gatehouse_data.credential is
'raises the version';
comment on trigger credential_keep_version on gatehouse_data.credential is
'keeps every change';
alter table gatehouse_data.account
    enable always trigger account_keep_version_of_row,
    enable always trigger account_keep_version_of_change;
alter table gatehouse_data.credential
    enable always trigger credential_count_change,
    enable always trigger credential_keep_version;

-- The versions themselves are never changed.

create trigger account_version_append_only
    before update or delete on gatehouse_data.account_version
    for each row execute function gatehouse_audit.refuse_change();
create trigger account_version_no_truncate
    before truncate on gatehouse_data.account_version
    for each statement execute function gatehouse_audit.refuse_change();
create trigger credential_version_append_only
    before update or delete on gatehouse_data.credential_version
    for each row execute function gatehouse_audit.refuse_change();
create trigger credential_version_no_truncate
    before truncate on gatehouse_data.credential_version
    for each statement execute function gatehouse_audit.refuse_change();
comment on trigger account_version_append_only
    on gatehouse_data.account_version is 'refuses UPDATE and DELETE';
comment on trigger account_version_no_truncate
    on gatehouse_data.account_version is 'refuses TRUNCATE';
comment on trigger credential_version_append_only
    on gatehouse_data.credential_version is 'refuses UPDATE and DELETE';
comment on trigger credential_version_no_truncate
    on gatehouse_data.credential_version is 'refuses TRUNCATE';
alter table gatehouse_data.account_version
    enable always trigger account_version_append_only,
    enable always trigger account_version_no_truncate;
alter table gatehouse_data.credential_version
    enable always trigger credential_version_append_only,
    enable always trigger credential_version_no_truncate;

do $owner$
begin
    execute format(
        'revoke update, delete, truncate on gatehouse_data.account_version, '
        'gatehouse_data.credential_version from %I', current_user);
end
$owner$;
