"""A small certificate authority: a root, identity and role certificates, revocation lists."""

import base64
import warnings
from collections.abc import Callable, Sequence
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

from onboardee.obt.anchors import TrustAnchors, to_der, wall_clock
from onboardee.obt.chain import IDENTITY, ROLE, common_name
from onboardee.obt.errors import PayloadError
from onboardee.obt.identity import Identity
from onboardee.wire.dtls import Certificate

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
    """Signs for one security domain. All certificates it returns are PEM text.

    It is a root, or works below one: then what it signs comes with the authorities between.
    """

    def __init__(
        self,
        chain: Sequence[x509.Certificate],
        key: ec.EllipticCurvePrivateKey,
        *,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        self._own, *self._above = chain
        self._root = chain[-1]
        self._key = key
        self._clock = clock
        self._revoked: list[x509.RevokedCertificate] = []
        self._crl_number = 0

    @classmethod
    def create(
        cls, name: str = "onboardee authority", *, clock: Callable[[], datetime] = wall_clock
    ) -> Self:
        """Make a root with a new key."""
        key, subject = ec.generate_private_key(ec.SECP256R1()), _name(name)
        builder = _authority_builder(subject, key.public_key(), clock() - LEEWAY, None)
        root = builder.issuer_name(subject).sign(key, SHA256())
        return cls([root], key, clock=clock)

    def subordinate(self, name: str = "onboardee intermediate authority") -> "Authority":
        """Make an authority below this one, with a new key, that makes none itself.

        Raises:
            ValueError: if this one is below another itself.

        """
        if self._above:
            raise ValueError("an authority below another one signs no further authorities")
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _authority_builder(_name(name), key.public_key(), self._clock() - LEEWAY, 0)
        own = builder.issuer_name(self._own.subject).sign(self._key, SHA256())
        return Authority([own, *self._chain], key, clock=self._clock)

    @classmethod
    def load(
        cls,
        chain: bytes | str,
        private_key: bytes,
        *,
        clock: Callable[[], datetime] = wall_clock,
    ) -> Self:
        """Take up an authority again: its `chain` in PEM, or its root in DER, and its private key.

        Raises:
            ValueError: if the two do not belong together.

        """
        key = load_pem_private_key(private_key, None)
        certificates = [x509.load_der_x509_certificate(der) for der in to_der(chain)]
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("the authority's key is not on an elliptic curve")  # noqa: TRY004
        if certificates[0].public_key() != key.public_key():
            raise ValueError("the private key does not belong to the first certificate")
        return cls(certificates, key, clock=clock)

    @property
    def root(self) -> str:
        """The root certificate."""
        return _pem(self._root)

    @property
    def chain(self) -> str:
        """Its own certificate and those above it, the root last."""
        return "".join(map(_pem, self._chain))

    @property
    def anchors(self) -> TrustAnchors:
        """The root as the only trust anchor, and what is revoked at the time of asking."""
        root = self._root.public_bytes(Encoding.DER)
        return TrustAnchors((root,), self._clock, lambda: (self._revocation_list(),))

    def private_key(self) -> bytes:
        """Return the private key in PEM, for `load`."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def identity(self, request: SigningRequest) -> str:
        """Sign an identity certificate (OCF Security 9.4.2.2)."""
        return self._signed(self._builder(request, IDENTITY))

    def role(self, request: SigningRequest, role: str, *, authority: str | None = None) -> str:
        """Sign a role certificate; without `authority` the role is of the issuer's."""
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, role)]
        if authority is not None:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, authority))
        names = x509.SubjectAlternativeName([x509.DirectoryName(x509.Name(attributes))])
        return self._signed(self._builder(request, ROLE).add_extension(names, critical=False))

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
        return Revocations(self._crl_number, made, self._revocation_list())

    def _revocation_list(self) -> bytes:
        made = self._clock().replace(microsecond=0)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._own.subject)
            .last_update(made)
            .next_update(made + LIFE)
            .add_extension(x509.CRLNumber(self._crl_number), critical=False)
        )
        for entry in self._revoked:
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.DER)

    @property
    def _chain(self) -> list[x509.Certificate]:
        return [self._own, *self._above]

    def _signed(self, builder: x509.CertificateBuilder) -> str:
        """Sign, and put the authorities between behind it; the root is known to whoever trusts."""
        leaf = builder.sign(self._key, SHA256())
        return "".join(map(_pem, [leaf, *self._chain[:-1]]))

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
            .issuer_name(self._own.subject)
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


def _authority_builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, below: int | None
) -> x509.CertificateBuilder:
    """Say what stands in an authority's certificate that may have `below` authorities under it."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(**uses: Any) -> x509.KeyUsage:
    return x509.KeyUsage(**{**_NO_USE, **uses})


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")
