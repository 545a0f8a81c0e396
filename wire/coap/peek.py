"""A look at a message before anything is done with it."""

from onboardee.wire.coap import options, wire
from onboardee.wire.coap.model import Method

_METHODS = {int(method): method for method in Method}


def peek(datagram: bytes) -> tuple[Method | None, str]:
    """Return the method and the path of a request; None and nothing for any other message."""
    if len(datagram) < 2 or datagram[1] not in _METHODS:
        return None, ""
    try:
        frame = wire.parse(datagram)
    except wire.FormatError:
        return None, ""
    return _METHODS[frame.code], options.read_request(frame.options).path
