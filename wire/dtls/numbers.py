"""Registered numbers of DTLS 1.2 and of the suites OCF uses.

Each is from the registry of IANA, but for suite 0xFF00: IoTivity took it from the private range for
Just Works, and all onboarding tools have it. DTLS counts versions downwards: 0xFEFF is 1.0, 0xFEFD
is 1.2.
"""

from enum import IntEnum

DTLS_1_2 = 0xFEFD
"""The version spoken here; 1.1 never was."""
DTLS_1_0 = 0xFEFF
"""Seen in the record header of a first ClientHello and in HelloVerifyRequest (RFC 6347 4.2.1)."""
SECP256R1 = 23
"""The named curve that all OCF peers share (RFC 8422 5.1.1). plgd's client offers X25519 before
it."""
SECP384R1 = 24
"""For those that are told to have it."""
NAMED_CURVE = 3
"""How curve parameters begin (RFC 8422 5.4); explicit curves are not for us."""
UNCOMPRESSED = 0
"""The point format that everybody has to know (RFC 8422 5.1.2)."""
NULL_COMPRESSION = 0
"""No compression, the only method that is safe."""
ECDSA_SECP256R1_SHA256 = 0x0403
"""Hash sha256, signature ecdsa (RFC 5246 7.4.1.4.1); TLS 1.2 does not tie it to the curve."""
ECDSA_SECP384R1_SHA384 = 0x0503
"""What a key on P-384 signs with here."""
ECDSA_SECP521R1_SHA512 = 0x0603
ECDSA_SIGN = 64
"""The client certificate type for ECDSA keys (RFC 8422 5.5)."""
RENEGOTIATION_SCSV = 0x00FF
"""Signals RFC 5746 support in place of the extension; clients with Mbed TLS send this."""


class CipherSuite(IntEnum):
    """The suites this engine speaks; 0xFF00 is IoTivity's private number for Just Works.

    Which of them a device offers is for its policy; the GCM suite is there for other peers.
    """

    ECDH_ANON_AES_128_CBC_SHA256 = 0xFF00
    ECDHE_PSK_AES_128_CBC_SHA256 = 0xC037
    ECDHE_ECDSA_AES_128_CCM_8 = 0xC0AE
    ECDHE_ECDSA_AES_128_CCM = 0xC0AC
    ECDHE_ECDSA_AES_256_CCM_8 = 0xC0AF
    ECDHE_ECDSA_AES_256_CCM = 0xC0AD
    ECDHE_ECDSA_AES_128_GCM_SHA256 = 0xC02B
    ECDHE_ECDSA_AES_256_GCM_SHA384 = 0xC02C
    PSK_AES_128_CCM_8 = 0xC0A8


class ContentType(IntEnum):
    """What a record carries (RFC 5246 6.2.1).

    A record of another type is dropped.
    """

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


class HandshakeType(IntEnum):
    """Handshake messages (RFC 6347 4.3.2).

    NewSessionTicket and CertificateStatus are not among them: the extensions that ask for them are
    never answered, so that no peer sends them.
    """

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    HELLO_VERIFY_REQUEST = 3
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20


class ExtensionType(IntEnum):
    """Hello extensions this engine understands or imitates.

    Others are read, kept and not answered.
    """

    SUPPORTED_GROUPS = 10
    EC_POINT_FORMATS = 11
    SIGNATURE_ALGORITHMS = 13
    ENCRYPT_THEN_MAC = 22
    EXTENDED_MASTER_SECRET = 23
    RENEGOTIATION_INFO = 0xFF01


class AlertLevel(IntEnum):
    """Severity of an alert (RFC 5246 7.2)."""

    WARNING = 1
    FATAL = 2


class AlertDescription(IntEnum):
    """Alert numbers (RFC 5246 7.2, RFC 4279 6).

    Those that are sent here or that peers are known to send; another number is no error.
    """

    CLOSE_NOTIFY = 0
    UNEXPECTED_MESSAGE = 10
    BAD_RECORD_MAC = 20
    RECORD_OVERFLOW = 22
    HANDSHAKE_FAILURE = 40
    BAD_CERTIFICATE = 42
    UNSUPPORTED_CERTIFICATE = 43
    CERTIFICATE_REVOKED = 44
    CERTIFICATE_EXPIRED = 45
    CERTIFICATE_UNKNOWN = 46
    ILLEGAL_PARAMETER = 47
    UNKNOWN_CA = 48
    ACCESS_DENIED = 49
    DECODE_ERROR = 50
    DECRYPT_ERROR = 51
    PROTOCOL_VERSION = 70
    INSUFFICIENT_SECURITY = 71
    INTERNAL_ERROR = 80
    INAPPROPRIATE_FALLBACK = 86
    USER_CANCELED = 90
    NO_RENEGOTIATION = 100
    UNSUPPORTED_EXTENSION = 110
    UNKNOWN_PSK_IDENTITY = 115
