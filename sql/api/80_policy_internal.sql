-- SPDX-License-Identifier: Apache-2.0
--
-- The policy, internal: paths and patterns, names of rows for people, the
-- event of a change, and how a function of administration begins and ends.
-- Called by the functions of the policy, its triggers and views. The row of
-- policy_state is locked before any row of the policy, and after accounts,
-- sessions and counters.

create or replace function gatehouse_data.path_covers(
    p_prefix text,
    p_path text
)
returns boolean
language sql
immutable
return coalesce(
    starts_with(p_path, p_prefix)
    and (char_length(p_path) = char_length(p_prefix)
         or right(p_prefix, 1) = '/'
         or substr(p_path, char_length(p_prefix) + 1, 1) = '/'),
    false);
comment on function gatehouse_data.path_covers(text, text) is
'A path is the prefix or lies below it by whole segments: /app and /app/ cover
/app/x and not /apple; /app/ does not cover /app.';

create or replace function gatehouse_data.path_rest(
    p_prefix text,
    p_path text
)
returns text
language sql
immutable
return case
    when char_length(p_path) = char_length(p_prefix) then '/'
    else substr(p_path, char_length(p_prefix)
                        + case right(p_prefix, 1) when '/' then 0 else 1 end)
end;
comment on function gatehouse_data.path_rest(text, text) is
'What is left of a path inside an application: without the application''s own
path, with its leading slash; a slash when nothing is left.';

create or replace function gatehouse_data.path_below(
    p_prefix text,
    p_pattern text
)
returns text
language sql
immutable
return rtrim(p_prefix, '/') || p_pattern;
comment on function gatehouse_data.path_below(text, text) is
'A pattern with the path of its application before it, for people to read.';

create or replace function gatehouse_data.path_matches(
    p_pattern text,
    p_path text
)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pattern constant text[] := string_to_array(p_pattern, '/');
    v_path constant text[] :=
        string_to_array(coalesce(nullif(p_path, ''), '/'), '/');
    v_last constant integer := cardinality(v_pattern);
begin
    if (v_last >= 2 and v_pattern[1] = '' and v_path[1] = '') is not true
    then
        return false;
    end if;
    for i in 2 .. v_last loop
        if v_pattern[i] = '**' then
            return i = v_last;
        elsif i > cardinality(v_path) then
            return false;
        elsif v_pattern[i] = '*' then
            if v_path[i] = '' then
                return false;
            end if;
        elsif v_pattern[i] <> v_path[i] or strpos(v_pattern[i], '*') > 0 then
            return false;
        end if;
    end loop;
    return cardinality(v_path) = v_last;
end
$$;
comment on function gatehouse_data.path_matches(text, text) is
'A pattern matches what is left of a path inside an application. A segment of
the pattern is a literal, * for one that is not empty, or, at the end, ** for
any number, also none. Nothing left counts as a slash.';

drop function if exists gatehouse_data.application_at(text, text);
create or replace function gatehouse_data.application_at(
    p_host text,
    p_path text,
    p_before bigint default null
)
returns gatehouse_data.application
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_application gatehouse_data.application;
begin
    select a.*
    into v_application
    from gatehouse_data.applications_before(p_before) a
    where a.host in ('', p_host)
      and gatehouse_data.path_covers(a.path, p_path)
    order by char_length(a.path) desc, a.host = ''
    limit 1;
    return v_application;
end
$$;
comment on function gatehouse_data.application_at(text, text, bigint) is
'The application that is mounted at a canonical path on a host, or was before a
version of the policy: the one with the longest prefix, and of equals the one
that names the host. Null: none.';

-- Names for people. What is gone has the name it had last.

