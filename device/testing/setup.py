"""Put a device on a network in memory.

One call makes profile, database, device, ports and groups. The device has the addresses of a small
network (10.0.0.0/24) and OCF's usual ports, so that a test names them without asking.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from onboardee.device.events import Bus
from onboardee.device.machine.boot import boot
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing.local import LocalDevice, Make, local_device
from onboardee.device.testing.network import GROUPS, MemoryNetwork
from onboardee.device.testing.onboarded import onboarded, with_plain_endpoints
from onboardee.wire.entropy import Entropy, SeededEntropy
from onboardee.wire.path import Endpoint
from onboardee.wire.wall_clock import WallClock

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""The time of day at which a network begins."""
PLAIN_PORT = 5683
"""CoAP's, where /oic/res is read in the clear."""
SECURE_PORT = 5684
"""CoAP over DTLS."""


def memory_device(  # noqa: PLR0913 - by keyword, each with a default
    network: MemoryNetwork,
    profile: str | Profile = "light",
    *,
    host: str = "10.0.0.10",
    seed: int | str = 0,
    bus: Bus | None = None,
    clients: Mapping[UUID, bytes] | None = None,
    open_to_all: bool = False,
    wall_clock: WallClock | None = None,
    keylog: Callable[[str], None] | None = None,
    around: Callable[[AnyDevice], AnyDevice] | None = None,
    entropy: Entropy | None = None,
    chance: int | str | None = None,
    make: Make = boot,
) -> LocalDevice:
    """Start a device at `host`, ports 5683 and 5684, a member of OCF's groups.

    `clients` and `open_to_all` are those of `fake_device`. Without a `wall_clock` the network
    began at midnight of 1 January 2026, so that times of day repeat, too; with certificates made
    today give it one. `around` puts a layer around the device (`machine.layer`), `make` makes it
    in the place of `boot`. The device has random octets of its own (`entropy`), and `chance`
    decides what it does by itself.
    """
    loaded = load(profile) if isinstance(profile, str) else profile
    if open_to_all:
        loaded = with_plain_endpoints(loaded)
    making = SeededEntropy(seed)
    database = new_database(loaded, making)
    if clients is not None or open_to_all:
        database = onboarded(database, making, clients=clients, open_to_all=open_to_all)
    device = local_device(
        loaded,
        MemoryKeeper(database),
        make,
        entropy=entropy or making,
        seed=chance,
        bus=bus or Bus(),
        wall_clock=wall_clock or (lambda: BEGINNING + timedelta(seconds=network.now)),
        keylog=keylog,
    )
    if around is not None:
        device = LocalDevice(around(device.device))
    _attach(device, network, host)
    return device


def _attach(device: LocalDevice, network: MemoryNetwork, host: str) -> None:
    """Give a device its two ports, let groups reach the plain one, and start it."""
    device.endpoints = (
        Endpoint("coap", host, PLAIN_PORT),
        Endpoint("coaps", host, SECURE_PORT),
    )
    network.attach(device, host, PLAIN_PORT, groups=GROUPS)
    network.attach(device, host, SECURE_PORT, secured=True)
    device.start(network.now)
