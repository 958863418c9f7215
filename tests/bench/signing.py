# SPDX-License-Identifier: Apache-2.0
"""The part of the bench's world that signs people in: a throw-away PostgreSQL,
a key ring, accounts, an application for accounts only, and clients that sign
in without a pause. Used by tests/bench/run and tests/bench/flood."""

import ctypes
import grp
import http.client
import pathlib
import pwd
import re
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness.cluster import Cluster  # noqa: E402
from harness.keyring import KeyRing, SODIUM, argon2id  # noqa: E402
from world import ACCOUNT, HOST, BenchError  # noqa: E402

# The suite has every statement logged, with its values; nobody runs it so.
# Statements are counted instead, and nothing is vacuumed: that would cost
# whatever is measured at the moment, not what made it necessary.
CLUSTER = """
log_min_duration_statement = -1
shared_preload_libraries = pg_stat_statements
pg_stat_statements.save = off
autovacuum = off
"""

# So many that those who sign in at once are not taken for guessers: of 16, six
# at one account are refused, and of 32 accounts that happened once in a while.
# Each leaves a session, and judges the ones its account has: were those many,
# the figure would be theirs.
NAMES, PASSWORD = [f"p{n}" for n in range(512)], "correct-horse-battery-9"

SETTINGS = """
[database]
dsn = {dsn}

[keys]
file = {keys}

[password]
memory = {memory}M
passes = {passes}
threads = {threads}

[session]
per_account = 100
"""

# Each request from an address of its own; prints how many were answered as a
# checked password is ({done}), with 503, and the last other status.
POST_SCRIPT = """\
local threads = {{}}
function setup(thread) table.insert(threads, thread) end
function init() math.randomseed(os.time()) done_ = 0 refused = 0 odd = 0 end
function request()
    local n = math.random(1, 1000000000)
    return wrk.format("POST", "/auth/login", {{
        ["Host"] = "{host}", ["Origin"] = "https://{host}",
        ["Cookie"] = "{cookie}",
        ["Content-Type"] = "application/x-www-form-urlencoded",
        ["X-Forwarded-For"] = "10." .. math.random(0, 255) .. "."
            .. math.random(0, 255) .. "." .. math.random(1, 254)
    }}, "csrf={csrf}&" .. {fields})
end
function response(status)
    if status == {done} then done_ = done_ + 1
    elseif status == 503 then refused = refused + 1
    else odd = status end
end
done = function()
    local d, r, o = 0, 0, 0
    for _, thread in ipairs(threads) do
        d = d + thread:get("done_")
        r = r + thread:get("refused")
        if thread:get("odd") ~= 0 then o = thread:get("odd") end
    end
    io.write(string.format("posts %d %d %d\\n", d, r, o))
end
"""
# Lua that gives the fields of a form, and the status of the answer: guesses at
# names that nobody has, and the right password.
GUESS = ('"username=g" .. n .. "&password=guess-of-" .. n', 401)
RIGHT = (f'"username=p" .. n % {len(NAMES)} .. "&password={PASSWORD}"', 303)


