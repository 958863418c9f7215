# SPDX-License-Identifier: Apache-2.0
"""EXPAND: where it is said so, a change that only gives ends no session. The
token that there is has what it was given for; what it is refused since leads
back to the same place with the next token, which has it all, without a
password. What takes something, and what administers, ends sessions as ever."""

import threading
from contextlib import contextmanager

from case_fresh import remembering
from case_rbac import EVERY, member
from case_renew import brings
from harness.check import equal, true, wait_until
from harness.runner import ID, ID_RAW, VERDICT, case
from harness.signs import again, denied, events_of, groups, permitted, unauth
from harness.visitor import Visitor, sets

ROUNDS = 15
ENOUGH = 10              # answers to each client before and after a change
OVER = ("update gatehouse_data.session set previous_until = "
        "clock_timestamp() - interval '1 second' "
        "where previous_until is not null and ended_at is null")


@contextmanager
def renewing(scene):
    """What is only given renews tokens."""
    policy = scene.world.policy
    scene.tell("privilege_permissions_changed",
               "privilege_permissions_changed")
    equal("set", scene.world.cluster.admin(
        "select on_given from gatehouse.policy_given('suite', 'renew')"
        ).strip(), "renew")
    try:
        policy.role("helper")
        policy.allow("helper", "admin", "all")
        policy.allow("hr", "rules", "all")
        yield policy
    finally:
        scene.world.cluster.admin(
            "select gatehouse.policy_given('suite', 'end')")


def led_back(scene, visitor, target, ask=None):
    """What is refused is to be asked for again, with the next token."""
    scene.fresh()
    old = visitor.token
    answer = (ask or visitor.get)(target)
    equal(f"{target}: once more", answer.status, 307)
    equal(f"{target}: the same", answer.one("Location"),
          f"{visitor.origin}{target}")
    true("with another token", sets(answer, "__Host-id")
         and visitor.token != old, answer.head)
    scene.none_arrived(f"{target}: nothing is served yet")
    scene.tell("session_renewed")


def overlap_is_over(scene):
    scene.optional.add("sensitive_update")
    scene.world.cluster.do(OVER)


@case("EXPAND-001", "a role is given during a session, which goes on", *EVERY)
def given(scene):
    with renewing(scene) as policy:
        alice = member(scene, "alice")
        denied(scene, alice, "/admin/x", "admin", "alice")
        policy.grant("helper", "alice")
        old = alice.clone()
        led_back(scene, alice, "/admin/x?a=b&c=%2F")
        request = permitted(scene, alice, "/admin/x?a=b&c=%2F", "admin",
                            "alice")
        equal("roles", groups(request), "user,helper")
        equal("renewed once", len(events_of(scene, "session_renewed")), 1)
        equal("nobody signed in", len(events_of(scene, "session_created")), 1)
        # The old one is good for a while, for what it was.
        request = permitted(scene, old, "/app/x", "app", "alice")
        equal("its roles", groups(request), "user")
        denied(scene, old, "/admin/x", "admin", "alice")
        # What nobody has is denied, to the new one as well.
        denied(scene, alice, "/rules/x", "rules", "alice")


@case("EXPAND-002", "what a form or a script sent is sent once more", *ID)
def sent_again(scene):
    with renewing(scene) as policy:
        alice, carol = member(scene, "alice"), member(scene, "carol")
        policy.grant("helper", "alice")
        policy.grant("helper", "carol")
        led_back(scene, alice, "/admin/form",
                 lambda target: alice.post(target, [("a", "b")]))
        equal("sent", alice.post("/admin/form", [("a", "b")]).status, 200)
        request = scene.one_arrived("admin")
        equal("whole", (request.method, request.body), ("POST", b"a=b"))
        led_back(scene, carol, "/admin/data", carol.fetch)
        equal("asked", carol.fetch("/admin/data").status, 200)
        scene.one_arrived("admin")


