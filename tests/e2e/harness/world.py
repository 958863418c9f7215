# SPDX-License-Identifier: Apache-2.0
"""The two worlds a case can run in.

The demonstration world is running already; demo.env says where. The own
world is a second gateway with scripted applications and web servers of its
own, started when the first case needs it. Both give the same interface:
fronts, the raw socket, what arrived at applications, the gateway process.
"""

import configparser
import json
import os
import pathlib
import shutil
import tempfile
from urllib.parse import urlsplit

from .backend import Application, Arrived
from .fronts import Front, WebServers
from .gateway import OwnGateway
from .guard import Person
from .process import LogWatch, free_port, is_alive


ACCOUNTS = (pathlib.Path(__file__).resolve().parents[3]
            / "deploy/demo/accounts")

SERVERS = {"verdict": "nginx", "authorizer": "lighttpd"}   # that ask


def read_env(path):
    """KEY=VALUE lines; a value may be quoted."""
    values = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            key, mark, value = line.strip().partition("=")
            if mark and not key.startswith("#"):
                values[key.removeprefix("export ")] = value.strip("'\"")
    return values


def read_ini(path):
    reader = configparser.ConfigParser(
        interpolation=None, strict=False, inline_comment_prefixes=(";",))
    reader.read(path, encoding="utf-8")
    return reader


def read_accounts():
    """Who is who in the demonstration, and their passwords."""
    people, passwords = {}, {}
    for line in ACCOUNTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, shown, password, roles, _ = (
                word.strip() for word in line.split("|"))
            # admin is older than the roles that the demonstration makes.
            groups = sorted(roles.split(", "), key=lambda role:
                            ("admin", "user", "hr").index(role))
            people[name] = Person(shown, f"{name}@example.org",
                                  ",".join(groups))
            passwords[name] = password
    return people, passwords


class BackendLog:
    """What the demonstration applications received, one JSON line each."""

    def __init__(self, path):
        self.watch = LogWatch(path)
        self.rest = b""

    def news(self):
        """Requests whose line came since the last call."""
        lines = (self.rest + self.watch.news()).split(b"\n")
        self.rest = lines.pop()
        return [self.parse(line) for line in lines if line]

    @staticmethod
    def parse(line):
        entry = json.loads(line)
        return Arrived(entry["application"], entry["method"],
                       entry["target"], [tuple(h) for h in entry["headers"]],
                       entry["body_length"], entry["body_sha256"])


class DemoGateway:
    """The running gateway; without GATEWAY_LOG its log is what its stderr is
    connected to."""

    def __init__(self, pid, log):
        self.pid = pid
        self.log = LogWatch(log or os.path.realpath(f"/proc/{pid}/fd/2"))

    def obituary(self):
        """How it ended, unless it runs."""
        if is_alive(self.pid):
            return ""
        return "the demonstration's gateway ended; " + self.log.last_words()


class DemoWorld:
    """The world that deploy/demo/run started."""

    hsts = ""      # it would reach every other server on localhost

    def __init__(self, env):
        self.env = env
        self.people, self.passwords = read_accounts()
        self.gateway = DemoGateway(int(env["GATEWAY_PID"]),
                                   env.get("GATEWAY_LOG"))
        self.socket = env["FCGI_SOCKET"]
        self.fronts = {}
        for name in ("nginx", "lighttpd"):
            url = urlsplit(env[name.upper() + "_URL"])
            self.fronts[name] = Front(name, url.port or 443, name,
                                      host=url.hostname)
        self.log = BackendLog(env["BACKEND_LOG"])
        self.protected = {"app", "admin", "hr", "api", "console"}
        self.arrivals = []

    def begin(self):
        """Starts a case; returns what came too late for the one before."""
        late = self.log.news()
        self.arrivals = []
        return late

    def arrived(self):
        self.arrivals += self.log.news()
        return self.arrivals

    def check(self, scene):
        """Nothing but guard's invariants."""

    def dead(self):
        """How gateways of this case ended that were to live."""
        return [text for text in [self.gateway.obituary()] if text]

    @staticmethod
    def unfinished():
        """Requests that began to arrive; the log tells of whole ones only."""
        return 0

    def stop(self):
        """It is not ours to stop."""


