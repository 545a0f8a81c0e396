"""Clocks that show the date and time (oic.r.clock)."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from onboardee.device.simulation.behaviour.cells import Cell, Signal
from onboardee.device.simulation.behaviour.conditions import Check
from onboardee.device.simulation.behaviour.part import NEVER, SHORTEST, Part, Stage


class ClockPart(Part):
    """A clock: the time of day, and how far it was set from that."""

    __slots__ = ("_cell", "_every", "_offset", "_shown", "_zone")

    def __init__(self, cell: Cell, every: float, gate: Check | None) -> None:
        super().__init__(gate)
        self._cell = cell
        self._every = every
        self._offset = timedelta()
        self._zone = timezone(timedelta())
        self._shown: Any = cell.value

    def inputs(self) -> Iterable[Signal]:
        """Return its property, which may be set."""
        return (self._cell,)

    def changed(self, stage: Stage) -> None:
        """Go on from where somebody has set it."""
        if self._cell.value != self._shown:
            self._set(stage, self._cell.value)
        self.tick(stage)

    def tick(self, stage: Stage) -> None:
        """Show the time, and wait for the next moment at which it is another one."""
        wall = stage.wall_time
        try:
            now = (wall + self._offset).astimezone(self._zone)
        except OverflowError:  # it was set to the end of time, and stays there
            self._shown = self._cell.value
            self.deadline = NEVER
            return
        stage.show(self._cell, _text(now))
        self._shown = self._cell.value
        passed = now.timestamp() % self._every
        self.deadline = stage.now + max(SHORTEST, self._every - passed)

    def _set(self, stage: Stage, text: str) -> None:
        wanted = datetime.fromisoformat(text)
        self._zone = timezone(wanted.utcoffset() or timedelta())
        self._offset = wanted - stage.wall_time


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
