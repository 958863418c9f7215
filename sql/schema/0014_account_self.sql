-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What a person can say of their own account: that a session or sign-in of
-- theirs was somebody else.

insert into gatehouse_audit.event_type (name, level, is_for_gateway, meaning)
values
('account_reported', 'CRITICAL', false,
 'a person said that somebody else used their account; all other sessions '
 'ended');
comment on table gatehouse_audit.event_type is
'What kinds of audit events exist. Names are those of the OWASP logging
vocabulary, and of our own where it has none.';
