# SPDX-License-Identifier: Apache-2.0
"""Conditions by country and autonomous system: a client is where the operator's
databases say that its address is. Files are replaced while the gateway runs;
one that is damaged, cut short or missing changes nothing."""

import json
import os
import subprocess
from contextlib import contextmanager

from harness import places
from harness.check import equal, true, wait_until
from harness.facade import beside
from harness.runner import ID_RAW, case
from harness.signs import events_of, one_event
from harness.visitor import Visitor

MEANING = "from our own countries"
PROXY = "192.0.2.200"           # listed; of no place itself
HOME, ABROAD, NOWHERE = "198.51.100.7", "203.0.113.7", "198.18.0.7"
EVENTS = ("authz_change", "privilege_permissions_changed", "authz_fail",
          "session_place_changed", "sensitive_update")


@contextmanager
def placing(scene, name, content=None, **settings):
    """A gateway that knows places, behind a listed proxy; a scene whose
    visitors talk to it, and the file."""
    gateway = scene.world.make(name)
    file = f"{gateway.folder}/places.mmdb"
    places.put(file, content or places.database(places.SAMPLE))
    gateway.sections["place"] = {"country": file, "asn": file, **settings}
    gateway.sections["entry public"]["trusted_proxies"] = f"{PROXY}/32"
    scene.optional.update(EVENTS)
    with beside(scene, gateway) as other:
        scene.clients += [HOME, ABROAD, NOWHERE, "2001:db8:1::7", PROXY]
        yield other, gateway, file


def open_under(scene, **asks_for):
    """Whoever has the role user may do anything at /rules/ from there."""
    policy = scene.world.policy
    policy.condition("there", meaning=MEANING, **asks_for)
    policy.permission("rules", "within", "/**", "*")
    policy.allow("user", "rules", "within", condition="there")


def there(visitor, address):
    """What a script is told whom the proxy brings from an address."""
    return visitor.fetch("/rules/x", f"X-Forwarded-For: {address}")


def statuses(visitor, *addresses):
    return [there(visitor, address).status for address in addresses]


def signed_in_behind_proxy(scene):
    alice = Visitor(scene, PROXY)
    equal("sign-in", alice.sign_in("alice").status, 303)
    return alice


@case("RBAC-012", "a country, behind a listed proxy", *ID_RAW)
def country(scene):
    """Of the client that the proxy names; where nobody knows, nobody may."""
    with placing(scene, "country") as (other, _, _):
        open_under(scene, countries=["DE", "AT"])
        alice = signed_in_behind_proxy(other)
        other.fresh()
        equal("from there, from elsewhere, from nowhere",
              statuses(alice, HOME, "2001:db8:1::7", ABROAD, NOWHERE, PROXY),
              [200, 200, 403, 403, 403])
        page = alice.get("/rules/x", f"X-Forwarded-For: {ABROAD}")
        for text in (b"not open to you at the moment", MEANING.encode(),
                     b"Nothing is wrong with your account"):
            true(f"the page has {text}", text in page.body, page.body)
        equal("a script is told", json.loads(there(alice, ABROAD).body)[
            "condition"], "there")
        # What the application keeps is as far away as the application.
        equal("a value is stored", [alice.fetch(
            "/auth/data/rules/theme", "Content-Type: application/json",
            f"Origin: {alice.origin}", "Sec-Fetch-Site: same-origin",
            "Sec-Fetch-Mode: cors", f"X-Forwarded-For: {address}",
            method="PUT", body=b'"dark"').status
            for address in (HOME, ABROAD)], [200, 404])
        # Whom nobody listed brings nobody from anywhere.
        direct = Visitor(other, ABROAD)
        direct.cookies = dict(alice.cookies)
        equal("a header of one's own", there(direct, HOME).status, 403)


