# SPDX-License-Identifier: Apache-2.0
"""FIX and HIJ: ids that somebody else chose, and ids that somebody else
has."""

from case_account import LINUX
from harness.check import equal, true, wait_until
from harness.facade import beside
from harness.fcgi import REQ, FcgiPeer, base
from harness.runner import ID, ID_RAW, case, not_here
from harness.signs import (events_of, one_event, permitted, signed_in,
                           unauth)
from harness.visitor import LOGIN, LOGOUT, Visitor, sets

AGED = ("set session_replication_role = replica; "
        "update gatehouse_data.session set {}; "
        "set session_replication_role = default")


def age(scene, what):
    """Changes session rows as time would; that somebody did it by hand is in
    the trail, as it must be."""
    scene.world.cluster.do(AGED.format(what))
    scene.tell("sensitive_update")


def alice_in(scene, account="alice", **more):
    visitor = Visitor(scene, **more)
    equal("sign-in", visitor.sign_in(account).status, 303)
    return visitor


@case("FIX-001", "a value that the attacker chose", *ID)
def chosen(scene):
    victim = Visitor(scene)
    victim.cookies["__Host-id"] = "A" * 43
    answer = victim.get(LOGIN)
    equal("nothing is adopted", sets(answer, "__Host-id"), None)
    victim.sign_in("alice")
    true("another value", victim.token != "A" * 43)
    signed_in(scene, victim, "alice")
    attacker = Visitor(scene)
    attacker.cookies["__Host-id"] = "A" * 43
    unauth(scene, attacker, "unknown", dead=True)
    equal("one session row", scene.world.cluster.one(
        "select count(*) from gatehouse_data.session"), 1)


@case("FIX-002", "the state before sign-in is no session", *ID)
def state_before(scene):
    attacker = Visitor(scene)
    inputs = attacker.form()
    pre = attacker.cookies["__Host-pre"]
    victim = Visitor(scene)
    victim.cookies["__Host-pre"] = pre
    answer = victim.post(LOGIN, [
        ("username", "alice"), ("password", scene.world.passwords["alice"]),
        ("csrf", inputs["csrf"])])
    equal("the attacker's state serves", answer.status, 303)
    scene.tell("authn_login_success", "session_created")
    unauth(scene, attacker, what="the attacker")
    attacker.cookies["__Host-id"] = pre
    unauth(scene, attacker, "unknown", "the state as a session")


@case("FIX-003", "the attacker's own session, planted", *ID)
def planted(scene):
    attacker = alice_in(scene, "bob")
    victim = attacker.clone()
    victim.sign_in("alice")
    scene.tell("session_expired", "session_use_after_expire")
    signed_in(scene, victim, "alice")
    unauth(scene, attacker, "ended", "the attacker")


@case("FIX-004", "a failed sign-in keeps the session it came with", *ID)
def kept(scene):
    visitor = alice_in(scene)
    token = visitor.token
    visitor.fail("alice")
    equal("the same token", visitor.token, token)
    signed_in(scene, visitor, "alice")


@case("FIX-005", "what is carried across is judged anew", *ID)
def carried(scene):
    visitor = Visitor(scene)
    for query, want in (("return_to=/app/x", "/app/x"),
                        ("return_to=/app/x&lang=de&username=bob", "/")):
        inputs = visitor.form(f"{LOGIN}?{query}")
        equal("in the form", inputs, {"csrf": inputs["csrf"],
                                      "return_to": want})
    answer = visitor.sign_in("alice", return_to="//evil.example/")
    equal("Location", answer.one("Location"), "/")


@case("FIX-006", "each sign-in has a session of its own", *ID)
def own_sessions(scene):
    one, other = alice_in(scene), alice_in(scene)
    true("two tokens", one.token != other.token)
    one.sign_out()
    scene.tell("session_use_after_expire")
    signed_in(scene, other, "alice")
    gone = Visitor(scene)
    gone.cookies["__Host-id"] = [a for a in scene.secrets
                                 if len(a) == 43 and a != other.token][0]
    unauth(scene, gone, "signed_out")


@case("FIX-009", "line ends in return_to plant no cookie", *ID)
def planted_cookie(scene):
    visitor = Visitor(scene)
    for target in ("/app/%0d%0aSet-Cookie:%20__Host-id=x",
                   "/app/%0aSet-Cookie:%20__Host-id=x",
                   "/app/%E5%98%8D%E5%98%8ASet-Cookie:%20__Host-id=x"):
        answer = visitor.get(f"{LOGIN}?return_to={target}")
        equal("status", answer.status, 200)
        equal("cookie", sets(answer, "__Host-id"), None)
        answer = visitor.get(f"{LOGIN}?return_to=/app/x&reason=a%0d%0ab")
        equal("status", answer.status, 200)


