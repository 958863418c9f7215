# SPDX-License-Identifier: Apache-2.0
"""ACCOUNT, and the cases of other groups that play on the page about one's own
account: people see and end their own sessions, never anybody else's, and change
their password, for which the limits of sign-ins hold."""

import contextlib
import json
import re
from html import unescape

from case_brute import together
from harness.check import equal, true
from harness.runner import ID, ID_RAW, case
from harness.signs import events_of, one_event, signed_in, unauth
from harness.visitor import Visitor, hidden, sets

ACCOUNT = "/auth/account"
NOT_ME = "/auth/account/not-me"
PASSWORD = "/auth/account/password"
WELL_KNOWN = "/.well-known/change-password"
NEW = "a-brand-new-phrase-77"
ROW = re.compile(rb"<li>(.*?)</li>", re.DOTALL)
TAG = re.compile(rb"<[^>]*>")
BUTTON = re.compile(rb'name="end" value="([0-9a-z]*)"')
LINUX = ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
         "Firefox/128.0")


def signed(scene, name="alice", address="127.0.0.1", agent=None):
    visitor = Visitor(scene, address)
    visitor.agent = agent or visitor.agent
    equal("sign-in", visitor.sign_in(name).status, 303)
    return visitor


def reference(visitor):
    return json.loads(visitor.fetch("/auth/session").body)["session"]


def look(visitor, target=ACCOUNT):
    answer = visitor.get(target)
    equal(f"GET {target}", answer.status, 200)
    return answer


def texts(answer, heading):
    """The rows below a heading, as a person reads them."""
    part = answer.body.partition(b"<h2>" + heading)[2].partition(b"</ul>")[0]
    return [" ".join(unescape(TAG.sub(b"", row.replace(b"</p>", b" ")).decode())
                     .split()) for row in ROW.findall(part)]


def sessions(answer):
    return texts(answer, b"Where you are")


def activity(answer):
    return texts(answer, b"What happened")


def end(visitor, which, token=None, **more):
    if token is None:
        token = hidden(look(visitor), visitor.scene)["csrf"]
    return visitor.post(ACCOUNT, [("csrf", token), ("end", which)], **more)


def led(what, answer, target):
    equal(f"{what}: status", answer.status, 303)
    equal(f"{what}: Location", answer.all("Location"), [target])


def change(visitor, current, new, token=None, **more):
    scene = visitor.scene
    scene.passwords.update(word for word in (current, new)
                           if isinstance(word, str) and len(word) > 7)
    if token is None:
        token = hidden(look(visitor, PASSWORD), scene)["csrf"]
    return visitor.post(PASSWORD, [("csrf", token), ("current", current),
                                   ("new", new)], **more)


@contextlib.contextmanager
def old_password(scene, name="alice"):
    """Whatever the case does to it, the account has its password again."""
    try:
        yield scene.world.passwords[name]
    finally:
        live = scene.world.sessions(name)
        scene.world.set_password(name, scene.world.passwords[name])
        scene.tell("authn_password_change", *["session_expired"] * live)


@case("ACCOUNT-001", "who sees their sessions, and what happened", *ID)
def seen(scene):
    bob = signed(scene, "bob")
    phone = signed(scene, agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like"
                   " Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1")
    phone.fail()
    alice = Visitor(scene)
    alice.agent = LINUX
    alice.sign_in("alice", events=("authn_login_successafterfail",
                                   "session_created"))
    page = look(alice)
    rows = sessions(page)
    equal("sessions", len(rows), 2)
    true("this one", rows[0].startswith("Firefox on Linux this browser"), rows)
    true("the other one", rows[1].startswith("Safari on iPhone From 127.")
         and rows[1].endswith(" End") and "this browser" not in rows[1], rows)
    equal("buttons", BUTTON.findall(page.body),
          [reference(phone).encode(), b"others"])
    rows = activity(page)
    equal("what happened", [re.sub(r" 20\d\d-.*", "", row) for row in rows[:3]],
          ["Signed in, after failed attempts",
           "Sign-in failed: wrong password", "Signed in"])
    true("nothing of bob", reference(bob).encode() not in page.body)
    true("no form for one session", b"End all others"
         not in look(bob).body)


