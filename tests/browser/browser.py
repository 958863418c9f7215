# SPDX-License-Identifier: Apache-2.0
"""One Chromium with a profile of its own, driven through selenium: pages,
keys, how it is asked to look, what it sent, what it stores, what it said on
its console. It trusts exactly the certificates it is given, so that it caches
and keeps as it would on a real site."""

import base64
import json
import shutil
import subprocess
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--hide-scrollbars")
PATIENCE = 10.0
EXPECTED = ("Failed to load resource: the server responded",
            "Clear-Site-Data header on")

# How a page is looked at: width, height, pixels per px, features.
LOOKS = {
    "wide": (1280, 800, 1, {}),
    "dark": (1280, 800, 1, {"prefers-color-scheme": "dark"}),
    "320": (320, 640, 1, {}),
    "200%": (640, 400, 2, {}),
    "400%": (320, 200, 4, {}),
    "forced": (900, 640, 1, {"forced-colors": "active",
                             "prefers-color-scheme": "dark"}),
}


def fingerprint(certificate):
    """What Chromium calls a certificate by: its key, hashed."""
    key = subprocess.run(
        ["openssl", "x509", "-in", certificate, "-noout", "-pubkey"],
        check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"],
                         input=key, check=True, capture_output=True).stdout
    sha = subprocess.run(["openssl", "dgst", "-sha256", "-binary"],
                         input=der, check=True, capture_output=True).stdout
    return base64.b64encode(sha).decode()


class Browser:
    """A running Chromium; close() ends it and removes its profile."""

    def __init__(self, certificates):
        self.profile = tempfile.mkdtemp(prefix="gh-browser-", dir="/tmp")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for switch in SWITCHES:
            options.add_argument(switch)
        options.add_argument(f"--user-data-dir={self.profile}")
        options.add_argument("--ignore-certificate-errors-spki-list="
                             + ",".join(map(fingerprint, certificates)))
        options.set_capability("goog:loggingPrefs",
                               {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(
            service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)

    def close(self):
        try:
            self.driver.quit()
        finally:
            shutil.rmtree(self.profile, ignore_errors=True)

    # --- a clean start of each case ---

    def begin(self):
        """One new tab without history, no cookies, nothing emulated."""
        driver = self.driver
        old = driver.window_handles
        driver.switch_to.new_window("tab")
        new = driver.current_window_handle
        for handle in old:
            driver.switch_to.window(handle)
            driver.close()
        driver.switch_to.window(new)
        self.command("Network.clearBrowserCookies")
        self.command("Network.clearBrowserCache")
        # A window without a screen has no focus of its own accord.
        self.command("Emulation.setFocusEmulationEnabled", enabled=True)
        self.look("wide")
        self.console()
        self.traffic()

    def command(self, method, /, **arguments):
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(method, arguments)

    # --- pages ---

    def open(self, url):
        self.driver.get(url)

    @property
    def url(self):
        return self.driver.current_url

    @property
    def title(self):
        return self.driver.title

    def text(self):
        """What can be read on the page."""
        return self.one("body").text

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def has(self, selector):
        return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def submit(self, *keys):
        """Presses the button, or these keys where the focus is, and waits
        for the page that comes of it."""
        page = self.one("html").id
        if keys:
            self.press(*keys)
        else:
            self.one("main button").click()
        WebDriverWait(self.driver, PATIENCE, 0.02).until(
            lambda driver: driver.find_element(
                By.CSS_SELECTOR, "html").id != page
            and driver.execute_script("return document.readyState")
            == "complete")

    def fill(self, **fields):
        """Types into fields by their names, what stood there goes."""
        for name, value in fields.items():
            field = self.one(f"[name={name}]")
            field.clear()
            field.send_keys(value)

    # --- keyboard ---

    def press(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def tab(self):
        self.press(Keys.TAB)

    def focused(self):
        """The name, or else the text, of what has the focus."""
        return self.run("const e = document.activeElement;"
                        "return e.name || e.innerText || e.localName;")

    # --- looks ---

    def look(self, name):
        width, height, scale, features = LOOKS[name]
        wanted = {"prefers-color-scheme": "light", "forced-colors": "none",
                  "prefers-reduced-motion": "reduce", **features}
        self.command("Emulation.setDeviceMetricsOverride", width=width,
                     height=height, deviceScaleFactor=scale, mobile=False)
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": key, "value": value} for key, value in wanted.items()])

    def scripts(self, are_on):
        self.command("Emulation.setScriptExecutionDisabled",
                     value=not are_on)

    def shot(self, path):
        picture = self.command("Page.captureScreenshot")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture))

    # --- what it stores, sends and says ---

    def cookies(self):
        """As the browser stores them, by name."""
        return {cookie["name"]: cookie for cookie in
                self.command("Network.getAllCookies")["cookies"]}

    def plant(self, url, name, value):
        """A cookie with the attributes of ours."""
        self.command("Network.setCookie", url=url, name=name, value=value,
                     path="/", secure=True, httpOnly=True, sameSite="Lax")

    def uproot(self, url, name):
        self.command("Network.deleteCookies", url=url, name=name)

    def traffic(self):
        """(request fields, status, answer fields) of what went out since the
        last call, in order; HTTP/2 has its :method and :path among them."""
        sent, found = {}, []
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            data = event["params"]
            if event["method"] == "Network.requestWillBeSentExtraInfo":
                row = [lower(data["headers"]), None, {}]
                sent.setdefault(data["requestId"], []).append(row)
                found.append(row)
            elif event["method"] == "Network.responseReceivedExtraInfo":
                for row in sent.get(data["requestId"], []):
                    if row[1] is None:
                        row[1] = data["statusCode"]
                        row[2] = lower(data["headers"])
                        break
        return found

    def console(self):
        """What it said since the last call, but for what it always says of
        statuses and of our own wish to forget."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if not any(word in entry["message"] for word in EXPECTED)]


def lower(fields):
    return {name.lower(): value for name, value in fields.items()}