@case("FIX-010", "the form's address takes no session from a query", *ID)
def from_query(scene):
    token = alice_in(scene).token
    scene.secrets.discard(token)
    attacker = Visitor(scene)
    answer = attacker.get(f"{LOGIN}?__Host-id={token}&id={token}")
    equal("cookie", sets(answer, "__Host-id"), None)
    unauth(scene, attacker)


@case("HIJ-001", "the cookie from another address", *ID)
def other_address(scene):
    """People move between networks; the session goes with them, and it is
    told. So it is of another browser."""
    address = "203.0.113.9" if scene.is_raw else "127.0.0.7"
    alice = alice_in(scene)
    signed_in(scene, alice, "alice")
    thief = Visitor(scene, address)
    thief.cookies = dict(alice.cookies)
    thief.agent = LINUX
    signed_in(scene, thief, "alice")
    wait_until("it is told", lambda: events_of(
        scene, "session_place_changed"), 5)
    row = one_event(scene, "session_place_changed", account="alice",
                    client=address,
                    reason="both" if scene.is_raw else "device")
    equal("with which browser", row["detail"]["device"], "Firefox on Linux")
    page = alice.get("/auth/account").body
    for words in (b"Session used with another browser", b"Firefox on Linux"):
        true(f"its owner reads {words}", words in page)


def ends_what_moves(world, app):
    """A session that is used from elsewhere ends in this application, and in
    no other."""
    world.cluster.do(
        "update gatehouse_data.application set zone_id = (select zone_id from "
        f"gatehouse_data.zone where name = 'open') where name <> '{app}'; "
        "update gatehouse_data.zone z set on_session_moved = 'end' from "
        "gatehouse_data.application a where a.zone_id = z.zone_id and "
        f"a.name = '{app}'")


@case("HIJ-014", "the cookie from elsewhere, where that ends it", *ID)
def moved(scene):
    """Nothing reaches the application; and having been seen elsewhere first
    helps a thief nothing."""
    ends_what_moves(scene.world, "admin")
    bob = alice_in(scene, "bob")
    permitted(scene, bob, "/admin/x", "admin", "bob")
    thief = Visitor(scene, "203.0.113.9" if scene.is_raw else "127.0.0.7")
    thief.cookies = dict(bob.cookies)
    thief.agent = LINUX
    permitted(scene, thief, "/app/x", "app", "bob", "elsewhere")
    scene.tell("session_place_changed", "session_place_changed",
               "session_expired", "session_use_after_expire")
    wait_until("it is told", lambda: events_of(
        scene, "session_place_changed"), 5)
    scene.fresh()
    answer = thief.get("/admin/x")
    equal("status", answer.status, 303)
    equal("why", answer.one("Location"),
          "/auth/login?return_to=%2Fadmin%2Fx&reason=moved")
    true("the cookie goes", "Max-Age=0" in sets(answer, "__Host-id"))
    true("in words", b"from another network, or with another browser" in
         thief.get(answer.one("Location")).body)
    scene.none_arrived()
    row = one_event(scene, "session_expired", account="bob", reason="moved")
    equal("from there", row["client"], thief.address)
    unauth(scene, bob, "moved", "its owner")
    bob.sign_in("bob")
    true("its owner reads it", b"Session ended: it was used from elsewhere" in
         bob.get("/auth/account").body)
    permitted(scene, bob, "/admin/x", "admin", "bob", "again")


@case("HIJ-014", "the data of an application, from elsewhere", *ID_RAW)
def moved_data(scene):
    """Its scripts' values are no way past its zone."""
    ends_what_moves(scene.world, "admin")
    bob = alice_in(scene, "bob")
    theme = "/auth/data/admin/theme"
    equal("at home", bob.fetch(theme).status, 404)
    thief = Visitor(scene, "203.0.113.9")
    thief.cookies = dict(bob.cookies)
    scene.tell("session_expired", "session_use_after_expire")
    equal("of another application", thief.fetch(
        "/auth/data/app/theme").status, 404)
    equal("from elsewhere", thief.fetch(theme).status, 401)
    one_event(scene, "session_expired", account="bob", reason="moved")
    unauth(scene, bob, "moved", "its owner")


@case("HIJ-015", "the cookie on another host of ours", *ID_RAW)
def other_host(scene):
    """A session belongs to the host on which it began, also where no browser
    sees to that."""
    gateway = scene.world.make("hosts")
    gateway.sections["entry public"]["origins"] += ", https://other.example"
    with beside(scene, gateway) as other:
        alice = alice_in(other)
        permitted(other, alice, "/app/x", "app", "alice")
        for target, want in (("/app/x", 401), ("/auth/account", 401),
                             ("/public/x", 200)):
            other.fresh()
            with FcgiPeer(gateway.socket) as peer:
                peer.send(REQ(base(target, HTTP_HOST="other.example",
                                   HTTP_COOKIE=f"__Host-id={alice.token}")))
                equal(target, peer.read().status, want)
        equal("nobody", other.one_arrived("public").all("Remote-User"), [""])
        permitted(other, alice, "/app/x", "app", "alice", "at home")


