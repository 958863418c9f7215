# SPDX-License-Identifier: Apache-2.0
"""DATA: small values that the scripts of an application keep for a person.
They come back to the session, or the account, that stored them, and to nobody
else; the database has none of them in the clear, and none that can be moved.
"""

import json
import secrets
import signal
import subprocess

from case_account import NEW, change, old_password
from case_brute import together
from case_pgx import recovered
from harness.check import equal, true, wait_until
from harness.keyring import url64
from harness.runner import ID, ID_RAW, case
from harness.signs import one_event
from harness.visitor import GOOD, Visitor

THEME = "/auth/data/app/theme"
ACCOUNT = "?scope=account"
JSON = "application/json"
VALUE_MAX, KEYS_MAX, TOTAL_MAX = 16 * 1024, 32, 1024 * 1024


class Script:
    """A page of an application in somebody's browser, which calls us."""

    def __init__(self, scene, account="alice", password=None):
        self.visitor = Visitor(scene)
        equal("sign-in", self.visitor.sign_in(account, password).status, 303)

    def again(self, account, *events):
        """Somebody signs in with the same browser."""
        self.visitor.scene.tell(*events)
        equal("sign-in", self.visitor.sign_in(account).status, 303)

    def call(self, method, target, *lines, body=None, site="same-origin",
             kind=JSON):
        sent = ["Sec-Fetch-Mode: cors"]
        if site:
            sent.append(f"Sec-Fetch-Site: {site}")
        if method != "GET":
            sent.append(f"Origin: {self.visitor.origin}")
        if body is not None:
            sent.append(f"Content-Type: {kind}")
        return self.visitor.fetch(target, *sent, *lines, method=method,
                                  body=body)

    def get(self, target=THEME):
        return self.call("GET", target)

    def put(self, body, target=THEME, **more):
        return self.call("PUT", target, body=body, **more)

    def delete(self, target=THEME):
        return self.call("DELETE", target)


def refused(answer, status, reason):
    """JSON that says why, in one word."""
    equal("status", answer.status, status)
    equal("what a script is told", json.loads(answer.body), {
        "status": status, "reason": reason,
        "exchange": answer.one("X-Request-Id")})


def holds(answer, value, kind=JSON):
    """The value as it was stored, in a form that never runs."""
    equal("status", answer.status, 200)
    equal("value", answer.body, value)
    equal("Content-Type", answer.all("Content-Type"), [kind])
    equal("Content-Disposition", answer.all("Content-Disposition"),
          ["attachment"])
    true("no page", "; sandbox" in answer.one("Content-Security-Policy"),
         answer.head)


def a_value(scene):
    """A text that must be seen nowhere, and the value that has it."""
    secret = "value-" + secrets.token_hex(12)
    scene.secrets.add(secret)
    return json.dumps({"theme": secret}).encode()


@case("DATA-001", "stored, given, changed, deleted", *ID)
def stored(scene):
    alice = Script(scene)
    refused(alice.get(), 404, "no_value")
    for scope in ("", ACCOUNT):
        value = a_value(scene)
        equal("stored", json.loads(alice.put(value, THEME + scope).body),
              {"is_stored": True})
        holds(alice.get(THEME + scope), value)
        value = b"\0\xff\r\n\r\nStatus: 500\r\n"
        alice.put(value, THEME + scope, kind="application/octet-stream")
        holds(alice.get(THEME + scope), value, "application/octet-stream")
        alice.put(b"", THEME + scope, kind="text/plain;charset=UTF-8")
        holds(alice.get(THEME + scope), b"", "text/plain")
    for was_there in (True, False):
        answer = alice.delete()
        equal("deleted", (answer.status, json.loads(answer.body)),
              (200, {"is_deleted": was_there}))
    refused(alice.get(), 404, "no_value")
    holds(alice.get(THEME + ACCOUNT), b"", "text/plain")


@case("DATA-002", "whose it is: session, account, application, key", *ID)
def whose(scene):
    alice, second, bob = Script(scene), Script(scene), Script(scene, "bob")
    value, kept = a_value(scene), a_value(scene)
    alice.put(value)
    alice.put(kept, THEME + ACCOUNT)
    refused(second.get(), 404, "no_value")
    holds(second.get(THEME + ACCOUNT), kept)
    refused(bob.get(), 404, "no_value")
    refused(bob.get(THEME + ACCOUNT), 404, "no_value")
    refused(alice.get("/auth/data/app/themes"), 404, "no_value")
    refused(alice.get("/auth/data/closed/theme"), 404, "no_value")
    second.put(b"2")
    bob.put(b"3", THEME + ACCOUNT)
    holds(alice.get(), value)
    holds(alice.get(THEME + ACCOUNT), kept)


