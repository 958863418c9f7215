# SPDX-License-Identifier: Apache-2.0
"""AUTHZ: the FastCGI role of an authorizer, on the wire and through a lighttpd
that carries the traffic itself (deploy/lighttpd/verdict.conf, ask.conf). What
nginx's way has too is case_verdict, which runs through lighttpd as well."""

import contextlib
import os
import signal
import socket
import threading

from case_verdict import ROW, RULES, FAMILIES, member
from harness.check import among, equal, true, wait_until
from harness.fcgi import (ABORT, AUTHORIZER, BEGIN, CANT_MPX, COMPLETE, END,
                          PARAMS, RESPONDER, STDOUT, UNKNOWN_ROLE, FcgiPeer,
                          base, begin, params, rec, stream)
from harness.fcgiapp import FcgiApplication
from harness.fronts import Front, WebServers
from harness.guard import IDENTITY
from harness.process import free_port
from harness.runner import ID_RAW, LIGHTTPD_ASKS, case
from harness.signs import permitted
from harness.visitor import NAVIGATION, Visitor

NAVIGATES = {"HTTP_SEC_FETCH_MODE": "navigate", "HTTP_ACCEPT": "text/html"}
SCRIPT = {"HTTP_ACCEPT": "application/json"}


def question(target="/app/x", token=None, method="GET", **more):
    """The parameters that lighttpd sends: no length, no path of a script."""
    pairs = base(target, method, SCRIPT_NAME=None, **more)
    return pairs + ([("HTTP_COOKIE", f"__Host-id={token}; a=b")]
                    if token else [])


def judge(scene, pairs, role=AUTHORIZER, what=""):
    """Asks, never sending STDIN, and looks at every record: END_REQUEST comes
    behind a whole head whose first line is the status."""
    raw = pairs if isinstance(pairs, bytes) else stream(PARAMS, params(pairs))
    with FcgiPeer(scene.world.socket) as peer:
        peer.send(begin(role) + raw)
        return read_whole(scene, peer, what)


def read_whole(scene, peer, what, ident=1):
    out, record = b"", peer.record()
    while record is not None and record[0] != END:
        equal(f"{what}: record", record[:2], (STDOUT, ident))
        out += record[2]
        record = peer.record()
    true(f"{what}: ended", record is not None, out)
    true(f"{what}: Status first", out.startswith(b"Status: "), out)
    true(f"{what}: a whole head", b"\r\n\r\n" in out, out)
    peer.rest = (rec(STDOUT, ident, out) + rec(END, ident, record[2])
                 + peer.rest)
    answer = peer.read(ident=ident)
    if answer.end == (0, COMPLETE):
        scene.answers.append(answer)
    return answer


def lets_in(answer):
    """What lighttpd would make of it (FCGI_END_REQUEST with 200 or 0)."""
    return answer.status in (0, 200)


@case("AUTHZ-001", "every answer, record by record", *ID_RAW)
def every_answer(scene):
    alice = member(scene)
    scene.fresh()
    for target, token, more, want in (
            ("/app/x", alice.token, {}, 200),
            ("/app/x", alice.token, {"method": "POST"}, 200),
            ("/app/x", alice.token, {"method": "HEAD"}, 200),
            ("/public/x", None, {}, 200),
            ("/app/x", None, NAVIGATES, 303),
            ("/app/x", None, SCRIPT, 401),
            ("/app/x", "A" * 43, SCRIPT, 401),
            ("/nowhere/", None, {}, 404),
            ("/app/%61", alice.token, {}, 400),
            ("/app/a/../x", alice.token, {}, 400),
            ("/app//x", alice.token, {}, 400),
            ("/app/x;y", alice.token, {}, 400),
            ("/auth/login", None, {}, 400),
            ("/auth/static/style.css", None, {}, 400),
            ("/app/x", alice.token, {"HTTP_REMOTE_USER": "bob"}, 400),
            ("/app/x", alice.token, {"GATEHOUSE_ASK": "verdict"}, 400),
            ("/app/x", alice.token, {"HTTP_HOST": "elsewhere"}, 421),
            ("/app/x", alice.token, {"HTTPS": None}, 426),
            ("/app/x", alice.token, {"method": "TRACE"}, 405),
            ("/app/x", alice.token, {"HTTP_X": "x" * 17000}, 431),
            ("/app/x", alice.token, {"HTTP_X": "x" * 70000}, 431),
            ("/" + "x" * 5000, alice.token, {}, 414)):
        what = f"{more.get('method', 'GET')} {target[:30]} {want}"
        answer = judge(scene, question(target, token, **more), what=what)
        equal(what, (answer.status, answer.end), (want, (0, COMPLETE)))
        equal(f"{what}: told who", bool(answer.all("Variable-REMOTE_USER")),
              want == 200)
        true(f"{what}: no cookie with a yes",
             want != 200 or not answer.all("Set-Cookie"), answer.headers)
    for raw in (rec(PARAMS), rec(PARAMS, 1, b"\x7f") + rec(PARAMS)):
        equal("broken parameters", judge(scene, raw).status, 400)
    scene.none_arrived()


