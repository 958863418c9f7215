-- SPDX-License-Identifier: Apache-2.0
--
-- The two schemas that are made anew at each migration: functions and views.
-- Everything in sql/api/, sql/views/ and sql/grants.sql runs in one
-- transaction with this, so nobody ever sees them empty. Internal functions
-- live in gatehouse_data and gatehouse_audit, where they are only replaced.

drop schema if exists gatehouse cascade;
create schema gatehouse;
comment on schema gatehouse is
'Functions: all that the gateway and administrators can do. SQLSTATEs: GH001
not found, GH002 conflict, GH003 malformed, GH004 refused.';
revoke all on schema gatehouse from public;

drop schema if exists gatehouse_report cascade;
create schema gatehouse_report;
comment on schema gatehouse_report is
'Views for people: who is signed in, who failed, who changed what. An
interface: columns keep their names and meaning.';
revoke all on schema gatehouse_report from public;
