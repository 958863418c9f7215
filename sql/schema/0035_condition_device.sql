-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Conditions that ask at which level somebody signed in, or in a browser that
-- was known by then. The browser's marker says since when, sign_in_succeed
-- whether the marker counts; the session keeps that.

alter type gatehouse_data.circumstances
    add attribute level integer,
    add attribute device_known interval;
comment on column gatehouse_data.circumstances.level is
'authentication level of the session';
comment on column gatehouse_data.circumstances.device_known is
'for how long the browser had been known when the session began; negative: it
was not known';

alter table gatehouse_data.condition
    add column min_level smallint,
    add column min_known interval,
    drop constraint condition_kind_known,
    add constraint condition_kind_known
        check (kind in ('all', 'any', 'none', 'hours', 'dates', 'network',
                        'age', 'country', 'asn', 'level', 'device')),
    add constraint condition_level_whole
        check ((kind = 'level') = (min_level is not null)),
    add constraint condition_min_level_range
        check (min_level between 1 and 3),
    add constraint condition_device_whole
        check ((kind = 'device') = (min_known is not null)),
    -- Months and years are not of one length.
    add constraint condition_min_known_range
        check (min_known between interval '0' and interval '365 days'
               and min_known = date_trunc('second', min_known)
               and date_part('year', min_known) = 0
               and date_part('month', min_known) = 0);
comment on column gatehouse_data.condition.min_level is
'of level: the authentication level is at least that';
comment on column gatehouse_data.condition.min_known is
'of device: the browser had been known for at least so long when the session
began, to the second; zero: it was known at all';
comment on column gatehouse_data.condition.kind is
'hours: a clock shows these hours; dates: a calendar shows one of these days;
network: the client is in one of these networks; age: the sign-in is not longer
ago; country, asn: the client is in one of these countries, or autonomous
systems; level: the sign-in was of at least that level; device: it came from a
browser that was known by then; all, any, none: of the parts that condition_part
has, so many hold (without a part it never holds)';

alter table gatehouse_data.session
    add column device_since timestamptz,
    add constraint session_device_since_order
        check (device_since <= created_at) not valid;
comment on column gatehouse_data.session.device_since is
'since when the browser had been known for the account when the session began;
null: it was not known';

-- As in 0016, and by hand since when the browser is known.
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
              old.previous_token_hash, old.previous_until, old.device_since)
             is distinct from
             (new.token_hash, new.reference, new.binding, new.account_id,
              new.level, new.created_at, new.authenticated_at, new.idle,
              new.absolute, new.ended_at, new.end_reason,
              new.previous_token_hash, new.previous_until, new.device_since))
    execute function gatehouse_data.change_note();
comment on trigger session_change_note on gatehouse_data.session is
'a session ended, or is another one now';
alter table gatehouse_data.session
    enable always trigger session_change_note;
