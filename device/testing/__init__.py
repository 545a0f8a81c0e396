"""For tests, ours and yours: devices to test clients with, and a network in memory."""

from onboardee.device.testing.fake import FakeDevice, fake_device
from onboardee.device.testing.manual_clock import ManualClock
from onboardee.device.testing.network import Impairments, MemoryNetwork, Node
from onboardee.device.testing.onboarded import onboarded
from onboardee.device.testing.replaying import replayed
from onboardee.device.testing.setup import MemoryKeeper, memory_device
from onboardee.device.testing.threaded import DeviceThread
from onboardee.device.testing.watcher import Notification, Watcher

__all__ = [
    "DeviceThread",
    "FakeDevice",
    "Impairments",
    "ManualClock",
    "MemoryKeeper",
    "MemoryNetwork",
    "Node",
    "Notification",
    "Watcher",
    "fake_device",
    "memory_device",
    "onboarded",
    "replayed",
]
