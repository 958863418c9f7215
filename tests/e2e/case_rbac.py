# SPDX-License-Identifier: Apache-2.0
"""RBAC: roles decide. Whatever changes them, with functions or by hand,
counts from the next request on: whoever it concerns is told why and signs in
again, and the trail says who did it."""

import threading
import time
from datetime import datetime

from harness.check import Failed, among, equal, true, wait_until
from harness.runner import ID, ID_RAW, VERDICT, case, not_here
from harness.signs import again, denied, groups, permitted
from harness.visitor import Visitor

EVERY = ID + VERDICT
POLICY_EVENTS = ("authz_change", "privilege_permissions_changed")


def member(scene, name):
    """This account, signed in; what it is told of its roles is the case's."""
    visitor = Visitor(scene)
    equal(f"{name} signs in", visitor.sign_in(name).status, 303)
    scene.people[name].groups = None
    return visitor


def grant_of(world, role, account):
    """The number of an open grant of a role to an account."""
    return world.cluster.one(
        "select g.grant_id from gatehouse_data.account_role g "
        "join gatehouse_data.role r using (role_id) "
        f"where g.ended_at is null and r.name = '{role}' "
        f"and g.account_id = {world.ids[account]}")


def changes(scene, event, **want):
    """The rows of this event, those of functions and those by hand."""
    found = [row for row in scene.world.events() if row["event"] == event]
    return [row for row in found
            if all(row[key] == value for key, value in want.items())]


def told(scene, event, table, operation, actor, is_by_hand, **names):
    """The newest row of the trail is this change, with who, from where,
    before and after."""
    row = changes(scene, event)[-1]
    detail = row["detail"]
    equal("table", detail["table"], f"gatehouse_data.{table}")
    equal("operation", detail["operation"], operation)
    equal("actor", row["actor"], actor)
    equal("by hand", row["is_by_hand"], is_by_hand)
    equal("who was connected", row["database_user"], "postgres")
    equal("from where", row["database_client"], None)
    true("with what", row["database_application"], row)
    equal("before", "before" in detail, operation != "insert")
    equal("after", "after" in detail, operation != "delete")
    for key, value in names.items():
        equal(f"name of the {key}", detail["names"][key], value)
    return row


@case("RBAC-003", "a role is given during a session", *EVERY)
def given(scene):
    """FIX-007. By a function, then by hand: the session that was there never
    gets it; the one that is begun anew has it, and nobody else notices."""
    world = scene.world
    alice, bob = member(scene, "alice"), member(scene, "bob")
    denied(scene, alice, "/admin/x", "admin", "alice")
    world.policy.grant("admin", "alice", None, None, "stands in")
    old = alice.clone()
    again(scene, alice, "alice", "/admin/x?a=b&c=%2F")
    equal("the old one, later", old.fetch("/admin/x").status, 401)
    permitted(scene, bob, "/admin/x", "admin", "bob")
    request = permitted(scene, alice, "/admin/x", "admin", "alice")
    equal("roles", groups(request), "admin,user")
    row = told(scene, "authz_change", "account_role", "insert", "suite",
               False, account="alice", role="admin")
    equal("why", row["reason"], "stands in")
    equal("whose", (row["account"], row["account_id"]),
          ("alice", world.ids["alice"]))
    zed = member(scene, "zed")
    denied(scene, zed, "/admin/x", "admin", "zed")
    world.cluster.do(
        "insert into gatehouse_data.account_role (account_id, role_id) "
        f"select {world.ids['zed']}, role_id from gatehouse_data.role "
        "where name = 'admin'")
    again(scene, zed, "zed", "/admin/x")
    permitted(scene, zed, "/admin/x", "admin", "zed")
    told(scene, "authz_change", "account_role", "insert", "postgres", True,
         account="zed", role="admin")


