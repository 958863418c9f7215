# SPDX-License-Identifier: Apache-2.0
"""BACK, second part: bodies, their ends, and kept connections.

A body that was cut off must look cut off: a chunked answer without its last
chunk, a counted one that is short, a FastCGI connection closed without
END_REQUEST.
"""

import threading

from case_back import LENGTH, OK, answer_to, works
from harness.ask import fetch
from harness.check import among, equal, true, wait_until
from harness.fcgi import REQ, base
from harness.runner import OWN, OWN_RAW, case

ALL = OWN + ("lax-nginx",)
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def delivered(scene, answer, body, what=""):
    equal(f"{what} status".lstrip(), answer.status, 200)
    true(f"{what} complete".lstrip(), answer.complete, answer.head)
    equal(f"{what} body".lstrip(), answer.body, body)


def cut_off(scene, answer, what):
    """Truncation that a client can see, or a failure from the start: our
    502, or what a front says when it got a head and nothing else."""
    if answer.status in (500, 502, 503):
        return
    true(f"{what}: seen as truncated", not answer.complete,
         (answer.status, answer.headers, answer.body[:80]))


def then(scene, *parts, end="close"):
    """A script: some bytes, some more, the end. Through lighttpd a moment
    passes in between: what it gets in one go, with the end, it takes for
    whole when no length was announced."""
    pause = threading.Event()

    def script(peer, _):
        for part in parts:
            peer.send(part)
            if scene.kind == "lighttpd":
                pause.wait(0.1)
        getattr(peer, end)()
    return script


@case("BACK-003", "reset within the body", *ALL)
def reset_in_body(scene):
    for parts in ((OK + b"Content-Length: 100000\r\n\r\n" + b"x" * 50000,),
                  (CHUNKED, b"5\r\nhello\r\n"),
                  (CHUNKED + b"5\r\nhello\r\n",),
                  (OK + b"Connection: close\r\n\r\n", b"hello")):
        script = then(scene, *parts, end="reset")
        cut_off(scene, answer_to(scene, script, app="tcp"), parts[0][-40:])
        works(scene, "tcp")


@case("BACK-014", "bad chunks", *ALL)
def bad_chunks(scene):
    for rest in (b"zz\r\nok\r\n0\r\n\r\n", b"2\r\nokXX0\r\n\r\n",
                 b"-2\r\nok\r\n0\r\n\r\n", b"2 \r\nok\r\n0\r\n\r\n",
                 b"0x2\r\nok\r\n0\r\n\r\n", b"2\nok\n0\n\n",
                 b"FFFFFFFFFFFFFFFFFF\r\nok", b"8000000000000001\r\nok",
                 b"\r\nok", b"2;" + b"e" * 5000 + b"\r\nok\r\n0\r\n\r\n",
                 b"2\r\nok\r\n0\r\n" + b"X-T: y\r\n" * 5000 + b"\r\n",
                 b"2\r\nok\r\n0\r\n\n"):
        for before in (b"", b"3\r\nabc\r\n"):
            answer = answer_to(scene, then(scene, CHUNKED + before, rest))
            cut_off(scene, answer, repr(before + rest[:24]))
    works(scene)


@case("BACK-015", "a short body", *ALL)
def short_body(scene):
    for script in (OK + b"Content-Length: 100\r\n\r\n0123456789",
                   OK + b"Content-Length: 100000\r\n\r\n" + b"x" * 99999,
                   OK + b"Content-Length: 1\r\n\r\n"):
        answer = answer_to(scene, script)
        cut_off(scene, answer, repr(script[:60]))
    works(scene)


@case("BACK-015", "a chunked body without its end", *ALL)
def unfinished(scene):
    for rest in (b"5\r\nhello\r\n", b"5\r\nhel", b"5\r\nhello\r\n0\r\n", b"5",
                 b"5\r\nhello", b"5\r\nhello\r\n0"):
        answer = answer_to(scene, then(scene, CHUNKED, rest))
        cut_off(scene, answer, repr(rest))
    works(scene)


