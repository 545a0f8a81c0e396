"""How values follow each other: what parts may do to the world, until nothing changes any more.

A round visits the parts that listen to what changed in the round before, in the order of the
profile's list. Only a value that differs at the end of a round counts as changed: a part that sets
a value twice, or back to what it was, wakes nobody. When no round changes anything the world is
settled, and the resources that differ from before are told of. The number of rounds has a bound,
since profiles are anybody's, and a device must answer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from onboardee.device.simulation.values import ValueRefusedError, Values
from onboardee.device.simulation.world.build import Built
from onboardee.device.simulation.world.chance import Chance
from onboardee.device.simulation.world.pace import Pace
from onboardee.device.simulation.world.parts import (
    NEVER,
    SHORTEST,
    Cell,
    Flag,
    Part,
    PreparedAction,
    Signal,
)
from onboardee.wire.wall_clock import WallClock

MAX_ROUNDS: Final = 32
"""How often values may change because of each other in one moment."""
_MAX_NESTED: Final = 8
"""How deep actions may press inputs whose actions press others."""
_MAX_COMPLAINTS: Final = 16
"""Sentences about a profile that one device puts into the log."""
_FARTHEST: Final = 365_000 * 86400.0
"""Seconds by which the world's time of day may be off, so that it stays a date: a thousand years.
"""


class Settling:
    """What parts act upon (`WorldAccess`): it remembers what they change and lets others follow."""

    __slots__ = (
        "_before",
        "_built",
        "_called_at",
        "_complaints",
        "_due",
        "_nested",
        "_original",
        "_values",
        "_wall_clock",
        "chance",
        "due_at",
        "is_by_itself",
        "now",
        "pace",
        "report",
    )

    def __init__(  # noqa: PLR0913 - what a world gets from its surroundings, by keyword
        self,
        built: Built,
        values: Mapping[str, Values],
        *,
        chance: Chance,
        wall_clock: WallClock,
        report: Callable[[str], None],
        pace: Pace,
    ) -> None:
        self.now = 0.0
        """The present moment, in the world's time."""
        self.pace: Final = pace
        self.chance: Final = chance
        self.report: Final = report
        self.is_by_itself = True
        """Whether what happens now is the device's own doing; `_caused` sets it."""
        self._built = built
        self._values = values
        self._wall_clock = wall_clock
        self._called_at = 0.0
        """When the world was called last, by the device's clock."""
        self._before: dict[Signal, Any] = {}
        """What changed in this round, with the values from before."""
        self._original: dict[Cell, Any] = {}
        """What changed since everything was settled."""
        self._due = NEVER
        """When the next part has something to do, in the world's time."""
        self.due_at = NEVER
        """When anything happens next by itself, or is to be told, by the device's clock.

        Until then a tick is idle.
        """
        self._nested = 0
        self._complaints: set[str] = set()
        """What was reported already: each sentence is logged once."""

    @property
    def wall_time(self) -> datetime:
        """The time of day at `now`: in the world, which may be ahead of the host's clock.

        It may also be some time before this call, as what was due then happens now.
        """
        return self._date(self._called_at, self.now)

    def _date(self, called_at: float, moment: float) -> datetime:
        """Return the time of day at a moment of the world, when the device's clock is at another.

        A thousand years off the host's clock it stands still.
        """
        off = min(max(called_at - moment, -_FARTHEST), _FARTHEST)
        return self._wall_clock() - timedelta(seconds=off)

    def show(self, cell: Cell, value: Any) -> None:
        """Let a property have a value, rounded and limited as it has to be.

        A value that the property cannot have at all is reported once, as a mistake of the profile,
        and changes nothing.
        """
        # Compared as it will be kept: what rounding makes equal is no change.
        fitting = cell.fit(value)
        if fitting == cell.value:
            return
        try:
            self._put(cell.href, {cell.name: fitting})
        except ValueRefusedError as error:
            self._complain(f"{cell} cannot follow: {error}")

    def aim(self, cell: Cell, value: Any) -> None:
        """Let a property go to a value: at once, or at the pace at which it moves."""
        if cell.mover is None:
            self.show(cell, value)
        else:
            cell.mover.aim(self, value)

    def raise_flag(self, flag: Flag, *, is_on: bool) -> None:
        """Let a fault be on or off."""
        # The first value of a round counts, so that a fault that comes and goes in one round is no
        # change.
        self._before.setdefault(flag, flag.is_on)
        flag.is_on = is_on

    def perform(self, action: PreparedAction) -> None:
        """Do all that an action says.

        Properties are set before others are toggled, then an input is pressed, then faults come or
        go.
        """
        if self._nested >= _MAX_NESTED:
            self._complain("actions call each other in a cycle")
            return
        self._nested += 1
        for cell, value in action.set:
            self.aim(cell, value)
        for cell, (first, second) in action.toggle:
            is_first = cell.mover.is_going_to(first) if cell.mover else cell.value == first
            self.aim(cell, second if is_first else first)
        if action.press is not None:
            self._press(action.press)
        for name, is_on in ((action.fault, True), (action.repair, False)):
            if name is not None:
                self._built.register.faults[name].switch(self, is_on=is_on)
        self._nested -= 1

    def _put(self, href: str, wanted: Mapping[str, object]) -> None:
        """Set values and remember what they were. Raises `ValueRefusedError`."""
        values = self._values[href]
        before = values.current
        if not values.set(wanted):
            return
        after = values.current
        for name in wanted:
            if name in after and after[name] != before[name]:
                self._touch(href, name, before[name])

    def _touch(self, href: str, name: str, before: Any) -> None:
        """Remember what a property was before this round, and before the world began to settle."""
        cell = self._built.cells.get(f"{href}#{name}")
        if cell is None:
            self._note((href,))
        else:
            self._before.setdefault(cell, before)
            self._original.setdefault(cell, before)

    def _note(self, hrefs: Iterable[str]) -> None:
        """Let observers of these resources be told, as soon as their interval allows."""
        # observers are peers: how often they hear of a thing is a matter of the device's clock
        at = min(self.pace.when(self.now), self._called_at)
        self._built.notices.note(hrefs, at, by_itself=self.is_by_itself)

    @contextmanager
    def _caused(self, *, by_itself: bool = False) -> Iterator[None]:
        """Take what changes meanwhile for the work of a client or a person, or of the device."""
        self.is_by_itself = by_itself
        try:
            yield
        finally:
            self.is_by_itself = True

    def _press(self, name: str) -> None:
        """Use an input: the entry of that name acts first, then the machines that wait for it."""
        register = self._built.register
        if name in register.inputs:
            register.inputs[name].press(self)
        for part in register.awaiting:
            part.press(self, name)

    def _visit(self, part: Part) -> None:
        """Let a part follow; tell it first if its gate has opened or closed."""
        runs = part.gate is None or part.gate.holds()
        if runs != part.is_running:
            part.is_running = runs
            (part.resume if runs else part.pause)(self)
        if runs:
            part.changed(self)

    def _settle(self) -> None:
        """Let everything follow until nothing changes any more."""
        for _ in range(MAX_ROUNDS):
            before, self._before = self._before, {}
            # A value that was set and set back is none that others follow.
            changed = [signal for signal, value in before.items() if signal.value != value]
            if not changed:
                break
            concerned = {part for signal in changed for part in signal.listeners}
            # A set has no order of its own; the profile's makes runs repeatable.
            for part in sorted(concerned, key=lambda part: part.order):
                self._visit(part)
        else:
            # Values stay as they are now; the next call begins with a clean slate.
            self._before.clear()
            self._complain("values change because of each other without end")
        original, self._original = self._original, {}
        # A dict keeps the order of changes, in which observers hear of them.
        hrefs = {cell.href: None for cell, value in original.items() if cell.value != value}
        self._note(hrefs)
        self._due = min([part.deadline for part in self._built.parts], default=NEVER)
        self._plan()

    def _plan(self) -> None:
        """Work out when the device is to call again.

        However fast the world is, it calls no more often than anything may repeat at the usual
        speed: all moments in between are gone through then, in their order.
        """
        due = self.pace.when(self._due)
        if due > self._called_at and self.pace.rate > 1:
            due = max(due, self._called_at + SHORTEST)
        self.due_at = min(due, self._built.notices.deadline)

    def _complain(self, sentence: str) -> None:
        """Say once what a profile does wrong."""
        if sentence not in self._complaints and len(self._complaints) < _MAX_COMPLAINTS:
            self._complaints.add(sentence)
            self.report(f"behaviour: {sentence}")