@case("ACCOUNT-002", "a session is ended from another browser", *ID)
def ended(scene):
    alice, other, third = signed(scene), signed(scene), signed(scene)
    which = reference(other)
    answer = end(alice, which)
    led("ended", answer, ACCOUNT + "?done=ended")
    row = one_event(scene, "session_expired", account="alice", actor="alice",
                    reason="revoked", client="127.0.0.1")
    equal("cause", row["detail"]["cause"], "own")
    page = look(alice, answer.one("Location"))
    true("the page says so", b"That session has ended" in page.body)
    equal("sessions", len(sessions(page)), 2)
    scene.tell("session_expired", "session_use_after_expire")
    unauth(scene, other, "ended")
    signed_in(scene, third, "alice")
    signed_in(scene, alice, "alice")
    led("again", end(alice, which), ACCOUNT + "?done=over")
    led("one's own", end(alice, reference(alice)), "/auth/logout")
    signed_in(scene, alice, "alice")


@case("ACCOUNT-003", "all others are ended", *ID)
def others(scene):
    alice, bob = signed(scene), signed(scene, "bob")
    rest = [signed(scene) for _ in range(3)]
    answer = end(alice, "others")
    led("ended", answer, ACCOUNT + "?done=all")
    scene.tell(*["session_expired"] * 3, "session_use_after_expire")
    page = look(alice, answer.one("Location"))
    true("the page says so", b"no longer signed in anywhere else" in page.body)
    equal("sessions", len(sessions(page)), 1)
    unauth(scene, rest[0], "ended")
    signed_in(scene, alice, "alice")
    signed_in(scene, bob, "bob")
    led("again", end(alice, "others", hidden(page)["csrf"]),
        ACCOUNT + "?done=all")


@case("ACCOUNT-004", "this was not me", *ID)
def not_me(scene):
    alice, thief = signed(scene), signed(scene)
    page = look(alice, NOT_ME)
    true("it says what will be done", b"end at once" in page.body
         and b"new password" in page.body)
    equal("nothing is done yet", scene.world.sessions("alice"), 2)
    answer = alice.post(NOT_ME, [("csrf", hidden(page, scene)["csrf"])])
    led("done", answer, PASSWORD + "?reason=not_me")
    scene.tell("session_expired", "account_reported",
               "session_use_after_expire")
    row = one_event(scene, "account_reported", account="alice",
                    actor="alice", client="127.0.0.1", outcome="success")
    equal("detail", row["detail"], {"sessions_ended": 1})
    page = look(alice, answer.one("Location"))
    true("on to the password", b"All your other sessions have ended"
         in page.body and b"New password" in page.body)
    unauth(scene, thief, "ended")
    true("it is told", activity(look(alice))[0].startswith(
        "You said: this was not me"))


@case("HIJ-007", "the list shows the thief", *ID)
def thief_is_seen(scene):
    alice = signed(scene, agent=LINUX)
    thief = signed(scene, address="127.0.0.66", agent="curl/8.8.0")
    rows = sessions(look(alice))
    equal("both", len(rows), 2)
    true("the thief", rows[0].startswith("curl From 127.0.0.66."), rows)
    led("ended", end(alice, reference(thief)), ACCOUNT + "?done=ended")
    scene.tell("session_expired", "session_use_after_expire")
    unauth(scene, thief, "ended")


@case("RBAC-016", "somebody else's session", *ID)
def foreign(scene):
    alice, bob = signed(scene), signed(scene, "bob")
    answer = end(alice, reference(bob))
    equal("status", answer.status, 404)
    row = one_event(scene, "malicious_direct_reference", account="alice",
                    outcome="denied", client="127.0.0.1")
    equal("with alice's session", row["session"][2:], reference(alice))
    scene.tell("malicious_direct_reference")
    none = end(alice, "0" * 32)
    equal("one that is none", none.status, 404)
    mask = re.compile(rb"[0-9a-f]{32}|20\d\d-[-0-9: ]*")
    equal("looks the same", mask.sub(b"", answer.body),
          mask.sub(b"", none.body))
    for which in ("", "all", "1" * 31, "g" * 32, reference(bob).upper()):
        answer = end(alice, which)
        equal(f"{which}: status", answer.status, 404)
    scene.tell("malicious_direct_reference")    # the last: digits have no case
    signed_in(scene, bob, "bob")
    signed_in(scene, alice, "alice")


