# SPDX-License-Identifier: Apache-2.0
"""LOGOUT: signing out ends the session in the database before anybody is
told that it did."""

import json
import threading

from case_brute import together
from case_fresh import remembering
from harness.check import equal, true, wait_until
from harness.guard import Person
from harness.runner import ID, ID_RAW, case
from harness.signs import events_of, one_event, signed_in, unauth
from harness.visitor import LOGOUT, Visitor, sets

LOGGED_OUT = "/auth/logged-out"
SESSION = "/auth/session"
AN_IDLE_WHILE = """
update gatehouse_data.session
set last_seen_at = last_seen_at - interval '20 minutes',
    created_at = created_at - interval '20 minutes',
    renewed_at = clock_timestamp()
"""


def alice_in(scene, account="alice"):
    visitor = Visitor(scene)
    equal("sign-in", visitor.sign_in(account).status, 303)
    return visitor


@case("LOGOUT-001", "the normal way", *ID)
def normal(scene):
    alice = alice_in(scene)
    thief = alice.clone()
    answer = alice.sign_out()
    equal("status", answer.status, 303)
    equal("Location", answer.all("Location"), [LOGGED_OUT])
    equal("the cookie goes", sets(answer, "__Host-id"),
          "__Host-id=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0; "
          "Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    equal("Clear-Site-Data", answer.all("Clear-Site-Data"),
          ['"cache", "storage"'])
    equal("forgotten by the browser", alice.token, None)
    page = alice.get(LOGGED_OUT)
    equal("page", page.status, 200)
    true("says so", b"You are signed out" in page.body
         and b'href="/auth/login"' in page.body, page.body)
    row = one_event(scene, "session_logout", account="alice",
                    outcome="success", client="127.0.0.1", reason="logout")
    true("date and time", row["at"][:2] == "20", row["at"])
    scene.tell("session_use_after_expire")
    unauth(scene, thief, "signed_out")


@case("LOGOUT-002", "who is not signed in", *ID)
def nobody(scene):
    visitor = Visitor(scene)
    answer = visitor.get(LOGOUT)
    equal("status", answer.status, 200)
    true("says so", b"signed out" in answer.body, answer.body)
    answer = visitor.get(LOGGED_OUT)
    equal("page", answer.status, 200)


@case("LOGOUT-003", "twice at once", *ID)
def twice(scene):
    alice = alice_in(scene)
    token = alice.form(LOGOUT)["csrf"]
    scene.tell("session_logout")
    scene.optional.update(("session_use_after_expire", "malicious_csrf"))
    found = together([lambda: alice.clone().post(
        LOGOUT, [("csrf", token)]).status] * 8, workers=8)
    equal("statuses", set(found) - {303, 403}, set())
    true("one at least", 303 in found, found)
    equal("rows", len(events_of(scene, "session_logout")), 1)


@case("LOGOUT-004", "one browser, not the others", *ID)
def others_stay(scene):
    one, other, bob = alice_in(scene), alice_in(scene), alice_in(scene, "bob")
    one.sign_out()
    signed_in(scene, other, "alice")
    signed_in(scene, bob, "bob")


@case("LOGOUT-005", "during a long download", *ID_RAW)
def download(scene):
    """What has begun may end; nothing new begins."""
    alice = alice_in(scene)
    release, begun = threading.Event(), threading.Event()

    def slow(peer, _):
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        begun.set()
        release.wait(10)
        peer.send(b"world")
    scene.app("app").script = slow
    thief, found = alice.clone(), []
    download = threading.Thread(
        target=lambda: found.append(thief.get("/app/x")))
    download.start()
    begun.wait(10)
    alice.sign_out()
    scene.app("app").script = None
    late = alice.clone()
    late.cookies["__Host-id"] = thief.token
    scene.fresh()
    scene.tell("session_use_after_expire")
    unauth(scene, late, "signed_out")
    release.set()
    download.join(15)
    equal("the download", (found[0].status, found[0].body),
          (200, b"helloworld"))


@case("LOGOUT-006", "a token that is over or of nobody", *ID)
def strange(scene):
    visitor = Visitor(scene)
    visitor.cookies["__Host-id"] = "A" * 43
    answer = visitor.post(LOGOUT, [("csrf", "A" * 86)])
    equal("status", answer.status, 303)
    true("the cookie goes", "Max-Age=0" in sets(answer, "__Host-id"))
    scene.optional.add("malicious_csrf")


