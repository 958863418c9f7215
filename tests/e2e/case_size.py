# SPDX-License-Identifier: Apache-2.0
"""SIZE: every ceiling has its status and costs nothing. The exact ceilings
are tried on the raw socket; through the fronts it is enough that the
answer is a refusal of this kind, since a front may refuse first."""

import threading
import time

from harness.ask import expect, fetch, http, table
from harness.check import equal, true, wait_until
from harness.fcgi import PARAMS, REQ, STDIN, P, base, begin, params, rec, \
    stream
from harness.process import open_files, rss_kib
from harness.runner import HTTP, OWN_HTTP, OWN_RAW, RAW, case, not_here

EVERY = HTTP + OWN_HTTP
EVERY_RAW = RAW + OWN_RAW
GIB = 1 << 30


@case("SIZE-001", "a body over the limit, announced", *EVERY)
def body_announced(scene):
    raw = http(scene, "/public/e2e", f"Content-Length: {GIB + 1}",
               method="POST")
    answer = scene.ask(raw)
    expect(scene, "limit + 1", answer, 413)


@case("SIZE-001", "a body over the limit, announced", *EVERY_RAW)
def body_announced_raw(scene):
    for length in (GIB + 1, 10 ** 18):
        raw = begin() + stream(PARAMS, params(base(
            method="POST", CONTENT_LENGTH=str(length)))) + stream(STDIN, b"x")
        expect(scene, str(length), scene.ask(raw), 413)


@case("SIZE-002", "a body over the limit, not announced", *OWN_RAW)
def body_unannounced(scene):
    """A gateway of its own with a small limit: the exact byte counts."""
    gateway = scene.world.make("small", limits={"body": "64K"})
    with gateway:
        scene.world.socket, kept = gateway.socket, scene.world.socket
        try:
            for size, want in ((65536, 200), (65537, 413), (300000, 413)):
                for length in (None, str(size)):
                    pairs = base(method="POST", CONTENT_LENGTH=length)
                    answer = scene.ask(
                        begin() + stream(PARAMS, params(pairs))
                        + stream(STDIN, b"x" * size))
                    equal(f"{size} bytes, announced {length}",
                          answer.status, want)
                    for request in scene.fresh():
                        if want == 413:
                            true("not whole", request.is_cut)
                        else:
                            equal("body", request.body_length, size)
        finally:
            scene.world.socket = kept


@case("SIZE-004", "one field at its limit", *EVERY_RAW)
def one_field(scene):
    rows = [(size, size, want) for size, want in (
        (16 * 1024 - 100, 200), (16 * 1024 + 1, 431), (40000, 431))]
    table(scene, rows, lambda size: scene.ask(
        REQ(base() + [("HTTP_X_LONG", "v" * size)])))


@case("SIZE-005", "65,535 bytes of parameters and more", *EVERY_RAW)
def params_total(scene):
    for total, want in ((60000, 200), (65535, 200), (65536, 200),
                        (65537, 431), (200000, 431)):
        raw = params_of(total)
        equal("built", len(raw), total)
        answer = scene.ask(begin() + stream(PARAMS, raw, step=7000)
                           + stream(STDIN, b""))
        expect(scene, f"{total} bytes", answer, want)


def params_of(total):
    """A default request with fields that fill it to exactly this size."""
    raw = params(base())
    while len(raw) < total:
        left = total - len(raw)
        head = 18          # of a pair with this name and such a value
        raw += P(f"HTTP_X_{len(raw):06d}",
                 "v" * (8000 if left > 9000 else left - head))
    return raw


@case("SIZE-006", "a hundred fields and more", *EVERY_RAW)
def many_fields(scene):
    for count, want in ((90, 200), (101, 431), (1000, 431)):
        extra = [(f"HTTP_X_{i}", "1") for i in range(count)]
        expect(scene, f"{count} fields", scene.ask(REQ(base() + extra)), want)


@case("SIZE-006", "a hundred fields and more", *EVERY)
def many_fields_http(scene):
    lines = [f"X-{i}: 1" for i in range(90)]
    answer = scene.ask(http(scene, "/public/e2e", *lines))
    expect(scene, "90 fields", answer, 200)
    lines = [f"X-{i}: 1" for i in range(150)]
    answer = scene.ask(http(scene, "/public/e2e", *lines))
    expect(scene, "150 fields", answer, 431)


