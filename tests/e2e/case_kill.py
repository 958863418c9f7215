# SPDX-License-Identifier: Apache-2.0
"""KILL: signals and deaths. Every case kills processes of its own: a second
gateway, and web servers in front of it where a client must see the end."""

import contextlib
import os
import signal
import subprocess
import threading
import time

from harness.check import Failed, among, equal, true, wait_until
from harness.fcgi import REQ, FcgiPeer, base
from harness.fronts import Front, WebServers
from harness.http1 import HttpPeer
from harness.process import free_port, is_alive, stop
from harness.runner import OWN_RAW, case, not_here


@contextlib.contextmanager
def second_house(scene, name, **changes):
    """A gateway with web servers of its own: (gateway, nginx, lighttpd,
    servers)."""
    ports = [free_port() for _ in range(3)]
    gateway = scene.world.make(name, ports, **changes)
    folder = f"{scene.world.folder}/{name}-web"
    os.mkdir(folder, 0o755)
    servers = WebServers(folder, gateway.socket, ports)
    with gateway:
        try:
            servers.start()
            yield (gateway, Front("nginx", ports[0], "nginx"),
                   Front("lighttpd", ports[2], "lighttpd"), servers)
        finally:
            servers.stop()


def holding(app, release):
    """A script that answers when it is released."""
    def script(peer, request):
        release.wait(10)
        app.plain(peer, request)
    return script


def raw_request(front):
    return (f"GET /public/e2e HTTP/1.1\r\nHost: {front.authority}\r\n"
            "Connection: close\r\n\r\n").encode()


@case("KILL-001", "kill -9 of the gateway, then a new one", *OWN_RAW)
def killed(scene):
    app = scene.app()
    with second_house(scene, "killed") as (gateway, nginx, lighttpd, _):
        for front in (nginx, lighttpd):
            app.script = lambda peer, _: peer.gone(5)
            app.requests.clear()
            with HttpPeer(front) as peer:
                peer.send(raw_request(front))
                wait_until("asked", lambda: app.requests)
                gateway.process.kill()
                gateway.process.wait(5)
                answer = peer.read()
                among(f"{front.name}: in flight", answer.status,
                      (500, 502, 503))
            with HttpPeer(front) as peer:
                peer.send(raw_request(front))
                among(f"{front.name}: without a gateway",
                      peer.read().status, (502, 503))
            app.script = None
            gateway.start()
            wait_until(f"{front.name}: served again",
                       lambda front=front: is_served(front), 5)


def is_served(front):
    with HttpPeer(front) as peer:
        peer.send(raw_request(front))
        return peer.read().status == 200


@case("KILL-002", "SIGHUP: a new configuration without a gap", *OWN_RAW)
def reload(scene):
    gateway = scene.world.make("reloaded")
    with gateway, FcgiPeer(gateway.socket) as peer:
        peer.send(REQ(base(), keep=1))
        equal("before", peer.read().status, 200)
        gateway.sections["application newcomer"] = {
            **gateway.sections["application public"], "path": "/newcomer/"}
        gateway.write()
        gateway.process.send_signal(signal.SIGHUP)

        def arrived():
            peer.send(REQ(base("/newcomer/"), keep=1))
            return peer.read().status == 200
        wait_until("the new application, on the old connection", arrived)
        equal("still the same", gateway.process.poll(), None)


@case("KILL-004", "SIGHUP with a broken file keeps the old one", *OWN_RAW)
def reload_broken(scene):
    gateway = scene.world.make("kept")
    with gateway:
        for text in (b"", b"[gateway]\nnonsense = 1\n", b"\0\xff"):
            gateway.log.news()
            with open(gateway.config, "wb") as config:
                config.write(text)
            gateway.process.send_signal(signal.SIGHUP)
            wait_until("it says so", gateway.log.news)
            with FcgiPeer(gateway.socket) as peer:
                peer.send(REQ(base()))
                equal("served", peer.read().status, 200)
        os.unlink(gateway.config)
        gateway.process.send_signal(signal.SIGHUP)
        wait_until("it says so", gateway.log.news)
        with FcgiPeer(gateway.socket) as peer:
            peer.send(REQ(base()))
            equal("served", peer.read().status, 200)


