"""What JSON and JSON Schema say of a single value, in the terms of profiles.

A value of JSON is of one of six types. `FITS` says of each which values are of it that profiles can
hold; the type of a value that no schema describes is the first that all samples fit. The keywords
of a schema that are about numbers, texts with a form of their own and lengths become limits here;
how limits of a whole value come about is in `limits`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from onboardee.device.simulation.capture.schemas import Schema
from onboardee.device.simulation.value_limits import PERIOD, is_moment

MAX_ITEMS: Final = 256
"""Elements of an array, and values to choose from."""
LIKELY_ITEMS: Final = 16
"""How many elements a list may get that nobody describes."""
MAX_NUMBER: Final = 10**18
"""Beyond this a float does not know its neighbours."""
LONGEST_TEXT: Final = 4096
"""Characters of a text."""

Plain = dict[str, Any]
"""Limits as a profile's YAML has them."""


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite number of a size that profiles can hold."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) < MAX_NUMBER


def _is_period(value: str) -> bool:
    """Tell whether a text is a duration of ISO 8601."""
    return len(value) <= 64 and PERIOD.fullmatch(value) is not None


_PERIOD: Final = f"^{PERIOD.pattern}$"
"""As our own introspection writes the pattern of durations."""

FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and value == value // 1,
    "number": is_number,
    "string": lambda value: isinstance(value, str) and len(value) <= LONGEST_TEXT,
    "array": lambda value: isinstance(value, list | tuple),
    "object": lambda value: isinstance(value, Mapping),
}
"""By JSON type in the order in which types are tried: which values are of it."""


def kind_of(samples: Sequence[Any]) -> str | None:
    """Return the JSON type that all samples are of."""
    return next((kind for kind, fits in FITS.items() if samples and all(map(fits, samples))), None)


def special_text(schema: Schema, samples: Sequence[str]) -> str | None:
    """Name the kind of text that has a form of its own."""
    named, pattern = schema.get("format"), schema.get("pattern")
    # Without any schema a text that looks like a date is taken for one.
    is_likely = samples and not schema
    if (named == "date-time" or is_likely) and all(map(is_moment, samples)):
        return "date-time"
    if (named == "duration" or pattern == _PERIOD) and all(map(_is_period, samples)):
        return "duration"
    return None


def number_limits(schema: Schema) -> Plain:
    """Return the limits of a number; a step that is not above zero is none."""
    names = (("minimum", "minimum"), ("maximum", "maximum"), ("multipleOf", "step"))
    found = {ours: _short(schema[name]) for name, ours in names if is_number(schema.get(name))}
    if found.get("step", 1) <= 0:
        del found["step"]
    return found


def _short(value: float) -> float:
    """Return a whole number as one: bounds come as 0.0, and people write 0."""
    return int(value) if value == value // 1 else value


def without_null(elements: Sequence[Any]) -> list[Any]:
    """Return a list without null, which profiles do not have."""
    return [each for each in elements if each is not None]


def array_size(schema: Schema, samples: Sequence[Sequence[Any]]) -> Plain:
    """Return how many elements an array has, from the schema or from what was seen."""
    lowest, highest = length_in(schema.get("minItems")) or 0, length_in(schema.get("maxItems"))
    lengths = {len(each) for each in samples}
    if highest is None:
        # Such as a colour, `[255, 0, 0]`: its length is a part of its meaning.
        numbers = all(is_number(each) for sample in samples for each in sample)
        if "items" not in schema and len(lengths) == 1 and numbers and max(lengths):
            return {"length": max(lengths)}
        highest = max(LIKELY_ITEMS, lowest, *lengths)
    highest = min(max(highest, *lengths, 0), MAX_ITEMS)
    unique: Plain = {"unique": True} if schema.get("uniqueItems") is True else {}
    if lowest == highest > 0:
        return {"length": lowest, **unique}
    at_least: Plain = {"min_items": lowest} if 0 < lowest < highest else {}
    return {**at_least, "max_items": highest, **unique}


def length_in(value: Any) -> int | None:
    """Return a length that a schema names, None for anything else."""
    return int(value) if is_number(value) and value >= 0 else None
