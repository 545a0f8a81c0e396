"""The resources of a profile, made: which class each of them is, and what shows it."""

from collections.abc import Hashable, Mapping

from onboardee.device.resources.appliance import ApplianceResource
from onboardee.device.resources.atomic_measurement import (
    AtomicMeasurementResource,
    MeasuredResource,
)
from onboardee.device.resources.base import Resource, batch_key
from onboardee.device.resources.collection import CollectionResource
from onboardee.device.resources.scenes import SceneCollectionResource, SceneMemberResource
from onboardee.device.simulation.atomic_measurement import measured_in
from onboardee.device.simulation.profile import Profile, ResourceProfile
from onboardee.device.simulation.values import Values
from onboardee.device.simulation.world.world import World


def appliance_resources(
    profile: Profile, values: Mapping[str, Values], world: World | None
) -> dict[str, ApplianceResource]:
    """Return the resources of a profile by their path, collections among them."""
    made: dict[str, ApplianceResource] = {}
    measured = measured_in(profile.resources)
    scenes = () if profile.scenes is None else profile.scenes.collections
    collections = {each.href: each for each in scenes}
    members = {path: linked for each in scenes for path, linked in each.members.items()}
    for each in profile.resources:
        held = values[each.href]
        if each.href in collections:
            scene_collection = collections[each.href]
            made[each.href] = SceneCollectionResource(each, held, world, made, scene_collection)
        elif each.href in members:
            made[each.href] = SceneMemberResource(each, held, world, made, members[each.href])
        elif each.is_collection:
            made[each.href] = _collection(each, held, world, made)
        elif each.href in measured:
            made[each.href] = MeasuredResource(each, held, world)
        else:
            made[each.href] = ApplianceResource(each, held, world)
    return made


def batches_of_members(profile: Profile) -> dict[str, frozenset[Hashable]]:
    """Say for each linked resource which batches change when it does.

    Observers of a batch hear of each change of a link, also where the collection itself is
    unchanged. Those of an atomic measurement hear of its observable parts (OCF Core 7.8.4.3).
    """
    observable = {each.href for each in profile.resources if each.observable}
    shown: dict[str, set[Hashable]] = {}
    for collection in profile.resources:
        for href in collection.links:
            if href in observable or not collection.is_atomic:
                shown.setdefault(href, set()).add(batch_key(collection.href))
    return {href: frozenset(batches) for href, batches in shown.items()}


def _collection(
    profile: ResourceProfile,
    values: Values,
    world: World | None,
    siblings: Mapping[str, Resource],
) -> CollectionResource:
    kind = AtomicMeasurementResource if profile.is_atomic else CollectionResource
    return kind(profile, values, world, siblings)
