"""Making certificates of OCF's profile, and others that fail it on purpose.

The authorities of tests, laboratories and the onboarding tool all come from here. Nothing here
protects a private key: let nothing of value trust the certificates of a laboratory.

What a certificate says is apart from who signs it. A `Recipe` has all that it says, with the
values of an honest one as defaults; the functions below return the recipes of OCF's kinds.
`Issued` is a certificate with its key, and signs further ones. So one that is wrong on purpose is
a recipe with one field replaced, signed like any other (`broken`).

The first day of validity lies in the past and the last one far ahead, so that a test does not
depend on the day on which it is run. The tool's authority sets its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from onboardee.pki.certificate import Certificate
from onboardee.pki.compliance import (
    ATTRIBUTES,
    COMPLIANCE,
    Compliance,
    encoded,
    encoded_attributes,
)
from onboardee.pki.curves import Curve, curve_of
from onboardee.pki.key_pairs import CertifiedKey, to_pem
from onboardee.pki.ocf_profile import IDENTITY, ROLE

START: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""From when on certificates are valid where nobody says otherwise."""
LIFETIME: Final = timedelta(days=36500)
"""For how long they are: a hundred years."""

_LABORATORY: Final = "1.3.6.1.4.1.51414"
"""A number of IANA, in the place of a maker's: OCF's own."""
_UNKNOWN: Final = x509.ObjectIdentifier("2.999.1")
"""Of an extension that is nobody's: from the arc for examples (ITU-T X.660).

Its numbers are small: some programs refuse one made of a UUID, as they cannot read it.
"""

_OFF: Final = {
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "encipher_only": False,
    "decipher_only": False,
}
"""The bits of the key usage that no certificate of OCF has (RFC 5280 4.2.1.3)."""


@dataclass(frozen=True)
class Recipe:
    """What a certificate says; every field can be set wrong on purpose."""

    subject: str
    ca: bool = False
    """Whether it is an authority's (basicConstraints, RFC 5280 4.2.1.9)."""
    path_length: int | None = None
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    """Its extended key usages; none leaves the extension out."""
    usages: frozenset[str] = frozenset({"digital_signature", "key_agreement"})
    """Its key usages, by the names that the library has for them."""
    role: tuple[str, str | None] | None = None
    """A role and its authority."""
    start: datetime = START
    end: datetime = START + LIFETIME
    curve: ec.EllipticCurve = field(default_factory=ec.SECP256R1)
    """The curve of the key that is made for it; OCF has P-256."""
    algorithm: hashes.SHA256 | hashes.SHA384 = field(default_factory=hashes.SHA256)
    """The hash of its signature; OCF has SHA-256."""
    compliance: Compliance | None = None
    """Which security profiles it asserts, for a manufacturer's certificate."""
    product: tuple[str, str, str] | None = None
    """IANA number, model and version in the list of certified products."""
    has_unknown_critical: bool = False
    """Whether it has a critical extension that nobody knows, and everybody has to refuse."""

    def certificate(
        self,
        public_key: ec.EllipticCurvePublicKey,
        issuer: x509.Name,
        signer: ec.EllipticCurvePrivateKey,
    ) -> Certificate:
        """Return a certificate that says so, about a key, signed in the name of an issuer."""
        return _certificate(self, public_key, issuer, signer)


def on(curve: Curve, recipe: Recipe) -> Recipe:
    """Return a recipe for a key on a curve, signed with the hash that goes with it."""
    return replace(recipe, curve=curve.parameters, algorithm=curve.hash)


def asserting(recipe: Recipe, profiles: Iterable[str]) -> Recipe:
    """Return a manufacturer's recipe that asserts security profiles, of a made-up product.

    `profiles` are object identifiers as texts.
    """
    compliance = Compliance(tuple(profiles), recipe.subject, "onboardee")
    return replace(recipe, compliance=compliance, product=(_LABORATORY, recipe.subject, "1.0"))


def authority(name: str, *, path_length: int | None = None) -> Recipe:
    """Return what a certificate authority's certificate says.

    With a path length of 0 it signs end entities only, and no further authorities.
    """
    usages = frozenset({"key_cert_sign", "crl_sign"})
    return Recipe(name, ca=True, path_length=path_length, usages=usages)


def _for_devices(subject: str, *purposes: x509.ObjectIdentifier) -> Recipe:
    """Return what end entities have in common: they may be server and client of a session."""
    both = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    return Recipe(subject, purposes=(*both, *purposes))


def identity(uuid: UUID) -> Recipe:
    """Return what the certificate of a device or tool says (OCF Security 9.4.2.2)."""
    return _for_devices(f"uuid:{uuid}", IDENTITY)


def manufacturer(name: str = "onboardee laboratory device") -> Recipe:
    """Return what a manufacturer's certificate says (OCF Security 9.4.2.2).

    Its name is free: it says of which make the device is, not which device.
    """
    return _for_devices(name, IDENTITY)


