-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Strangers can cause some events as often as they like, such as a form
-- without its token. Of those the trail keeps the first of a network in full
-- and the number of the rest, so that nobody can make it grow at will: at most
-- 20 rows a minute, event and place, and there are 1,024 places for each
-- event. A place may be shared by several networks; then they share its rows,
-- too.

create table gatehouse_data.event_repeat (
    event text not null,
    slot bigint not null,
    window_at timestamptz not null,
    told integer not null,
    untold bigint not null default 0,
    repeats bigint not null default 0,
    constraint event_repeat_event_slot_key primary key (event, slot),
    constraint event_repeat_event_length
        check (char_length(event) between 3 and 48),
    constraint event_repeat_slot_range check (slot between 0 and 1023),
    constraint event_repeat_told_range check (told between 0 and 20),
    constraint event_repeat_untold_positive check (untold >= 0),
    constraint event_repeat_repeats_range check (repeats >= -1)
) with (fillfactor = 70);
comment on table gatehouse_data.event_repeat is
'How often networks caused an event lately. All of it may be deleted: then
everybody''s next events are told in full again.';
comment on column gatehouse_data.event_repeat.event is 'which event';
comment on column gatehouse_data.event_repeat.slot is
'the place that the keyed hash of the network selects';
comment on column gatehouse_data.event_repeat.window_at is
'when the minute began whose rows are counted';
comment on column gatehouse_data.event_repeat.told is
'rows written in that minute';
comment on column gatehouse_data.event_repeat.untold is
'events of that minute that are only counted; the next row there has them';
comment on column gatehouse_data.event_repeat.repeats is
'what the last event has to tell: untold of the minute before with the first
row of a minute, else 0; -1: the event was only counted';

create trigger event_repeat_truncated_by_hand
    after truncate on gatehouse_data.event_repeat
    for each statement
    execute function gatehouse_data.tell_change_by_hand();
comment on trigger event_repeat_truncated_by_hand
    on gatehouse_data.event_repeat is
'tells the audit trail that the table was emptied by hand';
alter table gatehouse_data.event_repeat
    enable always trigger event_repeat_truncated_by_hand;