@case("BACK-017", "an answer that nobody asked for", *ALL)
def unsolicited(scene):
    """The connection is dirty before the next request is made: that one
    gets a new connection and its own answer."""
    sent = []

    def twice(peer, request):
        app.plain(peer, request)
        sent.append(peer.send(OK + b"Content-Length: 6\r\n\r\npoison"))
    for name in ("public", "tcp"):
        app = scene.app(name)
        app.script = twice
        for i in range(20):
            sent.clear()
            answer = fetch(scene, f"/{name}/{i}")
            equal(f"{name} {i}", (answer.status, answer.body),
                  (200, b"ok\n"))
            wait_until("the surplus is under way", lambda: sent)
        app.script = None
        equal("next", fetch(scene, f"/{name}/x").body, b"ok\n")


@case("BACK-017", "surplus in the same write", *ALL)
def surplus(scene):
    def longer(peer, _):
        peer.send(OK + b"Content-Length: 2\r\n\r\nokPOISON" + OK)
    scene.app().script = longer
    for i in range(3):
        answer = fetch(scene, f"/public/{i}")
        equal("answer", (answer.status, answer.body), (200, b"ok"))


@case("BACK-019", "bodies where none may be", *ALL)
def no_body(scene):
    for status, method in ((204, "GET"), (304, "GET"), (200, "HEAD")):
        def script(peer, _, status=status):
            peer.send(b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\nhello"
                      % status)
        answer = answer_to(scene, script, method=method)
        equal(f"{method} {status}", (answer.status, answer.body),
              (status, b""))
        works(scene)


@case("BACK-019", "HEAD keeps the length of GET", *ALL)
def head(scene):
    def script(peer, _):
        peer.send(OK + b"Content-Length: 12345\r\nETag: \"x\"\r\n\r\n")
    answer = answer_to(scene, script, method="HEAD")
    equal("status", (answer.status, answer.body), (200, b""))
    equal("ETag", answer.all("ETag"), ['"x"'])
    equal("Content-Length", answer.all("Content-Length"), ["12345"])
    works(scene)


@case("BACK-031", "trailers are dropped", *ALL)
def trailers(scene):
    answer = answer_to(scene, OK + b"Transfer-Encoding: chunked\r\n"
                       b"Trailer: Set-Cookie\r\n\r\n2\r\nok\r\n0\r\n"
                       b"Set-Cookie: __Host-id=x\r\n"
                       b"X-Gatehouse-Session: bob\r\n\r\n")
    delivered(scene, answer, b"ok")
    true("none", not answer.trailers and not answer.all("Set-Cookie"),
         answer.trailers)


@case("BACK-034", "a POST is never sent twice", *ALL)
def never_twice(scene):
    """The application takes the request and closes: a retry would act
    again. What is idempotent is tried once more and no more."""
    app = scene.app()
    for method, body, most in (("POST", b"x" * 10, 1), ("POST", b"", 1),
                               ("PATCH", b"", 1), ("MKCOL", None, 1),
                               ("GET", None, 2), ("DELETE", None, 2)):
        app.script = None
        fetch(scene, "/public/warm")
        app.script = lambda peer, _: peer.close()
        before = len(app.requests)
        answer = fetch(scene, "/public/e2e", method=method, body=body)
        equal(f"{method}: status", answer.status, 502)
        true(f"{method} {body}: requests",
             1 <= len(app.requests) - before <= most,
             len(app.requests) - before)


@case("BACK-034", "a stale connection costs nothing", *ALL)
def stale(scene):
    """The application restarted since the connection was kept: what may be
    sent again is, what may not takes a new connection at once."""
    app = scene.app()
    for method, body in (("GET", None), ("HEAD", None), ("OPTIONS", None),
                         ("PUT", b"x"), ("DELETE", None), ("POST", b"x"),
                         ("POST", b"")):
        equal("warm", fetch(scene, "/public/warm").status, 200)
        app.script = close_old(app)
        answer = fetch(scene, "/public/e2e", method=method, body=body)
        equal(f"{method} on a stale connection", answer.status, 200)
        app.script = None


def close_old(app):
    """Connections that exist already are closed at their next request."""
    newest = app.accepted

    def script(peer, request):
        if peer.number <= newest:
            peer.close()
        else:
            app.plain(peer, request)
    return script


