# SPDX-License-Identifier: Apache-2.0
"""METH: methods, overrides, and what is refused before an application."""

from harness.ask import expect, fetch, http, same_header, table
from harness.check import equal, true
from harness.fcgi import REQ, base
from harness.runner import HTTP, OWN_HTTP, OWN_RAW, RAW, case

EVERY = HTTP + RAW + OWN_HTTP + OWN_RAW
BARE = ("GET", "HEAD", "DELETE", "OPTIONS", "PROPFIND", "SEARCH")
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE", "PROPFIND", "PROPPATCH",
             "REPORT", "MKCALENDAR", "MKCOL", "LOCK", "ACL", "SEARCH")


@case("METH-002", "every method without a body", *EVERY)
def every_method(scene):
    for method in BARE + ("COPY", "MOVE", "UNLOCK", "MKCOL", "POST", "PUT"):
        body = b"" if method in ("POST", "PUT") else None
        answer = fetch(scene, "/public/e2e", method=method, body=body)
        request = expect(scene, method, answer, 200)
        equal("method", request.method, method)
        equal("body", request.body_length, 0)
        if method == "HEAD":
            equal("HEAD has no body", answer.length, 0)


@case("METH-002", "every method with a body", *EVERY)
def every_method_body(scene):
    for method in WITH_BODY:
        answer = fetch(scene, "/public/e2e", "Content-Type: text/xml",
                       method=method, body=b"<x>" * 7)
        request = expect(scene, method, answer, 200)
        equal("method", request.method, method)
        equal("body", request.body_length, 21)
        same_header(request, "Content-Length", ["21"])
        same_header(request, "Content-Type", ["text/xml"])


@case("METH-003", "an override in query or form is the application's", *EVERY)
def override_form(scene):
    answer = fetch(scene, "/public/e2e?_method=DELETE",
                   "Content-Type: application/x-www-form-urlencoded",
                   method="POST", body=b"_method=DELETE")
    request = expect(scene, "_method", answer, 200)
    equal("method", request.method, "POST")


@case("METH-004", "method override fields", *EVERY)
def override_fields(scene):
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method",
                 "X-Method-Override"):
        answer = fetch(scene, "/public/e2e", f"{name}: DELETE",
                       method="POST", body=b"")
        request = expect(scene, name, answer, 200)
        equal("method", request.method, "POST")
        same_header(request, name, [])


@case("METH-005", "malformed methods", *RAW, *OWN_RAW)
def malformed(scene):
    rows = ["get", " GET", "GET ", b"GET\x00", "", "GET /x HTTP/1.1\r\nX:",
            "G\tT", "GET,POST", "1GET", "-GET", "GET_", "Get", "A" * 33,
            b"G\xc3\x89T", "GET\n", "(", "\""]
    table(scene, [(repr(row), row, 400) for row in rows],
          lambda method: scene.ask(REQ(base(REQUEST_METHOD=method))))
    answer = scene.ask(REQ(base(REQUEST_METHOD=None)))
    expect(scene, "no method", answer, 400)


@case("METH-005", "malformed methods", *HTTP, *OWN_HTTP)
def malformed_http(scene):
    for method in (b"get", b"G\x00T", b"GE T", b"", b"\xff\xfe", b"GET,POST",
                   b"A" * 40):
        answer = scene.ask(http(scene, method=method))
        expect(scene, repr(method), answer,
               {"nginx": 400, "lighttpd": 501})


@case("METH-006", "the longest method", *RAW, *OWN_RAW)
def longest(scene):
    method = "A" * 32
    request = expect(scene, "32 letters", scene.ask(REQ(
        base(REQUEST_METHOD=method))), 200)
    equal("method", request.method, method)


@case("METH-007", "HEAD of our own pages", *EVERY)
def head_own(scene):
    for path, status in (("/nowhere/", 404), ("/auth/nothing", 404),
                         ("/auth/static/style.css", 200)):
        answer = fetch(scene, path, method="HEAD")
        equal(path, answer.status, status)
        equal("no body", answer.body, b"")
    scene.none_arrived()


@case("METH-007", "HEAD is judged as GET", *OWN_RAW, *OWN_HTTP)
def head_closed(scene):
    answer = fetch(scene, "/closed/", method="HEAD")
    expect(scene, "HEAD", answer, 401)
    equal("no body", answer.body, b"")


@case("METH-008", "other methods on our own paths", *EVERY)
def own_methods(scene):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"):
        answer = fetch(scene, "/auth/static/style.css", method=method,
                       body=b"")
        expect(scene, method, answer, 405)


@case("METH-009", "TRACE and TRACK", *EVERY)
def trace(scene):
    for path in ("/", "/public/e2e"):
        answer = fetch(scene, path, "Max-Forwards: 0", method="TRACE")
        expect(scene, f"TRACE {path}", answer, (405,))


@case("METH-010", "CONNECT", *EVERY)
def connect(scene):
    answer = fetch(scene, "/public/e2e", method="CONNECT")
    expect(scene, "CONNECT", answer, 405)


@case("METH-011", "WebSocket", *RAW, *OWN_RAW)
def websocket(scene):
    lines = ("Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Version: 13",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    expect(scene, "upgrade", fetch(scene, "/public/ws", *lines), 501)


@case("METH-011", "WebSocket", *HTTP, *OWN_HTTP)
def websocket_http(scene):
    """A front may drop the upgrade: then it is a plain request."""
    answer = scene.ask(http(
        scene, "/public/ws", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", close=False))
    expect(scene, "upgrade", answer, 501)


@case("METH-012", "other upgrades are dropped", *RAW, *OWN_RAW)
def other_upgrades(scene):
    for value in ("h2c", "TLS/1.2", "foo/1"):
        answer = fetch(scene, "/public/e2e", f"Upgrade: {value}",
                       "Connection: Upgrade", "HTTP2-Settings: AAMAAABk")
        request = expect(scene, value, answer, 200)
        true("not forwarded", not request.all("Upgrade")
             and not request.all("HTTP2-Settings"), request.headers)


@case("METH-013", "Expect: 100-continue", *HTTP, *OWN_HTTP)
def expect_continue(scene):
    answer = scene.ask(http(scene, "/public/e2e", "Expect: 100-continue",
                            method="POST", body=b"hello"))
    request = expect(scene, "with a body", answer, 200)
    equal("body", request.body_length, 5)
    same_header(request, "Expect", [])


@case("METH-014", "HTTP/1.0", *HTTP, *OWN_HTTP)
def http10(scene):
    answer = scene.ask(http(scene, "/public/e2e", version="HTTP/1.0"))
    expect(scene, "HTTP/1.0", answer, 200)

