"""Behaviour that is about one resource alone: taken off its path, and put to another.

What a resource does by itself is an entry of its profile's list, in which paths and names are
texts. A created resource is to do the same at a path of its own. So entries are taken for the plain
values that a profile has, rewritten, and read again as what they are; no kind of behaviour has to
know of it.

    /blind#openLevel, fault jammed ── detached ──► /#openLevel ── placed ──► /switches/1#openLevel,
                                                                             jammed-switches-1
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from zlib import crc32

import msgspec

from onboardee.device.simulation.behaviour import AnyBehaviour
from onboardee.device.simulation.world.declaration import Behaviour

OWN: Final = "/"
"""The path of a resource that has none yet."""
_NAMES: Final = frozenset({"name", "press", "fault", "repair"})
"""The keys under which inputs and faults are called by their names."""
_LONGEST_NAME: Final = 64

Plain = Any
"""What YAML can hold."""


def detached(behaviour: Sequence[Behaviour], href: str) -> tuple[Behaviour, ...]:
    """Return the entries that are about a resource alone, its path written as `/`.

    An entry that waits for an input or a fault of one that is left out is left out as well.
    """
    alone = [each for each in behaviour if _is_about(each, href)]
    while (left := [each for each in alone if _needed((each,)) <= _called(alone)]) != alone:
        alone = left
    return _rewritten(tuple(alone), href, OWN, {})


def placed(behaviour: tuple[Behaviour, ...], href: str) -> tuple[Behaviour, ...]:
    """Return the behaviour of a type for one resource; its inputs and faults get names of its own.

    `open` becomes `open-doors-1` for /doors/1.
    """
    names = _called(behaviour)
    ending = "-" + re.sub(r"[^A-Za-z0-9_.-]", "-", href.strip("/"))
    renamed = {name: _short(name + ending) for name in names}
    return _rewritten(behaviour, OWN, href, renamed) if behaviour else ()


def _short(name: str) -> str:
    """Return a name as it is, or a shorter one that no other name has."""
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 9]}-{crc32(name.encode()):08x}"


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
