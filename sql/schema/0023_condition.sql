-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Conditions: when a grant holds. Each has a name and asks for one thing (the
-- hours that a clock shows, days of a calendar, networks), or for others
-- together. A grant of a role or of a permission names one, or none. They are
-- judged for each request and end no session.

create table gatehouse_data.condition (
    condition_id bigint generated always as identity,
    name text collate "C" not null,
    meaning text not null default '',
    kind text not null,
    time_zone text,
    days smallint[],
    begins_at time,
    ends_at time,
    first_day date,
    last_day date,
    dates date[],
    networks cidr[],
    created_at timestamptz not null default clock_timestamp(),
    constraint condition_condition_id_key primary key (condition_id),
    constraint condition_name_unique unique (name),
    constraint condition_name_form
        check (name ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
    constraint condition_meaning_form
        check (char_length(meaning) <= 256
               and meaning !~ '[\u0001-\u001F\u007F-\u009F]'),
    constraint condition_kind_known
        check (kind in ('all', 'any', 'none', 'hours', 'dates', 'network')),
    -- What a kind asks for is there, and nothing else is.
    constraint condition_hours_whole
        check ((kind = 'hours') = (days is not null)
               and (kind = 'hours') = (begins_at is not null)
               and (kind = 'hours') = (ends_at is not null)
               and (kind = 'hours'
                    or (first_day is null and last_day is null))),
    constraint condition_dates_whole
        check ((kind = 'dates') = (dates is not null)),
    constraint condition_time_zone_whole
        check ((kind in ('hours', 'dates')) = (time_zone is not null)),
    constraint condition_network_whole
        check ((kind = 'network') = (networks is not null)),
    constraint condition_days_form
        check (days <@ '{1,2,3,4,5,6,7}'::smallint[]
               and cardinality(days) between 1 and 7
               and array_ndims(days) = 1),
    constraint condition_hours_form
        check (begins_at = date_trunc('second', begins_at)
               and ends_at = date_trunc('second', ends_at)
               and begins_at < '24:00' and begins_at <> ends_at),
    constraint condition_day_order
        check (first_day >= '1970-01-01' and last_day < '9999-01-01'
               and (first_day <= last_day) is not false),
    constraint condition_dates_form
        check (cardinality(dates) between 1 and 1000
               and array_ndims(dates) = 1
               and '1970-01-01' <= all (dates)
               and '9999-01-01' > all (dates)),
    constraint condition_networks_number
        check (cardinality(networks) between 1 and 1000
               and array_ndims(networks) = 1
               and array_position(networks, null) is null)
);
comment on table gatehouse_data.condition is
'Conditions: when a grant holds. At most 10000.';
comment on column gatehouse_data.condition.condition_id is
'number of the condition; never used again';
comment on column gatehouse_data.condition.name is 'name of the condition';
comment on column gatehouse_data.condition.meaning is
'what it means, in the words of those who are told why they may not';
comment on column gatehouse_data.condition.kind is
'hours: a clock shows these hours; dates: a calendar shows one of these days;
network: the client is in one of these networks; all, any, none: of the parts
that condition_part has, so many hold (without a part it never holds)';
comment on column gatehouse_data.condition.time_zone is
'of hours and dates: the clock and the calendar, an IANA name';
comment on column gatehouse_data.condition.days is
'of hours: days of the week on which they begin, 1 Monday to 7 Sunday';
comment on column gatehouse_data.condition.begins_at is
'of hours: when they begin, to the second';
comment on column gatehouse_data.condition.ends_at is
'of hours: when they are over; before begins_at: on the next day';
comment on column gatehouse_data.condition.first_day is
'of hours: the first day on which they begin; null: ever since';
comment on column gatehouse_data.condition.last_day is
'of hours: the last day on which they begin; null: for ever';
comment on column gatehouse_data.condition.dates is
'of dates: the days, such as holidays';
comment on column gatehouse_data.condition.networks is
'of network: the networks; IPv4 addresses that come as IPv6 count as IPv4';
comment on column gatehouse_data.condition.created_at is 'when it was added';

create table gatehouse_data.condition_part (
    condition_part_id bigint generated always as identity,
    condition_id bigint not null,
    part_id bigint not null,
    constraint condition_part_condition_part_id_key
        primary key (condition_part_id),
    constraint condition_part_condition_id_part_id_unique
        unique (condition_id, part_id),
    constraint condition_part_condition_id_condition
        foreign key (condition_id)
        references gatehouse_data.condition (condition_id)
        on delete cascade,
    constraint condition_part_part_id_condition
        foreign key (part_id)
        references gatehouse_data.condition (condition_id)
);
comment on table gatehouse_data.condition_part is
'Which conditions a condition of the kinds all, any and none looks at. A
directed graph without cycles, at most 8 deep.';
comment on column gatehouse_data.condition_part.condition_part_id is
'number of the row';
comment on column gatehouse_data.condition_part.condition_id is
'the condition that looks';
comment on column gatehouse_data.condition_part.part_id is
'the one that is looked at; it cannot be removed meanwhile';
create index condition_part_part_id_idx
    on gatehouse_data.condition_part (part_id);
comment on index gatehouse_data.condition_part_part_id_idx is
'the conditions that look at one';

alter table gatehouse_data.account_role
    add column condition_id bigint,
    add constraint account_role_condition_id_condition
        foreign key (condition_id)
        references gatehouse_data.condition (condition_id);
comment on column gatehouse_data.account_role.condition_id is
'the condition under which it holds; null: none';
create index account_role_condition_id_idx
    on gatehouse_data.account_role (condition_id)
    where condition_id is not null;
comment on index gatehouse_data.account_role_condition_id_idx is
'the roles that were given under one condition';

alter table gatehouse_data.role_permission
    add column condition_id bigint,
    add constraint role_permission_condition_id_condition
        foreign key (condition_id)
        references gatehouse_data.condition (condition_id);
comment on column gatehouse_data.role_permission.condition_id is
'the condition under which it holds; null: none';
create index role_permission_condition_id_idx
    on gatehouse_data.role_permission (condition_id)
    where condition_id is not null;
comment on index gatehouse_data.role_permission_condition_id_idx is
'the permissions that were given under one condition';

alter table gatehouse_data.policy_version
    drop constraint policy_version_relation_known,
    add constraint policy_version_relation_known
        check (relation in ('zone', 'application', 'resource', 'permission',
                            'role', 'role_inheritance', 'account_role',
                            'role_permission', 'condition',
                            'condition_part'));

-- Guards.

create function gatehouse_data.condition_guard()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.time_zone is not null and not exists (
        select
        from pg_catalog.pg_timezone_names n
        where n.name = new.time_zone
    )
    then
        raise exception using
            errcode = 'GH003',
            message = format('no time zone %s', left(new.time_zone, 64)),
            hint = 'such as Europe/Berlin; pg_timezone_names has all';
    end if;
    if tg_op = 'UPDATE' and new.kind is distinct from old.kind then
        raise exception using
            errcode = 'GH004',
            message = format('the condition %s is of the kind %s; that stays',
                             old.name, old.kind),
            hint = 'add another condition';
    end if;
    -- In one order, each once; an empty list stays empty, and is refused.
    if cardinality(new.days) > 0 then
        new.days := array(select distinct u.day
                          from unnest(new.days) as u (day)
                          order by 1);
    end if;
    if cardinality(new.dates) > 0 then
        new.dates := array(select distinct u.day
                           from unnest(new.dates) as u (day)
                           order by 1);
    end if;
    if cardinality(new.networks) > 0 then
        new.networks := array(
            select distinct case
                when u.network <<= '::ffff:0:0/96'
                then set_masklen(
                    replace(host(u.network), '::ffff:', '')::inet,
                    masklen(u.network) - 96)::cidr
                else u.network end
            from unnest(new.networks) as u (network)
            order by 1);
    end if;
    return new;
end
$$;
comment on function gatehouse_data.condition_guard() is
'Trigger: a time zone is one that PostgreSQL knows, the kind of a condition
stays, lists stand in one order, and networks of IPv4 in IPv6 as IPv4. SQLSTATE GH003, GH004.';

create function gatehouse_data.condition_part_guard()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    c_depth constant integer := 8;
    c_looks constant integer := 256;
    v_above integer;
    v_depth integer;
    v_looks bigint;
begin
    if not exists (
        select
        from gatehouse_data.condition c
        where c.condition_id = new.condition_id
          and c.kind in ('all', 'any', 'none')
    )
    then
        raise exception using
            errcode = 'GH004',
            message = 'only conditions of the kinds all, any and none have '
                      'parts';
    end if;
    -- From the new row up, then from the highest down: as far as one answer
    -- could go. A circle is longer than any of them may be.
    with recursive up as (
        select new.condition_id as id, 1 as depth
        union all
        select p.condition_id, u.depth + 1
        from up u
        join gatehouse_data.condition_part p on p.part_id = u.id
        where u.depth <= c_depth
    )
    select max(u.depth)
    into v_above
    from up u;
    with recursive down as (
        select new.part_id as id, v_above + 1 as depth
        union all
        select p.part_id, d.depth + 1
        from down d
        join gatehouse_data.condition_part p on p.condition_id = d.id
        where d.depth <= c_depth
    )
    select max(d.depth)
    into v_depth
    from down d;
    if v_depth > c_depth then
        raise exception using
            errcode = 'GH004',
            message = format('conditions would be more than %s deep, or one '
                             'a part of itself', c_depth),
            hint = 'conditions are a graph without cycles';
    end if;

    -- All that look at it, and how much each of them does.
    with recursive up as (
        select new.condition_id as id
        union
        select p.condition_id
        from up u
        join gatehouse_data.condition_part p on p.part_id = u.id
    ),
    down as (
        select u.id as top, u.id
        from up u
        union all
        select d.top, p.part_id
        from down d
        join gatehouse_data.condition_part p on p.condition_id = d.id
    )
    select max(n.looks)
    into v_looks
    from (
        select count(*) as looks
        from down d
        group by d.top
    ) as n;
    if v_looks > c_looks then
        raise exception using
            errcode = 'GH004',
            message = format('a condition would look at %s others; at most '
                             '%s', v_looks - 1, c_looks - 1);
    end if;
    return null;
end
$$;
comment on function gatehouse_data.condition_part_guard() is
'Trigger: no condition looks at itself, through whatever others, nor at more
of them than a gateway takes. SQLSTATE GH004.';

create or replace function gatehouse_data.policy_limit()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant bigint := tg_argv[0]::bigint;
    v_count bigint;
begin
    case tg_table_name
        when 'application' then
            select count(*) into v_count from gatehouse_data.application;
        when 'role' then
            select count(*) into v_count from gatehouse_data.role;
        when 'condition' then
            select count(*) into v_count from gatehouse_data.condition;
        else
            select count(*)
            into v_count
            from gatehouse_data.role_permission g
            where g.ended_at is null;
    end case;
    if v_count > v_limit then
        raise exception using
            errcode = 'GH004',
            message = format('there would be %s rows in %s; at most %s',
                             v_count, tg_table_name, v_limit),
            hint = 'remove what nobody needs: gatehouse.policy_check tells';
    end if;
    return null;
end
$$;
comment on function gatehouse_data.policy_limit() is
'Trigger: keeps a table within what a gateway takes; its argument is how many
rows that are. SQLSTATE GH004.';

create trigger condition_is_good
    before insert or update on gatehouse_data.condition
    for each row execute function gatehouse_data.condition_guard();
create trigger condition_limit
    after insert on gatehouse_data.condition
    for each statement execute function gatehouse_data.policy_limit(10000);
create trigger condition_part_without_cycle
    after insert or update on gatehouse_data.condition_part
    for each row execute function gatehouse_data.condition_part_guard();
comment on trigger condition_is_good on gatehouse_data.condition is
'refuses unknown time zones and another kind';
comment on trigger condition_limit on gatehouse_data.condition is
'at most 10000';
comment on trigger condition_part_without_cycle
    on gatehouse_data.condition_part is
'refuses what would make a condition look at itself, or at too many';
alter table gatehouse_data.condition
    enable always trigger condition_is_good,
    enable always trigger condition_limit;
alter table gatehouse_data.condition_part
    enable always trigger condition_part_without_cycle;

do $policy$
declare
    v_table record;
    v_trigger record;
    v_by_hand constant text := format(
        '(current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''')',
        current_user);
