# SPDX-License-Identifier: Apache-2.0
"""HDR: a client's fields must not become identity.

Everything goes to an application that nobody signs in to, so every identity
name must arrive there once and empty; the invariants check that after each
case (harness/guard.py), the cases add what else is to be seen.
"""

from harness.ask import expect, fetch, http, same_header, table
from harness.check import equal, true
from harness.fcgi import REQ, base
from harness.guard import IDENTITY
from harness.http1 import HttpPeer
from harness.runner import HTTP, OWN_HTTP, OWN_RAW, RAW, case

LAX = ("lax-nginx",)
EVERY = HTTP + OWN_HTTP + LAX


def spoofs(scene, rows):
    """Rows (field lines, want); see expect()."""
    def send(lines):
        if isinstance(lines, (str, bytes)):
            lines = [lines]
        return scene.ask(http(scene, "/public/e2e", *lines))
    table(scene, [(repr(lines), lines, want) for lines, want in rows], send)


def respelled(name, mark):
    return name.replace("-", mark)


def odd_name(scene):
    """What becomes of a field name with other bytes than letters, digits,
    dashes and underscores: nginx drops it, lighttpd makes them underscores,
    and only the lax one hands it on for the gateway to refuse."""
    return 400 if scene.name == "lax-nginx" else 200


@case("HDR-001", "exact name", *EVERY)
def exact_name(scene):
    spoofs(scene, [(f"{name}: bob", 200) for name in IDENTITY])


@case("HDR-002", "letter case of the name", *EVERY)
def letter_case(scene):
    spoofs(scene, [(f"{name.upper()}: bob", 200) for name in IDENTITY]
           + [(f"{name.lower()}: bob", 200) for name in IDENTITY]
           + [(f"{name.swapcase()}: bob", 200) for name in IDENTITY])


@case("HDR-003", "underscores for dashes", *EVERY)
def underscores(scene):
    spoofs(scene, [(f"{respelled(name, '_')}: bob", 200)
                   for name in IDENTITY]
           + [("X-Gatehouse_Session: bob", 200),
              ("x_gatehouse-session: bob", 200),
              (["Remote-User: bob", "Remote_User: carol"], 200)])


@case("HDR-004", "other bytes for dashes", *EVERY)
def other_marks(scene):
    spoofs(scene, [(f"{respelled(name, mark)}: bob", odd_name(scene))
                   for name in ("Remote-User", "X-Gatehouse-Assertion")
                   for mark in "!#$%&'*+.^`|~"])


@case("HDR-005", "two spoofs without a dash", *EVERY)
def two_spoofs(scene):
    rows = (["X.Gatehouse.Session: bob", "X~Gatehouse~Session: carol"],
            ["Remote.User: bob", "Remote~User: carol"],
            ["Remote!User: bob", "Remote_User: carol", "Remote-User: zed"])
    spoofs(scene, [(lines, odd_name(scene)) for lines in rows])


@case("HDR-006", "one name many times", *EVERY)
def many_times(scene):
    spoofs(scene, [([f"Remote-User: u{i}" for i in range(40)], 200),
                   ([f"{name}: bob" for name in IDENTITY] * 5, 200)])


@case("HDR-007", "white space around the name", *EVERY)
def around_name(scene):
    spoofs(scene, [("Remote-User : bob", 400), ("Remote-User\t: bob", 400),
                   (["X-A: 1", " Remote-User: bob"],
                    {"nginx": 400, "lighttpd": 200}),
                   (["X-A: 1", "\tRemote-User: bob"],
                    {"nginx": 400, "lighttpd": 200})])


@case("HDR-008", "a folded line", *EVERY)
def folded(scene):
    spoofs(scene, [(["X-A: 1\r\n  Remote-User: bob"],
                    {"nginx": 400, "lighttpd": 200})])


@case("HDR-009", "CR, LF, NUL in a value", *EVERY)
def control_bytes(scene):
    spoofs(scene, [
        (b"X-A: 1\rRemote-User: bob", 400),
        (b"X-A: 1\nRemote-User: bob", {"nginx": 200, "lighttpd": 400}),
        (b"X-A: 1\x00", 400),
        (b"X-A: 1\x00Remote-User: bob", 400)])


@case("HDR-009", "CR, LF, NUL in a parameter", *RAW, *OWN_RAW)
def control_bytes_raw(scene):
    rows = [b"1\rRemote-User: bob", b"1\nRemote-User: bob", b"1\x00", b"\r\n",
            b"1\r\n\r\nGET /admin/ HTTP/1.1\r\n", b"a\x7fb", b"\x01"]
    table(scene, [(repr(value), value, 400) for value in rows],
          lambda value: scene.ask(REQ(base() + [("HTTP_X_A", value)])))


