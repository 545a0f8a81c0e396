"""The words that all kinds of behaviour are declared with: times, properties, conditions, actions.

A time is a number of seconds or a text such as `250 ms`, `12 s`, `5 min`, `2 h` or `1 d`. A
property is named by its resource's path and its own name: `/openlevel#openLevel`.

They are types with their limits, so that msgspec refuses what is malformed with the place in the
file, and the JSON Schema for editors offers what is possible. `seconds`, `span` and
`since_midnight` read them; whether a name exists is `finder`'s question.
"""

import re
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET

from onboardee.device.simulation.section import Section

_UNITS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""In seconds."""
_TIME: Final = r"[0-9]{1,9}(\.[0-9]{1,6})? ?(ms|s|min|h|d)"
_REF: Final = "/[^#]*#[^#]+"
HOUR: Final = 3600.0
"""In seconds."""
LONGEST: Final = 10 * 366 * 86400.0
"""Seconds: no time in a profile is longer than ten years."""


class BehaviourError(ValueError):
    """A declaration does not fit the profile; the message begins with where in it."""

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where it is, as keys and indices: `behaviour[3].when.equals` in parts.

        >>> BehaviourError("behaviour[3].when.equals: no such value").path
        ('behaviour', 3, 'when', 'equals')
        """
        place = str(self).partition(":")[0]
        parts = re.findall(r"[^.\[\]]+", place)
        return tuple(int(part) if part.isdigit() else part for part in parts)


Ref = Annotated[str, msgspec.Meta(pattern=f"^{_REF}$", max_length=320)]
"""A property of a resource of this device: `/openlevel#openLevel`."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST)]
Duration = Seconds | Annotated[str, msgspec.Meta(pattern=f"^{_TIME}$")]
"""Seconds, or a text: `250 ms`, `12 s`, `5 min`, `2 h`, `1 d`."""

Span = float | str | Annotated[tuple[Duration, ...], msgspec.Meta(min_length=2, max_length=2)]
"""A fixed time, or a shortest and a longest one: a new random time between them at each use.

The first two have no limits here: msgspec 0.22 corrupts memory where text with a pattern and arrays
are alternatives. `span` has them.
"""

DurationOrRef = Seconds | Annotated[str, msgspec.Meta(pattern=f"^({_TIME}|{_REF})$")]
"""A time, or the property that holds it."""

NumberOrRef = float | Ref
"""A number, or the property that holds it."""

TimeOfDay = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$")]
"""`"07:30"`, in the time zone of the device's clock, which is UTC unless the host says otherwise.

Quote it: to some readers of YAML, 12:30 without quotes is a number.
"""

Name = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_.-]{1,64}$")]
"""The name of an input, a fault or a state."""


class Condition(Section, frozen=True, kw_only=True):
    """Something that holds or does not.

    One of `property`, `fault`, `all`, `any` and `none` says what it is about. With `property`, all
    comparisons that are given have to be true.
    """

    property: Ref | None = None
    """What is compared: `/openlevel#openLevel`."""
    equals: Any = UNSET
    """The property has this value."""
    differs: Any = UNSET
    """The property has any other value."""
    one_of: tuple[Any, ...] = ()
    """The property has one of these values."""
    contains: Any = UNSET
    """The property is an array with this element: `{property: /mode#modes, contains: cool}`."""
    above: NumberOrRef | None = None
    """The property is more than this number, or than that property."""
    below: NumberOrRef | None = None
    """The property is less than this number, or than that property."""
    between: tuple[float, float] | None = None
    """Lowest and highest, both included."""
    hysteresis: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Once `above` or `below` is true, the value has to go back by so much to make it false."""
    fault: Name | None = None
    """Holds while that fault is on."""
    all: Annotated[tuple["Condition", ...], msgspec.Meta(max_length=32)] = ()
    """Each of these conditions holds."""
    any: Annotated[tuple["Condition", ...], msgspec.Meta(max_length=32)] = ()
    """At least one of these conditions holds."""
    none: Annotated[tuple["Condition", ...], msgspec.Meta(max_length=32)] = ()
    """None of these conditions holds."""

    def __post_init__(self) -> None:
        subjects = (self.property, self.fault, self.all, self.any, self.none)
        if sum(bool(subject) for subject in subjects) != 1:
            raise ValueError("a condition has one of property, fault, all, any and none")
        if bool(self.property) != self.compares():
            raise ValueError(
                "a condition on a property compares it: equals, differs, one_of, contains, "
                "above, below or between"
            )
        if self.hysteresis and self.above is None and self.below is None:
            raise ValueError("hysteresis goes with above or below")
        if self.between and self.between[0] > self.between[1]:
            raise ValueError("between is [lowest, highest]")

    def compares(self) -> bool:
        """Tell whether there is any comparison."""
        given = {self.equals is UNSET, self.differs is UNSET, self.contains is UNSET}
        limits = (self.above, self.below, self.between, self.one_of or None)
        return False in given or any(limit is not None for limit in limits)

    def refs(self) -> Iterator[str]:
        """Yield the properties that it is about."""
        for inner in (*self.all, *self.any, *self.none):
            yield from inner.refs()
        for named in (self.property, self.above, self.below):
            if isinstance(named, str) and is_ref(named):
                yield named


