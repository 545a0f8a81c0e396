"""The values that cross the border of the CoAP room: requests, responses and their numbers."""

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TypeAlias

from msgspec import Struct

Remote: TypeAlias = Hashable
"""Who we talk to; anything but `None`.

Its equality decides what is a duplicate, whose token and whose observation.
"""


REGISTER, DEREGISTER = 0, 1
"""Values of Observe in a request (RFC 7641 2)."""


class Type(IntEnum):
    """Message types (RFC 7252 3)."""

    CON = 0
    NON = 1
    ACK = 2
    RST = 3


class Method(IntEnum):
    """Request codes that a resource can be asked with (RFC 7252 12.1.1)."""

    GET = 1
    POST = 2
    PUT = 3
    DELETE = 4


class Code(IntEnum):
    """Response codes (RFC 7252 12.1.2, RFC 7959 6, RFC 8132 9, RFC 8516 7)."""

    CREATED = 65
    DELETED = 66
    VALID = 67
    CHANGED = 68
    CONTENT = 69
    CONTINUE = 95
    BAD_REQUEST = 128
    UNAUTHORIZED = 129
    BAD_OPTION = 130
    FORBIDDEN = 131
    NOT_FOUND = 132
    METHOD_NOT_ALLOWED = 133
    NOT_ACCEPTABLE = 134
    REQUEST_ENTITY_INCOMPLETE = 136
    CONFLICT = 137
    PRECONDITION_FAILED = 140
    REQUEST_ENTITY_TOO_LARGE = 141
    UNSUPPORTED_CONTENT_FORMAT = 143
    UNPROCESSABLE_ENTITY = 150
    TOO_MANY_REQUESTS = 157
    INTERNAL_SERVER_ERROR = 160
    NOT_IMPLEMENTED = 161
    BAD_GATEWAY = 162
    SERVICE_UNAVAILABLE = 163
    GATEWAY_TIMEOUT = 164
    PROXYING_NOT_SUPPORTED = 165

    def __str__(self) -> str:
        return f"{self >> 5}.{self & 31:02}"

    @classmethod
    def read(cls, value: int) -> "Code | None":
        """Return a received code; an unknown error is its class's general one (RFC 7252 5.2)."""
        try:
            return cls(value)
        except ValueError:
            return {4: cls.BAD_REQUEST, 5: cls.INTERNAL_SERVER_ERROR}.get(value >> 5)

    @property
    def is_success(self) -> bool:
        """Tell whether the code is of class 2."""
        return self < Code.BAD_REQUEST


class ContentFormat(IntEnum):
    """The content formats an OCF device meets; others pass as plain integers."""

    LINK_FORMAT = 40
    CBOR = 60
    OCF_CBOR = 10000


class Request(Struct, frozen=True):
    """One complete request: the blocks of an upload are joined, options are decoded.

    `path` begins with "/"; a "/" inside a Uri-Path option appears as "%2F". `accept_version` and
    `content_version` are OCF's options 2049 and 2053.
    """

    method: Method
    path: str
    query: tuple[str, ...] = ()
    payload: bytes = b""
    content_format: int | None = None
    accept: int | None = None
    accept_version: int | None = None
    content_version: int | None = None
    observe: int | None = None
    multicast: bool = False
    token: bytes = b""
    confirmable: bool = True
    etags: tuple[bytes, ...] = ()
    """Of the representations that the client has already; only in a GET (RFC 7252 5.10.6.2)."""


class Response(Struct, frozen=True):
    """What a handler answers.

    `observe_as` names the resource whose changes are told to this peer if it asked to observe.
    `etag` is the entity tag of the whole payload, 1 to 8 octets. `state` is what the answer is of,
    for the handler to know later what an observer was told; it is not sent.
    """

    code: Code
    payload: bytes = b""
    content_format: int | None = None
    content_version: int | None = None
    observe_as: Hashable | None = None
    etag: bytes | None = None
    state: object | None = None


@dataclass(frozen=True, slots=True)
class ClientResponse:
    """A response as a client sees it, with all its blocks joined.

    `is_partial` tells that it is the first of several blocks, which happens only to the answer to
    a multicast request: the rest has to be asked of the peer itself.
    """

    code: Code
    payload: bytes = b""
    content_format: int | None = None
    content_version: int | None = None
    etag: bytes | None = None
    size2: int | None = None
    observe: int | None = None
    token: bytes = b""
    is_partial: bool = False


class FailureReason(Enum):
    """Why a client's exchange ended without a response."""

    TIMEOUT = "no answer in time"
    RESET = "the peer reset the exchange"
    PROTOCOL = "the peer's answer breaks the protocol"
    TOO_LARGE = "the peer's answer is larger than the limit"


@dataclass(frozen=True, slots=True)
class ResponseReceived:
    """An exchange got its response, or an observation a further notification (RFC 7641)."""

    exchange: int
    response: ClientResponse
    is_notification: bool = False


@dataclass(frozen=True, slots=True)
class ExchangeFailed:
    """An exchange ended without a response."""

    exchange: int
    reason: FailureReason


ClientEvent: TypeAlias = ResponseReceived | ExchangeFailed
