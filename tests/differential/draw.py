# SPDX-License-Identifier: Apache-2.0
"""Policies, changes of them and requests, drawn by chance from what makes a
difference: edges of hours and of days on which clocks change, instants at which
grants begin and end, addresses at the ends of networks, roles that inherit each
other both ways round a diamond.

Whoever adds a kind of condition adds its line to LEAVES and its words to
put_condition, and what it asks about to request, which run and decide.c hand
on."""

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
HOURS = ("08:00", "18:00", "00:00", "22:00", "06:00", "02:00", "02:30",
         "03:00", "01:30")
NETWORKS = ("10.0.0.0/8", "10.9.0.0/16", "192.0.2.0/24", "192.0.2.128/25",
            "2001:db8::/32", "0.0.0.0/0", "::/0")
CLIENTS = ("10.0.0.0", "10.9.255.255", "10.10.0.0", "10.255.255.255",
           "11.0.0.0", "192.0.2.127", "192.0.2.128", "::ffff:10.9.0.1",
           "2001:db8::1", "2001:db9::", None)
AGES = (60, 600, 86400)          # seconds
COUNTRIES = ("AT", "DE", "FR", "SE", None)
ASNS = ("64512", "64513", "1", "4294967295", None)
LEVELS = (1, 2, 3, None)
KNOWN = (0, 3600, 604800)        # seconds
MOUNTS = (("", "/"), ("", "/a/"), ("", "/a"), ("", "/a/b/"), ("x.test", "/a/"),
          ("x.test", "/c"))
PATTERNS = ("/**", "/*", "/x", "/x/**", "/*/y", "/b/*", "/")
METHODS = ("*", "*", "GET", "GET,HEAD", "POST")
PATHS = ("/", "/a", "/a/", "/a/x", "/a/x/y", "/a/b/x", "/a/b/", "/c/x", "/c",
         "/x", "/x/y/z", "/d//y")
HOSTS = ("x.test", "y.test")
ASKED = ("GET", "HEAD", "POST", "BREW")
EDGES = (0, 0, 0, -1, 1, -1000000, 1000000)     # microseconds
DAYS = 390                       # that clocks are told for, and some more
ROLES = ("anonymous", "authenticated", "r1", "r2", "r3", "r4", "r5", "r6")
ACCOUNTS = tuple(f"account{n}" for n in range(24))


