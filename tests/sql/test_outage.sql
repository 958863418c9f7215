-- SPDX-License-Identifier: Apache-2.0
--
-- Applications that go on without the database: for how long, and not where
-- each request has to ask it.

begin;
set local search_path = tap, public;

select no_plan();

select gatehouse.application_add('app', null, '/app/', '{http://localhost:1}',
                                 null, 'open', 'root');
select is((select s.on_outage from gatehouse.application_show('app') s),
          'closed', 'an_application_is_closed_at_first');
create function pg_temp.on_outage(p_words text) returns text
language sql as $$
select gatehouse.application_change('app', null, null, null, null, null, null,
    null, null, null, null, null, null, 'root', p_on_outage => p_words);
select s.on_outage || ' ' || p.on_outage
from gatehouse.application_show('app') s
cross join gatehouse.policy_applications() p
where p.name = 'app'
$$;
select is(pg_temp.on_outage(o.words), o.want, 'it_is ' || o.want)
from (values ('cached 5m', 'cached 5m 300'), (null, 'cached 5m 300'),
             ('cached 90s', 'cached 90s 90'), ('cached 1h', 'cached 60m 3600'),
             ('closed', 'closed 0'), ('cached 3600s', 'cached 60m 3600'))
    o (words, want);
select throws_ok(format('select pg_temp.on_outage(%L)', o.words), 'GH003',
                 o.message, 'it_is_not ' || o.words)
from (values
    ('cached', 'on_outage is closed, or cached with a duration'),
    ('cached 0s', 'on_outage is closed, or cached with a duration'),
    ('cached 5 m', 'on_outage is closed, or cached with a duration'),
    ('open', 'on_outage is closed, or cached with a duration'),
    ('', 'on_outage is closed, or cached with a duration'),
    ('cached 61m', 'malformed application'),
    ('cached 2h', 'malformed application')) o (words, message);
select throws_ok(s.statement, '23514', null, 'by_hand_neither: ' || s.statement)
from unnest(array[
    'update gatehouse_data.application set on_outage = ''2 hours''',
    'update gatehouse_data.application set on_outage = ''-1 s''']) s (statement);
select throws_ok(s.statement, 'GH004', s.name || ' would go on without the '
                 'database in zone ' || s.zone || ', where each request asks '
                 'it', 'not_where_each_request_asks: ' || s.statement)
from (values
    ('select gatehouse.zone_change(''open'', ''root'', ''on'')',
     'application app', 'open'),
    ('update gatehouse_data.zone set is_strict = true where name = ''open''',
     'application app', 'open'),
    ('select gatehouse.application_change(''app'', null, null, null, null,
      ''restricted'', null, null, null, null, null, null, null, ''root'')',
     'application app', 'restricted'),
    ('select gatehouse.application_add(''late'', null, ''/late/'',
      ''{http://localhost:1}'', null, ''restricted'', ''root'', null,
      ''cached 1m'')', 'application late', 'restricted'))
    s (statement, name, zone);
select is(pg_temp.on_outage('closed'), 'closed 0', 'closed_again');
select lives_ok(
    $$select gatehouse.zone_change('open', 'root', 'on')$$,
    'then_it_may_be_strict');
select gatehouse.application_add('late', null, '/late/',
    '{http://localhost:1}', null, null, 'root', null, 'cached 1m');
select is((select p.on_outage from gatehouse.policy_applications() p
           where p.name = 'late'), 60, 'a_new_one_may_go_on_too');

select * from finish();
rollback;
