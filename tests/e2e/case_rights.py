# SPDX-License-Identifier: Apache-2.0
"""Rights that change end sessions: within the freshness bound where they are
remembered, in whatever order change and sign-in come, with every token that a
session has, and also when nobody uses it. case_rbac has what counts as a
change, and what the person sees."""

import time

from case_brute import together
from case_fresh import BOUND, Hammer, remembering
from case_rbac import grant_sql, instant, member, refused
from case_renew import brings, came_of_age, offered
from harness.check import among, equal, true, wait_until
from harness.runner import ID, ID_RAW, case
from harness.signs import again, denied, events_of, one_event, permitted, \
    unauth
from harness.visitor import Visitor

ROUNDS = 12
METHODS = ("update gatehouse_data.permission p set methods = array['{}'] from "
           "gatehouse_data.application a where a.application_id = "
           "p.application_id and a.name = 'app'")
CONFIRM = "update gatehouse_data.policy_state set rights_change_confirm = {}"


def comes(world):
    """Alice has another role in a moment; waits until she has."""
    world.cluster.do(grant_sql(
        "account_role", "clock_timestamp() + interval '500 ms'", "null"))
    at = instant(world.cluster.one(
        "select valid_from from gatehouse_data.account_role "
        "order by grant_id desc limit 1"))
    wait_until("the instant", lambda: time.time() >= at, 5)


def ways(world):
    """What changes alice's rights, and what takes it back."""
    policy, do = world.policy, world.cluster.do
    return {
        "a permission is taken": (
            lambda: policy.disallow("user", "app", "all"),
            lambda: policy.allow("user", "app", "all")),
        "a role inherits": (
            lambda: policy.call("role_inherit", "user", "hr", ""),
            lambda: policy.call("role_disinherit", "user", "hr", "")),
        "methods change by hand": (
            lambda: do(METHODS.format("GET")), lambda: do(METHODS.format("*"))),
        "the same past the ordinary triggers": (
            lambda: do("begin; set local session_replication_role = replica; "
                       + METHODS.format("GET") + "; commit"),
            lambda: do(METHODS.format("*"))),
        "a role is given by hand": (
            lambda: do(grant_sql("account_role", "now()", "null")),
            lambda: policy.revoke("admin", "alice")),
        "a role comes at its time": (
            lambda: comes(world),
            lambda: policy.revoke("admin", "alice")),
    }


@case("RBAC-041", "what is remembered ends when any right changes", *ID_RAW,
      seconds=300)
def remembered(scene):
    world, late = scene.world, {}
    with remembering(scene, "rights") as other:
        for what, (change, back) in ways(world).items():
            alice = Visitor(scene)
            equal("sign-in", alice.sign_in("alice", events=()).status, 303)
            there = Visitor(other)
            there.cookies = dict(alice.cookies)
            scene.people["alice"].groups = None
            equal(f"{what}: served", there.get("/app/x").status, 200)
            late[what] = Hammer(there).run(change)
            other.world.world.arrived()
            back()
    scene.note(", ".join(f"{what}: {1000 * after:.0f} ms"
                         for what, after in late.items()))
    true("within the bound", max(late.values()) <= BOUND, late)


@case("RBAC-042", "rights change, and nobody uses the session", *ID_RAW)
def forgotten(scene):
    """The upkeep ends it, with the instant of the change, and tells of it."""
    world = scene.world
    alice, bob = member(scene, "alice"), member(scene, "bob")
    world.policy.revoke("admin", "bob", "left the team")
    gateway = world.make("tidy")
    gateway.sections["database"]["maintain"] = "100ms"
    with gateway:
        wait_until("it is ended", lambda: world.sessions("bob") == 0, 10)
    equal("the others", world.sessions("alice"), 1)
    scene.tell("session_expired")
    one_event(scene, "session_expired", account="bob", reason="roles_changed")
    equal("since when", world.cluster.one(
        "select s.end_reason || ' ' || (s.ended_at = r.changed_at) from "
        "gatehouse_data.session s join gatehouse_data.account_rights r using "
        f"(account_id) where account_id = {world.ids['bob']}"),
        "rights_changed true")
    scene.tell("session_use_after_expire")
    unauth(scene, bob, "permissions", dead=False)
    permitted(scene, alice, "/app/x", "app", "alice")


