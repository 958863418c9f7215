# SPDX-License-Identifier: Apache-2.0
"""REDIR: where signing in leads to. Whatever return_to says, it is a path on
this very host, and no browser can read it as another one."""

import random
import re
from urllib.parse import quote_from_bytes, unquote_to_bytes, urljoin, urlsplit

from harness.check import Failed, equal, true
from harness.fcgi import as_bytes
from harness.runner import ID, ID_RAW, case, not_here
from harness.visitor import LOGIN, LOGOUT, Visitor, hidden

LOCAL = re.compile(r"/(?![/\\])[!-~]*\Z")
HOME = "/"


def as_input(text):
    """The bytes of a return_to as they stand in a query or a form; what is
    already encoded in the list stays encoded once."""
    return quote_from_bytes(unquote_to_bytes(as_bytes(text)), safe="")


def is_local(value, origin):
    """A path on this host, however a browser reads it."""
    path = value.partition("?")[0]
    if not LOCAL.match(value) or "//" in path or "\\" in path:
        return False
    seen = urlsplit(urljoin(origin + "/auth/login", value))
    return f"{seen.scheme}://{seen.netloc}" == origin


def shown(scene, payloads, want=HOME):
    """What the form holds for each of them."""
    visitor, wrong = Visitor(scene), []
    visitor.form()
    for text in payloads:
        answer = visitor.get(f"{LOGIN}?return_to={as_input(text)}")
        equal(f"{text}: status", answer.status, 200)
        value = hidden(answer, scene)["return_to"]
        if value != want or b"evil" in answer.body.replace(
                value.encode(), b""):
            wrong.append(f"{text!r} gives {value!r}, want {want!r}")
        true(f"{text}: local", is_local(value, visitor.origin), value)
    if wrong:
        raise Failed("\n".join(wrong))


def led(scene, text, want=HOME):
    """Where signing in with it in the form leads."""
    visitor = Visitor(scene)
    answer = visitor.sign_in("alice", return_to=as_input(text).encode())
    equal(f"{text}: status", answer.status, 303)
    equal(f"{text}: Location", answer.all("Location"), [want])


def refused(scene, *payloads):
    shown(scene, payloads)
    some = payloads if scene.is_raw else payloads[:1]
    for text in some:
        led(scene, text)


@case("REDIR-001", "absolute", *ID)
def absolute(scene):
    refused(scene, "https://evil.example/", "http://evil.example",
            "HTTPS://EVIL.EXAMPLE/", "https:evil.example", "https:/evil",
            "https:///evil.example", "ftp://evil.example/")


@case("REDIR-002", "two slashes", *ID)
def two(scene):
    refused(scene, "//evil.example", "//evil.example/app/", "//",
            "//localhost", "/%2fevil.example", "%2f%2fevil.example")


@case("REDIR-003", "more slashes", *ID)
def three(scene):
    refused(scene, "///evil.example", "////evil.example",
            "/////evil.example")


@case("REDIR-004", "backslashes", *ID)
def backslashes(scene):
    refused(scene, "/\\evil.example", "\\\\evil.example", "\\/evil.example",
            "/\\/evil.example", "/app/\\evil", "/%5cevil.example", "\\",
            "https:\\\\evil.example")


@case("REDIR-005", "white space between the slashes", *ID)
def white(scene):
    refused(scene, *(f"/%{code}/evil.example" for code in
                     ("09", "0a", "0d", "20", "0b", "0c", "00")),
            "%20//evil.example", "%09//evil.example", "%0a/app/")
    shown(scene, ["/%a0/evil.example"])


@case("REDIR-006", "encoded twice", *ID)
def twice(scene):
    """The one decoding of the form leaves encoded bytes, which no browser
    decodes for a second time."""
    refused(scene, "/%255cevil.example", "%252f%252fevil.example",
            "/%25252fevil.example")
    shown(scene, ["/%252fevil.example"], "/%2Fevil.example")
    shown(scene, ["/app/%252e%252e/x"], "/x")


