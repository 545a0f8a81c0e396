"""A small certificate authority of OCF's profile, for tests and laboratories only.

Nothing here protects a private key: never let anything of value trust these certificates.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from onboardee.wire.dtls import Certificate

IDENTITY: Final = x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.6")
ROLE: Final = x509.ObjectIdentifier("1.3.6.1.4.1.44924.1.7")
START: Final = datetime(2024, 1, 1, tzinfo=UTC)
LIFETIME: Final = timedelta(days=36500)

_OFF: Final = {
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "encipher_only": False,
    "decipher_only": False,
}


@dataclass(frozen=True)
class Recipe:
    """What a certificate says; every field can be set wrong on purpose."""

    subject: str
    ca: bool = False
    path_length: int | None = None
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    usages: frozenset[str] = frozenset({"digital_signature", "key_agreement"})
    role: tuple[str, str | None] | None = None
    """A role and its authority."""
    start: datetime = START
    end: datetime = START + LIFETIME
    curve: ec.EllipticCurve = field(default_factory=ec.SECP256R1)
    algorithm: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)


def authority(name: str, *, path_length: int | None = None) -> Recipe:
    """Return what a certificate authority's certificate says."""
    usages = frozenset({"key_cert_sign", "crl_sign"})
    return Recipe(name, ca=True, path_length=path_length, usages=usages)


def _for_devices(subject: str, *purposes: x509.ObjectIdentifier) -> Recipe:
    both = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    return Recipe(subject, purposes=(*both, *purposes))


def identity(uuid: UUID) -> Recipe:
    """Return what the certificate of a device or tool says."""
    return _for_devices(f"uuid:{uuid}", IDENTITY)


def manufacturer(name: str = "onboardee laboratory device") -> Recipe:
    """Return what a manufacturer's certificate says."""
    return _for_devices(name, IDENTITY)


def role(uuid: UUID, name: str, authority: str | None = None) -> Recipe:
    """Return what a role certificate says."""
    return replace(_for_devices(f"uuid:{uuid}", ROLE), role=(name, authority))


@dataclass(frozen=True)
class Issued:
    """A certificate, its private key and those who signed it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    issuers: tuple[x509.Certificate, ...] = ()
    """From the direct issuer to the root, which is left out of `pem` and `dtls`."""

    def issue(self, recipe: Recipe, key: ec.EllipticCurvePrivateKey | None = None) -> "Issued":
        """Sign a certificate, for a new key unless one is given."""
        own = key or ec.generate_private_key(recipe.curve)
        certificate = self.sign(recipe, own.public_key())
        return Issued(certificate, own, (self.certificate, *self.issuers))

    def sign(self, recipe: Recipe, public_key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        """Sign a certificate for a key of which only the public half is known."""
        return _certificate(recipe, public_key, self.certificate.subject, self.key)

    def revoke(self, *certificates: x509.Certificate) -> bytes:
        """Return the DER of a list of revoked certificates."""
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self.certificate.subject, last_update=START, next_update=START + LIFETIME
        )
        for each in certificates:
            revoked = x509.RevokedCertificateBuilder(each.serial_number, START)
            builder = builder.add_revoked_certificate(revoked.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        """The chain as PEM text, leaf first, without the root; a root alone."""
        chain = (self.certificate, *self.issuers[:-1])
        return "".join(each.public_bytes(Encoding.PEM).decode() for each in chain)

    @property
    def key_pem(self) -> str:
        """The private key as PEM text."""
        octets = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return octets.decode()

    @property
    def dtls(self) -> Certificate:
        """Chain and key as the DTLS engine takes them."""
        chain = (self.certificate, *self.issuers[:-1])
        return Certificate(tuple(each.public_bytes(Encoding.DER) for each in chain), self.key)


def root(name: str = "onboardee laboratory root", recipe: Recipe | None = None) -> Issued:
    """Make a certificate authority that signs itself."""
    recipe = recipe or authority(name)
    key = ec.generate_private_key(recipe.curve)
    certificate = _certificate(recipe, key.public_key(), _name(recipe.subject), key)
    return Issued(certificate, key)


def _name(common_name: str, unit: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if unit is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name(attributes)


def _certificate(
    recipe: Recipe,
    public_key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    constraints = x509.BasicConstraints(ca=recipe.ca, path_length=recipe.path_length)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(recipe.subject))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(recipe.start)
        .not_valid_after(recipe.end)
        .add_extension(constraints, critical=True)
        .add_extension(_key_usage(recipe.usages), critical=True)
    )
    if recipe.purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(recipe.purposes), critical=False)
    if recipe.role is not None:
        names = x509.SubjectAlternativeName([x509.DirectoryName(_name(*recipe.role))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, recipe.algorithm)


def _key_usage(usages: frozenset[str]) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature="digital_signature" in usages,
        key_agreement="key_agreement" in usages,
        key_cert_sign="key_cert_sign" in usages,
        crl_sign="crl_sign" in usages,
        **_OFF,
    )
