"""For tests, ours and yours: a network in memory with its own clock, and a device on it."""

from device.testing.network import MemoryNetwork, Node, Weather
from device.testing.setup import MemoryKeeper, memory_device

__all__ = ["MemoryKeeper", "MemoryNetwork", "Node", "Weather", "memory_device"]
