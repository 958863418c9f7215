# SPDX-License-Identifier: Apache-2.0
"""A world seen through another of its gateways."""

from contextlib import contextmanager

from .check import true


class Facade:
    """Everything of a world, but the raw socket is that of `gateway`."""

    def __init__(self, world, gateway):
        self.world = world
        self.gateway = gateway
        self.socket = gateway.socket

    def __getattr__(self, name):
        return getattr(self.world, name)


def through(scene, gateway):
    """A scene like this one, whose visitors talk to another gateway."""
    other = type(scene)(scene.world, scene.name, scene.options)
    other.world = Facade(scene.world, gateway)
    return other


@contextmanager
def beside(scene, gateway):
    """Starts another gateway; a scene whose visitors talk to it. What it
    logged and what they learnt belongs to this one in the end."""
    other = through(scene, gateway)
    with gateway:
        scene.more_gateways.append(gateway)
        other.gateway = gateway
        yield other
        scene.said += gateway.log.news().decode("latin-1")
        true("G1 sanitizer", not gateway.log.report, gateway.log.report)
        scene.more_gateways.remove(gateway)
    scene.events += other.events
    scene.answers += other.answers[-100:]
    scene.secrets |= other.secrets
    scene.people.update(other.people)
