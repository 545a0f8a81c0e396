"""What faults of the network do to datagrams on their way, in either direction.

Each effect takes a datagram and returns those that go on in its place: none, one, or two. So
effects compose: what one has doubled the next one delays, both of them. They act in a fixed order
(`ON_THE_WAY`), whatever the order in which somebody wrote them: a datagram is spoilt before it is
doubled, and dropped last.

What is late waits in `HeldBack`, one for each direction. The device's own `next_deadline` has to
tell of it, as nobody else would wake up for it. What waits for the next datagram to pass, by
`reorder`, has no time: if nothing comes it never leaves, as on a network that lost it.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from onboardee.device.faults.rewriting import Look
from onboardee.device.faults.terms import Effect, Fault
from onboardee.wire.path import Path


@dataclass(frozen=True, slots=True)
class Passing:
    """A datagram on its way to the device, or from it."""

    datagram: bytes
    path: Path
    late: float = 0.0
    """By how many seconds it is held back."""
    is_after_next: bool = False
    """Whether it is held back until another one has passed."""
    look: Look | None = None
    """What is in it, where it is on its way to the device."""


def _changed(change: Callable[[bytes], bytes]) -> Callable[[Passing, Fault], list[Passing]]:
    return lambda passing, _: [replace(passing, datagram=change(passing.datagram))]


def _delayed(passing: Passing, fault: Fault) -> list[Passing]:
    return [replace(passing, late=passing.late + fault.duration)]


ON_THE_WAY: Final[Mapping[Effect, Callable[[Passing, Fault], list[Passing]]]] = {
    Effect.CORRUPT: _changed(lambda octets: octets[:-1] + bytes((octets[-1] ^ 1,))),
    Effect.TRUNCATE: _changed(lambda octets: octets[: len(octets) // 2]),
    Effect.DUPLICATE: lambda passing, _: [passing, passing],
    Effect.DELAY: _delayed,
    Effect.REORDER: lambda passing, _: [replace(passing, is_after_next=True)],
    Effect.DROP: lambda _passing, _fault: [],
}
"""What a network does, in the order in which effects on the same datagram act."""

TOLD: Final[Mapping[Effect, str]] = {
    Effect.CORRUPT: "changed a bit of",
    Effect.TRUNCATE: "cut off half of",
    Effect.DUPLICATE: "doubled",
    Effect.DELAY: "held back",
    Effect.REORDER: "let another one pass before",
    Effect.DROP: "swallowed",
}


def passed(datagrams: Sequence[Passing], faults: Sequence[Fault]) -> list[Passing]:
    """Return what the network makes of datagrams; faults of other kinds are left out."""
    result = [*datagrams]
    for effect, act in ON_THE_WAY.items():
        for fault in faults:
            if fault.do is effect:
                result = [new for each in result for new in act(each, fault)]
    return result


@dataclass(order=True, slots=True)
class _Late:
    at: float
    serial: int
    passing: Passing = field(compare=False)


_HELD: Final = 4096
"""Datagrams that are late at a time; what exceeds them passes at once."""


class HeldBack:
    """The datagrams of one direction that are late, or wait for another one to pass."""

    def __init__(self) -> None:
        self._late: list[_Late] = []
        self._after_next: list[Passing] = []
        self._serial = count()

    def next_deadline(self) -> float | None:
        """Return when something late is due."""
        return self._late[0].at if self._late else None

    def sorted_out(self, datagrams: Sequence[Passing], now: float) -> list[Passing]:
        """Take datagrams; return those that pass now, and what waited for one of them."""
        passing = []
        waiting, self._after_next = self._after_next, []
        for each in datagrams:
            if each.is_after_next:
                self._after_next.append(replace(each, is_after_next=False))
            elif each.late > 0 and len(self._late) < _HELD:
                late = _Late(now + each.late, next(self._serial), replace(each, late=0.0))
                heapq.heappush(self._late, late)
            else:
                passing.append(each)
        if not passing:
            self._after_next = waiting + self._after_next
            return []
        return passing + waiting

    def due(self, now: float) -> list[Passing]:
        """Return what is due, in its order."""
        found = []
        while self._late and self._late[0].at <= now:
            found.append(heapq.heappop(self._late).passing)
        return found
