"""A DTLS 1.2 engine (RFC 6347) for OCF devices: both roles, no sockets, no clock.

Time is an argument in seconds, random octets come from an `Entropy`, addresses are opaque. A server
is one `ServerEndpoint` per device, a client one `client.ClientConnection` per session; a device
does without that module.

Why an engine of its own, on the primitives of `cryptography`: Just Works needs suite 0xFF00
(ECDH_anon with AES-128-CBC), which no library at hand has, and each transfer of ownership needs the
session's key block, which they do not give out. What is not needed is left out: one version, one
curve, one hash, no resumption, no renegotiation, no compression.

From the outside in:

    endpoint, client            all sessions of a device; the one of a client
    half_open, cookie           the handshakes in progress, and who may begin one
    server_handshake,           what the messages mean for each side
      client_handshake
    handshake                   what both sides have in common: order, keys
    transcript,                 the hash of all messages; what is agreed on, and the keys
      security_parameters
    transitions                 which message is allowed when, as two tables
    negotiation, suites         suite and extensions
    flight                      what is sent, and sent again
    reassembly, framing         whole messages out of records, and into them
    session_link                a session after its handshake
    record, protection          records: numbers, replay, MAC and encryption
    hello, messages,            octets of messages
      presentation
    keys, ecc                   key derivation; ECDH and ECDSA
    config, events, errors,     what comes in from outside, and what is reported
      session

Nothing here logs, stores, or knows of OCF, but for what OCF's peers send.

The engine is tried against recordings of real tools, octet by octet, against Mbed TLS and OpenSSL,
with lost, repeated, reordered and forged datagrams, and with random octets at each point.
"""

from onboardee.wire.dtls.config import (
    ClientConfig,
    DtlsLimits,
    KeyLog,
    Offer,
    Renegotiation,
    ServerPolicy,
    VerifyChain,
)
from onboardee.wire.dtls.endpoint import ServerEndpoint
from onboardee.wire.dtls.errors import (
    AccessDeniedAlert,
    Alert,
    BadCertificate,
    BadRecordMac,
    CertificateExpired,
    CertificateRevoked,
    CertificateUnknown,
    DecodeError,
    DecryptError,
    HandshakeFailure,
    IllegalParameter,
    InternalError,
    NoSessionError,
    ProtocolVersion,
    UnexpectedMessage,
    UnknownCa,
    UnknownPskIdentity,
    UnsupportedCertificate,
    UnsupportedExtension,
)
from onboardee.wire.dtls.events import (
    CloseReason,
    DataReceived,
    Event,
    HandshakeFailed,
    SessionClosed,
    SessionEstablished,
)
from onboardee.wire.dtls.numbers import AlertDescription, CipherSuite
from onboardee.wire.dtls.session import Role, Session

__all__ = [
    "AccessDeniedAlert",
    "Alert",
    "AlertDescription",
    "BadCertificate",
    "BadRecordMac",
    "CertificateExpired",
    "CertificateRevoked",
    "CertificateUnknown",
    "CipherSuite",
    "ClientConfig",
    "CloseReason",
    "DataReceived",
    "DecodeError",
    "DecryptError",
    "DtlsLimits",
    "Event",
    "HandshakeFailed",
    "HandshakeFailure",
    "IllegalParameter",
    "InternalError",
    "KeyLog",
    "NoSessionError",
    "Offer",
    "ProtocolVersion",
    "Renegotiation",
    "Role",
    "ServerEndpoint",
    "ServerPolicy",
    "Session",
    "SessionClosed",
    "SessionEstablished",
    "UnexpectedMessage",
    "UnknownCa",
    "UnknownPskIdentity",
    "UnsupportedCertificate",
    "UnsupportedExtension",
    "VerifyChain",
]
