# SPDX-License-Identifier: Apache-2.0
"""PGX: a database that is stopped, silent, slow or refuses. Protected paths
answer 503 and say when to come again, cookies are kept, no byte reaches an
application, and it works again by itself."""

import os
import shutil
import signal
import subprocess
import threading
import time

from case_brute import together
from harness.check import Failed, equal, true, wait_until
from harness.cluster import Cluster
from harness.runner import ID, ID_RAW, case
from harness.signs import signed_in
from harness.visitor import LOGIN, LOGOUT, WRONG, Visitor, sets

AWAY = ("authn_login_fail", "authn_login_success", "session_created",
        "authn_login_successafterfail", "session_logout")


def unavailable(what, answer, seconds=3.5):
    equal(f"{what}: status", answer.status, 503)
    true(f"{what}: Retry-After",
         (answer.one("Retry-After") or "").isdigit(), answer.headers)
    equal(f"{what}: cookies", answer.all("Set-Cookie"), [])
    true(f"{what}: in time", answer.seconds < seconds, answer.seconds)


def away(scene, alice, form, seconds=3.5):
    """Everything that has to do with accounts, while there is no database;
    what has nothing to do with them goes on."""
    scene.fresh()
    unavailable("navigation", alice.get("/app/x"), seconds)
    unavailable("script", alice.fetch("/app/x"), seconds)
    unavailable("/auth/session", alice.fetch("/auth/session"), seconds)
    unavailable("signing out", alice.post(
        LOGOUT, [("csrf", form["logout"])]), seconds)
    scene.none_arrived()
    stranger = Visitor(scene)
    equal("the form is shown", stranger.get(LOGIN).status, 200)
    stranger.cookies = dict(form["cookies"])
    unavailable("signing in", stranger.post(
        LOGIN, [("username", "alice"), ("password", WRONG),
                ("csrf", form["login"])]), seconds)
    scene.none_arrived()
    equal("public", alice.get("/public/x").status, 200)
    equal("without identity", scene.one_arrived().all("Remote-User"), [""])
    equal("nobody at a protected path", Visitor(scene).get("/app/").status,
          303)


def prepared(scene):
    """Alice is in, and forms are open."""
    scene.is_faulty = True
    scene.optional.update(AWAY)
    alice, other = Visitor(scene), Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    form = {"logout": alice.form(LOGOUT)["csrf"],
            "login": other.form()["csrf"], "cookies": dict(other.cookies)}
    return alice, form


def connected_again(world):
    """A question that is answered no while PostgreSQL is not there."""
    def ask():
        try:
            return world.is_connected()
        except Failed:
            return False
    return ask


def recovered(scene, alice):
    """By itself, with the session as it was."""
    since = time.monotonic()
    wait_until("connected again", connected_again(scene.world), 15)
    left = 15 - (time.monotonic() - since)
    wait_until("served again, by every loop", lambda: all(
        alice.fetch("/auth/session").status == 200 for _ in range(16)), left)
    scene.note(f"served again after {time.monotonic() - since:.1f} s")
    signed_in(scene, alice, "alice")


@case("PGX-001", "stopped, and started again", *ID)
def stopped(scene):
    alice, form = prepared(scene)
    cluster = scene.world.cluster
    cluster.stop(signal.SIGINT)
    try:
        away(scene, alice, form, 1.5)
    finally:
        cluster.restart()
    recovered(scene, alice)


@case("PGX-002", "killed, and started again", *ID_RAW)
def killed(scene):
    alice, form = prepared(scene)
    cluster = scene.world.cluster
    cluster.stop(signal.SIGKILL)
    try:
        away(scene, alice, form, 1.5)
    finally:
        cluster.restart()
    recovered(scene, alice)


