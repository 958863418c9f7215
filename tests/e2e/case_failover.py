# SPDX-License-Identifier: Apache-2.0
"""PGX-007: a standby takes over from the database. What it has not heard of
must not undo the end of a session: all sessions end, unless the database says
that its standby has heard of everything."""

import shutil
import signal
import subprocess
from contextlib import contextmanager

from case_fresh import remembering
from harness.check import Failed, equal, true, wait_until
from harness.cluster import Cluster, tool
from harness.runner import ID_RAW, case
from harness.visitor import Visitor

MOVED = 30      # seconds by which a gateway has found the other server
AUTHORITY = """
local replication postgres peer map=standby
"""


class Standby(Cluster):
    """A copy of a running cluster that follows it."""

    def __init__(self, primary):
        super().__init__()
        self.primary = primary
        self.password = primary.password

    def make(self):
        primary = self.primary
        for name, text in (("pg_hba.conf", AUTHORITY),
                           ("pg_ident.conf", "standby postgres postgres\n")):
            with open(f"{primary.data}/{name}", "r+",
                      encoding="ascii") as file:
                if text not in file.read():
                    file.write(text)
        primary.do("select pg_reload_conf()")
        done = self.as_postgres(
            tool("pg_basebackup"), "-h", primary.folder, "-U", "postgres",
            "-D", self.data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT).wait(120)
        if done:
            raise Failed(f"pg_basebackup: exit status {done}")
        with open(f"{self.data}/postgresql.conf", "a",
                  encoding="ascii") as file:
            file.write(f"unix_socket_directories = '{self.folder}'\n")
        self.start()
        self.catch_up()

    def catch_up(self):
        """Has replayed what the primary has written until now."""
        place = self.primary.one("select pg_current_wal_lsn()")
        wait_until("the standby has replayed it", lambda: self.one(
            f"select pg_last_wal_replay_lsn() >= '{place}'"), 30)

    def hear_no_more(self):
        self.do("alter system set primary_conninfo = ''")
        self.do("select pg_reload_conf()")
        wait_until("nothing is received", lambda: not self.one(
            "select count(*) from pg_stat_wal_receiver"), 30)

    def take_over(self):
        true("it is the primary now",
             self.one("select pg_promote(true, 60)"))

    def remove(self):
        super().remove()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def followed(scene, name):
    """A standby, and a gateway that knows both servers."""
    scene.is_faulty = True
    primary = scene.world.cluster
    standby = Standby(primary)
    dsn = (f"host={primary.folder},{standby.folder} "
           f"user=gatehouse_gateway password={primary.password} "
           "dbname=gatehouse target_session_attrs=read-write")
    try:
        standby.make()
        with remembering(scene, name, dsn=dsn) as other:
            yield standby, other
            other.world.world.arrived()
    finally:
        primary.restart()
        standby.remove()
        wait_until("connected again", scene.world.is_connected, 30)


def entered(other, name):
    visitor = Visitor(other)
    equal("sign-in", visitor.sign_in(name, events=()).status, 303)
    equal("served", visitor.get("/app/x").status, 200)
    return visitor


def fail_over(scene, standby):
    scene.world.cluster.stop(signal.SIGKILL)
    standby.take_over()


def arrives(visitor, status, ghost):
    """Asks until that is the answer; whoever signed out gets nothing."""
    def asked():
        true("who signed out is out",
             ghost.get("/app/x").status in (303, 503))
        return visitor.get("/app/x").status == status
    wait_until(f"the other server answers, with {status}", asked, MOVED)


def told(standby):
    return standby.rows(
        "select reason, detail ->> 'timeline' as timeline "
        "from gatehouse_audit.event where event = 'database_failover'")


@case("PGX-007", "a standby that has not heard of a sign-out takes over",
      *ID_RAW, seconds=300)
def lost_tail(scene):
    with followed(scene, "lost") as (standby, other):
        alice, bob = entered(other, "alice"), entered(other, "bob")
        ghost = alice.clone()
        ghost.scene = other
        standby.catch_up()
        standby.hear_no_more()
        equal("signed out", alice.sign_out(events=()).status, 303)
        equal("the standby has not heard", standby.one(
            "select count(*) from gatehouse_data.session s "
            "join gatehouse_data.account a using (account_id) "
            "where a.name = 'alice' and s.ended_at is null"), 1)
        fail_over(scene, standby)
        arrives(bob, 303, ghost)
        for _ in range(16):
            equal("not in, in any loop", ghost.get("/app/x").status, 303)
        equal("it is told once", told(standby),
              [{"reason": "sessions_ended", "timeline": "2"}])
        why = bob.get("/app/x").one("Location")
        true("it is said why", why.endswith("&reason=server_moved"), why)
        true("in words", b"moved to another server" in bob.get(why).body)
        entered(other, "alice")
        equal("nothing lives of what was", standby.one(
            "select count(*) from gatehouse_report.signed_in"), 1)


@case("PGX-007", "a standby that has heard of everything takes over",
      *ID_RAW, seconds=300)
def kept(scene):
    primary = scene.world.cluster
    scene.optional.add("sensitive_update")
    primary.do("update gatehouse_data.server_state set failover = 'keep'")
    try:
        with followed(scene, "kept") as (standby, other):
            alice, bob = entered(other, "alice"), entered(other, "bob")
            ghost = alice.clone()
            ghost.scene = other
            equal("signed out", alice.sign_out(events=()).status, 303)
            standby.catch_up()
            fail_over(scene, standby)
            arrives(bob, 200, ghost)
            wait_until("it is told", lambda: told(standby) == [
                {"reason": "sessions_kept", "timeline": "2"}], 10)
            equal("not in", ghost.get("/app/x").status, 303)
    finally:
        primary.do("update gatehouse_data.server_state set failover = 'end'")
