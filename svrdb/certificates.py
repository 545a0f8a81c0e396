"""Certificates and private keys of a database: reading them, and rules about them.

The X.509 library costs 5 MB of memory: import this module only where a certificate or a private
key is at hand.

What is wrong with one certificate is said in a finding about its credential, so that a person
finds the entry, and each finding names a rule of `findings`. Which of them a device cannot be
without is decided there.

Without a time only that is told which is always so: a database that is made today must not be
refused because a certificate in it ends some day.
"""

from contextlib import suppress
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from onboardee.pki import certificate as reading
from onboardee.pki.certificate import Certificate
from onboardee.pki.chains import issued_in_turn
from onboardee.pki.errors import BadCertificateError, CertificateError
from onboardee.pki.key_pairs import load_private
from onboardee.pki.pem import base64_octets
from onboardee.pki.revocations import read_base64
from onboardee.svrdb.findings import Finding, Findings, ProblemCode
from onboardee.svrdb.model import (
    WITH_KEY_PAIRS,
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Encoding,
    PrivateData,
    PublicData,
)
from onboardee.svrdb.shape import may_be_read

SHOWN: Final = frozenset(
    {CredentialUsage.IDENTITY, CredentialUsage.ROLE, CredentialUsage.MANUFACTURER}
)
"""Usages of certificates that the device itself shows, so that it needs their keys."""

_PROFILE: Final = "OCF Security 9.4.2"
"""The clauses that findings name."""
_ENTRY: Final = "OCF Security 13.3"


def read_certificates(public: PublicData) -> tuple[Certificate, ...]:
    """Read a chain of PEM, or the one certificate that base64 text of DER is.

    Raises `BadCertificateError`, whose text completes "The publicdata ...".
    """
    try:
        if public.encoding is Encoding.PEM:
            return reading.read_pem(public.data)
        return (reading.read_der(base64_octets(public.data)),)
    except ValueError as error:
        raise BadCertificateError(f"holds no certificate ({public.encoding})") from error


def read_key(private: PrivateData) -> PrivateKeyTypes:
    """Load a private key, PEM or DER, that has no password. Raises `ValueError`."""
    return load_private(private.data, is_pem=private.encoding is Encoding.PEM)


def findings(database: Database, now: datetime | None) -> Findings:
    """Yield what is wrong with each certificate and key; without a time, what always is."""
    if database.identity_key.data and not _is_readable(database.identity_key):
        sentence = "The device's own key cannot be read (without a password, as PEM or DER)."
        yield Finding(ProblemCode.OWN_KEY_UNREADABLE, sentence, _ENTRY)
    for credential in database.cred.credentials:
        if credential.kind in WITH_KEY_PAIRS:
            yield from _private_key(credential)
        if credential.kind == CredentialType.CERTIFICATE and credential.public is not None:
            yield from _certificates(database, credential, credential.public, now)
    if database.crl.data:
        yield from _revocations(database.crl.data)


def authorities_of(database: Database, own: Credential) -> list[Certificate]:
    """Return the certificates that stand in credentials of their own, and may be above `own`'s.

    IoTivity keeps each certificate of a chain in a credential: they have the same usage, and only
    the first has a private key. What cannot be read is left out; it is a finding of its own.
    """
    found: list[Certificate] = []
    for credential in database.cred.credentials:
        if _is_keyless(credential, own.usage) and credential.public is not None:
            with suppress(BadCertificateError):
                found.extend(read_certificates(credential.public))
    return found


def _is_keyless(credential: Credential, usage: str | None) -> bool:
    """Tell whether a credential is a certificate of a usage, without a private key."""
    is_same = credential.kind == CredentialType.CERTIFICATE and credential.usage == usage
    return is_same and (credential.private is None or not credential.private.data)


def _is_above_another(database: Database, credential: Credential, first: Certificate) -> bool:
    """Tell whether a credential without key has but the authority of another's certificate."""
    if not _is_keyless(credential, credential.usage):
        return False
    for other in database.cred.credentials:
        if other.credid == credential.credid or other.usage != credential.usage:
            continue
        with suppress(BadCertificateError):
            chain = read_certificates(other.public or PublicData())
            if issued_in_turn([chain[-1], first]) == 2:
                return True
    return False


