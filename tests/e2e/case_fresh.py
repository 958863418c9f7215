# SPDX-License-Identifier: Apache-2.0
"""LISTEN, and RACE-007: sessions that a gateway remembers. A change in the
database, made through another gateway or by hand, counts in every gateway
within the freshness bound: at once when notifications come, still within the
bound when the one who listens is cut off, or nobody listens at all."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness.check import equal, true, wait_until
from harness.facade import beside
from harness.policy import await_loaded
from harness.runner import ID_RAW, case
from harness.signs import signed_in
from harness.visitor import Visitor

BOUND = 1.0              # the setting `freshness`, by default
AT_ONCE = 0.05           # what 99 of 100 take when notifications come
HAMMERS = 8              # clients at once
ROUNDS = 20              # 1,000 in the long mode
LISTENER = ("from pg_stat_activity where query like "
            "'/* gatehouse: listen_%'")
EVENTS = ("session_created", "session_expired", "session_logout",
          "session_use_after_expire", "authz_admin", "authz_change",
          "sensitive_update", "sensitive_delete", "user_updated",
          "authn_login_lock", "authn_login_success", "authz_fail",
          "authn_login_successafterfail", "db_unavailable")


@contextmanager
def remembering(scene, name, freshness=None, **database):
    """Another gateway, which remembers as it does by default, or for so long;
    a scene whose visitors talk to it."""
    scene.optional.update(EVENTS)
    gateway = scene.world.make(name)
    del gateway.sections["session"]["freshness"]
    if freshness:
        gateway.sections["session"]["freshness"] = freshness
    gateway.sections["database"].update(database)
    # Eight clients hammer an application in Python: late is not lost.
    gateway.sections["timeouts"].update(connect="10s", first_byte="10s")
    with beside(scene, gateway) as other:
        yield other


@dataclass
class Hammer:
    """Clients of one session that ask until they are refused."""
    visitor: Visitor
    accepted: list = field(default_factory=list)  # when each began
    strange: list = field(default_factory=list)   # neither served nor refused
    is_over: threading.Event = field(default_factory=threading.Event)

    def swing(self):
        one = self.visitor.clone()
        one.scene = self.visitor.scene
        while not self.is_over.is_set():
            began = time.monotonic()
            status = one.send("/app/x", one.cookie_line() + [
                "Sec-Fetch-Mode: navigate"], "GET", None, 15).status
            if status == 200:
                self.accepted.append(began)
            elif status in (303, 403):
                break
            else:
                self.strange.append(status)

    def run(self, change):
        """How long after the change the last one began that was served."""
        threads = [threading.Thread(target=self.swing)
                   for _ in range(HAMMERS)]
        for thread in threads:
            thread.start()
        try:
            wait_until("they are served",
                       lambda: len(self.accepted) >= 4 * HAMMERS, 10)
            change()
            changed = time.monotonic()
            for thread in threads:
                thread.join(10)
            refused = not any(thread.is_alive() for thread in threads)
        finally:
            self.is_over.set()
        true("all are refused in the end", refused)
        equal("answers that are neither", self.strange, [])
        return max(self.accepted) - changed


def by_hand(world, visitor, n):
    """Several ways to end alice's session, or what it may."""
    where = ("from gatehouse_data.session s join gatehouse_data.account a "
             "using (account_id) where a.name = 'alice' "
             "and s.ended_at is null")
    ways = [
        lambda: world.cluster.admin(
            "select gatehouse.sessions_end('alice', 'suite')"),
        lambda: world.cluster.do(
            "update gatehouse_data.session set ended_at = clock_timestamp(),"
            f" end_reason = 'revoked' where session_id in (select session_id {where})"),
        lambda: world.cluster.do(
            "delete from gatehouse_data.session where session_id in "
            f"(select session_id {where})"),
        lambda: world.cluster.do(
            "begin; set local session_replication_role = replica; "
            "delete from gatehouse_data.session where session_id in "
            f"(select session_id {where}); commit"),
        lambda: visitor.sign_out(events=()),
        lambda: (world.policy.revoke if n // 6 % 2 else world.policy.grant)(
            "hr", "alice"),
    ]
    return ways[n % len(ways)]