def micros(at):
    """Microseconds since 1970, exactly."""
    return (at - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(
        microseconds=1)


def when(at_us):
    """An instant as PostgreSQL reads it."""
    at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(
        microseconds=at_us)
    return at.strftime("%Y-%m-%d %H:%M:%S.%f+00")


def text(value):
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return "array[" + ", ".join(text(one) for one in value) + "]::text[]"
    return "'" + str(value) + "'"


@lru_cache
def turning_days(zone, today):
    """The days on which the clocks of a zone change."""
    zone = ZoneInfo(zone)
    days = [today + timedelta(days=n) for n in range(2, DAYS)]
    return [day for day in days
            if datetime(day.year, day.month, day.day, tzinfo=zone)
            .utcoffset() != datetime(day.year, day.month, day.day, 12,
                                     tzinfo=zone).utcoffset()]


class Draw:
    """What one seed makes, around one day."""

    def __init__(self, chance, today):
        self.chance = chance
        self.today = today
        self.instants = []       # at which a grant begins or ends
        self.conditions = []
        self.applications = []
        self.permissions = []
        self.given = [("r1", ACCOUNTS[0])]
        self.changes = [self.leaf_change, self.grant_change, self.zone_change,
                        self.account_change, self.revocation,
                        self.disinheritance, self.mount_change, self.removal]

    def pick(self, *among):
        return self.chance.choice(among)

    def often(self, percent):
        return self.chance.randrange(100) < percent

    # --- instants ----------------------------------------------------------

    def instant(self):
        if self.instants and self.often(35):
            return self.chance.choice(self.instants) + self.pick(*EDGES)
        zone = self.pick(*ZONES)
        days = turning_days(zone, self.today) if self.often(30) else None
        day = self.chance.choice(days) if days else \
            self.today + timedelta(days=self.chance.randrange(2, DAYS))
        hour, minute = self.pick(*HOURS).split(":")
        at = datetime(day.year, day.month, day.day, int(hour), int(minute),
                      tzinfo=ZoneInfo(zone), fold=self.pick(0, 1))
        return micros(at.astimezone(timezone.utc)) + self.pick(*EDGES)

    def span(self):
        """From when until when a grant holds, as SQL."""
        if self.often(60):
            return "null, null"
        begins, ends = sorted((self.instant(), self.instant()))
        if begins == ends:
            ends += 1
        self.instants += [begins, ends]
        return self.pick(
            f"'{when(begins)}', '{when(ends)}'", f"'{when(begins)}', null",
            f"null, '{when(ends)}'")

    # --- conditions --------------------------------------------------------

    def hours(self):
        begins = self.pick(*HOURS)
        ends = self.pick(*(set(HOURS) - {begins, "00:00"}), "24:00")
        days = ",".join(self.chance.sample(
            ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
            self.chance.randrange(1, 8)))
        first = self.today + timedelta(days=self.chance.randrange(DAYS))
        return {"hours": f"{begins}-{ends}", "days": days,
                "time_zone": self.pick(*ZONES),
                "first_day": first.isoformat() if self.often(20) else None,
                "last_day": (first + timedelta(days=90)).isoformat()
                if self.often(20) else None}

    def dates(self):
        days = turning_days("Europe/Berlin", self.today) + [
            self.today + timedelta(days=self.chance.randrange(DAYS))
            for _ in range(60)]
        return {"dates": sorted(day.isoformat() for day in days),
                "time_zone": self.pick(*ZONES)}

    def network(self):
        return {"networks": self.chance.sample(NETWORKS, self.pick(1, 2))}

    def age(self):
        return {"age": f"{self.pick(*AGES)}s"}

    def country(self):
        return {"countries": self.chance.sample(COUNTRIES[:3], 2)}

    def asn(self):
        return {"asns": self.chance.sample(ASNS[:3], 2)}

    def level(self):
        return {"level": self.pick(*LEVELS[:3])}

    def device(self):
        return {"device": f"{self.pick(*KNOWN)}s"}

    # 2 is changed.
    LEAVES = (age, hours, network, dates, country, asn, level, device)

    def put_condition(self, name, asks_for):
        first = [asks_for.get(key) for key in (
            "hours", "days", "dates", "networks", "all", "any", "none",
            "time_zone", "first_day", "last_day")]
        words = ", ".join(text(value) for value in [name, *first])
        self.conditions.append(name)
        return (f"select gatehouse.condition_add({words}, '', 'root', "
                f"p_age => {text(asks_for.get('age'))}, "
                f"p_countries => {text(asks_for.get('countries'))}, "
                f"p_asns => {text(asks_for.get('asns'))}, "
                f"p_level => {text(asks_for.get('level'))}, "
                f"p_device_known => {text(asks_for.get('device'))})")

    def add_conditions(self):
        for n in range(10):
            leaf = self.LEAVES[n % len(self.LEAVES)]
            yield self.put_condition(f"leaf{n}", leaf(self))
        for n in range(6):
            parts = self.chance.sample(self.conditions, self.pick(1, 2, 3))
            yield self.put_condition(
                f"set{n}", {self.pick("all", "any", "none"): parts})

    def condition(self, percent):
        return text(self.chance.choice(self.conditions)
                    if self.often(percent) else None)

    # --- the rest of a policy ----------------------------------------------

    def add_roles(self):
        for role in ROLES[2:]:
            yield f"select gatehouse.role_add('{role}', '', false, 'root')"
        order = self.chance.sample(ROLES, len(ROLES))
        for at, role in enumerate(order):
            for other in order[at + 1:]:
                # What everybody has is everybody's: seldom.
                if self.often(4 if role in ROLES[:2] else 22):
                    yield (f"select gatehouse.role_inherit('{role}', "
                           f"'{other}', '', 'root')")

    def add_applications(self):
        mounts = self.chance.sample(MOUNTS, 4)
        for n, (host, path) in enumerate(mounts):
            name = f"app{n}"
            self.applications.append(name)
            zone = self.pick("open", "internal", "confidential", "restricted")
            yield (f"select gatehouse.application_add('{name}', '{host}', "
                   f"'{path}', '{{http://a}}', 'forward', '{zone}', 'root')")
            for pattern in self.chance.sample(PATTERNS, 4):
                permission = f"p{len(self.permissions)}"
                self.permissions.append((name, permission))
                yield (f"select gatehouse.permission_add('{name}', "
                       f"'{permission}', '{pattern}', "
                       f"'{{{self.pick(*METHODS)}}}', 'root')")

    def permit(self):
        application, permission = self.chance.choice(self.permissions)
        return ("select gatehouse.role_grant_permission("
                f"'{self.pick(*ROLES)}', '{application}', '{permission}', "
                f"{self.span()}, '', 'root', "
                f"p_condition => {self.condition(50)})")

    def give(self, account):
        role = self.pick(*ROLES[2:])
        self.given.append((role, account))
        return ("select gatehouse.role_grant_account("
                f"'{role}', '{account}', {self.span()}, '', "
                f"'root', p_condition => {self.condition(50)})")

    def zone_change(self):
        zone = self.pick("open", "internal", "confidential", "restricted")
        return (f"select gatehouse.zone_change('{zone}', 'root', "
                f"p_condition => coalesce({self.condition(60)}, ''))")

    def policy(self):
        """The statements of a whole policy. Those that are refused, such as a
        second grant of one role, change nothing."""
        yield from self.add_conditions()
        yield from self.add_roles()
        yield from self.add_applications()
        for _ in range(2):
            yield self.zone_change()
        for _ in range(34):
            yield self.permit()
        for account in ACCOUNTS:
            for _ in range(self.chance.randrange(4)):
                yield self.give(account)

    # --- changes -----------------------------------------------------------

    def leaf_change(self):
        return ("select gatehouse.condition_change('leaf2', null, null, null, "
                f"'{{{self.pick(*NETWORKS)}}}', null, null, null, null, null, "
                "'root')")

    def grant_change(self):
        return self.pick(self.permit(), self.give(self.pick(*ACCOUNTS)))

    def account_change(self):
        account = self.pick(*ACCOUNTS)
        return self.pick(
            f"select gatehouse.account_disable('{account}', 'left', 'root')",
            f"select gatehouse.account_enable('{account}', 'root')")

    def revocation(self):
        role, account = self.chance.choice(self.given)
        return ("select gatehouse.role_revoke_account("
                f"'{role}', '{account}', '', 'root')")

    def disinheritance(self):
        return ("select gatehouse.role_disinherit("
                f"'{self.pick(*ROLES)}', '{self.pick(*ROLES)}', '', 'root')")

    def mount_change(self):
        return ("update gatehouse_data.application set path = "
                f"'/{self.pick('d', 'e', 'f')}' || application_id || '/' "
                f"where name = '{self.chance.choice(self.applications)}'")

    def removal(self):
        if self.often(70):
            return self.revocation()
        return ("select gatehouse.application_remove("
                f"'{self.chance.choice(self.applications)}', '', 'root')")

    def change(self):
        """A few statements that change it."""
        return [self.chance.choice(self.changes)() for _ in range(4)]

    # --- requests ----------------------------------------------------------

    def request(self, at_us=None):
        at_us = self.instant() if at_us is None else at_us
        ago = self.pick(None, 0, 1, -1000000, *(
            seconds * 1000000 + edge for seconds in AGES for edge in EDGES))
        known = self.pick(None, -1, *(seconds + edge for seconds in KNOWN
                                      for edge in (0, 0, 1, -1)))
        return (at_us, self.pick(*CLIENTS),
                None if ago is None else at_us - ago, self.pick(*COUNTRIES),
                self.pick(*ASNS), self.pick(*LEVELS), known,
                self.pick(*HOSTS), self.pick(*PATHS),
                self.pick(*ASKED))
