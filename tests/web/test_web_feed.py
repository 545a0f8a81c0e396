"""Events to browsers: nothing that matters is lost, and no slow one is waited for."""

import asyncio
from typing import Any

import pytest

from onboardee.device.events import Bus, InputPressed, StateChanged, ValueChanged
from onboardee.device.web import feed as feed_module
from onboardee.device.web.devices import Devices
from onboardee.device.web.feed import EACH, MOST, STREAMS, SUMMARY, Feed, Stream


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "PAUSE", 0.0)


def following(*names: str) -> tuple[list[Bus], Feed]:
    """Return buses of these devices, and a feed of them."""
    devices, buses = Devices(), [Bus(name) for name in names]
    for bus in buses:
        devices.add(bus)
    return buses, Feed(devices)


def opened(feed: Feed, device: str | None = None) -> Stream:
    """Open a stream."""
    stream = feed.open(device)
    assert stream is not None
    return stream


def names(batch: list[dict[str, Any]]) -> list[object]:
    """Return what the events are called."""
    return [each["event"] for each in batch]


async def test_a_browser_gets_each_event_in_its_order() -> None:
    """With the name of the device, its number and its fields."""
    (bus,), feed = following("light")
    stream = opened(feed)
    bus.publish(StateChanged(before="RFOTM", after="RFPRO"))
    bus.publish(ValueChanged(href="/a", values={"value": True}))
    bus.publish(StateChanged(before="RFPRO", after="RFNOP"))
    batch = await stream.take()
    assert names(batch) == ["state.changed", "value.changed", "state.changed"]
    assert [each["sequence"] for each in batch] == [1, 2, 3]
    assert batch[0]["device"] == "light"
    assert (batch[2]["before"], batch[2]["after"]) == ("RFPRO", "RFNOP")


async def test_a_trace_stays_in_its_order() -> None:
    """Items are told as they passed, whatever numbers they have in themselves."""
    stream = Stream("light")
    for number in (5, 1, 3):
        stream.put_item("light", "trace.handshake", lambda number=number: {"sequence": number})
    assert [each["sequence"] for each in await stream.take()] == [5, 1, 3]


async def test_a_slow_browser_gets_the_latest_values() -> None:
    """Of each property one, whatever came before it."""
    (bus,), feed = following("light")
    stream = opened(feed)
    for number in range(5000):
        bus.publish(ValueChanged(href="/a", values={"x": number}))
    bus.publish(ValueChanged(href="/a", values={"y": 1}))
    bus.publish(ValueChanged(href="/b", values={"x": 2}))
    batch = await stream.take()
    assert [each["values"] for each in batch] == [{"x": 4999, "y": 1}, {"x": 2}]


async def test_a_flood_is_counted_and_hides_nothing_else() -> None:
    """10,000 events become a few and their number; the change of state among them is there."""
    (bus,), feed = following("light")
    stream = opened(feed)
    for number in range(10_000):
        bus.publish(InputPressed(input="toggle"))
        if number == 5000:
            bus.publish(StateChanged(before="RFNOP", after="RESET"))
    batch = await stream.take()
    assert names(batch).count("input.pressed") == EACH
    assert names(batch).count("state.changed") == 1
    told = batch[-1]
    assert (told["event"], told["device"]) == (SUMMARY, "light")
    assert told["missed"] == {"input.pressed": 10_000 - EACH}


async def test_what_waits_of_many_devices_has_a_bound() -> None:
    """Each device of which anything is missing is named, so that the page asks it anew."""
    buses, feed = following(*(str(number) for number in range(MOST + 50)))
    stream = opened(feed)
    for bus in buses:
        bus.publish(InputPressed(input="toggle"))
    batch = await stream.take()
    assert names(batch).count("input.pressed") == MOST
    assert names(batch).count(SUMMARY) == 50


async def test_the_next_batch_begins_anew() -> None:
    """After a flood each event is there again."""
    (bus,), feed = following("light")
    stream = opened(feed)
    for _ in range(EACH * 2):
        bus.publish(InputPressed(input="toggle"))
    await stream.take()
    bus.publish(InputPressed(input="toggle"))
    assert names(await stream.take()) == ["input.pressed"]


async def test_a_stream_of_one_device_has_no_others() -> None:
    """Its page is not woken by them."""
    (one, other), feed = following("one", "other")
    stream = opened(feed, "one")
    other.publish(InputPressed(input="toggle"))
    one.publish(InputPressed(input="dim"))
    assert [each["input"] for each in await stream.take()] == ["dim"]


async def test_two_browsers_get_the_same() -> None:
    """Each has its own queue."""
    (bus,), feed = following("light")
    streams = [opened(feed), opened(feed)]
    bus.publish(InputPressed(input="toggle"))
    assert [names(await each.take()) for each in streams] == [["input.pressed"]] * 2


async def test_without_browsers_devices_have_nobody_to_tell() -> None:
    """The bus makes no envelope for a page that is closed."""
    (bus,), feed = following("light")
    first, second = opened(feed), opened(feed)
    feed.close(first)
    feed.close(first)
    assert bus._followers
    feed.close(second)
    assert not bus._followers


async def test_only_so_many_follow() -> None:
    """One more is refused, and gets in when another one has gone."""
    _, feed = following("light")
    streams = [opened(feed) for _ in range(STREAMS)]
    assert feed.open() is None
    feed.close(streams[0])
    assert feed.open() is not None


async def test_events_of_other_threads_come_through_the_loop() -> None:
    """What a disk's thread tells is there like anything else."""
    (bus,), feed = following("light")
    stream = opened(feed)
    await asyncio.to_thread(bus.publish, InputPressed(input="toggle"))
    assert names(await stream.take()) == ["input.pressed"]


async def test_the_end_wakes_who_waits() -> None:
    """A stream that is closed returns nothing, at once, for good."""
    _, feed = following("light")
    stream = opened(feed)
    waiting = asyncio.create_task(stream.take())
    await asyncio.sleep(0)
    feed.close_all()
    assert await waiting == []
    assert await stream.take() == []
