# SPDX-License-Identifier: Apache-2.0
"""MODEL: a random walk through everything that begins, changes and ends
sessions, at two gateways that remember, beside a model of what each of them
may answer. What is done at a gateway counts there at once; what is done at the
other one or in the database, within the freshness bound.

GH_MODEL_SEED=N tries the first walk again with another seed, or with the one
that a failure printed.
"""

import contextlib
import json
import os
import random
import time
from collections import deque
from functools import partial

from case_account import ACCOUNT, PASSWORD
from case_fix import ends_what_moves
from case_fresh import EVENTS, remembering
from harness.check import Failed, equal, true, wait_until
from harness.model import ROLES, UNKNOWN, WORDS, Account, Model, Token
from harness.runner import ID_RAW, case
from harness.visitor import LOGOUT, WRONG, Visitor

STEPS = 1500             # of one walk
WALKS = 66               # further ones in the long mode
NAMES = ("alice", "bob", "carol", "zed")
APPS = ("app", "app", "closed", "admin", "public")
# Sign-ins end one of an account's sessions when it has so many.
CROWD = 6
NEVER = "A" * 43
ELSEWHERE = "203.0.113.9"
AT_HOME = "closed"       # a session that is used there from elsewhere ends
HIDDEN = "nobody"        # seen by an application: it is not told why
TOLD = EVENTS + (
    "authn_login_fail", "authn_password_change", "authn_token_reuse",
    "authn_password_change_fail", "session_renewed", "user_updated",
    "account_reported")
# By hand, and so that every gateway is told: it looks at the row again.
SEEN = "idle = idle + interval '1 microsecond'"
LATE = (f"{SEEN}, previous_until = case when previous_until is not null "
        "then clock_timestamp() - interval '1 second' end")
OLD = f"{LATE}, renewed_at = clock_timestamp() - interval '16 minutes'"
# The walk says when a token comes too late, not the clock.
KEPT = "previous_until = clock_timestamp() + interval '1 hour'"
AGES = {
    "idle": "last_seen_at = clock_timestamp() - interval '31 minutes', "
            "created_at = created_at - interval '31 minutes'",
    "absolute": "last_seen_at = clock_timestamp(), created_at = "
                "created_at - interval '12 hours 1 second'",
    None: "last_seen_at = clock_timestamp() - interval '20 minutes', "
          "created_at = created_at - interval '20 minutes'",
}


