"""Messages outside of a connection: a multicast request and its many answers (RFC 7252 8)."""

from collections.abc import Sequence

from onboardee.wire.coap import message, options
from onboardee.wire.coap.client import TOKEN_SIZE
from onboardee.wire.coap.client_exchange import client_response
from onboardee.wire.coap.model import ClientResponse, Code, Method, Type
from onboardee.wire.entropy import Entropy


def encode_multicast_request(
    path: str,
    *,
    query: Sequence[str] = (),
    accept: int | None = None,
    accept_version: int | None = None,
    entropy: Entropy,
) -> tuple[bytes, bytes]:
    """Return a non-confirmable GET for a group: the token of its answers, and the datagram."""
    token = entropy.token(TOKEN_SIZE)
    mid = int.from_bytes(entropy.token(2))
    area = options.write(
        path=path, query=tuple(query), accept=accept, accept_version=accept_version
    )
    return token, message.build(Type.NON, Method.GET, mid, token, area, b"")


def decode_response(datagram: bytes) -> ClientResponse | None:
    """Read one answer to a multicast request; `None` if the datagram is no response."""
    frame = _response(datagram)
    if frame is None:
        return None
    code = Code.read(frame.code)
    opts = options.read_response(frame.options)
    if code is None or not opts.acceptable:
        return None
    is_partial = opts.block2 is not None and opts.block2.more
    return client_response(code, opts, frame.payload, frame.token, is_partial=is_partial)


def pong(datagram: bytes) -> bytes | None:
    """Return what answers a datagram if it is a ping, a confirmable empty message (RFC 7252 4.3).

    Devices send it to learn whether their answer would reach who asked.
    """
    if len(datagram) != 4 or datagram[0] != 0x40 or datagram[1] != 0:
        return None
    return message.empty(Type.RST, int.from_bytes(datagram[2:]))


def acknowledgement(datagram: bytes) -> bytes | None:
    """Return what to answer a confirmable response with, `None` if it needs nothing.

    IoTivity answers a multicast discovery with confirmable messages.
    """
    frame = _response(datagram)
    if frame is None or frame.type != Type.CON:
        return None
    return message.empty(Type.ACK, frame.mid)


def _response(datagram: bytes) -> message.Frame | None:
    """Return a datagram's frame if it is a response with a message ID of its own."""
    try:
        frame = message.parse(datagram)
    except message.MessageFormatError:
        return None
    is_response = 2 << 5 <= frame.code < 6 << 5 and frame.type in (Type.CON, Type.NON)
    return frame if is_response else None
