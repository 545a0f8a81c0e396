"""What the server makes of a ClientHello (RFC 5246 7.4.1, RFC 8422 5, RFC 5746 3.6, RFC 7627 5).

    extension                 answered   how
    -----------------------   --------   -------------------------------------------------
    renegotiation_info        yes        empty, if it or the SCSV was there (RFC 5746 3.6)
    extended_master_secret    yes        always, if offered (RFC 7627 5.3)
    ec_point_formats          yes        uncompressed only
    supported_groups          no         secp256r1 has to be among them, or secp384r1 where the
                                           offer has it and the suite has certificates
    signature_algorithms      no         what our certificate signs with, on certificate suites
    encrypt_then_mac          no         declined: of OCF's tools only IoTivity's offers it
    others                    no

Never is anything answered that was not offered: a client has to end the handshake over it (RFC 5246
7.4.1.4). The suite is the first of the server's that the client has; the server's order counts, as
it knows what the state of the device permits.
"""

from dataclasses import dataclass

from onboardee.wire.dtls.config import Offer
from onboardee.wire.dtls.ecc import key_group, scheme_of
from onboardee.wire.dtls.errors import HandshakeFailure, IllegalParameter, ProtocolVersion
from onboardee.wire.dtls.hello import NO_EXTENSIONS, ClientHello, Extensions
from onboardee.wire.dtls.numbers import (
    DTLS_1_2,
    NULL_COMPRESSION,
    RENEGOTIATION_SCSV,
    SECP256R1,
    UNCOMPRESSED,
    CipherSuite,
    ExtensionType,
)
from onboardee.wire.dtls.presentation import Reader
from onboardee.wire.dtls.suites import SUITES, KeyExchange

EMPTY_RENEGOTIATION_INFO = b"\x00"
"""The content in a first handshake: a vector of no octets."""
UNCOMPRESSED_ONLY = b"\x01\x00"
"""A list of one point format, 0."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The suite and the extensions of the ServerHello.

    `extensions` is None for a client that offered none: the block is then left out altogether.
    """

    suite: CipherSuite
    extensions: Extensions | None
    group: int = SECP256R1
    """The curve for Diffie-Hellman."""

    @property
    def extended_master_secret(self) -> bool:
        """Whether the master secret is bound to the transcript."""
        return ExtensionType.EXTENDED_MASTER_SECRET in (self.extensions or NO_EXTENSIONS)


def negotiate(hello: ClientHello, offer: Offer) -> Agreement:
    """Choose suite and extensions.

    Raises:
        ProtocolVersion: if the client knows no DTLS 1.2.
        IllegalParameter: if it insists on compression, or on compressed points.
        HandshakeFailure: if there is no common suite or curve.
        DecodeError: if an extension is malformed.
    """
    # DTLS counts versions downwards: a smaller number is a newer version.
    if hello.version > DTLS_1_2:
        raise ProtocolVersion("the client knows no DTLS 1.2")
    if NULL_COMPRESSION not in hello.compression_methods:
        raise IllegalParameter("the client insists on compression")
    extensions = hello.extensions or NO_EXTENSIONS
    groups = _groups(extensions)
    if groups is not None and not {SECP256R1, *offer.groups} & {*groups}:
        raise HandshakeFailure("no common curve")
    _check_formats(extensions)
    suite = _choose_suite(hello, offer, groups)
    return Agreement(suite, _answer(hello, extensions), _choose_group(suite, offer, groups))


def _groups(extensions: Extensions) -> tuple[int, ...] | None:
    """Return the curves that a client has; None if it leaves the choice to us (RFC 8422 4)."""
    groups = extensions.get(ExtensionType.SUPPORTED_GROUPS)
    return None if groups is None else _list(groups, 2, 2)


def _choose_group(suite: CipherSuite, offer: Offer, groups: tuple[int, ...] | None) -> int:
    """Return the first curve of the offer that the client has."""
    has_choice = SUITES[suite].exchange is KeyExchange.ECDSA
    for group in offer.groups if has_choice else (SECP256R1,):
        if groups is None or group in groups:
            return group
    raise HandshakeFailure("no common curve")


def _check_formats(extensions: Extensions) -> None:
    """Refuse a client that takes no points as we send them."""
    formats = extensions.get(ExtensionType.EC_POINT_FORMATS)
    if formats is not None and UNCOMPRESSED not in _list(formats, 1, 1):
        raise IllegalParameter("the client takes no uncompressed points")


def _list(body: bytes, length_size: int, item_size: int) -> tuple[int, ...]:
    """Return the numbers of an extension that is one vector. Raises `DecodeError`."""
    reader = Reader(body)
    items = reader.numbers(length_size, item_size)
    reader.finish()
    return items


def _choose_suite(hello: ClientHello, offer: Offer, groups: tuple[int, ...] | None) -> CipherSuite:
    """Return the first suite of the offer that the client has and that can be used with it."""
    for suite in offer.suites:
        if suite in hello.suites and _is_usable(suite, hello, offer, groups):
            return suite
    raise HandshakeFailure("no common cipher suite")


def _is_usable(
    suite: CipherSuite, hello: ClientHello, offer: Offer, groups: tuple[int, ...] | None
) -> bool:
    """Whether client and server can use a suite that both have.

    One with certificates takes a certificate, and a signature that the client understands. A client
    that says nothing of signature algorithms is taken to understand ours, though the default of RFC
    5246 7.4.1.4.1 would be SHA-1, which nobody means.
    """
    if SUITES[suite].exchange is not KeyExchange.ECDSA:
        return True
    if offer.certificate is None:
        return False
    key = offer.certificate.private_key
    schemes = (hello.extensions or NO_EXTENSIONS).get(ExtensionType.SIGNATURE_ALGORITHMS)
    # its list of curves is about certificates as well (RFC 8422 5.1.1); a key on a curve that is
    # none of ours is shown all the same, for whoever wants to see what clients make of it
    if groups is not None and key_group(key) not in (None, *groups):
        return False
    return schemes is None or scheme_of(key) in _list(schemes, 2, 2)


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
