"""Scenes of a device that was read: from the members back to what each scene sets.

A member tells values as text (`SceneMappings`); what type they are says the property that they are
for. Scenes that a profile cannot have are left out with a note, as whoever uses the profile would
look for them in vain otherwise.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from onboardee.device.simulation.capture.json_types import Plain
from onboardee.device.simulation.capture.notes import Notes, shown, text_of
from onboardee.device.simulation.capture.readings import Readings
from onboardee.device.simulation.capture.schemas import listed, mapped
from onboardee.device.simulation.resource import ResourceProfile
from onboardee.device.simulation.scenes import (
    LAST,
    MAPPINGS,
    MAX_COLLECTIONS,
    SCENE_COLLECTION,
    SCENE_LIST,
    SCENE_MEMBER,
    VALUES,
    Scenes,
    with_scenes,
)

_MAX_MAPPINGS: Final = 4096
"""That one member tells."""


def captured_scenes(answers: Readings, entries: Sequence[Plain], notes: Notes) -> Plain | None:
    """Return the section `scenes` of a device, None if it has none that a profile can have.

    `entries` are the resources that the profile has, which scenes may set.
    """
    found = next(_of_type(answers, answers.resources, SCENE_LIST), None)
    if found is None:
        return None
    href, body = found
    types = {
        f"{each['href']}#{name}": spec["type"]
        for each in entries
        for name, spec in each.get("properties", {}).items()
    }
    collections = [
        _collection(answers, path, each, types)
        for path, each in _of_type(answers, _linked(body), SCENE_COLLECTION)
    ]
    scenes = {"href": href, **_named(body), "collections": collections[:MAX_COLLECTIONS]}
    try:
        resources = msgspec.convert(entries, tuple[ResourceProfile, ...])
        made = msgspec.convert(scenes, Scenes)
        with_scenes(resources, made)
    except (msgspec.ValidationError, ValueError) as error:
        notes.add(f"the scenes are left out: {shown(error)}")
        return None
    for each in made.collections:
        there = [
            path for path, _ in _of_type(answers, _linked_by(answers, each.href), SCENE_MEMBER)
        ]
        if there != list(each.members):
            notes.add(f"the members of {shown(each.href)} have other paths here")
    return scenes


def _collection(
    answers: Readings, href: str, body: Mapping[str, Any], types: Mapping[str, str]
) -> Plain:
    """Return one collection, with what its members say of each scene."""
    values: dict[str, Plain] = {str(each): {} for each in listed(body.get(VALUES))}
    for _, member in _of_type(answers, _linked(body), SCENE_MEMBER):
        target = mapped(member.get("link")).get("href")
        for each in listed(member.get(MAPPINGS))[:_MAX_MAPPINGS]:
            said = mapped(each)
            ref = f"{target}#{said.get('memberProperty')}"
            settings = values.get(str(said.get("scene")))
            if settings is not None:
                settings[ref] = _value(said.get("memberValue"), types.get(ref))
    return {"href": href, **_named(body), "values": values, "initial": body.get(LAST)}


def _of_type(
    answers: Readings, hrefs: Sequence[str] | Mapping[str, Any], kind: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield those of some resources that were read and have a type."""
    for href in hrefs:
        reading = answers.resources.get(href)
        body = mapped(None if reading is None else reading.body)
        if kind in listed(body.get("rt")):
            yield href, body


def _linked_by(answers: Readings, href: str) -> list[str]:
    return _linked(mapped(answers.resources[href].body))


def _linked(body: Mapping[str, Any]) -> list[str]:
    hrefs = (mapped(each).get("href") for each in listed(body.get("links")))
    return [each for each in hrefs if isinstance(each, str)]


def _named(body: Mapping[str, Any]) -> Plain:
    name = text_of(body, "n")
    return {} if name is None else {"name": name}


def _value(text: object, kind: str | None) -> object:
    """Return what a member's text stands for; what cannot be read is refused with the scenes."""
    if kind in {"string", "date-time", "duration", None} or not isinstance(text, str):
        return text
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value
