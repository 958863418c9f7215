# SPDX-License-Identifier: Apache-2.0
"""LOGIN: what signs in, what does not, and what each leaves in the audit
trail. Every failure looks like that of a name that nobody has."""

from harness import fcgi
from harness.ask import fetch
from harness.check import equal, true
from harness.runner import ID, ID_RAW, case, not_here
from harness.signs import (NOBODY, baseline, one_event, same_fail, signed_in,
                           unauth)
from harness.visitor import LOGIN, WRONG, Visitor, encode, sets

ALICE = "correct-horse-battery-9"


@case("LOGIN-001", "a valid sign-in", *ID)
def valid(scene):
    visitor = Visitor(scene)
    answer = visitor.sign_in("alice", return_to="/app/")
    equal("status", answer.status, 303)
    equal("Location", answer.all("Location"), ["/app/"])
    line = sets(answer, "__Host-id")
    equal("session cookie", line.partition(";")[2],
          " Path=/; Secure; HttpOnly; SameSite=Lax")
    true("the state before is deleted",
         "Max-Age=0" in sets(answer, "__Host-pre"))
    true("the device is remembered",
         "Max-Age=15552000" in sets(answer, "__Host-device"))
    ident = answer.one("X-Request-Id")
    for name in ("authn_login_success", "session_created"):
        row = one_event(scene, name, account="alice", outcome="success",
                        client="127.0.0.1", entry="public",
                        user_agent="suite/1")
        equal("exchange", row["exchange"].replace("-", ""), ident)
        true("session reference", len(row["session"]) == 34, row["session"])
    request = signed_in(scene, visitor, "alice")
    equal("X-Gatehouse-Session", request.all("X-Gatehouse-Session"),
          [row["session"][2:]])


@case("LOGIN-002", "a name that nobody has", *ID)
def unknown(scene):
    visitor = Visitor(scene)
    answer = visitor.fail(NOBODY)
    equal("no cookie", answer.all("Set-Cookie"), [])
    true("the words", b"Sign-in failed. Check the user name and the password."
         in answer.body)
    row = one_event(scene, "authn_login_fail", reason="unknown",
                    account_id=None, outcome="failure", client="127.0.0.1")
    true("a keyed hash, not the name", NOBODY not in row["account"]
         and len(row["account"]) == 64, row["account"])


@case("LOGIN-003", "a wrong password", *ID)
def wrong(scene):
    baseline(scene)
    scene.world.cluster.do("delete from gatehouse_data.throttle")
    same_fail(scene, "alice", WRONG)
    rows = [r for r in scene.world.events() if r["account"] == "alice"]
    equal("reason", [(r["event"], r["reason"]) for r in rows],
          [("authn_login_fail", "wrong")])


@case("LOGIN-004", "a disabled account, right and wrong password", *ID)
@case("LOGIN-005", "a locked account, right and wrong password", *ID)
def closed(scene):
    for name, reason in (("dave", "disabled"), ("erin", "locked")):
        for password in (scene.world.passwords[name], WRONG):
            same_fail(scene, name, password)
        rows = [r for r in scene.world.events() if r["account"] == name]
        equal("reasons", [r["reason"] for r in rows], [reason, reason])
    equal("still locked", scene.world.cluster.one(
        "select status from gatehouse_data.account where name = 'erin'"),
        "locked")


@case("LOGIN-006", "a throttled account, right password", *ID)
def throttled(scene):
    for _ in range(5):
        same_fail(scene, "alice", WRONG)
    scene.tell("authn_login_fail_max")
    same_fail(scene, "alice", ALICE)


def malformed(scene, *bodies, want=400):
    """These forms are refused as forms; `CSRF` stands for a good token."""
    scene.optional.add("input_validation_fail")
    visitor = Visitor(scene)
    token = visitor.form()["csrf"]
    for body in bodies:
        sent = body.replace("CSRF", token).encode("latin-1")
        answer = visitor.post(LOGIN, sent)
        equal(f"{body[:70]}: status", answer.status, want)
        equal(f"{body[:70]}: no session", sets(answer, "__Host-id"), None)
    scene.none_arrived()


@case("LOGIN-007", "inputs that are missing", *ID)
def missing(scene):
    malformed(scene, "username=alice&csrf=CSRF",
              f"password={ALICE}&csrf=CSRF", "csrf=CSRF", "", "=",
              "username&csrf=CSRF", "username=alice")