@case("HDR-010", "spoofs between many other fields", *HTTP)
def between_many(scene):
    lines = [f"X-Filler-{i}: {i}" for i in range(60)]
    lines[30:30] = ["Remote-User: bob", "Remote_Groups: admin"]
    answer = scene.ask(http(scene, "/public/e2e", *lines))
    request = expect(scene, "62 fields", answer, 200)
    for i in range(60):
        same_header(request, f"X-Filler-{i}", [str(i)])


@case("HDR-011", "with a session cookie that nobody issued", *EVERY)
def with_cookie(scene):
    answer = scene.ask(http(
        scene, "/public/e2e", "Cookie: __Host-id=" + "A" * 43,
        "Remote-User: bob"))
    request = expect(scene, "cookie and spoof", answer, 200)
    same_header(request, "Cookie", [])


@case("HDR-012", "on a protected application", "own", *OWN_HTTP, *LAX)
def on_protected(scene):
    for name in IDENTITY:
        answer = fetch(scene, "/closed/", f"{name}: admin")
        equal(f"{name}: status", answer.status, 401)
    scene.none_arrived()


@case("HDR-013", "when the application is down", "own", *OWN_HTTP, *LAX)
def error_paths(scene):
    for path in ("/refused/", "/gone/"):
        for name in IDENTITY:
            answer = fetch(scene, path, f"{name}: bob")
            equal(f"{path} {name}: status", answer.status, 502)
            true("the page does not repeat it", b"bob" not in answer.body)
    scene.none_arrived()


@case("HDR-014", "on pages of our own", *HTTP)
def on_own_pages(scene):
    for path in ("/auth/static/style.css", "/auth/nothing", "/nowhere/"):
        answer = scene.ask(http(scene, path, "Remote-User: bobbobbob",
                                "X-Gatehouse-Session: bobbobbob"))
        equal(path, answer.status, 200 if "style" in path else 404)
        true("not repeated", b"bobbobbob" not in answer.head + answer.body)
    scene.none_arrived()


@case("HDR-015", "Connection names what is to be dropped", *EVERY)
def nominated(scene):
    for line in ("Connection: close, Remote-User",
                 "Connection: close, X-Gatehouse-Session, X-Request-Id",
                 "Connection: close, Cookie, X-Forwarded-For",
                 "Connection: close, X-Forwarded-Proto, Host"):
        answer = scene.ask(http(scene, "/public/e2e", line, "X-Mine: 1",
                                "Cookie: a=b", close=False))
        request = expect(scene, line, answer, 200)
        same_header(request, "X-Mine", ["1"])
        same_header(request, "Host", [scene.host])


@case("HDR-016", "fields for this connection only", *EVERY)
def hop_by_hop(scene):
    """guard.NEVER lists what may not arrive."""
    answer = scene.ask(http(
        scene, "/public/e2e", "TE: trailers", "Keep-Alive: timeout=5",
        "Proxy-Authorization: Basic Ym9iOng=", "Proxy-Connection: close",
        "X-Secret: 1", "Connection: close, X-Secret", "X-Mine: 1",
        close=False))
    request = expect(scene, "hop by hop", answer, 200)
    same_header(request, "X-Mine", ["1"])


@case("HDR-017", "identity in the trailers", *EVERY)
def trailers(scene):
    raw = http(scene, "/public/e2e", "Transfer-Encoding: chunked",
               "Trailer: Remote-User", method="POST")
    answer = scene.ask(raw + b"3\r\nabc\r\n0\r\nRemote-User: bob\r\n"
                             b"X-Trailed: 1\r\n\r\n")
    request = expect(scene, "trailers", answer, 200)
    same_header(request, "X-Trailed", [])
    equal("body", request.body_length, 3)


@case("HDR-019", "Authorization", *EVERY)
def authorization(scene):
    answer = scene.ask(http(scene, "/public/e2e",
                            "Authorization: Basic Ym9iOng="))
    request = expect(scene, "dropped", answer, 200)
    same_header(request, "Authorization", [])
    answer = scene.ask(http(scene, "/public/e2e",
                            "authorization: Bearer abc"))
    same_header(expect(scene, "dropped", answer, 200), "Authorization", [])


@case("HDR-020", "Authorization where the application wants it", "own",
      *OWN_HTTP, *LAX)
