-- SPDX-License-Identifier: Apache-2.0
--
-- Rights that change, internal: which change of the policy changes whose
-- rights, from when on, and how many sessions that ends. Called by the
-- trigger of the policy's tables, which holds the row of policy_state, so
-- there is one at a time. deploy/decisions/0010 says why it is so, and 0019
-- what becomes of a change that only gives.

create or replace function gatehouse_data.grant_past(
    p_grant jsonb,
    p_now timestamptz
)
returns timestamptz[]
language sql
stable
return case
    when (p_grant ->> 'ended_at') is null
         and (p_grant ->> 'valid_from')::timestamptz <= p_now
    then array[
        (p_grant ->> 'valid_from')::timestamptz,
        case when (p_grant ->> 'valid_until')::timestamptz <= p_now
             then (p_grant ->> 'valid_until')::timestamptz end
    ]
end;
comment on function gatehouse_data.grant_past(jsonb, timestamptz) is
'What a grant has been until now: since when, and when it ran out. Null: it has
not begun, or was ended. A change of it counts at once; one of what is yet to
come counts when it comes.';

create or replace function gatehouse_data.grant_is_timed(
    p_grant jsonb,
    p_now timestamptz
)
returns boolean
language sql
stable
return coalesce(greatest((p_grant ->> 'valid_from')::timestamptz,
                         (p_grant ->> 'valid_until')::timestamptz) > p_now,
                false);
comment on function gatehouse_data.grant_is_timed(jsonb, timestamptz) is
'A grant begins or ends at an instant that is yet to come.';

create or replace function gatehouse_data.rights_of_roles(p_role_ids bigint[])
returns table (
    role_id bigint,
    builtin text
)
language sql
stable
begin atomic
    with recursive up as (
        select u.role_id, r.builtin
        from unnest(p_role_ids) as u (role_id)
        left join gatehouse_data.role r on r.role_id = u.role_id
        where u.role_id is not null
        union
        select i.role_id, r.builtin
        from up
        join gatehouse_data.role_inheritance i
            on i.inherits_id = up.role_id
        join gatehouse_data.role r on r.role_id = i.role_id
        where up.builtin is null
    )
    select up.role_id, up.builtin
    from up
    where up.builtin is distinct from 'anonymous';
end;
comment on function gatehouse_data.rights_of_roles(bigint[]) is
'These roles and all that inherit one of them. A built-in role is not climbed
through, because nobody gets anything by inheriting what everybody has; and
what strangers have is no right of a session.';

