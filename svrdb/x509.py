"""Certificates and private keys as a database holds them, read by the X.509 library.

The library costs 5 MB of memory: import this module only where a certificate or a key is at hand.
"""

import base64
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key
from cryptography.x509.oid import NameOID

from onboardee.svrdb.model import NIL, Encoding, PrivateData, PublicData

_UUID_NAME: Final = re.compile(r"uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")


class Unusable(ValueError):  # noqa: N818 - says what the content is
    """Raised for content that cannot be read; the text completes "The publicdata ..."."""


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn whatever the library says about malformed content into `Unusable`."""
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
        raise Unusable(what) from error


def read_certificates(public: PublicData) -> tuple[x509.Certificate, ...]:
    """Read a chain of PEM, or the one certificate that base64 text of DER is. Raises `Unusable`."""
    with reading(f"holds no certificate ({public.encoding})"):
        if public.encoding is Encoding.PEM:
            return checked(x509.load_pem_x509_certificates(public.data.encode()))
        octets = base64.b64decode(public.data, validate=True)
        return checked([x509.load_der_x509_certificate(octets)])


def checked(certificates: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return certificates whose names and times can be read: the library reads them late.

    Raises what `reading` turns into `Unusable`.
    """
    for each in certificates:
        _ = each.subject, each.issuer, each.not_valid_before_utc, each.not_valid_after_utc
    return tuple(certificates)


def read_key(private: PrivateData) -> PrivateKeyTypes:
    """Load a private key, PEM or DER, that has no password. Raises `Unusable`."""
    load = load_pem_private_key if private.encoding is Encoding.PEM else load_der_private_key
    with reading("cannot be read (without a password, as PEM or DER)"):
        return load(private.data, None)


def read_revocations(text: str) -> x509.CertificateRevocationList:
    """Read the base64 text of a list of revoked certificates in DER. Raises `Unusable`."""
    with reading("is not the base64 text of a list of revoked certificates"):
        octets = base64.b64decode("".join(text.split()), validate=True)
        revoked = x509.load_der_x509_crl(octets)
        list(revoked)  # its entries are read late
        return revoked


def belongs_to(private: PrivateData, certificate: x509.Certificate) -> bool:
    """Tell whether a private key is that of a certificate. Raises `Unusable`."""
    ours = read_key(private).public_key()
    with reading("has a key that cannot be read"):
        return certificate.public_key() == ours


def issued_in_turn(chain: Sequence[x509.Certificate]) -> int:
    """Return how many certificates from the first on are each issued by the next."""
    for number, (below, above) in enumerate(pairwise(chain), 1):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            return number
    return len(chain)


def is_not_yet_valid(certificate: x509.Certificate, moment: datetime) -> bool:
    """Tell whether a certificate is of the future at a moment (RFC 5280 4.1.2.5)."""
    return moment < certificate.not_valid_before_utc


def has_expired(certificate: x509.Certificate, moment: datetime) -> bool:
    """Tell whether a certificate is of the past at a moment (RFC 5280 4.1.2.5)."""
    return moment > certificate.not_valid_after_utc


def identity_in(certificate: x509.Certificate) -> UUID | None:
    """Return the UUID of the only common name, `uuid:<UUID>`; nil is nobody's."""
    names = common_names(certificate.subject)
    found = _UUID_NAME.fullmatch(names[0]) if len(names) == 1 else None
    return UUID(found[1]) if found and UUID(found[1]) != NIL else None


def common_names(name: x509.Name) -> list[str]:
    """Return the common names in a distinguished name."""
    return texts(name, NameOID.COMMON_NAME)


def texts(name: x509.Name, kind: x509.ObjectIdentifier) -> list[str]:
    """Return the attributes of one kind in a distinguished name, as far as they are text."""
    values = (attribute.value for attribute in name.get_attributes_for_oid(kind))
    return [value for value in values if isinstance(value, str)]


def title(certificate: x509.Certificate) -> str:
    """Return the subject, as people read it, and the last day."""
    subject = certificate.subject.rfc4514_string()
    return f"{subject} until {certificate.not_valid_after_utc:%Y-%m-%d}"