@case("RBAC-049", "a review that nobody answered ends what it asked", *ID_RAW)
def unanswered(scene):
    """At its instant the upkeep of a gateway closes it."""
    world = scene.world
    alice, bob = member(scene, "alice"), member(scene, "bob")
    world.policy.call("review_open", "leavers", "alice", "2999-01-01", "end",
                      "user", None, "bob", "")
    scene.tell("access_review", "access_review", "sensitive_update")
    world.cluster.do(
        "update gatehouse_data.review set opened_at = now() - interval '2 h', "
        "due_at = now() - interval '1 s' where title = 'leavers'")
    gateway = world.make("tidy")
    gateway.sections["database"]["maintain"] = "100ms"
    with gateway:
        wait_until("it is closed", lambda: world.cluster.one(
            "select state || ended from gatehouse_report.review "
            "where review = 'leavers'") == "closed1", 10)
        wait_until("it is ended", lambda: world.sessions("bob") == 0, 10)
    scene.tell("session_expired")
    one_event(scene, "session_expired", account="bob", reason="roles_changed")
    scene.tell("session_use_after_expire")
    unauth(scene, bob, "permissions", dead=False)
    permitted(scene, alice, "/app/x", "app", "alice")


@case("RBAC-043", "many sessions want a word", *ID_RAW)
def confirmed(scene):
    """A change that ends more than so many is refused, by hand as well, and
    made when their number is given back."""
    world = scene.world
    # What is refused has taken its events' numbers along.
    scene.is_faulty = True
    people = {name: member(scene, name) for name in ("alice", "bob")}
    scene.tell("sensitive_update", "sensitive_update")
    world.cluster.do(CONFIRM.format(1))
    try:
        refused(lambda: world.policy.disallow("user", "app", "all"),
                "without a word", "would end 2 sessions")
        refused(lambda: world.cluster.do(METHODS.format("POST")),
                "by hand without a word", "would end 2 sessions")
        for name, visitor in people.items():
            permitted(scene, visitor, "/app/x", "app", name)
        world.cluster.admin("select gatehouse.role_revoke_permission('user', "
                            "'app', 'all', '', 'suite', 2)")
    finally:
        world.cluster.do(CONFIRM.format(1000))
    for name, visitor in people.items():
        again(scene, visitor, name)
        denied(scene, visitor, "/app/x", "app", name)


@case("RBAC-044", "a token that was offered opens nothing after it", *ID)
def offered_before(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    new = brings(alice, offered(scene, alice))
    scene.world.policy.grant("hr", "alice")
    scene.tell("session_expired", "session_use_after_expire")
    unauth(scene, new, "permissions")
    unauth(scene, alice, "permissions")
    equal("nothing was renewed", events_of(scene, "session_renewed"), [])


@case("RBAC-044", "nor does the one before", *ID_RAW)
def replaced_before(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    new = brings(alice, offered(scene, alice))
    scene.tell("session_renewed")
    equal("renewed", new.get("/app/x").status, 200)
    scene.world.policy.grant("hr", "alice")
    scene.tell("session_expired", "session_use_after_expire")
    unauth(scene, alice, "permissions")
    unauth(scene, new, "permissions")


@case("RACE-001", "a sign-in meets a change of roles", *ID_RAW, seconds=120)
def meets(scene):
    """Whichever comes first: the session is over, or has what holds now."""
    policy = scene.world.policy
    scene.optional.update(("authz_fail", "session_expired",
                           "session_use_after_expire"))
    seen = []
    for turn in range(ROUNDS):
        change, want = ((policy.revoke, 403) if turn % 2 else
                        (policy.grant, 200))
        alice = Visitor(scene)
        equal("both are done", [status for status in together([
            lambda who=alice: who.sign_in("alice").status,
            lambda change=change: change("admin", "alice") and None or 303,
        ]) if status != 303], [])
        scene.people["alice"].groups = None
        status = alice.fetch("/admin/x").status
        among(f"turn {turn}", status, (401, want))
        seen.append(status)
        if status == 401:
            equal("sign-in", alice.sign_in("alice").status, 303)
            equal("then", alice.fetch("/admin/x").status, want)
    scene.note(f"{seen.count(401)} of {ROUNDS} sign-ins came first")
