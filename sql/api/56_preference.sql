-- SPDX-License-Identifier: Apache-2.0
--
-- What people choose about Gatehouse's own pages, and what it takes to show
-- times by their clocks. session_find reads the choice.

create or replace function gatehouse_data.utc_offset(
    p_time_zone text,
    p_at timestamptz
)
returns integer
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_time_zone is null or p_at is null then
        return null;
    end if;
    return extract(epoch from (p_at at time zone p_time_zone)
                              - (p_at at time zone 'UTC'));
exception
    -- A server with other time zone data must not keep anybody out.
    when invalid_parameter_value then
        return null;
end
$$;
comment on function gatehouse_data.utc_offset(text, timestamptz) is
'How far the clocks of a time zone are ahead of UTC at an instant, in seconds;
null: there is no such zone here.';

create function gatehouse.account_prefer(
    p_session bytea,
    p_time_zone text,
    p_appearance text,
    p_warn_minutes integer
)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_account_id constant bigint := (gatehouse_data.session_own(
        p_session, clock_timestamp())).account_id;
    v_account text;
    v_time_zone text;
begin
    if v_account_id is null then
        return false;
    end if;
    -- As PostgreSQL writes it, however it was typed. Its list is read from many
    -- files, each time: not for the zone that is chosen already.
    select p.time_zone
    into v_time_zone
    from gatehouse_data.account_preference p
    where p.account_id = v_account_id
      and lower(p.time_zone) = lower(p_time_zone);
    if v_time_zone is null and lower(p_time_zone) <> 'utc' then
        select n.name
        into v_time_zone
        from pg_catalog.pg_timezone_names n
        where lower(n.name) = lower(p_time_zone)
        limit 1;
        if not found then
            raise exception using
                errcode = 'GH003',
                message = format('no time zone %s', left(p_time_zone, 64)),
                hint = 'such as Europe/Berlin; pg_timezone_names has all';
        end if;
    end if;

    -- From here on nobody removes the account.
    select a.name
    into v_account
    from gatehouse_data.account a
    where a.account_id = v_account_id
    for key share;
    if not found then
        return false;
    end if;
    perform gatehouse_data.act('account_prefer', v_account);
    if num_nonnulls(v_time_zone, p_appearance, p_warn_minutes) = 0 then
        delete from gatehouse_data.account_preference p
        where p.account_id = v_account_id;
    else
        insert into gatehouse_data.account_preference as p (
            account_id, time_zone, appearance, warn_minutes
        )
        values (v_account_id, v_time_zone, p_appearance, p_warn_minutes)
        on conflict on constraint account_preference_account_id_key do update
        set time_zone = excluded.time_zone,
            appearance = excluded.appearance,
            warn_minutes = excluded.warn_minutes,
            written_at = excluded.written_at;
    end if;
    perform gatehouse_data.act('');
    return true;
exception
    when check_violation then
        raise exception using
            errcode = 'GH003',
            message = 'an appearance is light or dark; a warning comes 0, 2 or '
                      '10 minutes before';
end
$$;
comment on function gatehouse.account_prefer(bytea, text, text, integer) is
'Gateway: what the person whose session asks chooses about Gatehouse''s own
pages, all of it: a time zone (null: UTC), light or dark (null: as the device
says), how many minutes before its end a session''s page warns (0: not; null:
five). False: the session is over. GH003: no such time zone, or malformed.';
