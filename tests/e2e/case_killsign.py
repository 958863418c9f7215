# SPDX-License-Identifier: Apache-2.0
"""KILL, with accounts: the gateway or the database dies at any instant of
sign-ins and sign-outs. What a client was told is true, and every session has
its rows in the audit trail."""

import random
import signal
import threading

from harness.check import Failed, equal, true, wait_until
from harness.facade import through
from harness.runner import ID_RAW, case
from harness.signs import unauth
from harness.visitor import LOGIN, LOGOUT, Visitor

NAMES = ("alice", "bob", "carol", "zed")
ROUNDS = 20
ORPHANS = """
select encode(s.reference, 'hex') as session from gatehouse_data.session s
where not exists (select from gatehouse_audit.event e
                  where e.session = s.reference
                    and e.event = 'session_created')
   or not exists (select from gatehouse_audit.event e
                  where e.session = s.reference
                    and e.event like 'authn_login_success%')
union all
select encode(e.session, 'hex') from gatehouse_audit.event e
where e.event = 'session_created' and e.event_id > {mark}
  and not exists (select from gatehouse_data.session s
                  where s.reference = e.session)
"""


class Load:
    """A few browsers that sign in, and out when `goes`, until stopped."""

    def __init__(self, scene, goes=False):
        self.scene = scene
        self.goes = goes
        self.stopped = threading.Event()
        self.came = []       # (token, exchange) of sign-ins that were seen
        self.went = []       # tokens of sign-outs that were seen
        self.threads = [threading.Thread(target=self.work, args=(name,))
                        for name in NAMES]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def work(self, name):
        while not self.stopped.is_set():
            try:
                self.once(name)
            except (OSError, Failed):
                self.stopped.wait(0.01)      # it is dead just now

    def once(self, name):
        visitor = Visitor(self.scene)
        answer = visitor.sign_in(name, events=(), timeout=5)
        if answer.status != 303 or not visitor.token:
            return
        token = visitor.token
        self.came.append((token, answer.one("X-Request-Id")))
        if self.goes:
            answer = visitor.post(LOGOUT, [
                ("csrf", visitor.form(LOGOUT)["csrf"])], timeout=5)
            if answer.status == 303:
                self.went.append(token)


def judge(scene, load):
    """What clients were told stands in the database."""
    world = scene.world
    rows = {row["hash"]: row for row in world.cluster.rows(
        "select encode(token_hash, 'hex') as hash, encode(reference, 'hex') "
        "as reference, end_reason from gatehouse_data.session")}
    told = {row["exchange"].replace("-", "") for row in world.events()
            if row["event"] == "session_created"}
    for token, exchange in load.came:
        true("its session", world.ring.stored(token).hex() in rows)
        true("its row in the trail", exchange in told, exchange)
    for token in load.went:
        equal("ended", rows[world.ring.stored(token).hex()]["end_reason"],
              "logout")
    equal("sessions without rows, rows without sessions",
          world.cluster.rows(ORPHANS.format(mark=world.mark)), [])


def rounds(scene, goes, die):
    """Lets it die at a random instant, so many times; returns the loads."""
    scene.is_faulty = True
    dice = random.Random(scene.name + str(goes))
    world, gateway = scene.world, scene.world.make("mortal")
    loads = []
    with gateway:
        other = through(scene, gateway)
        for _ in range(ROUNDS * (25 if scene.options.long else 1)):
            with Load(other, goes) as load:
                load.stopped.wait(dice.uniform(0.05, 0.5))
                die(gateway)
            judge(scene, load)
            loads.append(load)
            wait_until("served again", lambda: Visitor(other).sign_in(
                "max", events=()).status == 303, 20)
            world.cluster.do("delete from gatehouse_data.throttle")
            other.answers.clear()
        gateway.log.news()
        true("G1 sanitizer", not gateway.log.report, gateway.log.report)
    scene.secrets |= other.secrets
    scene.optional.update(row["event"] for row in world.events())
    scene.note(f"{sum(len(load.came) for load in loads)} sign-ins, "
               f"{sum(len(load.went) for load in loads)} sign-outs seen")
    true("some came in", any(load.came for load in loads))
    if goes:
        true("some were told that they are out",
             any(load.went for load in loads))
    return loads


def gateway_dies(gateway):
    gateway.process.kill()
    gateway.process.wait(5)
    gateway.start()


@case("KILL-001", "the gateway, in the middle of sign-ins", *ID_RAW,
      seconds=3600)
def sign_ins(scene):
    rounds(scene, False, gateway_dies)


@case("KILL-003", "the gateway, in the middle of sign-outs", *ID_RAW,
      seconds=3600)
def sign_outs(scene):
    """Who was told to be out is out."""
    loads = rounds(scene, True, gateway_dies)
    gone = [token for load in loads for token in load.went][-5:]
    scene.optional.add("session_use_after_expire")
    for token in gone:
        thief = Visitor(scene)
        thief.cookies["__Host-id"] = token
        unauth(scene, thief, "signed_out")


@case("KILL-005", "the database, in the middle of sign-ins", *ID_RAW,
      seconds=3600)
def database(scene):
    cluster = scene.world.cluster

    def die(_):
        cluster.stop(signal.SIGKILL)
        cluster.start()
    rounds(scene, False, die)
    wait_until("the other gateway too", lambda: Visitor(scene).fetch(
        "/auth/session").status == 200, 10)
    equal("form", Visitor(scene).get(LOGIN).status, 200)
