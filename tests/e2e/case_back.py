# SPDX-License-Identifier: Apache-2.0
"""BACK, first part: heads of answers that an application must not send.

Each case scripts the application, asks through a front or on the raw
socket, and then sees that the next request works.
"""

import threading

from harness.ask import fetch
from harness.check import Failed, equal, true, wait_until
from harness.fcgi import REQ, base
from harness.runner import OWN, OWN_RAW, case, not_here

ALL = OWN + ("lax-nginx",)
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 2\r\n\r\nok"


def answer_to(scene, script, *lines, app="public", method="GET"):
    """The client's view of one scripted answer."""
    scene.app(app).script = script
    answer = fetch(scene, f"/{app}/e2e", *lines, method=method)
    scene.app(app).script = None
    return answer


def works(scene, app="public"):
    """The request after a bad answer is a plain one."""
    equal("the next request", fetch(scene, f"/{app}/next").status, 200)


def refused(scene, scripts, status=502, app="public"):
    """Every one of these answers becomes our own page."""
    reasons = []
    for script in scripts:
        try:
            answer = answer_to(scene, script, app=app)
            equal(f"{script!r}: status", answer.status, status)
            true("nothing of it", b"ok\n" not in answer.body, answer.body)
            true("nothing injected", not answer.all("X-Injected")
                 and not answer.all("Set-Cookie"), answer.headers)
            works(scene, app)
        except Failed as failure:
            reasons.append(str(failure))
    if reasons:
        raise Failed("\n".join(reasons))


@case("BACK-001", "connection refused, no such socket", *ALL)
def refused_connection(scene):
    for path in ("/refused/x", "/gone/x"):
        for method, body in (("GET", None), ("POST", b"x")):
            answer = fetch(scene, path, method=method, body=body)
            equal(f"{path} {method}", answer.status, 502)
            true("within the connect timeout", answer.seconds < 3)


@case("BACK-002", "the application closes without an answer", *ALL)
def no_answer(scene):
    refused(scene, [b""])
    refused(scene, [b""], app="tcp")


@case("BACK-003", "reset before the head, within it", *ALL)
def reset(scene):
    refused(scene, [lambda peer, _: peer.reset(),
                    lambda peer, _: (peer.send(b"HTTP/1.1 2"), peer.reset()),
                    lambda peer, _: (peer.send(OK), peer.reset())],
            app="tcp")


@case("BACK-003", "reset at the accept", *ALL)
def reset_at_accept(scene):
    app = scene.app("tcp")
    app.drop()
    app.on_accept = lambda peer: peer.reset()
    answer = fetch(scene, "/tcp/e2e")
    equal("status", answer.status, 502)
    app.on_accept = None
    works(scene, "tcp")


@case("BACK-004", "a head that ends early", *ALL)
def cut_head(scene):
    refused(scene, [b"H", b"HTTP/1.1 200", OK, OK + b"Content-Length: 2\r\n",
                    OK + b"Content-Length: 2\r\n\r"])


@case("BACK-005", "no status line", *ALL)
def no_status(scene):
    refused(scene, [
        b"Content-Type: text/html\r\n\r\nx", b"\r\n\r\n", b"<html>hello",
        b"hello\r\n\r\n", b"\x00" * 64 + b"\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n", b"Status: 200 OK\r\n" + LENGTH])


@case("BACK-006", "malformed status lines", *ALL)
def status_lines(scene):
    refused(scene, [line + b"\r\n" + LENGTH for line in (
        b"HTTP/1.1", b"HTTP/1.1 ", b"HTTP/1.1 20", b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 abc OK", b"HTTP/1.1  200 OK", b"HTTP/2 200 OK",
        b"HTTP/0.9 200 OK", b"http/1.1 200 OK", b"HTTP/1.1 099 x",
        b"HTTP/1.1 600 x", b"HTTP/1.1 999 x", b"HTTP/1.1 000 x",
        b"HTTP/1.1 -20 x", b" HTTP/1.1 200 OK", b"HTTP/1.1\t200 OK",
        b"\r\nHTTP/1.1 200 OK", b"HTTP/11 200 OK", b"HTTP/1.10 200 OK")])


