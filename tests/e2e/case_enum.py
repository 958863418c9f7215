# SPDX-License-Identifier: Apache-2.0
"""ENUM: nothing tells whether an account exists, is disabled or is locked:
neither what a failure says, nor how long it takes."""

import math
import statistics
import time

from case_brute import together
from harness.check import equal, true
from harness.facade import through
from harness.runner import ID, ID_RAW, case
from harness.signs import NOBODY, same_fail, unauth
from harness.visitor import LOGIN, WRONG, Visitor

CROSS = 4.5          # |t| that chance does not reach
RENEWED_S = 120      # age of a form; its state before sign-in lives 600 s


@case("ENUM-001", "all failures are one", *ID)
def identical(scene):
    for name in (NOBODY, "alice", "dave", "erin", "zed", "ALICE", "b\u00f6b",
                 "a b", "x" * 64, "y" * 300):
        same_fail(scene, name, WRONG)


@case("ENUM-002", "all refusals of a throttled name are one", *ID)
def identical_throttled(scene):
    for name in ("alice", NOBODY):
        scene.world.cluster.do("delete from gatehouse_data.throttle")
        for _ in range(6):
            same_fail(scene, name, WRONG)
        scene.tell("authn_login_fail_max")


def timed(scene, visitor, fields, name):
    """Seconds of one failure, with its counters forgotten before."""
    scene.world.cluster.do("delete from gatehouse_data.throttle")
    started = time.perf_counter()
    answer = visitor.post(LOGIN, [("username", name), *fields])
    taken = time.perf_counter() - started
    equal(f"{name}: status", answer.status, 401)
    scene.answers.clear()
    return taken


def samples(scene, names, count):
    """Interleaved, so that drift of the machine is the same for all."""
    visitor = Visitor(scene)
    fields = [("password", WRONG), ("csrf", visitor.form()["csrf"])]
    found = {name: [] for name in names}
    for _ in range(10):
        for name in names:
            timed(scene, visitor, fields, name)
    shown = time.monotonic()
    for _ in range(count):
        if time.monotonic() > shown + RENEWED_S:
            visitor.cookies.clear()
            fields[1] = ("csrf", visitor.form()["csrf"])
            shown = time.monotonic()
        for name in names:
            found[name].append(timed(scene, visitor, fields, name))
    scene.tell(*["authn_login_fail"] * (len(names) * (count + 10)))
    return found


