# SPDX-License-Identifier: Apache-2.0
"""Conditions that ask how somebody signed in: at which level, and in a browser
that was known by then. A browser is known by its marker, which says since when;
whoever has only the password has none that says enough."""

import json
import time

from case_condition import MEANING, open_in, refused
from harness.check import equal, true, wait_until
from harness.runner import ID_RAW, VERDICT, case
from harness.signs import signed_in
from harness.visitor import Visitor

DAY = 86400
THIEF = "192.0.2.66"
CHANGES = ("session_expired", "authn_password_change", "session_logout",
           "session_use_after_expire")


def ask_for(scene, **other):
    """The condition asks for something else, from the next request on."""
    policy = scene.world.policy
    policy.call("condition_change", "how", *[None] * 9, **other)


def known_browser(scene, at, since):
    """Alice's, who signed in there before."""
    alice = Visitor(scene)
    now = time.time()
    alice.cookies["__Host-device"] = scene.world.ring.marker(
        "alice", now - at * DAY, now - since * DAY)
    equal("sign-in", alice.sign_in("alice").status, 303)
    return alice


@case("RBAC-048", "a level that nobody can reach yet", *ID_RAW, *VERDICT)
def level(scene):
    """Who has less is refused in words, and not led to a form that gives no
    more; who is not signed in is."""
    world = scene.world
    world.policy.condition("how", level="2", meaning=MEANING)
    open_in(scene, "how")
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    scene.fresh()
    refused(alice.get("/rules/x"), "a password alone")
    told = json.loads(alice.fetch("/rules/x").body)
    equal("a script is told", told["condition"], "how")
    equal("a stranger", Visitor(scene).fetch("/rules/x").status, 401)
    scene.none_arrived("too low a level")
    rows = [row["reason"] for row in world.events()
            if row["event"] == "authz_fail"]
    equal("why", set(rows), {"condition"})
    signed_in(scene, alice, "alice")
    ask_for(scene, level="1")
    wait_until("a password is enough", lambda: alice.get(
        "/rules/x").status == 200, 10)


@case("RBAC-050", "two browsers, one of them known", *ID_RAW, *VERDICT)
def browsers(scene):
    """The one has signed in for more than a week, the other one has the
    password: whatever it does, it is not known for a week."""
    world = scene.world
    world.age_password("alice")
    world.policy.condition("how", device_known="7d", meaning=MEANING)
    open_in(scene, "how")
    scene.optional.update(CHANGES)
    alice = known_browser(scene, 1, 8)
    for _ in range(3):
        equal("the known one", alice.get("/rules/x").status, 200)
    equal("a stranger", Visitor(scene).fetch("/rules/x").status, 401)
    thief = Visitor(scene, THIEF if scene.is_raw else "127.0.0.2")
    equal("the thief signs in", thief.sign_in("alice").status, 303)
    for _ in range(3):
        refused(thief.get("/rules/x"), "a new browser")
    equal("once more", thief.sign_in("alice").status, 303)
    refused(thief.get("/rules/x"), "after a confirmation")
    thief.sign_out()
    equal("and anew", thief.sign_in("alice").status, 303)
    refused(thief.get("/rules/x"), "a browser known for a moment")
    refused(known_browser(scene, 1, 6).get("/rules/x"), "six days")
    refused(known_browser(scene, 181, 300).get("/rules/x"), "long unused")
    # The marker is made anew, and goes on saying since when.
    alice.sign_out()
    equal("the known one again", alice.sign_in("alice").status, 303)
    equal("is known still", alice.get("/rules/x").status, 200)

    # Known at all: from the second sign-in on, a thief's as well.
    ask_for(scene, device_known="0")
    wait_until("a moment is enough", lambda: thief.get(
        "/rules/x").status == 200, 10)
    refused_at_first(scene)


def refused_at_first(scene):
    """A browser that signs in for the first time is not known at all."""
    fresh = Visitor(scene)
    equal("a first sign-in", fresh.sign_in("alice").status, 303)
    refused(fresh.get("/rules/x"), "a first sign-in")


@case("RBAC-050", "a new password makes all browsers new", *ID_RAW)
def password(scene):
    """Whoever sets it: the marker was made before."""
    world = scene.world
    world.age_password("alice")
    world.policy.condition("how", device_known="0", meaning=MEANING)
    open_in(scene, "how")
    scene.optional.update(CHANGES)
    alice = known_browser(scene, 1, 8)
    equal("known", alice.get("/rules/x").status, 200)
    try:
        world.set_password("alice", world.passwords["alice"])
        wait_until("the session is over", lambda: alice.fetch(
            "/app/x").status == 401, 10)
        equal("signs in", alice.sign_in("alice").status, 303)
        refused(alice.get("/rules/x"), "with another password")
        alice.sign_out()
        equal("and again", alice.sign_in("alice").status, 303)
        equal("known from now on", alice.get("/rules/x").status, 200)
    finally:
        world.set_password("alice", world.passwords["alice"])


@case("RBAC-050", "a request is decided again as it was", *ID_RAW)
def again(scene):
    """By the session, of which the row tells since when its browser is known;
    and a change of that by hand counts within a second."""
    world, cluster = scene.world, scene.world.cluster
    world.age_password("alice")
    world.policy.condition("how", device_known="7d", meaning=MEANING)
    open_in(scene, "how")
    scene.optional.add("sensitive_update")
    alice, new = known_browser(scene, 1, 8), Visitor(scene)
    equal("sign-in", new.sign_in("alice").status, 303)
    equal("statuses", [who.get("/rules/x").status for who in (alice, new)],
          [200, 403])
    rows = ("select x.status, e.verdict from gatehouse_report.account_access x "
            "cross join lateral gatehouse.explain_exchange(x.exchange) e "
            "where x.application = 'rules' and e.decided = 'then' and "
            "x.at > now() - interval '1 minute' order by x.at desc limit 2")
    wait_until("both are recorded", lambda: sorted(
        (row["status"], row["verdict"]) for row in cluster.rows(rows))
        == [(200, "permit"), (403, "deny")], 15)
    cluster.do("update gatehouse_data.session set device_since = null "
               "where device_since is not null")
    wait_until("it counts", lambda: alice.get("/rules/x").status == 403, 5)
    true("and nothing else", alice.get("/app/x").status == 200)
