# SPDX-License-Identifier: Apache-2.0
"""PATH: one canonical path is decided on and sent.

A row is (target as sent, want); want is a status, one for each kind of
front, or the path at the application when the request must pass. The front
answers some of them itself; nothing may reach an application then either.
"""

import random
import re

from harness.ask import expect, http
from harness.check import Failed, equal, true
from harness.fcgi import REQ, base
from harness.runner import HTTP, OWN_HTTP, OWN_RAW, RAW, case

EVERY = RAW + HTTP + OWN_RAW + OWN_HTTP + ("lax-nginx",)
CLOSED = OWN_RAW + OWN_HTTP + ("lax-nginx",)


def targets(scene, rows):
    """Plays rows; collects every failure."""
    reasons = []
    for raw, want in rows:
        path = want if isinstance(want, str) else None
        try:
            answer = send(scene, raw)
            request = expect(scene, repr(raw), answer, 200 if path else want)
            if path:
                equal(f"{raw!r} at the application", request.target, path)
        except Failed as failure:
            reasons.append(str(failure))
            scene.fresh()
    if reasons:
        raise Failed("\n".join(reasons))


def send(scene, raw):
    if scene.is_raw:
        text = raw.decode("latin-1") if isinstance(raw, bytes) else raw
        pairs = base("/", REQUEST_URI=text, SCRIPT_NAME=None)
        return scene.ask(REQ(pairs))
    return scene.ask(http(scene, raw))


def same(want, *raws):
    return [(raw, want) for raw in raws]


@case("PATH-001", "baseline", *EVERY)
def baseline(scene):
    targets(scene, [("/public/e2e", "/public/e2e"),
                    ("/public/", "/public/"),
                    ("/public/a/b/c.d?e=f&g", "/public/a/b/c.d?e=f&g"),
                    ("/public/?", "/public/?")])


@case("PATH-001", "a protected application", *CLOSED)
def protected(scene):
    targets(scene, same(401, "/closed/", "/closed/x?y=z"))


@case("PATH-002", "no slash after the prefix", *EVERY)
def no_slash(scene):
    answer = send(scene, "/public")
    true("status", answer.status in (200, 301, 302, 303, 307, 308, 404),
         answer.status)
    if answer.status != 200:
        scene.none_arrived()
    else:
        equal("target", scene.one_arrived().target, "/public")


@case("PATH-003", "segment boundary", *EVERY)
def boundary(scene):
    targets(scene, same(404, "/publicx/", "/publicity", "/public-admin/",
                        "/closedx/", "/administrator", "/publi", "/"))


@case("PATH-004", "unreserved characters are decoded once", *EVERY)
def unreserved(scene):
    targets(scene, [("/%70ublic/e2e", "/public/e2e"),
                    ("/public/%7Euser", "/public/~user"),
                    ("/public/%41%2d%5F%2E7", "/public/A-_.7"),
                    ("/public/a%20b", "/public/a%20b"),
                    ("/public/%c3%a9", "/public/%C3%A9"),
                    ("/public/a%3Fb", "/public/a%3Fb"),
                    ("/public/a:@!$&'()*+,=b", "/public/a:@!$&'()*+,=b")])


@case("PATH-005", "dot segments", *EVERY)
def dots(scene):
    targets(scene, [("/public/./e2e", "/public/e2e"),
                    ("/public/a/../e2e", "/public/e2e"),
                    ("/x/../public/e2e", "/public/e2e"),
                    ("/public/a/..", "/public/"),
                    ("/public/.", "/public/"),
                    ("/./public/e2e", "/public/e2e")]
            + same(404, "/public/../nowhere/", "/public/.."))


@case("PATH-005", "dot segments into a protected path", *CLOSED)
def dots_closed(scene):
    targets(scene, same(401, "/public/../closed/", "/./closed/", "/closed/./",
                        "/public/./../closed/x", "/public/x/../../closed/"))


@case("PATH-006", "encoded dot segments", *EVERY)
def encoded_dots(scene):
    targets(scene, [("/public/%2e/e2e", "/public/e2e"),
                    ("/public/a/%2e%2e/e2e", "/public/e2e"),
                    ("/public/a/.%2E/e2e", "/public/e2e")]
            + same(404, "/public/%2e%2e/nowhere", "/public/%2E./nowhere"))