def role(uuid: UUID, name: str, authority: str | None = None) -> Recipe:
    """Return what a role certificate says (OCF Security 9.4.2.4).

    Without an authority the role is of the issuer's.
    """
    return replace(_for_devices(f"uuid:{uuid}", ROLE), role=(name, authority))


class Revoked(NamedTuple):
    """An entry of a list of revoked certificates."""

    serial_number: int
    since: datetime
    """From when on it is not to be believed."""


@dataclass(frozen=True)
class Issued:
    """A certificate, its private key and those who signed it."""

    certificate: Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    issuers: tuple[Certificate, ...] = ()
    """From the direct issuer to the root, which is left out of `pem` and `certified_key`."""

    def issue(self, recipe: Recipe, key: ec.EllipticCurvePrivateKey | None = None) -> "Issued":
        """Sign a certificate, for a new key unless one is given."""
        own = key or ec.generate_private_key(recipe.curve)
        certificate = self.sign(recipe, own.public_key())
        return Issued(certificate, own, (self.certificate, *self.issuers))

    def sign(self, recipe: Recipe, public_key: ec.EllipticCurvePublicKey) -> Certificate:
        """Sign a certificate for a key of which only the public half is known."""
        return _certificate(recipe, public_key, self.certificate.subject, self.key)

    def revoke(self, *certificates: Certificate) -> bytes:
        """Return the DER of a list of revoked certificates."""
        entries = [Revoked(each.serial_number, START) for each in certificates]
        return self.revocation_list(entries, START, START + LIFETIME)

    def revocation_list(
        self, entries: Iterable[Revoked], made: datetime, due: datetime, number: int | None = None
    ) -> bytes:
        """Return the DER of a list that was made at one time, of which the next is due at one.

        A `number` grows from list to list, and tells a reader which is the newest (RFC 5280
        5.2.3). The hash of the signature is the one that goes with the curve of the key.
        """
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self.certificate.subject, last_update=made, next_update=due
        )
        if number is not None:
            builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        for each in entries:
            revoked = x509.RevokedCertificateBuilder(each.serial_number, each.since)
            builder = builder.add_revoked_certificate(revoked.build())
        digest = (curve_of(self.key) or Curve.P256).hash
        return builder.sign(self.key, digest).public_bytes(Encoding.DER)

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The certificate and those above it, without the root; a root alone."""
        return (self.certificate, *self.issuers[:-1])

    @property
    def pem(self) -> str:
        """The chain as PEM text."""
        return "".join(each.pem for each in self.chain)

    @property
    def key_pem(self) -> str:
        """The private key as PEM text."""
        return to_pem(self.key).decode("ascii")

    @property
    def certified_key(self) -> CertifiedKey:
        """Chain and key as a handshake needs them."""
        return CertifiedKey(tuple(each.der for each in self.chain), self.key)


def root(name: str = "onboardee laboratory root", recipe: Recipe | None = None) -> Issued:
    """Make a certificate authority that signs itself; it says `recipe`, or the usual for a name."""
    recipe = recipe or authority(name)
    key = ec.generate_private_key(recipe.curve)
    certificate = _certificate(recipe, key.public_key(), _name(recipe.subject), key)
    return Issued(certificate, key)


def _name(common_name: str, unit: str | None = None) -> x509.Name:
    """Return a name: a common name, and for a role the authority that it is of."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if unit is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name(attributes)


def _certificate(
    recipe: Recipe,
    public_key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
) -> Certificate:
    """Sign what a recipe says about a key, in the name of an issuer."""
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
    if recipe.ca:
        identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)
        # programs find an authority by it (RFC 5280 4.2.1.2); end entities need none
        builder = builder.add_extension(identifier, critical=False)
    if recipe.purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(recipe.purposes), critical=False)
    if recipe.role is not None:
        names = x509.SubjectAlternativeName([x509.DirectoryName(_name(*recipe.role))])
        builder = builder.add_extension(names, critical=False)
    if recipe.compliance is not None:
        value = x509.UnrecognizedExtension(COMPLIANCE, encoded(recipe.compliance))
        builder = builder.add_extension(value, critical=False)
    if recipe.product is not None:
        value = x509.UnrecognizedExtension(ATTRIBUTES, encoded_attributes(*recipe.product))
        builder = builder.add_extension(value, critical=False)
    if recipe.has_unknown_critical:
        unknown = x509.UnrecognizedExtension(_UNKNOWN, b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    return Certificate.of(builder.sign(signer, recipe.algorithm))


def _key_usage(usages: frozenset[str]) -> x509.KeyUsage:
    """Return the extension with exactly these uses."""
    return x509.KeyUsage(
        digital_signature="digital_signature" in usages,
        key_agreement="key_agreement" in usages,
        key_cert_sign="key_cert_sign" in usages,
        crl_sign="crl_sign" in usages,
        **_OFF,
    )
