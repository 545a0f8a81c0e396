"""CoAP for OCF devices and tools: message layer, block-wise transfer and observation without I/O.

Bytes, a peer and the time go in, bytes and events come out (RFC 7252, RFC 7641, RFC 7959). Here is
the server's side; a client imports `client` and `discovery` itself, and a device does without.
"""

from onboardee.wire.coap.arrival import ServerExchange, is_request, peek
from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import (
    ClientEvent,
    ClientResponse,
    Code,
    ContentFormat,
    ExchangeFailed,
    FailureReason,
    Method,
    Remote,
    Request,
    Response,
    ResponseReceived,
)
from onboardee.wire.coap.observe import Observation, Observer
from onboardee.wire.coap.server import CoapServer
from onboardee.wire.coap.validation import validated

__all__ = [
    "ClientEvent",
    "ClientResponse",
    "CoapServer",
    "Code",
    "ContentFormat",
    "ExchangeFailed",
    "FailureReason",
    "Limits",
    "Method",
    "Observation",
    "Observer",
    "Remote",
    "Request",
    "Response",
    "ResponseReceived",
    "ServerExchange",
    "is_request",
    "peek",
    "validated",
]