@case("LOGOUT-007", "an administrator ends all sessions", *ID)
def by_admin(scene):
    one, other = alice_in(scene), alice_in(scene)
    equal("ended", scene.world.cluster.one(
        "select gatehouse.sessions_end('alice', 'suite')"), 2)
    scene.tell("authz_admin", *["session_expired"] * 2,
               *["session_use_after_expire"] * 2)
    unauth(scene, one, "ended")
    unauth(scene, other, "ended")
    equal("who did it", {row["actor"] for row in
                         events_of(scene, "session_expired")}, {"suite"})


@case("LOGOUT-008", "an account is disabled", *ID)
def disabled(scene):
    bob = alice_in(scene, "bob")
    admin = scene.world.cluster.admin
    admin("select gatehouse.account_disable('bob', 'left', 'suite')")
    try:
        scene.tell("session_expired", "session_use_after_expire")
        scene.optional.update(("user_updated", "user_disabled",
                               "user_enabled", "authz_admin"))
        unauth(scene, bob, "account", dead=True)
        bob.fail("bob", scene.world.passwords["bob"])
    finally:
        admin("select gatehouse.account_enable('bob', 'suite')")


@case("LOGOUT-009", "an account is removed", *ID_RAW)
def removed(scene):
    world = scene.world
    world.add_account("gone", "gone-with-the-wind")
    world.give_roles("gone", "user")
    world.people["gone"] = Person("gone", "", "user")
    world.passwords["gone"] = "gone-with-the-wind"
    try:
        visitor = alice_in(scene, "gone")
        signed_in(scene, visitor, "gone")
        world.cluster.admin(
            "select gatehouse.account_remove('gone', 'left', 'suite')")
        unauth(scene, visitor, "unknown")
        visitor.fail("gone", "gone-with-the-wind")
    finally:
        del world.people["gone"], world.passwords["gone"]
    scene.tell("user_created", "authn_password_change", "session_expired",
               "user_deleted")
    names = {row["event"] for row in world.events()
             if row["account"] == "gone"}
    true("its rows stay", {"user_created", "session_created",
                           "user_deleted"} <= names, names)


@case("LOGOUT-010", "a new password ends the sessions of the old one",
      *ID_RAW)
def new_password(scene):
    bob = alice_in(scene, "bob")
    world = scene.world
    world.set_password("bob", "another-password-of-bob")
    scene.tell("authn_password_change", "session_expired",
               "session_use_after_expire", "authn_password_change")
    try:
        unauth(scene, bob, "ended", dead=True)
        bob.fail("bob", world.passwords["bob"])
    finally:
        world.set_password("bob", world.passwords["bob"])


@case("LOGOUT-011", "return_to is no input of it", *ID)
def return_to(scene):
    alice = alice_in(scene)
    scene.optional.add("malicious_csrf")
    for target in ("//evil.example", "/app/"):
        token = alice.form(LOGOUT)["csrf"]
        answer = alice.post(LOGOUT, [("csrf", token), ("return_to", target)])
        true("no way there", answer.status == 403
             or answer.one("Location") == LOGGED_OUT, answer.head)
    answer = alice.get(LOGOUT + "?return_to=//evil.example")
    true("not in the form", b"evil" not in answer.body)
    signed_in(scene, alice, "alice")


@case("LOGOUT-012", "/auth/session says who, and asking is no use", *ID)
def session(scene):
    alice = alice_in(scene)
    said = json.loads(alice.fetch("/auth/session").body)
    equal("keys", sorted(said), ["absolute_left", "account", "idle_left",
                                 "is_signed_in", "level", "name", "session"])
    equal("who", (said["is_signed_in"], said["account"], said["name"],
                  said["level"]), (True, "alice", "Alice", 1))
    true("time left", 0 < said["idle_left"] <= 1800
         and 0 < said["absolute_left"] <= 43200, said)
    alice.sign_out()
    equal("nobody", json.loads(alice.fetch("/auth/session").body),
          {"is_signed_in": False})


