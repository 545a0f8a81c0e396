"""Verification of certificate chains (RFC 5280 6.1, as far as OCF Security 9.4 uses it)."""

import warnings
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final, TypeVar
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from onboardee.obt.anchors import TrustAnchors
from onboardee.obt.errors import OnboardingError
from onboardee.wire.dtls import (
    Alert,
    BadCertificate,
    CertificateExpired,
    CertificateRevoked,
    CertificateUnknown,
    UnknownCa,
    UnsupportedCertificate,
)

MAX_CHAIN: Final = 6
"""Certificates that a peer may present."""

IDENTITY: Final = x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.6")
ROLE: Final = x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.7")
"""Extended key usages (OCF Security 9.4.2.2)."""

CURVES: Final = (ec.SECP256R1, ec.SECP384R1)
HASHES: Final = (SHA256, SHA384, SHA512)

UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
"""Extensions that may be critical, as they are looked at or change nothing here."""

E = TypeVar("E", bound=x509.ExtensionType)


def check_manufacturer(received: tuple[bytes, ...], anchors: TrustAnchors) -> None:
    """Check a manufacturer's certificate. Raises the `Alert` that says what is wrong."""
    leaf = _verified_leaf(received, anchors)
    usages = _extension(leaf, x509.ExtendedKeyUsage)
    if usages is not None and ExtendedKeyUsageOID.SERVER_AUTH not in usages:
        raise UnsupportedCertificate("the certificate is not for servers")


def check_identity(received: tuple[bytes, ...], anchors: TrustAnchors, uuid: UUID) -> None:
    """Check the identity certificate of the device `uuid`. Raises an `Alert`."""
    leaf = _verified_leaf(received, anchors)
    wanted = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, IDENTITY)
    usages = _extension(leaf, x509.ExtendedKeyUsage)
    if usages is None or any(oid not in usages for oid in wanted):
        raise UnsupportedCertificate("the certificate is no identity certificate")
    name = common_name(leaf.subject)
    if name != f"uuid:{uuid}":
        raise CertificateUnknown(f"the certificate is for {name!r}, not for uuid:{uuid}")


def common_name(name: x509.Name) -> str:
    """Return the only common name of a subject or issuer; anything else is empty."""
    names = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""


def read_anchors(anchors: TrustAnchors) -> list[x509.Certificate]:
    """Read our own trust anchors. Raises `OnboardingError`: this is no fault of a device."""
    try:
        return [_parse(der) for der in anchors.certificates]
    except Alert as error:
        expected = "certificates of OCF's kind"
        raise OnboardingError(
            "read the trust anchors", expected=expected, came=str(error)
        ) from error


def _verified_leaf(received: tuple[bytes, ...], anchors: TrustAnchors) -> x509.Certificate:
    if not 0 < len(received) <= MAX_CHAIN:
        raise BadCertificate(f"a chain has 1 to {MAX_CHAIN} certificates, not {len(received)}")
    chain = [_parse(der) for der in received]
    trusted = read_anchors(anchors)
    revocations = _read_revocations(anchors)
    now = anchors.clock()
    path = list(_path(chain, trusted))
    for depth, certificate in enumerate(path):
        _check_any(certificate, now)
        if depth:
            _check_authority(certificate, below=depth - 1)
        else:
            _check_leaf(certificate)
    for certificate, issuer in pairwise(path):
        _check_revocation(certificate, issuer, revocations)
    return chain[0]


def _read_revocations(anchors: TrustAnchors) -> list[x509.CertificateRevocationList]:
    """Read our own lists of revoked certificates. Raises `OnboardingError`: no device's fault."""
    try:
        return [x509.load_der_x509_crl(der) for der in anchors.revocations()]
    except ValueError as error:
        raise OnboardingError(
            "read the revocations", expected="lists of revoked certificates", came=str(error)
        ) from error


def _check_revocation(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    revocations: list[x509.CertificateRevocationList],
) -> None:
    """Raise `CertificateRevoked` for what a list of the same issuer names."""
    key = issuer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    for revoked in revocations:
        is_issuers = revoked.issuer == issuer.subject and revoked.is_signature_valid(key)
        serial = certificate.serial_number
        if is_issuers and revoked.get_revoked_certificate_by_serial_number(serial) is not None:
            name = certificate.subject.rfc4514_string()
            raise CertificateRevoked(f"the certificate of {name} was revoked")


def _path(
    chain: list[x509.Certificate], trusted: list[x509.Certificate]
) -> Iterator[x509.Certificate]:
    """Yield the certificates from the leaf to a trust anchor, each signed by the next."""
    for position, certificate in enumerate(chain):
        yield certificate
        if position and certificate in trusted:
            return
        anchor = next((each for each in trusted if _has_signed(each, certificate)), None)
        if anchor is not None:
            yield anchor
            return
        if position + 1 < len(chain) and not _has_signed(chain[position + 1], certificate):
            raise BadCertificate("a certificate of the chain is not signed by the next one")
    raise UnknownCa("the chain leads to none of our trust anchors")


def _has_signed(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _parse(der: bytes) -> x509.Certificate:
    """Parse everything that is looked at later, as the library does so only when asked."""
    try:
        with warnings.catch_warnings(action="ignore"):
            certificate = x509.load_der_x509_certificate(der)
            key, algorithm = certificate.public_key(), certificate.signature_hash_algorithm
            critical = {each.oid for each in certificate.extensions if each.critical}
            _ = certificate.subject, certificate.issuer
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise BadCertificate("a certificate of the chain cannot be read") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, CURVES):
        raise UnsupportedCertificate("a key of the chain is on none of the curves of OCF")
    if not isinstance(algorithm, HASHES):
        raise UnsupportedCertificate("a certificate of the chain is not signed with SHA-2")
    if critical - UNDERSTOOD:
        raise UnsupportedCertificate("a certificate has a critical extension that is unknown here")
    return certificate


def _check_any(certificate: x509.Certificate, now: datetime) -> None:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not start <= now <= end:
        name = certificate.subject.rfc4514_string()
        raise CertificateExpired(f"the certificate of {name} is valid from {start} to {end} only")


def _check_authority(certificate: x509.Certificate, *, below: int) -> None:
    """Check that the certificate may sign others; `below` counts authorities beneath it."""
    name = certificate.subject.rfc4514_string()
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise BadCertificate(f"{name} signs certificates, but is no authority")
    if constraints.path_length is not None and constraints.path_length < below:
        raise BadCertificate(f"{name} allows no authority that far below it")
    usage = _extension(certificate, x509.KeyUsage)
    if usage is None or not usage.key_cert_sign:
        raise BadCertificate(f"the key of {name} is not for signing certificates")


def _check_leaf(certificate: x509.Certificate) -> None:
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise UnsupportedCertificate("the certificate is an authority's, not a device's")
    usage = _extension(certificate, x509.KeyUsage)
    if usage is None or not usage.digital_signature or usage.key_cert_sign:
        raise UnsupportedCertificate("the certificate's key is not for signing handshakes")


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
