# SPDX-License-Identifier: Apache-2.0
"""TRAF: ordinary traffic in unusual amounts and rhythms. Sizes are 64 MiB,
or 1 GiB with --long; memory of the gateway is watched meanwhile."""

import contextlib
import hashlib
import re
import select
import ssl
import threading
import time

from case_back import LENGTH, OK
from harness.ask import fetch, http
from harness.check import equal, true, wait_until
from harness.fcgi import PARAMS, REQ, STDIN, base, begin, params, rec, stream
from harness.process import allowance, rss_kib
from harness.runner import (CALM_HTTP, CALM_RAW, HTTP, OWN, OWN_HTTP, OWN_RAW,
                            RAW, case)

BLOCK = bytes(range(256)) * 1024      # 256 KiB


class Memory(threading.Thread):
    """The most that a process held while this was running."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.before = rss_kib(pid)
        self.most = self.before
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.02):
            self.most = max(self.most, rss_kib(self.pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


@contextlib.contextmanager
def constant_memory(scene, what, size):
    """The gateway must not grow with the size; prints the figures."""
    scene.patience = 300
    pid = scene.world.gateway.pid
    allowed = allowance(pid, 4096, 65536)
    started = time.monotonic()
    with Memory(pid) as memory:
        yield
    seconds = time.monotonic() - started
    scene.note(f"{what} {size >> 20} MiB in {seconds:.1f} s, gateway "
               f"{memory.before} KiB before, at most {memory.most} KiB")
    true("constant memory", memory.most - memory.before < allowed,
         f"{memory.before} KiB before, {memory.most} KiB at most")


def amount(scene):
    return (1 << 30) if scene.options.long else (64 << 20)


def digest(size):
    found = hashlib.sha256()
    for _ in range(size // len(BLOCK)):
        found.update(BLOCK)
    return found.hexdigest()


@case("TRAF-001", "empty bodies", *HTTP, *OWN_HTTP)
def empty(scene):
    for method in ("POST", "PUT", "PATCH", "REPORT"):
        for lines, rest in ((("Content-Length: 0",), b""),
                            (("Transfer-Encoding: chunked",), b"0\r\n\r\n")):
            answer = scene.ask(http(scene, "/public/e2e", *lines,
                                    method=method) + rest)
            equal(f"{method} {lines}: status", answer.status, 200)
            equal("body", scene.one_arrived().body_length, 0)


@case("TRAF-002", "bodies around the buffer's size", *RAW, *HTTP, *OWN)
def around_buffer(scene):
    for size in (1, 4095, 32767, 32768, 32769, 65528, 65536, 100001):
        body = (BLOCK * (size // len(BLOCK) + 1))[:size]
        answer = fetch(scene, "/public/e2e", method="POST", body=body)
        equal(f"{size}: status", answer.status, 200)
        request = scene.one_arrived()
        equal(f"{size}: at the application",
              (request.body_length, request.body_sha256),
              (size, hashlib.sha256(body).hexdigest()))


@case("TRAF-003", "chunked bodies around the buffer's size", *HTTP, *OWN_HTTP)
def around_buffer_chunked(scene):
    for size in (1, 32767, 32768, 32769, 100001):
        body = (BLOCK * (size // len(BLOCK) + 1))[:size]
        raw = http(scene, "/public/e2e", "Transfer-Encoding: chunked",
                   method="PUT")
        pieces = [body[i:i + 7777] for i in range(0, size, 7777)]
        raw += b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
        answer = scene.ask(raw + b"0\r\n\r\n")
        equal(f"{size}: status", answer.status, 200)
        request = scene.one_arrived()
        equal(f"{size}: at the application",
              (request.body_length, request.body_sha256),
              (size, hashlib.sha256(body).hexdigest()))


@case("TRAF-010", "a large body up", *HTTP, seconds=300)
def up(scene):
    size = amount(scene)
    with constant_memory(scene, "up", size):
        with scene.connect(120) as peer:
            peer.send(http(scene, "/public/e2e", f"Content-Length: {size}",
                           method="POST"))
            for _ in range(size // len(BLOCK)):
                true("sent", peer.send(BLOCK))
            answer = peer.read("POST")
    equal("status", answer.status, 200)
    request = scene.one_arrived()
    equal("at the application", (request.body_length, request.body_sha256),
          (size, digest(size)))


@case("TRAF-011", "a large chunked body up", *HTTP, seconds=300)
def up_chunked(scene):
    size = amount(scene) // 2
    with constant_memory(scene, "up, chunked", size):
        with scene.connect(120) as peer:
            peer.send(http(scene, "/public/e2e", "Transfer-Encoding: chunked",
                           method="PUT"))
            chunk = b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK)
            for _ in range(size // len(BLOCK)):
                true("sent", peer.send(chunk))
            peer.send(b"0\r\n\r\n")
            answer = peer.read("PUT")
    equal("status", answer.status, 200)
    request = scene.one_arrived()
    equal("at the application", (request.body_length, request.body_sha256),
          (size, digest(size)))


@case("TRAF-012", "a large body down", *HTTP, seconds=300)
def down(scene):
    size = amount(scene)
    for kind in ("bytes", "chunked"):
        with constant_memory(scene, f"down, {kind}", size):
            answer = scene.ask(http(scene, f"/public/{kind}/{size}"),
                               timeout=120, keep=False)
        equal(f"{kind}: answer",
              (answer.status, answer.complete, answer.length),
              (200, True, size))
        equal("content", answer.body.decode(), digest(size))
        scene.fresh()


@case("TRAF-013", "a large body both ways at once", "lighttpd", *CALM_RAW,
      seconds=300)
def both_ways(scene):
    """The application sends back what comes while it comes. nginx cannot:
    once it has passed the head of an answer on, it stops sending the body
    to a FastCGI program (ngx_http_upstream_send_request_handler)."""
    size = 16 << 20
    if not scene.front:
        scene.app().early = True
        scene.app().script = echo
    path = "/public/echo"
    with constant_memory(scene, "echo", size):
        with scene.connect(120) as peer:
            if scene.front:
                answer = pump(peer, http(
                    scene, path, f"Content-Length: {size}", method="POST"),
                    size)
            else:
                sender = threading.Thread(
                    target=send_stdin, args=(peer, path, size), daemon=True)
                sender.start()
                answer = peer.read("POST")
                sender.join(60)
    equal("answer", (answer.status, answer.length), (200, size))
    if scene.front:
        equal("content", answer.body.decode(), digest(size))
    else:
        equal("content", hashlib.sha256(answer.body).hexdigest(),
              digest(size))


def echo(peer, request):
    """Sends a counted body back while it comes."""
    left = int(request.all("Content-Length")[0])
    peer.send(OK + b"Content-Length: %d\r\n\r\n" % left)
    while left and (peer.rest or peer.more()):
        data, peer.rest = peer.rest, b""
        left -= len(data)
        peer.send(data)


def send_stdin(peer, path, size):
    """A FastCGI request with a body made of blocks."""
    peer.send(begin() + stream(PARAMS, params(base(
        path, "POST", CONTENT_LENGTH=str(size)))))
    for _ in range(size // len(BLOCK)):
        peer.send(stream(STDIN, BLOCK, end=False))
    peer.send(rec(STDIN))


def pump(peer, head, size):
    """Sends and reads on one TLS connection at the same time, in one
    thread, as OpenSSL wants it."""
    left, queue = size, memoryview(head)
    got = bytearray()
    peer.sock.setblocking(False)
    while True:
        if not queue and left:
            queue, left = memoryview(BLOCK), left - len(BLOCK)
        wants = [[peer.sock], [peer.sock] if queue else []]
        ready = select.select(*wants, [], 20)
        true("it goes on", ready[0] or ready[1], (left, len(got)))
        with contextlib.suppress(ssl.SSLWantReadError,
                                 ssl.SSLWantWriteError):
            if ready[1]:
                queue = queue[peer.sock.send(queue[:16384]):]
        with contextlib.suppress(ssl.SSLWantReadError,
                                 ssl.SSLWantWriteError):
            data = peer.sock.recv(262144)
            got += data
            if not data or len(got) >= size and is_whole(got, size):
                break
    peer.sock.setblocking(True)
    peer.rest = bytes(got)
    return peer.read("POST", keep=False)


def is_whole(got, size):
    """True when a whole answer of that size has come, in chunks or not."""
    body = got.find(b"\r\n\r\n") + 4
    return (got.endswith(b"\r\n0\r\n\r\n")
            or b"chunked" not in got[:body] and len(got) - body >= size)


@case("TRAF-014", "a client that reads slowly holds the application back",
      *CALM_HTTP, *CALM_RAW)
def slow_reader(scene):
    """The application can hand over what buffers hold, not 256 MiB."""
    taken = []

    def script(peer, _):
        peer.send(OK + b"Content-Length: 268435456\r\n\r\n")
        while len(taken) < 16384 and peer.send(BLOCK[:16384]):
            taken.append(16384)
    scene.app().script = script
    pid = scene.world.gateway.pid
    before = rss_kib(pid)
    with scene.connect() as peer:
        peer.send(http(scene, "/public/e2e") if scene.front
                  else REQ(base()))
        stalled(taken)
        grown = rss_kib(pid) - before
    scene.note(f"handed over {sum(taken) >> 10} KiB, gateway grew by "
               f"{grown} KiB")
    true("held back", sum(taken) < 100 << 20, sum(taken))
    true("memory", grown < 65536, grown)


def stalled(taken):
    """Waits until the list has not grown for half a second."""
    wait_until("something was handed over", lambda: taken)
    last = [0, time.monotonic()]

    def is_still():
        if len(taken) != last[0]:
            last[:] = [len(taken), time.monotonic()]
        return time.monotonic() - last[1] > 0.5
    wait_until("the application is held back", is_still, 20)


@case("TRAF-020", "server-sent events arrive at once", *HTTP)
def events(scene):
    """Each event within 0.3 s of the moment that the application wrote
    into it."""
    with scene.connect() as peer:
        peer.send(http(scene, "/public/events/5/0.4"))
        head = peer.read_until(b"\r\n\r\n")
        true("type", b"text/event-stream" in head, head)
        seen, text = 0, b""
        while seen < 5 and peer.rest + b"x" and (peer.rest or peer.more()):
            text, peer.rest = text + peer.rest, b""
            stamps = re.findall(rb"data: ([0-9.]+)\n\n", text)
            if len(stamps) > seen:
                late = time.time() - float(stamps[-1])
                true("events come one by one", len(stamps) == seen + 1, text)
                true(f"event {seen} is fresh", late < 0.3, f"{late:.3f} s")
                seen = len(stamps)
        equal("events", seen, 5)


@case("TRAF-021", "the head comes before the body", *CALM_HTTP, *CALM_RAW)
def head_first(scene):
    """What the application has flushed is with the client before the
    application goes on."""
    release = threading.Event()

    def script(peer, _):
        peer.send(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nuvw\r\n")
        release.wait(5)
        peer.send(b"3\r\nxyz\r\n0\r\n\r\n")
    scene.app().script = script
    with scene.connect() as peer:
        peer.send(http(scene, "/public/e2e") if scene.front
                  else REQ(base()))
        data = b""
        while b"uvw" not in data and peer.more():
            data = peer.rest
        true("the first part", b"uvw" in data and b"xyz" not in data, data)
        release.set()
        answer = peer.read()
    equal("whole", (answer.body, answer.complete), (b"uvwxyz", True))


@case("TRAF-022", "an upload reaches the application while it comes",
      "own-nginx", "calm-nginx", *CALM_RAW)
def upload_first(scene):
    """A body over the buffer's size streams."""
    app = scene.app()
    app.early = True
    seen = []

    def script(peer, _):
        while len(peer.rest) < 100000 and peer.more():
            pass
        seen.append(len(peer.rest))
        while len(peer.rest) < 200000 and peer.more():
            pass
        peer.rest = b""
        peer.send(OK + LENGTH)
    app.script = script
    with scene.connect() as peer:
        if scene.front:
            peer.send(http(scene, "/public/e2e", "Content-Length: 200000",
                           method="POST") + b"x" * 150000)
        else:
            peer.send(begin() + stream(PARAMS, params(base(
                method="POST", CONTENT_LENGTH="200000")))
                + stream(STDIN, b"x" * 150000, end=False))
        wait_until("the first half", lambda: seen, 3)
        peer.send(b"x" * 50000 if scene.front else
                  rec(STDIN, 1, b"x" * 50000) + rec(STDIN))
        answer = peer.read("POST")
    equal("status", answer.status, 200)


