"""For tests, ours and yours: devices to test clients with, and a network in memory."""

from device.testing.clock import ManualClock
from device.testing.fake import FakeDevice, fake_device
from device.testing.network import MemoryNetwork, Node, Weather
from device.testing.onboarded import onboarded
from device.testing.setup import MemoryKeeper, memory_device
from device.testing.threaded import DeviceThread
from device.testing.watcher import Notification, Watcher

__all__ = [
    "DeviceThread",
    "FakeDevice",
    "ManualClock",
    "MemoryKeeper",
    "MemoryNetwork",
    "Node",
    "Notification",
    "Watcher",
    "Weather",
    "fake_device",
    "memory_device",
    "onboarded",
]
