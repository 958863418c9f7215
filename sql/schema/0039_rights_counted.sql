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

-- As in 0016, but for the column.
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