@case("XFF-005", "a client whom its proxy does not name is nowhere", *ID_RAW)
def unnamed(scene):
    """Whoever asks is then known by the proxy's address; no condition holds
    that asks where they are, although the proxy itself is there."""
    with placing(scene, "unnamed") as (other, _, _):
        scene.clients.append("192.0.2.5")
        open_under(scene, networks=["192.0.2.0/24"])
        alice = signed_in_behind_proxy(other)
        other.fresh()
        equal("named", statuses(alice, "192.0.2.5", HOME), [200, 403])
        equal("not named", statuses(
            alice, "192.0.2.5:4711", "unknown", "_hidden", '"192.0.2.5"',
            "192.0.2.5, ", f"192.0.2.5,,{PROXY}", "fe80::1%eth0"), [403] * 7)


@case("RBAC-012", "anywhere but in a country", *ID_RAW)
def elsewhere(scene):
    """Where nobody knows, the negation is no permit either."""
    with placing(scene, "elsewhere") as (other, _, _):
        scene.world.policy.condition("home", countries=["DE"])
        open_under(scene, none=["home"])
        alice = signed_in_behind_proxy(other)
        other.fresh()
        equal("from there, from elsewhere, from nowhere",
              statuses(alice, HOME, ABROAD, NOWHERE, PROXY),
              [403, 200, 403, 403])


@case("RBAC-012", "an autonomous system, and records of it", *ID_RAW)
def system(scene):
    """What was found stands in the access records, so that the decision can be
    made again."""
    cluster = scene.world.cluster
    with placing(scene, "system") as (other, _, _):
        open_under(scene, asns=["AS64496"])
        alice = signed_in_behind_proxy(other)
        other.fresh()
        equal("by it, by another, by none",
              statuses(alice, HOME, ABROAD, NOWHERE), [200, 403, 403])
    rows = ("select host(client) as client, country, asn, status from "
            "gatehouse_report.account_access where application = 'rules' "
            f"and client in ('{HOME}', '{ABROAD}', '{NOWHERE}') and "
            "at > now() - interval '1 minute' and asn is not distinct from "
            "case host(client) when '198.51.100.7' then 64496 "
            "when '203.0.113.7' then 64500 end order by client")
    wait_until("all is recorded", lambda: len(cluster.rows(rows)) >= 3, 15)
    found = {row["client"]: row["country"] for row in cluster.rows(rows)}
    equal("countries", found, {HOME: "DE", ABROAD: "FR", NOWHERE: None})
    again = cluster.rows(
        "select x.status, e.verdict from gatehouse_report.account_access x "
        "cross join lateral gatehouse.explain_exchange(x.exchange) e "
        "where x.application = 'rules' and e.decided = 'then' "
        f"and x.client in ('{HOME}', '{ABROAD}', '{NOWHERE}') "
        "and x.at > now() - interval '1 minute' order by x.at desc limit 3")
    equal("decided again", sorted((row["status"], row["verdict"])
                                  for row in again),
          [(200, "permit"), (403, "deny"), (403, "deny")])


