"""The octets of a CoAP message: header, token, options as they lie there, payload (RFC 7252 3).

`parse` is strict where RFC 7252 3 calls something a message format error. What options mean is
decided elsewhere (`options`); here they only have to be well formed. At the end are changes of
single options of a message that is otherwise left as it is.
"""

from collections.abc import Iterable
from operator import itemgetter
from typing import NamedTuple

from onboardee.wire.coap.blocks import Block
from onboardee.wire.coap.model import Method, Type

MAX_OPTIONS = 32
MAX_TOKEN = 8

BLOCK2, ECHO = 23, 252
_OVERHEAD = 40
"""Octets of header and options that an answer in blocks has beside its token, Echo included."""


_HEADER = 4
_VERSION = 1
_PAYLOAD_MARKER = 0xFF
_EXTENDED_8 = 13
_EXTENDED_16 = 14


class MessageFormatError(Exception):
    """The datagram is no CoAP message.

    `reset_mid` is the message ID to answer with a Reset, or `None` where silence is due: only a
    confirmable message is rejected aloud (RFC 7252 4.2, 4.3).
    """

    def __init__(self, reason: str, reset_mid: int | None = None) -> None:
        super().__init__(reason)
        self.reset_mid = reset_mid


class Frame(NamedTuple):
    """One well-formed message; `options` holds the bytes between token and payload marker."""

    type: int
    code: int
    mid: int
    token: bytes
    options: bytes
    payload: bytes


def parse(datagram: bytes) -> Frame:
    """Take a datagram apart.

    Raises `MessageFormatError`, and nothing else, for whatever bytes there are.
    """
    if len(datagram) < _HEADER or datagram[0] >> 6 != _VERSION:
        raise MessageFormatError("no CoAP header of version 1")
    first = datagram[0]
    message_type = (first >> 4) & 3
    mid = datagram[2] << 8 | datagram[3]
    start = _HEADER + (first & 15)
    try:
        end = _end_of_options(datagram, start)
    except MessageFormatError as error:
        if message_type == Type.CON:
            error.reset_mid = mid
        raise
    return Frame(
        message_type,
        datagram[1],
        mid,
        datagram[_HEADER:start],
        datagram[start:end],
        datagram[end + 1 :],
    )


def _end_of_options(data: bytes, offset: int) -> int:
    """Return the place of the payload marker, or the length of `data` if there is none."""
    size = len(data)
    if offset > min(size, _HEADER + MAX_TOKEN):
        raise MessageFormatError("token is cut off, or its length is reserved")
    if data[1] == 0 and size > _HEADER:
        raise MessageFormatError("empty message has a content")
    count = 0
    while offset < size:
        head = data[offset]
        if head == _PAYLOAD_MARKER:
            if offset + 1 == size:
                raise MessageFormatError("payload marker without payload")
            break
        delta, length = head >> 4, head & 15
        offset += 1
        if delta >= _EXTENDED_8:
            _, offset = _extended(data, offset, delta)
        if length >= _EXTENDED_8:
            length, offset = _extended(data, offset, length)
        offset += length
        count += 1
    if offset > size:
        raise MessageFormatError("option is cut off")
    if count > MAX_OPTIONS:
        raise MessageFormatError("too many options")
    return offset


def _extended(data: bytes, offset: int, nibble: int) -> tuple[int, int]:
    """Read an extended option delta or length (RFC 7252 3.1)."""
    if nibble == _EXTENDED_8 and offset < len(data):
        return data[offset] + 13, offset + 1
    if nibble == _EXTENDED_16 and offset + 1 < len(data):
        return (data[offset] << 8 | data[offset + 1]) + 269, offset + 2
    raise MessageFormatError("option delta or length is reserved or cut off")


def options_of(area: bytes) -> list[tuple[int, bytes]]:
    """Return number and value of each option in an area that `parse` has passed."""
    found = []
    number = offset = 0
    while offset < len(area):
        delta, length = area[offset] >> 4, area[offset] & 15
        offset += 1
        if delta >= _EXTENDED_8:
            delta, offset = _extended(area, offset, delta)
        if length >= _EXTENDED_8:
            length, offset = _extended(area, offset, length)
        number += delta
        found.append((number, area[offset : offset + length]))
        offset += length
    return found


def encode_options(options: Iterable[tuple[int, bytes]]) -> bytes:
    """Return options, in the order of their numbers, as they lie in a message (RFC 7252 3.1)."""
    area, before = b"", 0
    for number, value in sorted(options, key=itemgetter(0)):
        delta, extra_delta = _nibble(number - before)
        length, extra_length = _nibble(len(value))
        area += bytes((delta << 4 | length,)) + extra_delta + extra_length + value
        before = number
    return area


def _nibble(value: int) -> tuple[int, bytes]:
    """Write an option delta or length (RFC 7252 3.1)."""
    if value < 13:
        return value, b""
    if value < 269:
        return 13, bytes((value - 13,))
    return 14, (value - 269).to_bytes(2)


def build(  # noqa: PLR0913, PLR0917 - a message has these six parts
    message_type: int, code: int, mid: int, token: bytes, options: bytes, payload: bytes
) -> bytes:
    """Put a message together; `options` are encoded already."""
    head = bytes((0x40 | message_type << 4 | len(token), code, mid >> 8, mid & 255))
    if payload:
        return b"%b%b%b\xff%b" % (head, token, options, payload)
    return head + token + options


def empty(message_type: int, mid: int) -> bytes:
    """Put an empty message together: ping, acknowledgement or reset (RFC 7252 4.1)."""
    return bytes((0x40 | message_type << 4, 0, mid >> 8, mid & 255))


def token_of(datagram: bytes) -> bytes:
    """Return the token of a message, as far as there is one."""
    return datagram[4 : 4 + (datagram[0] & 15)]


def option_of(datagram: bytes, number: int) -> bytes | None:
    """Return the value of an option, None if the message has none. Raises `MessageFormatError`."""
    for found, value in options_of(parse(datagram).options):
        if found == number:
            return value
    return None


def with_option(datagram: bytes, number: int, value: bytes) -> bytes:
    """Return the message with an option in place of those of its number.

    Raises `MessageFormatError`.
    """
    frame = parse(datagram)
    options = [each for each in options_of(frame.options) if each[0] != number]
    return build(
        frame.type,
        frame.code,
        frame.mid,
        frame.token,
        encode_options([*options, (number, value)]),
        frame.payload,
    )


def in_small_blocks(datagram: bytes, bound: int) -> bytes | None:
    """Return a GET that asks for an answer of at most `bound` octets (RFC 7959 2.4).

    None for other methods, which must not be carried out again, and if nothing is that small.
    """
    frame = parse(datagram)
    room = bound - len(frame.token) - _OVERHEAD
    if frame.code != Method.GET or room < 16:
        return None
    largest = min(room.bit_length() - 5, 6)
    asked = option_of(datagram, BLOCK2)
    wanted = 6 if asked is None else int.from_bytes(asked)
    block = Block(wanted >> 4, more=False, exponent=wanted & 7).at_most(largest)
    value = block.number << 4 | block.exponent
    return with_option(datagram, BLOCK2, value.to_bytes((value.bit_length() + 7) // 8))
