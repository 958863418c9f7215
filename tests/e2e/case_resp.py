# SPDX-License-Identifier: Apache-2.0
"""RESP: answers of the gateway itself. The fields are checked by the
invariants on every own answer of the whole suite (harness/guard.py); here
each kind of page is visited once, and what a page says is looked at."""

from harness.ask import fetch, http
from harness.check import among, equal, true
from harness.fcgi import REQ, base
from harness.guard import check_own
from harness.runner import (HTTP, OWN, OWN_HTTP, OWN_RAW, RAW, case,
                            not_here)

EVERY = RAW + HTTP + OWN_RAW + OWN_HTTP
NAVIGATION = ("Accept: text/html,application/xhtml+xml",
              "Sec-Fetch-Mode: navigate")


def page(answer, status):
    """An own page: status, type, exchange id, no script, no other host."""
    equal("status", answer.status, status)
    check_own(answer)
    equal("type", answer.one("Content-Type").lower(),
          "text/html; charset=utf-8")
    text = answer.body.lower()
    true("a document", text.startswith(b"<!doctype html>")
         and b"<html lang=" in text and b"<title>" in text, text[:80])
    for word in (b"<script", b" style=", b" onload=", b"javascript:",
                 b'="http', b"gatehouse/", b"errno", b".c:"):
        true(f"without {word!r}", word not in text, text)
    true("the exchange id", answer.one("X-Request-Id").encode()
         in answer.body)


@case("RESP-001", "the pages of the gateway", *EVERY)
def pages(scene):
    page(fetch(scene, "/nowhere/", *NAVIGATION), 404)
    page(fetch(scene, "/auth/nothing", *NAVIGATION), 404)
    page(fetch(scene, "/public//", *NAVIGATION), 400)
    if scene.front is None:
        page(fetch(scene, "/public/" + "a" * 5000, *NAVIGATION), 414)
        page(fetch(scene, "/public/", "X-L: " + "v" * 17000, *NAVIGATION),
             431)
        page(scene.ask(REQ(base(HTTP_HOST="evil.example",
                                HTTP_ACCEPT="text/html"))), 421)
        page(scene.ask(REQ(base(HTTPS=None, HTTP_ACCEPT="text/html"))), 426)
    scene.none_arrived()


@case("RESP-001", "the pages when an application fails", *OWN)
def failing(scene):
    page(fetch(scene, "/refused/", *NAVIGATION), 502)
    page(fetch(scene, "/closed/", *NAVIGATION), 401)
    scene.app().script = lambda peer, _: (peer.gone(3), peer.close())
    page(fetch(scene, "/public/", *NAVIGATION), 504)


@case("RESP-002", "no address, no file name, no header is repeated", *EVERY)
def vague(scene):
    answer = fetch(scene, "/nowhere-7f3a/?q=zz9", "User-Agent: agent-4c1d",
                   "Accept: text/html")
    equal("status", answer.status, 404)
    for word in (b"nowhere-7f3a", b"zz9", b"agent-4c1d", b"127.0.0.1",
                 b"/tmp/", b".sock"):
        true(f"without {word!r}", word not in answer.body, answer.body)


@case("RESP-004", "markup in a request stays out of the page", *EVERY)
def markup(scene):
    answer = fetch(scene, "/nowhere/%3Cscript%3Ealert(1)%3C/script%3E?<b>",
                   "Accept: text/html")
    equal("status", answer.status, 404)
    true("none", b"<script" not in answer.body.lower()
         and b"alert(1)" not in answer.body)


@case("RESP-005", "the style sheet", *EVERY)
def style(scene):
    answer = fetch(scene, "/auth/static/style.css")
    equal("status", answer.status, 200)
    check_own(answer)
    equal("type", answer.one("Content-Type").lower(),
          "text/css; charset=utf-8")
    true("css", b"{" in answer.body and b"<" not in answer.body[:200])
    document = fetch(scene, "/nowhere/", "Accept: text/html")
    true("pages ask for it", b"/auth/static/style.css" in document.body)


@case("RESP-006", "an id of its own for every answer", *EVERY)
def ids(scene):
    seen = {fetch(scene, "/nowhere/").one("X-Request-Id") for _ in range(8)}
    equal("eight", len(seen), 8)


@case("RESP-008", "the id of the answer is the id at the application", *OWN)
def same_id(scene):
    answer = fetch(scene, "/public/e2e")
    request = scene.one_arrived()
    equal("id", answer.all("X-Request-Id"), request.all("X-Request-Id"))


@case("RESP-009", "an unknown suffix changes nothing", *OWN)
def cache_deception(scene):
    for path in ("/closed/x.css", "/closed/style.css", "/closed/x.js",
                 "/closed/%2e%2e/closed/a.png", "/closed/auth/static/"):
        answer = fetch(scene, path)
        equal(path, answer.status, 401)
        equal("not cached", answer.all("Cache-Control"), ["no-store"])
    scene.none_arrived()