@case("PATH-006", "encoded dot segments into a protected path", *CLOSED)
def encoded_dots_closed(scene):
    targets(scene, same(401, "/public/%2e%2e/closed/", "/public/.%2e/closed/",
                        "/%2e/closed/", "/public/%2E%2E/%63losed/"))


@case("PATH-007", "encoded slash", *EVERY)
def encoded_slash(scene):
    targets(scene, same(400, "/public/..%2fclosed/", "/public/..%2Fadmin/",
                        "/public/a%2fb", "/public/a%2Fb")
            + same(400, "/public%2f..%2fclosed%2f", "/%2fadmin/",
                   "/%2fclosed/", "/public%2F..%2Fclosed", "/public%2fx"))


@case("PATH-008", "a backslash", *EVERY)
def backslash(scene):
    targets(scene, same(400, "/public\\..\\closed\\", "/public/..\\closed/",
                        "/public/%5c..%5cclosed", "/public/a%5Cb",
                        "/\\closed/", "/public/..%5cclosed/"))


@case("PATH-009", "double encoding", *EVERY)
def double_encoding(scene):
    targets(scene, same(400, "/public/%252e%252e/closed/",
                        "/public/..%252fclosed", "/public/%25%32%65",
                        "/public/%2561", "/%2563losed/",
                        "/public/%25252e%25252e/closed"))


@case("PATH-010", "a semicolon", *EVERY)
def semicolon(scene):
    targets(scene, same(400, "/public/..;/closed/", "/public/x;jsessionid=1",
                        "/public/;/../closed/", "/public/.;/closed/")
            + same(400, "/closed;x/", "/public;x/../closed/",
                   "/public;/e2e"))


@case("PATH-011", "an encoded semicolon", *EVERY)
def encoded_semicolon(scene):
    targets(scene, same(400, "/public/..%3b/closed/", "/public/a%3Bb")
            + same(400, "/closed%3b/", "/public%3b/e2e"))


@case("PATH-012", "empty segments", *EVERY)
def empty_segments(scene):
    targets(scene, same(400, "/public//e2e", "/public//../closed/",
                        "/public/e2e//")
            + same(400, "//public/e2e", "//closed/", "///closed/",
                   "//evil.example/public/", "/public//../../closed/"))


@case("PATH-013", "encoded control characters", *EVERY)
def control(scene):
    targets(scene, same(400, "/closed%0a", "/closed%0d/", "/public/%0a",
                        "/public/%0a../closed/", "/public/%09",
                        "/public/%7f", "/public/%00", "/public/%1f",
                        "/public/%c2%80", "/public/x%0d%0aX-A:%201"))


@case("PATH-014", "raw control characters", *RAW, *OWN_RAW)
def control_raw(scene):
    targets(scene, same(400, b"/public/\x00", b"/public/\x01", b"/public/\t",
                        b"/public/a\r\nX: y", b"/public/\n", b"/public/\x7f",
                        b"/public/x HTTP/1.1\r\nHost: y\r\n\r\n"))


@case("PATH-015", "letter case", *EVERY)
def letter_case(scene):
    targets(scene, same(404, "/PUBLIC/", "/Public/e2e", "/%50ublic/",
                        "/CLOSED/", "/Closed/", "/%43losed/", "/Auth/login"))


@case("PATH-016", "bad percent encoding", *EVERY)
def bad_percent(scene):
    targets(scene, same(400, "/public/%", "/public/%2", "/public/%zz",
                        "/public/%2g", "/public/100%", "/public/%%32%65"))


@case("PATH-017", "overlong and broken UTF-8", *EVERY)
def utf8(scene):
    targets(scene, same(400, "/public/%c0%ae%c0%ae/closed/",
                        "/public/%c0%af../closed", "/%e0%80%afclosed",
                        "/public/%ff", "/public/%c3", "/public/%ed%a0%80",
                        "/public/%f4%90%80%80", "/public/%80"))


