-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- The states of a row are kept by its number. When that was changed by hand the
-- old number had no end: questions about the past found a row that was gone,
-- beside the same one under its new number. Numbers stay.

-- As in 0003.
create or replace function gatehouse_data.account_keep_version()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row gatehouse_data.account := case tg_op when 'DELETE' then old
                                               else new end;
begin
    if tg_op = 'UPDATE' and new.account_id <> old.account_id then
        raise exception using
            errcode = 'GH004',
            message = 'an account keeps its number',
            hint = 'its history is kept by it; delete the account and add '
                   'another one';
    end if;
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

create or replace function gatehouse_data.credential_keep_version()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row gatehouse_data.credential := case tg_op when 'DELETE' then old
                                                  else new end;
begin
    if tg_op = 'UPDATE' and new.account_id <> old.account_id then
        raise exception using
            errcode = 'GH004',
            message = 'a credential stays with its account',
            hint = 'its history is kept by it; delete the credential and set '
                   'another one';
    end if;
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

-- As in 0039.
create or replace function gatehouse_data.policy_changed()
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
    if tg_op = 'UPDATE'
       and v_before -> tg_argv[0] <> v_after -> tg_argv[0]
    then
        raise exception using
            errcode = 'GH004',
            message = format('a row of %s keeps its number', tg_table_name),
            hint = 'its history is kept by it; delete the row and insert '
                   'another one';
    end if;

    -- Once a transaction. Numbers of transactions begin anew when the
    -- database moves to another cluster; instants do not.
    update gatehouse_data.policy_state s
    set version = s.version + 1,
        changed_at = clock_timestamp(),
        transaction = pg_current_xact_id(),
        is_counted = true
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
    perform gatehouse_data.rights_follow(tg_table_name, v_before, v_after,
                                         v_version);
    -- Only now is there something to count.
    update gatehouse_data.policy_state s
    set is_counted = false
    where s.is_counted;
    return null;
end
$$;
