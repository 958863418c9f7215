# SPDX-License-Identifier: Apache-2.0
"""The bench's world: a back end, the gateway, the libfcgi responder, nginx and
lighttpd in front of them, on free ports of 127.0.0.1 and in one scratch folder
that goes away with them. Counts the CPU time of each group of processes and
loads one front with wrk. Plain-text HTTP: TLS would measure OpenSSL. Used by
tests/bench/run and tests/bench/profile."""

import http.client
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT = "www-data"
HOST = "bench.localhost"
WORKERS = 2
BODY = "x" * 1024
TICK = os.sysconf("SC_CLK_TCK")

# Variant: front, what it measures, the group beside the front.
VARIANTS = {
    "P": ("nginx", "nginx proxy_pass to the back end", None),
    "L": ("nginx", "nginx to a bare libfcgi responder", "responder"),
    "G": ("nginx", "nginx to Gatehouse to the back end", "gateway"),
    "LP": ("lighttpd", "lighttpd mod_proxy to the back end", None),
    "LL": ("lighttpd", "lighttpd to a bare libfcgi responder", "responder"),
    "LG": ("lighttpd", "lighttpd to Gatehouse to the back end", "gateway"),
    "A": ("nginx", "G for somebody who is signed in", "gateway"),
    "S": ("nginx", "A, sure of each request", "strict"),
    "T": ("nginx", "A for ten who are signed in", "large"),
    "M": ("nginx", "A for very many", "large"),
    "LA": ("lighttpd", "LG for somebody who is signed in", "gateway"),
    "R": ("nginx", "G sending a stranger to the sign-in", "gateway"),
}
# Variants with a session; those of many; all that need PostgreSQL.
SIGNED_IN = {"A", "S", "T", "M", "LA"}
CROWDS = {"T", "M"}
ASKING = SIGNED_IN | {"R"}
# What is asked for, where it is not the start page, and the answer.
TARGETS = {v: ("/app/", 200) for v in SIGNED_IN} | {"R": ("/app/", 303)}
# Variants at the port of another. Port F is G once more, where the client
# says which address it comes from.
PORTS = {"A": "G", "R": "G", "T": "M", "LA": "LG"}
# The gateways, by group, and what [session] says of remembering in each.
GATEWAYS = {"gateway": "", "strict": "freshness = 0s", "large": "cache = {n}"}

BACKEND_CONF = """\
user {account};
pid {dir}/backend.pid;
error_log {dir}/backend.log crit;
worker_processes {workers};
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    server {{
        listen unix:{dir}/backend.sock;
        default_type text/plain;
        location / {{ return 200 "{body}"; }}
    }}
}}
"""

NGINX_CONF = """\
user {account};
pid {dir}/nginx.pid;
error_log {dir}/nginx.log error;
worker_processes {workers};
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    upstream backend {{
        server unix:{dir}/backend.sock;
        keepalive 512;
        keepalive_requests 100000000;
    }}
    upstream responder {{
        server unix:{dir}/responder.sock;
        keepalive 512;
        keepalive_requests 100000000;
    }}
    upstream gateway {{
        server unix:{dir}/gateway.sock;
        keepalive 512;
        keepalive_requests 100000000;
    }}
    upstream strict {{
        server unix:{dir}/strict.sock;
        keepalive 512;
        keepalive_requests 100000000;
    }}
    upstream large {{
        server unix:{dir}/large.sock;
        keepalive 512;
        keepalive_requests 100000000;
    }}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    fastcgi_keep_conn on;
    include /etc/nginx/fastcgi_params;
    fastcgi_param HTTPS on;
    server {{
        listen 127.0.0.1:{P} backlog=4096;
        location / {{ proxy_pass http://backend; }}
    }}
    server {{
        listen 127.0.0.1:{L} backlog=4096;
        location / {{ fastcgi_pass responder; }}
    }}
    server {{
        listen 127.0.0.1:{G} backlog=4096;
        location / {{ fastcgi_pass gateway; }}
    }}
    server {{
        listen 127.0.0.1:{S} backlog=4096;
        location / {{ fastcgi_pass strict; }}
    }}
    server {{
        listen 127.0.0.1:{M} backlog=4096;
        location / {{ fastcgi_pass large; }}
    }}
    server {{
        listen 127.0.0.1:{F} backlog=4096;
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Forwarded-For;
        location / {{ fastcgi_pass gateway; }}
    }}
}}
"""

