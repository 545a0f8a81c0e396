"""Which resources have changed, and when their observers may hear of it.

A dimmer that moves changes ten times a second, and each notification costs every observer a
message. So changes that a device makes by itself are gathered: at most one notice of a resource in
each interval (the entry `notify`), with the value that holds then. What a client or a person
changed is told at once, as the one who waits for it is watching.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final

INTERVAL: Final = 0.2
"""Seconds between two notifications of one resource, where a profile says nothing."""


class Notices:
    """At most one notice of a resource in each interval, and the last change is always told."""

    __slots__ = ("_by_others", "_common", "_intervals", "_last", "_waiting")

    def __init__(self, common: float, intervals: Mapping[str, float]) -> None:
        self._common = common
        self._intervals = intervals
        self._last: dict[str, float] = {}
        self._waiting: dict[str, float] = {}
        """By path: when the resource may be told of next."""
        self._by_others: set[str] = set()
        """The resources that somebody else had a part in changing since they were told last."""

    def note(self, hrefs: Iterable[str], now: float, *, by_itself: bool = True) -> None:
        """Remember changes, and whether the device makes them by itself.

        A change while a notice waits needs no second one: the notice tells the value of then.
        """
        for href in hrefs:
            if not by_itself:
                self._by_others.add(href)
            interval = self._intervals.get(href, self._common)
            earliest = self._last.get(href, -math.inf) + interval
            self._waiting.setdefault(href, max(now, earliest))

    def hasten(self, href: str, now: float) -> None:
        """Let a notice that waits go out now."""
        if href in self._waiting:
            self._waiting[href] = now

    def take(self, now: float) -> list[str]:
        """Return the resources whose notices are due, in the order in which they changed."""
        if not self._waiting:
            return []
        due = [href for href, time in self._waiting.items() if time <= now]
        for href in due:
            del self._waiting[href]
            self._last[href] = now
        return due

    def credit(self, href: str) -> None:
        """Remember that somebody else changed a resource, of which is told without a notice."""
        self._by_others.add(href)

    def take_cause(self, href: str) -> bool:
        """Tell, once, whether a person or a client had a part in what `take` returned."""
        is_by_others = href in self._by_others
        self._by_others.discard(href)
        return is_by_others

    def forget(self, href: str) -> None:
        """Drop what waits to be told of a resource that is no more, and what was."""
        self._waiting.pop(href, None)
        self._last.pop(href, None)
        self._by_others.discard(href)

    @property
    def deadline(self) -> float:
        """When the next notice is due."""
        return min(self._waiting.values(), default=math.inf)
