"""Long work of the dashboard leaves devices their turn."""

import asyncio
import time
from typing import Any

import pytest

from onboardee.device.events import Bus, ValueChanged
from onboardee.device.web import feed as feed_module
from onboardee.device.web import turns
from onboardee.device.web.devices import Devices
from onboardee.device.web.feed import Feed
from onboardee.device.web.turns import in_turns


async def turns_of_others(work: "asyncio.Task[Any]") -> int:
    """Count how often others have their turn until a piece of work is done."""
    count = 0
    while not work.done():
        await asyncio.sleep(0)
        count += 1
    return count


async def test_long_work_lets_others_have_their_turn() -> None:
    """Whenever a slice is over, and not for each item."""

    async def work() -> list[int]:
        found = []
        async for each in in_turns(range(2000)):
            found.append(each)
            if each % 500 == 0:
                until = time.perf_counter() + turns.SLICE
                while time.perf_counter() < until:
                    pass
        return found

    task = asyncio.create_task(work())
    count = await turns_of_others(task)
    assert 4 <= count < 1000
    assert await task == list(range(2000))


async def test_a_batch_of_many_devices_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that gets 20,000 changes at once gets all; devices go on meanwhile."""
    monkeypatch.setattr(feed_module, "PAUSE", 0.0)
    devices, buses = Devices(), [Bus(str(number)) for number in range(20_000)]
    for bus in buses:
        devices.add(bus)
    feed = Feed(devices)
    stream = feed.open()
    assert stream is not None
    for bus in buses:
        bus.publish(ValueChanged(href="/a", values={"value": True}))
    taking = asyncio.create_task(stream.take())
    assert await turns_of_others(taking) > 5
    assert len(taking.result()) == 20_000
