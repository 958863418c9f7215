#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sessions that somebody holds, or deletes by hand, while a gateway writes:
access records are written all the same, and other sessions are seen. Owns the rows it makes in a test database. Prints ok
or not ok for each test. Called by tests/sql/run.

    tests/sql/concurrency_place.py DSN
"""

import subprocess
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
            select from gatehouse_audit.access where resource = '/gone')
        then
            return;
        end if;
        perform pg_sleep(0.01);
    end loop;
    raise 'it waits for this to be over';
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


def who_is_held_holds_up_nobody():
    for name in ("held", "free"):
        account(name)
        value(succeed(name, name))
    value("update gatehouse_data.session set "
          + ", ".join(f"{column} = {column} - interval '5 minutes'" for column
                      in ("created_at", "authenticated_at", "last_seen_at",
                          "expires_at"))
          + " where token_hash in (%s, %s);" % (key("held"), key("free")))
    holder = subprocess.Popen(
        ["psql", "-qXAt", "-d", concurrency.DSN], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    holder.stdin.write("begin; update gatehouse_data.session set user_agent ="
                       " 'x' where token_hash = %s;\n\\echo held\n"
                       % key("held"))
    holder.stdin.flush()
    concurrency.await_word(holder, "held")
    check("the_others_are_seen", value(
        "set lock_timeout = '2 s'; select gatehouse.session_seen("
        "array_agg(session_id), array_agg(now())) "
        "from gatehouse_data.session where token_hash in (%s, %s);"
        % (key("held"), key("free"))), "1")
    holder.communicate(timeout=60)


def a_new_password_knows_who_signed_in():
    """Also when it is set in a transaction that does not see them."""
    account("blind")
    setter = subprocess.Popen(
        ["psql", "-qXAt", "-d", concurrency.DSN, "-v", "VERBOSITY=sqlstate"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    setter.stdin.write("begin isolation level repeatable read;"
                       " select 'looked' from gatehouse_data.policy_state;\n")
    setter.stdin.flush()
    concurrency.await_word(setter, "looked")
    value(succeed("blind", "blind"))
    said, _ = setter.communicate(
        "update gatehouse_data.credential set mac = sha256(mac) where"
        " account_id = (select account_id from gatehouse_data.account"
        " where name = 'blind');\ncommit;\n", timeout=60)
    check("a_new_password_knows_who_signed_in", "40001" in said, True)


if __name__ == "__main__":
    records_outlive_their_session()
    who_is_held_holds_up_nobody()
    a_new_password_knows_who_signed_in()
    sys.exit(concurrency.failures > 0)
