-- SPDX-License-Identifier: Apache-2.0
--
-- Where clients are: what conditions say of it, alone and in sets, by the table
-- that the gateway is tested against as well; what is explained with them; what
-- access records keep of it; and what is refused.

begin;
set local search_path = tap, public;

select no_plan();

select gatehouse.application_add('app', '', '/app/', '{http://a}', 'forward',
                                 'internal', 'root'),
       gatehouse.condition_add('home', null, null, null, null, null, null,
                               null, null, null, null, null, 'root',
                               p_countries => '{DE,AT,DE}'),
       gatehouse.condition_add('carrier', null, null, null, null, null, null,
                               null, null, null, null, null, 'root',
                               p_asns => '{AS4294967295,64496}'),
       gatehouse.condition_add('abroad', null, null, null, null, null, null,
                               '{home}', null, null, null, null, 'root'),
       gatehouse.condition_add('both', null, null, null, null,
                               '{home,carrier}', null, null, null, null, null,
                               null, 'root'),
       gatehouse.condition_add('either', null, null, null, null, null,
                               '{home,carrier}', null, null, null, null, null,
                               'root'),
       gatehouse.condition_add('neither', null, null, null, null, null, null,
                               '{home,carrier}', null, null, null, null,
                               'root');
select test.account('alice');
select gatehouse.role_add('user', '', false, 'root');
select gatehouse.role_grant_account('user', 'alice', null, null, '', 'root');
select gatehouse.permission_add('app', c.name, '/' || c.name, '{GET}', 'root'),
       gatehouse.role_grant_permission('user', 'app', c.name, null, null, '',
                                       'root', p_condition => c.name)
from gatehouse_data.condition c;

\set locations `cat "$GH_TEST_DATA/locations.tsv"`
create temporary table line as
select f.words[1] as condition, nullif(f.words[2], '-') as country,
       nullif(f.words[3], '-')::bigint as asn,
       case f.words[4] when 'yes' then true when 'no' then false end as holds
from string_to_table(:'locations', E'\n') l
cross join lateral (select string_to_array(l, E'\t') as words) f
where l !~ '^#' and l <> '';
select ok((select count(*) > 40 from line), 'the_table_is_there');

select is(
    gatehouse_data.condition_holds(
        gatehouse_data.condition_states(),
        (gatehouse_data.condition_of(l.condition)).condition_id,
        gatehouse_data.circumstances_of(now(), null, null, l.country, l.asn)),
    l.holds, concat_ws(' ', l.condition, l.country, l.asn))
from line l;
select results_eq(
    format($$select verdict
             from gatehouse.explain('alice', '', 'GET', %L,
                                    p_country => %L, p_asn => %L)
             where step = 1
             union all
             select case when can then 'permit' else 'deny' end
             from gatehouse.who_can('', 'GET', %1$L, p_country => %2$L,
                                    p_asn => %3$L)
             where account = 'alice'
             union all
             select case when can then 'permit' else 'deny' end
             from gatehouse.what_can('alice', p_country => %2$L,
                                     p_asn => %3$L)
             where path = %1$L$$,
           '/app/' || l.condition, l.country, 'AS' || l.asn),
    format('select %L from generate_series(1, 3)',
           case when l.holds then 'permit' else 'deny' end),
    concat_ws(' ', '/app/' || l.condition, l.country, l.asn))
from line l;

select matches(
    (select note from gatehouse.explain('alice', '', 'GET', '/app/home',
                                        p_country => 'FR') where step = 1),
    '^permission home of the role user would permit it, but its condition '
    'home \(in AT, DE\) does not hold$', 'what_would_permit_it_is_told');
select matches(
    (select note from gatehouse.explain('alice', '', 'GET', '/app/carrier')
     where step = 1),
    '\(in AS64496, AS4294967295\) asks for what is not known: --client, '
    '--country and --asn say', 'a_country_and_a_system_can_be_given');
select results_eq(
    $$select c.asks_for, c.holds_now, p.kind, p.list
      from gatehouse.condition_list() c
      join gatehouse.policy_conditions() p on p.name = c.condition
      where condition in ('carrier', 'home') order by condition$$,
    $$values ('in AS64496, AS4294967295', null::boolean, 'asn',
              '64496 4294967295'),
             ('in AT, DE', null, 'country', 'AT DE')$$,
    'they_are_listed_in_words_and_told_to_gateways');

