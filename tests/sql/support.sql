-- SPDX-License-Identifier: Apache-2.0
--
-- What the pgTAP files share, made once in a test database by tests/sql/run,
-- as superuser: pgTAP in a schema of its own, and schema test with short names
-- for what every test of sign-in does. Nothing of it is in a real database.

set client_min_messages = warning;
create schema tap;
create extension pgtap schema tap;
grant usage on schema tap to public;
create schema test;
grant usage on schema test to public;

create function test.key(p_name text)
returns bytea
language sql
immutable
return sha256(convert_to(p_name, 'UTF8'));

create function test.ref(p_name text)
returns bytea
language sql
immutable
return substring(test.key(p_name) from 1 for 16);

-- An account with a password.
create function test.account(p_name text)
returns bigint
language plpgsql
as $$
declare
    v_account_id bigint;
begin
    v_account_id := gatehouse.account_add(p_name, initcap(p_name),
                                          p_name || '@example.org', 'tester');
    perform gatehouse.account_password(
        p_name, '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$' || p_name,
        'k1', test.key('mac of ' || p_name), 'tester');
    return v_account_id;
end
$$;

create type test.reservation as (
    is_allowed boolean,
    refusal text,
    retry_after integer,
    is_first_refusal boolean,
    account_id bigint,
    account_name text,
    status text,
    password_hash text,
    pepper_id text,
    credential_mac bytea,
    credential_version bigint
);

create function test.reserve(
    p_name text,
    p_source text default '192.0.2.1',
    p_device text default null,
    p_device_at timestamptz default clock_timestamp()
)
returns test.reservation
language plpgsql
as $$
declare
    v_row test.reservation;
begin
    select *
    into v_row
    from gatehouse.sign_in_reserve(
        p_name, test.key(p_name), test.key(p_device),
        case when p_device is not null then p_device_at end, p_source::inet,
        array[test.key(p_source)]);
    return v_row;
end
$$;

create function test.fail(
    p_name text,
    p_reason text default 'wrong',
    p_is_first boolean default false,
    p_account_id bigint default null
)
returns void
language plpgsql
as $$
begin
    perform gatehouse.sign_in_fail(
        test.key(p_name), coalesce(p_account_id, (
            select a.account_id
            from gatehouse_data.account a
            where a.name = p_name
        )), p_reason, p_is_first, '192.0.2.1', 'Browser/1', 'public',
        gen_random_uuid(), 'node1');
end
$$;

-- A whole sign-in; the token's hash is that of p_token.
create function test.sign_in(
    p_name text,
    p_token text,
    p_old_token text default null,
    p_max_sessions integer default 10,
    p_device text default null,
    p_source text default '192.0.2.1',
    p_device_at timestamptz default null,
    p_device_since timestamptz default null,
    out session_id bigint,
    out last_sign_in_at timestamptz,
    out last_sign_in_client inet,
    out failures_since integer,
    out began_at timestamptz,
    out device_since timestamptz
)
language plpgsql
as $$
declare
    v_row test.reservation := test.reserve(p_name, p_source, p_device);
begin
    select s.session_id, s.last_sign_in_at, s.last_sign_in_client,
           s.failures_since, s.began_at, s.device_since
    into session_id, last_sign_in_at, last_sign_in_client, failures_since,
         began_at, device_since
    from gatehouse.sign_in_succeed(
        v_row.account_id, v_row.credential_version, test.key(p_name),
        test.key(p_device), array[test.key(p_source)], test.key(p_token),
        test.ref(p_token), test.key('binding of ' || p_token),
        test.key(p_old_token), p_source::inet, 'Browser/1', 'public',
        gen_random_uuid(), 'node1', '30 minutes', '12 hours',
        p_max_sessions, null, p_device_at, p_device_since) s;
end
$$;

create function test.state(p_token text)
returns text
language sql
return (select f.state from gatehouse.session_find(test.key(p_token)) as f);

create function test.finish(p_token text, p_reason text default 'logout')
returns boolean
language sql
as $$
select e.was_live
from gatehouse.session_end(test.key(p_token), p_reason, '192.0.2.1',
                           'Browser/1', 'public', gen_random_uuid(), 'node1')
     as e
$$;

create function test.dead_use(p_token text)
returns text
language sql
as $$
select gatehouse.session_dead_use(test.key(p_token), '192.0.2.9', 'Browser/2',
                                  'public', gen_random_uuid(), 'node1')
$$;

-- Moves a session into the past, as if made and seen so much earlier. No
-- test of changes by hand: it says that it is a function.
create function test.age(p_token text, p_age interval)
returns void
language plpgsql
as $$
begin
    perform set_config('session_replication_role', 'replica', true),
            set_config('role', 'gatehouse_owner', true),
            set_config('gatehouse.act', 'test', true);
    update gatehouse_data.session s
    set created_at = s.created_at - p_age,
        authenticated_at = s.authenticated_at - p_age,
        last_seen_at = s.last_seen_at - p_age,
        expires_at = s.expires_at - p_age,
        ended_at = s.ended_at - p_age,
        dead_use_at = s.dead_use_at - p_age,
        device_since = s.device_since - p_age
    where s.token_hash = test.key(p_token);
    perform set_config('gatehouse.act', '', true),
            set_config('role', 'none', true),
            set_config('session_replication_role', 'origin', true);
end
$$;

-- The same for all counters.
create function test.age_throttle(p_age interval)
returns void
language sql
as $$
update gatehouse_data.throttle t
set window_at = t.window_at - p_age,
    attempted_at = t.attempted_at - p_age,
    blocked_until = t.blocked_until - p_age,
    told_at = t.told_at - p_age
$$;

-- Events since the last call, as one text: name(reason) in order.
create table test.mark (event_id bigint not null);
insert into test.mark values (0);
grant all on test.mark to public;
create function test.events()
returns text
language plpgsql
as $$
declare
    v_text text;
begin
    select string_agg(
        e.event || coalesce('(' || e.reason || ')', ''), ' '
        order by e.event_id)
    into v_text
    from gatehouse_audit.event e
    where e.event_id > (select m.event_id from test.mark m);
    update test.mark
    set event_id = (select coalesce(max(e.event_id), 0)
                    from gatehouse_audit.event e);
    return v_text;
end
$$;

create function test.event(p_event text)
returns gatehouse_audit.event
language sql
return (
    select e
    from gatehouse_audit.event e
    where e.event = p_event
    order by e.event_id desc
    limit 1
);
