# SPDX-License-Identifier: Apache-2.0
"""Accounts and sessions as they must be, in a few lines of Python: which roles
an account holds, which tokens a session has, why it is over, and which answers
a gateway that remembers may give for how long. Knows no gateway, no database;
the case that walks beside the product tells it what was done and where.
"""

import time
from dataclasses import dataclass, field

BOUND = 1.0              # the setting `freshness`, by default
ROLES = ("admin", "user", "hr")      # in the order applications are told
# What an application asks for; None: that somebody is signed in.
NEEDS = {"app": "user", "admin": "admin", "closed": None, "public": None}
# What a session that is over is called in the database, and on its way to the
# sign-in page.
WORDS = {"idle": "idle", "absolute": "expired", "logout": "signed_out",
         "revoked": "ended", "replaced": "ended", "disabled": "account",
         "reused": "reused", "rights_changed": "permissions",
         "moved": "moved"}
UNKNOWN = "unknown"      # the word for a token that opens nothing


class Token:
    """One text that a browser brings; why it opens nothing, over time."""

    def __init__(self, text):
        self.text = text
        self.history = [(None, 0.0, None)]     # why, since, at which gateway

    @property
    def why(self):
        return self.history[-1][0]

    def becomes(self, why, where):
        """What was done has been answered; `where` is the gateway that did
        it, None when it was done in the database."""
        if why != self.why:
            self.history.append((why, time.monotonic(), where))

    def possible(self, gateway, at):
        """What a gateway may say to a request that begins at an instant: what
        holds, and what held within the bound unless it was changed here."""
        found = set()
        for why, since, where in reversed(self.history):
            found.add(why)
            if where == gateway or since < at - BOUND:
                break
        return found

    def is_settled(self, at):
        return self.history[-1][1] < at - BOUND


@dataclass
class Account:
    name: str
    password: str
    roles: set
    is_active: bool = True

    def groups(self):
        return ",".join(role for role in ROLES if role in self.roles)


@dataclass
class Session:
    """Its roles are those that the account had at its beginning: when they
    change it is over."""
    number: int
    account: Account
    groups: str
    current: Token
    reference: str = ""
    previous: Token = None
    offered: Token = None
    former: list = field(default_factory=list)    # one ends it when it comes
    may_offer: bool = False       # its token is old
    why: str = None               # it is over, in the database's word

    def may(self, app):
        return NEEDS[app] is None or NEEDS[app] in self.groups.split(",")

    def tokens(self):
        """Those that may come without an end, as long as it is live."""
        good = [token for token in (self.current, self.previous,
                                    self.offered) if token]
        return good + self.former if self.why else good

    def ends(self, why, where):
        self.why = why
        for token in self.tokens():
            token.becomes(WORDS[why], where)

    def is_due(self):
        """Its token is old; the time of the one before is over."""
        if self.previous:
            self.former.append(self.previous)
        self.previous, self.may_offer = None, True

    def renews(self):
        """The browser has brought what it was offered."""
        self.previous, self.current = self.current, self.offered
        self.offered, self.may_offer = None, False


class Model:
    """All of it. What ends is kept: it must stay so."""

    def __init__(self, accounts):
        self.accounts = accounts
        self.sessions = []

    def begin(self, account, text):
        session = Session(len(self.sessions) + 1, account, account.groups(),
                          Token(text))
        self.sessions.append(session)
        return session

    def live(self, account=None):
        return [one for one in self.sessions if one.why is None
                and account in (None, one.account)]

    def over(self):
        return [one for one in self.sessions if one.why]

    def end_all(self, account, why, where, but=None):
        """Those of an account that are live; returns them."""
        ended = [one for one in self.live(account) if one is not but]
        for session in ended:
            session.ends(why, where)
        return ended
