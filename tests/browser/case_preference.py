# SPDX-License-Identifier: Apache-2.0
"""What people choose about these pages, with a real browser: the form, what is
wrong with it, and light or dark against the device's wish."""

from case_account import described, signed_in
from case_page import inspect
from harness.check import equal, true
from scene import BRIGHTNESS, case

PAGE = "/auth/account/preferences"
COLOURS = """const style = getComputedStyle(document.documentElement);
    return Object.fromEntries(["page", "card", "field", "ink", "soft", "line",
        "edge", "accent", "accent-strong", "on-accent", "notice", "alert",
        "alert-back", "shadow"].map(
            name => [name, style.getPropertyValue("--" + name).trim()]));"""


def save(scene, **fields):
    """Fills the form as people do, and saves it."""
    browser = scene.browser
    for name in ("appearance", "warning"):
        if name in fields:
            browser.one(f"label[for={name}-{fields[name]}]").click()
    if "time_zone" in fields:
        browser.fill(time_zone=fields["time_zone"])
    browser.submit()


@case("the form for preferences")
def form(scene):
    browser = scene.browser
    signed_in(scene)
    browser.one("a[href$='/preferences']").click()
    scene.at(PAGE)
    inspect(scene, "preferences")
    save(scene, time_zone="Europe/Atlantis", warning="10")
    equal("title", browser.title, "Error: Preferences · localhost")
    described(scene, "time_zone", "no time zone of that name")
    equal("the focus is where it is wrong", browser.focused(), "time_zone")
    inspect(scene, "preferences wrong")
    save(scene, time_zone="europe/berlin")
    scene.at(PAGE + "?done=saved")
    equal("it says so", browser.one("[role=status]").text, "Saved.")
    equal("as it is written", browser.one("#time_zone").get_property("value"),
          "Europe/Berlin")
    true("what was marked before is kept",
         browser.one("#warning-10").is_selected())
    save(scene, time_zone="UTC", warning="5")
    scene.at(PAGE + "?done=saved")


@case("light and dark as chosen, whatever the device says")
def appearance(scene):
    browser = scene.browser
    signed_in(scene, PAGE)
    by_device = {}
    for look in ("wide", "dark"):
        browser.look(look)
        by_device[look] = browser.run(COLOURS)
    browser.look("wide")
    for chosen, against, as_look in (("dark", "wide", "dark"),
                                     ("light", "dark", "wide")):
        save(scene, appearance=chosen)
        scene.at(PAGE + "?done=saved")
        for page in (PAGE, "/auth/account", "/auth/session", "/auth/nowhere"):
            scene.open(page)
            for look in ("wide", "dark", "320"):
                browser.look(look)
                ground, ink = browser.run(BRIGHTNESS)
                true(f"{page}, {look} is {chosen}",
                     (ground < 0.2 and ink > 0.8) if chosen == "dark"
                     else (ground > 0.8 and ink < 0.2), (ground, ink))
            browser.look(against)
            scene.shot(f"{chosen} of {page.rpartition('/')[2]}, {against}")
        equal(f"the colours of {chosen} are the device's",
              browser.run(COLOURS), by_device[as_look])
        scene.is_accessible(f"preferences in {chosen}")
        browser.look("forced")
        scene.fits("forced")
        browser.look("wide")
        scene.open(PAGE)
    save(scene, appearance="device")
    scene.at(PAGE + "?done=saved")
    equal("as the device says", browser.run(COLOURS), by_device["wide"])
