# SPDX-License-Identifier: Apache-2.0
"""The invariants that hold after every case.

G1 the gateway is the same process and no sanitizer spoke; G2 no application
saw an identity name, a forwarding name or a cookie of ours that the gateway
did not set; G3 no protected application was reached; G6 every answer of our
own has the full set of fields; G7 it came in time.
"""

import re

from .check import Failed, among, equal, true
from .process import is_alive

IDENTITY = ("Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups",
            "X-Gatehouse-Session", "X-Gatehouse-Level",
            "X-Gatehouse-Assertion")
OURS = IDENTITY + ("X-Request-Id", "X-Forwarded-For", "X-Forwarded-Proto",
                   "X-Forwarded-Host")
NEVER = ("X-Real-Ip", "Forwarded", "X-Original-Url", "X-Rewrite-Url",
         "X-Forwarded-Uri", "X-Original-Uri", "Proxy", "Te", "Trailer",
         "Upgrade", "Keep-Alive", "Proxy-Connection",
         "Proxy-Authorization")
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
         "application/json")


def spelled(name):
    """A name as every CGI-like application would see it."""
    return re.sub(r"[^a-z0-9]", "-", name.lower())


def check_request(request, client="127.0.0.1"):
    """G2 for one request that an application received."""
    seen = {}
    for name, value in request.headers:
        seen.setdefault(spelled(name), []).append((name, value))
    for name in OURS:
        found = seen.get(spelled(name), [])
        if len(found) != 1 or found[0][0].lower() != name.lower():
            raise Failed(f"G2 {name} at the application: {found}")
        value = found[0][1]
        if name in IDENTITY and value:
            raise Failed(f"G2 {name} has the value {value!r}")
    for name in NEVER:
        if spelled(name) in seen:
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
    if answer.body and answer.status >= 400:
        true("G6 the body names the exchange",
             answer.one("X-Request-Id").encode() in answer.body, answer.body)
    equal("G6 no cookie set", answer.all("Set-Cookie"), [])


def is_own(answer, requests):
    """True for an answer that the gateway made itself: it has an exchange
    id, and no application was asked, or it says that asking failed."""
    ident = answer.one("X-Request-Id")
    asked = [v for r in requests for v in r.all("X-Request-Id")]
    return ident is not None and (
        ident not in asked or answer.status in (502, 503, 504))


def check_case(scene, requests):
    """All invariants after one case."""
    for gateway in scene.gateways():
        true(f"G1 gateway {gateway.pid} lives", is_alive(gateway.pid))
        gateway.log.news()
        report, gateway.log.report = gateway.log.report, b""
        true("G1 sanitizer", not report, report.decode("latin-1"))
    for request in requests:
        if request.application in scene.protected:
            raise Failed(f"G3 {request.application} was reached: "
                         f"{request.method} {request.target}")
        check_request(request, scene.client)
    for answer in scene.answers:
        if answer.status and is_own(answer, requests):
            if not scene.app_fails:
                check_own(answer, scene.world.hsts)
        if answer.seconds > scene.patience:
            raise Failed(f"G7 {answer.seconds:.1f} s for {answer.status}")