@case("HIJ-003", "replay after signing out", *ID)
def replay(scene):
    alice = alice_in(scene)
    thief = alice.clone()
    alice.sign_out()
    scene.tell("session_use_after_expire")
    for _ in range(3):
        unauth(scene, thief, "signed_out", dead=True)
    row = one_event(scene, "session_use_after_expire", account="alice",
                    outcome="denied", reason="logout")
    equal("the same session as before",
          row["session"], events_of(scene, "session_created")[0]["session"])


@case("HIJ-004", "after nothing happened for a while", *ID)
def idle(scene):
    alice = alice_in(scene)
    age(scene, "last_seen_at = last_seen_at - interval '31 minutes', "
        "created_at = created_at - interval '31 minutes'")
    scene.tell("session_expired", "session_use_after_expire")
    unauth(scene, alice, "idle", dead=True)
    one_event(scene, "session_expired", reason="idle")


@case("HIJ-005", "after the full length, whatever its use", *ID)
def absolute(scene):
    alice = alice_in(scene)
    age(scene, "created_at = created_at - interval '12 hours 1 second', "
        "authenticated_at = authenticated_at - interval '12 hours', "
        "last_seen_at = clock_timestamp(), "
        "expires_at = expires_at - interval '12 hours 1 second'")
    scene.tell("session_expired", "session_use_after_expire")
    unauth(scene, alice, "expired", dead=True)
    one_event(scene, "session_expired", reason="absolute")


@case("HIJ-006", "a second before it is over", *ID_RAW)
def just_before(scene):
    alice = alice_in(scene)
    age(scene, "last_seen_at = last_seen_at - interval '29 minutes 50 "
        "seconds', created_at = created_at - interval '1 hour'")
    signed_in(scene, alice, "alice")


@case("HIJ-008", "one session too many ends the oldest", *ID_RAW)
def too_many(scene):
    scene.optional.update(("authn_login_success", "session_created"))
    first = alice_in(scene, "carol")
    for _ in range(99):
        alice_in(scene, "carol")
    signed_in(scene, first, "carol")
    alice_in(scene, "carol")
    scene.tell("excess_sessions_exceeded", "session_expired",
               "session_use_after_expire")
    unauth(scene, first, "ended", dead=True)
    equal("live", scene.world.sessions("carol"), 100)


@case("HIJ-010", "identity names of the thief's own", *ID)
def forged(scene):
    alice = alice_in(scene)
    scene.fresh()
    answer = alice.get("/app/x", "Remote-User: bob", "X-Gatehouse-Level: 9",
                       "Remote_User: bob", "X-Gatehouse-Session: 00")
    equal("status", answer.status, 200)
    equal("Remote-User", scene.one_arrived("app").all("Remote-User"),
          ["alice"])


@case("HIJ-012", "a row of the session table made by hand", *ID)
def by_hand(scene):
    """Whoever may write the table, but has no key ring, makes nobody."""
    alice = alice_in(scene)
    forged = "B" * 42 + "A"
    digest = scene.world.ring.stored(forged).hex()
    scene.world.cluster.do(
        "insert into gatehouse_data.session (token_hash, reference, binding,"
        " account_id, created_at, authenticated_at, last_seen_at, idle, "
        "absolute, expires_at, client, user_agent, entry, node, "
        "rights_version) select "
        f"'\\x{digest}', sha256('r')::bytea, binding, "
        f"{scene.world.ids['bob']}, created_at, authenticated_at, "
        "last_seen_at, idle, absolute, expires_at, client, user_agent, "
        "entry, node, rights_version from gatehouse_data.session".replace(
            "sha256('r')::bytea", "substring(sha256('r') from 1 for 16)"))
    scene.optional.update(("sensitive_create", "crypt_decrypt_fail"))
    thief = Visitor(scene)
    thief.cookies["__Host-id"] = forged
    unauth(scene, thief, "unknown")
    true("it is an event", events_of(scene, "crypt_decrypt_fail"))
    signed_in(scene, alice, "alice")


@case("HIJ-013", "the form for signing out is the session's", *ID)
def logout_form(scene):
    alice = alice_in(scene)
    answer = alice.get(LOGOUT)
    true("names alice", b"<bdi>alice</bdi>" in answer.body, answer.body)
    nobody = Visitor(scene).get(LOGOUT)
    equal("nobody", (nobody.status, b"alice" in nobody.body), (200, False))


not_here("FIX-007", "see RBAC-003: a role more ends the session, and says so")
not_here("HIJ-011", "signed identity for applications is not offered yet")
