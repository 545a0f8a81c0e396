"""What `onboardee profiles check` says of a profile: all its mistakes, and doubtful names.

What is wrong is taken out of the document, and the rest is read again: the smallest part that
stands for itself, a property, a resource or an entry of `behaviour`. What then misses a part that
was taken out is no mistake of its own.

Names that OCF has published are in a list beside the profiles; `bench/official_names.py` makes it
anew from OCF's data models.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from onboardee.device.nearest import nearest
from onboardee.device.simulation.catalogue import Catalogue
from onboardee.device.simulation.document import Content, DocumentItem
from onboardee.device.simulation.mistakes import Convert, Place, Schema, placed, told
from onboardee.device.simulation.profile import Profile, ProfileError, load_all
from onboardee.device.simulation.variants import expanded

MAX_MISTAKES: Final = 50
"""Sentences about one profile; a file with more has one cause."""

FILE: Final = "official-names.txt"
"""The list of published names, beside the profiles."""
OFFICIAL: Final = "oic."
"""How OCF's own names begin; others are anybody's."""

_DEEPEST: Final = len(("scenes", "collections", 0, "values", "film", "/lamp#value"))
"""How many keys lead to one property that a scene sets."""
_LISTS: Final = ("resources", "behaviour")
"""The lists of a profile whose entries stand for themselves."""


def mistakes(name_or_path: str) -> list[ProfileError]:
    """Return everything that is wrong with a profile, nothing if it can be loaded.

    `name_or_path` is that of `load`. In the order in which they were found, not by line.
    """
    try:
        load_all(name_or_path)
    except ProfileError as error:
        return _every_mistake(name_or_path) or [error]
    return []


def _every_mistake(name: str) -> list[ProfileError]:
    """Check each device of a file on its own: what `extends` brought in is told where it stands."""
    catalogue, found = Catalogue(), list[ProfileError]()
    schema = msgspec.json.schema(Profile)
    try:
        for item in expanded(catalogue.find(name), catalogue.find):
            found += every_mistake(item, lambda data: msgspec.convert(data, Profile), schema)
    except ProfileError as error:
        found.append(error)
    return found


@dataclass(slots=True)
class _Rest:
    """What is left of a document, and where its parts stood in the whole."""

    document: DocumentItem
    """What is left; parts are taken out until it can be read."""
    taken: set[str] = field(default_factory=set)
    """Names and paths that were taken out."""
    numbers: dict[str, list[int]] = field(default_factory=dict)
    """By list: the number of each entry that is left."""

    def original(self, place: Place) -> Place:
        """Return the place that people see in their file."""
        if len(place) < 2 or place[0] not in _LISTS or not isinstance(place[1], int):
            return place
        return (place[0], self._numbers(str(place[0]))[place[1]], *place[2:])

    def take_out(self, place: Place) -> bool:
        """Remove the part around a place that stands for itself; false if there is none."""
        if len(place) >= 4 and place[0] == "resources" and place[2] == "properties":
            self.taken.add(f"{self.document.at(*place[:2], 'href').value}#{place[3]}")
            self.document = _without(self.document, place[:4])
            return True
        if len(place) >= 2 and place[0] in _LISTS and isinstance(place[1], int):
            href = self.document.at(*place[:2], "href").value
            if isinstance(href, str) and href.startswith("/"):
                self.taken.add(href)
            del self._numbers(str(place[0]))[place[1]]
            self.document = _without(self.document, place[:2])
            return True
        if place and place[0] == "scenes":
            return self._take_out_of_scenes(place)
        return False

    def _take_out_of_scenes(self, place: Place) -> bool:
        """Remove one property that a scene sets, a key that may be absent, or all scenes."""
        is_optional = len(place) > 3 and place[3] not in {"href", "values"}
        if is_optional or len(place) == _DEEPEST:
            self.document = _without(self.document, place[:4] if is_optional else place)
            return True
        collections = self.document.at("scenes", "collections")
        count = len(collections.value) if isinstance(collections.value, tuple) else 0
        hrefs = (collections.at(number, "href").value for number in range(count))
        self.taken.update(href for href in hrefs if isinstance(href, str))
        self.document = _without(self.document, place[:1])
        return True

    def _numbers(self, name: str) -> list[int]:
        """Return which entries of a list are left, by their numbers in the file."""
        entries = self.document.at(name).value
        count = len(entries) if isinstance(entries, tuple) else 0
        return self.numbers.setdefault(name, list(range(count)))


def every_mistake(
    document: DocumentItem, convert: Convert, schema: Schema
) -> Iterator[ProfileError]:
    """Yield what is wrong in a document, as far as one mistake does not hide another.

    `convert` makes the model, `schema` is its JSON Schema. At most `MAX_MISTAKES` are looked for.
    """
    rest = _Rest(document)
    for _ in range(MAX_MISTAKES):
        try:
            convert(rest.document.plain())
        except msgspec.ValidationError as error:
            place, sentence = placed(error, rest.document, convert, schema)
        else:
            return
        # It misses only what was taken out before.
        if not any(name in sentence for name in rest.taken):
            yield told(rest.document.at(*place), rest.original(place), sentence)
        if not rest.take_out(place):
            return


def _without(item: DocumentItem, place: Place) -> DocumentItem:
    """Return a document without the part at a place."""
    step, *deeper = place
    content: Content = item.value
    if isinstance(content, Mapping) and isinstance(step, str):
        inner = dict(content)
        if deeper:
            inner[step] = _without(inner[step], tuple(deeper))
        else:
            del inner[step]
        return replace(item, value=inner)
    assert isinstance(content, tuple)
    assert isinstance(step, int)
    parts = list(content)
    if deeper:
        parts[step] = _without(parts[step], tuple(deeper))
    else:
        del parts[step]
    return replace(item, value=tuple(parts))


@cache
def official_names() -> frozenset[str]:
    """Return the published names."""
    text = (resources.files("onboardee") / "profiles" / FILE).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def strange_names(profile: Profile) -> Iterator[str]:
    """Yield a sentence for each type that looks like OCF's and is not known as one."""
    for name in profile.device.types:
        yield from _doubt("device.types", name)
    for resource in profile.resources:
        for name in resource.types:
            yield from _doubt(resource.href, name)


def _doubt(place: str, name: str) -> Iterator[str]:
    """Yield a sentence if a name begins as OCF's and is in no published list."""
    known = official_names()
    if not name.startswith(OFFICIAL) or name in known:
        return
    near = nearest(name, known)
    hint = f"; the nearest is {near}" if near else ""
    yield f"{place}: neither OCF's models nor the catalogue have {name}{hint}"
