-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What the database has said stays said: no session outlives a password that
-- was changed by hand in a transaction that began before its sign-in, and no
-- crash undoes what was answered.

create or replace function gatehouse_data.credential_ends_sessions()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_act constant text :=
        coalesce(current_setting('gatehouse.act', true), '');
    v_actor constant text :=
        coalesce(current_setting('gatehouse.actor', true), '');
begin
    perform gatehouse_data.act('credential_ends_sessions', v_actor);
    -- A transaction with one snapshot does not see who signed in since. They
    -- all changed this row: it fails here (40001), and is to be begun anew.
    perform
    from gatehouse_data.account a
    where a.account_id = old.account_id
    for no key update;
    perform gatehouse_data.sessions_end_of(old.account_id, 'revoked',
                                           'credential');
    perform gatehouse_data.act(v_act, v_actor);
    return null;
end
$$;
comment on function gatehouse_data.credential_ends_sessions() is
'Trigger: ends the sessions of an account whose password is new or gone.';

create or replace function gatehouse_data.act(
    p_act text,
    p_actor text default ''
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform set_config('gatehouse.act', p_act, true),
            set_config('gatehouse.actor', p_actor, true);
    -- With it off a commit is answered before it is on the disk: somebody who
    -- signed out would be signed in again after a crash. What was seen and
    -- accessed may be lost then.
    if p_act not in ('', 'session_seen', 'access_write')
       and current_setting('synchronous_commit') = 'off'
    then
        perform set_config('synchronous_commit', 'on', true);
    end if;
end
$$;
comment on function gatehouse_data.act(text, text) is
'A function of Gatehouse begins to change rows: its name, and for whom. Called
with an empty name when it is done. (A SET clause of the function would be the
natural way; for a setting of our own it needs a superuser.) With
synchronous_commit off the transaction waits for the disk all the same.';
