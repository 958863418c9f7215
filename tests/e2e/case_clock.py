# SPDX-License-Identifier: Apache-2.0
"""CLOCK: clocks that are wrong. Sessions are judged by the database's alone;
a gateway whose own differs says so, and decides as all others do."""

import os
import re
import subprocess
from datetime import datetime, timezone

from case_ops import METRICS, ask, open_house
from harness.check import equal, true, wait_until
from harness.clock import DAY, WrongClock
from harness.facade import beside
from harness.runner import ID_RAW, case, not_here
from harness.signs import events_of, signed_in, unauth
from harness.visitor import Visitor

OFFSET = re.compile(r"^gatehouse_clock_offset_seconds (-?[0-9]+)\.[0-9]{3}$",
                    re.MULTILINE)
MOVE = """
update gatehouse_data.session
set created_at = created_at - interval '{age}',
    authenticated_at = authenticated_at - interval '{age}',
    expires_at = expires_at - interval '{age}',
    last_seen_at = clock_timestamp() - interval '{idle}'
where token_hash = '\\x{token}'
"""
STAMP = re.compile(r"^time=(\S+) level=", re.MULTILINE)


class Said:
    """What a gateway logs, looked at again and again."""

    def __init__(self, scene, gateway):
        self.scene = scene
        self.gateway = gateway

    def wait_for(self, event):
        """The lines of this event that came since the last call, one at
        least."""
        lines = []

        def look():
            text = self.gateway.log.news().decode("latin-1")
            self.scene.said += text
            lines.extend(line for line in text.splitlines()
                         if f"event={event} " in line)
            return lines
        wait_until(f"{event} is logged", look, 10)
        return lines


def offset(socket):
    """What the metrics say, in whole seconds, or None."""
    found = OFFSET.search(ask(socket, METRICS).body.decode())
    return int(found.group(1)) if found else None


@case("CLOCK-001", "a gateway's clock jumps a day while it runs", *ID_RAW)
def a_day_ahead(scene):
    """Nobody is signed out, and the alarm is given once; the same a day
    back. What is remembered is judged as what is asked for."""
    gateway, socket = open_house(scene)
    del gateway.sections["session"]["freshness"]
    clock = WrongClock(scene.world.folder)
    gateway.env = clock.env
    said = Said(scene, gateway)
    with beside(scene, gateway) as other:
        alice = Visitor(other)
        equal("sign-in", alice.sign_in("alice").status, 303)
        wait_until("it is known that the clock is right",
                   lambda: offset(socket) == 0)
        for seconds, word in ((DAY, "ahead_ms"), (-DAY, "behind_ms")):
            clock.set(seconds)
            lines = said.wait_for("clock_differs")
            true("the alarm", "level=warning" in lines[0]
                 and f" {word}=86" in lines[0], lines)
            wait_until("measured", lambda: abs(
                offset(socket) - seconds) <= 1)
            for _ in range(20):
                equal("still in", alice.get("/app/x").status, 200)
            signed_in(other, alice, "alice")
            bob = Visitor(other)
            equal("others come in", bob.sign_in("bob").status, 303)
            signed_in(other, bob, "bob")
            equal("and go", bob.sign_out().status, 303)
            unauth(other, bob)
            clock.set(0)
            lines += said.wait_for("clock_agrees")
            equal("said once", len(lines), 2)
            signed_in(other, alice, "alice")
        equal("sign-out", alice.sign_out().status, 303)


@case("CLOCK-003", "the database's clock jumps a day ahead, and back",
      *ID_RAW, seconds=120)
def database_ahead(scene):
    """What was ended by it stays ended, and is in the trail; who did not ask
    meanwhile has lost nothing."""
    scene.is_faulty = True
    scene.optional.update(("db_unavailable", "session_use_after_expire"))
    world = scene.world
    cluster, said = world.cluster, Said(scene, world.gateway)
    clock = WrongClock(cluster.folder)

    def again(env):
        cluster.stop()
        cluster.env = env
        cluster.start()
        wait_until("connected again", world.is_connected, 20)
    again(clock.env)
    try:
        alice, bob = Visitor(scene), Visitor(scene)
        equal("sign-in", alice.sign_in("alice").status, 303)
        equal("sign-in", bob.sign_in("bob").status, 303)
        clock.set(DAY)
        true("the alarm", " behind_ms=86" in
             said.wait_for("clock_differs")[0])
        unauth(scene, alice, "idle")
        scene.tell("session_expired")
        carol = Visitor(scene)
        equal("sign-in then", carol.sign_in("carol").status, 303)
        signed_in(scene, carol, "carol")
        clock.set(0)
        said.wait_for("clock_agrees")
        unauth(scene, alice, "idle")
        told = [row for row in events_of(scene, "session_expired")
                if row["account"] == "alice"]
        equal("told of once", [row["reason"] for row in told], ["idle"])
        signed_in(scene, bob, "bob")
        equal("sign-out", bob.sign_out().status, 303)
        equal("sign-out", carol.sign_out().status, 303)
    finally:
        again({})
    unauth(scene, alice, "idle")


def asked(scene, visitor, gateways):
    """What each of these gateways answers to this visitor."""
    found = []
    for one in gateways:
        there = Visitor(one)
        there.cookies = dict(visitor.cookies)
        found.append(there.fetch("/app/x").status)
    return found