@case("DATA-003", "it goes with the session, or stays with the account", *ID)
def goes(scene):
    alice = Script(scene)
    kept = a_value(scene)
    alice.put(b"1")
    alice.put(kept, THEME + ACCOUNT)
    equal("signed out", alice.visitor.sign_out().status, 303)
    equal("nobody", alice.get().status, 401)
    equal("gone at once", scene.world.cluster.one(
        "select count(*) from gatehouse_data.session_data"), 0)
    again = Script(scene)
    refused(again.get(), 404, "no_value")
    holds(again.get(THEME + ACCOUNT), kept)


@case("DATA-004", "an application in which the person may do nothing", *ID)
def closed(scene):
    """Nobody learns whether it exists."""
    alice = Script(scene)
    answers = [alice.get("/auth/data/admin/x"),
               alice.get("/auth/data/nowhere/x"),
               alice.put(b"1", "/auth/data/admin/x")]
    for answer in answers:
        refused(answer, 404, "no_application")
        scene.tell("authz_fail")
    equal("no row", scene.world.cluster.one(
        "select count(*) from gatehouse_data.session_data"), 0)
    equal("bob may", Script(scene, "bob").put(
        b"1", "/auth/data/admin/x").status, 200)


@case("DATA-005", "a right that ends takes the values away", *ID_RAW)
def right_ends(scene):
    """And ends the session: who signs in again has what still may be had,
    that of the session before as well."""
    alice = Script(scene)
    value, own = a_value(scene), a_value(scene)
    alice.put(value, THEME + ACCOUNT)
    alice.put(own)
    policy = scene.world.policy
    for change, events in ((policy.disallow, ["authz_fail"]),
                           (policy.allow, [])):
        change("user", "app", "all")
        equal("over", json.loads(alice.get().body)["reason"], "permissions")
        equal("a person is led away", alice.visitor.get("/app/x").status, 303)
        alice.again("alice", "session_expired", "session_use_after_expire",
                    *events)
        scene.people["alice"].groups = None
        if events:
            refused(alice.get(THEME + ACCOUNT), 404, "no_application")
    holds(alice.get(THEME + ACCOUNT), value)
    holds(alice.get(), own)


@case("DATA-006", "another site stores and deletes nothing", *ID)
def other_site(scene):
    alice = Script(scene)
    value = a_value(scene)
    alice.put(value)
    for method in ("PUT", "DELETE"):
        for site in ("cross-site", "same-site", "none", None):
            lines = [] if site else ["Origin: https://evil.example"]
            sent = [f"Sec-Fetch-Site: {site}"] if site else lines
            answer = alice.visitor.fetch(
                THEME, *sent, f"Content-Type: {JSON}", method=method,
                body=b"1" if method == "PUT" else None)
            refused(answer, 403, "origin")
            scene.tell("malicious_csrf")
        refused(alice.visitor.fetch(THEME, f"Content-Type: {JSON}",
                                    method=method, body=b"1"), 403, "origin")
        scene.tell("malicious_csrf")
    answer = alice.visitor.fetch(
        THEME, "Sec-Fetch-Site: same-origin", "Origin: null", method="POST",
        body=b"1")
    refused(answer, 405, "method")
    equal("Allow", answer.one("Allow"), "GET, HEAD, PUT, DELETE")
    holds(alice.get(), value)


@case("DATA-007", "addresses, types and sizes", *ID)
def forms(scene):
    alice = Script(scene)
    for target in ("/auth/data/app/", "/auth/data/app/a/b", "/auth/data/app",
                   "/auth/data/app/.x", "/auth/data/APP/x",
                   "/auth/data/app/" + "x" * 65, THEME + "?scope=all",
                   THEME + "?x=1"):
        refused(alice.put(b"1", target), 400, "address")
    for kind in ("text/html", "image/svg+xml", "application/xml",
                 "application/x-www-form-urlencoded",
                 "multipart/form-data; boundary=x"):
        refused(alice.put(b"1", kind=kind), 415, "content_type")
    refused(alice.put(b"x" * (VALUE_MAX + 1)), 413, "too_large")
    refused(alice.put(b"x" * (40 * 1024)), 413, "too_large")
    value = b"x" * VALUE_MAX
    equal("the largest", alice.put(value).status, 200)
    holds(alice.get(), value)


