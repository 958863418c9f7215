# SPDX-License-Identifier: Apache-2.0
"""PREFERENCE: what people choose about Gatehouse's own pages holds for all
their sessions and for nobody else, is kept when they sign in again, and costs
applications' requests nothing."""

import re
from contextlib import contextmanager
from datetime import datetime, timedelta

from case_account import hidden, led, look, signed
from case_fresh import FollowCount, remembering
from harness.check import equal, true, wait_until
from harness.runner import ID, ID_RAW, case
from harness.visitor import Visitor

PAGE = "/auth/account/preferences"
SAVED = PAGE + "?done=saved"
MOMENT = re.compile(rb"(20\d\d-\d\d-\d\d \d\d:\d\d:\d\d) UTC([-+:\d]*)")
DARK = b'<html lang="en" class="dark">'


def choose(visitor, time_zone="UTC", appearance="device", warning="5",
           **more):
    token = hidden(look(visitor, PAGE), visitor.scene)["csrf"]
    return visitor.post(PAGE, [("csrf", token), ("time_zone", time_zone),
                               ("appearance", appearance),
                               ("warning", warning)], **more)


def marked(answer):
    """What the form shows: the time zone, and what is checked."""
    return (re.search(rb'type="text" value="([^"]*)"', answer.body)[1].decode(),
            re.findall(rb'value="([a-z0-9]+)" checked', answer.body))


@contextmanager
def undone(scene):
    """Whatever the case chooses, alice and bob have chosen nothing after."""
    try:
        yield
    finally:
        scene.optional.add("sensitive_delete")
        scene.world.cluster.do("delete from gatehouse_data.account_preference")


@case("PREFERENCE-001", "what is chosen holds for all sessions, and is kept",
      *ID)
def kept(scene):
    with undone(scene):
        alice, phone, bob = signed(scene), signed(scene), signed(scene, "bob")
        equal("at first", marked(look(alice, PAGE)), ("UTC", [b"device", b"5"]))
        led("saved", choose(alice, " asia/kathmandu ", "dark", "0"), SAVED)
        page = look(alice, SAVED)
        true("the page says so", b'role="status">Saved.' in page.body)
        equal("and shows it", marked(page), ("Asia/Kathmandu", [b"dark", b"0"]))
        alice.sign_out()
        again = signed(scene)
        for visitor in (phone, again):
            equal("kept", marked(look(visitor, PAGE)),
                  ("Asia/Kathmandu", [b"dark", b"0"]))
        equal("not bob's", marked(look(bob, PAGE)),
              ("UTC", [b"device", b"5"]))
        led("back", choose(again, "", "device", "5"), SAVED)
        equal("no row is left", scene.world.cluster.one(
            "select count(*) from gatehouse_data.account_preference"), 0)


@case("PREFERENCE-002", "times are those of the chosen clocks", *ID)
def clocks(scene):
    with undone(scene):
        alice = signed(scene)
        before = MOMENT.findall(look(alice).body)
        true("UTC at first", before and not any(
            offset for _, offset in before), before)
        led("saved", choose(alice, "Asia/Kathmandu"), SAVED)
        after = MOMENT.findall(look(alice).body)
        equal("the same moments", len(after), len(before))
        for (was, _), (now, offset) in zip(before, after):
            equal("by which clock", offset, b"+5:45")
            ahead = (datetime.fromisoformat(now.decode())
                     - datetime.fromisoformat(was.decode()))
            # The page that saved it was a sign of life.
            true("ahead", timedelta(0) <= ahead - timedelta(hours=5, minutes=45)
                 < timedelta(minutes=2), (was, now))
        page = look(alice, "/auth/session").body
        true("the end of the session", b"UTC+5:45, if you do" in page, page)