class OwnWorld:
    """A gateway with scripted applications and its own web servers.

    `own` has short deadlines, so that cases of silence are quick; `calm` has
    the defaults and room for many requests at once, for cases of load.
    """

    hsts = "max-age=63072000; includeSubDomains"
    people = {}

    def __init__(self, binary, kind="own"):
        self.binary = binary
        self.is_calm = kind == "calm"
        self.folder = tempfile.mkdtemp(prefix=f"gh-{kind}-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.apps = self.make_apps()
        sockets = self.carried()
        names = (f"{kind}-nginx", "lax-nginx", f"{kind}-lighttpd")
        names += (f"{kind}-verdict", f"{kind}-authorizer") if sockets else ()
        ports = [free_port() for _ in names]
        self.fronts = {
            name: Front(name, port, SERVERS.get(name.partition("-")[2],
                                                name.partition("-")[2]))
            for name, port in zip(names, ports)}
        self.protected = {"closed"}
        self.judged = set()        # requests that the invariants have seen
        self.made = []             # further gateways of this case
        self.gateway = self.make("gateway")
        self.made.clear()
        self.socket = self.gateway.socket
        os.mkdir(f"{self.folder}/web", 0o755)
        self.servers = WebServers(f"{self.folder}/web", self.socket, ports,
                                  sockets)

    def make_apps(self):
        apps = {name: Application(name, f"{self.folder}/{name}.app")
                for name in ("public", "few", "keeps", "closed")}
        return {**apps, "tcp": Application("tcp")}

    def carried(self):
        """Sockets of applications, by name, that a web server of this world
        carries itself, asking the gateway first."""
        return {}

    def settings(self):
        """The applications of every gateway of this world."""
        kept = {"encoded_slash": "keep", "semicolon": "keep",
                "empty_segments": "keep", "authorization": "pass"}
        found = {name: {"path": f"/{name}/", "backend": app.url}
                 for name, app in self.apps.items()}
        found["few"].update({"connections": 1000} if self.is_calm
                            else {"connections": 2, "keep": 1})
        found["keeps"].update(kept)
        found["closed"]["access"] = "account"
        found["refused"] = {"path": "/refused/",
                            "backend": f"http://127.0.0.1:{free_port()}"}
        found["gone"] = {"path": "/gone/",
                         "backend": f"http://unix:{self.folder}/gone.app"}
        return found

    def make(self, name, ports=(), **changes):
        """One more gateway of this world, not yet started. `ports` are
        those of web servers of its own."""
        origins = ["https://localhost:8443"]
        origins += [front.origin for front in self.fronts.values()]
        origins += [f"https://localhost:{port}" for port in ports]
        made = OwnGateway(self.binary, f"{self.folder}/{name}", origins,
                          self.settings(), is_patient=self.is_calm,
                          **changes)
        self.made.append(made)
        return made

    def start(self):
        self.gateway.start()
        self.servers.start()
        return self

    def begin(self):
        """Starts a case; returns what came too late for the one before."""
        judged = self.judged
        late = [request for app in self.apps.values()
                for request in app.requests if id(request) not in judged]
        for app in self.apps.values():
            app.calm()
        self.judged = set()
        self.made.clear()
        return late

    def arrived(self):
        found = []
        for app in self.apps.values():
            with app.lock:
                found += app.requests
        found.sort(key=lambda request: request.number)
        self.judged = {id(request) for request in found}
        return found

    def check(self, scene):
        """Nothing but guard's invariants."""

    def dead(self):
        """How gateways of this case ended that were to live."""
        found = [one.obituary() for one in [self.gateway, *self.made]]
        return [text for text in found if text]

    def unfinished(self):
        """Requests that began to arrive and are not yet whole."""
        return sum(max(0, app.began - len(app.requests))
                   for app in self.apps.values())

    def stop(self):
        self.servers.stop()
        self.gateway.stop()
        for app in self.apps.values():
            app.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
