"""What the catalogue's tests share: its resources, their official models, and values to send."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from data_models import MODELS, document, needs_extensions, resolved

from onboardee.device.simulation.atomic_measurement import measured_in
from onboardee.device.simulation.profile import ResourceProfile, built_in_names, load_all
from onboardee.device.simulation.value_limits import NUMBERS, ValueLimits, ValueType

RESOURCES = [
    pytest.param(name, resource, id=f"{name}{resource.href}")
    for name in built_in_names()
    for resource in load_all(name)[0].resources
]
MEASURED = [
    each
    for each in RESOURCES
    if each.values[1].href in measured_in(load_all(each.values[0])[0].resources)
]
"""The parts of atomic measurements, which are reached in no other way."""
SIMPLE = [each for each in RESOURCES if not each.values[1].is_collection and each not in MEASURED]
"""The resources that are no collections, and reached each on its own."""

UNPUBLISHED = frozenset(
    {
        "oic.r.vodlist",
        "core.led",
        "core.light",
        "oic.wk.col",
        "oic.r.softwareupdate",
        "oic.r.coapcloudconf",
        "x.plgd.dev.time",
    }
)
"""Types without a data model: some are in OCF's specifications, and others are of samples."""

PUBLISHED = [
    pytest.param(*each.values, id=each.id, marks=needs_extensions)
    if each.values[1].types[0].startswith("oic.wk.scene")
    else each
    for each in RESOURCES
]
"""All resources for comparison with what OCF publishes; scenes are in a repository of their own."""

SAMPLES: Mapping[str, Any] = {"lockCodeList": ["98765"], "startTime": "07:15:00Z"}
"""Texts that obey a pattern, by property."""


@cache
def models() -> dict[str, list[Any]]:
    """Return the operations of each resource type, as a list of paths."""
    result: dict[str, list[Any]] = {}
    extensions = (MODELS / "core-extensions" / "swagger2.0").glob("oic.wk.scene*.swagger.json")
    collection = MODELS / "core" / "swagger2.0" / "oic.wk.col.swagger.json"
    of_devices = (MODELS / "IoTDataModels").glob("*.swagger.json")
    for path in (collection, *sorted((*extensions, *of_devices))):
        for operations in document(path)["paths"].values():
            schema = resolved(operations["get"]["responses"]["200"]["schema"], path)
            for name in names(schema, "rt"):
                result.setdefault(name, []).append((path, operations))
    return result


def names(schema: Any, part: str) -> list[str]:
    """Return the texts that may be in an array of a model, such as `rt`."""
    items = schema.get("properties", {}).get(part, {}).get("items", {})
    return list(items.get("enum", ()))


def get_schema(kind: str) -> Any:
    """Return the schema of a representation."""
    path, operations = models()[kind][0]
    return resolved(operations["get"]["responses"]["200"]["schema"], path)


def update_schema(kind: str) -> Any:
    """Return the schema of an UPDATE; None if there is none."""
    path, operations = models()[kind][0]
    for parameter in resolved(operations.get("post", {}).get("parameters", []), path):
        if parameter["in"] == "body":
            return parameter["schema"]
    return None


def kinds_of(resource: ResourceProfile) -> list[str]:
    """Return the types whose models describe a resource together: mostly it is one.

    A collection of health data has a model that knows both of its types.
    """
    published = [kind for kind in resource.types if kind not in UNPUBLISHED]
    first = published[:1]
    known = {name for kind in first for name in names(get_schema(kind), "rt")}
    return [*first, *(kind for kind in published if kind not in known)]


def as_one_of(kind: str, found: Any) -> Any:
    """Return what a resource of several types shows to who knows one of them."""
    known = get_schema(kind)["properties"]
    return {
        name: [each for each in value if each in names({"properties": known}, name)]
        if name in {"rt", "if"}
        else value
        for name, value in found.items()
        if name in known
    }


def model_of(resource: ResourceProfile) -> str | None:
    """Return the type whose model describes a resource."""
    published = [kind for kind in resource.types if kind not in UNPUBLISHED]
    return published[0] if published else None


MODELLED = [
    each
    for each in PUBLISHED
    if not each.values[1].is_collection and each not in MEASURED and model_of(each.values[1])
]
"""Those that are reached each on its own, and that a published model describes."""


def plain(value: Any) -> Any:
    """Return a value as it is sent."""
    match value:
        case dict():
            return {name: plain(part) for name, part in value.items()}
        case tuple():
            return [plain(part) for part in value]
    return value


def another(name: str, spec: ValueLimits, now: Any) -> Any:
    """Return another value that a client may write."""
    if spec.pattern:
        return SAMPLES[name]
    if spec.length is not None:
        return [_another(name, spec, each) for each in now]
    if spec.is_array:
        return [_another(name, spec, each) for each in now[:1]]
    return _another(name, spec, now)


def _another(name: str, spec: ValueLimits, now: Any) -> Any:
    choices = spec.writable_choices or spec.choices
    if choices:
        return next((choice for choice in choices if choice != now), now)
    match spec.type:
        case ValueType.BOOLEAN:
            return not now
        case ValueType.INTEGER | ValueType.NUMBER:
            step = int(spec.step or 1) if spec.type is ValueType.INTEGER else spec.step or 0.0625
            return now + step if spec.maximum is None or now + step <= spec.maximum else now - step
        case ValueType.DATE_TIME:
            return "2027-03-04T05:06:07+01:00"
        case ValueType.DURATION:
            return "PT1H5M"
        case ValueType.OBJECT:
            return {
                part: now[part] if field.read_only else another(part, field, now[part])
                for part, field in spec.fields.items()
            }
    return f"x{now[1:]}"


def impossible(spec: ValueLimits, now: Any) -> Iterator[Any]:
    """Yield values of the right type that are outside the limits."""
    for value in _impossible_elements(spec, now[0] if spec.is_array and now else now):
        if spec.is_array:
            yield [value] * (spec.length or 1)
        else:
            yield value
    if spec.max_items is not None and spec.type is ValueType.STRING:
        yield [*now, *now] if spec.unique else [now[0]] * (spec.max_items + 1)
    if spec.min_items:
        yield []


def _impossible_elements(spec: ValueLimits, now: Any) -> Iterator[Any]:
    if spec.type in NUMBERS:
        unit = spec.step or 1
        if spec.minimum is not None:
            yield spec.minimum - unit
        if spec.maximum is not None:
            yield spec.maximum + unit
        if spec.step:
            yield (
                (spec.minimum or 0) + spec.step / 2
                if spec.type is ValueType.NUMBER
                else ((spec.minimum or 0) + 1)
            )
    if spec.choices:
        yield "none of these"
    if spec.pattern:
        yield "?"
    if spec.type is ValueType.STRING and spec.max_length:
        yield "x" * (spec.max_length + 1)


def malformed(spec: ValueLimits) -> Iterator[Any]:
    """Yield values of other types."""
    wrong: list[Any] = [None, {"value": 1}, b"\x01", [[1]]]
    if spec.type is not ValueType.BOOLEAN:
        wrong.append(True)
    if spec.type in {ValueType.BOOLEAN, *NUMBERS, ValueType.DATE_TIME, ValueType.DURATION}:
        wrong.append("text")
    if spec.type not in NUMBERS:
        wrong.append(1)
    if spec.type is ValueType.INTEGER:
        wrong.append(0.5)
    if spec.type is ValueType.OBJECT:
        wrong.remove({"value": 1})
    yield from wrong