@case("LOGOUT-013", "the browser learns why", *ID)
def told(scene):
    alice = alice_in(scene)
    scene.world.cluster.do(
        "update gatehouse_data.session set last_seen_at = last_seen_at - "
        "interval '31 minutes', created_at = created_at - interval "
        "'31 minutes'")
    scene.tell("sensitive_update", "session_expired")
    answer = alice.get("/app/x")
    equal("status", answer.status, 303)
    equal("Location", answer.one("Location"),
          "/auth/login?return_to=%2Fapp%2Fx&reason=idle")
    true("the cookie goes", "Max-Age=0" in sets(answer, "__Host-id"))
    page = alice.get(answer.one("Location"))
    true("in words", b"nothing happened for a while" in page.body, page.body)
    scene.none_arrived()


@case("LOGOUT-014", "use keeps a session alive", *ID_RAW)
def alive(scene):
    """A request is activity, recorded soon after."""
    alice = alice_in(scene)
    world = scene.world
    world.cluster.do(AN_IDLE_WHILE)
    scene.tell("sensitive_update")
    signed_in(scene, alice, "alice")
    wait_until("it was seen", lambda: is_seen(world), 10)


@case("LOGOUT-015", "what pages ask by themselves keeps no session alive",
      *ID_RAW)
def polling(scene):
    """Neither at a gateway that asks for the session nor at one that
    remembers it; what a person does counts at once, also right behind."""
    world = scene.world
    world.policy.permission("app", "live", "/live/**", "GET")
    world.policy.call("permission_change", "app", "live", "ignore")
    alice = alice_in(scene)
    with remembering(scene, "polling") as other:
        there = Visitor(other)
        there.cookies = dict(alice.cookies)
        for visitor, path in ((alice, "asks"), (there, "remembers")):
            world.cluster.do(AN_IDLE_WHILE)
            scene.tell("sensitive_update")
            for _ in range(3):
                equal(path, visitor.get(f"/app/live/{path}").status, 200)
            wait_until("their accesses are written", lambda: world.cluster.one(
                "select count(*) from gatehouse_audit.access where resource "
                f"= '/app/live/{path}'") == 3, 10)
            true(f"{path}: nobody was seen", not is_seen(world))
            equal(path, visitor.get("/app/x").status, 200)
            wait_until(f"{path}: somebody was", lambda: is_seen(world), 10)
        world.arrived()


@case("LOGOUT-016", "people are warned before their session ends", *ID)
def warned(scene):
    """Looking keeps nobody signed in, the button does, and the end is told
    where the warning was."""
    world = scene.world
    alice = alice_in(scene)
    world.cluster.do(AN_IDLE_WHILE)
    scene.tell("sensitive_update")
    page = alice.get(SESSION)
    equal("status", page.status, 200)
    true("how long is left", b"You will be signed out in 9 minutes" in
         page.body or b"You will be signed out in 10 minutes" in page.body,
         page.body)
    equal("looks once", page.one("Refresh"), None)
    page = alice.get(SESSION + "?watch=yes")
    true("looks again when the warning is due",
         200 < int(page.one("Refresh")) <= 301, page.one("Refresh"))
    true("nobody was seen", not is_seen(world))
    inputs = alice.form(SESSION)
    answer = alice.post(SESSION + "?watch=yes", [("csrf", inputs["csrf"])])
    equal("the button", (answer.status, answer.one("Location")),
          (303, SESSION + "?watch=yes"))
    true("keeps the session alive", is_seen(world))
    scene.tell("malicious_csrf", "session_expired")
    equal("another site's button", alice.post(
        SESSION, [("csrf", inputs["csrf"])], site="cross-site",
        origin="https://evil.example").status, 403)
    for _ in range(2):
        world.cluster.do(AN_IDLE_WHILE)
    scene.tell("sensitive_update", "sensitive_update")
    page = alice.get(SESSION + "?watch=yes")
    equal("status at the end", page.status, 200)
    true("says so", b"<title>Signed out" in page.body
         and b"nothing happened for a while" in page.body, page.body)
    equal("and looks no more", page.one("Refresh"), None)


def is_seen(world):
    return world.cluster.one(
        "select max(last_seen_at) > clock_timestamp() - interval '1 minute' "
        "from gatehouse_data.session")
