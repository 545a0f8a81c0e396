"""A small certificate authority: a root, identity and role certificates, revocation lists."""

import base64
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from device.dtls import Certificate
from obt.anchors import TrustAnchors, to_der, wall_clock
from obt.chain import IDENTITY, ROLE, common_name
from obt.errors import PayloadError
from obt.identity import Identity

ROOT_LIFE: Final = timedelta(days=20 * 365)
LIFE: Final = timedelta(days=365)
LEEWAY: Final = timedelta(days=1)
"""How long before its making a certificate is valid: not all clocks agree."""
LONGEST_REQUEST: Final = 3072

_NO_USE: Final[dict[str, bool]] = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A checked certificate signing request: whose key, and for which UUID."""

    uuid: UUID
    key: ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class Revocations:
    """A certificate revocation list in DER, its number and when it was made."""

    number: int
    made: datetime
    der: bytes


class Authority:
    """Signs for one security domain. All certificates it returns are PEM text."""

    def __init__(
        self,
        root: x509.Certificate,
        key: ec.EllipticCurvePrivateKey,
        *,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._root = root
        self._key = key
        self._clock = clock
        self._revoked: list[x509.RevokedCertificate] = []
        self._crl_number = 0

    @classmethod
    def create(
        cls, name: str = "onboardee authority", *, clock: Callable[[], datetime] = wall_clock
    ) -> Self:
        """Make a root with a new key."""
        key, start = ec.generate_private_key(ec.SECP256R1()), clock() - LEEWAY
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        root = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + ROOT_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, SHA256())
        )
        return cls(root, key, clock=clock)

    @classmethod
    def load(
        cls,
        root: bytes | str,
        private_key: bytes,
        *,
        clock: Callable[[], datetime] = wall_clock,
    ) -> Self:
        """Take up an authority again: its root in PEM or DER and its private key in PEM.

        Raises:
            ValueError: if the two do not belong together.

        """
        (der, *_), key = to_der(root), load_pem_private_key(private_key, None)
        certificate = x509.load_der_x509_certificate(der)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the authority's key is not on an elliptic curve")  # noqa: TRY004
        if certificate.public_key() != key.public_key():
            raise ValueError("the private key does not belong to the root certificate")
        return cls(certificate, key, clock=clock)

    @property
    def root(self) -> str:
        """The root certificate."""
        return _pem(self._root)

    @property
    def anchors(self) -> TrustAnchors:
        """The root as the only trust anchor."""
        return TrustAnchors((self._root.public_bytes(Encoding.DER),), self._clock)

    def private_key(self) -> bytes:
        """Return the private key in PEM, for `load`."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def identity(self, request: SigningRequest) -> str:
        """Sign an identity certificate (OCF Security 9.4.2.2)."""
        return _pem(self._builder(request, IDENTITY).sign(self._key, SHA256()))

    def role(self, request: SigningRequest, role: str, *, authority: str | None = None) -> str:
        """Sign a role certificate; without `authority` the role is of the issuer's."""
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, role)]
        if authority is not None:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, authority))
        names = x509.SubjectAlternativeName([x509.DirectoryName(x509.Name(attributes))])
        builder = self._builder(request, ROLE).add_extension(names, critical=False)
        return _pem(builder.sign(self._key, SHA256()))

    def issue(self, uuid: UUID) -> Identity:
        """Make a key and an identity certificate for a client, such as the tool itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.identity(SigningRequest(uuid, key.public_key()))
        return Identity(uuid, Certificate(to_der(certificate), key), self.anchors)

    def issue_role(self, identity: Identity, role: str, *, authority: str | None = None) -> str:
        """Sign a role certificate for the key of an identity."""
        key = identity.certificate.private_key.public_key()
        return self.role(SigningRequest(identity.uuid, key), role, authority=authority)

    def revoke(self, certificate: bytes | str) -> None:
        """Put a certificate of ours on the list of those that are not to be believed."""
        serial = x509.load_der_x509_certificate(to_der(certificate)[0]).serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial)
        self._revoked.append(entry.revocation_date(self._clock()).build())

    def revocations(self) -> Revocations:
        """Sign a new list of what is revoked."""
        self._crl_number += 1
        made = self._clock().replace(microsecond=0)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._root.subject)
            .last_update(made)
            .next_update(made + LIFE)
            .add_extension(x509.CRLNumber(self._crl_number), critical=False)
        )
        for entry in self._revoked:
            builder = builder.add_revoked_certificate(entry)
        der = builder.sign(self._key, SHA256()).public_bytes(Encoding.DER)
        return Revocations(self._crl_number, made, der)

    def _builder(
        self, request: SigningRequest, purpose: x509.ObjectIdentifier
    ) -> x509.CertificateBuilder:
        start = self._clock() - LEEWAY
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"uuid:{request.uuid}")])
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, purpose]
        usage = _usage(digital_signature=True, key_agreement=True)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._root.subject)
            .public_key(request.key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + LEEWAY + LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        )


def read_request(text: object, encoding: str, uuid: UUID) -> SigningRequest:
    """Check the signing request of the device `uuid` (OCF Security 13.6).

    Raises:
        PayloadError: if it is for another device, or not signed with the key in it.

    """
    if not isinstance(text, str | bytes):
        raise PayloadError("csr is neither text nor octets")
    try:
        # what a device wrote into its request must not become a warning in our process
        with warnings.catch_warnings(action="ignore"):
            request = _parse_request(text, encoding)
            key, digest = request.public_key(), request.signature_hash_algorithm
            is_signed, name = request.is_signature_valid, common_name(request.subject)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise PayloadError("the request cannot be read") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise PayloadError("the key of the request is not on P-256")
    if not isinstance(digest, SHA256):
        raise PayloadError("the request is not signed with SHA-256")
    if not is_signed:
        raise PayloadError("the request is not signed with the key in it")
    if name != f"uuid:{uuid}":
        raise PayloadError(f"the common name of the request is {name!r}")
    return SigningRequest(uuid, key)


def _parse_request(text: str | bytes, encoding: str) -> x509.CertificateSigningRequest:
    data = text.encode() if isinstance(text, str) else text
    if len(data) > LONGEST_REQUEST:
        raise PayloadError(f"the request is longer than {LONGEST_REQUEST} octets")
    match encoding:
        case "oic.sec.encoding.pem":
            return x509.load_pem_x509_csr(data.rstrip(b"\0"))
        case "oic.sec.encoding.der":
            is_text = isinstance(text, str)
            der = base64.b64decode(data, validate=True) if is_text else data
            return x509.load_der_x509_csr(der)
    raise PayloadError(f"the request is in the encoding {encoding!r}")


def _usage(**uses: Any) -> x509.KeyUsage:
    return x509.KeyUsage(**{**_NO_USE, **uses})


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
