"""Events to browsers: each gets what matters, however slow it is, and delays nobody.

    Bus.publish ──► Feed ──► Stream of a browser: what waits ──► one batch ──► the browser

Putting an event in is a few operations on a dictionary, whatever the browser does. What waits is
bounded, and is bounded by losing what the browser does not need:

* of changes of values the latest of each property waits, as a page shows no other one;
* of other events of one device the first of each name wait, up to `EACH` of them; of those behind
  them only the number does. The browser is told it (`feed.summary`), and asks the device anew;
* in all at most `MOST` events wait; behind these the same counting begins.

A batch is taken when the browser has read the one before, and at most once in `PAUSE`. So a device
that tells 10,000 events a second costs a browser as much as one that tells a few hundred. What is
in a batch is made in slices (`turns`), between which the devices of this loop go on.
"""

import asyncio
import itertools
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final

from onboardee.device.events import Told, ValueChanged
from onboardee.device.web.devices import Devices
from onboardee.device.web.turns import in_turns

PAUSE: Final = 0.05
"""Seconds between two batches: a page that is drawn so often looks immediate."""
EACH: Final = 32
"""Events of one name of one device in one batch."""
MOST: Final = 1024
"""Events in one batch, beside the latest values."""
STREAMS: Final = 16
"""Browsers, and scripts, that may follow at a time."""
SUMMARY: Final = "feed.summary"


class Stream:
    """What waits for one browser."""

    def __init__(self, device: str | None = None) -> None:
        """Take the events of one device, or of all."""
        self.device = device
        self._events: list[tuple[int, Told | dict[str, Any]]] = []
        """Each with its place among all."""
        self._values: dict[tuple[str, str], tuple[int, Told, Mapping[str, object]]] = {}
        """The last change of a resource, with the values of those before it that it has not."""
        self._places = itertools.count()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._is_ready = asyncio.Event()
        self.is_closed = False

    def put(self, told: Told) -> None:
        """Let an event wait, or count it. In the loop's thread."""
        if self.device not in {None, told.device}:
            return
        event = told.event
        if isinstance(event, ValueChanged):
            self._put_values(told, event)
        elif self.has_room(told.device, event.name):
            self._events.append((next(self._places), told))
        self._is_ready.set()

    def has_room(self, device: str, name: str) -> bool:
        """Count something of that name, and tell whether it can wait here or is counted only."""
        self._counts[device, name] += 1
        return self._counts[device, name] <= EACH and len(self._events) < MOST

    def put_item(self, device: str, name: str, item: Callable[[], dict[str, Any]]) -> None:
        """Let something else than an event wait, which is made only if it can, or count it."""
        if self.device not in {None, device}:
            return
        if self.has_room(device, name):
            told = {"device": device, "event": name, **item()}
            self._events.append((next(self._places), told))
        self._is_ready.set()

    def _put_values(self, told: Told, event: ValueChanged) -> None:
        resource = (told.device, event.href)
        before = self._values.get(resource)
        values = event.values if before is None else {**before[2], **event.values}
        self._values[resource] = (next(self._places), told, values)

    async def take(self) -> list[dict[str, Any]]:
        """Wait for events, and return all that wait, with summaries of what was counted only.

        An empty list: the stream was closed.
        """
        await self._is_ready.wait()
        if not self.is_closed:
            await asyncio.sleep(PAUSE)
        self._is_ready.clear()
        waiting: list[tuple[int, Told | dict[str, Any], Mapping[str, object] | None]]
        waiting = [(place, each, None) for place, each in self._events]
        waiting += self._values.values()
        counts = self._counts
        self._events, self._values, self._counts = [], {}, Counter()
        batch = []
        async for _, each, values in in_turns(sorted(waiting, key=itemgetter(0))):
            batch.append(_plain(each) if values is None else {**_plain(each), "values": values})
        batch += _summaries(batch, counts)
        if self.is_closed:
            self._is_ready.set()
        return batch

    def close(self) -> None:
        """Let whoever waits for events wait no more."""
        self.is_closed = True
        self._is_ready.set()


def _summaries(
    batch: list[dict[str, Any]], counts: Counter[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Return one event for each device of which events were counted and not kept."""
    kept = Counter((each["device"], each["event"]) for each in batch)
    missed: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (device, name), count in (counts - kept).items():
        missed[device][name] = count
    return [
        {"device": device, "event": SUMMARY, "missed": counts} for device, counts in missed.items()
    ]


def _plain(waiting: Told | dict[str, Any]) -> dict[str, Any]:
    """Return what waits as JSON has it; it is made only for what leaves."""
    if isinstance(waiting, Told):
        return {"device": waiting.device, **waiting.plain()}
    return waiting


class Feed:
    """Hands the events of all devices to all streams; without streams it hears nothing."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices
        self._streams: set[Stream] = set()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def open(self, device: str | None = None) -> Stream | None:
        """Begin a stream of one device, or of all; None: there are too many already."""
        if len(self._streams) >= STREAMS:
            return None
        if not self._streams:
            for each in self._devices:
                each.bus.follow(self._hear)
        stream = Stream(device)
        self._streams.add(stream)
        return stream

    def close(self, stream: Stream) -> None:
        """End a stream."""
        stream.close()
        if stream not in self._streams:
            return
        self._streams.remove(stream)
        if not self._streams:
            for each in self._devices:
                each.bus.unfollow(self._hear)

    def close_all(self) -> None:
        """End all of them."""
        for stream in tuple(self._streams):
            self.close(stream)

    def note(self, device: str, name: str, fields: Mapping[str, Any]) -> None:
        """Tell something of a device that is no event of its own. In the loop's thread."""
        for stream in self._streams:
            stream.put_item(device, name, lambda: dict(fields))

    def _hear(self, told: Told) -> None:
        # some events come from the threads that write to disk
        if threading.get_ident() != self._thread:
            self._loop.call_soon_threadsafe(self._hand_out, told)
        else:
            self._hand_out(told)

    def _hand_out(self, told: Told) -> None:
        for stream in self._streams:
            stream.put(told)
