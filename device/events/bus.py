"""The bus that carries a device's events to whoever subscribes, in the process of the device.

    step.events ──► HostedDevice._publish ──► Bus.publish ──► subscribers, then followers

A device returns what happened as values (`Step.events`); its host publishes them after the change
is stored and the datagrams are sent. So a subscriber sees what is true already, it cannot change an
answer or a state, and it may take its time or raise: neither delays or alters what a peer gets. All
of it happens in the thread of the loop, one event after the other, without a queue in between.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import ClassVar

from msgspec import Struct

from onboardee.wire.wall_clock import WallClock, utc_now


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened. `name` is the event's name in the log, its fields go along."""

    name: ClassVar[str]
    """The name in the log, `state.changed`: of what it is about, then what happened."""

    def fields(self) -> dict[str, object]:
        """Return what the event tells as JSON has it: UUIDs as text, tuples as lists.

        The order is that of the declaration, in which the log prints them.
        """
        return {name: _plain(getattr(self, name)) for name in self.__struct_fields__}


def _plain(value: object) -> object:
    """Return a value that JSON has; what it has not becomes text."""
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | float | str | dict | None):
        return value
    return str(value)


class Told(Struct, frozen=True):
    """An event in its envelope: which one of which device, and when it was told."""

    device: str
    """The name of the device, as `onboardee ctl` takes it."""
    sequence: int
    """1 for the first event of a device in this process; whoever misses one sees the gap."""
    at: datetime
    """The time of day, with its zone."""
    event: Event

    def plain(self) -> dict[str, object]:
        """Return it as JSON has it: `event`, `at` and `sequence`, then the fields of the event."""
        return {
            "event": self.event.name,
            "at": self.at.isoformat(timespec="milliseconds"),
            "sequence": self.sequence,
            **self.event.fields(),
        }


Subscriber = Callable[[Event], None]
"""Gets events. What it raises is returned by `publish` and logged, and changes nothing else."""
Follower = Callable[[Told], None]
"""Gets events in their envelopes."""


class Bus:
    """Hands each event of a device to every subscriber, in the order of subscription.

    There is one for each device. It has no queue and no threads: `publish` returns when everybody
    was told.

    >>> heard = []
    >>> bus = Bus("light")
    >>> bus.follow(heard.append)
    >>> bus.publish(Event())
    []
    >>> heard[0].device, heard[0].sequence
    ('light', 1)
    """

    def __init__(self, device: str = "", wall_clock: WallClock = utc_now) -> None:
        """Name the device as people know it, and the clock by which envelopes are dated."""
        self.device = device
        self._wall_clock = wall_clock
        self._sequence = 0
        self._subscribers: list[Subscriber] = []
        self._followers: list[Follower] = []
        self.wants_requests = False
        """Somebody wants `RequestServed`, too frequent to be made for nobody."""
        self.wants_grants = False
        """Somebody traces the device and wants `AccessGranted`; subscribers do not get it."""

    def subscribe(self, subscriber: Subscriber, *, requests: bool = False) -> None:
        """Have every future event; `RequestServed` only if anybody asks for `requests`."""
        self._subscribers.append(subscriber)
        self.wants_requests = self.wants_requests or requests

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Have no more events."""
        self._subscribers.remove(subscriber)

    def follow(self, follower: Follower) -> None:
        """Have every future event in an envelope."""
        self._followers.append(follower)

    def unfollow(self, follower: Follower) -> None:
        """Have no more of them."""
        self._followers.remove(follower)

    def publish(self, event: Event) -> list[Exception]:
        """Tell everybody; return what those raised who failed at it. Nobody fails for others."""
        self._sequence += 1
        calls = [partial(subscriber, event) for subscriber in self._subscribers]
        if self._followers:
            told = Told(self.device, self._sequence, self._wall_clock(), event)
            calls += [partial(follower, told) for follower in self._followers]
        failures: list[Exception] = []
        for call in calls:
            try:
                call()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are told
                failures.append(error)
        return failures
