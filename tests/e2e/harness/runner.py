# SPDX-License-Identifier: Apache-2.0
"""Registry of cases, the scene a case plays on, and the run itself.

A case is a function of a Scene, registered with @case(id, title, fronts…)
once for each front it runs through. Invariants are checked after each.
"""

import re
import signal
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, replace

from . import guard
from .check import Failed, equal, true
from .fcgi import FcgiPeer
from .http1 import PATIENCE, HttpPeer
from .http2 import ask2
from .process import is_alive
from .signworld import SignWorld
from .world import OwnWorld

HTTP = ("nginx", "lighttpd")                    # through the demonstration
RAW = ("fcgi",)                                 # its raw socket
OWN = ("own", "own-nginx", "own-lighttpd")      # scripted applications
OWN_RAW = ("own",)
OWN_HTTP = ("own-nginx", "own-lighttpd")
CALM_RAW = ("calm",)                            # the same with time
CALM_HTTP = ("calm-nginx", "calm-lighttpd")
ID_RAW = ("id",)                                # with accounts
ID_HTTP = ("id-nginx", "id-lighttpd")
ID = ID_RAW + ID_HTTP
NGINX_ASKS = ("id-verdict",)                    # and carries
LIGHTTPD_ASKS = ("id-authorizer",)
VERDICT = NGINX_ASKS + LIGHTTPD_ASKS
WORLDS = {"own": OwnWorld, "calm": OwnWorld, "id": SignWorld}
CASE_SECONDS = 60


@dataclass
class Case:
    ident: str
    front: str
    title: str
    play: callable
    seconds: int      # the watchdog's bound
    long: bool        # only with --long


CASES = []
NOT_HERE = []        # (ids, reason) of what is tested elsewhere or comes later


def case(ident, title, *fronts, seconds=CASE_SECONDS, long=False):
    """Registers the decorated function once for each front."""
    def register(play):
        for front in fronts:
            CASES.append(Case(ident, front, title, play, seconds, long))
        return play
    return register


def not_here(ids, reason):
    NOT_HERE.append((ids, reason))


class Scene:
    """What one case works with: its front, its world, what it saw."""

    def __init__(self, world, front_name, options):
        self.world = world
        self.front = world.fronts.get(front_name)
        self.name = front_name
        self.options = options
        self.protected = world.protected
        self.clients = ["127.0.0.1"]  # X-Forwarded-For at the applications
        self.patience = 5.0           # G7
        self.app_fails = False        # the application itself says 5xx
        self.answers = []
        self.notes = []
        self.more_gateways = []
        self.looked = 0               # requests that a check has looked at
        self.people = {}              # who has signed in
        self.events = Counter()       # that must be in the trail
        # Events of which there may be any number: this one comes a second
        # after what it tells of.
        self.optional = {"session_place_changed"}
        self.secrets = set()          # tokens that may stand nowhere
        self.passwords = set()        # the same for passwords
        self.is_faulty = False        # the database was made to fail
        self.is_followed = True       # somebody can sign in afterwards
        self.said = ""                # what gateways have logged

    def gateways(self):
        return [self.world.gateway] + self.more_gateways

    @property
    def is_raw(self):
        return self.front is None

    @property
    def is_carried(self):
        """The web server carries the traffic; the gateway only decides."""
        return self.name in VERDICT

    @property
    def kind(self):
        return self.front.kind if self.front else "fcgi"

    @property
    def host(self):
        return self.front.authority if self.front else "localhost:8443"

    def app(self, name="public"):
        return self.world.apps[name]

    def tell(self, *events):
        """These must be in the audit trail at the end."""
        self.events.update(events)

    def seen_in(self, name):
        """From now on applications may see this account."""
        if name in self.world.people:
            self.people[name] = replace(self.world.people[name])

    def note(self, text):
        """A figure for the report."""
        self.notes.append(text)

    def connect(self, timeout=PATIENCE):
        """A peer: HTTPS through a front, FastCGI on the raw socket."""
        if self.is_raw:
            peer = FcgiPeer(self.world.socket, timeout)
        else:
            peer = HttpPeer(self.front, timeout)
        read = peer.read

        def remember(*words, **named):
            answer = read(*words, **named)
            self.answers.append(answer)
            return answer
        peer.read = remember
        return peer

    def ask(self, raw, timeout=PATIENCE, keep=True):
        """Exactly these bytes on a new connection, one answer."""
        with self.connect(timeout) as peer:
            peer.send(raw)
            if self.is_raw:
                return peer.read()
            return peer.read(raw.split(b" ", 1)[0].decode("latin-1"), keep)

    def ask2(self, fields, body=b""):
        answer = ask2(self.front, fields, body)
        if answer is not None:
            self.answers.append(answer)
        return answer

    def arrived(self):
        """Requests that applications received in this case."""
        return self.world.arrived()

    def fresh(self):
        """Those of them that no check has looked at yet."""
        found = self.arrived()
        new = found[self.looked:]
        self.looked = len(found)
        return new

    def none_arrived(self, what=""):
        equal(f"{what} requests at applications (NOBACK)".lstrip(),
              [(r.application, r.method, r.target) for r in self.fresh()],
              [])
        equal(f"{what} begun requests at applications (NOBACK)".lstrip(),
              self.world.unfinished(), 0)

    def one_arrived(self, application="public", what=""):
        """The one request that must have reached this application."""
        found = self.fresh()
        equal(f"{what} requests at applications".lstrip(),
              [r.application for r in found], [application])
        true("its body is whole", not found[0].is_cut)
        return found[0]


