# SPDX-License-Identifier: Apache-2.0
"""AUDIT: who may write and read the trail, what is in it, and that it has
all that happened and nothing else. Sealing comes with the seal."""

import json
import os
import pathlib
import re
import secrets
import subprocess
from urllib.parse import quote

from harness.check import Failed, equal, true, wait_until
from harness.cluster import Cluster
from harness.keyring import argon2id, unurl64
from harness.policy import TABLES
from harness.runner import ID, ID_RAW, VERDICT, case, not_here
from harness.signs import again, denied, events_of, same_fail
from harness.visitor import WRONG, Visitor

TRAIL = ("gatehouse_audit.event", "gatehouse_audit.access",
         "gatehouse_data.policy_version", "gatehouse_data.account_version")
WRITES = ("insert into {0} select * from {0} limit 1", "delete from {0}",
          "update {0} set transaction = transaction", "truncate {0}")
GUIDE = pathlib.Path(__file__).resolve().parents[2] / "deploy/guide/dba.md"
# Events of a person at a browser; the others are of administration.
OF_VISITS = ("authn_login_success", "authn_login_fail", "session_created",
             "session_logout", "authz_fail")


def as_role(scene, role, sql):
    return scene.world.cluster.do(
        f"begin; set local role {role}; {sql}; commit")


def refused(scene, role, sql, word="permission denied"):
    try:
        as_role(scene, role, sql)
    except Failed as failure:
        true(f"{role}: {sql}: why", word in str(failure), failure)
    else:
        raise Failed(f"{role} may {sql}")
    finally:
        scene.world.cluster.do("rollback")


@case("AUDIT-012", "who writes the trail cannot read it, nor the other way",
      *ID_RAW)
def separated(scene):
    """The gateway writes through functions, the auditor reads views; nobody
    changes a row, not even the owner."""
    scene.is_faulty = True       # numbers of what was rolled back
    equal("sign-in", Visitor(scene).sign_in("alice").status, 303)
    for table in TRAIL:
        for role in ("gatehouse_gateway", "gatehouse_admin",
                     "gatehouse_auditor"):
            refused(scene, role, f"select * from {table}")
            for sql in WRITES:
                refused(scene, role, sql.format(table))
        if table.endswith("access"):
            continue             # its rows are written within a second
        for sql in WRITES[1:]:
            refused(scene, "gatehouse_owner", sql.format(table), "")
            refused(scene, "postgres", sql.format(table), "only ever added")
    for role in ("gatehouse_gateway", "gatehouse_admin"):
        refused(scene, role, "select * from gatehouse_report.events")
    text = as_role(scene, "gatehouse_auditor",
                   "select count(*) from gatehouse_report.events")
    true("the auditor reads", int(text) > 1, text)
    refused(scene, "gatehouse_auditor",
            "select gatehouse.account_disable('bob', '', 'auditor')")


@case("AUDIT-013", "a guard that is switched off is seen", *ID_RAW)
def guards(scene):
    """What a superuser cannot be kept from shows in a view, for each guard
    of the policy and of the trail; replica mode switches none off."""
    cluster = scene.world.cluster
    off = "select relation, guard from gatehouse_report.guards where not is_on"
    equal("all are on", cluster.rows(off), [])
    for row in cluster.rows(
            "select schema, relation, guard from gatehouse_report.guards "
            "where relation in ('event', 'role_permission', 'account_role', "
            "'policy_state', 'policy_version')"):
        table = f"{row['schema']}.{row['relation']}"
        cluster.do("begin; set local client_min_messages = error; "
                   f"alter table only {table} disable trigger {row['guard']}")
        found = cluster.rows(off)
        cluster.do("rollback")
        true(f"{row['guard']} is seen", {
            "relation": row["relation"], "guard": row["guard"]} in found,
            found)
    of_session = ("select guard from gatehouse_report.guards where schema = "
                  "'gatehouse_data' and relation = 'session'")
    cluster.do("begin; alter table gatehouse_data.session "
               "disable trigger all")
    found = cluster.rows(f"{of_session} and not is_on order by 1")
    cluster.do("rollback")
    true("all of a table are", len(found) > 1 and found == cluster.rows(
        f"{of_session} order by 1"), found)
    cluster.do("begin; set local session_replication_role = replica; insert "
               "into gatehouse_data.role (name) values ('planted'); commit")
    rows = [row for row in scene.world.events()
            if row["event"] == "authz_change"]
    equal("told all the same", [row["is_by_hand"] for row in rows], [True])


