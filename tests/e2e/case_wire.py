# SPDX-License-Identifier: Apache-2.0
"""PGX, between the gateway and PostgreSQL: the network resets connections, or
one is cut off when a statement was sent and its answer did not come. Nobody
knows then whether it was done: the client is told of an error, what it asks
again works either way, and nothing is done twice."""

import time
from contextlib import contextmanager

from case_account import (ACCOUNT, NEW, change, end, look, old_password,
                          reference, sessions)
from case_data import Script
from case_fix import ends_what_moves
from case_killsign import ORPHANS
from case_pgx import AWAY, away, prepared, unavailable
from case_renew import OLD, brings, offered
from case_upkeep import RUN_OUT
from harness.check import equal, true, wait_until
from harness.facade import beside
from harness.runner import ID_RAW, case
from harness.signs import events_of, signed_in
from harness.visitor import LOGOUT, Visitor, hidden, sets
from harness.wire import Wire

EACH = 8              # connections of a loop: more than one case loses, as
                      # those that lived less than a second are not made anew
                      # at once
CONNECTIONS = 2 * EACH + 1    # of a gateway here, as one listens
ROUNDS = 7            # that all of them have tried when the pauses are longest
LAST_ACCESS = ("select coalesce(max(access_id), 0) from "
               "gatehouse_audit.access")
BOTH = (False, True)  # cut off before it is done, and after


@contextmanager
def wired(scene, name, freshness="0s", **database):
    """A gateway on a wire of its own; the wire, and a scene whose visitors
    talk to it."""
    scene.is_faulty = True
    scene.optional.update(AWAY)
    gateway = scene.world.make(name)
    with Wire(scene.world.cluster) as wire:
        gateway.sections["session"]["freshness"] = freshness
        gateway.sections["database"].update(dsn=wire.dsn, connections=EACH,
                                            **database)
        with beside(scene, gateway) as other:
            n = CONNECTIONS - (database.get("listen") == "off")
            wait_until("all are connected", lambda: len(wire.open) == n, 15)
            yield wire, other


def forgiven(scene):
    scene.world.cluster.do("delete from gatehouse_data.throttle")


@case("PGX-005", "the network resets every connection, for seconds", *ID_RAW)
def resets(scene):
    """No more attempts than gatehouse(8) says: with each connection five in
    the first second, then one a second."""
    alice, form = prepared(scene)
    with wired(scene, "reset") as (wire, other):
        guest = Visitor(other)
        guest.cookies = dict(alice.cookies)
        signed_in(other, guest, "alice")
        wire.connects.clear()
        began = time.monotonic()
        wire.is_resetting = True
        wire.cut()
        away(other, guest, form, 1.5)
        wait_until("the pauses are at their longest", lambda: len(
            wire.connects) >= ROUNDS * CONNECTIONS, 45)
        seconds = time.monotonic() - began
        n = len(wire.connects)
        true("no storm", n <= CONNECTIONS * (6 + seconds), (n, seconds))
        scene.note(f"{n} attempts of {CONNECTIONS} connections in "
                   f"{seconds:.1f} s")
        wire.is_resetting = False
        wait_until("served again, by every loop", lambda: all(
            guest.fetch("/auth/session").status == 200 for _ in range(16)),
            15)
        signed_in(other, guest, "alice")


@case("PGX-009", "a sign-in of which nobody knows", *ID_RAW)
def sign_in(scene):
    """Nobody has got a token of the session that may have begun; who tries
    again is in. It is one among the account's own, which its owner ends."""
    world = scene.world
    with wired(scene, "cut") as (wire, other):
        for name in ("sign_in_reserve", "sign_in_succeed"):
            for is_done in BOTH:
                bob, before = Visitor(other), world.sessions("bob")
                with wire.losing(name, is_done):
                    unavailable(name, bob.sign_in("bob", events=()))
                equal("a session that nobody has", world.sessions("bob")
                      - before, int(is_done and name == "sign_in_succeed"))
                forgiven(scene)
                equal("again", bob.sign_in("bob", events=()).status, 303)
                signed_in(other, bob, "bob")
        equal("sessions without rows, rows without sessions",
              world.cluster.rows(ORPHANS.format(mark=world.mark)), [])
        n = world.sessions("bob")
        equal("sessions: four, and the one", n, 5)
        equal("its owner sees them", len(sessions(look(bob))), n)
        equal("and ends them", end(bob, "others").status, 303)
        scene.tell(*["session_expired"] * (n - 1))
        equal("sessions", world.sessions("bob"), 1)


