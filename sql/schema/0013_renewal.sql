-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Renewal of tokens. A session's token is replaced by the one that follows,
-- which every gateway computes alike: its hash is kept when it is offered to
-- the browser, and it becomes the current one when the browser brings it. The
-- one before is good for a short while beside it; used later, it ends the
-- session, because two have it.

alter table gatehouse_data.session
    add column generation integer not null default 0,
    add column renewed_at timestamptz,
    add column next_token_hash bytea,
    add column next_binding bytea,
    add column previous_token_hash bytea,
    add column previous_binding bytea,
    add column previous_until timestamptz,
    add constraint session_generation_range check (generation >= 0),
    add constraint session_next_length
        check (octet_length(next_token_hash) = 32
               and octet_length(next_binding) = 32),
    add constraint session_next_whole
        check ((next_token_hash is null) = (next_binding is null)),
    add constraint session_previous_length
        check (octet_length(previous_token_hash) = 32
               and octet_length(previous_binding) = 32),
    add constraint session_previous_token_whole
        check ((previous_token_hash is null) = (previous_binding is null)
               and (previous_token_hash is null) = (previous_until is null)),
    drop constraint session_end_reason_known,
    add constraint session_end_reason_known
        check (end_reason in ('idle', 'absolute', 'logout', 'revoked',
                              'disabled', 'replaced', 'limit', 'reused'));
comment on column gatehouse_data.session.generation is
'how often its token was renewed';
comment on column gatehouse_data.session.renewed_at is
'when the browser first brought the present token; null: since it began';
comment on column gatehouse_data.session.next_token_hash is
'keyed hash of the token that follows, once it was offered; null: not yet';
comment on column gatehouse_data.session.next_binding is
'binds the row to that token';
comment on column gatehouse_data.session.previous_token_hash is
'keyed hash of the token before; null: there was none';
comment on column gatehouse_data.session.previous_binding is
'binds the row to that token';
comment on column gatehouse_data.session.previous_until is
'until when that token is good; used later, it ends the session';
comment on column gatehouse_data.session.end_reason is
'idle, absolute, logout, revoked (by an administrator, or a new password),
disabled (the account is not active), replaced (the same browser signed in
again), limit (too many sessions) or reused (a token came that had been
replaced)';

create unique index session_next_token_hash_unique
    on gatehouse_data.session (next_token_hash)
    where next_token_hash is not null;
comment on index gatehouse_data.session_next_token_hash_unique is
'the session of a token that was offered';
create unique index session_previous_token_hash_unique
    on gatehouse_data.session (previous_token_hash)
    where previous_token_hash is not null;
comment on index gatehouse_data.session_previous_token_hash_unique is
'the session of a token that was replaced';

-- The hashes and bindings of these tokens are nobody's business either.
drop trigger session_by_hand on gatehouse_data.session;
do $by_hand$
begin
    execute format(
        'create trigger session_by_hand after insert or update or delete '
        'on gatehouse_data.session for each row '
        'when (current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''') '
        'execute function gatehouse_data.tell_change_by_hand(%L, %L, %L, %L, '
        '%L, %L)',
        current_user, 'token_hash', 'binding', 'next_token_hash',
        'next_binding', 'previous_token_hash', 'previous_binding');
end
$by_hand$;
comment on trigger session_by_hand on gatehouse_data.session is
'tells the audit trail of changes made by hand';
alter table gatehouse_data.session
    enable always trigger session_by_hand;

-- A token that follows no other, such as that of a new password, is the only
-- one: what the old one was followed by opens nothing.
create function gatehouse_data.session_forget_tokens()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    new.next_token_hash := null;
    new.next_binding := null;
    new.previous_token_hash := null;
    new.previous_binding := null;
    new.previous_until := null;
    return new;
end
$$;
comment on function gatehouse_data.session_forget_tokens() is
'Trigger: a session that gets a token which follows no other has only that.';
create trigger session_token_is_new
    before update on gatehouse_data.session
    for each row
    when (new.token_hash <> old.token_hash
          and new.token_hash is distinct from old.next_token_hash)
    execute function gatehouse_data.session_forget_tokens();
comment on trigger session_token_is_new on gatehouse_data.session is
'a token that follows no other is the only one';
alter table gatehouse_data.session
    enable always trigger session_token_is_new;
