-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What is no activity of a person: pages that ask again by themselves would
-- keep a session alive that nobody uses any more.

alter table gatehouse_data.resource
    add column activity text not null default 'count',
    add constraint resource_activity_known
        check (activity in ('count', 'ignore'));
comment on column gatehouse_data.resource.activity is
'whether requests to it count as activity, which keeps a session alive: count,
or ignore when pages ask by themselves; one pattern that ignores a path is
enough';
