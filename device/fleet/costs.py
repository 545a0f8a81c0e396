"""What a fleet will cost before it starts, from figures that were measured (docs/fleets.md).

They are for lights; devices with more resources need more. Memory is that of x86_64 and Python
3.11 to 3.13, within a tenth.
"""

from dataclasses import dataclass
from typing import Final

from onboardee.device.fleet.expanding import FleetDevice

PROCESS: Final = 42 << 20
"""Octets of a process before its first device."""
UNOWNED: Final = 40 << 10
"""Octets that a further device without an owner needs."""
OWNED: Final = 80 << 10
"""Octets with an owner, a few credentials and rules, and a session."""
SOCKETS_OF_HOST: Final = 2
"""Of a device at one address: coap and coaps."""
OTHER_FILES: Final = 4
"""Of a device: its directory, its lock, its control socket and what that lies in."""
SPARE_FILES: Final = 64
"""For everything that is not a device's."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What devices in one process need. Memory in octets."""

    devices: int
    sockets: int
    files: int
    memory: int
    memory_owned: int
    starts_within: float
    """Seconds until the last one starts."""
    come_and_go: int
    """Devices that restart now and then."""


def cost(devices: list[FleetDevice], hosts: int = 2) -> Cost:
    """Return what devices will need at so many addresses: 0.0.0.0 and :: unless told otherwise."""
    count = len(devices)
    sockets = count * SOCKETS_OF_HOST * hosts
    return Cost(
        devices=count,
        sockets=sockets,
        files=sockets + count * OTHER_FILES + SPARE_FILES,
        memory=PROCESS + count * UNOWNED,
        memory_owned=PROCESS + count * OWNED,
        starts_within=max(device.starts_at for device in devices),
        come_and_go=sum(device.churn is not None for device in devices),
    )
