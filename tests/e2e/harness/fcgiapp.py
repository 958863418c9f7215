# SPDX-License-Identifier: Apache-2.0
"""An application that speaks FastCGI: keeps the variables and the body of
every request that a web server sends to its socket, and answers 200."""

import os
import socket
import struct
import threading

from .fcgi import BEGIN, END, PARAMS, STDIN, STDOUT, rec

ANSWER = b"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nok\n"


def take_size(data):
    """A length as FastCGI writes it, and what follows it."""
    if data[0] < 128:
        return data[0], data[1:]
    return struct.unpack(">I", data[:4])[0] & 0x7fffffff, data[4:]


def pairs_of(data):
    """The name-value pairs of a PARAMS stream, in their order."""
    found = []
    while data:
        name_len, data = take_size(data)
        value_len, data = take_size(data)
        whole = name_len + value_len
        found.append((data[:name_len].decode("latin-1"),
                      data[name_len:whole].decode("latin-1")))
        data = data[whole:]
    return found


class FcgiApplication:
    """Listens until it is closed; `requests` are (pairs, body)."""

    def __init__(self, path):
        self.requests = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(16)
        threading.Thread(target=self.run, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def run(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        """One request; a web server that leaves is left."""
        streams = {BEGIN: b"", PARAMS: b"", STDIN: b""}
        with sock, sock.makefile("rb") as records:
            while True:
                head = records.read(8)
                if len(head) < 8:
                    return
                kind, length, padding = head[1], *struct.unpack(
                    ">HB", head[4:7])
                content = records.read(length + padding)[:length]
                if kind in streams:
                    streams[kind] += content
                if kind == STDIN and not length:
                    break
            self.requests.append((pairs_of(streams[PARAMS]), streams[STDIN]))
            sock.sendall(rec(STDOUT, 1, ANSWER) + rec(STDOUT)
                         + rec(END, 1, b"\0" * 8))
