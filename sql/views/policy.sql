-- SPDX-License-Identifier: Apache-2.0
--
-- Views for people, of the policy: who may do what and why, which grants end
-- or are not used, and how it came to be so.

create view gatehouse_report.role_matrix as
with held as (
    select r.role_id, r.role_id as owner_id
    from gatehouse_data.role r
    union all
    select c.role_id, c.inherits_id
    from gatehouse_data.role_closure c
)
select
    a.name as application,
    o.name as role,
    gatehouse_data.path_below(a.path, r.pattern) as path,
    array_to_string(p.methods, ',') as methods,
    p.name as permission,
    case when h.role_id <> h.owner_id then t.name end as through,
    g.valid_until,
    c.name as condition,
    g.grant_id
from held h
join gatehouse_data.role o on o.role_id = h.role_id
join gatehouse_data.role t on t.role_id = h.owner_id
join gatehouse_data.role_permission g on g.role_id = h.owner_id
join gatehouse_data.permission p on p.permission_id = g.permission_id
join gatehouse_data.resource r on r.resource_id = p.resource_id
join gatehouse_data.application a on a.application_id = p.application_id
left join gatehouse_data.condition c on c.condition_id = g.condition_id
where g.ended_at is null
  and g.valid_from <= clock_timestamp()
  and (g.valid_until is null or g.valid_until > clock_timestamp());
comment on view gatehouse_report.role_matrix is
'What each role may do now, by itself and by inheritance, and under which
condition. Example: what may a clerk do?
  select application, path, methods, permission, through
  from gatehouse_report.role_matrix
  where role = ''clerk'' order by application, path;';
comment on column gatehouse_report.role_matrix.application is
'name of the application';
comment on column gatehouse_report.role_matrix.role is 'name of the role';
comment on column gatehouse_report.role_matrix.path is
'pattern of paths, with the path of the application';
comment on column gatehouse_report.role_matrix.methods is
'methods; *: all';
comment on column gatehouse_report.role_matrix.permission is
'name of the permission';
comment on column gatehouse_report.role_matrix.through is
'the inherited role that has it; null: the role itself';
comment on column gatehouse_report.role_matrix.valid_until is
'until when; null: until it is ended';
comment on column gatehouse_report.role_matrix.condition is
'the condition under which it may; null: none';
comment on column gatehouse_report.role_matrix.grant_id is
'number of the grant, as in access records';

create view gatehouse_report.effective_access as
select
    a.name as account,
    m.application,
    m.path,
    m.methods,
    m.permission,
    m.role,
    m.through,
    case when g.valid_until < m.valid_until or m.valid_until is null
         then g.valid_until else m.valid_until end as valid_until,
    nullif(concat_ws(' and ', c.name, m.condition), '') as condition
from gatehouse_data.account a
join gatehouse_data.account_role g on g.account_id = a.account_id
join gatehouse_data.role r on r.role_id = g.role_id
join gatehouse_report.role_matrix m on m.role = r.name
left join gatehouse_data.condition c on c.condition_id = g.condition_id
where a.status = 'active'
  and g.ended_at is null
  and g.valid_from <= clock_timestamp()
  and (g.valid_until is null or g.valid_until > clock_timestamp())
union all
select
    a.name,
    m.application,
    m.path,
    m.methods,
    m.permission,
    m.role,
    m.through,
    m.valid_until,
    m.condition
from gatehouse_data.account a
cross join gatehouse_data.role r
join gatehouse_report.role_matrix m on m.role = r.name
where a.status = 'active'
  and r.builtin is not null;
