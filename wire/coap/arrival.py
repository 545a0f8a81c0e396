"""From a message to the request that it carries.

A server needs a request together with the message that it came in (`ServerExchange`): type and
message ID decide how the answer leaves, the options in which blocks. `peek` is for who only wants
to know what is asked before anything is done with a datagram.
"""

from collections.abc import Hashable

from msgspec import Struct

from onboardee.wire.coap import message, options
from onboardee.wire.coap.blocks import Block
from onboardee.wire.coap.model import Method, Remote, Request, Type

METHODS = {int(method): method for method in Method}
REQUEST_CODES = range(1, 32)
"""Class 0 without the empty message (RFC 7252 12.1.1); those that are no `Method` get a 4.05."""
_WITH_PAYLOAD = (Method.POST, Method.PUT)  # a payload has no meaning elsewhere (RFC 7252 5.8)


class ServerExchange(Struct, frozen=True, eq=False):
    """A request that waits for its answer, or one block of an upload that waits for leave."""

    request: Request
    remote: Remote
    frame: message.Frame
    datagram: bytes
    options: options.RequestOptions
    block1: Block | None
    is_part: bool
    """It is a block of an upload with more to follow: `CoapServer.take_in`."""
    is_plain: bool
    """Its options ask for nothing but a representation: no blocks, no observation."""


def arrived(
    frame: message.Frame, datagram: bytes, remote: Remote, *, multicast: bool
) -> ServerExchange:
    """Read the options of a request. What rules the request out is their `refusal`."""
    area = frame.options
    read = options.cached_request if len(area) <= options.CACHED_AREA_SIZE else options.read_request
    opts = read(area)
    method = METHODS.get(frame.code, Method.GET)
    request = _request_of(frame, method, opts, multicast=multicast)
    block1 = None if opts.block1 is None else opts.block1.at_most(6)
    return ServerExchange(
        request,
        remote,
        frame,
        datagram,
        opts,
        block1,
        block1 is not None and block1.more,
        block1 is None and opts.block2 is None and opts.observe is None,
    )


def is_request(datagram: bytes) -> bool:
    """Tell whether a datagram has the header of a request, as opposed to a ping or an answer.

    A request is a CON or NON message of version 1 with a code of class 0 other than 0.00 (RFC 7252
    3, 4.2, 4.3). All who have to tell a request before it is parsed ask here.
    """
    return len(datagram) >= 4 and datagram[1] in REQUEST_CODES and datagram[0] >> 5 == 0b010


def peek(datagram: bytes) -> Request | None:
    """Return the request of a datagram, of which it may be one block; None for other messages."""
    if not is_request(datagram):
        return None
    try:
        frame = message.parse(datagram)
    except message.MessageFormatError:
        return None
    method = METHODS.get(frame.code)
    if method is None:
        return None
    return _request_of(frame, method, options.read_request(frame.options), multicast=False)


def upload_key(request: Request) -> Hashable:
    """Return what tells the uploads of one peer apart (RFC 7959 2.5)."""
    return (
        request.method,
        request.path,
        request.query,
        request.content_format,
        request.content_version,
    )


def _request_of(
    frame: message.Frame, method: Method, opts: options.RequestOptions, *, multicast: bool
) -> Request:
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
        opts.etags and (opts.etags if method is Method.GET else ()),
    )
