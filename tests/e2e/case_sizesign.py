# SPDX-License-Identifier: Apache-2.0
"""SIZE, with accounts: forms with more inputs than forms have, and tables
with more sessions than people have."""

import time

from harness.check import among, equal, true
from harness.process import allowance, is_sanitized, rss_kib
from harness.runner import ID, ID_RAW, case, not_here
from harness.signs import same_fail, signed_in
from harness.visitor import LOGIN, LOGOUT, WRONG, Visitor, encode

FORM_MAX = 16384         # bytes
PAIRS_MAX = 20
FILL = """
set role gatehouse_owner;
set gatehouse.act = 'fill';
insert into gatehouse_data.session (token_hash, reference, binding,
    account_id, created_at, authenticated_at, last_seen_at, idle, absolute,
    expires_at, rights_version)
select sha256(('t' || i)::bytea), substr(sha256(('r' || i)::bytea), 1, 16),
    sha256(('b' || i)::bytea), {account}, now() - m, now() - m, now() - m,
    '30 minutes', '12 hours', now() - m + interval '12 hours',
    (select version from gatehouse_data.policy_state)
from (select i, case when i <= {over} then interval '13 hours'
                     else interval '1 minute' end as m
      from generate_series(1, {count}) as i) as n;
reset gatehouse.act;
reset role;
analyze gatehouse_data.session
"""
DRAIN = """
set role gatehouse_owner;
set gatehouse.act = 'drain';
delete from gatehouse_data.session where node = '' and client is null;
reset gatehouse.act;
reset role
"""


@case("SIZE-003", "a form with a hundred thousand inputs", *ID)
def inputs(scene):
    """Too long is 413 before it is read; what fits is read to the input that
    no form has. At the sign-out whatever is not its form is refused alike,
    and signs nobody out."""
    pid = scene.world.gateway.pid
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    scene.optional.update(("input_validation_fail", "malicious_csrf"))
    for target, visitor, long, odd in ((LOGIN, Visitor(scene), 413, 400),
                                       (LOGOUT, alice, 403, 403)):
        visitor.form(target)
        before = rss_kib(pid)
        answer = visitor.post(target, b"a=1&" * 100000)
        equal(f"{target}: 400,000 bytes", answer.status, long)
        true("at once", answer.seconds < 1, answer.seconds)
        for body in (b"a=1&" * (FORM_MAX // 4), b"a&" * (FORM_MAX // 2),
                     b"&" * FORM_MAX, b"username=alice&" * 1000):
            answer = visitor.post(target, body[:FORM_MAX])
            equal(f"{target}: {body[:16]}…", answer.status, odd)
            true("at once", answer.seconds < 1, answer.seconds)
        true("memory", rss_kib(pid) - before < allowance(pid, 1024, 30000),
             rss_kib(pid) - before)
    signed_in(scene, alice, "alice")


@case("SIZE-003", "a form with one input more than it has", *ID_RAW)
def one_more(scene):
    """None of them is a guess at the account."""
    scene.optional.add("input_validation_fail")
    visitor = Visitor(scene)
    fields = [("username", "alice"), ("password", WRONG),
              ("csrf", visitor.form()["csrf"])]
    for more in ([("a", "1")], [("username", "bob")],
                 [(f"a{n}", "1") for n in range(PAIRS_MAX)]):
        answer = visitor.post(LOGIN, encode(fields + more))
        equal(f"{len(more)} more", answer.status, 400)
    same_fail(scene, "alice", WRONG)


@case("SIZE-013", "a million sessions", *ID_RAW, seconds=900)
def sessions(scene):
    """A hundredth of it without --long. To find one among them takes as
    long as before, and the upkeep holds no row for long: how long is judged
    with --long, where nothing else runs beside it."""
    world = scene.world
    count = 1000000 if scene.options.long else 10000
    over = count // 100
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    signed_in(scene, alice, "alice")
    before = times(scene, alice)
    scene.optional.update(("session_expired", "sensitive_truncate"))
    world.cluster.do(FILL.format(account=world.ids["bob"], count=count,
                                 over=over))
    try:
        after = times(scene, alice)
        rounds = sweep(world, over)
    finally:
        world.cluster.do(DRAIN)
    scene.note(f"GET /app/x: median {before[0] * 1e3:.2f} ms, 99 % "
               f"{before[1] * 1e3:.2f} ms; among {count} sessions "
               f"{after[0] * 1e3:.2f} ms and {after[1] * 1e3:.2f} ms; a round "
               f"of the upkeep {max(rounds) * 1e3:.0f} ms at most")
    true("as long as before, in the middle", after[0] < 2 * before[0] + 1e-3,
         (before, after))
    if not is_sanitized(world.binary):
        true("99 % below 5 ms more", after[1] - before[1] < 5e-3,
             (before, after))
    if scene.options.long:
        true("the upkeep holds rows for less than 100 ms, in the middle",
             sorted(rounds)[len(rounds) // 2] < 0.1, rounds)


def times(scene, visitor):
    """(median, 99th of a hundred) seconds of a request that is let
    through."""
    taken = []
    for _ in range(500):
        answer = visitor.get("/app/x")
        equal("status", answer.status, 200)
        taken.append(answer.seconds)
        scene.answers.pop()
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 99 // 100]


def sweep(world, over):
    """Has the upkeep end those that are over; seconds of its rounds."""
    rounds, ended = [], 0
    while ended < over:
        started = time.perf_counter()
        done = world.cluster.one("select sessions_ended from "
                                 "gatehouse.maintain('suite')")
        rounds.append(time.perf_counter() - started)
        among("ended in a round", done, range(1, 501))
        ended += done
    return rounds


not_here("SIZE-011", "see BRUTE-017: memory while more sign in than can be")
