-- SPDX-License-Identifier: Apache-2.0
--
-- Guards: the triggers that there must be, listed in one place, and the look
-- that compares them with those that there are. A migration that makes a
-- trigger adds it to the list below; tests/sql/test_guard.sql compares both.
--
-- Whoever is a superuser can get around this as well. It tells of those who
-- switched something off, not of those who replaced the telling.

create or replace view gatehouse_data.guard_found as
select
    n.nspname || '.' || c.relname as relation,
    t.tgname::text as guard,
    t.tgenabled = 'A' as is_always,
    sha256(convert_to(
        replace(pg_get_triggerdef(t.oid),
                format(' ON %I.%I ', n.nspname, c.relname), ' ON ')
        || p.prosrc, 'UTF8')) as fingerprint,
    obj_description(t.oid, 'pg_trigger') as does
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('gatehouse_data', 'gatehouse_audit')
  and not t.tgisinternal
union all
-- What no migration makes, and what keeps triggers from ever being asked.
select
    n.nspname || '.' || c.relname, left(o.guard, 63), true,
    sha256(convert_to(o.definition, 'UTF8')), null
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
    select 'rule ' || r.rulename as guard,
           pg_get_ruledef(r.oid) as definition
    from pg_catalog.pg_rewrite r
    where r.ev_class = c.oid
    union all
    select 'policy ' || p.polname, p.polname::text
    from pg_catalog.pg_policy p
    where p.polrelid = c.oid
    union all
    select 'row security', ''
    where c.relrowsecurity
       or c.relforcerowsecurity
) as o
where n.nspname in ('gatehouse_data', 'gatehouse_audit')
  and c.relkind in ('r', 'p');
comment on view gatehouse_data.guard_found is
'The triggers that there are, and rules and row security of tables, of which
there are none.';
comment on column gatehouse_data.guard_found.relation is
'table or partition, with its schema';
comment on column gatehouse_data.guard_found.guard is
'name of the trigger; rule and its name, policy and its name, or row security';
comment on column gatehouse_data.guard_found.is_always is
'it fires, also under session_replication_role = replica';
comment on column gatehouse_data.guard_found.fingerprint is
'SHA-256 of its definition, without the table''s name, and of its function''s
body';
comment on column gatehouse_data.guard_found.does is 'what it does';

create or replace view gatehouse_data.guard_wanted as
select g.relation, g.guard, g.fingerprint
from gatehouse_data.guard g
union all
select n.nspname || '.' || c.relname, g.guard, g.fingerprint
from gatehouse_data.guard g
join pg_catalog.pg_namespace m on m.nspname = split_part(g.relation, '.', 1)
join pg_catalog.pg_class p
    on p.relnamespace = m.oid
   and p.relname = split_part(g.relation, '.', 2)
join pg_catalog.pg_inherits i on i.inhparent = p.oid
join pg_catalog.pg_class c on c.oid = i.inhrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace;
comment on view gatehouse_data.guard_wanted is
'The triggers that there must be; each partition has those of its table.';
comment on column gatehouse_data.guard_wanted.relation is
'table or partition, with its schema';
comment on column gatehouse_data.guard_wanted.guard is 'name of the trigger';
comment on column gatehouse_data.guard_wanted.fingerprint is
'what guard_found.fingerprint must be; null: not known';

