# SPDX-License-Identifier: Apache-2.0
"""HOST: only the hosts of `origins` are served, and nobody else names one."""

from harness.ask import expect, http, same_header, table
from harness.check import equal, true
from harness.fcgi import REQ, base
from harness.runner import HTTP, OWN_HTTP, OWN_RAW, RAW, case

EVERY = HTTP + OWN_HTTP + ("lax-nginx",)
EVERY_RAW = RAW + OWN_RAW


def hosts(scene, rows):
    table(scene, [(repr(host), host, want) for host, want in rows],
          lambda host: scene.ask(http(scene, "/public/e2e", host=host)))


def raw_hosts(scene, rows):
    table(scene, [(repr(host), host, want) for host, want in rows],
          lambda host: scene.ask(REQ(base(HTTP_HOST=host))))


@case("HOST-001", "a foreign host", *EVERY)
def foreign(scene):
    for path in ("/public/e2e", "/auth/login", "/auth/static/style.css"):
        answer = scene.ask(http(scene, path, host="evil.example"))
        expect(scene, path, answer, 421)
        true("not repeated",
             b"evil.example" not in answer.head + answer.body)


@case("HOST-001", "a foreign host", *EVERY_RAW)
def foreign_raw(scene):
    raw_hosts(scene, [(host, 421) for host in (
        "evil.example", "localhost", "localhost:443", "localhost:1",
        "127.0.0.1:8443", "localhost.evil.example:8443", "[::1]:8443",
        "evillocalhost:8443", "gatehouse")])


@case("HOST-002", "letter case of the host", *EVERY)
def letter_case(scene):
    port = scene.front.port
    for host in (f"LOCALHOST:{port}", f"LocalHost:{port}"):
        answer = scene.ask(http(scene, "/public/e2e", host=host))
        request = expect(scene, host, answer, 200)
        equal("Host", request.all("Host")[0].lower(), scene.host)


@case("HOST-003", "port and user information", *EVERY)
def port(scene):
    hosts(scene, [("localhost:1337", 421),
                  ("localhost", 421),
                  ("localhost@evil.example", 400),
                  ("localhost:80:443", 400),
                  (f"evil.example@{scene.host}", 400),
                  ("[::1", 400),
                  ("localhost:", {"nginx": 400, "lighttpd": 421}),
                  ("localhost:+8443", 400), ("localhost:99999", 400),
                  (f"localhost.:{scene.front.port}",
                   {"nginx": 400, "lighttpd": 200})])


@case("HOST-004", "no Host, an empty Host, two Hosts", *EVERY)
def how_many(scene):
    raw = http(scene, "/public/e2e", host=False)
    expect(scene, "none", scene.ask(raw), 400)
    raw = http(scene, "/public/e2e", "Host:", host=False)
    expect(scene, "empty", scene.ask(raw), 400)
    raw = http(scene, "/public/e2e", "Host: evil.example")
    expect(scene, "two", scene.ask(raw), 400)
    raw = http(scene, "/public/e2e", f"Host: {scene.host}")
    expect(scene, "the same twice", scene.ask(raw),
           {"nginx": 400, "lighttpd": 200})     # lighttpd makes one of them


@case("HOST-004", "no Host, an empty Host, two Hosts", *EVERY_RAW)
def how_many_raw(scene):
    expect(scene, "none", scene.ask(REQ(base(HTTP_HOST=None))), 400)
    expect(scene, "empty", scene.ask(REQ(base(HTTP_HOST=""))), 400)
    for other in ("evil.example", "localhost:8443"):
        answer = scene.ask(REQ(base() + [("HTTP_HOST", other)]))
        expect(scene, f"and {other}", answer, 400)


@case("HOST-005", "injection characters", *EVERY_RAW)
def injection(scene):
    raw_hosts(scene, [(host, 400) for host in (
        "localhost:8443\r\nX: y", "localhost:8443/../admin", "<script>",
        "localhost:8443 evil.example", "localhost:8443\t", "localhost:8443#",
        "localhost:8443?x", "localhost:8443\\@evil.example", "a_b:8443",
        b"localhost:8443\x00", b"loc\xc3\xa4lhost:8443", " localhost:8443",
        "localhost:8443,localhost:8443", "*", "%6cocalhost:8443", ".",
        "-a.example", "a..b", "[::1", "[::1]x", "::1", "1.2.3.4.5:x")])


@case("HOST-006", "HTTP_HOST decides, not SERVER_NAME", *EVERY_RAW)
def server_name(scene):
    for name in ("SERVER_NAME", "HTTP_X_FORWARDED_HOST", "SERVER_ADDR",
                 "HTTP_X_HOST", "HTTP_FORWARDED", "SERVER_PORT"):
        pairs = [(n, v) for n, v in base() if n != name]
        pairs += [(name, "evil.example")]
        request = expect(scene, name, scene.ask(REQ(pairs)), 200)
        same_header(request, "Host", ["localhost:8443"])
        pairs = [(n, v) for n, v in base(HTTP_HOST="evil.example")
                 if n != name] + [(name, "localhost:8443")]
        expect(scene, name, scene.ask(REQ(pairs)), 421)


@case("HOST-007", "X-Forwarded-Host and its like", *EVERY)
def forwarded(scene):
    for line in ("X-Forwarded-Host: other.test", "X-Host: other.test",
                 "Forwarded: host=other.test", "X-Forwarded-Server: o.test",
                 "X-Forwarded_Host: other.test"):
        answer = scene.ask(http(scene, "/public/e2e", line))
        request = expect(scene, line, answer, 200)
        same_header(request, "Host", [scene.host])
        same_header(request, "X-Forwarded-Host", [scene.host])
        answer = scene.ask(http(scene, "/public/e2e",
                                line.replace("other.test", scene.host),
                                host="evil.example"))
        expect(scene, f"foreign host, {line}", answer, 421)


@case("HOST-008", "an address for a host", *EVERY)
def address(scene):
    number = scene.front.port
    hosts(scene, [(f"127.0.0.1:{number}", 421), (f"[::1]:{number}", 421),
                  (f"2130706433:{number}", 400), (f"127.1:{number}", 400),
                  (f"0x7f000001:{number}", 400)])


@case("HOST-009", "absolute form names another host", *HTTP, *OWN_HTTP)
def absolute(scene):
    answer = scene.ask(http(scene, "http://other.test/public/e2e"))
    expect(scene, "other in the target", answer, 400)
    answer = scene.ask(http(scene, f"https://{scene.host}/public/e2e",
                            host="other.test"))
    expect(scene, "other in Host", answer, 400)


@case("HOST-010", ":authority and host disagree", *HTTP, *OWN_HTTP)
def authority(scene):
    for pair in (("evil.example", scene.host), (scene.host, "evil.example")):
        answer = scene.ask2([
            (":method", "GET"), (":scheme", "https"),
            (":authority", pair[0]), (":path", "/public/e2e"),
            ("host", pair[1])])
        expect(scene, f"{pair}", answer, 400)
