# SPDX-License-Identifier: Apache-2.0
"""VERDICT: nginx or lighttpd carries the traffic itself and asks Gatehouse
about each request (deploy/nginx and deploy/lighttpd: verdict.conf, ask.conf).
What only lighttpd's way has is case_authorizer."""

import base64
import hashlib
import os
import pathlib
import re
import signal

from harness.ask import http
from harness.check import equal, true, wait_until
from harness.fcgi import REQ, FcgiPeer, base
from harness.fronts import Front, WebServers
from harness.guard import IDENTITY
from harness.http1 import HttpPeer
from harness.process import free_port
from harness.runner import ID, ID_RAW, NGINX_ASKS, VERDICT, case
from harness.signs import denied, permitted, unauth
from harness.visitor import LOGIN, Visitor

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
RULES = pathlib.Path(__file__).resolve().parents[2] / "lib/web/rule.c"
# Names that the gateway drops when it forwards, and members of the families
# that it drops by their beginning.
ROW = re.compile(
    r'ROW\("([a-z0-9-]+)", (IDENTITY|FORWARDED|REWRITE|COMMAND|CREDENTIAL)\)')
FAMILIES = IDENTITY + (
    "X-Remote-User", "X-Remote-Groups", "X-Auth-Request-User",
    "X-Auth-Request-Groups", "X-Gatehouse-Cookies", "X-Webauth-User",
    "Gatehouse-Ask", "X-Authentik-Username", "Tailscale-User-Login")
SCRUBBED = ("X-Real-Ip", "X-Forwarded-Port", "X-Forwarded-For",
            "X-Rewrite-Url", "X-Http-Method-Override")
CLAIMS = ("IDENTITY", "COMMAND")
KEPT = IDENTITY + ("X-Gatehouse-Cookies", "Gatehouse-Ask")   # by nginx


def member(scene, name="alice"):
    visitor = Visitor(scene)
    equal(f"{name} signs in", visitor.sign_in(name).status, 303)
    return visitor


@case("VERDICT-001", "every answer, as a web server shows it", *VERDICT)
def answers(scene):
    nobody, alice, bob = Visitor(scene), member(scene), member(scene, "bob")
    unauth(scene, nobody)
    equal("public", nobody.get("/public/x").status, 200)
    request = scene.one_arrived("public")
    for name in IDENTITY:
        equal(f"{name} of nobody", request.all(name), [])
    permitted(scene, alice, "/app/x?y=%2e%2e", "app", "alice")
    permitted(scene, alice, "/asked/x", "asked", "alice")
    denied(scene, alice, "/admin/x", "admin", "alice")
    permitted(scene, bob, "/admin/x", "admin", "bob")
    equal("signed out", alice.sign_out().status, 303)
    scene.fresh()
    equal("afterwards", alice.get("/app/x").status, 303)
    scene.none_arrived()


@case("VERDICT-001", "every answer, as Gatehouse gives it", *ID_RAW)
def bare(scene):
    """200 with who asks, 401, 403; no body, and nothing at applications."""
    alice = member(scene)
    scene.fresh()

    def ask(target, cookie=None, method="GET", **more):
        pairs = base(target, method, **{"GATEHOUSE_ASK": "verdict", **more})
        if cookie:
            pairs.append(("HTTP_COOKIE", f"__Host-id={cookie}; a=b"))
        with FcgiPeer(scene.world.socket) as peer:
            peer.send(REQ(pairs))
            return peer.read(method)
    for target, cookie, want in (
            ("/app/x", None, 401), ("/app/x", alice.token, 200),
            ("/public/x", None, 200), ("/admin/x", alice.token, 403),
            ("/nowhere/", None, 403), ("/app/%61", alice.token, 403),
            ("/app/a/../x", alice.token, 403), ("/app/x;y", None, 403),
            (LOGIN, None, 403), ("/app/x", "A" * 43, 401)):
        answer = ask(target, cookie)
        equal(f"{target}: status", answer.status, want)
        equal(f"{target}: body", answer.body, b"")
        equal(f"{target}: cookies", answer.all("Set-Cookie"), [])
        who = "alice" if want == 200 and cookie else ""
        equal(f"{target}: Remote-User", answer.one("Remote-User") or "", who)
    scene.tell("authz_fail")
    answer = ask("/app/x", alice.token)
    equal("roles", answer.all("Remote-Groups"), ["user"])
    equal("cookies of others", answer.all("X-Gatehouse-Cookies"), ["a=b"])
    equal("a body that stays", ask("/app/x", alice.token, "POST",
          CONTENT_LENGTH="99").status, 200)
    equal("another question", ask("/app/x", alice.token,
                                  GATEHOUSE_ASK="perhaps").status, 400)
    scene.none_arrived()


