"""Declarations of values that change with time: travel, drift, daily, counter, thermal."""

from typing import Annotated, Any, Literal

import msgspec

from onboardee.device.simulation.behaviour.terms import (
    Duration,
    DurationOrRef,
    Entry,
    NotNegative,
    NumberOrRef,
    Positive,
    Ref,
    Section,
    Span,
    TimeOfDay,
    When,
)


class Travel(Entry, frozen=True, kw_only=True):
    """A value that takes its time: what is written to the property is where it goes.

    Numbers (and arrays of them, as colours) move linearly in the property's `step`; a new target in
    motion continues from where the value is, and writing the present value stops it. Booleans
    and enumerations change when the time is over. One of `time`, `speed` and `ramp` is given.
    With `only_while` the value stands still while the condition does not hold, and goes on later.
    """

    property: Ref
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


class Drift(Entry, frozen=True, kw_only=True):
    """A number that wanders around a mean: a random walk that is pulled back.

    Rounded to the property's step and kept in its range, or in `range` if that is narrower.
    """

    property: Ref
    mean: NumberOrRef | None = None
    """The initial value, if left out."""
    sigma: NotNegative
    """The standard deviation in the long run, in units of the property."""
    pull: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1
    """The part of the way back to the mean at each step; 1 is noise without memory."""
    every: Duration = 30.0
    range: tuple[float, float] | None = None


class Daily(Entry, frozen=True, kw_only=True):
    """A number that follows the time of day, by points or as a wave, with noise on top.

    `points: [["06:00", 0], ["13:00", 800]]` are joined by straight lines, around midnight too.
    `mean`, `amplitude` and `peak` make a sine wave instead.
    """

    property: Ref
    points: Annotated[tuple[tuple[TimeOfDay, float], ...], msgspec.Meta(max_length=96)] = ()
    mean: float | None = None
    amplitude: float = 0.0
    peak: TimeOfDay = "14:00"
    noise: NotNegative = 0.0
    """Standard deviation."""
    every: Duration = 300.0

    def __post_init__(self) -> None:
        if bool(self.points) == (self.mean is not None):
            raise ValueError("daily has either points or mean, amplitude and peak")
        times = [moment for moment, _ in self.points]
        if times != sorted(set(times)):
            raise ValueError("the points of daily are in the order of their times, each once")


class Counter(Entry, frozen=True, kw_only=True):
    """A number that grows or falls with time: energy from power, elapsed and remaining time.

    The value grows by `rate`, or by the property `source` times `scale`, each `per`. A text
    property shows it as an ISO 8601 duration (`PT1H5M`), the number being seconds then.
    """

    property: Ref
    source: Ref | None = None
    scale: float = 1.0
    rate: float | None = None
    """Below zero it counts down."""
    per: Duration = 3600.0
    start: float | Duration | None = None
    """Where it begins, and what `reset_when` goes back to; the initial value if left out."""
    low: float | None = None
    high: float | None = None
    """Where it stops; by default at the property's limits, and a duration at zero."""
    reset_when: When | None = None
    """Start over each time this becomes true."""
    every: Duration = 10.0
    """It is shown at most so often, and only where rounding to the step changes what is seen."""

    def __post_init__(self) -> None:
        if (self.source is None) == (self.rate is None):
            raise ValueError("a counter has one of source and rate")


class Clock(Entry, frozen=True, kw_only=True):
    """The date and time (oic.r.clock): that of the machine, or what was set, going on.

    It is shown in UTC, or in the time zone in which it was set.
    """

    property: Ref
    """Of the type date-time."""
    every: Duration = 1.0
    """How often it is shown: at whole multiples of this."""


class Battery(Entry, frozen=True, kw_only=True):
    """A charge in percent that falls with time and use, and rises while it is charged."""

    property: Ref
    per_hour: NotNegative = 0.0
    """Percent lost each hour."""
    costs: dict[Ref, NotNegative] = msgspec.field(default_factory=dict)
    """Percent lost each time that one of these properties changes."""
    charging: When | None = None
    charge_per_hour: NotNegative = 50.0
    low: Ref | None = None
    """A boolean that is true while the charge is at or below `threshold`."""
    threshold: NumberOrRef = 20.0
    every: Duration = 60.0


class Pulse(Entry, frozen=True, kw_only=True):
    """Something that happens at random times: somebody walks by, a button is used."""

    property: Ref
    per_hour: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    """How often on average; the times in between are exponentially distributed."""
    hold: Span = 1.0
    """How long it lasts."""
    silent: DurationOrRef = 0.0
    """Nothing happens so long afterwards; a property named here holds seconds (silenttime)."""
    active: Any = True
    rest: Any = False


class Leak(Section, frozen=True, kw_only=True):
    """Another `tau` while something is open."""

    when: When
    tau: Duration


class Thermal(Entry, frozen=True, kw_only=True):
    """A temperature between ambient, heater and cooler: dT/dt = (ambient - T) / tau + power.

    Heater and cooler work around the set point with hysteresis. While `only_while` does not hold
    they are off, and the temperature goes to the ambient one.
    """

    property: Ref
    ambient: NumberOrRef
    tau: Duration
    """After this time without power, the difference to ambient is down to 37 %."""
    leaks: Annotated[tuple[Leak, ...], msgspec.Meta(max_length=8)] = ()
    """The first whose condition holds replaces `tau`."""
    target: NumberOrRef | None = None
    """The set point."""
    heating: NotNegative = 0.0
    """Degrees an hour that the heater alone would add; 0 is no heater."""
    cooling: NotNegative = 0.0
    heats_while: When | None = None
    cools_while: When | None = None
    """Further conditions, such as the mode."""
    hysteresis: Positive = 0.5
    """The heater starts so far below the set point and stops at it; the cooler above it."""
    shows: Ref | None = None
    """A property that tells what it does, in the words `idle`, `heating` and `cooling`."""
    words: dict[Literal["idle", "heating", "cooling"], Any] = msgspec.field(default_factory=dict)
    """Other values for these words."""
    every: Duration = 30.0

    def __post_init__(self) -> None:
        if (self.heating or self.cooling) and self.target is None:
            raise ValueError("heating and cooling need a target, the set point")
