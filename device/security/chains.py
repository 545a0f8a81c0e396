"""Certificate chains: from a leaf to a trust anchor (RFC 5280 6), with the alert for each fault.

The library's own path builder (`cryptography.x509.verification`) reports every fault as the same
error, and a peer is to be told which one it was. So signatures are checked by the library, link by
link, and the rest here. TLS puts each certificate right behind the one it certifies (RFC 5246
7.4.2), so there is one path to try; certificates
between that certify nothing are passed over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from onboardee.device.security.certificates import check_authority, check_end_entity, reading
from onboardee.svrdb.x509 import has_expired, is_not_yet_valid
from onboardee.wire.dtls import BadCertificate, CertificateExpired, CertificateRevoked, UnknownCa

MAX_CHAIN: Final = 6
"""Certificates a peer may send; each costs us a signature."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we trust at one moment."""

    anchors: Sequence[x509.Certificate]
    moment: datetime
    revocations: Sequence[x509.CertificateRevocationList] = ()


def verify(
    chain: Sequence[x509.Certificate], purpose: x509.ObjectIdentifier | None, trust: Trust
) -> None:
    """Verify a chain, leaf first, whose leaf serves `purpose`.

    Raises:
        Alert: the one that tells the peer what is wrong with it.

    """
    if not 0 < len(chain) <= MAX_CHAIN:
        raise BadCertificate("a chain is empty or too long")
    path = _path(chain, trust.anchors)
    check_end_entity(path[0], purpose)
    for below, authority in enumerate(path[1:]):
        check_authority(authority, below)
    for certificate in path:
        check_validity(certificate, trust.moment)
    for certificate, issuer in pairwise(path):
        _check_revocation(certificate, issuer, trust.revocations)


def check_validity(certificate: x509.Certificate, moment: datetime) -> None:
    """Raise `CertificateExpired` outside a certificate's time."""
    if is_not_yet_valid(certificate, moment):
        raise CertificateExpired("a certificate is not valid yet")
    if has_expired(certificate, moment):
        raise CertificateExpired("a certificate has expired")


def _path(
    chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]
) -> list[x509.Certificate]:
    """Return the certificates from the leaf to an anchor, both included."""
    path: list[x509.Certificate] = []
    for certificate in chain:
        if path and not _is_issued(path[-1], [certificate]):
            continue  # certificates that are sent twice, or for another path
        path.append(certificate)
        if certificate in anchors:
            return path
        issuers = _issuers(certificate, anchors)
        if issuers:
            return [*path, issuers[0]]
    raise UnknownCa("the chain leads to no trust anchor")


def _is_issued(certificate: x509.Certificate, issuers: Sequence[x509.Certificate]) -> bool:
    return bool(_issuers(certificate, issuers))


def _issuers(
    certificate: x509.Certificate, candidates: Iterable[x509.Certificate]
) -> list[x509.Certificate]:
    """Return those that signed it. Raises `BadCertificate` if only their name fits."""
    named = [each for each in candidates if each.subject == certificate.issuer]
    signers = [each for each in named if _is_signed_by(certificate, each)]
    if named and not signers:
        raise BadCertificate("a certificate's signature does not verify")
    return signers


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    with reading():
        try:
            certificate.verify_directly_issued_by(issuer)
        except InvalidSignature:
            return False
    return True


def _check_revocation(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    revocations: Iterable[x509.CertificateRevocationList],
) -> None:
    """Raise `CertificateRevoked` for what a list of the same issuer names."""
    key = issuer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    for revoked in revocations:
        is_issuers = revoked.issuer == issuer.subject and revoked.is_signature_valid(key)
        serial = certificate.serial_number
        if is_issuers and revoked.get_revoked_certificate_by_serial_number(serial) is not None:
            raise CertificateRevoked("a certificate was revoked")
