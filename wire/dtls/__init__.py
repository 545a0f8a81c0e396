"""A DTLS 1.2 engine (RFC 6347) for OCF devices: both roles, no sockets, no clock.

Time is an argument in seconds, random octets come from an `Entropy`, addresses are opaque. A server
is one `ServerEndpoint` per device, a client one `client.ClientConnection` per session; a device
does without that module.
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
