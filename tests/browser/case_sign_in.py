# SPDX-License-Identifier: Apache-2.0
"""The whole way of a person: a link, the sign-in page, the application,
signing out, and what is left in the browser after that."""

from urllib.parse import quote

from selenium.webdriver.common.keys import Keys

from harness.check import equal, true
from scene import case

LINK = "/app/deep/link?x=1&y=%C3%BC&z=a+b"
ATTRIBUTES = {"secure": True, "httpOnly": True, "path": "/",
              "sameSite": "Lax", "domain": "localhost"}


def has_no_trace(scene, what):
    """Nothing that only alice may see."""
    text = scene.browser.text()
    for private in ("alice", "Alice", "stands behind Gatehouse"):
        true(f"{what} says nothing private", private not in text, text)


@case("a deep link leads through the sign-in page back to exactly that link")
def deep_link(scene):
    browser = scene.browser
    scene.open(LINK)
    scene.at("/auth/login?return_to=" + quote(LINK, safe=""))
    equal("title", browser.title, "Sign in · localhost")
    equal("nothing to complain of", browser.has("[role=alert]"), False)
    scene.sign_in()
    scene.at(LINK)
    equal("heading", browser.one("h1").text, "The application “app”")
    true("it names alice", "Signed in: alice" in browser.text())
    request = [r for r in scene.arrived() if r.target == LINK][-1]
    equal("Remote-User", request.all("Remote-User"), ["alice"])
    equal("cookies of ours at the application",
          [value for value in request.all("Cookie") if "__Host-" in value],
          [])
    scene.shot("application")


@case("cookies are stored for this host, TLS and HTTP alone")
def cookies(scene):
    browser = scene.browser
    scene.open("/auth/login")
    found = browser.cookies()
    equal("before signing in", sorted(found), ["__Host-pre"])
    scene.open(LINK)
    scene.sign_in()
    found = {**found, **browser.cookies()}
    true("the session's and the device's", {"__Host-id", "__Host-device"}
         <= set(found), sorted(found))
    for name, cookie in found.items():
        equal(name, {key: cookie.get(key) for key in ATTRIBUTES}, ATTRIBUTES)
    equal("the session ends with the browser", found["__Host-id"]["session"],
          True)
    equal("its length", len(found["__Host-id"]["value"]), 43)
    equal("scripts see", browser.run("return document.cookie"), "")


@case("CSRF-019 the form is sent with our origin, not null")
def origin(scene):
    browser = scene.browser
    scene.open(LINK)
    browser.traffic()
    scene.sign_in()
    scene.open("/auth/logout")
    browser.submit()
    posts = [row for row in browser.traffic() if row[0].get("origin")]
    equal("forms and their answers",
          [(sent[":path"], status) for sent, status, _ in posts],
          [("/auth/login", 303), ("/auth/logout", 303)])
    for sent, _, _ in posts:
        equal("Origin", sent["origin"], scene.base)
        equal("Sec-Fetch-Site", sent["sec-fetch-site"], "same-origin")


@case("signing out is said, and leaves nothing to go back to")
def sign_out(scene):
    browser = scene.browser
    scene.open(LINK)
    scene.sign_in()
    token = browser.cookies()["__Host-id"]["value"]
    scene.open("/auth/logout")
    equal("title", browser.title, "Sign out · localhost")
    true("it names alice", "signed in as alice" in browser.text())
    browser.submit()
    scene.at("/auth/logged-out")
    equal("title", browser.title, "Signed out · localhost")
    equal("heading", browser.one("h1").text, "You are signed out")
    true("no session cookie", "__Host-id" not in browser.cookies())
    for page in ("the sign-out form", "the application"):
        browser.driver.back()
        has_no_trace(scene, f"going back to {page}")
    scene.is_at_sign_in()
    replay(scene, token)


def replay(scene, token):
    """The cookie of a session that has ended."""
    browser = scene.browser
    browser.plant(scene.base, "__Host-id", token)
    scene.arrived()
    scene.open(LINK)
    scene.is_at_sign_in()
    true("it says why", "signed out" in browser.one(".notice").text)
    has_no_trace(scene, "the old cookie")
    true("the dead cookie is gone", "__Host-id" not in browser.cookies())
    equal("requests at applications", scene.arrived(), [])


@case("signing out can be thought better of")
def stay(scene):
    browser = scene.browser
    scene.open(LINK)
    scene.sign_in()
    scene.open("/auth/logout")
    browser.one("a.button").click()
    scene.open(LINK)
    scene.at(LINK)


@case("the keyboard is enough, and shows where it is")
def keyboard(scene):
    browser = scene.browser
    scene.open(LINK)
    equal("the focus begins", browser.focused(), "username")
    is_focus_visible(browser)
    browser.press("alice")
    stops = []
    for _ in range(2):
        browser.tab()
        is_focus_visible(browser)
        stops.append(browser.focused())
    equal("then come", stops, ["password", "Sign in"])
    browser.press(Keys.SHIFT, Keys.TAB)
    browser.press(scene.world.accounts["alice"])
    browser.submit(Keys.ENTER)
    scene.at(LINK)
    scene.open("/auth/logout")
    stops = []
    for _ in range(2):
        browser.tab()
        is_focus_visible(browser)
        stops.append(browser.focused())
    equal("ways to go", stops, ["Sign out", "Stay signed in"])
    browser.press(Keys.SHIFT, Keys.TAB)
    browser.submit(Keys.ENTER)
    scene.at("/auth/logged-out")
    browser.tab()
    is_focus_visible(browser)
    browser.submit(Keys.ENTER)
    scene.at("/auth/login")


def is_focus_visible(browser):
    style = browser.run(
        "const s = getComputedStyle(document.activeElement);"
        "return [s.outlineStyle, parseFloat(s.outlineWidth)];")
    true(f"the focus is drawn on {browser.focused()}",
         style[0] == "solid" and style[1] >= 2, style)


@case("no script is needed")
def without_scripts(scene):
    browser = scene.browser
    browser.scripts(False)
    try:
        browser.open("data:text/html,<title>off</title>"
                     "<script>document.title = 'on'</script>")
        equal("scripts are", browser.title, "off")
        scene.open(LINK)
        scene.sign_in()
        scene.at(LINK)
        scene.open("/auth/logout")
        browser.submit()
        scene.at("/auth/logged-out")
    finally:
        browser.scripts(True)


@case("what one tab does, the other sees")
def two_tabs(scene):
    browser, driver = scene.browser, scene.browser.driver
    scene.open(LINK)
    scene.sign_in()
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    scene.open("/admin/x")
    scene.at("/admin/x")
    scene.open("/auth/logout")
    browser.submit()
    last = driver.current_window_handle
    driver.switch_to.window(first)
    driver.refresh()
    scene.is_at_sign_in()
    has_no_trace(scene, "the other tab")
    scene.sign_in()
    driver.switch_to.window(last)
    driver.refresh()
    true("nobody is told to be signed out who is not",
         "signed in as alice" in browser.text(), browser.text())


@case("CSRF-015 a second form that was open meanwhile is no dead end")
def two_forms(scene):
    browser, driver = scene.browser, scene.browser.driver
    scene.open(LINK)
    first = driver.current_window_handle
    driver.switch_to.new_window("tab")
    scene.open("/admin/x")
    scene.sign_in()
    scene.at("/admin/x")
    driver.switch_to.window(first)
    scene.sign_in()
    if browser.has("form"):
        equal("the name is kept", browser.one("[name=username]")
              .get_attribute("value"), "alice")
        scene.sign_in()
    scene.at(LINK)
