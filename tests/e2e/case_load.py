# SPDX-License-Identifier: Apache-2.0
"""LOAD: what many connections cost, and who has to wait for whom."""

import resource
import statistics
import threading
import time

from harness.ask import fetch, http
from harness.check import equal, true, wait_until
from harness.fcgi import PARAMS, REQ, base, begin, params, rec
from harness.process import allowance, cpu_seconds, open_files, rss_kib
from harness.runner import CALM_HTTP, CALM_RAW, RAW, case

resource.setrlimit(resource.RLIMIT_NOFILE, (
    min(16384, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
    resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def latency(scene, count=150, path="/public/e2e"):
    """Median and 95th percentile, in milliseconds, of single requests on
    one connection."""
    times = []
    with scene.connect() as peer:
        for _ in range(count):
            peer.send(http(scene, path, close=False) if scene.front
                      else REQ(base(path), keep=1))
            answer = peer.read()
            equal("status", answer.status, 200)
            times.append(answer.seconds * 1000)
    times.sort()
    scene.fresh()
    return statistics.median(times), times[int(count * 0.95)]


def idle_cpu(pid, seconds=1.5):
    """Share of a processor that the process takes while nothing is asked of
    it."""
    before = cpu_seconds(pid)
    started = time.monotonic()
    threading.Event().wait(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - started)


@case("LOAD-001", "300 requests wait for a silent application", *CALM_HTTP,
      *CALM_RAW)
def silent(scene):
    """Requests to another application take as long as before."""
    release = threading.Event()
    app = scene.app("few")

    def script(peer, request):
        release.wait(20)
        app.plain(peer, request)
    app.script = script
    before = latency(scene)
    scene.patience = 30
    waiting = []
    try:
        for _ in range(300):
            peer = scene.connect(30)
            peer.send(http(scene, "/few/x") if scene.front
                      else REQ(base("/few/x")))
            waiting.append(peer)
        wait_until("all are waiting", lambda: len(app.requests) == 300, 15)
        during = latency(scene)
        cpu = idle_cpu(scene.world.gateway.pid, 0.5)
    finally:
        release.set()
    for peer in waiting:
        equal("served in the end", peer.read().status, 200)
        peer.close()
    scene.note(f"median {before[0]:.2f} ms before, {during[0]:.2f} ms during"
               f"; p95 {before[1]:.2f} and {during[1]:.2f}; CPU {cpu:.1%}")
    true("not slower", during[0] < before[0] * 2 + 2, (before, during))
    true("no busy waiting", cpu < 0.1, cpu)


@case("LOAD-002", "2,000 idle kept connections", *RAW, *CALM_RAW)
def idle(scene):
    crowd(scene, 2000, lambda peer: (peer.send(REQ(base("/nowhere/"),
                                                   keep=1)),
                                     peer.read()))


@case("LOAD-003", "500 half-sent connections", *RAW, *CALM_RAW)
def half_sent(scene):
    raw = begin() + rec(PARAMS, 1, params(base()))
    crowd(scene, 500, lambda peer: peer.send(raw))
    scene.none_arrived()


@case("LOAD-004", "500 connections that never said a word", *RAW, *CALM_RAW)
def mute(scene):
    crowd(scene, 500, lambda peer: None)


def crowd(scene, count, greet):
    """Opens many connections, then looks at CPU, memory and the latency of
    somebody else's request."""
    pid = scene.world.gateway.pid
    before = latency(scene)
    rss, files = rss_kib(pid), open_files(pid)
    peers = []
    try:
        for _ in range(count):
            peers.append(scene.connect())
            greet(peers[-1])
        del scene.answers[:]
        wait_until("all accepted",
                   lambda: open_files(pid) >= count, 10)
        cpu = idle_cpu(pid)
        grown = (rss_kib(pid) - rss) / count
        during = latency(scene)
    finally:
        for peer in peers:
            peer.close()
    wait_until("descriptors back", lambda: open_files(pid) <= files + 4, 15)
    scene.note(f"{count}: {grown:.1f} KiB each, CPU {cpu:.1%}, median "
               f"{before[0]:.2f} ms before, {during[0]:.2f} ms during")
    true("memory", grown < allowance(pid, 24, 200), f"{grown:.1f} KiB each")
    true("CPU", cpu < 0.05, cpu)
    true("not slower", during[0] < before[0] * 2 + 1, (before, during))


@case("LOAD-005", "many at once, each gets its own answer", *CALM_RAW,
      *CALM_HTTP)
def own_answers(scene):
    """32 clients, 15 requests each; the application answers with what it
    was asked for."""
    app = scene.app()

    def script(peer, request):
        body = request.target.encode()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
                  % (len(body), body))
    app.script = script
    wrong = []

    def client(number):
        with scene.connect(30) as peer:
            for i in range(15):
                path = f"/public/{number}-{i}"
                peer.send(http(scene, path, close=False) if scene.front
                          else REQ(base(path), keep=1))
                answer = peer.read()
                if (answer.status, answer.body) != (200, path.encode()):
                    wrong.append((path, answer.status, answer.body[:80]))
    scene.patience = 20
    threads = [threading.Thread(target=client, args=(n,), daemon=True)
               for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    equal("wrong answers", wrong, [])
    equal("requests", len(app.requests), 32 * 15)


@case("LOAD-006", "one client's slow upload is nobody else's", *CALM_RAW,
      *CALM_HTTP)
def slow_uploads(scene):
    before = latency(scene)
    peers = []
    for _ in range(100):
        peer = scene.connect()
        peer.send(http(scene, "/tcp/x", "Content-Length: 900000",
                       method="POST") + b"x" * 40000 if scene.front else
                  begin() + rec(PARAMS, 1, params(base(
                      "/tcp/x", "POST", CONTENT_LENGTH="900000")))
                  + rec(PARAMS) + rec(5, 1, b"x" * 40000))
        peers.append(peer)
    during = latency(scene)
    for peer in peers:
        peer.close()
    scene.note(f"median {before[0]:.2f} ms before, {during[0]:.2f} ms during")
    true("not slower", during[0] < before[0] * 2 + 2, (before, during))
    wait_until("let go", lambda: not scene.app("tcp").peers, 10)
    for request in scene.fresh():
        true("never whole", request.is_cut)


@case("LOAD-007", "descriptors come back after everything", *RAW, *CALM_RAW)
def baseline(scene):
    """G7, last of its group: a plain request, and what is open then."""
    pid = scene.world.gateway.pid
    equal("status", fetch(scene, "/public/e2e").status, 200)
    scene.fresh()
    count = wait_until("few descriptors", lambda: open_files(pid) < 420
                       and open_files(pid), 30)
    scene.note(f"{count} descriptors, {rss_kib(pid)} KiB")
