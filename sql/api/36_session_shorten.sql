-- SPDX-License-Identifier: Apache-2.0
--
-- How long a session may be idle once it was used for a zone that says so.

create function gatehouse.session_shorten(
    p_session_id bigint,
    p_application_id bigint,
    p_client inet,
    p_user_agent text,
    p_entry text,
    p_exchange uuid,
    p_node text
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_held record;
    v_session gatehouse_data.session;
    v_application text;
    v_idle interval;
begin
    select a.name, z.session_idle
    into v_application, v_idle
    from gatehouse_data.application a
    join gatehouse_data.zone z on z.zone_id = a.zone_id
    where a.application_id = p_application_id;
    select h.*
    into v_held
    from gatehouse_data.session_hold(p_session_id) h;
    v_session := v_held.session;
    if v_held.state <> 'live' or (v_idle < v_session.idle) is not true then
        return v_held.state;
    end if;

    -- Until now it could be idle for longer. How long it was nobody knows:
    -- being refused here counts as a sign of life, too.
    if v_session.authenticated_at < v_held.at - v_idle then
        return 'confirm';
    end if;
    perform gatehouse_data.act('session_shorten');
    update gatehouse_data.session s
    set idle = v_idle,
        last_seen_at = greatest(s.last_seen_at, v_held.at)
    where s.session_id = p_session_id;
    perform gatehouse_audit.append(
        p_event => 'session_shortened',
        p_outcome => 'success',
        p_account_id => v_session.account_id,
        p_account => v_held.account,
        p_session => v_session.reference,
        p_client => p_client,
        p_user_agent => p_user_agent,
        p_application => v_application,
        p_entry => p_entry,
        p_exchange => p_exchange,
        p_node => p_node,
        p_detail => jsonb_build_object(
            'idle', gatehouse_data.policy_span(v_idle),
            'before', gatehouse_data.policy_span(v_session.idle))
    );
    perform gatehouse_data.act('');
    return 'live';
end
$$;
comment on function gatehouse.session_shorten(
    bigint, bigint, inet, text, text, uuid, text
) is
'Gateway: a session is about to be used for an application of a zone whose
sessions may not be idle for so long: from now on it may not either, which is an
event (session_shortened). Gives its state: live, or why it is over; confirm:
who it is signed in longer ago than that, and confirms first that it is them.';
