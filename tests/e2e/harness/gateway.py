# SPDX-License-Identifier: Apache-2.0
"""A gateway of the suite's own: its configuration is made here, it runs as
the account of the web servers, and it is stopped here."""

import os
import subprocess

from .check import Failed, wait_until
from .fcgi import FcgiPeer
from .process import LogWatch, stop

TIMEOUTS = {"params": "1s", "body": "1s", "connect": "1s", "first_byte": "1s",
            "silence": "1s", "send": "1s", "idle": "75s", "drain": "5s"}


class OwnGateway:
    """One gateway process in a folder of its own.

    `applications` maps a name to its settings; `limits` and `timeouts`
    change single keys of the defaults above.
    """

    def __init__(self, binary, folder, origins, applications, *,
                 limits=None, timeouts=None, peers="", is_patient=False):
        os.makedirs(folder, mode=0o755, exist_ok=True)
        os.chmod(folder, 0o777)
        self.binary = binary
        self.folder = folder
        self.name = os.path.basename(folder)
        self.socket = f"{folder}/public.sock"
        self.config = f"{folder}/gatehouse.conf"
        self.log = LogWatch(f"{folder}/gateway.log")
        self.sections = {
            "gateway": {"workers": 2, "user": "www-data"},
            "entry public": {
                "kind": "public", "socket": self.socket, "mode": "0660",
                "group": "www-data", "peers": peers,
                "origins": ", ".join(origins)},
            "limits": limits or {},
            "timeouts": {**({} if is_patient else TIMEOUTS),
                         **(timeouts or {})},
        }
        for name, settings in applications.items():
            self.sections[f"application {name}"] = {
                "access": "public", **settings}
        self.process = None
        self.account = "www-data"     # who looks whether it accepts
        self.env = {}                 # besides our own environment
        self.under = []               # a program that starts it, and options
        self.is_piped = False         # somebody else writes its log
        self.writer = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    def write(self):
        with open(self.config, "w", encoding="ascii") as config:
            for section, settings in self.sections.items():
                config.write(f"[{section}]\n")
                for key, value in settings.items():
                    config.write(f"{key} = {value}\n")
                config.write("\n")
        os.chmod(self.config, 0o644)

    def start(self):
        self.write()
        with open(self.log.path, "ab") as log:
            if self.is_piped:
                self.writer = subprocess.Popen(
                    ["cat"], stdin=subprocess.PIPE, stdout=log,
                    start_new_session=True)
                log = self.writer.stdin
            self.process = subprocess.Popen(
                [*self.under, self.binary, "-c", self.config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env={**os.environ, **self.env})
            log.close()
        try:
            wait_until("own gateway accepts", self.accepts, 15)
        except Failed:
            self.stop()
            raise Failed("own gateway did not start: "
                         + self.log.tail(600)) from None

    def accepts(self):
        if self.process.poll() is not None:
            raise Failed(f"own gateway exited: {self.process.returncode} "
                         + self.log.tail(600))
        try:
            FcgiPeer(self.socket, 1, self.account).close()
            return True
        except OSError:
            return False

    def stop(self):
        status = stop(self.process) if self.process else None
        if self.writer:
            self.writer.wait(10)
        return status

    def obituary(self):
        """How it ended, unless it runs or ended well, as it does only when
        it is told to."""
        if self.process is None or not self.process.poll():
            return ""
        return (f"{self.name} ended, exit status {self.process.returncode}; "
                + self.log.last_words())
