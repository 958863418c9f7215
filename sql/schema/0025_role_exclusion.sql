-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Static separation of duty (INCITS 359, 6.3): pairs of roles that nobody may
-- have both, given or inherited. Checked by triggers, whoever makes the change;
-- changes of the policy are made one after the other, so none slips through
-- beside another one.

create table gatehouse_data.role_exclusion (
    role_exclusion_id bigint generated always as identity,
    role_id bigint not null,
    excludes_id bigint not null,
    made_by text not null default session_user,
    reason text not null default '',
    made_at timestamptz not null default clock_timestamp(),
    constraint role_exclusion_role_exclusion_id_key
        primary key (role_exclusion_id),
    constraint role_exclusion_role_id_excludes_id_unique
        unique (role_id, excludes_id),
    constraint role_exclusion_role_id_role
        foreign key (role_id)
        references gatehouse_data.role (role_id)
        on delete cascade,
    constraint role_exclusion_excludes_id_role
        foreign key (excludes_id)
        references gatehouse_data.role (role_id)
        on delete cascade,
    -- A pair stands here once.
    constraint role_exclusion_order check (role_id < excludes_id),
    constraint role_exclusion_made_by_length
        check (char_length(made_by) between 1 and 128),
    constraint role_exclusion_reason_length
        check (char_length(reason) <= 128)
);
comment on table gatehouse_data.role_exclusion is
'Pairs of roles that exclude each other: no account may have both at one time,
given or inherited, and no role may inherit both (separation of duty).';
comment on column gatehouse_data.role_exclusion.role_exclusion_id is
'number of the row';
comment on column gatehouse_data.role_exclusion.role_id is
'the one role, which was made first';
comment on column gatehouse_data.role_exclusion.excludes_id is
'the other one';
comment on column gatehouse_data.role_exclusion.made_by is 'who made it so';
comment on column gatehouse_data.role_exclusion.reason is 'why';
comment on column gatehouse_data.role_exclusion.made_at is 'when';
create index role_exclusion_excludes_id_idx
    on gatehouse_data.role_exclusion (excludes_id);
comment on index gatehouse_data.role_exclusion_excludes_id_idx is
'the pairs of one role';

alter table gatehouse_data.policy_version
    drop constraint policy_version_relation_known,
    add constraint policy_version_relation_known
        check (relation in ('zone', 'application', 'resource', 'permission',
                            'role', 'role_inheritance', 'account_role',
                            'role_permission', 'condition',
                            'condition_part', 'role_exclusion'));

-- Planned for the account that is asked about: one for all would read all of
-- them each time.
create function gatehouse_data.exclusion_breach(p_account_id bigint)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_breach text;
begin
    if not exists (select from gatehouse_data.role_exclusion) then
        return null;
    end if;
    with has as materialized (
        select r.role_id, r.role_id as has_id
        from gatehouse_data.role r
        union all
        select c.role_id, c.inherits_id
        from gatehouse_data.role_closure c
    ),
    held as (
        select a.account_id, h.has_id, g.valid_from, g.valid_until
        from gatehouse_data.account a
        join gatehouse_data.account_role g on g.account_id = a.account_id
        join has h on h.role_id = g.role_id
        where a.account_id = coalesce(p_account_id, a.account_id)
          and g.ended_at is null
          and (g.valid_until is null or g.valid_until > v_now)
        union all
        -- What is built in is everybody's, with all that it inherits.
        select a.account_id, h.has_id, '-infinity', null
        from gatehouse_data.account a
        cross join gatehouse_data.role b
        join has h on h.role_id = b.role_id
        where a.account_id = coalesce(p_account_id, a.account_id)
          and b.builtin is not null
    )
    select format('%s would have both %s and %s, which exclude each other',
                  b.who, o.name, t.name)
    into v_breach
    from (
        select 1 as rank, 'the role ' || r.name as who, e.role_id,
               e.excludes_id
        from gatehouse_data.role_exclusion e
        join has one on one.has_id = e.role_id
        join has two on two.has_id = e.excludes_id
        join gatehouse_data.role r on r.role_id = one.role_id
        join gatehouse_data.role s on s.role_id = two.role_id
        where p_account_id is null
          -- Whoever is signed in has all that is built in.
          and (r.role_id = s.role_id
               or r.builtin is not null and s.builtin is not null)
        union all
        select 2, 'the account ' || a.name, e.role_id, e.excludes_id
        from gatehouse_data.role_exclusion e
        join held one on one.has_id = e.role_id
        join held two on two.has_id = e.excludes_id
                     and two.account_id = one.account_id
        join gatehouse_data.account a on a.account_id = one.account_id
        where tstzrange(one.valid_from, one.valid_until)
              && tstzrange(two.valid_from, two.valid_until)
    ) as b
    join gatehouse_data.role o on o.role_id = b.role_id
    join gatehouse_data.role t on t.role_id = b.excludes_id
    -- A role says more than those who have it.
    order by b.rank, b.who, o.name, t.name
    limit 1;
    return v_breach;
