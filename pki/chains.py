"""Certificate chains: from a leaf to a trust anchor (RFC 5280 6), with the error for each fault.

The library's own path builder (`cryptography.x509.verification`) reports every fault as the same
error, and a peer is to be told which one it was. So signatures are checked by the library, link by
link, and the rest here. TLS puts each certificate right behind the one it certifies (RFC 5246
7.4.2), so there is one path to try; certificates between that certify nothing are passed over.

    chain as sent     leaf --> [passed over] --> authority --> ...       up to `MAX_CHAIN`
    path              leaf --------------------> authority --> anchor    an anchor ends it

The path comes first, as nothing else of a certificate is to be believed before somebody known has
signed it; then OCF's profile for each, times, and revocations. A peer whose certificate has expired
hears that only if it is one of ours.

An anchor is checked like an authority, its time included: the owner gave it to the device, and not
the right to ignore what it says of itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from cryptography import x509

from onboardee.pki.certificate import Certificate
from onboardee.pki.curves import OCF, Curve
from onboardee.pki.errors import (
    BadCertificateError,
    CertificateError,
    OutdatedCertificateError,
    RevokedCertificateError,
    UntrustedCertificateError,
)
from onboardee.pki.ocf_profile import check_authority, check_end_entity
from onboardee.pki.revocations import RevocationList

MAX_CHAIN: Final = 6
"""Certificates a peer may send; each costs us a signature."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we trust at one moment, an aware time.

    A list of revoked certificates counts for those of the authority that signed the list.
    """

    anchors: Sequence[Certificate]
    moment: datetime
    revocations: Sequence[RevocationList] = ()
    curves: Sequence[Curve] = OCF
    """On which keys may be; the hash of each may be that of signatures."""


def verify(
    chain: Sequence[Certificate], purpose: x509.ObjectIdentifier | None, trust: Trust
) -> None:
    """Verify a chain, leaf first, whose leaf serves `purpose` (one of `ocf_profile`, or None).

    Raises:
        CertificateError: the one of its kinds that says what is wrong.

    """
    if not 0 < len(chain) <= MAX_CHAIN:
        raise BadCertificateError("a chain is empty or too long")
    path = _path(chain, trust.anchors)
    check_end_entity(path[0], purpose, trust.curves)
    for below, authority in enumerate(path[1:]):
        check_authority(authority, below, trust.curves)
    for certificate in path:
        check_validity(certificate, trust.moment)
    for certificate, issuer in pairwise(path):
        if any(each.is_by(issuer) and each.has(certificate) for each in trust.revocations):
            raise RevokedCertificateError("a certificate was revoked")


def check_validity(certificate: Certificate, moment: datetime) -> None:
    """Raise `OutdatedCertificateError` outside a certificate's time (RFC 5280 4.1.2.5)."""
    if certificate.is_not_yet_valid(moment):
        raise OutdatedCertificateError("a certificate is not valid yet")
    if certificate.has_expired(moment):
        raise OutdatedCertificateError("a certificate has expired")


def issued_in_turn(chain: Sequence[Certificate]) -> int:
    """Return how many certificates from the first on are each issued by the next."""
    for number, (below, above) in enumerate(pairwise(chain), 1):
        try:
            if not below.is_issued_by(above):
                return number
        except CertificateError:
            return number
    return len(chain)


def with_issuers(
    chain: Sequence[Certificate], others: Sequence[Certificate]
) -> tuple[Certificate, ...]:
    """Return a chain with those of `others` behind it that issued its last, one after the other."""
    path = [*chain]
    while len(path) < MAX_CHAIN:
        rest = (each for each in others if each not in path)
        issuer = next((each for each in rest if issued_in_turn([path[-1], each]) == 2), None)
        if issuer is None:
            break
        path.append(issuer)
    return tuple(path)


def _path(chain: Sequence[Certificate], anchors: Sequence[Certificate]) -> list[Certificate]:
    """Return the certificates from the leaf to an anchor, both included."""
    path: list[Certificate] = []
    for certificate in chain:
        if path and not _issuers(path[-1], [certificate]):
            continue  # certificates that are sent twice, or for another path
        path.append(certificate)
        if certificate in anchors:
            return path
        issuers = _issuers(certificate, anchors)
        if issuers:
            return [*path, issuers[0]]
    raise UntrustedCertificateError("the chain leads to no trust anchor")


def _issuers(certificate: Certificate, candidates: Iterable[Certificate]) -> list[Certificate]:
    """Return those that signed it. Raises `BadCertificateError` if only their name fits."""
    named = [each for each in candidates if each.subject == certificate.issuer]
    signers = [each for each in named if certificate.is_issued_by(each)]
    if named and not signers:
        raise BadCertificateError("a certificate's signature does not verify")
    return signers
