"""Reads CoAP messages from beside the conversation: what they say, and which request they answer.

A response carries no path. It is known by its token, which the client chose (RFC 7252 5.3.1), so
the path of each request is remembered by its token and direction, a bounded number of them for each
pair of addresses. A device asks nobody, but a trace of somebody else's device may have requests in
both directions.

Nothing is refused here that can be read at all: options that nobody knows stay as numbers and
octets, and a payload that is not what its content format says stays octets.
"""

from collections import OrderedDict
from typing import Any, Final, NamedTuple

from onboardee.device.resources.payload import PayloadError, decode, decode_map_of_wrong_size
from onboardee.device.trace.items import Way
from onboardee.wire.coap import ContentFormat, Method
from onboardee.wire.coap.message import Frame, options_of, parse
from onboardee.wire.coap.model import Type

URI_PATH: Final = 11
"""The numbers of options that a trace reads (RFC 7252 12.2)."""
URI_QUERY: Final = 15
CONTENT_FORMAT: Final = 12
ACCEPT: Final = 17

_METHODS: Final = {int(method): method.name for method in Method}
"""Methods by their codes (RFC 7252 12.1.1)."""
BLOCK1: Final = 27
"""The option with the place of a part of the request (RFC 7959 2.1)."""
_BODIES: Final = 4
"""Requests in blocks that one pair of addresses may have under way."""
_LONGEST: Final = 65536
"""Octets of such a request; what is longer is not put together."""
_REMEMBERED: Final = 256
"""Requests of one pair of addresses whose path is known when their response comes."""


class Read(NamedTuple):
    """What a message says, as far as it can be told from it and from the requests before."""

    type: str
    code: str
    """The method of a request, or a code such as `2.05`."""
    mid: int
    token: bytes
    path: str
    """Of a response the path of its request, "" where that was not seen."""
    query: tuple[str, ...]
    options: tuple[tuple[int, bytes], ...]
    """All of them, by number, undecoded."""
    content_format: int | None
    payload: bytes
    content: Any
    """The payload decoded; with the last block of a request the whole of what it carried."""


class MessageReader:
    """The messages between one pair of addresses.

    Plain messages and those in a session have a reader each: tokens of one mean nothing to the
    other.
    """

    def __init__(self) -> None:
        self._paths: OrderedDict[tuple[Way, bytes], str] = OrderedDict()
        self._bodies: OrderedDict[tuple[Way, str], bytes] = OrderedDict()
        """What came so far of requests in blocks, by path."""

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
        body = self._body(frame, options, (way, path)) if code.isalpha() else frame.payload
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
            _content(body, content_format),
        )

    def _body(
        self, frame: Frame, options: tuple[tuple[int, bytes], ...], key: tuple[Way, str]
    ) -> bytes:
        """Return what a request carries: with its last block the whole, before that the block."""
        block = _number(options, BLOCK1)
        if block is None:
            return frame.payload
        begin, has_more = (block >> 4) << (block & 7) + 4, bool(block & 8)
        known = self._bodies.pop(key, b"") if begin else b""
        if len(known) < begin:
            return frame.payload  # a block before it was not seen
        body = known[:begin] + frame.payload
        if not has_more:
            return body
        if len(body) <= _LONGEST:
            self._bodies[key] = body
        if len(self._bodies) > _BODIES:
            self._bodies.popitem(last=False)
        return frame.payload

    def _remember(self, key: tuple[Way, bytes], path: str) -> None:
        """Keep the path of a request until its response comes; the oldest gives way."""
        self._paths[key] = path
        self._paths.move_to_end(key)
        if len(self._paths) > _REMEMBERED:
            self._paths.popitem(last=False)


def _code(number: int) -> str:
    """Return a method's name, or a code of a response as RFC 7252 5.9 writes it."""
    return _METHODS.get(number) or f"{number >> 5}.{number & 31:02}"


def _texts(options: tuple[tuple[int, bytes], ...], wanted: int) -> list[str]:
    """Return the values of one option as text; octets that are no UTF-8 are escaped."""
    found = (value for number, value in options if number == wanted)
    return [value.decode("utf-8", "backslashreplace") for value in found]


def _number(options: tuple[tuple[int, bytes], ...], wanted: int) -> int | None:
    return next((int.from_bytes(value) for number, value in options if number == wanted), None)


def _content(payload: bytes, content_format: int | None) -> Any:
    """Return a payload decoded by its content format, None where there is none.

    What cannot be decoded is returned as octets: a trace tells of broken payloads, too.
    """
    if not payload:
        return None
    if content_format in {ContentFormat.CBOR, ContentFormat.OCF_CBOR}:
        try:
            return decode(payload)
        except PayloadError:
            return (
                _as_old_tools_mean_it(payload) if content_format == ContentFormat.CBOR else payload
            )
    if content_format in {None, 0, ContentFormat.LINK_FORMAT}:
        return payload.decode("utf-8", "backslashreplace")
    return payload


def _as_old_tools_mean_it(payload: bytes) -> Any:
    """Return a map that announces more pairs than it has, as IoTivity 1.1.1 sends doxm."""
    try:
        return decode_map_of_wrong_size(payload)
    except PayloadError:
        return payload