@case("SIZE-008", "a long target", *EVERY)
def long_target(scene):
    answer = scene.ask(http(scene, "/public/" + "a" * 4088))
    expect(scene, "4,096 bytes", answer, 200)
    answer = scene.ask(http(scene, "/public/" + "a" * 4089))
    expect(scene, "4,097 bytes", answer, 414)
    answer = scene.ask(http(scene, "/public/" + "a" * 30000))
    expect(scene, "30,000 bytes", answer,
           {"nginx": 414, "lighttpd": 400})


@case("SIZE-010", "fields in sum", *EVERY)
def fields_in_sum(scene):
    lines = [f"X-{i}: " + "v" * 9000 for i in range(9)]
    answer = scene.ask(http(scene, "/public/e2e", *lines))
    expect(scene, "81,000 bytes", answer,
           {"nginx": 400, "lighttpd": 431})


@case("SIZE-012", "parameters without end", *OWN_RAW)
def endless(scene):
    """What is over the limit is dropped, not kept, and the deadline of a
    second ends it however fast it comes."""
    pid = scene.world.gateway.pid
    before = rss_kib(pid)
    with scene.connect() as peer:
        peer.send(begin())
        started = time.monotonic()
        block = rec(PARAMS, 1, P("HTTP_X_A", "v" * 60000))
        while time.monotonic() < started + 4 and peer.send(block):
            pass
        seconds = time.monotonic() - started
        grown = rss_kib(pid) - before
        answer = peer.read()
    equal("status", answer.status, 0)
    scene.none_arrived()
    true("cut off in time", seconds < 3, seconds)
    true("memory kept", grown < 20000, f"{grown} KiB")


@case("SIZE-014", "a length field is not an allocation", *EVERY_RAW)
def lying_length(scene):
    pid = scene.world.gateway.pid
    before = rss_kib(pid)
    for number in (0x7fffffff, 0x7ffffffe, 0x40000000):
        size = (number | 0x80000000).to_bytes(4, "big")
        raw = begin() + rec(PARAMS, 1, size + size + b"NAME") + rec(PARAMS)
        answer = scene.ask(raw + rec(STDIN))
        expect(scene, hex(number), answer, 400)
    true("memory", rss_kib(pid) - before < 20000)


@case("SIZE-016", "many connections at once", *OWN_RAW)
def connections(scene):
    """At its limit the gateway lets go of the longest idle ones; a request
    that is being served is not idle, and descriptors come back."""
    release = threading.Event()
    app = scene.app()

    def slow(peer, request):
        release.wait(5)
        app.plain(peer, request)
    gateway = scene.world.make("crowded", limits={"connections": 50},
                               timeouts={"first_byte": "10s"})
    with gateway:
        scene.world.socket, kept = gateway.socket, scene.world.socket
        peers = [scene.connect()]
        try:
            app.script = slow
            peers[0].send(REQ(base()))
            wait_until("asked", lambda: app.requests)
            before = open_files(gateway.pid)
            for _ in range(200):
                peers.append(scene.connect())
            app.script = None
            peers[-1].send(REQ(base()))
            equal("the newest", peers[-1].read().status, 200)
            true("bounded", open_files(gateway.pid) <= before + 60,
                 open_files(gateway.pid))
            release.set()
            equal("the busy one", peers[0].read().status, 200)
        finally:
            release.set()
            scene.world.socket = kept
            for peer in peers:
                peer.close()
        wait_until("descriptors back",
                   lambda: open_files(gateway.pid) <= before + 2)


@case("SIZE-018", "the style sheet of our own pages is small", *EVERY)
def own_sizes(scene):
    for path, limit in (("/auth/static/style.css", 40000), ("/nowhere/",
                                                            20000)):
        answer = fetch(scene, path)
        true(path, 0 < answer.length < limit, answer.length)


not_here("SIZE-007", "see TRAF-010 to TRAF-014: bodies in constant memory")
not_here("SIZE-009", "see LOAD-002: idle connections")
