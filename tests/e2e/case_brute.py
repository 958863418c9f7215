# SPDX-License-Identifier: Apache-2.0
"""BRUTE: guessing, spraying, and abuse of the limits against it. What was
verified is counted in the audit trail: each guess whose password was looked
at left a row with its own reason."""

import threading
import time

from harness.ask import fetch
from harness.check import Failed, equal, true, wait_until
from harness.facade import through
from harness.fcgi import REQ, FcgiPeer, base
from harness.process import allowance, rss_kib
from harness.runner import ID, ID_RAW, case
from harness.signs import NOBODY, same_fail, signed_in, unauth
from harness.visitor import FORM, LOGIN, WRONG, Visitor, encode, sets

VERIFIED = ("wrong", "unknown", "disabled", "locked")
MAYBE = ("authn_login_fail", "authn_login_fail_max",
         "excess_rate_limit_exceeded")
AFTER = ("authn_login_successafterfail", "session_created")


def verified(scene):
    return len([r for r in scene.world.events() if r["event"]
                == "authn_login_fail" and r["reason"] in VERIFIED])


def guess(scene, token, cookies, name=NOBODY, password=WRONG,
          address="127.0.0.1", *lines):
    """One guess with a form that is there already; its status."""
    visitor = Visitor(scene, address)
    visitor.cookies = dict(cookies)
    answer = visitor.post(LOGIN, [("username", name), ("password", password),
                                  ("csrf", token)], *lines, timeout=60)
    equal("no session", sets(answer, "__Host-id"), None)
    if answer.status in (429, 503):
        true("Retry-After", (answer.one("Retry-After") or "").isdigit(),
             answer.headers)
    return answer.status


def opened(scene):
    """(token, cookies) of a form, for many guesses."""
    visitor = Visitor(scene)
    return visitor.form()["csrf"], visitor.cookies


def together(jobs, workers=40):
    """Runs functions in so many threads; their results."""
    results, lock = [], threading.Lock()
    waiting = list(reversed(jobs))

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                job = waiting.pop()
            try:
                result = job()
            except (OSError, Failed) as error:
                result = error
            with lock:
                results.append(result)
    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [result for result in results if isinstance(result, Exception)]
    true("every request had an answer", not failed, failed[:3])
    return results


def forget(scene):
    scene.world.cluster.do("delete from gatehouse_data.throttle")


def looked_at(scene, form, name, marker):
    """How many of eight guesses from a browser with that marker are looked at:
    five of a stranger's."""
    forget(scene)
    before = verified(scene)
    for _ in range(8):
        guess(scene, form[0], {**form[1], "__Host-device": marker}, name)
    return verified(scene) - before


@case("BRUTE-001", "one account from one address", *ID)
def sequential(scene):
    form = opened(scene)
    found = [guess(scene, *form, name="alice") for _ in range(60)]
    equal("statuses", found, [401] * 20 + [429] * 40)
    equal("verified", verified(scene), 5)
    scene.tell(*["authn_login_fail"] * 7, "authn_login_fail_max",
               "excess_rate_limit_exceeded")


@case("BRUTE-001", "one account from everywhere, to the end", *ID_RAW)
def everywhere(scene):
    """The delays are made to be over by hand; a hundred failures in a row
    close the account to strangers, and that is said once."""
    form = opened(scene)
    scene.optional.update(MAYBE)
    for number in range(130):
        guess(scene, *form, "alice", WRONG, f"10.0.{number}.1")
        scene.world.cluster.do("update gatehouse_data.throttle set "
                               "blocked_until = clock_timestamp() "
                               "where blocked_until is not null")
    equal("verified", verified(scene), 100)
    equal("right password", guess(scene, *form, "alice",
                                  scene.world.passwords["alice"],
                                  "10.1.1.1"), 401)
    scene.tell("authn_login_lock", "authz_admin")
    row = [r for r in scene.world.events() if r["event"]
           == "authn_login_lock"][0]
    equal("reason", row["reason"], "maxretries")
    scene.world.cluster.admin(
        "select gatehouse.account_unlock('alice', 'suite')")
    equal("opened again", Visitor(scene).sign_in("alice").status, 303)


@case("BRUTE-002", "the delay doubles up to fifteen minutes", *ID_RAW)
def doubling(scene):
    form = opened(scene)
    scene.optional.update(MAYBE)
    delays = []
    for number in range(13):
        equal("guess", guess(scene, *form, "alice", WRONG,
                             f"10.0.{number}.1"), 401)
        delays.append(scene.world.cluster.one(
            "select round(extract(epoch from blocked_until - attempted_at))"
            " from gatehouse_data.throttle where kind = 'account'"))
        scene.world.cluster.do("update gatehouse_data.throttle set "
                               "blocked_until = clock_timestamp() "
                               "where blocked_until is not null")
    equal("delays", delays, [None] * 4 + [30, 60, 120, 240, 480]
          + [900] * 4)


