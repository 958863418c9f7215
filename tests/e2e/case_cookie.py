# SPDX-License-Identifier: Apache-2.0
"""COOKIE: what can be seen of our cookies when nobody is signed in.

None of ours reaches an application, an application's own pass unchanged,
and two session cookies are refused.
"""

from harness.ask import expect, http, same_header, table
from harness.check import true
from harness.fcgi import REQ, base
from harness.runner import HTTP, OWN_HTTP, OWN_RAW, RAW, case

EVERY = HTTP + OWN_HTTP + ("lax-nginx",)
TOKEN = "A" * 43
OURS = f"__Host-id={TOKEN}"


def sees(scene, cookie, want):
    """Sends one Cookie field; `want` is what the application gets."""
    answer = scene.ask(http(scene, "/public/e2e", b"Cookie: " + cookie))
    request = expect(scene, repr(cookie), answer, 200)
    same_header(request, "Cookie", want)


@case("COOKIE-002", "ours between the application's", *EVERY)
def between(scene):
    sees(scene, b"a=1; " + OURS.encode() + b"; b=2", ["a=1; b=2"])
    sees(scene, OURS.encode() + b"; b=2", ["b=2"])
    sees(scene, b"a=1; " + OURS.encode(), ["a=1"])


@case("COOKIE-003", "only ours: no Cookie field at all", *EVERY)
def only_ours(scene):
    sees(scene, OURS.encode(), [])


@case("COOKIE-004", "every cookie of ours", *EVERY)
def every_one(scene):
    for name in ("__Host-id", "__Host-pre", "__Host-device", "__Host-keep"):
        sees(scene, f"x=1; {name}=abc; y=2".encode(), ["x=1; y=2"])


@case("COOKIE-005", "two session cookies", *EVERY)
def two_sessions(scene):
    rows = [f"{OURS}; __Host-id=AAAA", f"__Host-id=AAAA; {OURS}",
            f"{OURS}; {OURS}", f"__Host-id=; a=b; {OURS}"]
    table(scene, [(row, row, 400) for row in rows], lambda cookie:
          scene.ask(http(scene, "/public/e2e", f"Cookie: {cookie}")))


@case("COOKIE-006", "two Cookie fields", *EVERY)
def two_fields(scene):
    answer = scene.ask(http(scene, "/public/e2e", f"Cookie: {OURS}",
                            "Cookie: __Host-id=AAAA"))
    expect(scene, "a session in each", answer, 400)
    answer = scene.ask(http(scene, "/public/e2e", f"Cookie: a=1; {OURS}",
                            "Cookie: b=2"))
    request = expect(scene, "joined", answer, 200)
    same_header(request, "Cookie", ["a=1; b=2"])


@case("COOKIE-006", "two HTTP_COOKIE parameters", *RAW, *OWN_RAW)
def two_parameters(scene):
    answer = scene.ask(REQ(base() + [("HTTP_COOKIE", OURS),
                                     ("HTTP_COOKIE", "__Host-id=AAAA")]))
    expect(scene, "a session in each", answer, 400)


@case("COOKIE-007", "letter case of the name", *EVERY)
def name_case(scene):
    for name in ("__host-id", "__HOST-ID", "__Host-ID"):
        sees(scene, f"a=1; {name}={TOKEN}".encode(), ["a=1"])


@case("COOKIE-009", "white space that only some strip", *EVERY)
def odd_space(scene):
    """Not ours by its bytes; if it goes on, it goes on unchanged."""
    for space in (b"\xe2\x80\x80", b"\xc2\xa0", b"\xc2\x85", b"\xa0"):
        cookie = b"a=1; " + space + OURS.encode()
        answer = scene.ask(http(scene, "/public/e2e", b"Cookie: " + cookie))
        if answer.status == 200:
            request = scene.one_arrived()
            true("unchanged or without", request.all("Cookie") in (
                ["a=1"], [cookie.decode("latin-1")]), request.headers)
        else:
            expect(scene, repr(space), answer, 400)


@case("COOKIE-011", "$Version, quotes and commas", *EVERY)
def old_style(scene):
    """A lenient application could read ours out of these: it gets none."""
    for cookie in (f'$Version=1,__Host-id="{TOKEN}"',
                   f'$Version=1; __Host-id="{TOKEN}"',
                   f'"__Host-id"={TOKEN}', f"={OURS}", f"x=1,{OURS}",
                   f"__Host-id ={TOKEN}", f" ; ;{OURS}"):
        answer = scene.ask(http(scene, "/public/e2e", f"Cookie: {cookie}"))
        request = expect(scene, cookie, answer, 200)
        seen = "".join(request.all("Cookie"))
        true(f"{cookie}: the token at the application", TOKEN not in seen,
             seen)


@case("COOKIE-012", "the application's own are not touched", *EVERY)
def untouched(scene):
    cookie = (b'a="q,uoted"; b=x=y==; c; d=; __Secure-x=1; id=2; '
              b"theme=dark%20blue")
    sees(scene, cookie, [cookie.decode()])


@case("COOKIE-021", "NUL and control bytes", *RAW, *OWN_RAW)
def control_bytes(scene):
    rows = [OURS.encode() + b"\x00", b"__Host-id=\x01" + TOKEN.encode(),
            b"a=b\r\nRemote-User: bob", b"a=b\n", b"a=\x7f"]
    table(scene, [(repr(row), row, 400) for row in rows],
          lambda cookie: scene.ask(REQ(base() + [("HTTP_COOKIE", cookie)])))


@case("COOKIE-023", "a token in the URL is nothing", *EVERY)
def in_the_url(scene):
    answer = scene.ask(http(scene, f"/public/e2e?{OURS}"))
    request = expect(scene, "query", answer, 200)
    true("query unchanged", request.target == f"/public/e2e?{OURS}",
         request.target)
    answer = scene.ask(http(scene, f"/public/e2e;{OURS}"))
    expect(scene, "path parameter", answer, 400)


@case("COOKIE-025", "SQL in the token", *EVERY)
def sql(scene):
    for value in ("' OR '1'='1", "x'::bytea--", "\\'", "%27"):
        sees(scene, f"__Host-id={value}; a=1".encode(), ["a=1"])


@case("COOKIE-027", "a huge cookie", *EVERY)
def huge(scene):
    raw = http(scene, "/public/e2e", "Cookie: a=" + "A" * 60000 + f"; {OURS}")
    expect(scene, "60,000 bytes", scene.ask(raw),
           {"nginx": 400, "lighttpd": 431})


@case("COOKIE-027", "a huge cookie", *RAW, *OWN_RAW)
def huge_raw(scene):
    for size, want in ((16000, 200), (16385, 431), (60000, 431),
                       (70000, 431)):
        answer = scene.ask(REQ(base() + [("HTTP_COOKIE", "a=" + "A" * size)]))
        expect(scene, f"{size} bytes", answer, want)
