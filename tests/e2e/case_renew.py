# SPDX-License-Identifier: Apache-2.0
"""Renewal of the session's token: offered when it is old, the same to every
request and by every gateway, the current one once the browser brings it; the
one before is good for a short while, and used later it ends the session."""

from collections import Counter

from case_brute import together
from case_fresh import remembering
from harness.check import equal, true, wait_until
from harness.facade import through
from harness.runner import ID, ID_RAW, case
from harness.signs import events_of, signed_in
from harness.visitor import LOGOUT, Visitor

OLD = ("update gatehouse_data.session set renewed_at = clock_timestamp() - "
       "interval '16 minutes', previous_until = previous_until - interval "
       "'16 minutes' where ended_at is null; "
       # Nobody's token grows old so suddenly: what is remembered is told.
       "insert into gatehouse_data.change (relation, row_id) "
       "select 'session', session_id from gatehouse_data.session "
       "where ended_at is null")
MOVE = """
create temporary table stolen as
select next_token_hash as hash, next_binding as mac
from gatehouse_data.session where next_token_hash is not null;
update gatehouse_data.session set next_token_hash = null, next_binding = null;
update gatehouse_data.session s set next_token_hash = hash, next_binding = mac
from stolen, gatehouse_data.account a
where a.account_id = s.account_id and a.name = 'bob';
drop table stolen"""
OVER = ("update gatehouse_data.session set previous_until = "
        "clock_timestamp() - interval '1 second' where ended_at is null")


def came_of_age(scene, alice, name="alice"):
    """Signs in; the token is sixteen minutes old."""
    scene.optional.update({"sensitive_update"})
    equal("sign-in", alice.sign_in(name).status, 303)
    scene.world.cluster.do(OLD)


def offered(scene, visitor, target="/app/x"):
    """The token that an answer offers; None without one."""
    answer = visitor.clone().get(target)
    equal(f"GET {target}", answer.status, 200)
    values = [line.partition(";")[0].partition("=")[2]
              for line in answer.all("Set-Cookie")
              if line.startswith("__Host-id=")]
    true("one at most", len(values) <= 1, values)
    for line in answer.all("Set-Cookie"):
        scene.secrets.add(line.partition(";")[0].partition("=")[2])
        for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            true(word, word in line, line)
    return values[0] if values else None


def offer_of(scene, visitor):
    """The token that one is offered at last: what was learnt of the session
    before it was changed by hand goes with no answer."""
    return wait_until("it is offered one", lambda: offered(scene, visitor))


def brings(visitor, token):
    other = visitor.clone()
    other.cookies["__Host-id"] = token
    return other


@case("FIX-010", "the token is renewed; the one before ends it when it comes "
      "too late", *ID)
def renewed(scene):
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    equal("a young one is not renewed", offered(scene, alice), None)
    scene.optional.update({"sensitive_update"})
    scene.world.cluster.do(OLD)
    new = offer_of(scene, alice)
    true("a new one", new and new != alice.token)
    equal("the same again, while it does not come", offered(scene, alice), new)
    scene.tell("session_renewed")
    after = brings(alice, new)
    equal("the new one needs none", offered(scene, after), None)
    equal("once", offered(scene, after), None)
    equal("the old one is good beside it", offered(scene, alice), None)
    scene.world.cluster.do(OVER)
    equal("the new one still", offered(scene, after), None)
    scene.tell("authn_token_reuse", "session_expired")
    answer = alice.get("/app/x")
    equal("the old one too late", answer.status, 303)
    true("and why", "reason=reused" in answer.one("Location"),
         answer.one("Location"))
    scene.fresh()
    scene.tell("session_use_after_expire")
    equal("is the end of both", after.get("/app/x").status, 303)
    scene.none_arrived()


KEPT_BY_CACHES = ("Cache-Control: public, max-age=60",
                  "Cache-Control: max-age=60, s-maxage=60",
                  "CDN-Cache-Control: max-age=60",
                  "Surrogate-Control: max-age=60")
