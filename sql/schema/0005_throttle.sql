-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Guessing limits: the rules and the counters. An attempt is counted before
-- its password is verified, and given back when it was right; so any number
-- of parallel guesses shares one counter. The table cannot outgrow its slots:
-- a counter lives in the slot that its keyed hash selects, and a newcomer
-- takes over the slot. Accounts have a slot each by their number, which no
-- flood of unknown names can take.

create table gatehouse_data.throttle_rule (
    kind text not null,
    free_attempts integer not null,
    free_window interval not null,
    first_delay interval,
    longest_delay interval,
    forget_after interval not null,
    close_after integer,
    slots bigint,
    constraint throttle_rule_kind_key primary key (kind),
    constraint throttle_rule_kind_known
        check (kind in ('account', 'name', 'device', 'source')),
    constraint throttle_rule_free_attempts_range
        check (free_attempts between 3 and
               case kind when 'source' then 200 else 10 end),
    constraint throttle_rule_free_window_range
        check (free_window between interval '1 minute' and interval '1 day'),
    constraint throttle_rule_first_delay_range
        check (first_delay between interval '1 second' and interval '1 hour'),
    constraint throttle_rule_longest_delay_range
        check (longest_delay between interval '5 minutes'
               and interval '1 hour'),
    constraint throttle_rule_delay_whole
        check ((first_delay is null) = (longest_delay is null)
               and (first_delay is null) = (kind in ('device', 'source'))),
    constraint throttle_rule_forget_after_range
        check (forget_after between interval '1 hour' and interval '7 days'),
    constraint throttle_rule_close_after_range
        check (close_after between 10 and 100),
    constraint throttle_rule_close_after_whole
        check ((close_after is null) = (kind in ('device', 'source'))),
    constraint throttle_rule_slots_range
        check (slots between 1000 and 1000000),
    constraint throttle_rule_slots_whole
        check ((slots is null) = (kind = 'account'))
);
comment on table gatehouse_data.throttle_rule is
'Guessing limits, one row for each kind of counter. May be changed within the
bounds; holds from the next attempt on. The rows account and name must stay
the same in all but slots, or strangers could tell one from the other.';
comment on column gatehouse_data.throttle_rule.kind is
'account: guesses of strangers at an account; name: at a name nobody has;
device: guesses from a browser that signed in before; source: guesses from a
network';
comment on column gatehouse_data.throttle_rule.free_attempts is
'attempts without delay';
comment on column gatehouse_data.throttle_rule.free_window is
'in which time';
comment on column gatehouse_data.throttle_rule.first_delay is
'delay after the last free attempt, doubling from then on; null: no attempt
until the window is over';
comment on column gatehouse_data.throttle_rule.longest_delay is
'what the delay doubles up to';
comment on column gatehouse_data.throttle_rule.forget_after is
'attempts are free again when none was made for so long';
comment on column gatehouse_data.throttle_rule.close_after is
'failures in a row after which strangers are refused, until an administrator
opens the account or it signs in from a known browser';
comment on column gatehouse_data.throttle_rule.slots is
'how many counters of the kind there can be; null: one an account';

insert into gatehouse_data.throttle_rule (
    kind, free_attempts, free_window, first_delay, longest_delay,
    forget_after, close_after, slots
)
values
('account', 5, '15 minutes', '30 seconds', '15 minutes', '1 day', 100, null),
('name', 5, '15 minutes', '30 seconds', '15 minutes', '1 day', 100, 500000),
('device', 10, '1 day', null, null, '1 day', null, 100000),
('source', 20, '10 minutes', null, null, '1 hour', null, 400000);

create table gatehouse_data.throttle (
    kind text not null,
    slot bigint not null,
    key_hash bytea not null,
    attempts integer not null,
    failures integer not null,
    refused bigint not null default 0,
    untold bigint not null default 0,
    window_at timestamptz not null,
    attempted_at timestamptz not null,
    blocked_until timestamptz,
    closed_at timestamptz,
    told_at timestamptz,
    constraint throttle_kind_slot_key primary key (kind, slot),
    constraint throttle_kind_known
        check (kind in ('account', 'name', 'device', 'source')),
    constraint throttle_slot_range
        check (slot >= 0 and (kind = 'account' or slot < 1000000)),
    constraint throttle_key_hash_length check (octet_length(key_hash) = 32),
    constraint throttle_attempts_positive check (attempts >= 0),
    constraint throttle_failures_positive check (failures >= 0),
    constraint throttle_refused_positive check (refused >= 0),
    constraint throttle_untold_positive check (untold >= 0)
) with (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0
);
comment on table gatehouse_data.throttle is
'Counters of sign-in attempts. All of it may be deleted: then everybody has
free attempts again, and what was closed is open.';
comment on column gatehouse_data.throttle.kind is 'which rule counts';
comment on column gatehouse_data.throttle.slot is
'kind account: account_id; else the place that the key''s hash selects';
comment on column gatehouse_data.throttle.key_hash is
'keyed hash of what is counted: canonical name, browser or network';
comment on column gatehouse_data.throttle.attempts is
'attempts admitted in the window, given back when the password was right';
comment on column gatehouse_data.throttle.failures is
'failures in a row, over all ways to sign in, with those under way';
comment on column gatehouse_data.throttle.refused is
'attempts refused since the last one that was admitted';
comment on column gatehouse_data.throttle.untold is
'refusals that are not in the audit trail yet; the next row there has them';
comment on column gatehouse_data.throttle.window_at is
'when the window of free attempts began';
comment on column gatehouse_data.throttle.attempted_at is
'when an attempt was last admitted';
comment on column gatehouse_data.throttle.blocked_until is
'no attempt is admitted before; null: no delay';
comment on column gatehouse_data.throttle.closed_at is
'when the audit trail was told that the account is closed to strangers';
comment on column gatehouse_data.throttle.told_at is
'when refusals were last written to the audit trail';
