# SPDX-License-Identifier: Apache-2.0
"""Every page of Gatehouse, looked at: small, enlarged, dark, with forced
colours, with wide spacing and long names, and by axe."""

import contextlib
import threading

from selenium.webdriver.common.keys import Keys

import axe
from harness.check import equal, true, wait_until
from harness.http1 import HttpPeer
from scene import case

LONG = "x" * 63 + "9"

# Wide spacing, WCAG 1.4.12.
SPACED = """
for (const e of document.querySelectorAll("body *")) {
    e.style.setProperty("line-height", "1.5", "important");
    e.style.setProperty("letter-spacing", "0.12em", "important");
    e.style.setProperty("word-spacing", "0.16em", "important");
}
for (const e of document.querySelectorAll("p"))
    e.style.setProperty("margin-bottom", "2em", "important");
"""


def inspect(scene, page):
    """axe, then every look."""
    scene.is_accessible(page)
    scene.looks_right(page)


@case("axe finds what is wrong")
def axe_works(scene):
    scene.browser.open("data:text/html,<img src='x'><input>")
    found = axe.violations(scene.browser.driver, scene.axe)
    true("violations of a bad page", len(found) > 3, found)


@case("the sign-in page")
def login(scene):
    scene.open("/auth/login")
    inspect(scene, "login")


@case("the sign-in page with a reason")
def reason(scene):
    scene.open("/auth/login?return_to=%2Fapp%2F&reason=idle")
    field = scene.browser.one("[name=username]")
    true("the reason is read with the field", "nothing happened" in
         scene.browser.one(
             "#" + field.get_dom_attribute("aria-describedby")).text)
    inspect(scene, "login reason")


@case("the sign-in page of who is to confirm that it is them")
def confirm(scene):
    browser = scene.browser
    scene.open("/app/")
    scene.sign_in("zed")
    scene.open("/auth/login?return_to=%2Fapp%2F&reason=confirm")
    field = browser.one("[name=username]")
    equal("the name is there", field.get_property("value"), "zed")
    true("and why", "confirm that it is you" in browser.one(
        "#" + field.get_dom_attribute("aria-describedby")).text)
    inspect(scene, "login confirm")
    scene.sign_in("zed")
    scene.at("/app/")


@case("the pages of signing out, with a name as long as names can be")
def logout(scene):
    browser = scene.browser
    scene.open("/app/")
    scene.sign_in("zed")
    scene.open("/auth/logout")
    inspect(scene, "logout")
    browser.run("document.querySelector('main strong bdi').textContent ="
                "arguments[0]", LONG)
    scene.looks_right("logout long name")
    browser.submit()
    inspect(scene, "logged out")


@case("the page of one's own account, after a failure that one is told of")
def account(scene):
    browser = scene.browser
    # The other front's sign-in would begin the count anew.
    name = {"nginx": "bob", "lighttpd": "carol"}[scene.front]
    scene.open("/app/")
    scene.sign_in(name, "no-such-password-at-all")
    scene.sign_in(name)
    scene.open("/auth/account")
    true(f"it names {name}", f"signed in as {name}" in browser.text())
    true("it tells of the failure",
         "Failed sign-ins" in browser.one(".notice").text)
    inspect(scene, "account")
    browser.run("document.querySelector('main strong bdi').textContent ="
                "arguments[0]", LONG)
    scene.looks_right("account long name")


@case("the page of how long one's session lasts")
def lasting(scene):
    """By the keyboard: the button keeps it alive."""
    browser = scene.browser
    scene.open("/app/")
    scene.sign_in("alice")
    scene.open("/auth/session")
    true("it says how long", "You will be signed out in" in browser.text())
    inspect(scene, "session")
    browser.tab()
    equal("the first stop", browser.focused(), "Stay signed in")
    browser.submit(Keys.ENTER)
    scene.at("/auth/session")
    scene.open("/auth/session?watch=yes")
    true("it looks again", "looks again by itself" in browser.text())
    scene.idle(26)
    # Not the one that looks again by itself, each minute now.
    scene.open("/auth/session")
    equal("little is left", browser.one("h1").text, "Your session ends soon")
    true("the tab says so", browser.title.startswith(
        ("3 minutes left", "4 minutes left")), browser.title)
    inspect(scene, "session little left")
    browser.tab()
    equal("still the first stop", browser.focused(), "Stay signed in")
    browser.submit(Keys.ENTER)
    equal("enough is left again", browser.one("h1").text, "Your session")
    scene.open("/auth/account")
    true("the account's page says it, too",
         "You will be signed out in" in browser.text())
    browser.uproot(scene.base, "__Host-id")
    scene.open("/auth/session?watch=yes")
    equal("nobody", browser.one("h1").text, "You are signed out")
    inspect(scene, "session over")