@case("KILL-004", "SIGHUP with what needs a restart keeps the old one",
      *OWN_RAW)
def reload_restart(scene):
    """Whatever was opened at the start, and says so."""
    gateway = scene.world.make("grounded")
    with gateway:
        for section, key, value in (
                ("gateway", "workers", 3), ("entry public", "mode", "0600"),
                ("entry public", "socket", f"{gateway.folder}/x.sock"),
                ("session", "cache", 10), ("password", "threads", 3),
                ("database", "query", "5s"), ("database", "listen", "off")):
            before = gateway.sections.get(section, {}).get(key)
            gateway.sections.setdefault(section, {})[key] = value
            gateway.write()
            gateway.log.news()
            gateway.process.send_signal(signal.SIGHUP)
            wait_until(f"{key} is refused", lambda: b"needs a restart" in
                       gateway.log.news())
            if before is None:
                del gateway.sections[section][key]
            else:
                gateway.sections[section][key] = before
        gateway.sections = {name: keys for name, keys
                            in gateway.sections.items() if keys}
        gateway.write()
        gateway.process.send_signal(signal.SIGHUP)
        wait_until("as it was", lambda: b"config_reloaded" in
                   gateway.log.news())


@case("KILL-006", "SIGHUP under load", *OWN_RAW)
def reload_under_load(scene):
    gateway = scene.world.make("busy")
    wrong, ended = [], threading.Event()

    def client():
        with FcgiPeer(gateway.socket) as peer:
            while not ended.is_set():
                peer.send(REQ(base(), keep=1))
                answer = peer.read()
                if answer.status != 200:
                    wrong.append(answer.status)
                    return
    with gateway:
        clients = [threading.Thread(target=client, daemon=True)
                   for _ in range(4)]
        for one in clients:
            one.start()
        for _ in range(20):
            gateway.log.news()
            gateway.process.send_signal(signal.SIGHUP)
            wait_until("reloaded", gateway.log.news)
        ended.set()
        for one in clients:
            one.join(10)
    equal("wrong answers", wrong, [])


@case("KILL-009", "SIGTERM drains: what runs is finished", *OWN_RAW)
def drained(scene):
    app = scene.app()
    for kind in (1, 2):
        release = threading.Event()
        app.script = holding(app, release)
        app.requests.clear()
        timeouts = {"first_byte": "10s"}
        with second_house(scene, f"drained{kind}", timeouts=timeouts) as house:
            gateway, front = house[0], house[kind]
            with HttpPeer(front) as peer:
                peer.send(raw_request(front))
                wait_until("asked", lambda: app.requests)
                gateway.process.send_signal(signal.SIGTERM)
                wait_until("nobody new gets in", lambda gateway=gateway:
                           not is_open(gateway.socket))
                equal("it waits", gateway.process.poll(), None)
                release.set()
                answer = peer.read()
            equal(f"{front.name}: in flight",
                  (answer.status, answer.complete, answer.body),
                  (200, True, b"ok\n"))
            equal("exit status", gateway.process.wait(5), 0)


def is_open(path):
    """True while a connection is taken and served."""
    try:
        with FcgiPeer(path, 1) as peer:
            peer.send(REQ(base("/nowhere/")))
            return peer.read().status == 404
    except OSError:
        return False


@case("KILL-010", "SIGTERM ends idle connections at once", *OWN_RAW)
def idle_drained(scene):
    gateway = scene.world.make("idle")
    with gateway:
        peers = [FcgiPeer(gateway.socket) for _ in range(20)]
        for peer in peers[:10]:
            peer.send(REQ(base(), keep=1))
            equal("status", peer.read().status, 200)
        started = time.monotonic()
        gateway.process.send_signal(signal.SIGTERM)
        equal("exit status", gateway.process.wait(4), 0)
        scene.note(f"gone after {time.monotonic() - started:.2f} s")
        for peer in peers:
            true("closed", peer.is_closed())
            peer.close()


