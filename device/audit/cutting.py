"""Where one attempt of a tool ends and the next begins, and what is kept of one that goes on.

A trace has no mark that says "the tool begins anew": people press the reset button, tools give up
and try again, some look around for hours before they do anything. So the cut is found from the
items themselves. An attempt begins with whatever a tool does after the one before has ended, as the
search for devices belongs to it. It ends when the device is reset, by the tool or by itself, or
when a method is selected anew after a session was there.

A device that is audited may be on for weeks, and strangers may talk to it as much as they like.
What is kept of an attempt is therefore bounded (`Conversation`). As all rules are about an order,
the first items are kept for what has to come first, the latest ones before the selection for what
comes with it, and all that follows until the bound is reached; what is left out is counted, and the
report says so.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from onboardee.device.trace import items
from onboardee.device.trace.items import Item, Way

_OVERHEAD: Final = 256
"""Octets that an item takes besides those of the network, roughly."""


class Cutter:
    """Finds the items with which a new attempt begins."""

    def __init__(self) -> None:
        self._has_session = False
        self._was_reset = False

    def ends_before(self, item: Item) -> bool:
        """Tell whether an item is the first of another attempt; has to be asked of every item."""
        if self._was_reset and isinstance(item, items.Datagram) and item.way is Way.IN:
            self._was_reset = self._has_session = False
            return True
        match item:
            case items.HandshakeMessage(name="Finished", way=Way.OUT):
                self._has_session = True
            case items.Happened(event="device.reset"):
                self._was_reset = self._has_session
            case items.Message(path="/oic/sec/pstat", code="POST", content={"dos": {"s": 0}}):
                self._was_reset = self._has_session
            case items.Message() if selects_method(item):
                again, self._has_session = self._has_session, False
                return again
            case _:
                pass
        return False


def selects_method(item: Item) -> bool:
    """Tell whether an item is a request in the clear that selects a transfer method."""
    match item:
        case items.Message(path="/oic/sec/doxm", code="POST", over="", content={"oxmsel": _}):
            return True
    return False


class Selections:
    """Tells a tool that begins anew from one that repeats a request whose answer was lost."""

    def __init__(self) -> None:
        self._last = b""

    def begins_anew(self, item: Item) -> bool:
        """Tell whether a request selects a method that is none of those before it."""
        if not isinstance(item, items.Message) or item.way is Way.OUT or not selects_method(item):
            return False
        before, self._last = self._last, item.octets
        return bool(before) and before != item.octets


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of one attempt is kept."""

    first: int = 200
    """Items from the beginning that are kept whatever follows."""
    before: int = 1000
    """The latest items before the method is selected."""
    after: int = 4000
    """Items from the selection on."""
    octets: int = 1 << 20
    """Of all of them together, for each of the three."""


class _Shelf:
    """Keeps items up to a number, and up to a number of octets.

    Both are bounded: a stranger may send many small messages, or few large ones.
    """

    def __init__(self, count: int, octets: int) -> None:
        self.items: deque[Item] = deque()
        self._count = count
        self._free = octets

    def put(self, item: Item) -> bool:
        """Keep an item; return False if there is no room for it."""
        size = size_of(item)
        if len(self.items) >= self._count or size > self._free:
            return False
        self.items.append(item)
        self._free -= size
        return True

    def push(self, item: Item) -> int:
        """Keep an item and give up the oldest ones for it; return how many are given up."""
        given_up = 0
        while not self.put(item):
            if not self.items:
                return given_up + 1
            self._free += size_of(self.items.popleft())
            given_up += 1
        return given_up


def size_of(item: Item) -> int:
    """Return roughly how many octets of memory an item takes."""
    carried = (getattr(item, name, b"") for name in ("octets", "payload", "body"))
    return _OVERHEAD + sum(map(len, carried))


@dataclass(slots=True)
class Conversation:
    """The items of one attempt while it goes on, as many as `bounds` let it keep.

    Datagrams and records are not kept: what is in them is told by the items that follow them, and
    no rule asks for more.
    """

    bounds: Bounds = field(default_factory=Bounds)
    left_out: int = 0
    """How many items were given up."""
    has_selection: bool = False
    """Whether a method was selected, so that it is an attempt."""
    _first: _Shelf = field(init=False)
    """What is kept whatever follows."""
    _before: _Shelf = field(init=False)
    """The latest before the selection."""
    _after: _Shelf = field(init=False)
    """From the selection on."""
    _is_beginning: bool = True

    def __post_init__(self) -> None:
        bounds = self.bounds
        self._first = _Shelf(bounds.first, bounds.octets)
        self._before = _Shelf(bounds.before, bounds.octets)
        self._after = _Shelf(bounds.after, bounds.octets)

    def add(self, item: Item) -> None:
        """Take the next item."""
        if isinstance(item, items.Datagram | items.Record):
            return
        self.has_selection = self.has_selection or selects_method(item)
        if self.has_selection:
            self.left_out += not self._after.put(item)
            return
        self._is_beginning = self._is_beginning and self._first.put(item)
        if not self._is_beginning:
            self.left_out += self._before.push(item)

    def trace(self) -> list[Item]:
        """Return what was kept, in its order."""
        return [*self._first.items, *self._before.items, *self._after.items]
