"""Certificates and private keys as a database holds them, read by the X.509 library.

The library costs 5 MB of memory: import this module only where a certificate or a key is at hand.
"""

import base64
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from svrdb.model import Encoding, PrivateData, PublicData

_UUID_NAME: Final = re.compile(r"uuid:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")


class Unusable(ValueError):  # noqa: N818 - says what the content is
    """Raised for content that cannot be read; the text completes "The publicdata ..."."""


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """Turn whatever the library says about malformed content into `Unusable`."""
    try:
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
    with _reading(f"holds no certificate ({public.encoding})"):
        if public.encoding is Encoding.PEM:
            return tuple(x509.load_pem_x509_certificates(public.data.encode()))
        return (x509.load_der_x509_certificate(base64.b64decode(public.data, validate=True)),)


def load_key(private: PrivateData) -> PrivateKeyTypes:
    """Load a private key, PEM or DER, that has no password. Raises `Unusable`."""
    load = load_pem_private_key if private.encoding is Encoding.PEM else load_der_private_key
    with _reading("cannot be read (without a password, as PEM or DER)"):
        return load(private.data, None)


def why_not_a_key(private: PrivateData) -> str | None:
    """Return what is wrong with a private key, None if it can be used."""
    try:
        load_key(private)
    except Unusable as why:
        return str(why)
    return None


def is_revocation_list(text: str) -> bool:
    """Tell whether a text is the base64 of a list of revoked certificates in DER."""
    try:
        with _reading(""):
            octets = base64.b64decode("".join(text.split()), validate=True)
            list(x509.load_der_x509_crl(octets))  # its entries are read late
    except Unusable:
        return False
    return True


class Leaf:
    """The first certificate of a chain."""

    def __init__(self, certificate: x509.Certificate) -> None:
        self._certificate = certificate

    @property
    def identity(self) -> UUID | None:
        """The UUID of the common name `uuid:<UUID>`."""
        for name in self._certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME):
            found = _UUID_NAME.fullmatch(name.value) if isinstance(name.value, str) else None
            if found:
                return UUID(found[1])
        return None

    @property
    def title(self) -> str:
        """The subject, as people read it, and the last day."""
        subject = self._certificate.subject.rfc4514_string()
        return f"{subject} until {self._certificate.not_valid_after_utc:%Y-%m-%d}"

    def has_expired(self, moment: datetime) -> bool:
        """Tell whether the certificate is of the past at a moment."""
        return moment > self._certificate.not_valid_after_utc

    def is_for(self, private: PrivateData) -> bool:
        """Tell whether the private key is that of the certificate."""
        try:
            with _reading(""):
                return self._certificate.public_key() == load_key(private).public_key()
        except Unusable:
            return False
