"""The catalogue against what OCF publishes: data models, and what each device type requires."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from catalogue import (
    MEASURED,
    MODELLED,
    PUBLISHED,
    UNPUBLISHED,
    another,
    as_one_of,
    get_schema,
    kinds_of,
    model_of,
    models,
    names,
    plain,
    update_schema,
)
from data_models import as_json, check, needs_models, resolved
from msgspec.structs import replace
from resource_support import STRANGER, World, owned

from onboardee.device.simulation.profile import ResourceProfile, built_in_names, load_all
from onboardee.svrdb.model import State

REQUIRED = Path(__file__).with_name("required-resources.yaml")
COMMON = {"rt", "if", "n", "id"}


@cache
def required() -> dict[str, list[str]]:
    """Read OCF's table: resource types by device type, some with an interface."""
    rows: dict[str, list[str]] = yaml.safe_load(REQUIRED.read_text(encoding="utf-8"))
    return rows


OF_IOTIVITY = {
    "devsim",
    "led",
    *(name for name in built_in_names() if name.startswith("sampleserver-")),
}
"""The samples that come with IoTivity have types that OCF does not define."""


@pytest.mark.parametrize("name", built_in_names())
def test_required_resources_are_there(name: str) -> None:
    """Each device has the resources that OCF requires of its types, as often as required."""
    (profile,) = load_all(name)
    there = Counter(kind for resource in profile.resources for kind in resource.types)
    there.update(
        f"{kind} {interface}"
        for resource in profile.resources
        for kind in resource.types
        for interface in resource.interfaces
    )
    for device_type in profile.device.types:
        assert name in OF_IOTIVITY or Counter(required()[device_type]) <= there
    if "oic.d.sensor" in profile.device.types:
        assert any("oic.if.s" in resource.interfaces for resource in profile.resources)


@needs_models
@pytest.mark.parametrize(("name", "resource"), PUBLISHED)
def test_types_and_interfaces_are_published(name: str, resource: ResourceProfile) -> None:
    """Every type has a data model, and the interfaces are some of those that it names.

    Those of a resource of several types are the interfaces of all of them (OCF Core 7.4).
    """
    if model_of(resource) is None:
        assert set(resource.types) <= UNPUBLISHED
        return
    interfaces: set[str] = set()
    types: set[str] = set()
    for path, operations in (each for kind in kinds_of(resource) for each in models()[kind]):
        schema = resolved(operations["get"]["responses"]["200"]["schema"], path)
        interfaces.update(names(schema, "if"))
        types.update(names(schema, "rt"))
    assert set(resource.types) <= types
    assert set(resource.interfaces) <= interfaces


@needs_models
@pytest.mark.parametrize(("name", "resource"), MODELLED)
def test_representations(name: str, resource: ResourceProfile) -> None:
    """What is read on each interface is as the model says, with all that it requires."""
    kinds = kinds_of(resource)
    assert kinds
    world = World(owned(State.RFNOP), STRANGER, profile=load_all(name)[0])
    for interface in resource.interfaces:
        found = as_json(world.get(resource.href, f"if={interface}"))
        assert found.keys() <= {key for kind in kinds for key in get_schema(kind)["properties"]}
        for kind in kinds:
            check(as_one_of(kind, found) if len(kinds) > 1 else found, get_schema(kind))


@needs_models
@pytest.mark.parametrize(("name", "resource"), MEASURED)
def test_measured(name: str, resource: ResourceProfile) -> None:
    """A part of an atomic measurement is in it as the model says, and has nothing to be written."""
    kind = model_of(resource)
    assert kind
    (profile,) = load_all(name)
    whole = next(each for each in profile.resources if resource.href in each.links)
    world = World(owned(State.RFNOP), STRANGER, profile=profile)
    reps = {item["href"]: item["rep"] for item in world.get(whole.href)}
    check(as_json(reps[resource.href]), get_schema(kind))
    assert set(resource.properties) <= set(get_schema(kind)["properties"]) - COMMON
    assert all(spec.read_only for spec in resource.properties.values())


@needs_models
@pytest.mark.parametrize(("name", "resource"), MODELLED)
def test_updates(name: str, resource: ResourceProfile) -> None:
    """What can be written is what the model lets be written.

    An UPDATE has to carry what the model requires in it, if the model has a body of its own for
    an UPDATE; otherwise the body is that of the whole resource, and may be partial.
    """
    kinds = kinds_of(resource)
    assert kinds
    for kind in kinds:
        mine = {
            key: spec
            for key, spec in resource.properties.items()
            if len(kinds) == 1 or key in get_schema(kind)["properties"]
        }
        _check_update(replace(resource, properties=mine, kept=()), kind)


def _check_update(resource: ResourceProfile, kind: str) -> None:
    """Compare what can be written of one type with its model."""
    read, update = get_schema(kind)["properties"], update_schema(kind)
    assert set(resource.properties) <= set(read) - COMMON
    writable = {key for key, spec in resource.properties.items() if not spec.read_only}
    assert not {key for key in writable if read[key].get("readOnly")}
    if update is None:
        assert not writable
        return
    assert writable <= set(update["properties"]) - COMMON
    needed = {key for key, spec in resource.properties.items() if spec.required_in_update}
    has_own_body = not COMMON & set(update["properties"])
    wanted = set(update.get("required", ())) & set(resource.properties) if has_own_body else set()
    assert needed == wanted
    if writable:
        check({key: _another(resource, key) for key in writable}, update)


def _another(resource: ResourceProfile, key: str) -> Any:
    spec = resource.properties[key]
    return plain(another(key, spec, spec.initial))
