"""What the server makes of a ClientHello (RFC 5246 7.4.1, RFC 8422 5, RFC 5746 3.6, RFC 7627 5)."""

from dataclasses import dataclass

from onboardee.wire.dtls.codec import Reader
from onboardee.wire.dtls.config import Offer
from onboardee.wire.dtls.errors import HandshakeFailure, IllegalParameter, ProtocolVersion
from onboardee.wire.dtls.hello import NO_EXTENSIONS, ClientHello, Extensions
from onboardee.wire.dtls.numbers import (
    DTLS_1_2,
    ECDSA_SECP256R1_SHA256,
    NULL_COMPRESSION,
    RENEGOTIATION_SCSV,
    SECP256R1,
    UNCOMPRESSED,
    CipherSuite,
    ExtensionType,
)
from onboardee.wire.dtls.suites import SUITES, KeyExchange

EMPTY_RENEGOTIATION_INFO = b"\x00"
UNCOMPRESSED_ONLY = b"\x01\x00"


@dataclass(frozen=True, slots=True)
class Agreement:
    """The suite and the extensions of the ServerHello."""

    suite: CipherSuite
    extensions: Extensions | None

    @property
    def extended_master_secret(self) -> bool:
        """Whether the master secret is bound to the transcript."""
        return ExtensionType.EXTENDED_MASTER_SECRET in (self.extensions or NO_EXTENSIONS)


def negotiate(hello: ClientHello, offer: Offer) -> Agreement:
    """Choose suite and extensions.

    Raises:
        Alert: the one that tells the client what is wrong with its hello.

    """
    # DTLS counts versions downwards: a smaller number is a newer version.
    if hello.version > DTLS_1_2:
        raise ProtocolVersion("the client knows no DTLS 1.2")
    if NULL_COMPRESSION not in hello.compression_methods:
        raise IllegalParameter("the client insists on compression")
    extensions = hello.extensions or NO_EXTENSIONS
    _check_curve(extensions)
    return Agreement(_choose_suite(hello, offer), _answer(hello, extensions))


def _check_curve(extensions: Extensions) -> None:
    """Let a client that says nothing about curves leave the choice to us (RFC 8422 4)."""
    groups = extensions.get(ExtensionType.SUPPORTED_GROUPS)
    if groups is not None and SECP256R1 not in _list(groups, 2, 2):
        raise HandshakeFailure("no common curve")
    formats = extensions.get(ExtensionType.EC_POINT_FORMATS)
    if formats is not None and UNCOMPRESSED not in _list(formats, 1, 1):
        raise IllegalParameter("the client takes no uncompressed points")


def _list(body: bytes, length_size: int, item_size: int) -> tuple[int, ...]:
    reader = Reader(body)
    items = reader.numbers(length_size, item_size)
    reader.finish()
    return items


def _choose_suite(hello: ClientHello, offer: Offer) -> CipherSuite:
    for suite in offer.suites:
        if suite in hello.suites and _is_usable(suite, hello, offer):
            return suite
    raise HandshakeFailure("no common cipher suite")


def _is_usable(suite: CipherSuite, hello: ClientHello, offer: Offer) -> bool:
    if SUITES[suite].exchange is not KeyExchange.ECDSA:
        return True
    schemes = (hello.extensions or NO_EXTENSIONS).get(ExtensionType.SIGNATURE_ALGORITHMS)
    return offer.certificate is not None and (
        schemes is None or ECDSA_SECP256R1_SHA256 in _list(schemes, 2, 2)
    )


def _answer(hello: ClientHello, offered: Extensions) -> Extensions | None:
    """Answer what was offered, except encrypt_then_mac: silence declines it (RFC 7366 2)."""
    answer: dict[int, bytes] = {}
    renegotiation = offered.get(ExtensionType.RENEGOTIATION_INFO)
    if renegotiation not in {None, EMPTY_RENEGOTIATION_INFO}:
        raise HandshakeFailure("renegotiation_info of a first handshake must be empty")
    if renegotiation is not None or RENEGOTIATION_SCSV in hello.suites:
        answer[ExtensionType.RENEGOTIATION_INFO] = EMPTY_RENEGOTIATION_INFO
    if ExtensionType.EXTENDED_MASTER_SECRET in offered:
        answer[ExtensionType.EXTENDED_MASTER_SECRET] = b""
    if ExtensionType.EC_POINT_FORMATS in offered:
        answer[ExtensionType.EC_POINT_FORMATS] = UNCOMPRESSED_ONLY
    return answer or None