LIGHTTPD_CONF = """\
server.modules = ("mod_setenv", "mod_fastcgi", "mod_proxy")
server.document-root = "{dir}"
server.bind = "127.0.0.1"
server.port = {LP}
server.username = "{account}"
server.pid-file = "{dir}/lighttpd.pid"
server.errorlog = "{dir}/lighttpd.log"
server.max-worker = {workers}
server.max-fds = 8192
server.listen-backlog = 4096
server.max-keep-alive-requests = 100000000
$SERVER["socket"] == "127.0.0.1:{LP}" {{
    proxy.server = ("" => ((
        "socket" => "{dir}/backend.sock"
    )))
}}
$SERVER["socket"] == "127.0.0.1:{LL}" {{
    fastcgi.server = ("/" => ((
        "socket" => "{dir}/responder.sock",
        "check-local" => "disable"
    )))
}}
$SERVER["socket"] == "127.0.0.1:{LG}" {{
    setenv.add-environment = ("HTTPS" => "on")
    fastcgi.server = ("/" => ((
        "socket" => "{dir}/gateway.sock",
        "check-local" => "disable"
    )))
}}
"""

GATEWAY_CONF = """\
[gateway]
workers = auto
user = {account}

[entry public]
kind = public
socket = {dir}/{group}.sock
mode = 0660
group = {account}
origins = https://{host}
"""

# Where there is a database, applications are in it.
APPLICATION_CONF = """
[application public]
host =
path = /
backend = http://unix:{dir}/backend.sock
access = public
connections = 1024
keep = 512
"""

# Each request with one of the cookies in a file, at random.
CROWD_SCRIPT = """\
local n_threads = 0
function setup(thread)
    n_threads = n_threads + 1
    thread:set("seed", n_threads)
end
function init(args)
    cookies = {}
    for line in io.lines(args[1]) do cookies[#cookies + 1] = line end
    math.randomseed(seed)
    head = "GET " .. wrk.path .. " HTTP/1.1\\r\\nHost: "
        .. wrk.headers["Host"] .. "\\r\\nCookie: "
end
function request()
    return head .. cookies[math.random(#cookies)] .. "\\r\\n\\r\\n"
end
"""

WRK_SCRIPT = """\
done = function(summary, latency)
    local e = summary.errors
    io.write(string.format("bench %d %d %d %d %d\\n", summary.requests,
        summary.duration,
        e.connect + e.read + e.write + e.timeout + e.status,
        latency:percentile(50), latency:percentile(99)))
end
"""


class BenchError(Exception):
    """The world could not be built, or a load had errors."""