@case("RBAC-012", "databases are replaced while it runs", *ID_RAW)
def replaced(scene):
    """A good file counts within seconds, without a restart; with one that is
    damaged, cut short or gone what was there before stays, and the log says
    so (once for each: tests/unit/gateway/test_locate.c counts)."""
    with placing(scene, "replaced") as (other, gateway, file):
        open_under(scene, countries=["DE"])
        alice = signed_in_behind_proxy(other)
        other.fresh()
        equal("at first", statuses(alice, HOME, ABROAD), [200, 403])

        moved = {**places.SAMPLE, "198.51.100.0/24": {
            "country": {"iso_code": "FR"}}, "203.0.113.0/24": {
            "country": {"iso_code": "DE"}}}
        good = places.database(moved, places.MADE_AT + 1)
        places.put(file, good)
        wait_until("the new one counts", lambda: statuses(
            alice, HOME, ABROAD) == [403, 200], 15)

        said = gateway.log.news()
        scene.said += said.decode("latin-1")
        equal("loaded", said.count(b"places_loaded"), 2)
        for content in (b"", good[:len(good) // 2], b"no database" * 100):
            places.put(file, content)
            wait_until("it is refused", lambda: b"places_rejected" in
                       gateway.log.news(), 15)
            equal("the one before stays", statuses(alice, HOME, ABROAD),
                  [403, 200])
        # In place, too: what is in use is a copy.
        places.put(file, places.database(places.SAMPLE))
        wait_until("the first one again", lambda: statuses(
            alice, HOME, ABROAD) == [200, 403], 15)
        os.truncate(file, 100)
        equal("cut short in place", statuses(alice, HOME, ABROAD), [200, 403])
        os.unlink(file)
        wait_until("it is missed", lambda: b"cannot read" in
                   gateway.log.news(), 15)
        equal("gone", statuses(alice, HOME, ABROAD), [200, 403])


@case("RBAC-012", "a database that is missing at the start", *ID_RAW)
def missing(scene):
    """Is said at the start, in words, whatever is wrong with it."""
    gateway = scene.world.make("missing")
    file = f"{gateway.folder}/places.mmdb"
    gateway.sections["place"] = {"country": file}
    gateway.write()
    for content, words in ((None, f"[place] cannot read {file}"),
                           (b"", f"[place] {file} is no database of places"),
                           (b"x" * 1000,
                            f"[place] {file} is no database of places")):
        if content is not None:
            places.put(file, content)
        done = subprocess.run([gateway.binary, "-t", "-c", gateway.config],
                              capture_output=True, timeout=30, check=False)
        equal("exit status", done.returncode, 78)
        true(words, words in done.stderr.decode(), done.stderr)
    places.put(file, places.database(places.SAMPLE))
    done = subprocess.run([gateway.binary, "-t", "-c", gateway.config],
                          capture_output=True, timeout=30, check=False)
    equal("a good one", done.returncode, 0)


TRAVEL = "authn_impossible_travel"
AGO = ("update gatehouse_data.account set last_sign_in_at = "
       "last_sign_in_at - interval '{} minutes' where name = 'alice'")


def signed_in_from(scene, address):
    alice = Visitor(scene, address)
    equal(f"sign-in from {address}", alice.sign_in("alice").status, 303)
    return alice


@case("HIJ-009", "signed in at home, and minutes later abroad", *ID_RAW)
def travel(scene):
    """It is in the trail before anybody is let in, and on the page about the
    account; who goes on there is not told of again."""
    scene.optional.add("user_updated")
    with placing(scene, "travel") as (other, _, _):
        signed_in_from(other, HOME)
        scene.world.cluster.do(AGO.format(5))
        other.tell(TRAVEL)
        alice = signed_in_from(other, ABROAD)
        row = one_event(other, TRAVEL, account="alice", client=ABROAD,
                        outcome="success")
        seconds = row["detail"].pop("seconds")
        equal("from where to where", row["detail"],
              {"from": "DE", "to": "FR"})
        true("how soon", 300 <= seconds < 360, seconds)
        created = events_of(other, "session_created")[-1]
        equal("of that session", row["session"], created["session"])
        true("its owner reads it", b"another country than shortly before" in
             alice.get("/auth/account").body)
        signed_in_from(other, ABROAD)
        equal("once", len(events_of(other, TRAVEL)), 1)


@case("HIJ-009", "journeys that are possible, or not known", *ID_RAW)
def journeys(scene):
    scene.optional.add("user_updated")
    with placing(scene, "journeys", travel="1h") as (other, _, _):
        signed_in_from(other, HOME)
        scene.world.cluster.do(AGO.format(60))
        for address in (ABROAD, NOWHERE, HOME):
            signed_in_from(other, address)
        equal("long ago, or nowhere", events_of(other, TRAVEL), [])
        scene.world.cluster.do(AGO.format(58))
        other.tell(TRAVEL)
        signed_in_from(other, ABROAD)
    with placing(scene, "settled", travel="0s") as (other, _, _):
        signed_in_from(other, HOME)
        equal("nobody asks", len(events_of(other, TRAVEL)), 1)
