-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: accounts and their passwords. Each function makes one change
-- and its audit rows together. p_actor is who does it, as the tool claims; who
-- was connected is written beside it. What follows for sessions is done by
-- triggers, the same as for a change by hand.

create or replace function gatehouse_data.actor_check(p_actor text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if (char_length(p_actor) between 1 and 128) is not true then
        raise exception using
            errcode = 'GH003',
            message = 'who does this has no name, or one that is too long';
    end if;
    -- What Gatehouse does by itself is done under these names.
    if p_actor in ('bootstrap', 'upkeep') then
        raise exception using
            errcode = 'GH003',
            message = format('nobody is called %s: that is what Gatehouse '
                             'does by itself', p_actor);
    end if;
end
$$;
comment on function gatehouse_data.actor_check(text) is
'Whoever administers says who they are. GH003 malformed.';

create or replace function gatehouse_data.account_begin(
    p_act text,
    p_name text,
    p_actor text
)
returns gatehouse_data.account
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account gatehouse_data.account;
begin
    perform gatehouse_data.actor_check(p_actor);
    select a.*
    into v_account
    from gatehouse_data.account a
    where a.name = p_name
    for no key update;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no account %s', left(p_name, 64));
    end if;
    perform gatehouse_data.act(p_act, p_actor);
    return v_account;
end
$$;
comment on function gatehouse_data.account_begin(text, text, text) is
'Locks an account for a change by a function, and notes who makes it. GH001 not
found, GH003 malformed.';

create or replace function gatehouse_data.account_tell(
    p_event text,
    p_account gatehouse_data.account,
    p_actor text,
    p_reason text,
    p_detail jsonb default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_audit.append(
        p_event => p_event,
        p_outcome => 'success',
        p_account_id => p_account.account_id,
        p_account => p_account.name,
        p_actor => p_actor,
        p_reason => p_reason,
        p_detail => p_detail
    );
end
$$;
comment on function gatehouse_data.account_tell(
    text, gatehouse_data.account, text, text, jsonb
) is
'Writes an event about an account.';

create function gatehouse.account_add(
    p_name text,
    p_display_name text,
    p_email text,
    p_actor text
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account gatehouse_data.account;
begin
    perform gatehouse_data.actor_check(p_actor);
    perform gatehouse_data.act('account_add', p_actor);
    insert into gatehouse_data.account as a (name, display_name, email)
    values (p_name, coalesce(p_display_name, ''), coalesce(p_email, ''))
    returning a.* into v_account;
    perform gatehouse_data.account_tell(
        'user_created', v_account, p_actor, null,
        jsonb_build_object('display_name', v_account.display_name,
                           'email', v_account.email));
    perform gatehouse_data.act('');
    return v_account.account_id;
exception
    when unique_violation then
        raise exception using
            errcode = 'GH002',
            message = format('there is an account %s', left(p_name, 64));
    when check_violation or not_null_violation then
        raise exception using
            errcode = 'GH003',
            message = 'malformed name, display name or e-mail address',
            hint = 'a name is 1 to 64 of a-z 0-9 . _ @ + -, beginning with '
                   'a letter or digit';
end
$$;
comment on function gatehouse.account_add(text, text, text, text) is
'Administration: adds an account, without a password, and gives its number.
GH002: there is one of that name. GH003 malformed.';

create function gatehouse.account_id_of(p_name text)
returns bigint
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_id bigint;
begin
    select a.account_id
    into v_account_id
    from gatehouse_data.account a
    where a.name = p_name;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no account %s', left(p_name, 64));
    end if;
    return v_account_id;
end
$$;
comment on function gatehouse.account_id_of(text) is
'Administration: the number of an account, which a credential is bound to.
GH001 not found.';

create function gatehouse.account_password(
    p_name text,
    p_password_hash text,
    p_pepper_id text,
    p_mac bytea,
    p_actor text
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account gatehouse_data.account;
    v_version bigint;
begin
    v_account := gatehouse_data.account_begin('account_password', p_name,
                                              p_actor);
    insert into gatehouse_data.credential as c (
        account_id, password_hash, pepper_id, mac
    )
    values (v_account.account_id, p_password_hash, p_pepper_id, p_mac)
    on conflict on constraint credential_account_id_key do update
    set password_hash = excluded.password_hash,
        pepper_id = excluded.pepper_id,
        mac = excluded.mac
    returning c.version into v_version;
    perform gatehouse_data.account_tell(
        'authn_password_change', v_account, p_actor, 'administration',
        jsonb_build_object('version', v_version));
    perform gatehouse_data.act('');
    return v_version;
exception
    when check_violation or not_null_violation then
        raise exception using
            errcode = 'GH003',
            message = 'malformed credential';
end
$$;
comment on function gatehouse.account_password(text, text, text, bytea, text)
is
'Administration: sets the password of an account, given as the gateway''s hash
and its MAC, and gives the credential''s version. Sessions of the old password
end. GH001 not found, GH003 malformed.';

create function gatehouse.account_change(
    p_name text,
    p_display_name text,
    p_email text,
    p_actor text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account gatehouse_data.account;
begin
    v_account := gatehouse_data.account_begin('account_change', p_name,
                                              p_actor);
    update gatehouse_data.account a
    set display_name = coalesce(p_display_name, a.display_name),
        email = coalesce(p_email, a.email)
    where a.account_id = v_account.account_id;
    perform gatehouse_data.account_tell(
        'user_updated', v_account, p_actor, null,
        jsonb_build_object(
            'before', jsonb_build_object(
                'display_name', v_account.display_name,
                'email', v_account.email),
            'after', jsonb_build_object(
                'display_name', coalesce(p_display_name,
                                         v_account.display_name),
                'email', coalesce(p_email, v_account.email))));
    perform gatehouse_data.act('');
exception
    when check_violation then
        raise exception using
            errcode = 'GH003',
            message = 'malformed display name or e-mail address';
end
$$;
comment on function gatehouse.account_change(text, text, text, text) is
'Administration: changes display name and e-mail address; null leaves one as
it is. GH001 not found, GH003 malformed.';

create or replace function gatehouse_data.account_set_status(
    p_act text,
    p_name text,
    p_status text,
    p_reason text,
    p_actor text
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_account gatehouse_data.account;
    v_live integer;
begin
    if char_length(p_reason) > 128 then
        raise exception using
            errcode = 'GH003',
            message = 'a reason has at most 128 characters';
    end if;
    v_account := gatehouse_data.account_begin(p_act, p_name, p_actor);
    if v_account.status = p_status then
        raise exception using
            errcode = 'GH002',
            message = format('account %s is %s already', p_name, p_status);
    end if;
    v_now := clock_timestamp();
    select count(*)
    into v_live
    from gatehouse_data.session s
    cross join lateral gatehouse_data.session_turns(
        s.account_id, s.rights_version, s.rights_at, v_now) r
    where s.account_id = v_account.account_id
      and s.ended_at is null
      and gatehouse_data.session_state(
          s.end_reason, v_account.status, s.created_at, s.last_seen_at,
          s.idle, s.absolute, r.turns_at, v_now) = 'live';

    update gatehouse_data.account a
    set status = p_status,
        status_reason = coalesce(p_reason, ''),
        status_at = clock_timestamp()
    where a.account_id = v_account.account_id;
    perform gatehouse_data.account_tell(
        'user_updated', v_account, p_actor, p_reason,
        jsonb_build_object('before', jsonb_build_object(
                               'status', v_account.status),
                           'after', jsonb_build_object(
                               'status', p_status),
                           'sessions_ended', v_live));
    if p_status = 'locked' then
        perform gatehouse_data.account_tell(
            'authn_login_lock', v_account, p_actor,
            coalesce(p_reason, 'other'));
    end if;
    perform gatehouse_data.act('');
    return v_live;
end
$$;
comment on function gatehouse_data.account_set_status(
    text, text, text, text, text
) is
'Changes the status of an account and says how many sessions ended by it.
GH001 not found, GH002 it has that status, GH003 malformed.';

create function gatehouse.account_disable(
    p_name text,
    p_reason text,
    p_actor text
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return gatehouse_data.account_set_status(
        'account_disable', p_name, 'disabled', p_reason, p_actor);
end
$$;
comment on function gatehouse.account_disable(text, text, text) is
'Administration: puts an account out of use, ends its sessions and says how
many. GH001 not found, GH002 disabled already, GH003 malformed.';

create function gatehouse.account_enable(
    p_name text,
    p_actor text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account gatehouse_data.account;
begin
    v_account := gatehouse_data.account_begin('account_enable', p_name,
                                              p_actor);
    if v_account.status <> 'disabled' then
        raise exception using
            errcode = 'GH002',
            message = format('account %s is not disabled', p_name);
    end if;
    perform gatehouse_data.account_set_status(
        'account_enable', p_name, 'active', null, p_actor);
end
$$;
comment on function gatehouse.account_enable(text, text) is
'Administration: puts a disabled account into use again; its sessions stay
ended. GH001 not found, GH002 not disabled.';

create function gatehouse.account_lock(
    p_name text,
    p_reason text,
    p_actor text
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return gatehouse_data.account_set_status(
        'account_lock', p_name, 'locked', p_reason, p_actor);
end
$$;
comment on function gatehouse.account_lock(text, text, text) is
'Administration: locks an account that is suspected, ends its sessions and says
how many. The reason is one of suspicious, customer, other, or free words.
GH001 not found, GH002 locked already, GH003 malformed.';

create function gatehouse.account_unlock(
    p_name text,
    p_actor text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account gatehouse_data.account;
    v_failures integer;
begin
    v_account := gatehouse_data.account_begin('account_unlock', p_name,
                                              p_actor);
    if v_account.status = 'disabled' then
        raise exception using
            errcode = 'GH002',
            message = format('account %s is disabled, not locked', p_name);
    end if;
    if v_account.status = 'locked' then
        perform gatehouse_data.account_set_status(
            'account_unlock', p_name, 'active', null, p_actor);
    end if;
    delete from gatehouse_data.throttle t
    where t.kind = 'account'
      and t.slot = v_account.account_id
    returning t.failures into v_failures;
    if v_failures is not null then
        perform gatehouse_data.account_tell(
            'authz_admin', v_account, p_actor, 'account_unlock',
            jsonb_build_object('failures_forgotten', v_failures));
    end if;
    perform gatehouse_data.act('');
end
$$;
comment on function gatehouse.account_unlock(text, text) is
'Administration: lets a locked account sign in again, and forgets its failures,
which also opens it when too many of them have closed it to strangers. GH001
not found, GH002 disabled.';

create function gatehouse.account_remove(
    p_name text,
    p_reason text,
    p_actor text
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account gatehouse_data.account;
    v_ended integer;
begin
    v_account := gatehouse_data.account_begin('account_remove', p_name,
                                              p_actor);
    v_ended := gatehouse_data.sessions_end_of(v_account.account_id, 'revoked',
                                              'account_remove');
    delete from gatehouse_data.throttle t
    where t.kind = 'account'
      and t.slot = v_account.account_id;
    delete from gatehouse_data.account a
    where a.account_id = v_account.account_id;
    perform gatehouse_data.account_tell(
        'user_deleted', v_account, p_actor, p_reason,
        jsonb_build_object('sessions_ended', v_ended));
    perform gatehouse_data.act('');
    return v_ended;
end
$$;
comment on function gatehouse.account_remove(text, text, text) is
'Administration: removes an account with its credential and sessions, and says
how many were live. Versions and audit rows stay. GH001 not found.';

create function gatehouse.account_list()
returns table (
    name text,
    display_name text,
    email text,
    status text,
    has_password boolean,
    live_sessions integer,
    last_sign_in_at timestamptz,
    created_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant timestamptz := clock_timestamp();
begin
    return query
    select
        a.name, a.display_name, a.email, a.status,
        exists (
            select
            from gatehouse_data.credential c
            where c.account_id = a.account_id
        ),
        (
            select count(*)::integer
            from gatehouse_data.session s
            cross join lateral gatehouse_data.session_turns(
                s.account_id, s.rights_version, s.rights_at, v_now) r
            where s.account_id = a.account_id
              and s.ended_at is null
              and gatehouse_data.session_state(
                  s.end_reason, a.status, s.created_at, s.last_seen_at,
                  s.idle, s.absolute, r.turns_at, v_now) = 'live'
        ),
        a.last_sign_in_at, a.created_at
    from gatehouse_data.account a
    order by a.name;
end
$$;
comment on function gatehouse.account_list() is
'Administration: all accounts, by name.';

create function gatehouse.account_show(p_name text)
returns table (
    account_id bigint,
    name text,
    display_name text,
    email text,
    status text,
    status_reason text,
    status_at timestamptz,
    has_password boolean,
    password_changed_at timestamptz,
    live_sessions integer,
    failures integer,
    is_closed_to_strangers boolean,
    last_sign_in_at timestamptz,
    last_sign_in_client inet,
    created_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant timestamptz := clock_timestamp();
begin
    return query
    select
        a.account_id, a.name, a.display_name, a.email, a.status,
        a.status_reason, a.status_at, c.account_id is not null, c.changed_at,
        (
            select count(*)::integer
            from gatehouse_data.session s
            cross join lateral gatehouse_data.session_turns(
                s.account_id, s.rights_version, s.rights_at, v_now) r
            where s.account_id = a.account_id
              and s.ended_at is null
              and gatehouse_data.session_state(
                  s.end_reason, a.status, s.created_at, s.last_seen_at,
                  s.idle, s.absolute, r.turns_at, v_now) = 'live'
        ),
        coalesce(t.failures, 0),
        coalesce(t.failures >= r.close_after, false),
        a.last_sign_in_at, a.last_sign_in_client, a.created_at
    from gatehouse_data.account a
    cross join gatehouse_data.throttle_rule r
    left join gatehouse_data.credential c on c.account_id = a.account_id
    left join gatehouse_data.throttle t
        on t.kind = 'account'
       and t.slot = a.account_id
    where a.name = p_name
      and r.kind = 'account';
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no account %s', left(p_name, 64));
    end if;
end
$$;
comment on function gatehouse.account_show(text) is
'Administration: all about one account but its credential. GH001 not found.';
