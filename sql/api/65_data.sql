-- SPDX-License-Identifier: Apache-2.0
--
-- Session data, for the gateway: give, store and delete a value; and what
-- becomes of the values of a session that has ended. Values come sealed; which
-- application a person may use was decided before.
--
-- Limits: 32 keys an application and session, or account; 1 MiB of values an
-- account, those of all its live sessions together. Whoever stores holds the
-- account's lock for it meanwhile, so that values that come at once cannot
-- get past them. Locks in the order that all others have: account, session;
-- the session's keeps it from ending before its value is there.

create or replace function gatehouse_data.session_data_reference(
    p_session_id bigint,
    p_account_id bigint
)
returns bytea
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(o.reference, s.reference)
        from gatehouse_data.session s
        join gatehouse_data.account a on a.account_id = s.account_id
        left join gatehouse_data.session_data_origin o
            on o.session_id = s.session_id
        where s.session_id = p_session_id
          and s.account_id = p_account_id
          and gatehouse_data.session_lives(s, a.status, clock_timestamp())
    );
end
$$;
comment on function gatehouse_data.session_data_reference(bigint, bigint) is
'What the values of a live session of the account are sealed for; null: there
is no such session.';

create function gatehouse.data_get(
    p_session_id bigint,
    p_account_id bigint,
    p_is_account boolean,
    p_application_id bigint,
    p_key text
)
returns table (
    reference bytea,
    media_type text,
    key_id text,
    nonce bytea,
    sealed bytea
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    reference := gatehouse_data.session_data_reference(p_session_id,
                                                       p_account_id);
    if reference is null then
        return;
    end if;
    if p_is_account then
        reference := null;
        select d.media_type, d.key_id, d.nonce, d.sealed
        into media_type, key_id, nonce, sealed
        from gatehouse_data.account_data d
        where d.account_id = p_account_id
          and d.application_id = p_application_id
          and d.key = p_key;
    else
        select d.media_type, d.key_id, d.nonce, d.sealed
        into media_type, key_id, nonce, sealed
        from gatehouse_data.session_data d
        where d.session_id = p_session_id
          and d.application_id = p_application_id
          and d.key = p_key;
    end if;
    return next;
end
$$;
comment on function gatehouse.data_get(bigint, bigint, boolean, bigint, text)
is
'Gateway: a sealed value of a live session, or of its account. reference is
what those of the session are sealed for; the others are null when there is no
value. No row: the session is over.';

create or replace function gatehouse_data.data_refusal(
    p_session_id bigint,
    p_account_id bigint,
    p_is_account boolean,
    p_application_id bigint,
    p_key text,
    p_length integer
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keys bigint;
    v_bytes bigint;
begin
    -- All that the account has, but for the value that is written over.
    select
        count(*) filter (where k.is_neighbour),
        coalesce(sum(k.length), 0)
    into v_keys, v_bytes
    from (
        select
            octet_length(d.sealed) - 16 as length,
            p_is_account and d.application_id = p_application_id
                as is_neighbour
        from gatehouse_data.account_data d
        where d.account_id = p_account_id
          and not (p_is_account and d.application_id = p_application_id
                   and d.key = p_key)
        union all
        select
            octet_length(d.sealed) - 16,
            not p_is_account and d.session_id = p_session_id
                and d.application_id = p_application_id
        from gatehouse_data.session_data d
        where d.account_id = p_account_id
          and d.dies_at is null
          and not (not p_is_account and d.session_id = p_session_id
                   and d.application_id = p_application_id
                   and d.key = p_key)
    ) as k;
    return case
        when v_keys >= 32 then 'keys'
        when v_bytes + p_length - 16 > 1048576 then 'full'
    end;
end
$$;
comment on function gatehouse_data.data_refusal(
    bigint, bigint, boolean, bigint, text, integer
) is
'Why a value of that sealed length cannot be stored: keys (32 of the
application), full (1 MiB of the account); null: it can.';

create function gatehouse.data_put(
    p_session_id bigint,
    p_account_id bigint,
    p_is_account boolean,
    p_application_id bigint,
    p_key text,
    p_reference bytea,
    p_media_type text,
    p_key_id text,
    p_nonce bytea,
    p_sealed bytea
)
returns table (
    outcome text,
    reference bytea
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    -- One value of an account at a time: all of them have one limit.
    perform
    from gatehouse_data.account a
    where a.account_id = p_account_id
    for no key update;
    perform
    from gatehouse_data.session s
    where s.session_id = p_session_id
    for share;

    reference := gatehouse_data.session_data_reference(p_session_id,
                                                       p_account_id);
    if reference is null then
        return;
    end if;
    if not p_is_account and p_reference is distinct from reference then
        outcome := 'elsewhere';
        return next;
        return;
    end if;
    outcome := gatehouse_data.data_refusal(
        p_session_id, p_account_id, p_is_account, p_application_id, p_key,
        octet_length(p_sealed));
    if outcome is not null then
        return next;
        return;
    end if;

    perform gatehouse_data.act('data_put');
    if p_is_account then
        insert into gatehouse_data.account_data as d (
            account_id, application_id, key, media_type, key_id, nonce,
            sealed
        )
        values (
            p_account_id, p_application_id, p_key, p_media_type, p_key_id,
            p_nonce, p_sealed
        )
        on conflict on constraint account_data_account_id_application_id_key_key
        do update
        set media_type = excluded.media_type,
            key_id = excluded.key_id,
            nonce = excluded.nonce,
            sealed = excluded.sealed,
            written_at = excluded.written_at;
    else
        insert into gatehouse_data.session_data as d (
            session_id, application_id, key, account_id, media_type, key_id,
            nonce, sealed
        )
        values (
            p_session_id, p_application_id, p_key, p_account_id,
            p_media_type, p_key_id, p_nonce, p_sealed
        )
        on conflict on constraint session_data_session_id_application_id_key_key
        do update
        set media_type = excluded.media_type,
            key_id = excluded.key_id,
            nonce = excluded.nonce,
            sealed = excluded.sealed,
            written_at = excluded.written_at;
    end if;
    perform gatehouse_data.act('');
    outcome := 'stored';
    return next;
exception
    when foreign_key_violation then
        -- The application or the account went meanwhile.
        raise exception using
            errcode = 'GH001',
            message = 'there is no such application';
    when check_violation or not_null_violation then
        raise exception using
            errcode = 'GH003',
            message = 'malformed value';
end
$$;
comment on function gatehouse.data_put(
    bigint, bigint, boolean, bigint, text, bytea, text, text, bytea, bytea
) is
'Gateway: stores a sealed value for a live session, or for its account, over
the one that was there. outcome: stored; elsewhere (a session''s value was
sealed for another reference than this one); keys, full (a limit). No row: the
session is over. GH001: no such application. GH003 malformed.';

create function gatehouse.data_delete(
    p_session_id bigint,
    p_account_id bigint,
    p_is_account boolean,
    p_application_id bigint,
    p_key text
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_done boolean;
begin
    if gatehouse_data.session_data_reference(p_session_id, p_account_id)
       is null
    then
        return null;
    end if;
    perform gatehouse_data.act('data_delete');
    if p_is_account then
        delete from gatehouse_data.account_data d
        where d.account_id = p_account_id
          and d.application_id = p_application_id
          and d.key = p_key;
    else
        delete from gatehouse_data.session_data d
        where d.session_id = p_session_id
          and d.application_id = p_application_id
          and d.key = p_key;
    end if;
    v_is_done := found;
    perform gatehouse_data.act('');
    return v_is_done;
end
$$;
comment on function gatehouse.data_delete(
    bigint, bigint, boolean, bigint, text
) is
'Gateway: deletes a value of a live session, or of its account. False: there
was none. Null: the session is over.';

create or replace function gatehouse_data.session_data_carry(
    p_from bigint,
    p_to bigint
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_from gatehouse_data.session;
    v_to gatehouse_data.session;
    v_count integer;
begin
    select s.* into v_from
    from gatehouse_data.session s
    where s.session_id = p_from;
    select s.* into v_to
    from gatehouse_data.session s
    where s.session_id = p_to;
    -- Only to a later session of the same account, soon, and only once.
    if (v_to.session_id > v_from.session_id) is not true
       or v_to.account_id <> v_from.account_id
       or v_to.ended_at is not null
       or coalesce(v_from.ended_at,
                   least(v_from.last_seen_at + v_from.idle,
                         v_from.expires_at)) + interval '10 minutes' < v_now
       or exists (
           select
           from gatehouse_data.session_data d
           where d.session_id = p_to
       )
    then
        return 0;
    end if;

    insert into gatehouse_data.session_data (
        session_id, application_id, key, account_id, media_type, key_id,
        nonce, sealed, written_at
    )
    select
        p_to, d.application_id, d.key, d.account_id, d.media_type, d.key_id,
        d.nonce, d.sealed, d.written_at
    from gatehouse_data.session_data d
    where d.session_id = p_from;
    get diagnostics v_count = row_count;
    -- What has ended keeps none: whoever signs in again and again would fill
    -- the disk with copies.
    if v_from.ended_at is not null then
        delete from gatehouse_data.session_data d
        where d.session_id = p_from;
    end if;
    if v_count > 0 then
        insert into gatehouse_data.session_data_origin (session_id, reference)
        select p_to, coalesce(o.reference, v_from.reference)
        from (values (p_from)) as f (session_id)
        left join gatehouse_data.session_data_origin o
            on o.session_id = f.session_id
        on conflict on constraint session_data_origin_session_id_key
        do update
        set reference = excluded.reference;
    end if;
    return v_count;
end
$$;
comment on function gatehouse_data.session_data_carry(bigint, bigint) is
'A session follows another one of the same account, which ended less than ten
minutes ago or is still live: takes its values over, of a live one as copies,
and says how many. They stay sealed for the reference that they were sealed for.
None, when they are not of one account, it is too late, or the new one has
values already; and none of a session that was signed out, which has none any
more. For the function that makes the new session, within its act.';

create or replace function gatehouse_data.session_data_sweep(
    p_now timestamptz
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_count integer;
begin
    with due as materialized (
        select d.session_id, d.application_id, d.key
        from gatehouse_data.session_data d
        where d.dies_at <= p_now
        order by d.dies_at
        limit 10000
        for update skip locked
    )
    delete from gatehouse_data.session_data d
    using due u
    where d.session_id = u.session_id
      and d.application_id = u.application_id
      and d.key = u.key;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
comment on function gatehouse_data.session_data_sweep(timestamptz) is
'Removes values of sessions that ended ten minutes ago, at most 10000, and says
how many. Called by gatehouse.maintain.';
