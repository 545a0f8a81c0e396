"""From a message to the request it carries, or to a look at it before anything is done with it."""

from onboardee.wire.coap import options, wire
from onboardee.wire.coap.model import Method, Request, Type

METHODS = {int(method): method for method in Method}
_WITH_PAYLOAD = (Method.POST, Method.PUT)  # a payload has no meaning elsewhere (RFC 7252 5.8)


def peek(datagram: bytes) -> Request | None:
    """Return the request of a datagram, of which it may be one block; None for other messages."""
    if not is_request(datagram):
        return None
    try:
        frame = wire.parse(datagram)
    except wire.FormatError:
        return None
    return request_of(frame, METHODS[frame.code], options.read_request(frame.options))


def is_request(datagram: bytes) -> bool:
    """Tell whether a datagram looks like a request, as opposed to a ping or an acknowledgement."""
    return len(datagram) >= 4 and datagram[1] in METHODS and datagram[0] >> 4 & 3 <= Type.NON


def request_of(
    frame: wire.Frame, method: Method, opts: options.RequestOptions, *, multicast: bool = False
) -> Request:
    """Return the request of a frame whose options were read."""
    return Request(
        method,
        opts.path,
        opts.query,
        frame.payload if method in _WITH_PAYLOAD else b"",
        opts.content_format,
        opts.accept,
        opts.accept_version,
        opts.content_version,
        opts.observe,
        multicast,
        frame.token,
        frame.type == Type.CON,
    )