def _private_key(credential: Credential) -> Findings:
    """Yield what is wrong with a credential's private key."""
    private = credential.private
    if private is not None and private.data and not _is_readable(private):
        sentence = (
            f"The private key of credential {credential.credid} cannot be read (without a "
            "password, as PEM or DER)."
        )
        is_spared = may_be_read(private.data, private.encoding)
        yield Finding(ProblemCode.KEY_UNREADABLE, sentence, _ENTRY, is_spared)


def _is_readable(private: PrivateData) -> bool:
    """Tell whether a private key can be loaded."""
    if private.encoding is Encoding.HANDLE:
        return True  # the key is in some hardware, and this names it
    try:
        read_key(private)
    except ValueError:
        return False
    return True


def _certificates(
    database: Database, credential: Credential, public: PublicData, now: datetime | None
) -> Findings:
    """Yield what is wrong with the certificates of a credential.

    Reading, key, name, chain, times.
    """
    name = f"credential {credential.credid}"
    try:
        chain = read_certificates(public)
    except BadCertificateError as why:
        sentence = f"The publicdata of {name} {why}."
        is_spared = may_be_read(public.data, public.encoding)
        yield Finding(ProblemCode.CERTIFICATE_UNREADABLE, sentence, _PROFILE, is_spared)
        return
    if credential.usage in SHOWN and not _is_above_another(database, credential, chain[0]):
        if not _has_key(database, credential, chain[0]):
            sentence = f"The certificate of {name} is not for the private key beside it."
            yield Finding(ProblemCode.KEY_MISMATCH, sentence, _PROFILE)
        yield from _name(database, credential, chain[0])
        count = issued_in_turn(chain)
        if count < len(chain):
            sentence = f"Certificate {count} of {name} is not issued by the one after it."
            yield Finding(ProblemCode.CHAIN_BROKEN, sentence, _PROFILE)
    if now is not None:
        for number, certificate in enumerate(chain, 1):
            yield from _validity(certificate, f"Certificate {number} of {name}", now)


def _has_key(database: Database, credential: Credential, leaf: Certificate) -> bool:
    """Tell whether the key is there; one that cannot be read is a finding of its own."""
    private = credential.private
    if private is not None and private.data and not _is_readable(private):
        return True
    # the device's own key is the one of its requests (`/oic/sec/csr`), which only its owner signs
    if private is None and credential.usage != CredentialUsage.MANUFACTURER:
        private = database.identity_key
    try:
        return private is not None and read_key(private).public_key() == leaf.public_key()
    except ValueError:
        return False


def _name(database: Database, credential: Credential, leaf: Certificate) -> Findings:
    """Yield that a certificate is about another device; a manufacturer's is about none."""
    is_manufacturers = credential.usage == CredentialUsage.MANUFACTURER
    # a device that shows a temporary UUID has its certificates for the one that waits
    named = database.next_uuid or database.doxm.device_uuid
    if not is_manufacturers and leaf.identity != named:
        sentence = f"The common name in credential {credential.credid} is not uuid: and the "
        yield Finding(ProblemCode.NAME_MISMATCH, f"{sentence}deviceuuid.", _PROFILE)


def _validity(certificate: Certificate, name: str, now: datetime) -> Findings:
    """Yield that a certificate is too old, or too new, for a time."""
    if certificate.is_not_yet_valid(now):
        sentence = f"{name} is valid from {certificate.start:%Y-%m-%d} on."
        yield Finding(ProblemCode.CERTIFICATE_NOT_YET_VALID, sentence, _PROFILE)
    elif certificate.has_expired(now):
        sentence = f"{name} expired on {certificate.end:%Y-%m-%d}."
        yield Finding(ProblemCode.CERTIFICATE_EXPIRED, sentence, _PROFILE)


def _revocations(text: str) -> Findings:
    """Yield that the list of revoked certificates cannot be read."""
    try:
        read_base64(text)
    except CertificateError as why:
        is_spared = may_be_read(text, Encoding.BASE64)
        sentence = f"crl.crldata {why}."
        yield Finding(ProblemCode.BAD_REVOCATION_LIST, sentence, "RFC 5280 5", is_spared)