@case("ACCOUNT-005", "forms that this session was not shown", *ID)
def strange_forms(scene):
    alice, bob = signed(scene), signed(scene, "bob")
    other = signed(scene)
    which = reference(other)
    pages = {ACCOUNT: [("end", which)], NOT_ME: [],
             PASSWORD: [("current", "x" * 20), ("new", NEW)]}
    tokens = {page: hidden(look(alice, page), scene)["csrf"]
              for page in pages}
    for page, fields in pages.items():
        bad = ["", "A" * 86, hidden(look(bob, page), scene)["csrf"],
               *(tokens[p] for p in pages if p != page),
               alice.form("/auth/logout")["csrf"]]
        for token in bad:
            answer = alice.post(page, [("csrf", token), *fields])
            equal(f"{page} {token[:8]}", answer.status, 403)
        good = [("csrf", tokens[page]), *fields]
        for more in ({"site": "cross-site"}, {"site": "same-site"},
                     {"origin": "https://evil.example"},
                     {"site": None, "origin": None}, {"kind": "text/plain"}):
            equal(f"{page} {more}", alice.post(page, good, **more).status,
                  403)
        equal(f"{page}: more inputs", alice.post(
            page, good + [("x", "1")]).status, 403)
        equal(f"{page}: twice", alice.post(page, good + good[:1]).status, 403)
    # 20 a minute are told in full, of the kind and network.
    scene.tell(*["malicious_csrf"] * 20)
    equal("alice's sessions", scene.world.sessions("alice"), 2)
    signed_in(scene, other, "alice")


@case("ACCOUNT-006", "who is not signed in", *ID)
def nobody(scene):
    visitor = Visitor(scene)
    for page in (ACCOUNT, NOT_ME, PASSWORD):
        way = "/auth/login?return_to=" + page.replace("/", "%2F")
        led("GET", visitor.get(page), way)
        led("POST", visitor.post(page, [("csrf", "A" * 86)]), way)
        equal("a script", visitor.fetch(page).status, 401)
    alice = signed(scene)
    other = alice.clone()
    token = hidden(look(alice), scene)["csrf"]
    alice.sign_out()
    scene.tell("session_use_after_expire")
    led("signed out", end(other, "others", token), "/auth/login?return_to="
        "%2Fauth%2Faccount&reason=signed_out")


@case("ACCOUNT-007", "the way to the password page", *ID)
def well_known(scene):
    visitor = Visitor(scene)
    answer = visitor.get(WELL_KNOWN)
    equal("status", (answer.status, answer.one("Location")), (302, PASSWORD))
    equal("POST", visitor.post(WELL_KNOWN, []).status, 405)
    for near in (WELL_KNOWN + "/", WELL_KNOWN + "x", "/.well-known/"):
        true(near, visitor.get(near).status in (303, 403, 404))
    scene.optional.add("authz_fail")
    scene.none_arrived()
    signed_in(scene, signed(scene), "alice")


@case("LOGIN-043", "a new password, with a wrong current one", *ID)
def wrong_current(scene):
    alice = signed(scene)
    answer = change(alice, "wrong", NEW)
    equal("status", answer.status, 403)
    true("the form again", b"Check the current password" in answer.body
         and hidden(answer)["csrf"], answer.body)
    one_event(scene, "authn_password_change_fail", account="alice",
              reason="wrong", client="127.0.0.1", outcome="failure")
    scene.tell("authn_password_change_fail")
    equal("it counts", scene.world.cluster.one(
        "select attempts from gatehouse_data.throttle t"
        f" where kind = 'device' or slot = {scene.world.ids['alice']}"), 1)
    equal("nothing is set", sets(answer, "__Host-id"), None)
    signed_in(scene, alice, "alice")
    alice.fail(password=NEW)


@case("LOGIN-044", "guesses of the current password have the same limits",
      *ID)
def limited(scene):
    """Browsers that are known have a lane of their own; this one is not."""
    alice = signed(scene)
    alice.cookies.pop("__Host-device")
    bodies = set()
    for i in range(7):
        answer = change(alice, f"wrong-wrong-wrong-{i}", NEW)
        equal(f"{i}: status", answer.status, 403)
        bodies.add(re.sub(rb'[0-9a-f]{32}|value="[^"]*"', b"", answer.body))
    equal("they look the same", len(bodies), 1)
    scene.tell(*["authn_password_change_fail"] * 6, "authn_login_fail_max")
    equal("the right one is not looked at", change(
        alice, scene.world.passwords["alice"], NEW).status, 403)
    Visitor(scene).sign_in("alice", events=())
    equal("nor is it by the sign-in", one_event(
        scene, "authn_login_fail_max")["account"], "alice")
    equal("of the 5 that were looked at, and the first that was not",
          [row["reason"] for row in events_of(
              scene, "authn_password_change_fail")],
          ["wrong"] * 5 + ["throttled"])
    signed_in(scene, alice, "alice")


