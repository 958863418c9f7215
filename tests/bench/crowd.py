# SPDX-License-Identifier: Apache-2.0
"""Very many who are signed in, without as many sign-ins: session rows as the
gateway would have written them, the cookies that belong to them, and a visit
of each, so that a gateway remembers it. Used by tests/bench/run."""

import os
import re
import secrets
import socket
import threading

from harness.keyring import url64
from world import HOST, BenchError

ACCOUNTS = 32
VISITORS = 16
AT_ONCE = 32
COLUMNS = """token_hash, reference, binding, account_id, created_at,
    authenticated_at, last_seen_at, idle, absolute, expires_at"""
TIMES = "now\tnow\tnow\t1 hour\t12 hours\ttomorrow"


def accounts(sign_in):
    """Accounts of the crowd; nobody signs in to them."""
    add = "select gatehouse.account_add('c{0}', 'C {0}', '', 'bench')"
    return [int(sign_in.cluster.admin(add.format(n)))
            for n in range(ACCOUNTS)]


def row(ring, account_id):
    """One session: its cookie, and its row for COPY."""
    token = url64(secrets.token_bytes(32))
    reference = secrets.token_bytes(16)
    stored = ring.stored(token, HOST.encode())
    cells = stored, reference, ring.bind_session(stored, reference, account_id)
    line = "\t".join(f"\\\\x{cell.hex()}" for cell in cells)
    return f"__Host-id={token}", f"{line}\t{account_id}\t{TIMES}"


def make(sign_in, n):
    """The cookies of n sessions that are in the database."""
    owners = accounts(sign_in)
    path = f"{sign_in.cluster.folder}/sessions"
    cookies = []
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w",
              encoding="ascii") as file:
        for i in range(n):
            cookie, line = row(sign_in.ring, owners[i % ACCOUNTS])
            cookies.append(cookie)
            file.write(line + "\n")
    do = sign_in.cluster.do
    do(f"copy gatehouse_data.session ({COLUMNS}) from '{path}'")
    do("vacuum analyze gatehouse_data.session")
    os.unlink(path)
    return cookies


def visit(port, cookies):
    """One connection that asks with each of the cookies, some at once."""
    with socket.create_connection(("127.0.0.1", port), 30) as sock:
        for i in range(0, len(cookies), AT_ONCE):
            some = cookies[i:i + AT_ONCE]
            sock.sendall("".join(
                f"GET /app/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}"
                "\r\n\r\n" for cookie in some).encode())
            answers = b""
            while (answers.count(b"HTTP/1.1 200 ") < len(some)
                   or not answers.endswith(b"x" * 1024)):
                answers += (more := sock.recv(65536))
                if not more or re.search(rb"HTTP/1\.1 (?!200)\d{3}", answers):
                    raise BenchError(f"a visit: {answers[:300]!r}")


def visit_all(port, cookies):
    """A visit with each cookie, from several connections."""
    errors = []

    def some(share):
        try:
            visit(port, share)
        except (BenchError, OSError) as error:
            errors.append(error)

    threads = [threading.Thread(target=some, args=(cookies[i::VISITORS],))
               for i in range(VISITORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise BenchError(f"the crowd's visits: {errors[0]}")


def gather(world, n):
    """Signs n in, has the gateway remember them, and tells variants T and M
    their cookies. Returns bytes of memory that the gateway took for each."""
    cookies = make(world.sign_in, n)
    for variant, some in (("T", cookies[:10]), ("M", cookies)):
        path = world.dir / f"cookies.{variant}"
        path.write_text("\n".join(some) + "\n")
        world.crowds[variant] = path
    # Whatever else a gateway takes memory for, it has taken then.
    visit_all(world.ports["M"], cookies[:10] * 100)
    before = world.memory("large")
    visit_all(world.ports["M"], cookies)
    return (world.memory("large") - before) / max(n - 10, 1)