create or replace function gatehouse_data.rights_raise_all(p_version bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update gatehouse_data.policy_state s
    set rights_version = p_version,
        rights_at = clock_timestamp(),
        is_counted = false
    where s.rights_version < p_version;
end
$$;
comment on function gatehouse_data.rights_raise_all(bigint) is
'Everybody who is signed in has lost something, or may have.';

create or replace function gatehouse_data.role_administers(p_role_id bigint)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
return exists (
    select
    from gatehouse_data.role r
    where r.is_administrative
      and (r.role_id = p_role_id or r.role_id in (
          select c.inherits_id
          from gatehouse_data.role_closure c
          where c.role_id = p_role_id
      ))
);
comment on function gatehouse_data.role_administers(bigint) is
'A role administers, itself or by what it inherits.';

create or replace function gatehouse_data.rights_note_given(
    p_relation text,
    p_row_id bigint,
    p_version bigint
)
returns void
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    insert into gatehouse_data.rights_given as g (
        relation, row_id, version, given_at
    )
    values (p_relation, p_row_id, p_version, clock_timestamp())
    -- Numbers of rows come again when a table is emptied.
    on conflict on constraint rights_given_relation_row_id_key do update
    set version = excluded.version,
        given_at = excluded.given_at;
end;
comment on function gatehouse_data.rights_note_given(text, bigint, bigint) is
'A row of the policy came that only gives something: tokens from before do not
have it.';

drop function if exists gatehouse_data.rights_raise(bigint[], bigint, boolean);
create or replace function gatehouse_data.rights_raise(
    p_role_ids bigint[],
    p_version bigint,
    p_is_loss boolean,
    p_renews boolean
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_roles bigint[];
    v_is_of_all boolean;
begin
    select array_agg(u.role_id), bool_or(u.builtin is not null)
    into v_roles, v_is_of_all
    from gatehouse_data.rights_of_roles(p_role_ids) u;
    if p_renews then
        update gatehouse_data.role_rights r
        set given_version = p_version
        where r.role_id = any (v_roles)
          and r.given_version < p_version;
    end if;
    update gatehouse_data.role_rights r
    set version = p_version,
        changed_at = clock_timestamp()
    where r.role_id = any (v_roles)
      and r.version < p_version
      and (not p_renews or gatehouse_data.role_administers(r.role_id));
    if v_is_of_all and p_is_loss then
        perform gatehouse_data.rights_raise_all(p_version);
    end if;
end
$$;
comment on function gatehouse_data.rights_raise(
    bigint[], bigint, boolean, boolean
) is
'What these roles may do has changed, and with them that of all which inherit
them. What everybody who is signed in has counts only when it is taken.
p_renews: tokens are renewed for it and sessions do not end, but where a role
administers.';

create or replace function gatehouse_data.rights_raise_account(
    p_account_id bigint,
    p_version bigint,
    p_now timestamptz,
    p_renews boolean
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into gatehouse_data.account_rights as r (
        account_id, version, changed_at, given_version
    )
    values (p_account_id, case when p_renews then 0 else p_version end, p_now,
            case when p_renews then p_version else 0 end)
    on conflict on constraint account_rights_account_id_key do update
    set version = greatest(r.version, excluded.version),
        changed_at = case when r.version < excluded.version
                          then excluded.changed_at else r.changed_at end,
        given_version = greatest(r.given_version, excluded.given_version);
end
$$;
comment on function gatehouse_data.rights_raise_account(
    bigint, bigint, timestamptz, boolean
) is
'The roles of an account have changed; p_renews: it was only given one, and its
tokens are renewed.';

create or replace function gatehouse_data.rights_turn(
    p_role_ids bigint[],
    p_now timestamptz
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- What has come stays: sessions from before it may not have been seen.
    delete from gatehouse_data.role_turn t
    using gatehouse_data.rights_of_roles(p_role_ids) u
    where t.role_id is not distinct from
          case when u.builtin is null then u.role_id end
      and t.at > p_now;
    insert into gatehouse_data.role_turn as t (role_id, at)
    select distinct case when u.builtin is null then u.role_id end, i.at
    from gatehouse_data.rights_of_roles(p_role_ids) u
    join (
        select c.role_id, c.inherits_id
        from gatehouse_data.role_closure c
        union all
        select r.role_id, r.role_id
        from gatehouse_data.role r
    ) as h (role_id, holds_id) on h.role_id = u.role_id
    join gatehouse_data.role_permission g on g.role_id = h.holds_id
    cross join lateral (
        values (case when u.builtin is null then g.valid_from end),
               (g.valid_until)
    ) as i (at)
    where g.ended_at is null
      and greatest(g.valid_from, g.valid_until) > p_now
      and i.at > p_now
    on conflict do nothing;
end
$$;
comment on function gatehouse_data.rights_turn(bigint[], timestamptz) is
'Finds anew at which instants to come these roles change by themselves, and all
that inherit them.';

create or replace function gatehouse_data.rights_follow_permission(
    p_column text,
    p_id bigint,
    p_version bigint
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_data.rights_raise(array(
        select distinct g.role_id
        from gatehouse_data.role_permission g
        left join gatehouse_data.permission p
            on p.permission_id = g.permission_id
        where p_id = case p_column
                     when 'permission_id' then g.permission_id
                     when 'resource_id' then p.resource_id
                     when 'application_id' then p.application_id end
          and g.ended_at is null
          and g.valid_from <= clock_timestamp()
    ), p_version, true, false);
end
$$;
comment on function gatehouse_data.rights_follow_permission(
    text, bigint, bigint
) is
'A permission, or all on one resource or of one application, means something
else now: so do the roles that have one of them.';

create or replace function gatehouse_data.rights_follow(
    p_relation text,
    p_before jsonb,
    p_after jsonb,
    p_version bigint
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_row constant jsonb := coalesce(p_after, p_before);
    -- Columns of which a change changes rights, and which says of what.
    v_key constant text := case p_relation
        when 'role' then 'role_id'
        when 'role_inheritance' then 'role_id'
        when 'permission' then 'permission_id'
        when 'resource' then 'resource_id'
        when 'application' then 'application_id' end;
    v_what constant text[] := case p_relation
        when 'role' then array['role_id', 'name', 'is_administrative']
        when 'role_inheritance' then array['role_id', 'inherits_id']
        when 'permission' then array['permission_id', 'resource_id',
                                     'application_id', 'methods']
        when 'resource' then array['resource_id', 'application_id', 'pattern']
        when 'application' then array['application_id', 'host', 'path'] end;
    v_ids constant bigint[] := array[(p_before ->> v_key)::bigint,
                                     (p_after ->> v_key)::bigint];
    v_roles bigint[];
    -- A row that comes only gives: then tokens may be renewed for it.
    v_renews boolean := p_before is null and exists (
        select
        from gatehouse_data.policy_state s
        where s.on_given = 'renew'
    );
begin
    if p_relation in ('zone', 'condition', 'condition_part', 'role_exclusion')
    then
        -- Judged for each request, or when somebody is given a role.
        return;
    elsif v_row is null then
        -- Emptied.
        perform gatehouse_data.rights_raise_all(p_version);
    elsif p_relation = 'account_role' then
        if gatehouse_data.grant_past(p_before, v_now)
           is distinct from gatehouse_data.grant_past(p_after, v_now)
        then
            v_renews := v_renews and not gatehouse_data.role_administers(
                (v_row ->> 'role_id')::bigint);
            perform gatehouse_data.rights_raise_account(
                (v_row ->> 'account_id')::bigint, p_version, v_now, v_renews);
            if v_renews then
                perform gatehouse_data.rights_note_given(
                    p_relation, (v_row ->> 'grant_id')::bigint, p_version);
            end if;
        end if;
    elsif p_relation = 'role_permission' then
        v_roles := array[(v_row ->> 'role_id')::bigint];
        if gatehouse_data.grant_past(p_before, v_now)
           is distinct from gatehouse_data.grant_past(p_after, v_now)
        then
            perform gatehouse_data.rights_raise(v_roles, p_version,
                                                p_before is not null,
                                                v_renews);
            if v_renews then
                perform gatehouse_data.rights_note_given(
                    p_relation, (v_row ->> 'grant_id')::bigint, p_version);
            end if;
        end if;
        if gatehouse_data.grant_is_timed(p_before, v_now)
           or gatehouse_data.grant_is_timed(p_after, v_now)
        then
            perform gatehouse_data.rights_turn(v_roles, v_now);
        end if;
    elsif p_relation = 'role' and p_before is null then
        insert into gatehouse_data.role_rights (role_id)
        values (v_ids[2])
        on conflict do nothing;
    elsif p_before is not null and p_after is not null and not exists (
        select
        from unnest(v_what) as w (name)
        where p_before -> w.name is distinct from p_after -> w.name
    )
    then
        return;
    elsif p_relation in ('role', 'role_inheritance') then
        perform gatehouse_data.rights_raise(v_ids, p_version,
                                            p_before is not null, v_renews);
        perform gatehouse_data.rights_turn(v_ids, v_now);
        if v_renews then
            perform gatehouse_data.rights_note_given(
                p_relation, (v_row ->> 'role_inheritance_id')::bigint,
                p_version);
        end if;
    elsif p_before is not null then
        perform gatehouse_data.rights_follow_permission(v_key, v_ids[1],
                                                        p_version);
    end if;
end
$$;
comment on function gatehouse_data.rights_follow(text, jsonb, jsonb, bigint)
is
'After a change of a row of the policy: raises the version of the rights of
those whom it concerns, so that their sessions end, or, when it only gives and
policy_state.on_given says so, their tokens are renewed. A name or a description
for people, a back end and how traffic is carried concern nobody.';

create or replace function gatehouse_data.rights_ends(p_version bigint)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_ends bigint;
begin
    with concerned as materialized (
        select r.account_id
        from gatehouse_data.account_rights r
        where r.version = p_version
        union
        select g.account_id
        from gatehouse_data.role_rights r
        join gatehouse_data.account_role g on g.role_id = r.role_id
        where r.version = p_version
          and g.ended_at is null
          and g.valid_from <= v_now
          and (g.valid_until is null or g.valid_until > v_now)
        union
        select a.account_id
        from gatehouse_data.account a
        where exists (
            select
            from gatehouse_data.policy_state p
            where p.rights_version = p_version
        )
    )
    select count(*)
    into v_ends
    from concerned c
    join gatehouse_data.account a on a.account_id = c.account_id
    join gatehouse_data.session s on s.account_id = c.account_id
    where s.rights_version < p_version
      and s.ended_at is null
      and gatehouse_data.session_state(
          s.end_reason, a.status, s.created_at, s.last_seen_at, s.idle,
          s.absolute, null, v_now) = 'live';
    return v_ends;
end
$$;
comment on function gatehouse_data.rights_ends(bigint) is
'How many sessions a version of the policy ends. Sessions that were over before
and that nobody has marked yet count as well.';

create or replace function gatehouse_data.rights_confirm(p_version bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_given constant text := substring(
        current_setting('gatehouse.confirm', true) from '^[0-9]{1,9}$');
    v_state gatehouse_data.policy_state;
    v_ends bigint;
begin
    -- After a failover nobody can be asked, and nobody counts.
    if exists (
        select
        from gatehouse_data.server_state v
        where v.ended_version = p_version
    ) then
        return;
    end if;
    select s.*
    into v_state
    from gatehouse_data.policy_state s;
    v_ends := gatehouse_data.rights_ends(p_version);
    if v_ends > greatest(v_state.rights_change_confirm, v_given::bigint) then
        raise exception using
            errcode = 'GH004',
            message = format('this change would end %s sessions, more than '
                             '%s', v_ends,
                             greatest(v_state.rights_change_confirm,
                                      v_given::bigint)),
            hint = format('give the number back: --confirm %1$s, '
                          'p_confirm => %1$s, or set local gatehouse.confirm '
                          '= %1$s in the transaction', v_ends);
    end if;
end
$$;
comment on function gatehouse_data.rights_confirm(bigint) is
'At the end of a transaction: refuses it when it ends more sessions than
rights_change_confirm and than gatehouse.confirm, if that was set, but not
after a failover. Sessions that were over before and that nobody has marked yet
count as well. GH004.';

create or replace function gatehouse_data.sessions_sweep(
    p_now timestamptz,
    p_node text
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_range constant integer := 10000;
    v_most constant integer := 500;
    v_version bigint;
    v_from timestamptz;
    v_to timestamptz;
    v_seen integer;
    v_found bigint[];
    v_session gatehouse_data.session;
    v_account gatehouse_data.account;
    v_state text;
    v_over_at timestamptz;
    v_count integer := 0;
begin
    select p.version
    into v_version
    from gatehouse_data.policy_state p;
    select greatest(w.expires_at, p_now)
    into v_from
    from gatehouse_data.rights_sweep w;
    select max(n.expires_at), count(*)
    into v_to, v_seen
    from (
        select s.expires_at
        from gatehouse_data.session s
        where s.expires_at > v_from
          and s.ended_at is null
        order by s.expires_at
        limit v_range
    ) as n;

    -- Found first: who asks for the first numbers is given a walk through all
    -- sessions in the order of these.
    with seen as materialized (
        select s.*
        from gatehouse_data.session s
        where s.expires_at > v_from
          and s.expires_at <= v_to
          and s.ended_at is null
          and (s.rights_version < v_version or s.turns_at <= p_now)
    )
    select array_agg(f.session_id)
    into v_found
    from (
        select s.session_id
        from seen s
        cross join lateral gatehouse_data.session_turns(
            s.account_id, s.rights_version, s.rights_at, p_now) r
        where r.turns_at <= p_now
        order by s.session_id
        limit v_most
    ) as f;

    for v_session in
        select s.*
        from gatehouse_data.session s
        where s.session_id = any (v_found)
          and s.ended_at is null
        order by s.session_id
        for no key update skip locked
    loop
        select a.*
        into v_account
        from gatehouse_data.account a
        where a.account_id = v_session.account_id;
        select j.state, j.over_at
        into v_state, v_over_at
        from gatehouse_data.session_judge(v_session, v_account.status, p_now)
             j;
        continue when v_state = 'live';
        perform gatehouse_data.session_mark(
            v_session, v_account.name, v_state, v_over_at, null, null, null,
            null, null, p_node);
        v_count := v_count + 1;
    end loop;

    -- Not all marked: here again. The last ones seen: from the beginning.
    if v_count < v_most then
        update gatehouse_data.rights_sweep w
        set expires_at = case when v_seen < v_range then '-infinity'
                              else v_to end;
    end if;
    delete from gatehouse_data.role_turn t
    where t.at < p_now - interval '31 days';
    delete from gatehouse_data.rights_given g
    where g.given_at < p_now - interval '31 days';
    return v_count;
end
$$;
comment on function gatehouse_data.sessions_sweep(timestamptz, text) is
'Looks at the next sessions for such as were begun with other rights, marks
them and tells the audit trail; says how many. gatehouse.maintain calls it, one
at a time.';
