# SPDX-License-Identifier: Apache-2.0
"""RBAC, conditions: a grant holds while its condition does, by the database's
clock and the client's address, judged for each request. Nothing of it ends a
session, and whoever is refused is told when it is open."""

import json
import time

from case_data import Script
from harness.check import equal, true, wait_until
from harness.runner import ID, ID_RAW, VERDICT, case
from harness.signs import groups, signed_in
from harness.visitor import LOGIN, Visitor, sets

MEANING = "in the office"
OFFICE = ["10.0.0.0/8", "2001:db8::/32"]
EVENTS = ("authz_change", "privilege_permissions_changed", "authz_fail",
          "session_place_changed")
OLDER = """
update gatehouse_data.session
set created_at = created_at - interval '11 minutes',
    authenticated_at = authenticated_at - interval '11 minutes'
where ended_at is null
"""


def open_in(scene, condition, role="user"):
    """Whoever has the role may do anything at /rules/ under the condition."""
    policy = scene.world.policy
    policy.permission("rules", "within", "/**", "*")
    policy.allow(role, "rules", "within", condition=condition)
    scene.optional.update(EVENTS)


def refused(answer, what):
    """With the reason in words, or for a script by name."""
    equal(f"{what}: status", answer.status, 403)
    for text in (b"not open to you at the moment", MEANING.encode(),
                 b"Nothing is wrong with your account"):
        true(f"{what}: the page has {text}", text in answer.body, answer.body)


@case("RBAC-011", "a network, to its edges", *ID_RAW)
def network(scene):
    """The address is the peer's, however it is written."""
    world = scene.world
    world.policy.condition("office", networks=OFFICE, meaning=MEANING)
    open_in(scene, "office")
    # As which the application is told of the mapped one.
    scene.clients.append("10.0.0.1")
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    refusals = 0
    for address, status in (
            ("9.255.255.255", 403), ("10.0.0.0", 200),
            ("10.255.255.255", 200), ("11.0.0.0", 403),
            ("::ffff:10.0.0.1", 200), ("2001:db8::9", 200),
            ("2001:db9::9", 403), ("2002:a00:1::", 403),
            ("64:ff9b::a00:1", 403)):
        there = Visitor(scene, address)
        there.cookies = dict(alice.cookies)
        scene.fresh()
        answer = there.get("/rules/x")
        if status == 403:
            refused(answer, address)
            scene.none_arrived(address)
            script = there.fetch("/rules/x")
            equal(f"{address}: condition",
                  json.loads(script.body)["condition"], "office")
            rows = [row for row in world.events()
                    if row["event"] == "authz_fail"]
            equal("why", rows[-1]["reason"], "condition")
            equal("by which rule", rows[-1]["rule"], "rules/within")
            refusals += 2
        else:
            equal(f"{address}: status", answer.status, status)
    # Who was refused has not used the grant.
    wait_until("all is recorded", lambda: world.cluster.one(
        "select count(*) from gatehouse_audit.access where application = "
        "'rules' and status = 403 and grant_id is null") >= refusals, 15)
    equal("grants of refusals", world.cluster.one(
        "select count(*) from gatehouse_audit.access where status = 403 and "
        "grant_id is not null"), 0)
    equal("what is no address", Visitor(scene, "10.0.0.1%0").get(
        "/rules/x").status, 400)
    signed_in(scene, alice, "alice")


def hours_from_now(world, begins, ends):
    """Hours by UTC, in seconds from the database's now; and when they end, as
    seconds of the epoch."""
    row = world.cluster.rows(
        "select to_char(n.at + make_interval(secs => "
        f"{begins}), 'HH24:MI:SS') || '-' || to_char(n.at + make_interval("
        f"secs => {ends}), 'HH24:MI:SS') as hours, extract(epoch from "
        f"date_trunc('second', n.at) + make_interval(secs => {ends}))::float8 "
        "as ends from (select clock_timestamp() at time zone 'UTC' as at) "
        "as n")[0]
    return row["hours"], row["ends"]


@case("RBAC-009", "a session over the end of the hours", *ID_RAW, *VERDICT)
def closing(scene):
    """The window closes while somebody is at it; the session lives."""
    world = scene.world
    hours, ends = hours_from_now(world, -3600, 3)
    world.policy.condition("hours", hours=hours, time_zone="UTC",
                           meaning=MEANING)
    open_in(scene, "hours")
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    began, last = [], []

    def database_now():
        return world.cluster.one(
            "select extract(epoch from clock_timestamp())::float8")

    def is_closed():
        before = database_now()
        answer = alice.fetch("/rules/x")
        after = database_now()
        if answer.status == 200:
            true("permitted before the end only", before < ends,
                 (before, ends))
            began.append(before)
            return False
        equal("refused", answer.status, 403)
        true("not before the end", after >= ends, (after, ends))
        last.append(after)
        return True

    wait_until("the hours are over", is_closed, 20)
    refused(alice.get("/rules/x"), "after it")
    signed_in(scene, alice, "alice")
    # What it asks for is changed: for the next request, and for no session.
    world.policy.call("condition_change", "hours", "00:00-24:00",
                      *[None] * 8)
    equal("open again", alice.get("/rules/x").status, 200)
    true("it was tried", last, (began, last))


