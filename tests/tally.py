#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what ctest ran: tally.py JUNIT_FILE.

A program that says `NAME: 12 tests, 12 passed, 0 failed` counts as its own
tests, any other as one. A program that ctest calls failed counts at least one
failure, whatever it says of itself; one that was not run counts as failed.
Prints a line for each failure and `N passed, N failed` last. Used by
tests/run."""

import re
import sys
import xml.etree.ElementTree

OWN_COUNT = re.compile(
    r"^\S+: \d+ tests, (\d+) passed, (\d+) failed$", re.MULTILINE)


def count(case):
    """Passed and failed of one program."""
    output = case.findtext("system-out") or ""
    is_good = case.get("status") == "run" and case.find("failure") is None
    counts = OWN_COUNT.findall(output)
    passed = sum(int(p) for p, _ in counts)
    failed = sum(int(f) for _, f in counts)
    if not counts:
        return int(is_good), int(not is_good)
    return passed, failed if is_good else max(failed, 1)


def main(path):
    passed = failed = 0
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        good, bad = count(case)
        passed += good
        failed += bad
        if bad:
            print(f"not ok {case.get('name')}: {bad} failed")
            print(case.findtext("system-out") or case.get("status"))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
