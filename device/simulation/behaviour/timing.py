"""What happens at times: schedules, pulses, and inputs that spring back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from onboardee.device.simulation.behaviour.actions import Deed
from onboardee.device.simulation.behaviour.cells import Cell
from onboardee.device.simulation.behaviour.conditions import Check, amount
from onboardee.device.simulation.behaviour.part import NEVER, SHORTEST, Part, Stage

LOOK_AGAIN: Final = 3600.0
"""Seconds: clocks are set meanwhile, so nobody waits longer than this for a time of day."""
_DAY: Final = timedelta(days=1)


class Line(NamedTuple):
    """A line of a schedule; one of the first three is set."""

    at: timedelta | None
    every: tuple[float, float] | None
    after: tuple[float, float] | None
    deed: Deed


class SchedulePart(Part):
    """Does things at times."""

    __slots__ = ("_due", "_is_started", "_lines", "_moments")

    def __init__(self, lines: Sequence[Line], gate: Check | None) -> None:
        super().__init__(gate)
        self._lines = lines
        self._due = [NEVER] * len(lines)
        self._moments: dict[int, datetime] = {}
        """When the lines with a time of day are due."""
        self._is_started = False

    def resume(self, stage: Stage) -> None:
        """Begin; what was due while it rested is left out."""
        for place, line in enumerate(self._lines):
            if line.at is not None:
                self._await(stage, place, line.at)
            elif line.every is not None:
                self._due[place] = stage.now + self._interval(stage, line.every)
            elif line.after is not None and not self._is_started:
                self._due[place] = stage.now + stage.dice.between(*line.after)
            elif self._due[place] <= stage.now:
                self._due[place] = NEVER
        self._is_started = True
        self.deadline = min(self._due)

    def tick(self, stage: Stage) -> None:
        """Do what is due, once, however long ago that was."""
        for place, line in enumerate(self._lines):
            if self._due[place] > stage.now:
                continue
            if line.at is not None:
                is_due = stage.wall_time >= self._moments[place]
                self._await(stage, place, line.at)
            else:
                is_due = True
                self._due[place] = self._again(stage, line, self._due[place])
            if is_due:
                stage.perform(line.deed)
        self.deadline = min(self._due)

    def _again(self, stage: Stage, line: Line, due: float) -> float:
        if line.every is None:
            return NEVER
        following = due + self._interval(stage, line.every)
        late = following <= stage.now
        return stage.now + self._interval(stage, line.every) if late else following

    @staticmethod
    def _interval(stage: Stage, every: tuple[float, float]) -> float:
        return max(SHORTEST, stage.dice.between(*every))

    def _await(self, stage: Stage, place: int, at: timedelta) -> None:
        wall = stage.wall_time
        moment = wall.replace(hour=0, minute=0, second=0, microsecond=0) + at
        self._moments[place] = moment if moment > wall else moment + _DAY
        wait = (self._moments[place] - wall).total_seconds()
        self._due[place] = stage.now + max(SHORTEST, min(wait, LOOK_AGAIN))


class Rhythm(NamedTuple):
    """How often something happens, how long it lasts, and how long it is quiet then: seconds."""

    mean: float
    hold: tuple[float, float]
    silent: Cell | float


class PulsePart(Part):
    """Something happens at random times, lasts, and is followed by silence."""

    __slots__ = ("_cell", "_is_active", "_rhythm", "_values")

    def __init__(
        self,
        cell: Cell,
        rhythm: Rhythm,
        values: tuple[Any, Any],
        gate: Check | None,
    ) -> None:
        super().__init__(gate)
        self._cell = cell
        self._rhythm = rhythm
        self._values = values
        """While it happens, and otherwise."""
        self._is_active = False

    def resume(self, stage: Stage) -> None:
        """Wait for the first."""
        self.deadline = stage.now + max(SHORTEST, stage.dice.waiting(self._rhythm.mean))

    def pause(self, stage: Stage) -> None:
        """End what happens."""
        self.deadline = NEVER
        if self._is_active:
            self._is_active = False
            stage.show(self._cell, self._values[1])

    def tick(self, stage: Stage) -> None:
        """Begin or end."""
        self._is_active = not self._is_active
        stage.show(self._cell, self._values[0 if self._is_active else 1])
        if self._is_active:
            wait = stage.dice.between(*self._rhythm.hold)
        else:
            silent = float(amount(self._rhythm.silent))
            wait = silent + stage.dice.waiting(self._rhythm.mean)
        self.deadline = stage.now + max(SHORTEST, wait)


class InputPart(Part):
    """Something that people do to a device."""

    __slots__ = ("_deed", "_hold", "_release", "name")

    def __init__(
        self, name: str, deed: Deed, hold: tuple[float, float] | None, release: Deed
    ) -> None:
        super().__init__()
        self.name = name
        self._deed = deed
        self._hold = hold
        self._release = release

    def press(self, stage: Stage) -> None:
        """Do it, and remember to let go."""
        self.is_by_itself = stage.is_by_itself
        if self._hold is not None:
            self.deadline = stage.now + max(SHORTEST, stage.dice.between(*self._hold))
        stage.perform(self._deed)

    def tick(self, stage: Stage) -> None:
        """Let go."""
        self.deadline = NEVER
        stage.perform(self._release)
