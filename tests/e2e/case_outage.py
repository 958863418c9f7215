# SPDX-License-Identifier: Apache-2.0
"""PGX-001 for an application that goes on without the database: whom the
gateway remembers is served for as long as the application says, and nobody
else, nowhere else, and not who signed out."""

import signal

from case_failover import entered
from case_fresh import remembering
from case_pgx import connected_again, unavailable
from harness.check import equal, true, wait_until
from harness.policy import await_loaded
from harness.runner import ID_RAW, case
from harness.visitor import LOGOUT, Visitor

LONG, SHORT = "cached 1h", "cached 2s"


def go_on(scene, application, words):
    scene.world.cluster.admin(
        "select gatehouse.application_change(p_name => "
        f"'{application}', p_on_outage => '{words}', p_actor => 'suite', "
        + ", ".join(f"p_{name} => null" for name in (
            "host", "path", "backends", "carrying", "zone", "connections",
            "keep", "encoded_slash", "semicolon", "empty_segments",
            "authorization_field", "shares_host_because")) + ")")


def without(scene, other, alice, bob, form):
    """What is served while PostgreSQL is away."""
    wait_until("the short time is over",
               lambda: bob.get("/admin/x").status == 503, 30)
    other.fresh()
    unavailable("after that", bob.get("/admin/x"))
    unavailable("an application that is closed", bob.get("/closed/x"))
    unavailable("our own page", bob.get("/auth/account"))
    ghost = Visitor(other)
    ghost.cookies = {"__Host-id": "A" * 43}
    unavailable("a token that nobody remembers", ghost.get("/app/x"))
    equal("nothing arrived", other.fresh(), [])
    for _ in range(16):
        equal("goes on, in every loop", bob.get("/app/x").status, 200)
    equal("as who it is", {tuple(request.all("Remote-User"))
                           for request in other.fresh()},
          {("bob",)})
    equal("alice goes on", alice.get("/app/x").status, 200)
    unavailable("signing out", alice.post(LOGOUT, [("csrf", form)]))
    unavailable("and out", alice.get("/app/x"))
    equal("bob is not", bob.get("/app/x").status, 200)


@case("PGX-001", "an application goes on with whom a gateway remembers",
      *ID_RAW, seconds=120)
def goes_on(scene):
    scene.is_faulty = True
    cluster = scene.world.cluster
    scene.optional.update(("privilege_permissions_changed", "authz_change"))
    go_on(scene, "app", LONG)
    go_on(scene, "admin", SHORT)
    with remembering(scene, "outage") as other:
        await_loaded(other.gateway, scene.world.policy.now())
        alice, bob = entered(other, "alice"), entered(other, "bob")
        equal("served", bob.get("/admin/x").status, 200)
        form = alice.form(LOGOUT)["csrf"]
        equal("remembered", alice.get("/app/x").status, 200)
        cluster.stop(signal.SIGINT)
        try:
            without(scene, other, alice, bob, form)
        finally:
            cluster.restart()
        wait_until("connected again", connected_again(scene.world), 30)
        wait_until("nobody was signed out", lambda: all(
            one.get("/app/x").status == 200 for one in (alice, bob)), 30)
        wait_until("it is recorded", lambda: cluster.one(
            "select count(*) from gatehouse_audit.access a "
            "where a.reason = 'outage' and a.status = 200") >= 18, 30)
        true("and of nothing else", cluster.one(
            "select count(*) from gatehouse_audit.access a where a.reason = "
            "'outage' and a.application not in ('app', 'admin')") == 0)
        other.world.world.arrived()
    lines = [line for line in scene.said.splitlines()
             if "identified=outage" in line]
    true("the log says so", len(lines) >= 18, len(lines))
    true("of nobody else", all("status=200" in line for line in lines), lines)
