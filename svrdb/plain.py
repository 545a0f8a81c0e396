"""A model as plain maps, arrays and texts, for people to read: its secrets hidden unless asked for.

The wire names are the model's. What is octets in the model is secret there (keys, PINs); nothing
else is, so that a new secret property is hidden without anybody having to think of it. The length
that is shown in place of a secret tells a key of a wrong size, which is what most people who look
are after.
"""

import base64
import json
from typing import Any, Final

import msgspec

from onboardee.svrdb.model import Encoding

PIN: Final = "pin"
"""The property whose octets are characters that people type."""

TEXTUAL: Final = frozenset({Encoding.PEM, Encoding.JWT, Encoding.URI})
"""Encodings whose octets are text already; all others are shown in hexadecimal or base64."""


def tree(model: object) -> Any:
    """Return a model as dictionaries, lists and texts, with UUIDs as text and octets as octets.

    The names are those of the wire (`aclist2`, `rowneruuid`), in the model's order.
    """
    return _listed(msgspec.to_builtins(model, builtin_types=(bytes,)))


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _listed(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(each) for each in value]
    return value


def plain(model: object, *, reveal: bool = False) -> Any:
    """Return a model or a part of its `tree` with texts in place of octets.

    These say how long a secret is; with `reveal` they are the secret: PEM as text, keys in
    hexadecimal, or in base64 if that is their encoding.
    """
    return _shown(tree(model), None, reveal=reveal)


def secret_text(octets: bytes, encoding: str | None, *, reveal: bool = False) -> str:
    """Return the text for some secret octets; `encoding` is that beside them, if there is one.

    >>> secret_text(bytes(16), None)
    '<secret 16 bytes>'
    >>> secret_text(b"2468", "oic.sec.encoding.raw", reveal=True)
    '32343638'
    """
    if not reveal:
        return f"<secret {len(octets)} bytes>"
    if encoding in TEXTUAL:
        return octets.decode("utf-8", "backslashreplace")
    if encoding == Encoding.BASE64:
        return base64.b64encode(octets).decode()
    return octets.hex()


def _shown(value: object, encoding: str | None, *, reveal: bool) -> object:
    if isinstance(value, bytes):
        return secret_text(value, encoding, reveal=reveal)
    if isinstance(value, dict):
        beside = value.get("encoding")
        return {
            name: _shown(each, Encoding.PEM if name == PIN else beside, reveal=reveal)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_shown(each, None, reveal=reveal) for each in value]
    return value


def visible(text: str) -> str:
    """Escape what is no visible character, as JSON does; a terminal would obey some of them.

    Names come from whoever provisioned the device: a tool that names a security domain with escape
    sequences must not repaint the terminal of the owner who lists it. Lines stay lines.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\n" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return "\\u007f" if character == "\x7f" else json.dumps(character)[1:-1]
