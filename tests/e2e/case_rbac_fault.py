# SPDX-License-Identifier: Apache-2.0
"""RBAC, when something breaks: a policy that is gone, cannot be read or cannot
be meant so lets nobody in; what was committed counts whoever is killed."""

import signal

from case_rbac import POLICY_EVENTS, changes, member, refused
from harness.check import among, equal, true, wait_until
from harness.facade import through
from harness.policy import TABLES, await_loaded
from harness.runner import ID, ID_RAW, case
from harness.signs import again, denied, groups, permitted
from harness.visitor import LOGIN, Visitor


def nobody_reaches(scene, visitor, what):
    """Within a second there is nothing for nobody."""
    wait_until(f"{what}: nobody is denied", lambda: visitor.fetch(
        "/public/x").status in (403, 404), 1)
    scene.fresh()
    equal(f"{what}: the form", visitor.get(LOGIN).status, 200)


@case("RBAC-015", "a table of the policy is emptied", *ID)
def emptied(scene):
    """Nobody is let to what its rows were needed for; the sign-in page
    works; the trail has it."""
    world = scene.world
    nobody = Visitor(scene)
    scene.optional.update(("authz_fail", "session_expired",
                           "session_use_after_expire",
                           "sensitive_delete"))
    # Parts are of conditions, of which there are none here; and what keeps
    # roles apart permits nothing.
    for table in set(TABLES) - {"condition_part", "role_exclusion"}:
        bob = member(scene, "bob")
        world.cluster.do(f"truncate gatehouse_data.{table} cascade")
        scene.fresh()
        among(f"{table}: at once", bob.fetch("/app/x").status, (401, 404))
        scene.none_arrived(table)
        bob = member(scene, "bob")
        if table == "role_inheritance":
            permitted(scene, bob, "/app/x", "app", "bob")
        else:
            among(f"{table}: then", bob.fetch("/app/x").status, (403, 404))
            scene.none_arrived(table)
        if table not in ("role_inheritance", "account_role"):
            nobody_reaches(scene, nobody, table)
        rows = [row for event in POLICY_EVENTS for row in changes(
            scene, event) if row["detail"]["operation"] == "truncate"]
        true(f"{table}: told", f"gatehouse_data.{table}" in {
            row["detail"]["table"] for row in rows if row["is_by_hand"]},
            rows)
        world.policy.restore()
        await_loaded(world.gateway, world.policy.version)
    permitted(scene, member(scene, "bob"), "/app/x", "app", "bob")


@case("RBAC-015", "the policy's version is gone", *ID_RAW)
def no_version(scene):
    """By somebody who switched the guard off. There is no policy then, and
    no change of it either."""
    world, do = scene.world, scene.world.cluster.do
    bob, nobody = member(scene, "bob"), Visitor(scene)
    scene.optional.add("authz_fail")
    table = "gatehouse_data.policy_state"
    guard = "policy_state_no_truncate"
    version = world.policy.now()
    scene.is_faulty = True       # numbers of what was rolled back
    refused(lambda: do(f"truncate {table}"), "emptied", "only rises")
    refused(lambda: do(f"delete from {table}"), "deleted", "only rises")
    refused(lambda: do(f"update {table} set version = 1"), "lowered",
            "only rises")
    do(f"alter table {table} disable trigger {guard}; truncate {table}; "
       f"alter table {table} enable always trigger {guard}")
    try:
        scene.fresh()
        among("at once", bob.fetch("/app/x").status, (403, 404, 503))
        scene.none_arrived()
        nobody_reaches(scene, nobody, "no version")
        among("and after", bob.fetch("/app/x").status, (403, 404, 503))
        refused(lambda: world.policy.grant("hr", "bob"), "a change")
    finally:
        do(f"insert into {table} (version) values ({version + 1})")
    await_loaded(world.gateway, version + 1)
    again(scene, bob, "bob")
    permitted(scene, bob, "/app/x", "app", "bob")


@case("RBAC-015", "the gateway may not read the policy", *ID_RAW)
def unreadable(scene):
    """What is known to be true goes on; what has changed since is refused
    as broken, not guessed at."""
    world, do, policy = scene.world, scene.world.cluster.do, \
        scene.world.policy
    bob, nobody = member(scene, "bob"), Visitor(scene)
    scene.optional.add("authz_fail")
    for name in ("policy_state()", "policy_grants()", "policy_roles()",
                 "policy_applications()", "policy_inheritance()",
                 "session_find(bytea)"):
        do(f"revoke execute on function gatehouse.{name} "
           "from gatehouse_gateway")
        try:
            policy.role("other-" + name.partition("(")[0])
            scene.fresh()
            answer = bob.fetch("/app/x")
            equal(f"{name}: status", answer.status, 503)
            true(f"{name}: Retry-After", answer.one("Retry-After"))
            scene.none_arrived(name)
            equal(f"{name}: the form", nobody.get(LOGIN).status, 200)
        finally:
            do(f"grant execute on function gatehouse.{name} "
               "to gatehouse_gateway")
        wait_until(f"{name}: served again", lambda: bob.fetch(
            "/app/x").status == 200, 5)
        scene.fresh()
        permitted(scene, bob, "/app/x", "app", "bob", name)


