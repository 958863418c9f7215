# SPDX-License-Identifier: Apache-2.0
"""FCGI, first part: malformed FastCGI straight to the socket.

closed() is the usual expectation: the gateway ends the connection without
an answer, and the next connection is served as if nothing had been.
"""

import struct

from harness.check import among, equal, true, wait_until
from harness.fcgi import (ABORT, BEGIN, CANT_MPX, COMPLETE, END, GET_VALUES,
                          GET_VALUES_RESULT, PARAMS, REQ, STDIN, STDOUT,
                          UNKNOWN_ROLE, UNKNOWN_TYPE, P, base, begin, params,
                          rec, stream)
from harness.process import open_files
from harness.runner import OWN_RAW, RAW, case

BOTH = RAW + OWN_RAW


def serves(scene, what="afterwards"):
    """A plain request on a new connection."""
    equal(f"{what}: status", scene.ask(REQ(base())).status, 200)
    scene.one_arrived(what=what)


def closed(scene, raw, what):
    """These bytes end the connection; no answer, nothing forwarded."""
    with scene.connect(5) as peer:
        peer.send(raw)
        true(f"{what}: closed without a word", peer.is_closed(), peer.rest)
    scene.none_arrived(what)


@case("FCGI-001", "one byte, then close", *BOTH)
def one_byte(scene):
    pid = scene.world.gateway.pid
    serves(scene, "before")
    before = open_files(pid)
    for _ in range(50):
        with scene.connect() as peer:
            peer.send(b"\x01")
    wait_until("descriptors freed", lambda: open_files(pid) <= before + 1)
    serves(scene)


@case("FCGI-002", "a head of seven bytes, then silence", *OWN_RAW)
def seven_bytes(scene):
    with scene.connect(6) as peer:
        peer.send(rec(BEGIN)[:7])
        true("closed after the deadline for parameters", peer.is_closed())
    serves(scene)


@case("FCGI-003", "byte by byte", *BOTH)
def byte_by_byte(scene):
    raw = REQ(base(method="POST"), b"hello")
    with scene.connect() as peer:
        for i in range(len(raw)):
            peer.send(raw[i:i + 1])
        answer = peer.read()
    equal("status", answer.status, 200)
    equal("body", scene.one_arrived().body_length, 5)


@case("FCGI-004", "cut at every byte", *BOTH)
def cut(scene):
    raw = REQ(base(method="POST"), b"hello")
    for i in range(0, len(raw) - 8, 7):
        with scene.connect() as peer:
            peer.send(raw[:i])
    scene.none_arrived()
    serves(scene)


@case("FCGI-005", "wrong version", *BOTH)
def version(scene):
    for number in (0, 2, 3, 127, 255):
        closed(scene, rec(BEGIN, 1, b"\0\1\0\0\0\0\0\0", version=number),
               f"BEGIN version {number}")
        closed(scene, begin() + rec(PARAMS, 1, params(base()),
                                    version=number) + rec(PARAMS)
               + rec(STDIN), f"PARAMS version {number}")


@case("FCGI-006", "TLS and garbage spoken to the socket", *BOTH)
def garbage(scene):
    for raw in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
                b"\xff" * 4096, b"\0" * 4096, b"SSH-2.0-x\r\n",
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
        closed(scene, raw, repr(raw[:8]))
    serves(scene)


