# SPDX-License-Identifier: Apache-2.0
"""A raw FastCGI client: builds records byte by byte, reads leniently.

The builder has the notation of the attack list: rec(), P(), REQ(). Nothing
is checked on the way out; that is the point.
"""

import re
import struct
import time

from .answer import Answer, parse_fields
from .connect import connect_as
from .http1 import PATIENCE

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
COMPLETE, CANT_MPX, OVERLOADED, UNKNOWN_ROLE = 0, 1, 2, 3


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("latin-1")


def rec(kind, ident=1, content=b"", padding=b"", version=1, reserved=0):
    """One record; the lengths in the head are those of the parts."""
    content = as_bytes(content)
    return struct.pack(">BBHHBB", version, kind, ident, len(content),
                       len(padding), reserved) + content + padding


def size(number):
    """A length as FastCGI writes it."""
    if number < 128:
        return bytes([number])
    return struct.pack(">I", number | 0x80000000)


def P(name, value):
    """One name-value pair."""
    name, value = as_bytes(name), as_bytes(value)
    return size(len(name)) + size(len(value)) + name + value


def begin(role=RESPONDER, keep=0, ident=1):
    return rec(BEGIN, ident, struct.pack(">HB5x", role, keep))


def stream(kind, data, ident=1, step=65528, end=True):
    """A stream cut into records, with its empty record."""
    parts = [rec(kind, ident, data[i:i + step])
             for i in range(0, len(data), step)]
    return b"".join(parts) + (rec(kind, ident) if end else b"")


def base(uri="/public/", method="GET", **more):
    """The parameters of a default request as a list of pairs; a keyword
    replaces one, None drops it."""
    path, _, query = uri.partition("?")
    pairs = {
        "REQUEST_METHOD": method, "REQUEST_URI": uri, "SCRIPT_NAME": path,
        "QUERY_STRING": query, "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1", "HTTPS": "on",
        "SERVER_NAME": "localhost", "HTTP_HOST": "localhost:8443",
    }
    pairs.update(more)
    return [(n, v) for n, v in pairs.items() if v is not None]


def params(pairs):
    return b"".join(P(n, v) for n, v in pairs)


def REQ(pairs, body=None, keep=0, ident=1):
    """A whole request; a body brings its CONTENT_LENGTH unless the pairs
    already have one."""
    if body is not None and not any(n == "CONTENT_LENGTH" for n, _ in pairs):
        pairs = pairs + [("CONTENT_LENGTH", str(len(body)))]
    return (begin(keep=keep, ident=ident)
            + stream(PARAMS, params(pairs), ident)
            + stream(STDIN, body or b"", ident))


class FcgiPeer:
    """One connection to an entry of the gateway."""

    def __init__(self, path, timeout=PATIENCE, account="www-data"):
        self.sock = connect_as(account, path, timeout)
        self.rest = b""
        self.ended = False
        self.started = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.started = time.monotonic()
        try:
            self.sock.sendall(data)
            return True
        except ConnectionError:
            return False

    def more(self):
        try:
            data = self.sock.recv(262144)
        except ConnectionError:
            data = b""
        self.rest += data
        self.ended = self.ended or not data
        return bool(data)

    def record(self):
        """The next record as (type, id, content), None at the end."""
        while len(self.rest) < 8:
            if not self.more():
                return None
        version, kind, ident, length, padding, _ = struct.unpack(
            ">BBHHBB", self.rest[:8])
        whole = 8 + length + padding
        while len(self.rest) < whole:
            if not self.more():
                return None
        content, self.rest = self.rest[8:8 + length], self.rest[whole:]
        if version != 1:
            return None
        return kind, ident, content

    def read(self, method="GET", ident=1):
        """Records up to the END_REQUEST of `ident`, or to the end of the
        connection, as one answer."""
        answer, out = Answer(), []
        while True:
            record = self.record()
            if record is None:
                break
            kind, its, content = record
            if its != ident or kind not in (STDOUT, STDERR, END):
                answer.others.append(record)
            elif kind == STDOUT:
                out.append(content)
            elif kind == STDERR:
                answer.stderr += content
            else:
                app, protocol = struct.unpack(">IB", content[:5])
                answer.end = (app, protocol)
                break
        parse_cgi(answer, b"".join(out), method)
        answer.seconds = time.monotonic() - self.started
        return answer

    def is_closed(self):
        """True when the gateway ends the connection without a word."""
        while self.more():
            pass
        return not self.rest


def parse_cgi(answer, out, method):
    """Fills an answer from the bytes of STDOUT."""
    found = re.search(rb"\r?\n\r?\n", out)
    if not found:
        answer.body = out
        return
    answer.head = out[:found.end()]
    answer.headers = parse_fields(out[:found.start()])
    status = answer.one("Status") or "200"
    answer.status = int(status[:3])
    answer.reason = status[4:]
    answer.body = out[found.end():]
    answer.length = len(answer.body)
    wanted = answer.all("Content-Length")
    answer.complete = answer.end is not None and (
        method == "HEAD" or not wanted or answer.status == 304
        or int(wanted[0]) == answer.length)

