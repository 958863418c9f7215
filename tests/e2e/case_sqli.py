# SPDX-License-Identifier: Apache-2.0
"""SQLI: nothing that a client sends is ever part of a statement, and a row
that somebody made hostile is refused."""

from harness.check import Failed, equal, true
from harness.process import allowance, rss_kib
from harness.runner import ID, ID_RAW, case
from harness.signs import events_of, groups, same_fail, signed_in
from harness.visitor import LOGIN, WRONG, Visitor

EVIL = "x'); DELETE FROM gatehouse_data.session;--"
TABLES = ("select count(*) from pg_class c join pg_namespace n on n.oid = "
          "c.relnamespace where n.nspname like 'gatehouse%' "
          "and c.relkind in ('r', 'p')")


def harmless(scene, *names):
    """These names fail as all do, quickly, and no table is gone."""
    tables = scene.world.cluster.one(TABLES)
    for name in names:
        answer = same_fail(scene, name, WRONG)
        true(f"{name}: in time", answer.seconds < 3, answer.seconds)
    equal("tables", scene.world.cluster.one(TABLES), tables)
    equal("accounts", scene.world.cluster.one(
        "select count(*) from gatehouse_data.account where name = 'alice'"),
        1)


@case("SQLI-001", "classics in the name", *ID)
def classics(scene):
    harmless(scene, "alice'--", "' OR '1'='1", "alice' AND pg_sleep(5)--",
             'alice"; DROP TABLE users;--', "\\'; SELECT 1--")


@case("SQLI-002", "classics in the password", *ID)
def password(scene):
    for text in ("' OR '1'='1", "x'; delete from gatehouse_data.account;--",
                 "$1", "\\x00", "');select pg_sleep(5);--"):
        same_fail(scene, "alice", text)


@case("SQLI-004", "casts, comments, dollars", *ID)
def dollars(scene):
    harmless(scene, "alice'::text", "alice/**/", "$$alice$$", "$1",
             "alice'||'", "E'alice'", "U&'alice'", "alice;commit")


@case("SQLI-003", "broken UTF-8 before a quote", *ID)
def broken(scene):
    scene.optional.add("input_validation_fail")
    visitor = Visitor(scene)
    token = visitor.form()["csrf"]
    for name in ("%c0%27 OR 1=1--", "%e2%28%27", "%f0%9f%27", "%bf%27",
                 "%c3%27;select 1", "%ed%a0%80%27"):
        body = (f"username={name.replace(' ', '+')}&password=x&csrf={token}"
                .encode())
        answer = visitor.post(LOGIN, body)
        equal(f"{name}: status", answer.status, 400)


@case("SQLI-005", "wildcards", *ID)
def wildcards(scene):
    harmless(scene, "%", "_____", "a%", ".*", "alic_", "ali?e", "*")


@case("SQLI-006", "in fields of the request", *ID)
def fields(scene):
    visitor = Visitor(scene)
    visitor.agent = "x'); delete from gatehouse_data.session;--\\"
    visitor.sign_in("alice")
    signed_in(scene, visitor, "alice")
    equal("as it came", {row["user_agent"] for row in scene.world.events()},
          {visitor.agent})


def not_a_role(act):
    try:
        act()
    except Failed as failure:
        true("why it is no role", "role" in str(failure), failure)
    else:
        raise Failed("it is a role")


@case("SQLI-007", "second order: what was stored is data again", *ID)
def second_order(scene):
    """No role has such a name, whoever makes it. What may be any text goes
    through a sign-in, the applications and every list, and stays text."""
    world, policy, evil = scene.world, scene.world.policy, EVIL
    not_a_role(lambda: policy.role(evil))
    not_a_role(lambda: world.cluster.do(
        f"insert into gatehouse_data.role (name) values ($t${evil}$t$)"))
    tables = world.cluster.one(TABLES)
    policy.call("role_add", "odd", evil, False)
    policy.grant("odd", "alice", None, None, evil)
    scene.tell("user_updated", "user_updated", "sensitive_read")
    policy.call("account_change", "alice", evil, "alice@example.org")
    try:
        alice = Visitor(scene)
        alice.sign_in("alice")
        scene.people["alice"].shown = evil
        scene.people["alice"].groups = "user,odd"
        equal("roles", groups(signed_in(scene, alice, "alice")), "user,odd")
        for query, column in (
                ("role_list()", "meaning"), ("account_list()", "display_name"),
                ("role_members('odd')", "reason"),
                ("audit_search('alice', 'authz_change', null, null, null, "
                 "null, null, 1)", "reason")):
            true(f"{query} has it", evil in world.cluster.admin(
                f"select {column} from gatehouse.{query}").splitlines())
        equal("sessions", world.sessions("alice"), 1)
        equal("tables", world.cluster.one(TABLES), tables)
        signed_in(scene, alice, "alice")
    finally:
        policy.call("account_change", "alice", "Alice", "alice@example.org")


@case("SQLI-008", "user agents that are no text", *ID)
def agents(scene):
    """Whatever it is, the row is written."""
    for agent, want in ((b"\xff\xfe\xc3", None), (b"a\tb", None),
                        ("\u00e9\u202e".encode(), None), (b"%27", "%27")):
        visitor = Visitor(scene)
        visitor.agent = agent.decode("latin-1")
        answer = visitor.sign_in("alice")
        equal(f"{agent}: status", answer.status, 303)
        row = events_of(scene, "session_created")[-1]
        if want:
            equal("user agent", row["user_agent"], want)
        said = row["user_agent"] or ""
        true("no control characters", all(
            ord(c) > 31 or c == "\t" for c in said), said)