@case("RBAC-017", "roles that inherit each other", *ID_RAW)
def cycle(scene):
    """Refused; and where somebody forces it, everything still ends."""
    world, policy = scene.world, scene.world.policy
    scene.is_faulty = True       # numbers of what was rolled back
    for name, *inherits in (("one", "user"), ("two", "one"),
                            ("three", "two")):
        policy.role(name, *inherits)
    for role, other in (("one", "three"), ("one", "two"), ("one", "one")):
        refused(lambda role=role, other=other: policy.call(
            "role_inherit", role, other, ""), f"{role} of {other}")
    policy.grant("one", "alice")
    alice = member(scene, "alice")
    policy.allow("three", "rules", "all")
    denied(scene, alice, "/rules/x", "rules", "alice")
    table = "gatehouse_data.role_inheritance"
    guard = "role_inheritance_without_cycle"
    world.cluster.do(
        f"alter table {table} disable trigger {guard}; insert into {table} "
        "(role_id, inherits_id) select r.role_id, i.role_id from "
        "gatehouse_data.role r, gatehouse_data.role i where r.name = 'one' "
        "and i.name in ('three', 'two'); "
        f"alter table {table} enable always trigger {guard}")
    again(scene, alice, "alice", "/rules/x")
    request = permitted(scene, alice, "/rules/x", "rules", "alice")
    equal("roles", groups(request), "user,one,two,three")


@case("RBAC-033", "PostgreSQL is killed after a grant", *ID_RAW)
def database_killed(scene):
    """What was committed counts when it is back; whether a gateway heard of
    it before makes no difference."""
    scene.is_faulty = True
    cluster, policy = scene.world.cluster, scene.world.policy
    scene.optional.update(("authz_fail", "authn_login_success",
                           "session_created", "session_logout",
                           "session_expired", "session_use_after_expire"))
    alice = member(scene, "alice")
    for change, want in ((policy.grant, 200), (policy.revoke, 403)):
        change("admin", "alice")
        cluster.stop(signal.SIGKILL)
        equal("meanwhile", alice.fetch("/admin/x").status, 503)
        cluster.restart()
        found = wait_until("served again", lambda: (
            lambda status: status != 503 and status)(
                alice.fetch("/admin/x").status), 15)
        equal("afterwards", found, 401)
        wait_until("all connections", scene.world.is_connected, 15)
        equal("sign-in", alice.sign_in("alice").status, 303)
        scene.people["alice"].groups = None
        equal("then", alice.fetch("/admin/x").status, want)
        scene.fresh()


@case("RBAC-034", "a second gateway, and one that is started again", *ID_RAW)
def two_gateways(scene):
    """Neither tells the other; the database does."""
    world, policy = scene.world, scene.world.policy
    alice = member(scene, "alice")
    scene.optional.update(("authz_fail", "session_expired",
                           "session_use_after_expire"))
    gateway = world.make("second")

    def both(want, what):
        other = through(scene, gateway)
        visitor = Visitor(other)
        visitor.cookies = dict(alice.cookies)
        equal(f"{what}: here", alice.fetch("/admin/x").status, want)
        equal(f"{what}: there", visitor.fetch("/admin/x").status, want)
        scene.answers += other.answers

    def anew(want, what):
        both(401, what)
        equal("sign-in", alice.sign_in("alice").status, 303)
        scene.people["alice"].groups = None
        both(want, what)
    with gateway:
        await_loaded(gateway, policy.now())
        both(403, "before")
        for turn in range(2):
            policy.grant("admin", "alice")
            anew(200, f"given {turn}")
            gateway.stop()
            gateway.start()
            both(200, f"started again {turn}")
            policy.revoke("admin", "alice")
            anew(403, f"taken {turn}")


@case("RBAC-035", "a gateway is killed right after a grant", *ID_RAW)
def killed(scene):
    """The grant is in the database, not in the gateway."""
    scene.is_faulty = True
    world, policy = scene.world, scene.world.policy
    alice = member(scene, "alice")
    scene.optional.update(("authz_fail", "session_expired",
                           "session_use_after_expire"))
    gateway = world.make("mortal")
    with gateway:
        for change, want in ((policy.grant, 200), (policy.revoke, 403)):
            change("admin", "alice")
            gateway.process.kill()
            gateway.process.wait(5)
            gateway.start()
            other = through(scene, gateway)
            visitor = Visitor(other)
            visitor.cookies = dict(alice.cookies)
            equal("the first request", visitor.fetch("/admin/x").status, 401)
            equal("sign-in", alice.sign_in("alice").status, 303)
            scene.people["alice"].groups = None
            visitor.cookies = dict(alice.cookies)
            equal("the next", visitor.fetch("/admin/x").status, want)