@case("PATH-018", "look-alike characters stay what they are", *EVERY)
def look_alikes(scene):
    targets(scene, [("/public/%ef%bc%8e%ef%bc%8e/x",
                     "/public/%EF%BC%8E%EF%BC%8E/x"),
                    ("/public/%e2%88%95", "/public/%E2%88%95")]
            + same(404, "/%ef%bd%90ublic/e2e", "/public%ef%bc%8fe2e"))


@case("PATH-019", "%u", *EVERY)
def percent_u(scene):
    targets(scene, same(400, "/%u0063losed/", "/public/%u002e%u002e/closed/",
                        "/public/%U0041"))


@case("PATH-021", "a fragment in the target", *EVERY)
def fragment(scene):
    targets(scene, same(400, "/closed/#/public/", "/public#/../closed/",
                        "/public/#/../closed/", "/public/e2e#x")
            + [("/public/%23/../e2e", "/public/e2e"),
                    ("/public/a%23b", "/public/a%23b")])


@case("PATH-023", "absolute form", *HTTP, *OWN_HTTP)
def absolute_form(scene):
    here = f"https://{scene.host}"
    targets(scene, [(f"{here}/nowhere/", 404),
                    ("https://evil.example/public/", 400),
                    ("http://evil.example/public/", 400),
                    ("https://evil.example@" + scene.host + "/public/",
                     400),
                    (f"{here}\\@evil.example/public/", 400)])


@case("PATH-024", "absolute form of our own host", *OWN_HTTP)
def absolute_closed(scene):
    targets(scene, [(f"https://{scene.host}/closed/", 401)])


@case("PATH-025", "no leading slash", *RAW, *OWN_RAW)
def no_leading_slash(scene):
    targets(scene, same(400, "public/", "", "*", "?public", "#", ".",
                        "http://localhost:8443/public/", "../public/"))
    answer = scene.ask(REQ(base("/public/", REQUEST_URI=None)))
    expect(scene, "no REQUEST_URI", answer, 400)


@case("PATH-027", "other parameters that name a path", *RAW, *OWN_RAW)
def other_parameters(scene):
    for name in ("REDIRECT_URI", "REDIRECT_URL", "PATH_INFO", "SCRIPT_NAME",
                 "DOCUMENT_URI", "SCRIPT_FILENAME", "PATH_TRANSLATED",
                 "UNENCODED_URL", "HTTP_X_ORIGINAL_URL",
                 "IIS_WasUrlRewritten", "ORIG_PATH_INFO"):
        pairs = [(n, v) for n, v in base("/nowhere/")
                 if n != name] + [(name, "/public/")]
        expect(scene, name, scene.ask(REQ(pairs)), 404)
        pairs = [(n, v) for n, v in base("/public/e2e")
                 if n != name] + [(name, "/closed/")]
        request = expect(scene, name, scene.ask(REQ(pairs)), 200)
        equal(f"{name}: target", request.target, "/public/e2e")


@case("PATH-028", "QUERY_STRING is not the query", *RAW, *OWN_RAW)
def query_string(scene):
    pairs = base("/public/e2e?a=1", QUERY_STRING="b=2&/../closed/")
    request = expect(scene, "as in REQUEST_URI", scene.ask(REQ(pairs)), 200)
    equal("target", request.target, "/public/e2e?a=1")


@case("PATH-029", "raw bytes outside ASCII", *EVERY)
def raw_bytes(scene):
    targets(scene, same(400, b"/public/\xff\xfe", b"/public/\xc3\xa9"))


@case("PATH-029", "a space in the target", *EVERY)
def space(scene):
    targets(scene, same(400, b"/public/a b", b"/public/ HTTP/1.0"))


@case("PATH-030", "characters a path may not have", *EVERY)
def forbidden(scene):
    targets(scene, same(400, '/public/"', "/public/<x>", "/public/{x}",
                        "/public/`x`"))


@case("PATH-031", "above the root", *EVERY)
def above_root(scene):
    targets(scene, same(400, "/../closed/", "/../../../../closed/",
                        "/public/../../closed/", "/%2e%2e/public/"))


