"""What a database has no place for: found by comparison, kept, and put back where it was.

Other stacks, and other versions of one, keep properties that mean nothing here: of vendors, of
the cloud, of later specifications. A tool that converts a database and loses them changes the
device behind its owner's back. IoTivity does lose them when it writes.

How they are found: the model is written out again, and what the file had beyond that is foreign.
So no list of unknown names has to be kept, and a property stops to be foreign at the moment at
which the model learns it.

A place is a path of names, from the resource down. An entry of a list has no name, and its index
changes when one before it goes; so it is named by its id and its subject.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from onboardee.svrdb.formats.cbor import dumps, loads
from onboardee.svrdb.model import Foreign

Resources = dict[str, dict[str, Any]]
"""Resources by the names of IoTivity and IoTivity-Lite (`doxm`, `acl`, ...), each a map."""


def leftovers(found: Resources, kept: Resources) -> tuple[Foreign, ...]:
    """Return what of `found` is missing in `kept`, the same after a passage through the model.

    Raises `FormatError` for what is no CBOR that could be read again.
    """
    return tuple(_part(*each) for each in sorted(_missing(found, kept, ()), key=_place))


def restore(resources: Resources, foreign: tuple[Foreign, ...]) -> None:
    """Put properties back where nothing else is by now; those of entries that are gone stay out.

    Leaves aside whole resources, which are for the form that holds them.
    """
    for part in foreign:
        if len(part.place) < 2:
            continue
        target = _target(resources, part.place[:-1])
        if target is not None:
            target.setdefault(part.place[-1], loads(part.content))


def whole_resources(foreign: tuple[Foreign, ...]) -> dict[str, bytes]:
    """Return the resources that mean nothing here, by name, as the octets they came in."""
    return {part.place[0]: part.content for part in foreign if len(part.place) == 1}


def _part(place: tuple[str, ...], value: Any) -> Foreign:
    """Return what is to be kept at a place. Raises `FormatError`."""
    content = dumps(value)
    # JSON has numbers and depths that could not be read again.
    loads(content, key=".".join(place))
    return Foreign(place=place, content=content)


def _place(pair: tuple[tuple[str, ...], Any]) -> tuple[str, ...]:
    return pair[0]


def _missing(
    found: Mapping[str, Any], kept: Mapping[str, Any], place: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what is in one map and not in another, each with its path; go into what both have.

    A property whose values differ is not missing: the model has brought it into its own form.
    """
    for name, value in found.items():
        here = (*place, name)
        if name not in kept:
            # A property without content says as much as a missing one.
            if value not in (None, "", [], {}):
                yield here, value
            continue
        match value, kept[name]:
            case dict(), dict():
                yield from _missing(value, kept[name], here)
            case list(), list():
                for index, pair in enumerate(zip(value, kept[name], strict=False)):
                    if all(isinstance(each, dict) for each in pair):
                        yield from _missing(*pair, (*here, _entry_name(pair[1], index)))


def _target(resources: Resources, place: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the map at a path, None where there is none any more."""
    here: Any = resources
    for name in place:
        if isinstance(here, list):
            named = (each for index, each in enumerate(here) if _entry_name(each, index) == name)
            here = next(named, None)
        elif isinstance(here, dict):
            here = here.get(name)
    return here if isinstance(here, dict) else None


def _entry_name(entry: Any, index: int) -> str:
    """Name an entry by what stays when others come and go.

    Ids are used again: without the subject an old property could end up in a new entry.
    """
    if not isinstance(entry, dict):
        return str(index)
    if "credid" in entry:
        return f"{entry['credid']} {entry.get('subjectuuid')}"
    if "aceid" in entry:
        subject = entry.get("subject", {})
        return f"{entry['aceid']} {' '.join(str(each) for each in subject.values())}"
    return str(index)
