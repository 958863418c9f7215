# SPDX-License-Identifier: Apache-2.0
"""axe-core, the accessibility checker: fetched once with npm into
build/browser, put into a page by the driver. The page's own policy stays as
it is: what the driver runs is not under it."""

import json
import pathlib
import subprocess
import tarfile

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
        "best-practice"]
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: %s, resultTypes: ["violations"]})
   .then(done, (error) => done({error: String(error)}));
""" % json.dumps(TAGS)


def fetch(folder):
    """The source of axe.min.js, version 4."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = sorted(folder.glob("axe-core-4.*.tgz"))
    if not found:
        subprocess.run(["npm", "pack", "--silent", "axe-core@4"], cwd=folder,
                       check=True, stdout=subprocess.DEVNULL, timeout=120)
        found = sorted(folder.glob("axe-core-4.*.tgz"))
    with tarfile.open(found[-1]) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()


def violations(driver, source):
    """One line for each rule that the page breaks; a broken run is one."""
    driver.execute_script(source)
    result = driver.execute_async_script(RUN)
    if "error" in result or not result.get("testEngine"):
        return [f"axe did not run: {result}"]
    return [f"{rule['id']} ({rule['impact']}): {rule['help']}: "
            + ", ".join(str(node["target"][0]) for node in rule["nodes"])
            for rule in result["violations"]]