@case("RBAC-004", "a role is taken during a session", *EVERY)
def taken(scene):
    world = scene.world
    bob, carol = member(scene, "bob"), member(scene, "carol")
    permitted(scene, bob, "/admin/x", "admin", "bob")
    world.policy.revoke("admin", "bob", "left the team")
    again(scene, bob, "bob", "/admin/x")
    denied(scene, bob, "/admin/x", "admin", "bob")
    request = permitted(scene, bob, "/app/x", "app", "bob")
    equal("roles", groups(request), "user")
    row = told(scene, "authz_change", "account_role", "update", "suite",
               False, account="bob", role="admin")
    equal("before and after", [row["detail"][when].get("ended_at") is None
                               for when in ("before", "after")],
          [True, False])
    grant = grant_of(world, "user", "carol")
    world.cluster.do("update gatehouse_data.account_role set ended_at = "
                     f"clock_timestamp() where grant_id = {grant}")
    again(scene, carol, "carol")
    denied(scene, carol, "/app/x", "app", "carol")
    told(scene, "authz_change", "account_role", "update", "postgres", True,
         account="carol", role="user")


@case("RBAC-004", "grants are ended, not deleted", *ID_RAW)
def not_deleted(scene):
    """What a careless DBA types is refused, and changes nothing."""
    scene.is_faulty = True       # numbers of what was rolled back
    world, bob = scene.world, member(scene, "bob")
    grant = grant_of(world, "admin", "bob")
    for sql in (f"delete from gatehouse_data.account_role where grant_id = "
                f"{grant}",
                "update gatehouse_data.account_role set role_id = role_id + 1 "
                f"where grant_id = {grant}",
                "update gatehouse_data.account_role set granted_by = 'me' "
                f"where grant_id = {grant}"):
        refused(lambda sql=sql: world.cluster.do(sql), sql)
    permitted(scene, bob, "/admin/x", "admin", "bob")
    world.policy.revoke("admin", "bob")
    refused(lambda: world.cluster.do(
        "update gatehouse_data.account_role set ended_at = null, "
        f"ended_by = null, end_reason = null where grant_id = {grant}"),
        "opened again")
    again(scene, bob, "bob", "/admin/x")
    denied(scene, bob, "/admin/x", "admin", "bob")


def refused(call, what, word=""):
    try:
        call()
    except Failed as failure:
        true(f"{what}: why it was refused", word in str(failure), failure)
    else:
        raise Failed(f"{what} was taken")


@case("RBAC-005", "what a role may do is changed", *EVERY)
def permissions(scene):
    """All holders feel it, those by inheritance too."""
    world, policy = scene.world, scene.world.policy
    policy.role("deputy", "user")
    policy.revoke("user", "zed")
    policy.grant("deputy", "zed")
    holders = {name: member(scene, name) for name in ("alice", "bob", "zed")}
    for name, visitor in holders.items():
        permitted(scene, visitor, "/app/x", "app", name)
    policy.disallow("user", "app", "all", "closed for the day")
    for name, visitor in holders.items():
        again(scene, visitor, name)
        denied(scene, visitor, "/app/x", "app", name)
    row = told(scene, "authz_change", "role_permission", "update", "suite",
               False, role="user", application="app", permission="all")
    equal("why", row["reason"], "closed for the day")
    policy.permission("app", "read", "/**", "GET", "HEAD")
    policy.allow("user", "app", "read")
    for name, visitor in holders.items():
        again(scene, visitor, name)
        permitted(scene, visitor, "/app/x", "app", name)
        equal("POST", visitor.ask("/app/x", method="POST",
                                  body=b"").status, 403)
    scene.tell(*["authz_fail"] * len(holders))
    world.cluster.do("update gatehouse_data.permission set methods = "
                     "array['POST'] where name = 'read'")
    told(scene, "privilege_permissions_changed", "permission", "update",
         "postgres", True, application="app", permission="read")
    for name, visitor in holders.items():
        again(scene, visitor, name)
        denied(scene, visitor, "/app/x", "app", name, "only POST")
    world.cluster.do("update gatehouse_data.resource set pattern = '/y' "
                     "where pattern = '/**' and application_id = (select "
                     "application_id from gatehouse_data.application where "
                     "name = 'closed')")
    again(scene, holders["bob"], "bob", "/closed/x")
    denied(scene, holders["bob"], "/closed/x", "closed", "bob")
    permitted(scene, holders["bob"], "/closed/y", "closed", "bob")