def p99(late):
    """What 99 of 100 do not exceed; of so many, in their order."""
    return late[-1 - len(late) // 100]


def rounds(scene, other, before=lambda: None):
    """Ends the session in every way, and sees how long it was served."""
    late = []
    for n in range(1000 if scene.options.long else ROUNDS):
        # Signs in, and signs out, at the first gateway; used at the second.
        alice = Visitor(scene)
        equal("sign-in", alice.sign_in("alice", events=()).status, 303)
        there = Visitor(other)
        there.cookies = dict(alice.cookies)
        # By some ways she is given a role.
        scene.people["alice"].groups = None
        equal("served there", there.get("/app/x").status, 200)
        form = by_hand(scene.world, alice, n)
        before()
        late.append(Hammer(there).run(form))
        other.world.world.arrived()
    late.sort()
    scene.note(f"{len(late)} rounds: served at most {1000 * late[-1]:.0f} ms "
               f"after the change, 99 of 100 {1000 * p99(late):.0f}, "
               f"{1000 * late[len(late) // 2]:.0f} in the middle")
    true("within the bound", late[-1] <= BOUND, late)
    return late


@case("RACE-007", "what ends at one gateway ends at the other, in time",
      *ID_RAW, seconds=3600)
def told(scene):
    with remembering(scene, "told") as other:
        wait_until("it listens", lambda: scene.world.cluster.one(
            f"select count(*) {LISTENER}") >= 1, 10)
        late = rounds(scene, other)
        true("soon, when it is told", late[len(late) // 2] < 0.2, late)
        # The long mode has the machine for itself.
        true("99 of 100 at once", not scene.options.long
             or p99(late) < AT_ONCE, late)


@case("LISTEN-001", "in time also while the one who listens is cut off",
      *ID_RAW, seconds=3600)
def cut_off(scene):
    scene.is_faulty = True
    with remembering(scene, "deaf") as other:
        rounds(scene, other, lambda: scene.world.cluster.do(
            f"select pg_terminate_backend(pid) {LISTENER}"))
        wait_until("it listens again", lambda: scene.world.cluster.one(
            f"select count(*) {LISTENER}") >= 1, 20)


@case("LISTEN-007", "in time also when nobody listens", *ID_RAW, seconds=3600)
def polled(scene):
    with remembering(scene, "polling", listen="off") as other:
        rounds(scene, other)


@case("LISTEN-003", "a storm of notifications is one question now and then",
      *ID_RAW, seconds=120)
def storm(scene):
    world = scene.world
    with remembering(scene, "stormed") as other:
        alice = Visitor(other)
        equal("sign-in", alice.sign_in("alice", events=()).status, 303)
        follows = FollowCount(world)
        began = time.monotonic()
        for _ in range(20):
            world.cluster.do(
                "do $$ begin for i in 1..2000 loop perform pg_notify("
                "'gatehouse_change', i::text); end loop; end $$")
            equal("served", alice.get("/app/x").status, 200)
        seconds = time.monotonic() - began
        n = follows.since()
        scene.note(f"40,000 notifications in {seconds:.1f} s, {n} questions")
        # Two gateways ask: each at most every 5 ms.
        true("few questions", n <= 2 * (seconds / 0.005 + 10), n)
        scene.world.arrived()


class FollowCount:
    """Statements of a name in the database's log, from now on."""

    def __init__(self, world, name="follow"):
        self.world = world
        self.word = f"/* gatehouse: {name} */".encode()
        world.cluster.log.news()

    def since(self):
        return self.world.cluster.log.news().count(self.word)


@case("LISTEN-005", "notifications of any content are hints, and no more",
      *ID_RAW)
def payloads(scene):
    with remembering(scene, "hinted") as other:
        alice = Visitor(other)
        equal("sign-in", alice.sign_in("alice", events=()).status, 303)
        for payload in ("repeat('x', 7999)", "''", "'\u20ac\u202e'",
                        "E'session 1\\n'"):
            for channel in ("gatehouse_change", "gatehouse_policy"):
                scene.world.cluster.do(
                    f"select pg_notify('{channel}', {payload})")
        signed_in(other, alice, "alice")


@case("RACE-005", "what is signed out is over at once where it was done",
      *ID_RAW, seconds=120)
def at_once(scene):
    with remembering(scene, "once", listen="off") as other:
        for _ in range(20):
            alice = Visitor(other)
            equal("sign-in", alice.sign_in("alice", events=()).status, 303)
            for _ in range(3):
                equal("served", alice.get("/app/x").status, 200)
            thief = alice.clone()
            equal("signed out", alice.sign_out(events=()).status, 303)
            equal("refused", thief.get("/app/x").status, 303)
        other.world.world.arrived()


@case("PGX-003", "what is remembered is not used beyond the bound while the "
      "database is silent", *ID_RAW, seconds=120)
def frozen(scene):
    scene.is_faulty = True
    cluster = scene.world.cluster
    with remembering(scene, "frozen") as other:
        alice = Visitor(other)
        equal("sign-in", alice.sign_in("alice", events=()).status, 303)
        equal("served", alice.get("/app/x").status, 200)
        cluster.pause()
        silent = time.monotonic()
        try:
            last = silent
            while True:
                began = time.monotonic()
                status = alice.get("/app/x").status
                if status != 200:
                    break
                last = began
            scene.note(f"served {1000 * (last - silent):.0f} ms from memory")
            equal("then", status, 503)
            true("not beyond the bound", last - silent <= BOUND,
                 last - silent)
            equal("public goes on", alice.get("/public/x").status, 200)
        finally:
            cluster.go_on()
        wait_until("served again",
                   lambda: alice.get("/app/x").status == 200, 20)
        other.world.world.arrived()


@case("LOAD-020", "a session that is remembered needs no statement",
      *ID_RAW)
def no_statement(scene):
    world = scene.world
    # Also on a machine where a second without an answer can happen.
    with remembering(scene, "quiet", freshness="10s") as other:
        alice = Visitor(other)
        equal("sign-in", alice.sign_in("alice", events=()).status, 303)
        count = FollowCount(world, "session_find")

        def is_remembered():
            equal("served", alice.get("/app/x").status, 200)
            return count.since() == 0

        # Nothing is believed before the follower's first answer.
        wait_until("the session is remembered", is_remembered)
        for _ in range(200):
            equal("served", alice.get("/app/x").status, 200)
        equal("statements for 200 requests", count.since(), 0)
        other.world.world.arrived()


@case("RACE-007", "in a strict zone what ends counts for the next request",
      *ID_RAW, seconds=120)
def strict(scene):
    world = scene.world
    with remembering(scene, "strict", listen="off", freshness="10s") as other:
        world.policy.call("application_change", "app", None, None, None,
                          None, "restricted", *[None] * 7)
        await_loaded(other.gateway, world.policy.now())
        for n in range(4):
            alice, there = Visitor(scene), Visitor(other)
            equal("sign-in", alice.sign_in("alice", events=()).status, 303)
            there.cookies = dict(alice.cookies)
            for _ in range(3):
                equal("served", there.get("/app/x").status, 200)
            # Eight at once, who share what is asked.
            late = Hammer(there).run(by_hand(world, alice, n))
            true("nobody who came after the change", late <= 0, late)
            equal("refused", there.get("/app/x").status, 303)
        other.world.world.arrived()
