"""Work for many devices leaves room for everybody else, on a loop whose time a test makes pass."""

import asyncio
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Any, cast

from onboardee.device.events import Bus
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.net.binding import Ports
from onboardee.device.net.hub import MAX_SEARCHES, Hub
from onboardee.device.net.turns import SLICE, Turns
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryKeeper
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

PIECE = 0.001
LOOPBACK = Ports(("127.0.0.1",))


class Loop:
    """As much of an event loop as the turns need."""

    def __init__(self) -> None:
        self.now = 0.0
        self._numbers = count()
        self._soon: list[tuple[Any, tuple[Any, ...]]] = []
        self._timers: list[tuple[float, int, Any, tuple[Any, ...]]] = []

    def time(self) -> float:
        """Return the time."""
        return self.now

    def call_soon(self, callback: Any, *given: Any) -> None:
        """Call in the next turn."""
        self._soon.append((callback, given))

    def call_at(self, when: float, callback: Any, *given: Any) -> Any:
        """Call when a time has come."""
        heappush(self._timers, (when, next(self._numbers), callback, given))
        return asyncio.Handle(callback, (), cast("asyncio.AbstractEventLoop", self))

    def get_debug(self) -> bool:
        """Say no more than needed."""
        return False

    def turn(self) -> None:
        """Do what is due, once."""
        soon, self._soon = self._soon, []
        while self._timers and self._timers[0][0] <= self.now:
            _, _, callback, given = heappop(self._timers)
            soon.append((callback, given))
        for callback, given in soon:
            callback(*given)


def turns() -> tuple[Loop, Turns]:
    """Make a loop and its turns."""
    loop = Loop()
    return loop, Turns(cast("asyncio.AbstractEventLoop", loop))


def test_a_thousand_alarms_at_once_take_many_turns() -> None:
    """When all devices have something to do at one moment, the loop gets its turn in between."""
    loop, clock = turns()
    rung: list[int] = []

    def ring(number: int) -> None:
        loop.now += PIECE
        rung.append(number)

    for number in range(1000):
        clock.call_at(1.0, lambda number=number: ring(number))  # type: ignore[misc]
    loop.now = 1.0
    longest = 0.0
    while len(rung) < 1000:
        before = loop.now
        loop.turn()
        longest = max(longest, loop.now - before)
    assert SLICE <= longest < SLICE + 2 * PIECE
    assert rung == list(range(1000))


def test_what_is_due_does_not_wait_for_long_work() -> None:
    """An alarm that comes due while a search is handed out is next, not last."""
    loop, clock = turns()
    done: list[str] = []

    def pieces() -> Iterator[None]:
        for _ in range(1000):
            loop.now += PIECE
            done.append("piece")
            yield

    clock.do(pieces())
    clock.call_at(10 * PIECE, lambda: done.append("alarm"))
    for _ in range(8):
        loop.turn()
    assert done.index("alarm") <= 20


def test_what_is_told_to_all_at_once_takes_turns_after_a_slice() -> None:
    """News of an interface reaches few devices at once; a crowd hears of it bit by bit, and all."""
    loop, clock = turns()
    done: list[int] = []

    def pieces() -> Iterator[None]:
        for number in range(10):
            loop.now += PIECE
            done.append(number)
            yield

    clock.do_now(pieces())
    assert len(done) == SLICE / PIECE
    for _ in range(3):
        loop.turn()
    assert done == list(range(10))


def test_an_alarm_that_waits_for_its_turn_can_be_called_off() -> None:
    """A device that was stopped is not woken, though its time had come."""
    loop, clock = turns()
    rung: list[str] = []
    clock.call_at(1.0, lambda: rung.append("first"))
    second = clock.call_at(1.0, lambda: rung.append("second"))
    loop.now = 1.0
    loop.turn()
    second.cancel()
    loop.turn()
    loop.turn()
    assert rung == ["first"]


async def test_a_flood_of_searches_is_not_kept() -> None:
    """Whoever sends to a group without end fills nothing: searches are lost, as in a socket."""
    profile = load("light")
    keeper = MemoryKeeper(new_database(profile, SeededEntropy(1)))
    hub = Hub()
    hub.add(
        boot(profile, keeper, Surroundings(entropy=SeededEntropy(1), bus=Bus())),
        LOOPBACK,
    )
    assert hub.turns is not None
    search = Path("127.0.0.1", 5683, "127.0.0.1", 40000, multicast=True)
    try:
        for _ in range(10 * MAX_SEARCHES):
            hub.offer_to_all(b"\x50\x01\x00\x00", search)
        assert hub.turns.waiting == MAX_SEARCHES
        while hub.turns.waiting:  # noqa: ASYNC110 - until the loop has turned often enough
            await asyncio.sleep(0)
        hub.offer_to_all(b"\x50\x01\x00\x00", search)
        assert hub.turns.waiting == 1
    finally:
        hub.stop()


async def test_devices_that_answer_at_one_moment_take_turns() -> None:
    """What a search has a hundred devices answer at the same time does not hold up the loop."""
    profile = load("light")
    hub = Hub()
    for number in range(100):
        keeper = MemoryKeeper(new_database(profile, SeededEntropy(number)))
        entropy = SeededEntropy(0)  # the same leisure for each
        hub.add(boot(profile, keeper, Surroundings(entropy=entropy, bus=Bus())), LOOPBACK)
    assert hub.turns is not None
    search = Path("127.0.0.1", 5683, "127.0.0.1", 40000, multicast=True)
    waiting = 0
    try:
        hub.offer_to_all(b"\x54\x01\x00\x01\x01\x02\x03\x04\xb3oic\x03res", search)
        for _ in range(1000):
            await asyncio.sleep(0.001)
            waiting = max(waiting, hub.turns.waiting)
            if waiting > 1 and not hub.turns.waiting:
                break
    finally:
        hub.stop()
    assert waiting > 1
