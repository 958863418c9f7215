-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What was answered stays so after a crash, whatever the database is set to.

-- As in 0003, but for the disk.
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
