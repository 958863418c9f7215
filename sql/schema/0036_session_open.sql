-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Sessions that nobody has ended are few, those that ended in the last thirty
-- days can be millions. The upkeep and the lists look for the first: an index
-- of all made them walk past every one that had ended, until the upkeep took
-- longer than a gateway waits and was rolled back each time.

create index session_expires_at_open_idx
    on gatehouse_data.session (expires_at)
    where ended_at is null;
comment on index gatehouse_data.session_expires_at_open_idx is
'what has run out and nobody has ended; does not change while a session lives';
create index session_expires_at_ended_idx
    on gatehouse_data.session (expires_at)
    where ended_at is not null;
comment on index gatehouse_data.session_expires_at_ended_idx is
'what ended long ago and can be removed';
create index session_account_id_open_idx
    on gatehouse_data.session (account_id)
    where ended_at is null;
comment on index gatehouse_data.session_account_id_open_idx is
'the sessions of one account that nobody has ended';
drop index gatehouse_data.session_expires_at_idx;
