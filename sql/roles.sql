-- SPDX-License-Identifier: Apache-2.0
--
-- The four roles. Runs first, as whoever installs: needs CREATEROLE, no
-- superuser; may run again at any time, and makes and sets only what is
-- missing. Role names are shared by a whole cluster, so they may carry a
-- prefix: set gatehouse.role_prefix in the session before (letters, digits,
-- underscores). Lets the installer become the owner, who runs every other
-- file. Gives gatehouse_gateway no password: that, or peer, or a certificate,
-- is the operator's choice.

do $roles$
declare
    v_prefix constant text :=
        coalesce(current_setting('gatehouse.role_prefix', true), '');
    v_owner constant text := v_prefix || 'gatehouse_owner';
    v_gateway constant text := v_prefix || 'gatehouse_gateway';
    v_role record;
    v_lacking text[];
    v_statement text;
begin
    if v_prefix !~ '^([a-z][a-z0-9_]{0,31})?$' then
        raise exception using
            errcode = 'GH003',
            message = 'gatehouse.role_prefix is not a prefix for role names',
            hint = 'at most 32 of a-z, 0-9 and _, beginning with a letter';
    end if;

    for v_role in
        select v_prefix || r.name as name, r.login, r.meaning
        from (values
            ('gatehouse_owner', 'nologin',
             'owns every object of Gatehouse; nobody signs in as it'),
            ('gatehouse_gateway', 'login',
             'the gateway: executes listed functions, sees no table'),
            ('gatehouse_admin', 'nologin',
             'administrators: execute the functions of administration'),
            ('gatehouse_auditor', 'nologin',
             'auditors: read gatehouse_report and nothing else')
        ) as r (name, login, meaning)
    loop
        if not exists (
            select from pg_catalog.pg_roles where rolname = v_role.name
        ) then
            execute format('create role %I %s', v_role.name, v_role.login);
            execute format('comment on role %I is %L',
                           v_role.name, v_role.meaning);
        end if;
        -- A database may be closed to PUBLIC; theirs it is.
        if not has_database_privilege(v_role.name, current_database(),
                                      'connect') then
            execute format('grant connect on database %I to %I',
                           current_database(), v_role.name);
        end if;
    end loop;

    -- What the gateway's sessions start with, whatever its DSN. A role that
    -- was there before gets what it lacks: without these limits each statement
    -- that the gateway gives up would keep a connection for as long as it waits.
    select coalesce(array_agg(format('alter role %I set %I = %L', v_gateway,
                                     s.name, s.value)), '{}')
    into v_lacking
    from (values
        ('search_path', ''),
        ('statement_timeout', '2s'),
        ('lock_timeout', '1s'),
        ('idle_in_transaction_session_timeout', '5s'),
        ('default_transaction_isolation', 'read committed'),
        ('log_parameter_max_length_on_error', '0')
    ) as s (name, value)
    where not exists (
        select
        from pg_catalog.pg_roles r
        cross join lateral unnest(r.rolconfig) as c (line)
        where r.rolname = v_gateway
          and starts_with(c.line, s.name || '=')
    );
    begin
        foreach v_statement in array v_lacking
        loop
            execute v_statement;
        end loop;
    exception
        when insufficient_privilege then
            raise exception using
                errcode = 'insufficient_privilege',
                message = format('%s is not ours to change, and lacks limits',
                                 v_gateway),
                hint = 'have its administrator run: '
                       || array_to_string(v_lacking, '; ');
    end;

    -- The installer becomes the owner by SET ROLE, which since PostgreSQL 16
    -- is a right of its own.
    if not pg_has_role(current_user, v_owner, case
        when current_setting('server_version_num')::integer >= 160000
        then 'set'
        else 'member'
    end) then
        execute format('grant %I to current_user', v_owner);
    end if;
    if not has_database_privilege(v_owner, current_database(), 'create') then
        execute format('grant create on database %I to %I',
                       current_database(), v_owner);
    end if;
end
$roles$;