@case("SQLI-009", "functions in public that shadow ours", *ID)
def shadows(scene):
    """pg_catalog comes first everywhere, and nothing is looked for in
    public."""
    cluster = scene.world.cluster
    cluster.do(
        "create function public.clock_timestamp() returns timestamptz "
        "language sql as 'select null::timestamptz'; "
        "create function public.octet_length(bytea) returns integer "
        "language sql as 'select 0'; create function public.lower(text) "
        "returns text language sql as 'select ''bob''::text'; "
        "create function public.same(text, text) returns boolean language "
        "sql as 'select true'; create operator public.= (leftarg = text, "
        "rightarg = text, function = public.same); "
        "create table public.account (name text)")
    try:
        same_fail(scene, "alice", WRONG)
        visitor = Visitor(scene)
        visitor.sign_in("alice", events=("authn_login_successafterfail",
                                         "session_created"))
        signed_in(scene, visitor, "alice")
    finally:
        cluster.do(
            "drop table public.account; drop operator public.= (text, text);"
            "drop function public.same, public.lower(text), "
            "public.octet_length(bytea), public.clock_timestamp()")


@case("SQLI-010", "the gateway's role reads and writes no table", *ID_RAW)
def privileges(scene):
    cluster = scene.world.cluster
    for schema in ("gatehouse_data", "gatehouse_audit", "gatehouse_report"):
        equal(schema, cluster.rows(
            "select c.relname, p.what from pg_class c join pg_namespace n on "
            "n.oid = c.relnamespace, unnest(array['select', 'insert', "
            "'update', 'delete', 'truncate']) as p (what) where n.nspname = "
            f"'{schema}' and c.relkind in ('r', 'p', 'v') and "
            "has_table_privilege('gatehouse_gateway', c.oid, p.what)"), [])
    equal("create", cluster.one(
        "select bool_or(has_schema_privilege('gatehouse_gateway', oid, "
        "'create')) from pg_namespace"), False)


@case("SQLI-011", "long fields are cut or refused", *ID)
def long_fields(scene):
    visitor = Visitor(scene)
    visitor.agent = "u" * 5000
    visitor.sign_in("alice")
    equal("kept", {len(row["user_agent"]) for row in
                   events_of(scene, "session_created")}, {512})
    scene.optional.add("input_validation_fail")
    visitor = Visitor(scene)
    token = visitor.form()["csrf"]
    answer = visitor.post(LOGIN, [("username", "a" * 10000),
                                  ("password", WRONG), ("csrf", token)])
    equal("10,000 characters", answer.status, 400)


HOSTILE = ("$argon2id$v=19$m=4194304,t=1000,p=64$c2FsdHNhbHRzYWx0c2FsdA$"
           "aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g",
           "$argon2id$v=19$m=65536,t=99999999999,p=1$c2FsdA$aGFzaA",
           "$argon2i$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
           "plain", "$2y$10$abcdefghijklmnopqrstuv", "%n%n%s", "'", "$" * 300)


@case("SQLI-013", "a hostile row in place of a password", *ID)
def hostile(scene):
    """Made by somebody with the database and, the second time, with the key
    ring as well: out of bounds, so nothing is allocated and nobody is in."""
    world, pid = scene.world, scene.world.gateway.pid
    before = rss_kib(pid)
    scene.optional.update(("sensitive_update", "crypt_decrypt_fail",
                           "session_expired", "authn_password_change"))
    try:
        for phc in HOSTILE:
            for mac in (b"\0" * 32, world.ring.bind(world.ids["bob"], phc)):
                world.cluster.do(
                    "do $do$ begin update gatehouse_data.credential set "
                    f"password_hash = $phc${phc}$phc$, "
                    f"mac = '\\x{mac.hex()}' where account_id = "
                    f"{world.ids['bob']}; exception when check_violation "
                    "then null; end $do$; "
                    "delete from gatehouse_data.throttle")
                answer = same_fail(scene, "bob", world.passwords["bob"])
                true("in time", answer.seconds < 3, answer.seconds)
    finally:
        world.set_password("bob", world.passwords["bob"])
    true("it is an event", events_of(scene, "crypt_decrypt_fail"))
    true("memory", rss_kib(pid) - before < allowance(pid, 65536, 300000),
         rss_kib(pid) - before)


@case("SQLI-014", "the row of another account", *ID)
def copied(scene):
    """bob's row with what zed's has, MAC and all."""
    world = scene.world
    scene.optional.update(("sensitive_update", "crypt_decrypt_fail",
                           "session_expired", "authn_password_change"))
    world.cluster.do(
        "update gatehouse_data.credential c set password_hash = "
        "z.password_hash, mac = z.mac from gatehouse_data.credential z "
        f"where c.account_id = {world.ids['bob']} and z.account_id = "
        f"{world.ids['zed']}")
    try:
        same_fail(scene, "bob", world.passwords["zed"])
    finally:
        world.set_password("bob", world.passwords["bob"])
    true("it is an event", events_of(scene, "crypt_decrypt_fail"))