When = Condition | Annotated[tuple[Condition, ...], msgspec.Meta(min_length=1, max_length=32)]
"""A condition, or a list of them that all have to hold."""

Positive = Annotated[float, msgspec.Meta(gt=0)]
"""More than zero."""
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
"""Zero or more."""

Assignments = Annotated[dict[Ref, Any], msgspec.Meta(max_length=32)]
"""Properties and the constants they get: `{/switch#value: false, /energy#power: 0}`."""


class WorldAction(Section, frozen=True, kw_only=True):
    """What happens at once; all that is given, in this order."""

    set: Assignments = msgspec.field(default_factory=dict)
    """Properties get these values. One that travels begins to move there."""
    toggle: Annotated[tuple[Ref, ...], msgspec.Meta(max_length=32)] = ()
    """Switch these: true and false, or the two values of an enumeration."""
    press: Name | None = None
    """As if somebody used this input."""
    fault: Name | None = None
    """This fault comes on."""
    repair: Name | None = None
    """This fault is gone."""

    def acts(self) -> bool:
        """Tell whether it does anything."""
        return bool(self.set or self.toggle or self.press or self.fault or self.repair)


def seconds(duration: float | str) -> float:
    """Return a `Duration` in seconds. Raises `ValueError`.

    >>> seconds("5 min"), seconds("250 ms"), seconds(12)
    (300.0, 0.25, 12)
    """
    if isinstance(duration, str):
        if not re.fullmatch(_TIME, duration):
            raise ValueError(f"{duration!r} is no time such as 250 ms, 12 s, 5 min, 2 h or 1 d")
        number = duration.rstrip("mshdin ")
        duration = float(number) * _UNITS[duration[len(number) :].strip()]
    if not 0 <= duration <= LONGEST:
        raise ValueError(f"{duration} s is no time between 0 and ten years")
    return duration


def span(value: float | str | tuple[float | str, ...]) -> tuple[float, float]:
    """Return the shortest and the longest time of a `Span`, in seconds. Raises `ValueError`.

    >>> span(("1 s", "2 min")), span(5)
    ((1.0, 120.0), (5, 5))
    """
    low, high = value if isinstance(value, tuple) else (value, value)
    shortest, longest = seconds(low), seconds(high)
    if shortest > longest:
        raise ValueError(f"{low} to {high}: the shorter time comes first")
    return shortest, longest


def since_midnight(text: str) -> timedelta:
    """Return a `TimeOfDay` as the time since midnight.

    >>> since_midnight("07:30:15")
    datetime.timedelta(seconds=27015)
    """
    moment = time.fromisoformat(text)
    return timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second)


def conditions(when: Condition | tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return a `When` as the conditions that all have to hold."""
    return when if isinstance(when, tuple) else (when,)


def is_ref(text: object) -> bool:
    """Tell whether a value names a property rather than being one.

    >>> is_ref("/light/switch#value"), is_ref("5 min"), is_ref(5)
    (True, False, False)
    """
    return isinstance(text, str) and re.fullmatch(_REF, text) is not None
