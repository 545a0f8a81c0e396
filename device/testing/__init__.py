"""For tests, ours and yours: devices to test clients with, and a network in memory."""

from onboardee.device.testing.client import Heard, PlainClient
from onboardee.device.testing.fake import FakeDevice, fake_device
from onboardee.device.testing.manual_clock import ManualClock
from onboardee.device.testing.network import Impairments, MemoryNetwork, Node
from onboardee.device.testing.onboarded import onboarded
from onboardee.device.testing.replaying import replayed
from onboardee.device.testing.setup import MemoryKeeper, memory_device
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