@case("AUTHZ-001", "the yes, and the no that is in the trail", *ID_RAW)
def yes_and_no(scene):
    alice = member(scene)
    scene.fresh()
    answer = judge(scene, question(token=alice.token))
    for name, want in (("REMOTE_USER", "alice"), ("REMOTE_NAME", "Alice"),
                       ("REMOTE_EMAIL", "alice@example.org"),
                       ("REMOTE_GROUPS", "user"), ("GATEHOUSE_LEVEL", "1"),
                       ("GATEHOUSE_COOKIES", "a=b")):
        equal(name, answer.all(f"Variable-{name}"), [want])
    true("never among the client's fields", not [
        name for name, _ in answer.headers
        if name.lower().startswith("variable-http")], answer.headers)
    equal("body", answer.body, b"")
    answer = judge(scene, question("/admin/x", alice.token, **SCRIPT))
    equal("denied", answer.status, 403)
    scene.tell("authz_fail")
    scene.none_arrived()


@case("AUTHZ-002", "no end without an answer", *ID_RAW)
def no_bare_end(scene):
    """Other roles and second requests are told no in words; what is taken
    back or breaks off just ends."""
    for role in (0, 3, 4, 65535):
        answer = judge(scene, question(), role, f"role {role}")
        equal("end", answer.end, (0, UNKNOWN_ROLE))
        true("closed", not lets_in(answer), answer.status)
    for first in (RESPONDER, AUTHORIZER):
        with FcgiPeer(scene.world.socket) as peer:
            peer.send(begin(first, keep=1) + begin(AUTHORIZER, 1, 2))
            answer = read_whole(scene, peer, "second", 2)
            equal("second", (answer.status, answer.end),
                  (503, (0, CANT_MPX)))
    whole = stream(PARAMS, params(question("/nowhere/")))
    for raw in (rec(ABORT), rec(PARAMS, 1, b"x") + rec(ABORT),
                rec(BEGIN, 1, b"\0\2" + b"\0" * 6), rec(BEGIN, 1, b"\0\2"),
                rec(PARAMS, 1, b"x", version=2), whole + rec(ABORT)):
        with FcgiPeer(scene.world.socket) as peer:
            peer.send(begin(AUTHORIZER, keep=1) + raw)
            equal(f"{raw[:12]!r}", peer.record(), None)
    with FcgiPeer(scene.world.socket) as peer:
        peer.send(begin(AUTHORIZER) + rec(PARAMS, 1, b"x"))
        peer.sock.shutdown(socket.SHUT_WR)
        equal("half a question", peer.record(), None)


@case("AUTHZ-002", "without a database, and while it stops", *ID_RAW)
def faults(scene):
    alice = member(scene)
    scene.fresh()
    scene.is_faulty = True
    scene.optional.add("session_logout")
    scene.world.cluster.stop(signal.SIGINT)
    try:
        for more in (NAVIGATES, SCRIPT):
            answer = judge(scene, question(token=alice.token, **more))
            equal("no database", answer.status, 503)
    finally:
        scene.world.cluster.restart()
    with scene.world.make("stops") as gateway:
        with FcgiPeer(gateway.socket) as idle, \
                FcgiPeer(gateway.socket) as half:
            half.send(begin(AUTHORIZER) + rec(PARAMS, 1, b"x"))
            idle.send(rec(9, 0))
            true("it runs", idle.record() is not None)
            gateway.process.send_signal(signal.SIGTERM)
            equal("idle", idle.record(), None)
            equal("half a question", half.record(), None)
    scene.none_arrived()


@case("AUTHZ-003", "a client's fields do not become identity", *LIGHTTPD_ASKS)
def spoofs(scene):
    """lighttpd makes HTTP_REMOTE_USER of Remote.User and hands on whatever it
    has no order to drop: so Gatehouse refuses."""
    alice = member(scene)
    text = RULES.read_text(encoding="ascii")
    rows = ROW.findall(text.partition("request_names[]")[2]
                       .partition("};")[0])
    names = [name for name, rule in rows if rule != "CREDENTIAL"]
    true("the list was found", len(names) > 100, len(names))
    marks = "-_.~!"
    sent = [(name, mark) for name in IDENTITY for mark in marks]
    sent += [(name, marks[i % len(marks)])
             for i, name in enumerate([*names, *FAMILIES])]
    for name, mark in sent:
        line = name.title().replace("-", mark) + ": Mallory"
        scene.fresh()
        answer = alice.get("/app/x", line)
        among(line, answer.status, (200, 400))
        if answer.status == 400:
            scene.none_arrived(line)
            continue
        request = scene.one_arrived("app", line)
        equal(line, [pair for pair in request.headers
                     if pair[1] == "Mallory"], [])
        equal(line, request.all("Remote-User"), ["alice"])
    scene.fresh()
    equal("what is dropped is no reason to refuse", alice.get(
        "/app/x", "Remote-User: bob", "X-Forwarded-For: 10.0.0.1",
        "Authorization: Basic Ym9iOng=", "X-Request-Id: 1").status, 200)
    request = scene.one_arrived("app")
    equal("Authorization", request.all("Authorization"), [])


