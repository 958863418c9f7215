# SPDX-License-Identifier: Apache-2.0
"""METH, with accounts: a rule names its methods, and no other one passes by
whatever name a client gives it."""

from harness.ask import fetch
from harness.check import among, equal, true
from harness.fcgi import REQ, base
from harness.runner import ID, ID_RAW, LIGHTTPD_ASKS, VERDICT, case
from harness.signs import permitted
from harness.visitor import FORM, Visitor

EVERY = ID + VERDICT
ALLOWED = ("GET", "HEAD", "POST")


def api(scene):
    """Alice, where a rule lets her GET, HEAD and POST."""
    policy = scene.world.policy
    policy.permission("rules", "use", "/api/**", *ALLOWED)
    policy.allow("user", "rules", "use")
    scene.optional.add("authz_fail")
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    scene.fresh()
    return alice


def refused(scene, what, answer, *statuses):
    among(f"{what}: status", answer.status, statuses or (403,))
    scene.none_arrived(what)


@case("METH-001", "a method that no rule has", *EVERY)
def not_allowed(scene):
    alice = api(scene)
    for method in ALLOWED:
        body = b"x" if method == "POST" else None
        equal(method, alice.ask("/rules/api/x", method=method,
                                body=body).status, 200)
        equal("method", scene.one_arrived("rules").method, method)
    for method in ("DELETE", "PUT", "PATCH", "OPTIONS", "PROPFIND", "MKCOL",
                   "COPY", "MOVE", "LOCK", "UNLOCK"):
        refused(scene, method, alice.ask("/rules/api/x", method=method))


@case("METH-001", "a method that nobody knows", *ID_RAW)
def unknown(scene):
    """Only a rule for every method has it."""
    alice = api(scene)
    for method in ("FROB", "GETX", "GE", "A" * 32, "P-O-S-T"):
        refused(scene, method, alice.ask("/rules/api/x", method=method))
        equal(f"{method} at /app/", alice.ask("/app/x",
                                              method=method).status, 200)
        equal("method", scene.one_arrived("app").method, method)


@case("METH-003", "an override in a query, a form or a field", *EVERY)
def override(scene):
    """The method that was sent is the one that is judged and sent on; what a
    query or form says is the application's concern."""
    alice = api(scene)
    equal("query and form", alice.ask(
        "/rules/api/x?_method=DELETE", f"Content-Type: {FORM}",
        method="POST", body=b"_method=DELETE").status, 200)
    request = scene.one_arrived("rules")
    equal("method", (request.method, request.target),
          ("POST", "/rules/api/x?_method=DELETE"))
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method",
                 "X-Method-Override"):
        answer = alice.ask("/rules/api/x", f"{name}: DELETE", method="POST",
                           body=b"")
        if scene.name in LIGHTTPD_ASKS:
            # What nobody can take out of the request is refused.
            refused(scene, name, answer, 400)
            continue
        equal(name, answer.status, 200)
        request = scene.one_arrived("rules")
        equal(name, (request.method, request.all(name)), ("POST", []))
        refused(scene, f"{name}: GET", alice.ask(
            "/rules/api/x", f"{name}: GET", method="DELETE"))


@case("METH-005", "malformed methods", *ID_RAW)
def malformed(scene):
    alice = api(scene)
    for method in ("get", " GET", "GET ", b"GET\x00", "", "Get", "GET,POST",
                   "GET /admin/ HTTP/1.1\r\nX:", "PO ST"):
        pairs = base("/rules/api/x", REQUEST_METHOD=method)
        pairs.append(("HTTP_COOKIE", f"__Host-id={alice.token}"))
        refused(scene, repr(method), scene.ask(REQ(pairs)), 400)


@case("METH-007", "HEAD has a rule of its own", *EVERY)
def head(scene):
    """Denied where it is denied, without a body; who may GET may not by that
    alone HEAD, which tells almost as much."""
    policy = scene.world.policy
    policy.permission("rules", "read", "/read", "GET")
    policy.allow("user", "rules", "read")
    alice = api(scene)
    answer = alice.ask("/admin/", method="HEAD")
    refused(scene, "HEAD /admin/", answer)
    equal("no body", answer.body, b"")
    permitted(scene, alice, "/rules/read", "rules", "alice")
    refused(scene, "HEAD", alice.ask("/rules/read", method="HEAD"))
    answer = fetch(scene, "/admin/", method="HEAD")
    refused(scene, "HEAD by nobody", answer, 401)
    equal("no body", answer.body, b"")


@case("METH-009", "TRACE and CONNECT", *EVERY)
def trace(scene):
    """Nobody may, whatever a rule for every method says."""
    alice = api(scene)
    for method in ("TRACE", "TRACK", "CONNECT"):
        for target in ("/app/x", "/rules/api/x", "/"):
            answer = alice.ask(target, "Max-Forwards: 0", method=method)
            refused(scene, f"{method} {target}", answer, 400, 403, 405, 501)
            true("no echo", alice.token.encode() not in answer.body)


@case("METH-011", "WebSocket", *ID)
def websocket(scene):
    """A FastCGI responder cannot carry it: 501, for who may and for who may
    not; where nginx asks it is VERDICT-008."""
    alice = api(scene)
    lines = ("Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    for target in ("/app/ws", "/admin/ws"):
        answer = alice.ask(target, *lines)
        if scene.kind == "lighttpd" and answer.status in (200, 403):
            # It hands no Upgrade on: the request is an ordinary one.
            for request in scene.fresh():
                equal("where", request.application, "app")
                equal("Upgrade", request.all("Upgrade"), [])
        else:
            refused(scene, target, answer, 501)
