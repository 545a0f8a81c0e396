"""Things that happen at times: each day at seven, every hour, once after a while.

A time of day is looked up on the wall clock, the others run on the monotonic one. Wall clocks are
set and leap, so that a wait for a time of day is never longer than an hour: then the clock is
looked at again. What was due while the process slept happens once, not as often as it was due.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, NamedTuple

import msgspec

from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import (
    NEVER,
    SHORTEST,
    Part,
    PreparedAction,
    WorldAccess,
)
from onboardee.device.simulation.world.terms import Span, TimeOfDay, WorldAction, since_midnight

LOOK_AGAIN: Final = 3600.0
"""Seconds: clocks are set meanwhile, so nobody waits longer than this for a time of day."""
_DAY: Final = timedelta(days=1)


class Appointment(WorldAction, frozen=True, kw_only=True):
    """One line of a schedule: one of `at`, `every` and `after`, and what happens then."""

    at: TimeOfDay | None = None
    """Each day at this time."""
    every: Span | None = None
    """Again and again; the first time after one such interval."""
    after: Span | None = None
    """Once, so long after the start of the device."""

    def __post_init__(self) -> None:
        if sum(time is not None for time in (self.at, self.every, self.after)) != 1:
            raise ValueError("a line of a schedule has one of at, every and after")
        if not self.acts():
            raise ValueError("a line of a schedule does something: set, toggle, press, fault, …")


class ScheduleBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """Things that happen at times. With `only_while`, what is due while it rests is left out."""

    lines: Annotated[tuple[Appointment, ...], msgspec.Meta(min_length=1, max_length=64)]
    """In any order; of those that are due at one moment the first happens first."""

    def make(self, finder: Finder) -> Part:
        """Return the part with its lines."""
        return SchedulePart(
            [_line(line, finder, f"lines[{place}]") for place, line in enumerate(self.lines)]
        )


class Line(NamedTuple):
    """A line of a schedule; one of the first three is set."""

    at: timedelta | None
    """Since midnight."""
    every: tuple[float, float] | None
    """The shortest and the longest interval, in seconds."""
    after: tuple[float, float] | None
    """The shortest and the longest time from the start, in seconds."""
    action: PreparedAction


def _line(line: Appointment, finder: Finder, where: str) -> Line:
    """Return a line whose times are in seconds and whose action can be done."""
    return Line(
        at=None if line.at is None else since_midnight(line.at),
        every=None if line.every is None else finder.span(line.every, f"{where}.every"),
        after=None if line.after is None else finder.span(line.after, f"{where}.after"),
        action=finder.action(line, where),
    )


class SchedulePart(Part):
    """Does things at times."""

    __slots__ = ("_due", "_is_started", "_lines", "_moments")

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self._lines = lines
        self._due = [NEVER] * len(lines)
        """For each line, when it is to be looked at next."""
        self._moments: dict[int, datetime] = {}
        """When the lines with a time of day are due."""
        self._is_started = False
        """Whether it ran before: `after` counts from the first start only."""

    def resume(self, world: WorldAccess) -> None:
        """Begin; what was due while it rested is left out."""
        for place, line in enumerate(self._lines):
            if line.at is not None:
                self._await(world, place, line.at)
            elif line.every is not None:
                self._due[place] = world.now + self._interval(world, line.every)
            elif line.after is not None and not self._is_started:
                self._due[place] = world.now + world.chance.between(*line.after)
            elif self._due[place] <= world.now:
                self._due[place] = NEVER
        self._is_started = True
        self.deadline = min(self._due)

    def tick(self, world: WorldAccess) -> None:
        """Do what is due, once, however long ago that was."""
        for place, line in enumerate(self._lines):
            if self._due[place] > world.now:
                continue
            if line.at is not None:
                # The clock may have been set back, or the wait was the hour after which it is
                # looked at.
                is_due = world.wall_time >= self._moments[place]
                self._await(world, place, line.at)
            else:
                is_due = True
                self._due[place] = self._again(world, line, self._due[place])
            if is_due:
                world.perform(line.action)
        self.deadline = min(self._due)

    def _again(self, world: WorldAccess, line: Line, due: float) -> float:
        """Return when a line is due after it was; times that have passed already are left out."""
        if line.every is None:
            return NEVER
        following = due + self._interval(world, line.every)
        # After a long sleep the next time is counted from now, and nothing is made up for.
        late = following <= world.now
        return world.now + self._interval(world, line.every) if late else following

    @staticmethod
    def _interval(world: WorldAccess, every: tuple[float, float]) -> float:
        """Return a time between two repetitions, drawn anew."""
        return max(SHORTEST, world.chance.between(*every))

    def _await(self, world: WorldAccess, place: int, at: timedelta) -> None:
        """Wait for the next time of day, today's or tomorrow's."""
        wall = world.wall_time
        moment = wall.replace(hour=0, minute=0, second=0, microsecond=0) + at
        self._moments[place] = moment if moment > wall else moment + _DAY
        wait = (self._moments[place] - wall).total_seconds()
        self._due[place] = world.now + max(SHORTEST, min(wait, LOOK_AGAIN))
