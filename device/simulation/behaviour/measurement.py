"""Measurements: several values that are taken at one moment, on command or from time to time.

What a blood pressure monitor shows is not what the pressure is but what it was when it was taken.
So nothing changes between two measurements, and with one everything does, the time included, all in
one round of the world: nobody ever reads the pressure of today with the pulse of yesterday. That is
what an atomic measurement (OCF Core 7.8.4) is made for, but its properties may be anywhere.

    value = mean + Σ factor · (a value of this measurement, or another property) + noise

Readings are taken in the order of the profile, so that one may follow from those before it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import msgspec

from onboardee.device.simulation.section import Section
from onboardee.device.simulation.value_limits import ValueType, date_time_text
from onboardee.device.simulation.world.declaration import Called, GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import NEVER, SHORTEST, Cell, Part, WorldAccess, amount
from onboardee.device.simulation.world.terms import (
    BehaviourError,
    Name,
    NotNegative,
    NumberOrRef,
    Ref,
    Span,
)


class Reading(Section, frozen=True, kw_only=True):
    """How one value of a measurement comes about."""

    mean: NumberOrRef = 0.0
    """A number around which it is found, or the property that is measured."""
    sigma: NotNegative = 0.0
    """Standard deviation."""
    of: Annotated[dict[Ref, float], msgspec.Meta(max_length=16)] = msgspec.field(
        default_factory=dict
    )
    """Added to it: other properties, each times a factor; those above it as they are now found."""
    one_of: Annotated[tuple[Any, ...], msgspec.Meta(max_length=64)] = ()
    """In place of all that: one of these values, by chance."""

    def __post_init__(self) -> None:
        if self.one_of and (self.of or self.sigma or self.mean != 0.0):
            raise ValueError("one_of goes with nothing else")


class MeasurementBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """Several values that are measured together, on command or from time to time."""

    name: Name | None = None
    """The input by which somebody measures."""
    every: Span | None = None
    """It measures by itself after such a time, again and again."""
    takes: Span = 0.0
    """How long it takes; the values are those of its end."""
    readings: Annotated[dict[Ref, Reading], msgspec.Meta(min_length=1, max_length=32)]
    """The properties, and how their values come about, in their order."""
    timestamp: Ref | None = None
    """The property of the type date-time that gets the time."""

    def __post_init__(self) -> None:
        if self.name is None and self.every is None:
            raise ValueError("a measurement has a name, or every, or both")

    def make(self, finder: Finder) -> Part:
        """Return a part that waits for the first measurement."""
        readings = tuple(
            _taken(finder, finder.cell(ref, "readings"), reading)
            for ref, reading in self.readings.items()
        )
        every = None if self.every is None else finder.span(self.every, "every")
        clock = None if self.timestamp is None else _clock(finder, self.timestamp)
        part = MeasurementPart(readings, clock, every, finder.span(self.takes, "takes"))
        if self.name is not None:
            finder.register.inputs[self.name] = part
        return part

    def called(self) -> tuple[Called, ...]:
        """Return the name of its input."""
        return () if self.name is None else (("input", self.name),)


class Taken(NamedTuple):
    """A reading whose names are found."""

    cell: Cell
    mean: Cell | float
    sigma: float
    of: tuple[tuple[Cell, float], ...]
    one_of: tuple[Any, ...]

    def value(self, world: WorldAccess, found: Mapping[Cell, Any]) -> Any:
        """Return what is measured now; `found` is what this measurement has found before."""
        if self.one_of:
            return self.one_of[int(world.chance.fraction() * len(self.one_of))]
        parts = (found.get(cell, cell.value) * factor for cell, factor in self.of)
        mean = found.get(self.mean) if isinstance(self.mean, Cell) else None
        base = amount(self.mean) if mean is None else mean
        return self.cell.fit(float(base) + sum(parts) + world.chance.normal(self.sigma))


class MeasurementPart(Part):
    """Rests, measures for a while, shows everything at once."""

    __slots__ = ("_clock", "_every", "_is_measuring", "_readings", "_takes")

    def __init__(
        self,
        readings: tuple[Taken, ...],
        clock: Cell | None,
        every: tuple[float, float] | None,
        takes: tuple[float, float],
    ) -> None:
        super().__init__()
        self._readings = readings
        self._clock = clock
        self._every = every
        self._takes = takes
        self._is_measuring = False

    def resume(self, world: WorldAccess) -> None:
        """Wait for the next time."""
        self._wait(world)

    def pause(self, world: WorldAccess) -> None:
        """Break off: what is half measured is shown to nobody."""
        self.deadline, self._is_measuring = NEVER, False

    def press(self, world: WorldAccess) -> None:
        """Begin to measure; who does so during a measurement waits for that one."""
        if self._is_measuring or not self.is_running:
            return
        self.is_by_itself = world.is_by_itself
        self._begin(world)

    def tick(self, world: WorldAccess) -> None:
        """Begin, or end."""
        if self._is_measuring:
            self._end(world)
        else:
            self._begin(world)

    def _begin(self, world: WorldAccess) -> None:
        self._is_measuring = True
        time = world.chance.between(*self._takes)
        if time == 0:
            self._end(world)
        else:
            self.deadline = world.now + max(SHORTEST, time)

    def _end(self, world: WorldAccess) -> None:
        """Show what was measured, and the time."""
        found: dict[Cell, Any] = {}
        for each in self._readings:
            found[each.cell] = each.value(world, found)
        for cell, value in found.items():
            world.show(cell, value)
        if self._clock is not None:
            world.show(self._clock, date_time_text(world.wall_time))
        self._is_measuring, self.is_by_itself = False, True
        self._wait(world)

    def _wait(self, world: WorldAccess) -> None:
        """Wait for the next measurement that it takes by itself."""
        self.deadline = NEVER
        if self._every is not None:
            self.deadline = world.now + max(SHORTEST, world.chance.between(*self._every))


def _taken(finder: Finder, cell: Cell, reading: Reading) -> Taken:
    """Find what a reading names. Raises `BehaviourError`."""
    where = f"readings.{cell}"
    if reading.one_of:
        values = tuple(finder.constant(cell, value, where) for value in reading.one_of)
        return Taken(cell, 0.0, 0.0, (), values)
    if not cell.is_number:
        raise BehaviourError(f"readings: {cell} is no number; one_of is for others")
    of = tuple((finder.numeric(ref, "readings.of"), factor) for ref, factor in reading.of.items())
    return Taken(cell, finder.operand(reading.mean, "readings.mean"), reading.sigma, of, ())


def _clock(finder: Finder, ref: str) -> Cell:
    cell = finder.cell(ref, "timestamp")
    if cell.spec.type is not ValueType.DATE_TIME:
        raise BehaviourError(f"timestamp: {ref} is no date-time")
    return cell
