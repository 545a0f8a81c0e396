"""Doors, bolts, dimmers: values that take their time.

The part is the mover of its property: clients and other entries give it goals. On the way the value
is a straight line between origin and goal, computed when it is shown, and shown no more often than
it changes visibly. What catches a mover on its way is a fault (`fault.py`).
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from onboardee.device.simulation.value_limits import NUMBERS
from onboardee.device.simulation.world.declaration import GatedBehaviour
from onboardee.device.simulation.world.finder import Finder
from onboardee.device.simulation.world.parts import (
    NEVER,
    SHORTEST,
    Cell,
    Part,
    Signal,
    WorldAccess,
    amount,
)
from onboardee.device.simulation.world.terms import (
    BehaviourError,
    Duration,
    DurationOrRef,
    Positive,
    Ref,
    Span,
)


class TravelBehaviour(GatedBehaviour, frozen=True, kw_only=True):
    """A value that takes its time: what is written to the property is where it goes.

    Numbers (and arrays of them, as colours) move linearly in the property's `step`; a new target in
    motion continues from where the value is, and writing the present value stops it. Booleans
    and enumerations change when the time is over. One of `time`, `speed` and `ramp` is given.
    With `only_while` the value stands still while the condition does not hold, and goes on later.
    """

    property: Ref
    """The property that takes its time."""
    time: Span | None = None
    """From one end of the range (minimum, maximum) to the other; of a text or boolean: in all."""
    speed: Positive | None = None
    """Units a second."""
    ramp: DurationOrRef | None = None
    """The time that any way takes; a property named here holds it in milliseconds (rampTime)."""
    delay: Span = 0.0
    """Before it begins to move."""
    every: Duration = 0.5
    """How often the value is shown on its way."""

    def __post_init__(self) -> None:
        if sum(way is not None for way in (self.time, self.speed, self.ramp)) != 1:
            raise ValueError("travel has one of time, speed and ramp")

    def make(self, finder: Finder) -> Part:
        """Enter the part as what moves the property."""
        cell = finder.cell(self.property, "property")
        if cell.mover is not None:
            raise BehaviourError(f"property: {cell} travels already")
        low, high = cell.spec.minimum, cell.spec.maximum
        is_number = cell.spec.type in NUMBERS
        if is_number and self.time is not None and (low is None or high is None or low >= high):
            raise BehaviourError(
                f"time: {cell} has no minimum and maximum; give speed or ramp instead"
            )
        if not is_number and self.speed is not None:
            raise BehaviourError(f"speed: {cell} is no number")
        pace = Pace(
            time=None if self.time is None else finder.span(self.time, "time"),
            speed=self.speed,
            ramp=None if self.ramp is None else finder.time_or_cell(self.ramp, "ramp"),
            delay=finder.span(self.delay, "delay"),
            every=finder.interval(self.every, "every"),
            extent=(high or 0.0) - (low or 0.0) or 1.0,
        )
        cell.mover = part = TravelPart(cell, pace)
        return part


class Pace(NamedTuple):
    """How long a way takes. Exactly one of the first three is set."""

    time: tuple[float, float] | None
    """The shortest and the longest time from one end of the range to the other, in seconds."""
    speed: float | None
    """Units a second."""
    ramp: Cell | float | None
    """The seconds of any way, or the property that holds them in milliseconds."""
    delay: tuple[float, float]
    """The shortest and the longest time before it begins to move."""
    every: float
    """Seconds between two values that are shown on the way, at least."""
    extent: float
    """From the minimum to the maximum."""


class TravelPart(Part):
    """Moves a property towards its goal."""

    __slots__ = ("_begins", "_cell", "_duration", "_goal", "_origin", "_pace", "_rests")

    def __init__(self, cell: Cell, pace: Pace) -> None:
        super().__init__()
        self._cell = cell
        self._pace = pace
        self._goal: Any = None
        """Where it goes; None: it rests."""
        self._origin: Sequence[float] = ()
        """The numbers from which it went; nothing for texts and booleans."""
        self._begins = self._duration = 0.0
        self._rests: float | None = 0.0
        """When it was paused."""

    def inputs(self) -> Iterable[Signal]:
        """Return the faults that hold it."""
        return [breakage.flag for breakage in self._cell.breakages if breakage.stops]

    @property
    def is_moving(self) -> bool:
        """Whether it is on its way."""
        return self._goal is not None

    @property
    def _is_held(self) -> bool:
        """Whether a fault keeps it where it is."""
        return any(each.stops and each.flag.is_on for each in self._cell.breakages)

    def is_going_to(self, value: Any) -> bool:
        """Tell whether a value is where it goes or, at rest, where it is."""
        return bool(value == (self._cell.value if self._goal is None else self._goal))

    def remaining(self, now: float) -> float:
        """Return how many seconds its way still takes."""
        return 0.0 if self._goal is None else max(0.0, self._begins + self._duration - now)

    def aim(self, world: WorldAccess, goal: Any) -> None:
        """Go somewhere else from here; to where it is, is to stop."""
        if self._is_held or self.is_going_to(goal):
            return
        if goal == self._cell.value:
            self.stop()
            return
        self.is_by_itself = world.is_by_itself
        pauses, was_moving = self._pace.delay, self.is_moving
        self._origin = self._position(world.now)
        self._goal = goal
        # What moves already has begun; only a start from rest is delayed.
        delay = 0.0 if was_moving else world.chance.between(*pauses)
        self._begins = world.now + delay
        self._duration = self._time_needed(world)
        # No time is needed: it is there at once.
        if self._rests is None and delay + self._duration <= 0:
            self.stop()
            world.show(self._cell, goal)
            return
        if self._rests is not None:
            self._rests = world.now
        else:
            self._schedule(world)

    def stop(self) -> None:
        """Stay here."""
        self._goal = None
        self.deadline = NEVER

    def resume(self, world: WorldAccess) -> None:
        """Go on where it stood still."""
        if self._rests is not None:
            self._begins += world.now - self._rests
            self._rests = None
        if self.is_moving:
            self._schedule(world)

    def pause(self, world: WorldAccess) -> None:
        """Stand still."""
        self._show(world)
        self._rests = world.now
        self.deadline = NEVER

    def changed(self, world: WorldAccess) -> None:
        """Stay where a fault catches it."""
        if self.is_moving and self._is_held:
            self._show(world)
            self.stop()

    def tick(self, world: WorldAccess) -> None:
        """Show how far it has come."""
        if self.remaining(world.now) <= 0:
            goal = self._goal
            self.stop()
            world.show(self._cell, goal)
        else:
            self._show(world)
            self._schedule(world)

    def _show(self, world: WorldAccess) -> None:
        """Show where it is, if it is a number: there is nothing between two texts."""
        if self.is_moving and self._cell.spec.type.value in {"integer", "number"}:
            position = self._position(world.now)
            scalar = not isinstance(self._goal, tuple)
            world.show(self._cell, position[0] if scalar else tuple(position))

    def _schedule(self, world: WorldAccess) -> None:
        """Wait for the next visible change, or for the arrival of what has no values in between."""
        arrives = self._begins + self._duration
        distance = self._distance()
        if distance == 0:
            self.deadline = arrives
            return
        # The time for one step of the display.
        visible = self._duration * self._cell.step / distance
        next_shown = max(world.now, self._begins) + max(self._pace.every, visible, SHORTEST)
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
        """Return the longest way of all its numbers, in units of the property."""
        pairs = zip(self._origin, _vector(self._goal), strict=True)
        return max((abs(b - a) for a, b in pairs), default=0.0)

    def _time_needed(self, world: WorldAccess) -> float:
        """Return how many seconds the way from origin to goal takes."""
        pace = self._pace
        if pace.ramp is not None:
            ramp = amount(pace.ramp)
            # oic.r.light.ramptime has milliseconds; a profile writes seconds.
            return float(ramp) / 1000 if isinstance(pace.ramp, Cell) else float(ramp)
        distance = self._distance()
        if pace.speed is not None:
            return distance / pace.speed
        assert pace.time is not None
        whole = world.chance.between(*pace.time)
        return whole * distance / pace.extent if distance else whole


def _vector(value: Any) -> Sequence[float]:
    """Return the numbers that move, none if it is no number."""
    if isinstance(value, tuple):
        return value if all(_is_number(element) for element in value) else ()
    return (value,) if _is_number(value) else ()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
