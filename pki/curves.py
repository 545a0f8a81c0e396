"""The curves on which keys of OCF's devices are, and the hash that goes with each.

P-256 with SHA-256 is what every device of OCF has (OCF Security 9.4.2). P-384 with SHA-384 is for
those that say so: IoTivity-Lite can be told to take both, and plgd's authority to make them.
"""

from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


class Curve(StrEnum):
    """A curve by its name at NIST (FIPS 186-5)."""

    P256 = "P-256"
    P384 = "P-384"

    @property
    def parameters(self) -> ec.EllipticCurve:
        """The curve as the library has it."""
        return ec.SECP384R1() if self is Curve.P384 else ec.SECP256R1()

    @property
    def hash(self) -> hashes.SHA256 | hashes.SHA384:
        """The hash that is as strong as the curve."""
        return hashes.SHA384() if self is Curve.P384 else hashes.SHA256()


OCF: Final = (Curve.P256,)
"""What there is where nothing else is said."""


def curve_of(key: object) -> Curve | None:
    """Return the curve of a public or private key, None for any other key."""
    if not isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        return None
    return next((each for each in Curve if each.parameters.name == key.curve.name), None)
