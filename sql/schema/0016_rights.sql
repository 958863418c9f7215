-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Rights that change end the sessions that were begun with others. The
-- version of the policy is the clock of it: each account and each role has
-- the version at which its rights last changed, each session the version that
-- it was begun with, and a session that is older than its account, or than a
-- role it holds, is over. A change writes one row for an account or a role,
-- however many sessions it ends. What is a change, and what follows, stands in
-- sql/api/79_rights.sql, which policy_changed calls for every row, whoever
-- changes it and how.

alter table gatehouse_data.session
    add column rights_version bigint not null default 0,
    add column rights_at timestamptz not null default now(),
    add column turns_at timestamptz,
    drop constraint session_end_reason_known,
    add constraint session_end_reason_known
        check (end_reason in ('idle', 'absolute', 'logout', 'revoked',
                              'disabled', 'replaced', 'limit', 'reused',
                              'rights_changed'));
comment on column gatehouse_data.session.rights_version is
'the version of the policy with which its rights were last found to be those
that it was begun with; a later change of them ends it';
comment on column gatehouse_data.session.rights_at is
'when that was; a grant that begins or ends later ends it, too';
comment on column gatehouse_data.session.turns_at is
'when that is, by that version; null: never';
comment on column gatehouse_data.session.end_reason is
'idle, absolute, logout, revoked (by an administrator, or a new password),
disabled (the account is not active), replaced (the same browser signed in
again), limit (too many sessions), reused (a token came that had been
replaced) or rights_changed (since it began)';

-- No foreign keys: who empties accounts or roles names the tables of these, and
-- what was said here stays said.

create table gatehouse_data.account_rights (
    account_id bigint not null,
    version bigint not null,
    changed_at timestamptz not null,
    constraint account_rights_account_id_key primary key (account_id),
    constraint account_rights_version_positive check (version > 0)
);
comment on table gatehouse_data.account_rights is
'When the roles of an account last changed. No row: never. Those of accounts
that are gone stay.';
comment on column gatehouse_data.account_rights.account_id is 'the account';
comment on column gatehouse_data.account_rights.version is
'the version of the policy with which that was';
comment on column gatehouse_data.account_rights.changed_at is 'the instant';
create index account_rights_version_idx
    on gatehouse_data.account_rights (version);
comment on index gatehouse_data.account_rights_version_idx is
'the accounts that one change concerns';

create table gatehouse_data.role_rights (
    role_id bigint not null,
    version bigint not null default 0,
    changed_at timestamptz not null default now(),
    constraint role_rights_role_id_key primary key (role_id),
    constraint role_rights_version_not_negative check (version >= 0)
);
comment on table gatehouse_data.role_rights is
'When what a role may do last changed, itself or by what it inherits. One row
a role, also of those that are gone; a role without one gives nothing.';
comment on column gatehouse_data.role_rights.role_id is 'the role';
comment on column gatehouse_data.role_rights.version is
'the version of the policy with which that was; 0: never';
comment on column gatehouse_data.role_rights.changed_at is 'the instant';
insert into gatehouse_data.role_rights (role_id)
select r.role_id
from gatehouse_data.role r;

create table gatehouse_data.role_turn (
    role_id bigint,
    at timestamptz not null,
    constraint role_turn_role_id_at_unique
        unique nulls not distinct (role_id, at)
);
comment on table gatehouse_data.role_turn is
'Instants at which what a role may do changes by itself, because a grant of a
permission begins or ends, its own or of a role that it inherits.';
comment on column gatehouse_data.role_turn.role_id is
'the role; null: whoever is signed in, and only what ends';
comment on column gatehouse_data.role_turn.at is 'the instant';
insert into gatehouse_data.role_turn (role_id, at)
select distinct case when r.builtin is null then r.role_id end, i.at
from gatehouse_data.role r
join (
    select c.role_id, c.inherits_id
    from gatehouse_data.role_closure c
    union all
    select o.role_id, o.role_id
    from gatehouse_data.role o
) as h (role_id, holds_id) on h.role_id = r.role_id
join gatehouse_data.role_permission g on g.role_id = h.holds_id
cross join lateral (
    values (case when r.builtin is null then g.valid_from end),
           (g.valid_until)
) as i (at)
where r.builtin is distinct from 'anonymous'
  and g.ended_at is null
  and i.at > now();

