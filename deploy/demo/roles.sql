-- SPDX-License-Identifier: Apache-2.0
--
-- Roles and the empty database of the demonstration world, made by the
-- superuser of its private cluster. The gatehouse_ roles are the product's;
-- the demo_ roles sign in and become one of those that cannot.

create role gatehouse_owner nologin;
create role gatehouse_gateway login;
create role gatehouse_admin nologin;
create role gatehouse_auditor nologin;

create role demo_owner login in role gatehouse_owner;
alter role demo_owner set role = gatehouse_owner;
create role demo_admin login in role gatehouse_admin;
alter role demo_admin set role = gatehouse_admin;
create role demo_auditor login in role gatehouse_auditor;
alter role demo_auditor set role = gatehouse_auditor;

comment on role gatehouse_owner is 'owns every object of Gatehouse';
comment on role gatehouse_gateway is 'the gateway: executes listed functions';
comment on role gatehouse_admin is 'administrators of accounts and rules';
comment on role gatehouse_auditor is 'reads reports, verifies the trail';
comment on role demo_owner is 'signs in and becomes gatehouse_owner';
comment on role demo_admin is 'signs in and becomes gatehouse_admin';
comment on role demo_auditor is 'signs in and becomes gatehouse_auditor';

create database gatehouse owner gatehouse_owner encoding 'UTF8';
comment on database gatehouse is 'Gatehouse, demonstration world';