@case("the page of what one may not see")
def no_access(scene):
    """Says for which application, as whom, under which reference; its one
    button, by the keyboard, leads through the sign-in page back."""
    browser = scene.browser
    scene.open("/app/")
    scene.sign_in("alice")
    scene.open("/admin/reports?of=may")
    scene.at("/admin/reports?of=may")
    equal("heading", browser.one("h1").text,
          "You do not have access to this page")
    facts = browser.one("dl").text
    for word in ("admin", "alice", "403"):
        true(f"the facts have {word}", word in facts, facts)
    inspect(scene, "denied")
    browser.tab()
    equal("the first stop", browser.focused(), "Sign in as someone else")
    browser.submit(Keys.ENTER)
    scene.is_at_sign_in()
    scene.sign_in("bob")
    scene.at("/admin/reports?of=may")


@case("the page about safe use")
def safe_use(scene):
    scene.open("/auth/help")
    inspect(scene, "help")


@case("the page of an address that leads nowhere")
def missing(scene):
    scene.open("/nothing/here")
    equal("heading", scene.browser.one("h1").text,
          "There is no page at this address")
    inspect(scene, "404")


@case("wide spacing loses nothing")
def spaced(scene):
    for path in ("/auth/login?reason=idle", "/nothing/here"):
        scene.open(path)
        scene.browser.look("320")
        scene.browser.run(SPACED)
        scene.fits(f"{path} spaced")
        scene.shot(f"spaced {path}")


def own(scene, path):
    """Opens it at the gateway that has no sign-in."""
    front = scene.world.own.fronts[f"own-{scene.front}"]
    scene.browser.open(front.origin + path)


@case("the page for who would have to sign in where nobody can")
def no_sign_in(scene):
    own(scene, "/closed/x")
    equal("title", scene.browser.title, "Sign-in needed · localhost")
    inspect(scene, "401")


@case("the page of an application that is down")
def down(scene):
    own(scene, "/refused/x")
    equal("title", scene.browser.title, "Page not working · localhost")
    true("it can be tried again", scene.browser.has("a.button"))
    inspect(scene, "502")


@case("the page of an application that is silent")
def silent(scene):
    release = threading.Event()
    application = scene.world.own.apps["public"]
    with scene.world.turn:
        application.calm(lambda *_: release.wait(5))
        try:
            own(scene, "/public/x")
        finally:
            release.set()
            application.calm()
    equal("title", scene.browser.title, "No answer in time · localhost")
    inspect(scene, "504")


@case("the page of an application that is busy")
def busy(scene):
    front = scene.world.own.fronts[f"own-{scene.front}"]
    with scene.world.turn, used_up(scene.world.own.apps["few"], front):
        own(scene, "/few/x")
    equal("title", scene.browser.title,
          "Not available just now · localhost")
    inspect(scene, "503")


@contextlib.contextmanager
def used_up(application, front):
    """Both of its connections are taken meanwhile."""
    release = threading.Event()
    application.calm(lambda *_: release.wait(5))
    peers = [HttpPeer(front, 5) for _ in range(2)]
    try:
        for peer in peers:
            peer.send(f"GET /few/x HTTP/1.1\r\nHost: {front.authority}"
                      "\r\n\r\n".encode())
        wait_until("both are there", lambda: len(application.requests) == 2)
        yield
    finally:
        release.set()
        application.calm()
        for peer in peers:
            peer.close()