def authorization_kept(scene):
    answer = fetch(scene, "/keeps/x", "Authorization: Basic Ym9iOng=")
    equal("status", answer.status, 200)
    request = scene.one_arrived("keeps")
    same_header(request, "Authorization", ["Basic Ym9iOng="])


@case("HDR-021", "fields that rewrite the URL", *EVERY)
def rewriting(scene):
    for name in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri",
                 "X-Original-Uri"):
        answer = scene.ask(http(scene, "/public/e2e", f"{name}: /admin/"))
        request = expect(scene, name, answer, 200)
        equal("target", request.target, "/public/e2e")
    answer = scene.ask(http(scene, "/nowhere/", "X-Forwarded-Uri: /public/"))
    expect(scene, "unknown path stays unknown", answer, 404)


@case("HDR-021", "a protected path stays protected", "own", *OWN_HTTP, *LAX)
def rewriting_protected(scene):
    for name in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri",
                 "X-Original-Uri", "X-Forwarded-Prefix"):
        answer = fetch(scene, "/closed/", f"{name}: /public/")
        equal(name, answer.status, 401)
    scene.none_arrived()


@case("HDR-022", "identity as a CGI variable of the web server", *RAW,
      *OWN_RAW)
def server_variables(scene):
    for name in ("REMOTE_USER", "AUTH_TYPE", "REMOTE_IDENT",
                 "REDIRECT_REMOTE_USER", "AUTHENTICATE_UID"):
        answer = scene.ask(REQ(base() + [(name, "bob")]))
        request = expect(scene, name, answer, 200)
        true("not passed on", all("bob" not in v for _, v in request.headers),
             request.headers)


@case("HDR-023", "identity under another casing of the parameter", *RAW,
      *OWN_RAW)
def parameter_case(scene):
    for name in ("http_x_gatehouse_session", "HTTP_x_Gatehouse_Session",
                 "Http_Remote_User", "HTTP_remote_user"):
        answer = scene.ask(REQ(base() + [(name, "bob")]))
        expect(scene, name, answer, 200)


@case("HDR-024", "identity under every spelling of the parameter", *RAW,
      *OWN_RAW)
def parameter_spelling(scene):
    for name in IDENTITY:
        answer = scene.ask(REQ(base() + [
            ("HTTP_" + name.upper().replace("-", "_"), "bob")]))
        expect(scene, name, answer, 200)
    for name in ("HTTP_REMOTE-USER", "HTTP_REMOTE.USER", "HTTP_REMOTE~USER",
                 "HTTP_REMOTE USER", "HTTP_REMOTE_USER ",
                 "HTTP_\tREMOTE_USER"):
        answer = scene.ask(REQ(base() + [(name, "bob")]))
        expect(scene, name, answer, 400)


@case("HDR-026", "the same identity parameter many times", *RAW, *OWN_RAW)
def parameter_many(scene):
    answer = scene.ask(REQ(base() + [("HTTP_REMOTE_USER", f"u{i}")
                                     for i in range(20)]))
    expect(scene, "twenty", answer, 200)


@case("HDR-028", "HTTP/2", *HTTP, *OWN_HTTP, *LAX)
def over_http2(scene):
    for name in IDENTITY + ("Remote_User",):
        answer = scene.ask2([
            (":method", "GET"), (":scheme", "https"),
            (":authority", scene.host), (":path", "/public/e2e"),
            (name.lower(), "bob"), ("x-mine", "1")])
        true("the front speaks HTTP/2", answer is not None)
        request = expect(scene, name, answer, 200)
        same_header(request, "X-Mine", ["1"])


@case("HDR-030", "a second request on the connection", *EVERY)
def second_request(scene):
    """What one request carried must not be seen in the next."""
    with HttpPeer(scene.front) as peer:
        for i in range(6):
            more = ["Remote-User: bob", "X-Once: 1", "Cookie: a=b"]
            peer.send(http(scene, "/public/e2e",
                           *(more if i % 2 == 0 else ()), close=False))
            answer = peer.read()
            scene.answers.append(answer)
            request = expect(scene, f"request {i}", answer, 200)
            same_header(request, "X-Once", ["1"] if i % 2 == 0 else [])
            same_header(request, "Cookie", ["a=b"] if i % 2 == 0 else [])


@case("HDR-031", "request id of the client", *EVERY)
def request_id(scene):
    for value in ("'; DROP TABLE audit;--", "0" * 32, "x" * 4096):
        answer = scene.ask(http(scene, "/public/e2e",
                                f"X-Request-Id: {value}"))
        request = expect(scene, value[:20], answer, 200)
        true("the gateway's own", request.all("X-Request-Id") != [value])


