#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Changes of the policy that are made at once: roles that do not inherit each
other, versions that are committed in their order, a feed that loses nothing,
and no deadlock. Owns the rows it makes in a test database. Prints ok or not ok
for each test. Called by tests/sql/run.

    tests/sql/concurrency_policy.py DSN
"""

import collections
import subprocess
import sys

import concurrency
from concurrency import (account, await_word, check, psql, role, together,
                         value)


def inherit(one, other):
    return ("insert into gatehouse_data.role_inheritance (role_id,"
            " inherits_id) values (%s, %s);\n" % (role(one), role(other)))


def roles_inherit_in_opposite_directions():
    value("insert into gatehouse_data.role (name) select n || i from"
          " unnest(array['left', 'right', 'top']) n,"
          " generate_series(0, 14) i;")
    value("".join(inherit("top%d" % i, "left%d" % i) for i in range(15)))
    _, errors = together(
        [inherit("left%d" % i, "right%d" % i) for i in range(15)]
        + [inherit("right%d" % i, "top%d" % i) for i in range(15)])
    check("of_15_pairs_of_opposite_inheritances_one_each_is_refused",
          errors, ["GH002"] * 15)
    check("and_no_role_inherits_itself",
          value("select count(*) from gatehouse_data.role_closure a"
                " join gatehouse_data.role_closure b on a.role_id ="
                " b.inherits_id and b.role_id = a.inherits_id;"), "0")


def give(one, to):
    return ("insert into gatehouse_data.account_role (account_id, role_id)"
            " select account_id, %s from gatehouse_data.account"
            " where name = '%s';\n" % (role(one), to))


def nobody_is_given_two_roles_that_exclude_each_other():
    value("insert into gatehouse_data.role (name) values ('orders'), ('pays');"
          "insert into gatehouse_data.role_exclusion (role_id, excludes_id)"
          " values (%s, %s);" % (role("orders"), role("pays")))
    for i in range(15):
        account("apart%d" % i)
    _, errors = together(
        [give("orders", "apart%d" % i) for i in range(15)]
        + [give("pays", "apart%d" % i) for i in range(15)])
    check("of_15_pairs_that_exclude_each_other_one_each_is_refused",
          errors, ["GH004"] * 15)


def versions_are_committed_in_their_order():
    """Each change keeps its transaction open for a while; whoever reads a
    version meanwhile finds one state with it."""
    first = int(value("select version from gatehouse_data.policy_state;"))
    once = ("select (select version from gatehouse.policy_state()) || ':' ||"
            " (select count(*) from gatehouse.policy_roles())"
            " from pg_sleep(0.002);\n")
    change = "".join(
        "begin;\nselect pg_current_xact_id() is null, pg_sleep(random() / 99)"
        " is null;\ninsert into gatehouse_data.role (name) values ("
        "'late' || md5(random()::text));\nselect pg_sleep(random() / 99) is"
        " null;\ncommit;\n" + once for _ in range(5))
    results, errors = together([change] * 10 + [once * 150] * 3)
    seen = collections.defaultdict(set)
    for result in results:
        if ":" in result:
            version, count = result.split(":")
            seen[version].add(count)
    check("every_version_has_one_state",
          ([v for v in seen.values() if len(v) > 1], errors), ([], []))
    check("and_more_than_one_was_seen", len(seen) > 3, True)
    check("50_changes_are_50_versions",
          int(value("select version from gatehouse_data.policy_state;"))
          - first, 50)


def follow(snapshot):
    """What a follower hears: the next snapshot, and the rest as one text."""
    given = "null" if snapshot is None else "'%s'" % snapshot
    results, errors = psql(
        "select snapshot, is_complete, relations, row_ids"
        " from gatehouse.follow(%s);" % given)
    if errors:
        raise RuntimeError(errors[0])
    # The snapshot has a space in it.
    snapshot, rest = " ".join(results).split("|", 1)
    return snapshot, rest


def changes_are_followed_in_whatever_order_they_end():
    """A change that begins before another one and is committed after it."""
    account("early")
    account("late")
    ids = {name: value("select account_id from gatehouse_data.account"
                       " where name = '%s';" % name)
           for name in ("early", "late")}
    snapshot, rest = follow(None)
    check("the_first_look_begins_anew", rest, "f|{}|{}")
    snapshot, rest = follow(snapshot)
    check("the_second_one_hears_of_nothing", rest, "t|{}|{}")
    slow = subprocess.Popen(["psql", "-qXAt", "-d", concurrency.DSN],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)
    slow.stdin.write("begin;\nupdate gatehouse_data.account set email = 'a@example.org'"
                     " where name = 'early';\n\\echo made\n")
    slow.stdin.flush()
    await_word(slow, "made")
    value("update gatehouse_data.account set email = 'b@example.org'"
          " where name = 'late';")
    snapshot, rest = follow(snapshot)
    check("what_is_committed_is_heard_of", rest, "t|{2}|{%s}" % ids["late"])
    snapshot, rest = follow(snapshot)
    check("once", rest, "t|{}|{}")
    value("begin; set local gatehouse.act = 'maintain'; update"
          " gatehouse_data.change set made_at = made_at - interval '1 h';"
          " commit; select gatehouse.maintain('n');")
    check("the_upkeep_leaves_what_began_after_a_transaction_under_way",
          value("select count(*) > 0 from gatehouse_data.change where row_id ="
                " %s;" % ids["late"]), "t")
    slow.communicate("commit;\n", timeout=60)
    snapshot, rest = follow(snapshot)
    check("what_began_first_and_was_committed_last_too",
          rest, "t|{2}|{%s}" % ids["early"])
    old, rest = follow(snapshot)
    check("and_once", rest, "t|{}|{}")
    value("begin; set local gatehouse.act = 'maintain'; update"
          " gatehouse_data.change set made_at = made_at - interval '1 h';"
          " commit; select gatehouse.maintain('n');")
    check("the_upkeep_removes_what_is_old",
          value("select count(*) from gatehouse_data.change;"), "0")
    _, rest = follow(snapshot)
    check("who_has_looked_since_goes_on", rest, "t|{}|{}")
    server = snapshot.split("/")[1]
    check("who_has_not_begins_anew", follow("3:4:/" + server)[1], "f|{}|{}")
    snapshot, rest = follow(snapshot.split("/")[0] + "/1")
    check("who_looked_elsewhere_begins_anew", rest, "f|{}|{}")
    check("and_goes_on_here", follow(snapshot)[1], "t|{}|{}")


def rows_change_in_every_order():
    value("insert into gatehouse_data.role (name)"
          " select 'row' || n from generate_series(0, 7) n;")
    script = []
    for i in range(8):
        order = [(i + n) % 8 for n in range(8)][::(-1) ** i]
        script.append("begin;\n" + "".join(
            "update gatehouse_data.role set meaning = '%d' where name ="
            " 'row%d';\n" % (i, n) for n in order) + "commit;\n")
    _, errors = together(script * 2)
    check("transactions_that_change_roles_in_every_order_do_not_deadlock",
          errors, [])


def accounts_go_while_roles_are_given():
    for n in range(12):
        account("going%d" % n)
    value("insert into gatehouse_data.role (name)"
          " select 'given' || n from generate_series(0, 11) n;")
    give = [
        "insert into gatehouse_data.account_role (account_id, role_id)"
        " select account_id, role_id from gatehouse_data.account a,"
        " gatehouse_data.role r where a.name = 'going%d' and r.name ="
        " 'given%d';\n" % (n % 12, (n * 7) % 12) for n in range(12)]
    call = "".join(
        "select gatehouse.role_grant_account('given%d', 'going%d', null,"
        " null, '', 'me') is null;\n"
        "select gatehouse.role_revoke_account('given%d', 'going%d', '', 'me')"
        " is null;\n" % (n, (n * 5) % 12, (n + 1) % 12, (n * 7) % 12)
        for n in range(12))
    slowly = ("begin;\ninsert into gatehouse_data.role (name) values ("
              "'slow');\nselect pg_sleep(0.3) is null;\n" + "".join(give)
              + "commit;\n")
    go = "".join("select gatehouse.account_remove('going%d', '', 'me') is"
                 " null;\n" % n for n in range(12))
    orderly = "".join(
        "begin;\nselect from gatehouse_data.account where name = 'going%d'"
        " for no key update;\nupdate gatehouse_data.role set meaning = 'x'"
        " where name = 'given%d';\nselect pg_sleep(0.02) is null;\n"
        "update gatehouse_data.account set display_name = 'x' where name ="
        " 'going%d';\ncommit;\n" % (n, n, n) for n in range(12))
    away = "".join("delete from gatehouse_data.role where name = 'given%d';\n"
                   % n for n in range(11, -1, -1))
    _, errors = together([slowly] + [go] * 2)
    check("an_account_goes_while_a_transaction_gives_it_a_role",
          set(errors) - {"GH001"}, set())
    for n in range(12):
        account("going%d" % n)
    _, errors = together([orderly] * 2 + [go] * 2)
    check("an_account_goes_while_a_transaction_in_the_order_changes_it",
          set(errors) - {"GH001"}, set())
    for n in range(12):
        account("going%d" % n)
    _, errors = together(["".join(give * 3)] * 4 + [call] * 4 + [go] * 2 + [away])
    check("accounts_and_roles_go_while_roles_are_given_without_deadlock",
          set(errors) - {"GH001", "GH002", "23503", "23505"}, set())


if __name__ == "__main__":
    roles_inherit_in_opposite_directions()
    nobody_is_given_two_roles_that_exclude_each_other()
    versions_are_committed_in_their_order()
    changes_are_followed_in_whatever_order_they_end()
    rows_change_in_every_order()
    accounts_go_while_roles_are_given()
    sys.exit(concurrency.failures > 0)
