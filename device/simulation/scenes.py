"""Scenes: settings of several resources that clients recall by one name.

A profile says what each scene sets; the resources by which OCF's models show that follow from it:

    scenes:                                         oic.wk.scenelist        /scenes
      collections:                                    └ oic.wk.scenecollection  /scenes/evening
        - href: /scenes/evening                           ├ oic.wk.scenemember    /scenes/evening/1
          values:                                         └ …: one for each resource that is set
            "off": {/lamp#value: false}
            film: {/lamp#value: true, /blind#openLevel: 0}

They are resources of the profile like any other, and are added to it when it is loaded. A member
has what a scene sets as text, as the model wants it; what is set is the value of the profile.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from onboardee.device.access.ocf_interfaces import ACTUATOR, BASELINE, BATCH, LINKS, UPDATING
from onboardee.device.nearest import did_you_mean, nearest_path
from onboardee.device.simulation.atomic_measurement import measured_in
from onboardee.device.simulation.resource import (
    LONGEST_COLLECTION,
    MAX_LINKS,
    Href,
    ResourceProfile,
    refuse_core_path,
)
from onboardee.device.simulation.section import MisplacedError, Section
from onboardee.device.simulation.value_limits import Field, ValueRefusedError, ValueType
from onboardee.device.simulation.values import Property
from onboardee.device.simulation.world.terms import Assignments

SCENE_LIST: Final = "oic.wk.scenelist"
SCENE_COLLECTION: Final = "oic.wk.scenecollection"
SCENE_MEMBER: Final = "oic.wk.scenemember"
LAST: Final = "lastScene"
"""The property that names the scene that was recalled last, and recalls another."""
VALUES: Final = "sceneValues"
MAPPINGS: Final = "SceneMappings"
MAX_COLLECTIONS: Final = 16
_MAX_NAME: Final = 64
_MAX_MAPPINGS: Final = 1024

SceneName = Annotated[str, msgspec.Meta(min_length=1, max_length=_MAX_NAME)]
Settings = Mapping[str, Mapping[str, Any]]
"""What a scene sets: by path, by name of the property."""


class SceneCollection(Section, frozen=True, kw_only=True):
    """Scenes of which one holds at a time, such as those of a room."""

    href: Href
    """The path; its members are numbers below it."""
    name: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    """`n`: a name for people."""
    values: Annotated[dict[SceneName, Assignments], msgspec.Meta(min_length=1, max_length=64)]
    """`sceneValues`: each scene with the properties that it sets; others stay as they are."""
    initial: SceneName | None = None
    """`lastScene` of a device that starts, which sets nothing; the first scene, if left out."""

    def __post_init__(self) -> None:
        refuse_core_path(self.href)
        if len(self.href) > LONGEST_COLLECTION:
            raise MisplacedError(f"{self.href} is too long for paths below it", "href")
        if self.initial is not None and self.initial not in self.values:
            hint = did_you_mean(self.initial, self.values)
            raise MisplacedError(f"{self.initial} is none of the scenes{hint}", "initial")

    @property
    def members(self) -> dict[str, str]:
        """The paths of the resources that the scenes set, by those of their members, from 1 on."""
        refs = (ref for settings in self.values.values() for ref in settings)
        hrefs = dict.fromkeys(ref.partition("#")[0] for ref in refs)
        return {f"{self.href.rstrip('/')}/{number}": href for number, href in enumerate(hrefs, 1)}

    def settings(self, scene: str) -> Settings:
        """Return what a scene sets."""
        found: dict[str, dict[str, Any]] = {}
        for ref, value in self.values[scene].items():
            href, _, name = ref.partition("#")
            found.setdefault(href, {})[name] = value
        return found


class Scenes(Section, frozen=True, kw_only=True):
    """The scenes of a device."""

    href: Href = "/scenes"
    """The path of the list of scene collections."""
    name: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    """`n` of the list."""
    collections: Annotated[
        tuple[SceneCollection, ...], msgspec.Meta(min_length=1, max_length=MAX_COLLECTIONS)
    ]
    """The collections."""

    def __post_init__(self) -> None:
        refuse_core_path(self.href)


def with_scenes(
    resources: tuple[ResourceProfile, ...], scenes: Scenes | None
) -> tuple[ResourceProfile, ...]:
    """Return the resources of a profile with those that show its scenes; again if they are there.

    Raises `MisplacedError` for what a scene cannot set, and for a path that is taken.
    """
    if scenes is None:
        return resources
    all_made = tuple(_made(scenes))
    made = {each.href: each for each in all_made}
    # A profile that was made of another one has them already, with other settings perhaps.
    there = {each.href: each for each in resources if _is_like(each, made.get(each.href))}
    own = tuple(each for each in resources if each.href not in there)
    by_href = {each.href: each for each in own}
    measured = measured_in(tuple(by_href.values()))
    for number, collection in enumerate(scenes.collections):
        _check(collection, by_href, measured, ("scenes", "collections", number))
    hrefs = [each.href for each in all_made]
    for place, href in enumerate(hrefs):
        if href in by_href or href in hrefs[:place]:
            raise MisplacedError(f"two resources have the path {href}", "scenes")
    return (*own, *(there.get(href, each) for href, each in made.items()))


def _is_like(one: ResourceProfile, made: ResourceProfile | None) -> bool:
    """Tell whether a resource shows the same of scenes as the one that is made of them."""
    return made is not None and (one.types, one.links, one.properties) == (
        made.types,
        made.links,
        made.properties,
    )


def _check(
    collection: SceneCollection,
    by_href: Mapping[str, ResourceProfile],
    measured: Container[str],
    place: tuple[str | int, ...],
) -> None:
    """Raise `MisplacedError` for what a scene cannot set, as what is a part of a measurement."""
    if len(collection.members) > MAX_LINKS:
        raise MisplacedError(f"scenes set more than {MAX_LINKS} resources", *place, "values")
    for scene, assignments in collection.values.items():
        for ref, value in assignments.items():
            where = (*place, "values", scene, ref)
            spec = _settable(ref, by_href, measured, where)
            try:
                spec.checked(ref, value)
            except ValueRefusedError as error:
                raise MisplacedError(str(error), *where) from error
            if spec.writable_choices and value not in spec.writable_choices:
                raise MisplacedError(f"clients cannot set {ref} to {value}", *where)
        for href, values in collection.settings(scene).items():
            lacking = _lacking(by_href[href], values)
            if lacking is not None:
                sentence = f"an UPDATE of {href} needs {lacking}, which the scene does not set"
                raise MisplacedError(sentence, *place, "values", scene)


def _settable(
    ref: str,
    by_href: Mapping[str, ResourceProfile],
    measured: Container[str],
    where: tuple[str | int, ...],
) -> Property:
    """Return a property that clients may write, by its name. Raises `MisplacedError`."""
    href, _, name = ref.partition("#")
    resource = by_href.get(href)
    spec = None if resource is None else resource.properties.get(name)
    if resource is None or spec is None:
        known = [f"{path}#{each}" for path, one in by_href.items() for each in one.properties]
        raise MisplacedError(f"{ref} does not exist{nearest_path(ref, known)}", *where)
    if href in measured:
        raise MisplacedError(f"{href} is a part of an atomic measurement", *where)
    if spec.read_only or updating_interface(resource.interfaces) is None:
        raise MisplacedError(f"clients cannot write {ref}, and so no scene can", *where)
    return spec


def updating_interface(interfaces: Sequence[str]) -> str | None:
    """Return the interface by which a scene writes a resource, None if it has none for that."""
    return next((each for each in interfaces if each in UPDATING - {BATCH}), None)


def _lacking(resource: ResourceProfile, values: Mapping[str, Any]) -> str | None:
    """Return a property that an UPDATE has to carry and a scene does not set."""
    needed = (name for name, spec in resource.properties.items() if spec.required_in_update)
    return next((name for name in needed if name not in values), None)


def _made(scenes: Scenes) -> Iterator[ResourceProfile]:
    """Yield the list, and each collection with its members."""
    yield ResourceProfile(
        href=scenes.href,
        types=(SCENE_LIST,),
        interfaces=(LINKS, BASELINE),
        name=scenes.name,
        links=tuple(each.href for each in scenes.collections),
    )
    for collection in scenes.collections:
        members = tuple(_members(collection))
        names = tuple(collection.values)
        yield ResourceProfile(
            href=collection.href,
            types=(SCENE_COLLECTION,),
            interfaces=(LINKS, ACTUATOR, BASELINE),
            name=collection.name,
            links=tuple(each.href for each in members),
            properties={
                LAST: Property(
                    type=ValueType.STRING, choices=names, initial=collection.initial or names[0]
                ),
                VALUES: Property(
                    type=ValueType.STRING, max_items=len(names), read_only=True, initial=names
                ),
            },
        )
        yield from members


def _members(collection: SceneCollection) -> Iterator[ResourceProfile]:
    for path, href in collection.members.items():
        mappings = tuple(_mappings(collection, href))
        text = Field(type=ValueType.STRING)
        yield ResourceProfile(
            href=path,
            types=(SCENE_MEMBER,),
            interfaces=(BASELINE,),
            observable=False,
            properties={
                MAPPINGS: Property(
                    type=ValueType.OBJECT,
                    max_items=_MAX_MAPPINGS,
                    read_only=True,
                    fields={"scene": text, "memberProperty": text, "memberValue": text},
                    initial=mappings,
                )
            },
        )


def _mappings(collection: SceneCollection, href: str) -> Iterator[dict[str, str]]:
    """Yield what a member tells: which scene sets which property to what, as text."""
    for scene in collection.values:
        for name, value in collection.settings(scene).get(href, {}).items():
            yield {"scene": scene, "memberProperty": name, "memberValue": _text(value)}


def _text(value: Any) -> str:
    """Return a value as the model has it; what is no text is written as JSON.

    >>> _text("auto"), _text(True), _text([255, 0, 0])
    ('auto', 'true', '[255,0,0]')
    """
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
