# SPDX-License-Identifier: Apache-2.0
"""The registry of cases, what a case works with, and the run itself.

A case is a function of a Scene, registered with @case(title), and plays once
through nginx and once through lighttpd. Each front has one Chromium, since
cookies ignore ports; each case begins without cookies and history. After
each, the browser must have had nothing to say on its console: a breach of the
page's Content-Security-Policy stands there."""

import hashlib
import hmac
import json
import pathlib
import re
import ssl
import struct
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from selenium.common.exceptions import WebDriverException

import axe
from browser import LOOKS, Browser
from harness.check import Failed, equal, true
from harness.world import BackendLog, OwnWorld, read_env, read_ini

FRONTS = ("nginx", "lighttpd")
CASES = []

# What does not fit: sideways scrolling, what ends outside the window, what
# is cut off, what is too small to hit (WCAG 1.4.10, 2.5.8).
MISFITS = """
const found = [], root = document.documentElement;
if (root.scrollWidth > innerWidth)
    found.push(`the page is ${root.scrollWidth} wide of ${innerWidth}`);
for (const e of document.querySelectorAll("body *")) {
    const box = e.getBoundingClientRect();
    if (e.type === "hidden" || e.closest("svg"))
        continue;
    if (box.right > innerWidth + 0.5 || box.left < 0)
        found.push(`${e.localName} ends at ${box.right}`);
    if (e.localName !== "input" && e.clientWidth > 0
            && e.scrollWidth > e.clientWidth + 1)
        found.push(`${e.localName} is cut off`);
    // A link inside a sentence is as high as its line (2.5.8 excepts it).
    if (e.matches("a, button, input") && !e.matches("p:not(.ways) a, li a")
            && (box.width < 24 || box.height < 24))
        found.push(`${e.localName} is ${box.width} by ${box.height}`);
}
return found;
"""

BRIGHTNESS = """
const light = (colour) => colour.match(/[0-9.]+/g).slice(0, 3)
    .reduce((sum, part) => sum + part / 255 / 3, 0);
return [light(getComputedStyle(document.documentElement).backgroundColor),
        light(getComputedStyle(document.querySelector("h1")).color)];
"""


def case(title):
    """Registers the decorated function."""
    def register(play):
        CASES.append((title, play))
        return play
    return register


class World:
    """The demonstration world, from its demo.env; beside it, for the pages
    that it has no reason to show, the end-to-end suite's own gateway, which
    has no database and applications that fail on demand."""

    def __init__(self, env, gateway=None):
        self.env = read_env(env)
        self.urls = {front: self.env[f"{front.upper()}_URL"]
                     for front in FRONTS}
        self.accounts = read_env(pathlib.Path(env).with_name("accounts.env"))
        self.config = read_ini(self.env["CONFIG"])
        self.own = OwnWorld(gateway or self.env["GATEWAY"]).start()
        self.turn = threading.Lock()   # who may tell its applications to fail
        self.certificates = [self.env["CA_FILE"],
                             f"{self.own.folder}/web/crt.pem"]

    def stop(self):
        self.own.stop()

    def old_pre(self, age_s):
        """A state before sign-in as the gateway made it so long ago."""
        with open(self.config["keys"]["file"], encoding="ascii") as ring:
            secret = next(line.split()[3] for line in ring
                          if line.startswith("csrf "))
        random = bytes(range(8))
        made = struct.pack(">Q", int(time.time()) - age_s)
        mac = hmac.new(urlsafe_b64decode(secret + "="), digestmod="sha256")
        for part in (b"pre", random, made):
            mac.update(struct.pack(">Q", len(part)) + part)
        value = random + made + mac.digest()[:16]
        return urlsafe_b64encode(value).decode().rstrip("=")