KEPT_BY_NOBODY = (("X-None: of this", ["private"]),
                  ("Expires: Thu, 01 Jan 2099 00:00:00 GMT", ["private"]),
                  ("Cache-Control: max-age=60", ["max-age=60", "private"]),
                  ("Cache-Control: no-store", ["no-store"]),
                  ("Cache-Control: private, max-age=60",
                   ["private, max-age=60"]))


@case("FIX-010", "a token rides on no answer that caches keep", *ID_RAW)
def cached(scene):
    """Nor on one of which nobody has told them that it is for one person. Each
    time it is somebody to whom none was offered yet."""
    app = scene.world.apps["app"]

    def answer(visitor, line):
        app.script = (f"HTTP/1.1 200 OK\r\n{line}\r\n"
                      "Content-Length: 0\r\n\r\n").encode()
        found = visitor.clone().get("/app/x")
        app.script = None
        return found

    def of_age():
        alice = Visitor(scene)
        came_of_age(scene, alice)
        return alice
    scene.optional.update({"excess_sessions_exceeded", "session_expired"})
    for line in KEPT_BY_CACHES * 2:
        equal(line, answer(of_age(), line).all("Set-Cookie"), [])
    for line, said in KEPT_BY_NOBODY:
        found = wait_until(f"{line}: rides", lambda: (
            lambda found: found.all("Set-Cookie") and found)(
                answer(of_age(), line)), 15)
        equal(f"{line}: cookies", len(found.all("Set-Cookie")), 1)
        equal(f"{line}: what caches are told", found.all("Cache-Control"),
              said)
        scene.secrets.add(found.one("Set-Cookie").partition(";")[0]
                          .partition("=")[2])


@case("HIJ-003", "a thief who has the token renewed twice is shut out when its "
      "owner comes with the old one", *ID)