alter table gatehouse_data.policy_state
    add column rights_version bigint not null default 0,
    add column rights_at timestamptz not null default now(),
    add column rights_change_confirm integer not null default 1000,
    add constraint policy_state_rights_change_confirm_range
        check (rights_change_confirm >= 0);
comment on column gatehouse_data.policy_state.rights_version is
'the version with which everybody who is signed in last lost something; 0:
never';
comment on column gatehouse_data.policy_state.rights_at is 'when that was';
comment on column gatehouse_data.policy_state.rights_change_confirm is
'a change that ends more sessions than this has to be given their number';

create table gatehouse_data.rights_sweep (
    is_only boolean not null default true,
    expires_at timestamptz not null default '-infinity',
    constraint rights_sweep_is_only_key primary key (is_only),
    constraint rights_sweep_is_only_true check (is_only)
);
comment on table gatehouse_data.rights_sweep is
'How far gatehouse.maintain has looked for sessions whose rights changed.';
comment on column gatehouse_data.rights_sweep.is_only is
'true: there is one row';
comment on column gatehouse_data.rights_sweep.expires_at is
'it goes on with sessions that expire later';
insert into gatehouse_data.rights_sweep default values;

-- As in 0008, and what follows for rights.

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
    perform gatehouse_data.rights_follow(tg_table_name, v_before, v_after,
                                         v_version);
    return null;
end
$$;
comment on function gatehouse_data.policy_changed() is
'Trigger: keeps the state of a row of the policy, raises the policy''s version
once a transaction, wakes the gateways, tells the audit trail and says whose
rights that changes. Its arguments are the key of the table and, for a change
without the functions of Gatehouse, by_hand.';

-- A version that was gone and is put back by hand: nobody knows what changed.

create function gatehouse_data.policy_state_returns()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.rights_version := new.version;
    new.rights_at := clock_timestamp();
    return new;
end
$$;
comment on function gatehouse_data.policy_state_returns() is
'Trigger: a version that is put back ends the sessions from before.';

-- At the end of the transaction, when all that it changes is known.

create function gatehouse_data.rights_confirmed()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_data.rights_confirm(new.version);
    return null;
end
$$;
comment on function gatehouse_data.rights_confirmed() is
'Trigger: refuses a change that ends many sessions without being told so.
SQLSTATE GH004.';

create trigger policy_state_returns
    before insert on gatehouse_data.policy_state
    for each row execute function gatehouse_data.policy_state_returns();
create constraint trigger policy_state_rights_confirmed
    after update on gatehouse_data.policy_state
    deferrable initially deferred
    for each row
    when (new.version > old.version)
    execute function gatehouse_data.rights_confirmed();
create trigger policy_state_setting_by_hand
    after update on gatehouse_data.policy_state
    for each row
    when (old.rights_change_confirm <> new.rights_change_confirm)
    execute function gatehouse_data.tell_change_by_hand();
comment on trigger policy_state_returns on gatehouse_data.policy_state is
'ends the sessions from before a version that is put back';
comment on trigger policy_state_rights_confirmed
    on gatehouse_data.policy_state is
'refuses a change that ends more sessions than it was told';
comment on trigger policy_state_setting_by_hand
    on gatehouse_data.policy_state is
'tells the audit trail of a changed setting';
alter table gatehouse_data.policy_state
    enable always trigger policy_state_returns,
    enable always trigger policy_state_rights_confirmed,
    enable always trigger policy_state_setting_by_hand;

-- Nobody changes by hand what says that sessions are over: they would live
-- again. Only the triggers of the policy do, and the upkeep where it must.

