# SPDX-License-Identifier: Apache-2.0
"""Somebody with a browser: keeps cookies, reads our forms, sends them back.

It sends what a browser sends (Origin, Sec-Fetch-Site, a user agent), unless
a case says otherwise, and tells the scene which audit events must follow and
which texts are secrets.
"""

import re
from html import unescape
from urllib.parse import quote_plus

from . import fcgi
from .ask import http, variable
from .check import Failed, true
from .fcgi import FcgiPeer
from .http1 import HttpPeer

LOGIN, LOGOUT = "/auth/login", "/auth/logout"
WRONG = "wrong-wrong-wrong-1"
FORM = "application/x-www-form-urlencoded"
GOOD = ("authn_login_success", "session_created")
NAVIGATION = ("Sec-Fetch-Mode: navigate", "Accept: text/html")
HIDDEN = re.compile(
    rb'<input type="hidden" name="(\w+)" value="([^"]*)"')


def encode(fields):
    """A form's body; fields are pairs, bytes values go as they are."""
    return "&".join(
        name + "=" + (value.decode("latin-1") if isinstance(value, bytes)
                      else quote_plus(value, encoding="utf-8"))
        for name, value in fields).encode("latin-1")


class Visitor:
    """One browser. `address` is where it is: on the raw socket any, through
    a web server one of 127.0.0.0/8."""

    def __init__(self, scene, address="127.0.0.1"):
        self.scene = scene
        self.address = address
        self.cookies = {}
        self.agent = "suite/1"
        if address not in scene.clients:
            scene.clients.append(address)

    @property
    def token(self):
        return self.cookies.get("__Host-id")

    @property
    def origin(self):
        return f"https://{self.scene.host}"

    def clone(self):
        """Another one with the same cookies: a second tab, or a thief."""
        other = Visitor(self.scene, self.address)
        other.cookies = dict(self.cookies)
        return other

    def cookie_line(self):
        if not self.cookies:
            return []
        pairs = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        return [f"Cookie: {pairs}"]

    def ask(self, target, *lines, method="GET", body=None, timeout=15.0):
        """Exactly these lines, besides Host and Cookie."""
        lines = list(lines) + [f"User-Agent: {self.agent}"]
        if not any(line[:7] in ("Cookie:", b"Cookie:") for line in lines):
            lines += self.cookie_line()
        answer = self.send(target, lines, method, body, timeout)
        self.scene.answers.append(answer)
        self.learn(answer)
        return answer

    def send(self, target, lines, method, body, timeout):
        scene = self.scene
        if scene.is_raw:
            fields = [fcgi.as_bytes(line).split(b":", 1) for line in lines]
            pairs = fcgi.base(target, method, REMOTE_ADDR=self.address)
            pairs += [(variable(name.decode()), value.strip())
                      for name, value in fields]
            with FcgiPeer(scene.world.socket, timeout) as peer:
                peer.send(fcgi.REQ(pairs, body))
                return peer.read(method=method)
        with HttpPeer(scene.front, timeout, source=self.address) as peer:
            peer.send(http(scene, target, *lines, method=method, body=body))
            return peer.read(method)

    def learn(self, answer):
        """Keeps the cookies that an answer sets."""
        for line in answer.all("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
            if name == "__Host-id" and value:
                self.scene.secrets.add(value)

    def get(self, target, *lines, **more):
        """A navigation."""
        return self.ask(target, *NAVIGATION, *lines, **more)

    def fetch(self, target, *lines, **more):
        """What a script asks for."""
        return self.ask(target, "Accept: application/json", *lines, **more)

    def post(self, target, fields, *lines, kind=FORM, site="same-origin",
             origin="", **more):
        """Sends a form; site and origin None are left out."""
        sent = [] if kind is None else [f"Content-Type: {kind}"]
        if site is not None:
            sent.append(f"Sec-Fetch-Site: {site}")
        if origin is not None:
            sent.append(f"Origin: {origin or self.origin}")
        body = fields if isinstance(fields, bytes) else encode(fields)
        return self.ask(target, *NAVIGATION, *sent, *lines, method="POST",
                        body=body, **more)

    def form(self, target=LOGIN, *lines):
        """The hidden inputs of a form of ours."""
        answer = self.get(target, *lines)
        if answer.status != 200:
            raise Failed(f"{target}: {answer.status}")
        return hidden(answer, self.scene)

    def sign_in(self, name, password=None, *, return_to=None, events=None,
                more=(), **changes):
        """The whole way. `events` are those that must follow; by default
        those of the answer that came, so that its status must be judged."""
        known = self.scene.world.passwords
        password = known[name] if password is None else password
        inputs = self.form()
        fields = [("username", name), ("password", password),
                  ("csrf", inputs["csrf"]),
                  ("return_to", inputs["return_to"]
                   if return_to is None else return_to), *more]
        answer = self.post(LOGIN, fields, **changes)
        if isinstance(password, str) and len(password) > 7:
            self.scene.passwords.add(password)
        if events is None:
            events = {303: GOOD, 401: ("authn_login_fail",)}.get(
                answer.status, ())
        self.scene.tell(*events)
        if answer.status == 303:
            self.scene.seen_in(name)
        return answer

    def fail(self, name="alice", password=WRONG, **more):
        """A sign-in that must fail as all do."""
        answer = self.sign_in(name, password, **more)
        true("sign-in fails with 401 and no session", answer.status == 401
             and sets(answer, "__Host-id") is None, answer.status)
        return answer

    def sign_out(self, *lines, events=("session_logout",), **more):
        inputs = self.form(LOGOUT)
        self.scene.tell(*events)
        return self.post(LOGOUT, [("csrf", inputs.get("csrf", ""))], *lines,
                         **more)


def hidden(answer, scene=None):
    """Hidden inputs of a page, decoded."""
    found = {name.decode(): unescape(value.decode())
             for name, value in HIDDEN.findall(answer.body)}
    if scene is not None and found.get("csrf"):
        scene.secrets.add(found["csrf"])
    return found


def sets(answer, name):
    """The Set-Cookie line of this name, or None; never two."""
    found = [line for line in answer.all("Set-Cookie")
             if line.startswith(name + "=")]
    true(f"one Set-Cookie of {name}", len(found) < 2, found)
    return found[0] if found else None