@case("RBAC-005", "a role is removed", *EVERY)
def role_removed(scene):
    bob = member(scene, "bob")
    permitted(scene, bob, "/app/x", "app", "bob")
    scene.world.policy.call("role_remove", "user", "not needed")
    again(scene, bob, "bob")
    denied(scene, bob, "/app/x", "app", "bob")
    equal("roles", groups(permitted(scene, bob, "/admin/x", "admin", "bob")),
          "admin")


@case("RBAC-005", "an application is added, moved and removed", *ID)
def application_moved(scene):
    """The way to it changes with the policy; connections to the others
    stay. Where it lives is no matter of rights."""
    world, policy = scene.world, scene.world.policy
    alice = member(scene, "alice")
    equal("nothing there", alice.get("/new/x").status, 404)
    policy.application("new", "/new/", world.apps["rules"].url)
    policy.permission("new", "all")
    denied(scene, alice, "/new/x", "new", "alice")
    policy.allow("user", "new", "all")
    again(scene, alice, "alice", "/new/x")
    permitted(scene, alice, "/new/x", "rules", "alice")
    accepted = world.apps["app"].accepted
    permitted(scene, alice, "/app/x", "app", "alice")
    world.cluster.do("update gatehouse_data.application set path = "
                     "'/newer/' where name = 'new'")
    again(scene, alice, "alice")
    equal("no more there", alice.get("/new/x").status, 404)
    permitted(scene, alice, "/newer/x", "rules", "alice")
    world.cluster.do("update gatehouse_data.application set backends = "
                     f"array['{world.apps['closed'].url}'] "
                     "where name = 'new'")
    permitted(scene, alice, "/newer/x", "closed", "alice")
    policy.call("application_remove", "new", "")
    again(scene, alice, "alice")
    equal("gone", alice.get("/newer/x").status, 404)
    permitted(scene, alice, "/app/x", "app", "alice")
    true("pools are kept", world.apps["app"].accepted - accepted <= 2,
         world.apps["app"].accepted - accepted)


@case("RBAC-013", "equal rules: who permits first does not matter", *EVERY)
def equal_rules(scene):
    """Rules only permit. Two for one place are no conflict, the same one
    twice is refused, and what one takes back another still gives."""
    scene.is_faulty = True       # numbers of what was rolled back
    world, policy = scene.world, scene.world.policy
    bob = member(scene, "bob")
    policy.permission("rules", "some", "/a/*", "GET")
    policy.permission("rules", "same", "/a/*", "GET", "POST")
    policy.allow("admin", "rules", "some")
    policy.allow("user", "rules", "same")
    again(scene, bob, "bob", "/rules/a/b")
    permitted(scene, bob, "/rules/a/b", "rules", "bob")
    refused(lambda: policy.allow("user", "rules", "same"), "given twice",
            "already")
    policy.disallow("admin", "rules", "some")
    again(scene, bob, "bob", "/rules/a/b")
    permitted(scene, bob, "/rules/a/b", "rules", "bob")
    policy.allow("admin", "rules", "some")
    policy.disallow("user", "rules", "same")
    again(scene, bob, "bob", "/rules/a/b")
    permitted(scene, bob, "/rules/a/b", "rules", "bob")
    policy.disallow("admin", "rules", "some")
    again(scene, bob, "bob", "/rules/a/b")
    denied(scene, bob, "/rules/a/b", "rules", "bob")
    world.cluster.do("insert into gatehouse_data.role_permission (role_id, "
                     "permission_id) select r.role_id, p.permission_id from "
                     "gatehouse_data.role r, gatehouse_data.permission p "
                     "where r.name = 'admin' and p.name = 'some'")
    again(scene, bob, "bob", "/rules/a/b")
    permitted(scene, bob, "/rules/a/b", "rules", "bob")