def spoof_names():
    """Names by which only we may say who somebody is, and others that must not
    reach an application."""
    text = RULES.read_text(encoding="ascii")
    rows = ROW.findall(text.partition("request_names[]")[2].partition("};")[0])
    claims = [name for name, kind in rows if kind in CLAIMS]
    return claims + list(FAMILIES), list(SCRUBBED) + [
        name for name, kind in rows if kind not in CLAIMS]


@case("VERDICT-002", "a client's fields do not become identity", *NGINX_ASKS)
def spoofs(scene):
    """What nginx itself has no reason to drop, scrub.conf drops; under other
    spellings nginx does. lighttpd: AUTHZ-003."""
    claims, others = spoof_names()
    true("the list was found", len(claims) > 60 and len(others) > 40,
         (len(claims), len(others)))
    dashed = [name for name in claims if "-" in name] + others
    for visitor, who, application in ((member(scene), "alice", "asked"),
                                      (Visitor(scene), "", "public")):
        for names, change in (
                (others, str.title), (others, str.upper),
                (dashed, lambda name: name.replace("-", "_")),
                (dashed, lambda name: name.replace("-", "."))):
            for first in range(0, len(names), 40):
                scene.fresh()
                lines = [f"{change(name)}: Mallory"
                         for name in names[first:first + 40]]
                equal(lines[0], visitor.get(f"/{application}/x",
                                            *lines).status, 200)
                request = scene.one_arrived(application, lines[0])
                equal("came through", [
                    pair for pair in request.headers if pair[1] == "Mallory"],
                    [])
                equal("Remote-User", request.all("Remote-User"),
                      [who] if who else [])


@case("VERDICT-002", "who claims to be somebody is refused", *NGINX_ASKS)
def claims_refused(scene):
    """Under any name, also one that nginx was not told to drop; but for what
    nginx keeps to itself."""
    alice = member(scene)
    claims, _ = spoof_names()
    strange = ["Remote-Uid", "Oidc-Claim-Roles", "X-Ssl-Anything",
               "X-Authentik-Entitlements", "Gatehouse-Roles"]
    for name in claims + strange:
        scene.fresh()
        answer = alice.get("/asked/x", f"{name.title()}: Mallory")
        if answer.status == 200 and name in KEPT:
            request = scene.one_arrived("asked", name)
            equal(name, [pair for pair in request.headers
                         if pair[1] == "Mallory"], [])
            continue
        equal(name, answer.status, 400)
        scene.none_arrived(name)


@case("VERDICT-003", "cookies of ours stay, others pass", *VERDICT)
def cookies(scene):
    alice = member(scene)
    mine = "; ".join(f"{name}={value}" for name, value
                     in alice.cookies.items())
    for sent, seen in ((f"a=1; {mine}; b=2", ["a=1; b=2"]), (mine, []),
                       (f"{mine}; __Host-x=3", ["__Host-x=3"])):
        scene.fresh()
        equal(sent, alice.get("/app/x", f"Cookie: {sent}").status, 200)
        equal("at the application", scene.one_arrived("app").all("Cookie"),
              seen)
    scene.fresh()
    answer = alice.get("/app/x", f"Cookie: {mine}; __Host-id=x")
    equal("given twice", answer.status, 400)
    scene.none_arrived()


@case("VERDICT-004", "other spellings of a path are not carried", *VERDICT)
def spellings(scene):
    """The web server would send what the client sent, so it is told to carry
    only what is canonical."""
    alice = member(scene)
    for target in ("/asked/%61", "/asked/./x", "/asked/a/../x", "/asked/%7e",
                   "/asked/%c3%a9", "/x/../asked/x", "/asked/.",
                   "/asked/../admin/x", "/asked/%2e%2e/admin/",
                   "/asked//x", "/asked/x;y", "/asked/x%2fy",
                   "/asked/..%2fadmin/", "/asked/%252e%252e/admin/"):
        scene.fresh()
        answer = alice.get(target)
        true(f"{target}: refused", answer.status in (400, 403, 404),
             answer.status)
        scene.none_arrived(target)
    scene.optional.add("authz_fail")
    for target in ("/asked/%C3%A9", "/asked/~x", "/asked/a?b=%61&c=../x"):
        permitted(scene, alice, target, "asked", "alice")


@case("VERDICT-005", "nobody asks by himself", *ID, *VERDICT)
def by_himself(scene):
    alice = member(scene)
    for target in ("/auth/check", "/auth/check?x", "/auth/./check",
                   "/auth/%63heck"):
        for lines in ((), ("Gatehouse-Ask: verdict",),
                      ("X-Original-Uri: /admin/x",)):
            equal(target, alice.get(target, *lines).status, 404)
    scene.none_arrived()
    if not scene.is_carried:
        equal("what is not ours to carry", alice.get("/asked/x").status, 404)
        scene.none_arrived()