@case("RESP-010", "an own answer ends where it says", *EVERY)
def framing(scene):
    for path in ("/nowhere/", "/auth/static/style.css", "/public/%zz"):
        answer = fetch(scene, path)
        true(f"{path}: complete", answer.complete, answer.head)
        if answer.all("Content-Length"):
            equal("length", answer.one("Content-Length"),
                  str(answer.length))


@case("RESP-011", "401: a page for people, JSON for scripts", *OWN)
def unauthorised(scene):
    for lines in (NAVIGATION, ("Accept: text/html",)):
        page(fetch(scene, "/closed/x", *lines), 401)
    for lines in (("Accept: application/json",),
                  ("Sec-Fetch-Mode: cors", "Accept: */*"),
                  ("X-Requested-With: XMLHttpRequest", "Accept: */*"), ()):
        answer = fetch(scene, "/closed/x", *lines)
        equal(f"{lines}: status", answer.status, 401)
        true("JSON", (answer.one("Content-Type") or "").startswith(
            "application/json"), answer.headers)
        true("reason", b'"sign_in"' in answer.body, answer.body)
    scene.none_arrived()


@case("RESP-012", "Status has a phrase", *RAW, *OWN_RAW)
def phrase(scene):
    for path, status in (("/nowhere/", 404), ("/public/%zz", 400),
                         ("/auth/static/style.css", 200)):
        answer = fetch(scene, path)
        equal("status", answer.status, status)
        true("Status is the first line",
             answer.head.startswith(b"Status: %d " % status), answer.head)
        true("a phrase", len(answer.reason) > 1, answer.reason)


@case("RESP-013", "refusals of methods say what is allowed", *RAW, *OWN_RAW)
def allow(scene):
    answer = fetch(scene, "/public/", method="TRACE")
    equal("status", answer.status, 405)
    true("Allow without it", answer.all("Allow") != []
         and "TRACE" not in answer.one("Allow"), answer.headers)


@case("RESP-015", "the application's own fields pass unchanged", *OWN)
def unchanged(scene):
    lines = (b"Content-Security-Policy: default-src 'self'\r\n"
             b"Cache-Control: max-age=60\r\nX-Frame-Options: SAMEORIGIN\r\n"
             b"ETag: \"e\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
             b"Content-Type: text/x-e2e; charset=latin1\r\nVary: Accept\r\n"
             b"Content-Disposition: attachment; filename=\"\xc3\xa4\"\r\n"
             b"WWW-Authenticate: Basic realm=\"app\"\r\nX-A: 1\r\nX-A: 2\r\n")
    scene.app().script = (b"HTTP/1.1 200 OK\r\n" + lines
                          + b"Content-Length: 2\r\n\r\nok")
    answer = fetch(scene, "/public/e2e")
    equal("status", answer.status, 200)
    for line in lines.decode("latin-1").split("\r\n")[:-1]:
        name, _, value = line.partition(": ")
        true(line, value in ", ".join(answer.all(name)), answer.headers)
    equal("X-A", ", ".join(answer.all("X-A")), "1, 2")


@case("RESP-016", "a navigation and a script get the same status", *EVERY)
def same_status(scene):
    for path, status in (("/nowhere/", 404), ("/public/%zz", 400)):
        for lines in (NAVIGATION, ("Accept: application/json",),
                      ("Accept: */*",), ()):
            answer = fetch(scene, path, *lines)
            equal(f"{path} {lines}", answer.status, status)


@case("RESP-017", "nothing names the software's version", *EVERY)
def version(scene):
    answer = fetch(scene, "/nowhere/")
    among("Server", answer.one("Server") or "", ("", "nginx", "lighttpd"))
    equal("X-Powered-By", answer.all("X-Powered-By"), [])


@case("RESP-018", "an own answer over HTTP/2", *HTTP, *OWN_HTTP)
def over_http2(scene):
    answer = scene.ask2([(":method", "GET"), (":scheme", "https"),
                         (":authority", scene.host), (":path", "/nowhere/")])
    equal("status", answer.status, 404)
    check_own(answer)


@case("RESP-019", "one answer a request on a kept connection", *HTTP,
      *OWN_HTTP)
def kept(scene):
    with scene.connect() as peer:
        for path in ("/nowhere/", "/public/e2e", "/public/%zz", "/nowhere/",
                     "/public/e2e"):
            peer.send(http(scene, path, close=False))
            answer = peer.read()
            equal(path, answer.status, 404 if "now" in path else
                  400 if "zz" in path else 200)
            if answer.all("Connection") == ["close"] or peer.ended:
                break


not_here("RESP-014", "see PGX-001: 503 says when to come again")
not_here("RESP-003, RESP-007", "browser tests, pages with forms")
