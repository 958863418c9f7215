-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- A transaction that ends many sessions needs a word, also when it has its
-- constraints looked at early (set constraints all immediate). The trigger that
-- counts was queued once, by the change of the version, and came then before
-- there was anything to count, and for no later change. Now what follows for
-- rights queues it: at the end of a transaction once, else for each change.

alter table gatehouse_data.policy_state
    add column is_counted boolean not null default true;
comment on column gatehouse_data.policy_state.is_counted is
'false: the sessions that this transaction ends are yet to be counted; whoever
else looks sees true';

-- As in 0016.
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

create or replace function gatehouse_data.rights_confirmed()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_data.rights_confirm(new.version);
    update gatehouse_data.policy_state s
    set is_counted = true
    where not s.is_counted;
    return null;
end
$$;

drop trigger policy_state_rights_confirmed on gatehouse_data.policy_state;
create constraint trigger policy_state_rights_confirmed
    after update on gatehouse_data.policy_state
    deferrable initially deferred
    for each row
    when (old.is_counted and not new.is_counted
          or new.rights_version > old.rights_version)
    execute function gatehouse_data.rights_confirmed();
comment on trigger policy_state_rights_confirmed
    on gatehouse_data.policy_state is
'refuses a change that ends more sessions than it was told';
alter table gatehouse_data.policy_state
    enable always trigger policy_state_rights_confirmed;
