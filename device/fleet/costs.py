"""What a fleet will cost before it starts, from figures that were measured (docs/fleets.md).

They are for lights; devices with more resources need more. Memory is that of x86_64 and Python
3.11 to 3.13, within a tenth.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

from onboardee.device.fleet.expanding import FleetDevice

PROCESS: Final = 47 << 20
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
    """What devices need, the open files in each process. Memory in octets."""

    devices: int
    processes: int
    sockets: int
    files: int
    memory: int
    memory_owned: int
    starts_within: float
    """Seconds until the last one starts."""
    come_and_go: int
    """Devices that restart now and then."""


def cost(
    devices: list[FleetDevice],
    hosts: int = 2,
    workers: int = 1,
    *,
    prefixes: int = 0,
    in_file: bool = False,
) -> Cost:
    """Return what devices will need at so many addresses: 0.0.0.0 and :: unless told otherwise.

    With several `workers` there is one process more, which starts and ends them. With `prefixes`
    (`--addresses`) the devices of a process share its sockets; `in_file` is whether they keep their
    state in one file.
    """
    count, processes = len(devices), workers + (workers > 1)
    of_each = ceil(count / workers)
    sockets = SOCKETS_OF_HOST * (prefixes * workers or count * hosts)
    files = SOCKETS_OF_HOST * (prefixes or of_each * hosts)
    if not in_file:
        files += of_each * OTHER_FILES
    return Cost(
        devices=count,
        processes=processes,
        sockets=sockets,
        files=files + SPARE_FILES,
        memory=processes * PROCESS + count * UNOWNED,
        memory_owned=processes * PROCESS + count * OWNED,
        starts_within=max(device.starts_at for device in devices),
        come_and_go=sum(device.churn is not None for device in devices),
    )