@case("CLOCK-007", "gateways whose clocks are five minutes apart", *ID_RAW)
def apart(scene):
    """All decide alike about sessions near their limits; one that is behind
    does not make a session older, nor one that is ahead younger."""
    world = scene.world
    scene.optional.update(("session_expired", "session_use_after_expire",
                           "session_renewed"))
    gateways = []
    for name, seconds in (("behind", -300), ("ahead", 300)):
        gateway = world.make(name)
        gateway.env = WrongClock(gateway.folder, seconds).env
        gateways.append(gateway)
    with beside(scene, gateways[0]) as behind, \
            beside(scene, gateways[1]) as ahead:
        for first in (behind, ahead):
            others = [one for one in (behind, scene, ahead) if one != first]
            for age, idle, want in (
                    ("0", "0", 200), ("2 hours", "28 minutes", 200),
                    ("2 hours", "31 minutes", 401),
                    ("718 minutes", "0", 200), ("722 minutes", "0", 401)):
                alice = Visitor(scene)
                equal("sign-in", alice.sign_in("alice").status, 303)
                token = world.ring.stored(alice.token).hex()
                world.cluster.do(MOVE.format(age=age, idle=idle, token=token))
                scene.tell("sensitive_update")
                equal(f"{age}, idle {idle}: decided",
                      asked(scene, alice, [first, *others]), [want] * 3)
        for one, other in ((behind, ahead), (ahead, behind)):
            alice = Visitor(one)
            equal("sign-in", alice.sign_in("alice").status, 303)
            token = world.ring.stored(alice.token).hex()
            world.cluster.do(MOVE.format(age="2 hours", idle="10 minutes",
                                         token=token))
            scene.tell("sensitive_update")
            equal("used", alice.get("/app/x").status, 200)
            wait_until("seen now", lambda: world.cluster.one(
                "select abs(extract(epoch from clock_timestamp() - "
                "last_seen_at)) < 30 from gatehouse_data.session "
                f"where token_hash = '\\x{token}'"))
            there = Visitor(other)
            there.cookies = dict(alice.cookies)
            signed_in(other, there, "alice")
            equal("form of one, sent to the other",
                  there.sign_out().status, 303)
            signed_out = asked(scene, alice, [one, scene, other])
            equal("signed out everywhere", signed_out, [401] * 3)


def turkish(folder):
    """The environment of a machine in Kolkata that speaks Turkish. The locale
    is made here, for it is on few machines."""
    env = {"TZ": "Asia/Kolkata", "LC_ALL": "tr_TR.UTF-8", "LOCPATH": folder,
           "LSAN_OPTIONS": f"suppressions={folder}/lsan:print_suppressions=0"}
    with open(f"{folder}/lsan", "w", encoding="ascii") as file:
        file.write("leak:argz_add_sep\n")     # of glibc's, with LOCPATH
    subprocess.run(["localedef", "-i", "tr_TR", "-f", "UTF-8",
                    f"{folder}/tr_TR.UTF-8"], check=True,
                   capture_output=True, timeout=60)
    # They are what they are taken for.
    done = subprocess.run(
        ["/usr/bin/python3", "-c", "import locale, time; "
         "print(locale.setlocale(locale.LC_ALL, ''), time.timezone)"],
        env={**os.environ, **env}, capture_output=True, text=True,
        timeout=20, check=False)
    equal("the environment", done.stdout, f"tr_TR.UTF-8 {-19800}\n")
    return env


@case("CLOCK-009", "TZ=Asia/Kolkata and LC_ALL=tr_TR.UTF-8", *ID_RAW)
def elsewhere(scene):
    """The log is in UTC; names and fields are folded as everywhere, though a
    Turkish I has no dot."""
    gateway = scene.world.make("kolkata")
    gateway.env = turkish(gateway.folder)
    with beside(scene, gateway) as other:
        for typed, account in (("FI", "fi"), ("ALICE", "alice"),
                               ("Fi", "fi")):
            visitor = Visitor(other)
            answer = visitor.sign_in(
                typed, scene.world.passwords[account])
            equal(f"{typed}: sign-in", answer.status, 303)
            other.seen_in(account)
            signed_in(other, visitor, account)
            equal("with a field of ours", visitor.get(
                "/app/x", "X-GATEHOUSE-SESSION: mine",
                "x-gatehouse-sessIon: mine").status, 200)
            equal("sign-out", visitor.sign_out().status, 303)
        for typed in ("F\u0130", "f\u0131", "AL\u0130CE"):
            statuses = {Visitor(one).fail(typed).status
                        for one in (scene, other)}
            equal(f"{typed}: as everywhere", statuses, {401})
        gateway_said = gateway.log.news().decode("latin-1")
        scene.said += gateway_said
    now = datetime.now(timezone.utc)
    stamps = STAMP.findall(gateway_said)
    true("it has lines", len(stamps) > 10, gateway_said)
    for stamp in stamps:
        at = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%fZ").replace(
            tzinfo=timezone.utc)
        true("UTC", abs((now - at).total_seconds()) < 60, stamp)


not_here("CLOCK-005", "a clock that is slewed by 500 ppm for a day: nothing "
         "is decided by it (CLOCK-001 jumps further), and a day is too long "
         "here")