@case("PGX-009", "a sign-out of which nobody knows", *ID_RAW)
def sign_out(scene):
    world = scene.world
    scene.optional.add("session_use_after_expire")
    with wired(scene, "cut") as (wire, other):
        for is_done in BOTH:
            alice = Visitor(other)
            equal("sign-in", alice.sign_in("alice", events=()).status, 303)
            csrf = alice.form(LOGOUT)["csrf"]
            with wire.losing("session_end", is_done):
                unavailable("signing out", alice.post(
                    LOGOUT, [("csrf", csrf)]))
            equal("sessions", world.sessions("alice"), int(not is_done))
            equal("served", alice.clone().get("/app/x").status,
                  303 if is_done else 200)
            answer = alice.post(LOGOUT, [("csrf", csrf)])
            equal("again", answer.status, 303)
            true("the browser forgets it", "Max-Age=0" in (
                sets(answer, "__Host-id") or ""), answer.headers)
            equal("sessions then", world.sessions("alice"), 0)
        other.fresh()
        equal("told", len(events_of(scene, "session_logout")), 2)


@case("PGX-009", "what may be over is not remembered", *ID_RAW)
def remembered(scene):
    """Where the sign-out was lost nobody is served by what was remembered,
    although the database cannot be asked."""
    with wired(scene, "cut", "10s", listen="off") as (wire, other):
        alice = Visitor(other)
        equal("sign-in", alice.sign_in("alice", events=()).status, 303)
        csrf = alice.form(LOGOUT)["csrf"]
        wait_until("remembered by every loop", lambda: all(
            alice.get("/app/x").status == 200 for _ in range(16)))
        other.fresh()
        with wire.losing("session_end", True):
            wire.is_resetting = True
            unavailable("signing out", alice.post(LOGOUT, [("csrf", csrf)]))
        wire.cut()
        for _ in range(16):
            unavailable("served", alice.get("/app/x"))
        other.none_arrived()
    equal("told", len(events_of(scene, "session_logout")), 1)


@case("PGX-009", "what ends nothing casts no doubt on anybody", *ID_RAW)
def harmless(scene):
    """A value of which nobody knows whether it was stored is no reason to
    forget who is signed in, although the database cannot be asked then."""
    with wired(scene, "cut", "10s", listen="off") as (wire, other):
        page = Script(other)
        wait_until("remembered by every loop", lambda: all(
            page.visitor.get("/app/x").status == 200 for _ in range(16)))
        with wire.losing("data_put", True):
            wire.is_resetting = True
            unavailable("stored", page.put(b'"dark"'))
        wire.cut()
        for _ in range(16):
            equal("served", page.visitor.get("/app/x").status, 200)


@case("PGX-009", "a change of password of which nobody knows", *ID_RAW)
def password(scene):
    """One of the two passwords is right, and one session at most is left
    behind."""
    world = scene.world
    scene.optional.update({"authn_password_change", "session_expired",
                           "session_use_after_expire", "sensitive_delete"})
    with wired(scene, "cut") as (wire, other), old_password(scene) as old:
        for is_done in BOTH:
            alice = Visitor(other)
            equal("sign-in", alice.sign_in("alice", events=()).status, 303)
            with wire.losing("password_change", is_done):
                unavailable("a new password", change(alice, old, NEW))
            equal("sessions", world.sessions("alice"), 1)
            equal("served", alice.get("/app/x").status,
                  303 if is_done else 200)
            equal("changed", len(events_of(
                scene, "authn_password_change")), int(is_done))
            forgiven(scene)
            right, wrong = (NEW, old) if is_done else (old, NEW)
            Visitor(other).fail("alice", wrong, events=())
            equal("the other one", Visitor(other).sign_in(
                "alice", right, events=()).status, 303)
            forgiven(scene)
            scene.world.cluster.do("delete from gatehouse_data.session")
        other.fresh()


@case("PGX-009", "a renewal of which nobody knows", *ID_RAW)
def renewal(scene):
    """The request is served, and the token that is offered later is the one
    that was lost; brought twice it counts once."""
    scene.optional.update({"sensitive_update", "session_renewed"})
    with wired(scene, "cut") as (wire, other):
        for is_done in BOTH:
            alice = Visitor(other)
            equal("sign-in", alice.sign_in("alice", events=()).status, 303)
            scene.world.cluster.do(OLD)
            with wire.losing("session_offer", is_done):
                equal("an offer that is lost", offered(other, alice), None)
            new = offered(other, alice)
            true("it comes later", new and new != alice.token)
            after = brings(alice, new)
            with wire.losing("session_renew", is_done):
                unavailable("brought", after.get("/app/x"))
            equal("again", offered(other, after), None)
            equal("the one before is good beside it", offered(other, alice),
                  None)
        other.fresh()
        equal("told", len(events_of(scene, "session_renewed")), 2)