-- Who is not signed in is somewhere, too.
select gatehouse.permission_add('app', 'open', '/open', '{GET}', 'root'),
       gatehouse.role_grant_permission('anonymous', 'app', 'open', null, null,
                                       '', 'root', p_condition => 'home');
select is(
    (select verdict from gatehouse.explain(null, '', 'GET', '/app/open',
                                           p_country => 'DE') where step = 1),
    'permit', 'who_is_not_signed_in_is_somewhere_too');

-- Access records.
select gatehouse.access_write(
    array[clock_timestamp(), clock_timestamp()],
    array_fill((select account_id from gatehouse_data.account
                where name = 'alice'), array[2]),
    array[null, null]::bytea[], array['198.51.100.1', '198.51.100.2']::inet[],
    '{app,app}', '{GET,GET}', '{/app/both,/app/both}', '{200,403}',
    '{null,null}', '{public,public}',
    array[md5('in')::uuid, md5('out')::uuid], '{node,node}', '{0,0}', '{0,0}',
    '{1,1}', p_country => '{DE,null}', p_asn => '{64496,null}');
select results_eq(
    $$select country, asn from gatehouse_report.account_access
      order by status$$,
    $$values ('DE', 64496::bigint), (null, null)$$,
    'records_have_what_was_found');
select results_eq(
    format($$select decided, country, asn, verdict
             from gatehouse.explain_exchange(md5(%L)::uuid)
             where decided <> 'recorded'$$, r.id),
    format('values (''then'', %1$L, %2$L::bigint, %3$L), '
           '(''now'', %1$L, %2$L, %3$L)', r.country, r.asn, r.verdict),
    'it_is_decided_again_by_that: ' || r.id)
from (values ('in', 'DE', 64496, 'permit'), ('out', null, null, 'deny'))
    as r (id, country, asn, verdict);
select lives_ok($$select gatehouse.condition_change('home', null, null, null,
    null, null, null, null, null, null, 'root', p_countries => '{AT}')$$,
    'a_list_is_changed');
select results_eq(
    $$select decided, verdict from gatehouse.explain_exchange(md5('in')::uuid)
      where decided = 'now'$$,
    $$values ('now', 'deny')$$, 'what_counts_now_is_told');
select throws_ok($$select gatehouse.access_write('{}', '{}', '{}', '{}', '{}',
    '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
    p_country => '{DE}')$$, 'GH003', null, 'arrays_have_one_length');

-- Administration.
select throws_ok(format(
    'select gatehouse.condition_add(''x'', null, null, null, null, null, null,
         null, null, null, null, null, ''root'', p_countries => %L,
         p_asns => %L)', a.countries, a.asns),
    'GH003', null, format('refused: %s %s', a.countries, a.asns))
from (values ('{}', null), ('{de}', null), ('{DEU}', null), ('{DE,NULL}', null),
             ('{"DE AT"}', null), (null, '{}'), (null, '{0}'),
             (null, '{-1}'), (null, '{4294967296}'), (null, '{ASX}'),
             (null, '{NULL}'), (null, '{99999999999999999999}'),
             ('{DE}', '{64496}'))
    as a (countries, asns);
select throws_ok(format($$select gatehouse.condition_change('abroad', null,
    null, null, null, null, null, null, null, null, 'root', %s)$$, a.what),
    'GH003', null, 'a_set_has_no ' || a.what)
from (values ($$p_countries => '{DE}'$$), ($$p_asns => '{64496}'$$))
    as a (what);
select throws_ok($$select gatehouse.condition_change('home', null, null, null,
    null, null, null, null, null, null, 'root', p_countries => '{}')$$,
    'GH003', null, 'a_list_is_not_emptied');
select throws_ok(format($$select gatehouse.explain('alice', '', 'GET', '/app/x',
    %s)$$, a.what), 'GH003', null, 'malformed: ' || a.what)
from (values ($$p_country => 'de'$$), ($$p_country => 'DE,AT'$$),
             ($$p_asn => 'x'$$), ($$p_asn => '1,2'$$)) as a (what);

select * from finish();
rollback;
