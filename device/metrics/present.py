"""How the devices are when somebody asks: states, sessions, observers, and the loop's delay.

A scrape comes in a thread of its own. The devices live in the loop, so the loop reads them: what it
takes until it does so is how late it is, which is a figure, too.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from onboardee.device.machine.layer import AnyDevice

PATIENCE: Final = 5.0
"""Seconds that a scrape waits for the loop."""


@dataclass(slots=True)
class Present:
    """The devices of a process at one moment."""

    states: Counter[str] = field(default_factory=Counter)
    """Devices by onboarding state."""
    owned: int = 0
    """Devices that have an owner."""
    sessions: int = 0
    """DTLS sessions of all of them."""
    observers: int = 0
    """Observations that last."""


def look(devices: Iterable[AnyDevice]) -> Present:
    """Count. In the loop's thread only."""
    found = Present()
    for device in devices:
        found.states[device.database.state.name] += 1
        found.owned += device.database.doxm.owned
        found.sessions += len(device.sessions)
        found.observers += len(device.observers)
    return found


class PresentCollector(Collector):
    """Tells Prometheus how the devices are now."""

    def __init__(self, devices: Mapping[str, AnyDevice], loop: asyncio.AbstractEventLoop) -> None:
        self._devices = devices
        self._loop = loop

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Ask the loop. A loop that does not answer in time has only its delay told."""
        began = time.monotonic()

        async def there() -> tuple[float, Present]:
            return time.monotonic() - began, look(self._devices.values())

        asked = asyncio.run_coroutine_threadsafe(there(), self._loop)
        try:
            late, found = asked.result(PATIENCE)
        except TimeoutError:
            asked.cancel()
            late, found = PATIENCE, None
        yield GaugeMetricFamily("onboardee_loop_delay_seconds", "How late the loop is", late)
        if found is not None:
            yield from families(found)


def families(found: Present) -> Iterator[GaugeMetricFamily]:
    """Yield the gauges that tell it."""
    states = GaugeMetricFamily("onboardee_devices", "Devices by onboarding state", labels=["state"])
    for state, count in sorted(found.states.items()):
        states.add_metric([state], count)
    yield states
    yield GaugeMetricFamily("onboardee_devices_owned", "Devices that have an owner", found.owned)
    yield GaugeMetricFamily("onboardee_sessions", "DTLS sessions that are open", found.sessions)
    yield GaugeMetricFamily("onboardee_observers", "Observations that last", found.observers)
