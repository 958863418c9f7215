# SPDX-License-Identifier: Apache-2.0
"""One's own account with a real browser: sessions seen and ended, "this was
not me", and the form for a new password, which password managers find."""

from selenium.webdriver.common.keys import Keys

from case_page import LONG, SPACED, inspect
from harness.check import equal, true
from scene import case

ACCOUNT = "/auth/account"
# One account a front: the fronts run at once.
NAMES = {"nginx": "bob", "lighttpd": "carol"}


def signed_in(scene, target=ACCOUNT):
    scene.open(target)
    scene.is_at_sign_in()
    scene.sign_in(NAMES[scene.front])
    scene.at(target)


def twice(scene):
    """Signed in here, and in a browser that is gone."""
    signed_in(scene)
    scene.browser.command("Network.clearBrowserCookies")
    signed_in(scene)


def ends(scene):
    return scene.browser.run(
        "return [...document.querySelectorAll('[name=end]')]"
        ".map(e => e.innerText + '|' + (e.ariaLabel || e.innerText))")


@case("sessions are seen and ended")
def sessions(scene):
    browser = scene.browser
    twice(scene)
    text = browser.text()
    for word in ("Chrome on Linux", "this browser", "From 127.0.0.1",
                 "Signed in", "What happened lately"):
        true(f"the page has {word}", word in text, text)
    found = ends(scene)
    true("a button each, which says of which session it is",
         len(found) >= 2 and found[0].startswith("End|End the session of "
                                                 "Chrome on Linux, signed"),
         found)
    equal("and one for all", found[-1], "End all others|End all others")
    inspect(scene, "account sessions")
    browser.run("for (const e of document.querySelectorAll('.rows strong'))"
                "e.textContent = arguments[0]", LONG)
    scene.looks_right("account sessions long")
    browser.look("320")
    browser.run(SPACED)
    scene.fits("account spaced")
    browser.look("wide")
    scene.open(ACCOUNT)
    browser.submit()
    scene.at(ACCOUNT + "?done=ended")
    true("it says so", "That session has ended"
         in browser.one("[role=status]").text)
    equal("one less", len(ends(scene)), max(0, len(found) - 1)
          if len(found) > 2 else 0)


@case("what was not me is ended")
def not_me(scene):
    browser = scene.browser
    twice(scene)
    browser.one("a[href$='/not-me']").click()
    scene.at(ACCOUNT + "/not-me")
    inspect(scene, "not me")
    browser.submit()
    scene.at(ACCOUNT + "/password?reason=not_me")
    true("it says why", "All your other sessions have ended"
         in browser.one(".notice").text)
    inspect(scene, "password reason")
    browser.one("a.button.plain").click()
    scene.at(ACCOUNT)
    equal("no other session", ends(scene), [])


@case("the form for a new password")
def password(scene):
    browser = scene.browser
    signed_in(scene, ACCOUNT + "/password")
    scene.open("/.well-known/change-password")
    scene.at(ACCOUNT + "/password")
    equal("what password managers look for",
          [browser.one(f"#{name}").get_dom_attribute("autocomplete")
           for name in ("username", "current", "new")],
          ["username", "current-password", "new-password"])
    equal("the focus begins", browser.focused(), "current")
    inspect(scene, "password")
    browser.fill(current="no-such-password-at-all",
                 new="a-brand-new-phrase-77")
    browser.submit(Keys.ENTER)
    equal("title", browser.title, "Error: Change password · localhost")
    described(scene, "current", "Check the current password")
    inspect(scene, "password wrong")
    browser.fill(current="no-such-password-at-all", new="passwordpassword")
    browser.submit()
    described(scene, "new", "common or breached")
    inspect(scene, "password common")


def described(scene, name, words):
    """The alert is read with the field that it is about."""
    browser = scene.browser
    field = browser.one(f"#{name}")
    equal(f"{name} is wrong", field.get_dom_attribute("aria-invalid"), "true")
    text = " ".join(browser.one("#" + part).text for part in
                    field.get_dom_attribute("aria-describedby").split())
    true(f"{name} says why", words in text, text)