def told_of_guards(scene, count):
    """Waits until the trail was told so often of guards: those rows."""
    def rows():
        return [row for row in scene.world.events()
                if row["event"].startswith("sys_monitor")]
    wait_until(f"{count} events", lambda: len(rows()) >= count, 10)
    return [(row["event"], row["reason"], row["detail"]["table"],
             row["detail"]["trigger"], row["node"]) for row in rows()]


@case("AUDIT-013", "the gateway finds a guard that is off, at its start and "
      "later, and says so once", *ID_RAW)
def self_check(scene):
    """The first gateway looks when it starts, the second again and again; a
    third one finds nothing that is new."""
    world, table = scene.world, "gatehouse_data.session"
    guard = "session_end_is_final"
    alter = f"alter table {table} {{}} trigger {guard}"
    off = ("sys_monitor_disabled", "off", table, guard)
    on = ("sys_monitor_enabled", "on", table, guard)
    scene.tell("sys_monitor_disabled", "sys_monitor_enabled",
               "sys_monitor_disabled", "sys_monitor_enabled")
    try:
        world.cluster.do(alter.format("disable"))
        first = world.make("first")
        first.sections["database"]["maintain"] = "15m"
        with first:
            node = told_of_guards(scene, 1)[0][-1]
            wait_until("the log has it", lambda: b"event=sys_monitor_disabled "
                       b'guards="' + table.encode() in first.log.news(), 10)
        world.cluster.do(alter.format("enable always"))
        second = world.make("second")
        second.sections["database"]["maintain"] = "100ms"
        with second:
            told_of_guards(scene, 2)
            world.cluster.do(alter.format("disable"))
            told_of_guards(scene, 3)
            world.cluster.do(alter.format("enable always"))
            rows = told_of_guards(scene, 4)
        equal("rows", rows, [row + (node,) for row in (off, on, off, on)])
    finally:
        world.cluster.do(alter.format("enable always"))


@case("AUDIT-013", "the gateway finds a guard that was dropped", *ID_RAW)
def dropped(scene):
    """And that it is there again."""
    world, table = scene.world, "gatehouse_data.session"
    guard = "session_end_is_final"
    made, does = (world.cluster.one(
        f"select {what} from pg_trigger t where tgname = '{guard}'")
        for what in ("pg_get_triggerdef(oid)",
                     "obj_description(oid, 'pg_trigger')"))
    scene.tell("sys_monitor_disabled", "sys_monitor_enabled")
    gateway = world.make("watching")
    gateway.sections["database"]["maintain"] = "100ms"
    with gateway:
        world.cluster.do(f"drop trigger {guard} on {table}")
        try:
            equal("told", told_of_guards(scene, 1)[0][:4],
                  ("sys_monitor_disabled", "missing", table, guard))
        finally:
            world.cluster.do(
                f"begin; {made}; alter table {table} enable always trigger "
                f"{guard}; comment on trigger {guard} on {table} is "
                f"$t${does}$t$; commit")
        equal("told again", told_of_guards(scene, 2)[1][:4],
              ("sys_monitor_enabled", "on", table, guard))


@case("AUDIT-016", "what a client sends does not become another row", *ID,
      *VERDICT)
def defused(scene):
    """Markup and line breaks in a path, a query and a browser's name: one
    row, one line of the log, and a page that shows none of it."""
    evil = "<script src=x>\"'&%s%n"
    alice = Visitor(scene)
    alice.agent = evil
    equal("sign-in", alice.sign_in("alice").status, 303)
    gateway = scene.world.gateway
    gateway.log.news()
    target = "/admin/" + quote(evil, safe="") + "?" + quote(evil, safe="")
    page = alice.get(target)
    equal("status", page.status, 403)
    scene.tell("authz_fail")
    true("no markup on the page", b"<script" not in page.body, page.body)
    rows = [row for row in scene.world.events()
            if row["event"] == "authz_fail"]
    equal("rows", len(rows), 1)
    true("no markup in the row", "<script" not in json.dumps(
        rows[0]["resource"]), rows[0])
    equal("the browser's name as it is", {
        row["user_agent"] for row in scene.world.events()
        if row["event"] == "session_created"}, {evil})
    for line in gateway.log.news().decode("latin-1").splitlines():
        true("a line of ours", line.startswith("time=")
             and "<script" not in line, line)