create or replace function gatehouse_data.policy_state_of(
    p_relation text,
    p_row_id bigint
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state jsonb;
begin
    if p_row_id is null then
        return null;
    end if;
    select v.state
    into v_state
    from gatehouse_data.policy_version v
    where v.relation = p_relation
      and v.row_id = p_row_id
    order by v.policy_version_id desc
    limit 1;
    return v_state;
end
$$;
comment on function gatehouse_data.policy_state_of(text, bigint) is
'The last state of a row of the policy, also of one that is gone.';

create or replace function gatehouse_data.account_name_of(p_account_id bigint)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
begin
    if p_account_id is null then
        return null;
    end if;
    select a.name
    into v_name
    from gatehouse_data.account a
    where a.account_id = p_account_id;
    if not found then
        select v.name
        into v_name
        from gatehouse_data.account_version v
        where v.account_id = p_account_id
        order by v.account_version_id desc
        limit 1;
    end if;
    return v_name;
end
$$;
comment on function gatehouse_data.account_name_of(bigint) is
'The name of an account, also of one that is gone.';

create or replace function gatehouse_data.policy_names(
    p_relation text,
    p_state jsonb
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_permission constant jsonb := case
        when p_relation = 'permission' then p_state
        when p_state ? 'permission_id' then gatehouse_data.policy_state_of(
            'permission', (p_state ->> 'permission_id')::bigint) end;
    v_resource constant jsonb := case
        when p_relation = 'resource' then p_state
        when v_permission is not null then gatehouse_data.policy_state_of(
            'resource', (v_permission ->> 'resource_id')::bigint) end;
    v_application constant jsonb := case
        when p_relation = 'application' then p_state
        when coalesce(v_permission, v_resource) is not null
        then gatehouse_data.policy_state_of(
            'application', (coalesce(v_permission, v_resource)
                            ->> 'application_id')::bigint) end;
    v_zone constant jsonb := case
        when p_relation = 'zone' then p_state
        when p_relation = 'application'
        then gatehouse_data.policy_state_of(
            'zone', (p_state ->> 'zone_id')::bigint) end;
    v_role constant jsonb := case
        when p_relation = 'role' then p_state
        when p_state ? 'role_id' then gatehouse_data.policy_state_of(
            'role', (p_state ->> 'role_id')::bigint) end;
    v_inherits constant jsonb := gatehouse_data.policy_state_of(
        'role', (p_state ->> 'inherits_id')::bigint);
begin
    return jsonb_strip_nulls(jsonb_build_object(
        'zone', v_zone ->> 'name',
        'application', v_application ->> 'name',
        'path', coalesce(
            gatehouse_data.path_below(v_application ->> 'path',
                                      v_resource ->> 'pattern'),
            v_application ->> 'path'),
        'permission', v_permission ->> 'name',
        'role', v_role ->> 'name',
        'inherits', v_inherits ->> 'name',
        'excludes', gatehouse_data.policy_state_of(
            'role', (p_state ->> 'excludes_id')::bigint) ->> 'name',
        'condition', case
            when p_relation = 'condition' then p_state ->> 'name'
            else gatehouse_data.policy_state_of(
                'condition', (p_state ->> 'condition_id')::bigint) ->> 'name'
            end,
        'part', gatehouse_data.policy_state_of(
            'condition', (p_state ->> 'part_id')::bigint) ->> 'name',
        'account', gatehouse_data.account_name_of(
            (p_state ->> 'account_id')::bigint)
    ));
end
$$;
comment on function gatehouse_data.policy_names(text, jsonb) is
'What a row of the policy is about, by names: zone, application, path,
permission, role, inherits, excludes, condition, part, account, as far as they
belong to it. A definer, for the views.';

create or replace function gatehouse_data.policy_tell(
    p_relation text,
    p_operation text,
    p_before jsonb,
    p_after jsonb,
    p_is_by_hand boolean
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row constant jsonb := coalesce(p_after, p_before);
    v_names constant jsonb :=
        gatehouse_data.policy_names(p_relation, v_row);
begin
    perform gatehouse_audit.append(
        p_event => case
            when p_relation in ('role', 'role_inheritance', 'role_exclusion',
                                'account_role', 'role_permission')
            then 'authz_change'
            else 'privilege_permissions_changed' end,
        p_outcome => 'success',
        p_account_id => (v_row ->> 'account_id')::bigint,
        p_account => v_names ->> 'account',
        p_actor => case
            when p_is_by_hand then session_user::text
            else coalesce(gatehouse_data.claim('actor'), session_user::text)
            end,
        p_application => v_names ->> 'application',
        p_reason => case
            when p_is_by_hand then 'by_hand'
            when p_operation = 'delete'
            then coalesce(gatehouse_data.claim('reason'),
                          gatehouse_data.claim('act'))
            else coalesce(nullif(v_row ->> 'end_reason', ''),
                          nullif(v_row ->> 'reason', ''),
                          gatehouse_data.claim('reason')) end,
        p_is_by_hand => p_is_by_hand,
        p_detail => jsonb_strip_nulls(jsonb_build_object(
            'table', 'gatehouse_data.' || p_relation,
            'operation', p_operation,
            'names', v_names,
            'before', p_before,
            'after', p_after
        ))
    );
end
$$;
comment on function gatehouse_data.policy_tell(
    text, text, jsonb, jsonb, boolean
) is
'Writes the event of a change of the policy: authz_change for roles and grants,
privilege_permissions_changed for the rest.';

-- How a function of administration begins, ends and refuses.

drop function if exists gatehouse_data.policy_begin(text, text, text);
create or replace function gatehouse_data.policy_begin(
    p_act text,
    p_actor text,
    p_reason text default null,
    p_confirm integer default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_data.actor_check(p_actor);
    if char_length(p_reason) > 128 then
        raise exception using
            errcode = 'GH003',
            message = 'a reason has at most 128 characters';
    end if;
    perform gatehouse_data.act(p_act, p_actor),
            -- A function that is part of a larger change has that one's.
            set_config('gatehouse.reason', coalesce(
                nullif(p_reason, ''),
                current_setting('gatehouse.reason_of_all', true), ''), true);
    if p_confirm is not null then
        perform set_config('gatehouse.confirm', p_confirm::text, true);
    end if;
    perform
    from gatehouse_data.policy_state
    for no key update;
end
$$;
comment on function gatehouse_data.policy_begin(text, text, text, integer) is
'A function begins to change the policy: its name, for whom, why, and how many
sessions that may end at the end of the transaction (null: as many as need no
word). Waits for whoever changes it now. GH003 malformed.';

create or replace function gatehouse_data.policy_end()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_data.act(''),
            set_config('gatehouse.reason', '', true);
end
$$;
comment on function gatehouse_data.policy_end() is
'A function has changed the policy.';

create or replace function gatehouse_data.policy_form(p_constraint text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
    when p_constraint = 'application_name_form'
    then 'a name is 1 to 64 of a-z 0-9 _ -, beginning with a letter or digit'
    when p_constraint = 'application_host_form'
    then 'a host is a lower-case name or address without a port, or empty for '
         'every host'
    when p_constraint in ('application_path_form',
                          'application_path_canonical')
    then 'a path begins with / and is canonical: no //, no dot segments, no '
         'query, no *, triplets such as %20 in upper case and only where '
         'needed; at most 1024 characters'
    when p_constraint = 'application_path_plain'
    then 'a path has no ! $ & ( ) * + , ; = : @ or quote, nor their triplets: '
         'web servers take @ and %40 for the same'
    when p_constraint in ('application_backends_form',
                          'application_backends_number')
    then 'backends are 1 to 4 of http://host:port or http://unix:/path; none '
         'is needed when carrying is verdict'
    when p_constraint = 'application_carrying_known'
    then 'carrying is forward or verdict'
    when p_constraint in ('application_connections_range',
                          'application_keep_range')
    then 'connections are 1 to 65536, keep 0 to 65536'
    when p_constraint in ('application_encoded_slash_known',
                          'application_semicolon_known',
                          'application_empty_segments_known')
    then 'encoded_slash, semicolon and empty_segments are refuse or keep'
    when p_constraint = 'application_authorization_field_known'
    then 'authorization_field is drop or pass'
    when p_constraint = 'application_on_outage_range'
    then 'an application goes on without the database for at most an hour'
    when p_constraint = 'application_identity_known'
    then 'identity is remote, x-remote, x-forwarded, x-auth-request or auth'
    when p_constraint in ('resource_pattern_form',
                          'resource_pattern_canonical',
                          'resource_pattern_segments')
    then 'a pattern begins with /, has at most 64 segments and 1024 '
         'characters; a segment is canonical text, * for any one, or, at the '
         'end only, ** for any number'
    when p_constraint = 'resource_activity_known'
    then 'activity is count or ignore'
    when p_constraint = 'permission_name_form'
    then 'a permission''s name is 1 to 64 of a-z 0-9 . _ : -, beginning with '
         'a letter or digit'
    when p_constraint like 'permission_methods_%'
    then 'methods are {*} or registered ones in upper case, such as GET'
    when p_constraint = 'role_name_form'
    then 'a role''s name is 1 to 64 of a-z 0-9 . _ @ + -, beginning with a '
         'letter or digit'
    when p_constraint like '%_valid_until_order'
    then 'a grant ends after it begins'
    when p_constraint like '%_reason_length'
    then 'a reason has at most 128 characters'
    when p_constraint in ('role_meaning_form',
                          'application_shares_host_because_form')
    then 'at most 256 characters, none of them a control character'
end;
comment on function gatehouse_data.policy_form(text) is
'What a constraint of the policy wants, in words, for whoever broke it.';

create or replace function gatehouse_data.application_of(p_name text)
returns gatehouse_data.application
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_application gatehouse_data.application;
begin
    select a.*
    into v_application
    from gatehouse_data.application a
    where a.name = p_name;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no application %s', left(p_name, 64));
    end if;
    return v_application;
end
$$;
comment on function gatehouse_data.application_of(text) is
'The application of a name. GH001 not found.';

create or replace function gatehouse_data.role_of(p_name text)
returns gatehouse_data.role
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role gatehouse_data.role;
begin
    select r.*
    into v_role
    from gatehouse_data.role r
    where r.name = p_name;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no role %s', left(p_name, 64));
    end if;
    return v_role;
end
$$;
comment on function gatehouse_data.role_of(text) is
'The role of a name. GH001 not found.';

create or replace function gatehouse_data.permission_of(
    p_application text,
    p_permission text
)
returns gatehouse_data.permission
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_application constant gatehouse_data.application :=
        gatehouse_data.application_of(p_application);
    v_permission gatehouse_data.permission;
begin
    select p.*
    into v_permission
    from gatehouse_data.permission p
    where p.application_id = v_application.application_id
      and p.name = p_permission;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('the application %s has no permission %s',
                             p_application, left(p_permission, 64));
    end if;
    return v_permission;
end
$$;
comment on function gatehouse_data.permission_of(text, text) is
'The permission of a name in an application. GH001 not found.';
