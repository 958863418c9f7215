# SPDX-License-Identifier: Apache-2.0
"""A raw HTTP/2 client on python3-h2 with all of its own checks switched
off, so that a case can send what no honest client sends."""

import time

import h2.config
import h2.connection
import h2.events

from .answer import Answer
from .http1 import PATIENCE, HttpPeer, tls_context

CONTEXT = tls_context("h2")


def ask2(front, fields, body=b"", timeout=PATIENCE):
    """One stream on a new connection; `fields` with pseudo fields, in
    order. A stream or connection error gives status 0."""
    with HttpPeer(front, timeout, CONTEXT) as peer:
        if peer.sock.selected_alpn_protocol() != "h2":
            return None
        link = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, validate_outbound_headers=False,
            normalize_outbound_headers=False, header_encoding="latin-1"))
        link.initiate_connection()
        link.send_headers(1, fields, end_stream=not body)
        if body:
            link.send_data(1, body, end_stream=True)
        peer.send(link.data_to_send())
        return read_stream(peer, link)


def read_stream(peer, link):
    answer = Answer()
    while not answer.complete and peer.more():
        data, peer.rest = peer.rest, b""
        for event in link.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                answer.headers = list(event.headers)
                answer.status = int(dict(event.headers)[":status"])
            elif isinstance(event, h2.events.DataReceived):
                answer.body += event.data
                link.acknowledge_received_data(
                    event.flow_controlled_length, 1)
            elif isinstance(event, h2.events.StreamEnded):
                answer.complete = True
            elif isinstance(event, (h2.events.StreamReset,
                                    h2.events.ConnectionTerminated)):
                answer.seconds = time.monotonic() - peer.started
                return answer
        peer.send(link.data_to_send())
    answer.length = len(answer.body)
    answer.seconds = time.monotonic() - peer.started
    return answer