begin
    for v_table in
        select *
        from (values
            ('condition', 'condition_id'),
            ('condition_part', 'condition_part_id')
        ) as t (name, key)
    loop
        for v_trigger in
            select *
            from (values
                ('policy_lock',
                 'before insert or update or delete', 'for each statement '
                 'execute function gatehouse_data.policy_lock()',
                 'changes of the policy are made one after the other'),
                ('policy_changed',
                 'after insert or update or delete', format(
                 'for each row when (not %s) '
                 'execute function gatehouse_data.policy_changed(%L)',
                 v_by_hand, v_table.key),
                 'keeps the state, raises the version, tells the trail'),
                ('policy_changed_by_hand',
                 'after insert or update or delete', format(
                 'for each row when %s '
                 'execute function gatehouse_data.policy_changed(%L, %L)',
                 v_by_hand, v_table.key, 'by_hand'),
                 'the same for a change made by hand'),
                ('policy_truncated_by_hand',
                 'after truncate', format(
                 'for each statement '
                 'execute function gatehouse_data.policy_changed(%L, %L)',
                 v_table.key, 'by_hand'),
                 'the same when the table was emptied')
            ) as t (name, event, does, meaning)
        loop
            execute format(
                'create trigger %I %s on gatehouse_data.%I %s',
                v_table.name || '_' || v_trigger.name, v_trigger.event,
                v_table.name, v_trigger.does);
            execute format(
                'comment on trigger %I on gatehouse_data.%I is %L',
                v_table.name || '_' || v_trigger.name, v_table.name,
                v_trigger.meaning);
            execute format(
                'alter table gatehouse_data.%I enable always trigger %I',
                v_table.name, v_table.name || '_' || v_trigger.name);
        end loop;
    end loop;
end
$policy$;
