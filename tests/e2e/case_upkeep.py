# SPDX-License-Identifier: Apache-2.0
"""UPKEEP: what the gateway has the database do once in a while."""

from harness.check import equal, wait_until
from harness.runner import ID_RAW, case
from harness.signs import one_event
from harness.visitor import Visitor

RUN_OUT = ("update gatehouse_data.session set created_at = created_at - a, "
           "authenticated_at = authenticated_at - a, last_seen_at = "
           "last_seen_at - a, expires_at = expires_at - a from "
           "(values (interval '13 hours')) as t (a) where ended_at is null")


@case("UPKEEP-001", "a session runs out and nobody asks for it", *ID_RAW)
def forgotten(scene):
    """It is ended and told of all the same, within the gateway's interval."""
    visitor = Visitor(scene)
    equal("sign-in", visitor.sign_in("alice").status, 303)
    world = scene.world
    world.cluster.do(RUN_OUT)
    scene.tell("sensitive_update", "session_expired")
    gateway = world.make("tidy")
    gateway.sections["database"]["maintain"] = "100ms"
    with gateway:
        wait_until("the session is ended",
                   lambda: world.sessions("alice") == 0, 10)
    one_event(scene, "session_expired", account="alice", reason="idle")
