"""Numbers that a simulation computes, as properties can have them.

Physics computes with floats; a property has limits, a step and a type, and durations are text on
the wire. The way between the two is here, so that every kind rounds in the same way: to the nearest
step, halves up, never past the maximum.
"""

import math
import re
from typing import Any, Final

from onboardee.device.simulation.values import Property, ValueType

DECIMALS: Final = 3
"""Of a computed number whose property has no step."""

_PERIOD: Final = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9.]+)S)?)?")


def fitted(spec: Property, value: float) -> float:
    """Return the number nearest to `value` that a property can have.

    Raises `ValueError` if it is not a number, `OverflowError` if it is infinite and the property
    has no limit.
    """
    low, high = spec.minimum, spec.maximum
    if math.isnan(value):
        raise ValueError("not a number")
    value = max(value, low) if low is not None else value
    value = min(value, high) if high is not None else value
    step = spec.step or (1.0 if spec.type is ValueType.INTEGER else None)
    if math.isinf(value):
        raise OverflowError("too large")
    if step is None:
        return round(value, DECIMALS) + 0.0
    base = low or 0.0
    count = math.floor((value - base) / step + 0.5)
    if high is not None and base + count * step > high + 1e-9:
        count -= 1
    result = round(base + count * step, 9) + 0.0
    return int(result) if result.is_integer() and spec.type is ValueType.INTEGER else result


def number(value: Any) -> float:
    """Return a value as a number: durations in seconds, true as 1. Raises `ValueError`.

    >>> number("PT1H5M"), number(True), number(2)
    (3900.0, 1.0, 2.0)
    """
    if isinstance(value, int | float):
        return float(value)
    match = _PERIOD.fullmatch(value) if isinstance(value, str) else None
    if match is None or value in {"P", ""}:
        raise ValueError(f"{value!r} is no number and no duration such as PT1H5M")
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def duration_text(total: float) -> str:
    """Return seconds as an ISO 8601 duration: `PT1H5M`, in whole seconds.

    >>> duration_text(3900.4), duration_text(90061), duration_text(-1)
    ('PT1H5M', 'P1DT1H1M1S', 'PT0S')
    """
    minutes, rest = divmod(max(0, round(total)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    date = f"{days}D" if days else ""
    parts = ((hours, "H"), (minutes, "M"), (rest, "S"))
    time = "".join(f"{amount}{unit}" for amount, unit in parts if amount)
    if not date and not time:
        return "PT0S"
    return f"P{date}T{time}" if time else f"P{date}"
