# SPDX-License-Identifier: Apache-2.0
"""Databases of where addresses are, in MaxMind's format (version 2): networks
with what is said of each. Enough of it for tests: one record size, no pointers,
all networks of IPv6, those of IPv4 below ::/96 as in the real ones.

    python3 -m harness.places FILE

from tests/e2e writes SAMPLE, which is how tests/data/places.mmdb is made."""

import ipaddress
import os
import sys

SAMPLE = {
    "198.51.100.0/24": {"country": {"iso_code": "DE"},
                        "autonomous_system_number": 64496},
    "203.0.113.0/24": {"country": {"iso_code": "FR"},
                       "autonomous_system_number": 64500},
    "2001:db8:1::/48": {"country": {"iso_code": "AT"},
                        "autonomous_system_number": 4294967295},
    # What is not to be taken for a country or a system.
    "192.0.2.0/28": {"country": {"iso_code": 49},
                     "autonomous_system_number": "64496"},
    "192.0.2.16/28": {"country": "DE", "autonomous_system_number": {}},
    "192.0.2.32/28": {"country": {"iso_code": "DEU"}},
    "192.0.2.48/28": {"country": {"iso_code": "de"}},
    "192.0.2.64/28": {"country": {"iso_code": ""}},
    "192.0.2.80/28": {"registered_country": {"iso_code": "DE"}},
    "192.0.2.96/28": "DE",
}
MADE_AT = 1767225600  # 2026-01-01

_STRING, _UINT16, _UINT32, _MAP, _UINT64, _ARRAY = 2, 5, 6, 7, 9, 11


def _head(kind, size):
    assert size < 29
    if kind <= 7:
        return bytes([kind << 5 | size])
    return bytes([size, kind - 7])


def _number(kind, value):
    digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return _head(kind, len(digits)) + digits


def _encode(value):
    if isinstance(value, str):
        return _head(_STRING, len(value)) + value.encode()
    if isinstance(value, int):
        return _number(_UINT32, value)
    if isinstance(value, list):
        return _head(_ARRAY, len(value)) + b"".join(map(_encode, value))
    return _head(_MAP, len(value)) + b"".join(
        _encode(key) + (one if isinstance(one, bytes) else _encode(one))
        for key, one in value.items())


def _bits(network):
    network = ipaddress.ip_network(network)
    length = network.prefixlen + 128 - network.max_prefixlen
    number = int(network.network_address)
    return [number >> (127 - i) & 1 for i in range(length)]


def database(networks, made_at=MADE_AT):
    """The bytes of a database of {network: what is said of it}."""
    nodes, data, places = [[None, None]], b"", {}
    for network, value in networks.items():
        *path, last = _bits(network)
        node = 0
        for bit in path:
            if nodes[node][bit] is None:
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
            node = nodes[node][bit]
        places[node, last] = len(data)
        data += _encode(value)
    count = len(nodes)
    tree = b"".join(
        (count if record is None else record).to_bytes(4, "big")
        for i, node in enumerate(nodes)
        for record in (
            count + 16 + places[i, bit] if (i, bit) in places else node[bit]
            for bit in (0, 1)))
    about = _encode({
        "node_count": count, "record_size": _number(_UINT16, 32),
        "ip_version": _number(_UINT16, 6), "database_type": "test",
        "languages": ["en"],
        "binary_format_major_version": _number(_UINT16, 2),
        "binary_format_minor_version": _number(_UINT16, 0),
        "build_epoch": _number(_UINT64, made_at),
        "description": {"en": "for tests"}})
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + about


def put(file, content):
    """Puts bytes in the place of a file, all at once."""
    with open(file + ".new", "wb") as stream:
        stream.write(content)
    os.replace(file + ".new", file)


if __name__ == "__main__":
    put(sys.argv[1], database(SAMPLE))
