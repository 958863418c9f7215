# SPDX-License-Identifier: Apache-2.0
"""DISK: no room, nothing that can be written, broken files, no random bytes.
What works goes on; what does not is refused, and never half done."""

import hashlib
import os
import pathlib
import shutil
import signal
import subprocess

from case_conf import GOOD, check
from case_killsign import ORPHANS
from case_pgx import prepared, recovered, unavailable
from harness.check import Failed, equal, true, wait_until
from harness.facade import beside
from harness.fcgi import REQ, FcgiPeer, base
from harness.process import allowance, rss_kib
from harness.runner import ID_RAW, OWN_RAW, case, not_here
from harness.signs import signed_in
from harness.visitor import LOGIN, Visitor

MIB = 1024 * 1024
TOKEN = 32         # random bytes of a token
NO_RANDOM = [os.path.realpath("/usr/bin/python3"), str(
    pathlib.Path(__file__).parent / "harness/noentropy.py")]
# Everything is read-only but one folder, and no file can get a byte.
READ_ONLY = ["unshare", "--mount", "sh", "-c",
             'mount --bind "$1" "$1" && mount -o remount,bind,ro / && shift '
             '&& ! touch /tmp/gh-e2e-written 2>/dev/null '
             '&& exec prlimit --fsize=0 "$@"', "sh"]
NO_DEVICES = ["unshare", "--mount", "sh", "-c",
              'mount -t tmpfs none /dev && exec "$@"', "sh"]
# In some containers not even root may.
MAY_MOUNT = subprocess.run([*NO_DEVICES, "true"], capture_output=True,
                           check=False).returncode == 0
MOUNTED = ID_RAW if MAY_MOUNT else ()


@case("DISK-001", "the volume of PostgreSQL is full", *MOUNTED, seconds=180)
def volume_full(scene):
    """Whoever was refused has left nothing, and it works again by itself
    once there is room."""
    alice, _ = prepared(scene)
    world = scene.world
    cluster = world.cluster
    with small_volume(cluster) as fill:
        recovered(scene, alice)
        # A log that needs a new file meanwhile would end PostgreSQL.
        cluster.do("select pg_switch_wal(); checkpoint")
        fill()
        statuses = []
        for n in range(400):
            visitor = Visitor(scene, f"10.9.{n // 200}.{n % 200 + 1}")
            answer = visitor.sign_in("bob", events=())
            statuses.append(answer.status)
            if answer.status != 303:
                unavailable("signing in", answer)
                break
        true("it is full in the end", statuses[-1] == 503, statuses[-5:])
        scene.note(f"{len(statuses) - 1} sign-ins until it was full")
        equal("the form is shown", Visitor(scene).get(LOGIN).status, 200)
        equal("public", alice.get("/public/x").status, 200)
        true("the log of PostgreSQL says so", "No space left on device"
             in cluster.log.tail(200000))
        fill(False)
        wait_until("signing in works again", lambda: Visitor(scene).sign_in(
            "carol", events=()).status == 303, 20)
        signed_in(scene, alice, "alice")
        equal("sessions without rows, rows without sessions",
              cluster.rows(ORPHANS.format(mark=world.mark)), [])
    recovered(scene, alice)