@case("EXPAND-003", "what the old token may comes with the next one", *ID)
def along(scene):
    with renewing(scene) as policy:
        alice = member(scene, "alice")
        policy.grant("helper", "alice")
        old = alice.token
        request = permitted(scene, alice, "/app/x", "app", "alice")
        equal("with its roles", groups(request), "user")
        true("another token came along", alice.token != old)
        scene.tell("session_renewed")
        request = permitted(scene, alice, "/app/x", "app", "alice")
        equal("then with all", groups(request), "user,helper")
        permitted(scene, alice, "/admin/x", "admin", "alice")


@case("EXPAND-003", "where a web server carries, by being asked for once more",
      *VERDICT)
def by_asking(scene):
    with renewing(scene) as policy:
        alice = member(scene, "alice")
        policy.allow("user", "rules", "all")
        old = alice.clone()
        led_back(scene, alice, "/asked/x?a=b")
        permitted(scene, alice, "/asked/x?a=b", "asked", "alice")
        permitted(scene, alice, "/rules/x", "rules", "alice")
        denied(scene, old, "/rules/x", "rules", "alice", "the old one")
        permitted(scene, old, "/asked/x", "asked", "alice", "the old one")


@case("EXPAND-004", "a permission and an inheritance are given", *ID)
def of_roles(scene):
    """To roles that somebody has; nobody else notices."""
    with renewing(scene) as policy:
        alice, bob = member(scene, "alice"), member(scene, "bob")
        policy.allow("user", "rules", "all")
        led_back(scene, alice, "/rules/x")
        permitted(scene, alice, "/rules/x", "rules", "alice")
        overlap_is_over(scene)
        policy.call("role_inherit", "user", "helper", "")
        led_back(scene, alice, "/admin/x")
        request = permitted(scene, alice, "/admin/x", "admin", "alice")
        equal("roles", groups(request), "user,helper")
        # bob has more than one version to catch up with, and administers, but
        # not by what was given.
        permitted(scene, bob, "/admin/x", "admin", "bob")
        scene.tell("session_renewed")
        permitted(scene, bob, "/rules/x", "rules", "bob")


@case("EXPAND-005", "given and taken, in either order, ends the session", *ID)
def both(scene):
    with renewing(scene) as policy:
        alice, carol = member(scene, "alice"), member(scene, "carol")
        policy.grant("helper", "alice")
        policy.revoke("user", "alice")
        policy.revoke("hr", "carol")
        policy.grant("helper", "carol")
        again(scene, alice, "alice", "/admin/x")
        permitted(scene, alice, "/admin/x", "admin", "alice")
        again(scene, carol, "carol", "/admin/x")
        permitted(scene, carol, "/admin/x", "admin", "carol")
        equal("nothing was renewed", events_of(scene, "session_renewed"), [])


@case("EXPAND-005", "what is taken after the next token was offered ends both",
      *ID)
def taken_after_offer(scene):
    with renewing(scene) as policy:
        alice = member(scene, "alice")
        policy.grant("helper", "alice")
        old = alice.clone()
        scene.fresh()
        equal("offered", alice.get("/admin/x").status, 307)
        policy.revoke("helper", "alice")
        scene.tell("session_expired", "session_use_after_expire",
                   "session_use_after_expire")
        unauth(scene, alice, "permissions")
        unauth(scene, old, "permissions")
        equal("nothing was renewed", events_of(scene, "session_renewed"), [])
        scene.optional.add("session_use_after_expire")


@case("EXPAND-006", "what administers ends the session", *EVERY)
def administers(scene):
    with renewing(scene) as policy:
        alice, carol = member(scene, "alice"), member(scene, "carol")
        policy.grant("admin", "alice")
        again(scene, alice, "alice", "/admin/x")
        permitted(scene, alice, "/admin/x", "admin", "alice")
        policy.call("role_inherit", "hr", "admin", "")
        again(scene, carol, "carol", "/admin/x")
        permitted(scene, carol, "/admin/x", "admin", "carol")


