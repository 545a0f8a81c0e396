"""What clients may create: the types of a profile made complete, and one resource made of a type.

A profile may name a type and no more. Then what one holds, and what it does by itself, comes from a
resource that has the type: of the same profile, or of the catalogue. Behaviour comes along as far
as it is about that resource alone; what ties it to others would tie a created one to nothing.

    profile: {types: [oic.r.light.dimming]} ──► `completed`, when it is loaded
    database: path, interfaces, values      ──► `made`, whenever the device begins or one is created

Inside a creatable resource its own path is written `/`, as it has none yet.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from zlib import crc32

import msgspec
from msgspec.structs import replace

from onboardee.device.simulation.behaviour import AnyBehaviour
from onboardee.device.simulation.document import DocumentItem
from onboardee.device.simulation.library import BUILT_IN, Library, built_in_names
from onboardee.device.simulation.resource import CreatableResource, Creation, ResourceProfile
from onboardee.device.simulation.values import ValueRefusedError
from onboardee.device.simulation.variants import expanded
from onboardee.device.simulation.world.build import check
from onboardee.device.simulation.world.declaration import Behaviour
from onboardee.device.simulation.world.terms import BehaviourError
from onboardee.svrdb.model import Created, CreatedResource

_OWN: Final = "/"
"""The path of a resource that has none yet."""
_NAMES: Final = frozenset({"name", "press", "fault", "repair"})
"""The keys under which inputs and faults are called by their names."""
_LONGEST_NAME: Final = 64

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
            for name, spec in creatable.properties.items()
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
    return MadeResource(each, profile, _at(each.href, creatable.behaviour))


def _at(href: str, behaviour: tuple[Behaviour, ...]) -> tuple[Behaviour, ...]:
    """Return the behaviour of a type for one resource; its inputs and faults get names of its own.

    `open` becomes `open-doors-1` for /doors/1.
    """
    names = _called(behaviour)
    ending = "-" + re.sub(r"[^A-Za-z0-9_.-]", "-", href.strip("/"))
    renamed = {name: _short(name + ending) for name in names}
    return _rewritten(behaviour, _OWN, href, renamed) if behaviour else ()


def _short(name: str) -> str:
    """Return a name as it is, or a shorter one that no other name has."""
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 9]}-{crc32(name.encode()):08x}"


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
    try:
        # The path and the interfaces are checked as those of any resource.
        ResourceProfile(
            href=_OWN, types=each.types, interfaces=each.interfaces, properties=each.properties
        )
        check(each.behaviour, {_OWN: each.properties})
    except (ValueError, BehaviourError) as error:
        raise place.wrong(str(error)) from error
    return each


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
    library = Library()
    for item in expanded(library.find(profile), library.find):
        document = item.plain()
        for plain in document.get("resources", ()):
            if is_meant(plain) and plain.get("properties"):
                resource = msgspec.convert(plain, ResourceProfile)
                entries = document.get("behaviour", [])
                return _source(resource, msgspec.convert(entries, tuple[AnyBehaviour, ...]))
    return None


def _source(resource: ResourceProfile, behaviour: Sequence[Behaviour]) -> Source:
    """Return a resource with the entries that are about it alone, its path written as `/`."""
    alone = [each for each in behaviour if _is_about(each, resource.href)]
    # An entry that waits for an input or a fault of another entry goes with that one.
    while (left := [each for each in alone if _needed((each,)) <= _called(alone)]) != alone:
        alone = left
    return Source(resource, _rewritten(tuple(alone), resource.href, _OWN, {}))


def _is_about(entry: Behaviour, href: str) -> bool:
    """Tell whether an entry names this resource, and no other; programs name what they like."""
    plain = msgspec.to_builtins(entry)
    paths = {text.partition("#")[0] for text in _texts(plain) if text.startswith("/")}
    return paths == {href} and plain["kind"] != "code"


def _called(behaviour: Iterable[Behaviour]) -> set[str]:
    """Return the names of inputs and faults; of inputs also those that are only waited for."""
    entries = list(behaviour)
    names = {name for entry in entries for _, name in entry.called()}
    return names.union(*(entry.awaited() for entry in entries))


def _needed(behaviour: Iterable[Behaviour]) -> set[str]:
    """Return all names of inputs and faults that entries use."""
    return {
        str(value)
        for entry in behaviour
        for key, value in _pairs(msgspec.to_builtins(entry))
        if key in _NAMES
    }


def _rewritten(
    behaviour: tuple[Behaviour, ...], source: str, wanted: str, renamed: Mapping[str, str]
) -> tuple[Behaviour, ...]:
    """Return entries that are about another path, with other names of inputs and faults."""
    plain = msgspec.to_builtins(behaviour)
    return msgspec.convert(_replaced(plain, source, wanted, renamed), tuple[AnyBehaviour, ...])


def _replaced(value: Plain, source: str, wanted: str, renamed: Mapping[str, str]) -> Plain:
    """Return a value with one path in the place of another, wherever it stands."""
    match value:
        case Mapping():
            return {
                _path(key, source, wanted): renamed.get(each, each)
                if key in _NAMES and isinstance(each, str)
                else _replaced(each, source, wanted, renamed)
                for key, each in value.items()
            }
        case list() | tuple():
            return [_replaced(each, source, wanted, renamed) for each in value]
        case str():
            return _path(value, source, wanted)
    return value


def _path(text: str, source: str, wanted: str) -> str:
    href, mark, name = text.partition("#")
    return f"{wanted}{mark}{name}" if href == source else text


def _texts(value: Plain) -> Iterator[str]:
    """Yield all texts of a value, keys included."""
    match value:
        case Mapping():
            for key, each in value.items():
                yield key
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)
        case str():
            yield value


def _pairs(value: Plain) -> Iterator[tuple[str, Plain]]:
    """Yield all keys with their texts, at any depth."""
    match value:
        case Mapping():
            for key, each in value.items():
                if isinstance(each, str):
                    yield key, each
                yield from _pairs(each)
        case list() | tuple():
            for each in value:
                yield from _pairs(each)
