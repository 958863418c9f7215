# SPDX-License-Identifier: Apache-2.0
"""CONF: mistakes of deployment that the product must catch, and what the
demonstration must not be. Programs are run with their own files only."""

import os
import subprocess

from harness.ask import fetch
from harness.check import equal, true
from harness.runner import HTTP, ID_RAW, OWN_RAW, RAW, case, not_here

GOOD = {
    "gateway": ["user = www-data"],
    "entry public": ["kind = public", "socket = {folder}/conf.sock",
                     "origins = https://localhost:8443"],
    "application public": ["path = /public/",
                           "backend = http://127.0.0.1:9", "access = public"],
}


def check(scene, sections, *words, raw=None):
    """Runs `gatehouse -t` on this text; (exit status, what it said)."""
    folder = scene.world.folder
    path = f"{folder}/try.conf"
    text = raw if raw is not None else "".join(
        f"[{name}]\n" + "\n".join(lines) + "\n\n"
        for name, lines in sections.items()).format(folder=folder).encode()
    with open(path, "wb") as config:
        config.write(text)
    done = subprocess.run(
        [scene.world.binary, *(words or ("-t",)), "-c", path],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=20,
        check=False)
    return done.returncode, (done.stdout + done.stderr).decode("latin-1")


def changed(section, *lines):
    return {**GOOD, section: GOOD.get(section, []) + list(lines)}


@case("CONF-000", "a good file is good", *OWN_RAW)
def good(scene):
    status, said = check(scene, GOOD)
    equal("exit status", (status, said if status else ""), (0, ""))


@case("CONF-001", "an entry on TCP", *OWN_RAW)
def tcp(scene):
    for value in ("0.0.0.0:9000", "127.0.0.1:9000", ":9000", "9000",
                  "tcp://0.0.0.0:9000", "relative.sock"):
        sections = {**GOOD, "entry public": [
            "kind = public", f"socket = {value}",
            "origins = https://localhost:8443"]}
        status, said = check(scene, sections)
        equal(f"{value}: exit status", status, 78)
        true("file and line", "try.conf:" in said, said)


@case("CONF-002", "errors have a line and a hint", *OWN_RAW)
def errors(scene):
    rows = ((changed("gateway", "colour = red"), "colour"),
            (changed("gateway", "worker = 2"), "workers"),
            (changed("gatway", "workers = 2"), "gatway"),
            (changed("limits", "body = many"), "body"),
            (changed("limits", "body = -1"), "body"),
            (changed("timeouts", "connect = 3"), "connect"),
            (changed("timeouts", "idle = 99999999999h"), "idle"),
            (changed("application public", "access = maybe"), "access"),
            (changed("application public", "path = /x/"), "path"),
            (changed("application two", "path = /x/", "backend = ftp://x",
                     "access = public"), "backend"),
            (changed("application two", "path = /x/"), "backend"),
            (changed("entry public", "origins = http://x"), "origins"),
            (changed("entry public", "mode = 0999"), "mode"),
            (changed("application", "path = /x/"), "application"))
    for sections, word in rows:
        status, said = check(scene, sections)
        equal(f"{word}: exit status", status, 78)
        true(f"{word}: named", word in said and "try.conf:" in said, said)


@case("CONF-014", "two applications on one path", *OWN_RAW)
def same_path(scene):
    sections = changed("application again", "path = /public/",
                       "backend = http://127.0.0.1:9", "access = public")
    status, said = check(scene, sections)
    equal("exit status", (status, bool(said)), (78, True))


@case("CONF-004", "an application under our own base path", *OWN_RAW)
def base_path(scene):
    for path in ("/auth/", "/auth/x/"):
        sections = changed("application bad", f"path = {path}",
                           "backend = http://127.0.0.1:9", "access = public")
        status, _ = check(scene, sections)
        equal(f"{path}: exit status", status, 78)


@case("CONF-005", "it does not stay root", *RAW, *OWN_RAW)
def not_root(scene):
    pid = scene.world.gateway.pid
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        words = dict(line.rstrip("\n").split(":", 1) for line in lines)
    uids = words["Uid"].split()
    gids = words["Gid"].split()
    true("no root account", "0" not in uids, uids)
    true("no root group", "0" not in gids, gids)
    equal("capabilities", int(words["CapEff"], 16), 0)
    equal("no new privileges", words["NoNewPrivs"].strip(), "1")


@case("CONF-006", "-T prints what holds, --version, --help", *OWN_RAW)
def effective(scene):
    status, said = check(scene, GOOD, "-T")
    equal("exit status", status, 0)
    for word in ("[gateway]", "[limits]", "[timeouts]", "[entry public]",
                 "[application public]", "first_byte", "origins"):
        true(f"-T has {word}", word in said, said)
    for option in ("--version", "--help", "--sample", "--manual"):
        done = subprocess.run([scene.world.binary, option], timeout=20,
                              capture_output=True, check=False)
        equal(f"{option}: exit status", done.returncode, 0)
        true(f"{option}: says something", len(done.stdout) > 10)
    done = subprocess.run([scene.world.binary, "--nonsense"], timeout=20,
                          capture_output=True, check=False)
    equal("--nonsense: exit status", done.returncode, 2)