def corpus(scene):
    """Some of everything; the events that must follow, by this list and not
    by what the product says: (event, account, actor, application)."""
    policy, world = scene.world.policy, scene.world
    want = []

    def came(event, account=None, actor=None, application=None):
        want.append((event, account, actor, application))

    def turned(account):
        for event in ("session_expired", "session_use_after_expire",
                      "authn_login_success", "session_created"):
            came(event, account)
    alice, bob = Visitor(scene), Visitor(scene)
    bob.fail("bob", WRONG)
    came("authn_login_fail", "bob")
    equal("alice", alice.sign_in("alice").status, 303)
    came("authn_login_success", "alice")
    came("session_created", "alice")
    denied(scene, alice, "/admin/x", "admin", "alice")
    came("authz_fail", "alice", None, "admin")
    came("authz_fail", "alice", None, "admin")
    policy.grant("admin", "alice")
    came("authz_change", "alice", "suite")
    again(scene, alice, "alice", "/admin/x")
    turned("alice")
    equal("with it", alice.get("/admin/x").status, 200)
    policy.revoke("admin", "alice")
    came("authz_change", "alice", "suite")
    policy.permission("rules", "some", "/some/*", "GET")
    came("privilege_permissions_changed", None, "suite", "rules")
    came("privilege_permissions_changed", None, "suite", "rules")
    policy.allow("user", "rules", "some")
    came("authz_change", None, "suite", "rules")
    world.cluster.do("update gatehouse_data.zone set meaning = 'ours' "
                     "where name = 'open'")
    came("privilege_permissions_changed", None, "postgres")
    world.cluster.do("update gatehouse_data.role set meaning = 'people' "
                     "where name = 'user'")
    came("authz_change", None, "postgres")
    world.cluster.do("update gatehouse_data.role set meaning = meaning "
                     "where name = 'user'")
    again(scene, alice, "alice")
    turned("alice")
    equal("public", alice.get("/public/x").status, 200)
    equal("nothing there", alice.get("/nothing/").status, 404)
    equal("odd", alice.get("/app/..%2fx").status, 400)
    equal("nobody", Visitor(scene).get("/app/x").status, 303)
    equal("out", alice.sign_out().status, 303)
    came("session_logout", "alice")
    return want


@case("AUDIT-017", "all that happened, and nothing else, in its order", *ID,
      *VERDICT)
def complete(scene):
    """AUDIT-019: each row has what its kind must have."""
    want = corpus(scene)
    rows = scene.world.events()
    got = [(row["event"], row["account"], row["actor"], row["application"])
           for row in rows]
    equal("rows", [row[:2] + row[3:] for row in got],
          [row[:2] + row[3:] for row in want])
    for row, (event, _, actor, _) in zip(rows, want):
        if actor:
            equal(f"actor of {event}", row["actor"], actor)
        needs = ["at", "outcome", "database_user", "transaction"]
        if event in OF_VISITS:
            needs += ["client", "exchange", "node", "entry"]
        if event == "authz_fail":
            needs += ["account_id", "session", "resource", "method", "reason"]
        if event.startswith("session_"):
            needs += ["account_id", "session"]
        if event not in OF_VISITS:
            needs += ["detail", "database_application"]
        for name in needs:
            true(f"{event} has {name}", row[name] not in (None, ""), row)


@case("AUDIT-018", "no token and no password in a copy of the database",
      *ID_RAW)
def copied(scene):
    """Not in any column of any table, whatever form it might have."""
    world = scene.world
    alice = Visitor(scene)
    equal("sign-in", alice.sign_in("alice").status, 303)
    equal("used", alice.get("/app/x?secret=words").status, 200)
    denied(scene, alice, "/admin/x", "admin", "alice")
    token = alice.token
    raw = unurl64(token)
    dump = subprocess.run(
        ["pg_dump", "-h", world.cluster.folder, "-U", "postgres", "gatehouse",
         "--data-only"], cwd="/", capture_output=True, check=True,
        timeout=60).stdout
    true("the copy is one", b"alice@example.org" in dump, len(dump))
    for what, secret in (("token", token.encode()), ("bytes", raw),
                         ("hex", raw.hex().encode()),
                         ("password", world.passwords["alice"].encode()),
                         ("a query", b"secret=words")):
        true(f"no {what} in the copy", secret not in dump)