class Walk:
    """One walk: the product on one side, the model on the other. What comes
    next is said by the dice and the model alone, never by the clock."""

    def __init__(self, scene, gateways, seed):
        self.scene = scene
        self.world = scene.world
        self.scenes = gateways
        self.dice = random.Random(seed)
        self.model = Model([
            Account(name, self.world.passwords[name],
                    {"user", *{"bob": ("admin",), "carol": ("hr",)}.get(
                        name, ())}) for name in NAMES])
        self.owed = deque()      # (token, gateway) to be asked after the bound
        self.last = deque(maxlen=10)
        self.step = 0

    # --- asking ------------------------------------------------------------

    def say(self, text):
        self.last.append(f"{self.step}: {text}")

    def gateway(self):
        return self.dice.choice("ab")

    def browser(self, gateway, token=None, address="127.0.0.1"):
        visitor = Visitor(self.scenes[gateway], address)
        if token:
            visitor.cookies["__Host-id"] = token.text
        return visitor

    def ask(self, session, token, gateway, app="closed", is_script=False,
            address="127.0.0.1"):
        """One request to an application; the answer is one of those that the
        model permits. Returns the answer."""
        apps = self.world.apps
        known = {name: len(one.requests) for name, one in apps.items()}
        # What was offered is never remembered before it was brought.
        is_new = bool(session) and token is session.offered
        possible = ({token.why} if is_new else
                    token.possible(gateway, time.monotonic()))
        visitor = self.browser(gateway, token, address)
        answer = (visitor.fetch if is_script else visitor.get)(f"/{app}/x")
        arrived = [request for name, one in apps.items()
                   for request in one.requests[known[name]:]]
        why = self.read(answer, arrived, session, app, is_script)
        true("permitted", why in possible or why == HIDDEN
             and possible != {None}, f"got {why}, want one of {possible}")
        if why is None:
            self.read_offer(session, token, answer)
            if is_new:
                self.renewed(session, gateway)
        return answer

    def read(self, answer, arrived, session, app, is_script):
        """Why nobody was seen; None: the account of the session was."""
        if answer.status in (200, 403):
            equal("requests at applications", [r.application for r in
                  arrived], [app] * (answer.status == 200))
            seen = [arrived[0].all(name) for name in
                    ("Remote-User", "Remote-Groups")] if arrived else None
            if seen == [[""], [""]] and app == "public":
                return HIDDEN
            true("there is a session", session)
            equal("its role", answer.status == 200, session.may(app))
            if seen:
                equal("account and roles", seen,
                      [[session.account.name], [session.groups]])
            return None
        equal("requests at applications", arrived, [])
        equal("status", answer.status, 401 if is_script else 303)
        if is_script:
            return json.loads(answer.body)["reason"]
        way, _, word = (answer.one("Location") or "").partition("&reason=")
        equal("leads to", way, f"/auth/login?return_to=%2F{app}%2Fx")
        return word

    @staticmethod
    def read_offer(session, token, answer):
        """Another token comes only when this one is old, and is the one that
        was offered before."""
        for line in answer.all("Set-Cookie"):
            text = line.partition(";")[0].partition("=")[2]
            true("no token is offered", session.may_offer
                 and token is session.current, line[:20])
            if session.offered:
                equal("the same token is offered", text, session.offered.text)

    def renewed(self, session, gateway):
        session.renews()
        self.change(session.current, KEPT)

    def change(self, token, what):
        self.world.cluster.do(
            f"update gatehouse_data.session set {what} where token_hash = "
            f"'\\x{self.world.ring.stored(token.text).hex()}'")

    # --- what ends -----------------------------------------------------------

    def warm(self, sessions):
        """Both gateways remember them, mostly."""
        for session in sessions[:3]:
            for gateway in "ab":
                if self.dice.random() < 0.8:
                    self.ask(session, session.current, gateway)

    def ended(self, sessions, gateway=None):
        """Asks at once where it was done, of the others later."""
        for session in sessions:
            if gateway:
                self.ask(session, session.current, gateway)
            self.owed += [(session, session.current, one) for one in "ab"
                          if one != gateway]

    def end(self, session, why, gateway=None):
        session.ends(why, gateway)
        self.ended([session], gateway)

    def end_all(self, account, why, gateway=None, but=None):
        self.ended(self.model.end_all(account, why, gateway, but), gateway)

    # --- steps; False: there is nothing to do it with -------------------------

    def one_live(self):
        live = self.model.live()
        return self.dice.choice(live) if live else None

    def step_ask(self):
        over = self.model.over()
        is_over = over and self.dice.random() < 0.25
        session = self.dice.choice(over) if is_over else self.one_live()
        if not session:
            return False
        token = session.current
        if self.dice.random() < 0.3:
            token = self.dice.choice(session.tokens())
        words = (self.gateway(), self.dice.choice(APPS),
                 self.dice.random() < 0.3)
        self.say(f"session {session.number} asks {words}; {token.why}")
        self.ask(session, token, *words)
        return True

    def step_collect(self):
        """A session that ended, where it may have been remembered, after the
        bound."""
        if not self.owed:
            return False
        session, token, gateway = self.owed.popleft()
        self.say(f"session {session.number}, which was {session.why}, asks "
                 f"{gateway} after the bound")
        wait_until("the bound", lambda: token.is_settled(time.monotonic()))
        self.ask(session, token, gateway)
        return True

    def step_nobody(self):
        gateway = self.gateway()
        self.say(f"a token of nobody at {gateway}")
        token = Token(NEVER)
        token.history = [(UNKNOWN, 0.0, None)]
        self.ask(None, token, gateway, self.dice.choice(APPS))
        return True

    def step_who(self):
        """/auth/session asks the database, always."""
        session = self.dice.choice(self.model.sessions or [None])
        if not session:
            return False
        gateway = self.gateway()
        self.say(f"session {session.number} asks {gateway} who it is; "
                 f"{session.why}")
        self.who(session, gateway)
        return True

    def who(self, session, gateway):
        answer = self.browser(gateway, session.current).fetch("/auth/session")
        equal("status", answer.status, 200)
        said = json.loads(answer.body)
        equal("account", said.get("account"),
              None if session.why else session.account.name)
        return said

    def step_sign_in(self):
        account, gateway = self.dice.choice(self.model.accounts), self.gateway()
        old = self.one_live() if self.dice.random() < 0.2 else None
        live = self.model.live(account)
        if len(live) >= CROWD:
            return self.sign_out(live[0])
        self.say(f"{account.name} signs in at {gateway}, "
                 f"{'active' if account.is_active else 'disabled'}, browser "
                 f"of {old.number if old else 'nobody'}")
        self.sign_in(account, gateway, old)
        return True

    def sign_in(self, account, gateway, old):
        self.forget_guesses()
        visitor = self.browser(gateway, old.current if old else None)
        answer = visitor.sign_in(account.name, account.password, events=())
        equal("sign-in", answer.status, 303 if account.is_active else 401)
        if account.is_active:
            if old:
                self.end(old, "replaced", gateway)
            self.begun(account, visitor, gateway)

    def begun(self, account, visitor, gateway):
        session = self.model.begin(account, visitor.token)
        session.reference = self.who(session, gateway)["session"]

    def step_guess(self):
        account, gateway = self.dice.choice(self.model.accounts), self.gateway()
        other = self.dice.choice(self.model.accounts)
        guess = WRONG if other is account else other.password
        self.say(f"somebody guesses {account.name}'s password at {gateway}")
        self.forget_guesses()
        answer = self.browser(gateway).sign_in(account.name, guess, events=())
        equal("guess", answer.status, 401)
        return True

    def forget_guesses(self):
        self.world.cluster.do("delete from gatehouse_data.throttle")

    def step_sign_out(self):
        session = self.one_live()
        return bool(session) and self.sign_out(session)

    def sign_out(self, session):
        gateway = self.gateway()
        self.say(f"session {session.number} signs out at {gateway}")
        self.warm([session])
        answer = self.browser(gateway, session.current).sign_out(events=())
        equal("sign-out", answer.status, 303)
        self.end(session, "logout", gateway)
        return True

    def step_age(self):
        """Its token is old; the next one is offered."""
        session, gateway = self.one_live(), self.gateway()
        if not session:
            return False
        self.say(f"the token of session {session.number} is old, at {gateway}")
        session.is_due()
        self.change(session.current, OLD)
        found = wait_until("a token is offered", lambda: self.ask(
            session, session.current, gateway).one("Set-Cookie"))
        text = found.partition(";")[0].partition("=")[2]
        session.offered = session.offered or Token(text)
        return True

    def step_take(self):
        found = [one for one in self.model.live() if one.offered]
        if not found:
            return False
        session, gateway = self.dice.choice(found), self.gateway()
        self.say(f"session {session.number} brings its next token to "
                 f"{gateway}")
        self.ask(session, session.offered, gateway)
        return True

    def step_late(self):
        """One that was replaced comes too late, and that is the end of all."""
        found = [one for one in self.model.live()
                 if one.previous or one.former]
        if not found:
            return False
        session, gateway = self.dice.choice(found), self.gateway()
        late = self.dice.choice(
            session.former + [session.previous] * bool(session.previous))
        self.say(f"session {session.number} brings a token of before to "
                 f"{gateway}, too late")
        self.warm([session])
        self.change(session.current, LATE)
        self.ask(session, session.current, gateway)
        thief = self.browser(gateway, late)
        answer = wait_until("it is refused", lambda: self.refused(thief))
        equal("as reused", answer.one("Location").partition("reason=")[2],
              "reused")
        self.end(session, "reused", gateway)
        return True

    @staticmethod
    def refused(visitor):
        answer = visitor.get("/closed/x")
        return answer if answer.status != 200 else None

    def step_elsewhere(self):
        """From another network: its end where that ends it, at once."""
        session, gateway = self.one_live(), self.gateway()
        if not session:
            return False
        app = self.dice.choice((AT_HOME, *APPS))
        self.say(f"session {session.number} asks {gateway} for {app} from "
                 "elsewhere")
        self.warm([session])
        if app != AT_HOME:
            self.ask(session, session.current, gateway, app,
                     address=ELSEWHERE)
            return True
        thief = self.browser(gateway, session.current, ELSEWHERE)
        answer = thief.get(f"/{app}/x")
        equal("leads to", answer.one("Location"),
              f"/auth/login?return_to=%2F{app}%2Fx&reason=moved")
        self.end(session, "moved", gateway)
        return True

    def step_expire(self):
        session, why = self.one_live(), self.dice.choice(list(AGES))
        if not session:
            return False
        self.say(f"session {session.number} is of that age: {why}")
        self.warm([session])
        self.change(session.current, AGES[why])
        session.may_offer = True
        if why:
            self.end(session, why)
        return True

    def step_revoke(self):
        session = self.dice.choice(self.model.sessions or [None])
        if not session:
            return False
        self.say(f"session {session.number} is revoked; {session.why}")
        self.warm([session])
        was_live = self.world.policy.call("session_revoke", session.reference)
        equal("it was live", was_live, "f" if session.why else "t")
        if not session.why:
            self.end(session, "revoked")
        return True

    def step_revoke_all(self):
        account = self.dice.choice(self.model.accounts)
        self.say(f"all sessions of {account.name} are revoked")
        live = self.model.live(account)
        self.warm(live)
        equal("how many", self.world.policy.call("sessions_end", account.name),
              str(len(live)))
        self.end_all(account, "revoked")
        return True

    def own_form(self, session, gateway, page):
        visitor = self.browser(gateway, session.current)
        return visitor, visitor.form(page)["csrf"]

    def step_end_own(self):
        """On the page about one's account: another one, or all others."""
        session, gateway = self.one_live(), self.gateway()
        if not session:
            return False
        other = self.dice.choice([None] + [
            one for one in self.model.sessions
            if one.account is session.account and one is not session])
        self.say(f"session {session.number} ends "
                 f"{other.number if other else 'all others'} at {gateway}")
        self.warm([other] if other else self.model.live(session.account))
        visitor, token = self.own_form(session, gateway, ACCOUNT)
        answer = visitor.post(ACCOUNT, [
            ("csrf", token), ("end", other.reference if other else "others")])
        equal("told", answer.one("Location"), f"{ACCOUNT}?done=" + (
            "all" if not other else "over" if other.why else "ended"))
        if not other:
            self.end_all(session.account, "revoked", gateway, session)
        elif not other.why:
            self.end(other, "revoked", gateway)
        return True

    def new_password(self):
        word = f"walked-{self.dice.getrandbits(64):016x}"
        self.scene.passwords.add(word)
        return word

    def step_password(self):
        """By an administrator."""
        account = self.dice.choice(self.model.accounts)
        self.say(f"{account.name} is given a password")
        self.warm(self.model.live(account))
        account.password = self.new_password()
        self.world.set_password(account.name, account.password)
        self.end_all(account, "revoked")
        return True

    def step_own_password(self):
        session, gateway = self.one_live(), self.gateway()
        is_right = self.dice.random() < 0.7
        if not session:
            return False
        account, new = session.account, self.new_password()
        self.say(f"session {session.number} has a new password at {gateway}, "
                 f"{'with' if is_right else 'without'} the old one")
        self.warm(self.model.live(account))
        self.forget_guesses()
        visitor, token = self.own_form(session, gateway, PASSWORD)
        answer = visitor.post(PASSWORD, [
            ("csrf", token), ("new", new),
            ("current", account.password if is_right else WRONG)])
        equal("status", answer.status, 303 if is_right else 403)
        if is_right:
            account.password = new
            # The one that asks goes on with another session.
            self.model.end_all(account, "revoked", gateway, session)
            session.ends("replaced", gateway)
            self.ended([session], gateway)
            self.begun(account, visitor, gateway)
        return True

    def step_role(self):
        account = self.dice.choice(self.model.accounts)
        role = self.dice.choice(ROLES)
        has = role in account.roles
        self.say(f"{account.name} {'loses' if has else 'gets'} {role}")
        self.warm(self.model.live(account))
        policy = self.world.policy
        (policy.revoke if has else policy.grant)(role, account.name)
        account.roles ^= {role}
        self.end_all(account, "rights_changed")
        return True

    def step_status(self):
        """Disabled; more often put into use again."""
        found = [one for one in self.model.accounts if not one.is_active]
        account = self.dice.choice(found or self.model.accounts)
        self.say(f"{account.name} is "
                 f"{'disabled' if account.is_active else 'enabled'}")
        self.warm(self.model.live(account))
        if account.is_active:
            self.world.policy.call("account_disable", account.name, "left")
        else:
            self.world.policy.call("account_enable", account.name)
        account.is_active = not account.is_active
        if not account.is_active:
            self.end_all(account, "disabled")
        return True

    # --- the whole ------------------------------------------------------------

    def go(self):
        names, weights = zip(*WEIGHTS.items())
        for self.step in range(1, STEPS + 1):
            name = self.dice.choices(names, weights)[0]
            if not getattr(self, f"step_{name}")():
                self.step_sign_in()
        self.say("the end")
        while self.owed:
            self.step_collect()
        for session in self.model.live():
            for gateway in "ab":
                self.ask(session, session.current, gateway)
        self.compare()

    def compare(self):
        """Every session stands in the database as in the model."""
        rows = [row for name in NAMES for row in self.world.cluster.rows(
            f"select reference, state from gatehouse.session_list('{name}')")]
        equal("sessions", {row["reference"]: row["state"] for row in rows},
              {one.reference: one.why or "live"
               for one in self.model.sessions})

    def figures(self):
        why = [one.why for one in self.model.sessions]
        return f"{len(why)} sessions: " + ", ".join(
            f"{why.count(word)} {word or 'live'}" for word in (*WORDS, None))


