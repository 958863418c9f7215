# SPDX-License-Identifier: Apache-2.0
"""What cases of signing in ask again and again: is this failure like every
other, is somebody signed in, what stands in the audit trail."""

import json
import re
from html import escape
from urllib.parse import quote

from .check import equal, true
from .visitor import LOGIN, Visitor, sets

MASKS = ((rb'name="csrf" value="[^"]*"', b'name="csrf" value=""'),
         (rb"[0-9a-f]{32}", b"exchange"))
NOBODY = "nobody-of-that-name"


def masked(answer, username):
    """A failed sign-in without what may differ: the date, the exchange id,
    the form's token, and the name as it was typed."""
    typed = escape(username, quote=True).replace("&#x27;", "&#39;").encode()
    body = answer.body.replace(b'value="' + typed + b'"', b'value="TYPED"')
    for pattern, word in MASKS:
        body = re.sub(pattern, word, body)
    fields = []
    for name, value in answer.headers:
        if name.lower() in ("date", "x-request-id"):
            value = ""
        if name.lower() == "content-length":
            value = str(int(value) - len(typed))
        fields.append((name, value))
    return answer.status, fields, body


def baseline(scene):
    """The failure of a name that nobody has, once for each front."""
    known = scene.world.__dict__.setdefault("baselines", {})
    if scene.name not in known:
        answer = Visitor(scene, scene.clients[0]).fail(NOBODY)
        known[scene.name] = masked(answer, NOBODY)
    return known[scene.name]


def same_fail(scene, username, password, visitor=None, **more):
    """This attempt fails, and looks like every other failure."""
    want = baseline(scene)
    visitor = visitor or Visitor(scene, scene.clients[0])
    answer = visitor.fail(username, password, **more)
    got = masked(answer, username)
    for what, one, other in zip(("status", "fields", "body"), got, want):
        equal(f"{username[:40]!r}: {what} of a failure", one, other)
    return answer


def signed_in(scene, visitor, account):
    """The application sees this account, whatever else it sees."""
    scene.fresh()
    answer = visitor.get("/app/x")
    equal("GET /app/x", answer.status, 200)
    request = scene.one_arrived("app")
    equal("Remote-User", request.all("Remote-User"), [account])
    return request


def unauth(scene, visitor, reason=None, what="", dead=None, *lines):
    """Nobody: to the sign-in form as a navigation, 401 as a script; nothing
    reaches an application. `dead`: whether the cookie is deleted."""
    scene.fresh()
    jar = dict(visitor.cookies)
    answer = visitor.get("/app/x", *lines)
    equal(f"{what} navigation".lstrip(), answer.status, 303)
    target = answer.one("Location") or ""
    want = "/auth/login?return_to=%2Fapp%2Fx"
    if reason:
        equal(f"{what} Location".lstrip(), target, f"{want}&reason={reason}")
    true(f"{what} Location".lstrip(), target.startswith(want), target)
    if dead is not None:
        line = sets(answer, "__Host-id")
        equal(f"{what} cookie deleted".lstrip(),
              line is not None and "Max-Age=0" in line, dead)
    visitor.cookies = jar
    answer = visitor.fetch("/app/x", *lines)
    equal(f"{what} script".lstrip(), answer.status, 401)
    said = json.loads(answer.body)
    if reason:
        equal(f"{what} reason".lstrip(), said["reason"], reason)
    scene.none_arrived(what)
    visitor.cookies = jar
    return answer


def events_of(scene, name):
    return [row for row in scene.world.events() if row["event"] == name]


def one_event(scene, name, **want):
    """The one event of this name in this case, with these columns."""
    found = events_of(scene, name)
    equal(f"events {name}", len(found), 1)
    got = {key: found[0][key] for key in want}
    equal(f"columns of {name}", got, want)
    return found[0]


def denied(scene, visitor, target, application, account, what=""):
    """Signed in, but not for this: the page for people, JSON for scripts,
    nothing at an application, and rows in the trail."""
    scene.fresh()
    what = f"{what} {target}".lstrip()
    page = visitor.get(target)
    equal(f"{what}: status", page.status, 403)
    for text in (b"You do not have access", application.encode(),
                 account.encode(), b"/auth/login?return_to="):
        true(f"{what}: the page has {text}", text in page.body, page.body)
    script = visitor.fetch(target)
    equal(f"{what}: status for a script", script.status, 403)
    equal(f"{what}: what a script is told", json.loads(script.body), {
        "status": 403, "reason": "denied", "application": application,
        "account": account, "exchange": script.one("X-Request-Id")})
    scene.none_arrived(what)
    scene.tell("authz_fail", "authz_fail")


def permitted(scene, visitor, target, application, account, what=""):
    """The application sees this request, by this account."""
    scene.fresh()
    what = f"{what} {target}".lstrip()
    equal(f"{what}: status", visitor.get(target).status, 200)
    request = scene.one_arrived(application, what)
    equal(f"{what}: path", request.target, target)
    equal(f"{what}: Remote-User", request.all("Remote-User"), [account])
    return request


def turned_out(scene, visitor, target="/app/x", what=""):
    """The session is over because its rights changed: a script is told, a
    person is sent to the form and told there, and nothing arrives."""
    scene.fresh()
    what = f"{what} {target}".lstrip()
    script = visitor.fetch(target)
    equal(f"{what}: status for a script", script.status, 401)
    equal(f"{what}: why, for a script", json.loads(script.body)["reason"],
          "permissions")
    page = visitor.get(target)
    equal(f"{what}: status", page.status, 303)
    way = f"{LOGIN}?return_to={quote(target, safe='')}&reason=permissions"
    equal(f"{what}: to", page.one("Location"), way)
    true(f"{what}: the cookie stays, by which the next session takes over "
         "what scripts kept", sets(page, "__Host-id") is None, page.head)
    true(f"{what}: the form says why",
         b"Your access rights changed. Sign in again." in
         visitor.get(way).body)
    scene.none_arrived(what)
    # The first use marks the session, the next one is one after its end.
    scene.tell("session_expired", "session_use_after_expire")


def again(scene, visitor, account, target="/app/x", what=""):
    """Turned out, signed in again with another token, and back to where it
    was; applications may be told other roles now."""
    old = visitor.token
    turned_out(scene, visitor, target, what)
    answer = visitor.sign_in(account, return_to=target)
    equal(f"{what} signs in again".lstrip(), answer.status, 303)
    equal(f"{what} goes on where".lstrip(), answer.one("Location"), target)
    true("with another token", visitor.token not in (None, old))
    scene.people[account].groups = None


def groups(request):
    """The roles that the application was told."""
    return ",".join(request.all("Remote-Groups"))