@case("LOGIN-008", "empty inputs fail as all do", *ID)
def empty(scene):
    same_fail(scene, "alice", "")
    for password in (ALICE, ""):      # an empty name gets the cursor
        answer = Visitor(scene).fail("", password)
        true("the words", b"Sign-in failed. Check the user name and the "
             b"password." in answer.body)


@case("LOGIN-009", "one password too many", *ID)
def doubled(scene):
    one = f"username=alice&password={ALICE}"
    malformed(scene, f"username=alice&password=a&password=b&password={ALICE}"
              "&csrf=CSRF", f"{one}&username=alice&csrf=CSRF",
              f"{one}&csrf=CSRF&csrf=CSRF", f"{one}&csrf=CSRF&return_to=/"
              "&return_to=/", f"{one}&%70assword=x&csrf=CSRF")


@case("LOGIN-009", "malformed forms are guesses of their network", *ID_RAW)
def malformed_counts(scene):
    malformed(scene, *[f"username=alice&password={WRONG}&password={ALICE}"
                       "&csrf=CSRF"] * 20)
    scene.tell("authn_login_fail", "excess_rate_limit_exceeded")
    answer = Visitor(scene).sign_in("alice")
    equal("the right password, too late", answer.status, 429)
    answer = Visitor(scene, "10.0.0.9").sign_in("alice")
    equal("from elsewhere", answer.status, 303)
    malformed(scene, "username=alice&csrf=CSRF", want=429)


@case("LOGIN-009", "malformed forms of other sites are not", *ID_RAW)
def foreign_malformed(scene):
    scene.optional.add("input_validation_fail")
    visitor = Visitor(scene)
    for _ in range(25):
        answer = visitor.post(LOGIN, b"username=alice", site="cross-site",
                              origin="https://elsewhere.example")
        equal("status", answer.status, 400)
    equal("the network", visitor.sign_in("alice").status, 303)


@case("LOGIN-010", "inputs that the form does not have", *ID)
def foreign(scene):
    one = f"username=alice&password={ALICE}&csrf=CSRF"
    malformed(scene, f"{one}&role=admin", f"{one}&", f"{one}&&x=1",
              f"{one}&password[]=x", f"{one}&Password=x", f"{one};x=y&a=b",
              f"{one}&" + "&".join(f"x{i}=1" for i in range(100)))


@case("LOGIN-011", "credentials in the query", *ID)
def in_query(scene):
    scene.passwords.add(ALICE)
    visitor = Visitor(scene)
    token = visitor.form()["csrf"]
    target = f"{LOGIN}?username=alice&password={ALICE}&csrf={token}"
    for method in ("GET", "HEAD"):
        answer = visitor.get(target, method=method)
        equal(f"{method}: status", answer.status, 200)
        equal("no session", sets(answer, "__Host-id"), None)
        true("not echoed", b"alice" not in answer.body, answer.body)
    answer = visitor.post(target, [("csrf", token)])
    equal("POST with the query: status", answer.status, 400)
    scene.optional.add("input_validation_fail")
    scene.none_arrived()


@case("LOGIN-013", "bodies of another type", *ID)
def other_types(scene):
    visitor = Visitor(scene)
    token = visitor.form()["csrf"]
    body = encode([("username", "alice"), ("password", ALICE),
                   ("csrf", token)])
    for kind in ("text/plain", "application/json", "", None, "text/html",
                 "application/x-www-form-urlencoded2",
                 "application/x-www-form-urlencoded; charset=utf-16",
                 "application/x-www-form-urlencoded, text/plain"):
        answer = visitor.post(LOGIN, body, kind=kind)
        equal(f"{kind}: status", answer.status, 415)
        equal("no session", sets(answer, "__Host-id"), None)


@case("LOGIN-014", "a JSON body under our type", *ID)
def json_body(scene):
    malformed(scene, '{"username":"alice","password":"' + ALICE + '"}')


@case("LOGIN-015", "a multipart body", *ID)
def multipart(scene):
    visitor = Visitor(scene)
    parts = [("username", "alice"), ("password", ALICE),
             ("csrf", visitor.form()["csrf"])]
    body = "".join(f"--x\r\nContent-Disposition: form-data; name=\"{n}\"\r\n"
                   f"\r\n{v}\r\n" for n, v in parts) + "--x--\r\n"
    answer = visitor.post(LOGIN, body.encode(),
                          kind="multipart/form-data; boundary=x")
    equal("status", answer.status, 415)


