"""The collections of the catalogue against OCF's data models."""

import pytest
from catalogue import RESOURCES, model_of, models
from data_models import as_json, check, document, needs_models, resolved
from resource_support import STRANGER, World, owned

from onboardee.device.simulation.profile import ResourceProfile, load_all
from onboardee.svrdb.model import State

COLLECTIONS = [
    each
    for each in RESOURCES
    if each.values[1].links and not each.values[1].types[0].startswith("oic.wk.scene")
]
"""Those of scenes have models that contradict each other: `test_profiles_scenes`."""


@needs_models
@pytest.mark.parametrize(("name", "resource"), COLLECTIONS)
def test_collections(name: str, resource: ResourceProfile) -> None:
    """On each interface a collection looks as the model has it for that interface."""
    world = World(owned(State.RFNOP), STRANGER, profile=load_all(name)[0])
    kind = model_of(resource) or "oic.wk.col"
    path, _ = models()[kind][0]
    seen = set()
    for place, operations in document(path)["paths"].items():
        interface = place.partition("if=")[2]
        seen.add(interface)
        schema = resolved(operations["get"]["responses"]["200"]["schema"], path)
        check(as_json(world.get(resource.href, f"if={interface}")), schema)
    assert seen == set(resource.interfaces)
