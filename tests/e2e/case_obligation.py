# SPDX-License-Identifier: Apache-2.0
"""RBAC, what a zone asks for beside the decision: that sessions are not idle
for long once they were used there, and that a request is in the trail before
its application hears of it."""

import json

from harness.check import equal, true, wait_until
from harness.runner import ID, ID_RAW, VERDICT, case
from harness.signs import events_of, one_event, signed_in, unauth
from harness.visitor import LOGIN, Visitor

OLDER = """
update gatehouse_data.session
set created_at = created_at - interval '2 minutes',
    authenticated_at = authenticated_at - interval '2 minutes'
where ended_at is null
"""
IDLE = ("select idle::text from gatehouse_data.session "
        "where ended_at is null")


def ask_of_zone(scene, **asks_for):
    """The zone of all applications but public."""
    policy = scene.world.policy
    scene.optional.update(("privilege_permissions_changed",))
    policy.call("application_change", "public", None, None, None, None,
                "open", *[None] * 7)
    policy.call("zone_change", "internal", **asks_for)


def known(visitor, target, status):
    """The gateway has heard of a change when a script is answered so."""
    wait_until(f"{target} is answered with {status}",
               lambda: visitor.fetch(target).status == status, 10)


@case("RBAC-051", "a zone whose sessions are not idle for long", *ID, *VERDICT)
def idle(scene):
    """Once it was used there a session has the zone's limit, everywhere."""
    world = scene.world
    ask_of_zone(scene, idle="1m")
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    before = world.cluster.one(IDLE)
    equal("another zone", alice.get("/public/x").status, 200)
    equal("has no such limit", world.cluster.one(IDLE), before)
    scene.tell("session_shortened")
    signed_in(scene, alice, "alice")
    equal("this one has", world.cluster.one(IDLE), "00:01:00")
    signed_in(scene, alice, "alice")
    row = one_event(scene, "session_shortened", account="alice",
                    application="app", outcome="success")
    equal("with what it was", row["detail"]["idle"], "1m")
    left = json.loads(alice.fetch("/auth/session").body)["idle_left"]
    true("scripts are told of it", 50 <= left <= 60, left)

    scene.tell("sensitive_update")
    world.cluster.do("update gatehouse_data.session set last_seen_at = "
                     "last_seen_at - interval '61 seconds', created_at = "
                     "created_at - interval '2 minutes' where ended_at is null")
    known(alice, "/app/x", 401)
    scene.tell("session_use_after_expire", "session_expired")
    unauth(scene, alice, "idle")


@case("RBAC-051", "who signed in too long ago for it confirms", *ID, *VERDICT)
def confirm(scene):
    """How long they were idle before nobody knows: what was refused counts as
    activity, too. So the first use asks for a sign-in that is no older."""
    world = scene.world
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    scene.tell("sensitive_update")
    world.cluster.do(OLDER)
    ask_of_zone(scene, idle="1m")
    known(alice, "/app/x", 401)
    scene.fresh()
    for _ in range(2):
        told = json.loads(alice.fetch("/app/x").body)
        equal("a script is told", told["reason"], "confirm")
        page = alice.get("/app/x")
        equal("a person is led", page.status, 303)
        true("to confirm", "reason=confirm" in page.one("Location"),
             page.one("Location"))
    scene.none_arrived("not confirmed")
    equal("nothing was shortened", events_of(scene, "session_shortened"), [])
    scene.tell("session_expired", "session_shortened")
    equal("signs in once more", alice.sign_in("alice").status, 303)
    signed_in(scene, alice, "alice")
    equal("with the limit", world.cluster.one(IDLE), "00:01:00")


@case("RBAC-051", "a session cannot be shortened", *ID_RAW, *VERDICT)
def unshortened(scene):
    """Then the request does not go on, and nobody is signed out."""
    world = scene.world
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    function = ("gatehouse.session_shorten(bigint, bigint, inet, text, text, "
                "uuid, text)")
    world.cluster.do(f"revoke execute on function {function} "
                     "from gatehouse_gateway")
    try:
        ask_of_zone(scene, idle="1m")
        known(alice, "/app/x", 503)
        scene.fresh()
        equal("a page", alice.get("/app/x").status, 503)
        scene.none_arrived("not shortened")
    finally:
        world.cluster.do(f"grant execute on function {function} "
                         "to gatehouse_gateway")
    scene.tell("session_shortened")
    signed_in(scene, alice, "alice")


@case("RBAC-052", "a request is in the trail before it is sent", *ID, *VERDICT)
def begun(scene):
    """Each of them, with who asks, what for, and the id that its access record
    has as well; a refusal is none."""
    world = scene.world
    ask_of_zone(scene, record="before")
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    # The gateway has heard of it when a request is recorded so.
    wait_until("requests are recorded", lambda: alice.get(
        "/app/x").status == 200 and events_of(scene, "access_begun"), 10)
    known_ids = {row["exchange"] for row in events_of(scene, "access_begun")}
    request = signed_in(scene, alice, "alice")
    rows = [row for row in events_of(scene, "access_begun")
            if row["exchange"] not in known_ids]
    equal("one row", len(rows), 1)
    for column, value in (("account", "alice"), ("application", "app"),
                          ("resource", "/app/x"), ("method", "GET"),
                          ("outcome", "success"), ("rule", "app/all")):
        equal(column, rows[0][column], value)
    equal("with the id that the application was told",
          rows[0]["exchange"].replace("-", ""), request.all("X-Request-Id")[0])
    n_begun = len(events_of(scene, "access_begun"))
    equal("another zone", alice.get("/public/x").status, 200)
    equal("what is refused", alice.get("/admin/x").status, 403)
    equal("our own pages", alice.get("/auth/help").status, 200)
    equal("a stranger", Visitor(scene).get("/app/x").status, 303)
    equal("are no such rows", len(events_of(scene, "access_begun")), n_begun)
    scene.optional.update(("access_begun", "authz_fail"))


@case("RBAC-052", "a request that cannot be recorded", *ID, *VERDICT)
def unrecorded(scene):
    """Its application does not hear of it; elsewhere life goes on."""
    world = scene.world
    scene.optional.update(("access_begun",))
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    signed_in(scene, alice, "alice")
    function = ("gatehouse.event_write(text, text, bigint, text, bytea, inet, "
                "text, text, text, text, text, text, uuid, text, jsonb, "
                "bytea[])")
    world.cluster.do(f"revoke execute on function {function} "
                     "from gatehouse_gateway")
    try:
        ask_of_zone(scene, record="before")
        known(alice, "/app/x", 503)
        scene.fresh()
        for answer in (alice.get("/app/x"), alice.fetch("/app/x")):
            equal("status", answer.status, 503)
            true("Retry-After", answer.one("Retry-After"), answer.head)
        scene.none_arrived("not recorded")
        equal("another zone", alice.get("/public/x").status, 200)
        scene.fresh()
    finally:
        world.cluster.do(f"grant execute on function {function} "
                         "to gatehouse_gateway")
    signed_in(scene, alice, "alice")


@case("RBAC-052", "one that is refused for its token is led", *ID_RAW)
def form(scene):
    """What comes without a session is led to sign in, recorded or not."""
    ask_of_zone(scene, record="before", idle="5m")
    stranger = Visitor(scene)
    known(stranger, "/app/x", 401)
    page = stranger.get("/app/x")
    equal("a stranger", page.status, 303)
    true("to the form", page.one("Location").startswith(LOGIN))
    equal("nothing begun", events_of(scene, "access_begun"), [])