@case("PGX-009", "the end of another session of which nobody knows", *ID_RAW)
def own_end(scene):
    """Whose page says so when it is asked again."""
    world = scene.world
    scene.optional.update({"session_expired", "session_use_after_expire"})
    with wired(scene, "cut") as (wire, other):
        alice = Visitor(other)
        equal("sign-in", alice.sign_in("alice", events=()).status, 303)
        for is_done in BOTH:
            lost = Visitor(other)
            equal("sign-in", lost.sign_in("alice", events=()).status, 303)
            which = reference(lost)
            csrf = hidden(look(alice), other)["csrf"]
            with wire.losing("account_session_end", is_done):
                unavailable("ending", end(alice, which, csrf))
            equal("sessions", world.sessions("alice"), 2 - int(is_done))
            equal("served", lost.get("/app/x").status,
                  303 if is_done else 200)
            equal("again", end(alice, which).one("Location"), ACCOUNT +
                  ("?done=over" if is_done else "?done=ended"))
            equal("sessions then", world.sessions("alice"), 1)
        signed_in(other, alice, "alice")
        other.fresh()
    equal("told", len(events_of(scene, "session_expired")), 2)


@case("PGX-009", "a session that moved, of which nobody knows", *ID_RAW)
def moving(scene):
    """Nothing reaches the application, whether it was ended or not."""
    scene.optional.update({"session_expired", "session_use_after_expire"})
    ends_what_moves(scene.world, "admin")
    with wired(scene, "cut") as (wire, other):
        for is_done in BOTH:
            bob, thief = Visitor(other), Visitor(other, "203.0.113.9")
            equal("sign-in", bob.sign_in("bob", events=()).status, 303)
            signed_in(other, bob, "bob")
            other.fresh()
            thief.cookies = dict(bob.cookies)
            with wire.losing("session_moved", is_done):
                unavailable("from elsewhere", thief.get("/admin/x"))
            equal("sessions", scene.world.sessions("bob"), int(not is_done))
            answer = thief.get("/admin/x")
            equal("again", answer.one("Location"),
                  "/auth/login?return_to=%2Fadmin%2Fx&reason=moved")
            equal("its owner", bob.get("/app/x").status, 303)
            other.none_arrived()
    equal("told", len(events_of(scene, "session_expired")), 2)


@case("PGX-009", "values of an application of which nobody knows", *ID_RAW)
def values(scene):
    """What is done again counts once."""
    with wired(scene, "cut") as (wire, other):
        page = Script(other)
        for is_done in BOTH:
            with wire.losing("data_put", is_done):
                unavailable("stored", page.put(b'"dark"'))
            equal("there", page.get().status, 200 if is_done else 404)
            equal("again", page.put(b'"dark"').status, 200)
            with wire.losing("data_get", is_done):
                unavailable("given", page.get())
            equal("the value", page.get().body, b'"dark"')
            with wire.losing("data_delete", is_done):
                unavailable("deleted", page.delete())
            equal("then", page.get().status, 404 if is_done else 200)
            page.delete()
            equal("gone", page.get().status, 404)


@case("PGX-009", "an upkeep of which nobody knows", *ID_RAW)
def upkeep(scene):
    """What it ended is told once."""
    world = scene.world
    scene.optional.update({"sensitive_update"})
    for _ in BOTH:
        equal("sign-in", Visitor(scene).sign_in("alice").status, 303)
    world.cluster.do(RUN_OUT)
    with wired(scene, "cut", maintain="100ms") as (wire, _):
        for is_done in BOTH:
            with wire.losing("maintain", is_done):
                pass
        wait_until("they are ended", lambda: world.sessions("alice") == 0)
        with wire.losing("maintain", True):
            pass
    scene.tell("session_expired", "session_expired")


@case("PGX-009", "access records of which nobody knows", *ID_RAW)
def access(scene):
    """Each stands there once, and none is missing."""
    world = scene.world
    seen = ("select exchange::text from gatehouse_audit.access where "
            f"access_id > {world.cluster.one(LAST_ACCESS)}")
    sent = []
    with wired(scene, "cut") as (wire, other):
        alice = Visitor(other)
        equal("sign-in", alice.sign_in("alice", events=()).status, 303)
        for is_done in BOTH:
            with wire.losing("access_write", is_done):
                for _ in range(20):
                    answer = alice.get("/app/x")
                    # One more question may go down with the connection.
                    true("served or 503", answer.status in (200, 503))
                    if answer.status == 200:
                        sent.append(answer.one("X-Request-Id"))

        def written():
            # What another gateway of the suite writes at this moment is not
            # of this case.
            found = [row["exchange"].replace("-", "")
                     for row in world.cluster.rows(seen)]
            return sorted(one for one in found if one in sent)

        wait_until("all are written", lambda: len(written()) >= len(sent), 15)
        other.fresh()
    equal("written", written(), sorted(sent))
