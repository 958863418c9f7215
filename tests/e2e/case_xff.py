# SPDX-License-Identifier: Apache-2.0
"""XFF: where a request came from is what the web server says, and no field
of a client changes it (no proxy is trusted by default)."""

from harness.ask import expect, fetch, http, same_header
from harness.check import among, equal, true
from harness.fcgi import REQ, base
from harness.runner import HTTP, OWN_HTTP, OWN_RAW, RAW, case

EVERY = HTTP + OWN_HTTP + ("lax-nginx",)
EVERY_RAW = RAW + OWN_RAW


def seen_as(scene, what, want, *lines):
    """The invariant checks X-Forwarded-For of every request against
    scene.clients; here it is looked at by name as well."""
    answer = scene.ask(http(scene, "/public/e2e", *lines))
    request = expect(scene, what, answer, 200)
    same_header(request, "X-Forwarded-For", [want])
    true(f"{what}: not passed on under another name",
         not any("10.1.1.1" in v for _, v in request.headers),
         request.headers)


@case("XFF-001", "a spoofed chain", *EVERY)
def chain(scene):
    for value in ("10.1.1.1", "10.1.1.1, 127.0.0.1", "127.0.0.1, 10.1.1.1",
                  "10.1.1.1, 10.1.1.1, 10.1.1.1", ""):
        seen_as(scene, repr(value), "127.0.0.1", f"X-Forwarded-For: {value}")


@case("XFF-002", "other fields that name a client", *EVERY)
def other_fields(scene):
    for name in ("X-Real-IP", "Forwarded", "X_Forwarded_For",
                 "X-Forwarded_For"):
        value = "for=10.1.1.1" if name == "Forwarded" else "10.1.1.1"
        seen_as(scene, name, "127.0.0.1", f"{name}: {value}")


@case("XFF-003", "no proxy is trusted", *EVERY_RAW)
def nobody_trusted(scene):
    scene.clients = ("203.0.113.5",)
    pairs = base(REMOTE_ADDR="203.0.113.5") + [
        ("HTTP_X_FORWARDED_FOR", "10.1.1.1")]
    request = expect(scene, "XFF", scene.ask(REQ(pairs)), 200)
    same_header(request, "X-Forwarded-For", ["203.0.113.5"])


@case("XFF-004", "REMOTE_ADDR as every front writes it", *EVERY_RAW)
def remote_addr(scene):
    scene.clients = ("203.0.113.5", "2001:db8::1", "::1", "10.1.1.1")
    for given, want in (("203.0.113.5", "203.0.113.5"),
                        ("2001:DB8:0:0::1", "2001:db8::1"),
                        ("::1", "::1"), ("::ffff:10.1.1.1", "10.1.1.1")):
        request = expect(scene, given, scene.ask(REQ(
            base(REMOTE_ADDR=given))), 200)
        same_header(request, "X-Forwarded-For", [want])


@case("XFF-005", "malformed members", *EVERY)
def malformed(scene):
    for value in ("10.1.1.1, , evil", "10.1.1.1:8080", "[2001:db8::1]:443",
                  "0x0a010101", "010.001.001.001", "127.1",
                  "::ffff:10.1.1.1", "fe80::1%eth0", "unknown", "_hidden",
                  "10.1.1.1," * 400):
        seen_as(scene, value[:40], "127.0.0.1", f"X-Forwarded-For: {value}")


@case("XFF-006", "a malformed REMOTE_ADDR", *EVERY_RAW)
def malformed_peer(scene):
    for given in ("", "evil", "10.1.1.1, 10.1.1.2", "10.1.1.1:80", "1.2.3",
                  "0x7f000001", "010.1.1.1", "fe80::1%eth0", "[::1]",
                  " 10.1.1.1", "256.1.1.1", "10.1.1.1\r\nX: y"):
        answer = scene.ask(REQ(base(REMOTE_ADDR=given)))
        expect(scene, repr(given), answer, 400)
    answer = scene.ask(REQ(base(REMOTE_ADDR=None)))
    expect(scene, "no REMOTE_ADDR", answer, 400)


@case("XFF-007", "two lines", *EVERY)
def two_lines(scene):
    seen_as(scene, "two", "127.0.0.1", "X-Forwarded-For: 10.1.1.1",
            "X-Forwarded-For: 10.1.1.1")


@case("XFF-008", "two parameters", *EVERY_RAW)
def two_parameters(scene):
    pairs = base() + [("HTTP_X_FORWARDED_FOR", "10.1.1.1"),
                      ("HTTP_X_FORWARDED_FOR", "10.1.1.2")]
    request = expect(scene, "two", scene.ask(REQ(pairs)), 200)
    same_header(request, "X-Forwarded-For", ["127.0.0.1"])


