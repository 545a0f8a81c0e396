"""Values in the unit that a client names: `?units=F`, and `units` in an UPDATE.

Which properties of which resource type carry a unit is a table. The unit of the device itself is
its property `units`, and nothing that a client sends changes it.

A client that asks for `?units=F` sees Fahrenheit, and one that writes `units: F` beside a
temperature means Fahrenheit; the device keeps its own unit. Conversion is not exact, so a client
that writes back what it was shown must not move the value: what is close to what was shown stays as
it is, and anything else goes to the nearest step.

One exchange with a device that measures in Celsius:

    GET  /temperature?units=F                             2.05 {"temperature": 68, "units": "F"}
    POST /temperature {"temperature": 70, "units": "F"}   2.04, and 21 °C is set (step 0.5)
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from onboardee.device.resources.base import RefusedError
from onboardee.device.simulation.profile import ResourceProfile
from onboardee.device.simulation.values import Property, ValueType
from onboardee.wire.coap import Code

UNITS: Final = "units"
"""The property and the query that name a unit."""

_DIGITS: Final = 6
"""Digits after the point of a converted value: what floating-point arithmetic adds is no value."""


@dataclass(frozen=True, slots=True)
class Unit:
    """How a value comes from the quantity's first unit: times `factor`, plus `offset`."""

    factor: float = 1.0
    """Units of this for one of the first unit."""
    offset: float = 0.0
    """What is added after the factor."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a resource type measures, and in which units. The first is the default."""

    units: Mapping[str, Unit]
    """By the name that clients use, such as C."""
    points: frozenset[str]
    """Properties on the scale, or arrays of such."""
    distances: frozenset[str]
    """Properties between two points of the scale, which no offset moves."""

    def convert(self, name: str, value: Any, source: str, wanted: str) -> Any:
        """Return a property's value in another unit; what is no number stays as it is.

        >>> TEMPERATURE.convert("temperature", 20, "C", "F")
        68.0
        >>> TEMPERATURE.convert("step", 1, "C", "F")
        1.8
        """
        if isinstance(value, list | tuple):
            return [self.convert(name, each, source, wanted) for each in value]
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        old, new = self.units[source], self.units[wanted]
        if name in self.distances:
            return round(value / old.factor * new.factor, _DIGITS)
        return round((value - old.offset) / old.factor * new.factor + new.offset, _DIGITS)


TEMPERATURE: Final = Quantity(
    units={"C": Unit(), "F": Unit(1.8, 32.0), "K": Unit(1.0, 273.15)},
    points=frozenset({"temperature", "range"}),
    distances=frozenset({"step", "precision"}),
)

QUANTITIES: Final = MappingProxyType({"oic.r.temperature": TEMPERATURE})
"""By resource type, as the published models describe them."""


class Converter:
    """Shows one resource's values in any unit, and understands values in any.

    It is made with the resource; `supported` are the units that its profile permits.
    """

    def __init__(self, quantity: Quantity, properties: Mapping[str, Property]) -> None:
        self._quantity = quantity
        self._properties = properties
        self._names = (quantity.points | quantity.distances) & properties.keys()
        self._default = next(iter(quantity.units))
        own = properties.get(UNITS)
        self.supported: Final = own.choices if own and own.choices else tuple(quantity.units)

    def shown(self, values: Mapping[str, Any], wanted: str) -> Mapping[str, Any]:
        """Return the values in the wanted unit, which is named. Raises `RefusedError`."""
        self._require(wanted)
        return {**values, **self._converted(values, wanted), UNITS: wanted}

    def understood(
        self, payload: Mapping[str, object], values: Mapping[str, Any]
    ) -> Mapping[str, object]:
        """Return what an UPDATE means in the device's unit. Raises `RefusedError`.

        A value without a unit is in the default one. What a client repeats as it was shown stays
        what it is, and a converted value becomes the nearest that the property's step allows.
        """
        if not payload.keys() & {UNITS, *self._names}:
            return payload
        unit = payload.get(UNITS, self._default)
        if not isinstance(unit, str):
            raise RefusedError(Code.BAD_REQUEST, "the unit is not text")
        self._require(unit)
        own = self._own(values)
        meant = {name: value for name, value in payload.items() if name != UNITS}
        if unit == own:
            return meant
        shown = self._converted(values, unit)
        for name in shown.keys() & meant.keys():
            if _is_close(meant[name], shown[name]):
                # What a client repeats was rounded for it: converting it back would move the value.
                meant[name] = values[name]
            else:
                converted = self._quantity.convert(name, meant[name], unit, own)
                meant[name] = self._stepped(name, converted)
        return meant

    def _own(self, values: Mapping[str, Any]) -> str:
        """Return the unit of the device's own values."""
        unit = values.get(UNITS)
        if isinstance(unit, str) and unit in self._quantity.units:
            return unit
        return self._default

    def _converted(self, values: Mapping[str, Any], wanted: str) -> dict[str, Any]:
        """Return the values that have a unit, in the wanted one."""
        own, names = self._own(values), self._names & values.keys()
        if own == wanted:
            return {name: values[name] for name in names}
        convert = self._quantity.convert
        return {name: convert(name, values[name], own, wanted) for name in names}

    def _require(self, unit: str) -> None:
        """Raise `RefusedError` (4.03) for a unit that the resource does not have."""
        if unit not in self.supported or unit not in self._quantity.units:
            raise RefusedError(Code.FORBIDDEN, f"the unit {unit!r} is not supported")

    def _stepped(self, name: str, value: Any) -> Any:
        """Return the nearest value that the step of the property permits."""
        spec = self._properties[name]
        step = spec.step or (1 if spec.type is ValueType.INTEGER else None)
        if step is None or isinstance(value, bool) or not isinstance(value, int | float):
            return value
        start = spec.minimum or 0
        steps = (value - start) / step
        return start + round(steps) * step if math.isfinite(steps) else value


def converter(profile: ResourceProfile) -> Converter | None:
    """Return what converts the values of a resource, None if they have no unit.

    The first type of the resource that measures something decides.
    """
    for name in profile.types:
        if name in QUANTITIES:
            return Converter(QUANTITIES[name], profile.properties)
    return None


def _is_close(one: object, other: object) -> bool:
    """Tell whether two numbers, or arrays of them, differ by rounding only."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_is_close, one, other))
    if isinstance(one, bool) or not isinstance(one, int | float):
        return False
    return isinstance(other, int | float) and math.isclose(one, other, abs_tol=10**-_DIGITS)
