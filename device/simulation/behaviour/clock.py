"""Clocks that show the date and time (oic.r.clock).

Nothing counts seconds: the time shown is the host's time of day and an offset, which is zero until
somebody sets the clock. So it is right after a pause of any length, a property that is shown once a
minute is computed once a minute, and who reads it in between has it computed once more.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from onboardee.device.simulation.value_limits import ValueType, date_time_text
from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import NEVER, SHORTEST, Cell, Part, Signal, WorldAccess
from onboardee.device.simulation.world.terms import BehaviourError, Duration, Ref


class ClockBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """The date and time (oic.r.clock): that of the machine, or what was set, going on.

    It is shown in UTC, or in the time zone in which it was set.
    """

    property: Ref
    """Of the type date-time."""
    every: Duration = 1.0
    """How often it is shown by itself, to observers: at whole multiples of this.

    Whoever reads it gets the time of then.
    """

    def make(self, finder: Finder) -> Part:
        """Return a part that shows the time in the property."""
        cell = finder.cell(self.property, "property")
        if cell.spec.type is not ValueType.DATE_TIME or not isinstance(cell.value, str):
            raise BehaviourError(f"property: {cell} is no date-time")
        part = ClockPart(cell, finder.interval(self.every, "every"))
        cell.values.follow_time = True
        finder.register.live.setdefault(cell.href, []).append(part)
        return part


class ClockPart(Part):
    """A clock: the time of day, and how far it was set from that."""

    __slots__ = ("_cell", "_every", "_offset", "_shown", "_zone")

    def __init__(self, cell: Cell, every: float) -> None:
        super().__init__()
        self._cell = cell
        self._every = every
        self._offset = timedelta()
        """How far the clock was set from the time of day."""
        self._zone = timezone(timedelta())
        """The zone in which it was set; the time is shown in it from then on."""
        self._shown: Any = cell.value

    def inputs(self) -> Iterable[Signal]:
        """Return its property, which may be set."""
        return (self._cell,)

    def changed(self, world: WorldAccess) -> None:
        """Go on from where somebody has set it."""
        if self._cell.value != self._shown:
            self._set(world, self._cell.value)
        self.tick(world)

    def tick(self, world: WorldAccess) -> None:
        """Show the time, and wait for the next moment at which it is another one."""
        now = self._at(world.wall_time)
        if now is None:
            self._shown = self._cell.value
            self.deadline = NEVER
            return
        world.show(self._cell, date_time_text(now))
        self._shown = self._cell.value
        passed = now.timestamp() % self._every
        self.deadline = world.now + max(SHORTEST, self._every - passed)

    def refresh(self, moment: datetime) -> None:
        """Show the time of a moment, unless it rests or was set and that is not heard of yet."""
        now = self._at(moment)
        if now is not None and self.is_running and self._cell.value == self._shown:
            self._cell.values.set({self._cell.name: date_time_text(now)})
            self._shown = self._cell.value

    def _at(self, moment: datetime) -> datetime | None:
        """Return what the clock shows at a time of day, None at the end of time, where it stays."""
        try:
            return (moment + self._offset).astimezone(self._zone)
        except OverflowError:
            return None

    def _set(self, world: WorldAccess, text: str) -> None:
        """Take a time that was written for the present one."""
        wanted = datetime.fromisoformat(text)
        self._zone = timezone(wanted.utcoffset() or timedelta())
        self._offset = wanted - world.wall_time
