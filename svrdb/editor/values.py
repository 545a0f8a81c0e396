"""Values as people write them, JSON or plain text, made into what the model stores.

The model's own types say what is meant: a text for a name, a number for a mode. Nothing unknown
gets through: msgspec passes over members that it does not know, and a misspelt `authority` that
went unnoticed would be a restriction that does not restrict.

What may be written for a property, here `credtype`:

    1                      JSON
    "symmetric-pairwise"   JSON, with a word (see `svrdb.editor.words`)
    symmetric-pairwise     the word itself
"""

import base64
import binascii
import json
import types
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any, Final, Union, get_args, get_origin
from uuid import UUID

import msgspec
from msgspec.structs import FieldInfo, fields

from onboardee.svrdb.editor.errors import MalformedError
from onboardee.svrdb.editor.words import listed, read_word
from onboardee.svrdb.model import Encoding
from onboardee.svrdb.plain import PIN, TEXTUAL

SUBJECTS: Final = ("subjectuuid", "uuid")
"""Properties that are the text of a UUID, or `*`."""


def plain_type(annotation: Any) -> Any:
    """Return a type without its constraints and without None.

    `Annotated[int, ge 0] | None` is `int` to a person; unions of several types stay as they are.
    """
    if get_origin(annotation) is Annotated:
        return plain_type(get_args(annotation)[0])
    if get_origin(annotation) in (types.UnionType, Union):
        kinds = [each for each in get_args(annotation) if each is not type(None)]
        return plain_type(kinds[0]) if len(kinds) == 1 else annotation
    return annotation


def is_optional(annotation: Any) -> bool:
    """Tell whether there may be no value: JSON null, for a person `null`."""
    return type(None) in get_args(annotation)


def members(annotation: Any) -> dict[str, FieldInfo]:
    """Return the members of a structure by their wire names; nothing for other types.

    >>> list(members(Dos))
    ['p', 's']
    """
    kind = plain_type(annotation)
    is_structure = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return {field.encode_name: field for field in fields(kind)} if is_structure else {}


def item_type(annotation: Any) -> Any | None:
    """Return the type of an array's entries, None for what is no array.

    Arrays of the model are tuples of one type, `tuple[X, ...]`.
    """
    kind = plain_type(annotation)
    return get_args(kind)[0] if get_origin(kind) is tuple else None


def read_text(text: str, annotation: Any, where: str, name: str, encoding: object = None) -> object:
    """Read a value for the property `name` from a text: JSON, a word for it, or the text itself.

    The first reading that has the property's type is taken: `1` is a number for a mode and a text
    for a name. `encoding` is the one that stands beside octets. Raises `MalformedError`, which
    never repeats the value: it may be secret. It is the error of the first reading, which is what
    was most likely meant.
    """
    problems: list[MalformedError] = []
    for reading in _readings(text, name):
        try:
            return typed(reading, annotation, where, name, encoding)
        except MalformedError as error:
            problems.append(error)
    raise problems[0]


def _readings(text: str, name: str) -> Iterator[object]:
    """Yield what a text may mean, the most likely first."""
    with suppress(ValueError):
        read = json.loads(text)
        yield read
        if isinstance(read, dict | list):
            return  # who writes an object or an array does not mean its text
    word = read_word(name, text)
    if word is not None:
        yield word
    yield text


def typed(
    value: object, annotation: Any, where: str, name: str = "", encoding: object = None
) -> object:
    """Return a JSON value as the tree of a model has it; `where` is its path, for messages.

    Words become numbers, octets are decoded, and what remains has to convert to the type. Raises
    `MalformedError`.
    """
    made = _made(value, annotation, where, name, encoding)
    try:
        msgspec.convert(made, annotation, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise MalformedError(f"{where} cannot be this: {error}") from None
    return made


def _made(value: object, annotation: Any, where: str, name: str, beside: object) -> object:
    """Turn words and the text of octets into what they mean, wherever they are in a value.

    `beside` is the `encoding` of the map that a text of octets stands in, as `data` is read by it.
    What is of the wrong type is left for msgspec to refuse.
    """
    known, item = members(annotation), item_type(annotation)
    if isinstance(value, Mapping) and known:
        encoding = value.get("encoding")
        return {
            key: _made(each, _member(known, key, where).type, f"{where}.{key}", key, encoding)
            for key, each in value.items()
        }
    if isinstance(value, list) and item is not None:
        return [
            _made(each, item, f"{where}[{place}]", name, None) for place, each in enumerate(value)
        ]
    if isinstance(value, str):
        if plain_type(annotation) is bytes:
            return value.encode() if name == PIN else _octets(value, beside, where)
        word = read_word(name, value)
        return _in_lower_case(name, value) if word is None else word
    return value


def _in_lower_case(name: str, text: str) -> str:
    """Write a subject as the device compares it: a UUID in capitals would match nobody."""
    with suppress(ValueError):
        return str(UUID(text)) if name in SUBJECTS else text
    return text


def _member(known: Mapping[str, FieldInfo], name: object, where: str) -> FieldInfo:
    """Return a member of a structure; the error lists those that there are."""
    if not isinstance(name, str) or name not in known:
        raise MalformedError(f"{where} has no {name!r}, but {listed(known)}")
    return known[name]


def _octets(text: str, encoding: object, where: str) -> bytes:
    """Read octets as `svrdb.plain` shows them; base64 is understood where the encoding says so.

    What `svr get --reveal` prints can thus be put back as it is.
    """
    short = read_word("encoding", str(encoding)) or encoding
    try:
        if short in TEXTUAL:
            return text.encode()
        if short == Encoding.BASE64:
            return base64.b64decode(text, validate=True)
        return bytes.fromhex(text)
    except (ValueError, binascii.Error):
        raise MalformedError(f"{where} is neither hexadecimal nor as its encoding says") from None