@case("PATH-032", "the query may say anything", *EVERY)
def query(scene):
    targets(scene, [(t, t) for t in (
        "/public/e2e?x=/../closed/", "/public/e2e?a=%2e%2e%2f",
        "/public/e2e?u=https://evil.example/", "/public/e2e?a?b?c",
        "/public/e2e?%00%0a%zz%", "/public/e2e?a=b;c=d", "/public/e2e?a//b",
        "/public/e2e?<script>'\"{}|\\^`")])


@case("PATH-034", "kept by the application's own wish", *OWN_RAW, *OWN_HTTP)
def kept(scene):
    for raw, path in (("/keeps/a%2fb", "/keeps/a%2Fb"),
                      ("/keeps/a;v=1/b", "/keeps/a;v=1/b"),
                      ("/keeps//a//b", "/keeps//a//b")):
        answer = send(scene, raw)
        equal(f"{raw}: status", answer.status, 200)
        equal("target", scene.one_arrived("keeps").target, path)
    for raw in ("/keeps/..%2fclosed/", "/keeps/..;/closed/",
                "/keeps/x/..%2f..%2fclosed", "/keeps/.%3b/closed/"):
        expect(scene, raw, send(scene, raw), 400)


@case("PATH-035", "nothing there by default", *EVERY)
def default_deny(scene):
    targets(scene, same(404, "/", "/not-configured/", "/index.html",
                        "/favicon.ico", "/robots.txt", "/cgi-bin/"))


@case("PATH-036", "a long path", *RAW, *OWN_RAW)
def long_path(scene):
    just = "/public/" + "a" * (4096 - 8)
    targets(scene, [(just, just), (just + "a", 414),
                    ("/public/" + "%61" * 1362, "/public/" + "a" * 1362),
                    ("/public/" + "./" * 3000, 414)])


@case("PATH-037", "our own paths", *EVERY)
def own_paths(scene):
    targets(scene, same(404, "/auth/nothing", "/auth/static/../nothing",
                        "/auth/static/", "/auth/static/%2e%2e/x", "/auth/")
            + same(400, "/auth/login%2f..%2f..%2fclosed", "/auth//x")
            + same(400, "/auth/static/..%2f..%2fetc%2fpasswd")
            + [("/auth/../public/e2e", "/public/e2e"),
               ("/.well-known/../public/e2e", "/public/e2e")])


@case("PATH-039", "generated paths never reach a protected one", *OWN_RAW)
def generated(scene):
    """Whatever is accepted is canonical and inside the application: no
    decoder can find another segment in it."""
    pieces = ["public", "closed", "..", ".", "", "%2e", "%2E%2e", "%2f", ";",
              "%3b", "\\", "%5c", "a", "%61", "%25", "%2561", "//", "?", "%c3",
              "%C3%A9", "~", "%7e", "A", " ", "#", "%00", "@", ":", "x=y"]
    dice = random.Random(39)
    sent = 20000 if scene.options.long else 3000
    with scene.connect() as peer:
        for _ in range(sent):
            raw = "/" + dice.choice(["public/", "keeps/", "closed/", ""])
            for _ in range(dice.randint(0, 6)):
                raw += dice.choice(pieces) + dice.choice(["", "/", "/"])
            peer.send(REQ(base("/", REQUEST_URI=raw), keep=1))
            answer = peer.read()
            true(f"{raw!r}: an answer", answer.end == (0, 0), answer.head)
            scene.answers.pop()
            for request in scene.fresh():
                check_canonical(raw, request)


def check_canonical(raw, request):
    path = request.target.partition("?")[0]
    true(f"{raw!r} stays inside", path.startswith(
        f"/{request.application}/"), path)
    lowered = path.lower()
    true(f"{raw!r} is not encoded twice", not re.search(
        r"%25[0-9a-f]{2}", lowered), path)
    for part in ("/../", "/./", "%2e", "\\", "%5c", "#", "%00"):
        true(f"{raw!r} is canonical without {part}",
             part not in lowered + "/", path)
    if request.application == "public":
        for part in ("//", ";", "%3b", "%2f"):
            true(f"{raw!r} without {part}", part not in lowered, path)