@case("PREFERENCE-003", "the warning comes when it was chosen, or not", *ID)
def warning(scene):
    with undone(scene):
        alice = signed(scene)
        for chosen, words in (("2", b"warn you 2 minutes before"),
                              ("10", b"warn you 10 minutes before"),
                              ("5", b"warn you 5 minutes before"),
                              ("0", b"as you chose in")):
            led(chosen, choose(alice, warning=chosen), SAVED)
            page = look(alice, "/auth/session")
            true(f"{chosen}: the page says so", words in page.body, page.body)
            page = look(alice, "/auth/session?watch=yes")
            equal(f"{chosen}: looks again", len(page.all("Refresh")),
                  0 if chosen == "0" else 1)


@case("PREFERENCE-004", "the appearance is that of every page, also of a "
      "refusal that no statement is asked for", *ID_RAW)
def appearance(scene):
    world = scene.world
    with undone(scene), remembering(scene, "dressed", freshness="10s") as other:
        alice, bob = Visitor(other), Visitor(other)
        for visitor, name in ((alice, "alice"), (bob, "bob")):
            equal("sign-in", visitor.sign_in(name, events=()).status, 303)
        led("saved", choose(alice, appearance="dark"), SAVED)
        for page in ("/auth/account", "/auth/account/not-me", "/auth/logout",
                     "/auth/account/password", "/auth/session", "/auth/help",
                     "/admin/x", "/auth/nowhere"):
            true(f"{page} is dark", DARK in alice.get(page).body)
            true(f"{page} of bob is not", DARK not in bob.get(page).body)
        equal("served", alice.get("/app/x").status, 200)
        count = FollowCount(world, "session_find")
        true("dark from memory", DARK in alice.get("/admin/x").body)
        equal("without a statement", count.since(), 0)
        # Another gateway, and whoever does it by hand, are heard of.
        led("saved elsewhere", choose(signed(scene), appearance="light"), SAVED)
        wait_until("it is heard of", lambda: b'class="light"' in alice.get(
            "/admin/x").body, 5)
        true("nobody has a look of their own", b"class=" not in Visitor(
            other).get("/auth/login").body.partition(b"<head>")[0])
        other.world.world.arrived()


@case("PREFERENCE-005", "what cannot be had is said, and what was typed kept",
      *ID)
def refused(scene):
    alice = signed(scene)
    for zone in ("Europe/Atlantis", "FOO+3", "x" * 900, "<b>", "+02:00"):
        answer = choose(alice, zone, "dark", "10")
        equal(f"{zone[:20]}: status", answer.status, 422)
        true(f"{zone[:20]}: the page says so",
             b"There is no time zone of that name." in answer.body)
        equal(f"{zone[:20]}: kept", marked(answer),
              (zone.replace("<", "&lt;").replace(">", "&gt;"),
               [b"dark", b"10"]))
    for more in ({"appearance": "pink"}, {"warning": "3"}):
        equal(f"{more}", choose(alice, **more).status, 422)
    equal("nothing is kept", scene.world.cluster.one(
        "select count(*) from gatehouse_data.account_preference"), 0)


@case("PREFERENCE-006", "forms that this session was not shown", *ID)
def strange(scene):
    alice, bob = signed(scene), signed(scene, "bob")
    rest = [("time_zone", "UTC"), ("appearance", "dark"), ("warning", "0")]
    good = hidden(look(alice, PAGE), scene)["csrf"]
    for token in ("", "A" * 86, hidden(look(bob, PAGE), scene)["csrf"],
                  hidden(look(alice), scene)["csrf"]):
        equal(f"token {token[:8]}", alice.post(
            PAGE, [("csrf", token), *rest]).status, 403)
    for more in ({"site": "cross-site"}, {"origin": "https://evil.example"}):
        equal(f"{more}", alice.post(
            PAGE, [("csrf", good), *rest], **more).status, 403)
    scene.tell(*["malicious_csrf"] * 6)
    equal("nothing is kept", scene.world.cluster.one(
        "select count(*) from gatehouse_data.account_preference"), 0)
    way = "/auth/login?return_to=" + PAGE.replace("/", "%2F")
    led("nobody", Visitor(scene).get(PAGE), way)
    led("nobody's form", Visitor(scene).post(PAGE, [("csrf", good), *rest]),
        way)