create function gatehouse_data.rights_guard()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'GH004',
        message = 'when rights changed is not changed by hand',
        hint = 'sessions that are over would live again; change the roles, '
               'grants and permissions themselves';
end
$$;
comment on function gatehouse_data.rights_guard() is
'Trigger: refuses changes by hand of when rights changed. SQLSTATE GH004.';

create trigger account_rights_stays
    before insert or update or delete on gatehouse_data.account_rights
    for each row
    when (pg_trigger_depth() = 0)
    execute function gatehouse_data.rights_guard();
create trigger account_rights_no_truncate
    before truncate on gatehouse_data.account_rights
    for each statement execute function gatehouse_data.rights_guard();
create trigger role_rights_stays
    before insert or update or delete on gatehouse_data.role_rights
    for each row
    when (pg_trigger_depth() = 0)
    execute function gatehouse_data.rights_guard();
create trigger role_rights_no_truncate
    before truncate on gatehouse_data.role_rights
    for each statement execute function gatehouse_data.rights_guard();
create trigger role_turn_stays
    before insert or update or delete on gatehouse_data.role_turn
    for each row
    when (pg_trigger_depth() = 0
          and coalesce(current_setting('gatehouse.act', true), '')
              <> 'maintain')
    execute function gatehouse_data.rights_guard();
create trigger role_turn_no_truncate
    before truncate on gatehouse_data.role_turn
    for each statement execute function gatehouse_data.rights_guard();
create trigger policy_state_rights_only_rise
    before update on gatehouse_data.policy_state
    for each row
    when (new.rights_version < old.rights_version)
    execute function gatehouse_data.rights_guard();
comment on trigger account_rights_stays on gatehouse_data.account_rights is
'refuses changes by hand';
comment on trigger account_rights_no_truncate
    on gatehouse_data.account_rights is
'refuses TRUNCATE';
comment on trigger role_rights_stays on gatehouse_data.role_rights is
'refuses changes by hand';
comment on trigger role_rights_no_truncate on gatehouse_data.role_rights is
'refuses TRUNCATE';
comment on trigger role_turn_stays on gatehouse_data.role_turn is
'refuses changes by hand; the upkeep removes what is long past';
comment on trigger role_turn_no_truncate on gatehouse_data.role_turn is
'refuses TRUNCATE';
comment on trigger policy_state_rights_only_rise
    on gatehouse_data.policy_state is
'refuses a lower version of the rights';
alter table gatehouse_data.account_rights
    enable always trigger account_rights_stays,
    enable always trigger account_rights_no_truncate;
alter table gatehouse_data.role_rights
    enable always trigger role_rights_stays,
    enable always trigger role_rights_no_truncate;
alter table gatehouse_data.role_turn
    enable always trigger role_turn_stays,
    enable always trigger role_turn_no_truncate;
alter table gatehouse_data.policy_state
    enable always trigger policy_state_rights_only_rise;

-- As in 0011, and by hand what its rights are compared with. The version rises
-- when it is seen: no change, nor is what that found.
drop trigger session_change_note on gatehouse_data.session;
create trigger session_change_note
    after update on gatehouse_data.session
    for each row
    when (new.last_seen_at < old.last_seen_at
          or new.rights_version < old.rights_version
          or new.rights_version = old.rights_version
             and (new.turns_at is distinct from old.turns_at
                  or new.rights_at < old.rights_at)
          or (old.token_hash, old.reference, old.binding, old.account_id,
              old.level, old.created_at, old.authenticated_at, old.idle,
              old.absolute, old.ended_at, old.end_reason,
              old.previous_token_hash, old.previous_until)
             is distinct from
             (new.token_hash, new.reference, new.binding, new.account_id,
              new.level, new.created_at, new.authenticated_at, new.idle,
              new.absolute, new.ended_at, new.end_reason,
              new.previous_token_hash, new.previous_until))
    execute function gatehouse_data.change_note();
comment on trigger session_change_note on gatehouse_data.session is
'a session ended, or is another one now';
alter table gatehouse_data.session
    enable always trigger session_change_note;
