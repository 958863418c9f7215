# SPDX-License-Identifier: Apache-2.0
"""One answer as a client saw it, whichever protocol carried it."""

import re
from dataclasses import dataclass, field


@dataclass
class Answer:
    """status 0 means that the connection ended without an answer."""

    status: int = 0
    headers: list = field(default_factory=list)
    body: bytes = b""
    length: int = 0          # bytes of body, also when they were not kept
    complete: bool = False   # the framing says that nothing is missing
    seconds: float = 0.0     # from the first byte sent to the last read
    reason: str = ""
    interim: list = field(default_factory=list)    # 1xx that came before
    trailers: list = field(default_factory=list)
    head: bytes = b""        # as it came
    # FastCGI only
    end: tuple = None        # (appStatus, protocolStatus) of END_REQUEST
    stderr: bytes = b""
    others: list = field(default_factory=list)     # foreign records

    def all(self, name):
        """Every value of a field, in order."""
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def one(self, name):
        """The value of a field that occurs exactly once, else None."""
        values = self.all(name)
        return values[0] if len(values) == 1 else None


def parse_fields(block):
    """Lenient: lines of a head as (name, value), split at the first colon."""
    fields = []
    for line in re.split(rb"\r?\n", block):
        if line:
            name, _, value = line.partition(b":")
            fields.append((name.decode("latin-1"),
                           value.strip(b" \t").decode("latin-1")))
    return fields
