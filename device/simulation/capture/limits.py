"""The limits of a value: from its schema where there is one, else from the value itself.

There are two witnesses. Introspection gives a schema, which may be wrong, lack the property or say
what profiles cannot; the value itself always fits the device. So the schema decides as long as the
value obeys it, and what the value contradicts is dropped with a note. Without a schema the JSON
type is inferred from the samples, and limits are as wide as is safe.

All sizes here are bounds on what a device may make this program keep; a value beyond them is left
out with a note, not cut, as a part of a value would be another value.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from onboardee.device.simulation.capture.json_types import (
    FITS,
    LONGEST_TEXT,
    MAX_ITEMS,
    Plain,
    array_size,
    kind_of,
    length_in,
    number_limits,
    special_text,
    without_null,
)
from onboardee.device.simulation.capture.neutral_values import permits, pruned
from onboardee.device.simulation.capture.notes import Notes, shown
from onboardee.device.simulation.capture.schemas import Schema, Schemas, listed, mapped, types_of
from onboardee.device.simulation.patterns import problem
from onboardee.device.simulation.value_limits import MAX_TEXT

MAX_NESTING: Final = 6
"""Arrays and objects in one another."""
MAX_FIELDS: Final = 64
"""Parts of one object."""
LONGEST_NAME: Final = 64
"""Characters of the name of a part."""

_FACETS: Final = (
    "pattern", "choices", "step", "minimum", "maximum", "max_length", "unique", "min_items",
)  # fmt: skip
"""Limits that are given up where the device's own value breaks them, the likeliest first."""
_UNSAYABLE: Final = (
    "exclusiveMinimum", "exclusiveMaximum", "minLength", "not", "const", "contains",
    "patternProperties", "minProperties", "maxProperties", "dependencies",
)  # fmt: skip
"""Keywords of JSON Schema that profiles have nothing for."""