@case("PGX-003", "silent: SIGSTOP to all of it", *ID_RAW)
def silent(scene):
    """Each request waits for its own deadline at most, and many at once are
    not slower than one."""
    alice, form = prepared(scene)
    cluster = scene.world.cluster
    cluster.pause()
    try:
        started = time.monotonic()
        found = together([lambda: alice.clone().fetch("/app/x").status] * 40,
                         workers=40)
        taken = time.monotonic() - started
        equal("statuses", set(found), {503})
        true("together", taken < 6, taken)
        away(scene, alice, form)
    finally:
        cluster.go_on()
    recovered(scene, alice)


@case("PGX-004", "every connection of the gateway is cut", *ID)
def cut(scene):
    alice, _ = prepared(scene)
    for _ in range(5):
        scene.world.cluster.do(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where usename = 'gatehouse_gateway'")
        answer = alice.get("/app/x")
        true("served or 503", answer.status in (200, 503), answer.status)
        equal("the cookie stays", sets(answer, "__Host-id"), None)
    recovered(scene, alice)


@case("PGX-006", "a restart in the middle of traffic", *ID_RAW)
def restarted(scene):
    alice, _ = prepared(scene)
    cluster, found, pause = scene.world.cluster, [], threading.Event()

    def traffic():
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            found.append(alice.clone().fetch("/app/x").status)
            pause.wait(0.01)

    def restart():
        cluster.stop(signal.SIGINT)
        cluster.restart()
    together([traffic, traffic, restart], workers=3)
    equal("other statuses", set(found) - {200, 503}, set())
    recovered(scene, alice)


def hindered(scene, table, body, play):
    """Plays while a trigger runs `body` before each insert into `table`."""
    cluster = scene.world.cluster
    cluster.do(
        "create function public.hinder() returns trigger language plpgsql "
        f"as $$ begin {body}; return new; end $$; create trigger hinder "
        f"before insert on {table} for each row execute function "
        "public.hinder()")
    try:
        play()
    finally:
        cluster.do(f"drop trigger hinder on {table}; "
                   "drop function public.hinder()")


@case("PGX-011", "slow: three seconds for a session", *ID_RAW)
def slow(scene):
    alice, _ = prepared(scene)

    def play():
        answer = Visitor(scene).sign_in("bob", events=())
        unavailable("signing in", answer)
        equal("the form is shown", Visitor(scene).get(LOGIN).status, 200)
        signed_in(scene, alice, "alice")
    hindered(scene, "gatehouse_data.session", "perform pg_sleep(3)", play)
    equal("no session is left", scene.world.sessions("bob"), 0)
    scene.world.cluster.do("delete from gatehouse_data.throttle")
    equal("afterwards", Visitor(scene).sign_in("bob").status, 303)


@case("PGX-013", "serialization failures and deadlocks", *ID_RAW)
def serialization(scene):
    """Whatever is tried again, it ends, and nobody is half signed in."""
    prepared(scene)
    for state in ("40001", "40P01", "53300", "XX000"):
        def play(state=state):
            answer = Visitor(scene).sign_in("bob", events=())
            unavailable(state, answer)
        hindered(scene, "gatehouse_data.session",
                 f"raise exception using errcode = '{state}'", play)
        scene.world.cluster.do("delete from gatehouse_data.throttle")
    equal("no session is left", scene.world.sessions("bob"), 0)


@case("PGX-017", "the audit trail takes nothing", *ID)
def no_audit(scene):
    """What must be recorded does not happen: nobody comes in, and nobody is
    told to be out who is not."""
    alice, _ = prepared(scene)

    def play():
        unavailable("signing in", Visitor(scene).sign_in("bob", events=()))
        unavailable("a failure", Visitor(scene).sign_in(
            "bob", WRONG, events=()))
        unavailable("signing out", alice.sign_out(events=()))
    hindered(scene, "gatehouse_audit.event", "raise exception 'full'", play)
    equal("no session is left", scene.world.sessions("bob"), 0)
    signed_in(scene, alice, "alice")
    scene.world.cluster.do("delete from gatehouse_data.throttle")
    equal("afterwards", alice.sign_out().status, 303)


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True,
                   capture_output=True, timeout=60)


