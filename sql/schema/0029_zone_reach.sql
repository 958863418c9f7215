-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- How the applications of a zone are reached: through which entries of the
-- gateways, and under which condition. A new column is null where rows are: an
-- UPDATE would have the triggers of the policy call functions that are not
-- there yet.

alter table gatehouse_data.zone
    add column entries text[] not null default '{}',
    add constraint zone_entries_form
        check (array_to_string(entries, ' ')
               ~ '^([a-z0-9][a-z0-9_-]{0,63}( |$))*$'
               -- None has a space in it.
               and array_to_string(entries, ',') !~ ' '
               and array_position(entries, '') is null
               and array_position(entries, null) is null),
    add constraint zone_entries_number check (cardinality(entries) <= 8),
    add column condition_id bigint,
    add constraint zone_condition_id_condition
        foreign key (condition_id)
        references gatehouse_data.condition (condition_id);
comment on column gatehouse_data.zone.entries is
'through which entries of the gateways its applications are reached, by the
names in their configuration; through any other one they are not there; empty:
through all';
comment on column gatehouse_data.zone.condition_id is
'no rule about its applications permits anything while that condition does not
hold; null: none';
create index zone_condition_id_idx
    on gatehouse_data.zone (condition_id);
comment on index gatehouse_data.zone_condition_id_idx is
'the zones that ask for a condition';
