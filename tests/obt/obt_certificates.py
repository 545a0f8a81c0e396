"""Certificates for the tests of the onboarding tool, right ones and wrong ones."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from onboardee.pki.key_pairs import CertifiedKey

NOW = datetime(2030, 6, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
LEAF_USES = ("digital_signature", "key_agreement")
CA_USES = ("key_cert_sign", "crl_sign")


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Plan:
    """What is to stand in a certificate; without `issuer` it signs itself."""

    name: str
    issuer: "Issued | None" = None
    ca: bool | None = False
    length: int | None = None
    uses: tuple[str, ...] | None = LEAF_USES
    purposes: tuple[str, ...] = ()
    start: datetime = NOW - YEAR
    end: datetime = NOW + YEAR
    key: Any = field(default_factory=new_key)
    digest: HashAlgorithm = field(default_factory=SHA256)
    unknown: bool = False
    """Adds a critical extension that nobody knows."""


@dataclass
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def der(self) -> bytes:
        """The certificate's octets."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate as text."""
        return self.certificate.public_bytes(Encoding.PEM)


def issue(plan: Plan) -> Issued:
    """Make a certificate."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, plan.name)])
    issuer, signer = subject, plan.key
    if plan.issuer is not None:
        issuer, signer = plan.issuer.certificate.subject, plan.issuer.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(plan.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(plan.start)
        .not_valid_after(plan.end)
    )
    extensions: list[x509.ExtensionType] = []
    if plan.ca is not None:
        extensions.append(x509.BasicConstraints(ca=plan.ca, path_length=plan.length))
    if plan.uses is not None:
        extensions.append(x509.KeyUsage(**{use: use in plan.uses for use in USES}))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    if plan.purposes:
        oids = [x509.ObjectIdentifier(each) for each in plan.purposes]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
    if plan.unknown:
        oid = x509.ObjectIdentifier("1.2.3.4")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, b"\x05\x00"), critical=True)
    return Issued(builder.sign(signer, plan.digest), plan.key)


def authority(name: str = "root", issuer: Issued | None = None, **options: Any) -> Issued:
    """Make a certificate that may sign others."""
    return issue(Plan(name, issuer, ca=True, **{"uses": CA_USES, **options}))


def credential(leaf: Issued, *between: Issued) -> CertifiedKey:
    """Return what a device shows."""
    return CertifiedKey((leaf.der, *(each.der for each in between)), leaf.key)
