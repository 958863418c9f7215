-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Rows go into the trail as JSON, where bytes are text in the form that a
-- setting of the connection says. The reference of a session was read from it
-- in the usual form only: with the other one a change by hand failed, and
-- could not be told of.

alter function gatehouse_data.tell_change_by_hand() set bytea_output = 'hex';
