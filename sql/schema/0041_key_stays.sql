-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- The states of a row are kept by its number. When that was changed by hand the
-- old number had no end: questions about the past found a row that was gone,
-- beside the same one under its new number. Numbers stay.

do $keys$
declare
    v_table record;
    v_trigger name;
begin
    for v_table in
        select *
        from (values
            ('account', 'account_id'),
            ('credential', 'account_id'),
            ('zone', 'zone_id'),
            ('application', 'application_id'),
            ('resource', 'resource_id'),
            ('permission', 'permission_id'),
            ('role', 'role_id'),
            ('role_inheritance', 'role_inheritance_id'),
            ('role_exclusion', 'role_exclusion_id'),
            ('role_permission', 'grant_id'),
            ('account_role', 'grant_id'),
            ('condition', 'condition_id'),
            ('condition_part', 'condition_part_id')
        ) as t (name, key)
    loop
        v_trigger := v_table.name || '_key_stays';
        execute format(
            'create trigger %I before update on gatehouse_data.%I '
            'for each row when (old.%I <> new.%I) '
            'execute function gatehouse_data.refuse(%L, %L)',
            v_trigger, v_table.name, v_table.key, v_table.key,
            'its history is kept by ' || v_table.key,
            'delete the row and insert another one');
        execute format('comment on trigger %I on gatehouse_data.%I is %L',
                       v_trigger, v_table.name,
                       'refuses another number: history is kept by it');
        execute format('alter table gatehouse_data.%I '
                       'enable always trigger %I', v_table.name, v_trigger);
    end loop;
end
$keys$;
