"""The device's own key pair as IoTivity-Lite keeps it: DER of both halves, SEC1 and SPKI.

Here the key is kept as it came, in PEM or DER. Lite wants DER and both halves, so a key that was
written for Lite and read again has other octets. It is still the same key: `lite` compares the
two in Lite's form, and then takes back the original.
"""

from collections.abc import Mapping
from typing import Any

from onboardee.svrdb.model import Encoding

Keypair = Mapping[str, Any]
"""The resource `keypair`: `private_key` with the octets of the key, and their `encoding`."""


def to_der(keypair: Keypair) -> dict[str, bytes] | None:
    """Return both halves of the key; None if it is not an elliptic curve's key in PEM or DER."""
    # the keys' library costs 50 ms that other conversions need not spend
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    from onboardee.pki import key_pairs  # noqa: PLC0415

    data = keypair.get("private_key")
    if not isinstance(data, bytes) or not data:
        return None
    try:
        key = key_pairs.load_private(data, is_pem=keypair.get("encoding") == Encoding.PEM)
    except ValueError:
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    return {"public_key": key_pairs.public_der(key), "private_key": key_pairs.private_der(key)}


def from_der(keypair: Keypair) -> bytes | None:
    """Return the private half in Lite's form, by which two writings of one key are compared."""
    der = to_der(keypair)
    return None if der is None else der["private_key"]