@case("BRUTE-003", "the right password inside the burst", *ID)
def inside(scene):
    form = opened(scene)
    scene.optional.update(MAYBE)
    right = scene.world.passwords["alice"]
    for _ in range(5):
        guess(scene, *form, "alice")
    jobs = [lambda: guess(scene, *form, "alice")] * 39
    jobs.insert(20, lambda: guess(scene, *form, "alice", right))
    found = together(jobs)
    equal("other statuses", set(found) - {401, 429}, set())
    equal("verified", verified(scene), 5)
    equal("sessions", scene.world.sessions("alice"), 0)


@case("BRUTE-004", "two hundred guesses at once", *ID)
def at_once(scene):
    form = opened(scene)
    scene.optional.update(MAYBE)
    for name in ("alice", NOBODY):
        before = verified(scene)
        forget(scene)
        together([lambda name=name, n=n: guess(
            scene, *form, name, WRONG,
            f"10.0.{n}.1" if scene.is_raw else f"127.0.0.{n + 1}")
            for n in range(200)])
        equal(f"{name}: verified", verified(scene) - before, 5)


@case("BRUTE-005", "one password for many names", *ID)
def spraying(scene):
    form = opened(scene)
    found = [guess(scene, *form, f"name{n}") for n in range(30)]
    equal("statuses", found, [401] * 20 + [429] * 10)
    scene.tell(*["authn_login_fail"] * 21, "excess_rate_limit_exceeded")
    equal("another address", guess(scene, *form, "name1", WRONG,
                                   "127.0.0.9"), 401)
    scene.tell("authn_login_fail")


def later(scene, minutes):
    """Networks have been counted for so much longer."""
    scene.world.cluster.do(
        "update gatehouse_data.throttle set "
        f"window_at = window_at - interval '{minutes} minutes', "
        f"blocked_until = blocked_until - interval '{minutes} minutes' "
        "where kind = 'source'")


@case("BRUTE-006", "a network is free again afterwards", *ID_RAW)
def free_again(scene):
    form = opened(scene)
    scene.optional.update(MAYBE)
    for number in range(21):
        status = guess(scene, *form, f"name{number}")
    equal("at the limit", status, 429)
    wait = int(scene.answers[-1].one("Retry-After"))
    true("the rest of ten minutes", 540 < wait <= 600, wait)
    later(scene, 9)
    equal("nine minutes later", guess(scene, *form, "name99"), 429)
    rest = int(scene.answers[-1].one("Retry-After"))
    true("the rest of a minute", 0 < rest <= wait - 540, rest)
    later(scene, 1)
    equal("ten minutes later", guess(scene, *form, "name99"), 401)


@case("BRUTE-007", "addresses of one IPv6 network", *ID_RAW)
def rotation(scene):
    form = opened(scene)
    scene.optional.update(MAYBE)
    for what, pattern in (("/64", "2001:db8:1:1::{:x}"),
                          ("/56", "2001:db8:2:1{:02x}::1"),
                          ("/48", "2001:db8:3:{:x}00::1")):
        forget(scene)
        found = [guess(scene, *form, f"name{n}", WRONG, pattern.format(n + 1))
                 for n in range(25)]
        equal(f"one {what}", found, [401] * 20 + [429] * 5)
    forget(scene)
    found = [guess(scene, *form, f"name{n}", WRONG, f"2001:db8:{n:x}::1")
             for n in range(25)]
    equal("networks of their own", found, [401] * 25)


@case("BRUTE-008", "a known device has a lane of its own", *ID)
def device(scene):
    known = Visitor(scene)
    known.sign_in("alice")
    known.sign_out()
    form = opened(scene)
    scene.optional.update(MAYBE)
    for _ in range(8):
        guess(scene, *form, "alice")
    equal("a stranger", guess(scene, *form, "alice",
                              scene.world.passwords["alice"]), 401)
    answer = known.sign_in("alice", events=AFTER)
    equal("the known device", answer.status, 303)
    signed_in(scene, known, "alice")


@case("BRUTE-010", "a device of somebody else is a stranger", *ID)
def wrong_device(scene):
    known = Visitor(scene)
    known.sign_in("bob")
    marker = known.cookies["__Host-device"]
    form = opened(scene)
    scene.optional.update(MAYBE)
    for value in (marker, "A" * 43, marker[:-1], marker[:21] + marker[::-1],
                  "", marker + "A",
                  *scene.world.ring.former_markers("alice", time.time())):
        equal(f"{value[:8]}: verified",
              looked_at(scene, form, "alice", value), 5)