@case("BACK-007", "the reason phrase is not copied", *ALL)
def reason(scene):
    for phrase, status in ((b"OK\x00\x7f evil", 502), (b"<script>", 200),
                           (b"a\tb", 200), (b"\xff\xfe", 200)):
        answer = answer_to(scene, b"HTTP/1.1 200 " + phrase + b"\r\n"
                           + LENGTH)
        equal(f"{phrase!r}: status", answer.status, status)
        true("not copied", phrase not in answer.head, answer.head)
        works(scene)
    answer = answer_to(scene, b"HTTP/1.1 200\r\n" + LENGTH)
    equal("no phrase", answer.status, 200)
    if scene.is_raw:
        true("ours has one", answer.reason != "", answer.head)


@case("BACK-008", "malformed field lines", *ALL)
def field_lines(scene):
    refused(scene, [OK + line + b"\r\n" + LENGTH for line in (
        b"X-Injected", b": x", b"X-Injected : 1", b" X-Injected: 1",
        b"\tX-Injected: 1", b"X Injected: 1", b"X-A: 1\r\n folded",
        b"X-\xc3\xa9: 1", b"X(Injected): 1", b"X-A\x00: 1", b"<x>: 1")])


@case("BACK-009", "bare CR, bare LF, NUL in a value", *ALL)
def control_bytes(scene):
    refused(scene, [OK + line + b"\r\n" + LENGTH for line in (
        b"X-A: 1\rSet-Cookie: a=b", b"X-A: 1\nSet-Cookie: a=b",
        b"X-A: 1\x00", b"X-A: \x01", b"X-A: a\x7fb", b"X-A: 1\r\rX-B: 1")])
    refused(scene, [b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
                    OK.replace(b"\r", b"") + LENGTH])


@case("BACK-010", "too large a head", *ALL)
def too_large(scene):
    scene.patience = 10
    refused(scene, [OK + b"X-A: " + b"v" * 70000 + b"\r\n" + LENGTH,
                    OK + b"X-A: v\r\n" * 9000 + LENGTH,
                    OK + b"".join(b"X-%d: v\r\n" % i for i in range(201))
                    + LENGTH, b"H" * 200000,
                    b"HTTP/1.1 200 " + b"x" * 100000 + b"\r\n" + LENGTH])


@case("BACK-010", "a head just below the limits", *ALL)
def large(scene):
    head = OK + b"".join(b"X-%d: v\r\n" % i for i in range(150))
    answer = answer_to(scene, head + LENGTH)
    equal("150 fields", answer.status, 200)
    equal("all of them", len([n for n, _ in answer.headers
                              if n.lower().startswith("x-")
                              and n[2:].isdigit()]), 150)
    if scene.kind == "nginx" and scene.name == "lax-nginx":
        return          # its buffer for heads is nginx's small default
    answer = answer_to(scene, OK + b"X-A: " + b"v" * 30000 + b"\r\n" + LENGTH)
    equal("30,000 bytes", answer.status, 200)


@case("BACK-011", "conflicting and malformed Content-Length", *ALL)
def lengths(scene):
    refused(scene, [OK + lines + b"\r\n\r\n12345" for lines in (
        b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 5, 6",
        b"Content-Length: +5", b"Content-Length: 0x5", b"Content-Length: -1",
        b"Content-Length:", b"Content-Length: 18446744073709551616",
        b"Content-Length: 18446744073709551621", b"Content-Length: 5 5",
        b"Content-Length: 5;", b"Content-Length: 5.0",
        b"Content-Length: five", b"Content-Length: \x0b5")])


