"""Whether the tool believes a device's certificates (RFC 5280 6.1, OCF Security 9.4.2).

This is a second opinion on purpose. The device judges by `onboardee.pki.chains` and `ocf_profile`;
the tool that tests it against its own certificates must not share a mistake with it, so path,
profile, times and revocations are weighed here again, and differently where the tool may be more
liberal: it also meets devices of other makers. Only the reading of octets is the same.

The order is that of cost and of meaning: octets are read, the path to an anchor is found by
signatures, each certificate on it is weighed for its place, and at last the lists of revoked ones
are asked. Failures are alerts of DTLS, as they end a handshake and the device may be told which
(RFC 5246 7.2.2); what is wrong with our own anchors is none, and is an error of the tool's.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from onboardee.obt.anchors import TrustAnchors
from onboardee.obt.errors import OnboardingError
from onboardee.pki.certificate import Certificate, common_names, read_der, reading
from onboardee.pki.curves import curve_of
from onboardee.pki.errors import CertificateError
from onboardee.pki.revocations import RevocationList
from onboardee.pki.revocations import read_der as read_list
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
"""The extended key usage of an identity certificate (OCF Security 9.4.2.2)."""

HASHES: Final = (SHA256, SHA384, SHA512)
"""The hashes of signatures: devices show SHA-256, roots of manufacturers the others too."""

UNDERSTOOD: Final = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
"""Extensions that may be critical, as they are looked at or change nothing here."""


def check_manufacturer(
    received: tuple[bytes, ...], anchors: TrustAnchors, *, needs_usage: bool = True
) -> None:
    """Check a manufacturer's certificate. Raises the `Alert` that says what is wrong.

    OCF wants a key usage in each certificate (Security 9.4.2.2). Where `needs_usage` is false a
    certificate without any is one for every use, as RFC 5280 4.2.1.3 has it; one that has a key
    usage must still have the right one.
    """
    leaf = _verified_leaf(received, anchors, needs_usage=needs_usage)
    usages = leaf.extension(x509.ExtendedKeyUsage)
    if usages is not None and ExtendedKeyUsageOID.SERVER_AUTH not in usages:
        raise UnsupportedCertificate("the certificate is not for servers")


def check_identity(received: tuple[bytes, ...], anchors: TrustAnchors, uuid: UUID) -> None:
    """Check the identity certificate of the device `uuid`. Raises an `Alert`.

    The chain is in DER, the leaf first. The name must be exactly that device: a certificate that
    is valid for another device of the same owner would let it pose as this one.
    """
    leaf = _verified_leaf(received, anchors, needs_usage=True)
    wanted = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, IDENTITY)
    usages = leaf.extension(x509.ExtendedKeyUsage)
    if usages is None or any(oid not in usages for oid in wanted):
        raise UnsupportedCertificate("the certificate is no identity certificate")
    names = common_names(leaf.subject)
    if names != [f"uuid:{uuid}"]:
        raise CertificateUnknown(f"the certificate is for {names}, not for uuid:{uuid}")


def read_anchors(anchors: TrustAnchors) -> list[Certificate]:
    """Read our own trust anchors. Raises `OnboardingError`: this is no fault of a device."""
    try:
        return [_parse(der) for der in anchors.certificates]
    except Alert as error:
        expected = "certificates of OCF's kind"
        raise OnboardingError(
            "read the trust anchors", expected=expected, came=str(error)
        ) from error


def _verified_leaf(
    received: tuple[bytes, ...], anchors: TrustAnchors, *, needs_usage: bool
) -> Certificate:
    """Check a whole chain, and return the certificate that it is about. Raises an `Alert`."""
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
            _check_authority(certificate, below=depth - 1, needs_usage=needs_usage)
        else:
            _check_leaf(certificate, needs_usage=needs_usage)
    for certificate, issuer in pairwise(path):
        _check_revocation(certificate, issuer, revocations)
    return chain[0]


def _read_revocations(anchors: TrustAnchors) -> list[RevocationList]:
    """Read our own lists of revoked certificates. Raises `OnboardingError`: no device's fault."""
    try:
        return [read_list(der) for der in anchors.revocations()]
    except CertificateError as error:
        raise OnboardingError(
            "read the revocations", expected="lists of revoked certificates", came=str(error)
        ) from error


def _check_revocation(
    certificate: Certificate, issuer: Certificate, revocations: list[RevocationList]
) -> None:
    """Raise `CertificateRevoked` for what a list of the same issuer names."""
    for revoked in revocations:
        if revoked.is_by(issuer) and revoked.has(certificate):
            name = certificate.subject.rfc4514_string()
            raise CertificateRevoked(f"the certificate of {name} was revoked")


def _path(chain: list[Certificate], trusted: list[Certificate]) -> Iterator[Certificate]:
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


def _has_signed(issuer: Certificate, certificate: Certificate) -> bool:
    """Tell whether an issuer's name and key fit; a signature that cannot be checked does not."""
    try:
        return certificate.is_issued_by(issuer)
    except CertificateError:
        return False


def _parse(der: bytes) -> Certificate:
    """Read a certificate, and refuse what is of no kind that OCF has."""
    try:
        certificate = read_der(der)
        key, critical = certificate.public_key(), certificate.critical_extensions()
        with reading():
            algorithm = certificate.content.signature_hash_algorithm
    except CertificateError as error:
        raise BadCertificate("a certificate of the chain cannot be read") from error
    if curve_of(key) is None:
        raise UnsupportedCertificate("a key of the chain is on none of the curves of OCF")
    if not isinstance(algorithm, HASHES):
        raise UnsupportedCertificate("a certificate of the chain is not signed with SHA-2")
    if critical - UNDERSTOOD:
        raise UnsupportedCertificate("a certificate has a critical extension that is unknown here")
    return certificate


def _check_any(certificate: Certificate, now: datetime) -> None:
    """Check the period of validity, which concerns every certificate on the path."""
    start, end = certificate.start, certificate.end
    if not start <= now <= end:
        name = certificate.subject.rfc4514_string()
        raise CertificateExpired(f"the certificate of {name} is valid from {start} to {end} only")


def _check_authority(certificate: Certificate, *, below: int, needs_usage: bool) -> None:
    """Check that the certificate may sign others; `below` counts authorities beneath it."""
    name = certificate.subject.rfc4514_string()
    constraints = certificate.extension(x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise BadCertificate(f"{name} signs certificates, but is no authority")
    if constraints.path_length is not None and constraints.path_length < below:
        raise BadCertificate(f"{name} allows no authority that far below it")
    usage = certificate.extension(x509.KeyUsage)
    if needs_usage if usage is None else not usage.key_cert_sign:
        raise BadCertificate(f"the key of {name} is not for signing certificates")


def _check_leaf(certificate: Certificate, *, needs_usage: bool) -> None:
    """Check that a certificate is a device's, and that its key may sign a handshake."""
    constraints = certificate.extension(x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise UnsupportedCertificate("the certificate is an authority's, not a device's")
    usage = certificate.extension(x509.KeyUsage)
    is_wrong = usage is not None and (not usage.digital_signature or usage.key_cert_sign)
    if is_wrong or (usage is None and needs_usage):
        raise UnsupportedCertificate("the certificate's key is not for signing handshakes")