@case("REDIR-007", "dot segments before a double slash", *ID)
def dots(scene):
    refused(scene, "/.//evil.example", "/./\\evil.example",
            "/app/..//evil.example", "/./../../\\evil.example", "/..",
            "/../app/", "/app/../..", "/%2e//evil.example")


@case("REDIR-008", "user and host", *ID)
def user(scene):
    refused(scene, "//evil.example@localhost", "//localhost@evil.example",
            "https://localhost@evil.example/", "@evil.example",
            "https://localhost:8443@evil.example/")


@case("REDIR-009", "hosts that look like ours", *ID)
def look_alikes(scene):
    refused(scene, f"https://{scene.host}.evil.example/",
            f"https://evil{scene.host}/", f"https://{scene.host}/app/",
            f"https://{scene.host.partition(':')[0]}%2eevil.example/",
            f"//{scene.host}/app/")


@case("REDIR-011", "javascript and data", *ID)
def schemes(scene):
    refused(scene, "javascript:alert(1)", "JaVaScRiPt:alert(1)",
            "java%0d%0ascript:alert(1)", "%6aavascript:alert(1)",
            "data:text/html,x", "vbscript:x", "/%09/javascript:alert(1)",
            "view-source:x", "blob:x", "about:blank")


@case("REDIR-013", "hosts as numbers", *ID)
def numbers(scene):
    refused(scene, "http://3627734734/", "http://0xd83ad6ce/",
            "http://0330.072.0326.0316/", "http:[::ffff:216.58.214.206]",
            "//3627734734", "//[::1]/")


@case("REDIR-014", "characters that become a slash", *ID)
def unicode_slashes(scene):
    refused(scene, "/\uff0fevil.example".encode(),
            "//evil\u3002example".encode(), "/\u2215evil".encode(),
            "\uff0f\uff0fevil.example".encode(), "/\u202eevil".encode())
    shown(scene, [b"/\xc0\xafevil", b"/\xff\xfe"])


@case("REDIR-015", "NUL", *ID)
def nul(scene):
    refused(scene, "/app/%00//evil.example", "//localhost%00.evil.example",
            "%00/app/", "/app/%00")


@case("REDIR-017", "fragments and queries", *ID)
def queries(scene):
    for text, want in (
            ("/app/%23@evil.example", "/app/"),
            ("/app/?x=//evil.example", "/app/?x=//evil.example"),
            ("/?next=https://evil.example", "/?next=https://evil.example"),
            ("/app/?a=1%26b=2", "/app/?a=1&b=2"), ("%23//evil", HOME),
            ("/%3f//evil.example", "/?//evil.example")):
        visitor = Visitor(scene)
        answer = visitor.get(f"{LOGIN}?return_to={as_input(text)}")
        equal(text, hidden(answer, scene)["return_to"], want)
    led(scene, "/app/?x=//evil.example", "/app/?x=//evil.example")


@case("REDIR-018", "paths of our own are kept", *ID)
def kept(scene):
    for text in ("/app/", "/app/a/b?c=d", "/public/x", "/nowhere",
                 "/app/%25C3%25A9", "/auth/session", "/app/x:y@z"):
        want = text.replace("%25", "%")
        shown(scene, [text], want)
    led(scene, "/app/a/b?c=d", "/app/a/b?c=d")


@case("REDIR-019", "relative", *ID)
def relative(scene):
    refused(scene, "app/x", "../x", "./x", "?x", "", "x", "*", ".", "#")


@case("REDIR-020", "too long", *ID)
def too_long(scene):
    long = "/app/" + "a" * 1500
    shown(scene, [long], long)
    visitor = Visitor(scene)
    for length in (2049, 5000):
        answer = visitor.get(f"{LOGIN}?return_to=/{'a' * length}")
        if answer.status == 200:
            equal("home", hidden(answer, scene)["return_to"], HOME)
        else:
            true("refused", answer.status in (400, 414), answer.status)


