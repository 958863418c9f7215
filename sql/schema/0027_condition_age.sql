-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Conditions that ask how long ago somebody signed in. Whoever is only kept out
-- by that is sent to sign in once more.

alter type gatehouse_data.circumstances
    add attribute authenticated_at timestamptz;
comment on column gatehouse_data.circumstances.authenticated_at is
'when they last proved who they are';

alter table gatehouse_data.condition
    add column max_age interval,
    drop constraint condition_kind_known,
    add constraint condition_kind_known
        check (kind in ('all', 'any', 'none', 'hours', 'dates', 'network',
                        'age')),
    add constraint condition_age_whole
        check ((kind = 'age') = (max_age is not null)),
    add constraint condition_max_age_range
        check (max_age between interval '1 minute' and interval '1 day'
               and max_age = date_trunc('second', max_age));
comment on column gatehouse_data.condition.max_age is
'of age: the sign-in is no longer ago, to the second';
comment on column gatehouse_data.condition.kind is
'hours: a clock shows these hours; dates: a calendar shows one of these days;
network: the client is in one of these networks; age: the sign-in is not longer
ago; all, any, none: of the parts that condition_part has, so many hold (without
a part it never holds)';
