-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Sessions. The token is in the browser's cookie; only its keyed hash is
-- here. last_seen_at is in no index, so that touching a session rewrites one
-- row in its own page and no index.

create table gatehouse_data.session (
    session_id bigint generated always as identity,
    token_hash bytea not null,
    reference bytea not null,
    binding bytea not null,
    account_id bigint not null,
    level smallint not null default 1,
    created_at timestamptz not null,
    authenticated_at timestamptz not null,
    last_seen_at timestamptz not null,
    idle interval not null,
    absolute interval not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    dead_use_at timestamptz,
    client inet,
    user_agent text not null default '',
    entry text not null default '',
    node text not null default '',
    previous_at timestamptz,
    previous_client inet,
    failures_before integer not null default 0,
    constraint session_session_id_key primary key (session_id),
    constraint session_token_hash_unique unique (token_hash),
    constraint session_reference_unique unique (reference),
    constraint session_account_id_account
        foreign key (account_id)
        references gatehouse_data.account (account_id)
        on delete cascade,
    constraint session_token_hash_length
        check (octet_length(token_hash) = 32),
    constraint session_reference_length check (octet_length(reference) = 16),
    constraint session_binding_length check (octet_length(binding) = 32),
    constraint session_level_range check (level between 1 and 9),
    constraint session_authenticated_at_order
        check (authenticated_at >= created_at),
    constraint session_last_seen_at_order check (last_seen_at >= created_at),
    constraint session_idle_range
        check (idle between interval '1 minute' and interval '30 days'),
    constraint session_absolute_range
        check (absolute between interval '5 minutes' and interval '30 days'),
    constraint session_expires_at_order check (expires_at > created_at),
    constraint session_end_reason_known
        check (end_reason in ('idle', 'absolute', 'logout', 'revoked',
                              'disabled', 'replaced', 'limit')),
    constraint session_end_reason_whole
        check ((ended_at is null) = (end_reason is null)),
    constraint session_dead_use_at_ended
        check (dead_use_at is null or ended_at is not null),
    constraint session_user_agent_length
        check (char_length(user_agent) <= 512),
    constraint session_entry_length check (char_length(entry) <= 64),
    constraint session_node_length check (char_length(node) <= 128),
    constraint session_previous_whole
        check (previous_at is not null or previous_client is null),
    constraint session_failures_before_range check (failures_before >= 0)
) with (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);
comment on table gatehouse_data.session is
'Sessions: signed-in periods of an account in a browser. Ended ones stay for
thirty days, so that a use of their token is recognised.';
comment on column gatehouse_data.session.session_id is 'number of the session';
comment on column gatehouse_data.session.token_hash is
'keyed hash of the token (key outside of the database); opens nothing';
comment on column gatehouse_data.session.reference is
'random value for logs, audit and applications; opens nothing';
comment on column gatehouse_data.session.binding is
'binds the row to token, reference, account and level (key outside of the
database); a row written by hand has none that holds, and is no session';
comment on column gatehouse_data.session.account_id is 'whose it is';
comment on column gatehouse_data.session.level is
'authentication level: 1 password, 2 with a second factor';
comment on column gatehouse_data.session.created_at is 'when it began';
comment on column gatehouse_data.session.authenticated_at is
'when the person last proved who they are';
comment on column gatehouse_data.session.last_seen_at is
'last activity, at most a minute late';
comment on column gatehouse_data.session.idle is
'how long it lives without activity, settled at sign-in';
comment on column gatehouse_data.session.absolute is
'how long it lives at most, settled at sign-in';
comment on column gatehouse_data.session.expires_at is
'created_at + absolute; finds what can be swept';
comment on column gatehouse_data.session.ended_at is
'when it ended; null: nobody has ended it or noticed that it ran out';
comment on column gatehouse_data.session.end_reason is
'idle, absolute, logout, revoked (by an administrator, or a new password),
disabled (the account is not active), replaced (the same browser signed in
again) or limit (too many sessions)';
comment on column gatehouse_data.session.dead_use_at is
'when a use of its token after the end was last written to the audit trail';
comment on column gatehouse_data.session.client is
'network address at sign-in';
comment on column gatehouse_data.session.user_agent is
'what the browser called itself at sign-in, cut at 512 characters';
comment on column gatehouse_data.session.entry is
'entry of the gateway at sign-in';
comment on column gatehouse_data.session.node is 'gateway at sign-in';
comment on column gatehouse_data.session.previous_at is
'the account''s sign-in before this one; null: there was none';
comment on column gatehouse_data.session.previous_client is
'network address of that sign-in';
comment on column gatehouse_data.session.failures_before is
'failed sign-ins of the account between that sign-in and this one';

create index session_account_id_idx on gatehouse_data.session (account_id);
comment on index gatehouse_data.session_account_id_idx is
'the sessions of one account';
create index session_expires_at_idx on gatehouse_data.session (expires_at);
comment on index gatehouse_data.session_expires_at_idx is
'what can be swept; does not change while a session lives';

-- An end is final, also by hand.

create function gatehouse_data.session_refuse_revival()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using
        errcode = 'GH004',
        message = 'a session that has ended stays ended',
        hint = 'whoever it was signs in again';
end
$$;
comment on function gatehouse_data.session_refuse_revival() is
'Trigger: refuses to take back the end of a session. SQLSTATE GH004.';

create trigger session_end_is_final
    before update on gatehouse_data.session
    for each row
    when (old.ended_at is not null and new.ended_at is null)
    execute function gatehouse_data.session_refuse_revival();
comment on trigger session_end_is_final on gatehouse_data.session is
'refuses to revive a session';
alter table gatehouse_data.session
    enable always trigger session_end_is_final;