@case("REDIR-021", "round in circles", *ID)
def circles(scene):
    refused(scene, LOGIN, f"{LOGIN}?return_to={LOGIN}", LOGOUT,
            "/auth/./login", "/auth/%6cogin", "/app/../auth/logout",
            "/auth/logged-out")


@case("REDIR-022", "return_to twice", *ID)
def doubled(scene):
    visitor = Visitor(scene)
    answer = visitor.get(f"{LOGIN}?return_to=/app/&return_to=//evil.example")
    equal("status", answer.status, 200)
    equal("home", hidden(answer, scene)["return_to"], HOME)
    true("not echoed", b"evil" not in answer.body)


@case("REDIR-023", "a path that the account may not see", *ID)
def not_mine(scene):
    """The target decides, not the sign-in."""
    led(scene, "/admin/", "/admin/")
    led(scene, "/nowhere/", "/nowhere/")


@case("REDIR-025", "the Host field as a base", *ID)
def host(scene):
    visitor = Visitor(scene)
    for target in ("/app/x?y=z", "/app/"):
        answer = visitor.get(target)
        equal("status", answer.status, 303)
        true("a path only", (answer.one("Location") or "").startswith(
            f"{LOGIN}?return_to=%2Fapp%2F"), answer.head)
    scene.none_arrived()


@case("REDIR-026", "markup in return_to is text", *ID)
def markup(scene):
    visitor = Visitor(scene)
    for text in ('/app/"><script>alert(1)</script>', "/app/'onclick='x",
                 "/app/?x=\"><b>", "/app/{{csrf}}"):
        answer = visitor.get(f"{LOGIN}?return_to={as_input(text)}")
        equal("status", answer.status, 200)
        true("escaped", b"<script>alert" not in answer.body
             and b'"><b>' not in answer.body, answer.body)


PIECES = ("/", "/", "\\", "//", ".", "..", "evil.example", "app", "auth",
          "login", ":", "@", "#", "?", "%2f", "%5c", "%09", "%0d%0a", "%00",
          " ", "https:", "javascript:", "\t", "localhost", ";", "%25", "%2e",
          "\u3002", "[::1]", "&", "=", "\x7f")


@case("REDIR-029", "made-up ones lead nowhere else", *ID_RAW)
def generated(scene):
    dice = random.Random(29)
    visitor = Visitor(scene)
    visitor.form()
    for _ in range(10000 if scene.options.long else 1000):
        text = "".join(dice.choices(PIECES, k=dice.randint(1, 9)))
        if dice.random() < 0.5:
            text = "/" + text
        raw = quote_from_bytes(text.encode(), safe=dice.choice(("", "%/:")))
        answer = visitor.get(f"{LOGIN}?return_to={raw}")
        equal(f"{raw}: status", answer.status, 200)
        value = hidden(answer, scene)["return_to"]
        true(f"{raw} leads to", is_local(value, visitor.origin), value)
        scene.answers.clear()
        scene.secrets.clear()


@case("REDIR-030", "what the protected path was", *ID)
def from_request(scene):
    visitor = Visitor(scene)
    for target, want in (("/app/a%20b?x=%2F", "/app/a%20b?x=%2F"),
                         ("/app/./a/../b", "/app/b"),
                         ("/app/?a=1&b=2", "/app/?a=1&b=2")):
        answer = visitor.get(target)
        equal(f"{target}: status", answer.status, 303)
        page = visitor.get(answer.one("Location"))
        equal(target, hidden(page, scene)["return_to"], want)
    scene.none_arrived()


@case("REDIR-031", "a request target that names another host", *ID)
def target(scene):
    visitor = Visitor(scene)
    for path in ("//evil.example/..%2f..%2f", "//evil.example/app/",
                 "/app//evil.example", "/app/%2f/evil.example",
                 "/\\evil.example/"):
        answer = visitor.get(path)
        equal(f"{path}: status", answer.status, 400)
    scene.none_arrived()


not_here("REDIR-027",
         "other origins to return to are not offered yet")