def free_ports(names):
    """A free port for each name, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return dict(zip(names, ports))


def build():
    """The release binaries: gateway and responder."""
    folder = ROOT / "build" / "release"
    quiet = {"cwd": ROOT, "check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["cmake", "--preset", "release", "-DGH_TESTS=ON"], **quiet)
    subprocess.run(["cmake", "--build", folder, "--target", "gatehouse",
                    "bench_responder", "bench_decide", "bench_recall"],
                   **quiet)
    return (folder / "gateway" / "gatehouse",
            folder / "tests" / "bench" / "bench_responder")


def process_tree(root):
    """The process ids of root and everything below it."""
    children = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    tree = [root]
    for pid in tree:
        tree += children.get(pid, [])
    return tree


def cpu_seconds(root):
    """User and system time of a process tree, ended children included."""
    ticks = 0
    for pid in process_tree(root):
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        ticks += sum(int(n) for n in stat.rpartition(")")[2].split()[11:15])
    return ticks / TICK


class World:
    """Everything that runs; a context manager. `sign_in` is a database with
    an account, or None; `cookie` becomes what variants send who have one
    session, `crowds` the files of cookies of those with many: `n_sessions`."""

    def __init__(self, variants, gateway, responder, sign_in=None,
                 n_sessions=0):
        self.variants = variants
        self.sign_in = sign_in
        self.n_sessions = n_sessions
        self.cookie = ""
        self.crowds = {}
        self.binaries = {"gateway": gateway, "responder": responder}
        self.groups = {}
        self.dir = None

    def __enter__(self):
        account = pwd.getpwnam(ACCOUNT)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="gh-bench.",
                                                 dir="/tmp"))
        os.chown(self.dir, account.pw_uid, account.pw_gid)
        self.dir.chmod(0o755)
        self.ports = free_ports([*VARIANTS, "F"])
        try:
            self._start_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.groups.values()):
            process.terminate()
        for process in self.groups.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _write(self, name, template, **more):
        path = self.dir / name
        path.write_text(template.format(
            dir=self.dir, account=ACCOUNT, workers=WORKERS, body=BODY,
            host=HOST, **self.ports, **more))
        return path

    def _start(self, group, command, ready):
        """Starts one group and waits until its socket answers."""
        log = open(self.dir / f"{group}.err", "wb")
        process = subprocess.Popen([str(c) for c in command], stdout=log,
                                   stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        self.groups[group] = process
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and process.poll() is None:
            if can_connect(ready):
                return
            time.sleep(0.02)
        words = (self.dir / f"{group}.err").read_text()[-2000:]
        raise BenchError(f"{group} did not start: {words}")

    def _start_all(self):
        fronts = {VARIANTS[v][0] for v in self.variants}
        groups = {VARIANTS[v][2] for v in self.variants}
        nginx = ["nginx", "-g", "daemon off;", "-c"]
        self._start("backend",
                    nginx + [self._write("backend.conf", BACKEND_CONF)],
                    self.dir / "backend.sock")
        if "responder" in groups:
            self._start("responder",
                        [self.binaries["responder"],
                         self.dir / "responder.sock", WORKERS],
                        self.dir / "responder.sock")
        settings = self._settings()
        for group in GATEWAYS:
            if group in groups:
                self._start_gateway(group, settings)
        # Through nginx one signs in.
        if "nginx" in fronts or self.sign_in is not None:
            self._start("nginx",
                        nginx + [self._write("nginx.conf", NGINX_CONF)],
                        ("127.0.0.1", self.ports["P"]))
        if "lighttpd" in fronts:
            self._start("lighttpd",
                        ["lighttpd", "-D", "-f",
                         self._write("lighttpd.conf", LIGHTTPD_CONF)],
                        ("127.0.0.1", self.ports["LP"]))
        (self.dir / "bench.lua").write_text(WRK_SCRIPT)
        (self.dir / "crowd.lua").write_text(CROWD_SCRIPT + WRK_SCRIPT)

    def _start_gateway(self, group, settings):
        remember = GATEWAYS[group].format(n=self.n_sessions)
        conf = self._write(f"{group}.conf",
                           GATEWAY_CONF + settings + remember + "\n",
                           group=group)
        self._start(group, [self.binaries["gateway"], "-c", conf],
                    self.dir / f"{group}.sock")

    def _settings(self):
        """What the gateway is told of signing in, or of applications without
        it, as a template."""
        if self.sign_in is None:
            return APPLICATION_CONF
        return self.sign_in.settings(f"{self.dir}/backend.sock")

    def _request(self, variant):
        """Port, target, fields and expected status of a variant."""
        target, status = TARGETS.get(variant, ("/", 200))
        fields = {"Host": HOST}
        if variant in SIGNED_IN:
            fields["Cookie"] = self.cookie
        if variant == "R":
            fields |= {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
        return (self.ports[PORTS.get(variant, variant)], target, fields,
                status)

    def _check(self, variant):
        """One request: a fast wrong answer must not win."""
        port, target, fields, status = self._request(variant)
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        client.request("GET", target, headers=fields)
        answer = client.getresponse()
        body = answer.read()
        client.close()
        if answer.status != status or (
                status == 200 and len(body) != len(BODY)):
            raise BenchError(f"{variant}: status {answer.status}, "
                             f"{len(body)} bytes\n{self.words(variant)}")

    def cpu(self):
        """CPU seconds by group, PostgreSQL included."""
        pids = {group: p.pid for group, p in self.groups.items()}
        if self.sign_in is not None:
            pids["postgres"] = self.sign_in.cluster.process.pid
        return {group: cpu_seconds(pid) for group, pid in pids.items()}

    def statements(self):
        """How often each statement was sent to PostgreSQL."""
        return {} if self.sign_in is None else self.sign_in.statements()

    def _cost(self, variant, before, after, requests):
        """CPU microseconds a request by group; of the gateways, the one that
        took part."""
        cost = {g: (after[g] - before[g]) * 1e6 / requests for g in after}
        middle = VARIANTS[variant][2]
        mine = cost.get(middle, 0)
        cost = {g: c for g, c in cost.items() if g not in GATEWAYS}
        if middle in GATEWAYS:
            cost["gateway"] = mine
        return cost

    def _command(self, variant, seconds, connections):
        """What makes the load."""
        port, target, fields, _ = self._request(variant)
        lines = [word for name, value in fields.items()
                 for word in ("-H", f"{name}: {value}")]
        script = "crowd.lua" if variant in CROWDS else "bench.lua"
        more = ["--", self.crowds[variant]] if variant in CROWDS else []
        return ["wrk", f"-t{WORKERS}", f"-c{connections}", f"-d{seconds}s",
                *lines, "-s", self.dir / script,
                f"http://127.0.0.1:{port}{target}", *more]

    def load(self, variant, seconds, connections):
        """One load of one variant. Returns requests a second, p50 and p99 in
        microseconds, and by group CPU microseconds, by name statements a
        request."""
        self._check(variant)
        asked = self.statements()
        before = self.cpu()
        done = subprocess.run(self._command(variant, seconds, connections),
                              capture_output=True, text=True)
        after = self.cpu()
        asked = {name: n - asked.get(name, 0)
                 for name, n in self.statements().items()}
        for group, process in self.groups.items():
            if process.poll() is not None:
                raise BenchError(f"{group} ended during {variant}\n"
                                 + self.words(variant))
        line = [s for s in done.stdout.splitlines() if s.startswith("bench ")]
        if not line:
            raise BenchError(f"{variant}: wrk: {done.stdout}{done.stderr}")
        requests, spent, errors, p50, p99 = map(int, line[0].split()[1:])
        if errors or not requests:
            raise BenchError(f"{variant}: {requests} requests, {errors} errors"
                             f"\n{done.stdout}{self.words(variant)}")
        return {"rate": requests * 1e6 / spent, "p50": p50, "p99": p99,
                "cpu": self._cost(variant, before, after, requests),
                "asked": {name: n / requests for name, n in asked.items()}}

    def memory(self, group):
        """Bytes that a group's process has of its own."""
        status = pathlib.Path(f"/proc/{self.groups[group].pid}/status")
        words = status.read_text().partition("RssAnon:")[2].split()
        return int(words[0]) * 1024

    def words(self, variant):
        """The end of the logs of the groups that took part in a variant."""
        front, _, middle = VARIANTS[variant]
        words = ""
        for name in (f"{front}.log", f"{front}.err", f"{middle}.err"):
            path = self.dir / name
            if path.exists():
                words += f"--- {name}\n{path.read_text()[-1500:]}\n"
        return words


def can_connect(where):
    """True when something listens there."""
    family = socket.AF_INET if isinstance(where, tuple) else socket.AF_UNIX
    with socket.socket(family) as s:
        try:
            s.connect(where if isinstance(where, tuple) else str(where))
        except OSError:
            return False
    return True
