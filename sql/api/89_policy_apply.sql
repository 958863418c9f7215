-- SPDX-License-Identifier: Apache-2.0
--
-- The policy as a file: how it differs from the database, and making it so,
-- in one transaction.

create or replace function gatehouse_data.policy_file(p_file text)
returns gatehouse.policy_item[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lines constant gatehouse.policy_line[] := array(
        select r
        from gatehouse_data.policy_read(p_file) r
    );
    v_line integer;
    v_mistake text;
    v_hint text;
begin
    select m.line, m.mistake, m.hint
    into v_line, v_mistake, v_hint
    from gatehouse_data.policy_mistakes(v_lines) m
    limit 1;
    if found then
        raise exception using
            errcode = 'GH003',
            message = format('line %s: %s', v_line, v_mistake),
            hint = coalesce(v_hint, '');
    end if;
    return array(
        select i
        from gatehouse_data.policy_items_of(v_lines) i
    );
end
$$;
comment on function gatehouse_data.policy_file(text) is
'What a file of the policy has. GH003 the first mistake in it.';

create or replace function gatehouse_data.policy_words_differ(
    p_is jsonb,
    p_other jsonb,
    p_now timestamptz
)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
return p_is - 'from' <> p_other - 'from'
       -- When something began no longer matters.
       or p_is -> 'from' is distinct from p_other -> 'from'
          and (greatest((p_is ->> 'from')::timestamptz,
                        (p_other ->> 'from')::timestamptz) > p_now) is true;
comment on function gatehouse_data.policy_words_differ(
    jsonb, jsonb, timestamptz
) is
'Whether two things say something else.';

create or replace function gatehouse_data.policy_changes(
    p_items gatehouse.policy_item[]
)
returns setof gatehouse.policy_change
language plpgsql
stable
set search_path = pg_catalog, pg_temp
-- Nobody knows how long the list is: a loop in a loop would take for ever.
set enable_nestloop = off
as $$
declare
    v_now constant timestamptz := statement_timestamp();
    v_has_accounts constant boolean := exists (
        select
        from unnest(p_items) i
        where i.kind = 'policy'
          and i.other = 'accounts'
    );
begin
    return query
    with wanted as materialized (
        select i.*
        from unnest(p_items) i
        where i.kind <> 'policy'
          and (i.kind not in ('grant', 'member')
               or (i.words ->> 'until')::timestamptz > v_now is not false)
    )
    select
        case when t.kind is null then 'added'
             when w.kind is null then 'ended'
             else 'changed' end,
        kind, name, other, t.words, w.words, w.line
    from wanted w
    full join gatehouse_data.policy_items(v_has_accounts) t
        using (kind, name, other)
    where case
        when t.kind is null then true
        when w.kind is null then not t.is_past
        -- Days of conditions are no instants.
        when kind in ('grant', 'member')
        then gatehouse_data.policy_words_differ(t.words, w.words, v_now)
        else t.words <> w.words end
    order by array_position('{zone,condition,application,permission,role,'
                            'inherits,excludes,grant,member}', kind),
             name collate "C", other collate "C";
end
$$;
comment on function gatehouse_data.policy_changes(gatehouse.policy_item[]) is
'How a file differs from the database: what would be added, changed and ended.
Grants that have run out are in neither.';

create or replace function gatehouse_data.policy_change_words(
    p_change gatehouse.policy_change
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select case
    when p_change.kind = 'role' and p_change.change = 'ended'
    then (
        select format('given to %s account%s', count(*),
                      case when count(*) = 1 then '' else 's' end)
        from gatehouse_data.account_role g
        join gatehouse_data.role r on r.role_id = g.role_id
        where r.name = p_change.name
          and g.ended_at is null
          and (g.valid_until is null or g.valid_until > statement_timestamp())
    )
    else (
        select coalesce(string_agg(
            case
                when p_change.was is null or p_change.becomes is null
                then concat_ws(' ', w.word,
                               coalesce(p_change.becomes, p_change.was)
                               ->> w.word)
                else format(
                    '%s: %s -> %s', w.word,
                    coalesce(p_change.was ->> w.word, nullif(w.fallback, ''),
                             'none'),
                    coalesce(p_change.becomes ->> w.word,
                             nullif(w.fallback, ''), 'none')) end,
            ', ' order by w.rank), '')
        from gatehouse_data.policy_words() w
        where w.kind = p_change.kind
          and p_change.was -> w.word
              is distinct from p_change.becomes -> w.word
    ) end
$$;
comment on function gatehouse_data.policy_change_words(
    gatehouse.policy_change
) is
'What a change is, for people.';

create or replace function gatehouse_data.policy_change_what(
    p_change gatehouse.policy_change
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case p_change.kind
    when 'permission' then format('permission %s/%s', p_change.name,
                                  p_change.other)
    when 'grant' then format('role %s permission %s', p_change.name,
                             p_change.other)
    when 'member' then format('account %s role %s', p_change.name,
                              p_change.other)
    when 'inherits' then format('role %s inherits %s', p_change.name,
                                p_change.other)
    when 'excludes' then format('role %s excludes %s', p_change.name,
                                p_change.other)
    else p_change.kind || ' ' || p_change.name end;
comment on function gatehouse_data.policy_change_what(
    gatehouse.policy_change
) is
'What a change is about, in the words of the file.';

create or replace function gatehouse_data.policy_steps(
    p_changes gatehouse.policy_change[]
)
returns table (
    step integer,
    kind text,
    change gatehouse.policy_change
)
language sql
stable
set search_path = pg_catalog, pg_temp
-- Nobody knows how long the list is: a loop in a loop would take for ever.
set enable_nestloop = off
as $$
with change as materialized (
    select c as whole, c.*
    from unnest(p_changes) c
),
gone as materialized (
    select c.kind, concat_ws('/', c.name, nullif(c.other, '')) as name
    from change c
    where c.change = 'ended'
      and c.kind in ('application', 'permission', 'role')
),
ended as (
    -- What goes with something else is not ended before.
    select c.*
    from change c
    where not exists (
        select
        from gone g
        where g.name = c.name
          and g.kind = case
              when c.kind in ('inherits', 'excludes', 'grant') then 'role'
              when c.kind = 'permission' then 'application' end
    )
      and not exists (
        select
        from gone g
        where g.name = c.other
          and g.kind = case
              when c.kind in ('inherits', 'excludes', 'member') then 'role'
              when c.kind = 'grant' then 'permission' end
    )
      and (c.change = 'ended'
           or c.change = 'changed'
              and c.kind in ('inherits', 'excludes', 'grant', 'member'))
),
put as (
    select c.*
    from change c
    where c.change <> 'ended'
)
-- First what ends, so that nothing is for a moment that must not be; then
-- what others need before them.
select case e.kind when 'excludes' then 10 when 'member' then 11
                   when 'grant' then 12 when 'inherits' then 13
                   when 'permission' then 20 when 'application' then 21
                   when 'role' then 22 when 'zone' then 60 end,
       'end', e.whole
from ended e
where e.kind <> 'condition'
union all
-- A zone is strict when its applications are closed without the database.
select case p.kind
           when 'zone'
           then case when coalesce(p.becomes ->> 'strict', 'default') = 'on'
                          or not p.becomes ? 'strict'
                             and p.becomes ->> 'sensitivity' = '4'
                     then case when p.change = 'added' then 33 else 37 end
                     else 33 end
           when 'condition' then 31
           when 'application'
           then case p.change when 'changed' then 35 else 36 end
           when 'permission' then 40 when 'role' then 41
           when 'inherits' then 42 when 'grant' then 43
           when 'member' then 44 when 'excludes' then 45 end,
       'put', p.whole
from put p
union all
select 32, 'parts', p.whole
from put p
where p.kind = 'condition'
$$;
comment on function gatehouse_data.policy_steps(gatehouse.policy_change[]) is
'In which order changes are made: end, put, or parts of a condition.';

create or replace function gatehouse_data.policy_make(
    p_items gatehouse.policy_item[],
    p_actor text,
    p_reason text
)
returns gatehouse.policy_change[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_changes constant gatehouse.policy_change[] := array(
        select c
        from gatehouse_data.policy_changes(p_items) c
    );
    v_reason constant text := coalesce(p_reason, 'policy apply');
    v_step record;
    v_line integer;
    v_state text;
    v_message text;
    v_hint text;
begin
    perform set_config('gatehouse.reason_of_all', coalesce(p_reason, ''), true);
    for v_step in
        select s.kind, s.change
        from gatehouse_data.policy_steps(v_changes) s
        order by s.step, (s.change).name collate "C",
                 (s.change).other collate "C"
    loop
        v_line := (v_step.change).line;
        case v_step.kind
            when 'end' then
                perform gatehouse_data.policy_end_item(v_step.change, v_reason,
                                                       p_actor);
            when 'put' then
                perform gatehouse_data.policy_put(v_step.change, p_actor);
            when 'parts' then
                perform gatehouse_data.policy_put_parts(v_step.change,
                                                        p_actor);
        end case;
    end loop;
    v_line := null;
    perform gatehouse_data.policy_end_conditions(array(
        select c.name
        from unnest(v_changes) c
        where c.kind = 'condition'
          and c.change = 'ended'
    ), p_actor);
    perform set_config('gatehouse.reason_of_all', '', true);
    return v_changes;
exception
    when sqlstate 'GH001' or sqlstate 'GH002' or sqlstate 'GH003'
         or sqlstate 'GH004' then
        get stacked diagnostics
            v_state = returned_sqlstate,
            v_message = message_text,
            v_hint = pg_exception_hint;
        -- The same again, with its line.
        raise using
            errcode = v_state,
            message = coalesce('line ' || v_line || ': ', '') || v_message,
            hint = v_hint;
end
$$;
comment on function gatehouse_data.policy_make(
    gatehouse.policy_item[], text, text
) is
'Makes the policy as a file has it, and gives what was changed. Whoever calls it
has the policy''s lock. What refuses it is told with the line.';

create or replace function gatehouse_data.policy_file_begin(
    p_items gatehouse.policy_item[],
    p_actor text,
    p_reason text,
    p_confirm integer,
    p_expect bigint
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before bigint;
    v_version bigint;
begin
    select s.version
    into v_before
    from gatehouse_data.policy_state s;
    -- Accounts before the policy, as everywhere.
    perform
    from gatehouse_data.account a
    where a.name in (
        select c.name
        from gatehouse_data.policy_changes(p_items) c
        where c.kind = 'member'
    )
    order by a.account_id
    for no key update;
    perform gatehouse_data.policy_begin('policy_apply', p_actor, p_reason,
                                        p_confirm);
    select s.version
    into v_version
    from gatehouse_data.policy_state s;
    -- Who has which role was looked at before: there could be other accounts
    -- to lock now, which would be in the wrong order.
    if p_expect is null
       and exists (select from unnest(p_items) i where i.kind = 'member')
    then
        p_expect := v_before;
    end if;
    if v_version <> p_expect then
        raise exception using
            errcode = 'GH002',
            message = format('the policy is of version %s, not %s', v_version,
                             p_expect),
            hint = 'somebody changed it meanwhile: gatehousectl policy diff '
                   'shows how it differs from the file';
    end if;
end
$$;
comment on function gatehouse_data.policy_file_begin(
    gatehouse.policy_item[], text, text, integer, bigint
) is
'Locks the accounts that a file changes, then the policy. GH002 it is not of
the version that was expected, or has another one now than when it was looked at
which accounts those are.';

create or replace function gatehouse_data.policy_ends()
returns table (
    change text,
    what text,
    detail text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select
    'ends', e.n || case when e.n = 1 then ' session' else ' sessions' end,
    case when e.n > s.rights_change_confirm
         then format('wants --confirm %s', e.n) else '' end
from gatehouse_data.policy_state s
cross join lateral (
    select gatehouse_data.rights_ends(s.version) as n
) as e
where s.transaction = pg_current_xact_id_if_assigned()
  and e.n > 0
$$;
comment on function gatehouse_data.policy_ends() is
'How many sessions the change of the policy that is being made ends, for people;
no row: none.';

create function gatehouse.policy_apply(
    p_file text,
    p_actor text,
    p_reason text default null,
    p_confirm integer default null,
    p_expect bigint default null,
    p_is_dry_run boolean default false
)
returns table (
    change text,
    what text,
    detail text
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_items constant gatehouse.policy_item[] :=
        gatehouse_data.policy_file(p_file);
    v_words text[];
    v_changes gatehouse.policy_change[];
begin
    perform gatehouse_data.policy_file_begin(v_items, p_actor, p_reason,
                                             p_confirm, p_expect);
    return query
    select c.change, gatehouse_data.policy_change_what(c),
           gatehouse_data.policy_change_words(c)
    from gatehouse_data.policy_changes(v_items) c;
    begin
        perform gatehouse_data.policy_make(v_items, p_actor, p_reason);
        return query
        select e.change, e.what, case when p_is_dry_run then e.detail
                                      else '' end
        from gatehouse_data.policy_ends() e;
        if p_is_dry_run then
            -- Not GH000: that would be caught with all others.
            raise sqlstate 'GH099';
        end if;
    exception
        when sqlstate 'GH099' then
            null;
    end;
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.policy_apply(
    text, text, text, integer, bigint, boolean
) is
'Administration: makes the policy as a file of policy_export has it, whole or
not at all, and tells what was added, changed and ended, and how many sessions
end by it. What the file has not is ended; the roles of accounts are left alone
when it is not about accounts. p_confirm as everywhere; p_expect is the version
that the policy must be of. p_is_dry_run: tells it all, and changes nothing.
GH001 not found, GH002 conflict, GH003 malformed, GH004 refused, each with its
line.';

create function gatehouse.policy_diff(p_file text)
returns table (
    change text,
    what text,
    detail text
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select c.change, gatehouse_data.policy_change_what(c),
           gatehouse_data.policy_change_words(c)
    from gatehouse_data.policy_changes(gatehouse_data.policy_file(p_file)) c;
end
$$;
comment on function gatehouse.policy_diff(text) is
'Administration: what policy_apply would add, change and end. GH003 the file has
a mistake.';

create function gatehouse.policy_check_file(p_file text, p_actor text)
returns table (
    severity text,
    code text,
    subject text,
    finding text,
    remedy text
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_message text;
    v_hint text;
    v_items gatehouse.policy_item[];
begin
    return query
    select 'error', 'mistake', 'line ' || m.line, m.mistake,
           coalesce(m.hint, '')
    from gatehouse_data.policy_mistakes(array(
        select r
        from gatehouse_data.policy_read(p_file) r
    )) m;
    if found then
        return;
    end if;
    v_items := gatehouse_data.policy_file(p_file);
    perform gatehouse_data.policy_file_begin(v_items, p_actor, null, null,
                                             null);
    begin
        perform gatehouse_data.policy_make(v_items, p_actor, null);
        return query
        select c.*
        from gatehouse.policy_check() c;
        raise sqlstate 'GH099';
    exception
        when sqlstate 'GH099' then
            null;
        when sqlstate 'GH001' or sqlstate 'GH002' or sqlstate 'GH003'
             or sqlstate 'GH004' then
            get stacked diagnostics
                v_message = message_text,
                v_hint = pg_exception_hint;
            return query
            select 'error', 'refused',
                   coalesce(substring(v_message from '^(line [0-9]+): '), ''),
                   regexp_replace(v_message, '^line [0-9]+: ', ''),
                   v_hint;
    end;
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.policy_check_file(text, text) is
'Administration: what is wrong with a file of the policy. Either mistakes in it
(mistake), or what would refuse it (refused), each with its line; or what
policy_check would say once it is applied. It is tried, and changes nothing.';
