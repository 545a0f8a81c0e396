"""A signature with the octets that it was made over, where the library is not to look for them.

The library verifies what it has read itself. Where NULL parameters had to be taken out to let it
read at all, the signature is over other octets than it sees, so both are kept together here.
"""

from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import SignatureAlgorithmOID

HASHES: Final[dict[x509.ObjectIdentifier, hashes.HashAlgorithm]] = {
    SignatureAlgorithmOID.ECDSA_WITH_SHA256: hashes.SHA256(),
    SignatureAlgorithmOID.ECDSA_WITH_SHA384: hashes.SHA384(),
    SignatureAlgorithmOID.ECDSA_WITH_SHA512: hashes.SHA512(),
}
"""ECDSA (RFC 5758 3.2), as far as OCF or anybody near it uses it."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature by ECDSA, and the octets that it was made over."""

    algorithm: x509.ObjectIdentifier
    octets: bytes = field(repr=False)
    """The signature itself, in DER (RFC 3279 2.2.3)."""
    over: bytes = field(repr=False)
    """What was signed, as it came."""

    def is_by(self, key: object) -> bool:
        """Tell whether a public key verifies it; what is no key on a curve does not."""
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        try:
            key.verify(self.octets, self.over, ec.ECDSA(HASHES[self.algorithm]))
        except InvalidSignature:
            return False
        return True