@case("VERDICT-006", "no database, no gateway: closed", *VERDICT)
def outage(scene):
    alice = member(scene)
    world = scene.world
    scene.is_faulty = True
    scene.optional.add("session_logout")
    world.cluster.stop(signal.SIGINT)
    try:
        scene.fresh()
        for ask in (alice.get, alice.fetch):
            answer = ask("/app/x")
            equal("status", answer.status, 503)
            true("Retry-After", answer.one("Retry-After"), answer.headers)
            equal("cookies", answer.all("Set-Cookie"), [])
        scene.none_arrived()
        equal("public", alice.get("/public/x").status, 200)
    finally:
        world.cluster.restart()
    scene.answers.clear()             # nginx's own page is not one of ours
    wait_until("served again",
               lambda: alice.get("/app/x").status == 200, 15)
    scene.answers.clear()
    scene.fresh()
    folder = f"{world.folder}/no-gateway-{scene.name}"
    os.mkdir(folder, 0o755)
    ports = [free_port() for _ in world.fronts]
    servers = WebServers(folder, f"{folder}/none.sock", ports,
                         world.carried())
    servers.start()
    try:
        own = dict(zip(world.fronts, ports))
        front = Front("alone", own[scene.name], scene.kind)
        with HttpPeer(front) as peer:
            peer.send(http(scene, "/app/x", *alice.cookie_line(),
                           host=front.authority))
            equal("without a gateway", peer.read().status, 503)
        scene.none_arrived()
    finally:
        servers.stop()


@case("VERDICT-007", "bodies pass", *VERDICT)
def bodies(scene):
    """The web server keeps the body while it asks."""
    alice, body = member(scene), os.urandom(300000)
    for method in ("POST", "PUT", "PATCH"):
        scene.fresh()
        equal(method, alice.ask("/app/x", method=method,
                                body=body).status, 200)
        request = scene.one_arrived("app")
        equal("method", request.method, method)
        equal("digest", request.body_sha256,
              hashlib.sha256(body).hexdigest())
    scene.fresh()
    chunks = b"6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"
    raw = http(scene, "/app/x", *alice.cookie_line(),
               "Transfer-Encoding: chunked", method="POST")
    equal("chunked", scene.ask(raw + chunks).status, 200)
    equal("its body", scene.one_arrived("app").body, b"hello world")
    for method in ("POST", "DELETE"):
        equal(f"{method} denied", alice.ask(
            "/admin/x", method=method, body=body).status, 403)
    scene.tell("authz_fail", "authz_fail")
    scene.none_arrived()


def frame(data, mask=b""):
    """One text frame of less than 126 bytes."""
    head = bytes([0x81, len(data) | (0x80 if mask else 0)])
    return head + mask + masked(data, mask)


def masked(data, mask):
    return bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)) \
        if mask else data


def echo(peer, request):
    """An application that takes the WebSocket and gives back each frame."""
    key = request.all("Sec-WebSocket-Key")[0].encode()
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
              b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept
              + b"\r\n\r\n")
    while len(peer.rest) >= 2 or peer.more():
        if len(peer.rest) < 2:
            continue
        size = 6 + (peer.rest[1] & 0x7f)
        while len(peer.rest) < size:
            if not peer.more():
                return
        whole, peer.rest = peer.rest[:size], peer.rest[size:]
        mask, data = whole[2:6], whole[6:]
        peer.send(frame(masked(data, mask)))
    peer.close()


def handshake(scene, visitor, target):
    key = base64.b64encode(os.urandom(16)).decode()
    return http(scene, target, "Upgrade: websocket", "Connection: Upgrade",
                f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
                *visitor.cookie_line(), close=False), key.encode()


@case("VERDICT-008", "a WebSocket, for who may", *VERDICT)
def websocket(scene):
    alice = member(scene)
    for name in ("asked", "admin"):
        scene.app(name).script = echo
    raw, key = handshake(scene, alice, "/asked/ws")
    with HttpPeer(scene.front) as peer:
        peer.send(raw)
        head = peer.read_until(b"\r\n\r\n")
        true("101", head.startswith(b"HTTP/1.1 101 "), head)
        true("its key", base64.b64encode(hashlib.sha1(
            key + GUID).digest()) in head, head)
        for text in (b"hello", b"x" * 100):
            peer.send(frame(text, os.urandom(4)))
            while len(peer.rest) < len(text) + 2 and peer.more():
                pass
            equal("echo", peer.rest[:2 + len(text)], frame(text))
            peer.rest = peer.rest[2 + len(text):]
    request = scene.one_arrived("asked")
    equal("Remote-User", request.all("Remote-User"), ["alice"])
    equal("Cookie", request.all("Cookie"), [])
    for visitor, target in ((Visitor(scene), "/asked/ws"),
                            (alice, "/admin/ws")):
        with scene.connect() as peer:
            peer.send(handshake(scene, visitor, target)[0])
            answer = peer.read()
        true(f"{target}: no", answer.status in (401, 403, 501),
             answer.status)
        scene.none_arrived()
    scene.optional.add("authz_fail")
