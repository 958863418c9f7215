# SPDX-License-Identifier: Apache-2.0
"""The invariants that hold after every case.

G1 the gateway is the same process and no sanitizer spoke; G2 no application
saw an identity name, a forwarding name or a cookie of ours that the gateway
did not set; G3 no protected application was reached without an account; G6
every answer of our own has the full set of fields; G7 it came in time.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from .check import Failed, among, equal, true
from .process import is_alive


@dataclass
class Person:
    """What applications are told of an account; groups None: not judged."""

    shown: str
    mail: str
    groups: str = ""


# What identity fields do not escape: visible ASCII and the space.
PLAIN = "".join(map(chr, range(0x20, 0x7f))).replace("%", "")
IDENTITY = ("Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups",
            "X-Gatehouse-Session", "X-Gatehouse-Level",
            "X-Gatehouse-Assertion")
OURS = IDENTITY + ("X-Request-Id", "X-Forwarded-For", "X-Forwarded-Proto",
                   "X-Forwarded-Host")
NEVER = ("X-Real-Ip", "Forwarded", "X-Original-Url", "X-Rewrite-Url",
         "X-Forwarded-Uri", "X-Original-Uri", "Proxy", "Te", "Trailer",
         "Upgrade", "Keep-Alive", "Proxy-Connection",
         "Proxy-Authorization")
SET_COOKIE = re.compile(
    r"__Host-(id|pre|device)=([A-Za-z0-9_-]{43}; Path=/; Secure; HttpOnly; "
    r"SameSite=Lax(; Max-Age=(600|15552000))?|; Path=/; Secure; HttpOnly; "
    r"SameSite=Lax; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT)\Z")
COOKIES = ("__host-id", "__host-pre", "__host-device", "__host-keep")
EXCHANGE = re.compile(r"[0-9a-f]{32}\Z")

OWN_FIELDS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
POLICY = ("default-src 'none'", "style-src 'self'", "img-src 'self'",
          "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
          "object-src 'none'")
TYPES = ("text/html; charset=utf-8", "text/plain; charset=utf-8",
         "text/css; charset=utf-8", "application/json; charset=utf-8",
         "application/json", "text/plain", "application/octet-stream")


def spelled(name):
    """A name as every CGI-like application would see it."""
    return re.sub(r"[^a-z0-9]", "-", name.lower())


def check_request(request, client="127.0.0.1", people=(),
                  may_be_carried=False):
    """G2 for one request that an application received. `people` may be
    signed in; with nobody there every identity name is empty. nginx, where it
    carries the traffic, sends no field for an empty value."""
    seen = {}
    for name, value in request.headers:
        seen.setdefault(spelled(name), []).append((name, value))
    if may_be_carried:
        for name in IDENTITY:
            seen.setdefault(spelled(name), [(name, "")])
    for name in OURS:
        found = seen.get(spelled(name), [])
        if len(found) != 1 or found[0][0].lower() != name.lower():
            raise Failed(f"G2 {name} at the application: {found}")
    check_identity({name: seen[spelled(name)][0][1] for name in IDENTITY},
                   people)
    for name in NEVER:
        if spelled(name) in seen and not (
                may_be_carried and name == "Upgrade"):
            raise Failed(f"G2 {name} at the application: "
                         f"{seen[spelled(name)]}")
    true("G2 X-Request-Id is ours",
         EXCHANGE.match(seen["x-request-id"][0][1]), seen["x-request-id"])
    among("G2 X-Forwarded-For", seen["x-forwarded-for"][0][1],
          (client,) if isinstance(client, str) else client)
    equal("G2 X-Forwarded-Proto", seen["x-forwarded-proto"][0][1], "https")
    for _, value in seen.get("cookie", []):
        for cookie in value.split(";"):
            name = cookie.partition("=")[0].strip().lower()
            if name in COOKIES:
                raise Failed(f"G2 cookie of ours at the application: {value}")
    true("request as RFC 9112 has it", not request.flaws, request.flaws)


def check_identity(values, people):
    """All of one signed-in account, or all empty."""
    who = values["Remote-User"]
    want = dict.fromkeys(IDENTITY, "")
    if who and who in people:
        person = people[who]
        want.update({"Remote-User": who, "X-Gatehouse-Level": "1",
                     "Remote-Name": quote(person.shown, PLAIN),
                     "Remote-Email": quote(person.mail, PLAIN),
                     "Remote-Groups": person.groups})
        if person.groups is None:       # the case looks at them itself
            want["Remote-Groups"] = values["Remote-Groups"]
        session = values["X-Gatehouse-Session"]
        true("G2 X-Gatehouse-Session", EXCHANGE.match(session), session)
        want["X-Gatehouse-Session"] = session
    equal("G2 identity at the application", values, want)


def check_own(answer, hsts=None):
    """G6 and the fields of our own pages; `hsts` is the value that
    Strict-Transport-Security must have, "" for none."""
    if hsts is not None:
        equal("G6 Strict-Transport-Security",
              answer.one("Strict-Transport-Security") or "", hsts)
    for name, want in OWN_FIELDS.items():
        equal(f"G6 {name} of {answer.status}", answer.all(name), [want])
    policy = answer.one("Content-Security-Policy") or ""
    for part in POLICY:
        true("G6 Content-Security-Policy", part in policy, policy)
    true("G6 Permissions-Policy",
         "camera=()" in (answer.one("Permissions-Policy") or ""))
    true("G6 X-Request-Id", EXCHANGE.match(answer.one("X-Request-Id") or ""),
         answer.all("X-Request-Id"))
    if answer.length or answer.all("Content-Type"):
        among("G6 Content-Type",
              (answer.one("Content-Type") or "").lower(), TYPES)
    if answer.one("Content-Type") != "text/css; charset=utf-8":
        equal("G6 Cache-Control", answer.all("Cache-Control"), ["no-store"])
        true("G6 Vary", "cookie" in (answer.one("Vary") or "").lower(),
             answer.all("Vary"))
    for name, value in answer.headers:
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", name + value):
            raise Failed(f"G6 control byte in {name}: {value!r}")
    is_form = re.search(rb'<form|"login":', answer.body)
    if answer.body and answer.status >= 400 and not is_form:
        true("G6 the body names the exchange",
             answer.one("X-Request-Id").encode() in answer.body, answer.body)
    for line in answer.all("Set-Cookie"):
        true("G6 a cookie of ours, as all are set", SET_COOKIE.match(line),
             line)


def is_own(answer, asked):
    """True for an answer that the gateway made itself: it has an exchange
    id, and no application was asked (those are `asked`), or it says that
    asking failed."""
    ident = answer.one("X-Request-Id")
    return ident is not None and (
        ident not in asked or answer.status in (502, 503, 504))


def check_case(scene, requests):
    """All invariants after one case."""
    for gateway in scene.gateways():
        true(f"G1 gateway {gateway.pid} lives", is_alive(gateway.pid))
        scene.said += gateway.log.news().decode("latin-1")
        report, gateway.log.report = gateway.log.report, b""
        true("G1 sanitizer", not report, report.decode("latin-1"))
    for request in requests:
        check_request(request, tuple(scene.clients), scene.people,
                      scene.is_carried)
        if (request.application in scene.protected
                and request.all("Remote-User") in ([], [""])):
            raise Failed(f"G3 {request.application} was reached: "
                         f"{request.method} {request.target}")
    asked = {value for request in requests
             for value in request.all("X-Request-Id")}
    for answer in scene.answers:
        if answer.status and is_own(answer, asked):
            if not scene.app_fails:
                check_own(answer, scene.world.hsts)
        if answer.seconds > scene.patience:
            raise Failed(f"G7 {answer.seconds:.1f} s for {answer.status}")