def two_behind(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    thief = alice.clone()
    for _ in range(2):
        thief = brings(thief, offer_of(scene, thief))
        equal("the thief's", thief.get("/app/x").status, 200)
        scene.tell("session_renewed")
        scene.world.cluster.do(OLD)
    scene.world.arrived()
    scene.tell("authn_token_reuse", "session_expired")
    answer = alice.get("/app/x")
    equal("the owner's", answer.status, 303)
    true("and why", "reason=reused" in answer.one("Location"),
         answer.one("Location"))
    scene.fresh()
    scene.tell("session_use_after_expire")
    equal("the thief's then", thief.get("/app/x").status, 303)
    scene.none_arrived()


@case("FIX-010", "where the old one was seen, the new one is over at once, "
      "though it was remembered", *ID_RAW)
def forgotten_at_once(scene):
    scene.optional.update({"session_renewed", "authn_token_reuse"})
    with remembering(scene, "reused", listen="off") as other:
        for _ in range(10):
            alice = Visitor(other)
            equal("sign-in", alice.sign_in("alice", events=()).status, 303)
            scene.world.cluster.do(OLD)
            new = brings(alice, offer_of(other, alice))
            equal("renewed", new.get("/app/x").status, 200)
            scene.world.cluster.do(OVER)
            for _ in range(3):
                equal("the new one", new.get("/app/x").status, 200)
            equal("the old one", alice.get("/app/x").status, 303)
            equal("the new one then", new.get("/app/x").status, 303)
        other.world.world.arrived()


@case("FIX-010", "what is renewed is whose it was, and signs out", *ID)
def goes_on(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    old = alice.token
    equal("GET", alice.get("/app/x").status, 200)
    true("the browser has another one", alice.token != old)
    scene.world.arrived()
    scene.tell("session_renewed")
    signed_in(scene, alice, "alice")
    equal("signed out", alice.sign_out().status, 303)
    scene.tell("session_use_after_expire")
    equal("the old one is over, too", brings(alice, old).get("/app/x").status,
          303)


@case("FIX-011", "the old token signs out what it was replaced in", *ID_RAW)
def old_signs_out(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    new = brings(alice, offer_of(scene, alice))
    scene.tell("session_renewed", "session_logout",
               "session_use_after_expire")
    equal("GET", new.get("/app/x").status, 200)
    token = alice.form(LOGOUT)["csrf"]
    equal("signed out", alice.post(LOGOUT, [("csrf", token)]).status, 303)
    equal("over", new.get("/app/x").status, 303)
    scene.world.arrived()


@case("RACE-009", "fifty requests at once are given one token", *ID_RAW,
      seconds=120)
def at_once(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    given = []
    together([lambda: given.append(offered(scene, alice))
              for _ in range(50)])
    # Once it was offered, it is not again for a minute.
    tokens = {token for token in given if token}
    equal("one", len(tokens), 1)
    true("is a new one", alice.token not in tokens)
    new = brings(alice, tokens.pop())
    scene.tell("session_renewed")
    statuses = []
    together([lambda n=n: statuses.append(
        (alice if n % 3 == 0 else new).get("/app/x").status)
        for n in range(50)])
    equal("all are served", Counter(statuses), Counter({200: 50}))
    equal("renewed once", len(events_of(scene, "session_renewed")), 1)
    scene.world.arrived()


@case("RACE-009", "an answer that took longer than the token lived puts no old "
      "one back", *ID)
def late_answer(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    app = scene.app("app")
    meanwhile = []

    def renewed_meanwhile(peer, _request):
        app.script = None
        meanwhile.append(brings(alice, offer_of(scene, alice)))
        scene.tell("session_renewed")
        equal("the new one", meanwhile[0].get("/app/x").status, 200)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")

    app.script = renewed_meanwhile
    equal("renewed meanwhile", offered(scene, alice, "/app/late"), None)
    new = meanwhile[0]

    def left_meanwhile(peer, _request):
        app.script = None
        equal("signed out", new.clone().sign_out().status, 303)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")

    scene.world.cluster.do(OLD)
    app.script = left_meanwhile
    equal("signed out meanwhile", offered(scene, new, "/app/late"), None)
    scene.world.arrived()


@case("RACE-009", "two gateways offer one token", *ID_RAW)
def two_gateways(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    gateway = scene.world.make("twin")
    other = through(scene, gateway)
    with gateway:
        scene.more_gateways.append(gateway)
        there = Visitor(other)
        there.cookies = dict(alice.cookies)
        equal("the same", offer_of(other, there), offer_of(scene, alice))
        scene.said += gateway.log.news().decode("latin-1")
        scene.more_gateways.remove(gateway)
    scene.answers += other.answers
    scene.secrets |= other.secrets
    scene.world.arrived()


@case("FIX-012", "a token that was offered to nobody opens nothing", *ID_RAW)
def never_offered(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    new = offer_of(scene, alice)
    scene.world.cluster.do("update gatehouse_data.session set "
                           "next_token_hash = null, next_binding = null")
    equal("GET", brings(alice, new).get("/app/x").status, 303)
    # Somebody moves it to another person's session.
    bob = Visitor(scene)
    equal("sign-in", bob.sign_in("bob").status, 303)
    equal("offered again", offered(scene, alice), new)
    scene.world.cluster.do(MOVE)
    scene.tell("crypt_decrypt_fail")
    equal("moved", brings(alice, new).get("/app/x").status, 303)
    scene.world.arrived()


@case("FIX-013", "no token goes with an answer that caches may keep for "
      "others", *ID)
def not_for_others(scene):
    alice = Visitor(scene)
    came_of_age(scene, alice)
    for value, is_private in (("public, max-age=60", False),
                              ("max-age=1, S-MaxAge=60", False),
                              ("Public", False), ("private", True)):
        scene.app("app").script = (
            f"HTTP/1.1 200 OK\r\nCache-Control: {value}\r\n"
            "Content-Length: 2\r\n\r\nok").encode()
        equal(value, offered(scene, alice) is not None, is_private)
        # Or it would be offered once more in a minute only.
        scene.world.cluster.do(OLD)
    scene.fresh()
