# SPDX-License-Identifier: Apache-2.0
"""Requests as most cases need them, and what to say about the answers.

http() and fetch() build exact bytes; fetch() speaks HTTP or FastCGI,
whichever the scene's front wants, so that one case covers all of them.
"""

from . import fcgi
from .check import Failed, among, equal
from .fcgi import as_bytes

# What the applications may be told by a front that refuses by itself.
REFUSED = (400,)


def http(scene, target="/public/e2e", *lines, method="GET", body=None,
         host=None, close=True, version="HTTP/1.1"):
    """Bytes of a request; lines are raw field lines without CRLF."""
    head = [as_bytes(method) + b" " + as_bytes(target) + b" "
            + as_bytes(version)]
    if host is not False:
        head.append(b"Host: " + as_bytes(host or scene.host))
    head += [as_bytes(line) for line in lines]
    if body is not None:
        head.append(b"Content-Length: %d" % len(body))
    if close:
        head.append(b"Connection: close")
    return b"\r\n".join(head) + b"\r\n\r\n" + (body or b"")


def fetch(scene, target="/public/e2e", *lines, method="GET", body=None,
          timeout=15.0):
    """One request over whatever the scene's front speaks."""
    if not scene.is_raw:
        return scene.ask(http(scene, target, *lines, method=method,
                              body=body), timeout)
    fields = [line.split(":", 1) for line in lines]
    pairs = fcgi.base(target, method) + [
        (variable(name), value.strip()) for name, value in fields]
    with scene.connect(timeout) as peer:
        peer.send(fcgi.REQ(pairs, body))
        return peer.read(method=method)


def variable(name):
    """The parameter that a web server makes of a field name."""
    name = name.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else "HTTP_" + name


def expect(scene, what, answer, want, application="public"):
    """Checks the status against `want`: a status, a set of them, or one of
    both for each kind of front ({"nginx": 200, "lighttpd": 400}). 200 means
    that exactly one request reached the application, anything else that
    nothing did. Returns that request or None."""
    if isinstance(want, dict):
        want = want[scene.kind]
    allowed = (want,) if isinstance(want, int) else want
    among(f"{what}: status", answer.status, allowed)
    if answer.status == 200:
        return scene.one_arrived(application, what)
    scene.none_arrived(what)
    return None


def table(scene, rows, send):
    """Plays rows (what, input, want); every failing row is in the reason,
    not just the first."""
    reasons = []
    for what, data, want in rows:
        try:
            expect(scene, what, send(data), want)
        except Failed as failure:
            reasons.append(str(failure))
            scene.fresh()
    if reasons:
        raise Failed("\n".join(reasons))


def same_header(request, name, values):
    """The values of a field at the application, exactly."""
    equal(f"{name} at the application", request.all(name), values)
