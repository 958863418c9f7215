-- SPDX-License-Identifier: Apache-2.0
--
-- What a database administrator prepares before gatehousectl db init: a role
-- that installs, no superuser, and the empty database, which is its own. Run
-- by the superuser of the demonstration's private cluster.

create role demo_installer login createrole;
comment on role demo_installer is 'installs Gatehouse; is no superuser';

create database gatehouse owner demo_installer encoding 'UTF8';
comment on database gatehouse is 'Gatehouse, demonstration world';
revoke all on database gatehouse from public;
