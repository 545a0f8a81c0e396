"""Values for what could not be read: of the right type, within the limits, and saying nothing.

A value is neutral if it is false, zero, empty or the beginning of a range: whoever reads the
profile sees that it was made up. Candidates are tried against the limits by the very check that
profiles have, so nothing here repeats their rules.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from onboardee.device.simulation.value_limits import ValueRefusedError
from onboardee.device.simulation.values import Property

_BY_TYPE: Mapping[str, tuple[Any, ...]] = {
    "boolean": (False,),
    "integer": (0,),
    "number": (0,),
    "string": ("", "0", "0000", "0" * 8),
    "date-time": ("1970-01-01T00:00:00Z",),
    "duration": ("PT0S",),
}
"""Candidates for each type; texts of several lengths, for patterns of codes."""


def neutral(limits: Mapping[str, Any]) -> Any:
    """Return a value that these limits permit, None if none is at hand."""
    for value in _candidates(limits):
        if permits(limits, [value]):
            return value
    return None


def permits(limits: Mapping[str, Any], samples: list[Any]) -> bool:
    """Tell whether limits are consistent and permit all samples."""
    plain = {name: each for name, each in limits.items() if name not in {"optional", "initial"}}
    try:
        for sample in samples or [neutral(plain)]:
            msgspec.convert({**plain, "initial": sample}, Property)
    except (msgspec.ValidationError, ValueRefusedError, ValueError, OverflowError):
        return False
    return True


def _candidates(limits: Mapping[str, Any]) -> Iterator[Any]:
    """Yield values to try, as arrays where the limits want an array."""
    count = limits.get("length", limits.get("min_items", 0))
    is_array = "length" in limits or "max_items" in limits
    for element in _elements(limits):
        yield [element] * count if is_array else element
    if is_array:
        yield list(limits.get("choices", ()))[:count]


def _elements(limits: Mapping[str, Any]) -> Iterator[Any]:
    """Yield values to try for one element."""
    if limits["type"] == "object":
        fields = {name: each for name, each in limits["fields"].items() if not each.get("optional")}
        yield {name: neutral(each) for name, each in fields.items()}
        return
    yield from _BY_TYPE[limits["type"]]
    yield from limits.get("choices", ())
    yield from (limits[name] for name in ("minimum", "maximum") if name in limits)


def pruned(limits: Mapping[str, Any], value: Any) -> Any:
    """Return the value without the parts that the limits do not name, and lists without null."""
    if isinstance(value, list | tuple):
        return [pruned(limits, each) for each in value if each is not None]
    if limits["type"] != "object":
        return value
    return {
        name: pruned(field, value[name])
        for name, field in limits["fields"].items()
        if value.get(name) is not None
    }