class SignIn:
    """PostgreSQL, keys and accounts; a context manager."""

    def __init__(self, memory=64, passes=3, threads=2):
        self.cost = {"memory": memory, "passes": passes, "threads": threads}
        self.cluster = Cluster(CLUSTER)
        self.keys = f"{self.cluster.folder}/keys"
        self.ring = KeyRing()
        self.ring.write(self.keys, pwd.getpwnam(ACCOUNT).pw_uid,
                        grp.getgrnam(ACCOUNT).gr_gid)

    def __enter__(self):
        try:
            self.cluster.make()
            self.cluster.do("create extension pg_stat_statements")
            for name in NAMES:
                self._add_account(name)
        except BaseException:
            self.cluster.remove()
            raise
        return self

    def __exit__(self, *_):
        self.cluster.remove()

    def _add_account(self, name):
        admin = self.cluster.admin
        number = int(admin(f"select gatehouse.account_add('{name}', '{name}', "
                           "'', 'bench')"))
        phc, kid, mac = self.ring.credential(
            number, PASSWORD, memory_kib=self.cost["memory"] * 1024,
            passes=self.cost["passes"])
        admin(f"select gatehouse.account_password('{name}', '{phc}', '{kid}', "
              f"'\\x{mac.hex()}', 'bench')")

    def _add_application(self, name, path, backend, role):
        admin = self.cluster.admin
        admin(f"select gatehouse.application_add('{name}', '', '{path}', "
              f"array['http://unix:{backend}'], 'forward', null, 'bench')")
        admin(f"select gatehouse.application_change('{name}', null, null, "
              "null, null, null, 1024, 512, null, null, null, null, null, "
              "'bench')")
        admin(f"select gatehouse.permission_add('{name}', 'all', '/**', "
              "array['*'], 'bench')")
        admin(f"select gatehouse.role_grant_permission('{role}', '{name}', "
              "'all', null, null, null, 'bench')")

    def statements(self):
        """How often the gateways have sent each of their statements."""
        rows = self.cluster.rows(
            "select substring(query from 'gatehouse: ([a-z_]+)') as name, "
            "sum(calls) as n from pg_stat_statements "
            "where query like '/* gatehouse: %' group by 1")
        return {row["name"]: int(row["n"]) for row in rows}

    def settings(self, backend):
        """What a gateway's configuration says about all this, with [session]
        last; what is mounted where is in the database."""
        self._add_application("public", "/", backend, "anonymous")
        self._add_application("private", "/app/", backend, "authenticated")
        return SETTINGS.format(backend=backend, dsn=self.cluster.dsn,
                               keys=self.keys, **self.cost)


def ask(world, method, target, headers, body=None):
    """One request through nginx; returns answer and body."""
    client = http.client.HTTPConnection("127.0.0.1", world.ports["F"],
                                        timeout=30)
    client.request(method, target, body, {"Host": HOST, **headers})
    answer = client.getresponse()
    text = answer.read().decode()
    client.close()
    return answer, text


def form(world):
    """Cookie and token of a sign-in form, good for many posts."""
    answer, text = ask(world, "GET", "/auth/login", {})
    cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]
    token = re.search(r'name="csrf" value="([^"]+)"', text)
    if answer.status != 200 or not cookie or not token:
        raise BenchError(f"no sign-in form: {answer.status}\n{text[:500]}")
    return {"cookie": cookie, "csrf": token[1]}


def session_cookie(world):
    """Signs in; the session's cookie as a client sends it."""
    page = form(world)
    body = urllib.parse.urlencode({"csrf": page["csrf"], "username": NAMES[0],
                                   "password": PASSWORD})
    answer, text = ask(world, "POST", "/auth/login", {
        "Origin": f"https://{HOST}", "Cookie": page["cookie"],
        "Content-Type": "application/x-www-form-urlencoded"}, body)
    for line in answer.headers.get_all("Set-Cookie") or []:
        if line.startswith("__Host-id=") and answer.status == 303:
            return line.partition(";")[0]
    raise BenchError(f"no sign-in: {answer.status}\n{text[:500]}")


def start_posts(world, kind, seconds, connections):
    """Clients that post the form again and again, for so long."""
    fields, done = kind
    script = world.dir / "posts.lua"
    script.write_text(POST_SCRIPT.format(host=HOST, fields=fields, done=done,
                                         **form(world)))
    return subprocess.Popen(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
         "-s", script, f"http://127.0.0.1:{world.ports['F']}/auth/login"],
        stdout=subprocess.PIPE, text=True)


def end_posts(posts, seconds):
    """Posts a second whose password was checked, and those answered 503."""
    said = posts.communicate(timeout=seconds + 60)[0]
    counts = re.search(r"^posts (\d+) (\d+) (\d+)$", said, re.M)
    if not counts or int(counts[3]) or not int(counts[1]):
        raise BenchError(f"the posts went wrong: {said}")
    return int(counts[1]) / seconds, int(counts[2]) / seconds


def sodium_rate(sign_in, seconds):
    """Hashes a second of libsodium alone, on as many threads, at that cost."""
    counts = []
    end = time.monotonic() + seconds

    def hash_on():
        n = 0
        while time.monotonic() < end:
            argon2id(b"x" * 32, sign_in.cost["memory"] * 1024,
                     sign_in.cost["passes"])
            n += 1
        counts.append(n)

    ctypes.CDLL(SODIUM).sodium_init()
    threads = [threading.Thread(target=hash_on)
               for _ in range(sign_in.cost["threads"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds
