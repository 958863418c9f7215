# SPDX-License-Identifier: Apache-2.0
"""The sign-in form when something is wrong, and what password managers and
screen readers find in it."""

from harness.check import equal, true
from scene import case

LINK = "/app/form"
WRONG = "Sign-in failed. Check the user name and the password."

# What a field must have, by its name (RESP-007, WCAG 1.3.5).
FIELDS = {
    "username": {"type": "text", "autocomplete": "username",
                 "autocapitalize": "none", "spellcheck": "false"},
    "password": {"type": "password", "autocomplete": "current-password"},
}


@case("RESP-007 password managers know the form, and may paste")
def managers(scene):
    browser = scene.browser
    scene.open("/auth/login")
    for name, wanted in FIELDS.items():
        field = browser.one(f"[name={name}]")
        equal(f"id of {name}", field.get_attribute("id"), name)
        equal(name, {key: field.get_dom_attribute(key) for key in wanted},
              wanted)
        true(f"{name} has a label", browser.has(f"label[for={name}]"))
        # As a paste and a password manager do: without a key.
        browser.run("arguments[0].focus()", field)
        browser.command("Input.insertText", text="x" * 90)
        equal(f"pasted into {name}", field.get_attribute("value"), "x" * 90)
    equal("method", browser.one("form").get_attribute("method"), "post")


@case("a wrong password is said to eyes and ears, and the name is kept")
def wrong(scene):
    browser = scene.browser
    scene.open(LINK)
    browser.traffic()
    scene.sign_in(password="wrong-horse-battery-9")
    status = [row[1] for row in browser.traffic()
              if row[0].get(":path") == "/auth/login"]
    equal("status", status, [401])
    equal("title", browser.title, "Error: Sign in · localhost")
    equal("alert", browser.one("[role=alert]").text, WRONG)
    for name, value in (("username", "alice"), ("password", "")):
        field = browser.one(f"[name={name}]")
        equal(name, field.get_attribute("value"), value)
        equal(f"{name} is marked", field.get_dom_attribute("aria-invalid"),
              "true")
        described = field.get_dom_attribute("aria-describedby")
        equal(f"{name} is described", browser.one(f"#{described}").text,
              WRONG)
    equal("the focus is on", browser.focused(), "password")
    scene.is_accessible("the sign-in page with an error")
    scene.looks_right("login error")
    scene.sign_in()
    scene.at(LINK)


@case("a form that was open for too long is shown again, the name kept")
def expired(scene):
    browser = scene.browser
    scene.open(LINK)
    browser.plant(scene.base, "__Host-pre", scene.world.old_pre(3600))
    scene.sign_in()
    true("it says why", "too long" in browser.text(), browser.text())
    equal("fields that are called wrong", browser.has("[aria-invalid]"),
          False)
    again(scene)


@case("a form whose cookie the browser has dropped is shown again")
def dropped(scene):
    """What an hour at lunch really does: the cookie's own life is over."""
    scene.open(LINK)
    scene.browser.uproot(scene.base, "__Host-pre")
    scene.sign_in()
    again(scene)


def again(scene):
    """The form once more, and it works."""
    browser = scene.browser
    equal("heading", browser.one("h1").text, "Sign in")
    equal("the name", browser.one("[name=username]").get_attribute("value"),
          "alice")
    equal("the password", browser.one("[name=password]")
          .get_attribute("value"), "")
    equal("the focus is on", browser.focused(), "password")
    scene.is_accessible("the sign-in page, expired")
    scene.sign_in()
    scene.at(LINK)


@case("an empty form is not sent")
def empty(scene):
    browser = scene.browser
    scene.open(LINK)
    browser.traffic()
    browser.one("main button").click()
    equal("sent", browser.traffic(), [])
    equal("the focus is on", browser.focused(), "username")


@case("a form that was tampered with is refused by a page that helps")
def tampered(scene):
    browser = scene.browser
    scene.open(LINK)
    browser.run("document.querySelector('[name=csrf]').value = 'A'.repeat(86)")
    scene.sign_in()
    equal("title", browser.title, "Not allowed · localhost")
    true("the reference", browser.has(".facts code"))
    scene.is_accessible("403")
    scene.looks_right("403")


@case("RESP-003 the sign-in page does not show inside another page")
def framed(scene):
    browser = scene.browser
    browser.open("data:text/html,<iframe src='%s/auth/login'></iframe>"
                 % scene.base)
    browser.driver.switch_to.frame(browser.one("iframe"))
    equal("inside stands", browser.run("return location.href"),
          "chrome-error://chromewebdata/")
    equal("forms inside", browser.has("form"), False)
    browser.driver.switch_to.default_content()
    browser.console()
