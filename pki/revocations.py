"""Lists of certificates that their issuers withdrew (RFC 5280 5).

A list counts for the certificates of its signer alone. That one is overdue is no reason here to
ignore it: what was withdrawn stays withdrawn. Who wants to warn of it asks for `next_update`.
"""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from onboardee.pki import pem
from onboardee.pki.certificate import Certificate, reading
from onboardee.pki.signatures import Signature


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One list, read: its octets as they came, and what they say."""

    der: bytes = field(repr=False)
    """The octets as they came."""
    content: x509.CertificateRevocationList = field(repr=False, compare=False)
    signature: Signature | None = field(default=None, repr=False, compare=False)
    """How it is signed, where `content` is not over the same octets."""

    @property
    def next_update(self) -> datetime | None:
        """When a newer one is due, if it says so."""
        return self.content.next_update_utc

    def is_by(self, issuer: Certificate) -> bool:
        """Tell whether it bears the issuer's name and its key signed it."""
        key = issuer.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or self.content.issuer != issuer.subject:
            return False
        if self.signature is not None:
            return self.signature.is_by(key)
        return self.content.is_signature_valid(key)

    def has(self, certificate: Certificate) -> bool:
        """Tell whether it names a certificate of that issuer."""
        number = certificate.serial_number
        return self.content.get_revoked_certificate_by_serial_number(number) is not None


def read_der(der: bytes) -> RevocationList:
    """Read a list; ECDSA may have NULL parameters. Raises `BadCertificateError`."""
    with reading("a list of revoked certificates cannot be read"):
        try:
            found = RevocationList(der, x509.load_der_x509_crl(der))
        except ValueError:
            found = _read_with_null(der)
        list(found.content)  # its entries are read late
    return found


def _read_with_null(der: bytes) -> RevocationList:
    """Read a list that Mbed TLS signed before version 3.5 (`null_parameters`)."""
    from onboardee.pki.null_parameters import list_without_null  # noqa: PLC0415 - 20 ms

    strict = list_without_null(der)
    return RevocationList(der, x509.load_der_x509_crl(strict.der), strict.signature)


def read_base64(text: str) -> RevocationList:
    """Read the base64 text of a list in DER. Raises `BadCertificateError`."""
    with reading("is not the base64 text of a list of revoked certificates"):
        return read_der(pem.base64_octets(text))
