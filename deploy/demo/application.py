#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The applications of the demonstration world: one process, one socket for
each application.

Shows every request as it came: method, target and the fields in their order,
with case and repetitions kept, as a page or (Accept: application/json) as
JSON. Owns its sockets and one descriptor of a log, to which each request adds
one line before it is answered. Speaks just enough HTTP/1.1 by hand for that,
and refuses what it cannot read with 400. Started by deploy/demo/run as an
account without rights; README.md of this folder lists the paths."""

import argparse
import asyncio
import hashlib
import html
import json
import os
import re
import signal
import sys
import time
import urllib.parse

HEAD_LIMIT = 256 * 1024
CHUNK = 64 * 1024
IDLE_SECONDS = 300
PATTERN = bytes(range(256)) * (CHUNK // 256)
PHRASES = {200: "OK", 204: "No Content", 304: "Not Modified",
           400: "Bad Request", 404: "Not Found"}

REQUEST_LINE = re.compile(rb"([A-Z][A-Z-]{0,63}) (/[!-~]*|\*) HTTP/1\.([01])")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*",
                   re.DOTALL)
SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{application}: {who}</title>
<style>
:root {{ --ink: #1d2733; --soft: #5b6877; --line: #d9dee4; --paper: #fff;
         --ground: #f4f6f8; --mark: #1f5f8b; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e4e9ee; --soft: #9aa7b4; --line: #313b46; --paper: #1b222a;
           --ground: #12171d; --mark: #7fb8de; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; padding: 2rem 1rem; background: var(--ground);
        color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }}
main {{ max-width: 52rem; margin: 0 auto; padding: 1.5rem 2rem;
        background: var(--paper); border: 1px solid var(--line);
        border-radius: .5rem; }}
h1 {{ margin: 0; font-size: 1.4rem; }}
h2 {{ margin: 1.75rem 0 .5rem; font-size: 1.05rem; }}
p {{ margin: .5rem 0; }}
.who {{ color: var(--mark); font-weight: 600; }}
.note, th {{ color: var(--soft); }}
code, td {{ font: .9rem/1.5 ui-monospace, monospace;
            overflow-wrap: anywhere; }}
table {{ width: 100%; border-collapse: collapse; }}
th, td {{ padding: .3rem 1rem .3rem 0; text-align: left; vertical-align: top;
          border-top: 1px solid var(--line); }}
th {{ width: 16rem; font-weight: 400; }}
@media (max-width: 40rem) {{
  main {{ padding: 1rem; }}
  th, td {{ display: block; width: auto; }}
  td {{ border: 0; padding-top: 0; }} }}
</style>
</head>
<body>
<main>
<h1>The application &ldquo;{application}&rdquo;</h1>
<p class="who">{who}</p>
<p class="note">This page stands behind Gatehouse and shows what it was
sent.</p>
<h2>Request</h2>
<p><code>{method} {target}</code></p>
<p class="note">Body: {length} bytes, SHA-256 <code>{digest}</code></p>
<h2>Fields, as they came</h2>
<table>
{rows}
</table>
</main>
</body>
</html>
"""


class Malformed(Exception):
    """What came is not a request that this program understands."""


class Request:
    """One request: its head, and what is known of its body so far."""

    def __init__(self, method, target, minor, fields):
        self.method = method
        self.target = target
        self.minor = minor
        self.fields = fields
        self.length = 0
        self.digest = hashlib.sha256()

    def values(self, name):
        return [v for n, v in self.fields if n.lower() == name]

    def value(self, name):
        return ", ".join(self.values(name))

    def keeps_alive(self):
        options = self.value("connection").lower()
        if self.minor == 0:
            return "keep-alive" in options
        return "close" not in options

    def wants_json(self):
        accept = self.value("accept")
        return "application/json" in accept and "text/html" not in accept

    def record(self, application):
        return {"application": application, "method": self.method,
                "target": self.target, "headers": self.fields,
                "body_length": self.length,
                "body_sha256": self.digest.hexdigest()}


