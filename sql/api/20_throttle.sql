-- SPDX-License-Identifier: Apache-2.0
--
-- Guessing limits, internal: how a counter goes from one attempt to the next,
-- as a function without side effects, and where a key is counted. Called by
-- the functions of sign-in only. Locks on counters are always taken in the
-- order source (by slot), device, account or name; and after those on
-- accounts, credentials and sessions.

-- Has no search_path of its own, so that it becomes a part of what calls it.
create or replace function gatehouse_data.throttle_slot(
    p_key_hash bytea,
    p_slots bigint
)
returns bigint
language sql
immutable
return ('x' || encode(substring(p_key_hash from 1 for 6), 'hex'))::bit(48)
       ::bigint % p_slots;
comment on function gatehouse_data.throttle_slot(bytea, bigint) is
'The slot of a key; keys are keyed hashes, so nobody can choose it.';

create or replace function gatehouse_data.throttle_next(
    p_row gatehouse_data.throttle,
    p_rule gatehouse_data.throttle_rule,
    p_key_hash bytea,
    p_now timestamptz
)
returns gatehouse_data.throttle
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row gatehouse_data.throttle := p_row;
    v_is_over constant boolean :=
        p_row.window_at + p_rule.free_window <= p_now;
begin
    if p_row.kind <> 'account' and p_row.key_hash <> p_key_hash then
        -- Somebody else's slot until now.
        v_row.attempts := 0;
        v_row.failures := 0;
        v_row.untold := 0;
        v_row.told_at := null;
        v_row.closed_at := null;
    elsif p_row.attempted_at + p_rule.forget_after <= p_now
          -- The clock was ahead, by more than a statement may wait: who was
          -- told to wait would wait for it.
          or p_row.attempted_at > p_now + interval '1 minute'
          or (v_is_over and (p_rule.first_delay is null
                             or p_row.attempts < p_rule.free_attempts))
    then
        v_row.attempts := 0;
    end if;
    v_row.key_hash := p_key_hash;

    if v_row.attempts = 0 then
        v_row.window_at := p_now;
        v_row.blocked_until := null;
    end if;

    if v_row.failures >= p_rule.close_after
       or (v_row.attempts >= p_rule.free_attempts
           and v_row.blocked_until > p_now)
    then
        v_row.refused := p_row.refused + 1;
        v_row.untold := v_row.untold + 1;
        return v_row;
    end if;

    v_row.attempts := v_row.attempts + 1;
    v_row.failures := v_row.failures + 1;
    v_row.refused := 0;
    v_row.attempted_at := p_now;
    if v_row.attempts >= p_rule.free_attempts then
        v_row.blocked_until := case
            when p_rule.first_delay is null
            then v_row.window_at + p_rule.free_window
            else p_now + least(
                p_rule.longest_delay,
                p_rule.first_delay * (2.0 ^ least(
                    v_row.attempts - p_rule.free_attempts, 20))
                    ::double precision)
        end;
    end if;
    return v_row;
end
$$;
comment on function gatehouse_data.throttle_next(
    gatehouse_data.throttle, gatehouse_data.throttle_rule, bytea, timestamptz
) is
'The counter after one more attempt at an instant. Admitted: refused is 0 and
the attempt is counted, as if it would fail. Refused: refused is raised, and
nothing else changes but untold. Refusals are no attempts.';

create or replace function gatehouse_data.throttle_count(
    p_rule gatehouse_data.throttle_rule,
    p_slot bigint,
    p_key_hash bytea,
    p_now timestamptz
)
returns gatehouse_data.throttle
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row gatehouse_data.throttle;
begin
    insert into gatehouse_data.throttle as t (
        kind, slot, key_hash, attempts, failures, window_at, attempted_at
    )
    values (p_rule.kind, p_slot, p_key_hash, 1, 1, p_now, p_now)
    on conflict on constraint throttle_kind_slot_key do update
    set (key_hash, attempts, failures, refused, untold, window_at,
         attempted_at, blocked_until, closed_at, told_at) = (
        select n.key_hash, n.attempts, n.failures, n.refused, n.untold,
               n.window_at, n.attempted_at, n.blocked_until, n.closed_at,
               n.told_at
        from gatehouse_data.throttle_next(t, p_rule, p_key_hash, p_now) as n
    )
    returning t.* into v_row;
    return v_row;
end
$$;
comment on function gatehouse_data.throttle_count(
    gatehouse_data.throttle_rule, bigint, bytea, timestamptz
) is
'Counts one attempt, in one statement under the row''s lock, and gives the
counter: admitted when refused is 0.';

create or replace function gatehouse_data.throttle_give_back(
    p_source_keys bytea[]
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rule gatehouse_data.throttle_rule;
begin
    select r.*
    into v_rule
    from gatehouse_data.throttle_rule r
    where r.kind = 'source';

    with mine as materialized (
        select t.slot
        from gatehouse_data.throttle t
        join unnest(p_source_keys) as k (key)
            on t.slot = gatehouse_data.throttle_slot(k.key, v_rule.slots)
           and t.key_hash = k.key
        where t.kind = 'source'
        order by t.slot
        for no key update of t
    )
    update gatehouse_data.throttle t
    set attempts = greatest(t.attempts - 1, 0),
        failures = greatest(t.failures - 1, 0),
        blocked_until = null
    from mine
    where t.kind = 'source'
      and t.slot = mine.slot;
end
$$;
comment on function gatehouse_data.throttle_give_back(bytea[]) is
'Gives the networks of a source the attempt back that was no failure.';

create or replace function gatehouse_data.device_counts(
    p_account_id bigint,
    p_device_at timestamptz,
    p_now timestamptz
)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Said first, so that the rest is planned once.
    if p_device_at is null then
        return false;
    end if;
    -- The same password hashed anew is no other.
    return coalesce(
        p_device_at > p_now - interval '180 days'
        and p_device_at > (
            select max(c.at)
            from gatehouse_data.credential_version c
            where c.account_id = p_account_id
              and c.act is distinct from 'password_rehash'
        ), false);
end
$$;
comment on function gatehouse_data.device_counts(
    bigint, timestamptz, timestamptz
) is
'Whether a browser that last signed in to an account at an instant is known
there: for 180 days, and no longer than the password.';
