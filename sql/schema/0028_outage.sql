-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What becomes of an application while the database cannot be had: it is closed,
-- or whom a gateway remembers may go on for a while. Where nothing is
-- remembered nobody can.

alter table gatehouse_data.application
    add column on_outage interval not null default '0',
    add constraint application_on_outage_range
        check (on_outage between '0' and '1 hour');
comment on column gatehouse_data.application.on_outage is
'how long, from the last answer of the database that a gateway heard, whoever it
remembers may go on using the application while the database cannot be had; 0:
not at all. Who was signed out, or lost a right, elsewhere or meanwhile goes on
as well: 0 is for what must not be open to them for so long';
comment on column gatehouse_audit.access.reason is
'why Gatehouse answered itself; outage: who it was is from the gateway''s memory,
as the database could not be had; null: the application answered';

create function gatehouse_data.outage_refuse_strict()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_application text;
    v_zone text;
begin
    select a.name, z.name
    into v_application, v_zone
    from gatehouse_data.application a
    join gatehouse_data.zone z on z.zone_id = a.zone_id
    where a.on_outage > '0'
      and gatehouse_data.zone_is_strict(z)
    order by a.name
    limit 1;
    if found then
        raise exception using
            errcode = 'GH004',
            message = format(
                'application %s would go on without the database in zone %s, '
                'where each request asks it', v_application, v_zone),
            hint = format(
                'app change %s --on-outage closed, another zone for it, or '
                'zone change %s --strict off', v_application, v_zone);
    end if;
    return null;
end
$$;
comment on function gatehouse_data.outage_refuse_strict() is
'Trigger: refuses an application of a strict zone that would go on without the
database. SQLSTATE GH004.';

create trigger application_outage
    after insert or update on gatehouse_data.application
    for each statement
    execute function gatehouse_data.outage_refuse_strict();
create trigger zone_outage
    after update on gatehouse_data.zone
    for each statement
    execute function gatehouse_data.outage_refuse_strict();
comment on trigger application_outage on gatehouse_data.application is
'refuses to go on without the database in a strict zone';
comment on trigger zone_outage on gatehouse_data.zone is
'refuses strictness where applications go on without the database';
alter table gatehouse_data.application enable always trigger application_outage;
alter table gatehouse_data.zone enable always trigger zone_outage;
