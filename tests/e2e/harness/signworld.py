# SPDX-License-Identifier: Apache-2.0
"""The world of signing in: a gateway with a database, accounts and a key
ring, all of the suite's own, and applications that only accounts may see.

What must hold after every case that is played here, besides guard's: G4 the
audit trail grew by exactly the events that the case tells of, without a gap;
G5 no secret stands anywhere; G8 somebody can still sign in and out.
"""

import grp
import json
import os
import pwd
from collections import Counter

from .backend import Application
from .check import Failed, equal, true, wait_until
from .cluster import Cluster
from .guard import Person
from .keyring import KeyRing
from .policy import Policy, await_loaded
from .visitor import Visitor
from .world import OwnWorld

PASSWORDS = {
    "alice": "correct-horse-battery-9", "bob": "bobs-own-long-phrase-3",
    "carol": "carol-likes-blue-trees", "dave": "dave-was-here-before-1",
    "erin": "erin-keeps-a-long-key-2",
    "zed": "z" * 72 + "-tail-80", "max": "\U0001f98a" * 256,
    "fi": "\ufb01nancial-report-1",
}
ROLES = {"bob": ("admin",), "carol": ("hr",)}    # besides user
PEOPLE = {name: Person(name.title(), f"{name}@example.org", "user")
          for name in PASSWORDS}
PEOPLE["zed"] = Person("Zed \u00dcn\u00efq", "z\u00ebd@example.org", "user")
PEOPLE["bob"].groups = "admin,user"
PEOPLE["carol"].groups = "user,hr"
# Which role reaches which application; rules is for cases to give.
REACH = {"public": "anonymous", "app": "user", "admin": "admin",
         "closed": "authenticated", "rules": None, "asked": "user"}
CARRIED = ("asked",)      # where the web server carries, and only there
SETTINGS = {
    "password": {"memory": "19M", "passes": 2, "threads": 2, "queue": 64,
                 "fail_delay": "0s", "fail_jitter": "0s"},
    # What a case changes in the database counts for its next request; what is
    # remembered has cases of its own (case_fresh).
    "session": {"idle": "30m", "absolute": "12h", "per_account": 100,
                "freshness": "0s"},
}
RESET = """
begin;
set local session_replication_role = replica;
delete from gatehouse_data.session_data;
delete from gatehouse_data.session_data_origin;
delete from gatehouse_data.account_data;
delete from gatehouse_data.session;
delete from gatehouse_data.throttle;
delete from gatehouse_data.event_repeat;
commit;
"""
REPEATS = 20    # of one denial by one network are written, each minute
SEQUENCE = ("select last_value from gatehouse_audit.event_event_id_seq")