@case("LOGIN-016", "our type, spelt as browsers may", *ID)
def our_type(scene):
    for kind in ("application/x-www-form-urlencoded; charset=utf-8",
                 "Application/X-WWW-Form-UrlEncoded",
                 "application/x-www-form-urlencoded;charset=UTF-8"):
        answer = Visitor(scene).sign_in("alice", kind=kind)
        equal(f"{kind}: status", answer.status, 303)


@case("LOGIN-017", "a NUL in the password", *ID)
def nul(scene):
    same_fail(scene, "alice", ALICE.encode() + b"%00tail")
    same_fail(scene, "alice", ALICE.encode() + b"%00")
    same_fail(scene, "alice", b"%00" + ALICE.encode())


@case("LOGIN-018", "control characters in the name", *ID)
def nul_name(scene):
    malformed(scene, *(f"username={name}&password={ALICE}&csrf=CSRF"
                       for name in ("alice%00", "alice%0a", "%00alice",
                                    "alice%7f", "alice%c2%85", "%1balice")))


@case("LOGIN-019", "spaces around the password", *ID)
def spaces(scene):
    for password in (ALICE + " ", " " + ALICE, ALICE + "\n", ALICE + "\t"):
        same_fail(scene, "alice", password)


@case("LOGIN-020", "letter case of the password", *ID)
def letter_case(scene):
    for password in (ALICE.upper(), ALICE.title(), ALICE[:-1], ALICE + "9"):
        same_fail(scene, "alice", password)


@case("LOGIN-021", "the first 72 bytes are not enough", *ID)
def truncated(scene):
    whole = scene.world.passwords["zed"]
    same_fail(scene, "zed", whole[:72])
    same_fail(scene, "zed", whole[:-1])
    equal("all 81", Visitor(scene).sign_in("zed", events=(
        "authn_login_successafterfail", "session_created")).status, 303)


@case("LOGIN-023", "NFKC is not applied", *ID)
def nfkc(scene):
    same_fail(scene, "fi", "financial-report-1")
    answer = Visitor(scene).sign_in("fi", events=(
        "authn_login_successafterfail", "session_created"))
    equal("as it was set", answer.status, 303)


@case("LOGIN-024", "NFC and spaces of other scripts are", *ID_RAW)
def nfc(scene):
    world = scene.world
    world.set_password("carol", "caf\u00e9 au lait, please")
    scene.tell("authn_password_change")
    try:
        for password in ("caf\u00e9 au lait, please",
                         "cafe\u0301 au lait, please",
                         "caf\u00e9\u00a0au\u3000lait, please"):
            answer = Visitor(scene).sign_in("carol", password)
            equal(f"{password!r}: status", answer.status, 303)
    finally:
        world.set_password("carol", world.passwords["carol"])
    scene.tell("authn_password_change", *["session_expired"] * 3)


@case("LOGIN-025", "code points that are none", *ID)
def not_characters(scene):
    for password in (b"%EF%BF%BF%F4%8F%BF%BFaaaaaaaaaaaaaaa",
                     b"%EF%B7%90aaaaaaaaaaaaaaaa",
                     "\u0378" + ALICE, "\ue000" + ALICE):
        same_fail(scene, "alice", password)


@case("LOGIN-026", "control characters in the password", *ID)
def control(scene):
    for word in (b"%01", b"%0d%0a", b"%7f", b"%e2%80%ae"):
        same_fail(scene, "alice", ALICE.encode() + word)


@case("LOGIN-027", "the longest password", *ID)
def longest(scene):
    whole = scene.world.passwords["max"]
    equal("256 code points", Visitor(scene).sign_in("max").status, 303)
    same_fail(scene, "max", whole + "\U0001f98a")
    same_fail(scene, "max", whole[:-1])


@case("LOGIN-028", "far too long", *ID)
def too_long(scene):
    malformed(scene, "username=alice&csrf=CSRF&password=" + "a" * 4097,
              "username=" + "a" * 1025 + "&csrf=CSRF&password=x")
    malformed(scene, "username=alice&csrf=CSRF&password=" + "a" * 20000,
              want=413)


@case("LOGIN-029", "line ends in the name", *ID)
def line_ends(scene):
    malformed(scene, "username=alice%0d%0a2026-01-01T00:00:00Z%20"
              "authn_login_success:bob&password=x&csrf=CSRF")
    rows = scene.world.events()
    true("no row says success", not [r for r in rows if "success" in
                                     r["event"]], rows)