@case("CONF-008", "files that are no configuration", *OWN_RAW)
def no_files(scene):
    for raw in (b"", b"\0" * 4096, b"[gateway", b"[gateway]\nworkers",
                b"\xff\xfe[\0g\0", b"[gateway]\n" + b"x" * 100000,
                b"[gateway]\nworkers = 1\nworkers = 2\n"):
        status, said = check(scene, None, raw=raw)
        equal(f"{raw[:20]!r}: exit status", (status, bool(said)), (78, True))
    done = subprocess.run(
        [scene.world.binary, "-t", "-c", f"{scene.world.folder}/none.conf"],
        timeout=20, capture_output=True, check=False)
    true("no file", done.returncode in (1, 77, 78), done.returncode)


@case("CONF-009", "no status pages on the public entry", *RAW, *HTTP,
      *OWN_RAW)
def status_pages(scene):
    for path in ("/metrics", "/health", "/debug", "/.git/", "/server-status",
                 "/auth/metrics", "/auth/health/live", "/auth/health/ready",
                 "/.env", "/debug/pprof/", "/nginx_status", "/fpm-status"):
        answer = fetch(scene, path)
        equal(path, answer.status, 404)
    scene.none_arrived()


@case("CONF-010", "the sample file is a good file", *OWN_RAW)
def sample(scene):
    done = subprocess.run([scene.world.binary, "--sample"], timeout=20,
                          capture_output=True, check=False)
    equal("exit status", done.returncode, 0)
    status, said = check(scene, None, raw=done.stdout)
    equal("gatehouse -t: exit status", (status, said if status else ""),
          (0, ""))


@case("CONF-011", "nothing listens but the socket", *RAW, *OWN_RAW)
def nothing_listens(scene):
    """No TCP socket of the gateway is in state LISTEN."""
    pid = scene.world.gateway.pid
    inodes = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}", encoding="ascii") as lines:
            for line in list(lines)[1:]:
                words = line.split()
                true("not listening", words[3] != "0A"
                     or words[9] not in inodes, line)


@case("CONF-012", "a foreign core or ptrace is not allowed", *RAW, *OWN_RAW)
def not_dumpable(scene):
    """A core file would hold passwords one day."""
    pid = scene.world.gateway.pid
    with open(f"/proc/{pid}/limits", encoding="ascii") as lines:
        core = [line for line in lines if line.startswith("Max core")]
    owner = os.stat(f"/proc/{pid}/environ").st_uid
    true("no core: limit 0 or not dumpable",
         core[0].split()[4] == "0" or owner == 0, (core, owner))


@case("CONF-008", "values outside their bounds", *OWN_RAW)
def bounds(scene):
    """Weaker than anybody should run it: refused, whoever wants it."""
    for section, line in (
            ("password", "memory = 1M"), ("password", "passes = 0"),
            ("password", "memory = 64G"), ("session", "idle = 1s"),
            ("session", "idle = 400d"), ("session", "absolute = 400d"),
            ("session", "absolute = 1s"),
            ("gateway", "workers = 0"), ("gateway", "workers = 100000"),
            ("timeouts", "connect = 0s"), ("timeouts", "connect = 400d")):
        status, said = check(scene, changed(section, line))
        equal(f"{section} {line}: exit status", status, 78)
        true(f"{section} {line}: named", line.split()[0] in said
             and "try.conf:" in said, said)


@case("CONF-013", "a key ring that others can read", *ID_RAW)
def open_keys(scene):
    gateway = scene.world.make("open")
    gateway.write()
    keys = gateway.sections["keys"]["file"]
    words = [scene.world.binary, "-t", "-c", gateway.config]
    for mode, want in ((0o400, 0), (0o440, 0), (0o444, 78), (0o404, 78),
                       (0o602, 78)):
        os.chmod(keys, mode)
        done = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=20,
                              capture_output=True, check=False)
        equal(f"{mode:o}: exit status", done.returncode, want)
        true(f"{mode:o}: named", not want or b"others can" in done.stderr,
             done.stderr)


@case("CONF-015", "an application in the file, though there is a database",
      *OWN_RAW)
def two_truths(scene):
    """Applications are in one place."""
    sections = {**GOOD, "database": ["dsn = host=/tmp user=x"],
                "keys": ["file = {folder}/conf.keys"]}
    status, said = check(scene, sections)
    equal("exit status", status, 78)
    true("named", "application" in said and "database" in said, said)


not_here("CONF-003", "every HDR case through lax-nginx is this one")


@case("CONF-007", "a database over TCP without verify-full", *OWN_RAW)
def database_tls(scene):
    for mode in ("", "sslmode=prefer", "sslmode=require", "sslmode=disable",
                 "sslmode=verify-ca"):
        sections = {**GOOD, "database": [
            f"dsn = host=db.example user=gatehouse_gateway {mode}"],
            "keys": ["file = {folder}/conf.keys"]}
        status, said = check(scene, sections)
        equal(f"{mode}: exit status", status, 78)
        true(f"{mode}: named", "verify-full" in said, said)