@case("DATA-008", "a row that somebody moved does not open", *ID)
def moved(scene):
    alice, second, bob = Script(scene), Script(scene), Script(scene, "bob")
    one = scene.world.cluster.one
    scene.optional.update(("sensitive_create", "sensitive_update",
                           "sensitive_delete", "crypt_decrypt_fail"))
    alice.put(a_value(scene))
    alice.put(a_value(scene), THEME + ACCOUNT)
    sessions = [one("select session_id from gatehouse_data.session_data")]
    sessions += [one("select max(session_id) from gatehouse_data.session "
                     f"where account_id = {scene.world.ids[name]}")
                 for name in ("alice", "bob")]
    closed_id = one("select application_id from gatehouse_data.application "
                    "where name = 'closed'")
    copy = ("insert into gatehouse_data.{0}_data select (r).* from (select "
            "jsonb_populate_record(d, '{1}') as r from gatehouse_data.{0}_data"
            " d order by d.ctid limit 1) as m")
    for who, scope, change, target in (
            (second, "session", {"session_id": sessions[1]}, THEME),
            (bob, "session", {"session_id": sessions[2],
                              "account_id": scene.world.ids["bob"]}, THEME),
            (alice, "session", {"application_id": closed_id},
             "/auth/data/closed/theme"),
            (alice, "session", {"key": "other"}, "/auth/data/app/other"),
            (bob, "account", {"account_id": scene.world.ids["bob"]},
             THEME + ACCOUNT),
            (alice, "account", {"application_id": closed_id},
             "/auth/data/closed/theme" + ACCOUNT),
            (alice, "account", {"key": "other"},
             "/auth/data/app/other" + ACCOUNT)):
        scene.world.cluster.do(copy.format(scope, json.dumps(change)))
        refused(who.get(target), 503, "unreadable")
    for change in ("media_type = 'text/plain'", "key_id = 'k2'",
                   "nonce = substring(sha256('x') from 1 for 12)",
                   "sealed = set_byte(sealed, 0, get_byte(sealed, 0) # 1)"):
        scene.world.cluster.do(
            f"update gatehouse_data.session_data set {change} "
            "where key = 'theme'")
        refused(alice.get(), 503, "unreadable")
        alice.put(a_value(scene))
        equal("written over", alice.get().status, 200)
    event = [row for row in scene.world.events()
             if row["event"] == "crypt_decrypt_fail"][-1]
    equal("whose, and what of", (event["account"], event["reason"]),
          ("alice", "session data"))


@case("DATA-009", "no value in a dump of the database", *ID_RAW)
def dumped(scene):
    alice = Script(scene)
    secret = "value-" + secrets.token_hex(12)
    scene.secrets.add(secret)
    alice.put(secret.encode(), kind="text/plain")
    alice.put(secret.encode(), THEME + ACCOUNT, kind="text/plain")
    dump = subprocess.run(
        ["pg_dump", "-h", scene.world.cluster.folder, "-U", "postgres",
         "gatehouse"], cwd="/", capture_output=True, timeout=60,
        check=True).stdout.decode()
    true("the rows are there", "theme" in dump)
    for form in (secret, secret.encode().hex(), url64(secret.encode())[:20]):
        true("not in a dump", form not in dump, form)


def reload(gateway, path, text):
    """The gateway is told to read this ring."""
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    gateway.log.news()
    gateway.process.send_signal(signal.SIGHUP)
    wait_until("reloaded", lambda: b"config_reloaded" in gateway.log.news())


