# SPDX-License-Identifier: Apache-2.0
"""The wire between a gateway and PostgreSQL: a socket like the server's that
passes connections on, resets them, and loses one statement or its answer.

It follows the protocol (frontend/backend, 3.0) as far as it has to: which
statement is bound by its name, and which ReadyForQuery answers its Sync. The
answer to that Sync is lost when it is complete: PostgreSQL has committed.
"""

import contextlib
import os
import select
import shutil
import socket
import tempfile
import threading
import time

from .check import wait_until

NAME = ".s.PGSQL.5432"
PATIENCE = 5.0      # for the first bytes of a connection that is reset


class Messages:
    """One direction, cut into messages. The client's first has no type."""

    def __init__(self, has_first=False):
        self.bytes = bytearray()
        self.head = 0 if has_first else 1

    def feed(self, data):
        """(type, content, all its bytes) of what is complete now."""
        self.bytes += data
        while len(self.bytes) >= self.head + 4:
            size = self.head + int.from_bytes(
                self.bytes[self.head:self.head + 4], "big")
            if len(self.bytes) < size:
                return
            raw = bytes(self.bytes[:size])
            del self.bytes[:size]
            kind, content = raw[:self.head], raw[self.head + 4:]
            self.head = 1
            yield kind, content, raw


class Connection:
    """One connection of a gateway, and ours to the server for it."""

    def __init__(self, wire, client):
        self.wire = wire
        self.client = client
        self.server = socket.socket(socket.AF_UNIX)
        self.n_asked = 0        # Syncs that went to the server
        self.n_answered = -1    # ReadyForQuery of them: one more at first
        self.lost = None        # the Sync whose answer is lost

    def carry(self):
        """Until either end is over, or cut."""
        asks, answers = Messages(has_first=True), Messages()
        self.server.connect(self.wire.target)
        while True:
            for one in select.select([self.client, self.server], [], [])[0]:
                data = one.recv(65536)
                if not data:
                    return
                if one is self.client:
                    going = self.ask(asks.feed(data))
                else:
                    going = self.answer(answers.feed(data))
                if not going:
                    return

    def ask(self, messages):
        for kind, content, raw in messages:
            if kind == b"B" and self.lost is None:
                name = content.split(b"\0", 2)[1].decode()
                if self.wire.takes(name, is_done=False):
                    return False
                if self.wire.takes(name, is_done=True):
                    self.lost = self.n_asked
            if kind == b"S":
                self.n_asked += 1
            self.server.sendall(raw)
        return True

    def answer(self, messages):
        for kind, _, raw in messages:
            is_lost = self.n_answered == self.lost
            if not is_lost:
                self.client.sendall(raw)
            if kind == b"Z":
                self.n_answered += 1
            if kind == b"Z" and is_lost:
                self.wire.lost.set()
                return False
        return True

    def run(self):
        try:
            self.carry()
        except (OSError, ValueError):
            pass
        finally:
            self.wire.open.discard(self)
            self.cut()

    def cut(self):
        """Ends it; whoever is in select() wakes up."""
        for one in (self.client, self.server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        if threading.current_thread() is not self.thread:
            return
        self.client.close()
        self.server.close()

    def start(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()


class Wire:
    """Listens in a folder of its own as `cluster` does in its."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.target = f"{cluster.folder}/{NAME}"
        self.folder = tempfile.mkdtemp(prefix="gh-wire-", dir="/tmp")
        self.connects = []         # when somebody came
        self.is_resetting = False  # whoever comes is reset
        self.open = set()          # connections
        self.doomed = None         # (name, whether it reaches the server)
        self.lock = threading.Lock()
        self.lost = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)

    @property
    def dsn(self):
        return self.cluster.dsn.replace(self.cluster.folder, self.folder)

    def __enter__(self):
        os.chmod(self.folder, 0o755)
        self.listener.bind(f"{self.folder}/{NAME}")
        os.chmod(f"{self.folder}/{NAME}", 0o777)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
        shutil.rmtree(self.folder)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connects.append(time.monotonic())
            if self.is_resetting:
                reset(client)
                continue
            connection = Connection(self, client)
            self.open.add(connection)
            connection.start()

    def cut(self):
        """Ends every connection that is open."""
        for connection in list(self.open):
            connection.cut()

    def takes(self, name, is_done):
        """Whether this is the statement to lose; only one is."""
        with self.lock:
            if self.doomed != (name, is_done):
                return False
            self.doomed = None
            if not is_done:
                self.lost.set()
            return True

    @contextlib.contextmanager
    def losing(self, name, is_done):
        """The next statement of that name is cut off: before it reaches
        PostgreSQL, or, with `is_done`, when it has committed."""
        self.lost.clear()
        self.doomed = (name, is_done)
        yield
        wait_until(f"{name} is lost", self.lost.is_set, 20)


def reset(client):
    """Who has sent something that is not read sees a reset."""
    select.select([client], [], [], PATIENCE)
    client.close()