@case("FCGI-007", "HTTP spoken to the socket", *BOTH)
def http_spoken(scene):
    closed(scene, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET")


@case("FCGI-008", "lengths that announce more than comes", *OWN_RAW)
def announced(scene):
    raw = begin() + struct.pack(">BBHHBB", 1, PARAMS, 1, 65535, 255, 0) + b"x"
    with scene.connect(6) as peer:
        peer.send(raw)
        answer = peer.read()
    equal("status", answer.status, 0)
    scene.none_arrived()


@case("FCGI-009", "unknown roles", *BOTH)
def roles(scene):
    for role in (0, 3, 4, 99, 65535):
        with scene.connect() as peer:
            peer.send(begin(role) + stream(PARAMS, params(base()))
                      + rec(STDIN))
            answer = peer.read()
            equal(f"role {role}", (answer.end, answer.status, answer.body),
                  ((0, UNKNOWN_ROLE), 503, b""))
            true("Status first", answer.head.startswith(b"Status: 503 "),
                 answer.head)
    scene.none_arrived()


@case("FCGI-010", "unknown role on a kept connection", *BOTH)
def role_then_next(scene):
    with scene.connect() as peer:
        peer.send(begin(99, keep=1) + stream(PARAMS, params(base()))
                  + rec(STDIN))
        equal("end", peer.read().end, (0, UNKNOWN_ROLE))
        peer.send(REQ(base(), keep=1))
        answer = peer.read()
        equal("next", (answer.status, answer.end), (200, (0, COMPLETE)))
    scene.one_arrived()


@case("FCGI-011", "BEGIN of a wrong length", *BOTH)
def begin_length(scene):
    for size in (0, 1, 7, 9, 16, 65535):
        content = (b"\0\1" + b"\0" * size)[:size]
        closed(scene, rec(BEGIN, 1, content), f"{size} bytes")


@case("FCGI-012", "the authorizer role fails closed", *BOTH)
def authorizer(scene):
    """lighttpd takes an END_REQUEST without a Status for `allowed`; the
    rest of this role is case_authorizer."""
    for pairs, want in ((base("/nowhere/"), 404), (base(HTTPS=None), 426),
                        (base(HTTP_HOST="elsewhere"), 421), ([], 400),
                        (base(method="TRACE"), 405),
                        (base(HTTP_X="x" * 70000), 431)):
        with scene.connect() as peer:
            peer.send(begin(2) + stream(PARAMS, params(pairs)))
            answer = peer.read()
        equal("status", answer.status, want)
        equal("end", answer.end, (0, COMPLETE))
        true("Status is the first line",
             answer.head.startswith(b"Status: %d " % want), answer.head)
    scene.none_arrived()


@case("FCGI-013", "records for an id that never began", *BOTH)
def foreign_id(scene):
    noise = (rec(PARAMS, 7, params(base("/closed/"))) + rec(PARAMS, 7)
             + rec(STDIN, 7, b"x") + rec(STDIN, 7) + rec(ABORT, 7)
             + rec(STDIN, 65535, b""))
    with scene.connect() as peer:
        peer.send(noise + begin() + noise + rec(PARAMS, 1, params(base()))
                  + noise + rec(PARAMS) + noise + rec(STDIN))
        answer = peer.read()
    equal("status", answer.status, 200)
    equal("target", scene.one_arrived().target, "/public/")


@case("FCGI-014", "id 0 for an application record", *BOTH)
def id_zero(scene):
    with scene.connect(5) as peer:
        peer.send(begin(ident=0) + stream(PARAMS, params(base()), 0)
                  + rec(STDIN, 0))
        record = peer.record()
        true("no answer", record is None or record[0] == UNKNOWN_TYPE, record)
    scene.none_arrived()


@case("FCGI-015", "multiplexing is refused", *BOTH)
def multiplexing(scene):
    with scene.connect() as peer:
        peer.send(begin(keep=1) + rec(PARAMS, 1, params(base()))
                  + begin(keep=1, ident=2)
                  + rec(PARAMS, 2, params(base("/closed/"))) + rec(PARAMS, 2)
                  + rec(STDIN, 2) + rec(PARAMS, 1) + rec(STDIN, 1))
        second = peer.read(ident=2)
        equal("second", second.end, (0, CANT_MPX))
        first = peer.read()
        equal("first", (first.status, first.end), (200, (0, COMPLETE)))
    request = scene.one_arrived()
    equal("target", request.target, "/public/")


@case("FCGI-016", "BEGIN again for the active id", *BOTH)
def begin_twice(scene):
    with scene.connect(5) as peer:
        peer.send(begin() + rec(PARAMS, 1, params(base("/closed/")))
                  + begin() + stream(PARAMS, params(base())) + rec(STDIN))
        answer = peer.read()
    equal("status", answer.status, 0)
    scene.none_arrived()


@case("FCGI-017", "PARAMS after their end", *BOTH)
def late_params(scene):
    more = params([("HTTP_COOKIE", "__Host-id=" + "B" * 43)])
    with scene.connect(5) as peer:
        peer.send(begin() + stream(PARAMS, params(base(
            method="POST", CONTENT_LENGTH="5"))) + rec(PARAMS, 1, more)
            + stream(STDIN, b"hello"))
        peer.read()
    scene.none_arrived()
    serves(scene)


@case("FCGI-018", "STDIN before the end of PARAMS", *BOTH)
def early_stdin(scene):
    closed(scene, begin() + rec(PARAMS, 1, params(base()))
           + rec(STDIN, 1, b"x") + rec(PARAMS) + rec(STDIN), "STDIN")


@case("FCGI-019", "name length beyond the stream", *BOTH)
def beyond(scene):
    good = params(base())
    for tail in (b"\x7f\x00abc", b"\x00\x7f", b"\x05\x05abcde", b"\x80",
                 b"\x80\x00", b"\x01", b"\xff\xff\xff\xff\xff\xff\xff\xff",
                 b"\x80\x00\x00\x01", b"\xff\xff\xff\xff\x00"):
        answer = scene.ask(begin() + rec(PARAMS, 1, good + tail)
                           + rec(PARAMS) + rec(STDIN))
        equal(f"{tail!r}: status", answer.status, 400)
        scene.none_arrived(repr(tail))


@case("FCGI-020", "no parameters at all", *BOTH)
def no_params(scene):
    answer = scene.ask(begin() + rec(PARAMS) + rec(STDIN))
    equal("status", answer.status, 400)
    scene.none_arrived()


@case("FCGI-021", "a length in four bytes that fits one", *BOTH)
def not_minimal(scene):
    odd = b"\x80\x00\x00\x06\x80\x00\x00\x01HTTP_Xv"
    answer = scene.ask(begin() + stream(PARAMS, params(base()) + odd)
                       + rec(STDIN))
    equal("status", answer.status, 200)
    equal("X", scene.one_arrived().all("X"), ["v"])


@case("FCGI-022", "a parameter of 127, 128 and 129 bytes", *BOTH)
def length_edge(scene):
    for size in (0, 1, 127, 128, 129, 255, 256, 8000):
        answer = scene.ask(REQ(base() + [("HTTP_X_EDGE", "e" * size)]))
        equal(f"{size}: status", answer.status, 200)
        got = scene.one_arrived().all("X-Edge")
        among(f"{size}: at the application", got,
              (["e" * size], []) if size == 0 else (["e" * size],))


@case("FCGI-023", "lengths split across records", *BOTH)
def split(scene):
    raw = params(base() + [("HTTP_X_LONG", "v" * 300)])
    for step in (1, 2, 3, 5, 64):
        answer = scene.ask(begin() + stream(PARAMS, raw, step=step)
                           + rec(STDIN))
        equal(f"step {step}: status", answer.status, 200)
        equal("value", scene.one_arrived().all("X-Long"), ["v" * 300])


@case("FCGI-024", "an unknown flag in BEGIN", *BOTH)
def flags(scene):
    for bits in (0xfe, 0xff, 0x80):
        with scene.connect() as peer:
            peer.send(begin(keep=bits) + stream(PARAMS, params(base()))
                      + rec(STDIN))
            equal(f"flags {bits:#x}", peer.read().status, 200)
        scene.one_arrived()


@case("FCGI-025", "reserved bytes and padding", *BOTH)
def padding(scene):
    noise = b"GET /closed/ HTTP/1.1\r\n\r\n"
    raw = (rec(BEGIN, 1, b"\0\1\0" + b"\xff" * 5, noise, reserved=255)
           + rec(PARAMS, 1, params(base()), b"\x01" * 255, reserved=255)
           + rec(PARAMS, 1, b"", noise) + rec(STDIN, 1, b"", b"\0" * 255))
    equal("status", scene.ask(raw).status, 200)
    equal("target", scene.one_arrived().target, "/public/")


@case("FCGI-026", "GET_VALUES", *BOTH)
def get_values(scene):
    with scene.connect() as peer:
        peer.send(rec(GET_VALUES, 0, P("FCGI_MAX_CONNS", "")
                      + P("FCGI_MAX_REQS", "") + P("FCGI_MPXS_CONNS", "")))
        kind, ident, content = peer.record()
        equal("record", (kind, ident), (GET_VALUES_RESULT, 0))
        true("no multiplexing", P("FCGI_MPXS_CONNS", "0") in content, content)
        peer.send(REQ(base()))
        equal("next", peer.read().status, 200)
    scene.one_arrived()


@case("FCGI-027", "GET_VALUES with an id, with values, repeated", *BOTH)
def get_values_odd(scene):
    for raw in (rec(GET_VALUES, 1, P("FCGI_MAX_CONNS", "")),
                rec(GET_VALUES, 0, P("FCGI_MAX_CONNS", "99")),
                rec(GET_VALUES, 0, P("FCGI_MPXS_CONNS", "") * 400),
                rec(GET_VALUES, 0, P("X" * 2000, "")),
                rec(GET_VALUES, 0, b"\xff\xff\xff\xff"),
                rec(GET_VALUES, 0, b"\x0f"), rec(GET_VALUES, 0)):
        with scene.connect() as peer:
            peer.send(raw)
            peer.send(REQ(base()))
            peer.read()
        scene.fresh()
    serves(scene)


@case("FCGI-028", "unknown management types", *BOTH)
def management(scene):
    with scene.connect() as peer:
        for kind in (0, 11, 12, 42, 200, 255):
            peer.send(rec(kind, 0, b"abc"))
            record = peer.record()
            true(f"type {kind}", record is not None
                 and record[:2] == (UNKNOWN_TYPE, 0)
                 and record[2][0] == kind, record)
        peer.send(REQ(base()))
        equal("next", peer.read().status, 200)
    scene.one_arrived()


@case("FCGI-029", "unknown application types", *BOTH)
def application_types(scene):
    for kind in (42, 255, STDOUT, END, GET_VALUES_RESULT):
        with scene.connect(5) as peer:
            peer.send(rec(kind, 1, b"x" * 8) + begin()
                      + rec(kind, 1, b"x" * 8)
                      + stream(PARAMS, params(base())) + rec(STDIN))
            equal(f"type {kind}", peer.read().status, 200)
        equal("target", scene.one_arrived().target, "/public/")
