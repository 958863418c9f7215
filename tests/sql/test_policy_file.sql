-- SPDX-License-Identifier: Apache-2.0
--
-- The policy as a file: written, read back to the byte, compared, applied
-- whole or not at all, and what is wrong with a file, line by line.

begin;
set local search_path = tap, public;

select no_plan();

select test.account('alice'), test.account('bob');

-- Everything that a policy can have, hostile texts with it.
create temporary table file (name text, policy text);
insert into file
values ('whole', $file$gatehouse-policy 1

zone confidential
    sensitivity 3
    meaning "for those whose work it is"

zone internal
    sensitivity 2
    strict off
    moved end

zone lab
    sensitivity 1
    meaning "\"quotes\", a \\ and\nlines, \u202e hidden, ünïcode"
    entries admin
    entries inside
    condition office
    idle 5m
    record before

zone restricted
    sensitivity 4

condition carrier
    asn 64512
    asn 9

condition europe
    country AT
    country DE

condition holidays
    dates 2026-12-25
    dates 2026-12-26
    time-zone Europe/Berlin

condition lately
    age 10m

condition never
    any -

condition night
    hours 22:00-06:00:30
    days mon-wed,sun
    time-zone Europe/Berlin
    from 2026-01-01
    until 2026-12-31

condition no-holiday
    none holidays

condition office
    meaning "in the office"
    networks 10.0.0.0/8
    networks 2001:db8::/32

condition strong
    level 2

condition usual
    device 7d

condition work
    all no-holiday
    all office

application judged
    host judged.example.org
    path /
    carrying verdict
    zone restricted
    on-outage closed
    permission all pattern /** methods * activity ignore

application shop
    path /shop/
    backend http://127.0.0.1:8081
    backend http://127.0.0.1:8080
    carrying forward
    zone internal
    on-outage cached 90s
    connections 9
    keep 0
    encoded-slash keep
    semicolon keep
    empty-segments keep
    authorization-field pass
    identity x-forwarded
    shares-host-because "why \"not\""
    permission orders:read pattern /orders/** methods GET,HEAD
    permission pay pattern /pay methods POST

role admin
    meaning "administers Gatehouse"
    administrative

role anonymous

role approver
    excludes buyer reason "who orders does not pay"

role authenticated
    meaning "whoever is signed in"

role buyer
    permission shop/orders:read condition work from 2020-01-01T00:00:00Z until 2999-12-31T17:00:00.5Z reason "so \"it\" is"
    permission shop/pay from 2998-01-01T00:00:00Z

role staff
    meaning "whoever works here"
    inherits buyer reason "staff may buy"
    permission judged/all condition lately
$file$);
create function pg_temp.file(p_name text) returns text
language sql as $$select f.policy from file f where f.name = p_name$$;

create function pg_temp.lines(p_file text) returns setof text
language sql as $$
select format('%s: %s (%s)', m.line, m.mistake, m.hint)
from gatehouse_data.policy_mistakes(array(
    select r from gatehouse_data.policy_read(p_file) r)) m $$;

create function pg_temp.apply(
    p_file text, p_is_dry_run boolean default false,
    p_confirm integer default null, p_expect bigint default null
) returns setof text
language sql as $$
select concat_ws(' ', a.change, a.what, nullif(a.detail, ''))
from gatehouse.policy_apply(p_file, 'root', 'as written', p_confirm,
                            p_expect, p_is_dry_run) a $$;

create function pg_temp.export(p_has_accounts boolean default false)
returns text
language sql as $$select e.policy from gatehouse.policy_export(
    p_has_accounts) e$$;

create function pg_temp.version() returns bigint
language sql as $$select s.version from gatehouse.policy_state() s$$;

insert into file
select 'before', pg_temp.export()
union all
select 'nothing', E'gatehouse-policy 1\nrole anonymous\nrole authenticated\n';

-- There and back.

select is_empty($$select pg_temp.lines(pg_temp.file('whole'))$$,
                'a_whole_file_has_no_mistake');
select test.events();
select cmp_ok(count(*), '>', 20::bigint, 'it_is_applied')
from pg_temp.apply(pg_temp.file('whole'));
select is(pg_temp.export(), pg_temp.file('whole'),
          'what_is_written_is_what_was_read_to_the_byte');
select is(count(*), 0::bigint, 'no_event_says_that_it_was_by_hand')
from gatehouse_audit.event e
where e.is_by_hand;
select is(count(distinct v.version), 1::bigint, 'it_is_one_version')
from gatehouse_data.policy_version v
where v.version > 1;
select test.events();
create temporary table seen as select pg_temp.version() as version;
select is_empty($$select pg_temp.apply(pg_temp.file('whole'))$$,
                'once_more_changes_nothing');
select is(pg_temp.version(), (select version from seen), 'nor_the_version');
select is(test.events(), null, 'and_tells_nothing');
select is_empty($$select * from gatehouse.policy_diff(
                      pg_temp.file('whole'))$$, 'there_is_no_difference');
select cmp_ok(count(*), '>', 20::bigint, 'all_of_it_is_taken_away')
from pg_temp.apply(pg_temp.file('nothing'));
select is(pg_temp.export(), E'gatehouse-policy 1\n\nrole anonymous\n\n'
          'role authenticated\n', 'what_is_built_in_is_left');
select is(count(*), 0::bigint, 'conditions_that_nothing_names_are_gone')
from gatehouse_data.condition;
select lives_ok($$select pg_temp.apply(pg_temp.file('whole'))$$,
                'and_comes_back');
select is(pg_temp.export(), pg_temp.file('whole'), 'to_the_byte');

-- Roles of accounts are left alone, or are in the file.

select gatehouse.role_grant_account('staff', 'alice', null, '2999-01-01Z',
                                    'works "here"', 'root', null, 'office'),
       gatehouse.role_grant_account('approver', 'bob', '2020-01-01Z', null,
                                    '', 'root');
select is(pg_temp.export(), pg_temp.file('whole'),
          'who_has_a_role_is_not_in_it');
insert into file values ('accounts', pg_temp.export(true));
select is(pg_temp.file('accounts'), replace(
    pg_temp.file('whole'), 'gatehouse-policy 1', 'gatehouse-policy 1 accounts')
    || $file$
account alice
    role staff condition office until 2999-01-01T00:00:00Z reason "works \"here\""

account bob
    role approver from 2020-01-01T00:00:00Z
$file$, 'unless_it_is_asked_for');
select is_empty($$select pg_temp.apply(pg_temp.file('accounts'))$$,
                'which_changes_nothing_either');
select throws_ok(
    $$select pg_temp.apply(replace(pg_temp.file('accounts'), 'account bob',
                                   'account bobb'))$$, 'GH003',
    'line 118: there is no account bobb', 'an_account_has_to_be_there');
select results_eq(
    $$select pg_temp.apply(split_part(pg_temp.file('accounts'),
                                      E'\naccount bob', 1))$$,
    $$values ('ended account bob role approver from 2020-01-01T00:00:00Z')$$,
    'what_is_not_in_it_is_ended');
select results_eq(
    $$select g.ended_by, g.end_reason
      from gatehouse_data.account_role g
      join gatehouse_data.account a on a.account_id = g.account_id
      where a.name = 'bob'$$, $$values ('root', 'as written')$$,
    'and_not_deleted');
select is((select string_agg(distinct e.reason, ', ')
           from gatehouse_audit.event e
           where e.event = 'authz_change'
             and e.detail ->> 'table' = 'gatehouse_data.role'
             and e.detail ->> 'operation' = 'insert'
             and e.actor = 'root'), 'as written', 'all_of_it_says_why');

-- One change at a time, and how it is told.

create function pg_temp.edited(p_from text, p_to text) returns text
language sql as $$select replace(f.policy, p_from, p_to)
from file f where f.name = 'whole'$$;

create temporary table grants as
select g.grant_id
from gatehouse_data.role_permission g
where g.ended_at is null;

select results_eq(
    format('select pg_temp.apply(pg_temp.edited(%L, %L))', t.was, t.becomes),
    format('select unnest(%L::text[])', t.told), t.what)
from (values
    ('a_permission_means_something_else', '/pay methods POST',
     '/paid methods GET,POST',
     array['changed permission shop/pay pattern: /pay -> /paid, methods: POST '
           '-> GET,POST']),
    ('and_again_what_it_meant', '', '',
     array['changed permission shop/pay pattern: /paid -> /pay, methods: '
           'GET,POST -> POST']),
    ('an_application_is_told_otherwise', 'cached 90s', 'closed',
     array['changed application shop on-outage: cached 90s -> closed']),
    ('or_nothing', E'    keep 0\n', '',
     array['changed application shop on-outage: closed -> cached 90s, keep: 0 '
           '-> 64']),
    ('a_zone_is_strict_where_all_are_closed',
     E'strict off\n    moved end', E'strict default\n    moved alert',
     array['changed zone internal strict: off -> default, moved: end -> alert',
           'changed application shop keep: 64 -> 0']),
    ('an_exclusion_ends', E'    excludes buyer reason "who orders does not pay"\n',
     '',
     array['changed zone internal strict: default -> off, moved: alert -> end',
           'ended role approver excludes buyer reason who orders does not '
           'pay']),
    ('inheritance_ends_where_that_begins', '    inherits buyer reason "staff may buy"',
     '    excludes buyer',
     array['ended role staff inherits buyer reason staff may buy',
           'added role approver excludes buyer reason who orders does not pay',
           'added role buyer excludes staff']),
    ('a_condition_asks_for_other_hours', 'mon-wed,sun', 'mon-sun',
     array['changed condition night days: mon-wed,sun -> mon-sun',
           'added role staff inherits buyer reason staff may buy',
           'ended role buyer excludes staff']),
    ('conditions_change_places', E'any -', E'any night',
     array['changed condition never any: - -> night',
           'changed condition night days: mon-sun -> mon-wed,sun']),
    ('a_grant_is_of_another_time', '2999-12-31T17:00:00.5Z',
     '2999-12-31T17:00:00+01:00',
     array['changed condition never any: night -> -',
           'changed role buyer permission shop/orders:read until: '
           '2999-12-31T17:00:00.5Z -> 2999-12-31T16:00:00Z']),
    ('and_again_of_this', '', '',
     array['changed role buyer permission shop/orders:read until: '
           '2999-12-31T16:00:00Z -> 2999-12-31T17:00:00.5Z']),
    ('when_something_began_is_no_difference', 'from 2020-01-01T00:00:00Z',
     'from 2021-01-01T00:00:00Z', '{}')
) t (what, was, becomes, told);
select is(count(*), 3::bigint, 'a_changed_permission_kept_its_grants')
from gatehouse_data.role_permission g
join grants b on b.grant_id = g.grant_id;
select is(pg_temp.export(), pg_temp.file('whole'), 'in_the_end_it_is_what_was_written');

-- A condition that somebody once had something under stays, and is not told.

select results_eq(
    $$select pg_temp.apply(replace(pg_temp.edited(' condition lately', ''),
          E'condition lately\n    age 10m\n\n', ''))$$,
    $$values ('ended condition lately age 10m'::text),
             ('changed role staff permission judged/all condition: lately -> '
              'none')$$, 'a_condition_is_no_longer_needed');
select ok(exists (select from gatehouse_data.condition where name = 'lately'),
          'and_is_kept_for_who_asks_about_the_past');
select is(pg_temp.export() like '%lately%', false, 'but_not_written');
select is_empty($$select pg_temp.apply(pg_temp.export())$$,
                'nor_told_of_once_more');
select is(pg_temp.export() like '%no-holiday%', true,
          'as_the_parts_of_others_are');
select results_eq(
    $$select pg_temp.apply(pg_temp.edited('age 10m', 'age 20m'))$$,
    $$values ('changed condition lately age: 10m -> 20m'::text),
             ('changed role staff permission judged/all condition: none -> '
              'lately')$$, 'it_may_be_used_again');

-- Refused, with its line, and whole.

create temporary table refused as
select t.what, t.was, t.becomes, t.state, l.line, t.message
from (values
    ('two_roles_that_exclude_each_other', 'role staff',
     E'role staff\n    inherits approver', 'GH004', '    inherits approver',
     'the role staff would have both approver and buyer, which exclude each '
     'other'),
    ('another_kind_of_condition', E'age 20m', E'networks 10.0.0.0/8',
     'GH004', 'condition lately',
     'the condition lately is of the kind age; that stays'),
    ('a_path_that_is_none', 'path /shop/', 'path /shop//', 'GH003',
     'application shop', 'malformed application'),
    ('a_place_that_is_taken', 'path /shop/',
     E'path /\n    host judged.example.org', 'GH002', 'application shop',
     'the application judged is mounted at judged.example.org/'),
    ('a_sensitivity_that_is_none', 'sensitivity 1', 'sensitivity 9', 'GH003',
     'zone lab', 'malformed zone'),
    ('a_zone_that_asks_each_time', 'strict off', 'strict on', 'GH004',
     'zone internal',
     'application shop would go on without the database in zone internal, '
     'where each request asks it'),
    ('a_circle_of_roles', 'role buyer', E'role buyer\n    inherits staff',
     'GH002', '    inherits staff',
     'the role buyer would inherit itself through staff'),
    ('a_circle_of_conditions', 'none holidays', E'none work', 'GH004',
     'condition no-holiday',
     'conditions would be more than 8 deep, or one a part of itself'),
    ('an_end_before_the_beginning', 'from 2998', E'until 2997-01-01T00:00:00Z '
     'from 2998', 'GH003', '    permission shop/pay',
     'malformed grant')
) t (what, was, becomes, state, begins, message)
cross join lateral (
    select min(l.n) as line
    from string_to_table(replace(pg_temp.edited('age 10m', 'age 20m'), t.was,
                                 t.becomes), E'\n')
        with ordinality as l (text, n)
    where starts_with(l.text, t.begins)
) as l;
select throws_ok(
    format($$select pg_temp.apply(replace(pg_temp.edited('age 10m', 'age 20m'),
                                          %L, %L))$$, r.was, r.becomes),
    r.state, format('line %s: %s', r.line, r.message), 'refuses_' || r.what)
from refused r;
select is(pg_temp.export(), pg_temp.edited('age 10m', 'age 20m'),
          'nothing_of_which_was_done');
select results_eq(
    format($$select code, subject, finding
             from gatehouse.policy_check_file(replace(
                 pg_temp.edited('age 10m', 'age 20m'), %L, %L), 'root')$$,
           r.was, r.becomes),
    format('select %L, %L, %L', 'refused', 'line ' || r.line, r.message),
    'a_check_finds_' || r.what)
from refused r;

-- Mistakes, all of them, with what was meant.

create function pg_temp.mistakes(p_lines text) returns setof text
language sql as $$
select pg_temp.lines(E'gatehouse-policy 1\nrole anonymous\n'
                     'role authenticated\n' || p_lines) $$;

select results_eq(
    format('select pg_temp.mistakes(%L)', t.lines),
    format('select unnest(%L::text[])', t.mistakes), 'finds_' || t.what)
from (values
    ('a_block_that_is_none', E'rol user\n    meaning "x"',
     array['4: no block begins with rol (did you mean role?)']),
    ('a_word_that_is_none', E'role user\n    inherit authenticated',
     array['5: a role has no inherit (did you mean inherits?)']),
    ('what_a_block_has', E'role user\n    colour red',
     array['5: a role has no colour (there are meaning, administrative, '
           'inherits, excludes, permission)']),
    ('a_clause_that_is_none', E'role user\n    inherits anonymous raeson "x"',
     array['5: inherits has no raeson (did you mean reason?)']),
    ('a_role_that_is_not_there', E'role user\n    inherits authentcated',
     array['5: there is no role authentcated (did you mean authenticated?)']),
    ('a_permission_that_is_not_there', E'application shop\n    path /\n'
     '    zone z\n    permission read pattern / methods GET\nzone z\n'
     '    sensitivity 1\nrole user\n    permission shop/raed',
     array['11: there is no permission shop/raed (did you mean shop/read?)']),
    ('a_zone_and_a_condition', E'application shop\n    path /\n    zone z\n'
     '    permission read pattern / methods GET\n'
     'role user\n    permission shop/read condition c',
     array['6: there is no zone z ()', '9: there is no condition c ()']),
    ('parts_that_are_not_there', E'condition c\n    all office home',
     array['5: there is no condition home ()',
           '5: there is no condition office ()']),
    ('what_is_said_twice', E'role user\n    meaning "a"\n    meaning "b"\n'
     'role user',
     array['6: role user meaning is here twice (first in line 5)',
           '7: role user is here twice (first in line 4)']),
    ('the_same_from_both_sides', E'role a\n    excludes b\nrole b\n'
     '    excludes a',
     array['7: excludes a b is here twice (first in line 5)']),
    ('what_is_needed', E'application shop\n    permission read methods GET',
     array['4: application needs path (one word, without quotes)',
           '4: application needs zone (one word, without quotes)',
           '5: permission needs pattern (one word, without quotes)']),
    ('hours_of_no_clock', E'condition a\n    hours 08:00-18:00',
     array['4: hours and dates need a time-zone (such as Europe/Berlin)']),
    ('a_condition_of_nothing_and_of_two', E'condition a\ncondition b\n'
     '    age 1m\n    networks 10.0.0.0/8',
     array['4: a condition asks for one thing (for hours, dates, networks, '
           'countries, autonomous systems, an age, a level, a device, or for '
           'all, any or none of others)',
           '5: a condition asks for one thing (for hours, dates, networks, '
           'countries, autonomous systems, an age, a level, a device, or for '
           'all, any or none of others)']),
    ('values_that_are_none', E'condition a\n    hours 8-18\n    days mon-fry\n'
     '    from 2026-02-30\n    until tomorrow\n    dates 2026-12-25 25.12.\n'
     '    networks 10.0.0.1/8 ::ffff:10.0.0.0/104\n    age 10\n'
     '    time-zone "Europe/Berlin"\n    meaning office\n    all',
     array['5: malformed hours: 8-18 (such as 08:00-18:00, or 22:00-06:00 for '
           'over midnight)',
           '6: malformed days: mon-fry (such as mon-fri or sat,sun)',
           '7: malformed from: 2026-02-30 (such as 2026-12-25)',
           '8: malformed until: tomorrow (such as 2026-12-25)',
           '9: malformed dates: 25.12. (such as 2026-12-25 2026-12-26)',
           '10: malformed networks: 10.0.0.1/8 (such as 10.0.0.0/8 '
           '2001:db8::/32, without bits behind the prefix, IPv4 as such)',
           '10: malformed networks: ::ffff:10.0.0.0/104 (such as 10.0.0.0/8 '
           '2001:db8::/32, without bits behind the prefix, IPv4 as such)',
           '11: malformed age: 10 (such as 10m, in s, m or h)',
           '12: malformed time-zone: "Europe/Berlin" (one word, without '
           'quotes)',
           '13: malformed meaning: office (text stands in quotes, as in JSON: '
           '"so, \"and\" so")',
           '14: all of what? (one word, without quotes)'])
) t (what, lines, mistakes);
select bag_has(
    $$select pg_temp.mistakes(E'role user\n    permission a/b until tomorrow '
                              'from 2026-12-24')$$,
    $$values ('5: malformed until: tomorrow (such as 2026-12-31T18:00:00Z or '
              '2026-12-31T18:00:00+01:00)'),
             ('5: malformed from: 2026-12-24 (such as 2026-12-31T18:00:00Z or '
              '2026-12-31T18:00:00+01:00)')$$,
    'an_instant_is_the_same_whoever_reads_it');
select results_eq(
    format('select pg_temp.lines(%L)', t.file),
    format('select unnest(%L::text[])', t.mistakes), 'finds_' || t.what)
from (values
    ('nothing', '', array['1: it says nothing (it begins with: '
                          'gatehouse-policy 1)']),
    ('another_file', E'# note\n[gateway]\nx = 1\nrole x',
     array['2: this is no policy that this version reads (it begins with: '
           'gatehouse-policy 1)']),
    ('a_later_version', 'gatehouse-policy 2',
     array['1: this is no policy that this version reads (it begins with: '
           'gatehouse-policy 1)']),
    ('what_belongs_to_nothing', E'gatehouse-policy 1\n    meaning "x"\n'
     'role anonymous\nrole authenticated',
     array['2: this belongs to nothing (a block begins at the margin: role '
           'user)']),
    ('roles_that_are_built_in', E'gatehouse-policy 1\nrole anonymous',
     array['1: there is no role authenticated, which is built in (add the '
           'line: role authenticated)']),
    ('accounts_that_it_is_not_about', E'gatehouse-policy 1\n'
     'role anonymous\nrole authenticated\naccount alice\n    role x',
     array['4: this file is not about accounts (it would begin with: '
           'gatehouse-policy 1 accounts)']),
    ('what_cannot_be_seen', E'gatehouse-policy 1\nrole anonymous\n'
     'role authenticated\n    meaning "a\u202Eb"',
     array['4: a character that cannot be seen (in quotes it is \u202e)'])
) t (what, file, mistakes);
select is_empty(
    $$select pg_temp.lines(E'gatehouse-policy 1   \r\n\r\n# a note\r\n'
                           'role anonymous\r\n  # another\r\n'
                           'role authenticated\r\n\tmeaning "x"')$$,
    'notes_spaces_and_ends_of_lines_are_nothing');
select is(count(*), 100::bigint, 'a_hundred_mistakes_are_enough')
from pg_temp.mistakes(repeat(E'x y\n', 200));
select throws_ok(format('select pg_temp.apply(%L)', E'gatehouse-policy 1\nx y'),
                 'GH003', 'line 1: there is no role anonymous, which is built '
                 'in', 'a_file_with_a_mistake_is_not_applied');

-- Tried, and expected. What ends sessions is another transaction each time:
-- tests/ctl asks for that.

delete from seen;
insert into seen values (pg_temp.version());
select test.events();
create function pg_temp.loss() returns text
language sql as $$
select replace(pg_temp.export(), E'    inherits buyer reason "staff may buy"\n',
               '') $$;
select results_eq(
    $$select pg_temp.apply(pg_temp.loss(), true)$$,
    $$values ('ended role staff inherits buyer reason staff may buy')$$,
    'a_dry_run_tells_what_it_would_do');
select is(test.events(), null, 'of_which_nothing_is_told');
select is(pg_temp.export() like '%inherits buyer%', true, 'nor_done');
select bag_has(
    $$select c.severity, c.code, c.subject
      from gatehouse.policy_check_file(
          pg_temp.loss() || E'role idle\n', 'root') c$$,
    $$values ('note', 'role_empty', 'idle')$$,
    'a_check_tells_what_it_would_find_then');
select is(pg_temp.export() like '%role idle%', false, 'and_does_nothing');
select is(test.events(), null, 'of_which_nothing_is_told_either');
select throws_ok(
    format('select pg_temp.apply(pg_temp.export(), false, null, %s)',
           pg_temp.version() - 1), 'GH002',
    format('the policy is of version %s, not %s', pg_temp.version(),
           pg_temp.version() - 1), 'another_version_is_refused');
select lives_ok(
    format('select pg_temp.apply(pg_temp.export(), false, null, %s)',
           pg_temp.version()), 'the_expected_one_is_not');
select throws_ok(
    $$select gatehouse.policy_apply(pg_temp.export(), '')$$, 'GH003', null,
    'somebody_has_to_do_it');

-- Whose access it would change.

-- Not on holidays, when this test would find something else.
select pg_temp.apply(replace(pg_temp.file('accounts'), ' condition work ',
                             ' condition office '));
insert into gatehouse_audit.access (
    at, account_id, client, application, method, resource, status, exchange,
    node, country
)
select clock_timestamp() - t.ago::interval, a.account_id, t.client::inet,
       t.application, t.method, t.path, 200, t.exchange::uuid, 'here',
       case t.ago when '1 h' then 'DE' when '2 h' then 'SE' end
from (values
    ('1 h', 'alice', '10.1.2.3', 'shop', 'GET', '/shop/orders/1', null),
    ('2 h', 'alice', '10.1.2.3', 'shop', 'GET', '/shop/orders/2',
     '00000000-0000-0000-0000-000000000002'),
    ('3 h', 'alice', '10.1.2.3', 'shop', 'GET', '/shop/orders/2', null),
    ('3 h', 'alice', '10.1.2.3', 'judged', 'GET', '/', null),
    ('4 h', 'bob', '10.1.2.3', 'shop', 'POST', '/shop/pay', null),
    ('5 h', null, '10.1.2.4', 'shop', 'GET', '/shop/orders/1', null),
    ('6 h', null, '192.0.2.1', 'nowhere', 'GET', '/nowhere/', null),
    ('9 days', 'alice', '10.1.2.3', 'shop', 'GET', '/shop/orders/9', null)
) t (ago, account, client, application, method, path, exchange)
left join gatehouse_data.account a on a.name = t.account;

create function pg_temp.shadow(p_file text, p_days integer default 7)
returns setof text
language sql as $$
select concat_ws(' ', s.account, nullif(s.application, ''),
                 nullif(s.decided, ''), nullif(s.would_be, ''), s.requests,
                 s.paths, s.example_path, right(s.example::text, 1))
from gatehouse.policy_shadow(p_file, p_days, 'root') s $$;

select test.events();
select results_eq(
    $$select pg_temp.shadow(pg_temp.export())$$, $$values ('(all) 6 6')$$,
    'the_same_policy_changes_nothing');
select results_eq(
    $$select pg_temp.shadow(pg_temp.loss())$$,
    $$values ('alice shop permit deny 3 2 /shop/orders/1'), ('(all) 6 6')$$,
    'who_loses_a_permission_is_named');
select results_eq(
    $$select pg_temp.shadow(pg_temp.loss(), 10)$$,
    $$values ('alice shop permit deny 4 3 /shop/orders/1'), ('(all) 7 7')$$,
    'of_so_many_days');
select results_eq(
    $$select pg_temp.shadow(replace(pg_temp.export(), 'role approver',
          E'role approver\n    permission shop/pay'))$$,
    $$values ('bob shop deny permit 1 1 /shop/pay'), ('(all) 6 6')$$,
    'who_gets_one_as_well');
select results_eq(
    $$select pg_temp.shadow(replace(pg_temp.export(), 'networks 10.0.0.0/8',
                                    'networks 10.9.0.0/16'))$$,
    $$values ('alice judged step_up deny 1 1 /'),
             ('(nobody signed in) shop sign_in deny 1 1 /shop/orders/1'),
             ('alice shop permit deny 3 2 /shop/orders/1'), ('(all) 6 6')$$,
    'where_they_asked_from_counts');
select results_eq(
    $$select pg_temp.shadow(replace(pg_temp.export(), ' condition office ',
                                    ' condition europe '))$$,
    $$values ('alice shop permit deny 2 1 /shop/orders/2 2'), ('(all) 6 6')$$,
    'and_in_which_country');
select results_eq(
    $$select pg_temp.shadow(replace(pg_temp.export(), 'path /shop/',
                                    'path /store/'))$$,
    $$values ('(nobody signed in) shop sign_in deny 1 1 /shop/orders/1'),
             ('alice shop permit deny 3 2 /shop/orders/1'),
             ('(all) 6 6')$$,
    'what_is_mounted_elsewhere_is_not_found');
select is(test.events(), null, 'nothing_is_told');
select is_empty($$select * from gatehouse.policy_diff(
                      replace(pg_temp.file('whole'), ' condition work ',
                              ' condition office '))$$,
                'and_nothing_changed');
select throws_ok('select pg_temp.shadow(pg_temp.export(), 0)', 'GH003',
                 'days are 1 to 366', 'some_days');

select * from finish();
rollback;
