-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Tables that are emptied at once. TRUNCATE has no rows: sessions stayed whose
-- credentials were gone, the history of accounts kept everybody active, and
-- what the upkeep and the change feed remember of themselves was lost. There,
-- rows are deleted, with all that follows. The tables of the policy may be
-- emptied; the built-in roles, which cannot be deleted either, are there again
-- when the transaction ends, unless it has put them back itself.

create function gatehouse_data.truncate_guard()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'GH004',
        message = format('%s.%s is not emptied', tg_table_schema,
                         tg_table_name),
        hint = tg_argv[0];
end
$$;
comment on function gatehouse_data.truncate_guard() is
'Trigger: refuses TRUNCATE, or DELETE; its argument is what to do instead.
SQLSTATE GH004.';

create trigger account_no_truncate
    before truncate on gatehouse_data.account
    for each statement execute function gatehouse_data.truncate_guard(
        'delete its rows: then sessions end, and history has the end, too');
create trigger credential_no_truncate
    before truncate on gatehouse_data.credential
    for each statement execute function gatehouse_data.truncate_guard(
        'delete its rows: then sessions end, and history has the end, too');
create trigger rights_sweep_no_truncate
    before truncate on gatehouse_data.rights_sweep
    for each statement execute function gatehouse_data.truncate_guard(
        'update its row: -infinity begins anew');
create trigger rights_sweep_stays
    before delete on gatehouse_data.rights_sweep
    for each row execute function gatehouse_data.truncate_guard(
        'update its row: -infinity begins anew');
create trigger change_state_no_truncate
    before truncate on gatehouse_data.change_state
    for each statement execute function gatehouse_data.truncate_guard(
        'followers would not know what they missed');
create trigger change_state_stays
    before delete on gatehouse_data.change_state
    for each row execute function gatehouse_data.truncate_guard(
        'followers would not know what they missed');
comment on trigger account_no_truncate on gatehouse_data.account is
'refuses TRUNCATE';
comment on trigger credential_no_truncate on gatehouse_data.credential is
'refuses TRUNCATE';
comment on trigger rights_sweep_no_truncate on gatehouse_data.rights_sweep is
'refuses TRUNCATE';
comment on trigger rights_sweep_stays on gatehouse_data.rights_sweep is
'refuses DELETE';
comment on trigger change_state_no_truncate on gatehouse_data.change_state is
'refuses TRUNCATE';
comment on trigger change_state_stays on gatehouse_data.change_state is
'refuses DELETE';
alter table gatehouse_data.account
    enable always trigger account_no_truncate;
alter table gatehouse_data.credential
    enable always trigger credential_no_truncate;
alter table gatehouse_data.rights_sweep
    enable always trigger rights_sweep_no_truncate,
    enable always trigger rights_sweep_stays;
alter table gatehouse_data.change_state
    enable always trigger change_state_no_truncate,
    enable always trigger change_state_stays;

-- At the end of the transaction: TRUNCATE itself has no trigger then.
create function gatehouse_data.roles_return()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into gatehouse_data.role (name, meaning, builtin)
    select b.name, b.meaning, b.name
    from (values
        ('anonymous', 'everybody, signed in or not'),
        ('authenticated', 'whoever is signed in')
    ) as b (name, meaning)
    where not exists (
        select
        from gatehouse_data.role r
        where r.builtin = b.name
    );
    return null;
end
$$;
comment on function gatehouse_data.roles_return() is
'Trigger: the built-in roles are there, also after their table was emptied.';

create constraint trigger policy_state_roles_return
    after update on gatehouse_data.policy_state
    deferrable initially deferred
    for each row
    when (old.is_counted and not new.is_counted)
    execute function gatehouse_data.roles_return();
comment on trigger policy_state_roles_return on gatehouse_data.policy_state is
'puts built-in roles back that are gone';
alter table gatehouse_data.policy_state
    enable always trigger policy_state_roles_return;
