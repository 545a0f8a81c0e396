"""Properties and faults as behaviour sees them: something that has a value and listeners."""

import math
import re
from typing import TYPE_CHECKING, Any, Final

from onboardee.device.simulation.values import Property, Values, ValueType

if TYPE_CHECKING:
    from onboardee.device.simulation.behaviour.faults import FaultPart
    from onboardee.device.simulation.behaviour.guards import GuardPart
    from onboardee.device.simulation.behaviour.machine import MachinePart
    from onboardee.device.simulation.behaviour.part import Part
    from onboardee.device.simulation.behaviour.travelling import TravelPart

_FINE: Final = 3
"""Decimals of a computed number whose property has no step."""
_PERIOD: Final = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9.]+)S)?)?")


class Signal:
    """Something that conditions can be about."""

    __slots__ = ("listeners",)

    def __init__(self) -> None:
        self.listeners: tuple[Part, ...] = ()

    @property
    def value(self) -> Any:
        """The present value."""
        raise NotImplementedError


class Flag(Signal):
    """A fault: on or off."""

    __slots__ = ("is_on",)

    def __init__(self) -> None:
        super().__init__()
        self.is_on = False

    @property
    def value(self) -> bool:
        """Whether the fault is on."""
        return self.is_on


class Cell(Signal):
    """A property of a resource, and what stands between it and those who write it."""

    __slots__ = ("faults", "guards", "href", "machine", "name", "spec", "travel", "values")

    def __init__(self, href: str, name: str, spec: Property, values: Values) -> None:
        super().__init__()
        self.href = href
        self.name = name
        self.spec = spec
        self.values = values
        self.travel: TravelPart | None = None
        self.machine: MachinePart | None = None
        self.guards: tuple[GuardPart, ...] = ()
        self.faults: tuple[FaultPart, ...] = ()

    @property
    def value(self) -> Any:
        """The present value."""
        return self.values.current[self.name]

    @property
    def is_number(self) -> bool:
        """Whether it is one number, not an array."""
        return self.spec.type in _NUMBERS and isinstance(self.value, int | float)

    @property
    def step(self) -> float:
        """The smallest change that can be seen."""
        if self.spec.step:
            return self.spec.step
        return 1.0 if self.spec.type is ValueType.INTEGER else 10.0**-_FINE

    def fit(self, value: Any) -> Any:
        """Bring a computed value into the property's range and step; leave others as they are.

        What has become too large for a number, as products of clients' numbers may, is the present
        value.
        """
        if isinstance(value, bool) or not isinstance(value, int | float | tuple):
            return value
        if self.spec.type not in _NUMBERS:
            return value
        try:
            if isinstance(value, tuple):
                return tuple(_fitted(self.spec, element) for element in value)
            return _fitted(self.spec, value)
        except (OverflowError, ValueError):
            return self.value

    def __str__(self) -> str:
        return f"{self.href}#{self.name}"


_NUMBERS: Final = frozenset({ValueType.INTEGER, ValueType.NUMBER})


def _fitted(spec: Property, value: float) -> float:
    low, high = spec.minimum, spec.maximum
    if math.isnan(value):
        raise ValueError("not a number")
    value = max(value, low) if low is not None else value
    value = min(value, high) if high is not None else value
    step = spec.step or (1.0 if spec.type is ValueType.INTEGER else None)
    if math.isinf(value):
        raise OverflowError("too large")
    if step is None:
        return round(value, _FINE) + 0.0
    base = low or 0.0
    count = math.floor((value - base) / step + 0.5)
    if high is not None and base + count * step > high + 1e-9:
        count -= 1
    result = round(base + count * step, 9) + 0.0
    return int(result) if result.is_integer() and spec.type is ValueType.INTEGER else result


def number(value: Any) -> float:
    """Return a value as a number: durations in seconds, true as 1. Raises `ValueError`."""
    if isinstance(value, int | float):
        return float(value)
    match = _PERIOD.fullmatch(value) if isinstance(value, str) else None
    if match is None or value in {"P", ""}:
        raise ValueError(f"{value!r} is no number and no duration such as PT1H5M")
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def duration_text(total: float) -> str:
    """Return seconds as an ISO 8601 duration: `PT1H5M`, in whole seconds."""
    minutes, rest = divmod(max(0, round(total)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    date = f"{days}D" if days else ""
    parts = ((hours, "H"), (minutes, "M"), (rest, "S"))
    time = "".join(f"{amount}{unit}" for amount, unit in parts if amount)
    if not date and not time:
        return "PT0S"
    return f"P{date}T{time}" if time else f"P{date}"
