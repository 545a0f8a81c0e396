"""CoAP for OCF devices and tools: message layer, block-wise transfer and observation without I/O.

Bytes, a peer and the time go in, bytes and events come out (RFC 7252, RFC 7641, RFC 7959).
"""

from device.coap.client import CoapClient
from device.coap.discovery import acknowledgement, decode_response, encode_multicast_request
from device.coap.limits import Limits
from device.coap.model import (
    ClientEvent,
    ClientResponse,
    Code,
    ContentFormat,
    ExchangeFailed,
    FailureReason,
    Handler,
    Method,
    Remote,
    Request,
    Response,
    ResponseReceived,
    UploadPolicy,
)
from device.coap.observe import Observation
from device.coap.peek import peek
from device.coap.server import CoapServer

__all__ = [
    "ClientEvent",
    "ClientResponse",
    "CoapClient",
    "CoapServer",
    "Code",
    "ContentFormat",
    "ExchangeFailed",
    "FailureReason",
    "Handler",
    "Limits",
    "Method",
    "Observation",
    "Remote",
    "Request",
    "Response",
    "ResponseReceived",
    "UploadPolicy",
    "acknowledgement",
    "decode_response",
    "encode_multicast_request",
    "peek",
]
