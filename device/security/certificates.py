"""Single X.509 certificates of peers: OCF's profile of them (OCF Security 9.4.2).

The X.509 library costs 5 MB of memory: import this module only where a certificate is at hand.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID

from onboardee.svrdb.model import PublicData, RoleId
from onboardee.svrdb.x509 import Unusable, checked, common_names, read_certificates, texts
from onboardee.svrdb.x509 import reading as explained
from onboardee.wire.dtls import BadCertificate, UnsupportedCertificate

IDENTITY: Final = x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.6")
ROLE: Final = x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.7")

_UNDERSTOOD: Final = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.SubjectAlternativeName.oid,
        x509.SubjectKeyIdentifier.oid,
        x509.AuthorityKeyIdentifier.oid,
    }
)
_AGREEING: Final = frozenset({"digital_signature", "key_agreement"})
_USAGES: Final = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)

Extension = TypeVar("Extension", bound=x509.ExtensionType)


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever the library says about malformed octets into `BadCertificate`."""
    try:
        with explained("a certificate cannot be read"):
            yield
    except Unusable as error:
        raise BadCertificate(str(error)) from error


def read_chain(ders: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    """Read a chain as a handshake carries it. Raises `BadCertificate`."""
    with reading():
        return checked([x509.load_der_x509_certificate(der) for der in ders])


def read_public(public: PublicData) -> tuple[x509.Certificate, ...]:
    """Read the certificates of a credential. Raises `BadCertificate`."""
    with reading():
        return read_certificates(public)


def as_pem(octets: bytes) -> str:
    """Return certificates, PEM text or DER one behind the other, as PEM text.

    Raises `BadCertificate`.
    """
    with reading():
        if b"-----BEGIN" in octets:
            found = x509.load_pem_x509_certificates(octets)
        else:
            found = [x509.load_der_x509_certificate(der) for der in _split(octets)]
        return "".join(
            each.public_bytes(serialization.Encoding.PEM).decode("ascii") for each in found
        )


def _split(octets: bytes) -> Iterator[bytes]:
    """Yield the DER values, each a SEQUENCE with the length in its first octets (X.690 8.1.3)."""
    while octets:
        if len(octets) < 4 or octets[:2] != b"\x30\x82":
            raise ValueError("not the DER of a certificate")
        size = 4 + int.from_bytes(octets[2:4])
        yield octets[:size]
        octets = octets[size:]


def check_common(certificate: x509.Certificate) -> None:
    """Require what holds for all: version 3, P-256, ECDSA with SHA-256, known critical parts."""
    with reading():
        key = certificate.public_key()
        critical = {each.oid for each in certificate.extensions if each.critical}
    if certificate.version is not x509.Version.v3:
        raise UnsupportedCertificate("a certificate is not of version 3")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UnsupportedCertificate("a certificate's key is not on P-256")
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        raise UnsupportedCertificate("a certificate is not signed by ECDSA with SHA-256")
    if critical - _UNDERSTOOD:
        raise UnsupportedCertificate("a certificate has an unknown critical extension")


def check_end_entity(certificate: x509.Certificate, purpose: x509.ObjectIdentifier | None) -> None:
    """Require OCF's profile of an end entity; a manufacturer's certificate has no `purpose`.

    Raises `UnsupportedCertificate`, or `BadCertificate` if it cannot be read.
    """
    check_common(certificate)
    constraints = extension(certificate, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise UnsupportedCertificate("an authority's certificate is no end entity's")
    if _usages(certificate) != _AGREEING:
        raise UnsupportedCertificate("keyUsage is not digitalSignature and keyAgreement")
    extended = extension(certificate, x509.ExtendedKeyUsage)
    purposes = frozenset(() if extended is None else extended)
    needed = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    if purpose is not None:
        needed.add(purpose)
    if not needed <= purposes:
        raise UnsupportedCertificate("extendedKeyUsage does not allow what it is used for")
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes or purposes >= {IDENTITY, ROLE}:
        raise UnsupportedCertificate("extendedKeyUsage allows too much")


def check_authority(certificate: x509.Certificate, below: int) -> None:
    """Require OCF's profile of an authority that has `below` authorities under it."""
    check_common(certificate)
    constraints = extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise UnsupportedCertificate("an issuer is no certificate authority")
    if constraints.path_length is not None and constraints.path_length < below:
        raise UnsupportedCertificate("the chain is longer than an authority allows")
    if extension(certificate, x509.NameConstraints) is not None:
        # critical or not: whom an authority may not certify is not to be believed (RFC 5280
        # 4.2.1.10), and OCF's identities are no names that the constraints speak of
        raise UnsupportedCertificate("an authority has name constraints")
    if "key_cert_sign" not in _usages(certificate):
        raise UnsupportedCertificate("an issuer's key is not for signing certificates")


def roles_in(certificate: x509.Certificate) -> frozenset[RoleId]:
    """Return the roles that a role certificate's directory names grant (OCF Security 9.4.2.4)."""
    alternatives = extension(certificate, x509.SubjectAlternativeName)
    if alternatives is None:
        return frozenset()
    issuer = next(iter(common_names(certificate.issuer)), None)
    return frozenset(
        RoleId(
            role=role, authority=next(iter(texts(name, NameOID.ORGANIZATIONAL_UNIT_NAME)), issuer)
        )
        for name in alternatives.get_values_for_type(x509.DirectoryName)
        for role in common_names(name)
    )


def extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    """Return an extension, None if there is none. Raises `BadCertificate`."""
    with reading():
        try:
            return certificate.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None


def _usages(certificate: x509.Certificate) -> frozenset[str]:
    usage = extension(certificate, x509.KeyUsage)
    return frozenset(name for name in _USAGES if usage is not None and getattr(usage, name))