@case("BRUTE-010", "a device is known for half a year", *ID_RAW)
def old_device(scene):
    scene.world.age_password("alice")
    form = opened(scene)
    scene.optional.update(MAYBE)
    for days, count in ((0, 8), (179, 8), (181, 5), (300, 5)):
        marker = scene.world.ring.marker("alice",
                                         time.time() - 60 - days * 86400)
        equal(f"{days} days: verified",
              looked_at(scene, form, "alice", marker), count)


@case("BRUTE-010", "a device is known as long as the password", *ID)
def old_password(scene):
    """The same password hashed anew is no other; the same one set again is."""
    world, known = scene.world, Visitor(scene)
    known.sign_in("bob")
    known.sign_out()
    form = opened(scene)
    scene.optional.update(MAYBE + ("authn_password_change", "session_expired"))
    marker = known.cookies["__Host-device"]
    equal("before: verified", looked_at(scene, form, "bob", marker), 8)
    forget(scene)
    try:
        world.set_password("bob", world.passwords["bob"], memory_kib=12288,
                           passes=3)
        equal("set again: verified", looked_at(scene, form, "bob", marker), 5)
        forget(scene)
        known.sign_in("bob")
        equal("hashed anew", world.cluster.rows(
            "select act from gatehouse_data.credential_version where "
            f"account_id = {world.ids['bob']} order by "
            "credential_version_id desc limit 1"), [{"act": "password_rehash"}])
        equal("since then: verified", looked_at(
            scene, form, "bob", known.cookies["__Host-device"]), 8)
    finally:
        world.set_password("bob", world.passwords["bob"])


@case("BRUTE-012", "the lane of a device has an end", *ID_RAW)
def device_limit(scene):
    known = Visitor(scene)
    known.sign_in("alice")
    scene.optional.update(MAYBE)
    token = known.form()["csrf"]
    for number in range(30):
        guess(scene, token, known.cookies, "alice", WRONG,
              f"10.0.{number}.1")
    true("verified", 10 <= verified(scene) <= 15, verified(scene))


@case("BRUTE-009", "an e-mail address is no name", *ID)
def alias(scene):
    same_fail(scene, "alice@example.org", scene.world.passwords["alice"])


@case("BRUTE-011", "an address that the client claims", *ID)
def spoofed(scene):
    form = opened(scene)
    scene.optional.update(MAYBE)
    found = []
    for number in range(25):
        ip = f"198.51.100.{number}"
        found.append(guess(
            scene, *form, f"name{number}", WRONG, "127.0.0.1",
            f"X-Forwarded-For: {ip}", f"X-Real-IP: {ip}",
            f"Forwarded: for={ip}", f"True-Client-IP: {ip}",
            f"Client-IP: {ip}"))
    equal("statuses", found, [401] * 20 + [429] * 5)
    equal("addresses in the trail", {row["client"] for row in
                                     scene.world.events()}, {"127.0.0.1"})


@case("BRUTE-013", "counters are bounded, and alice's stays", *ID_RAW)
def memory(scene):
    form = opened(scene)
    scene.optional.update(MAYBE)
    for _ in range(6):
        guess(scene, *form, "alice")
    flood = 100000 if scene.options.long else 3000
    cluster = scene.world.cluster
    cluster.do(
        "set log_min_duration_statement = -1; select count(*) from "
        f"generate_series(1, {flood}) as i, lateral "
        "gatehouse.sign_in_reserve('n' || i, sha256(('n' || i)::bytea), "
        "null, null, '10.9.9.9', array[sha256(('s' || i)::bytea)]); "
        "reset log_min_duration_statement")
    true("all slots are below a million", cluster.one(
        "select max(slot) < 1000000 from gatehouse_data.throttle"))
    equal("alice is still throttled", guess(
        scene, *form, "alice", scene.world.passwords["alice"],
        "10.3.3.3"), 401)


@case("BRUTE-014", "right passwords are given back to the network", *ID_RAW)
def given_back(scene):
    for _ in range(25):
        equal("status", Visitor(scene).sign_in("alice").status, 303)


@case("BRUTE-015", "two gateways share the limit", *ID_RAW)
def two_gateways(scene):
    other = scene.world.make("second")
    scene.optional.update(MAYBE)
    form = opened(scene)
    second = through(scene, other)
    # The same ring on both, as an operator would have it.
    with other:
        scene.more_gateways.append(other)
        together([lambda n=n: guess(scene if n % 2 else second, *form,
                                    "alice", WRONG, f"10.0.{n}.1")
                  for n in range(100)])
        equal("verified", verified(scene), 5)
        scene.answers += second.answers
        scene.said += other.log.news().decode("latin-1")
        scene.more_gateways.remove(other)


