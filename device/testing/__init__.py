"""For tests, ours and yours: devices to test clients with, and a network in memory.

Three ways to have a device in a test, from real to fast:

    fake_device     real sockets on loopback, in the event loop of the test
    DeviceThread    the same in a thread, for tests without an event loop
    memory_device   no sockets: a `MemoryNetwork` that loses and delays datagrams as it is told,
                    whose hour takes milliseconds and comes out the same each time

All of them keep the database in memory (`MemoryKeeper`). With a seed every key and UUID repeats.
`onboardee.testing` offers this under its public name (docs/api.md), and `device/pytest_plugin.py`
has fixtures.
"""

from onboardee.device.machine.memory import MemoryKeeper
from onboardee.device.testing.client import Heard, PlainClient
from onboardee.device.testing.fake import FakeDevice, fake_device
from onboardee.device.testing.manual_clock import ManualClock
from onboardee.device.testing.network import Impairments, MemoryNetwork, Node
from onboardee.device.testing.onboarded import onboarded
from onboardee.device.testing.replaying import replayed
from onboardee.device.testing.setup import memory_device
from onboardee.device.testing.threaded import DeviceThread

__all__ = [
    "DeviceThread",
    "FakeDevice",
    "Heard",
    "Impairments",
    "ManualClock",
    "MemoryKeeper",
    "MemoryNetwork",
    "Node",
    "PlainClient",
    "fake_device",
    "memory_device",
    "onboarded",
    "replayed",
]
