"""Reads CoAP messages from beside the conversation: what they say, and which request they answer.

A response carries no path; the one of the request with its token is remembered, a bounded number of
them for each pair of addresses.
"""

from collections import OrderedDict
from typing import Any, Final, NamedTuple

from onboardee.device.resources.payload import PayloadError, decode
from onboardee.device.trace.items import Way
from onboardee.wire.coap import ContentFormat, Method
from onboardee.wire.coap.message import Frame, options_of, parse
from onboardee.wire.coap.model import Type

URI_PATH: Final = 11
URI_QUERY: Final = 15
CONTENT_FORMAT: Final = 12
ACCEPT: Final = 17

_METHODS: Final = {int(method): method.name for method in Method}
_REMEMBERED: Final = 256
"""Requests of one pair of addresses whose path is known when their response comes."""


class Read(NamedTuple):
    """What a message says, as far as it can be told from it and from the requests before."""

    type: str
    code: str
    mid: int
    token: bytes
    path: str
    query: tuple[str, ...]
    options: tuple[tuple[int, bytes], ...]
    content_format: int | None
    payload: bytes
    content: Any


class Reader:
    """The messages between one pair of addresses."""

    def __init__(self) -> None:
        self._paths: OrderedDict[tuple[Way, bytes], str] = OrderedDict()

    def read(self, octets: bytes, way: Way) -> Read:
        """Read a message. Raises `MessageFormatError`."""
        frame = parse(octets)
        options = tuple(options_of(frame.options))
        code = _code(frame.code)
        if code.isalpha():
            path = "/" + "/".join(_texts(options, URI_PATH))
            self._remember((way, frame.token), path)
        else:
            asked = Way.IN if way is Way.OUT else Way.OUT
            path = self._paths.get((asked, frame.token), "") if frame.code else ""
        content_format = _number(options, CONTENT_FORMAT)
        return Read(
            Type(frame.type).name,
            code,
            frame.mid,
            frame.token,
            path,
            tuple(_texts(options, URI_QUERY)),
            options,
            content_format,
            frame.payload,
            _content(frame, content_format),
        )

    def _remember(self, key: tuple[Way, bytes], path: str) -> None:
        self._paths[key] = path
        self._paths.move_to_end(key)
        if len(self._paths) > _REMEMBERED:
            self._paths.popitem(last=False)


def _code(number: int) -> str:
    return _METHODS.get(number) or f"{number >> 5}.{number & 31:02}"


def _texts(options: tuple[tuple[int, bytes], ...], wanted: int) -> list[str]:
    found = (value for number, value in options if number == wanted)
    return [value.decode("utf-8", "backslashreplace") for value in found]


def _number(options: tuple[tuple[int, bytes], ...], wanted: int) -> int | None:
    return next((int.from_bytes(value) for number, value in options if number == wanted), None)


def _content(frame: Frame, content_format: int | None) -> Any:
    if not frame.payload:
        return None
    if content_format in {ContentFormat.CBOR, ContentFormat.OCF_CBOR}:
        try:
            return decode(frame.payload)
        except PayloadError:
            return frame.payload
    if content_format in {None, 0, ContentFormat.LINK_FORMAT}:
        return frame.payload.decode("utf-8", "backslashreplace")
    return frame.payload