end
$$;
comment on function gatehouse_data.exclusion_breach(bigint) is
'Who would have two roles that exclude each other, now or at a time to come, in
words; null: nobody. Of one account, or with null of all accounts and roles.
What is given under a condition counts as given.';

create function gatehouse_data.exclusion_guard()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_breach text;
begin
    if tg_table_name = 'account_role' then
        v_breach := gatehouse_data.exclusion_breach(new.account_id);
    else
        v_breach := gatehouse_data.exclusion_breach(null);
    end if;
    if v_breach is not null then
        raise exception using
            errcode = 'GH004',
            message = v_breach,
            hint = 'end one of the two first';
    end if;
    return null;
end
$$;
comment on function gatehouse_data.exclusion_guard() is
'Trigger: nobody gets two roles that exclude each other. SQLSTATE GH004.';

create trigger role_exclusion_holds
    after insert or update on gatehouse_data.role_exclusion
    for each row execute function gatehouse_data.exclusion_guard();
create trigger role_inheritance_excluded
    after insert or update on gatehouse_data.role_inheritance
    for each row execute function gatehouse_data.exclusion_guard();
create trigger account_role_excluded
    after insert or update on gatehouse_data.account_role
    for each row when (new.ended_at is null)
    execute function gatehouse_data.exclusion_guard();
comment on trigger role_exclusion_holds on gatehouse_data.role_exclusion is
'refuses a pair of roles that somebody has both';
comment on trigger role_inheritance_excluded
    on gatehouse_data.role_inheritance is
'refuses what would give somebody two roles that exclude each other';
comment on trigger account_role_excluded on gatehouse_data.account_role is
'refuses a role that one of the account excludes';
alter table gatehouse_data.role_exclusion
    enable always trigger role_exclusion_holds;
alter table gatehouse_data.role_inheritance
    enable always trigger role_inheritance_excluded;
alter table gatehouse_data.account_role
    enable always trigger account_role_excluded;

create function gatehouse_data.policy_watch(p_table text, p_key text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_trigger record;
    v_by_hand constant text := format(
        '(current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''')',
        current_user);
begin
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
             v_by_hand, p_key),
             'keeps the state, raises the version, tells the trail'),
            ('policy_changed_by_hand',
             'after insert or update or delete', format(
             'for each row when %s '
             'execute function gatehouse_data.policy_changed(%L, %L)',
             v_by_hand, p_key, 'by_hand'),
             'the same for a change made by hand'),
            ('policy_truncated_by_hand',
             'after truncate', format(
             'for each statement '
             'execute function gatehouse_data.policy_changed(%L, %L)',
             p_key, 'by_hand'),
             'the same when the table was emptied')
        ) as t (name, event, does, meaning)
    loop
        execute format(
            'create trigger %I %s on gatehouse_data.%I %s',
            p_table || '_' || v_trigger.name, v_trigger.event,
            p_table, v_trigger.does);
        execute format(
            'comment on trigger %I on gatehouse_data.%I is %L',
            p_table || '_' || v_trigger.name, p_table,
            v_trigger.meaning);
        execute format(
            'alter table gatehouse_data.%I enable always trigger %I',
            p_table, p_table || '_' || v_trigger.name);
    end loop;
end
$$;
comment on function gatehouse_data.policy_watch(text, text) is
'For migrations: gives a table the triggers that every table of the policy has;
its key is p_key.';

select gatehouse_data.policy_watch('role_exclusion', 'role_exclusion_id');
