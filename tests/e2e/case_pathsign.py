# SPDX-License-Identifier: Apache-2.0
"""PATH, with accounts: no spelling of a path leads Alice to what only an
administrator may see, and what is decided on is what is sent."""

import random

import case_path
from harness.ask import http
from harness.check import equal, true
from harness.fcgi import REQ, base
from harness.runner import ID, ID_RAW, LIGHTTPD_ASKS, VERDICT, case
from harness.signs import denied, permitted
from harness.visitor import Visitor

EVERY = ID + VERDICT
# Every way to write /admin/ that cases without accounts try for /closed/.
SPELLINGS = (
    "/admin", "/admin/", "/admin/.", "/admin/./", "/./admin/", "/admin/x/..",
    "/app/../admin/", "/public/../admin/", "/app/./../admin/x",
    "/app/%2e%2e/admin/", "/app/.%2e/admin/", "/%2e/admin/", "/%61dmin/",
    "/%61%64%6d%69%6e/", "/adm%69n/x?y", "/app/x/../../admin/",
    "/public/..%2fadmin/", "/public%2f..%2fadmin%2f", "/%2fadmin/",
    "/app%2F..%2Fadmin", "/app\\..\\admin\\", "/app/..\\admin/",
    "/app/..%5cadmin/", "/\\admin/", "/public/%252e%252e/admin/",
    "/public/..%252fadmin", "/%2561dmin/", "/app/..;/admin/",
    "/app/;/../admin/", "/admin;x/", "/;/admin/", "/app;/../admin/",
    "/public/..%3b/admin/", "/admin%3b/", "//admin/", "///admin/",
    "/app//../admin/", "/app//../../admin/", "/admin%0a", "/admin%0d/",
    "/public/%0a../admin/", "/admin%09", "/admin%7f", "/admin%00/",
    "/admin%00.css", "/ADMIN/", "/Admin/", "/%41dmin/", "/admi%4e/",
    "/public/%c0%ae%c0%ae/admin/", "/public/%c0%af../admin",
    "/%e0%80%afadmin", "/%ef%bd%81dmin/", "/app/%ef%bc%8e%ef%bc%8e/admin/",
    "/%u0061dmin/", "/public/%u002e%u002e/admin/", "/public/#/../admin/",
    "/admin/#/public/", "/public/%23/../admin", "/app/?/../admin/",
    "/app/%3f/../../admin/", "/../admin/", "/../../../../admin/",
    "/administrator", "/admin-public", "/adminx/", "/auth/../admin/",
    "/auth/login/../../admin/", "/auth/login%2f..%2f..%2fadmin",
    "/auth/static/../../admin/", "/.well-known/../admin/", "admin/", "*",
    "/admin/%2e%2e/admin/", "/app/a b/../../admin/", "/%/../admin/",
    "/app/%2/../admin/", "/app/..%c0%afadmin/", "/admin/.css", "/admin/x.png",
    "/asked/../admin/", "/closed/..%2fadmin/", "/app/../app/../admin/")


def alice_in(scene):
    scene.optional.add("authz_fail")
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    scene.fresh()
    return alice


def send(scene, visitor, raw):
    """Exactly this target, with her cookies."""
    if scene.is_raw:
        pairs = base("/", REQUEST_URI=raw, SCRIPT_NAME=None)
        pairs.append(("HTTP_COOKIE", f"__Host-id={visitor.token}"))
        return scene.ask(REQ(pairs))
    return scene.ask(http(scene, raw, *visitor.cookie_line()))


def judge(scene, raw, answer):
    """Whatever came through: allowed, canonical, and where it belongs."""
    found = scene.fresh()
    for request in found:
        true(f"{raw!r} came to admin", request.application != "admin",
             request.target)
        case_path.check_canonical(raw, request)
        equal(f"{raw!r}: who", request.all("Remote-User"), ["alice"])
    true(f"{raw!r}: {len(found)} came through with {answer.status}",
         (len(found) == 1) == (answer.status == 200), answer.status)


