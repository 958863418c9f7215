-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Session data: small values that the scripts of applications keep, for one
-- session or for the account. The gateway seals each under a key that is not
-- here, for exactly this account, application, key and media type, and for
-- the reference of the session's data: a row that is moved opens nowhere.
-- The values of a session go with it: at once when the person signs out, else
-- ten minutes after its end, until when a session that follows it may take
-- them over.

create table gatehouse_data.session_data (
    session_id bigint not null,
    application_id bigint not null,
    key text not null,
    account_id bigint not null,
    media_type text not null,
    key_id text not null,
    nonce bytea not null,
    sealed bytea not null,
    written_at timestamptz not null default clock_timestamp(),
    dies_at timestamptz,
    constraint session_data_session_id_application_id_key_key
        primary key (session_id, application_id, key),
    constraint session_data_session_id_session
        foreign key (session_id)
        references gatehouse_data.session (session_id)
        on delete cascade,
    constraint session_data_application_id_application
        foreign key (application_id)
        references gatehouse_data.application (application_id)
        on delete cascade,
    constraint session_data_key_form
        check (key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    constraint session_data_media_type_known
        check (media_type in ('application/json', 'text/plain',
                              'application/octet-stream')),
    constraint session_data_key_id_form check (key_id ~ '^[a-z0-9]{1,16}$'),
    constraint session_data_nonce_length check (octet_length(nonce) = 12),
    constraint session_data_sealed_length
        check (octet_length(sealed) between 16 and 16400)
);
comment on table gatehouse_data.session_data is
'Values that applications keep for a session, sealed. They go with the session.
An application has at most 32 of a session, an account at most 1 MiB of all.';
comment on column gatehouse_data.session_data.session_id is 'whose it is';
comment on column gatehouse_data.session_data.application_id is
'which application keeps it';
comment on column gatehouse_data.session_data.key is
'what the application calls it';
comment on column gatehouse_data.session_data.account_id is
'account of the session';
comment on column gatehouse_data.session_data.media_type is
'media type of the value';
comment on column gatehouse_data.session_data.key_id is
'id of the key in the gateway''s ring that it is sealed with';
comment on column gatehouse_data.session_data.nonce is
'random, new each time that a value is written';
comment on column gatehouse_data.session_data.sealed is
'the value, encrypted (AES-256-GCM), and 16 bytes that prove it';
comment on column gatehouse_data.session_data.written_at is
'when it was last written';
comment on column gatehouse_data.session_data.dies_at is
'when it goes, once its session has ended; null while that lives';

create index session_data_account_id_idx
    on gatehouse_data.session_data (account_id);
comment on index gatehouse_data.session_data_account_id_idx is
'how much an account has';
create index session_data_application_id_idx
    on gatehouse_data.session_data (application_id);
comment on index gatehouse_data.session_data_application_id_idx is
'what goes with an application';
create index session_data_dies_at_idx
    on gatehouse_data.session_data (dies_at)
    where dies_at is not null;
comment on index gatehouse_data.session_data_dies_at_idx is
'what can be swept';

create table gatehouse_data.account_data (
    account_id bigint not null,
    application_id bigint not null,
    key text not null,
    media_type text not null,
    key_id text not null,
    nonce bytea not null,
    sealed bytea not null,
    written_at timestamptz not null default clock_timestamp(),
    constraint account_data_account_id_application_id_key_key
        primary key (account_id, application_id, key),
    constraint account_data_account_id_account
        foreign key (account_id)
        references gatehouse_data.account (account_id)
        on delete cascade,
    constraint account_data_application_id_application
        foreign key (application_id)
        references gatehouse_data.application (application_id)
        on delete cascade,
    constraint account_data_key_form
        check (key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    constraint account_data_media_type_known
        check (media_type in ('application/json', 'text/plain',
                              'application/octet-stream')),
    constraint account_data_key_id_form check (key_id ~ '^[a-z0-9]{1,16}$'),
    constraint account_data_nonce_length check (octet_length(nonce) = 12),
    constraint account_data_sealed_length
        check (octet_length(sealed) between 16 and 16400)
);
comment on table gatehouse_data.account_data is
'Values that applications keep for an account, sealed, such as preferences.
They outlive sessions and go with the account or the application.';
comment on column gatehouse_data.account_data.account_id is 'whose it is';
comment on column gatehouse_data.account_data.application_id is
'which application keeps it';
comment on column gatehouse_data.account_data.key is
'what the application calls it';
comment on column gatehouse_data.account_data.media_type is
'media type of the value';
comment on column gatehouse_data.account_data.key_id is
'id of the key in the gateway''s ring that it is sealed with';
comment on column gatehouse_data.account_data.nonce is
'random, new each time that a value is written';
comment on column gatehouse_data.account_data.sealed is
'the value, encrypted (AES-256-GCM), and 16 bytes that prove it';
comment on column gatehouse_data.account_data.written_at is
'when it was last written';

create index account_data_application_id_idx
    on gatehouse_data.account_data (application_id);
comment on index gatehouse_data.account_data_application_id_idx is
'what goes with an application';

-- Sealed bytes cannot be compressed.
alter table gatehouse_data.session_data alter column sealed
    set storage external;
alter table gatehouse_data.account_data alter column sealed
    set storage external;

create table gatehouse_data.session_data_origin (
    session_id bigint not null,
    reference bytea not null,
    constraint session_data_origin_session_id_key primary key (session_id),
    constraint session_data_origin_session_id_session
        foreign key (session_id)
        references gatehouse_data.session (session_id)
        on delete cascade,
    constraint session_data_origin_reference_length
        check (octet_length(reference) = 16)
);
comment on table gatehouse_data.session_data_origin is
'Sessions whose data came from another session of the same account. The values
of every other session are sealed for its own reference.';
comment on column gatehouse_data.session_data_origin.session_id is
'the session that has the data now';
comment on column gatehouse_data.session_data_origin.reference is
'what its data are sealed for: the reference of the session that they began in';

-- What ends with a session.

create function gatehouse_data.session_data_end()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_act constant text := coalesce(
        current_setting('gatehouse.act', true), '');
begin
    -- Most have none; the upkeep ends hundreds at once.
    if not exists (
        select
        from gatehouse_data.session_data d
        where d.session_id = new.session_id
    ) then
        return null;
    end if;
    -- Whoever ended the session, this is not done by hand.
    perform set_config('gatehouse.act', 'session_data_end', true);
    if new.end_reason = 'logout' then
        delete from gatehouse_data.session_data d
        where d.session_id = new.session_id;
    else
        update gatehouse_data.session_data d
        set dies_at = new.ended_at + interval '10 minutes'
        where d.session_id = new.session_id
          and d.dies_at is null;
    end if;
    perform set_config('gatehouse.act', v_act, true);
    return null;
end
$$;
comment on function gatehouse_data.session_data_end() is
'Trigger: the values of a session that has ended go with it, after a sign-out
at once, else in ten minutes.';

create trigger session_end_ends_data
    after update on gatehouse_data.session
    for each row
    when (old.ended_at is null and new.ended_at is not null)
    execute function gatehouse_data.session_data_end();
comment on trigger session_end_ends_data on gatehouse_data.session is
'the values of a session that has ended go with it';
alter table gatehouse_data.session
    enable always trigger session_end_ends_data;

-- Changes by hand are told, without the values.

do $by_hand$
declare
    v_table record;
    v_when constant text := format(
        'when (current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''')',
        current_user);
begin
    for v_table in
        select *
        from (values
            ('session_data', $a$'nonce', 'sealed'$a$),
            ('account_data', $a$'nonce', 'sealed'$a$),
            ('session_data_origin', '')
        ) as t (name, secrets)
    loop
        execute format(
            'create trigger %I after insert or update or delete '
            'on gatehouse_data.%I for each row %s '
            'execute function gatehouse_data.tell_change_by_hand(%s)',
            v_table.name || '_by_hand', v_table.name, v_when,
            v_table.secrets);
        execute format(
            'create trigger %I after truncate on gatehouse_data.%I '
            'for each statement %s '
            'execute function gatehouse_data.tell_change_by_hand()',
            v_table.name || '_truncated_by_hand', v_table.name, v_when);
        execute format(
            'comment on trigger %I on gatehouse_data.%I is %L',
            v_table.name || '_by_hand', v_table.name,
            'tells the audit trail of changes made by hand');
        execute format(
            'comment on trigger %I on gatehouse_data.%I is %L',
            v_table.name || '_truncated_by_hand', v_table.name,
            'tells the audit trail that the table was emptied by hand');
        execute format(
            'alter table gatehouse_data.%1$I enable always trigger %2$I, '
            'enable always trigger %3$I',
            v_table.name, v_table.name || '_by_hand',
            v_table.name || '_truncated_by_hand');
    end loop;
end
$by_hand$;