def trimmed(values):
    """Without the slowest tenth: those met another process."""
    return sorted(values)[:len(values) * 9 // 10]


def welch(one, other):
    """Welch's t."""
    one, other = trimmed(one), trimmed(other)
    spread = (statistics.variance(one) / len(one)
              + statistics.variance(other) / len(other))
    return (statistics.mean(one) - statistics.mean(other)) / math.sqrt(spread)


def compare(scene, names, count):
    found = samples(scene, names, count)
    for name in names[1:]:
        value = welch(found[names[0]], found[name])
        gap = (statistics.mean(trimmed(found[names[0]]))
               - statistics.mean(trimmed(found[name])))
        scene.note(f"{names[0]} / {name}: t = {value:+.2f}, "
                   f"{gap * 1e6:+.0f} us, {count} samples each")
        true(f"{names[0]} and {name} take as long", abs(value) < CROSS,
             value)


@case("ENUM-003", "time of unknown, wrong, disabled, locked", *ID_RAW,
      seconds=3600)
def times(scene):
    count = 10000 if scene.options.long else 200
    compare(scene, ("alice", NOBODY, "dave", "erin"), count)


@case("ENUM-004", "time of passwords that cannot be one", *ID_RAW)
def times_malformed(scene):
    """A password that PRECIS refuses costs the same work."""
    visitor = Visitor(scene)
    token = visitor.form()["csrf"]
    found = {}
    for word in (WRONG, WRONG + "\x01"):
        fields = [("password", word), ("csrf", token)]
        found[word] = [timed(scene, visitor, fields, "alice")
                       for _ in range(30)]
    scene.tell(*["authn_login_fail"] * 60)
    middle = [statistics.median(values) for values in found.values()]
    true("not shorter by half", middle[1] > middle[0] / 2, middle)


@case("ENUM-004", "no failure is answered early", *ID_RAW)
def delayed(scene):
    """A gateway with the delay that people have: the quickest failure, which
    is a refusal, takes as long as the others, and holds up nobody."""
    other = scene.world.make("patient")
    other.sections["password"].update(fail_delay="250ms", fail_jitter="85ms")
    second = through(scene, other)
    scene.optional.update(("authn_login_fail", "authn_login_fail_max",
                           "excess_rate_limit_exceeded"))
    with other:
        scene.more_gateways.append(other)
        form = Visitor(second)
        fields = [("password", WRONG), ("csrf", form.form()["csrf"])]

        def fail(name):
            visitor = form.clone()
            started = time.perf_counter()
            answer = visitor.post(LOGIN, [("username", name), *fields])
            return answer.status, time.perf_counter() - started
        found = [fail(name) for name in [NOBODY, "alice", "dave", "erin"]
                 + ["alice"] * 8]
        started = time.perf_counter()
        found += together([lambda: fail("alice")] * 16, workers=16)
        taken = time.perf_counter() - started
        equal("statuses", {status for status, _ in found}, {401, 429})
        true("none before its time", min(s for _, s in found) >= 0.25,
             sorted(s for _, s in found)[:3])
        true("sixteen wait at once", taken < 2, taken)
        scene.answers += second.answers
        scene.said += other.log.news().decode("latin-1")
        scene.more_gateways.remove(other)


@case("ENUM-005", "a stored password that costs more is not told", *ID_RAW)
def other_cost(scene):
    """The answer is the same; its time is that of the row's own cost, and
    the row is of today's cost once its owner has signed in."""
    world = scene.world
    world.set_password("bob", world.passwords["bob"], memory_kib=12288,
                       passes=3)
    try:
        same_fail(scene, "bob", WRONG)
        answer = Visitor(scene).sign_in("bob", events=(
            "authn_login_successafterfail", "session_created"))
        equal("status", answer.status, 303)
    finally:
        world.set_password("bob", world.passwords["bob"])
    scene.tell("authn_password_change", "authn_password_change",
               "session_expired")


@case("ENUM-006", "the same account twice at once, on an older cost", *ID_RAW)
def hashed_anew(scene):
    """What is right stays right while its row is being hashed anew."""
    world = scene.world
    scene.optional.update(("authn_password_change", "session_expired",
                           "authn_login_successafterfail"))
    world.set_password("bob", world.passwords["bob"], memory_kib=12288,
                       passes=3)
    try:
        found = together([lambda: Visitor(scene).sign_in(
            "bob", events=("session_created",)).status] * 4, workers=4)
        equal("statuses", found, [303] * 4)
    finally:
        world.set_password("bob", world.passwords["bob"])
    scene.optional.add("authn_login_success")


@case("ENUM-007", "the page for a token that is over, ended or random", *ID)
def sessions(scene):
    gone = Visitor(scene)
    gone.sign_in("alice")
    ended = Visitor(scene)
    ended.sign_in("bob")
    scene.world.cluster.admin("select gatehouse.sessions_end('bob', 'suite')")
    scene.world.cluster.do(
        "set session_replication_role = replica; "
        "update gatehouse_data.session set created_at = created_at - "
        "interval '2 hours', last_seen_at = last_seen_at - interval '2 hours'"
        f" where account_id = {scene.world.ids['alice']}; "
        "set session_replication_role = default")
    scene.tell("session_expired", "authz_admin", "sensitive_update",
               "session_expired", "session_use_after_expire")
    random = Visitor(scene)
    random.cookies["__Host-id"] = "A" * 43
    bodies = set()
    for visitor in (gone, ended, random):
        answer = visitor.get(LOGIN)
        equal("status", answer.status, 200)
        text = answer.body
        token = [part for part in text.split(b'"') if len(part) == 86]
        bodies.add(text.replace(token[0], b"")
                   .replace(answer.one("X-Request-Id").encode(), b""))
    equal("different pages", len(bodies), 1)


@case("ENUM-009", "protected paths are alike, there or not", *ID)
def paths(scene):
    """What nobody is let to needs a sign-in; what no application serves says
    so to everybody alike."""
    nobody, alice = Visitor(scene), Visitor(scene)
    alice.sign_in("alice")
    for target in ("/app/x", "/app/nothing", "/admin/", "/closed/y"):
        answer = nobody.get(target)
        equal(f"{target}: status", answer.status, 303)
    scene.none_arrived()
    for visitor in (nobody, alice):
        equal("/nonexistent/", visitor.get("/nonexistent/").status, 404)
    unauth(scene, nobody)
