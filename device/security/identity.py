"""The device's own key pair, certificate requests and certificates (OCF Security 9.4)."""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding as KeyEncoding,
)
from cryptography.hazmat.primitives.serialization import (
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from onboardee.device.security.usable import is_usable
from onboardee.svrdb.model import (
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Encoding,
    PrivateData,
    PublicData,
)
from onboardee.wire.dtls import Alert, Certificate, CertificateExpired
from onboardee.wire.entropy import Entropy

_CURVE: Final = ec.SECP256R1()
_SCALAR_OCTETS: Final = 40
"""Eight octets more than the group order, so that reducing leaves no bias (FIPS 186-5 A.2.1)."""
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


def new_key(entropy: Entropy) -> PrivateData:
    """Make a key pair."""
    secret = int.from_bytes(entropy.token(_SCALAR_OCTETS)) % (_CURVE.group_order - 1) + 1
    key = ec.derive_private_key(secret, _CURVE)
    pem = key.private_bytes(KeyEncoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return PrivateData(data=pem, encoding=Encoding.PEM)


def load_key(private: PrivateData) -> ec.EllipticCurvePrivateKey:
    """Load a P-256 key. Raises `ValueError`."""
    load = load_pem_private_key if private.encoding is Encoding.PEM else load_der_private_key
    try:
        key = load(private.data, None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("the private key cannot be read") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != _CURVE.name:
        raise ValueError("the private key is not on P-256")
    return key


def make_request(private: PrivateData, device: UUID) -> str:
    """Return a certificate request for the device (PKCS #10) as PEM text."""
    # 5 MB of memory that a device without certificates need not have
    from cryptography import x509  # noqa: PLC0415

    name = x509.NameAttribute(x509.NameOID.COMMON_NAME, f"uuid:{device}")
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([name]))
    return builder.sign(load_key(private), hashes.SHA256()).public_bytes(KeyEncoding.PEM).decode()


def identity_certificate(database: Database, moment: datetime) -> Certificate | None:
    """Return what the device presents once it is owned: its identity, or its maker's word."""
    own = _latest(database, CredentialUsage.IDENTITY, moment)
    return own or manufacturer_certificate(database, moment)


def manufacturer_certificate(database: Database, moment: datetime) -> Certificate | None:
    """Return what the device presents while it changes owners (OCF Security 7.3.6)."""
    return _latest(database, CredentialUsage.MANUFACTURER, moment)


def expired_certificates(database: Database, moment: datetime) -> frozenset[Credential]:
    """Return the device's own certificates that no peer would believe any more, or not yet."""
    return frozenset(
        credential
        for usage in (CredentialUsage.IDENTITY, CredentialUsage.MANUFACTURER)
        for credential in _own(database, usage)
        if not _is_in_time(credential, moment)
    )


def _own(database: Database, usage: CredentialUsage) -> Iterator[Credential]:
    for credential in reversed(database.cred.credentials):
        if credential.kind == CredentialType.CERTIFICATE and credential.usage == usage:
            yield credential


def _latest(database: Database, usage: CredentialUsage, moment: datetime) -> Certificate | None:
    for credential in _own(database, usage):
        if is_usable(credential, moment) and _is_in_time(credential, moment):
            certificate = _presentable(credential, database.identity_key)
            if certificate is not None:
                return certificate
    return None


def _is_in_time(credential: Credential, moment: datetime) -> bool:
    """Tell whether none of its certificates has expired; what cannot be read is another matter."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.device.security import certificates, chains  # noqa: PLC0415

    try:
        for certificate in certificates.read_public(credential.public or PublicData()):
            chains.check_validity(certificate, moment)
    except CertificateExpired:
        return False
    except Alert:
        return True
    return True


def _presentable(credential: Credential, own: PrivateData) -> Certificate | None:
    """Return chain and key; None if they are not there or cannot be read."""
    private = credential.private or own
    if credential.public is None or not private.data:
        return None
    try:
        return Certificate(_ders(credential.public), load_key(private))
    except (ValueError, binascii.Error):
        return None


def _ders(public: PublicData) -> tuple[bytes, ...]:
    """Return a chain as octets; it was read when it came, so that needs no X.509 library."""
    texts = _PEM.findall(public.data) if public.encoding is Encoding.PEM else [public.data]
    return tuple(base64.b64decode("".join(text.split()), validate=True) for text in texts)