def read_as(scene, role, query):
    """What somebody reads who was connected as this role."""
    return scene.world.cluster.do(
        f"set session authorization {role}; {query}; "
        "reset session authorization").strip()


@case("AUDIT-021", "who reads the trail by its functions is in it", *ID_RAW)
def told_of_reading(scene):
    """Who, from where, of whom, what was asked for and how much there was;
    of what is refused there is nothing. Only administrators may."""
    world = scene.world
    equal("sign-in", Visitor(scene).sign_in("alice").status, 303)
    search = "select event from gatehouse.audit_search({})"
    of_alice = search.format("'alice', null, null, null, null, null, null, 2")
    try:
        world.cluster.do("create role clerk login in role gatehouse_admin")
        equal("alice", read_as(scene, "clerk", of_alice).split(),
              ["session_created", "authn_login_success"])
        scene.tell("sensitive_read")
        equal("the last", read_as(scene, "clerk", "select event from "
              "gatehouse.audit_tail(1)"), "sensitive_read")
        scene.tell("sensitive_read")
        equal("nobody", read_as(scene, "clerk", search.format(
            "null, 'authz_fail', '10.0.0.0/8', 'app', null, null, null, "
            "null")), "")
        scene.tell("sensitive_read")
        for role in ("gatehouse_gateway", "gatehouse_auditor"):
            for query in (of_alice, "select gatehouse.audit_tail(1)"):
                refused(scene, role, query)
        refused(scene, "clerk", "select gatehouse.audit_tail(0)", "rows")
    finally:
        world.cluster.do("drop role if exists clerk")
    rows = [row for row in world.events() if row["event"] == "sensitive_read"]
    equal("rows", [(row["reason"], row["account"], row["detail"])
                   for row in rows], [
        ("audit_search", "alice", {"rows": 2}),
        ("audit_tail", None, {"rows": 1}),
        ("audit_search", None, {"rows": 0, "event": "authz_fail",
                                "client": "10.0.0.0/8",
                                "application": "app"})])
    for row in rows:
        equal("who", (row["database_user"], row["actor"], row["outcome"],
                      row["is_by_hand"]), ("clerk", "clerk", "success", False))


def of_guide(pattern):
    """A part of what the DBA's guide says about pgaudit."""
    return re.search(pattern, GUIDE.read_text(encoding="utf-8"),
                     re.DOTALL).group(1).replace("\n    ", "\n")


def as_reader(cluster, password, sql):
    """A psql of an auditor's own, connected over the socket."""
    return subprocess.run(
        ["psql", "-qXAt", "-h", cluster.folder, "-U", "gatehouse_reader",
         "-d", "gatehouse", "-c", sql], cwd="/", capture_output=True,
        text=True, timeout=20, check=False,
        env={**os.environ, "PGPASSWORD": password})


@case("AUDIT-021", "who reads the views is in PostgreSQL's log, as the guide "
      "has it", *ID_RAW)
def logged_reading(_):
    """A cluster with what the guide says; the reader cannot switch it off,
    and whoever has no such setting leaves nothing."""
    cluster = Cluster(of_guide(r"pgaudit\.conf <<'END'\n(.*?)    END\n")
                      + "log_line_prefix = '%m [%p] %q%u@%d '\n")
    password = secrets.token_hex(12)
    lines = []

    def read(sql):
        done = as_reader(cluster, password, sql)
        lines[:] = [line for line in cluster.log.news().decode().splitlines()
                    if "gatehouse_reader@gatehouse LOG:  AUDIT: SESSION" in
                    line]
        return done
    try:
        cluster.make()
        cluster.do(f"create role gatehouse_reader login password '{password}' "
                   "in role gatehouse_auditor")
        equal("read", read("select * from gatehouse_report.events")
              .returncode, 0)
        equal("not without the setting", lines, [])
        cluster.do(of_guide(r"(alter role gatehouse_reader [^\n]*)"))
        for view, table in (("events", "gatehouse_audit.event"),
                            ("signed_in", "gatehouse_data.session")):
            sql = f"select * from gatehouse_report.{view} where true"
            equal("read", read(sql).returncode, 0)
            for kind, name in (("VIEW", f"gatehouse_report.{view}"),
                               ("TABLE", table)):
                true(f"{name} is logged", any(
                    f",READ,SELECT,{kind},{name},{sql}" in line
                    for line in lines), lines)
        done = read("set pgaudit.log = 'none'")
        true("the reader cannot end it", "permission denied" in done.stderr,
             done.stderr)
    finally:
        cluster.remove()