@case("BACK-035", "HTTP/1.0 and bodies that end by close", *ALL)
def by_close(scene):
    for head_line in (b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n",
                      b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"):
        for body in (b"body", b"", b"x" * 300000):
            answer = answer_to(scene, head_line + body)
            delivered(scene, answer, body, repr(head_line))


@case("BACK-036", "well-formed chunks", *ALL)
def chunks(scene):
    for rest, body in ((b"0\r\n\r\n", b""), (b"2\r\nok\r\n0\r\n\r\n", b"ok"),
                       (b"002\r\nok\r\n000\r\n\r\n", b"ok"),
                       (b"2;a=b\r\nok\r\n0;c\r\n\r\n", b"ok"),
                       (b"1\r\na\r\n" * 300 + b"0\r\n\r\n", b"a" * 300),
                       (b"186a0\r\n" + b"y" * 100000 + b"\r\n0\r\n\r\n",
                        b"y" * 100000),
                       (b"186A0\r\n" + b"y" * 100000 + b"\r\n0\r\n\r\n",
                        b"y" * 100000)):
        answer = answer_to(scene, CHUNKED + rest)
        delivered(scene, answer, body, repr(rest[:20]))


@case("BACK-038", "answers byte by byte", *ALL)
def byte_by_byte(scene):
    """Every boundary between two reads of the gateway is possible."""
    whole = (OK + b"Content-Type: text/plain\r\nTransfer-Encoding: chunked"
             b"\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")

    def script(peer, _):
        for i in range(len(whole)):
            peer.send(whole[i:i + 1])
    delivered(scene, answer_to(scene, script), b"hello world")


@case("BACK-040", "an answer before the body was read", *ALL)
def early_answer(scene):
    """The application refuses an upload at once and closes."""
    app = scene.app()
    app.early = True
    app.script = (b"HTTP/1.1 413 Too Large\r\nConnection: close\r\n" + LENGTH)
    answer = fetch(scene, "/public/e2e", method="POST", body=b"x" * 3000000)
    equal("status", answer.status, 413)
    app.early = False
    app.script = None
    works(scene)


@case("BACK-041", "an early answer on a connection that stays open", *ALL)
def early_kept(scene):
    """The rest of the body was never sent, so the connection must not carry
    another request: it would be taken for that rest."""
    app = scene.app()
    app.early = True
    gone = []

    def script(peer, _):
        peer.send(OK + LENGTH)
        while peer.more():
            pass
        gone.append(True)
    app.script = script
    answer = fetch(scene, "/public/e2e", method="POST", body=b"x" * 3000000)
    among("status", answer.status, (0, 200))
    app.early = False
    app.script = None
    works(scene)
    wait_until("the connection was given up", lambda: gone)


@case("BACK-042", "silence within a body", *ALL)
def silence(scene):
    held = []

    def script(peer, _):
        peer.send(OK + b"Content-Length: 100\r\n\r\n0123456789")
        held.append(peer.gone(4))
        peer.close()
    answer = answer_to(scene, script)
    cut_off(scene, answer, "silence")
    true("in time", answer.seconds < 4, answer.seconds)
    wait_until("the connection was closed", lambda: held)
    equal("by the gateway", held, [True])


@case("BACK-044", "slow but alive is no silence", *OWN_RAW)
def slow_alive(scene):
    """Ten pieces, 0.3 s apart: longer than the limit of silence in sum."""
    clock = threading.Event()

    def script(peer, _):
        peer.send(OK + b"Content-Length: 10\r\n\r\n")
        for _ in range(10):
            clock.wait(0.3)
            peer.send(b"x")
    delivered(scene, answer_to(scene, script), b"x" * 10)


@case("BACK-046", "connections are kept and used again", *OWN_RAW)
def kept(scene):
    app = scene.app("keeps")
    fetch(scene, "/keeps/warm")
    before = app.accepted
    with scene.connect() as peer:
        for i in range(200):
            peer.send(REQ(base(f"/keeps/{i}"), keep=1))
            equal("status", peer.read().status, 200)
    true("few new connections", app.accepted - before <= 2,
         app.accepted - before)


@case("BACK-048", "Connection: close of the application is heeded", *OWN_RAW)
def close_heeded(scene):
    app = scene.app()

    def script(peer, _):
        peer.send(OK + b"Connection: close\r\n" + LENGTH)
        peer.close()
    app.script = script
    for i in range(20):
        equal(f"request {i}", fetch(scene, f"/public/{i}").body, b"ok")
    equal("requests", len(app.requests), 20)


