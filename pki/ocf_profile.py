"""OCF's profile of certificates: what each may be used for (OCF Security 9.4.2).

    certificate     basicConstraints       keyUsage                extendedKeyUsage
    -------------   --------------------   ---------------------   ----------------------------
    authority       CA, path long enough   keyCertSign             -
    identity        no CA                  digitalSignature,       server, client, IDENTITY
                                             keyAgreement
    role            no CA                  the same                server, client, ROLE
    manufacturer    no CA                  the same                server, client

All of them: X.509 version 3, a key on P-256, a signature by ECDSA with SHA-256, and no critical
extension that is not understood here (RFC 5280 4.2). Who is told to takes P-384 with SHA-384 as
well, each with the hash of either (`pki.curves`).

The purposes are kept apart: a role's certificate opens no session, and the names in an identity
give no roles. A certificate that allows any purpose, or both of these, is refused.

All checks raise `UnsupportedCertificateError`, or `BadCertificateError` for what cannot be read.
"""

from collections.abc import Collection
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID

from onboardee.pki.certificate import Certificate, common_names, reading, texts
from onboardee.pki.curves import OCF, Curve, curve_of
from onboardee.pki.errors import UnsupportedCertificateError

IDENTITY: Final = x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.6")
ROLE: Final = x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.7")
"""Purposes, among the extended key usages of a certificate (OCF Security 9.4.2.2)."""

_SIGNATURES: Final = {
    Curve.P256: SignatureAlgorithmOID.ECDSA_WITH_SHA256,
    Curve.P384: SignatureAlgorithmOID.ECDSA_WITH_SHA384,
}
_HASH_NAMES: Final = {Curve.P256: "SHA-256", Curve.P384: "SHA-384"}

# Extensions that may be critical, as they are read here or say nothing that could forbid a use.
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
# What an end entity's key is for, no less and no more.
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
"""All uses that a key can have, by the names that the library has for them."""


def check_common(certificate: Certificate, curves: Collection[Curve] = OCF) -> None:
    """Require what holds for all: version 3, a known curve and hash, known critical parts.

    The algorithm that the signature names is looked at, not only whether it verifies: a weak hash
    would otherwise be as good as any.
    """
    key = certificate.public_key()
    critical = certificate.critical_extensions()
    if certificate.content.version is not x509.Version.v3:
        raise UnsupportedCertificateError("a certificate is not of version 3")
    if curve_of(key) not in curves:
        known = " or ".join(curves)
        raise UnsupportedCertificateError(f"a certificate's key is not on {known}")
    if certificate.content.signature_algorithm_oid not in {_SIGNATURES[each] for each in curves}:
        known = " or ".join(_HASH_NAMES[each] for each in curves)
        raise UnsupportedCertificateError(f"a certificate is not signed by ECDSA with {known}")
    if critical - _UNDERSTOOD:
        raise UnsupportedCertificateError("a certificate has an unknown critical extension")


def check_end_entity(
    certificate: Certificate,
    purpose: x509.ObjectIdentifier | None,
    curves: Collection[Curve] = OCF,
) -> None:
    """Require the profile of an end entity.

    Its `purpose` is `IDENTITY` or `ROLE`; a manufacturer's certificate has none, and None stands
    for it.
    """
    check_common(certificate, curves)
    constraints = certificate.extension(x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise UnsupportedCertificateError("an authority's certificate is no end entity's")
    if _usages(certificate) != _AGREEING:
        raise UnsupportedCertificateError("keyUsage is not digitalSignature and keyAgreement")
    extended = certificate.extension(x509.ExtendedKeyUsage)
    purposes = frozenset(() if extended is None else extended)
    needed = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    if purpose is not None:
        needed.add(purpose)
    if not needed <= purposes:
        raise UnsupportedCertificateError("extendedKeyUsage does not allow what it is used for")
    if ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in purposes or purposes >= {IDENTITY, ROLE}:
        raise UnsupportedCertificateError("extendedKeyUsage allows too much")


def check_authority(certificate: Certificate, below: int, curves: Collection[Curve] = OCF) -> None:
    """Require the profile of an authority that has `below` authorities under it in the chain.

    Its path length counts authorities, not the end entity (RFC 5280 4.2.1.9).
    """
    check_common(certificate, curves)
    constraints = certificate.extension(x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise UnsupportedCertificateError("an issuer is no certificate authority")
    if constraints.path_length is not None and constraints.path_length < below:
        raise UnsupportedCertificateError("the chain is longer than an authority allows")
    if certificate.extension(x509.NameConstraints) is not None:
        # critical or not: whom an authority may not certify is not to be believed (RFC 5280
        # 4.2.1.10), and OCF's identities are no names that the constraints speak of
        raise UnsupportedCertificateError("an authority has name constraints")
    if "key_cert_sign" not in _usages(certificate):
        raise UnsupportedCertificateError("an issuer's key is not for signing certificates")


def roles_in(certificate: Certificate) -> frozenset[tuple[str, str | None]]:
    """Return the roles that its directory names grant, each with its authority.

    Without one in the name the role is of the issuer's (OCF Security 9.4.2.4).
    """
    alternatives = certificate.extension(x509.SubjectAlternativeName)
    if alternatives is None:
        return frozenset()
    issuer = next(iter(common_names(certificate.issuer)), None)
    with reading():
        return frozenset(
            (role, next(iter(texts(name, NameOID.ORGANIZATIONAL_UNIT_NAME)), issuer))
            for name in alternatives.get_values_for_type(x509.DirectoryName)
            for role in common_names(name)
        )


def _usages(certificate: Certificate) -> frozenset[str]:
    """Return what the key is for; without the extension it is for nothing."""
    usage = certificate.extension(x509.KeyUsage)
    return frozenset(name for name in _USAGES if usage is not None and getattr(usage, name))