@case("EXPAND-007", "given twice within the overlap: the second counts after "
      "it", *ID_RAW)
def twice(scene):
    with renewing(scene) as policy:
        alice = member(scene, "alice")
        policy.grant("helper", "alice")
        led_back(scene, alice, "/admin/x")
        permitted(scene, alice, "/admin/x", "admin", "alice")
        policy.grant("hr", "alice")
        denied(scene, alice, "/rules/x", "rules", "alice", "while the old is good")
        permitted(scene, alice, "/admin/x", "admin", "alice", "meanwhile")
        overlap_is_over(scene)
        led_back(scene, alice, "/rules/x")
        permitted(scene, alice, "/rules/x", "rules", "alice")


class Crowd:
    """Clients who take no cookie and ask for what their token is not good for,
    until this ends."""

    def __init__(self, visitors):
        self.is_over = threading.Event()
        self.told = [{403: 0, 307: 0} for _ in visitors]    # how often, to each
        self.wrong = []          # any other answer, and what they died of
        self.threads = [threading.Thread(target=self.ask, args=pair)
                        for pair in zip(visitors, self.told)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def ask(self, one, told):
        try:
            while not self.is_over.is_set():
                told[one.send("/admin/x", one.cookie_line() + [
                    "Sec-Fetch-Mode: navigate"], "GET", None, 15).status] += 1
        except Exception as error:        # another status is a KeyError
            self.wrong.append(repr(error))

    def await_each(self, status):
        """Until each has been told so often enough, or one was served."""
        wait_until(f"each is told {status}", lambda: self.wrong or all(
            told[status] >= ENOUGH for told in self.told), 15)
        equal("served to old tokens, or died", self.wrong, [])


def give(policy, turn):
    """One of the ways in which alice is given what /admin/ asks for."""
    role = ("helper", "other")[turn % 2]
    ((lambda: policy.grant(role, "alice")),
     (lambda: policy.call("role_inherit", "user", role, "")),
     (lambda: policy.allow("user", "admin", "all")))[turn % 3]()


@case("EXPAND-008", "an old token never has what was given since, in no "
      "gateway", *ID_RAW, seconds=240)
def never(scene):
    """Clients who take no cookie ask for what they are given, here and where
    sessions are remembered, while it is given and taken."""
    scene.optional.update(("authz_fail", "session_renewed", "sensitive_update",
                           "session_use_after_expire", "session_expired"))
    with renewing(scene) as policy, remembering(scene, "expand") as other:
        policy.role("other")
        policy.allow("other", "admin", "all")
        asked = 0
        for turn in range(ROUNDS):
            alice = Visitor(other)
            equal("sign-in", alice.sign_in("alice", events=()).status, 303)
            other.people["alice"].groups = None
            there = alice.clone()
            here = Visitor(scene)
            here.cookies = dict(alice.cookies)
            equal("remembered", there.get("/app/x").status, 200)
            with Crowd((here, there, here, there)) as crowd:
                crowd.await_each(403)
                give(policy, turn)
                crowd.await_each(307)
            equal("served to old tokens, or died", crowd.wrong, [])
            asked += sum(sum(told.values()) for told in crowd.told)
            new = alice.clone()
            wait_until("it is given the next one",
                       lambda: new.get("/admin/x").status == 307)
            equal("which has it", new.get("/admin/x").status, 200)
            equal("there as well", Visitor.get(brings(here, new.token),
                                               "/admin/x").status, 200)
            equal("the old one", there.get("/admin/x").status, 403)
            other.world.world.arrived()
            policy.restore()
            policy.role("helper")
            policy.role("other")
            policy.allow("helper", "admin", "all")
            policy.allow("other", "admin", "all")
        scene.note(f"{asked} requests with old tokens")
        other.world.world.arrived()
