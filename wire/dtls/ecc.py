"""Ephemeral Diffie-Hellman on secp256r1 or secp384r1, and ECDSA signatures (RFC 8422 5).

The arithmetic is that of OpenSSL, by way of `cryptography`; here is what the protocol adds to it.
Key pairs are derived from the given entropy and signatures are deterministic (RFC 6979), so that a
handshake can be repeated octet by octet in a test; with the system's entropy they are as random as
any.
"""

from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from onboardee.pki.curves import Curve, curve_of
from onboardee.pki.errors import CertificateError
from onboardee.pki.key_pairs import new_key
from onboardee.wire.dtls.errors import (
    BadCertificate,
    DecryptError,
    IllegalParameter,
    UnsupportedCertificate,
)
from onboardee.wire.dtls.messages import DigitallySigned
from onboardee.wire.dtls.numbers import (
    ECDSA_SECP256R1_SHA256,
    ECDSA_SECP384R1_SHA384,
    ECDSA_SECP521R1_SHA512,
    SECP256R1,
    SECP384R1,
)
from onboardee.wire.dtls.suites import SHA256, SHA384, HashName
from onboardee.wire.entropy import Entropy

_CURVES: Mapping[int, Curve] = {SECP256R1: Curve.P256, SECP384R1: Curve.P384}
"""By their numbers in a handshake."""

_HASHES: Mapping[int, hashes.HashAlgorithm] = {
    ECDSA_SECP256R1_SHA256: hashes.SHA256(),
    ECDSA_SECP384R1_SHA384: hashes.SHA384(),
    ECDSA_SECP521R1_SHA512: hashes.SHA512(),
}
"""By signature scheme; what a server may sign its parameters with."""
HASH_NAMES: Mapping[int, HashName] = {
    ECDSA_SECP256R1_SHA256: SHA256,
    ECDSA_SECP384R1_SHA384: SHA384,
}
"""By signature scheme; those that are signed with here."""


def key_group(key: ec.EllipticCurvePrivateKey) -> int | None:
    """Return the number of the curve that a key is on, None for one that is not known here."""
    curve = curve_of(key)
    return next((number for number, each in _CURVES.items() if each is curve), None)


def scheme_of(key: ec.EllipticCurvePrivateKey) -> int:
    """Return what a key signs with: the hash that is as strong as its curve."""
    is_p384 = curve_of(key) is Curve.P384
    return ECDSA_SECP384R1_SHA384 if is_p384 else ECDSA_SECP256R1_SHA256


class Ephemeral:
    """One side's key pair of one handshake, made from the given entropy.

    It is used once and dropped with the handshake: who steals the device's keys later cannot read
    what was recorded. `point` is the public key, uncompressed: 65 octets, on P-384 97.
    """

    __slots__ = ("_key", "point")

    def __init__(self, entropy: Entropy, group: int = SECP256R1) -> None:
        self._key = new_key(entropy.token, _CURVES[group])
        self.point = self._key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )

    def shared(self, point: bytes) -> bytes:
        """Return the shared X coordinate, all its octets: 32, on P-384 48 (RFC 8422 5.10).

        Raises:
            IllegalParameter: if the peer's point is not an uncompressed point on the curve.

        """
        # Compressed points were not offered (RFC 8422 5.1.2). A point that is not on the curve
        # would tell something of the secret by what comes of it (RFC 8422 5.11).
        if len(point) != len(self.point) or point[0] != 4:
            raise IllegalParameter("not an uncompressed point")
        try:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(self._key.curve, point)
        except ValueError:
            raise IllegalParameter("not a point on the curve") from None
        return self._key.exchange(ec.ECDH(), peer)


def leaf_key(chain: tuple[bytes, ...]) -> ec.EllipticCurvePublicKey:
    """Return the public key of the first certificate.

    Nothing else of it is looked at: whether it is to be believed is for `verify_peer`. Called
    first, as a chain whose key cannot be used need not be verified.

    Raises:
        BadCertificate: if it is no certificate.
        UnsupportedCertificate: if its key is not for ECDSA.
    """
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki.certificate import read_der  # noqa: PLC0415

    try:
        key = read_der(chain[0]).public_key()
    except CertificateError:
        raise BadCertificate("not a certificate") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise UnsupportedCertificate("the certificate's key is not for ECDSA")
    return key


def sign(key: ec.EllipticCurvePrivateKey, digest: bytes) -> DigitallySigned:
    """Sign a digest of the hash of `scheme_of`; the same input gives the same signature (RFC 6979).

    A signature that used one random number twice would give away the key, which is what poor
    entropy at a device's start has done; this has no random number.
    """
    scheme = scheme_of(key)
    algorithm = ec.ECDSA(Prehashed(_HASHES[scheme]), deterministic_signing=True)
    return DigitallySigned(scheme, key.sign(digest, algorithm))


def verify_digest(
    key: ec.EllipticCurvePublicKey, digest: bytes, signature: DigitallySigned
) -> None:
    """Check a signature over a digest of the hash that it names.

    For CertificateVerify, whose transcript exists as running hashes only.

    Raises:
        DecryptError: if it is not by this key.
    """
    _verify(key, digest, signature, Prehashed(_HASHES[signature.scheme]))


def verify(key: ec.EllipticCurvePublicKey, message: bytes, signature: DigitallySigned) -> None:
    """Check a signature over a message with the hash that the signature names.

    Raises:
        IllegalParameter: if it names none of ours.
        DecryptError: if it is not by this key.

    """
    algorithm = _HASHES.get(signature.scheme)
    if algorithm is None:
        raise IllegalParameter("not a signature algorithm we know")
    _verify(key, message, signature, algorithm)


def _verify(
    key: ec.EllipticCurvePublicKey,
    data: bytes,
    signature: DigitallySigned,
    algorithm: hashes.HashAlgorithm | Prehashed,
) -> None:
    try:
        key.verify(signature.value, data, ec.ECDSA(algorithm))
    except InvalidSignature:
        raise DecryptError("the signature does not verify") from None