def on_alarm(*_):
    raise Failed("the watchdog ended the case")


class Run:
    """Plays the selected cases and counts."""

    def __init__(self, demo, options):
        self.demo = demo
        self.worlds = {}
        self.options = options
        self.passed = 0
        self.failed = 0

    def world_of(self, front):
        kind = self.kind_of(front)
        if kind not in WORLDS:
            if self.demo is None:
                raise Failed("no demonstration world (--env)")
            return self.demo
        if kind not in self.worlds:
            world = WORLDS[kind](self.options.gateway, kind)
            try:
                self.worlds[kind] = world.start()
            except BaseException:
                world.stop()
                raise
        return self.worlds[kind]

    def play(self, one):
        started = time.monotonic()
        notes, reason = [], None
        signal.alarm(one.seconds)
        try:
            scene = Scene(self.world_of(one.front), one.front, self.options)
            notes = scene.notes
            for request in scene.world.begin():
                guard.check_request(request, people=scene.world.people,
                                    may_be_carried=True)
            one.play(scene)
            guard.check_case(scene, scene.arrived())
            scene.world.check(scene)
        except Failed as failure:
            reason = str(failure)
        except Exception as error:      # a broken test is a failed one
            line = traceback.extract_tb(error.__traceback__)[-1]
            reason = (f"{type(error).__name__}: {error} "
                      f"({line.filename.rpartition('/')[2]}:{line.lineno})")
        finally:
            signal.alarm(0)
        reason = self.bury(one.front, reason)
        self.report(one, reason, time.monotonic() - started, notes)

    def bury(self, front, reason):
        """Why a case failed, with the last words of every gateway of it that
        ended, which fails it by itself (G1). A world of ours whose own one
        did makes room for a new one, so that one crash fails one case."""
        kind = self.kind_of(front)
        world = self.worlds.get(kind, self.demo)
        dead = world.dead() if world else []
        if dead:
            reason = "\n".join([reason or "G1", *dead])
        if kind in self.worlds and not is_alive(world.gateway.pid):
            world.stop()
            del self.worlds[kind]
        return reason

    @staticmethod
    def kind_of(front):
        return front.partition("-")[0].replace("lax", "own")

    def report(self, one, reason, seconds, notes):
        slow = f" [{seconds:.1f} s]" if seconds > 2 else ""
        word = "not ok" if reason else "ok"
        print(f"{word} {one.ident} {one.front} {one.title}{slow}")
        for note in notes:
            print(f"#   {note}")
        if reason:
            self.failed += 1
            print("#   " + reason.replace("\n", "\n#   "))
        else:
            self.passed += 1
        sys.stdout.flush()

    def all(self):
        """Returns the exit status."""
        wanted = re.compile(self.options.select or "")
        signal.signal(signal.SIGALRM, on_alarm)
        try:
            for one in CASES:
                named = f"{one.ident} {one.front} {one.title}"
                if one.long and not self.options.long:
                    continue
                if wanted.search(named):
                    self.play(one)
        finally:
            for world in self.worlds.values():
                world.stop()
        for ids, reason in NOT_HERE:
            print(f"# not in this suite: {ids}: {reason}")
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0
