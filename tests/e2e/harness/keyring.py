# SPDX-License-Identifier: Apache-2.0
"""A key ring of the suite's own, and what the gateway makes with it: MACs,
stored passwords, stored tokens. Written against the documented formats
(lib/core/keys.h, binding.h, password.h), not with their code.
"""

import base64
import ctypes
import hashlib
import hmac
import os
import secrets

NAMES = ("session", "binding", "csrf", "device", "pepper", "log", "data")
ARGON2ID13 = 2
SODIUM = "libsodium.so.23"


def url64(data):
    """base64url without padding, as every token of ours is written."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unurl64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def argon2id(data, memory_kib=19456, passes=2):
    """The PHC string of `data`, by libsodium."""
    sodium = ctypes.CDLL(SODIUM)
    sodium.sodium_init()
    out = ctypes.create_string_buffer(128)
    failed = sodium.crypto_pwhash_str_alg(
        out, data, ctypes.c_ulonglong(len(data)), ctypes.c_ulonglong(passes),
        ctypes.c_size_t(memory_kib * 1024), ARGON2ID13)
    if failed:
        raise MemoryError("argon2id")
    return out.value.decode()


class KeyRing:
    """One key of each name."""

    def __init__(self):
        self.keys = {name: secrets.token_bytes(32) for name in NAMES}

    def write(self, path, uid, gid):
        lines = ["gatehouse-keys 1"]
        lines += [f"{name} k1 2026-01-01 {url64(key)}"
                  for name, key in self.keys.items()]
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400),
                  "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        os.chown(path, uid, gid)

    def texts(self):
        """The secrets as they stand in the file, and in hex."""
        return [form for key in self.keys.values()
                for form in (url64(key), key.hex())]

    def mac(self, name, *parts):
        """HMAC-SHA-256 over the parts, each behind its length."""
        data = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.new(self.keys[name], data, hashlib.sha256).digest()

    def credential(self, account_id, password, **cost):
        """(PHC string, kid of the pepper, MAC of the row)."""
        phc = argon2id(self.mac("pepper", password.encode()), **cost)
        return phc, "k1", self.bind(account_id, phc)

    def bind(self, account_id, phc):
        return self.mac("binding", b"credential", str(account_id).encode(),
                        phc.encode(), b"k1")

    def bind_session(self, token_hash, reference, account_id, level=1):
        """The MAC of a session's row."""
        return self.mac("binding", b"session", token_hash, reference,
                        str(account_id).encode(), str(level).encode())

    def marker(self, name, at, since=None):
        """What a browser has that signed in as that name at that time, and is
        known since then, or since another."""
        parts = (os.urandom(4),
                 int(at if since is None else since).to_bytes(4, "big"),
                 int(at * 1e6).to_bytes(8, "big", signed=True))
        mac = self.mac("device", b"device", name.encode(), *parts)
        return url64(b"".join(parts) + mac[:16])

    def former_markers(self, name, at):
        """The same before markers had a time, and before they said since
        when."""
        now = int(at * 1e6).to_bytes(8, "big", signed=True)
        for parts in ((os.urandom(16),), (os.urandom(8), now)):
            mac = self.mac("device", b"device", name.encode(), *parts)
            yield url64(b"".join(parts) + mac[:16])

    def stored(self, token, host=b"localhost"):
        """The hash under which the database knows a token of a host."""
        return self.mac("session", b"token", unurl64(token), host)