WEIGHTS = {
    "ask": 50, "collect": 12, "sign_in": 14, "who": 3, "guess": 3, "nobody": 1,
    "sign_out": 4, "age": 4, "take": 3, "late": 2, "expire": 3, "revoke": 2,
    "elsewhere": 3,
    "revoke_all": 1, "end_own": 3, "password": 1, "own_password": 2,
    "role": 2, "status": 2,
}


@contextlib.contextmanager
def as_before(scene):
    """One application's zone ends sessions that move; in the end accounts
    have their status and password again."""
    ends_what_moves(scene.world, AT_HOME)
    try:
        yield
    finally:
        for name in NAMES:
            if scene.world.cluster.one(
                    "select status from gatehouse_data.account where name = "
                    f"'{name}'") != "active":
                scene.world.policy.call("account_enable", name)
            scene.world.set_password(name, scene.world.passwords[name])


def walk(scene, seed):
    scene.optional.update(TOLD)
    scene.clients.append(ELSEWHERE)
    with as_before(scene), \
            remembering(scene, f"walk-a{seed}", listen="off") as one, \
            remembering(scene, f"walk-b{seed}") as other:
        beside = Walk(scene, {"a": one, "b": other}, seed)
        scene.note(f"seed {seed}")
        try:
            beside.go()
        except (Failed, ArithmeticError, AttributeError, LookupError, OSError,
                TypeError, ValueError) as failure:
            raise Failed("\n".join([
                f"step {beside.step}: {type(failure).__name__}: {failure}",
                *beside.last])) from failure
        scene.note(beside.figures())
        scene.world.arrived()
    for person in scene.people.values():
        person.groups = None         # the walk has looked at them


@case("MODEL-001", "a random walk beside a model of accounts and sessions",
      *ID_RAW, seconds=300)
def normal(scene):
    walk(scene, int(os.environ.get("GH_MODEL_SEED", "1")))


for number in range(2, WALKS + 2):
    case("MODEL-002", f"the same with seed {number}", *ID_RAW, seconds=600,
         long=True)(partial(lambda seed, scene: walk(scene, seed), number))
