"""What is wrong with the certificates of a database.

The X.509 library costs 5 MB of memory: import this module only where a certificate is at hand.
"""

import base64
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding as KeyEncoding
from cryptography.hazmat.primitives.serialization import (
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from svrdb.advice import AdviceCode, Finding, Severity
from svrdb.model import (
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Encoding,
    PrivateData,
    PublicData,
)

SHOWN: Final = frozenset(
    {CredentialUsage.IDENTITY, CredentialUsage.ROLE, CredentialUsage.MANUFACTURER}
)
"""Usages of certificates that the device itself shows, so that it needs their keys."""

_CLAUSE: Final = "OCF Security 9.4.2"


class UnreadableCertificate(ValueError):  # noqa: N818 - a finding about the content
    """Raised for what cannot be read as certificates or as a key."""


def certificate_findings(database: Database, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with each certificate of a database at a time."""
    for credential in database.cred.credentials:
        if credential.kind == CredentialType.CERTIFICATE and credential.public is not None:
            yield from _credential(credential, database.identity_key, now)


def read_certificates(public: PublicData) -> list[x509.Certificate]:
    """Read the certificates of a credential. Raises UnreadableCertificate."""
    with _reading("certificates"):
        if public.encoding is Encoding.PEM:
            return x509.load_pem_x509_certificates(public.data.encode())
        der = base64.b64decode(public.data, validate=True)
        return [x509.load_der_x509_certificate(der)]


def linked(chain: Sequence[x509.Certificate]) -> int:
    """Return how many certificates from the first on are each issued by the next."""
    for number, (below, above) in enumerate(pairwise(chain), 1):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return number
    return len(chain)


def cut(credential: Credential) -> PublicData | None:
    """Return the chain of a credential up to where it breaks, as it is if it does not."""
    public = credential.public
    if public is None or credential.usage not in SHOWN or public.encoding is not Encoding.PEM:
        return public
    try:
        chain = read_certificates(public)
    except UnreadableCertificate:
        return public
    count = linked(chain)
    if count == len(chain):
        return public
    pem = b"".join(each.public_bytes(KeyEncoding.PEM) for each in chain[:count])
    return PublicData(data=pem.decode(), encoding=Encoding.PEM)


def _credential(credential: Credential, own_key: PrivateData, now: datetime) -> Iterator[Finding]:
    assert credential.public is not None
    name = f"credential {credential.credid}"
    try:
        chain = read_certificates(credential.public)
    except UnreadableCertificate:
        sentence = f"The publicdata of {name} cannot be read as {credential.public.encoding}."
        yield _error(AdviceCode.CERTIFICATE_UNREADABLE, sentence)
        return
    if credential.usage in SHOWN:
        yield from _key(credential, own_key, chain[0])
        count = linked(chain)
        if count < len(chain):
            yield Finding(
                AdviceCode.CHAIN_BROKEN,
                Severity.WARNING,
                f"Certificate {count} of {name} is not issued by the one after it.",
                _CLAUSE,
                "keep the certificates before the break only",
            )
    for number, certificate in enumerate(chain, 1):
        yield from _validity(certificate, f"Certificate {number} of {name}", now)


def _key(credential: Credential, own_key: PrivateData, leaf: x509.Certificate) -> Iterator[Finding]:
    name = f"credential {credential.credid}"
    private = credential.private or own_key
    if not private.data:
        yield _error(AdviceCode.KEY_MISMATCH, f"There is no private key for {name}.")
        return
    try:
        is_same = _public_octets(private) == leaf.public_key().public_bytes(*_SPKI)
    except UnreadableCertificate:
        yield _error(AdviceCode.KEY_UNREADABLE, f"The private key of {name} cannot be read.")
        return
    if not is_same:
        sentence = f"The private key of {name} does not belong to its certificate."
        yield _error(AdviceCode.KEY_MISMATCH, sentence)


_SPKI: Final = (KeyEncoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _public_octets(private: PrivateData) -> bytes:
    load = load_pem_private_key if private.encoding is Encoding.PEM else load_der_private_key
    with _reading("a key"):
        return load(private.data, None).public_key().public_bytes(*_SPKI)


def _validity(certificate: x509.Certificate, name: str, now: datetime) -> Iterator[Finding]:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < start:
        code, sentence = AdviceCode.CERTIFICATE_NOT_YET_VALID, f"is valid from {start:%Y-%m-%d} on."
    elif now > end:
        code, sentence = AdviceCode.CERTIFICATE_EXPIRED, f"expired on {end:%Y-%m-%d}."
    else:
        return
    yield Finding(
        code,
        Severity.WARNING,
        f"{name} {sentence}",
        _CLAUSE,
        "set the clock, or have the owner install another certificate",
        is_repairable=False,
    )


def _error(code: AdviceCode, sentence: str) -> Finding:
    return Finding(code, Severity.ERROR, sentence, _CLAUSE, "remove the credential")


@contextmanager
def _reading(what: str) -> Iterator[None]:
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise UnreadableCertificate(f"these are not {what}") from error