class small_volume:
    """The cluster's data on a volume of its own, nearly full; what it gives
    takes the rest away, and back."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.aside = cluster.data + ".aside"

    def mount(self, megabytes):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700,"
             f"uid={self.cluster.who.pw_uid},gid={self.cluster.who.pw_gid}",
             "none", self.cluster.data], capture_output=True, check=False)
        if done.returncode:
            raise Failed(f"mount: {done.stderr!r}")

    def move(self, source, target):
        subprocess.run(["cp", "-a", f"{source}/.", target], check=True,
                       timeout=60)

    def __enter__(self):
        cluster = self.cluster
        cluster.stop()
        used = subprocess.run(["du", "-sm", cluster.data], check=True,
                              capture_output=True, text=True).stdout
        os.rename(cluster.data, self.aside)
        os.mkdir(cluster.data)
        try:
            self.mount(int(used.split()[0]) + 40)
            self.move(self.aside, cluster.data)
            cluster.start()
        except BaseException:
            self.__exit__()
            raise
        return self.fill

    def fill(self, full=True):
        path = f"{self.cluster.data}/filler"
        if not full:
            os.unlink(path)
            return
        with open(path, "wb", buffering=0) as filler:
            for size in (MIB, 4096):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError:
                    continue

    def __exit__(self, *_):
        cluster = self.cluster
        cluster.stop()
        if os.path.ismount(cluster.data):
            if os.path.exists(f"{cluster.data}/filler"):
                self.fill(False)
            if os.path.exists(f"{cluster.data}/PG_VERSION"):
                shutil.rmtree(self.aside)
                os.mkdir(self.aside, 0o700)
                os.chown(self.aside, cluster.who.pw_uid, cluster.who.pw_gid)
                self.move(cluster.data, self.aside)
            subprocess.run(["umount", cluster.data], check=True)
        os.rmdir(cluster.data)
        os.rename(self.aside, cluster.data)
        cluster.start()


@case("DISK-003", "a gateway that can write no file at all", *MOUNTED,
      seconds=180)
def read_only(scene):
    """Bodies of any size pass through memory that does not grow."""
    gateway = scene.world.make("readonly")
    gateway.under = [*READ_ONLY, gateway.folder]
    gateway.is_piped = True
    size = (256 if scene.options.long else 16) * MIB
    with beside(scene, gateway) as other:
        with open(f"/proc/{gateway.pid}/limits", encoding="ascii") as limits:
            true("no file can get a byte", any(
                line.split()[:4] == ["Max", "file", "size", "0"]
                for line in limits))
        alice = Visitor(other)
        equal("sign-in", alice.sign_in("alice").status, 303)
        for n in (10, MIB):
            send(other, alice, n)
        before = rss_kib(gateway.pid)
        send(other, alice, size)
        grown = rss_kib(gateway.pid) - before
        scene.note(f"{size // MIB} MiB, {grown} KiB more memory")
        true("in constant memory", grown < allowance(
            gateway.pid, 4096, 48 * 1024), grown)
        equal("sign-out", alice.sign_out().status, 303)


def send(scene, visitor, size):
    """An upload arrives as it was sent."""
    body = os.urandom(1024) * (size // 1024) + bytes(size % 1024)
    scene.fresh()
    answer = visitor.ask("/app/up", method="POST", body=body, timeout=50)
    equal(f"{size}: status", answer.status, 200)
    request = scene.one_arrived("app")
    equal(f"{size}: length", request.body_length, size)
    equal(f"{size}: content", request.body_sha256,
          hashlib.sha256(body).hexdigest())


def broken(good):
    """(what, bytes, line of the mistake) of files like a good one."""
    lines = good.split(b"\n")
    entry = lines.index(b"[entry public]")

    def put(at, *more):
        return b"\n".join(lines[:at] + list(more) + lines[at:])
    return (
        ("cut within a section's name", b"\n".join(lines[:entry])
         + b"\n[entry pub", entry + 1),
        ("cut within a key", b"\n".join(lines[:entry + 1]) + b"\nkin",
         entry + 2),
        ("a NUL", put(entry + 1, b"mode = 06\x0060"), entry + 2),
        ("a block of NULs", put(entry, bytes(4096)), entry + 1),
        ("NULs at the end", good + bytes(512), len(lines)),
        ("100 MB", good + b"# more of it\n" * (100 * MIB // 13), None),
        ("one line of 100 MB", good + b"# " + b"x" * (100 * MIB),
         len(lines)),
        ("the same key twice", put(entry + 1, b"kind = public"), None),
        ("the same section twice", good + b"\n[gateway]\nworkers = 1\n",
         None),
        ("an unknown key", put(entry + 1, b"colour = red"), entry + 2),
        ("a file that is included", b"include = other.conf\n" + good, 1))


@case("DISK-005", "broken files at a reload", *OWN_RAW)
def reload(scene):
    """Refused as a whole, and the mistake is found in them without a
    gateway."""
    gateway = scene.world.make("firm")
    equal("a good file", check(scene, GOOD)[0], 0)
    with gateway:
        with open(gateway.config, "rb") as file:
            good = file.read()
        before = rss_kib(gateway.pid)
        for what, text, line in broken(good):
            status, said = check(scene, None, raw=text)
            equal(f"{what}: exit status", status, 78)
            want = "try.conf:" if line is None else f"try.conf:{line}:"
            true(f"{what}: the line", want in said, said)
            with open(gateway.config, "wb") as file:
                file.write(text)
            gateway.log.news()
            gateway.process.send_signal(signal.SIGHUP)
            seen = bytearray()

            def is_refused(seen=seen):
                seen += gateway.log.news()
                return b"config_rejected" in seen
            wait_until(f"{what}: refused", is_refused)
            with FcgiPeer(gateway.socket) as peer:
                peer.send(REQ(base()))
                equal(f"{what}: served", peer.read().status, 200)
        grown = rss_kib(gateway.pid) - before
        true("no memory for it", grown < allowance(
            gateway.pid, 4096, 48 * 1024), grown)
        gateway.write()
        gateway.process.send_signal(signal.SIGHUP)
        wait_until("a good one is taken", lambda: b"config_reloaded"
                   in gateway.log.news())


def posted(scene, inputs, csrf):
    """Somebody with a good form wants to come in."""
    visitor = Visitor(scene)
    visitor.cookies = dict(inputs.cookies)
    return visitor.post(LOGIN, [
        ("username", "alice"),
        ("password", scene.world.passwords["alice"]),
        ("csrf", csrf)])


@case("DISK-007", "no random bytes", *ID_RAW)
def no_random(scene):
    """Nobody gets a token of any kind. Without an id for a request, nothing
    at all is answered but 503; with one, who is in stays in."""
    alice, inputs = Visitor(scene), Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    csrf = inputs.form()["csrf"]
    sessions = "select count(*) from gatehouse_data.session"
    before = scene.world.cluster.one(sessions)
    gateway = scene.world.make("deaf")
    gateway.under = [*NO_RANDOM, "2", "1000000"]
    with beside(scene, gateway) as other:
        visitor = Visitor(other)
        visitor.cookies = dict(alice.cookies)
        for answer in (visitor.get(LOGIN), visitor.get("/app/x"),
                       visitor.get("/public/x"), posted(other, inputs, csrf)):
            unavailable("without any", answer)
        scene.none_arrived()
    gateway.under = [*NO_RANDOM, str(TOKEN), str(TOKEN)]
    with beside(scene, gateway) as other:
        for answer in (Visitor(other).get(LOGIN), posted(other, inputs, csrf)):
            unavailable("without those of a token", answer)
        scene.none_arrived()
        visitor = Visitor(other)
        visitor.cookies = dict(alice.cookies)
        signed_in(other, visitor, "alice")
    equal("sessions", scene.world.cluster.one(sessions), before)


@case("DISK-007", "no random bytes from the beginning", *MOUNTED)
def never_random(scene):
    gateway = scene.world.make("numb")
    gateway.write()
    done = subprocess.run(
        [*NO_DEVICES, *NO_RANDOM, "0", "1000000", gateway.binary, "-c",
         gateway.config], stdin=subprocess.DEVNULL, capture_output=True,
        timeout=20, check=False)
    equal("exit status", done.returncode, 1)
    true("why", b"no random bytes" in done.stderr, done.stderr)
    equal("its socket", os.path.exists(gateway.socket), False)


if not MAY_MOUNT:
    not_here("DISK-001, DISK-003, half of DISK-007",
             "nothing may be mounted on this machine")
