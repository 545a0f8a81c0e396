"""Our own dump of a database for people: YAML or JSON, all names as on the wire.

Octets are written as `{hex: ...}` or `{base64: ...}`. They are the secrets, and what other stacks
may have hidden; without leave to show them they become `{redacted: ...}`, which is not read back.

It is the model written out: no names but the model's, nothing older, nothing left out. So a dump
is what to compare two devices with, and what to keep beside a bug report.

A reader is strict where the other forms are lenient. Who edits a dump makes mistakes of typing,
and a misspelt name that is passed over would mean the default, silently.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import yaml

from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.foreign import leftovers
from onboardee.svrdb.formats.source import read_object
from onboardee.svrdb.model import Database

FORMAT: Final = "onboardee-dump"
"""The member `format` of every dump, by which `files.detect` knows one."""
VERSION: Final = 1
"""The only version so far; a dump of another one is refused, not guessed."""
_HEX_LIMIT: Final = 64
"""Octets up to which hexadecimal digits are used: keys can then be compared by eye."""
_MAX_DEPTH: Final = 32
"""Maps and lists inside each other; a database has less than ten."""


def encode(database: Database, *, as_yaml: bool, reveal: bool = False) -> bytes:
    """Write a dump, with the secrets only if they are to be revealed."""
    members = msgspec.to_builtins(database, builtin_types=(bytes,))
    document = {"format": FORMAT, "version": VERSION, "database": _shown(members, reveal)}
    if as_yaml:
        text: str = yaml.safe_dump(document, sort_keys=False, width=100)
        return text.encode()
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode(content: bytes) -> Database:
    """Read a dump, YAML or JSON. Raises `FormatError`, for a redacted one, too."""
    document = read_object(content) if content.lstrip()[:1] == b"{" else _read_yaml(content)
    if document.get("format") != FORMAT:
        raise FormatError(f"is not {FORMAT!r}", key="format")
    if document.get("version") != VERSION:
        raise FormatError(f"is not {VERSION}, the only one known", key="version")
    members = _hidden(document.get("database"), "database")
    try:
        database = msgspec.convert(members, Database, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        key = f"database{path.rstrip('`')}"
        raise FormatError(what[:1].lower() + what[1:], key=key) from None
    _require_known(members, database)
    return database


def _require_known(members: dict[str, Any], database: Database) -> None:
    """Refuse a misspelt name, which would otherwise quietly mean the default."""
    known = msgspec.json.decode(msgspec.json.encode(database))
    for part in leftovers({"database": members}, {"database": known}):
        raise FormatError("is not a known name", key=".".join(part.place))


def _shown(value: Any, reveal: bool) -> Any:
    """Return a value with its octets as maps of one name, and hidden unless they are revealed.

    How many there were is shown: a key of 16 octets and one of 32 are different findings.
    """
    match value:
        case bytes() if not value:
            return {"hex": ""}
        case bytes() if not reveal:
            return {"redacted": f"{len(value)} octets"}
        case bytes() if len(value) <= _HEX_LIMIT:
            return {"hex": value.hex()}
        case bytes():
            return {"base64": base64.b64encode(value).decode()}
        case dict():
            return {name: _shown(each, reveal) for name, each in value.items()}
        case list() | tuple():
            return [_shown(each, reveal) for each in value]
    return value


def _hidden(value: Any, key: str, depth: int = 0) -> Any:
    """Return a value with its octets back. Raises `FormatError`, whose key says where."""
    if depth > _MAX_DEPTH:
        raise FormatError("is nested too deeply", key=key)
    match value:
        case {"redacted": _}:
            raise FormatError("is redacted: make the dump again and reveal its secrets", key=key)
        case {"hex": text, **rest} if not rest:
            return _octets(binascii.unhexlify, text, key)
        case {"base64": text, **rest} if not rest:
            return _octets(base64.b64decode, text, key)
        case dict():
            if not all(isinstance(name, str) for name in value):
                raise FormatError("has a name that is not text", key=key)
            return {name: _hidden(each, f"{key}.{name}", depth + 1) for name, each in value.items()}
        case list():
            return [_hidden(each, f"{key}[{index}]", depth + 1) for index, each in enumerate(value)]
    return value


def _octets(decode_text: Any, text: Any, key: str) -> bytes:
    """Return octets by what decodes their text. Raises `FormatError`."""
    try:
        octets: bytes = decode_text(text)
    except (ValueError, TypeError):
        raise FormatError("cannot be decoded", key=key) from None
    return octets


class _Loader(yaml.SafeLoader):
    """Refuses what lets a small file become a large value, and repeated names."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) < len(node.value):
            raise yaml.YAMLError("a name that is there twice")
        return mapping


def _read_yaml(content: bytes) -> Mapping[str, Any]:
    """Read one YAML mapping. Raises `FormatError` with the line, counted from 1."""
    try:
        value = yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe loader, and safer
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" at line {where.line + 1}" if where else ""
        what = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise FormatError(f"is not valid YAML ({what}{line})") from None
    if not isinstance(value, dict):
        raise FormatError("is not a YAML mapping")
    return value