def parse_head(head):
    """A Request from the bytes before the empty line."""
    first, *lines = head.split(b"\r\n")
    match = REQUEST_LINE.fullmatch(first)
    if not match:
        raise Malformed("request line")
    fields = []
    for line in lines:
        field = FIELD.fullmatch(line)
        if not field or any(c in field[2] for c in b"\r\n\0"):
            raise Malformed("field")
        fields.append([field[1].decode("latin-1"), field[2].decode("latin-1")])
    return Request(match[1].decode(), match[2].decode(), int(match[3]), fields)


async def read_body(reader, request):
    """The pieces of the body, counted and hashed as they pass."""
    coding = request.value("transfer-encoding").lower()
    lengths = request.values("content-length")
    if coding and (coding != "chunked" or lengths):
        raise Malformed("framing")
    if len(lengths) > 1 or (lengths and not lengths[0].isdecimal()):
        raise Malformed("content-length")
    pieces = (read_chunks(reader) if coding else
              read_exactly(reader, int(lengths[0]) if lengths else 0))
    async for piece in pieces:
        request.length += len(piece)
        request.digest.update(piece)
        yield piece


async def read_exactly(reader, left):
    while left:
        piece = await reader.read(min(left, CHUNK))
        if not piece:
            raise asyncio.IncompleteReadError(b"", left)
        left -= len(piece)
        yield piece


async def read_chunks(reader):
    while True:
        match = SIZE.fullmatch((await reader.readuntil(b"\r\n"))[:-2])
        if not match:
            raise Malformed("chunk size")
        size = int(match[1], 16)
        if size == 0:
            break
        async for piece in read_exactly(reader, size):
            yield piece
        if await reader.readexactly(2) != b"\r\n":
            raise Malformed("chunk end")
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass


class Answer:
    """Writes one answer; knows when a body must not be sent."""

    def __init__(self, writer, request):
        self.writer = writer
        self.head_only = request.method == "HEAD"
        self.keep = request.keeps_alive()
        self.chunked = False

    def start(self, status, kind, length=None):
        """The head; without a length the body goes in chunks, until end()."""
        head = [f"HTTP/1.1 {status} {PHRASES.get(status, 'Demonstration')}",
                "Date: " + time.strftime("%a, %d %b %Y %H:%M:%S GMT",
                                         time.gmtime())]
        if status in (204, 304):
            self.head_only = True
        else:
            self.chunked = length is None
            head += [f"Content-Type: {kind}", "Cache-Control: no-store",
                     "Transfer-Encoding: chunked" if self.chunked
                     else f"Content-Length: {length}"]
        head.append(f"Connection: {'keep-alive' if self.keep else 'close'}")
        self.writer.write(("\r\n".join(head) + "\r\n\r\n").encode())

    async def send(self, piece):
        if self.head_only or not piece:
            return
        if self.chunked:
            self.writer.write(b"%x\r\n" % len(piece))
        self.writer.write(piece)
        if self.chunked:
            self.writer.write(b"\r\n")
        await self.writer.drain()

    async def end(self):
        if self.chunked and not self.head_only:
            self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def whole(self, status, kind, text):
        body = text.encode()
        self.start(status, kind, len(body))
        await self.send(body)
        await self.end()


def page(application, request):
    """The request as a page for people."""
    user = request.value("remote-user")
    groups = request.value("remote-groups")
    who = f"Signed in: {user} ({groups})" if user else "Nobody is signed in."
    rows = "\n".join(
        f"<tr><th scope=\"row\">{html.escape(name)}</th>"
        f"<td>{html.escape(value)}</td></tr>"
        for name, value in request.fields)
    return PAGE.format(
        application=html.escape(application), who=html.escape(who), rows=rows,
        method=html.escape(request.method), target=html.escape(request.target),
        length=request.length, digest=request.digest.hexdigest())


async def show(answer, application, request):
    if request.wants_json():
        await answer.whole(200, "application/json; charset=utf-8",
                           json.dumps(request.record(application)) + "\n")
    else:
        await answer.whole(200, "text/html; charset=utf-8",
                           page(application, request))


async def send_bytes(answer, count, is_chunked):
    answer.start(200, "application/octet-stream",
                 None if is_chunked else count)
    while count and not answer.head_only:
        piece = PATTERN[:min(count, CHUNK)]
        count -= len(piece)
        await answer.send(piece)
    await answer.end()