@case("AUTHZ-004", "an application that speaks FastCGI", *LIGHTTPD_ASKS)
def fastcgi(scene):
    alice, body = member(scene), os.urandom(200000)
    nobody = Visitor(scene)
    target = "/asked/fastcgi/x"
    path = f"{scene.world.folder}/web/fastcgi.app"
    with FcgiApplication(path) as application:
        equal("nobody", nobody.get(target).status, 303)
        equal("another spelling", alice.get(
            target, "Remote.User: bob").status, 400)
        equal("nothing came", application.requests, [])
        equal("alice", alice.ask(target, *NAVIGATION, "Remote-User: bob",
                                 method="POST", body=body).status, 200)
        (pairs, came), = application.requests
    for name, want in (("REMOTE_USER", "alice"), ("HTTP_REMOTE_USER", "alice"),
                       ("REMOTE_GROUPS", "user"), ("REMOTE_NAME", "Alice"),
                       ("GATEHOUSE_LEVEL", "1"), ("REQUEST_URI", target)):
        equal(name, [v for n, v in pairs if n == name], [want])
    equal("cookies of ours", [pair for pair in pairs
                              if "__Host-" in pair[1]], [])
    true("the body is whole", came == body, len(came))
    os.unlink(path)
    scene.none_arrived()


@case("AUTHZ-005", "an application cannot set a cookie of ours",
      *LIGHTTPD_ASKS)
def planted(scene):
    alice = member(scene)
    lines = ("__Host-id=x; Path=/; Secure", " __Host-Pre=x", "a=1; Path=/",
             "__HOST-DEVICE=", "=__Host-keep=x", "b=__Host-id")
    scene.app("app").script = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
        + b"".join(b"Set-Cookie: " + line.encode() + b"\r\n"
                   for line in lines) + b"\r\nok\n")
    equal("what comes through", alice.get("/app/x").all("Set-Cookie"),
          ["a=1; Path=/", "b=__Host-id"])
    scene.app("app").script = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
        b"Set-Cookie: __Host-id=x\r\n\r\nok\n")
    equal("nothing", alice.get("/app/x").all("Set-Cookie"), [])
    scene.app("app").calm()
    permitted(scene, alice, "/app/x", "app", "alice")


@contextlib.contextmanager
def asking(world, path):
    """A lighttpd that asks at another socket."""
    folder = f"{world.folder}/asking"
    os.mkdir(folder, 0o755)
    ports = [free_port() for _ in world.fronts]
    servers = WebServers(folder, path, ports, world.carried())
    try:
        servers.start()
        yield folder, Front("asking", ports[-1], "lighttpd")
    finally:
        servers.stop()


def hang_up(listener):
    """A gateway that takes connections and drops them."""
    while True:
        try:
            listener.accept()[0].close()
        except OSError:
            return


def fill(path):
    """Connections until no more can wait."""
    while True:
        one = socket.socket(socket.AF_UNIX)
        one.setblocking(False)
        try:
            one.connect(path)
        except BlockingIOError:
            one.close()
            return
        yield one


@case("AUTHZ-006", "a gateway that drops, is full, or is gone: closed",
      *LIGHTTPD_ASKS)
def closed(scene):
    world, usual = scene.world, scene.front
    path = f"{world.folder}/other.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(0)
    with asking(world, path) as (folder, front):
        scene.front = front
        visitor = Visitor(scene)
        threading.Thread(target=hang_up, args=(listener,),
                         daemon=True).start()
        for method in ("GET", "POST"):
            equal("dropped", visitor.ask("/public/x", method=method,
                                         body=b"x").status, 500)
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        os.unlink(path)
        equal("gone", visitor.get("/public/x").status, 503)
        with socket.socket(socket.AF_UNIX) as full:
            full.bind(path)
            os.chmod(path, 0o666)
            full.listen(0)
            waiting = list(fill(path))
            equal("full", visitor.get("/public/x").status, 503)
        for one in waiting:
            one.close()
        os.unlink(path)
        os.symlink(world.socket, path)
        # Not one of its ports: refused, but by the gateway itself.
        wait_until("the gateway again",
                   lambda: visitor.get("/public/x").status == 421, 15)
        os.unlink(f"{folder}/gatehouse-lighttpd/ask.lua")
        wait_until("closed without ask.lua",
                   lambda: visitor.get("/public/x").status == 500, 15)
    scene.front = usual
    scene.none_arrived()
