#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Access reviews with several sessions at once: of answers to one grant and the
end of its review each counts once, the upkeep does not wait for whoever changes
the policy, and nothing deadlocks. Owns the rows it makes in a test database.
Prints ok or not ok for each test. Called by tests/sql/run.

    tests/sql/concurrency_review.py DSN
"""

import collections
import subprocess
import sys

import concurrency
from concurrency import DSN, account, await_word, check, together, value

GRANTS = 12
MAINTAIN = "select sessions_ended >= 0 from gatehouse.maintain('n');\n"


def open_review(name, unconfirmed):
    """A role of that name, given to GRANTS accounts, and a review of it."""
    value("insert into gatehouse_data.role (name) values ('%s');" % name)
    for i in range(GRANTS):
        account("%s%d" % (name, i))
        value("select gatehouse.role_grant_account('%s', '%s%d', null, null,"
              " '', 'me');" % (name, name, i))
    value("select gatehouse.review_open('%s', '%s0', now() + interval '1 h',"
          " '%s', '%s', null, null, '', 'me');"
          % (name, name, unconfirmed, name))


def answer(name, verb, i):
    return ("select gatehouse.review_%s('%s', grant_id, '', 'me') is null"
            " from gatehouse_data.review_item"
            " where account = '%s%d' and role = '%s';\n"
            % (verb, name, name, i, name))


def is_due(name):
    value("begin; set local gatehouse.act = 'test'; set local role"
          " gatehouse_owner; update gatehouse_data.review set opened_at ="
          " opened_at - interval '2 h', due_at = due_at - interval '2 h'"
          " where title = '%s'; commit;" % name)


def states(name):
    """How many grants of a review are in each state."""
    rows = value("select state || ':' || count(*) from"
                 " gatehouse_report.review_item where review = '%s'"
                 " group by state;" % name).split()
    return {state: int(n) for state, n in (row.split(":") for row in rows)}


def told(name, did):
    return int(value("select count(*) from gatehouse_audit.event"
                     " where event = 'access_review'"
                     " and detail ->> 'review' = '%s'"
                     " and detail ->> 'did' = '%s';" % (name, did)))


def ends_told(name):
    return int(value("select count(*) from gatehouse_audit.event"
                     " where event = 'authz_change'"
                     " and reason like 'review %s%%';" % name))


def one_of_two_answers_ends_a_grant():
    open_review("twice", "keep")
    _, errors = together([answer("twice", "refuse", i % GRANTS)
                          for i in range(2 * GRANTS)])
    check("of_two_refusals_of_each_grant_one_finds_it_ended",
          errors, ["GH002"] * GRANTS)
    check("and_one_is_told", (told("twice", "refuse"), ends_told("twice")),
          (GRANTS, GRANTS))


def answers_race_the_end_of_their_review():
    open_review("shut", "end")
    _, errors = together(
        [answer("shut", "confirm", i) for i in range(GRANTS)]
        + ["select gatehouse.review_close('shut', '', 'me') is null;\n"])
    late = errors.count("GH004")
    check("an_answer_comes_before_the_end_or_is_refused",
          errors, ["GH004"] * late)
    expected = {"confirmed": GRANTS - late, "kept": late}
    check("and_each_grant_is_settled_once", states("shut"),
          {state: n for state, n in expected.items() if n > 0})


def several_upkeeps_end_each_grant_once():
    open_review("ripe", "end")
    is_due("ripe")
    results, errors = together([MAINTAIN] * 6 + [
        "select gatehouse.role_revoke_account('ripe', 'ripe%d', '', 'me') is"
        " null;\n" % i for i in range(0, GRANTS, 2)])
    check("upkeep_and_administrators_meet_without_deadlock",
          [e for e in errors if e != "GH001"], [])
    value(MAINTAIN)
    found = collections.Counter(states("ripe"))
    check("what_nobody_confirmed_is_ended_or_was_over",
          (found["ended"] + found["over"], found["ended"]),
          (GRANTS, ends_told("ripe")))
    check("which_closes_it_once", told("ripe", "close"), 1)


def the_upkeep_waits_for_nobody():
    open_review("grip", "end")
    is_due("grip")
    holder = subprocess.Popen(["psql", "-qXAt", "-d", DSN],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True)
    holder.stdin.write("begin;\nselect from gatehouse_data.policy_state for"
                       " update;\n\\echo held\n")
    holder.stdin.flush()
    await_word(holder, "held")
    check("while_somebody_changes_the_policy_the_upkeep_goes_on",
          value("set statement_timeout = '10s'; " + MAINTAIN), "t")
    check("and_leaves_reviews", states("grip"), {"unanswered": GRANTS})
    holder.communicate("commit;\n", timeout=60)
    value(MAINTAIN)
    check("for_the_next_time", states("grip"), {"ended": GRANTS})


def main():
    one_of_two_answers_ends_a_grant()
    answers_race_the_end_of_their_review()
    several_upkeeps_end_each_grant_once()
    the_upkeep_waits_for_nobody()
    return 1 if concurrency.failures else 0


if __name__ == "__main__":
    sys.exit(main())
