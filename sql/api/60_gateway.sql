-- SPDX-License-Identifier: Apache-2.0
--
-- What else the gateway calls: which schema this is, a password hashed anew
-- after a sign-in, and the upkeep of tables that would otherwise grow or end.

create function gatehouse.gateway_hello(
    p_node text,
    p_version text
)
returns table (
    schema_version integer,
    now timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if (char_length(p_node) between 1 and 128) is not true
       or (char_length(p_version) between 1 and 64) is not true
    then
        raise exception using
            errcode = 'GH003',
            message = 'a gateway has a name and a version';
    end if;
    return query
    select coalesce(max(m.version), 0), clock_timestamp()
    from gatehouse_data.migration m;
end
$$;
comment on function gatehouse.gateway_hello(text, text) is
'Gateway: the first call on a connection. Gives the number of the last
migration and the database''s time.';

create function gatehouse.password_rehash(
    p_account_id bigint,
    p_credential_version bigint,
    p_password_hash text,
    p_pepper_id text,
    p_mac bytea
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_done boolean;
begin
    perform gatehouse_data.act('password_rehash');
    update gatehouse_data.credential c
    set password_hash = p_password_hash,
        pepper_id = p_pepper_id,
        mac = p_mac
    where c.account_id = p_account_id
      and c.version = p_credential_version;
    v_is_done := found;
    perform gatehouse_data.act('');
    return v_is_done;
exception
    when check_violation or not_null_violation then
        raise exception using
            errcode = 'GH003',
            message = 'malformed credential';
end
$$;
comment on function gatehouse.password_rehash(
    bigint, bigint, text, text, bytea
) is
'Gateway: the same password, hashed with today''s cost or key, after it was
right. Call it after sign_in_succeed, which wants the version that was
verified. False: the credential has changed since. Sessions stay. GH003
malformed.';

create or replace function gatehouse_data.sessions_live_about(
    p_now timestamptz
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    -- 32 MiB are read at most, which hold some 100,000 sessions.
    v_percent constant double precision := 100 * least(1, 33554432.0
        / greatest(pg_relation_size('gatehouse_data.session'), 1));
    v_found bigint;
begin
    select count(*)
    into v_found
    from gatehouse_data.session s tablesample system (v_percent)
    where s.ended_at is null
      and s.expires_at > p_now
      and s.last_seen_at + s.idle > p_now;
    return round(v_found * 100 / v_percent);
end
$$;
comment on function gatehouse_data.sessions_live_about(timestamptz) is
'How many sessions have not ended nor run out: counted while the table is
small, from a sample of its pages when it is not.';

create function gatehouse.maintain(p_node text)
returns table (
    sessions_ended integer,
    sessions_removed integer,
    partitions_made integer,
    sessions_live bigint,
    guards_off integer,
    guards_off_now text,
    guards_on_again text
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_now constant timestamptz := clock_timestamp();
    v_session gatehouse_data.session;
    v_account gatehouse_data.account;
    v_state text;
    v_over_at timestamptz;
begin
    sessions_ended := 0;
    sessions_removed := 0;
    partitions_made := 0;
    -- One at a time; the others have nothing to do.
    perform
    from gatehouse_data.lock l
    where l.name = 'maintain'
    for update skip locked;
    if not found then
        return next;
        return;
    end if;

    perform gatehouse_data.act('maintain');
    select g.off_now, g.on_again, g.n_off
    into guards_off_now, guards_on_again, guards_off
    from gatehouse_data.guards_look(p_node) g;
    partitions_made := gatehouse_audit.partitions_ahead(v_now);
    sessions_live := gatehouse_data.sessions_live_about(v_now);
    -- First: it looks at many, and no row is held meanwhile.
    sessions_ended := gatehouse_data.sessions_sweep(v_now, p_node);

    for v_session in
        with due as materialized (
            select s.session_id
            from gatehouse_data.session s
            where s.ended_at is null
              and s.expires_at <= v_now
            order by s.expires_at
            limit 500
        )
        select s.*
        from gatehouse_data.session s
        join due d on d.session_id = s.session_id
        where s.ended_at is null
        order by s.session_id
        for no key update of s skip locked
    loop
        select a.*
        into v_account
        from gatehouse_data.account a
        where a.account_id = v_session.account_id;
        select j.state, j.over_at
        into v_state, v_over_at
        from gatehouse_data.session_judge(v_session, v_account.status, v_now)
             j;
        continue when v_state = 'live';
        perform gatehouse_data.session_mark(
            v_session, v_account.name, v_state, v_over_at, null, null, null,
            null, null, p_node);
        sessions_ended := sessions_ended + 1;
    end loop;

    with old as materialized (
        select s.session_id
        from gatehouse_data.session s
        where s.expires_at < v_now - interval '30 days'
          and s.ended_at is not null
        order by s.expires_at
        limit 1000
        for update skip locked
    )
    delete from gatehouse_data.session s
    using old o
    where s.session_id = o.session_id;
    get diagnostics sessions_removed = row_count;

    perform gatehouse_data.session_data_sweep(v_now);

    with old as materialized (
        select w.writer
        from gatehouse_data.access_writer w
        where w.written_at < v_now - interval '7 days'
        for update skip locked
    )
    delete from gatehouse_data.access_writer w
    using old o
    where w.writer = o.writer;

    -- Only what every transaction under way began after.
    with old as materialized (
        select c.change_id
        from gatehouse_data.change c
        where c.made_at < v_now - interval '10 minutes'
          and c.transaction < pg_snapshot_xmin(pg_current_snapshot())
        order by c.transaction
        limit 50000
    ),
    gone as (
        delete from gatehouse_data.change c
        using old o
        where c.change_id = o.change_id
        returning c.transaction
    )
    update gatehouse_data.change_state s
    set pruned = g.newest
    from (
        select max(gone.transaction) as newest
        from gone
    ) as g
    where g.newest > s.pruned;

    -- Last: it keeps the policy locked, and has what is left of one of the two
    -- seconds that a gateway's statement has.
    perform gatehouse_data.reviews_due(v_now, v_now + interval '1 second');
    perform gatehouse_data.act('');
    return next;
end
$$;
comment on function gatehouse.maintain(text) is
'Gateway and administration, once a minute: marks up to 500 sessions that have
run out, and up to 500 of which the rights changed (session_expired) among the
next 10000 that have not, removes up to 1000 that ended a month ago, the data
of those that ended ten minutes ago, and writers of access records that have
been silent for a week, makes the audit trail''s partitions for the next three
months, cuts off the change feed behind ten minutes, closes access reviews that
are due, and tells the trail of guards that are off, or on again. Gives how many
sessions are live (of very many, about) and guards off, and the names of those
guards. Zeros and nulls when another one is at it.';