@case("DATA-010", "the key is changed while the gateway runs", *ID)
def rotated(scene):
    alice = Script(scene)
    before, after = a_value(scene), a_value(scene)
    alice.put(before)
    gateway = scene.world.gateway
    path = gateway.sections["keys"]["file"]
    with open(path, encoding="ascii") as file:
        old = file.read()
    head, _, rest = old.partition("\n")
    key = url64(secrets.token_bytes(32))
    scene.secrets.add(key)

    def is_new():
        alice.put(after, THEME + ACCOUNT)
        return scene.world.cluster.one(
            "select key_id from gatehouse_data.account_data") == "k2"

    try:
        reload(gateway, path, f"{head}\ndata k2 2026-02-02 {key}\n{rest}")
        wait_until("the newest key seals", is_new)
        for _ in range(8):
            holds(alice.get(), before)
        holds(alice.get(THEME + ACCOUNT), after)
        equal("nothing was sealed again", scene.world.cluster.one(
            "select key_id from gatehouse_data.session_data"), "k1")
    finally:
        reload(gateway, path, old)
    wait_until("the newest key is gone", lambda: alice.get(
        THEME + ACCOUNT).status == 503)
    holds(alice.get(), before)
    one_event(scene, "crypt_decrypt_fail", account="alice",
              reason="session data, key not in ring")
    scene.tell("crypt_decrypt_fail")


@case("DATA-011", "limits hold when values come at once", *ID_RAW)
def limits(scene):
    alice = Script(scene)

    def put(key, body=b"1", scope="", application="app"):
        return lambda: alice.put(
            body, f"/auth/data/{application}/{key}{scope}").status

    got = together([put(f"k{i}") for i in range(KEYS_MAX + 18)])
    equal("keys", sorted(got), [200] * KEYS_MAX + [409] * 18)
    equal("rows", scene.world.cluster.one(
        "select count(*) from gatehouse_data.session_data"), KEYS_MAX)
    refused(alice.put(b"1", "/auth/data/app/more"), 409, "too_many_keys")
    equal("the account has its own", alice.put(b"1", THEME + ACCOUNT).status,
          200)
    alice.delete(THEME + ACCOUNT)
    known = scene.world.cluster.one(
        "select min(key) from gatehouse_data.session_data")
    equal("written over", alice.put(
        b"2", f"/auth/data/app/{known}").status, 200)
    scene.world.cluster.do("delete from gatehouse_data.session_data")
    scene.optional.add("sensitive_delete")
    large = b"x" * VALUE_MAX
    jobs = [put(f"k{i}", large, scope) for i in range(KEYS_MAX)
            for scope in ("", ACCOUNT)]
    jobs += [put(f"k{i}", large, application="closed") for i in range(4)]
    got = together(jobs, 8)
    count = TOTAL_MAX // VALUE_MAX
    equal("values", sorted(got), [200] * count + [409] * (len(jobs) - count))
    equal("bytes", scene.world.cluster.one(
        "select sum(bytes) from gatehouse_report.session_data"), TOTAL_MAX)
    refused(alice.put(b"1", "/auth/data/closed/last"), 409, "full")


@case("DATA-012", "nobody, and a session that is over", *ID)
def nobody(scene):
    stranger = Visitor(scene)
    answer = stranger.fetch(THEME)
    equal("nobody", answer.status, 401)
    true("and where to sign in", b'"login":"/auth/login' in answer.body,
         answer.body)
    answer = stranger.get(THEME)
    equal("a person is led there", answer.status, 303)


@case("DATA-013", "the database is stopped", *ID)
def stopped(scene):
    alice = Script(scene)
    value = a_value(scene)
    alice.put(value)
    scene.is_faulty = True
    scene.world.cluster.stop(signal.SIGINT)
    try:
        for answer in (alice.get(), alice.put(b"1"), alice.delete()):
            equal("no answer is no value", answer.status, 503)
    finally:
        scene.world.cluster.restart()
    recovered(scene, alice.visitor)
    holds(alice.get(), value)


@case("DATA-014", "a session that follows another one has its data", *ID_RAW)
def carried(scene):
    """The same person again in the same browser, or with a new password; not
    another person, and nobody else's browser."""
    alice, value = Script(scene), a_value(scene)
    alice.put(value)
    first = alice.visitor.token
    alice.again("alice", "session_expired")
    true("another session", alice.visitor.token != first)
    holds(alice.get(), value)
    changed = a_value(scene)
    equal("stored", alice.put(changed).status, 200)
    with old_password(scene):
        equal("a new password", change(
            alice.visitor, scene.world.passwords["alice"], NEW).status, 303)
        scene.tell("authn_password_change", "session_expired", *GOOD)
        holds(alice.get(), changed)
        second = Script(scene, "alice", NEW)
        refused(second.get(), 404, "no_value")
        alice.again("bob", "session_expired")
        refused(alice.get(), 404, "no_value")