def checked(scene):
    """Reasons of alice's guesses that were counted."""
    return [row["reason"] for row in scene.world.events()
            if row["event"] == "authn_login_fail" and row["account"] == "alice"
            and row["reason"] in ("wrong", "abandoned")]


@case("BRUTE-016", "who hangs up has guessed all the same", *ID_RAW)
def hang_up(scene):
    token, cookies = opened(scene)
    scene.optional.update(MAYBE)
    # Some sooner than any machine has made a hash, some when it is counted.
    for patience in (0.005, 0.01, 0.02) * 4:
        body = encode([("username", "alice"), ("password", WRONG),
                       ("csrf", token)])
        pairs = base(LOGIN, "POST", CONTENT_TYPE=FORM,
                     HTTP_SEC_FETCH_SITE="same-origin",
                     HTTP_COOKIE=f"__Host-pre={cookies['__Host-pre']}")
        with FcgiPeer(scene.world.socket) as peer:
            peer.send(REQ(pairs, body))
            peer.sock.settimeout(patience)
            try:
                peer.more()
            except TimeoutError:
                pass
    wait_until("each guess that was counted has its row",
               lambda: len(checked(scene)) >= 5)
    status = guess(scene, token, cookies, "alice",
                   scene.world.passwords["alice"])
    equal("the right password, too late", status, 401)
    reasons = checked(scene)
    equal("rows of guesses that were counted", len(reasons), 5)
    true("some were not checked to the end", "abandoned" in reasons, reasons)


@case("BRUTE-017", "more sign-ins than can be checked", *ID_RAW, seconds=120)
def pool(scene):
    """The rest waits or gets 503; who is signed in notices nothing."""
    form = opened(scene)
    scene.optional.update(MAYBE)
    scene.patience = 30
    alice = Visitor(scene)
    alice.sign_in("alice")
    pid = scene.world.gateway.pid
    before, slow, done = rss_kib(pid), [], threading.Event()

    def watch():
        while not done.wait(0.05):
            answer = alice.get("/app/x")
            slow.append((answer.seconds, answer.status))
    watcher = threading.Thread(target=watch)
    watcher.start()
    count = 3000 if scene.options.long else 250
    try:
        found = together([lambda n=n: guess(
            scene, *form, f"name{n}", WRONG, f"10.{n // 200}.{n % 200}.1")
            for n in range(count)], workers=200)
    finally:
        done.set()
        watcher.join()
    equal("other statuses", set(found) - {401, 503}, set())
    true("some waited in vain", 503 in found)
    counted = scene.world.cluster.one(
        "select count(*) from gatehouse_data.throttle where kind = 'name'")
    true("and have not guessed", counted <= found.count(401),
         (counted, found.count(401)))
    equal("alice", {status for _, status in slow}, {200})
    times = sorted(seconds for seconds, _ in slow)
    scene.note(f"GET /app/x meanwhile: median {times[len(times) // 2]:.3f} s,"
               f" worst {times[-1]:.3f} s of {len(times)}; "
               f"{found.count(503)} of {count} guesses 503")
    true("alice waits less than 100 ms, in the middle",
         times[len(times) // 2] < 0.1, times[len(times) // 2])
    true("memory", rss_kib(pid) - before
         < allowance(pid, 3 * 19456 + 8192, 600000), rss_kib(pid) - before)


@case("BRUTE-019", "a success forgets the failures", *ID)
def reset(scene):
    for _ in range(2):
        for _ in range(4):
            same_fail(scene, "alice", WRONG)
        answer = Visitor(scene).sign_in("alice", events=AFTER)
        equal("status", answer.status, 303)
    rows = [row["detail"]["failures"] for row in scene.world.events()
            if row["event"] == "authn_login_successafterfail"]
    equal("failures", rows, [4, 4])


@case("BRUTE-021", "a throttle ends no session, a lock does", *ID)
def lock(scene):
    alice = Visitor(scene)
    alice.sign_in("alice")
    scene.optional.update(MAYBE)
    form = opened(scene)
    for _ in range(10):
        guess(scene, *form, "alice", WRONG, "127.0.0.8")
    signed_in(scene, alice, "alice")
    admin = scene.world.cluster.admin
    admin("select gatehouse.account_lock('alice', 'theft', 'suite')")
    scene.tell("authn_login_lock", "session_expired",
               "session_use_after_expire", "user_updated",
               "user_updated", "authz_admin")
    try:
        unauth(scene, alice, "account", "after the lock", True)
        forget(scene)
        same_fail(scene, "alice", scene.world.passwords["alice"])
    finally:
        admin("select gatehouse.account_unlock('alice', 'suite')")
    row = [r for r in scene.world.events() if r["event"]
           == "session_expired"][0]
    equal("why", row["reason"], "disabled")
    equal("status", fetch(scene, "/auth/session").status, 200)
