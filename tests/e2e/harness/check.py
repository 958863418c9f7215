# SPDX-License-Identifier: Apache-2.0
"""The few ways in which a case can fail, and one bounded wait.

Each helper names what it looked at, so that a `not ok` line can be read
without the source.
"""

import threading
import time


class Failed(Exception):
    """A case did not see what it had to see."""


def short(value, limit=300):
    """Text of a value that fits a line of the report."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[:limit] + "…"


def true(what, fact, detail=""):
    if not fact:
        raise Failed(what + (f": {short(detail)}" if detail != "" else ""))


def equal(what, got, want):
    if got != want:
        raise Failed(f"{what}: got {short(got)}, want {short(want)}")


def among(what, got, allowed):
    if got not in allowed:
        raise Failed(f"{what}: got {short(got)}, want one of {allowed}")


def wait_until(what, fact, seconds=5.0):
    """Asks until `fact` answers something true; returns that answer."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while True:
        value = fact()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds:g} s")
        pause.wait(0.01)
