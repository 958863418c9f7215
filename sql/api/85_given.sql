-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: what becomes of sessions when a change only gives. What that
-- is stands in 79_rights.sql.

create function gatehouse.policy_given(
    p_actor text,
    p_on_given text default null
)
returns table (on_given text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_before text;
    v_after text;
begin
    perform gatehouse_data.policy_begin('policy_given', p_actor);
    select s.on_given
    into v_before
    from gatehouse_data.policy_state s;
    v_after := coalesce(p_on_given, v_before);
    if v_after is distinct from v_before then
        update gatehouse_data.policy_state s
        set on_given = v_after;
        perform gatehouse_audit.append(
            p_event => 'privilege_permissions_changed',
            p_outcome => 'success',
            p_actor => gatehouse_data.claim('actor'),
            p_detail => jsonb_build_object(
                'table', 'gatehouse_data.policy_state',
                'operation', 'update',
                'before', jsonb_build_object('on_given', v_before),
                'after', jsonb_build_object('on_given', v_after)
            )
        );
    end if;
    perform gatehouse_data.policy_end();
    return query
    select v_after;
exception
    when check_violation then
        raise exception using
            errcode = 'GH003',
            message = 'policy given is end or renew',
            hint = 'renew: sessions go on, and get a new token';
end
$$;
comment on function gatehouse.policy_given(text, text) is
'Administration: what a change that only gives does to the sessions that it
concerns, end or renew; null leaves it as it is. Gives what holds. GH003
malformed.';
