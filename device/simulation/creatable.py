"""What clients may create: the types of a profile made complete, and one resource made of a type.

A profile may name a type and no more. Then what one holds, and what it does by itself, comes from a
resource that has the type: of the same profile, or of the catalogue. Behaviour comes along as far
as it is about that resource alone; what ties it to others would tie a created one to nothing.

    profile: {types: [oic.r.light.dimming]} ──► `completed`, when it is loaded
    database: path, interfaces, values      ──► `made`, whenever the device begins or one is created

Inside a creatable resource its own path is written `/`, as it has none yet (`detached`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from onboardee.device.simulation.behaviour import AnyBehaviour
from onboardee.device.simulation.catalogue import BUILT_IN, Catalogue, built_in_names
from onboardee.device.simulation.conditional import check_creatable, held
from onboardee.device.simulation.detached import OWN, detached, placed
from onboardee.device.simulation.document import DocumentItem
from onboardee.device.simulation.privacy import is_secret_name
from onboardee.device.simulation.resource import CreatableResource, Creation, ResourceProfile
from onboardee.device.simulation.value_limits import ValueLimits, ValueType
from onboardee.device.simulation.values import ValueRefusedError
from onboardee.device.simulation.variants import expanded
from onboardee.device.simulation.world.build import check
from onboardee.device.simulation.world.declaration import Behaviour
from onboardee.device.simulation.world.terms import BehaviourError
from onboardee.svrdb.model import Created, CreatedResource

Plain = Any
"""What YAML can hold."""


class Source(NamedTuple):
    """A resource that others may be like, and the behaviour that is about it alone."""

    resource: ResourceProfile
    behaviour: tuple[Behaviour, ...]


class MadeResource(NamedTuple):
    """A created resource as the device runs it."""

    created: CreatedResource
    profile: ResourceProfile
    behaviour: tuple[Behaviour, ...]


def completed(
    resources: Sequence[ResourceProfile], behaviour: Sequence[Behaviour], item: DocumentItem
) -> tuple[ResourceProfile, ...]:
    """Return the resources of a profile with all that may be created in them complete.

    Raises `ProfileError` with the line of a type that is not known.
    """
    own = {each.href: each for each in resources}

    def found(name: str) -> Source | None:
        return _source(own[name], behaviour) if name in own else None

    return tuple(
        each
        if each.creates is None
        else replace(each, creates=_with_types(each.creates, found, item.at("resources", place)))
        for place, each in enumerate(resources)
    )


def made(profiles: Iterable[ResourceProfile], created: Created) -> Iterator[MadeResource]:
    """Yield the created resources that the profile's collections still allow.

    One of which the collection, the type or the path is no more the profile's is passed over: the
    database may be older than the profile, or edited by hand.
    """
    by_href = {each.href: each for each in profiles}
    seen = set(by_href)
    for each in created.resources:
        collection = by_href.get(each.collection)
        if each.href in seen or collection is None or collection.creates is None:
            continue
        one = _made(each, collection, collection.creates.creatable(each.types[0]))
        if one is not None:
            seen.add(each.href)
            yield one


def profile_of(
    created: CreatedResource, collection: ResourceProfile, creatable: CreatableResource
) -> ResourceProfile:
    """Return the profile of a created resource, which starts with the values it was created with.

    Raises `ValueError` or `ValueRefusedError` for values that the type does not permit.
    """
    given = created.values
    return ResourceProfile(
        href=created.href,
        types=created.types,
        interfaces=created.interfaces,
        name=created.name,
        discoverable=bool(created.policies & 1),
        observable=bool(created.policies & 2),
        plain=collection.plain,
        properties={
            name: replace(spec, initial=given[name]) if name in given else spec
            for name, spec in held(creatable.properties, creatable.types, created.types).items()
        },
    )


def _made(
    each: CreatedResource, collection: ResourceProfile, creatable: CreatableResource | None
) -> MadeResource | None:
    """Return one created resource, None if it is none of the type any more."""
    if creatable is None or not set(each.interfaces) <= set(creatable.interfaces):
        return None
    try:
        profile = profile_of(each, collection, creatable)
    except (ValueError, ValueRefusedError):
        return None
    return MadeResource(each, profile, placed(creatable.behaviour, each.href))


def _with_types(
    creates: Creation, own: Callable[[str], Source | None], item: DocumentItem
) -> Creation:
    """Complete the types that may be created in one collection."""
    place = item.at("creates", "resources")
    types = tuple(
        _complete(each, own, place.at(number)) for number, each in enumerate(creates.resources)
    )
    return replace(creates, resources=types)


def _complete(
    each: CreatableResource, own: Callable[[str], Source | None], place: DocumentItem
) -> CreatableResource:
    """Complete one type; a complete one stays as it is. Raises `ProfileError`."""
    if not each.properties:
        source = _find(each, own)
        if source is None:
            what = each.like or f"the type {each.types[0]}"
            raise place.wrong(f"neither this profile nor the catalogue has {what}; give properties")
        each = replace(
            each,
            interfaces=each.interfaces or source.resource.interfaces,
            properties=source.resource.properties,
            behaviour=each.behaviour or source.behaviour,
        )
    if not each.interfaces:
        raise place.wrong(f"{each.types[0]} needs interfaces")
    secret = _secret(each.properties)
    if secret is not None:
        # Whoever may look at a database without its secrets could read it there.
        raise place.wrong(f"{secret} is a secret, and what clients create is shown with its values")
    try:
        # The path and the interfaces are checked as those of any resource.
        ResourceProfile(
            href=OWN, types=each.types, interfaces=each.interfaces, properties=each.properties
        )
        check_creatable(each.types, each.properties)
        check(each.behaviour, {OWN: each.properties})
    except (ValueError, BehaviourError) as error:
        raise place.wrong(str(error)) from error
    return each


def _secret(properties: Mapping[str, ValueLimits]) -> str | None:
    """Return the first property, or part of one, that goes by the name of a secret."""
    for name, spec in properties.items():
        if spec.type is not ValueType.BOOLEAN and is_secret_name(name):
            return name
        inner = _secret(spec.fields)
        if inner is not None:
            return inner
    return None


def _find(each: CreatableResource, own: Callable[[str], Source | None]) -> Source | None:
    """Find what a type is like."""
    if each.like is None:
        return _of_type(each.types[0])
    if each.like.startswith("/"):
        return own(each.like)
    name, slash, path = each.like.partition("/")
    return _in_catalogue(name, slash + path) if name in built_in_names() else None


@cache
def _of_type(name: str) -> Source | None:
    """Return the first resource of the catalogue whose first type this is."""
    for each in built_in_names():
        # A search in the text spares reading fifty files for one type.
        if f"[{name}" in (Path(BUILT_IN) / f"{each}.yaml").read_text(encoding="utf-8"):
            found = _first(each, lambda plain: plain.get("types", [None])[0] == name)
            if found is not None:
                return found
    return None


@cache
def _in_catalogue(profile: str, href: str) -> Source | None:
    """Return a resource of a built-in profile."""
    return _first(profile, lambda plain: plain.get("href") == href)


def _first(profile: str, is_meant: Callable[[Mapping[str, Plain]], bool]) -> Source | None:
    """Return the first resource of a built-in profile that is meant and holds values.

    The document is read, and not the profile: a profile of the catalogue may itself name types of
    the catalogue.
    """
    catalogue = Catalogue()
    for item in expanded(catalogue.find(profile), catalogue.find):
        document = item.plain()
        for plain in document.get("resources", ()):
            if is_meant(plain) and plain.get("properties"):
                resource = msgspec.convert(plain, ResourceProfile)
                entries = document.get("behaviour", [])
                return _source(resource, msgspec.convert(entries, tuple[AnyBehaviour, ...]))
    return None


def _source(resource: ResourceProfile, behaviour: Sequence[Behaviour]) -> Source:
    """Return a resource with the entries that are about it alone, its path written as `/`."""
    return Source(resource, detached(behaviour, resource.href))
