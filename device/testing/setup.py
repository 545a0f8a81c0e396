"""Put a device on a network in memory."""

from device.core import Device
from device.entropy import SeededEntropy
from device.events import Bus
from device.factory import new_database
from device.path import Endpoint
from device.simulation.profile import Profile, load
from device.testing.network import GROUPS, MemoryNetwork
from svrdb.model import Database

PLAIN_PORT = 5683
SECURE_PORT = 5684


class MemoryKeeper:
    """Keeps the database in memory only, and counts what was committed."""

    def __init__(self, database: Database) -> None:
        self.current = database
        self.commits = 0

    def commit(self, new: Database) -> None:
        """Replace the database."""
        self.current = new
        self.commits += 1


def memory_device(
    network: MemoryNetwork,
    profile: str | Profile = "light",
    *,
    host: str = "10.0.0.10",
    seed: int | str = 0,
    bus: Bus | None = None,
) -> Device:
    """Start a device at `host`, ports 5683 and 5684, a member of OCF's groups."""
    loaded = load(profile) if isinstance(profile, str) else profile
    entropy = SeededEntropy(seed)
    keeper = MemoryKeeper(new_database(loaded, entropy))
    device = Device(loaded, keeper, entropy=entropy, bus=bus)
    device.endpoints = (
        Endpoint("coap", host, PLAIN_PORT),
        Endpoint("coaps", host, SECURE_PORT),
    )
    network.attach(device, host, PLAIN_PORT, groups=GROUPS)
    network.attach(device, host, SECURE_PORT, secured=True)
    device.start(network.now)
    return device