class Scene:
    """What one case works with."""

    def __init__(self, world, front, browser, run):
        self.world = world
        self.front = front
        self.browser = browser
        self.folder = run.folder
        self.axe = run.axe
        self.base = world.urls[front]
        self.log = BackendLog(world.env["BACKEND_LOG"])

    def open(self, path):
        self.browser.open(self.base + path)

    def sign_in(self, name="alice", password=None):
        """Fills the form that is shown, and sends it."""
        self.browser.fill(username=name,
                          password=password or self.world.accounts[name])
        self.browser.submit()

    def idle(self, minutes):
        """This browser's session is as after so long without a request."""
        cookie = self.browser.driver.get_cookie("__Host-id")["value"]
        asked = urllib.request.Request(f"{self.base}/auth/session", headers={
            "Cookie": f"__Host-id={cookie}", "Accept": "application/json",
            "User-Agent": self.browser.run("return navigator.userAgent")})
        trust = ssl.create_default_context(cafile=self.world.env["CA_FILE"])
        with urllib.request.urlopen(asked, context=trust) as answer:
            reference = json.load(answer)["session"]
        subprocess.run(
            ["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d",
             self.world.env["DSN_SUPERUSER"], "-c",
             "update gatehouse_data.session set last_seen_at = last_seen_at "
             f"- interval '{minutes} minutes', created_at = created_at - "
             f"interval '{minutes} minutes', renewed_at = clock_timestamp() "
             f"where reference = decode('{reference}', 'hex')"], check=True)

    def at(self, path):
        equal("address", self.browser.url, self.base + path)

    def is_at_sign_in(self):
        true("the sign-in page", self.browser.url.startswith(
            self.base + "/auth/login?"), self.browser.url)
        equal("heading", self.browser.one("h1").text, "Sign in")

    def arrived(self):
        """What applications received through this front since the last
        call."""
        return [request for request in self.log.news()
                if request.all("Host") == [urlsplit(self.base).netloc]]

    def shot(self, name):
        name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        self.browser.shot(f"{self.folder}/{self.front}-{name}.png")

    def fits(self, what):
        """Everything is inside the window and large enough."""
        equal(f"misfits of {what}", self.browser.run(MISFITS), [])

    def looks_right(self, page):
        """Each look: everything fits, dark is dark; leaves pictures."""
        for look in LOOKS:
            self.browser.look(look)
            self.fits(f"{page}, {look}")
            ground, ink = self.browser.run(BRIGHTNESS)
            is_dark = look in ("dark", "forced")
            true(f"{page}, {look} is {'dark' if is_dark else 'light'}",
                 (ground < 0.2 and ink > 0.8) if is_dark
                 else (ground > 0.8 and ink < 0.2), (ground, ink))
            self.shot(f"{page} {look}")
        self.browser.look("wide")

    def is_accessible(self, page):
        """axe finds nothing, in light and in dark."""
        for look in ("wide", "dark"):
            self.browser.look(look)
            equal(f"axe on {page}, {look}",
                  axe.violations(self.browser.driver, self.axe), [])
        self.browser.look("wide")


class Run:
    """Plays the selected cases and counts."""

    def __init__(self, world, select, folder):
        self.world = world
        self.wanted = re.compile(select)
        self.folder = folder
        self.axe = axe.fetch(folder)
        self.report = threading.Lock()
        self.passed = 0
        self.failed = 0

    def front(self, front):
        """All cases through one front, which has a Chromium of its own."""
        browser = Browser(self.world.certificates)
        try:
            scene = Scene(self.world, front, browser, self)
            for title, play in CASES:
                if self.wanted.search(f"{front} {title}"):
                    self.play(scene, title, play)
        finally:
            browser.close()

    def play(self, scene, title, play):
        started, reason = time.monotonic(), None
        try:
            scene.browser.begin()
            scene.log.news()
            play(scene)
            equal("console", scene.browser.console(), [])
        except Failed as failure:
            reason = str(failure)
        except Exception as error:       # a broken test is a failed one
            line = [frame for frame in traceback.extract_tb(
                error.__traceback__) if "/tests/" in frame.filename][-1]
            words = str(error).partition("\n")[0]
            reason = (f"{type(error).__name__}: {words} "
                      f"({line.filename.rpartition('/')[2]}:{line.lineno})")
        if reason:
            self.remember(scene, title)
        seconds = time.monotonic() - started
        slow = f" [{seconds:.1f} s]" if seconds > 8 else ""
        with self.report:
            print("not ok" if reason else "ok", scene.front, title + slow)
            if reason:
                print("#   " + reason.replace("\n", "\n#   "))
            self.passed += not reason
            self.failed += bool(reason)
            sys.stdout.flush()

    @staticmethod
    def remember(scene, title):
        """What the page looked like when the case failed."""
        try:
            scene.shot("failed " + title)
        except (OSError, WebDriverException):
            pass

    def all(self):
        """Both fronts at once; returns the exit status."""
        with ThreadPoolExecutor(len(FRONTS)) as pool:
            for done in [pool.submit(self.front, front) for front in FRONTS]:
                done.result()
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0
