-- SPDX-License-Identifier: Apache-2.0
--
-- Roles of people, made by the superuser of the demonstration's private
-- cluster after gatehousectl db init: each signs in and becomes one of the
-- product's roles that cannot sign in. Who may use them is in pg_ident.conf.

create role demo_owner login in role gatehouse_owner;
alter role demo_owner set role = gatehouse_owner;
create role demo_admin login in role gatehouse_admin;
alter role demo_admin set role = gatehouse_admin;
create role demo_auditor login in role gatehouse_auditor;
alter role demo_auditor set role = gatehouse_auditor;

comment on role demo_owner is 'signs in and becomes gatehouse_owner';
comment on role demo_admin is 'signs in and becomes gatehouse_admin';
comment on role demo_auditor is 'signs in and becomes gatehouse_auditor';