def grant_sql(kind, start, end):
    """A grant by hand, with these instants as SQL."""
    if kind == "account_role":
        return ("insert into gatehouse_data.account_role (account_id, "
                "role_id, valid_from, valid_until) select a.account_id, "
                f"r.role_id, {start}, {end} from gatehouse_data.account a, "
                "gatehouse_data.role r where a.name = 'alice' and "
                "r.name = 'admin'")
    return ("insert into gatehouse_data.role_permission (role_id, "
            "permission_id, valid_from, valid_until) select r.role_id, "
            f"p.permission_id, {start}, {end} from gatehouse_data.permission "
            "p join gatehouse_data.application a using (application_id), "
            "gatehouse_data.role r where a.name = 'admin' and "
            "r.name = 'user'")


def instant(text):
    return datetime.fromisoformat(text).timestamp()


def watch(visitor, instant_of, before, after):
    """Asks until the session is over: what was asked before the instant got
    the one status, what after it the other."""
    seen = []
    while not seen or seen[-1][2] != after:
        began = time.time()
        status = visitor.fetch("/admin/x").status
        seen.append((began, time.time(), status))
    for began, ended, status in seen:
        if ended < instant_of:
            equal("before the instant", status, before)
        elif began > instant_of:
            equal("after it", status, after)
    among("statuses", {status for _, _, status in seen},
          ({before, after}, {after}))


@case("RBAC-031", "grants begin and end at their instants", *ID_RAW, *VERDICT)
def instants(scene):
    """By the database's clock, and nothing else has to happen: a session
    lives until the instant, and the next one has what holds then."""
    world = scene.world
    alice = member(scene, "alice")
    scene.optional.update(("authz_fail", "session_expired",
                           "session_use_after_expire"))

    def at(kind, column):
        return instant(world.cluster.one(
            f"select {column} from gatehouse_data.{kind} order by grant_id "
            "desc limit 1"))

    for kind in ("account_role", "role_permission"):
        equal(f"{kind}: not yet", alice.fetch("/admin/x").status, 403)
        world.cluster.do(grant_sql(
            kind, "clock_timestamp() + interval '400 ms'", "null"))
        watch(alice, at(kind, "valid_from"), 403, 401)
        equal("sign-in", alice.sign_in("alice").status, 303)
        scene.people["alice"].groups = None
        equal(f"{kind}: begun", alice.fetch("/admin/x").status, 200)
        world.cluster.do(
            f"update gatehouse_data.{kind} set valid_until = "
            "clock_timestamp() + interval '400 ms' where grant_id = (select "
            f"max(grant_id) from gatehouse_data.{kind})")
        watch(alice, at(kind, "valid_until"), 200, 401)
        equal("sign-in", alice.sign_in("alice").status, 303)
        scene.people["alice"].groups = None
        equal(f"{kind}: ended", alice.fetch("/admin/x").status, 403)


@case("RBAC-032", "anonymous may something for a while", *ID_RAW)
def anonymous(scene):
    """Nobody's requests ask no database; the gateway's clock is the
    database's all the same. A change is felt within a second."""
    world, policy = scene.world, scene.world.policy
    scene.protected = scene.protected - {"rules"}
    nobody = Visitor(scene)
    policy.permission("rules", "see", "/see/**", "GET")
    scene.optional.add("authz_fail")

    def statuses(wanted, seconds):
        since = time.monotonic()
        wait_until(f"{wanted} for nobody", lambda: nobody.fetch(
            "/rules/see/x").status == wanted, seconds)
        return time.monotonic() - since
    equal("not yet", nobody.fetch("/rules/see/x").status, 403)
    grant = policy.allow("anonymous", "rules", "see")
    scene.note(f"given after {statuses(200, 1) * 1000:.0f} ms")
    world.cluster.do("update gatehouse_data.role_permission set valid_until "
                     "= clock_timestamp() + interval '600 ms' "
                     f"where grant_id = {grant}")
    statuses(403, 1.6)
    end = instant(world.cluster.one(
        "select valid_until from gatehouse_data.role_permission "
        f"where grant_id = {grant}"))
    true("not before its end", time.time() >= end - 0.02, time.time() - end)
    policy.allow("authenticated", "rules", "see")
    statuses(401, 1)


