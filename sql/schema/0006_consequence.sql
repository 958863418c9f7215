-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What follows from a change of a row, whoever makes it and how: sessions of
-- an account that is no longer active, or has a new password, end; a change
-- that no function of Gatehouse makes is written to the audit trail, with who
-- was connected, from where, and the row before and after. The functions that
-- these triggers call stand in sql/api/; until they do, such changes fail.
--
-- "By hand" is: made by anyone but the owner, or outside of the functions,
-- each of which sets gatehouse.act to its name while it runs. Somebody who may
-- become the owner could set it, too; the versions of 0003 have who that was.

create function gatehouse_data.account_ends_sessions()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_act constant text :=
        coalesce(current_setting('gatehouse.act', true), '');
    v_actor constant text :=
        coalesce(current_setting('gatehouse.actor', true), '');
begin
    perform gatehouse_data.act('account_ends_sessions', v_actor);
    perform gatehouse_data.sessions_end_of(new.account_id, 'disabled',
                                           new.status);
    perform gatehouse_data.act(v_act, v_actor);
    return null;
end
$$;
comment on function gatehouse_data.account_ends_sessions() is
'Trigger: ends the sessions of an account that is no longer active.';

create function gatehouse_data.credential_ends_sessions()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_act constant text :=
        coalesce(current_setting('gatehouse.act', true), '');
    v_actor constant text :=
        coalesce(current_setting('gatehouse.actor', true), '');
begin
    perform gatehouse_data.act('credential_ends_sessions', v_actor);
    perform gatehouse_data.sessions_end_of(old.account_id, 'revoked',
                                           'credential');
    perform gatehouse_data.act(v_act, v_actor);
    return null;
end
$$;
comment on function gatehouse_data.credential_ends_sessions() is
'Trigger: ends the sessions of an account whose password is new or gone.';

create trigger account_ends_sessions
    after update on gatehouse_data.account
    for each row
    when (old.status = 'active' and new.status <> 'active')
    execute function gatehouse_data.account_ends_sessions();
create trigger credential_change_ends_sessions
    after update on gatehouse_data.credential
    for each row
    when ((old.account_id, old.password_hash, old.pepper_id, old.mac)
          is distinct from
          (new.account_id, new.password_hash, new.pepper_id, new.mac)
          and coalesce(current_setting('gatehouse.act', true), '')
              <> 'password_rehash')
    execute function gatehouse_data.credential_ends_sessions();
create trigger credential_removal_ends_sessions
    after delete on gatehouse_data.credential
    for each row execute function gatehouse_data.credential_ends_sessions();
comment on trigger account_ends_sessions on gatehouse_data.account is
'ends the sessions of an account that is no longer active';
comment on trigger credential_change_ends_sessions
    on gatehouse_data.credential is
'ends the sessions when the password is new; the same password hashed anew at
sign-in is not';
comment on trigger credential_removal_ends_sessions
    on gatehouse_data.credential is
'ends the sessions when the password is gone';
alter table gatehouse_data.account
    enable always trigger account_ends_sessions;
alter table gatehouse_data.credential
    enable always trigger credential_change_ends_sessions,
    enable always trigger credential_removal_ends_sessions;

create function gatehouse_data.tell_change_by_hand()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- The trigger's arguments: columns that nobody may read in the trail.
    v_secret constant text[] := coalesce(tg_argv, '{}'::text[]);
    v_before jsonb;
    v_after jsonb;
    v_row jsonb;
    v_account text;
    v_verb constant text := case tg_op when 'INSERT' then 'create'
                                       when 'UPDATE' then 'update'
                                       else 'delete' end;
begin
    if tg_level = 'ROW' and tg_op <> 'INSERT' then
        v_before := to_jsonb(old);
    end if;
    if tg_level = 'ROW' and tg_op <> 'DELETE' then
        v_after := to_jsonb(new);
    end if;
    v_row := coalesce(v_after, v_before, '{}'::jsonb);
    v_account := v_row ->> 'name';
    if v_account is null and v_row ? 'account_id' then
        select a.name
        into v_account
        from gatehouse_data.account a
        where a.account_id = (v_row ->> 'account_id')::bigint;
    end if;

    perform gatehouse_audit.append(
        p_event => case tg_table_name when 'account' then 'user_' || v_verb
                                                          || 'd'
                                      else 'sensitive_' || v_verb end,
        p_outcome => 'success',
        p_account_id => (v_row ->> 'account_id')::bigint,
        p_account => v_account,
        p_actor => session_user::text,
        p_session => decode(substring(v_row ->> 'reference' from 3), 'hex'),
        p_reason => 'by_hand',
        p_is_by_hand => true,
        p_detail => jsonb_strip_nulls(jsonb_build_object(
            'table', tg_table_schema || '.' || tg_table_name,
            'operation', lower(tg_op),
            'before', v_before - v_secret,
            'after', v_after - v_secret,
            'secrets_changed', case when tg_op = 'UPDATE' then (
                select jsonb_agg(s.name order by s.name)
                from unnest(v_secret) as s (name)
                where v_before -> s.name is distinct from v_after -> s.name
            ) end
        ))
    );
    return null;
end
$$;
comment on function gatehouse_data.tell_change_by_hand() is
'Trigger: writes a change made without the functions of Gatehouse to the audit
trail. Its arguments are the columns that must not be seen there.';

do $by_hand$
declare
    v_table record;
    v_when constant text := format(
        'when (current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''')',
        current_user);
begin
    for v_table in
        select *
        from (values
            ('account', '', true),
            ('credential', $a$'password_hash', 'mac'$a$, true),
            ('session', $a$'token_hash', 'binding'$a$, true),
            ('throttle_rule', '', true),
            ('throttle', '', false)
        ) as t (name, secrets, has_row_trigger)
    loop
        if v_table.has_row_trigger then
            execute format(
                'create trigger %I after insert or update or delete '
                'on gatehouse_data.%I for each row %s '
                'execute function gatehouse_data.tell_change_by_hand(%s)',
                v_table.name || '_by_hand', v_table.name, v_when,
                v_table.secrets);
            execute format(
                'comment on trigger %I on gatehouse_data.%I is %L',
                v_table.name || '_by_hand', v_table.name,
                'tells the audit trail of changes made by hand');
            execute format(
                'alter table gatehouse_data.%I enable always trigger %I',
                v_table.name, v_table.name || '_by_hand');
        end if;
        execute format(
            'create trigger %I after truncate on gatehouse_data.%I '
            'for each statement %s '
            'execute function gatehouse_data.tell_change_by_hand()',
            v_table.name || '_truncated_by_hand', v_table.name, v_when);
        execute format(
            'comment on trigger %I on gatehouse_data.%I is %L',
            v_table.name || '_truncated_by_hand', v_table.name,
            'tells the audit trail that the table was emptied by hand');
        execute format(
            'alter table gatehouse_data.%I enable always trigger %I',
            v_table.name, v_table.name || '_truncated_by_hand');
    end loop;
end
$by_hand$;
