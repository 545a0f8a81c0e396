"""The device's own key pair, certificate requests and certificates (OCF Security 9.4).

    usage of the credential       made by            shown in a handshake
    --------------------------    ----------------   -----------------------------------------
    oic.sec.cred.mfgcert          the manufacturer   while it changes owners, and later where
                                                       it has no other
    oic.sec.cred.cert             the owner          once it has an owner

The owner's certificate is for the key pair of the device, whose public half leaves it in a request
(`/oic/sec/csr`) and whose private half never does. A manufacturer's certificate brings its own key.

Of several the last one that was written counts, if it is complete and in its time. An older one
takes its place otherwise: a tool that renews a certificate and makes a mistake must not lock itself
out. A certificate without its key, or with another's, is never shown, as the handshake could not be
finished with it.
"""

from collections.abc import Iterator
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec

from onboardee.device.access.periods import is_usable
from onboardee.pki import key_pairs
from onboardee.pki.curves import OCF, Curve
from onboardee.pki.errors import CertificateError, OutdatedCertificateError
from onboardee.pki.key_pairs import CertifiedKey
from onboardee.svrdb.model import (
    Credential,
    CredentialType,
    CredentialUsage,
    Database,
    Encoding,
    PrivateData,
    PublicData,
)
from onboardee.wire.entropy import Entropy


def curves_of(database: Database) -> tuple[Curve, ...]:
    """Return on which curves keys may be, that of the device's own key pair first."""
    return tuple(Curve(each) for each in database.curves)


def new_key(entropy: Entropy, curve: Curve = Curve.P256) -> PrivateData:
    """Make a key pair (OCF Security 9.4.2) from the given entropy; PEM of PKCS #8."""
    data = key_pairs.to_pem(key_pairs.new_key(entropy.token, curve))
    return PrivateData(data=data, encoding=Encoding.PEM)


def load_key(private: PrivateData, curves: tuple[Curve, ...] = OCF) -> ec.EllipticCurvePrivateKey:
    """Load a key on one of the curves. Raises `ValueError`."""
    is_pem = private.encoding is Encoding.PEM
    return key_pairs.load_ec(private.data, is_pem=is_pem, curves=curves)


def make_request(database: Database) -> str:
    """Return a certificate request for the device (PKCS #10, RFC 2986) as PEM text."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki import signing_requests  # noqa: PLC0415

    key = load_key(database.identity_key, curves_of(database))
    return signing_requests.make_request(key, database.doxm.device_uuid)


def identity_certificate(database: Database, moment: datetime) -> CertifiedKey | None:
    """Return what the device presents once it is owned: its identity, or its maker's word."""
    own = _latest(database, CredentialUsage.IDENTITY, moment)
    return own or manufacturer_certificate(database, moment)


def manufacturer_certificate(database: Database, moment: datetime) -> CertifiedKey | None:
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
    """Yield the device's certificates of a usage, the one that was written last first."""
    for credential in reversed(database.cred.credentials):
        if credential.kind == CredentialType.CERTIFICATE and credential.usage == usage:
            yield credential


def _latest(database: Database, usage: CredentialUsage, moment: datetime) -> CertifiedKey | None:
    for credential in _own(database, usage):
        if is_usable(credential, moment) and _is_in_time(credential, moment):
            certificate = _presentable(credential, database)
            if certificate is not None:
                return certificate
    return None


def _is_in_time(credential: Credential, moment: datetime) -> bool:
    """Tell whether none of its certificates has expired; what cannot be read is another matter."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki.chains import check_validity  # noqa: PLC0415
    from onboardee.svrdb.certificates import read_certificates  # noqa: PLC0415

    try:
        for certificate in read_certificates(credential.public or PublicData()):
            check_validity(certificate, moment)
    except OutdatedCertificateError:
        return False
    except CertificateError:
        return True
    return True


def _presentable(credential: Credential, database: Database) -> CertifiedKey | None:
    """Return chain and key; None if one is missing, cannot be read or does not fit the other.

    A manufacturer's certificate brings its key; others may be for the device's own key pair.
    """
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki.chains import with_issuers  # noqa: PLC0415
    from onboardee.svrdb.certificates import authorities_of, read_certificates  # noqa: PLC0415

    is_makers = credential.usage == CredentialUsage.MANUFACTURER
    private = credential.private or (PrivateData() if is_makers else database.identity_key)
    if credential.public is None or not private.data:
        return None
    try:
        key = load_key(private, curves_of(database))
        chain = read_certificates(credential.public)
        if chain[0].public_key() != key.public_key():
            return None
    except ValueError:
        return None
    shown = with_issuers(chain, authorities_of(database, credential))
    return CertifiedKey(tuple(each.der for each in shown), key)