@case("RBAC-019", "a thousand roles", *ID)
def many_roles(scene):
    """A person with a thousand roles is told of by all of them."""
    world = scene.world
    world.cluster.do(
        "begin; insert into gatehouse_data.role (name) select 'many-' || n "
        "from generate_series(1, 1000) n; insert into "
        "gatehouse_data.account_role (account_id, role_id) select "
        f"{world.ids['alice']}, role_id from gatehouse_data.role where name "
        "like 'many-%'; commit")
    alice = member(scene, "alice")
    request = permitted(scene, alice, "/app/x", "app", "alice")
    equal("roles", groups(request), ",".join(
        ["user"] + [f"many-{n}" for n in range(1, 1001)]))


class Hammer:
    """Clients that ask without a pause; what each answer was, and when."""

    def __init__(self, scene, visitor, target, clients=8):
        self.seen = []
        self.stopped = threading.Event()
        self.threads = [threading.Thread(
            target=self.work, args=(scene, visitor, target))
            for _ in range(clients)]

    def work(self, scene, visitor, target):
        own = visitor.clone()
        own.scene = quiet = type(scene)(scene.world, scene.name,
                                        scene.options)
        while not self.stopped.is_set():
            before = time.monotonic()
            try:
                status = own.fetch(target).status
            except OSError as error:
                status = str(error)
            self.seen.append((before, time.monotonic(), status))
            quiet.answers.clear()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def during(self, begin, end):
        """Statuses of requests that lay within."""
        return [status for before, after, status in list(self.seen)
                if before >= begin and after <= end]


@case("RBAC-036", "roles and rules change while clients hammer", *ID,
      *VERDICT)
def hammered(scene):
    """From the commit on the session is over for all of them, and for good;
    nobody meets an error. The next one has what was given, and lacks what was
    taken."""
    policy = scene.world.policy
    alice = member(scene, "alice")
    scene.optional.update(("authz_fail", "session_expired",
                           "session_use_after_expire"))
    for target, give, take, words in (
            ("/admin/x", policy.grant, policy.revoke, ("admin", "alice")),
            ("/rules/x", policy.allow, policy.disallow,
             ("user", "rules", "all"))):
        had, asked = 403, 0
        for change, has in ((give, 200), (take, 403)) * 2:
            with Hammer(scene, alice, target) as hammer:
                wait_until("answers before", lambda: len(hammer.seen) > 10)
                change(*words)
                begin = time.monotonic()
                wait_until("answers after", lambda: len(
                    hammer.during(begin, time.monotonic())) > 10)
            equal(f"{target}: statuses", {
                status for _, _, status in hammer.seen}, {had, 401})
            equal(f"{target}: after the change", set(hammer.during(
                begin, time.monotonic())), {401})
            equal("sign-in", alice.sign_in("alice").status, 303)
            scene.people["alice"].groups = None
            equal(f"{target}: then", alice.fetch(target).status, has)
            had, asked = has, asked + len(hammer.seen)
        scene.note(f"{target}: {asked} requests, 4 changes")


@case("RBAC-037", "nobody hammers while the policy changes", *ID_RAW)
def hammered_by_nobody(scene):
    """Within a second of the commit."""
    policy = scene.world.policy
    scene.protected = scene.protected - {"rules"}
    scene.optional.add("authz_fail")
    slowest = 0
    with Hammer(scene, Visitor(scene), "/rules/x") as hammer:
        for change, want in ((policy.allow, 200), (policy.disallow, 403)) * 2:
            change("anonymous", "rules", "all")
            begin = time.monotonic()
            wait_until("nothing else any more", lambda: len(
                hammer.during(begin + 1, time.monotonic())) > 50)
            equal("after a second", set(hammer.during(
                begin + 1, time.monotonic())), {want})
            late = [after for before, after, status in list(hammer.seen)
                    if before > begin and status != want]
            slowest = max([slowest] + [after - begin for after in late])
    equal("statuses", {status for _, _, status in hammer.seen}, {200, 403})
    scene.note(f"felt after {slowest * 1000:.0f} ms at most")


not_here("RBAC-007", "see tests/sql/test_condition.sql and "
         "tests/unit/core/test_condition.c: each minute of those days")