async def send_events(answer, count, seconds):
    answer.start(200, "text/event-stream; charset=utf-8")
    for number in range(1, 1 if answer.head_only else count + 1):
        await answer.send(f"id: {number}\ndata: {time.time():.6f}\n\n".encode())
        if number < count:
            await asyncio.sleep(seconds)
    await answer.end()


class Application:
    """One mounted application: a name, where it listens, what it answers."""

    def __init__(self, name, mount, address, log):
        self.name = name
        self.mount = mount
        self.address = address
        self.log = log

    async def listen(self):
        limit = HEAD_LIMIT
        if self.address.startswith("/"):
            return await asyncio.start_unix_server(
                self.serve, self.address, limit=limit, backlog=1024)
        host, _, port = self.address.rpartition(":")
        return await asyncio.start_server(
            self.serve, host, int(port), limit=limit, backlog=1024)

    def write_log(self, record):
        line = json.dumps(record, separators=(",", ":")) + "\n"
        os.write(self.log, line.encode())

    async def serve(self, reader, writer):
        """One connection: requests one after another until either side ends."""
        try:
            while await self.exchange(reader, writer):
                pass
        except (OSError, EOFError, asyncio.TimeoutError):
            pass
        finally:
            writer.close()

    async def exchange(self, reader, writer):
        """One request and its answer. False when the connection is over."""
        head = b""
        try:
            head = await asyncio.wait_for(
                reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
            request = parse_head(head[:-4])
            return await self.answer(reader, writer, request)
        except (Malformed, asyncio.LimitOverrunError) as fault:
            self.write_log({
                **Request("", "", 1, []).record(self.name),
                "malformed": str(fault), "head": head.decode("latin-1")})
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n"
                         b"Connection: close\r\n\r\n")
            await writer.drain()
            return False

    async def answer(self, reader, writer, request):
        answer = Answer(writer, request)
        body = read_body(reader, request)
        words = self.words(request)
        if "100-continue" in request.value("expect").lower():
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            if words == ["echo"]:
                await self.echo(answer, body, request)
                return answer.keep
            async for _ in body:
                pass
        except (EOFError, OSError):
            self.write_log({**request.record(self.name), "aborted": True})
            raise
        self.write_log(request.record(self.name))
        await self.act(answer, request, words)
        return answer.keep

    async def echo(self, answer, body, request):
        """Sends the body back while it comes; logged before the last bytes."""
        answer.start(200, "application/octet-stream")
        async for piece in body:
            await answer.send(piece)
        self.write_log(request.record(self.name))
        await answer.end()

    def words(self, request):
        """The path below the mount as words, for the extra paths."""
        path = urllib.parse.urlsplit(request.target).path
        if not path.startswith(self.mount):
            return []
        return path[len(self.mount):].strip("/").split("/")

    async def act(self, answer, request, words):
        """The extra paths; anything else shows the request."""
        numbers = [float(w) for w in words[1:]
                   if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,3})?", w)]
        match words[:1], numbers:
            case ["bytes" | "chunked" as kind], [count]:
                await send_bytes(answer, int(count), kind == "chunked")
            case ["slow"], [seconds]:
                await asyncio.sleep(min(seconds, 3600))
                await show(answer, self.name, request)
            case ["status"], [status] if 200 <= status <= 599:
                await answer.whole(int(status), "text/plain; charset=utf-8",
                                   f"status {int(status)}\n")
            case ["events"], [*given]:
                count, seconds = (given + [30, 1][len(given):])[:2]
                await send_events(answer, int(count), min(seconds, 60))
            case _:
                await show(answer, self.name, request)


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log-descriptor", type=int, default=2,
                        help="open descriptor that takes the log lines (2)")
    parser.add_argument("application", nargs="+",
                        help="NAME,MOUNT,ADDRESS: ADDRESS is a socket path or "
                        "an IP address and a port")
    return parser.parse_args()


async def main():
    given = options()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    # The folder of the sockets says who may reach them, not their mode.
    os.umask(0)
    for text in given.application:
        name, mount, address = text.split(",")
        await Application(name, mount, address,
                          given.log_descriptor).listen()
    print("listening", file=sys.stderr, flush=True)
    await ended.wait()
    # Open exchanges are cut off: the gateway before us has gone already.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
