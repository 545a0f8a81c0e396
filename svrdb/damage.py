"""Where a damaged file is damaged: the octet and the key, for the sentence that a person reads.

"invalid database" does not help somebody whose device does not start. The parsers that read the
file are fast because they do not keep positions; so a damaged file is walked through a second time,
here, by two small parsers that yield where each value begins:

    >>> json_places(b'{"doxm": {"oxms": [0, 1]}}')  # doctest: +NORMALIZE_WHITESPACE
    [('$', 0), ('$.doxm', 9), ('$.doxm.oxms', 18), ('$.doxm.oxms[0]', 19),
     ('$.doxm.oxms[1]', 22)]

Both walks go through the values in the order of the file and end, without an error, where they
cannot go on; the last place listed is thus that of the value in which the damage is. They need not
be quick: nobody walks through an intact file. They must not fail, whatever they are given: an
unended string, a hundred thousand brackets, a length beyond the end.
"""

import json
from collections.abc import Generator
from contextlib import suppress
from typing import Final

Place = tuple[str, int]
"""The path of a value, as `$.cred.creds[0].credid`, and the octet at which it begins."""

Walk = Generator[Place, None, int]
"""Yields the places of a value and of all in it, and returns the octet behind it."""

_BLANKS: Final = " \t\n\r"
_DECODER: Final = json.JSONDecoder()


class _Stop(Exception):  # noqa: N818 - the end of a walk, no error
    """The content cannot be followed any further."""


def json_places(content: bytes) -> list[Place]:
    """List the values of a JSON text up to where it cannot be parsed.

    Paths are those that msgspec gives in its errors, so that either can be looked up in the other.
    """
    # Each octet one character, so that positions are octets; names are ASCII where it counts.
    return _listed(_json_value(content.decode("latin-1"), 0, "$"))


def cbor_places(item: bytes) -> list[Place]:
    """List the values of a CBOR item up to where it is broken; tags count with what they tag."""
    return _listed(_cbor_value(item, 0, "$"))


def octet_of(places: list[Place], path: str) -> int | None:
    """Return where the value of that path begins, None if it is not there.

    A key that stands twice is found where it stands first.
    """
    return next((octet for known, octet in places if known == path), None)


def place_at(places: list[Place], octet: int) -> str:
    """Return the path of the value in which an octet is: the last that begins there or before."""
    return max(((at, path) for path, at in places if at <= octet), default=(0, "$"))[1]


def _listed(walk: Walk) -> list[Place]:
    """Follow a walk as far as it goes; what the parsers raise is the end of it."""
    found: list[Place] = []
    # ValueError covers a number or text that is none (and UnicodeDecodeError); IndexError, the end
    # of the content within a value; RecursionError, brackets beyond what anybody nests.
    with suppress(_Stop, ValueError, IndexError, RecursionError):
        found.extend(walk)
    return found


def _json_value(text: str, at: int, path: str) -> Walk:
    """Walk through one value, its members and elements included."""
    at = _skip(text, at)
    yield path, at
    if text[at] not in "{[":
        _value, end = _DECODER.raw_decode(text, at)
        return end
    is_object, index, at = text[at] == "{", 0, _skip(text, at + 1)
    while text[at] not in "}]":
        name = f"[{index}]"
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            name, at = f".{key}", _skip(text, at) + 1
        at = _skip(text, (yield from _json_value(text, at, path + name)))
        if text[at] == ",":
            at = _skip(text, at + 1)
        index += 1
    return at + 1


def _skip(text: str, at: int) -> int:
    while text[at] in _BLANKS:
        at += 1
    return at


def _cbor_value(content: bytes, at: int, path: str) -> Walk:
    """Walk through one item of definite length, as this program writes them.

    Text has to be UTF-8 (RFC 8949 3.1, major type 3), so that a flipped bit in a name is found
    here.
    """
    yield path, at
    major, argument, at = _head(content, at)
    match major:
        case 2 | 3:
            end = _behind(content, at + argument)
            if major == 3:
                content[at:end].decode()
            return end
        case 4 | 5:
            return (yield from _cbor_members(content, at, path, argument, is_map=major == 5))
        case 6:
            return (yield from _cbor_value(content, at, path))
        case _:
            return at


def _cbor_members(content: bytes, at: int, path: str, count: int, *, is_map: bool) -> Walk:
    for index in range(count):
        name = f"[{index}]"
        if is_map:
            _major, size, start = _head(content, at)
            at = _behind(content, start + size)
            name = "." + content[start:at].decode()
        at = yield from _cbor_value(content, at, path + name)
    return at


def _head(content: bytes, at: int) -> tuple[int, int, int]:
    """Return major type, argument and the octet behind (RFC 8949 3); we write no indefinite."""
    major, low = divmod(content[at], 32)
    if low < 24:
        return major, low, at + 1
    if low > 27:
        raise _Stop
    end = _behind(content, at + 1 + (1 << low - 24))
    return major, int.from_bytes(content[at + 1 : end]), end


def _behind(content: bytes, at: int) -> int:
    """Return an octet that must not be behind the end of the content."""
    if at > len(content):
        raise _Stop
    return at