comment on view gatehouse_report.effective_access is
'What each active account may do now, by which of its roles and under which
conditions; with what everybody may, and whoever is signed in. Example: who may
change orders?
  select distinct account, role from gatehouse_report.effective_access
  where application = ''app'' and path = ''/app/orders/**''
    and string_to_array(methods, '','') && array[''*'', ''POST'']
  order by account;';
comment on column gatehouse_report.effective_access.account is
'name of the account';
comment on column gatehouse_report.effective_access.application is
'name of the application';
comment on column gatehouse_report.effective_access.path is
'pattern of paths, with the path of the application';
comment on column gatehouse_report.effective_access.methods is
'methods; *: all';
comment on column gatehouse_report.effective_access.permission is
'name of the permission';
comment on column gatehouse_report.effective_access.role is
'the role that the account has been given, or that is built in';
comment on column gatehouse_report.effective_access.through is
'the inherited role that has the permission; null: that role itself';
comment on column gatehouse_report.effective_access.valid_until is
'until when; null: until a grant is ended';
comment on column gatehouse_report.effective_access.condition is
'the condition, or both, under which it may: that of the role, and that of what
the role may; null: none';

create view gatehouse_report.application_access as
select
    m.application,
    a.name as account,
    a.status,
    string_agg(distinct r.name, ', ' order by r.name) as roles,
    bool_and(g.condition_id is not null or m.condition is not null)
         as is_conditional
from gatehouse_data.account a
join gatehouse_data.account_role g on g.account_id = a.account_id
join gatehouse_data.role r on r.role_id = g.role_id
join gatehouse_report.role_matrix m on m.role = r.name
where g.ended_at is null
  and g.valid_from <= clock_timestamp()
  and (g.valid_until is null or g.valid_until > clock_timestamp())
group by m.application, a.name, a.status
union all
select
    m.application,
    case r.builtin when 'anonymous' then '(everybody)'
                   else '(whoever is signed in)' end,
    null,
    r.name,
    bool_and(m.condition is not null)
from gatehouse_data.role r
join gatehouse_report.role_matrix m on m.role = r.name
where r.builtin is not null
group by m.application, r.name, r.builtin;
comment on view gatehouse_report.application_access is
'Who can reach an application at all now. Accounts that are not active are
shown, too: they have it again when they are. Example: who can reach hr?
  select account, status, roles from gatehouse_report.application_access
  where application = ''hr'' order by account;';
comment on column gatehouse_report.application_access.application is
'name of the application';
comment on column gatehouse_report.application_access.account is
'name of the account; (everybody) or (whoever is signed in)';
comment on column gatehouse_report.application_access.status is
'active, disabled or locked';
comment on column gatehouse_report.application_access.roles is
'by which roles';
comment on column gatehouse_report.application_access.is_conditional is
'under conditions only, such as hours or networks';

create view gatehouse_report.grants_ending as
select
    'role of an account' as kind,
    r.name as role,
    a.name as account,
    null::text as application,
    null::text as permission,
    g.valid_until,
    g.granted_by,
    g.reason,
    g.grant_id
from gatehouse_data.account_role g
join gatehouse_data.role r on r.role_id = g.role_id
join gatehouse_data.account a on a.account_id = g.account_id
where g.ended_at is null
  and g.valid_until > clock_timestamp()
  and g.valid_until <= clock_timestamp() + interval '30 days'
union all
select
    'permission of a role',
    r.name,
    null,
    a.name,
    p.name,
    g.valid_until,
    g.granted_by,
    g.reason,
    g.grant_id
from gatehouse_data.role_permission g
join gatehouse_data.role r on r.role_id = g.role_id
join gatehouse_data.permission p on p.permission_id = g.permission_id
join gatehouse_data.application a on a.application_id = p.application_id
where g.ended_at is null
  and g.valid_until > clock_timestamp()
  and g.valid_until <= clock_timestamp() + interval '30 days';
comment on view gatehouse_report.grants_ending is
'Grants that end within 30 days. Example: what ends this week?
  select * from gatehouse_report.grants_ending
  where valid_until < now() + interval ''7 days'' order by valid_until;';
comment on column gatehouse_report.grants_ending.kind is
'role of an account, or permission of a role';
comment on column gatehouse_report.grants_ending.role is 'name of the role';
comment on column gatehouse_report.grants_ending.account is
'the account that has the role';
comment on column gatehouse_report.grants_ending.application is
'the application of the permission';
comment on column gatehouse_report.grants_ending.permission is
'the permission that the role has';
comment on column gatehouse_report.grants_ending.valid_until is
'when it ends';
comment on column gatehouse_report.grants_ending.granted_by is 'who gave it';
comment on column gatehouse_report.grants_ending.reason is 'why';
comment on column gatehouse_report.grants_ending.grant_id is
'number of the grant, of its kind';

create view gatehouse_report.grants_unused as
with used as materialized (
    select distinct x.account_id, x.grant_id, g.role_id
    from gatehouse_audit.access x
    join gatehouse_data.role_permission g on g.grant_id = x.grant_id
    where x.at > clock_timestamp() - interval '90 days'
)
select
    'role of an account' as kind,
    r.name as role,
    a.name as account,
    null::text as application,
    null::text as permission,
    g.valid_from,
    g.valid_until,
    g.granted_by,
    g.reason,
    g.grant_id
from gatehouse_data.account_role g
join gatehouse_data.role r on r.role_id = g.role_id
join gatehouse_data.account a on a.account_id = g.account_id
where g.ended_at is null
  and greatest(g.valid_from, g.granted_at)
      < clock_timestamp() - interval '90 days'
  and (g.valid_until is null or g.valid_until > clock_timestamp())
  and not exists (
      select
      from used u
      where u.account_id = g.account_id
        and (u.role_id = g.role_id or exists (
            select
            from gatehouse_data.role_closure c
            where c.role_id = g.role_id
              and c.inherits_id = u.role_id
        ))
  )
union all
select
    'permission of a role',
    r.name,
    null,
    a.name,
    p.name,
    g.valid_from,
    g.valid_until,
    g.granted_by,
    g.reason,
    g.grant_id
from gatehouse_data.role_permission g
join gatehouse_data.role r on r.role_id = g.role_id
join gatehouse_data.permission p on p.permission_id = g.permission_id
join gatehouse_data.application a on a.application_id = p.application_id
where g.ended_at is null
  and greatest(g.valid_from, g.granted_at)
      < clock_timestamp() - interval '90 days'
  and (g.valid_until is null or g.valid_until > clock_timestamp())
  and not exists (
      select
      from used u
      where u.grant_id = g.grant_id
  );
comment on view gatehouse_report.grants_unused is
'Grants older than 90 days that permitted nothing in the last 90: a role that
the account did not need, a permission that nobody with the role used. Reads
all access records of that time. Example: what can be ended?
  select kind, role, account, application, permission, granted_by
  from gatehouse_report.grants_unused order by kind, role;';
comment on column gatehouse_report.grants_unused.kind is
'role of an account, or permission of a role';
comment on column gatehouse_report.grants_unused.role is 'name of the role';
comment on column gatehouse_report.grants_unused.account is
'the account that has the role';
comment on column gatehouse_report.grants_unused.application is
'the application of the permission';
comment on column gatehouse_report.grants_unused.permission is
'the permission that the role has';
comment on column gatehouse_report.grants_unused.valid_from is
'since when it holds';
comment on column gatehouse_report.grants_unused.valid_until is
'until when; null: until it is ended';
comment on column gatehouse_report.grants_unused.granted_by is 'who gave it';
comment on column gatehouse_report.grants_unused.reason is 'why';
comment on column gatehouse_report.grants_unused.grant_id is
'number of the grant, of its kind';

create view gatehouse_report.accounts_never_signed_in as
select
    a.name as account,
    a.display_name,
    a.email,
    a.status,
    a.created_at,
    (
        select string_agg(r.name, ', ' order by r.name)
        from gatehouse_data.account_role g
        join gatehouse_data.role r on r.role_id = g.role_id
        where g.account_id = a.account_id
          and g.ended_at is null
          and (g.valid_until is null or g.valid_until > clock_timestamp())
    ) as roles,
    a.account_id
from gatehouse_data.account a
where a.last_sign_in_at is null;
comment on view gatehouse_report.accounts_never_signed_in is
'Accounts that nobody ever signed in with. Example: which of them are old and
have roles?
  select account, roles, created_at
  from gatehouse_report.accounts_never_signed_in
  where created_at < now() - interval ''30 days'' and roles is not null
  order by created_at;';
comment on column gatehouse_report.accounts_never_signed_in.account is
'name of the account';
comment on column gatehouse_report.accounts_never_signed_in.display_name is
'name of the person';
comment on column gatehouse_report.accounts_never_signed_in.email is
'e-mail address';
comment on column gatehouse_report.accounts_never_signed_in.status is
'active, disabled or locked';
comment on column gatehouse_report.accounts_never_signed_in.created_at is
'when it was added';
comment on column gatehouse_report.accounts_never_signed_in.roles is
'roles that it has been given';
comment on column gatehouse_report.accounts_never_signed_in.account_id is
'number of the account';

create view gatehouse_report.separation_of_duty as
with has as (
    select r.role_id, r.role_id as has_id
    from gatehouse_data.role r
    union all
    select c.role_id, c.inherits_id
    from gatehouse_data.role_closure c
),
members as (
    select h.has_id, count(distinct g.account_id)::integer as n
    from has h
    join gatehouse_data.account_role g on g.role_id = h.role_id
    where g.ended_at is null
      and (g.valid_until is null or g.valid_until > clock_timestamp())
    group by h.has_id
)
select
    r.name as role,
    o.name as excludes,
    coalesce(m.n, 0) as members,
    coalesce(n.n, 0) as excluded_members,
    e.made_by,
    e.reason,
    e.made_at,
    e.role_exclusion_id
from gatehouse_data.role_exclusion e
join gatehouse_data.role r on r.role_id = e.role_id
join gatehouse_data.role o on o.role_id = e.excludes_id
left join members m on m.has_id = e.role_id
left join members n on n.has_id = e.excludes_id;
comment on view gatehouse_report.separation_of_duty is
'Roles that nobody may have both, given or inherited. Example: what keeps who
orders from paying?
  select role, excludes, reason, made_by, made_at
  from gatehouse_report.separation_of_duty
  where ''buyer'' in (role, excludes);';
comment on column gatehouse_report.separation_of_duty.role is
'the one role';
comment on column gatehouse_report.separation_of_duty.excludes is
'the other one';
comment on column gatehouse_report.separation_of_duty.members is
'accounts that have the one, now or from some later time on, given or
inherited';
comment on column gatehouse_report.separation_of_duty.excluded_members is
'accounts that have the other one';
comment on column gatehouse_report.separation_of_duty.made_by is
'who made it so';
comment on column gatehouse_report.separation_of_duty.reason is 'why';
comment on column gatehouse_report.separation_of_duty.made_at is 'when';
comment on column gatehouse_report.separation_of_duty.role_exclusion_id is
'number of the pair';

create view gatehouse_report.policy_history as
select
    v.at as valid_from,
    case v.operation when 'delete' then v.at else lead(v.at) over (
        partition by v.relation, v.row_id order by v.policy_version_id
    ) end as valid_until,
    v.relation,
    v.operation,
    n.names ->> 'role' as role,
    n.names ->> 'inherits' as inherits,
    n.names ->> 'excludes' as excludes,
    n.names ->> 'account' as account,
    n.names ->> 'application' as application,
    n.names ->> 'permission' as permission,
    n.names ->> 'path' as path,
    n.names ->> 'zone' as zone,
    v.actor as changed_by,
    v.act as changed_with,
    v.database_user,
    v.database_client,
    v.database_application,
    v.state,
    v.version,
    v.transaction,
    v.row_id
from gatehouse_data.policy_version v
cross join lateral gatehouse_data.policy_names(v.relation, v.state)
    as n (names);
comment on view gatehouse_report.policy_history is
'Every state that a part of the policy ever had and who changed it. Names are
those of today, or the last ones. Example: which roles had carol on 3 March at
21:00, and who had given them?
  select role, state ->> ''granted_by'' as granted_by,
         state ->> ''reason'' as reason
  from gatehouse_report.policy_history
  where relation = ''account_role'' and account = ''carol''
    and valid_from <= ''2026-03-03 21:00+01''
    and (valid_until is null or valid_until > ''2026-03-03 21:00+01'')
    and (state ->> ''valid_from'')::timestamptz <= ''2026-03-03 21:00+01''
    and coalesce((state ->> ''valid_until'')::timestamptz, ''infinity'')
        > ''2026-03-03 21:00+01''
    and state ->> ''ended_at'' is null;';
comment on column gatehouse_report.policy_history.valid_from is
'since when the state held';
comment on column gatehouse_report.policy_history.valid_until is
'until when; null: it holds, unless the table was emptied since';
comment on column gatehouse_report.policy_history.relation is
'zone, application, resource, permission, role, role_inheritance,
role_exclusion, account_role, role_permission, condition or condition_part';
comment on column gatehouse_report.policy_history.operation is
'insert, update, delete or truncate';
comment on column gatehouse_report.policy_history.role is
'the role that it is about';
comment on column gatehouse_report.policy_history.inherits is
'the role that is inherited';
comment on column gatehouse_report.policy_history.excludes is
'the role that is excluded';
comment on column gatehouse_report.policy_history.account is
'the account that has the role';
comment on column gatehouse_report.policy_history.application is
'the application';
comment on column gatehouse_report.policy_history.permission is
'the permission';
comment on column gatehouse_report.policy_history.path is
'path of the application, or pattern of paths in it';
comment on column gatehouse_report.policy_history.zone is 'the zone';
comment on column gatehouse_report.policy_history.changed_by is
'who did it, as the administration''s tool claims';
comment on column gatehouse_report.policy_history.changed_with is
'the function that did it; null: by hand';
comment on column gatehouse_report.policy_history.database_user is
'who was connected to the database';
comment on column gatehouse_report.policy_history.database_client is
'from which address that was; null: by a unix socket';
comment on column gatehouse_report.policy_history.database_application is
'application_name of that connection';
comment on column gatehouse_report.policy_history.state is
'the row, by its columns; after a delete the last one';
comment on column gatehouse_report.policy_history.version is
'version of the policy that it belongs to';
comment on column gatehouse_report.policy_history.transaction is
'the transaction: rows changed together';
comment on column gatehouse_report.policy_history.row_id is
'number of the row in its table';
