"""The device's own key pair as IoTivity-Lite keeps it: DER of both halves, SEC1 and SPKI."""

from collections.abc import Mapping
from typing import Any

from onboardee.svrdb.model import Encoding

Keypair = Mapping[str, Any]


def to_der(keypair: Keypair) -> dict[str, bytes] | None:
    """Return both halves of the key; None if it is not an elliptic curve's key in PEM or DER."""
    # 5 MB of memory and 50 ms that other conversions need not spend
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    data = keypair.get("private_key")
    if not isinstance(data, bytes) or not data:
        return None
    is_pem = keypair.get("encoding") == Encoding.PEM
    load = form.load_pem_private_key if is_pem else form.load_der_private_key
    try:
        key = load(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    return {
        "public_key": key.public_key().public_bytes(
            form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo
        ),
        "private_key": key.private_bytes(
            form.Encoding.DER, form.PrivateFormat.TraditionalOpenSSL, form.NoEncryption()
        ),
    }


def from_der(keypair: Keypair) -> bytes | None:
    """Return the private half in Lite's form, by which two writings of one key are compared."""
    der = to_der(keypair)
    return None if der is None else der["private_key"]