def make_certificates(folder):
    """Two authorities; of the first a good certificate of localhost, an
    expired one, and one of another host; of the second a good one."""
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("ca", "other"):
        openssl(folder, "req", "-x509", *new, "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.pem")
    for name, ca, host, days in (("good", "ca", "localhost", "2"),
                                 ("expired", "ca", "localhost", "-1"),
                                 ("wrong name", "ca", "db.example", "2"),
                                 ("other authority", "other", "localhost",
                                  "2")):
        openssl(folder, "req", *new, "-subj", f"/CN={host}", "-keyout",
                f"{name}.key", "-out", f"{name}.csr")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA",
                f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial",
                "-days", days, "-out", f"{name}.pem")


class TlsCluster(Cluster):
    """A server on an address of its own of the loopback network, which comes
    up with the certificate and the settings that it is told."""

    def __init__(self):
        pid = os.getpid()
        self.address = f"127.{pid >> 16 & 127 | 128}.{pid >> 8 & 255}." \
                       f"{pid & 255}"
        super().__init__(f"listen_addresses = '{self.address}'\n"
                         "log_connections = on\n"
                         "include_if_exists = 'tls.conf'\n")

    def put(self, name, source):
        shutil.copy(source, f"{self.data}/{name}")
        os.chown(f"{self.data}/{name}", self.who.pw_uid, self.who.pw_gid)
        os.chmod(f"{self.data}/{name}", 0o600)

    def again(self, certificate, settings="ssl = on", way="scram-sha-256"):
        self.stop()
        for kind, name in (("key", "server.key"), ("pem", "server.crt")):
            self.put(name, f"{self.folder}/{certificate}.{kind}")
        for name, text in (("tls.conf", settings),
                           ("pg_hba.conf", "local all postgres peer map=own\n"
                            f"host all all 127.0.0.0/8 {way}\n")):
            with open(f"{self.data}/{name}", "w", encoding="ascii") as file:
                file.write(text)
            os.chmod(f"{self.data}/{name}", 0o644)
        self.start()
        self.log.news()


@case("PGX-015", "a database that cannot prove who it is", *ID_RAW)
def certificates(scene):
    """It is asked nothing and told no password. (verify-full is demanded,
    CONF-007; what an administrator adds is channel_binding.)"""
    cluster = TlsCluster()
    gateway = scene.world.make("tls")
    try:
        cluster.make()
        make_certificates(cluster.folder)
        gateway.sections["database"]["dsn"] = (
            f"host=localhost hostaddr={cluster.address} "
            f"user=gatehouse_gateway password={cluster.password} "
            "dbname=gatehouse sslmode=verify-full channel_binding=require "
            f"sslrootcert={cluster.folder}/ca.pem")
        gateway.write()
        old = "ssl = on\nssl_min_protocol_version = 'TLSv1'\n" \
              "ssl_max_protocol_version = 'TLSv1.1'"
        for what, want, *how in (
                ("good", 0, "good"), ("expired", 69, "expired"),
                ("wrong name", 69, "wrong name"),
                ("other authority", 69, "other authority"),
                ("no TLS", 69, "good", "ssl = off"),
                ("TLS 1.1", 69, "good", old),
                ("asks for the password", 69, "good", "ssl = on", "password"),
                ("asks for nothing", 69, "good", "ssl = on", "trust"),
                ("good again", 0, "good")):
            cluster.again(*how)
            done = subprocess.run(
                [scene.world.binary, "-c", gateway.config, "--check-db"],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=20,
                check=False)
            said = cluster.log.news().decode("latin-1")
            equal(f"{what}: exit status {done.stderr}", done.returncode, want)
            equal(f"{what}: it was asked something",
                  "/* gatehouse: " in said, want == 0)
            true(f"{what}: no password", cluster.password not in said
                 + done.stderr.decode("latin-1"), said)
    finally:
        cluster.remove()