@case("LOGIN-031", "format strings", *ID)
def formats(scene):
    for word in ("%n%n%s%s%p", "%1000000d", "{0}${x}"):
        same_fail(scene, word, "%n%n%s")


@case("LOGIN-032", "markup in the name is text in the page", *ID)
def markup(scene):
    for name in ('"><script>alert(1)</script>', "'\"<b>&amp;", "{{csrf}}",
                 "{{#alert}}"):
        answer = same_fail(scene, name, WRONG)
        true("escaped", b"<script>alert" not in answer.body
             and b"<b>" not in answer.body, answer.body)


@case("LOGIN-033", "one form of the name, one counter", *ID)
def one_form(scene):
    for name in ("ALICE", "Alice", "\uff41lice"):
        answer = Visitor(scene).sign_in(name, ALICE)
        equal(f"{name}: status", answer.status, 303)
    for name in (" alice ", "alice ", "al\u0456ce", "alice\u200b"):
        same_fail(scene, name, ALICE)
    scene.world.cluster.do("delete from gatehouse_data.throttle")
    for name in ("ALICE", "Alice", "alice", "aLice", "\uff21lice"):
        same_fail(scene, name, WRONG)
    scene.tell("authn_login_fail_max")
    same_fail(scene, "alice", ALICE)


@case("LOGIN-035", "%u and overlong UTF-8", *ID)
def odd_encodings(scene):
    malformed(scene, *(f"username={name}&password={ALICE}&csrf=CSRF"
                       for name in ("%u0061lice", "%c1%a1lice", "%zzalice",
                                    "alice%", "alice%4", "%e0%81%a1lice",
                                    "%ff", "%ed%a0%80")))


@case("LOGIN-037", "again as the same account", *ID)
def again(scene):
    visitor = Visitor(scene)
    visitor.sign_in("alice")
    old = visitor.clone()
    answer = visitor.sign_in("alice")
    equal("status", answer.status, 303)
    scene.tell("session_expired")
    true("another token", visitor.token != old.token)
    signed_in(scene, visitor, "alice")
    scene.tell("session_use_after_expire")
    unauth(scene, old, "ended", "the old one", True)
    one_event(scene, "session_expired", reason="replaced", account="alice")
    equal("live sessions", scene.world.sessions("alice"), 1)


@case("LOGIN-038", "again as somebody else", *ID)
def somebody_else(scene):
    visitor = Visitor(scene)
    visitor.sign_in("alice")
    old = visitor.clone()
    visitor.sign_in("bob")
    scene.tell("session_expired", "session_use_after_expire")
    signed_in(scene, visitor, "bob")
    unauth(scene, old, "ended", "the old one", True)


@case("LOGIN-039", "roles of the database are no accounts", *ID)
def roles(scene):
    for name in ("gatehouse_gateway", "postgres", "gatehouse_owner"):
        same_fail(scene, name, scene.world.cluster.password)


@case("LOGIN-041", "over plain HTTP", *ID_RAW)
def plain_http(scene):
    visitor = Visitor(scene)
    body = encode([("username", "alice"), ("password", ALICE),
                   ("csrf", visitor.form()["csrf"])])
    for https in (None, "", "off", "ON ", "http"):
        pairs = fcgi.base(LOGIN, "POST", HTTPS=https, REQUEST_SCHEME="http",
                          HTTP_COOKIE=visitor.cookie_line()[0][8:],
                          CONTENT_TYPE="application/x-www-form-urlencoded",
                          HTTP_SEC_FETCH_SITE="same-origin")
        answer = scene.ask(fcgi.REQ(pairs, body))
        equal(f"HTTPS={https}: status", answer.status, 426)
        equal("no cookie", answer.all("Set-Cookie"), [])


@case("LOGIN-042", "methods of the form's address", *ID)
def methods(scene):
    for method in ("PUT", "DELETE", "PATCH", "PROPFIND", "OPTIONS"):
        answer = fetch(scene, LOGIN, method=method, body=b"")
        equal(f"{method}: status", answer.status, 405)
    scene.none_arrived()


@case("LOGIN-049", "what calls itself a health check is nobody", *ID)
def health_check(scene):
    for agent in ("GoogleHC/1.0", "kube-probe/1.30",
                  "ELB-HealthChecker/2.0"):
        visitor = Visitor(scene)
        visitor.agent = agent
        unauth(scene, visitor, what=agent)
        equal("/admin/", visitor.get("/admin/").status, 303)
    scene.none_arrived()


