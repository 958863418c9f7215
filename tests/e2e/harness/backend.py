# SPDX-License-Identifier: Apache-2.0
"""Scripted applications: they answer exactly the bytes a case sets and
keep every byte they received.

A script is bytes (sent, then the connection is closed) or a function
script(peer, request); when the function returns and the connection is still
open, the next request is read from it. One thread a connection.
"""

import hashlib
import itertools
import os
import re
import select
import socket
import struct
import threading
from dataclasses import dataclass, field

from .answer import parse_fields

PLAIN = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
         b"Content-Length: 3\r\n\r\nok\n")


@dataclass
class Arrived:
    """One request that an application received."""

    application: str
    method: str
    target: str
    headers: list
    body_length: int = 0
    body_sha256: str = ""
    body: bytes = b""
    head: bytes = b""
    flaws: list = field(default_factory=list)   # against RFC 9112
    is_cut: bool = False      # the body ended before its framing says
    connection: int = 0       # of the application, counted from 1
    number: int = 0           # order of arrival over all applications

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]


ORDER = itertools.count(1)
HEAD_LINE = re.compile(rb"[A-Z][A-Z-]{0,31} /[!-~]* HTTP/1\.1\r\n\Z")
FIELD_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?"
                        rb"[\t\x20-\x7e\x80-\xff]*\r\n\Z")


def flaws_of(head):
    """What a strict server would refuse in a head."""
    lines = head.split(b"\r\n")[:-2]
    flaws = []
    if not HEAD_LINE.match(lines[0] + b"\r\n"):
        flaws.append(f"request line {lines[0]!r}")
    flaws += [f"field {line!r}" for line in lines[1:]
              if not FIELD_LINE.match(line + b"\r\n")]
    names = [n.lower() for n, _ in parse_fields(b"\r\n".join(lines[1:]))]
    for name in ("host", "content-length", "transfer-encoding"):
        if names.count(name) > 1:
            flaws.append(f"{name} more than once")
    if "content-length" in names and "transfer-encoding" in names:
        flaws.append("both framings")
    if names.count("host") != 1:
        flaws.append("no host")
    return flaws


class Peer:
    """The application's side of one connection of the gateway."""

    def __init__(self, sock, number):
        self.sock = sock
        self.number = number
        self.rest = b""
        self.open = True

    def send(self, data):
        try:
            self.sock.sendall(data)
            return True
        except OSError:
            return False

    def close(self):
        if self.open:
            self.open = False
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.sock.close()

    def reset(self):
        """Closes with RST (TCP; a unix socket just closes)."""
        if self.open:
            self.open = False
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
            self.sock.close()

    def more(self):
        try:
            data = self.sock.recv(262144)
        except OSError:
            data = b""
        self.rest += data
        return bool(data)

    def gone(self, seconds=5.0):
        """True when the gateway closes this connection in time."""
        ready, _, _ = select.select([self.sock], [], [], seconds)
        return bool(ready) and not self.more()


class Application:
    """A scripted application on a unix socket path or a TCP port."""

    def __init__(self, name, path=None):
        self.name = name
        self.path = path
        self.script = None
        self.on_accept = None      # may answer or close before any request
        self.early = False         # run the script before the body is read
        self.requests = []
        self.began = 0             # heads whose first byte has come
        self.accepted = 0
        self.peers = set()
        self.lock = threading.Lock()
        self.listener = None
        self.port = 0
        self.start()

    @property
    def url(self):
        if self.path:
            return f"http://unix:{self.path}"
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        if self.path:
            if os.path.exists(self.path):
                os.unlink(self.path)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(self.path)
            os.chmod(self.path, 0o666)
        else:
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
            self.port = listener.getsockname()[1]
        listener.listen(1024)
        self.listener = listener
        threading.Thread(target=self.accept, args=(listener,),
                         daemon=True).start()

    def stop(self):
        """Stops listening and closes what is open, as a restart does."""
        listener, self.listener = self.listener, None
        if listener:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        self.drop()

    def drop(self):
        """Closes every connection, keeps listening."""
        with self.lock:
            peers = list(self.peers)
        for peer in peers:
            peer.close()

    def calm(self, script=None):
        """Back to the plain answer; forgets what was recorded."""
        self.script = script
        self.on_accept = None
        self.early = False
        with self.lock:
            self.requests = []
            self.began = 0

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            peer = Peer(sock, self.accepted)
            with self.lock:
                self.peers.add(peer)
            threading.Thread(target=self.serve, args=(peer,),
                             daemon=True).start()

    def serve(self, peer):
        try:
            if self.on_accept:
                self.on_accept(peer)
            while peer.open and self.answer_one(peer):
                pass
        except OSError:
            pass
        finally:
            peer.close()
            with self.lock:
                self.peers.discard(peer)

    def answer_one(self, peer):
        while b"\r\n\r\n" not in peer.rest:
            empty = not peer.rest
            if not peer.more():
                return False
            if empty:
                self.began += 1
        head, _, peer.rest = peer.rest.partition(b"\r\n\r\n")
        request = self.parse(head + b"\r\n\r\n", peer.number)
        script = self.script
        if self.early:
            self.note(request)
        else:
            whole = self.read_body(peer, request)
            self.note(request)
            if not whole:
                return False
        if script is None:
            self.plain(peer, request)
        elif isinstance(script, bytes):
            peer.send(script)
            peer.close()
        else:
            script(peer, request)
        return True

    def note(self, request):
        with self.lock:
            request.number = next(ORDER)
            self.requests.append(request)

    @staticmethod
    def plain(peer, request):
        head, _, body = PLAIN.partition(b"\r\n\r\n")
        bare = request.method == "HEAD"
        peer.send(head + b"\r\n\r\n" + (b"" if bare else body))

    def parse(self, head, number):
        line, _, block = head.partition(b"\r\n")
        words = (line.decode("latin-1").split(" ") + ["", ""])[:2]
        return Arrived(self.name, words[0], words[1], parse_fields(block),
                       head=head, flaws=flaws_of(head), connection=number)

    def read_body(self, peer, request):
        """Reads by the request's framing; False when it ends early."""
        if "chunked" in ",".join(request.all("Transfer-Encoding")):
            whole = self.read_chunks(peer, request)
        else:
            left = int((request.all("Content-Length") or ["0"])[0] or 0)
            request.body, whole = self.take(peer, left)
        request.is_cut = not whole
        request.body_length = len(request.body)
        request.body_sha256 = hashlib.sha256(request.body).hexdigest()
        return whole

    @staticmethod
    def take(peer, count):
        while len(peer.rest) < count:
            if not peer.more():
                return peer.rest, False
        data, peer.rest = peer.rest[:count], peer.rest[count:]
        return data, True

    def read_chunks(self, peer, request):
        parts = []
        while True:
            while b"\r\n" not in peer.rest:
                if not peer.more():
                    return False
            line, _, peer.rest = peer.rest.partition(b"\r\n")
            count = int(line, 16)
            data, whole = self.take(peer, count + 2)
            if not whole:
                request.body = b"".join(parts)
                return False
            if count == 0:
                request.body = b"".join(parts)
                return data == b"\r\n"
            parts.append(data[:-2])