create or replace function gatehouse_data.guards_look(
    p_node text,
    out off_now text,
    out on_again text,
    out n_off integer
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    -- gatehousectl db migrate holds this lock. While it is at work, triggers
    -- may be new and the list not yet. Anybody could hold it: only who may be
    -- the owner migrates, and could switch guards off anyway.
    v_is_migrating constant boolean :=
        not pg_try_advisory_xact_lock_shared(1734440037)
        and exists (
            select
            from pg_locks l
            join pg_stat_activity a on a.pid = l.pid
            where l.locktype = 'advisory'
              and l.database = (
                  select d.oid
                  from pg_database d
                  where d.datname = current_database()
              )
              and (l.classid, l.objid, l.objsubid) = (0, 1734440037, 1)
              and l.granted
              and pg_has_role(a.usesysid, current_user::text, 'member')
        );
    v_row record;
begin
    for v_row in
        select
            coalesce(g.schema || '.' || g.relation, o.relation) as relation,
            coalesce(g.guard, o.guard) as guard,
            coalesce(g.state, 'removed') as state,
            o.since
        from (
            select * from gatehouse_report.guards where state <> 'on'
        ) as g
        full join gatehouse_data.guard_off o
            on o.relation = g.schema || '.' || g.relation
           and o.guard = g.guard
        where g.state is distinct from o.state
          and (g.state in ('off', 'missing') or not v_is_migrating)
        order by 1, 2
    loop
        if v_row.state = 'removed' then
            delete from gatehouse_data.guard_off o
            where o.relation = v_row.relation
              and o.guard = v_row.guard;
            on_again := concat_ws(
                ', ', on_again, v_row.relation || ' ' || v_row.guard);
        else
            insert into gatehouse_data.guard_off (relation, guard, state)
            values (v_row.relation, v_row.guard, v_row.state)
            on conflict on constraint guard_off_relation_guard_key do update
            set state = excluded.state,
                since = excluded.since;
            off_now := concat_ws(
                ', ', off_now, v_row.relation || ' ' || v_row.guard || ' '
                               || v_row.state);
        end if;
        perform gatehouse_audit.append(
            p_event => case v_row.state when 'removed'
                       then 'sys_monitor_enabled'
                       else 'sys_monitor_disabled' end,
            p_outcome => 'success',
            p_reason => case v_row.state when 'removed' then 'on'
                        else v_row.state end,
            p_node => p_node,
            p_detail => jsonb_strip_nulls(jsonb_build_object(
                'table', v_row.relation,
                'trigger', v_row.guard,
                'since', v_row.since))
        );
    end loop;
    off_now := left(off_now, 2000);
    on_again := left(on_again, 2000);
    select count(*)
    into n_off
    from gatehouse_data.guard_off;
end
$$;
comment on function gatehouse_data.guards_look(text) is
'Looks whether every guard is on and tells the audit trail, once, of each that
no longer is and of each that is again. Gives both as words for the log, the
first 2000 characters, and how many are off.';

do $list$
begin
    perform gatehouse_data.act('guards');
    with listed as (
        select 'gatehouse_' || l.relation as relation, u.guard
        from (values
            ('audit.access', array['access_append_only',
                                   'access_no_truncate']),
            ('audit.event', array['event_append_only',
                                  'event_no_truncate']),
            ('data.account_data', array['account_data_by_hand',
                                        'account_data_truncated_by_hand']),
            ('data.account', array['account_by_hand',
                                   'account_change_note',
                                   'account_ends_sessions',
                                   'account_keep_version_of_change',
                                   'account_keep_version_of_row',
                                   'account_no_truncate',
                                   'account_policy_lock',
                                   'account_removal_note',
                                   'account_truncate_note',
                                   'account_truncated_by_hand']),
            ('data.account_preference',
             array['account_preference_by_hand',
                   'account_preference_change_note',
                   'account_preference_truncate_note',
                   'account_preference_truncated_by_hand']),
            ('data.account_rights', array['account_rights_no_truncate',
                                          'account_rights_stays']),
            ('data.account_role', array['account_role_excluded',
                                        'account_role_is_ended']),
            ('data.account_version', array['account_version_append_only',
                                           'account_version_no_truncate']),
            ('data.application', array['application_limit',
                                       'application_outage']),
            ('data.change', array['change_no_truncate', 'change_stays']),
            ('data.change_state', array['change_state_no_truncate',
                                        'change_state_stays']),
            ('data.condition', array['condition_is_good',
                                     'condition_lists_sorted',
                                     'condition_limit']),
            ('data.condition_part', array['condition_part_without_cycle']),
            ('data.credential', array['credential_by_hand',
                                      'credential_change_ends_sessions',
                                      'credential_count_change',
                                      'credential_keep_version',
                                      'credential_no_truncate',
                                      'credential_removal_ends_sessions',
                                      'credential_truncated_by_hand']),
            ('data.credential_version',
             array['credential_version_append_only',
                   'credential_version_no_truncate']),
            ('data.event_repeat', array['event_repeat_truncated_by_hand']),
            ('data.access_writer', array['access_writer_by_hand',
                                         'access_writer_truncated_by_hand']),
            ('data.guard', array['guard_by_hand',
                                 'guard_truncated_by_hand']),
            ('data.guard_off', array['guard_off_by_hand',
                                     'guard_off_truncated_by_hand']),
            ('data.lock', array['lock_no_truncate', 'lock_stays']),
            ('data.policy_state', array['policy_state_no_truncate',
                                        'policy_state_only_rises',
                                        'policy_state_returns',
                                        'policy_state_rights_confirmed',
                                        'policy_state_rights_only_rise',
                                        'policy_state_roles_return',
                                        'policy_state_setting_by_hand',
                                        'policy_state_stays']),
            ('data.policy_version', array['policy_version_append_only',
                                          'policy_version_no_truncate']),
            ('data.review', array['review_by_hand',
                                  'review_truncated_by_hand']),
            ('data.review_item', array['review_item_by_hand',
                                       'review_item_truncated_by_hand']),
            ('data.rights_given', array['rights_given_no_truncate',
                                        'rights_given_stays']),
            ('data.rights_sweep', array['rights_sweep_no_truncate',
                                        'rights_sweep_stays']),
            ('data.role', array['role_builtin_stays', 'role_limit']),
            ('data.role_exclusion', array['role_exclusion_holds']),
            ('data.role_inheritance',
             array['role_inheritance_excluded',
                   'role_inheritance_without_cycle']),
            ('data.role_permission', array['role_permission_is_ended',
                                           'role_permission_limit']),
            ('data.role_rights', array['role_rights_no_truncate',
                                       'role_rights_stays']),
            ('data.role_turn', array['role_turn_no_truncate',
                                     'role_turn_stays']),
            ('data.server_state', array['server_state_no_truncate',
                                        'server_state_setting_by_hand',
                                        'server_state_stays']),
            ('data.session', array['session_by_hand',
                                   'session_change_note',
                                   'session_end_ends_data',
                                   'session_end_is_final',
                                   'session_keep_former',
                                   'session_removal_note',
                                   'session_rights_stay',
                                   'session_token_is_new',
                                   'session_truncate_note',
                                   'session_truncated_by_hand']),
            ('data.session_data', array['session_data_by_hand',
                                        'session_data_truncated_by_hand']),
            ('data.session_data_origin',
             array['session_data_origin_by_hand',
                   'session_data_origin_truncated_by_hand']),
            ('data.throttle', array['throttle_truncated_by_hand']),
            ('data.throttle_rule', array['throttle_rule_by_hand',
                                         'throttle_rule_truncated_by_hand']),
            ('data.zone', array['zone_outage'])
        ) as l (relation, guards)
        cross join unnest(l.guards) as u (guard)
        union all
        -- What every table of the policy has.
        select 'gatehouse_data.' || p.relation, p.relation || '_' || s.suffix
        from unnest(array['account_role', 'application', 'condition',
                          'condition_part', 'permission', 'resource',
                          'role', 'role_exclusion', 'role_inheritance',
                          'role_permission', 'zone']) as p (relation)
        cross join unnest(array['policy_changed', 'policy_changed_by_hand',
                                'policy_lock',
                                'policy_truncated_by_hand']) as s (suffix)
    ),
    struck as (
        delete from gatehouse_data.guard g
        where not exists (
            select
            from listed l
            where l.relation = g.relation
              and l.guard = g.guard
        )
    )
    insert into gatehouse_data.guard as g (relation, guard, fingerprint)
    select l.relation, l.guard, f.fingerprint
    from listed l
    left join gatehouse_data.guard_found f
        on f.relation = l.relation
       and f.guard = l.guard
    on conflict on constraint guard_relation_guard_key do update
    set fingerprint = coalesce(excluded.fingerprint, g.fingerprint);
    perform gatehouse_data.act('');
end
$list$;
