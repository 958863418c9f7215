# SPDX-License-Identifier: Apache-2.0
"""A clock that is wrong: what a process that libfaketime is loaded into takes
for the time of day. CLOCK_MONOTONIC and CLOCK_BOOTTIME stay what they are, as
when somebody sets a machine's clock."""

import os
import pathlib

from .check import Failed

DAY = 86400


class WrongClock:
    """A clock that is `seconds` ahead; it can be set while it is read."""

    def __init__(self, folder, seconds=0):
        found = sorted(pathlib.Path("/usr/lib").glob(
            "*/faketime/libfaketimeMT.so.1"))
        if not found:
            raise Failed("libfaketime is not installed")
        self.path = f"{folder}/clock"
        self.set(seconds)
        self.env = {
            "LD_PRELOAD": str(found[0]), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_TIMESTAMP_FILE": self.path,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "ASAN_OPTIONS": ":".join(filter(None, (
                os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))}

    def set(self, seconds):
        """Whoever reads it meanwhile sees the old or the new time."""
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}\n")
        os.chmod(self.path + ".new", 0o644)
        os.replace(self.path + ".new", self.path)
