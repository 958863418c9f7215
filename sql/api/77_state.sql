-- SPDX-License-Identifier: Apache-2.0
--
-- The state of the policy, internal: its rows as they are, or as they were.
-- Now (null) they are read from the tables, as gateways do; of the past from
-- the versions. A version is named by the one that came after it: "before 7"
-- is what was in force until version 7 was committed. Called by all that
-- decides in SQL.

create or replace function gatehouse_data.policy_before(p_at timestamptz)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
return case
    when p_at is not null
    -- Not the first version that is later: one whose clock was ahead would
    -- hide all that came after it until then.
    then coalesce((
        select min(n.version)
        from gatehouse_data.policy_version n
        where n.version > coalesce((
            select max(w.version)
            from (
                select v.version
                from gatehouse_data.policy_version v
                group by v.version
                having max(v.at) <= p_at
            ) as w
        ), 0)
    ), 9223372036854775807)
end;
comment on function gatehouse_data.policy_before(timestamptz) is
'Before which version of the policy an instant lies; null: now. A version
counts from the instant of its last change, because it was committed no
earlier: it was in force a little later, once its transaction was committed.
Whether that was long is not recorded. The last version that counts then is
taken with all before it, also with one whose clock was ahead. Where clocks were
set back an instant came twice: what it was the second time is answered.';

create or replace function gatehouse_data.policy_words(p_before bigint)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
return (
    select format(
        'as the policy stood with version %s of %s, by %s%s', v.version, v.at,
        coalesce(v.actor, v.database_user),
        '; the next one is of ' || (
            select min(n.at)
            from gatehouse_data.policy_version n
            where n.version = p_before
        ))
    from gatehouse_data.policy_version v
    where v.version < p_before
    order by v.policy_version_id desc
    limit 1
);
comment on function gatehouse_data.policy_words(bigint) is
'For people: which version of the policy was in force before another one, since
when, and who made it. Null: there was none.';

create or replace function gatehouse_data.policy_rows(
    p_relation text,
    p_before bigint
)
returns setof jsonb
language sql
stable
-- Now is no question about versions: then nothing is looked through.
strict
set search_path = pg_catalog, pg_temp
as $$
with last as (
    select distinct on (v.row_id) v.operation, v.state
    from gatehouse_data.policy_version v
    where v.relation = p_relation
      and v.version < p_before
      and v.row_id is not null
      and v.policy_version_id > coalesce((
          select max(t.policy_version_id)
          from gatehouse_data.policy_version t
          where t.relation = p_relation
            and t.row_id is null
            and t.version < p_before
      ), 0)
    order by v.row_id, v.policy_version_id desc
)
select l.state
from last l
where l.operation <> 'delete'
$$;
comment on function gatehouse_data.policy_rows(text, bigint) is
'The rows of a table of the policy as they were before a version. Columns that
were added since are missing.';

create or replace function gatehouse_data.applications_before(p_before bigint)
returns setof gatehouse_data.application
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select a.*
from gatehouse_data.application a
where p_before is null
union all
select a.*
from gatehouse_data.policy_rows('application', p_before) as s (state)
cross join jsonb_populate_record(null::gatehouse_data.application, s.state) a
$$;
comment on function gatehouse_data.applications_before(bigint) is
'The applications before a version of the policy; null: now.';

create or replace function gatehouse_data.zones_before(p_before bigint)
returns setof gatehouse_data.zone
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select z.*
from gatehouse_data.zone z
where p_before is null
union all
select z.*
from gatehouse_data.policy_rows('zone', p_before) as s (state)
cross join jsonb_populate_record(null::gatehouse_data.zone, s.state) z
$$;
comment on function gatehouse_data.zones_before(bigint) is
'The zones before a version of the policy; null: now.';

create or replace function gatehouse_data.resources_before(p_before bigint)
returns setof gatehouse_data.resource
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select r.*
from gatehouse_data.resource r
where p_before is null
union all
select r.*
from gatehouse_data.policy_rows('resource', p_before) as s (state)
cross join jsonb_populate_record(null::gatehouse_data.resource, s.state) r
$$;
comment on function gatehouse_data.resources_before(bigint) is
'The resources before a version of the policy; null: now.';

create or replace function gatehouse_data.permissions_before(p_before bigint)
returns setof gatehouse_data.permission
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select p.*
from gatehouse_data.permission p
where p_before is null
union all
select p.*
from gatehouse_data.policy_rows('permission', p_before) as s (state)
cross join jsonb_populate_record(null::gatehouse_data.permission, s.state) p
$$;
comment on function gatehouse_data.permissions_before(bigint) is
'The permissions before a version of the policy; null: now.';

create or replace function gatehouse_data.roles_before(p_before bigint)
returns setof gatehouse_data.role
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select r.*
from gatehouse_data.role r
where p_before is null
union all
select r.*
from gatehouse_data.policy_rows('role', p_before) as s (state)
cross join jsonb_populate_record(null::gatehouse_data.role, s.state) r
$$;
comment on function gatehouse_data.roles_before(bigint) is
'The roles before a version of the policy; null: now.';

create or replace function gatehouse_data.closure_before(p_before bigint)
returns table (
    role_id bigint,
    has_id bigint
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
with recursive edge as materialized (
    select i.role_id, i.inherits_id
    from gatehouse_data.role_inheritance i
    where p_before is null
    union all
    select (s.state ->> 'role_id')::bigint,
           (s.state ->> 'inherits_id')::bigint
    from gatehouse_data.policy_rows('role_inheritance', p_before)
        as s (state)
),
closure as (
    select r.role_id, r.role_id as has_id
    from gatehouse_data.roles_before(p_before) r
    union
    select c.role_id, e.inherits_id
    from closure c
    join edge e on e.role_id = c.has_id
)
select c.role_id, c.has_id
from closure c
$$;
comment on function gatehouse_data.closure_before(bigint) is
'Which role had what another one has before a version of the policy, itself and
through others; null: now.';

create or replace function gatehouse_data.account_roles_before(p_before bigint)
returns setof gatehouse_data.account_role
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select g.*
from gatehouse_data.account_role g
where p_before is null
union all
select g.*
from gatehouse_data.policy_rows('account_role', p_before) as s (state)
cross join jsonb_populate_record(null::gatehouse_data.account_role, s.state) g
$$;
comment on function gatehouse_data.account_roles_before(bigint) is
'The grants of roles to accounts before a version of the policy; null: now.';

create or replace function gatehouse_data.role_permissions_before(
    p_before bigint
)
returns setof gatehouse_data.role_permission
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select g.*
from gatehouse_data.role_permission g
where p_before is null
union all
select g.*
from gatehouse_data.policy_rows('role_permission', p_before) as s (state)
cross join jsonb_populate_record(null::gatehouse_data.role_permission,
                                 s.state) g
$$;
comment on function gatehouse_data.role_permissions_before(bigint) is
'The grants of permissions to roles before a version of the policy; null: now.';

create or replace function gatehouse_data.accounts_at(p_at timestamptz)
returns table (
    account_id bigint,
    name text,
    status text,
    status_reason text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select a.account_id, a.name, a.status, a.status_reason
from gatehouse_data.account a
where p_at is null
union all
select l.account_id, l.name, l.status, l.status_reason
from (
    select distinct on (v.account_id) v.*
    from gatehouse_data.account_version v
    where v.at <= p_at
    order by v.account_id, v.account_version_id desc
) as l
where l.operation <> 'delete'
$$;
comment on function gatehouse_data.accounts_at(timestamptz) is
'The accounts at an instant; null: now.';
