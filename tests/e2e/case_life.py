# SPDX-License-Identifier: Apache-2.0
"""FCGI, third part: the life of a connection. Aborts, pipelining, peers that
vanish, that may not connect, or that take too long."""

import os
import socket

from case_fcgi import serves
from harness.check import among, equal, true, wait_until
from harness.fcgi import (ABORT, COMPLETE, PARAMS, REQ, STDIN, FcgiPeer, base,
                          begin, params, rec, stream)
from harness.process import allowance, open_files, rss_kib
from harness.runner import OWN_RAW, RAW, case

BOTH = RAW + OWN_RAW


@case("FCGI-030", "ABORT before the request is whole", *BOTH)
def abort_early(scene):
    for raw in (begin(keep=1), begin(keep=1) + rec(PARAMS, 1, params(base())),
                begin(keep=1) + stream(PARAMS, params(base(
                    method="POST", CONTENT_LENGTH="9")))
                + rec(STDIN, 1, b"1234")):
        with scene.connect() as peer:
            peer.send(raw + rec(ABORT))
            answer = peer.read()
            true("END_REQUEST", answer.end is not None, answer)
            scene.none_arrived()
            peer.send(REQ(base(), keep=1))
            equal("next", peer.read().status, 200)
        scene.one_arrived()


@case("FCGI-031", "ABORT while the application is slow", *OWN_RAW)
def abort_late(scene):
    gone = []
    app = scene.app()
    app.script = lambda peer, _: (gone.append(peer.gone(4)), peer.close())
    with scene.connect() as peer:
        peer.send(REQ(base(), keep=1))
        wait_until("the application was asked", lambda: app.requests)
        peer.send(rec(ABORT))
        answer = peer.read()
        true("END_REQUEST", answer.end is not None)
        true("soon", answer.seconds < 0.9, answer.seconds)
        wait_until("the application saw it", lambda: gone)
        equal("its connection was closed", gone, [True])
        app.script = None
        peer.send(REQ(base(), keep=1))
        equal("next", peer.read().status, 200)


@case("FCGI-032", "pipelined requests are served in order", *BOTH)
def pipelined(scene):
    count = 20
    with scene.connect() as peer:
        peer.send(b"".join(REQ(base(f"/public/{i}"), keep=1)
                           for i in range(count)))
        for i in range(count):
            answer = peer.read()
            equal(f"answer {i}", (answer.status, answer.end),
                  (200, (0, COMPLETE)))
    equal("order", [r.target for r in scene.fresh()],
          [f"/public/{i}" for i in range(count)])


@case("FCGI-033", "the peer vanishes at each phase", *OWN_RAW)
def vanishes(scene):
    gone = []

    def script(peer, _):
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nxxx")
        gone.append(peer.gone(4))
        peer.close()
    pid = scene.world.gateway.pid
    serves(scene, "before")
    before = open_files(pid)
    rounds = 500 if scene.options.long else 60
    whole = REQ(base(method="POST"), b"h" * 50)
    for _ in range(rounds):
        for raw in (whole[:40], whole[:-30]):
            with scene.connect() as peer:
                peer.send(raw)
    scene.app().script = script
    for _ in range(10):
        with scene.connect() as peer:
            peer.send(REQ(base()))
            true("begun", peer.more())
    wait_until("applications let go", lambda: len(gone) == 10)
    equal("all let go", gone, [True] * 10)
    scene.fresh()
    wait_until("descriptors back", lambda: open_files(pid) <= before + 2)


@case("FCGI-034", "the peer closes its sending side only", *BOTH)
def half_close(scene):
    with scene.connect() as peer:
        peer.send(REQ(base()))
        peer.sock.shutdown(socket.SHUT_WR)
        equal("status", peer.read().status, 200)
    scene.one_arrived()


@case("FCGI-035", "many requests on one connection", *BOTH)
def many(scene):
    pid = scene.world.gateway.pid
    count = 100000 if scene.options.long else 1500
    scene.answers = Forgetful()
    with scene.connect() as peer:
        for i in range(count):
            peer.send(REQ(base("/nowhere/"), keep=1))
            answer = peer.read()
            equal(f"answer {i}", answer.status, 404)
            if i == count // 10:
                before = rss_kib(pid)
        grown = rss_kib(pid) - before
    scene.note(f"{count} requests, memory grew by {grown} KiB")
    true("constant memory", grown < allowance(pid, 2048, 300000), grown)


class Forgetful(list):
    """Keeps the last answer only."""

    def append(self, item):
        self[:] = [item]


@case("FCGI-036", "keep=0 closes, keep=1 does not", *BOTH)
def keep(scene):
    with scene.connect(5) as peer:
        peer.send(REQ(base(), keep=0))
        equal("status", peer.read().status, 200)
        true("closed", peer.is_closed(), peer.rest)
    with scene.connect(5) as peer:
        for _ in range(3):
            peer.send(REQ(base(), keep=1, ident=513))
            equal("status", peer.read(ident=513).status, 200)
    equal("requests", len(scene.fresh()), 4)


@case("FCGI-037", "another account may not connect", *BOTH)
def other_account(scene):
    try:
        with FcgiPeer(scene.world.socket, 5, account="nobody") as peer:
            peer.send(REQ(base()))
            equal("no answer", peer.read().status, 0)
    except PermissionError:
        pass
    scene.none_arrived()
    mode = os.stat(scene.world.socket).st_mode & 0o777
    equal("mode of the socket", oct(mode), oct(0o660))


@case("FCGI-038", "only listed accounts, whatever the mode says", *OWN_RAW)
def peers(scene):
    """The socket's group lets www-data in; the list does not."""
    gateway = scene.world.make("listed", peers="nobody, root")
    gateway.account = "root"
    with gateway:
        with FcgiPeer(gateway.socket, 5, account="www-data") as peer:
            peer.send(REQ(base()))
            equal("not listed", peer.read().status, 0)
        scene.none_arrived()
        with FcgiPeer(gateway.socket, 5, account="root") as peer:
            peer.send(REQ(base()))
            equal("listed", peer.read().status, 200)


@case("FCGI-040", "nothing after END_REQUEST", *BOTH)
def after_end(scene):
    with scene.connect(5) as peer:
        peer.send(REQ(base("/nowhere/")))
        equal("status", peer.read().status, 404)
        true("nothing more", peer.is_closed(), peer.rest)


@case("FCGI-042", "parameters come too slowly", *OWN_RAW)
def slow_params(scene):
    with scene.connect(6) as peer:
        peer.send(begin() + rec(PARAMS, 1, params(base())))
        answer = peer.read()
        true("ended by the deadline", answer.seconds < 4, answer.seconds)
        equal("status", answer.status, 0)
    scene.none_arrived()


@case("FCGI-044", "a body comes too slowly", *OWN_RAW)
def slow_body(scene):
    for length in ("9", "900000"):
        with scene.connect(6) as peer:
            peer.send(begin() + stream(PARAMS, params(base(
                method="POST", CONTENT_LENGTH=length)))
                + rec(STDIN, 1, b"1234"))
            answer = peer.read()
            true("ended by the deadline", answer.seconds < 4, answer.seconds)
            among("status", answer.status, (408,) if length == "9" else
                  (0, 408, 504))
    for request in scene.fresh():
        true("never whole", request.is_cut, request)