@case("LOGIN-045", "new passwords that are guessed first", *ID)
def common(scene):
    alice = signed(scene)
    current = scene.world.passwords["alice"]
    for new in ("passwordpassword", "123456789012345", "qwertyuiopasdfgh",
                "PasswordPassword", "correct horse battery staple"):
        answer = change(alice, current, new)
        equal(f"{new}: status", answer.status, 422)
        true(f"{new}: reason", b"common or breached" in answer.body)
    for new in ("alice-alice-alice", "Alice@Example.org 1", "localhost2026-12"):
        answer = change(alice, current, new)
        equal(f"{new}: status", answer.status, 422)
        true(f"{new}: reason", b"names that others know" in answer.body)
    reasons = [row["reason"] for row in
               events_of(scene, "authn_password_change_fail")]
    equal("reasons", reasons, ["common"] * 5 + ["names"] * 3)
    scene.tell(*["authn_password_change_fail"] * 8)
    equal("no guess is counted", scene.world.cluster.one(
        "select count(*) from gatehouse_data.throttle t "
        f"where t.kind = 'account' and t.slot = {scene.world.ids['alice']}"),
          0)
    signed_in(scene, alice, "alice")


@case("LOGIN-046", "new passwords that are too short, too long, or none",
      *ID)
def unfit(scene):
    alice = signed(scene)
    current = scene.world.passwords["alice"]
    for new, text in (("fourteen chars", b"too short"),
                      ("\U0001f98a" * 14, b"too short"),
                      ("x" * 257, b"too long"), ("", b"empty"),
                      ("tab\tin-a-password", b"cannot be seen"),
                      (current, b"the one that you have")):
        answer = change(alice, current, new)
        equal(f"{new[:20]!r}: status", answer.status, 422)
        true(f"{new[:20]!r}: reason", text in answer.body, answer.body)
    scene.tell(*["authn_password_change_fail"] * 6)
    signed_in(scene, alice, "alice")


@case("LOGIN-047", "new passwords of any kind", *ID)
def any_kind(scene):
    with old_password(scene) as current:
        alice = signed(scene)
        for new in ("plain lower case words", "\U0001f98a" * 15 + " x",
                    "\u00fc" * 15):
            led(new, change(alice, current, new), ACCOUNT + "?done=password")
            scene.tell("session_expired", "authn_password_change",
                       "authn_login_success", "session_created")
            signed_in(scene, alice, "alice")
            equal(new, signed_with(scene, new), 303)
            current = new


def signed_with(scene, password):
    """Signs in and out again."""
    visitor = Visitor(scene)
    answer = visitor.sign_in("alice", password)
    if answer.status == 303:
        visitor.sign_out()
    return answer.status


@case("LOGIN-048", "a new password", *ID)
def new_password(scene):
    with old_password(scene) as current:
        alice, other = signed(scene), signed(scene)
        old, token = alice.token, hidden(look(alice), scene)["csrf"]
        answer = change(alice, current, NEW)
        led("changed", answer, ACCOUNT + "?done=password")
        scene.tell(*["session_expired"] * 2, "authn_password_change",
                   "authn_login_success", "session_created",
                   *["session_use_after_expire"] * 2)
        true("another token", alice.token not in (None, old))
        true("of a session alone", "Max-Age" not in sets(answer, "__Host-id"))
        row = one_event(scene, "authn_password_change", account="alice",
                        actor="alice", reason="own", client="127.0.0.1")
        equal("detail", row["detail"]["sessions_ended"], 1)
        page = look(alice, answer.one("Location"))
        true("the page says so", b"Your password is changed" in page.body)
        equal("sessions", len(sessions(page)), 1)
        unauth(scene, other, "ended")
        thief = Visitor(scene)
        thief.cookies["__Host-id"] = old
        unauth(scene, thief, "ended")
        signed_in(scene, alice, "alice")
        scene.tell("malicious_csrf")
        equal("forms of before", end(alice, "others", token).status, 403)
        equal("the new one", signed_with(scene, NEW), 303)
        alice.fail(password=current)


@case("RACE-013", "two new passwords at once", *ID_RAW)
def race(scene):
    with old_password(scene) as current:
        one, other = signed(scene), signed(scene)
        tokens = [hidden(look(v, PASSWORD), scene)["csrf"]
                  for v in (one, other)]
        new = [NEW, "another-new-phrase-88"]
        scene.passwords.update(new)
        scene.optional.update((
            "authn_password_change_fail", "session_use_after_expire",
            "session_expired", "authn_login_success", "session_created",
            "authn_login_successafterfail", "authn_login_fail"))
        scene.tell("authn_password_change")
        found = together([lambda v=v, t=t, n=n: change(
            v, current, n, t).one("Location") for v, t, n in
            zip((one, other), tokens, new)], workers=2)
        equal("one wins", sum(str(way).endswith("?done=password")
                              for way in found), 1)
        equal("sessions", scene.world.sessions("alice"), 1)
        good = [n for n in new if signed_with(scene, n) == 303]
        equal("and its password holds", len(good), 1)