@case("AUDIT-023", "a hash of his own in place of somebody's password", *ID)
def own_hash(scene):
    """Made with the database alone: no pepper is in it, and no MAC that fits
    the row. Neither his password is taken nor the one that was there."""
    world, mine = scene.world, "a-phrase-of-his-own-1"
    scene.optional.update(("session_expired", "authn_password_change"))
    where = f"where account_id = {world.ids['bob']}"
    kept = world.cluster.one(
        f"select encode(mac, 'hex') from gatehouse_data.credential {where}")
    others = world.cluster.one(
        "select encode(mac, 'hex') from gatehouse_data.credential "
        f"where account_id = {world.ids['zed']}")
    try:
        for mac in (kept, others, "00" * 32):
            world.cluster.do(
                "update gatehouse_data.credential set password_hash = "
                f"'{argon2id(mine.encode())}', mac = '\\x{mac}' {where}; "
                "delete from gatehouse_data.throttle")
            for password in (mine, world.passwords["bob"]):
                same_fail(scene, "bob", password)
        scene.tell(*["sensitive_update"] * 3, *["crypt_decrypt_fail"] * 6)
    finally:
        world.set_password("bob", world.passwords["bob"])
    equal("who did it", [(row["database_user"], row["is_by_hand"],
                          row["account"])
                         for row in events_of(scene, "sensitive_update")],
          [("postgres", True, "bob")] * 3)


CHANGES = {
    "condition": "set meaning = 'x' where name = 'either'",
    "condition_part": "set part_id = (select condition_id from "
                      "gatehouse_data.condition where name = 'away')",
    "zone": "set meaning = 'x' where name = 'open'",
    "application": "set connections = 7 where name = 'rules'",
    "resource": "set pattern = '/changed' where application_id = (select "
                "application_id from gatehouse_data.application where name "
                "= 'rules')",
    "permission": "set methods = array['GET'] where application_id = (select "
                  "application_id from gatehouse_data.application where name "
                  "= 'rules')",
    "role": "set meaning = 'x' where name = 'hr'",
    "role_inheritance": "set reason = 'x'",
    "role_exclusion": "set reason = 'x'",
    "account_role": "set valid_until = '2100-01-01' where role_id = (select "
                    "role_id from gatehouse_data.role where name = 'hr')",
    "role_permission": "set valid_until = '2100-01-01' where role_id = "
                       "(select role_id from gatehouse_data.role where name "
                       "= 'admin')",
}


@case("AUDIT-022", "every table of the policy, changed by hand", *ID_RAW)
def by_hand(scene):
    """Who was connected, from where, with what, and both states; in the
    trail, in the report and in the history of the row."""
    world = scene.world
    world.policy.role("over", "user")
    world.policy.call("role_exclude", "hr", "over", "")
    for name in ("office", "away"):
        world.policy.condition(name, networks=["10.0.0.0/8"])
    world.policy.condition("either", any=["office"])
    for table in TABLES:
        world.cluster.do("set application_name = 'a hand'; update "
                         f"gatehouse_data.{table} {CHANGES[table]}")
        row = world.events()[-1]
        detail = row["detail"]
        equal(f"{table}: row", [
            row["is_by_hand"], row["database_user"], row["actor"],
            row["database_application"], row["reason"], detail["table"],
            detail["operation"]],
            [True, "postgres", "postgres", "a hand", "by_hand",
             f"gatehouse_data.{table}", "update"])
        differ = {key for key in detail["after"]
                  if detail["after"][key] != detail["before"].get(key)}
        equal(f"{table}: what was changed", len(differ), 1)
        report = world.cluster.rows(
            "select * from gatehouse_report.changes_by_hand order by at desc "
            "limit 1")[0]
        equal(f"{table}: report", (report["relation"], report["after"]),
              (f"gatehouse_data.{table}", detail["after"]))
        kept = world.cluster.rows(
            "select relation, operation, act, database_user, version from "
            "gatehouse_data.policy_version order by policy_version_id desc "
            "limit 1")[0]
        equal(f"{table}: history", kept, {
            "relation": table, "operation": "update", "act": None,
            "database_user": "postgres", "version": world.policy.now()})
    world.cluster.do("reset application_name")


not_here("AUDIT-001 to AUDIT-011, AUDIT-015", "sealing is not offered yet")
not_here("AUDIT-020", "encrypting personal detail is not offered yet")
