# SPDX-License-Identifier: Apache-2.0
"""A world seen through another of its gateways."""


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
