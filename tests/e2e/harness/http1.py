# SPDX-License-Identifier: Apache-2.0
"""A raw HTTPS client: sends exactly the given bytes, reads leniently.

It adds nothing to what a case sends, and it tells a body that ended by its
framing from one that was cut off.
"""

import hashlib
import re
import socket
import ssl
import time

from .answer import Answer, parse_fields

PATIENCE = 15.0


def tls_context(*protocols):
    """A client context that believes any certificate (it is the demo's)."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


CONTEXT = tls_context()


class HttpPeer:
    """One TLS connection to a web server."""

    def __init__(self, front, timeout=PATIENCE, context=CONTEXT,
                 source=None):
        sock = socket.create_connection((front.address, front.port), timeout,
                                        source and (source, 0))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = context.wrap_socket(
            sock, server_hostname=front.host, suppress_ragged_eofs=False)
        self.rest = b""
        self.ended = False    # the peer closed its side
        self.started = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        """Sends all of it; a peer that hangs up early is no error here,
        because its answer may already be waiting."""
        self.started = time.monotonic()
        try:
            self.sock.sendall(data)
            return True
        except (ssl.SSLError, ConnectionError):
            return False

    def more(self):
        """Reads some bytes; False at the end of the connection."""
        try:
            data = self.sock.recv(262144)
        except (ssl.SSLEOFError, ConnectionError):
            data = b""
        except ssl.SSLError as error:
            if "TIMED" in str(error).upper():
                raise TimeoutError(str(error)) from error
            data = b""
        self.rest += data
        self.ended = self.ended or not data
        return bool(data)

    def read_until(self, mark):
        """Bytes up to and with the mark, or None at the end."""
        while mark not in self.rest:
            if not self.more():
                return None
        taken, _, self.rest = self.rest.partition(mark)
        return taken + mark

    def read(self, method="GET", keep=True):
        """One answer. With keep=False the body is counted and digested
        (`answer.body` is then its SHA-256 in hex), never held."""
        answer = Answer()
        while True:
            head = self.read_until(b"\r\n\r\n")
            if head is None:
                answer.seconds = time.monotonic() - self.started
                return answer
            line, _, block = head.partition(b"\r\n")
            found = re.match(rb"HTTP/1\.[01] (\d{3}) ?(.*)$", line)
            status = int(found.group(1)) if found else -1
            if not 100 <= status < 200:
                break
            answer.interim.append(status)
        answer.head = head
        answer.status = status
        answer.reason = found.group(2).decode("latin-1") if found else ""
        answer.headers = parse_fields(block)
        self.read_body(answer, method, keep)
        answer.seconds = time.monotonic() - self.started
        return answer

    def read_body(self, answer, method, keep):
        sink = Sink(keep)
        if method == "HEAD" or answer.status in (204, 304):
            answer.complete = True
        elif "chunked" in ",".join(answer.all("Transfer-Encoding")).lower():
            answer.complete = self.read_chunks(answer, sink)
        elif answer.all("Content-Length"):
            left = int(answer.all("Content-Length")[0])
            answer.complete = self.read_counted(left, sink)
        else:
            while self.rest or self.more():
                sink.take(self.rest)
                self.rest = b""
            answer.complete = True
        answer.length = sink.length
        answer.body = sink.result()

    def read_counted(self, left, sink):
        while left:
            if not self.rest and not self.more():
                return False
            piece, self.rest = self.rest[:left], self.rest[left:]
            sink.take(piece)
            left -= len(piece)
        return True

    def read_chunks(self, answer, sink):
        while True:
            line = self.read_until(b"\r\n")
            if line is None:
                return False
            size = int(line.split(b";")[0].strip() or b"0", 16)
            if size == 0:
                break
            if not self.read_counted(size, sink):
                return False
            if self.read_until(b"\r\n") is None:
                return False
        while True:
            line = self.read_until(b"\r\n")
            if line is None:
                return False
            if line == b"\r\n":
                return True
            answer.trailers += parse_fields(line)


class Sink:
    """Where body bytes go: kept, or only counted and digested."""

    def __init__(self, keep):
        self.parts = [] if keep else None
        self.digest = hashlib.sha256()
        self.length = 0

    def take(self, data):
        self.length += len(data)
        if self.parts is None:
            self.digest.update(data)
        else:
            self.parts.append(data)

    def result(self):
        if self.parts is None:
            return self.digest.hexdigest().encode()
        return b"".join(self.parts)


def ask(front, raw, timeout=PATIENCE, keep=True):
    """One connection, exactly these bytes, one answer."""
    method = raw.split(b" ", 1)[0].decode("latin-1")
    with HttpPeer(front, timeout) as peer:
        peer.send(raw)
        return peer.read(method, keep)
