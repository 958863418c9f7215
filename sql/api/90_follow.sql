-- SPDX-License-Identifier: Apache-2.0
--
-- What a gateway asks several times a second, so that it may remember: what
-- changed since it last asked, which policy there is, and what time it is.

create function gatehouse.follow(p_snapshot text)
returns table (
    snapshot text,
    now timestamptz,
    policy_version bigint,
    is_complete boolean,
    relations bigint[],
    row_ids bigint[]
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    c_most constant integer := 10000;
    -- Of the statement that calls: everything here is of that one snapshot.
    v_this constant pg_snapshot := pg_current_snapshot();
    v_last constant pg_snapshot := split_part(p_snapshot, '/', 1);
    v_oldest constant xid8 := pg_snapshot_xmin(v_last);
    -- When a server began tells it from every other one; when it last forgot
    -- its statistics, from itself before a crash: they are lost with it, and so
    -- may numbers be that no commit has used.
    v_server constant text :=
        date_part('epoch', pg_postmaster_start_time()) || ' '
        || date_part('epoch', pg_stat_get_bgwriter_stat_reset_time());
begin
    snapshot := v_this || '/' || v_server;
    now := clock_timestamp();
    select s.version
    into policy_version
    from gatehouse_data.policy_state s;

    -- After a restore the numbers of transactions begin somewhere else. One
    -- that took over may use those again that it had not heard of.
    select v_oldest > s.pruned
       and v_oldest <= pg_snapshot_xmin(v_this)
       and split_part(p_snapshot, '/', 2) = v_server
    into is_complete
    from gatehouse_data.change_state s;
    if is_complete then
        select
            array_agg(case c.relation when 'session' then 1::bigint
                                      when 'account' then 2
                                      else 0 end),
            array_agg(coalesce(c.row_id, 0)),
            count(*) <= c_most
        into relations, row_ids, is_complete
        from (
            select c.relation, c.row_id
            from gatehouse_data.change c
            where c.transaction >= v_oldest
              and not pg_visible_in_snapshot(c.transaction, v_last)
            order by c.transaction
            limit c_most + 1
        ) as c;
    end if;
    is_complete := coalesce(is_complete, false);
    if relations is null or not is_complete then
        relations := '{}';
        row_ids := '{}';
    end if;
    return next;
end
$$;
comment on function gatehouse.follow(text) is
'Gateway: what was committed between an earlier snapshot and this one. snapshot
is to be given back the next time; null the first time. It is of this server
since its start, or its last crash: of another one it says nothing. relations (0
everything, 1 a session, 2 an account) and row_ids say what must be asked for
anew; when is_complete is false that is everything. policy_version is null when
there is no policy. Channels gatehouse_change and gatehouse_policy have a hint
when it is worth asking.';
