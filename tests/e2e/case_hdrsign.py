# SPDX-License-Identifier: Apache-2.0
"""HDR, with accounts: whatever the database holds as somebody's name, an
application sees one field with it, and never what the client sent instead."""

import contextlib
from urllib.parse import quote

from harness.check import Failed, equal, true
from harness.guard import PLAIN, Person
from harness.runner import ID, ID_RAW, case
from harness.signs import events_of, signed_in
from harness.signworld import PEOPLE
from harness.visitor import Visitor

BREAK = "\r\nX-Gatehouse-Roles: admin"
FORMS = ("name", "display_name", "email")
COLUMNS = "name, display_name, email"


def literal(text):
    """A string of SQL, whatever is in it."""
    return "U&'" + "".join(
        char if char.isascii() and char.isalnum() else f"\\+{ord(char):06x}"
        for char in text) + "'"


@contextlib.contextmanager
def called(scene, account, **columns):
    """An account whose row says this for a while, changed by hand; its
    sessions stay."""
    world = scene.world
    kept = world.cluster.rows(f"select {COLUMNS} from gatehouse_data.account "
                              f"where account_id = {world.ids[account]}")[0]

    def put(values):
        world.cluster.do("update gatehouse_data.account set " + ", ".join(
            f"{key} = {literal(text)}" for key, text in values.items())
            + f" where account_id = {world.ids[account]}")
        scene.tell("user_updated")
    put(columns)
    now = {**kept, **columns}
    scene.people[quote(now["name"], PLAIN)] = Person(
        now["display_name"], now["email"], PEOPLE[account].groups)
    try:
        yield
    finally:
        put({key: kept[key] for key in columns})


def carol_in(scene):
    visitor = Visitor(scene)
    equal("sign-in", visitor.sign_in("carol").status, 303)
    return visitor


@case("HDR-025", "a line break in the name of an account", *ID_RAW)
def refused(scene):
    """No function takes one, nor does the table."""
    admin, do = scene.world.cluster.admin, scene.world.cluster.do
    scene.is_faulty = True       # numbers of what was rolled back
    for values in ((f"eve{BREAK}", "Eve", ""), ("eve", f"Eve{BREAK}", ""),
                   ("eve", "Eve", f"eve@example.org{BREAK}"),
                   ("eve", "Eve\x7f", ""), ("eve", "Eve\x85", "")):
        texts = ", ".join(literal(text) for text in values)
        for way, sql in (
                (admin, f"select gatehouse.account_add({texts}, 'suite')"),
                (do, f"insert into gatehouse_data.account ({COLUMNS}) "
                     f"values ({texts})")):
            try:
                way(sql)
            except Failed as failure:
                true("refused for its form", "malformed name" in str(failure)
                     or "_form" in str(failure), failure)
            else:
                raise Failed(f"{values} was taken")
    equal("nobody of that name", scene.world.cluster.one(
        "select count(*) from gatehouse_data.account "
        "where name like 'eve%'"), 0)


@case("HDR-025", "a line break, forced into the row", *ID)
def forced(scene):
    """Without the constraints it is a name like any other: escaped."""
    do = scene.world.cluster.do
    carol = carol_in(scene)
    made = {name: scene.world.cluster.one(
        "select pg_get_constraintdef(oid) from pg_constraint "
        f"where conname = 'account_{name}_form'") for name in FORMS}
    for name in FORMS:
        do("alter table gatehouse_data.account drop constraint "
           f"account_{name}_form")
    try:
        with called(scene, "carol", name=f"carol{BREAK}",
                    display_name=f"Carol{BREAK}", email=f"c@d{BREAK}"):
            scene.fresh()
            equal("status", carol.get("/app/x").status, 200)
            request = scene.one_arrived("app")
    finally:
        for name, text in made.items():
            do("alter table gatehouse_data.account add constraint "
               f"account_{name}_form {text}")
    escaped = "%0D%0AX-Gatehouse-Roles: admin"
    for field, start in (("Remote-User", "carol"), ("Remote-Name", "Carol"),
                         ("Remote-Email", "c@d")):
        equal(field, request.all(field), [start + escaped])
    equal("X-Gatehouse-Roles", request.all("X-Gatehouse-Roles"), [])


@case("HDR-027", "an identity as long as it can be", *ID)
def longest(scene):
    """Nearly 2,400 bytes of it, whole; many roles are RBAC-019."""
    carol = carol_in(scene)
    shown, mail = "\U0001f98a" * 128, "\u00fc" * 120 + "@" + "x" * 133
    with called(scene, "carol", display_name=shown, email=mail):
        request = signed_in(scene, carol, "carol")
    true("long", sum(len(request.all(name)[0]) for name in
                     ("Remote-Name", "Remote-Email")) > 2300, request.headers)
    equal("Remote-Groups", request.all("Remote-Groups"), ["user,hr"])


@case("HDR-029", "an identity with nothing in it", *ID)
def nothing(scene):
    """What the client sends does not fill the gap."""
    carol = carol_in(scene)
    with called(scene, "carol", display_name="", email=""):
        scene.fresh()
        answer = carol.get("/app/x", "Remote-Name: Mallory",
                           "Remote-Email: m@example.org",
                           "Remote-Groups: admin")
        equal("status", answer.status, 200)
        request = scene.one_arrived("app")
    for name in ("Remote-Name", "Remote-Email"):
        equal(name, request.all(name), [""])
    equal("Remote-Groups", request.all("Remote-Groups"), ["user,hr"])
    equal("changes by hand", {row["reason"] for row in
                              events_of(scene, "user_updated")}, {"by_hand"})
