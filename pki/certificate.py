"""One certificate, read: the shape in which all rooms hand it on.

The library reads names, times, key and extensions when they are asked for, and then complains. Here
names and times are read at once, so that whoever has a `Certificate` can print it and compare it.

Two certificates are equal if their octets are. What was read is not compared, as the same content
can be written in more than one way, and a signature is over one of them.

Names may hold anything. Whoever looks for a UUID or a common name in one gets only what has
exactly that form (`common_names`, and the UUID of a subject).
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from onboardee.pki import pem
from onboardee.pki.errors import BadCertificateError
from onboardee.pki.signatures import Signature

_UUID_NAME: Final = re.compile(r"uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
"""The common name of a device (OCF Security 9.4.2.2), the whole of it."""
_NIL: Final = UUID(int=0)
"""The UUID that names nobody."""

Extension = TypeVar("Extension", bound=x509.ExtensionType)


@contextmanager
def reading(what: str = "a certificate cannot be read") -> Iterator[None]:
    """Turn whatever the library says about malformed content into `BadCertificateError`."""
    try:
        # what somebody wrote into a certificate must not become a warning in our process
        with warnings.catch_warnings(action="ignore"):
            yield
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise BadCertificateError(what) from error


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate: its octets as they came, and what they say. Equal are equal octets."""

    der: bytes = field(repr=False)
    """The octets as they came, which are shown and sent."""
    content: x509.Certificate = field(repr=False, compare=False)
    signature: Signature | None = field(default=None, repr=False, compare=False)
    """How it is signed, where `content` is not over the same octets."""

    @classmethod
    def of(cls, content: x509.Certificate) -> "Certificate":
        """Take what the library has read or made. Raises `BadCertificateError`."""
        _read_all(content)
        return cls(content.public_bytes(Encoding.DER), content)

    @property
    def subject(self) -> x509.Name:
        """Whom it is about."""
        return self.content.subject

    @property
    def issuer(self) -> x509.Name:
        """Who signed it, as it says."""
        return self.content.issuer

    @property
    def start(self) -> datetime:
        """From when on it is valid (RFC 5280 4.1.2.5)."""
        return self.content.not_valid_before_utc

    @property
    def end(self) -> datetime:
        """Until when it is valid."""
        return self.content.not_valid_after_utc

    @property
    def serial_number(self) -> int:
        """The number that its issuer gave it."""
        return self.content.serial_number

    @property
    def pem(self) -> str:
        """PEM text of the same octets."""
        return pem.to_pem([self.der])

    @property
    def identity(self) -> UUID | None:
        """The UUID of the only common name, `uuid:<UUID>`; nil is nobody's."""
        names = common_names(self.subject)
        found = _UUID_NAME.fullmatch(names[0]) if len(names) == 1 else None
        return UUID(found[1]) if found and UUID(found[1]) != _NIL else None

    def public_key(self) -> CertificatePublicKeyTypes:
        """Return the key that it is about. Raises `BadCertificateError`."""
        with reading("a certificate's key cannot be read"):
            return self.content.public_key()

    def extension(self, kind: type[Extension]) -> Extension | None:
        """Return an extension, None if there is none. Raises `BadCertificateError`."""
        with reading():
            try:
                return self.content.extensions.get_extension_for_class(kind).value
            except x509.ExtensionNotFound:
                return None

    def critical_extensions(self) -> frozenset[x509.ObjectIdentifier]:
        """Return what who does not know it must refuse. Raises `BadCertificateError`."""
        with reading():
            return frozenset(each.oid for each in self.content.extensions if each.critical)

    def is_not_yet_valid(self, moment: datetime) -> bool:
        """Tell whether it is of the future at a moment."""
        return moment < self.start

    def has_expired(self, moment: datetime) -> bool:
        """Tell whether it is of the past at a moment."""
        return moment > self.end

    def is_issued_by(self, issuer: "Certificate") -> bool:
        """Tell whether another's key signed it, and its issuer has the other's name.

        Raises `BadCertificateError` for algorithms and keys that are not known.
        """
        if self.signature is not None:
            return self.issuer == issuer.subject and self.signature.is_by(issuer.public_key())
        with reading():
            try:
                self.content.verify_directly_issued_by(issuer.content)
            except InvalidSignature:
                return False
        return True


def read_der(der: bytes) -> Certificate:
    """Read one certificate; ECDSA may have NULL parameters. Raises `BadCertificateError`."""
    with reading():
        try:
            return Certificate.of(x509.load_der_x509_certificate(der))
        except ValueError:
            return _read_with_null(der)


def _read_with_null(der: bytes) -> Certificate:
    from onboardee.pki.null_parameters import certificate_without_null  # noqa: PLC0415 - 20 ms

    strict = certificate_without_null(der)
    content = x509.load_der_x509_certificate(strict.der)
    _read_all(content)
    return Certificate(der, content, strict.signature)


def _read_all(content: x509.Certificate) -> None:
    with reading():
        _ = content.subject, content.issuer
        _ = content.not_valid_before_utc, content.not_valid_after_utc


def read_chain(ders: Sequence[bytes]) -> tuple[Certificate, ...]:
    """Read certificates in their order, as a handshake carries them, with the same errors."""
    return tuple(map(read_der, ders))


def read_pem(text: str) -> tuple[Certificate, ...]:
    """Read the certificates in PEM text, at least one, with the same errors."""
    with reading("the text holds no certificate"):
        ders = pem.from_pem(text)
    return read_chain(ders)


def read_octets(octets: bytes) -> tuple[Certificate, ...]:
    """Read PEM text, or DER one behind the other, at least one, with the same errors."""
    with reading("the octets hold no certificate"):
        ders = pem.from_octets(octets)
    return read_chain(ders)


def common_names(name: x509.Name) -> list[str]:
    """Return the common names in a distinguished name."""
    return texts(name, NameOID.COMMON_NAME)


def texts(name: x509.Name, kind: x509.ObjectIdentifier) -> list[str]:
    """Return the attributes of one kind in a distinguished name, as far as they are text."""
    values = (attribute.value for attribute in name.get_attributes_for_oid(kind))
    return [value for value in values if isinstance(value, str)]
