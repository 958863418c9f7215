-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Zones in which nothing is remembered: every request asks the database. New
-- columns have no value of their own here: an UPDATE would have the triggers
-- of the policy call functions that are not there yet.

alter table gatehouse_data.zone add column is_strict boolean;
comment on column gatehouse_data.zone.is_strict is
'whether every request to an application of the zone asks the database who it
is from, and nothing is taken from a gateway''s memory; null: in the zone of
sensitivity 4 only';
