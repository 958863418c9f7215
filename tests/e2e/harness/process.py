# SPDX-License-Identifier: Apache-2.0
"""Looks at a process from outside (memory, CPU, descriptors) and stops the
ones this suite started, with bounded waits."""

import os
import re
import signal
import socket
import subprocess

SANITIZER = re.compile(rb"(Address|Leak|Memory|Thread|UndefinedBehavior)"
                       rb"Sanitizer|runtime error:|DEADLYSIGNAL")
TICKS = os.sysconf("SC_CLK_TCK")


def rss_kib(pid):
    """Resident memory in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def cpu_seconds(pid):
    """User and system time used so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        words = stat.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def is_alive(pid):
    """A zombie is not alive."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_sanitized(binary):
    """True when the program was built with AddressSanitizer or TSan: its
    memory figures mean something else then."""
    with open(binary, "rb") as program:
        data = program.read()
    return b"__asan_init" in data or b"__tsan_init" in data


def allowance(pid, plain, sanitized):
    """KiB that the memory of a process may grow: AddressSanitizer keeps what
    was freed for a while."""
    return sanitized if is_sanitized(f"/proc/{pid}/exe") else plain


def free_port():
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def stop(process, seconds=10.0):
    """SIGTERM, a bounded wait, SIGKILL; returns the exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
    return process.returncode


class LogWatch:
    """A log file, read from where the last look ended."""

    def __init__(self, path):
        self.path = path
        self.at = os.path.getsize(path) if os.path.exists(path) else 0
        self.begin = self.at
        self.report = b""    # a sanitizer's words, once they were seen

    def news(self):
        """The bytes that came since the last call."""
        if not os.path.exists(self.path):
            return b""
        with open(self.path, "rb") as log:
            log.seek(self.at)
            data = log.read()
        self.at += len(data)
        found = SANITIZER.search(data)
        if found:
            begin = data.rfind(b"\n", 0, found.start()) + 1
            self.report = data[begin:begin + 1200]
        return data

    def reported(self, size=4000):
        """A sanitizer's words since this watch began, looked at or not."""
        if not os.path.exists(self.path):
            return ""
        with open(self.path, "rb") as log:
            log.seek(self.begin)
            data = log.read()
        found = SANITIZER.search(data)
        if not found:
            return ""
        begin = data.rfind(b"\n", 0, found.start()) + 1
        return data[begin:begin + size].decode("latin-1")

    def last_words(self):
        """For a report: a sanitizer's words, which may be far above the last
        lines, and these."""
        reported = self.reported()
        if reported:
            reported = f"the sanitizer: {reported}\n"
        return f"{reported}its last words: {self.tail()}"

    def tail(self, size=1500):
        """The last bytes of it."""
        if not os.path.exists(self.path):
            return ""
        with open(self.path, "rb") as log:
            log.seek(max(0, os.path.getsize(self.path) - size))
            return log.read().decode("latin-1")