@case("BACK-012", "both framings", *ALL)
def both(scene):
    refused(scene, [
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"2\r\nok\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n12345",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nok\r\n0\r\n\r\n"])


@case("BACK-013", "odd Transfer-Encoding", *ALL)
def encodings(scene):
    refused(scene, [OK + b"Transfer-Encoding: " + value + b"\r\n\r\n"
                    b"2\r\nok\r\n0\r\n\r\n" for value in (
                        b"gzip, chunked", b"chunked, chunked", b",chunked",
                        b"identity", b"xchunked", b"chunked;q=1", b"",
                        b"chunked\r\nTransfer-Encoding: chunked",
                        b'"chunked"', b"chunked, identity", b"\x0bchunked")])


@case("BACK-016", "101 that nobody asked for", *ALL)
def switching(scene):
    refused(scene, [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                    b"Connection: Upgrade\r\n\r\nhello"])


@case("BACK-018", "interim answers come first", *ALL)
def interim(scene):
    for before in (b"HTTP/1.1 100 Continue\r\n\r\n",
                   b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3,
                   b"HTTP/1.1 102 Processing\r\n\r\n"):
        answer = answer_to(scene, before + OK + LENGTH)
        equal(f"{before[:20]!r}", (answer.status, answer.body), (200, b"ok"))
        equal("no hints of theirs", answer.all("Link"), [])
    refused(scene, [b"HTTP/1.1 100 Continue\r\n\r\n" * 5000])


@case("BACK-020", "cookies of ours", *ALL)
def our_cookies(scene):
    for name in ("__Host-id", "__host-ID", "__Host-id2", "__HOST-PRE",
                 "__Host-device", "__Host-keep", "__Host-pre"):
        answer = answer_to(
            scene, OK + f"Set-Cookie: {name}=x; Path=/; Secure\r\n".encode()
            + b"Set-Cookie: mine=1\r\n" + LENGTH)
        equal(f"{name}: status", answer.status, 200)
        equal(f"{name}: cookies", answer.all("Set-Cookie"), ["mine=1"])


@case("BACK-021", "cookies of ours in disguise", *ALL)
def disguised_cookies(scene):
    for value in ("__Host-id", "=__Host-id=x", " __Host-id=x", "__Host-id =x",
                  "__Host-id\t=x", "=__Host-pre=x; Path=/", "__Host-id=",
                  "__Host-id;x"):
        answer = answer_to(
            scene, OK + f"Set-Cookie: {value}\r\n".encode() + LENGTH)
        equal(f"{value!r}: status", answer.status, 200)
        equal(f"{value!r}: cookies", answer.all("Set-Cookie"), [])


@case("BACK-022", "the application's own cookies", *ALL)
def own_cookies(scene):
    cookies = ["a=1", "b=2; Path=/public/; HttpOnly", "c=", "id=3",
               'd="x y"; Expires=Thu, 01 Jan 2099 00:00:00 GMT',
               "__Secure-x=1; Secure"]
    lines = "".join(f"Set-Cookie: {c}\r\n" for c in cookies).encode()
    answer = answer_to(scene, OK + lines + LENGTH)
    equal("cookies", answer.all("Set-Cookie"), cookies)


@case("BACK-023", "fields that command the web server", *ALL)
def commands(scene):
    lines = (b"X-Accel-Redirect: /internal/secret", b"X-Sendfile: /etc/passwd",
             b"X-LIGHTTPD-send-file: /etc/passwd", b"X-Accel-Expires: 3600",
             b"X-Accel-Buffering: no", b"X-Accel-Limit-Rate: 1",
             b"X-Accel-Charset: x", b"X-Sendfile2: /etc/passwd 0-",
             b"X-LIGHTTPD-KBytes-per-second: 1", b"x-accel-redirect: /x",
             b"X-Sendfile-Temporary: /etc/passwd", b"X-Reproxy-URL: /x")
    for line in lines:
        answer = answer_to(scene, OK + line + b"\r\n" + LENGTH)
        equal(f"{line!r}", (answer.status, answer.body), (200, b"ok"))
        name = line.partition(b":")[0].decode()
        equal(name, answer.all(name), [])


@case("BACK-024", "Status and Variable- fields", *ALL)
def cgi_fields(scene):
    answer = answer_to(scene, OK + b"Status: 302 Found\r\n"
                       b"Variable-REMOTE_USER: bob\r\n" + LENGTH)
    equal("status", (answer.status, answer.body), (200, b"ok"))
    equal("Variable", answer.all("Variable-REMOTE_USER"), [])
    if scene.is_raw:
        equal("one Status", len(answer.all("Status")), 1)


@case("BACK-025", "hop-by-hop fields", *ALL)
def hop_by_hop(scene):
    answer = answer_to(
        scene, OK + b"Connection: close, X-Secret\r\nX-Secret: 1\r\n"
        b"Keep-Alive: timeout=99\r\nProxy-Authenticate: Basic\r\n"
        b"Trailer: X-T\r\nUpgrade: h2c\r\nProxy-Connection: x\r\nX-Mine: 1\r\n"
        + LENGTH)
    equal("status", answer.status, 200)
    for name in ("X-Secret", "Proxy-Authenticate", "Trailer", "Upgrade",
                 "Proxy-Connection"):
        equal(name, answer.all(name), [])
    true("Keep-Alive", "timeout=99" not in answer.all("Keep-Alive"))
    equal("X-Mine", answer.all("X-Mine"), ["1"])


@case("BACK-026", "identity names in an answer", *ALL)
def identity(scene):
    answer = answer_to(scene, OK + b"X-Gatehouse-Session: leak\r\n"
                       b"X-Gatehouse-Assertion: leak\r\n" + LENGTH)
    equal("status", answer.status, 200)
    true("none", b"leak" not in answer.head, answer.head)


@case("BACK-028", "the exchange id is ours", *ALL)
def exchange_id(scene):
    answer = answer_to(scene, OK + b"X-Request-Id: theirs\r\n" + LENGTH)
    equal("status", answer.status, 200)
    true("not theirs", answer.all("X-Request-Id") != ["theirs"],
         answer.headers)


@case("BACK-029", "redirects of the application", *ALL)
def redirects(scene):
    for target in ("/public/y", "https://other.example/x", "?x=y"):
        answer = answer_to(scene, b"HTTP/1.1 302 Found\r\nLocation: "
                           + target.encode() + b"\r\nContent-Length: 0\r\n"
                           b"\r\n")
        equal("status", answer.status, 302)
        true(f"{target}", (answer.one("Location") or "").endswith(target),
             answer.headers)


@case("BACK-029", "redirects to the address the application listens on", *ALL)
def internal_redirects(scene):
    """The application's own address becomes the public one; what only looks
    like it is passed as it is."""
    inside = f"http://127.0.0.1:{scene.app('tcp').port}"
    outside = f"https://{scene.host}"
    for given, want in ((f"{inside}/tcp/y?z", f"{outside}/tcp/y?z"),
                        (inside, outside), (f"{inside}0/x", f"{inside}0/x"),
                        (f"{inside}@evil.example/", f"{inside}@evil.example/"),
                        ("//evil.example/", "//evil.example/"),
                        ("http://127.0.0.1/x", "http://127.0.0.1/x")):
        answer = answer_to(scene, b"HTTP/1.1 303 X\r\nLocation: "
                           + given.encode() + b"\r\nContent-Length: 0\r\n"
                           b"\r\n", app="tcp")
        equal(f"{given}", (answer.status, answer.all("Location")),
              (303, [want]))


@case("BACK-030", "every status passes", *ALL)
def statuses(scene):
    scene.app_fails = True
    for status in (200, 201, 202, 203, 206, 207, 301, 303, 307, 308, 400, 401,
                   403, 404, 405, 409, 410, 412, 415, 418, 422, 429, 500, 501,
                   502, 503, 507, 599):
        answer = answer_to(scene, b"HTTP/1.1 %d X\r\nX-App: 1\r\n" % status
                           + LENGTH)
        equal("status", answer.status, status)
        if status != 502 or scene.kind != "nginx":
            equal(f"{status}: body", (answer.body, answer.all("X-App")),
                  (b"ok", ["1"]))


@case("BACK-032", "the head comes too late", *ALL)
def slow_head(scene):
    held = []

    def silent(peer, _):
        held.append(peer.gone(4))
        peer.close()
    for script in (silent,
                   lambda peer, request: (peer.send(b"HTTP/1.1 200 O"),
                                          silent(peer, request))):
        answer = answer_to(scene, script)
        equal("status", answer.status, 504)
        true("in time", answer.seconds < 3, answer.seconds)
    wait_until("the connection was closed", lambda: len(held) == 2)
    equal("by the gateway", held, [True, True])
    works(scene)


@case("BACK-033", "all connections of an application are used", *OWN_RAW)
def used_up(scene):
    """Two at once are allowed; the third is told to come back."""
    release = threading.Event()
    app = scene.app("few")

    def slow(peer, request):
        release.wait(0.8)
        app.plain(peer, request)
    app.script = slow
    peers = [scene.connect() for _ in range(2)]
    for peer in peers:
        peer.send(REQ(base("/few/x")))
    wait_until("both are there", lambda: len(app.requests) == 2)
    answer = scene.ask(REQ(base("/few/third")))
    equal("status", answer.status, 503)
    true("Retry-After", (answer.one("Retry-After") or "").isdigit())
    true("at once", answer.seconds < 0.5, answer.seconds)
    equal("others are served", scene.ask(REQ(base())).status, 200)
    release.set()
    for peer in peers:
        equal("the two", peer.read().status, 200)
        peer.close()
    equal("room again", scene.ask(REQ(base("/few/x"))).status, 200)


not_here("BACK-027", "rewriting of Cache-Control is not offered yet")
not_here("BACK-037", "TLS to applications is not offered yet")