@case("XFF-009", "not TLS, whatever a field says", *EVERY_RAW)
def not_tls(scene):
    spoofs = [("HTTP_X_FORWARDED_PROTO", "https"),
              ("HTTP_X_FORWARDED_SSL", "on"), ("HTTP_FRONT_END_HTTPS", "on"),
              ("HTTP_X_FORWARDED_PORT", "443"), ("HTTP_HTTPS", "on"),
              ("HTTP_X_URL_SCHEME", "https")]
    for value in (None, "", "off", "0", "ON ", "yes"):
        pairs = base(HTTPS=value, REQUEST_SCHEME="http") + spoofs
        answer = scene.ask(REQ(pairs))
        expect(scene, f"HTTPS={value}", answer, 426)
        equal("no cookie", answer.all("Set-Cookie"), [])


@case("XFF-009", "X-Forwarded-Proto over TLS", *EVERY)
def proto(scene):
    for value in ("http", "ws", "https, http", "HTTPS"):
        answer = scene.ask(http(scene, "/public/e2e",
                                f"X-Forwarded-Proto: {value}"))
        request = expect(scene, value, answer, 200)
        same_header(request, "X-Forwarded-Proto", ["https"])


@case("XFF-011", "what the application receives", *EVERY)
def what_arrives(scene):
    answer = scene.ask(http(scene, "/public/e2e", "X-Forwarded-For: 1.2.3.4",
                            "X-Forwarded-Port: 1", "X-Forwarded-Ssl: off"))
    request = expect(scene, "XFF", answer, 200)
    same_header(request, "X-Forwarded-For", ["127.0.0.1"])
    same_header(request, "X-Forwarded-Host", [scene.host])
    same_header(request, "Forwarded", [])
    same_header(request, "X-Forwarded-Ssl", [])
    true("port", request.all("X-Forwarded-Port") in (
        [], [str(scene.front.port)]), request.headers)


@case("XFF-012", "a trusted proxy is believed", *OWN_RAW)
def trusted(scene):
    """A gateway of its own that trusts one network."""
    gateway = scene.world.make("trusting")
    gateway.sections["entry public"]["trusted_proxies"] = "192.0.2.0/24"
    scene.more_gateways.append(gateway)
    scene.clients = ("10.1.1.1", "10.9.9.9", "192.0.2.7", "203.0.113.5",
                    "2001:db8::9")
    rows = (("192.0.2.7", "10.1.1.1", "10.1.1.1"),
            ("192.0.2.7", "10.9.9.9, 10.1.1.1", "10.1.1.1"),
            ("192.0.2.7", "10.1.1.1, 192.0.2.8", "10.1.1.1"),
            ("192.0.2.7", "2001:db8::9", "2001:db8::9"),
            ("192.0.2.7", "::ffff:10.1.1.1", "10.1.1.1"),
            ("192.0.2.7", "10.1.1.1, evil", "192.0.2.7"),
            ("192.0.2.7", "evil, 10.1.1.1", ("10.1.1.1", "192.0.2.7")),
            ("203.0.113.5", "10.1.1.1", "203.0.113.5"))
    with gateway:
        scene.world.socket, kept = gateway.socket, scene.world.socket
        try:
            for peer, chain_text, want in rows:
                request = expect(scene, chain_text, scene.ask(REQ(base(
                    REMOTE_ADDR=peer,
                    HTTP_X_FORWARDED_FOR=chain_text))), 200)
                got = request.all("X-Forwarded-For")
                true(f"{peer} with {chain_text}", len(got) == 1 and got[0] in (
                    want if isinstance(want, tuple) else (want,)), got)
        finally:
            scene.world.socket = kept
            scene.more_gateways.clear()


@case("XFF-013", "IPv6 and a rule of IPv4", *OWN_RAW)
def other_family(scene):
    """Of the forms that hold an IPv4 address only the mapped one is it."""
    gateway = scene.world.make("mapped")
    gateway.sections["entry public"]["trusted_proxies"] = "10.1.1.0/24"
    scene.more_gateways.append(gateway)
    scene.clients = ("203.0.113.5", "2002:a01:101::", "64:ff9b::a01:101",
                     "::10.1.1.1", "::a01:101")
    rows = (("10.1.1.1", "203.0.113.5"), ("::ffff:10.1.1.1", "203.0.113.5"),
            ("::FFFF:0a01:0101", "203.0.113.5"),
            ("2002:0a01:0101::", "2002:a01:101::"),
            ("64:ff9b::a01:101", "64:ff9b::a01:101"),
            ("::a01:101", ("::a01:101", "::10.1.1.1")))
    with gateway:
        scene.world.socket, kept = gateway.socket, scene.world.socket
        try:
            for peer, want in rows:
                request = expect(scene, peer, scene.ask(REQ(base(
                    REMOTE_ADDR=peer,
                    HTTP_X_FORWARDED_FOR="203.0.113.5"))), 200)
                among(f"client behind {peer}",
                      request.all("X-Forwarded-For")[0], want
                      if isinstance(want, tuple) else (want,))
        finally:
            scene.world.socket = kept
            scene.more_gateways.clear()


@case("XFF-014", "own pages do not tell the address", *EVERY)
def own_pages(scene):
    answer = fetch(scene, "/nowhere/", "X-Forwarded-For: 10.1.1.1")
    expect(scene, "404", answer, 404)
    true("address", b"10.1.1.1" not in answer.body + answer.head)
