-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Former tokens of a session: all that it had before the one before the
-- present one. None of them opens anything; whoever brings one has a copy, and
-- the session ends (HIJ-003), also when the thief has had the token renewed
-- twice in between and the owner's is two generations old.

create table gatehouse_data.session_former (
    token_hash bytea not null,
    session_id bigint not null,
    replaced_at timestamptz not null,
    constraint session_former_token_hash_key primary key (token_hash),
    constraint session_former_session_id_session
        foreign key (session_id)
        references gatehouse_data.session (session_id)
        on delete cascade,
    constraint session_former_token_hash_length
        check (octet_length(token_hash) = 32)
);
comment on table gatehouse_data.session_former is
'Tokens that sessions had before their last two, so that a use of them is
recognised. They go with the session. All of it may be deleted: then the use of
such a token is nobody''s, and ends nothing.';
comment on column gatehouse_data.session_former.token_hash is
'keyed hash of the token; opens nothing';
comment on column gatehouse_data.session_former.session_id is 'the session';
comment on column gatehouse_data.session_former.replaced_at is
'when the browser brought the token that followed';
create index session_former_session_id_idx
    on gatehouse_data.session_former (session_id);
comment on index gatehouse_data.session_former_session_id_idx is
'what goes with a session';

-- Whoever replaces a token, and how: what was the current one or the one
-- before, and is neither now, is a former one. One that was only offered is
-- not: the browser may never have had it.

create function gatehouse_data.session_keep_former()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into gatehouse_data.session_former (
        token_hash, session_id, replaced_at
    )
    select f.token_hash, new.session_id, f.replaced_at
    from (
        values
            (old.previous_token_hash,
             coalesce(old.renewed_at, clock_timestamp())),
            (old.token_hash, clock_timestamp())
    ) as f (token_hash, replaced_at)
    where f.token_hash is not null
      and f.token_hash is distinct from new.token_hash
      and f.token_hash is distinct from new.previous_token_hash
    on conflict do nothing;
    return null;
end
$$;
comment on function gatehouse_data.session_keep_former() is
'Trigger: keeps the tokens that a session no longer has.';
create trigger session_keep_former
    after update on gatehouse_data.session
    for each row
    when (new.token_hash <> old.token_hash
          or new.previous_token_hash is distinct from old.previous_token_hash)
    execute function gatehouse_data.session_keep_former();
comment on trigger session_keep_former on gatehouse_data.session is
'keeps the tokens that a session no longer has';
alter table gatehouse_data.session
    enable always trigger session_keep_former;
