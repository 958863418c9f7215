# SPDX-License-Identifier: Apache-2.0
"""A throw-away PostgreSQL cluster with the schema of sql/ in it.

It runs as the account postgres in a folder of its own, without network. Only
root becomes its superuser; the gateway's role has a password, so that there
is one that must not be seen anywhere. Everything that it is asked is in its
log, parameters included.
"""

import json
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile

from .check import Failed, wait_until
from .process import LogWatch, is_alive

SQL = pathlib.Path(__file__).resolve().parents[3] / "sql"
END = "-- end of the answer --"
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 80
shared_buffers = 32MB
fsync = off
log_min_duration_statement = 0
log_parameter_max_length = -1
log_parameter_max_length_on_error = -1
logging_collector = off
"""
HBA = """
local all postgres peer map=own
local all all scram-sha-256
"""


def tool(name):
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else name


class Psql:
    """One psql as the superuser; answers come as lists of dicts."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["psql", "-qXAt", "-h", folder, "-U", "postgres", "-d",
             "gatehouse"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, cwd="/",
            start_new_session=True)

    def run(self, sql):
        """Runs statements; returns their output, raises their error."""
        lines = []
        try:
            self.process.stdin.write(f"{sql};\n\\echo {END}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failed("psql: not connected") from None
        for line in self.process.stdout:
            if line.rstrip("\n") == END:
                break
            lines.append(line)
        else:
            raise Failed("psql ended: " + "".join(lines)[-300:])
        text = "".join(lines)
        if "ERROR:" in text or "FATAL:" in text:
            raise Failed(f"psql: {text[-500:]} in {sql[:200]}")
        return text

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait(5)


class Cluster:
    """The server; `folder` is also where its socket is. `more` are settings
    that win over those of the suite."""

    def __init__(self, more=""):
        self.settings = SETTINGS + more
        self.folder = tempfile.mkdtemp(prefix="gh-pg-", dir="/tmp")
        self.data = f"{self.folder}/data"
        self.password = "dsn-" + secrets.token_hex(12)
        self.log = LogWatch(f"{self.folder}/log")
        self.who = pwd.getpwnam("postgres")
        self.process = None
        self.psql = None
        self.paused = []
        self.env = {}                 # besides our own environment
        os.chown(self.folder, self.who.pw_uid, self.who.pw_gid)
        os.chmod(self.folder, 0o755)

    @property
    def dsn(self):
        return (f"host={self.folder} user=gatehouse_gateway "
                f"password={self.password} dbname=gatehouse")

    def as_postgres(self, *command, **more):
        return subprocess.Popen(
            command, user=self.who.pw_uid, group=self.who.pw_gid,
            extra_groups=[], cwd="/", stdin=subprocess.DEVNULL,
            start_new_session=True, **more)

    def make(self):
        """initdb, the first start, the schema."""
        with open(f"{self.folder}/initdb.out", "wb") as out:
            done = self.as_postgres(
                tool("initdb"), "-D", self.data, "-U", "postgres",
                "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
                stdout=out, stderr=out).wait(60)
        if done:
            raise Failed(f"initdb: see {self.folder}/initdb.out")
        for name, text in (("pg_hba.conf", HBA),
                           ("pg_ident.conf", "own root postgres\n")):
            with open(f"{self.data}/{name}", "w", encoding="ascii") as file:
                file.write(text)
        with open(f"{self.data}/postgresql.conf", "a",
                  encoding="ascii") as file:
            file.write(self.settings.format(folder=self.folder))
        self.start()
        self.load()

    def load(self):
        """sql/ in the order of its README, then a password for the role."""
        self.command("-d", "postgres", "-c", "create database gatehouse")
        self.command("-f", str(SQL / "roles.sql"))
        words = ["-1", "-c", "set role gatehouse_owner"]
        for number, file in enumerate(sorted((SQL / "schema").glob("*.sql"))):
            words += ["-f", str(file), "-c",
                      "insert into gatehouse_data.migration (version, name, "
                      f"sha256) values ({number + 1}, '{file.name}', "
                      "sha256('x'))"]
        for kind in ("api", "views"):
            for file in sorted((SQL / kind).glob("*.sql")):
                words += ["-f", str(file)]
        self.command(*words, "-f", str(SQL / "grants.sql"))
        self.command("-c", "alter role gatehouse_gateway password "
                     f"'{self.password}'")
        self.log.news()      # from here on the password is in no statement

    def command(self, *words):
        if "-d" not in words:
            words = ("-d", "gatehouse", *words)
        done = subprocess.run(
            ["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
             "-U", "postgres", *words], cwd="/", capture_output=True,
            text=True, timeout=60, check=False)
        if done.returncode:
            raise Failed("psql: " + done.stderr[-600:])

    def start(self):
        with open(self.log.path, "ab") as log:
            self.process = self.as_postgres(
                tool("postgres"), "-D", self.data, stdout=log, stderr=log,
                env={**os.environ, **self.env})
        wait_until("PostgreSQL accepts", self.accepts, 30)

    def accepts(self):
        if self.process.poll() is not None:
            raise Failed("PostgreSQL ended: " + self.log.tail(600))
        return subprocess.run(
            [tool("pg_isready"), "-q", "-h", self.folder], timeout=10,
            check=False).returncode == 0

    def hang_up(self):
        if self.psql:
            self.psql.close()
            self.psql = None

    def stop(self, how=signal.SIGINT):
        """SIGINT is `fast`; SIGKILL takes every process of it."""
        self.hang_up()
        if self.process is None:
            return
        if how == signal.SIGKILL:
            all_of_it = [self.process.pid] + self.children()
            for pid in all_of_it:
                kill(pid, signal.SIGKILL)
            self.process.wait(20)
            wait_until("PostgreSQL is dead", lambda: not any(
                is_alive(pid) for pid in all_of_it), 10)
        elif self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(20)

    def restart(self):
        if self.process.poll() is not None:
            self.start()

    def children(self):
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        try:
            with open(path, encoding="ascii") as pids:
                return [int(pid) for pid in pids.read().split()]
        except FileNotFoundError:
            return []

    def pause(self):
        """SIGSTOP to all of it."""
        self.hang_up()
        self.paused = [self.process.pid]
        kill(self.process.pid, signal.SIGSTOP)
        self.paused += self.children()
        for pid in self.paused:
            kill(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in self.paused:
            kill(pid, signal.SIGCONT)
        self.paused = []

    def do(self, sql):
        """Statements as the superuser."""
        if self.psql is None:
            self.psql = Psql(self.folder)
        try:
            return self.psql.run(sql)
        except Failed:
            self.hang_up()
            raise

    def admin(self, sql):
        """The same as an administrator of accounts."""
        return self.do(f"set role gatehouse_admin; {sql}; reset role")

    def rows(self, query):
        """The rows of one query as dicts."""
        text = self.do("select coalesce(json_agg(r), '[]') from "
                       f"({query}) as r")
        return json.loads(text)

    def one(self, query):
        """The one value of one query."""
        found = self.rows(query)
        return next(iter(found[0].values())) if found else None

    def remove(self):
        self.go_on()
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def kill(pid, sign):
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        pass
