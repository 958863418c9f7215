# SPDX-License-Identifier: Apache-2.0
"""The demonstration: each account sees what its README says, through both
web servers, and the console stands on a host of its own."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from harness.ask import http
from harness.check import equal, true
from harness.fronts import Front
from harness.runner import HTTP, case
from harness.signs import denied, permitted
from harness.visitor import NAVIGATION, Visitor

SEES = {"alice": ("public", "app", "api"),
        "bob": ("public", "app", "api", "admin"),
        "carol": ("public", "app", "api", "hr"),
        "zed": ("public", "app", "api")}
MOUNTED = ("public", "app", "admin", "hr", "api")


def is_open(name, application):
    """Whether what an account may see is open now: /hr/ is from Monday to
    Friday, 8 to 18, by clocks in Berlin."""
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    return application in SEES[name] and (
        application != "hr"
        or now.weekday() < 5 and time(8) <= now.time() < time(18))


def closed(scene, visitor, target):
    """Signed in, and may see it; but not now."""
    scene.fresh()
    answer = visitor.get(target)
    equal(f"{target}: status", answer.status, 403)
    for text in (b"not open to you at the moment",
                 b"Monday to Friday from 8 to 18"):
        true(f"{target}: the page has {text}", text in answer.body,
             answer.body)
    scene.none_arrived(target)
    scene.tell("authz_fail")


def on_console(scene):
    """The same web server under the console's name."""
    other = type(scene)(scene.world, scene.name, scene.options)
    other.front = Front(scene.front.name, scene.front.port, scene.front.kind,
                        host="admin.localhost")
    return other


@case("RBAC-030", "who sees what in the demonstration", *HTTP)
def who_sees_what(scene):
    for name, sees in SEES.items():
        visitor = Visitor(scene)
        equal(f"{name} signs in", visitor.sign_in(name).status, 303)
        for application in MOUNTED:
            target = f"/{application}/x"
            if is_open(name, application):
                permitted(scene, visitor, target, application, name)
            elif application in sees:
                closed(scene, visitor, target)
            else:
                denied(scene, visitor, target, application, name)
        for method, want in (("POST", 200), ("HEAD", 200), ("PUT", 403),
                             ("DELETE", 403)):
            scene.fresh()
            equal(f"{method} /api/x", visitor.ask(
                "/api/x", method=method, body=b"").status, want)
            equal("arrived", len(scene.fresh()), want == 200)
        equal(f"{name} signs out", visitor.sign_out().status, 303)
    for name in ("dave", "erin"):
        Visitor(scene).fail(name, scene.world.passwords[name])
    Visitor(scene).fail("zed", scene.world.passwords["zed"][:72])
    nobody = Visitor(scene)
    scene.fresh()
    for application in MOUNTED[1:]:
        # Who would gain nothing by it is not sent to sign in.
        is_of_use = application != "hr" or is_open("carol", "hr")
        equal(application, nobody.get(f"/{application}/x").status,
              303 if is_of_use else 403)
    scene.none_arrived()


@case("RBAC-018", "the console is on a host of its own", *HTTP)
def console(scene):
    """For administrators, who sign in there; nowhere else is it mounted, and
    nothing else is mounted there."""
    house = on_console(scene)
    nobody = Visitor(house)
    answer = nobody.get("/console/")
    equal("nobody", answer.status, 303)
    true("stays there", answer.one("Location").startswith("/auth/login"),
         answer.one("Location"))
    for name in ("bob", "alice"):
        visitor = Visitor(house)
        equal(f"{name} signs in", visitor.sign_in(name).status, 303)
        if name == "bob":
            permitted(house, visitor, "/console/x", "console", "bob")
        else:
            denied(house, visitor, "/console/x", "console", "alice")
        for target in ("/app/x", "/admin/x", "/public/x"):
            equal(f"{target} there", visitor.get(target).status, 404)
    elsewhere = Visitor(scene)
    equal("bob signs in", elsewhere.sign_in("bob").status, 303)
    equal("elsewhere", elsewhere.get("/console/x").status, 404)
    scene.fresh()
    # The path of one host with the name of the other.
    for host in (scene.host, "localhost", "evil.example"):
        answer = scene.ask(http(
            scene, f"https://{host}/console/x", *NAVIGATION,
            *elsewhere.cookie_line(), host=house.host))
        true(f"{host}: {answer.status}", answer.status in (400, 404, 421),
             answer.status)
        scene.none_arrived(host)
    scene.people.update(house.people)
    scene.answers += house.answers