class Describer:
    """Describes values in the terms of profiles; what cannot be said so is noted.

    A `place` is what a note calls the value, `/light#rgbValue`; `depth` is how many arrays and
    objects it stands in.
    """

    def __init__(self, schemas: Schemas, notes: Notes) -> None:
        self._schemas = schemas
        self._notes = notes

    def described(
        self, place: str, schema: object, samples: Sequence[Any], depth: int = 0
    ) -> Plain | None:
        """Return the limits that a value has of which these are samples, None if none fit.

        Without samples the schema alone decides. The values are those that `pruned` returns.
        """
        known = [each for each in samples if each is not None]
        chosen, kind = self._chosen(place, schema, known)
        if kind is None or depth > MAX_NESTING:
            self._notes.add(f"{place} is left out: {_why(kind, samples)}")
            return None
        for keyword in _UNSAYABLE:
            if keyword in chosen:
                self._notes.add(f"{place} has a limit that profiles cannot hold: {keyword}")
        match kind:
            case "array":
                limits = self._array(place, chosen, known, depth)
            case "object":
                limits = self._object(place, chosen, known, depth)
            case _:
                limits = self._scalar(place, chosen, kind, known)
        if limits is not None and depth and chosen.get("readOnly") is True:
            limits["read_only"] = True
        return limits

    def _chosen(
        self, place: str, schema: object, samples: Sequence[Any]
    ) -> tuple[Schema, str | None]:
        """Return the schema that fits the samples, and the JSON type in question."""
        # The first alternative that all samples fit; without samples the first one that has a type.
        candidates = self._schemas.alternatives(self._schemas.resolved(schema)) or [{}]
        for each in candidates:
            for kind in types_of(each):
                if kind in FITS and all(FITS[kind](sample) for sample in samples):
                    return each, kind
        inferred = kind_of(samples)
        named = " or ".join(types_of(candidates[0]))
        if inferred is None or not named:
            return candidates[0], inferred
        self._notes.add(f"{place} is described as {shown(named)}, and taken for {inferred}")
        return {}, inferred

    def _scalar(
        self, place: str, schema: Schema, kind: str, samples: Sequence[Any]
    ) -> Plain | None:
        """Return the limits of a value that is neither array nor object."""
        limits: Plain = {"type": kind}
        if kind == "string":
            # Dates and durations have no other limits in profiles.
            special = special_text(schema, samples)
            if special is not None:
                return {"type": special}
            limits |= self._of_text(place, schema, samples)
        elif kind != "boolean":
            limits |= number_limits(schema)
        if kind != "boolean" and "enum" in schema:
            limits |= self._choices(place, listed(schema["enum"]), kind)
        return self._fitted(place, limits, samples)

    def _of_text(self, place: str, schema: Schema, samples: Sequence[str]) -> Plain:
        """Return length and pattern of a text; a pattern that may take too long is left out."""
        found: Plain = {}
        pattern, longest = schema.get("pattern"), length_in(schema.get("maxLength"))
        if longest is not None:
            found["max_length"] = min(longest, LONGEST_TEXT)
        elif any(len(each) > MAX_TEXT for each in samples):
            found["max_length"] = LONGEST_TEXT
        if isinstance(pattern, str):
            if problem(pattern, found.get("max_length", MAX_TEXT)) is None:
                found["pattern"] = pattern
            else:
                self._notes.add(f"{place} has a pattern that is not taken over: {shown(pattern)}")
        return found

    def _choices(self, place: str, values: Sequence[Any], kind: str) -> Plain:
        """Return the values to choose from, those that are of the right type."""
        choices = [each for each in values if FITS[kind](each)]
        if len(choices) < len(values) or len(choices) > MAX_ITEMS:
            self._notes.add(f"{place} has values to choose from that are not all taken over")
        return {"choices": choices[:MAX_ITEMS]} if choices else {}

    def _array(
        self, place: str, schema: Schema, samples: Sequence[Sequence[Any]], depth: int
    ) -> Plain | None:
        """Return the limits of an array and of its elements; None if profiles have no such arrays.

        All elements of all samples are samples of the one element type.
        """
        items = schema.get("items")
        # JSON Schema has one schema for each place as well; profiles have one for all.
        items = listed(items)[0] if listed(items) else items
        lists = [without_null(each) for each in samples]
        if any(len(kept) < len(each) for kept, each in zip(lists, samples, strict=True)):
            self._notes.add(f"{place} has null in a list, which is left out")
        elements = [each for one in lists for each in one]
        if len(elements) > MAX_ITEMS:
            self._notes.add(f"{place} is left out: it has more than {MAX_ITEMS} elements")
            return None
        if not elements and not types_of(self._schemas.resolved(items)):
            self._notes.add(f"{place} is an empty list, taken for one of texts")
            items = {"type": "string"}
        limits = self.described(place, items, elements, depth + 1)
        if limits is None or limits.keys() & {"length", "max_items"}:
            self._notes.add(f"{place} is left out: profiles have no lists of such elements")
            return None
        # Of an element, which is written with its array.
        limits.pop("read_only", None)
        limits |= array_size(schema, lists)
        return self._fitted(place, limits, lists)

    def _object(
        self, place: str, schema: Schema, samples: Sequence[Mapping[str, Any]], depth: int
    ) -> Plain | None:
        """Return the fields of an object, those of the schema and those that were seen."""
        properties, required = mapped(schema.get("properties")), listed(schema.get("required"))
        names = dict.fromkeys([*properties, *(name for sample in samples for name in sample)])
        fields: Plain = {}
        for name in self.named(place, list(names)):
            values = [sample[name] for sample in samples if sample.get(name) is not None]
            field = self.described(
                f"{place}.{shown(name)}", properties.get(name), values, depth + 1
            )
            if field is not None:
                # What was absent once is optional, whatever the schema says.
                is_missing = len(values) < len(samples)
                if is_missing or (properties and name not in required):
                    field["optional"] = True
                fields[name] = field
        if not fields:
            self._notes.add(f"{place} is left out: it is an object without parts")
            return None
        return self._fitted(place, {"type": "object", "fields": fields}, samples)

    def resolved(self, schema: object) -> Schema:
        """Return a schema with its references followed."""
        return self._schemas.resolved(schema)

    def named(self, place: str, names: Sequence[str]) -> list[str]:
        """Return the names that a profile can have, at most so many."""
        good = [name for name in names if name.isprintable() and 0 < len(name) <= LONGEST_NAME]
        for name in names:
            if name not in good:
                self._notes.add(f"{place} has a part whose name is not taken over: {shown(name)}")
        if len(good) > MAX_FIELDS:
            self._notes.add(f"{place} has more than {MAX_FIELDS} parts; the rest is left out")
        return good[:MAX_FIELDS]

    def _fitted(self, place: str, limits: Plain, samples: Sequence[Any]) -> Plain | None:
        """Give up the limits that the device's own values do not obey."""
        values = [pruned(limits, each) for each in samples]
        if permits(limits, values):
            return limits
        # Often one limit is wrong, such as a step: the others are worth keeping.
        one_less = ([facet] for facet in _FACETS if facet in limits)
        for dropped in (*one_less, _FACETS):
            rest = {name: each for name, each in limits.items() if name not in dropped}
            if permits(rest, values):
                gone = ", ".join(sorted(limits.keys() - rest.keys()))
                self._notes.add(f"{place} does not obey its own limits, which are dropped: {gone}")
                return rest
        self._notes.add(f"{place} is left out: no limits of profiles fit its value")
        return None


def _why(kind: str | None, samples: Sequence[Any]) -> str:
    """Return why a value is left out."""
    if kind is not None:
        return "it is nested too deeply"
    if all(each is None for each in samples):
        return "it is null, or absent, and no description tells its type"
    return "it is not of one type that profiles have"