@case("RBAC-014", "a role under a condition", *ID_RAW)
def role(scene):
    """Given to an account for a network: held there, with its name to the
    application, and nowhere else."""
    world = scene.world
    world.policy.condition("office", networks=OFFICE, meaning=MEANING)
    world.policy.grant("admin", "alice", condition="office")
    scene.optional.update(EVENTS)
    alice = Visitor(scene, "10.1.2.3")
    equal("sign-in", alice.sign_in("alice").status, 303)
    scene.people["alice"].groups = None
    for address, status in (("10.1.2.3", 200), ("11.1.2.3", 403),
                            ("10.9.9.9", 200)):
        there = Visitor(scene, address)
        there.cookies = dict(alice.cookies)
        for _ in range(3):
            answer = there.get("/admin/x")
            equal(address, answer.status, status)
        if status == 403:
            refused(answer, address)
        scene.fresh()
        equal("elsewhere", there.get("/app/x").status, 200)
        told = groups(world.arrived()[-1]).split(",")
        equal(f"{address}: roles", "admin" in told, status == 200)


@case("RBAC-014", "conditions together, and strangers", *ID_RAW)
def together(scene):
    """All of a network and not of another; who is not signed in is sent to
    sign in only where that would help."""
    policy = scene.world.policy
    policy.condition("office", networks=OFFICE, meaning=MEANING)
    policy.condition("guests", networks=["10.66.0.0/16"])
    policy.condition("not-guests", none=["guests"])
    policy.condition("staff-network", all=["office", "not-guests"],
                     meaning=MEANING)
    open_in(scene, "staff-network")
    alice = Visitor(scene, "10.1.0.1")
    equal("sign-in", alice.sign_in("alice").status, 303)
    for address, status, stranger in (("10.1.0.1", 200, 401),
                                      ("10.66.0.1", 403, 403),
                                      ("11.0.0.1", 403, 403)):
        there = Visitor(scene, address)
        equal(f"a stranger at {address}", there.fetch("/rules/x").status,
              stranger)
        there.cookies = dict(alice.cookies)
        equal(address, there.fetch("/rules/x").status, status)


@case("RBAC-045", "a sign-in that is not long ago", *ID_RAW, *VERDICT)
def lately(scene):
    """Who signed in too long ago for this page does so once more, comes back
    to it with a session of another token, and keeps what scripts stored; at
    other pages they are signed in all the while."""
    world, wanted = scene.world, "/rules/x?a=b"
    world.policy.condition("lately", age="10m")
    open_in(scene, "lately")
    script = Script(scene)
    alice = script.visitor
    equal("a value is stored", script.put(b'"dark"').status, 200)
    equal("a new sign-in", alice.get(wanted).status, 200)
    equal("a stranger", Visitor(scene).fetch(wanted).status, 401)

    scene.tell("sensitive_update")
    world.cluster.do(OLDER)
    wait_until("the gateway knows", lambda: alice.fetch(
        wanted).status == 401, 10)
    way = f"{LOGIN}?return_to=%2Frules%2Fx%3Fa%3Db&reason=confirm"
    scene.fresh()
    told = json.loads(alice.fetch(wanted).body)
    if scene.is_carried:
        way = told["login"]
    equal("a script is told", told, {"status": 401, "reason": "confirm",
                                     "login": way})
    page = alice.get(wanted)
    equal("a person is led", page.status, 303)
    equal("to the form", page.one("Location"), way)
    true("and keeps the cookie", sets(page, "__Host-id") is None, page.head)
    form = alice.get(way).body
    for text in (b"Please confirm that it is you", b'value="alice"'):
        true(f"which has {text}", text in form, form)
    true("no other form has the name", b'value="alice"' not in alice.get(
        LOGIN).body)
    equal("a form is led there, too", alice.post(
        "/rules/x", [("a", "b")]).status, 303)
    scene.none_arrived("too long ago")
    signed_in(scene, alice, "alice")

    token = alice.token
    scene.tell("session_expired")
    answer = alice.sign_in("alice", return_to=wanted)
    equal("signs in once more", answer.status, 303)
    equal("and is back", answer.one("Location"), wanted)
    true("with another token", alice.token not in (None, token))
    equal("where it is permitted", alice.get(wanted).status, 200)
    equal("with what was stored", script.get().body, b'"dark"')