@case("TRAF-023", "a client that leaves ends the exchange", *OWN)
def client_leaves(scene):
    gone = []

    def script(peer, _):
        gone.append(peer.gone(4))
        peer.close()
    scene.app().script = script
    with scene.connect() as peer:
        peer.send(http(scene, "/public/e2e") if scene.front
                  else REQ(base()))
        wait_until("asked", lambda: scene.app().requests)
    if scene.kind != "lighttpd":     # it lets the answer come, then drops it
        wait_until("the application was left", lambda: gone, 5)


@case("TRAF-024", "an upload that breaks off never looks whole", *OWN)
def upload_breaks(scene):
    """Of one that fits the gateway's buffer the application hears nothing
    at all, neither while it comes nor when it breaks off."""
    app = scene.app()
    for size in (1000, 500000):
        with scene.connect() as peer:
            if scene.front:
                peer.send(http(scene, "/public/e2e",
                               f"Content-Length: {size}", method="POST")
                          + b"x" * (size // 2))
            else:
                peer.send(begin() + stream(PARAMS, params(base(
                    "/public/e2e", "POST", CONTENT_LENGTH=str(size))))
                    + stream(STDIN, b"x" * (size // 2), end=False))
            if size > 32768 and scene.kind != "lighttpd":
                wait_until("begun", lambda: app.began)
            elif size < 32768:
                equal("others are served",
                      fetch(scene, "/tcp/next").status, 200)
                equal("begun", app.began, 0)
        equal("next", fetch(scene, "/tcp/next").status, 200)
        if size < 32768:
            equal("begun", app.began, 0)
    for request in scene.fresh():
        true("never whole", request.is_cut or request.target == "/tcp/next",
             request)


@case("TRAF-030", "the application restarts", *OWN)
def restart(scene):
    """Down: 502. Up again: the next request is served, though connections
    were kept."""
    app = scene.app()
    for _ in range(3):
        equal("before", fetch(scene, "/public/1").status, 200)
    app.stop()
    for _ in range(2):
        equal("down", fetch(scene, "/public/2").status, 502)
    app.start()
    for method, body in (("GET", None), ("POST", b"x"), ("GET", None)):
        answer = fetch(scene, "/public/3", method=method, body=body)
        equal(f"up: {method}", answer.status, 200)


@case("TRAF-031", "many restarts under many kept connections", *OWN_RAW)
def restarts(scene):
    app = scene.app()
    for _ in range(5):
        peers = [scene.connect() for _ in range(8)]
        for peer in peers:
            peer.send(REQ(base(), keep=1))
        for peer in peers:
            equal("before", peer.read().status, 200)
        app.stop()
        app.start()
        for peer in peers:
            peer.send(REQ(base(), keep=1))
        for peer in peers:
            equal("after", peer.read().status, 200)
            peer.close()


@case("TRAF-040", "one log line an exchange, with its id", *OWN)
def log_lines(scene):
    log = scene.world.gateway.log
    log.news()
    ids = []
    for path in ("/public/a", "/nowhere/", "/closed/", "/refused/",
                 "/public//", "/auth/static/style.css"):
        answer = fetch(scene, path)
        ids.append(answer.one("X-Request-Id"))
        true(f"{path}: an id", ids[-1], answer.headers)
    seen = bytearray()

    def all_there():
        seen.extend(log.news())
        return all(i.encode() in seen for i in ids)
    wait_until("the lines", all_there)
    lines = bytes(seen).decode("latin-1").splitlines()
    for ident in ids:
        found = [line for line in lines if f"exchange={ident}" in line
                 and "event=exchange" in line]
        equal("lines of one exchange", len(found), 1)


@case("TRAF-041", "hostile text is one log line", *OWN_RAW)
def log_injection(scene):
    log = scene.world.gateway.log
    log.news()
    answer = fetch(scene, "/public/x%0aevent=exchange?a b=\"c\"")
    equal("status", answer.status, 400)
    answer = scene.ask(REQ(base("/public/\x1b[31m\"\\", HTTP_USER_AGENT='"')))
    equal("status", answer.status, 400)
    seen = bytearray()
    wait_until("lines", lambda: seen.extend(log.news()) or b"\n" in seen)
    true("printable", re.fullmatch(rb"[\n\x20-\x7e\x80-\xff]*", bytes(seen)),
         bytes(seen))