class SignWorld(OwnWorld):
    """One more world; its fronts are id, id-nginx and id-lighttpd."""

    def __init__(self, binary, kind="id"):
        self.cluster = Cluster()
        self.policy = Policy(self.cluster)
        self.ring = KeyRing()
        self.ids = {}
        self.mark = 0
        super().__init__(binary, kind)
        self.protected = set(REACH) - {"public"}
        self.people = PEOPLE
        self.passwords = PASSWORDS
        self.constant = (list(PASSWORDS.values()) + self.ring.texts()
                         + [self.cluster.password])

    def make_apps(self):
        return {name: Application(name, f"{self.folder}/{name}.app")
                for name in REACH}

    def carried(self):
        return {name: f"{self.folder}/{name}.app" for name in self.apps}

    def settings(self):
        """Where there is a database, applications are in it."""
        return {}

    def make_policy(self):
        """Who reaches what, as REACH says."""
        for role in ("user", "hr"):
            self.policy.role(role)
        for name, role in REACH.items():
            if name in CARRIED:
                self.policy.application(name, f"/{name}/", carrying="verdict")
            else:
                self.policy.application(name, f"/{name}/",
                                        self.apps[name].url)
            self.policy.permission(name, "all")
            if role:
                self.policy.allow(role, name, "all")

    def make(self, name, ports=(), **changes):
        gateway = super().make(name, ports, **changes)
        keys = f"{self.folder}/{name}.keys"
        self.ring.write(keys, pwd.getpwnam("www-data").pw_uid,
                        grp.getgrnam("www-data").gr_gid)
        gateway.sections["database"] = {"dsn": self.cluster.dsn,
                                        "connections": 4, "maintain": "0s"}
        gateway.sections["keys"] = {"file": keys}
        for section, settings in SETTINGS.items():
            gateway.sections[section] = dict(settings)
        return gateway

    def start(self):
        self.cluster.make()
        self.make_policy()
        for name, password in PASSWORDS.items():
            self.add_account(name, password)
            self.give_roles(name, "user", *ROLES.get(name, ()))
        admin = self.cluster.admin
        admin("select gatehouse.account_disable('dave', 'left', 'suite')")
        admin("select gatehouse.account_lock('erin', 'asked', 'suite')")
        self.policy.keep()
        os.chmod(self.gateway.config.rpartition("/")[0], 0o777)
        return super().start()

    def stop(self):
        super().stop()
        self.cluster.remove()

    def add_account(self, name, password):
        who = PEOPLE.get(name, Person(name, ""))
        text = self.cluster.admin(
            f"select gatehouse.account_add('{name}', '{who.shown}', "
            f"'{who.mail}', 'suite')")
        self.ids[name] = int(text)
        self.set_password(name, password)

    def give_roles(self, name, *roles):
        for role in roles:
            self.policy.grant(role, name)

    def set_password(self, name, password, **cost):
        phc, kid, mac = self.ring.credential(self.ids[name], password, **cost)
        self.cluster.admin(
            f"select gatehouse.account_password('{name}', '{phc}', '{kid}', "
            f"'\\x{mac.hex()}', 'suite')")

    def age_password(self, name):
        """As if it had been there for a year more."""
        self.cluster.do(
            "alter table gatehouse_data.credential_version disable trigger "
            "credential_version_append_only; update "
            "gatehouse_data.credential_version set at = at - interval "
            f"'1 year' where account_id = {self.ids[name]}; alter table "
            "gatehouse_data.credential_version enable always trigger "
            "credential_version_append_only")

    def begin(self):
        late = super().begin()
        self.cluster.restart()
        self.cluster.do(RESET)
        self.policy.begin()
        self.mark = self.cluster.one(SEQUENCE)
        for log in (self.gateway.log, self.cluster.log):
            log.news()
        return late

    def events(self, fields="*"):
        """The events of this case, oldest first."""
        return self.cluster.rows(
            f"select {fields} from gatehouse_audit.event "
            f"where event_id > {self.mark} order by event_id")

    def sessions(self, account):
        """Live sessions of an account, as administrators see them."""
        return self.cluster.one(
            "select count(*) from gatehouse_data.session s "
            f"where s.account_id = {self.ids[account]} "
            "and s.ended_at is null")

    def check(self, scene):
        """G4, G5 and G8."""
        last = self.cluster.one(SEQUENCE)
        rows = self.events()
        counted = Counter(row["event"] for row in rows)
        scene.tell(*self.policy.events())
        scene.events["authz_fail"] = min(REPEATS, scene.events["authz_fail"])
        scene.events += Counter()
        equal("G4 events", *({name: count for name, count in both.items()
                              if name not in scene.optional}
                             for both in (counted, scene.events)))
        if not scene.is_faulty:
            # One that tells of something later may be under way.
            try:
                wait_until("G4 event numbers have no gap",
                           lambda: not self.gaps(last))
            except Failed as failed:
                errors = [line for line in self.cluster.log.news().decode(
                    "latin-1").splitlines() if "ERROR:" in line]
                raise Failed(f"{failed}: {self.gaps(last)[:5]}, {errors[:5]}")
        self.check_secrets(scene, rows)
        if self.policy.restore() and not scene.is_faulty:
            await_loaded(self.gateway, self.policy.version)
        if scene.is_followed:
            self.check_following(scene)

    def gaps(self, last):
        """Numbers of events that are missing, up to that one."""
        return sorted(set(range(self.mark + 1, last + 1))
                      - {row["event_id"] for row in self.events("event_id")})

    def check_secrets(self, scene, rows):
        """G5. The name that was typed may be somebody's password: it is in
        no log either."""
        asked = self.cluster.log.news().decode("latin-1")
        places = [("gateway's log", scene.said), ("database's log", asked),
                  ("audit trail", json.dumps(rows, ensure_ascii=False))]
        for secret in set(self.constant) | scene.secrets:
            for place, text in places:
                if secret in text:
                    raise Failed(f"G5 {secret[:60]!r} in the {place}: "
                                 + around(text, secret))
        for answer in scene.answers:
            text = (answer.head + answer.body).decode("latin-1")
            for secret in set(self.constant) | scene.passwords:
                true("G5 a secret in an answer", secret not in text, secret)

    def is_connected(self):
        """Every connection of the gateway's two loops is there again, and the
        one that listens."""
        return self.cluster.one(
            "select count(*) from pg_stat_activity where backend_type = "
            "'client backend' and state = 'idle' and application_name like "
            "'gatehouse/%'") >= 9

    def check_following(self, scene):
        """G8, with counters forgotten; it leaves the trail as it was for the
        case after it. A connection that was lost comes back in seconds."""
        if scene.is_faulty:
            wait_until("every loop has its database", self.is_connected, 15)
        self.cluster.do("delete from gatehouse_data.throttle")
        after = Visitor(scene)
        answer = after.sign_in("alice")
        equal("G8 signing in", answer.status, 303)
        equal("G8 GET /app/", after.get("/app/").status, 200)
        equal("G8 signing out", after.sign_out().status, 303)
        scene.world.arrived()


def around(text, word):
    at = text.find(word)
    return text[max(0, at - 150):at + 40]
