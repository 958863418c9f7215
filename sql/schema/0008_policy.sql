-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- The policy: zones, applications, resources and permissions, roles and what
-- they inherit, and the grants that tie them together; its version; and every
-- state that a row of it ever had. Grants are ended, never deleted. One
-- trigger function keeps the versions, raises the policy's version, wakes the
-- gateways and tells the audit trail, whoever changes what and how. Functions
-- that it calls stand in sql/api/; until they do, changes fail.

-- A set of methods in the one form that is stored.

create function gatehouse_data.methods_in_order(p_methods text[])
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
return (
    select array_agg(distinct u.method collate "C" order by
                     u.method collate "C")
    from unnest(p_methods) as u (method)
);
comment on function gatehouse_data.methods_in_order(text[]) is
'Methods sorted, each once; null when there are none.';

create table gatehouse_data.zone (
    zone_id bigint generated always as identity,
    name text collate "C" not null,
    sensitivity smallint not null,
    meaning text not null default '',
    constraint zone_zone_id_key primary key (zone_id),
    constraint zone_name_unique unique (name),
    constraint zone_name_form check (name ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    constraint zone_sensitivity_range check (sensitivity between 1 and 4),
    constraint zone_meaning_length check (char_length(meaning) <= 256)
);
comment on table gatehouse_data.zone is
'Zones: segments of the deployment by their sensitivity.';
comment on column gatehouse_data.zone.zone_id is 'number of the zone';
comment on column gatehouse_data.zone.name is 'name of the zone';
comment on column gatehouse_data.zone.sensitivity is
'1 open to 4 restricted; applications of different sensitivity should not
share a host, because the browser makes no difference between them';
comment on column gatehouse_data.zone.meaning is 'what belongs there';

create table gatehouse_data.application (
    application_id bigint generated always as identity,
    name text collate "C" not null,
    host text collate "C" not null default '',
    path text collate "C" not null,
    backends text[] not null default '{}',
    carrying text not null default 'forward',
    zone_id bigint not null,
    connections integer not null default 256,
    keep integer not null default 64,
    encoded_slash text not null default 'refuse',
    semicolon text not null default 'refuse',
    empty_segments text not null default 'refuse',
    authorization_field text not null default 'drop',
    shares_host_because text not null default '',
    created_at timestamptz not null default clock_timestamp(),
    constraint application_application_id_key primary key (application_id),
    constraint application_name_unique unique (name),
    constraint application_host_path_unique unique (host, path),
    constraint application_zone_id_zone
        foreign key (zone_id)
        references gatehouse_data.zone (zone_id),
    constraint application_name_form
        check (name ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    constraint application_host_form
        check (char_length(host) <= 253
               and host ~ ('^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
                           '(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*'
                           '|\[[0-9a-f:]{2,39}\])?$')),
    constraint application_path_form
        check (char_length(path) between 1 and 1024
               and path ~ ('^(/(%[0-9A-F]{2}'
                           '|[A-Za-z0-9._~!$&''()+,;=:@-])+)*/?$')),
    -- No dot segment, also when cut at what some read as a slash; no triplet
    -- of what is written as itself, of control characters or "\", or of "%"
    -- before two hex digits.
    constraint application_path_canonical
        check (path !~ ('(/|%2F|;|%3B)\.\.?(/|%2F|;|%3B|$)'
                        '|%([01][0-9A-F]|2[DE]|3[0-9]|4[1-9A-F]|5[0-9ACF]'
                        '|6[1-9A-F]|7[0-9AEF]|25[0-9A-Fa-f]{2}'
                        '|C2%[89][0-9A-F])')),
    constraint application_backends_number
        check (cardinality(backends)
               between case carrying when 'verdict' then 0 else 1 end and 4
               and coalesce(array_ndims(backends), 1) = 1),
    constraint application_backends_form
        check (char_length(array_to_string(backends, ' ')) <= 1200
               and array_to_string(backends, ' ')
                   ~ ('^((http://([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?'
                      '|\[[0-9a-f:]{2,39}\])(:[1-9][0-9]{0,4})?'
                      '|http://unix:/[!-~]{1,106})( |$))*$')
               and array_to_string(backends, ' ') !~ ' $'
               and (cardinality(backends) = 0
                    or cardinality(backends) = cardinality(string_to_array(
                        array_to_string(backends, ' '), ' ')))),
    constraint application_carrying_known
        check (carrying in ('forward', 'verdict')),
    constraint application_connections_range
        check (connections between 1 and 65536),
    constraint application_keep_range check (keep between 0 and 65536),
    constraint application_encoded_slash_known
        check (encoded_slash in ('refuse', 'keep')),
    constraint application_semicolon_known
        check (semicolon in ('refuse', 'keep')),
    constraint application_empty_segments_known
        check (empty_segments in ('refuse', 'keep')),
    constraint application_authorization_field_known
        check (authorization_field in ('drop', 'pass')),
    constraint application_shares_host_because_form
        check (char_length(shares_host_because) <= 256
               and shares_host_because !~ '[\u0001-\u001F\u007F-\u009F]')
);
comment on table gatehouse_data.application is
'Applications: back ends, where they are mounted and how traffic is carried to
them. At most 1000. On a host the longest path prefix wins.';
comment on column gatehouse_data.application.application_id is
'number of the application; never used again';
comment on column gatehouse_data.application.name is
'name of the application, as in log and audit trail';
comment on column gatehouse_data.application.host is
'host it is mounted on, lower case, without a port; empty: every host';
comment on column gatehouse_data.application.path is
'path prefix it is mounted at, canonical, by whole segments';
comment on column gatehouse_data.application.backends is
'where it lives, tried in order: http://host:port or http://unix:/path; none
when the web server carries the traffic';
comment on column gatehouse_data.application.carrying is
'forward: the gateway carries traffic; verdict: it only decides, and the web
server carries';
comment on column gatehouse_data.application.zone_id is 'the zone it is in';
comment on column gatehouse_data.application.connections is
'requests it is given at once, by each gateway';
comment on column gatehouse_data.application.keep is
'idle connections kept open, by each worker of a gateway';
comment on column gatehouse_data.application.encoded_slash is
'%2F in the path: refuse, or keep and hand on';
comment on column gatehouse_data.application.semicolon is
'a semicolon in the path: refuse, or keep and hand on';
comment on column gatehouse_data.application.empty_segments is
'// in the path: refuse, or keep and hand on';
comment on column gatehouse_data.application.authorization_field is
'the client''s Authorization field: drop it, or pass it on';
comment on column gatehouse_data.application.shares_host_because is
'why it may stand on one host with applications of less sensitivity; empty: it
may not';
comment on column gatehouse_data.application.created_at is
'when it was added';
create index application_zone_id_idx
    on gatehouse_data.application (zone_id);
comment on index gatehouse_data.application_zone_id_idx is
'the applications of one zone';

create table gatehouse_data.resource (
    resource_id bigint generated always as identity,
    application_id bigint not null,
    pattern text collate "C" not null,
    constraint resource_resource_id_key primary key (resource_id),
    constraint resource_application_id_pattern_unique
        unique (application_id, pattern),
    constraint resource_resource_id_application_id_unique
        unique (resource_id, application_id),
    constraint resource_application_id_application
        foreign key (application_id)
        references gatehouse_data.application (application_id)
        on delete cascade,
    constraint resource_pattern_form
        check (char_length(pattern) between 1 and 1024
               and pattern ~ ('^(/(\*|(%[0-9A-F]{2}'
                              '|[A-Za-z0-9._~!$&''()+,;=:@-])+))*'
                              '(/|/\*\*)?$')),
    constraint resource_pattern_canonical
        check (pattern !~ ('(/|%2F|;|%3B)\.\.?(/|%2F|;|%3B|$)'
                           '|%([01][0-9A-F]|2[DE]|3[0-9]|4[1-9A-F]'
                           '|5[0-9ACF]|6[1-9A-F]|7[0-9AEF]'
                           '|25[0-9A-Fa-f]{2}|C2%[89][0-9A-F])')),
    constraint resource_pattern_segments
        check (char_length(pattern)
               - char_length(replace(pattern, '/', '')) <= 64)
);
comment on table gatehouse_data.resource is
'Resources: path patterns inside an application.';
comment on column gatehouse_data.resource.resource_id is
'number of the resource';
comment on column gatehouse_data.resource.application_id is
'the application it is a part of';
comment on column gatehouse_data.resource.pattern is
'pattern of paths below the application''s own path: literal segments, * for
one segment that is not empty, ** at the end for any number of segments, also
none';

create table gatehouse_data.permission (
    permission_id bigint generated always as identity,
    resource_id bigint not null,
    application_id bigint not null,
    name text collate "C" not null,
    methods text[] not null,
    constraint permission_permission_id_key primary key (permission_id),
    constraint permission_application_id_name_unique
        unique (application_id, name),
    constraint permission_resource_id_resource
        foreign key (resource_id, application_id)
        references gatehouse_data.resource (resource_id, application_id)
        on delete cascade,
    constraint permission_application_id_application
        foreign key (application_id)
        references gatehouse_data.application (application_id)
        on delete cascade,
    constraint permission_name_form
        check (name ~ '^[a-z0-9][a-z0-9._:-]{0,63}$'),
    constraint permission_methods_known
        check (methods = '{*}' or methods <@ array[
            'ACL', 'BASELINE-CONTROL', 'BIND', 'CHECKIN', 'CHECKOUT', 'COPY',
            'DELETE', 'GET', 'HEAD', 'LABEL', 'LINK', 'LOCK', 'MERGE',
            'MKACTIVITY', 'MKCALENDAR', 'MKCOL', 'MKREDIRECTREF',
            'MKWORKSPACE', 'MOVE', 'OPTIONS', 'ORDERPATCH', 'PATCH', 'POST',
            'PROPFIND', 'PROPPATCH', 'PURGE', 'PUT', 'QUERY', 'REBIND',
            'REPORT', 'SEARCH', 'UNBIND', 'UNCHECKOUT', 'UNLINK', 'UNLOCK',
            'UPDATE', 'UPDATEREDIRECTREF', 'VERSION-CONTROL']),
    constraint permission_methods_in_order
        check ((methods = gatehouse_data.methods_in_order(methods)) is true)
);
comment on table gatehouse_data.permission is
'Permissions: methods on a resource, under a name.';
comment on column gatehouse_data.permission.permission_id is
'number of the permission; never used again';
comment on column gatehouse_data.permission.resource_id is 'the resource';
comment on column gatehouse_data.permission.application_id is
'the application of the resource';
comment on column gatehouse_data.permission.name is
'name, unique in the application, such as orders:read';
comment on column gatehouse_data.permission.methods is
'the methods, sorted; {*}: all, also those that are on no list';
create index permission_resource_id_idx
    on gatehouse_data.permission (resource_id);
comment on index gatehouse_data.permission_resource_id_idx is
'the permissions on one resource';

create table gatehouse_data.role (
    role_id bigint generated always as identity,
    name text collate "C" not null,
    meaning text not null default '',
    builtin text,
    is_administrative boolean not null default false,
    created_at timestamptz not null default clock_timestamp(),
    constraint role_role_id_key primary key (role_id),
    constraint role_name_unique unique (name),
    constraint role_builtin_unique unique (builtin),
    constraint role_name_form
        check (name ~ '^[a-z0-9][a-z0-9._@+-]{0,63}$'),
    constraint role_meaning_form
        check (char_length(meaning) <= 256
               and meaning !~ '[\u0001-\u001F\u007F-\u009F]'),
    constraint role_builtin_known
        check (builtin in ('anonymous', 'authenticated')),
    constraint role_builtin_named check (builtin is null or name = builtin),
    constraint role_is_administrative_granted
        check (builtin is null or not is_administrative)
);
comment on table gatehouse_data.role is
'Roles: sets of permissions. Accounts have those that they are given; two are
held without that. At most 4096.';
comment on column gatehouse_data.role.role_id is
'number of the role; never used again';
comment on column gatehouse_data.role.name is
'name of the role, as applications see it';
comment on column gatehouse_data.role.meaning is 'whom it is for';
comment on column gatehouse_data.role.builtin is
'anonymous: everybody has it, signed in or not; authenticated: whoever is
signed in has it; null: whoever it is given to';
comment on column gatehouse_data.role.is_administrative is
'whoever has it administers Gatehouse';
comment on column gatehouse_data.role.created_at is 'when it was added';

create table gatehouse_data.role_inheritance (
    role_inheritance_id bigint generated always as identity,
    role_id bigint not null,
    inherits_id bigint not null,
    granted_by text not null default session_user,
    reason text not null default '',
    granted_at timestamptz not null default clock_timestamp(),
    constraint role_inheritance_role_inheritance_id_key
        primary key (role_inheritance_id),
    constraint role_inheritance_role_id_inherits_id_unique
        unique (role_id, inherits_id),
    constraint role_inheritance_role_id_role
        foreign key (role_id)
        references gatehouse_data.role (role_id)
        on delete cascade,
    constraint role_inheritance_inherits_id_role
        foreign key (inherits_id)
        references gatehouse_data.role (role_id)
        on delete cascade,
    constraint role_inheritance_granted_by_length
        check (char_length(granted_by) between 1 and 128),
    constraint role_inheritance_reason_length
        check (char_length(reason) <= 128)
);
comment on table gatehouse_data.role_inheritance is
'Which role has all that another one has. A directed graph without cycles.';
comment on column gatehouse_data.role_inheritance.role_inheritance_id is
'number of the row';
comment on column gatehouse_data.role_inheritance.role_id is
'the role that also has';
comment on column gatehouse_data.role_inheritance.inherits_id is
'what this role has';
comment on column gatehouse_data.role_inheritance.granted_by is
'who made it so';
comment on column gatehouse_data.role_inheritance.reason is 'why';
comment on column gatehouse_data.role_inheritance.granted_at is 'when';
create index role_inheritance_inherits_id_idx
    on gatehouse_data.role_inheritance (inherits_id);
comment on index gatehouse_data.role_inheritance_inherits_id_idx is
'the roles that inherit one';

create table gatehouse_data.account_role (
    grant_id bigint generated always as identity,
    account_id bigint not null,
    role_id bigint not null,
    valid_from timestamptz not null default clock_timestamp(),
    valid_until timestamptz,
    granted_by text not null default session_user,
    reason text not null default '',
    granted_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    ended_by text,
    end_reason text,
    constraint account_role_grant_id_key primary key (grant_id),
    constraint account_role_account_id_account
        foreign key (account_id)
        references gatehouse_data.account (account_id)
        on delete cascade,
    constraint account_role_role_id_role
        foreign key (role_id)
        references gatehouse_data.role (role_id)
        on delete cascade,
    constraint account_role_valid_until_order
        check (valid_until > valid_from),
    constraint account_role_granted_by_length
        check (char_length(granted_by) between 1 and 128),
    constraint account_role_reason_length check (char_length(reason) <= 128),
    constraint account_role_ended_by_length
        check (char_length(ended_by) between 1 and 128),
    constraint account_role_end_reason_length
        check (char_length(end_reason) <= 128),
    constraint account_role_end_whole
        check ((ended_at is null) = (ended_by is null)
               and (ended_at is null) = (end_reason is null))
);
comment on table gatehouse_data.account_role is
'Grants of roles to accounts. Ended, never deleted.';
comment on column gatehouse_data.account_role.grant_id is
'number of the grant';
comment on column gatehouse_data.account_role.account_id is
'the account that has the role';
comment on column gatehouse_data.account_role.role_id is 'the role';
comment on column gatehouse_data.account_role.valid_from is
'since when it holds';
comment on column gatehouse_data.account_role.valid_until is
'until when; null: until it is ended';
comment on column gatehouse_data.account_role.granted_by is 'who gave it';
comment on column gatehouse_data.account_role.reason is 'why';
comment on column gatehouse_data.account_role.granted_at is
'when it was given';
comment on column gatehouse_data.account_role.ended_at is
'when somebody ended it; null: nobody has';
comment on column gatehouse_data.account_role.ended_by is 'who ended it';
comment on column gatehouse_data.account_role.end_reason is
'why it was ended';
create unique index account_role_account_id_role_id_open
    on gatehouse_data.account_role (account_id, role_id)
    where ended_at is null;
comment on index gatehouse_data.account_role_account_id_role_id_open is
'the roles of one account; it has each once';
create index account_role_role_id_idx
    on gatehouse_data.account_role (role_id);
comment on index gatehouse_data.account_role_role_id_idx is
'the accounts that have or had one role';
create index account_role_account_id_idx
    on gatehouse_data.account_role (account_id);
comment on index gatehouse_data.account_role_account_id_idx is
'all grants to one account, also those that are ended';

create table gatehouse_data.role_permission (
    grant_id bigint generated always as identity,
    role_id bigint not null,
    permission_id bigint not null,
    valid_from timestamptz not null default clock_timestamp(),
    valid_until timestamptz,
    granted_by text not null default session_user,
    reason text not null default '',
    granted_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    ended_by text,
    end_reason text,
    constraint role_permission_grant_id_key primary key (grant_id),
    constraint role_permission_role_id_role
        foreign key (role_id)
        references gatehouse_data.role (role_id)
        on delete cascade,
    constraint role_permission_permission_id_permission
        foreign key (permission_id)
        references gatehouse_data.permission (permission_id)
        on delete cascade,
    constraint role_permission_valid_until_order
        check (valid_until > valid_from),
    constraint role_permission_granted_by_length
        check (char_length(granted_by) between 1 and 128),
    constraint role_permission_reason_length
        check (char_length(reason) <= 128),
    constraint role_permission_ended_by_length
        check (char_length(ended_by) between 1 and 128),
    constraint role_permission_end_reason_length
        check (char_length(end_reason) <= 128),
    constraint role_permission_end_whole
        check ((ended_at is null) = (ended_by is null)
               and (ended_at is null) = (end_reason is null))
);
comment on table gatehouse_data.role_permission is
'Grants of permissions to roles: the rules that decide. Ended, never deleted.
At most 200000 are open.';
comment on column gatehouse_data.role_permission.grant_id is
'number of the grant, as in access records';
comment on column gatehouse_data.role_permission.role_id is
'the role that has the permission';
comment on column gatehouse_data.role_permission.permission_id is
'the permission';
comment on column gatehouse_data.role_permission.valid_from is
'since when it holds';
comment on column gatehouse_data.role_permission.valid_until is
'until when; null: until it is ended';
comment on column gatehouse_data.role_permission.granted_by is 'who gave it';
comment on column gatehouse_data.role_permission.reason is 'why';
comment on column gatehouse_data.role_permission.granted_at is
'when it was given';
comment on column gatehouse_data.role_permission.ended_at is
'when somebody ended it; null: nobody has';
comment on column gatehouse_data.role_permission.ended_by is 'who ended it';
comment on column gatehouse_data.role_permission.end_reason is
'why it was ended';
create unique index role_permission_role_id_permission_id_open
    on gatehouse_data.role_permission (role_id, permission_id)
    where ended_at is null;
comment on index gatehouse_data.role_permission_role_id_permission_id_open is
'the permissions of one role; it has each once';
create index role_permission_permission_id_idx
    on gatehouse_data.role_permission (permission_id);
comment on index gatehouse_data.role_permission_permission_id_idx is
'the roles that have or had one permission';
create index role_permission_role_id_idx
    on gatehouse_data.role_permission (role_id);
comment on index gatehouse_data.role_permission_role_id_idx is
'all grants to one role, also those that are ended';

-- The version of the policy: one row, whose lock stands before every change.

create table gatehouse_data.policy_state (
    is_only boolean not null default true,
    version bigint not null default 1,
    changed_at timestamptz not null default clock_timestamp(),
    transaction xid8 not null default pg_current_xact_id(),
    constraint policy_state_is_only_key primary key (is_only),
    constraint policy_state_is_only_true check (is_only),
    constraint policy_state_version_positive check (version > 0)
) with (fillfactor = 10);
comment on table gatehouse_data.policy_state is
'The version of the policy, one row. A transaction that changes the policy
raises it by one, and keeps the row until it commits: versions are committed
in their order.';
comment on column gatehouse_data.policy_state.is_only is
'true: there is one row';
comment on column gatehouse_data.policy_state.version is
'number of the version; never lower than it was';
comment on column gatehouse_data.policy_state.changed_at is
'when it was raised';
comment on column gatehouse_data.policy_state.transaction is
'which transaction raised it: once each';
insert into gatehouse_data.policy_state default values;

create table gatehouse_data.policy_version (
    policy_version_id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    version bigint not null,
    relation text not null,
    row_id bigint,
    operation text not null,
    state jsonb,
    actor text,
    act text,
    database_user text not null default session_user,
    database_client inet default inet_client_addr(),
    database_application text
        default left(current_setting('application_name'), 63),
    transaction xid8 not null default pg_current_xact_id(),
    constraint policy_version_policy_version_id_key
        primary key (policy_version_id),
    constraint policy_version_version_positive check (version > 0),
    constraint policy_version_relation_known
        check (relation in ('zone', 'application', 'resource', 'permission',
                            'role', 'role_inheritance', 'account_role',
                            'role_permission')),
    constraint policy_version_operation_known
        check (operation in ('insert', 'update', 'delete', 'truncate')),
    constraint policy_version_row_id_whole
        check ((row_id is null) = (operation = 'truncate')
               and (state is null) = (operation = 'truncate')),
    constraint policy_version_state_size
        check (octet_length(state::text) <= 16384),
    constraint policy_version_actor_length check (char_length(actor) <= 128),
    constraint policy_version_act_length check (char_length(act) <= 63),
    constraint policy_version_database_user_length
        check (char_length(database_user) <= 63),
    constraint policy_version_database_application_length
        check (char_length(database_application) <= 63)
);
comment on table gatehouse_data.policy_version is
'Every state that a row of the policy ever had, written by trigger, never
changed. A state holds from its instant to that of the next row of the same
relation and number.';
comment on column gatehouse_data.policy_version.policy_version_id is
'number of the row';
comment on column gatehouse_data.policy_version.at is
'since when the state holds';
comment on column gatehouse_data.policy_version.version is
'the version of the policy that it belongs to';
comment on column gatehouse_data.policy_version.relation is 'which table';
comment on column gatehouse_data.policy_version.row_id is
'number of the row there; null: all of them';
comment on column gatehouse_data.policy_version.operation is
'insert, update, delete or truncate; after a delete state is the last one';
comment on column gatehouse_data.policy_version.state is
'the row, by its columns; null: the table was emptied';
comment on column gatehouse_data.policy_version.actor is
'who did it, as the administration''s tool claims';
comment on column gatehouse_data.policy_version.act is
'the function of Gatehouse that did it, as it claims; null: by hand';
comment on column gatehouse_data.policy_version.database_user is
'who was connected to the database (session_user)';
comment on column gatehouse_data.policy_version.database_client is
'from which address that was; null: by a unix socket';
comment on column gatehouse_data.policy_version.database_application is
'application_name of that connection';
comment on column gatehouse_data.policy_version.transaction is
'the transaction that wrote it';
create index policy_version_relation_row_id_idx
    on gatehouse_data.policy_version (relation, row_id, policy_version_id);
comment on index gatehouse_data.policy_version_relation_row_id_idx is
'the history of one row';

-- What every installation begins with.

insert into gatehouse_data.zone (name, sensitivity, meaning)
values
('open', 1, 'anybody may know'),
('internal', 2, 'for people of the house'),
('confidential', 3, 'for those whose work it is'),
('restricted', 4, 'for few, by name');

insert into gatehouse_data.role (name, meaning, builtin, is_administrative)
values
('anonymous', 'everybody, signed in or not', 'anonymous', false),
('authenticated', 'whoever is signed in', 'authenticated', false),
('admin', 'administers Gatehouse', null, true);

insert into gatehouse_data.policy_version (
    version, relation, row_id, operation, state, act
)
select 1, 'zone', z.zone_id, 'insert', to_jsonb(z), '0008_policy'
from gatehouse_data.zone z
union all
select 1, 'role', r.role_id, 'insert', to_jsonb(r), '0008_policy'
from gatehouse_data.role r;

insert into gatehouse_audit.event_type (name, level, is_for_gateway, meaning)
values
('database_restored', 'WARN', false,
 'the database was restored from a copy: what happened in between is lost');
comment on table gatehouse_audit.event_type is
'What kinds of audit events exist. Names are those of the OWASP logging
vocabulary; those from audit_checkpoint on and database_restored are our own.';

-- All that a role has by inheritance; ends whatever is in the table.

create view gatehouse_data.role_closure as
with recursive closure as (
    select i.role_id, i.inherits_id
    from gatehouse_data.role_inheritance i
    union
    select c.role_id, i.inherits_id
    from closure c
    join gatehouse_data.role_inheritance i on i.role_id = c.inherits_id
)
select c.role_id, c.inherits_id
from closure c
where c.role_id <> c.inherits_id;
comment on view gatehouse_data.role_closure is
'Which role has what another one has, directly or through others.';
comment on column gatehouse_data.role_closure.role_id is
'the role that also has';
comment on column gatehouse_data.role_closure.inherits_id is
'what this role has';

-- Guards.

create function gatehouse_data.policy_lock()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform
    from gatehouse_data.policy_state
    for no key update;
    return null;
end
$$;
comment on function gatehouse_data.policy_lock() is
'Trigger: whoever changes the policy waits for whoever changes it now, before
touching a row of it.';

create function gatehouse_data.policy_limit()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant bigint := tg_argv[0]::bigint;
    v_count bigint;
begin
    case tg_table_name
        when 'application' then
            select count(*) into v_count from gatehouse_data.application;
        when 'role' then
            select count(*) into v_count from gatehouse_data.role;
        else
            select count(*)
            into v_count
            from gatehouse_data.role_permission g
            where g.ended_at is null;
    end case;
    if v_count > v_limit then
        raise exception using
            errcode = 'GH004',
            message = format('there would be %s rows in %s; at most %s',
                             v_count, tg_table_name, v_limit),
            hint = 'remove what nobody needs: gatehouse.policy_check tells';
    end if;
    return null;
end
$$;
comment on function gatehouse_data.policy_limit() is
'Trigger: keeps a table within what a gateway takes; its argument is how many
rows that are. SQLSTATE GH004.';

create function gatehouse_data.role_guard()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'DELETE'
       or (old.role_id, old.name, old.builtin)
          is distinct from (new.role_id, new.name, new.builtin)
    then
        raise exception using
            errcode = 'GH004',
            message = format('the role %s is built in: it is neither renamed '
                             'nor removed', old.name),
            hint = 'end its grants instead';
    end if;
    return new;
end
$$;
comment on function gatehouse_data.role_guard() is
'Trigger: the built-in roles stay as they are. SQLSTATE GH004.';

create function gatehouse_data.role_inheritance_guard()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names text[];
begin
    with recursive had as (
        select new.inherits_id as role_id
        union
        select i.inherits_id
        from had h
        join gatehouse_data.role_inheritance i on i.role_id = h.role_id
    )
    select array[r.name, i.name]
    into v_names
    from had h
    join gatehouse_data.role r on r.role_id = h.role_id
    left join gatehouse_data.role i on i.role_id = new.inherits_id
    where h.role_id = new.role_id;
    if found then
        raise exception using
            errcode = 'GH002',
            message = format('the role %s would inherit itself through %s',
                             v_names[1], v_names[2]),
            hint = 'roles are a graph without cycles; end another inheritance '
                   'first';
    end if;
    return null;
end
$$;
comment on function gatehouse_data.role_inheritance_guard() is
'Trigger: no role inherits itself, through whatever others. SQLSTATE GH002.';

create function gatehouse_data.grant_guard()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_time constant text[] := array['valid_from', 'valid_until', 'ended_at',
                                    'ended_by', 'end_reason'];
    v_role text;
begin
    if tg_op = 'DELETE' then
        -- What it was given to, or of, may go; then it goes with it.
        if pg_trigger_depth() > 1 then
            return old;
        end if;
        raise exception using
            errcode = 'GH004',
            message = format('grant %s is not deleted: grants are ended',
                             old.grant_id),
            hint = 'set ended_at';
    end if;

    if tg_op = 'UPDATE' then
        if old.ended_at is not null then
            raise exception using
                errcode = 'GH004',
                message = format('grant %s has ended; that is final',
                                 old.grant_id),
                hint = 'give a new grant';
        end if;
        if to_jsonb(old) - v_time <> to_jsonb(new) - v_time then
            raise exception using
                errcode = 'GH004',
                message = format('of grant %s only the time can be changed',
                                 old.grant_id),
                hint = 'end it and give a new one';
        end if;
    end if;

    if new.ended_at is not null then
        new.ended_by := coalesce(new.ended_by, gatehouse_data.claim('actor'),
                                 session_user::text);
        new.end_reason := coalesce(new.end_reason, '');
    end if;
    if tg_table_name = 'account_role' then
        select r.name
        into v_role
        from gatehouse_data.role r
        where r.role_id = new.role_id
          and r.builtin is not null;
        if found then
            raise exception using
                errcode = 'GH004',
                message = format('the role %s is built in: accounts are not '
                                 'given it', v_role),
                hint = 'anonymous is held by everybody, authenticated by '
                       'whoever is signed in';
        end if;
    end if;
    return new;
end
$$;
comment on function gatehouse_data.grant_guard() is
'Trigger: a grant is ended, not deleted; its end is final, and what was given
to whom, by whom and why does not change. Fills in who ended it. A built-in
role is given to no account. SQLSTATE GH004.';

create function gatehouse_data.policy_state_guard()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'GH004',
        message = 'the version of the policy only rises',
        hint = 'gateways would take an old policy for a new one';
end
$$;
comment on function gatehouse_data.policy_state_guard() is
'Trigger: refuses to lower or remove the version of the policy. SQLSTATE
GH004.';

-- The one place where a change of the policy is noticed.

create function gatehouse_data.policy_changed()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- The first argument is the table's key, the second says "by hand".
    v_is_by_hand constant boolean := tg_nargs > 1;
    v_before jsonb;
    v_after jsonb;
    v_version bigint;
begin
    if tg_level = 'ROW' and tg_op <> 'INSERT' then
        v_before := to_jsonb(old);
    end if;
    if tg_level = 'ROW' and tg_op <> 'DELETE' then
        v_after := to_jsonb(new);
    end if;
    if tg_op = 'UPDATE' and v_before = v_after then
        return null;
    end if;

    -- Once a transaction. Numbers of transactions begin anew when the
    -- database moves to another cluster; instants do not.
    update gatehouse_data.policy_state s
    set version = s.version + 1,
        changed_at = clock_timestamp(),
        transaction = pg_current_xact_id()
    where s.transaction <> pg_current_xact_id()
       or s.changed_at < transaction_timestamp()
    returning s.version into v_version;
    if found then
        perform pg_notify('gatehouse_policy', v_version::text);
    else
        select s.version
        into v_version
        from gatehouse_data.policy_state s;
        if not found then
            raise exception using
                errcode = 'GH004',
                message = 'the version of the policy is gone',
                hint = 'insert a row into gatehouse_data.policy_state, with a '
                       'version that never was';
        end if;
    end if;

    insert into gatehouse_data.policy_version (
        version, relation, row_id, operation, state, actor, act
    )
    values (
        v_version, tg_table_name,
        (coalesce(v_after, v_before) ->> tg_argv[0])::bigint, lower(tg_op),
        coalesce(v_after, v_before),
        case when v_is_by_hand then null
             else gatehouse_data.claim('actor') end,
        case when v_is_by_hand then null else gatehouse_data.claim('act') end
    );
    perform gatehouse_data.policy_tell(tg_table_name, lower(tg_op), v_before,
                                       v_after, v_is_by_hand);
    return null;
end
$$;
comment on function gatehouse_data.policy_changed() is
'Trigger: keeps the state of a row of the policy, raises the policy''s version
once a transaction, wakes the gateways and tells the audit trail. Its arguments
are the key of the table and, for a change without the functions of Gatehouse,
by_hand.';

do $policy$
declare
    v_table record;
    v_trigger record;
    v_by_hand constant text := format(
        '(current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''')',
        current_user);
begin
    for v_table in
        select *
        from (values
            ('zone', 'zone_id'),
            ('application', 'application_id'),
            ('resource', 'resource_id'),
            ('permission', 'permission_id'),
            ('role', 'role_id'),
            ('role_inheritance', 'role_inheritance_id'),
            ('account_role', 'grant_id'),
            ('role_permission', 'grant_id')
        ) as t (name, key)
    loop
        for v_trigger in
            select *
            from (values
                ('policy_lock',
                 'before insert or update or delete', 'for each statement '
                 'execute function gatehouse_data.policy_lock()',
                 'changes of the policy are made one after the other'),
                ('policy_changed',
                 'after insert or update or delete', format(
                 'for each row when (not %s) '
                 'execute function gatehouse_data.policy_changed(%L)',
                 v_by_hand, v_table.key),
                 'keeps the state, raises the version, tells the trail'),
                ('policy_changed_by_hand',
                 'after insert or update or delete', format(
                 'for each row when %s '
                 'execute function gatehouse_data.policy_changed(%L, %L)',
                 v_by_hand, v_table.key, 'by_hand'),
                 'the same for a change made by hand'),
                ('policy_truncated_by_hand',
                 'after truncate', format(
                 'for each statement '
                 'execute function gatehouse_data.policy_changed(%L, %L)',
                 v_table.key, 'by_hand'),
                 'the same when the table was emptied')
            ) as t (name, event, does, meaning)
        loop
            execute format(
                'create trigger %I %s on gatehouse_data.%I %s',
                v_table.name || '_' || v_trigger.name, v_trigger.event,
                v_table.name, v_trigger.does);
            execute format(
                'comment on trigger %I on gatehouse_data.%I is %L',
                v_table.name || '_' || v_trigger.name, v_table.name,
                v_trigger.meaning);
            execute format(
                'alter table gatehouse_data.%I enable always trigger %I',
                v_table.name, v_table.name || '_' || v_trigger.name);
        end loop;
    end loop;
end
$policy$;

-- An account goes with its grants: the policy's lock stands before its row's.

create trigger account_policy_lock
    before delete on gatehouse_data.account
    for each statement execute function gatehouse_data.policy_lock();
create trigger application_limit
    after insert on gatehouse_data.application
    for each statement execute function gatehouse_data.policy_limit(1000);
create trigger role_limit
    after insert on gatehouse_data.role
    for each statement execute function gatehouse_data.policy_limit(4096);
create trigger role_permission_limit
    after insert on gatehouse_data.role_permission
    for each statement execute function gatehouse_data.policy_limit(200000);
create trigger role_builtin_stays
    before update or delete on gatehouse_data.role
    for each row
    when (old.builtin is not null)
    execute function gatehouse_data.role_guard();
create trigger role_inheritance_without_cycle
    after insert or update on gatehouse_data.role_inheritance
    for each row execute function gatehouse_data.role_inheritance_guard();
create trigger account_role_is_ended
    before insert or update or delete on gatehouse_data.account_role
    for each row execute function gatehouse_data.grant_guard();
create trigger role_permission_is_ended
    before insert or update or delete on gatehouse_data.role_permission
    for each row execute function gatehouse_data.grant_guard();
create trigger policy_state_only_rises
    before update on gatehouse_data.policy_state
    for each row
    when (new.version < old.version)
    execute function gatehouse_data.policy_state_guard();
create trigger policy_state_stays
    before delete on gatehouse_data.policy_state
    for each row execute function gatehouse_data.policy_state_guard();
create trigger policy_state_no_truncate
    before truncate on gatehouse_data.policy_state
    for each statement execute function gatehouse_data.policy_state_guard();
create trigger policy_version_append_only
    before update or delete on gatehouse_data.policy_version
    for each row execute function gatehouse_audit.refuse_change();
create trigger policy_version_no_truncate
    before truncate on gatehouse_data.policy_version
    for each statement execute function gatehouse_audit.refuse_change();
comment on trigger account_policy_lock on gatehouse_data.account is
'changes of the policy are made one after the other';
comment on trigger application_limit on gatehouse_data.application is
'at most 1000';
comment on trigger role_limit on gatehouse_data.role is 'at most 4096';
comment on trigger role_permission_limit on gatehouse_data.role_permission is
'at most 200000 that are open';
comment on trigger role_builtin_stays on gatehouse_data.role is
'refuses to rename or remove a built-in role';
comment on trigger role_inheritance_without_cycle
    on gatehouse_data.role_inheritance is
'refuses what would make a role inherit itself';
comment on trigger account_role_is_ended on gatehouse_data.account_role is
'refuses DELETE, and changes of what has ended';
comment on trigger role_permission_is_ended
    on gatehouse_data.role_permission is
'refuses DELETE, and changes of what has ended';
comment on trigger policy_state_only_rises on gatehouse_data.policy_state is
'refuses a lower version';
comment on trigger policy_state_stays on gatehouse_data.policy_state is
'refuses DELETE';
comment on trigger policy_state_no_truncate on gatehouse_data.policy_state is
'refuses TRUNCATE';
comment on trigger policy_version_append_only
    on gatehouse_data.policy_version is 'refuses UPDATE and DELETE';
comment on trigger policy_version_no_truncate
    on gatehouse_data.policy_version is 'refuses TRUNCATE';
alter table gatehouse_data.account
    enable always trigger account_policy_lock;
alter table gatehouse_data.application
    enable always trigger application_limit;
alter table gatehouse_data.role
    enable always trigger role_limit,
    enable always trigger role_builtin_stays;
alter table gatehouse_data.role_inheritance
    enable always trigger role_inheritance_without_cycle;
alter table gatehouse_data.account_role
    enable always trigger account_role_is_ended;
alter table gatehouse_data.role_permission
    enable always trigger role_permission_is_ended,
    enable always trigger role_permission_limit;
alter table gatehouse_data.policy_state
    enable always trigger policy_state_only_rises,
    enable always trigger policy_state_stays,
    enable always trigger policy_state_no_truncate;
alter table gatehouse_data.policy_version
    enable always trigger policy_version_append_only,
    enable always trigger policy_version_no_truncate;

do $owner$
begin
    execute format(
        'revoke update, delete, truncate on gatehouse_data.policy_version '
        'from %I', current_user);
end
$owner$;
