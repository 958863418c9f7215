-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Conditions that ask in which country a client is, or in which autonomous
-- system. The gateway looks that up, and access records say what it found, so
-- that a decision can be made again.

alter type gatehouse_data.circumstances
    add attribute country text,
    add attribute asn bigint;
comment on column gatehouse_data.circumstances.country is
'country of that address, ISO 3166-1 alpha-2';
comment on column gatehouse_data.circumstances.asn is
'number of its autonomous system';

alter table gatehouse_data.condition
    add column countries text[],
    add column asns bigint[],
    drop constraint condition_kind_known,
    add constraint condition_kind_known
        check (kind in ('all', 'any', 'none', 'hours', 'dates', 'network',
                        'age', 'country', 'asn')),
    add constraint condition_countries_whole
        check ((kind = 'country') = (countries is not null)),
    add constraint condition_countries_form
        check (cardinality(countries) <= 1000
               and array_to_string(countries, ' ', '?')
                   ~ '^[A-Z]{2}( [A-Z]{2})*$'
               and length(array_to_string(countries, ' ', '?'))
                   = 3 * cardinality(countries) - 1),
    add constraint condition_asns_whole
        check ((kind = 'asn') = (asns is not null)),
    add constraint condition_asns_form
        check (cardinality(asns) between 1 and 1000
               and array_position(asns, null) is null
               and 1 <= all (asns)
               and 4294967295 >= all (asns));
comment on column gatehouse_data.condition.countries is
'of country: ISO 3166-1 alpha-2 codes, such as DE';
comment on column gatehouse_data.condition.asns is
'of asn: numbers of autonomous systems';
comment on column gatehouse_data.condition.kind is
'hours: a clock shows these hours; dates: a calendar shows one of these days;
network: the client is in one of these networks; age: the sign-in is not longer
ago; country, asn: the client is in one of these countries, or autonomous
systems; all, any, none: of the parts that condition_part has, so many hold
(without a part it never holds)';

create function gatehouse_data.condition_lists_sort()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- An empty list stays empty, and is refused.
    if cardinality(new.countries) > 0 then
        new.countries := array(select distinct u.country collate "C"
                               from unnest(new.countries) as u (country)
                               order by 1);
    end if;
    if cardinality(new.asns) > 0 then
        new.asns := array(select distinct u.asn
                          from unnest(new.asns) as u (asn)
                          order by 1);
    end if;
    return new;
end
$$;
comment on function gatehouse_data.condition_lists_sort() is
'Trigger: countries and autonomous systems stand in one order, each once.';
create trigger condition_lists_sorted
    before insert or update on gatehouse_data.condition
    for each row execute function gatehouse_data.condition_lists_sort();
comment on trigger condition_lists_sorted on gatehouse_data.condition is
'countries and autonomous systems stand in one order';
alter table gatehouse_data.condition
    enable always trigger condition_lists_sorted;

alter table gatehouse_audit.access
    add column country text,
    add column asn bigint,
    -- No row has one yet, so none needs to be read for this.
    add constraint access_country_length
        check (char_length(country) = 2) not valid;
comment on column gatehouse_audit.access.country is
'country of the client, as the gateway found it; null: not known, or the policy
did not ask';
comment on column gatehouse_audit.access.asn is
'number of the client''s autonomous system; null: likewise';
do $partitions$
declare
    v_column record;
begin
    for v_column in
        select
            i.inhrelid::regclass as partition, a.attname as name,
            col_description(a.attrelid, a.attnum) as meaning
        from pg_catalog.pg_inherits i
        join pg_catalog.pg_attribute a on a.attrelid = i.inhparent
        where i.inhparent = 'gatehouse_audit.access'::regclass
          and a.attname in ('country', 'asn')
    loop
        execute format('comment on column %s.%I is %L', v_column.partition,
                       v_column.name, v_column.meaning);
    end loop;
end
$partitions$;
