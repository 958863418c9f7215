# SPDX-License-Identifier: Apache-2.0
"""RBAC, zones: through which entries the applications of a zone are reached,
and the condition that all of them ask for."""

import json

from harness.check import equal, true, wait_until
from harness.fcgi import FcgiPeer, REQ, base
from harness.policy import await_loaded
from harness.runner import ID_RAW, case
from harness.signs import signed_in
from harness.visitor import Visitor

EVENTS = ("authz_change", "privilege_permissions_changed", "authz_fail",
          "session_place_changed")
MEANING = "in the office"


def through_entry(scene, socket, path, visitor=None):
    """One request with a visitor's cookies through a socket of the gateway."""
    cookies = {} if visitor is None else {
        "HTTP_COOKIE": visitor.cookie_line()[0].partition(": ")[2]}
    with FcgiPeer(socket) as peer:
        peer.send(REQ(base(path, HTTPS="on", HTTP_HOST=scene.host,
                           REMOTE_ADDR="127.0.0.1", **cookies)))
        answer = peer.read("GET")
    scene.answers.append(answer)
    return answer


@case("RBAC-046", "an application has an entry of its own", *ID_RAW)
def own_entry(scene):
    """Through any other entry it is not there, whoever asks, and what is
    mounted above it does not get its requests."""
    world, policy = scene.world, scene.world.policy
    scene.optional.update(EVENTS)
    gateway = world.make("inside")
    inside = gateway.socket.replace("public.sock", "inside.sock")
    gateway.sections["entry inside"] = {
        **gateway.sections["entry public"], "socket": inside}
    policy.call("application_change", "app", None, "/", *[None] * 10)
    policy.call("application_change", "admin", None, None, None, None,
                "confidential", *[None] * 7)
    policy.cluster.admin("select gatehouse.zone_change('confidential', "
                         "'suite', p_entries => '{inside}')")
    bob = Visitor(scene)
    equal("sign-in", bob.sign_in("bob").status, 303)
    with gateway:
        await_loaded(gateway, policy.now())
        for socket, status in ((inside, 200), (gateway.socket, 404)):
            equal(f"the console through {socket[-12:]}",
                  through_entry(scene, socket, "/admin/x", bob).status, status)
        arrived = world.arrived()
        equal("who was asked", [a.application for a in arrived], ["admin"])
        equal("a stranger outside learns nothing",
              through_entry(scene, gateway.socket, "/admin/x").status, 404)
        equal("and inside signs in",
              through_entry(scene, inside, "/admin/x").status, 401)
        equal("other zones are everywhere",
              [through_entry(scene, one, "/x", bob).status
               for one in (inside, gateway.socket)], [200, 200])
        world.arrived()
        policy.cluster.admin("select gatehouse.zone_change('confidential', "
                             "'suite', p_entries => '{all}')")
        wait_until("the other entry has it",
                   lambda: through_entry(scene, gateway.socket, "/admin/x",
                                         bob).status == 200)
    world.arrived()


@case("RBAC-047", "a zone that is open in the office only", *ID_RAW)
def office(scene):
    """No rule there permits anything outside; the session lives, and other
    zones do not ask."""
    world, policy = scene.world, scene.world.policy
    scene.optional.update(EVENTS)
    policy.condition("office", networks=["10.0.0.0/8"], meaning=MEANING)
    policy.call("application_change", "public", None, None, None, None,
                "open", *[None] * 7)
    policy.cluster.admin("select gatehouse.zone_change('internal', 'suite', "
                         "p_condition => 'office')")
    scene.clients.append("10.0.0.1")
    inside = Visitor(scene, "10.0.0.1")
    equal("sign-in", inside.sign_in("alice").status, 303)
    outside = Visitor(scene, "192.0.2.1")
    outside.cookies = dict(inside.cookies)
    for who, status in ((inside, 200), (outside, 403), (inside, 200)):
        scene.fresh()
        answer = who.get("/app/x")
        equal(f"from {who.address}", answer.status, status)
        if status == 403:
            true("it says why", MEANING.encode() in answer.body, answer.body)
    equal("for a script", json.loads(outside.fetch("/app/x").body)["condition"],
          "office")
    rows = [row for row in world.events() if row["event"] == "authz_fail"]
    equal("which rule it would have been", rows[-1]["rule"], "app/all")
    equal("a stranger outside cannot sign in to it",
          Visitor(scene, "192.0.2.1").get("/app/x").status, 403)
    equal("another zone asks for nothing",
          Visitor(scene, "192.0.2.1").get("/public/x").status, 200)
    signed_in(scene, inside, "alice")
