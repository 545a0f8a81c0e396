"""Private keys on elliptic curves, and a key with the chain that is about it.

Keys are made of random octets that the caller has, not by the library: a device has one source of
them, and a replay of its life needs the same keys again (`wire.entropy`).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from onboardee.pki.curves import OCF, Curve, curve_of

_SCALAR_EXCESS: Final = 8
"""Octets more than the group order, so that reducing leaves no bias (FIPS 186-5 A.2.1)."""


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """A chain (DER, leaf first; the root may be left out) and the leaf's private key.

    It is what a side of a handshake shows, and what it signs with (RFC 5246 7.4.2, 7.4.8).
    """

    chain: tuple[bytes, ...]
    private_key: ec.EllipticCurvePrivateKey = field(repr=False)


def new_key(token: Callable[[int], bytes], curve: Curve = Curve.P256) -> ec.EllipticCurvePrivateKey:
    """Make a key out of random octets; `token` returns as many as it is asked for."""
    parameters = curve.parameters
    octets = token(parameters.key_size // 8 + _SCALAR_EXCESS)
    secret = int.from_bytes(octets) % (parameters.group_order - 1) + 1
    return ec.derive_private_key(secret, parameters)


def load_private(octets: bytes, *, is_pem: bool) -> PrivateKeyTypes:
    """Load a private key of any kind that has no password, PEM or DER. Raises `ValueError`.

    The error says nothing of the key, whatever the library found wrong with it.
    """
    load = load_pem_private_key if is_pem else load_der_private_key
    try:
        return load(octets, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("the private key cannot be read") from error


def load_ec(
    octets: bytes, *, is_pem: bool, curves: Collection[Curve] = OCF
) -> ec.EllipticCurvePrivateKey:
    """Load a private key on one of some curves, as above. Raises `ValueError`."""
    key = load_private(octets, is_pem=is_pem)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or curve_of(key) not in curves:
        raise ValueError(f"the private key is not on {' or '.join(curves)}")
    return key


def to_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as PEM text without a password (PKCS #8)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def private_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as DER of SEC 1 C.4, as Mbed TLS writes it."""
    return key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def public_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public half as DER (SubjectPublicKeyInfo, RFC 5280 4.1.2.7)."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
