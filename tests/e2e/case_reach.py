# SPDX-License-Identifier: Apache-2.0
"""REACH: an application has several addresses, which are tried in order."""

import socket
from contextlib import contextmanager

from case_rbac import member
from harness.check import equal, true, wait_until
from harness.runner import ID_RAW, case
from harness.signs import permitted


@contextmanager
def deaf_address():
    """The URL of a TCP port that neither accepts nor refuses: its queue is
    full, so what asks for a connection is dropped."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        callers = []
        for _ in range(8):
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
            callers.append(caller)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for caller in callers:
                caller.close()


def lives_at(world, *urls):
    listed = ", ".join(f"'{url}'" for url in urls)
    world.cluster.do("update gatehouse_data.application set backends = "
                     f"array[{listed}] where name = 'rules'")


@case("BACK-001", "an address that does not answer is not the last", *ID_RAW)
def next_address(scene):
    """The next one has as long; when none is left it is 504."""
    world = scene.world
    good = world.apps["rules"].url
    world.policy.allow("user", "rules", "all")
    alice = member(scene, "alice")
    with deaf_address() as deaf:
        lives_at(world, deaf, good)
        wait_until("it counts", lambda: alice.fetch(
            "/rules/x").seconds > 0.9, 10)
        scene.fresh()
        for _ in range(2):
            permitted(scene, alice, "/rules/x", "rules", "alice")
        lives_at(world, deaf, deaf)
        wait_until("nobody there", lambda: alice.fetch(
            "/rules/x").status == 504, 10)
        answer = alice.fetch("/rules/x")
        equal("status", answer.status, 504)
        true("after both", 1.9 <= answer.seconds < 5, answer.seconds)
