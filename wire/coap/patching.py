"""Changing single options of a message that is otherwise left as it is."""

from onboardee.wire.coap import message
from onboardee.wire.coap.blocks import Block
from onboardee.wire.coap.model import Method

BLOCK2, ECHO = 23, 252
_OVERHEAD = 40
"""Octets of header and options that an answer in blocks has beside its token, Echo included."""


def token_of(datagram: bytes) -> bytes:
    """Return the token of a message, as far as there is one."""
    return datagram[4 : 4 + (datagram[0] & 15)]


def option_of(datagram: bytes, number: int) -> bytes | None:
    """Return the value of an option, None if the message has none. Raises `MessageFormatError`."""
    for found, value in message.options_of(message.parse(datagram).options):
        if found == number:
            return value
    return None


def with_option(datagram: bytes, number: int, value: bytes) -> bytes:
    """Return the message with an option in place of those of its number.

    Raises `MessageFormatError`.
    """
    frame = message.parse(datagram)
    options = [each for each in message.options_of(frame.options) if each[0] != number]
    return message.build(
        frame.type,
        frame.code,
        frame.mid,
        frame.token,
        message.encode_options([*options, (number, value)]),
        frame.payload,
    )


def in_small_blocks(datagram: bytes, bound: int) -> bytes | None:
    """Return a GET that asks for an answer of at most `bound` octets (RFC 7959 2.4).

    None for other methods, which must not be carried out again, and if nothing is that small.
    """
    frame = message.parse(datagram)
    room = bound - len(frame.token) - _OVERHEAD
    if frame.code != Method.GET or room < 16:
        return None
    largest = min(room.bit_length() - 5, 6)
    asked = option_of(datagram, BLOCK2)
    wanted = 6 if asked is None else int.from_bytes(asked)
    block = Block(wanted >> 4, more=False, exponent=wanted & 7).at_most(largest)
    value = block.number << 4 | block.exponent
    return with_option(datagram, BLOCK2, value.to_bytes((value.bit_length() + 7) // 8))