@case("PATH-001", "a path that a role is needed for", *EVERY)
def baseline(scene):
    alice = alice_in(scene)
    for target in ("/admin/", "/admin/x?y=z", "/admin/a/b/c.css"):
        denied(scene, alice, target, "admin", "alice")
    rows = [row for row in scene.world.events()
            if row["event"] == "authz_fail"]
    equal("where", [row["resource"] for row in rows][::2],
          ["/admin/", "/admin/x", "/admin/a/b/c.css"])
    for row in rows:
        equal("row", [row[key] for key in (
            "account", "application", "method", "outcome", "client")],
            ["alice", "admin", "GET", "denied", "127.0.0.1"])


@case("PATH-040", "every spelling of what is denied", *EVERY)
def spellings(scene):
    alice = alice_in(scene)
    for raw in SPELLINGS:
        judge(scene, raw, send(scene, alice, raw))
        scene.none_arrived(raw)
    for lines in (("X-Original-URL: /admin/",), ("X-Rewrite-URL: /admin/",),
                  ("X-Forwarded-Prefix: /admin",)):
        permitted(scene, alice, "/app/x", "app", "alice")
        scene.fresh()
        # What nobody can take out of the request is refused (AUTHZ-003).
        want = 400 if scene.name in LIGHTTPD_ASKS else 200
        equal(lines, alice.get("/app/x", *lines).status, want)
        if want == 200:
            scene.one_arrived("app")


@case("PATH-033", "patterns match whole segments", *EVERY)
def patterns(scene):
    """Anchored at both ends; nothing is a regular expression."""
    policy = scene.world.policy
    policy.permission("rules", "status", "/x/*/status", "GET")
    policy.permission("rules", "dots", "/a.b", "GET")
    policy.permission("rules", "below", "/deep/**", "GET")
    for name in ("status", "dots", "below"):
        policy.allow("user", "rules", name)
    alice = alice_in(scene)
    for path in ("/x/1/status", "/x/a.b/status?y=/z", "/a.b", "/deep",
                 "/deep/", "/deep/a/b"):
        permitted(scene, alice, f"/rules{path}", "rules", "alice")
    for path in ("/x/status", "/x/1/2/status", "/x/1/status/", "/x/1/statusx",
                 "/y/x/1/status", "/x/private?y=/status", "/x/1%0a/status",
                 "/aXb", "/a.b/", "/a.bc", "/deeper", "/dee", "/Deep/",
                 "/deep%2fa", "/", "", "/x/1/status%0a"):
        scene.fresh()
        status = send(scene, alice, f"/rules{path}").status
        # nginx, where it carries, has no location for the bare name.
        allowed = (301, 404) if path == "" and scene.is_carried else (
            400, 403, 404)
        true(f"{path}: {status}", status in allowed, status)
        scene.none_arrived(path)


@case("PATH-041", "generated paths, with somebody signed in", *ID_RAW)
def generated(scene):
    """What is accepted is permitted for Alice, whoever decodes it."""
    alice = alice_in(scene)
    pieces = ["public", "admin", "app", "closed", "..", ".", "", "%2e",
              "%2E%2e", "%2f", ";", "%3b", "\\", "%5c", "a", "%61dmin",
              "%25", "%2561", "?", "%C3%A9", "~", "#", "%00", "@", "x=y"]
    dice = random.Random(41)
    came = 0
    with scene.connect(60) as peer:
        for _ in range(20000 if scene.options.long else 1500):
            raw = "/" + dice.choice(["app/", "closed/", "admin/", ""])
            for _ in range(dice.randint(0, 5)):
                raw += dice.choice(pieces) + dice.choice(["", "/", "/"])
            pairs = base("/", REQUEST_URI=raw) + [
                ("HTTP_COOKIE", f"__Host-id={alice.token}")]
            peer.send(REQ(pairs, keep=1))
            answer = peer.read()
            true(f"{raw!r}: an answer", answer.end == (0, 0), answer.head)
            scene.answers.pop()
            before = scene.looked
            judge_some(scene, raw, answer)
            came += scene.looked - before
    true("some were accepted", came > 100, came)
    scene.note(f"{came} were accepted")


def judge_some(scene, raw, answer):
    """As judge, but nobody needs to be told of at public ones."""
    if answer.status == 200 and not answer.all("Content-Security-Policy"):
        judge(scene, raw, answer)
    else:
        scene.none_arrived(raw)
