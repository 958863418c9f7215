-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- The ground: what PUBLIC may not do, the two schemas that last, and the list
-- of migrations. Runs as gatehouse_owner, like every file here. A runner may
-- have made the schema and the list before, to write its row first.

alter default privileges revoke execute on functions from public;
alter default privileges revoke usage on types from public;

do $guard$
begin
    if current_user::text <> coalesce(
        current_setting('gatehouse.role_prefix', true), ''
    ) || 'gatehouse_owner' then
        raise exception using
            errcode = 'GH004',
            message = format('%s is not the owner of Gatehouse', current_user),
            hint = 'run sql/roles.sql, then set role to gatehouse_owner';
    end if;
end
$guard$;

create schema if not exists gatehouse_data;
comment on schema gatehouse_data is
'Tables of Gatehouse: accounts, credentials, sessions, guessing limits. The
gateway has no right here; it calls the functions of the schema gatehouse.';

create schema if not exists gatehouse_audit;
comment on schema gatehouse_audit is
'The audit trail: events and access records. Rows are only ever added. People
read it through the views of gatehouse_report.';

revoke all on schema gatehouse_data, gatehouse_audit from public;

create table if not exists gatehouse_data.migration (
    version integer not null,
    name text not null,
    sha256 bytea not null,
    applied_at timestamptz not null default clock_timestamp(),
    applied_by text not null default session_user,
    is_breaking boolean not null default false,
    constraint migration_version_key primary key (version),
    constraint migration_version_positive check (version > 0),
    constraint migration_name_length
        check (char_length(name) between 1 and 128),
    constraint migration_sha256_length check (octet_length(sha256) = 32),
    constraint migration_applied_by_length
        check (char_length(applied_by) between 1 and 63)
);
comment on table gatehouse_data.migration is
'The files of sql/schema/ that have been run, one row each.';
comment on column gatehouse_data.migration.version is
'number at the beginning of the file''s name';
comment on column gatehouse_data.migration.name is
'the file''s name';
comment on column gatehouse_data.migration.sha256 is
'SHA-256 of the file as it was run; a file that changed since is refused';
comment on column gatehouse_data.migration.applied_at is
'when it was run';
comment on column gatehouse_data.migration.applied_by is
'the database user who ran it (session_user)';
comment on column gatehouse_data.migration.is_breaking is
'older gateways cannot work with the schema after it';
