-- SPDX-License-Identifier: Apache-2.0
--
-- Signing in: reserve, then (in the gateway) verify, then succeed, or fail
-- (41_sign_in_fail). A reservation counts as a failure until sign_in_succeed
-- gives it back. All three do the same work for a name that somebody has and
-- for one that nobody has: the same statements, as many rows.

create function gatehouse.sign_in_reserve(
    p_name text,
    p_name_key bytea,
    p_device_key bytea,
    p_device_at timestamptz,
    p_source inet,
    p_source_keys bytea[]
)
returns table (
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
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant timestamptz := clock_timestamp();
    v_account gatehouse_data.account;
    v_credential gatehouse_data.credential;
    v_rule gatehouse_data.throttle_rule;
    v_row gatehouse_data.throttle;
    v_stop gatehouse_data.throttle;
    v_counted bigint[] := '{}';
    v_slot bigint;
    v_key bytea;
    v_is_device boolean := false;
begin
    if p_name is null or octet_length(p_name) > 1024
       or p_source is null
       or (octet_length(p_name_key) = 32) is not true
       or octet_length(p_device_key) <> 32
       or (p_device_key is null) <> (p_device_at is null)
       or (cardinality(p_source_keys) between 1 and 8) is not true
       or exists (
           select
           from unnest(p_source_keys) as k (key)
           where (octet_length(k.key) = 32) is not true
       )
    then
        raise exception using
            errcode = 'GH003',
            message = 'keys have 32 bytes, there are 1 to 8 of the source, '
                      'and a browser is known since an instant';
    end if;

    select a.*
    into v_account
    from gatehouse_data.account a
    where a.name = p_name;
    select c.*
    into v_credential
    from gatehouse_data.credential c
    where c.account_id = v_account.account_id;

    -- Sources, in the order of their slots. Two keys in one slot are one.
    select r.*
    into v_rule
    from gatehouse_data.throttle_rule r
    where r.kind = 'source';
    for v_slot, v_key in
        select distinct on (k.slot) k.slot, k.key
        from (
            select gatehouse_data.throttle_slot(u.key, v_rule.slots), u.key
            from unnest(p_source_keys) as u (key)
        ) as k (slot, key)
        order by k.slot, k.key
    loop
        v_row := gatehouse_data.throttle_count(v_rule, v_slot, v_key, v_now);
        if v_row.refused = 0 then
            v_counted := v_counted || v_slot;
        elsif v_stop.kind is null
              or v_row.blocked_until > v_stop.blocked_until
        then
            v_stop := v_row;
        end if;
    end loop;

    if v_stop.kind is not null then
        -- What one network tries in vain is no attempt of its neighbours.
        update gatehouse_data.throttle t
        set attempts = t.attempts - 1,
            failures = greatest(t.failures - 1, 0),
            blocked_until = null
        where t.kind = 'source'
          and t.slot = any (v_counted)
          and t.attempts > 0;
    else
        -- A browser that signed in before has a lane of its own.
        if gatehouse_data.device_counts(v_account.account_id, p_device_at,
                                        v_now)
        then
            select r.*
            into v_rule
            from gatehouse_data.throttle_rule r
            where r.kind = 'device';
            v_row := gatehouse_data.throttle_count(
                v_rule,
                gatehouse_data.throttle_slot(p_device_key, v_rule.slots),
                p_device_key, v_now);
            v_is_device := v_row.refused = 0;
        end if;

        select r.*
        into v_rule
        from gatehouse_data.throttle_rule r
        where r.kind = case when v_account.account_id is null then 'name'
                            else 'account' end;
        v_slot := coalesce(v_account.account_id,
                           gatehouse_data.throttle_slot(p_name_key,
                                                        v_rule.slots));
        if v_is_device then
            -- Failures in a row are those of all lanes.
            insert into gatehouse_data.throttle as t (
                kind, slot, key_hash, attempts, failures, window_at,
                attempted_at
            )
            values (v_rule.kind, v_slot, p_name_key, 0, 1, v_now, v_now)
            on conflict on constraint throttle_kind_slot_key do update
            set failures = t.failures + 1;
        else
            v_row := gatehouse_data.throttle_count(v_rule, v_slot, p_name_key,
                                                   v_now);
            if v_row.refused > 0 then
                v_stop := v_row;
            end if;
        end if;
    end if;

    is_allowed := v_stop.kind is null;
    refusal := case
        when is_allowed then null
        when v_stop.kind = 'source' then 'source'
        when v_stop.failures >= v_rule.close_after then 'closed'
        else 'account'
    end;
    retry_after := case
        when refusal in ('source', 'account')
        then greatest(1, ceil(extract(epoch from
                                      v_stop.blocked_until - v_now)))
        else 0
    end;
    is_first_refusal := not is_allowed and v_stop.refused = 1;
    account_id := v_account.account_id;
    account_name := v_account.name;
    status := v_account.status;
    if is_allowed then
        password_hash := v_credential.password_hash;
        pepper_id := v_credential.pepper_id;
        credential_mac := v_credential.mac;
        credential_version := v_credential.version;
    end if;
    return next;
end
$$;
comment on function gatehouse.sign_in_reserve(
    text, bytea, bytea, timestamptz, inet, bytea[]
) is
'Gateway: counts an attempt to sign in before its password is verified, and
gives what is needed to verify it, in one row. Takes the canonical name, keyed
hashes of the name, of the browser (null: not a known one) and of the networks
of the source; p_device_at: when the browser last signed in to the account,
which makes it known for 180 days and until the password is another one.
refusal: null, account, source (a network has too many) or
closed; retry_after: seconds, 0 when there is no time to tell;
is_first_refusal: nobody was told yet. Refused: no credential. A name that
nobody has: allowed or not like any other, with nulls. GH003 malformed.';

create function gatehouse.sign_in_succeed(
    p_account_id bigint,
    p_credential_version bigint,
    p_name_key bytea,
    p_device_key bytea,
    p_source_keys bytea[],
    p_token_hash bytea,
    p_reference bytea,
    p_binding bytea,
    p_old_token_hash bytea,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text,
    p_idle interval,
    p_absolute interval,
    p_max_sessions integer,
    p_device text default null,
    p_device_at timestamptz default null,
    p_device_since timestamptz default null
)
returns table (
    session_id bigint,
    last_sign_in_at timestamptz,
    last_sign_in_client inet,
    failures_since integer,
    began_at timestamptz,
    sessions_over integer,
    device_since timestamptz
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_account gatehouse_data.account;
    v_version bigint;
    v_session gatehouse_data.session;
    v_state text;
    v_over_at timestamptz;
    v_live gatehouse_data.session[] := '{}';
    v_untold bigint;
    v_old_session_id constant bigint :=
        gatehouse_data.session_of(p_old_token_hash);
    v_policy bigint;
    v_turns_at timestamptz;
    v_is_known boolean;
begin
    if (octet_length(p_name_key) = 32) is not true
       or octet_length(p_device_key) <> 32
       or (p_device_at is null) <> (p_device_since is null)
       or (cardinality(p_source_keys) between 1 and 8) is not true
       or (octet_length(p_token_hash) = 32) is not true
       or (octet_length(p_reference) = 16) is not true
       or (octet_length(p_binding) = 32) is not true
       or (p_max_sessions between 1 and 100) is not true
       or (p_idle between interval '1 minute' and interval '30 days')
          is not true
       or (p_absolute between interval '5 minutes' and interval '30 days')
          is not true
    then
        raise exception using
            errcode = 'GH003',
            message = 'a sign-in needs keys and hashes of 32 bytes, a '
                      'reference of 16, and limits within their bounds';
    end if;

    -- From here on nobody else signs in to, disables or renames the account.
    select a.*
    into v_account
    from gatehouse_data.account a
    where a.account_id = p_account_id
    for no key update;
    select c.version
    into v_version
    from gatehouse_data.credential c
    where c.account_id = p_account_id
    for share;
    if v_account.status is distinct from 'active'
       or p_credential_version is null
       or v_version is distinct from p_credential_version
    then
        raise exception using
            errcode = 'GH002',
            message = 'conflict: the account changed while it signed in';
    end if;
    v_now := clock_timestamp();
    began_at := v_now;
    v_is_known := gatehouse_data.device_counts(p_account_id, p_device_at,
                                               v_now);
    -- A clock that was set back must not stand in anybody's way.
    device_since := case when v_is_known then least(p_device_since, v_now)
                         else v_now end;
    perform gatehouse_data.act('sign_in_succeed');

    -- The browser's last session, whoever's it was, and what has run out. By
    -- their numbers: of an "or", the plan would be made anew each time.
    for v_session in
        select s.*
        from gatehouse_data.session s
        where s.ended_at is null
          and s.session_id = any (array(
              select o.session_id
              from gatehouse_data.session o
              where o.account_id = p_account_id
                and o.ended_at is null
          ) || v_old_session_id)
        order by s.session_id
        for no key update
    loop
        select j.state, j.over_at
        into v_state, v_over_at
        from gatehouse_data.session_judge(v_session, 'active', v_now) j;
        if v_state <> 'live' then
            perform gatehouse_data.session_mark(
                v_session, (
                    select a.name
                    from gatehouse_data.account a
                    where a.account_id = v_session.account_id
                ), v_state, v_over_at);
        elsif v_session.session_id = v_old_session_id then
            -- Signing in once more makes no browser known.
            v_is_known := v_is_known
                          and (v_session.account_id <> p_account_id
                               or v_session.device_since is not null);
            perform gatehouse_data.session_mark(
                v_session, (
                    select a.name
                    from gatehouse_data.account a
                    where a.account_id = v_session.account_id
                ), 'replaced', v_now, null, p_client, p_user_agent,
                p_entry, p_exchange, p_node);
        else
            v_live := v_live || v_session;
        end if;
    end loop;

    update gatehouse_data.account a
    set last_sign_in_at = v_now,
        last_sign_in_client = p_client
    where a.account_id = p_account_id;

    -- Counters last: their rows are shared with other accounts' sign-ins.
    perform gatehouse_data.throttle_give_back(p_source_keys);
    if p_device_key is not null then
        delete from gatehouse_data.throttle t
        where t.kind = 'device'
          and t.key_hash = p_device_key
          and t.slot = gatehouse_data.throttle_slot(p_device_key, (
              select r.slots
              from gatehouse_data.throttle_rule r
              where r.kind = 'device'
          ));
    end if;
    delete from gatehouse_data.throttle t
    where t.kind = 'account'
      and t.slot = p_account_id
    returning greatest(t.failures - 1, 0), t.untold
    into failures_since, v_untold;
    failures_since := coalesce(failures_since, 0);
    last_sign_in_at := v_account.last_sign_in_at;
    last_sign_in_client := v_account.last_sign_in_client;
    select p.version, gatehouse_data.session_turns_at(
        p_account_id, p.version, v_now, v_now)
    into v_policy, v_turns_at
    from gatehouse_data.policy_state p;
    -- What came before is kept with the session, so that its owner can be told
    -- at any time. In one statement: each one that changes a table has all of
    -- the table's checks read anew.
    insert into gatehouse_data.session as s (
        token_hash, reference, binding, account_id, created_at,
        authenticated_at, last_seen_at, idle, absolute, expires_at, client,
        user_agent, entry, node, previous_at, previous_client,
        failures_before, rights_version, rights_at, turns_at, device_since
    )
    values (
        p_token_hash, p_reference, p_binding, p_account_id, v_now, v_now,
        v_now, p_idle, p_absolute, v_now + p_absolute, p_client,
        left(coalesce(p_user_agent, ''), 512),
        left(coalesce(p_entry, ''), 64), left(coalesce(p_node, ''), 128),
        v_account.last_sign_in_at, v_account.last_sign_in_client,
        failures_since,
        coalesce(v_policy, 0), v_now, v_turns_at,
        case when v_is_known then device_since end
    )
    returning s.session_id into session_id;
    if p_client is not null and p_device is not null then
        insert into gatehouse_data.session_place (
            session_id, network, device, first_seen_at
        )
        values (
            session_id, gatehouse_data.network_of(p_client),
            left(p_device, 64), v_now
        );
    end if;
    if v_old_session_id is not null then
        perform gatehouse_data.session_data_carry(v_old_session_id,
                                                  session_id);
    end if;

    perform gatehouse_audit.append(
        p_event => case failures_since
                   when 0 then 'authn_login_success'
                   else 'authn_login_successafterfail' end,
        p_outcome => 'success',
        p_account_id => p_account_id,
        p_account => v_account.name,
        p_session => p_reference,
        p_client => p_client,
        p_user_agent => p_user_agent,
        p_entry => p_entry,
        p_exchange => p_exchange,
        p_node => p_node,
        p_detail => case when failures_since > 0 or v_untold > 0
                    then jsonb_build_object('failures', failures_since,
                                            'refused', v_untold) end
    );
    perform gatehouse_audit.append(
        p_event => 'session_created',
        p_outcome => 'success',
        p_account_id => p_account_id,
        p_account => v_account.name,
        p_session => p_reference,
        p_client => p_client,
        p_user_agent => p_user_agent,
        p_entry => p_entry,
        p_exchange => p_exchange,
        p_node => p_node,
        p_detail => jsonb_build_object('idle', p_idle, 'absolute', p_absolute)
    );

    -- Too many: the oldest end. session_id grows with created_at, because
    -- the account is locked.
    sessions_over := greatest(0, cardinality(v_live) + 1 - p_max_sessions);
    if sessions_over > 0 then
        for v_session in
            select l.*
            from unnest(v_live) as l
            order by l.session_id
            limit sessions_over
        loop
            perform gatehouse_data.session_mark(
                v_session, v_account.name, 'limit', v_now, null, p_client,
                p_user_agent, p_entry, p_exchange, p_node);
        end loop;
        perform gatehouse_audit.append(
            p_event => 'excess_sessions_exceeded',
            p_outcome => 'success',
            p_account_id => p_account_id,
            p_account => v_account.name,
            p_session => p_reference,
            p_client => p_client,
            p_user_agent => p_user_agent,
            p_entry => p_entry,
            p_exchange => p_exchange,
            p_node => p_node,
            p_detail => jsonb_build_object('limit', p_max_sessions,
                                           'ended', sessions_over)
        );
    end if;
    perform gatehouse_data.act('');
    return next;
end
$$;
comment on function gatehouse.sign_in_succeed(
    bigint, bigint, bytea, bytea, bytea[], bytea, bytea, bytea, bytea, inet,
    text, text, uuid, text, interval, interval, integer, text, timestamptz,
    timestamptz
) is
'Gateway: after the password was verified, begins the session. Gives back what
sign_in_reserve counted, forgets the account''s failures, ends the session
that the browser had (p_old_token_hash), whose data it takes over when it was
the same account''s, and the oldest over p_max_sessions, writes the events.
p_device is the browser in words; p_device_at and p_device_since: what its
marker says, when the browser last signed in to the account, and since when it
is known there. began_at: when the session began; sessions_over: how many ended
because there were too many; device_since: since when the browser is known from
now on, which is began_at when its marker does not count (as in
sign_in_reserve). The session has that when the browser was known, but never
more than a live one of the same account that it takes the place of. GH002: the
account is not active any more, or its credential is another than was verified;
then nothing has happened and the attempt stays counted. GH003 malformed.';
