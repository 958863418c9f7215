-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- What a condition is judged by is one value, as it is in the gateway (struct
-- gh_circumstances): what is asked of later gets its attribute here.

create type gatehouse_data.circumstances as (
    at timestamptz,
    client inet
);
comment on type gatehouse_data.circumstances is
'When and from where somebody asks: what a condition is judged by. Null is not
known.';
comment on column gatehouse_data.circumstances.at is 'when';
comment on column gatehouse_data.circumstances.client is
'network address of who asks';