@case("KILL-012", "SIGTERM does not wait for ever", *OWN_RAW)
def drain_ends(scene):
    """An application that never answers holds the stop for `drain` only."""
    app = scene.app()
    app.script = lambda peer, _: peer.gone(10)
    gateway = scene.world.make("stuck", timeouts={"drain": "1s",
                                                  "first_byte": "30s"})
    with gateway, FcgiPeer(gateway.socket) as peer:
        peer.send(REQ(base()))
        wait_until("asked", lambda: app.requests)
        started = time.monotonic()
        gateway.process.send_signal(signal.SIGTERM)
        equal("exit status", gateway.process.wait(5), 0)
        seconds = time.monotonic() - started
        true("after its drain time", 0.5 < seconds < 4, seconds)


@case("KILL-011", "kill -9 of nginx in the middle of a request", *OWN_RAW)
def front_killed(scene):
    gone = []
    app = scene.app()

    def script(peer, _):
        gone.append(peer.gone(5))
        peer.close()
    app.script = script
    timeouts = {"first_byte": "10s"}
    with second_house(scene, "front", timeouts=timeouts) as house:
        gateway, nginx, _, servers = house
        with HttpPeer(nginx) as peer:
            peer.send(raw_request(nginx))
            wait_until("asked", lambda: app.requests)
            for child in children(servers.processes[0].pid):
                os.kill(child, signal.SIGKILL)
            wait_until("the application was left", lambda: gone, 3)
        true("the gateway lives", is_alive(gateway.pid))
        app.script = None
        wait_until("served again", lambda: is_served(nginx), 5)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as line:
        found = [int(word) for word in line.read().split()]
    if not found:
        raise Failed(f"{pid} has no children")
    return found


@case("KILL-014", "signals that mean nothing", *OWN_RAW)
def other_signals(scene):
    gateway = scene.world.make("calm")
    with gateway:
        for number in (signal.SIGPIPE, signal.SIGUSR1, signal.SIGCHLD,
                       signal.SIGWINCH, signal.SIGCONT):
            gateway.process.send_signal(number)
            with FcgiPeer(gateway.socket) as peer:
                peer.send(REQ(base()))
                equal(f"after {number.name}", peer.read().status, 200)


@case("KILL-015", "a stopped gateway leaves no socket that looks alive",
      *OWN_RAW)
def started_again(scene):
    """After kill -9 the stale socket file is no obstacle."""
    gateway = scene.world.make("again")
    with gateway:
        gateway.process.kill()
        gateway.process.wait(5)
        gateway.start()
        with FcgiPeer(gateway.socket) as peer:
            peer.send(REQ(base()))
            equal("served", peer.read().status, 200)


@case("KILL-016", "a second gateway does not take a live socket", *OWN_RAW)
def not_taken(scene):
    """Two processes on one path: the first keeps it."""
    first = scene.world.make("first")
    with first:
        second = scene.world.make("second")
        second.socket = first.socket
        second.sections["entry public"]["socket"] = first.socket
        second.write()
        with open(second.log.path, "ab") as log:
            process = subprocess.Popen([second.binary, "-c", second.config],
                                       stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log)
        try:
            wait_until("it gives up", lambda: process.poll() is not None, 5)
        finally:
            stop(process)
        true("with an error", process.returncode not in (0, -15, -9),
             process.returncode)
        with FcgiPeer(first.socket) as peer:
            peer.send(REQ(base()))
            equal("the first serves", peer.read().status, 200)


not_here("KILL-007", "see tests/ctl/key.sh: a rotation is killed")
not_here("KILL-013", "see tests/unit: the n-th allocation fails")
