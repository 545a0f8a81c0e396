"""Payloads of devices that nobody vouches for: CBOR or JSON, of bounded depth and number.

`cbor` reads what a resource of security is defined to be; this here reads anything, for `survey`,
which captures unknown devices. What comes out is what JSON could hold, plus octets, with nothing
shared in it: CBOR's references could make a few octets a value without end.
"""

import json
from typing import Any, Final, NoReturn

from onboardee.obt.cbor import decode
from onboardee.obt.errors import PayloadError
from onboardee.wire.coap import ContentFormat

MAX_DEPTH: Final = 40
"""Maps and arrays inside each other: introspection goes deeper than any resource."""
MAX_VALUES: Final = 50_000
"""All that one payload holds, counted one by one."""

JSON: Final = 50
"""RFC 7252 12.3"""


def read_payload(payload: bytes, content_format: int | None) -> Any:
    """Return what JSON has, and octets. Raises `PayloadError`."""
    if content_format == JSON:
        return _Plain().copy(_json(payload))
    if content_format not in {ContentFormat.OCF_CBOR, ContentFormat.CBOR}:
        raise PayloadError(f"the answer has content format {content_format}")
    return _Plain().copy(decode(payload, max_depth=MAX_DEPTH))


def _json(payload: bytes) -> object:
    """Read JSON text. Raises `PayloadError`, for numbers that JSON has not, too."""
    try:
        found: object = json.loads(payload, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise PayloadError("the payload is not valid JSON") from error
    return found


def _refused(_: str) -> NoReturn:
    raise ValueError("JSON has no such number")


class _Plain:
    """Copies a value, within bounds: CBOR can refer to its own parts, and so be endless."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def copy(self, value: object, depth: int = 0) -> Any:
        """Return the same value with nothing shared in it. Raises `PayloadError`.

        What CBOR can hold and JSON cannot (tags, undefined, keys that are no text) is refused, as
        nobody could write it into a profile.
        """
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise PayloadError("the payload is too large or nested too deeply")
        match value:
            case None | bool() | int() | float() | bytes():
                return value
            case str() if _is_text(value):
                return value
            case list() | tuple():
                return [self.copy(each, depth + 1) for each in value]
            case dict():
                return {self._name(key): self.copy(each, depth + 1) for key, each in value.items()}
        raise PayloadError("the payload holds what JSON has not")

    @staticmethod
    def _name(key: object) -> str:
        if not isinstance(key, str) or not _is_text(key):
            raise PayloadError("the payload has a map whose keys are not text")
        return key


def _is_text(value: str) -> bool:
    """Tell whether a text can be written again: JSON knows halves of characters."""
    return value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)
