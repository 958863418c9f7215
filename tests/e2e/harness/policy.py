# SPDX-License-Identifier: Apache-2.0
"""The policy of a world with accounts: what an administrator does to it, the
copy that every case begins with, and which events its changes are."""

import re

from .check import wait_until

LOADED = re.compile(r"event=policy_loaded version=(\d+)")
# In the order in which their rows can come back.
TABLES = {"zone": "zone_id", "application": "application_id",
          "resource": "resource_id", "permission": "permission_id",
          "role": "role_id", "role_inheritance": "role_inheritance_id",
          "role_exclusion": "role_exclusion_id",
          "condition": "condition_id", "condition_part": "condition_part_id",
          "account_role": "grant_id", "role_permission": "grant_id"}
# What goes with an application, and does not come back.
WITH_APPLICATIONS = ("session_data", "account_data")
OF_ROLES = ("role", "role_inheritance", "role_exclusion", "account_role",
            "role_permission")
ACTOR = "suite"


def literal(value):
    """A parameter as SQL text; what it holds is the suite's own."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(literal(one) for one in value)
        return f"array[{inner}]::text[]"
    return f"$text${value}$text$"


class Policy:
    """Changes by the functions of administration, one call each."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.version = 0      # of the copy
        self.first = 0        # first state that belongs to the case

    def call(self, function, *values, actor=ACTOR, **named):
        """One function of administration; the actor is its last word, but for
        what is named, such as the condition of a grant."""
        text = ", ".join(literal(value) for value in (*values, actor))
        for name, value in named.items():
            if value is not None:
                text += f", p_{name} => {literal(value)}"
        return self.cluster.admin(
            f"select gatehouse.{function}({text})").strip()

    def application(self, name, path, *urls, host="", carrying="forward",
                    zone="internal"):
        return self.call("application_add", name, host, path, list(urls),
                         carrying, zone)

    def role(self, name, *inherits):
        self.call("role_add", name, "", False)
        for other in inherits:
            self.call("role_inherit", name, other, "")

    def permission(self, application, name, pattern="/**", *methods):
        return self.call("permission_add", application, name, pattern,
                         list(methods or ("*",)))

    def allow(self, role, application, name, start=None, end=None,
              reason="", condition=None):
        return self.call("role_grant_permission", role, application, name,
                         start, end, reason, condition=condition)

    def disallow(self, role, application, name, reason=""):
        return self.call("role_revoke_permission", role, application, name,
                         reason)

    def grant(self, role, account, start=None, end=None, reason="",
              condition=None):
        return self.call("role_grant_account", role, account, start, end,
                         reason, condition=condition)

    def condition(self, name, **asks_for):
        """A condition, by the names of condition_add's parameters."""
        first = [asks_for.pop(key, None) for key in (
            "hours", "days", "dates", "networks", "all", "any", "none",
            "time_zone", "first_day", "last_day", "meaning")]
        return self.call("condition_add", name, *first, **asks_for)

    def revoke(self, role, account, reason=""):
        return self.call("role_revoke_account", role, account, reason)

    def now(self):
        return self.cluster.one("select version from "
                                "gatehouse_data.policy_state")

    def keep(self):
        """Makes the copy."""
        self.cluster.do("create schema kept; " + "; ".join(
            f"create table kept.{name} as table gatehouse_data.{name}"
            for name in TABLES))
        self.version = self.now()

    def begin(self):
        """A case begins with the copy."""
        self.restore()
        self.first = self.cluster.one(
            "select max(policy_version_id) from gatehouse_data.policy_version")

    def restore(self):
        """The copy again, in one transaction, when anything was changed.
        Triggers are on: this is one more version, and the trail has it."""
        if self.now() == self.version:
            return False
        rows = "; ".join(
            f"insert into gatehouse_data.{name} overriding system value "
            f"select * from kept.{name} order by {key}"
            for name, key in TABLES.items())
        names = ", ".join(f"gatehouse_data.{name}"
                          for name in (*TABLES, *WITH_APPLICATIONS))
        self.cluster.do(f"begin; truncate {names}; {rows}; commit")
        self.version = self.now()
        return True

    def events(self):
        """The events that the changes of this case must have made, by the
        states that the policy went through."""
        rows = self.cluster.rows(
            "select relation from gatehouse_data.policy_version "
            f"where policy_version_id > {self.first}")
        return ["authz_change" if row["relation"] in OF_ROLES
                else "privilege_permissions_changed" for row in rows]


def await_loaded(gateway, version):
    """Until the gateway's log says that it has this version, or a newer."""
    def is_loaded():
        found = LOADED.findall(gateway.log.tail(20000))
        return found and int(found[-1]) >= version
    wait_until(f"the gateway has version {version} of the policy", is_loaded)
