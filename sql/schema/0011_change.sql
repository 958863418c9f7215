-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- The change feed: which sessions and accounts a gateway may not remember any
-- longer. (Roles and what they may have the version of the policy.) A row is written by trigger in the transaction that makes the
-- change, whoever makes it and how. It carries the number of that transaction:
-- a follower reads everything since the oldest transaction that was still
-- under way when it last looked, so that a change that began first and was
-- committed last is not lost, as it would be with a plain counter.

create table gatehouse_data.change (
    change_id bigint generated always as identity,
    transaction xid8 not null default pg_current_xact_id(),
    made_at timestamptz not null default clock_timestamp(),
    relation text not null,
    row_id bigint,
    constraint change_change_id_key primary key (change_id),
    constraint change_relation_known
        check (relation in ('session', 'account', 'everything')),
    constraint change_row_id_whole
        check ((row_id is null) = (relation = 'everything'))
);
comment on table gatehouse_data.change is
'The change feed: what gateways must ask for anew. Kept for ten minutes.';
comment on column gatehouse_data.change.change_id is 'number of the row';
comment on column gatehouse_data.change.transaction is
'the transaction that made the change';
comment on column gatehouse_data.change.made_at is 'when, in that transaction';
comment on column gatehouse_data.change.relation is
'what changed: session, account, or everything, when a table was emptied';
comment on column gatehouse_data.change.row_id is
'which: session_id or account_id; null for everything';

create index change_transaction_idx on gatehouse_data.change (transaction);
comment on index gatehouse_data.change_transaction_idx is
'what a follower has not seen';

create table gatehouse_data.change_state (
    is_only boolean not null default true,
    pruned xid8 not null default '0',
    constraint change_state_is_only_key primary key (is_only),
    constraint change_state_is_only_true check (is_only)
);
comment on table gatehouse_data.change_state is
'One row: how far the change feed has been cut off at its old end.';
comment on column gatehouse_data.change_state.is_only is
'true; there is one row';
comment on column gatehouse_data.change_state.pruned is
'the newest transaction whose rows may have been removed; a follower that has
not looked since begins anew';
insert into gatehouse_data.change_state default values;

create function gatehouse_data.change_note()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_relation text := 'account';
    v_row_id bigint;
begin
    if tg_level = 'STATEMENT' then
        v_relation := 'everything';
    elsif tg_table_name = 'session' then
        v_relation := 'session';
        v_row_id := old.session_id;
    elsif tg_op = 'INSERT' then
        v_row_id := new.account_id;
    else
        v_row_id := old.account_id;
    end if;
    insert into gatehouse_data.change (relation, row_id)
    values (v_relation, v_row_id);
    -- A hint, without a name: one a transaction.
    perform pg_notify('gatehouse_change', '');
    return null;
end
$$;
comment on function gatehouse_data.change_note() is
'Trigger: writes what changed into the change feed, and wakes its followers.';

create function gatehouse_data.change_guard()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'GH004',
        message = 'the change feed is not changed by hand',
        hint = 'gateways would not hear of what is in it; gatehouse.maintain '
               'removes old rows';
end
$$;
comment on function gatehouse_data.change_guard() is
'Trigger: refuses changes of the change feed. SQLSTATE GH004.';

create trigger change_stays
    before update or delete on gatehouse_data.change
    for each row
    when (coalesce(current_setting('gatehouse.act', true), '') <> 'maintain')
    execute function gatehouse_data.change_guard();
create trigger change_no_truncate
    before truncate on gatehouse_data.change
    for each statement execute function gatehouse_data.change_guard();
comment on trigger change_stays on gatehouse_data.change is
'refuses UPDATE and DELETE, but for the upkeep';
comment on trigger change_no_truncate on gatehouse_data.change is
'refuses TRUNCATE';
alter table gatehouse_data.change
    enable always trigger change_stays,
    enable always trigger change_no_truncate;

-- Being seen is no change, unless it was taken back.
create trigger session_change_note
    after update on gatehouse_data.session
    for each row
    when (new.last_seen_at < old.last_seen_at
          or (old.token_hash, old.reference, old.binding, old.account_id,
              old.level, old.created_at, old.authenticated_at, old.idle,
              old.absolute, old.ended_at, old.end_reason)
             is distinct from
             (new.token_hash, new.reference, new.binding, new.account_id,
              new.level, new.created_at, new.authenticated_at, new.idle,
              new.absolute, new.ended_at, new.end_reason))
    execute function gatehouse_data.change_note();
create trigger session_removal_note
    after delete on gatehouse_data.session
    for each row execute function gatehouse_data.change_note();
create trigger session_truncate_note
    after truncate on gatehouse_data.session
    for each statement execute function gatehouse_data.change_note();
create trigger account_change_note
    after update on gatehouse_data.account
    for each row
    when ((old.name, old.display_name, old.email, old.status)
          is distinct from
          (new.name, new.display_name, new.email, new.status))
    execute function gatehouse_data.change_note();
create trigger account_removal_note
    after delete on gatehouse_data.account
    for each row execute function gatehouse_data.change_note();
create trigger account_truncate_note
    after truncate on gatehouse_data.account
    for each statement execute function gatehouse_data.change_note();
comment on trigger session_change_note on gatehouse_data.session is
'a session ended, or is another one now';
comment on trigger session_removal_note on gatehouse_data.session is
'a session is gone';
comment on trigger session_truncate_note on gatehouse_data.session is
'all sessions are gone';
comment on trigger account_change_note on gatehouse_data.account is
'an account has another status, or others of the names that are told';
comment on trigger account_removal_note on gatehouse_data.account is
'an account is gone';
comment on trigger account_truncate_note on gatehouse_data.account is
'all accounts are gone';
alter table gatehouse_data.session
    enable always trigger session_change_note,
    enable always trigger session_removal_note,
    enable always trigger session_truncate_note;
alter table gatehouse_data.account
    enable always trigger account_change_note,
    enable always trigger account_removal_note,
    enable always trigger account_truncate_note;
