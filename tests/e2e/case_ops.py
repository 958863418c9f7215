# SPDX-License-Identifier: Apache-2.0
"""OPS: health and metrics, on an entry of kind operations and nowhere else."""

import json
import re
from pathlib import Path

from harness.check import equal, true, wait_until
from harness.facade import through
from harness.fcgi import FcgiPeer, REQ, base
from harness.runner import ID_RAW, case
from harness.visitor import LOGIN, WRONG, Visitor

HOST = "127.0.0.1:9100"
LIVE, READY = "/auth/health/live", "/auth/health/ready"
METRICS = "/auth/metrics"
LINE = re.compile(
    r"(# (HELP|TYPE) gatehouse_[a-z_]+ .+"
    r"|gatehouse_[a-z_]+(\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\})?"
    r" -?[0-9]+(\.[0-9]{3})?)")
MANUAL = Path(__file__).parents[2] / "deploy/man/gatehouse.8"
ENDED = 'gatehouse_authn_total{method="password",result="%s"}'


def open_house(scene):
    """A gateway with an entry for machines beside its public one."""
    gateway = scene.world.make("house")
    socket = gateway.socket.replace("public.sock", "house.sock")
    # Opened first: the suite waits for the public one.
    gateway.sections = {"entry house": {
        "kind": "operations", "socket": socket, "mode": "0660",
        "group": "www-data", "origins": f"http://{HOST}"},
        **gateway.sections}
    return gateway, socket


def ask(socket, path, method="GET", **more):
    """One request without TLS, as a collector of metrics makes it."""
    pairs = {"HTTPS": None, "HTTP_HOST": HOST, **more}
    with FcgiPeer(socket) as peer:
        peer.send(REQ(base(path, method, **pairs)))
        return peer.read(method)


def number(socket, line):
    """The value of one line of the metrics."""
    text = ask(socket, METRICS).body.decode()
    found = re.search(f"^{re.escape(line)} ([0-9]+)$", text, re.MULTILINE)
    return int(found.group(1)) if found else 0


@case("OPS-001", "health and metrics have an entry of their own", *ID_RAW)
def own_entry(scene):
    gateway, socket = open_house(scene)
    with gateway:
        equal("alive", ask(socket, LIVE).status, 200)
        wait_until("ready", lambda: ask(socket, READY).status == 200)
        for path in ("/public/x", "/app/x", LOGIN, "/auth/logout", "/auth/",
                     "/auth/session", "/auth/static/style.css", "/metrics",
                     "/auth/metrics/"):
            equal(path, ask(socket, path).status, 404)
        for path in (LIVE, READY, METRICS):
            equal(f"POST {path}", ask(socket, path, "POST").status, 405)
            equal(f"public {path}", ask(gateway.socket, path, HTTPS="on",
                  HTTP_HOST="localhost:8443").status, 404)
        equal("another host", ask(socket, LIVE,
                                  HTTP_HOST="localhost:8443").status, 421)
        scene.none_arrived()


@case("OPS-002", "ready says no while PostgreSQL is away", *ID_RAW)
def ready(scene):
    scene.is_faulty = True
    cluster = scene.world.cluster
    gateway, socket = open_house(scene)
    with gateway:
        wait_until("ready", lambda: ask(socket, READY).status == 200)
        cluster.stop()
        wait_until("not ready", lambda: ask(socket, READY).status == 503)
        equal("what it says", json.loads(ask(socket, READY).body),
              {"ready": False, "database": "down"})
        equal("none is up", number(socket, "gatehouse_db_connections_up"), 0)
        equal("alive all the same", ask(socket, LIVE).status, 200)
        cluster.start()
        wait_until("ready again",
                   lambda: ask(socket, READY).status == 200, 15)
        true("some are up", number(socket, "gatehouse_db_connections_up") > 0)


@case("OPS-003", "metrics tell what happened, and of nobody", *ID_RAW)
def metrics(scene):
    permitted = 'gatehouse_decisions_total{decision="permit"}'
    away = 'gatehouse_decisions_total{decision="sign_in"}'
    gateway, socket = open_house(scene)
    gateway.sections["database"]["maintain"] = "15m"
    with gateway:
        wait_until("ready", lambda: ask(socket, READY).status == 200)
        wait_until("all is known", lambda: b"\ngatehouse_guards_off 0\n" in
                   ask(socket, METRICS).body, 10)
        visitor = Visitor(through(scene, gateway))
        before = number(socket, permitted), number(socket, away)
        for _ in range(3):
            equal("public", visitor.get("/public/secret-path").status, 200)
        equal("stranger", visitor.get("/app/x").status, 303)
        scene.fresh()
        # Each look at the metrics is a permitted request as well.
        equal("permitted", number(socket, permitted) - before[0], 5)
        equal("sent to sign in", number(socket, away) - before[1], 1)
        answer = ask(socket, METRICS)
        equal("type", answer.one("Content-Type"),
              "text/plain; version=0.0.4; charset=utf-8")
        text = answer.body.decode()
        for line in text.splitlines():
            true("a line of the format", LINE.fullmatch(line), line)
        true("no path", "secret-path" not in text)
        named = set(re.findall(r"^# TYPE (gatehouse_[a-z_]+) ", text,
                               re.MULTILINE))
        # Nothing is known of places here; a unit test has that one.
        equal("the manual has each of them", named, set(re.findall(
            r"^\.It Ic (gatehouse_[a-z_]+)", MANUAL.read_text(),
            re.MULTILINE)) - {"gatehouse_places_timestamp_seconds"})
        true("no lost records", "gatehouse_audit_dropped_total 0\n" in text)


@case("OPS-004", "metrics count sign-ins, and know what the upkeep found",
      *ID_RAW)
def counted(scene):
    """Without asking the database for it: another gateway's session is known
    after the next upkeep."""
    gateway, socket = open_house(scene)
    gateway.sections["database"]["maintain"] = "100ms"
    with gateway:
        wait_until("ready", lambda: ask(socket, READY).status == 200)
        visitor = Visitor(through(scene, gateway))
        visitor.fail("alice", WRONG)
        scene.tell("authn_login_fail")
        forged = visitor.post(LOGIN, [("username", "alice"),
                                      ("password", WRONG), ("csrf", "x")])
        equal("a form that is not ours", forged.status, 403)
        scene.tell("malicious_csrf")
        for how, want in (("success", 0), ("failure", 1), ("refused", 1),
                          ("limited", 0), ("busy", 0)):
            equal(how, number(socket, ENDED % how), want)
        equal("sign-in elsewhere", Visitor(scene).sign_in("bob").status, 303)
        wait_until("it is known", lambda: number(
            socket, "gatehouse_sessions_active") == 1, 10)
        equal("not signed in here", number(socket, ENDED % "success"), 0)
        equal("all guards are on", number(socket, "gatehouse_guards_off"), 0)
        true("statements were counted",
             number(socket, "gatehouse_db_query_seconds_count") > 0)
        equal("nobody is checked", number(socket, "gatehouse_pwhash_queue"), 0)
