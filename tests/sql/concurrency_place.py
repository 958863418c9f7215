#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Access records of a session that is deleted by hand at the same time: they
are written all the same. Owns the rows it makes in a test database. Prints ok
or not ok for each test. Called by tests/sql/run.

    tests/sql/concurrency_place.py DSN
"""

import sys

import concurrency
from concurrency import account, check, key, succeed, together, value

DELETE = """
begin;
delete from gatehouse_data.session where token_hash = %s;
select pg_advisory_lock(4712) is null;
do $$ begin
    for i in 1 .. 3000 loop
        if exists (
            select from pg_locks
            where locktype = 'transactionid' and not granted)
        then
            return;
        end if;
        perform pg_sleep(0.01);
    end loop;
    raise 'nobody waits for it';
end $$;
commit;
"""
# Once it is deleted, and before that is committed.
WRITE = """
do $$ begin
    while not exists (
        select from pg_locks where locktype = 'advisory' and objid = 4712
    ) loop
        perform pg_sleep(0.01);
    end loop;
end $$;
select (gatehouse.access_write(
    array[now()], array[%s::bigint], array[decode('%s', 'hex')],
    array['192.0.2.1'::inet], array['app'], array['GET'], array['/gone'],
    array[200], array[null], array['public'], array[gen_random_uuid()],
    array['n'], array[0], array[12], array[3], p_device => array['suite'])
) is null;
"""


def records_outlive_their_session():
    account("gone")
    value(succeed("gone", "gone"))
    number, reference = value(
        "select account_id, encode(reference, 'hex') from "
        "gatehouse_data.session where token_hash = %s;"
        % key("gone")).split("|")
    _, errors = together([DELETE % key("gone"), WRITE % (number, reference)])
    check("a_session_that_goes_meanwhile_refuses_no_record", errors, [])
    check("and_the_record_is_there", value(
        "select count(*) from gatehouse_audit.access where resource = '/gone';"),
        "1")


if __name__ == "__main__":
    records_outlive_their_session()
    sys.exit(concurrency.failures > 0)
