-- SPDX-License-Identifier: Apache-2.0
--
-- The end of an attempt that failed: what is counted, closed and told. Also of a
-- guess at the current password behind the form for a new one.

create or replace function gatehouse_data.guess_fail(
    p_event text,
    p_name_key bytea,
    p_account_id bigint,
    p_reason text,
    p_is_first_refusal boolean,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text,
    p_session bytea
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_is_first constant boolean := coalesce(p_is_first_refusal, false);
    v_name text;
    v_rule gatehouse_data.throttle_rule;
    v_slot bigint;
    v_events text[] := '{}';
    v_repeats bigint;
    v_event text;
begin
    if p_reason is null
       or p_reason not in ('unknown', 'wrong', 'disabled', 'locked',
                           'throttled', 'source', 'closed', 'malformed',
                           'abandoned')
       or (octet_length(p_name_key) = 32) is not true
    then
        raise exception using
            errcode = 'GH003',
            message = 'no such reason for a failure, or no key of the name';
    end if;

    select a.name
    into v_name
    from gatehouse_data.account a
    where a.account_id = p_account_id;
    select r.*
    into v_rule
    from gatehouse_data.throttle_rule r
    where r.kind = case when v_name is null then 'name' else 'account' end;
    v_slot := case when v_name is null
              then gatehouse_data.throttle_slot(p_name_key, v_rule.slots)
              else p_account_id end;

    if p_reason = 'source' then
        -- Only the first of many is told; their number stands in throttle.
        if v_is_first then
            v_events := array[p_event,
                              'excess_rate_limit_exceeded'];
        end if;
    elsif p_reason in ('throttled', 'closed') then
        -- One row a minute tells of all refusals since the one before.
        update gatehouse_data.throttle t
        set told_at = v_now,
            untold = 0
        from (
            select o.kind, o.slot, o.untold
            from gatehouse_data.throttle o
            where o.kind = v_rule.kind
              and o.slot = v_slot
              and (o.kind = 'account' or o.key_hash = p_name_key)
            for no key update
        ) as o
        where t.kind = o.kind
          and t.slot = o.slot
          and o.untold > 0
          and (v_is_first or t.told_at is null
               or t.told_at <= v_now - interval '1 minute')
        returning o.untold into v_repeats;
        if found then
            v_events := array[p_event];
            if v_is_first and p_reason = 'throttled' then
                v_events := v_events || 'authn_login_fail_max'::text;
            end if;
        end if;
    else
        v_events := array[p_event];
    end if;

    -- Closed by this failure? Whoever sets the instant tells of it.
    update gatehouse_data.throttle t
    set closed_at = v_now
    where t.kind = v_rule.kind
      and t.slot = v_slot
      and (t.kind = 'account' or t.key_hash = p_name_key)
      and t.failures >= v_rule.close_after
      and t.closed_at is null;
    if found then
        v_events := v_events || 'authn_login_lock'::text;
    end if;

    foreach v_event in array v_events
    loop
        perform gatehouse_audit.append(
            p_event => v_event,
            p_outcome => 'failure',
            p_account_id => case when v_name is null then null
                                 else p_account_id end,
            p_account => coalesce(v_name, encode(p_name_key, 'hex')),
            p_session => p_session,
            p_client => p_client,
            p_user_agent => p_user_agent,
            p_reason => case v_event when 'authn_login_lock' then 'maxretries'
                                     else p_reason end,
            p_entry => p_entry,
            p_exchange => p_exchange,
            p_node => p_node,
            p_detail => case when v_event = p_event
                                  and v_repeats is not null
                        then jsonb_build_object('repeats', v_repeats) end
        );
    end loop;
end
$$;
comment on function gatehouse_data.guess_fail(
    text, bytea, bigint, text, boolean, inet, text, text, uuid, text, bytea
) is
'Writes that a password was not the right one, or could not be tried: p_event,
and what follows for the limits. For sign_in_fail and password_change_fail.';

create function gatehouse.sign_in_fail(
    p_name_key bytea,
    p_account_id bigint,
    p_reason text,
    p_is_first_refusal boolean,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_data.guess_fail(
        'authn_login_fail', p_name_key, p_account_id, p_reason,
        p_is_first_refusal, p_client, p_user_agent, p_entry, p_exchange,
        p_node, null);
end
$$;
comment on function gatehouse.sign_in_fail(
    bytea, bigint, text, boolean, inet, text, text, uuid, text
) is
'Gateway: a sign-in was refused. Reasons: unknown, wrong, disabled, locked,
malformed; abandoned: counted, and nobody waited for the answer; throttled,
source, closed for the refusals account, source, closed of sign_in_reserve.
Writes authn_login_fail, for refusals once a minute with detail.repeats; with
the first refusal authn_login_fail_max or excess_rate_limit_exceeded;
authn_login_lock when a hundred failures in a row have closed the account to
strangers. GH003 malformed.';
