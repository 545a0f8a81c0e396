"""Doors, bolts, dimmers: values that take their time."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from onboardee.device.simulation.behaviour.cells import Cell, Flag, Signal
from onboardee.device.simulation.behaviour.conditions import Check, amount
from onboardee.device.simulation.behaviour.part import NEVER, SHORTEST, Part, Stage


class Pace(NamedTuple):
    """How long a way takes. Exactly one of the first three is set."""

    time: tuple[float, float] | None
    speed: float | None
    ramp: Cell | float | None
    delay: tuple[float, float]
    every: float
    extent: float
    """From the minimum to the maximum."""


class TravelPart(Part):
    """Moves a property towards its goal."""

    __slots__ = ("_begins", "_cell", "_duration", "_flags", "_goal", "_origin", "_pace", "_rests")

    def __init__(self, cell: Cell, pace: Pace, gate: Check | None) -> None:
        super().__init__(gate)
        self._cell = cell
        self._pace = pace
        self._flags: tuple[Flag, ...] = ()
        self._goal: Any = None
        self._origin: Sequence[float] = ()
        self._begins = self._duration = 0.0
        self._rests: float | None = 0.0
        """When it was paused."""

    def stopped_by(self, flag: Flag) -> None:
        """Let a fault hold it."""
        self._flags += (flag,)

    def inputs(self) -> Iterable[Signal]:
        """Return the faults that hold it."""
        return self._flags

    @property
    def is_moving(self) -> bool:
        """Whether it is on its way."""
        return self._goal is not None

    def is_going_to(self, value: Any) -> bool:
        """Tell whether a value is where it goes or, at rest, where it is."""
        return bool(value == (self._cell.value if self._goal is None else self._goal))

    def remaining(self, now: float) -> float:
        """Return how many seconds its way still takes."""
        return 0.0 if self._goal is None else max(0.0, self._begins + self._duration - now)

    def aim(self, stage: Stage, goal: Any) -> None:
        """Go somewhere else from here; to where it is, is to stop."""
        if any(flag.is_on for flag in self._flags) or self.is_going_to(goal):
            return
        if goal == self._cell.value:
            self.stop()
            return
        self.is_by_itself = stage.is_by_itself
        pauses, was_moving = self._pace.delay, self.is_moving
        self._origin = self._position(stage.now)
        self._goal = goal
        delay = 0.0 if was_moving else stage.dice.between(*pauses)
        self._begins = stage.now + delay
        self._duration = self._time_needed(stage)
        if self._rests is None and delay + self._duration <= 0:
            self.stop()
            stage.show(self._cell, goal)
            return
        if self._rests is not None:
            self._rests = stage.now
        else:
            self._schedule(stage)

    def stop(self) -> None:
        """Stay here."""
        self._goal = None
        self.deadline = NEVER

    def resume(self, stage: Stage) -> None:
        """Go on where it stood still."""
        if self._rests is not None:
            self._begins += stage.now - self._rests
            self._rests = None
        if self.is_moving:
            self._schedule(stage)

    def pause(self, stage: Stage) -> None:
        """Stand still."""
        self._show(stage)
        self._rests = stage.now
        self.deadline = NEVER

    def changed(self, stage: Stage) -> None:
        """Stay where a fault catches it."""
        if self.is_moving and any(flag.is_on for flag in self._flags):
            self._show(stage)
            self.stop()

    def tick(self, stage: Stage) -> None:
        """Show how far it has come."""
        if self.remaining(stage.now) <= 0:
            goal = self._goal
            self.stop()
            stage.show(self._cell, goal)
        else:
            self._show(stage)
            self._schedule(stage)

    def _show(self, stage: Stage) -> None:
        if self.is_moving and self._cell.spec.type.value in {"integer", "number"}:
            position = self._position(stage.now)
            scalar = not isinstance(self._goal, tuple)
            stage.show(self._cell, position[0] if scalar else tuple(position))

    def _schedule(self, stage: Stage) -> None:
        arrives = self._begins + self._duration
        distance = self._distance()
        if distance == 0:
            self.deadline = arrives
            return
        visible = self._duration * self._cell.step / distance
        next_shown = max(stage.now, self._begins) + max(self._pace.every, visible, SHORTEST)
        self.deadline = min(arrives, next_shown)

    def _position(self, now: float) -> Sequence[float]:
        """Return where it is, not rounded; nothing for texts and booleans."""
        here = _vector(self._cell.value)
        if self._goal is None or not here:
            return here
        now = now if self._rests is None else self._rests
        passed = now - self._begins
        part = min(1.0, max(0.0, passed / self._duration)) if self._duration else 1.0
        goal = _vector(self._goal)
        return [a + part * (b - a) for a, b in zip(self._origin, goal, strict=True)]

    def _distance(self) -> float:
        pairs = zip(self._origin, _vector(self._goal), strict=True)
        return max((abs(b - a) for a, b in pairs), default=0.0)

    def _time_needed(self, stage: Stage) -> float:
        pace = self._pace
        if pace.ramp is not None:
            ramp = amount(pace.ramp)
            return float(ramp) / 1000 if isinstance(pace.ramp, Cell) else float(ramp)
        distance = self._distance()
        if pace.speed is not None:
            return distance / pace.speed
        assert pace.time is not None
        whole = stage.dice.between(*pace.time)
        return whole * distance / pace.extent if distance else whole


def _vector(value: Any) -> Sequence[float]:
    """Return the numbers that move, none if it is no number."""
    if isinstance(value, tuple):
        return value if all(_is_number(element) for element in value) else ()
    return (value,) if _is_number(value) else ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
