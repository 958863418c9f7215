# SPDX-License-Identifier: Apache-2.0
"""Connections to the gateway's socket made under another account.

The gateway asks the kernel who is calling, so a small process for each
account makes the connection and hands the descriptor over. Forked when this
is imported, before any thread exists; a child ends when its parent does.
"""

import os
import pwd
import socket
import threading


class Connector:
    """The process of one account."""

    def __init__(self, account):
        self.ours, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.lock = threading.Lock()
        if os.fork() == 0:
            self.ours.close()
            try:
                serve(theirs, pwd.getpwnam(account))
            finally:
                os._exit(0)
        theirs.close()

    def connect(self, path):
        """A connected socket; OSError as connect() gives it."""
        with self.lock:
            self.ours.send(path.encode())
            word, fds, _, _ = socket.recv_fds(self.ours, 64, 1)
        if not fds:
            number = int(word)
            raise OSError(number, os.strerror(number))
        return socket.socket(fileno=fds[0])


def serve(pipe, who):
    """The child: becomes the account, connects where it is told to."""
    os.setgroups([])
    os.setgid(who.pw_gid)
    os.setuid(who.pw_uid)
    while True:
        path = pipe.recv(4096)
        if not path:
            return
        with socket.socket(socket.AF_UNIX) as sock:
            try:
                sock.settimeout(5)
                sock.connect(path.decode())
                sock.settimeout(None)
                socket.send_fds(pipe, [b"0"], [sock.fileno()])
            except OSError as error:
                pipe.send(b"%d" % (error.errno or 110))


CONNECTORS = {name: Connector(name) for name in ("www-data", "nobody")}


def connect_as(account, path, timeout):
    """A socket connected to `path` by this account."""
    if account == "root":
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        sock.connect(path)
        return sock
    sock = CONNECTORS[account].connect(path)
    sock.settimeout(timeout)
    return sock
